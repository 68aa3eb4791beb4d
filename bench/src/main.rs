//! What Bedside costs: `make bench`. The server has one core, the load another. In the same run the same relay on
//! Node and on socketioxide, and the bare writer of the same database on the same disk.
//!
//! `bedside-bench [quick] [ready] [relay] [idle] [durable] [assist] [record]`: all of it, or only the named parts.

#![expect(unreachable_pub, reason = "nothing is outside a binary")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
#![expect(clippy::cast_precision_loss, reason = "counts become figures")]

mod assist;
mod durable;
mod figures;
mod idle;
mod janus;
mod probe;
mod record;
mod relay;
mod server;
mod visit;
mod wire;

use std::{
    fmt::Write as _,
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
    time::Duration,
};

use figures::{Mode, Time};
use janus::Janus;
use relay::Signal;
use server::{CORES, OTHERS, Server};
use tempfile::TempDir;
use visit::Visit;

/// What may go wrong: the bench says it and ends.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Shared by the servers and the load.
const SECRET: &str = "a secret of the bench that is long enough";
/// Signals under way for each pair.
const IN_FLIGHT: [usize; 3] = [1, 4, 32];
/// Who write at the same time.
const SENDERS: [usize; 3] = [1, 16, 128];
/// Connections need a file each.
const FILES: &str = "--nofile=16384";
/// Says that the load is on its core already.
const PINNED: &str = "BEDSIDE_BENCH_PINNED";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print(&format!("the bench has failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, folder, senders, rooms, ms] = arguments.as_slice()
        && command == "writer"
    {
        let duration = Duration::from_millis(ms.parse()?);
        let work = durable::write(Path::new(folder), senders.parse()?, rooms.parse()?, duration);
        let pace = runtime()?.block_on(work)?;
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let latency = pace.latency;
        print(&format!("{} {} {} {}", pace.per_second, us(latency.p50), us(latency.p99), us(pace.cpu)));
        return Ok(());
    }
    if let [command, server, endpoint, orders, askers] = arguments.as_slice()
        && command == "stage"
    {
        let addresses = [server.parse()?, endpoint.parse()?, orders.parse()?];
        return runtime()?.block_on(assist::stage(addresses, Path::new(askers)));
    }
    if std::env::var_os(PINNED).is_none() {
        let mut again = Command::new("prlimit");
        again.arg(FILES).args(["taskset", "-c", CORES[1]]).arg(std::env::current_exe()?).args(&arguments);
        return Err(again.env(PINNED, "1").exec().into());
    }
    let quick = arguments.iter().any(|argument| argument == "quick");
    let mode = if quick { Mode::Quick } else { Mode::Whole };
    let parts: Vec<&str> = arguments.iter().map(String::as_str).filter(|part| *part != "quick").collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    if wanted("relay") || wanted("idle") {
        install_node()?;
    }
    runtime()?.block_on(async {
        if wanted("ready") {
            ready()?;
        }
        if wanted("relay") {
            relay(mode).await?;
        }
        if wanted("idle") {
            idle(mode).await?;
        }
        if wanted("durable") {
            durable(mode).await?;
        }
        if wanted("assist") {
            assist(mode).await?;
        }
        if wanted("record") {
            record(mode).await?;
        }
        Ok(())
    })
}

/// All that the load does, it does on one thread.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// From the start of the process to the first answer.
fn ready() -> Result<()> {
    let data = TempDir::new()?;
    let first = Server::bedside(data.path())?.ready;
    let mut later: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        later.push(Server::bedside(data.path())?.ready);
    }
    later.sort_unstable();
    let later = later.get(2).copied().unwrap_or_default();
    print(&format!(
        "\nStart to ready        {} with an empty folder, {} later (aim: at most 100 ms)",
        Time(first),
        Time(later)
    ));
    Ok(())
}

/// Candidates and offers, beside the others.
async fn relay(mode: Mode) -> Result<()> {
    let mut table = format!(
        "\nRelay, {} pairs                       CPU       p50       p99       per s     Bedside's share of it\n",
        relay::PAIRS
    );
    for (name, signal) in [("candidate", Signal::Candidate), ("offer of 3 KB", Signal::Offer)] {
        for in_flight in IN_FLIGHT {
            let data = TempDir::new()?;
            let visits = visit::make(data.path(), relay::PAIRS).await?;
            let bedside = Server::bedside(data.path())?;
            let ours = relay::measure(&bedside, &visits, signal, in_flight, mode).await?;
            drop(bedside);
            let what = format!("{name}, {in_flight}");
            writeln!(table, "{what:<20}Bedside       {ours}")?;
            for other in OTHERS {
                let visits = (0..relay::PAIRS).map(Visit::invented).collect::<Result<Vec<_>>>()?;
                let theirs = relay::measure(&Server::other(other)?, &visits, signal, in_flight, mode).await?;
                let share = ours.cpu.as_secs_f64() / theirs.cpu.as_secs_f64();
                writeln!(
                    table,
                    "{:<20}{:<14}{theirs}{share:.2} (aim: {:.2})",
                    "",
                    other.name(),
                    other.aim()
                )?;
            }
        }
    }
    print(table.trim_end());
    Ok(())
}

/// Thousands who are just there.
async fn idle(mode: Mode) -> Result<()> {
    let pairs = if mode == Mode::Quick { idle::PAIRS / 10 } else { idle::PAIRS };
    let data = TempDir::new()?;
    let visits = visit::make(data.path(), pairs).await?;
    let ours = idle::measure(&Server::bedside(data.path())?, visits).await?;
    let mut costs = vec![("Bedside", ours)];
    for other in OTHERS {
        let visits = (0..pairs).map(Visit::invented).collect::<Result<Vec<_>>>()?;
        costs.push((other.name(), idle::measure(&Server::other(other)?, visits).await?));
    }
    let mut table = format!(
        "\nIdle, {pairs} pairs in chat and call: KiB each (aim: at most 16), joins a second, CPU a join"
    );
    for (name, cost) in costs {
        let idle::Cost { kib, joins_per_second, cpu } = cost;
        write!(table, "\n{name:<24}{kib:>10.1} KiB {joins_per_second:>8.0} /s {:>10}", Time(cpu))?;
    }
    print(&table);
    Ok(())
}

/// Messages that are kept, beside the bare writer.
async fn durable(mode: Mode) -> Result<()> {
    let mut table =
        "\nDurable messages, senders │ Bedside: per s  p50       p99       CPU       │ bare writer: per s  p50       p99       CPU       │ ratio (aim: 0.5) │ bare, one room: per s │ ratio\n".to_owned();
    for senders in SENDERS {
        let data = TempDir::new()?;
        let visits = visit::make(data.path(), senders).await?;
        let bedside = Server::bedside(data.path())?;
        let ours = durable::messages(&bedside, &visits, mode).await?;
        drop(bedside);
        let bare = async |rooms| durable::bare(TempDir::new()?.path(), senders, rooms, mode).await;
        let (theirs, one_room) = (bare(senders).await?, bare(1).await?.per_second);
        write!(table, "{senders:>25}")?;
        for (width, pace) in [(15, &ours), (19, &theirs)] {
            let (p50, p99) = (Time(pace.latency.p50), Time(pace.latency.p99));
            write!(table, " │ {:<width$.0} {p50:<9} {p99:<9} {:<9}", pace.per_second, Time(pace.cpu))?;
        }
        let ratio = ours.per_second / theirs.per_second;
        writeln!(table, " │ {ratio:<16.2} │ {one_room:<21.0} │ {:.2}", ours.per_second / one_room)?;
    }
    print(table.trim_end());
    Ok(())
}

/// Answers of assistants, and a call beside them.
async fn assist(mode: Mode) -> Result<()> {
    let data = TempDir::new()?;
    let prepared = assist::prepare(data.path()).await?;
    let bedside = Server::configured(data.path(), Some(&prepared.file))?;
    let assist::Cost { per_second, cpu, rounds } = assist::measure(&bedside, &prepared, mode).await?;
    let mut text = format!(
        "\nAssistants, {} answers at once: {per_second:.0} chunks/s, {} CPU for each that is delivered\n\
         A candidate in a call beside them:",
        assist::ANSWERS,
        Time(cpu)
    );
    let mut ratios: Vec<f64> = Vec::with_capacity(rounds.len());
    for round in &rounds {
        let (calm, rush, ratio) = (round.calm, round.rush, round.ratio());
        write!(
            text,
            "\n  without them p50 {:<9} p99 {:<9} with them p50 {:<9} p99 {:<9} p99 times {ratio:.2}",
            Time(calm.p50),
            Time(calm.p99),
            Time(rush.p50),
            Time(rush.p99),
        )?;
        ratios.push(ratio);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
    let spread = ratios.first().zip(ratios.last()).map(|(least, most)| format!("{least:.2} to {most:.2}"));
    let spread = spread.unwrap_or_default();
    print(&format!("{text}\n  in the middle {median:.2}, from {spread} (aim: at most 2)"));
    Ok(())
}

/// Recorded participants, beside Janus where it can be installed.
async fn record(mode: Mode) -> Result<()> {
    let is_there = Janus::install();
    let mut table = "\nRecording, 1 Mbit/s of VP8 and Opus each: CPU for a participant and a second, memory for a participant\n".to_owned();
    for legs in record::LEGS {
        let data = TempDir::new()?;
        let mut visits = visit::make(data.path(), legs.div_ceil(2) + 1).await?;
        let beside = visits.pop().ok_or("a visit beside them was to be made")?;
        let server = Server::recording(data.path())?;
        let janus = is_there.then(Janus::start).transpose()?;
        let record::Outcome { bedside, janus, signals } =
            record::run(&server, &visits, &beside, janus.as_ref(), legs, mode).await?;
        let record::Cost { cpu_ms, kib } = bedside;
        writeln!(table, "{legs:>2} at once   Bedside {cpu_ms:>8.2} ms {kib:>8.0} KiB (aim: at most 1024)")?;
        if let Some(record::Cost { cpu_ms, kib }) = janus {
            let share = bedside.cpu_ms / cpu_ms;
            let aim = if legs == 20 { " (aim: 0.75)" } else { "" };
            writeln!(
                table,
                "             Janus   {cpu_ms:>8.2} ms {kib:>8.0} KiB   Bedside's share of it: {share:.2}{aim}"
            )?;
        } else {
            writeln!(table, "             Janus is not installed: Debian's package could not be, either")?;
        }
        let record::Signals { calm, busy } = signals;
        writeln!(
            table,
            "             a candidate beside them: p50 {}, p99 {}; without them p50 {}, p99 {}",
            Time(busy.p50),
            Time(busy.p99),
            Time(calm.p50),
            Time(calm.p99),
        )?;
    }
    print(table.trim_end());
    Ok(())
}

fn install_node() -> Result<()> {
    if server::folder().join("node_modules").exists() {
        return Ok(());
    }
    let install = ["ci", "--silent", "--no-audit", "--no-fund"];
    let status = Command::new("npm").args(install).current_dir(server::folder()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("npm ci: {status}").into()),
        Err(error) => Err(format!("npm ci: {error}. Install Node.js 20 with npm").into()),
    }
}

/// A line of the result.
fn print(text: &str) {
    // Nobody is left to tell if standard output is gone.
    drop(writeln!(std::io::stdout(), "{text}"));
}

//! What answers of assistants cost: many stream at once, each into the connection of who asked, while somebody sends
//! candidates in a call that has nothing to do with them.
//!
//! The server has its core; endpoint and askers ([`mod@stage`]) give way to the call ([`mod@crate::probe`]) on the other one, or it would be
//! they who are measured. Calm and rush take turns, since nothing says that a machine is as fast now as it was before.

mod stage;

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bedside::{app::App, config::Layers, model::actor::Actor};
use bedside_protocol::{
    ids::{AssistantId, UserId},
    session::Role,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
};

pub use self::stage::stage;
use crate::{
    Result, SECRET,
    figures::{Latency, Mode},
    probe::Probe,
    server::{Server, free_address},
    visit::{self, Visit},
};

/// Answers that are written at the same time.
pub const ANSWERS: usize = 200;
/// How often calm and rush take turns.
const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 1;
/// Least important of all: the call comes first.
const LEAST: &str = "19";

/// What came of it.
pub struct Cost {
    /// Pieces of answers that were delivered in a second.
    pub per_second: f64,
    /// The server's processor time for one, with all that it takes to get it.
    pub cpu: Duration,
    /// How long a candidate took.
    pub rounds: Vec<Round>,
}

/// How long a candidate took.
pub struct Round {
    /// With nothing else going on.
    pub calm: Latency,
    /// While the answers were written.
    pub rush: Latency,
}

impl Round {
    /// How much longer the slow ones took in the rush.
    pub fn ratio(&self) -> f64 {
        self.rush.p99.as_secs_f64() / self.calm.p99.as_secs_f64()
    }
}

/// A data folder with a visit and conversations, and the file that configures their assistant.
pub struct Prepared {
    visit: Visit,
    /// The configuration.
    pub file: PathBuf,
    /// Who asks.
    askers: PathBuf,
    endpoint: SocketAddr,
}

/// Make them, before the server starts.
pub async fn prepare(data: &Path) -> Result<Prepared> {
    let visit = visit::make(data, 1).await?.pop().ok_or("a visit was to be made")?;
    let endpoint = free_address()?;
    let text = format!(
        "[[assistant]]\nid = \"bench\"\nname = \"Bench\"\nmodel = \"m\"\nmax_output_tokens = 16384\n\
         base_url = \"http://{endpoint}/v1\"\n"
    );
    let (file, askers) = (data.join("bench.toml"), data.join("askers"));
    std::fs::File::create(&file)?.write_all(text.as_bytes())?;
    let folder = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let mut layers = Layers::default().toml(&file, &text)?;
    for (key, value) in [("data.dir", folder), ("server.bind", "127.0.0.1:0"), ("auth.secret", SECRET)] {
        layers = layers.flag("the bench", key, value)?;
    }
    let clinic = App::build(layers.read()?).await?.clinic();
    let mut list = std::fs::File::create(&askers)?;
    for number in 0..ANSWERS {
        let user = UserId::parse(&format!("asker-{number}"))?;
        let actor = Actor { user_id: user.clone(), name: None, role: Role::Patient, scope: None };
        let made = clinic.create_conversation(&actor, AssistantId::parse("bench")?, None).await;
        let made = made.map_err(|error| error.to_string())?;
        writeln!(list, "{} {}", visit::token(&user, Role::Patient), made.id)?;
    }
    clinic.store.close().await;
    Ok(Prepared { visit, file, askers, endpoint })
}

/// Ask them all, and look at what it costs them and the call beside.
pub async fn measure(server: &Server, prepared: &Prepared, mode: Mode) -> Result<Cost> {
    let mut stage = Stage::start(server.address, prepared).await?;
    let probe = Probe::start(server.address, &prepared.visit)?;
    let rounds = if mode == Mode::Quick { QUICK_ROUNDS } else { ROUNDS };
    let (mut chunks, mut used, mut elapsed) = (0, Duration::ZERO, Duration::ZERO);
    let mut cost = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let calm = probe.measure(mode).await?;
        let idle = server.cpu()?;
        let calm_from = Instant::now();
        tokio::time::sleep(mode.warm_up()).await;
        // What the call costs by itself is not the answers' to pay.
        let call = server.cpu()?.saturating_sub(idle).div_f64(calm_from.elapsed().as_secs_f64());
        stage.order("ask").await?;
        tokio::time::sleep(mode.warm_up()).await;
        let (cpu, heard, start) = (server.cpu()?, stage.order("count").await?, Instant::now());
        let rush = probe.measure(mode).await?;
        let took = start.elapsed();
        chunks += stage.order("count").await? - heard;
        used += server.cpu()?.saturating_sub(cpu).saturating_sub(call.mul_f64(took.as_secs_f64()));
        elapsed += took;
        stage.order("end").await?;
        cost.push(Round { calm, rush });
    }
    Ok(Cost {
        per_second: chunks as f64 / elapsed.as_secs_f64(),
        cpu: used.div_f64(chunks.max(1) as f64),
        rounds: cost,
    })
}

/// Endpoint and askers: a process of their own.
struct Stage {
    child: Child,
    orders: BufStream<TcpStream>,
}

impl Stage {
    async fn start(server: SocketAddr, prepared: &Prepared) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut command = Command::new("nice");
        command.args(["-n", LEAST]).arg(std::env::current_exe()?).arg("stage");
        for address in [server, prepared.endpoint, listener.local_addr()?] {
            command.arg(address.to_string());
        }
        let child = command.arg(&prepared.askers).stdin(Stdio::null()).spawn()?;
        let (stream, _) = listener.accept().await?;
        let mut stage = Self { child, orders: BufStream::new(stream) };
        stage.order("ready").await?;
        Ok(stage)
    }

    /// Done when it is done; what it answers is how many pieces were delivered.
    async fn order(&mut self, order: &str) -> Result<u64> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        self.orders.flush().await?;
        let mut answer = String::new();
        self.orders.read_line(&mut answer).await?;
        Ok(answer.trim().parse().map_err(|_not_a_number| format!("the askers have failed at {order}"))?)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

//! One film of a recording, with everybody side by side: what ffmpeg makes of the exported files.

use std::{
    ffi::OsString,
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use bedside_protocol::ids::UserId;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::Command,
};

use super::export::{Half, name};
use crate::{
    cli::{Failure, progress::Progress},
    store::RecordingFile,
};

/// The film.
const FILM: &str = "composed.webm";
/// What each person's picture is fitted into. Even, as codecs want it.
const WIDTH: usize = 640;
const HEIGHT: usize = 360;
/// Pictures in a second.
const RATE: u32 = 25;
/// As much as is read of what ffmpeg complains about: the first line says what is wrong.
const MOST_COMPLAINT: u64 = 4_096;

/// ffmpeg, as it is installed.
pub(super) struct Ffmpeg(());

impl Ffmpeg {
    /// Look for it.
    pub(super) fn find() -> Result<Self, Failure> {
        let asked = std::process::Command::new("ffmpeg")
            .arg("-version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match asked {
            Ok(status) if status.success() => Ok(Self(())),
            Ok(_) | Err(_) => Err(Failure::new(
                "--compose needs ffmpeg, which is not installed (or not found in PATH); without it the files are exported as they are",
            )),
        }
    }

    /// Make the film of files that lie in this folder.
    pub(super) async fn compose(&self, folder: &Path, files: &[&RecordingFile]) -> Result<PathBuf, Failure> {
        let (half, file) = Half::create(folder, FILM)?;
        let total_ms = files.iter().map(|file| file.starts_at_ms + file.duration_ms).max().unwrap_or(0);
        let mut ffmpeg = Command::new("ffmpeg")
            .args(arguments(folder, files, total_ms))
            .arg(local(half.path()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (said, complained) = (ffmpeg.stdout.take(), ffmpeg.stderr.take());
        let progress = Progress::new(total_ms / 1_000, "seconds of the film");
        let follow = async {
            let Some(said) = said else { return Ok(()) };
            let (mut lines, mut done) = (BufReader::new(said).lines(), 0);
            while let Some(line) = lines.next_line().await? {
                let at_us = line.strip_prefix("out_time_us=").and_then(|at| at.parse::<u64>().ok());
                if let Some(at) = at_us.map(|at| (at / 1_000_000).min(total_ms / 1_000)) {
                    progress.advance(at.saturating_sub(done));
                    done = done.max(at);
                }
            }
            Ok::<_, std::io::Error>(())
        };
        let complaint = async {
            let mut text = Vec::new();
            if let Some(mut complained) = complained {
                (&mut complained).take(MOST_COMPLAINT).read_to_end(&mut text).await?;
                // Who is not read to the end waits for it.
                tokio::io::copy(&mut complained, &mut tokio::io::sink()).await?;
            }
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&text).into_owned())
        };
        let ((), complaint, status) = tokio::try_join!(follow, complaint, ffmpeg.wait())?;
        progress.finish();
        if !status.success() {
            let line = complaint.lines().next().unwrap_or("it says nothing").to_owned();
            return Err(Failure::new(format!("ffmpeg did not make the film ({status}): {line}")));
        }
        half.keep(&file)
    }
}

/// A path that is nothing but a path, whatever it begins with.
fn local(path: &Path) -> OsString {
    let mut text = OsString::from("file:");
    text.push(path);
    text
}

fn arguments(folder: &Path, files: &[&RecordingFile], total_ms: u64) -> Vec<OsString> {
    let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
    let mut arguments = words("-nostdin -hide_banner -loglevel error -y -progress pipe:1");
    for file in files {
        // What people sent is read as what it is, and opens nothing else. Its pictures may change their size.
        arguments.extend(words("-protocol_whitelist file -f matroska -reinit_filter 0 -itsoffset"));
        arguments.push(format!("{}ms", file.starts_at_ms).into());
        arguments.push("-i".into());
        arguments.push(local(&folder.join(name(file))));
    }
    let graph = graph(files, total_ms);
    arguments.extend([OsString::from("-filter_complex"), graph.filters.into()]);
    if graph.seen {
        arguments.extend(words(
            "-map [film] -pix_fmt yuv420p -c:v libvpx -deadline realtime -cpu-used 8 -b:v 2M -crf 20",
        ));
    }
    if graph.heard {
        arguments.extend(words("-map [sound] -c:a libopus -b:a 96k"));
    }
    arguments.extend(words("-f webm"));
    arguments
}

struct Graph {
    filters: String,
    seen: bool,
    heard: bool,
}

/// How the pictures are laid beside each other, and the voices over each other.
fn graph(files: &[&RecordingFile], total_ms: u64) -> Graph {
    let has = |file: &RecordingFile, sound: bool| file.codecs.iter().any(|codec| (codec == "opus") == sound);
    let mut people: Vec<&UserId> = Vec::new();
    for file in files {
        if !people.contains(&&file.user_id) {
            people.push(&file.user_id);
        }
    }
    let (seen, mut filters) = (files.iter().any(|file| has(file, false)), String::new());
    let mut add = |filter: std::fmt::Arguments<'_>| {
        let between = if filters.is_empty() { "" } else { ";" };
        // Text takes everything.
        let _full = write!(filters, "{between}{filter}");
    };
    for (tile, person) in people.iter().enumerate().filter(|_| seen) {
        let mut below = format!("t{tile}n");
        add(format_args!("color=black:s={WIDTH}x{HEIGHT}:r={RATE}:d={total_ms}ms[{below}]"));
        for (input, file) in
            files.iter().enumerate().filter(|(_, it)| it.user_id == **person && has(it, false))
        {
            let (from, to) = (file.starts_at_ms, file.starts_at_ms + file.duration_ms);
            add(format_args!(
                "[{input}:v]scale={WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease,\
                 pad={WIDTH}:{HEIGHT}:(ow-iw)/2:(oh-ih)/2:eval=frame,setsar=1[p{input}]"
            ));
            let above = format!("t{tile}n{input}");
            add(format_args!(
                "[{below}][p{input}]overlay=eof_action=pass:enable='between(t,{}.{:03},{}.{:03})'[{above}]",
                from / 1_000,
                from % 1_000,
                to / 1_000,
                to % 1_000
            ));
            below = above;
        }
        add(format_args!("[{below}]format=yuv420p[tile{tile}]"));
    }
    if seen {
        add(format_args!("{}", layout(people.len())));
    }
    let voices: Vec<usize> =
        (0..files.len()).filter(|input| files.get(*input).is_some_and(|it| has(it, true))).collect();
    for input in &voices {
        // Silence until it begins, and where it has gaps.
        add(format_args!("[{input}:a]aresample=48000:async=1:first_pts=0[v{input}]"));
    }
    if !voices.is_empty() {
        let inputs: String = voices.iter().map(|input| format!("[v{input}]")).collect::<Vec<_>>().concat();
        add(format_args!("{inputs}amix=inputs={}:duration=longest:normalize=0[sound]", voices.len()));
    }
    Graph { filters, seen, heard: !voices.is_empty() }
}

/// Up to three in a row, more in as many rows as columns.
fn layout(tiles: usize) -> String {
    if tiles == 1 {
        return "[tile0]null[film]".to_owned();
    }
    let columns = if tiles <= 3 { tiles } else { (1..tiles).find(|it| it * it >= tiles).unwrap_or(tiles) };
    let inputs: Vec<String> = (0..tiles).map(|tile| format!("[tile{tile}]")).collect();
    let places: Vec<String> =
        (0..tiles).map(|tile| format!("{}_{}", tile % columns * WIDTH, tile / columns * HEIGHT)).collect();
    format!("{}xstack=inputs={tiles}:layout={}:fill=black[film]", inputs.concat(), places.join("|"))
}

//! A second opinion: what ffmpeg decodes of a file, down to pixels and samples.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

/// What is seen and heard once it is decoded.
#[derive(Debug, Default)]
pub struct Decoded {
    /// When it turns white.
    pub flashes: Vec<Duration>,
    /// When it begins to beep.
    pub beeps: Vec<Duration>,
    /// Pictures.
    pub pictures: usize,
}

/// Half way between black and white, on the scale of 16 to 235.
const GREY: f64 = 125.0;

fn ffmpeg(before: &[&str], file: &Path, after: &[&str]) -> Output {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-nostats"]).args(before).arg("-i").arg(file);
    command.args(after).args(["-f", "null", "-"]).stdin(Stdio::null());
    command.output().expect("no ffmpeg: scripts/tools.sh ffmpeg")
}

/// Decode a file and look at it; and what ffmpeg complained of.
pub fn look(film: &[u8]) -> (Decoded, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leg");
    std::fs::write(&file, film).unwrap();
    (decode(&file), complaints(&file))
}

/// What ffmpeg complains of while it decodes everything.
fn complaints(file: &Path) -> String {
    // With the file's milliseconds, and not the frame rate that ffmpeg guesses: two pictures may be near each other.
    let output = ffmpeg(&["-v", "warning"], file, &["-enc_time_base", "-1"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { text } else { format!("{text}\n{}", output.status) }
}

/// Decode a file and look at it.
fn decode(file: &Path) -> Decoded {
    let white = "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-";
    let output = ffmpeg(&["-copyts"], file, &["-vf", white, "-af", "silencedetect=noise=-20dB:duration=0.3"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut decoded = Decoded::default();
    let (mut at, mut was_white) = (Duration::ZERO, false);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some((_, time)) = line.split_once("pts_time:") {
            at = seconds(time);
            decoded.pictures += 1;
        } else if let Some(light) = line.strip_prefix("lavfi.signalstats.YAVG=") {
            let is_white = light.trim().parse::<f64>().unwrap() > GREY;
            if is_white && !was_white {
                decoded.flashes.push(at);
            }
            was_white = is_white;
        }
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        if let Some((_, rest)) = line.split_once("silence_end: ") {
            decoded.beeps.push(seconds(rest.split(' ').next().unwrap()));
        }
    }
    decoded
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.trim().parse::<f64>().unwrap().max(0.0))
}

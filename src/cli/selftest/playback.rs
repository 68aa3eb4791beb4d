//! What was recorded of a visit, played back: whether sound and picture, and doctor and patient, are in time.

use std::{fmt, time::Duration};

use bedside_peer::film::{Film, Offsets};
use bedside_protocol::{
    ids::{RecordingId, UserId},
    recording::{RecordingDetails, RecordingFile},
};

use super::ground::Ground;

/// How far apart a flash and its beep may be on average: what nobody notices, and less than a picture lasts.
const LIP_SYNC_MS: f64 = 20.0;
/// How far apart the flashes of doctor and patient may be on average, as long as both are on this machine.
const TOGETHER_MS: f64 = 30.0;
/// A flash a second; some at the beginning and at the end may be cut off.
const MIN_FLASHES: usize = 3;

/// A recorded file.
#[derive(Debug)]
pub(super) struct Playback {
    role: &'static str,
    length: Duration,
    bytes: usize,
    codecs: String,
    lip_sync: Offsets,
    together: Offsets,
}

/// Fetch the files of a recording as its doctor, and look at them.
pub(super) async fn play(
    ground: &Ground,
    doctor: &UserId,
    recording: &RecordingId,
) -> Result<Vec<Playback>, String> {
    let details = ground.read(doctor, &format!("/api/v1/recordings/{recording}")).await?;
    let details: RecordingDetails =
        serde_json::from_slice(&details).map_err(|error| format!("read recording {recording}: {error}"))?;
    let mut films = Vec::new();
    for about in details.files {
        let bytes = ground.read(doctor, &about.url).await?;
        let film = Film::read(&bytes).map_err(|error| format!("play {}: {error}", about.url))?;
        films.push((about, film, bytes.len()));
    }
    let [(one, one_film, _), (other, other_film, _)] = films.as_slice() else {
        return Err(format!("doctor and patient were recorded in {} files, not in 2", films.len()));
    };
    let together = Offsets::of_two((one_film, begins(one)), (other_film, begins(other)));
    within("doctor and patient", &together, TOGETHER_MS)?;
    films
        .iter()
        .map(|(about, film, bytes)| {
            let role = if about.user_id == *doctor { "doctor" } else { "patient" };
            let lip_sync = film.lip_sync();
            within(&format!("sound and picture of the {role}"), &lip_sync, LIP_SYNC_MS)?;
            let (codecs, together) = (film.codecs.join(" and "), together.clone());
            Ok(Playback { role, length: film.end(), bytes: *bytes, codecs, lip_sync, together })
        })
        .collect()
}

fn begins(file: &RecordingFile) -> Duration {
    Duration::from_millis(file.starts_at_ms)
}

fn within(what: &str, offsets: &Offsets, ms: f64) -> Result<(), String> {
    if offsets.ms.len() < MIN_FLASHES {
        return Err(format!(
            "only {} flashes are in the recording where {what} are compared",
            offsets.ms.len()
        ));
    }
    if offsets.mean().abs() > ms {
        return Err(format!("{what} are {:.1} ms apart in the recording, more than {ms}", offsets.mean()));
    }
    Ok(())
}

impl fmt::Display for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, length, bytes, codecs, lip_sync, together } = self;
        write!(
            f,
            "{role}, {:.1} s of {codecs}, {} KiB; picture after sound {:.1} ms (at worst {:.1}), the two people {:.1} ms apart",
            length.as_secs_f64(),
            bytes / 1_024,
            lip_sync.mean(),
            lip_sync.worst(),
            together.mean(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_time_or_too_short_to_say_is_told() {
        let offsets = |ms: &[f64]| Offsets { ms: ms.to_vec() };
        assert!(within("they", &offsets(&[1.0, 2.0, -40.0, 3.0]), 20.0).is_ok());
        let late = within("they", &offsets(&[40.0, 41.0, 42.0]), 20.0).unwrap_err();
        assert_eq!(late, "they are 41.0 ms apart in the recording, more than 20");
        assert!(within("they", &offsets(&[0.0, 0.0]), 20.0).is_err());
    }
}

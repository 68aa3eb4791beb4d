//! The part of a visit that is recorded: everybody is asked, agrees, and shows a flash and a beep for a while.

use std::time::Duration;

use bedside_protocol::{
    ids::RecordingId,
    recording::{
        Decision, Recording, RecordingChanged, RecordingConsent, RecordingConsentRequested, RecordingStart,
        RecordingState, RecordingStop,
    },
};

use super::{Cause, Log, Shortfall, ensure, side::Side};
use crate::call::{Call, Sent};

/// Shorter recordings have too few flashes to say anything.
const AT_LEAST: Duration = Duration::from_secs(6);

/// States that may be heard of before the one that is waited for.
const MAX_OTHERS: usize = 64;

/// Record doctor and patient; gives the recording once its files can be played.
pub(super) async fn record(
    (doctor, at_doctor): (&Side, &Call),
    (patient, at_patient): (&Side, &Call),
    media: Duration,
    log: &mut Log,
) -> Result<RecordingId, Shortfall> {
    let recording = log
        .step("consent to a recording", async {
            let start = RecordingStart { room_id: doctor.room.clone(), audio_only: false };
            let asked = doctor.client.ask(start).await?.recording;
            decides(doctor, &asked.id).await?;
            for call in [at_doctor, at_patient] {
                ensure(call.sent_to_recorder() == Sent::default(), || {
                    "media was sent to a recorder before both had agreed".to_owned()
                })?;
            }
            decides(patient, &asked.id).await?;
            becomes(doctor, RecordingState::Recording).await?;
            becomes(patient, RecordingState::Recording).await
        })
        .await?;
    log.step("connect the recorder", async {
        tokio::try_join!(at_doctor.recorded(), at_patient.recorded())?;
        Ok(())
    })
    .await?;
    log.step("record", async {
        // What is recorded takes its time.
        tokio::time::sleep(media.max(AT_LEAST)).await;
        Ok(())
    })
    .await?;
    log.step("put the recording away", async {
        let (room_id, recording_id) = (doctor.room.clone(), recording.id.clone());
        doctor.client.ask(RecordingStop { room_id, recording_id }).await?;
        becomes(doctor, RecordingState::Ready).await?;
        Ok(())
    })
    .await?;
    Ok(recording.id)
}

/// Agree to be recorded.
async fn decides(side: &Side, recording: &RecordingId) -> Result<(), Cause> {
    let asked: RecordingConsentRequested = side.client.hears().await?;
    let RecordingConsentRequested { room_id, recording_id, text_version, .. } = asked;
    ensure(recording_id == *recording, || format!("asked about {recording_id}, not about {recording}"))?;
    side.client
        .ask(RecordingConsent { room_id, recording_id, decision: Decision::Given, text_version })
        .await?;
    Ok(())
}

async fn becomes(side: &Side, state: RecordingState) -> Result<Recording, Cause> {
    for _ in 0..MAX_OTHERS {
        let RecordingChanged { recording, .. } = side.client.hears().await?;
        if recording.state == state {
            return Ok(recording);
        }
        ensure(recording.state != RecordingState::Failed, || {
            format!("the recording failed: {:?}", recording.reason)
        })?;
    }
    Err(format!("the recording changed {MAX_OTHERS} times and was never {state:?}").into())
}

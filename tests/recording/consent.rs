//! Not a packet goes to the recorder without consent.

use std::time::Duration;

use bedside_peer::call::{Sending, Sent};
use bedside_protocol::recording::{Decision, RecordingReason, RecordingState};
use chrono::Utc;
use tokio::time::Instant;

use crate::{
    harness::Server,
    recorded::{Kept, RECORDING, Visit},
};

/// After so long at most nothing of somebody who does not want it any more reaches the recorder.
const AT_ONCE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_a_packet_is_sent_before_everybody_agrees_nor_a_second_after_somebody_withdraws() {
    let server = Server::with(&RECORDING).await;
    let visit = Visit::at(&server, Sending::flash_and_beep(), Sending::flash_and_beep()).await;
    let recording = visit.asks().await;
    visit.anna.decides(Decision::Given).await;
    // Time in which a recorder that does not wait would have connected.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for person in [&visit.anna, &visit.ben] {
        assert_eq!(person.call.sent_to_recorder(), Sent::default());
    }
    visit.ben.decides(Decision::Given).await;
    let running = visit.anna.hears_that_it_is(RecordingState::Recording).await;
    visit.anna.call.recorded().await.unwrap();
    visit.ben.call.recorded().await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let before = visit.ben.call.sent_to_recorder();
    assert!(before.packets > 100, "{before:?}");
    let (at_anna, at_ben) = (visit.anna.call.mark(), visit.ben.call.mark());

    let (withdrawn, withdrawn_at) = (Instant::now(), Utc::now());
    visit.ben.says(&visit.room, &recording, &running.text_version, Decision::Withdrawn).await;
    let stopped = visit.anna.hears_that_it_is(RecordingState::Stopped).await;
    assert_eq!(stopped.reason, Some(RecordingReason::Withdrawn));
    assert!(withdrawn.elapsed() < AT_ONCE, "Anna heard of it after {:?}", withdrawn.elapsed());
    // What comes within the second counts, and what comes after it must not.
    tokio::time::sleep(AT_ONCE * 3).await;
    let after = visit.ben.call.sent_to_recorder();
    assert!(after.packets >= before.packets, "{after:?}");
    let last = after.last.map_or(Duration::ZERO, |last| last.saturating_duration_since(withdrawn));
    println!("the last packet was sent {last:?} after the withdrawal");
    assert!(last <= AT_ONCE, "the last packet was sent {last:?} after the withdrawal");

    // The call itself has not felt any of it.
    let within = Duration::from_secs(10);
    visit.anna.call.flows(&at_anna, 100, 60, within).await.unwrap();
    visit.ben.call.flows(&at_ben, 100, 60, within).await.unwrap();
    let gap = visit.anna.call.received().longest_audio_gap;
    assert!(gap < AT_ONCE, "the call was silent for {gap:?}");

    visit.anna.hears_that_it_is(RecordingState::Ready).await;
    let kept = Kept::of(&visit, &recording).await;
    let started = kept.details.recording.started_at.unwrap();
    for user in ["anna", "ben"] {
        let file = kept.of_user(user);
        let end = started.time() + file.begins() + file.film.end();
        assert!(
            end <= withdrawn_at + AT_ONCE,
            "{user} is in the recording until {end}, {withdrawn_at} it was over"
        );
    }
}

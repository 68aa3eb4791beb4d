//! A deck takes orders and records whom it is told to.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use bedside_protocol::{
    recorder::{LegState, Remains},
    recording::{Decision, RecordingReason},
};
use bedside_recorder::manifest::Manifest;
use tokio::time::Instant;

use self::support::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_named_is_recorded_and_nobody_else() {
    let mut house = House::new().await;
    let [ann, ben] = house.people().await;
    let recording = house.begin().await;
    house.record(&recording, &[&ann]).await;
    let status = house.status(|status| status.legs.iter().any(|leg| leg.packets > 20)).await;
    assert_eq!(status.legs.len(), 1);
    assert_eq!(status.legs[0].peer_id, ann);
    assert_eq!(status.legs[0].state, LegState::Connected);
    house.record(&recording, &[&ann, &ben]).await;
    house.status(|status| status.legs.iter().filter(|leg| leg.packets > 20).count() == 2).await;
    house.end(&recording, Remains::Keep).await;
    let finished = house.finished().await;
    assert_eq!(finished.recording_id, recording);
    assert_eq!(finished.reason, None);
    assert_eq!(finished.files.last().unwrap().file, "manifest-0.sealed");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recorded_plays_with_sound_and_picture_in_time() {
    let mut house = House::new().await;
    let [ann] = house.people().await;
    let recording = house.begin().await;
    house.record(&recording, &[&ann]).await;
    house.status(|status| status.legs.iter().any(|leg| leg.packets > 600)).await;
    house.end(&recording, Remains::Keep).await;
    let finished = house.finished().await;
    let file = &finished.files[0].file;
    assert_eq!(file, "0-0-0.sealed", "{:?}", finished.files);
    let manifest: Manifest = serde_json::from_value(finished.manifest).unwrap();
    let part = &manifest.legs[0].parts[0];
    assert_eq!((&part.file, part.report.tracks.len()), (file, 2));
    let film = house.film(&recording, file);
    assert!(film.index && !film.torn && film.flashes.len() >= 3, "{film:?}");
    let offset = film.lip_sync().worst();
    assert!(offset.abs() <= 10.0, "{offset} ms");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_agreed_to_stands_in_the_sealed_manifest() {
    let mut house = House::new().await;
    let recording = house.begin().await;
    let consents = house.consents(&recording, &[("ann", Decision::Given), ("ben", Decision::Refused)]).await;
    house.end(&recording, Remains::Keep).await;
    let finished = house.finished().await;
    let [file] = &finished.files[..] else { panic!("{:?}", finished.files) };
    let sealed: Manifest = serde_json::from_slice(&house.plain(&recording, &file.file)).unwrap();
    assert_eq!(sealed.consents, consents);
    let said: Manifest = serde_json::from_value(finished.manifest).unwrap();
    assert_eq!(said, sealed);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_finished_is_tried_again_until_it_can_and_disturbs_no_other() {
    let mut house = House::new().await;
    let [ann] = house.people().await;
    let recording = house.begin().await;
    house.record(&recording, &[&ann]).await;
    house.status(|status| status.legs.iter().any(|leg| leg.packets > 200)).await;
    let other = house.begin().await;
    house.status(|status| status.recording_id == other).await;
    // Where the manifest is to be.
    let in_the_way = house.folder(&recording).join("manifest-0.sealed");
    std::fs::create_dir(&in_the_way).unwrap();
    house.end(&recording, Remains::Keep).await;
    for _ in 0..3 {
        let failed = house.failed().await;
        assert_eq!(
            (failed.recording_id, failed.reason),
            (recording.clone(), RecordingReason::RecorderFailed)
        );
        assert!(failed.detail.contains("yet"), "{}", failed.detail);
    }
    std::fs::remove_dir(in_the_way).unwrap();
    let finished = house.finished().await;
    assert_eq!(finished.recording_id, recording);
    let film = house.film(&recording, &finished.files[0].file);
    assert!(film.index && !film.torn && film.flashes.len() >= 2, "{film:?}");
    assert_eq!(house.registered().unfinished, [recording], "the other one goes on");
    house.end(&other, Remains::Keep).await;
    assert_eq!(house.finished().await.recording_id, other);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_left_out_is_sent_for_no_second_longer() {
    let mut house = House::new().await;
    let [ann, ben] = house.people().await;
    let recording = house.begin().await;
    house.record(&recording, &[&ann, &ben]).await;
    house.status(|status| status.legs.iter().filter(|leg| leg.packets > 20).count() == 2).await;
    let begin = Instant::now();
    house.record(&recording, &[&ben]).await;
    house.status(|status| status.legs.len() == 1).await;
    let passed = house.deck.passed();
    // Ben's goes on, and every packet of Ann's is dropped at the port.
    house.status(|status| status.legs[0].packets > 100).await;
    assert!(house.deck.passed().strangers > passed.strangers);
    assert!(begin.elapsed() < Duration::from_secs(10));
    house.end(&recording, Remains::Discard).await;
    assert_eq!(house.finished().await.files, []);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_is_too_long_ends_by_itself_and_says_why() {
    let mut house = House::new().await;
    let recording = house.begin_for(Duration::from_millis(300)).await;
    let finished = house.finished().await;
    assert_eq!(finished.recording_id, recording);
    assert_eq!(finished.reason, Some(RecordingReason::TooLong));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_ends_a_recording_with_a_word() {
    let mut house = House::with(|config| config.disk_floor_bytes = u64::MAX).await;
    let recording = house.begin().await;
    let failed = house.failed().await;
    assert_eq!(failed.recording_id, recording);
    assert_eq!(failed.reason, RecordingReason::DiskFull);
    assert_eq!(house.finished().await.recording_id, recording);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorder_that_was_cut_off_says_what_is_finished_when_it_is_back() {
    let mut house = House::new().await;
    let recording = house.begin().await;
    house.status(|_| true).await;
    house.cut_off();
    house.connect().await;
    assert_eq!(house.registered().unfinished, *std::slice::from_ref(&recording));
    house.end(&recording, Remains::Keep).await;
    assert_eq!(house.finished().await.recording_id, recording);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_take_that_begins_while_the_recorder_is_being_registered_goes_on() {
    let mut house = House::new().await;
    let [ann] = house.people().await;
    let recording = house.begin().await;
    house.status(|_| true).await;
    house.cut_off();
    house.connect_and_begin(&recording, 1).await;
    assert_eq!(house.registered().unfinished, *std::slice::from_ref(&recording));
    assert_eq!(house.finished().await.recording_id, recording, "the earlier take");
    house.record(&recording, &[&ann]).await;
    house.status(|status| status.legs.iter().any(|leg| leg.state == LegState::Connected)).await;
    house.end(&recording, Remains::Keep).await;
    assert_eq!(house.finished().await.manifest["legs"][0]["legId"], "1-0");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorder_that_is_closed_keeps_what_it_has() {
    let mut house = House::new().await;
    let recording = house.begin().await;
    house.status(|_| true).await;
    let (finished, ()) = house.close_and_hear().await;
    assert_eq!(finished.recording_id, recording);
}

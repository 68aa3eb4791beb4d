//! What happens when something does not come, or comes twice.

use bedside_recorder::media::Kind;

use crate::{
    file::parse,
    world::{Path, Scene, World},
};

#[test]
fn after_a_loss_the_picture_stands_until_a_key_frame() {
    let mut scene = Scene { seconds: 60.0, ..Scene::default() };
    scene.picture.loss = 0.02;
    let recorded = World::play(scene);
    let parsed = parse(&recorded.files.parts[&0]);
    let mut before: Option<f64> = None;
    let mut freezes = 0;
    for block in parsed.blocks.iter().filter(|block| block.track == 2) {
        let truth = f64::from_be_bytes(block.data[block.data.len() - 8..].try_into().unwrap());
        if before.is_some_and(|before| truth - before > 0.04) {
            freezes += 1;
            assert!(block.key, "a picture after a hole stands for itself, at {truth}");
        }
        before = Some(truth);
    }
    assert!(freezes > 5, "{freezes}");
    let report = &recorded.report.parts[0].tracks[1];
    assert!(report.lost > 20 && report.dropped_frames > 20, "{report:?}");
    assert!(recorded.report.parts[0].gaps.iter().any(|gap| gap.kind == Kind::Video), "a freeze is told");
}

#[test]
fn key_frames_are_asked_for_with_measure() {
    let mut scene = Scene { seconds: 45.0, ..Scene::default() };
    let calm = World::play(scene.clone());
    let times = &calm.key_frames_asked;
    assert!(times.windows(2).skip(1).all(|pair| (9.9..10.2).contains(&(pair[1] - pair[0]))), "{times:?}");
    scene.picture.loss = 0.5;
    let wild = World::play(scene);
    let times = &wild.key_frames_asked;
    assert!(times.len() > 30, "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 0.299), "{times:?}");
}

#[test]
fn a_short_hole_in_the_sound_is_concealed_and_a_long_one_is_silent() {
    let mut scene = Scene::default();
    scene.sound.pauses = vec![(5.005, 5.065), (10.0, 13.0)];
    let recorded = World::play(scene);
    assert_eq!(recorded.made_up.0, 2 + 5, "45 ms, and the first 100 ms of the long one");
    assert!((143..=147).contains(&recorded.made_up.1), "{:?}", recorded.made_up);
    let gaps = &recorded.report.parts[0].gaps;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].kind == Kind::Audio && (2950..3050).contains(&(gaps[0].to_ms - gaps[0].from_ms)));
}

#[test]
fn every_packet_twice_is_every_packet_once() {
    let mut scene = Scene::default();
    // The very first packet stays the first.
    scene.picture.jitter = 0.0;
    scene.picture.copies = 3;
    scene.sound.copies = 2;
    let recorded = World::play(scene);
    let once = World::play(Scene::default());
    assert!(recorded.late(Kind::Video, 0.0, 19.5).len() >= once.late(Kind::Video, 0.0, 19.5).len());
    let track = &recorded.report.parts[0].tracks[1];
    assert_eq!((track.lost, track.dropped_frames), (0, 0));
    assert!(track.packets <= track.frames + 2 * 3 + 5, "duplicates are not counted: {track:?}");
}

#[test]
fn silence_is_not_made_up_for_a_leg_that_is_gone() {
    let mut scene = Scene { seconds: 30.0, ..Scene::default() };
    scene.sound.pauses = vec![(10.0, 100.0)];
    scene.picture.pauses = vec![(10.0, 100.0)];
    let recorded = World::play(scene);
    let duration = recorded.report.parts[0].duration_ms;
    assert!((8_900..9_700).contains(&duration), "{duration}");
    assert!(recorded.made_up.0 + recorded.made_up.1 < 35, "{:?}", recorded.made_up);
}

#[test]
fn a_stall_of_the_network_is_no_stopped_clock() {
    // Everything of two seconds comes at once: late, but at its time.
    let mut scene = Scene { seconds: 30.0, ..Scene::default() };
    let stall = |path: Path| Path { stalls: vec![(10.0, 12.0)], ..path };
    scene.sound = stall(scene.sound);
    scene.picture = stall(scene.picture);
    let recorded = World::play(scene);
    assert!(recorded.lip_sync(0.0, 30.0) <= 10.0, "{}", recorded.lip_sync(0.0, 30.0));
    let heard = recorded.late(Kind::Audio, 10.0, 12.0).len();
    assert!(heard >= 70, "what came late is heard: {heard}");
    let late = recorded.late(Kind::Video, 14.0, 30.0);
    assert!(late.iter().all(|late| *late < 60.0), "the time is the same as before: {late:?}");
}

//! A tape that is cut off at any moment leaves nearly all that has arrived, from the first packet on.

use std::time::Duration;

use bedside_recorder::media::{Kind, Tape, TapeConfig};
use bytes::Bytes;

use crate::{
    file::{Files, parse},
    world::{Recorded, Scene, WALL_EPOCH_MS, World},
};

/// What a crash may cost, in seconds.
const LIMIT: f64 = 2.0;

/// What would be there if the tape died now.
fn survives(world: &World) -> Recorded {
    let report = world.tape.report();
    let mut recorded = Recorded::new(world.files.clone(), report.clone(), Vec::new());
    let waiting = Bytes::from(world.files.waiting.clone());
    let first_part = u32::try_from(report.parts.len()).unwrap();
    let mut tape = Tape::replay(TapeConfig { first_part, ..TapeConfig::default() }, WALL_EPOCH_MS, waiting);
    let mut files = Files::default();
    while let Some(op) = tape.poll() {
        files.apply(op);
    }
    recorded.shown.extend(Recorded::new(files, tape.report(), Vec::new()).shown);
    recorded.shown.sort_by(|one, other| one.truth.total_cmp(&other.truth));
    recorded
}

fn loses_little(scene: &Scene) {
    let mut world = World::new(scene.clone());
    let mut worst: f64 = 0.0;
    while world.now() < scene.seconds {
        let next = world.now() + 0.17;
        world.run(next);
        for (path, kind) in [(&scene.sound, Kind::Audio), (&scene.picture, Kind::Video)] {
            let sent = world.now() - path.delay - path.jitter;
            if sent < path.from + 0.05 {
                continue;
            }
            let kept = survives(&world)
                .shown
                .iter()
                .filter(|shown| shown.kind == kind)
                .map(|shown| shown.truth)
                .fold(path.from, f64::max);
            worst = worst.max(sent - kept);
            assert!(sent - kept <= LIMIT, "{kind:?} at {sent}: {kept}");
        }
    }
    assert!(worst > 0.5, "the measure measures: {worst}");
}

#[test]
fn two_seconds_are_lost_at_most_at_any_time() {
    loses_little(&Scene { seconds: 14.0, ..Scene::default() });
}

#[test]
fn two_seconds_are_lost_at_most_while_reports_are_late() {
    let mut scene = Scene { seconds: 10.0, ..Scene::default() };
    scene.sound.first_report = 20.0;
    scene.picture.delay += 0.250;
    loses_little(&scene);
}

#[test]
fn what_waited_is_placed_by_arrival_when_it_is_played_again() {
    let mut scene = Scene { seconds: 6.0, ..Scene::default() };
    scene.sound.first_report = 9.0;
    let mut world = World::new(scene);
    world.run(4.0);
    assert!(world.files.parts.is_empty() && !world.files.waiting.is_empty());
    let kept = survives(&world);
    assert!(kept.lip_sync(1.0, 5.0) <= 10.0, "{}", kept.lip_sync(1.0, 5.0));
    world.run(10.0);
    assert!(!world.files.parts.is_empty() && world.files.waiting.is_empty());
}

#[test]
fn a_file_plays_wherever_it_is_cut() {
    let mut world = World::new(Scene::default());
    world.run(9.0);
    let bytes = world.files.parts[&0].clone();
    let whole = parse(&bytes);
    assert!(whole.duration_ms > 6000.0, "the duration is kept up to date: {}", whole.duration_ms);
    let header = bytes.windows(4).position(|id| id == [0x1f, 0x43, 0xb6, 0x75]).unwrap();
    for end in header..bytes.len() {
        let cut = parse(&bytes[..end]);
        assert_eq!(cut.blocks, whole.blocks[..cut.blocks.len()]);
    }
}

#[test]
fn waiting_bytes_may_be_anything() {
    let mut world = World::new(Scene::default());
    world.run(2.0);
    let waiting = world.files.waiting.clone();
    assert!(waiting.len() > 1000);
    for end in (0..waiting.len()).step_by(7) {
        let tape =
            Tape::replay(TapeConfig::default(), WALL_EPOCH_MS, Bytes::copy_from_slice(&waiting[..end]));
        assert!(tape.report().parts.len() <= 1);
    }
    let far =
        [2_u8, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // A time that no recording reaches, and a track that no tape has.
    let mut high = far;
    high[1] = 189;
    high[3..11].fill(0);
    for wrong in [far, high] {
        let mut tape = Tape::replay(TapeConfig::default(), WALL_EPOCH_MS, Bytes::copy_from_slice(&wrong));
        tape.tick(Duration::ZERO);
        assert!(tape.poll().is_none());
    }
}

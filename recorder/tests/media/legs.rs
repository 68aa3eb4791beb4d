//! Two people who are recorded at the same time stay together, for hours, though each has a clock of its own.

use bedside_recorder::media::Kind;

use crate::world::{Recorded, Scene, World};

/// What is promised, in ms.
const LIMIT: f64 = 20.0;

/// How far two legs are apart at most within any second, in ms.
fn apart(one: &Recorded, other: &Recorded, from: f64, to: f64) -> f64 {
    let mut worst: f64 = 0.0;
    let mut at = from;
    while at < to {
        let first = |recorded: &Recorded, kind| recorded.late(kind, at, at + 1.0).first().copied();
        let all =
            [Kind::Audio, Kind::Video].into_iter().flat_map(|kind| [first(one, kind), first(other, kind)]);
        let all: Vec<f64> = all.map(|late| late.expect("a frame in each second")).collect();
        let (least, most) =
            all.iter().fold((f64::MAX, f64::MIN), |(a, b), late| (a.min(*late), b.max(*late)));
        worst = worst.max(most - least);
        at += 1.0;
    }
    worst
}

#[test]
fn legs_that_begin_at_different_times_are_together() {
    let one = World::play(Scene::default());
    let mut scene = Scene { clock_offset: -98_765.4, ..Scene::default() };
    scene.sound.from = 2.3;
    scene.picture.from = 2.3;
    scene.picture.delay += 0.250;
    let other = World::play(scene);
    let apart = apart(&one, &other, 3.0, 19.0);
    assert!(apart <= LIMIT, "{apart} ms");
}

#[test]
fn an_hour_with_clocks_that_run_apart_is_together_at_its_end() {
    let scene = |ppm: f64| {
        let mut scene =
            Scene { ppm, sound_ppm: -ppm / 2.0, frames_a_second: 10.0, seconds: 3600.0, ..Scene::default() };
        scene.sound.jitter = 0.008;
        scene.picture.jitter = 0.008;
        scene
    };
    let one = World::play(scene(100.0));
    let other = World::play(scene(-100.0));
    let sync = one.lip_sync(2.0, 3599.0).max(other.lip_sync(2.0, 3599.0));
    assert!(sync <= 10.0, "sound and picture: {sync} ms");
    let legs = apart(&one, &other, 2.0, 3598.0);
    assert!(legs <= LIMIT, "legs: {legs} ms");
    let truth = one.late(Kind::Video, 3590.0, 3600.0);
    assert!(truth.iter().all(|late| (20.0..50.0).contains(late)), "no drift against true time: {truth:?}");
    assert_eq!(one.report.parts.len(), 1);
    for (leg, ppm) in [(&one, 100), (&other, -100)] {
        let measured = leg.report.drift_ppm.unwrap();
        assert!((measured - ppm).abs() <= 2, "{measured} ppm, not {ppm}");
    }
}

//! Machines that have too much to do: they send late and in bursts, at the very start, too, and just when a clock stood still.

use bedside_recorder::media::Kind;

use crate::world::{Chance, Path, Recorded, Scene, World};

/// What is promised, in ms.
const LIPS: f64 = 10.0;
const LEGS: f64 = 20.0;

fn both(scene: &Scene, change: impl Fn(Path) -> Path) -> Scene {
    Scene { sound: change(scene.sound.clone()), picture: change(scene.picture.clone()), ..scene.clone() }
}

#[track_caller]
fn in_sync(recorded: &Recorded, from: f64, to: f64) {
    let apart = recorded.lip_sync(from, to);
    assert!(apart <= LIPS, "{apart} ms apart");
}

/// Everything is where it would be had the network been good: 30 ms after it was captured.
#[track_caller]
fn in_time(recorded: &Recorded, from: f64, to: f64) {
    for kind in [Kind::Audio, Kind::Video] {
        let late = recorded.late(kind, from, to);
        let right = 30.0 - LEGS..30.0 + LEGS;
        let wrong = late.iter().find(|late| !right.contains(late));
        assert!(!late.is_empty() && wrong.is_none(), "{kind:?} is late by {wrong:?} ms");
    }
}

#[test]
fn a_sender_that_stalls_and_catches_up_slowly_stays_in_time() {
    for catches_up in [1.2, 2.0, 5.0] {
        for lasts in [0.35, 0.7, 2.0] {
            let scene = both(&Scene { seconds: 40.0, ..Scene::default() }, |path| Path {
                stalls: vec![(8.3, 8.3 + lasts), (21.2, 21.2 + lasts)],
                catches_up,
                ..path
            });
            let recorded = World::play(scene);
            in_sync(&recorded, 1.0, 39.0);
            in_time(&recorded, 4.0, 39.0);
            assert!(recorded.late(Kind::Audio, 1.0, 39.0).len() >= 1895, "all of it is heard");
        }
    }
}

#[test]
fn one_track_alone_may_stall() {
    for lasts in [0.5, 1.5] {
        let mut scene = Scene { seconds: 30.0, ..Scene::default() };
        scene.sound.stalls = vec![(9.1, 9.1 + lasts)];
        scene.sound.catches_up = 1.3;
        scene.picture.stalls = vec![(17.1, 17.1 + lasts)];
        scene.picture.catches_up = 1.3;
        let recorded = World::play(scene);
        in_sync(&recorded, 1.0, 29.0);
        in_time(&recorded, 4.0, 29.0);
    }
}

#[test]
fn a_sender_that_stalls_at_the_start_is_soon_in_time() {
    for catches_up in [1.3, 4.0] {
        let scene = both(&Scene { seconds: 20.0, ..Scene::default() }, |path| Path {
            stalls: vec![(0.9, 1.5)],
            catches_up,
            first_report: 1.2,
            report_every: 1.0,
            ..path
        });
        let recorded = World::play(scene);
        in_sync(&recorded, 1.0, 19.0);
        in_time(&recorded, 5.0, 19.0);
    }
}

#[test]
fn a_clock_that_stood_still_is_put_right_by_the_reports_and_not_by_who_was_late() {
    for reports_in_pauses in [false, true] {
        for (report_every, catches_up) in [(1.0, 1.3), (1.0, 4.0), (5.0, 1.3)] {
            let mut scene = both(&Scene { seconds: 40.0, ..Scene::default() }, |path| Path {
                stalls: vec![(8.9, 9.4)],
                catches_up,
                ..path
            });
            scene.sound.pauses = vec![(6.0, 9.0)];
            scene.sound.clock_stops = true;
            scene.sound.reports_in_pauses = reports_in_pauses;
            scene.sound.report_every = report_every;
            let recorded = World::play(scene);
            in_sync(&recorded, 1.0, 6.0);
            in_sync(&recorded, 9.0, 39.0);
            in_time(&recorded, 9.0, 39.0);
        }
    }
}

#[test]
fn loss_that_is_repaired_moves_nothing_even_where_there_are_stalls() {
    let scene = both(&Scene { seconds: 60.0, ..Scene::default() }, |path| Path {
        stalls: (1..12).map(|n| f64::from(n) * 5.0).map(|at| (at, at + 0.4)).collect(),
        catches_up: 1.5,
        loss: 0.05,
        repaired: true,
        jitter: 0.05,
        report_noise: 0.003,
        ..path
    });
    let recorded = World::play(scene);
    in_sync(&recorded, 1.0, 59.0);
    assert_eq!(recorded.report.parts.len(), 1);
}

#[test]
fn a_sender_without_reports_is_believed_to_have_stopped_its_clock_and_no_longer_than_that() {
    let mut scene = Scene { seconds: 40.0, ..Scene::default() };
    scene.sound.first_report = f64::INFINITY;
    scene.picture.first_report = f64::INFINITY;
    scene.sound.pauses = vec![(8.0, 11.0)];
    scene.sound.clock_stops = true;
    let recorded = World::play(scene);
    in_sync(&recorded, 1.0, 8.0);
    in_sync(&recorded, 11.0, 39.0);
}

#[test]
fn whatever_stalls_and_stops_come_together_the_reports_are_right_in_the_end() {
    for seed in 0..60 {
        let mut chance = Chance(seed * 7919 + 13);
        let mut between = |from: f64, to: f64| from + (to - from) * chance.next();
        let (stall, lasts) = (between(5.0, 15.0), between(0.2, 2.2));
        let catches_up = between(1.2, 5.2);
        let (pause, pauses) = (between(8.0, 16.0), between(0.3, 6.3));
        let report_every = if between(0.0, 1.0) < 0.5 { 1.0 } else { 5.0 };
        let mut scene = both(&Scene { seconds: 45.0, ..Scene::default() }, |path| Path {
            stalls: vec![(stall, stall + lasts)],
            catches_up,
            jitter: 0.03,
            loss: 0.03,
            repaired: true,
            ..path
        });
        scene.picture.delay += between(0.0, 0.25);
        scene.sound.pauses = vec![(pause, pause + pauses)];
        scene.sound.clock_stops = between(0.0, 1.0) < 0.5;
        scene.sound.report_every = report_every;
        if between(0.0, 1.0) < 0.5 {
            scene.picture.pauses.clone_from(&scene.sound.pauses);
        }
        let told = format!("{scene:?}");
        let recorded = World::play(scene);
        let apart = recorded.lip_sync(36.0, 44.0);
        assert!(apart <= LIPS, "{apart} ms apart: {told}");
    }
}

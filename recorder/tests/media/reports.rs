//! Sender reports that are wrong.

use bedside_recorder::media::Kind;

use crate::world::{Scene, World};

#[test]
fn a_single_wrong_report_moves_nothing() {
    let mut world = World::new(Scene { seconds: 40.0, ..Scene::default() });
    world.run(20.0);
    world.lie_once(0.4);
    world.run(40.0);
    let recorded = world.end();
    assert!(recorded.lip_sync(0.0, 40.0) <= 10.0, "{}", recorded.lip_sync(0.0, 40.0));
}

#[test]
fn a_clock_that_is_set_moves_nothing() {
    let mut world = World::new(Scene { seconds: 90.0, ..Scene::default() });
    world.run(30.0);
    world.set_clock(-3600.0);
    world.run(90.0);
    let recorded = world.end();
    assert!(recorded.lip_sync(0.0, 90.0) <= 10.0, "{}", recorded.lip_sync(0.0, 90.0));
    let late = recorded.late(Kind::Video, 80.0, 90.0);
    assert!(late.iter().all(|late| (20.0..50.0).contains(late)), "{late:?}");
}

#[test]
fn reports_that_contradict_arrival_are_not_believed() {
    // The sound claims to be ten seconds older than it can be.
    let mut scene = Scene { seconds: 30.0, ..Scene::default() };
    scene.sound.report_error = -10.0;
    let recorded = World::play(scene);
    assert!(recorded.lip_sync(0.0, 30.0) <= 10.0, "{}", recorded.lip_sync(0.0, 30.0));
    let late = recorded.late(Kind::Audio, 20.0, 30.0);
    assert!(late.iter().all(|late| (0.0..60.0).contains(late)), "{late:?}");
}

#[test]
fn reports_need_not_be_exact() {
    let mut scene = Scene { seconds: 120.0, ..Scene::default() };
    scene.sound.report_noise = 0.004;
    scene.picture.report_noise = 0.004;
    let recorded = World::play(scene);
    assert!(recorded.lip_sync(0.0, 120.0) <= 10.0, "{}", recorded.lip_sync(0.0, 120.0));
}

//! Sound and picture belong together, whatever the network and the sender's clocks do.

use bedside_recorder::media::Kind;

use crate::world::{Path, Recorded, Scene, World};

/// What is promised, in ms.
const LIMIT: f64 = 10.0;

fn in_sync(recorded: &Recorded, from: f64, to: f64) {
    let seen = recorded.late(Kind::Video, from, to).len();
    let heard = recorded.late(Kind::Audio, from, to).len();
    assert!(seen > 10 && heard > 10, "there is something to compare: {seen}, {heard}");
    let apart = recorded.lip_sync(from, to);
    assert!(apart <= LIMIT, "{apart} ms apart");
}

#[test]
fn sound_and_picture_are_together() {
    let recorded = World::play(Scene::default());
    in_sync(&recorded, 0.0, 20.0);
    let heard = recorded.late(Kind::Audio, 0.0, 20.0);
    assert!(heard.len() >= 948, "all of it is there: {}", heard.len());
    let seen = recorded.late(Kind::Video, 0.0, 20.0).len();
    assert!(seen >= 566, "all of it is there: {seen}");
}

#[test]
fn they_stay_together_when_the_picture_takes_longer() {
    let mut scene = Scene::default();
    scene.picture.delay += 0.250;
    in_sync(&World::play(scene), 0.0, 20.0);
}

#[test]
fn they_stay_together_when_the_sound_takes_longer() {
    let mut scene = Scene::default();
    scene.sound.delay += 0.250;
    in_sync(&World::play(scene), 0.0, 20.0);
}

#[test]
fn they_stay_together_with_five_percent_loss() {
    let mut scene = Scene::default();
    scene.picture.delay += 0.250;
    scene.sound.loss = 0.05;
    scene.picture.loss = 0.05;
    scene.seconds = 60.0;
    in_sync(&World::play(scene), 0.0, 60.0);
}

#[test]
fn they_are_together_after_a_pause() {
    for clock_stops in [false, true] {
        let pauses = vec![(6.0, 12.0), (20.0, 20.6)];
        let mut scene = Scene { seconds: 40.0, ..Scene::default() };
        scene.sound = Path { pauses: pauses.clone(), clock_stops, ..scene.sound };
        scene.picture.pauses = pauses;
        let recorded = World::play(scene);
        in_sync(&recorded, 0.0, 6.0);
        in_sync(&recorded, 12.0, 20.0);
        in_sync(&recorded, 20.6, 40.0);
    }
}

#[test]
fn a_late_first_report_is_waited_for() {
    let mut scene = Scene::default();
    scene.picture.delay += 0.250;
    scene.sound.first_report = 5.5;
    in_sync(&World::play(scene), 0.0, 20.0);
}

#[test]
fn a_first_report_that_comes_too_late_is_approached_slowly() {
    let mut scene = Scene { seconds: 60.0, ..Scene::default() };
    scene.picture.delay += 0.250;
    scene.picture.first_report = 9.0;
    scene.sound.first_report = 9.5;
    let recorded = World::play(scene);
    let apart = recorded.lip_sync(2.0, 3.0);
    assert!((240.0..262.0).contains(&apart), "by arrival: {apart}");
    in_sync(&recorded, 40.0, 60.0);
    let mut seen = recorded.shown.iter().filter(|shown| shown.kind == Kind::Video);
    let mut before = *seen.next().unwrap();
    for shown in seen {
        let stretched = (shown.at - before.at) - (shown.truth - before.truth);
        assert!(stretched.abs() < 0.005, "no jump at {}: {stretched}", shown.truth);
        before = *shown;
    }
}

#[test]
fn without_any_report_arrival_has_to_do() {
    let mut scene = Scene::default();
    scene.picture.first_report = f64::INFINITY;
    scene.sound.first_report = f64::INFINITY;
    in_sync(&World::play(scene), 0.0, 20.0);
}

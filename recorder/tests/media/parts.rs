//! When a file ends and another begins, and what each is made of.

use bedside_recorder::media::{Codec, Container, Kind};

use crate::{
    file::{Parsed, parse},
    world::{Recorded, Scene, World},
};

fn of(recorded: &Recorded, part: u32) -> Parsed {
    parse(&recorded.files.parts[&part])
}

fn parts_of(codecs: [Codec; 2]) -> Recorded {
    let mut scene = Scene { seconds: 20.0, ..Scene::default() };
    scene.picture.codec = codecs[0];
    let mut world = World::new(scene);
    world.run(10.0);
    world.change_picture(|path| path.codec = codecs[1]);
    world.run(20.0);
    world.end()
}

#[test]
fn every_codec_is_written() {
    for (codec, id) in [
        (Codec::Vp8, "V_VP8"),
        (Codec::Vp9, "V_VP9"),
        (Codec::H264, "V_MPEG4/ISO/AVC"),
        (Codec::Av1, "V_AV1"),
    ] {
        let mut scene = Scene::default();
        scene.picture.codec = codec;
        let recorded = World::play(scene);
        assert_eq!(recorded.report.parts.len(), 1, "{id}");
        let parsed = of(&recorded, 0);
        assert_eq!(parsed.codecs, ["A_OPUS", id]);
        assert_eq!(parsed.sizes, [(640, 480)]);
        assert!(recorded.late(Kind::Video, 0.0, 20.0).len() >= 560, "{id}");
        assert!(recorded.lip_sync(0.0, 20.0) <= 10.0, "{id}");
        let foreign = codec == Codec::H264;
        assert_eq!(parsed.doc_type, if foreign { "matroska" } else { "webm" });
        assert_eq!(recorded.files.containers, [if foreign { Container::Matroska } else { Container::WebM }]);
        assert_eq!(parsed.privates[1].is_empty(), matches!(codec, Codec::Vp8 | Codec::Vp9), "{id}");
    }
}

#[test]
fn another_codec_begins_a_part() {
    let recorded = parts_of([Codec::Vp8, Codec::H264]);
    assert_eq!(recorded.report.parts.len(), 2);
    assert_eq!(recorded.files.ended, [0, 1]);
    assert_eq!(of(&recorded, 1).codecs, ["A_OPUS", "V_MPEG4/ISO/AVC"]);
    assert!(recorded.lip_sync(0.0, 20.0) <= 10.0);
    let heard = recorded.late(Kind::Audio, 1.0, 20.0).len();
    assert!(heard >= 945, "no sound is missing between the parts: {heard}");
}

#[test]
fn another_size_begins_a_part_for_h264_only() {
    for (codec, parts) in [(Codec::H264, 2), (Codec::Vp8, 1), (Codec::Vp9, 1), (Codec::Av1, 1)] {
        let mut scene = Scene::default();
        scene.picture.codec = codec;
        let mut world = World::new(scene);
        world.run(10.0);
        world.change_picture(|path| path.size = (320, 240));
        world.run(20.0);
        let recorded = world.end();
        assert_eq!(recorded.report.parts.len(), parts, "{codec:?}");
        assert!(recorded.late(Kind::Video, 0.0, 20.0).len() >= 560, "{codec:?}");
    }
}

#[test]
fn another_source_begins_a_part_and_loses_nothing() {
    let mut world = World::new(Scene::default());
    world.run(8.0);
    world.change_picture(|path| path.ssrc = 77);
    world.run(20.0);
    let recorded = world.end();
    assert_eq!(recorded.report.parts.len(), 2, "{:?}", recorded.report);
    let seen = recorded.late(Kind::Video, 0.0, 20.0).len();
    assert!(seen >= 560, "{seen}");
    assert!(recorded.lip_sync(0.0, 20.0) <= 10.0, "{}", recorded.lip_sync(0.0, 20.0));
}

#[test]
fn another_source_of_sound_costs_the_picture_an_instant_only() {
    let mut scene = Scene { seconds: 20.0, ..Scene::default() };
    scene.picture.delay += 0.250;
    let mut world = World::new(scene);
    world.run(8.0);
    world.change_sound(|path| path.ssrc = 78);
    world.run(20.0);
    let recorded = world.end();
    assert_eq!(recorded.report.parts.len(), 2, "{:?}", recorded.report);
    assert!(recorded.late(Kind::Video, 0.0, 20.0).len() >= 520);
    assert!(recorded.lip_sync(0.0, 20.0) <= 10.0, "{}", recorded.lip_sync(0.0, 20.0));
}

#[test]
fn a_camera_that_comes_later_begins_a_part() {
    let mut scene = Scene { seconds: 30.0, ..Scene::default() };
    scene.picture.from = 12.0;
    let recorded = World::play(scene);
    assert_eq!(recorded.report.parts.len(), 2);
    assert_eq!(of(&recorded, 0).codecs, ["A_OPUS"]);
    assert_eq!(of(&recorded, 1).codecs, ["A_OPUS", "V_VP8"]);
    assert!(recorded.lip_sync(12.0, 30.0) <= 10.0);
    let heard = recorded.late(Kind::Audio, 1.0, 30.0).len();
    assert!(heard >= 1440, "{heard}");
}

#[test]
fn of_several_sizes_one_is_recorded() {
    let mut world = World::new(Scene::default());
    world.add_layer(21);
    world.add_layer(22);
    world.run(20.0);
    let recorded = world.end();
    assert_eq!(recorded.report.parts.len(), 1);
    let seen = recorded.late(Kind::Video, 0.0, 20.0).len();
    assert!((560..=571).contains(&seen), "{seen}");
}

#[test]
fn after_a_long_absence_a_part_begins() {
    let mut scene = Scene { seconds: 80.0, ..Scene::default() };
    scene.sound.pauses = vec![(10.0, 60.0)];
    scene.picture.pauses = vec![(10.0, 60.0)];
    let recorded = World::play(scene);
    assert_eq!(recorded.report.parts.len(), 2);
    let second = &recorded.report.parts[1];
    assert!((59_900..60_200).contains(&second.start_ms), "{second:?}");
    assert!(recorded.made_up.1 < 40, "{:?}", recorded.made_up);
    assert!(recorded.lip_sync(0.0, 80.0) <= 10.0);
}

#[test]
fn a_file_can_be_sought_in() {
    let recorded = World::play(Scene { seconds: 65.0, ..Scene::default() });
    let parsed = of(&recorded, 0);
    assert!(parsed.len_known && parsed.torn == 0);
    assert_eq!(parsed.seek, [0x1549_a966, 0x1654_ae6b, 0x1c53_bb6b]);
    assert!(parsed.cues.len() >= 6, "{:?}", parsed.cues);
    assert!(parsed.cues.iter().all(|(_, id)| *id == 0x1f43_b675), "each points to a cluster");
    assert!((63_900.0..64_100.0).contains(&parsed.duration_ms), "{}", parsed.duration_ms);
    assert!(parsed.clusters.iter().all(|(first, last)| last - first <= 1000), "clusters are short");
    for track in [1, 2] {
        let times = parsed.blocks.iter().filter(|block| block.track == track).map(|block| block.at_ms);
        assert!(times.clone().zip(times.skip(1)).all(|(one, next)| one < next), "time goes on");
    }
}

#[test]
fn large_frames_make_no_larger_clusters() {
    let mut world = World::new(Scene::default());
    world.add_weight(300_000);
    world.run(6.0);
    let recorded = world.end();
    assert!(recorded.late(Kind::Video, 0.0, 6.0).len() >= 140);
    assert!((600_000..=1 << 20).contains(&recorded.files.longest), "{}", recorded.files.longest);
}

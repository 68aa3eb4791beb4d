//! What lies in the spool: sealed, and after a crash nearly all of it.

use std::{fs, path::Path};

use bedside_protocol::{
    ids::{RecordingId, UserId},
    recording::{ConsentGiven, Decision},
};
use bedside_recorder::{
    media::{Kind, LegReport},
    spool::{Finished, Reel, Spool, SpoolError, SpooledLeg},
};
use bedside_seal::{DataKey, Label, Reader};

use crate::{
    file::{Files, parse},
    world::{Recorded, Scene, WALL_EPOCH_MS, World},
};

/// What a crash may cost, in seconds.
const LIMIT: f64 = 2.0;
const KEY: [u8; 32] = [7; 32];

struct Disk {
    dir: tempfile::TempDir,
    spool: Spool,
    id: RecordingId,
}

impl Disk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        Self { dir, spool, id: RecordingId::parse("a-recording").unwrap() }
    }

    fn begin(&mut self, take: u32) -> Reel {
        self.spool.begin(&self.id, DataKey::from_bytes(KEY), take, WALL_EPOCH_MS).unwrap()
    }

    /// A scene played into a take of its own until this time, and still being written there.
    fn playing(&mut self, scene: Scene, until: f64) -> Reel {
        let mut reel = self.begin(0);
        leg(&mut reel, "0-1");
        play(&mut reel, "0-1", &mut World::new(scene), until);
        reel
    }

    /// The same, and then everything dies.
    fn crashed(&mut self, scene: Scene, until: f64) {
        drop(self.playing(scene, until));
    }

    fn rescue(&self) -> Finished {
        self.try_rescue().unwrap()
    }

    fn try_rescue(&self) -> Result<Finished, SpoolError> {
        self.spool.rescue(&self.id, DataKey::from_bytes(KEY), consents())
    }

    fn plain(&self, name: &str) -> Vec<u8> {
        let file = fs::File::open(self.spool.folder(&self.id).join(name)).unwrap();
        let label = Label::new(self.id.as_str(), name);
        let reader = Reader::open(file, &DataKey::from_bytes(KEY), &label).unwrap();
        reader.read_at(0, usize::try_from(reader.plain_len()).unwrap()).unwrap().to_vec()
    }

    /// What the files of the first leg show.
    fn shown(&self, finished: &Finished) -> Recorded {
        let mut files = Files::default();
        let parts = &finished.manifest.legs[0].parts;
        for part in parts {
            files.parts.insert(part.report.part, self.plain(&part.file));
        }
        let parts = parts.iter().map(|part| part.report.clone()).collect();
        Recorded::new(files, LegReport { parts, drift_ppm: None }, Vec::new())
    }
}

/// What the server says that people agreed to.
fn consents() -> Vec<ConsentGiven> {
    let at = "2026-09-21T14:13:20Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    vec![ConsentGiven {
        user_id: UserId::parse("ann").unwrap(),
        decision: Decision::Given,
        text_version: "1".to_owned(),
        at: at.into(),
    }]
}

fn leg(reel: &mut Reel, name: &str) {
    reel.leg(name, &UserId::parse("ann").unwrap()).unwrap();
}

/// Plays a scene into a reel until this time, and leaves it there.
fn play(reel: &mut Reel, name: &str, world: &mut World, until: f64) {
    let mut second = world.now();
    while world.now() < until {
        let next = (world.now() + 0.1).min(until);
        world.run(next);
        for op in world.files.taken.drain(..) {
            reel.apply(name, op).unwrap();
        }
        if world.now() - second >= 1.0 {
            second = world.now();
            reel.note(name, world.tape.report()).unwrap();
            reel.sync().unwrap();
        }
    }
}

fn complete(disk: &Disk, finished: &Finished) {
    for part in finished.manifest.legs.iter().flat_map(|leg| &leg.parts) {
        let parsed = parse(&disk.plain(&part.file));
        assert!(parsed.len_known && parsed.torn == 0, "{}", part.file);
        assert!(parsed.seek.contains(&0x1c53_bb6b), "one can seek in {}", part.file);
        assert!(parsed.duration_ms > 0.0);
        assert_eq!(part.sha256.len(), 64);
        assert!(finished.files.iter().any(|file| file.file == part.file));
    }
}

#[test]
fn after_a_crash_at_any_time_two_seconds_are_missing_at_most() {
    let scene = Scene { seconds: 12.0, ..Scene::default() };
    for tenths in (12..120).step_by(9) {
        let at = f64::from(tenths) / 10.0;
        let mut disk = Disk::new();
        disk.crashed(scene.clone(), at);
        let finished = disk.rescue();
        complete(&disk, &finished);
        let recorded = disk.shown(&finished);
        for kind in [Kind::Audio, Kind::Video] {
            let kept = recorded.shown.iter().filter(|shown| shown.kind == kind).map(|shown| shown.truth);
            let kept = kept.fold(1.0, f64::max);
            assert!(at - 0.04 - kept <= LIMIT, "{kind:?} at {at}: {kept}");
        }
        assert!(finished.manifest.legs[0].parts.iter().all(|part| part.recovered));
        assert_eq!(finished.manifest.legs[0].user_id, "ann");
        assert_eq!(finished.manifest.consents, consents());
        let again = disk.rescue();
        assert_eq!(again.manifest, finished.manifest, "a second rescue finds the same");
    }
}

#[test]
fn a_torn_end_costs_one_cluster() {
    let mut disk = Disk::new();
    disk.crashed(Scene::default(), 9.0);
    let path = disk.spool.folder(&disk.id).join("0-1-0.sealed");
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 5).unwrap();
    let finished = disk.rescue();
    complete(&disk, &finished);
    let last = disk.shown(&finished).shown.last().unwrap().truth;
    assert!(last > 9.0 - LIMIT - 1.0, "{last}");
}

#[test]
fn what_was_known_of_a_clock_before_a_crash_stands_in_the_manifest() {
    let mut disk = Disk::new();
    disk.crashed(Scene { ppm: 80.0, frames_a_second: 5.0, seconds: 300.0, ..Scene::default() }, 300.0);
    let measured = disk.rescue().manifest.legs[0].drift_ppm.unwrap();
    assert!((measured - 80).abs() <= 8, "{measured} ppm");
}

#[test]
fn what_is_being_written_is_left_alone_by_a_rescue() {
    let mut disk = Disk::new();
    disk.crashed(Scene::default(), 6.0);
    let mut reel = disk.begin(1);
    leg(&mut reel, "1-1");
    let mut world = World::new(Scene::default());
    play(&mut reel, "1-1", &mut world, 5.0);
    let finished = disk.rescue();
    assert!(finished.manifest.legs.iter().all(|leg| leg.leg_id == "0-1"));
    play(&mut reel, "1-1", &mut world, 8.0);
    world.tape.close(std::time::Duration::from_secs(8));
    while let Some(op) = world.tape.poll() {
        reel.apply("1-1", op).unwrap();
    }
    let legs = vec![SpooledLeg {
        leg_id: "1-1".to_owned(),
        user_id: UserId::parse("ann").unwrap(),
        report: world.tape.report(),
    }];
    let whole = reel.finish(legs, consents()).unwrap();
    complete(&disk, &whole);
    assert!(whole.manifest.legs[0].parts.iter().all(|part| !part.recovered));
    assert_eq!(disk.rescue().manifest.legs.len(), 2, "both takes are listed together");
}

#[test]
fn where_all_is_being_written_there_is_nothing_to_be_rescued() {
    let mut disk = Disk::new();
    let reel = disk.playing(Scene::default(), 6.0);
    let before = files(disk.dir.path());
    assert!(matches!(disk.try_rescue(), Err(SpoolError::Nothing)));
    assert_eq!(files(disk.dir.path()), before);
    drop(reel);
}

#[test]
fn nothing_in_the_spool_can_be_read_without_the_key() {
    let mut disk = Disk::new();
    let mut reel = disk.playing(Scene::default(), 2.0);
    let waiting = files(disk.dir.path());
    play_on_and_look(&mut reel, &disk, waiting);
}

fn play_on_and_look(reel: &mut Reel, disk: &Disk, waiting: Vec<Vec<u8>>) {
    let mut world = World::new(Scene::default());
    leg(reel, "0-2");
    play(reel, "0-2", &mut world, 6.0);
    let all = [waiting, files(disk.dir.path())].concat();
    assert!(all.len() >= 4);
    for word in [&b"webm"[..], b"A_OPUS", b"OpusHead", b"\"userId\"", &[0x9d, 0x01, 0x2a, 0x80, 0x02]] {
        assert!(all.iter().all(|bytes| !bytes.windows(word.len()).any(|window| window == word)));
    }
}

fn files(dir: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(fs::read(path).unwrap()) }
    }
    all
}

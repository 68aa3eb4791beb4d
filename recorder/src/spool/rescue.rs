//! Putting in order what a recorder left behind that died. Parts get the index and the duration that they lack and end after
//! their last whole cluster; packets that still waited become parts; and a manifest says what there is.
//!
//! It may be done again and again: what was rescued once is taken as it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    sync::Arc,
};

use bedside_protocol::{ids::UserId, recorder::SpooledFile, recording::ConsentGiven};
use bedside_seal::{Damage, Error, Reader, Recovered, Sealed, recover};
use bytes::Bytes;

use super::{Finished, Reel, Shelf, SpoolError, card, card::Text, part_name, reel::wait_name, spooled};
use crate::{
    manifest::{Leg, MANIFEST_VERSION, Manifest, Part},
    media::{
        PartReport, Tape, TapeConfig,
        webm::{MAX_CLUSTER_BYTES, MAX_HEAD_BYTES, Repair, Repaired, element_len},
    },
};

/// The manifest of what was rescued.
const MANIFEST: &str = "manifest-rescued.sealed";
/// More than this is no list of parts: a leg of a day with all its gaps has a hundredth.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// What waits is memory of a tape written down, and not more.
const MAX_WAIT_BYTES: u64 = 64 << 20;
/// What waited and is over by this much after the end of the parts stands in them already.
const OVERLAP_MS: u64 = 500;

/// `live`: takes that are being written now, whose files are left alone.
pub(super) fn rescue(
    shelf: &Arc<Shelf>,
    live: &BTreeSet<u32>,
    consents: Vec<ConsentGiven>,
) -> Result<Finished, SpoolError> {
    let names = names(shelf)?;
    let mut rescue = Rescue { shelf, files: Vec::new(), legs: BTreeMap::new(), started_at_ms: 0 };
    for name in names.iter().filter(|name| name.starts_with("manifest-")) {
        rescue.manifest(name)?;
    }
    let mut done = Vec::new();
    for leg in names.iter().filter_map(|name| name.strip_suffix(card::SUFFIX)) {
        let take = leg.split('-').next().and_then(|take| take.parse().ok());
        if take.is_some_and(|take| live.contains(&take)) {
            continue;
        }
        match Text::read(shelf, leg) {
            Ok(text) => rescue.leg(leg, text, &names)?,
            Err(SpoolError::Io(error)) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, leg, "the card of a leg cannot be read"),
        }
        done.push(leg.to_owned());
    }
    if rescue.files.is_empty() && !live.is_empty() {
        return Err(SpoolError::Nothing);
    }
    let finished = rescue.finish(consents)?;
    // From here on the manifest says what they said.
    for leg in done {
        remove(shelf, &card::name(&leg))?;
        remove(shelf, &wait_name(&leg))?;
    }
    Ok(finished)
}

fn names(shelf: &Shelf) -> Result<Vec<String>, SpoolError> {
    let entries = match fs::read_dir(&shelf.dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(SpoolError::Nothing),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn remove(shelf: &Shelf, name: &str) -> io::Result<()> {
    match fs::remove_file(shelf.path(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

struct Rescue<'a> {
    shelf: &'a Arc<Shelf>,
    files: Vec<SpooledFile>,
    legs: BTreeMap<String, Leg>,
    started_at_ms: i64,
}

impl Rescue<'_> {
    /// A manifest that was sealed before: its parts are complete.
    fn manifest(&mut self, name: &str) -> Result<(), SpoolError> {
        let sealed = match self.open(name)? {
            Some(Recovered::Whole(sealed)) => sealed,
            // Its writer died over it, and the cards are still there.
            Some(Recovered::Open { .. }) | None => return Ok(remove(self.shelf, name)?),
        };
        let bytes = self.read(name, MAX_MANIFEST_BYTES)?;
        let manifest: Manifest = serde_json::from_slice(&bytes)?;
        self.started_at_ms = manifest.started_at_ms;
        for leg in manifest.legs {
            for part in &leg.parts {
                let file = part.file.clone();
                self.files.push(SpooledFile { file, bytes: part.sealed_bytes, sha256: part.sha256.clone() });
            }
            self.legs.insert(leg.leg_id.clone(), leg);
        }
        if name != MANIFEST {
            self.files.push(spooled(name, &sealed));
        }
        Ok(())
    }

    /// A leg that was not finished.
    fn leg(&mut self, leg: &str, text: Text, names: &[String]) -> Result<(), SpoolError> {
        self.started_at_ms = text.started_at_ms;
        let drift_ppm = text.report.drift_ppm;
        let mut said: BTreeMap<u32, PartReport> =
            text.report.parts.into_iter().map(|part| (part.part, part)).collect();
        let known: BTreeSet<String> =
            self.legs.get(leg).into_iter().flat_map(|leg| &leg.parts).map(|part| part.file.clone()).collect();
        let mut next = 0;
        for number in part_numbers(leg, names) {
            next = next.max(number + 1);
            let name = part_name(leg, number);
            if known.contains(&name) {
                continue;
            }
            if let Some((sealed, report)) = self.part(&name, number, said.remove(&number))? {
                self.add(leg, &text.user_id, &sealed, report);
            }
        }
        if names.contains(&wait_name(leg)) {
            self.waiting(leg, &text.user_id, next)?;
        }
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.drift_ppm = leg.drift_ppm.or(drift_ppm);
        }
        Ok(())
    }

    fn add(&mut self, leg: &str, user: &UserId, sealed: &Sealed, report: PartReport) {
        let file = spooled(&part_name(leg, report.part), sealed);
        let part = Part {
            file: file.file.clone(),
            sealed_bytes: sealed.bytes,
            plain_bytes: sealed.plain_bytes,
            sha256: file.sha256.clone(),
            recovered: true,
            report,
        };
        self.files.push(file);
        let new =
            || Leg { leg_id: leg.to_owned(), user_id: user.to_string(), drift_ppm: None, parts: Vec::new() };
        self.legs.entry(leg.to_owned()).or_insert_with(new).parts.push(part);
    }

    /// Ends a part where its last whole cluster ends. None: nothing of it can be kept.
    fn part(
        &self,
        name: &str,
        number: u32,
        said: Option<PartReport>,
    ) -> Result<Option<(Sealed, PartReport)>, SpoolError> {
        let (sealed, report) = match self.open(name)? {
            None => return Ok(None),
            Some(Recovered::Whole(sealed)) => {
                // It may have been ended after its card was written last.
                let report = match self.look_through(name, number)? {
                    Some(repaired) => Some(merge(said, repaired.report)),
                    None => said,
                };
                (sealed, report)
            }
            Some(Recovered::Open { mut writer, .. }) => {
                let Some(repaired) = self.look_through(name, number)? else { return Ok(None) };
                writer.append(&repaired.index)?;
                writer.rewrite_header(&repaired.header)?;
                (writer.finish()?, Some(merge(said, repaired.report)))
            }
        };
        let shown = report.filter(|report| report.tracks.iter().any(|track| track.frames > 0));
        if shown.is_none() {
            // Its recorder died before the first cluster.
            remove(self.shelf, name)?;
        }
        Ok(shown.map(|report| (sealed, report)))
    }

    /// Makes a part of the packets that waited for one.
    fn waiting(&mut self, leg: &str, user: &UserId, next: u32) -> Result<(), SpoolError> {
        let bytes = match self.read(&wait_name(leg), MAX_WAIT_BYTES) {
            Ok(bytes) => bytes,
            Err(SpoolError::Seal(Error::Damaged(damage))) => {
                give_up(&wait_name(leg), damage);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let config = TapeConfig { first_part: next, ..TapeConfig::default() };
        let mut tape = Tape::replay(config, self.started_at_ms, bytes);
        let parts = self.legs.get(leg).map_or(&[][..], |leg| &leg.parts);
        let end_ms = |report: &PartReport| report.start_ms + report.duration_ms;
        let written_ms = parts.iter().map(|part| end_ms(&part.report)).max().unwrap_or_default();
        let report = tape.report();
        if report.parts.iter().all(|part| end_ms(part) <= written_ms + OVERLAP_MS) {
            return Ok(());
        }
        let mut reel = Reel::new(Arc::clone(self.shelf), 0, self.started_at_ms);
        while let Some(op) = tape.poll() {
            reel.apply(leg, op)?;
        }
        for part in report.parts {
            if let Some(sealed) = reel.sealed(leg, part.part) {
                self.add(leg, user, &sealed, part);
            }
        }
        Ok(())
    }

    fn open(&self, name: &str) -> Result<Option<Recovered>, SpoolError> {
        match recover(&self.shelf.path(name), &self.shelf.key, &self.shelf.label(name)) {
            Ok(recovered) => Ok(Some(recovered)),
            Err(Error::Damaged(damage)) => {
                give_up(name, damage);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn reader(&self, name: &str) -> Result<Reader<File>, SpoolError> {
        let file = File::open(self.shelf.path(name))?;
        Ok(Reader::open(file, &self.shelf.key, &self.shelf.label(name))?)
    }

    fn read(&self, name: &str, most: u64) -> Result<Bytes, SpoolError> {
        let reader = self.reader(name)?;
        let len = usize::try_from(reader.plain_len().min(most)).unwrap_or_default();
        Ok(reader.read_at(0, len)?)
    }

    /// Finds what is in a part. None: it is none of ours.
    fn look_through(&self, name: &str, number: u32) -> Result<Option<Repaired>, SpoolError> {
        let reader = self.reader(name)?;
        let header = reader.read_at(0, usize::try_from(reader.header_len()).unwrap_or_default())?;
        let Some(mut repair) = Repair::new(&header) else { return Ok(None) };
        let mut at = header.len() as u64;
        while at < reader.plain_len() {
            let head = reader.read_at(at, MAX_HEAD_BYTES)?;
            let Some(len) = element_len(&head).filter(|len| *len <= 2 * MAX_CLUSTER_BYTES) else { break };
            let element = reader.read_at(at, len)?;
            if !repair.element(&element) {
                break;
            }
            at += len as u64;
        }
        Ok(Some(repair.finish(number, self.started_at_ms)))
    }

    fn finish(self, consents: Vec<ConsentGiven>) -> Result<Finished, SpoolError> {
        // Of an earlier rescue whose files nobody took.
        remove(self.shelf, MANIFEST)?;
        let manifest = Manifest {
            version: MANIFEST_VERSION,
            recording_id: self.shelf.id.clone(),
            started_at_ms: self.started_at_ms,
            consents,
            legs: self.legs.into_values().collect(),
        };
        self.shelf.seal_manifest(MANIFEST, manifest, self.files)
    }
}

fn give_up(name: &str, damage: Damage) {
    tracing::warn!(%damage, file = name, "a file of a recording cannot be rescued");
}

/// The parts of a leg that lie there, in order.
fn part_numbers(leg: &str, names: &[String]) -> BTreeSet<u32> {
    let number = |name: &String| {
        name.strip_prefix(leg)?.strip_prefix('-')?.strip_suffix(".sealed")?.parse::<u32>().ok()
    };
    names.iter().filter_map(number).collect()
}

/// What is in the file counts; what its recorder said of packets, losses and gaps is all that is known of them.
fn merge(said: Option<PartReport>, mut found: PartReport) -> PartReport {
    let Some(said) = said else { return found };
    for (found, said) in found.tracks.iter_mut().zip(&said.tracks) {
        found.packets = said.packets;
        found.lost = said.lost;
        found.dropped_frames = said.dropped_frames;
    }
    found.gaps = said.gaps;
    found
}

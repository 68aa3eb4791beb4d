//! A recording that is being written.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    sync::Arc,
};

use bedside_protocol::{ids::UserId, recording::ConsentGiven};
use bedside_seal::{DataKey, Sealed};

use super::{Finished, Shelf, SpoolError, card::Card, growing::Growing, part_name, spooled};
use crate::{
    manifest::{Leg, MANIFEST_VERSION, Manifest, Part},
    media::{LegReport, Op},
};

/// Files are made sure of on every second call, which comes once a second: a power failure costs two seconds.
const CALLS_PER_SYNC: u32 = 2;

/// One take of a recording.
#[derive(Debug)]
pub struct Reel {
    shelf: Arc<Shelf>,
    take: u32,
    started_at_ms: i64,
    calls: u32,
    open: HashMap<(String, u32), Growing>,
    waiting: HashMap<String, Growing>,
    cards: HashMap<String, Card>,
    sealed: BTreeMap<(String, u32), Sealed>,
}

/// A leg at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct SpooledLeg {
    /// The leg.
    pub leg_id: String,
    /// Whom it shows.
    pub user_id: UserId,
    /// How it went.
    pub report: LegReport,
}

impl Reel {
    pub(super) fn new(shelf: Arc<Shelf>, take: u32, started_at_ms: i64) -> Self {
        Self {
            shelf,
            take,
            started_at_ms,
            calls: 0,
            open: HashMap::new(),
            waiting: HashMap::new(),
            cards: HashMap::new(),
            sealed: BTreeMap::new(),
        }
    }

    /// A leg begins.
    pub fn leg(&mut self, leg: &str, user: &UserId) -> Result<(), SpoolError> {
        let card = Card::create(&self.shelf, leg, user.clone(), self.started_at_ms)?;
        self.cards.insert(leg.to_owned(), card);
        Ok(())
    }

    /// How far a leg is, for whoever finds its files after a crash.
    pub fn note(&mut self, leg: &str, report: LegReport) -> Result<(), SpoolError> {
        self.cards.get_mut(leg).map_or(Ok(()), |card| card.note(report))
    }

    /// Do what a tape wants. Says how many bytes came to the spool.
    pub fn apply(&mut self, leg: &str, op: Op) -> Result<u64, SpoolError> {
        match op {
            Op::Begin { part, header, .. } => {
                let file = Growing::new(self.shelf.create(&part_name(leg, part), Some(&header))?);
                let bytes = file.len();
                self.open.insert((leg.to_owned(), part), file);
                Ok(bytes)
            }
            Op::Append { part, bytes } => self.part(leg, part)?.append(&bytes),
            Op::Header { part, bytes } => {
                self.part(leg, part)?.header(bytes);
                Ok(0)
            }
            Op::End { part } => self.end(leg, part).map(|()| 0),
            Op::Wait { bytes } => {
                if !self.waiting.contains_key(leg) {
                    let file = Growing::new(self.shelf.create(&wait_name(leg), None)?);
                    self.waiting.insert(leg.to_owned(), file);
                }
                self.waiting.get_mut(leg).map_or(Ok(0), |file| file.append(&bytes))
            }
            Op::Waited => {
                if self.waiting.remove(leg).is_some() {
                    fs::remove_file(self.shelf.path(&wait_name(leg)))?;
                }
                Ok(0)
            }
        }
    }

    fn part(&mut self, leg: &str, part: u32) -> Result<&mut Growing, SpoolError> {
        let place = (leg.to_owned(), part);
        self.open.get_mut(&place).ok_or(SpoolError::NoPart { leg: place.0, part })
    }

    fn end(&mut self, leg: &str, part: u32) -> Result<(), SpoolError> {
        let place = (leg.to_owned(), part);
        match self.open.remove(&place) {
            Some(file) => {
                self.sealed.insert(place, file.finish()?);
                Ok(())
            }
            None => Err(SpoolError::NoPart { leg: place.0, part }),
        }
    }

    /// Make sure that a power failure takes two seconds at most; to be called once a second.
    pub fn sync(&mut self) -> Result<(), SpoolError> {
        self.calls += 1;
        if !self.calls.is_multiple_of(CALLS_PER_SYNC) {
            return Ok(());
        }
        for file in self.open.values_mut().chain(self.waiting.values_mut()) {
            file.sync()?;
        }
        for card in self.cards.values_mut() {
            card.sync()?;
        }
        Ok(())
    }

    /// A part that has ended.
    pub(super) fn sealed(&self, leg: &str, part: u32) -> Option<Sealed> {
        self.sealed.get(&(leg.to_owned(), part)).cloned()
    }

    /// The key of the recording.
    pub fn key(&self) -> DataKey {
        self.shelf.key.clone()
    }

    /// End everything, and write the manifest. Where that fails, what is there can be rescued.
    pub fn finish(
        mut self,
        legs: Vec<SpooledLeg>,
        consents: Vec<ConsentGiven>,
    ) -> Result<Finished, SpoolError> {
        let open: Vec<_> = self.open.keys().cloned().collect();
        for (leg, part) in open {
            self.end(&leg, part)?;
        }
        let mut files = Vec::new();
        let mut written = Vec::new();
        for SpooledLeg { leg_id, user_id, report } in legs {
            let mut parts = Vec::new();
            for report in report.parts {
                let Some(sealed) = self.sealed.get(&(leg_id.clone(), report.part)) else { continue };
                let file = spooled(&part_name(&leg_id, report.part), sealed);
                parts.push(Part {
                    file: file.file.clone(),
                    sealed_bytes: file.bytes,
                    plain_bytes: sealed.plain_bytes,
                    sha256: file.sha256.clone(),
                    recovered: false,
                    report,
                });
                files.push(file);
            }
            if !parts.is_empty() {
                let (user_id, drift_ppm) = (user_id.to_string(), report.drift_ppm);
                written.push(Leg { leg_id, user_id, drift_ppm, parts });
            }
        }
        let manifest = Manifest {
            version: MANIFEST_VERSION,
            recording_id: self.shelf.id.clone(),
            started_at_ms: self.started_at_ms,
            consents,
            legs: written,
        };
        let finished = self.shelf.seal_manifest(&manifest_name(self.take), manifest, files)?;
        // From here on the manifest says what they said.
        for leg in self.cards.keys() {
            fs::remove_file(self.shelf.path(&super::card::name(leg)))?;
        }
        for leg in self.waiting.keys() {
            fs::remove_file(self.shelf.path(&wait_name(leg)))?;
        }
        Ok(finished)
    }
}

pub(super) fn wait_name(leg: &str) -> String {
    format!("{leg}.wait")
}

pub(super) fn manifest_name(take: u32) -> String {
    format!("manifest-{take}.sealed")
}

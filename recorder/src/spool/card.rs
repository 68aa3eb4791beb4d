//! The card of a leg: who is on it, and how far it was when it was last written. After a crash it says what the parts are.

use bedside_protocol::ids::UserId;
use bedside_seal::Reader;
use serde::{Deserialize, Serialize};

use super::{Shelf, SpoolError, growing::Growing};
use crate::media::LegReport;

/// The card is written over and over in a room of this size; gaps beyond it are left out.
const CARD_BYTES: usize = 8_192;

/// What stands on it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Text {
    pub(super) user_id: UserId,
    /// Unix milliseconds at zero of the recording's timeline.
    pub(super) started_at_ms: i64,
    pub(super) report: LegReport,
}

/// A card that is being written.
#[derive(Debug)]
pub(super) struct Card {
    file: Growing,
    text: Text,
}

pub(super) fn name(leg: &str) -> String {
    format!("{leg}{SUFFIX}")
}

pub(super) const SUFFIX: &str = ".card";

impl Card {
    pub(super) fn create(
        shelf: &Shelf,
        leg: &str,
        user_id: UserId,
        started_at_ms: i64,
    ) -> Result<Self, SpoolError> {
        let mut text = Text { user_id, started_at_ms, report: LegReport::default() };
        let file = Growing::new(shelf.create(&name(leg), Some(&text.write()?))?);
        Ok(Self { file, text })
    }

    pub(super) fn note(&mut self, report: LegReport) -> Result<(), SpoolError> {
        if self.text.report != report {
            self.text.report = report;
            self.file.header(self.text.write()?.into());
        }
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), SpoolError> {
        self.file.sync()
    }
}

impl Text {
    fn write(&mut self) -> Result<Vec<u8>, SpoolError> {
        loop {
            let mut written = serde_json::to_vec(self)?;
            let longest = self.report.parts.iter_mut().max_by_key(|part| part.gaps.len());
            match longest.filter(|part| !part.gaps.is_empty()) {
                Some(part) if written.len() > CARD_BYTES => part.gaps.truncate(part.gaps.len() / 2),
                Some(_) | None => {
                    // One that is too long all the same is refused by the writer.
                    written.resize(written.len().max(CARD_BYTES), b' ');
                    return Ok(written);
                }
            }
        }
    }

    pub(super) fn read(shelf: &Shelf, leg: &str) -> Result<Self, SpoolError> {
        let name = name(leg);
        let file = std::fs::File::open(shelf.path(&name))?;
        let reader = Reader::open(file, &shelf.key, &shelf.label(&name))?;
        Ok(serde_json::from_slice(&reader.read_at(0, CARD_BYTES)?)?)
    }
}

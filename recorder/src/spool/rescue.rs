//! Putting in order what a recorder left behind that died: parts are ended after their last whole cluster, and a manifest is made
//! from the cards of their legs.

use std::{collections::BTreeMap, fs, io};

use bedside_seal::{Recovered, recover};

use super::{Finished, Shelf, SpoolError, card, card::Text, part_name, spooled};
use crate::manifest::{Leg, MANIFEST_VERSION, Manifest, Part};

/// The manifest of what was rescued.
const MANIFEST: &str = "manifest-rescued.sealed";

pub(super) fn rescue(shelf: &Shelf) -> Result<Finished, SpoolError> {
    let (mut files, mut legs) = (Vec::new(), Vec::new());
    let mut started_at_ms = 0;
    for (leg, text) in cards(shelf)? {
        started_at_ms = text.started_at_ms;
        let mut parts = Vec::new();
        for report in text.report.parts {
            let name = part_name(&leg, report.part);
            let (sealed, recovered) = match recover(&shelf.path(&name), &shelf.key, &shelf.label(&name)) {
                Ok(Recovered::Whole(sealed)) => (sealed, false),
                Ok(Recovered::Open { writer, .. }) => (writer.finish()?, true),
                Err(bedside_seal::Error::Damaged(damage)) => {
                    tracing::warn!(%damage, part = name, "a part of a recording cannot be rescued");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let file = spooled(&name, &sealed);
            parts.push(Part {
                file: name,
                sealed_bytes: sealed.bytes,
                plain_bytes: sealed.plain_bytes,
                sha256: file.sha256.clone(),
                recovered,
                report,
            });
            files.push(file);
        }
        if !parts.is_empty() {
            legs.push(Leg { leg_id: leg, user_id: text.user_id.to_string(), parts });
        }
    }
    let manifest = Manifest {
        version: MANIFEST_VERSION,
        recording_id: shelf.id.clone(),
        started_at_ms,
        consents: Vec::new(),
        legs,
    };
    // Of an earlier rescue whose files nobody took.
    match fs::remove_file(shelf.path(MANIFEST)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    shelf.seal_manifest(MANIFEST, manifest, files)
}

/// The cards that can be read, by leg.
fn cards(shelf: &Shelf) -> Result<BTreeMap<String, Text>, SpoolError> {
    let mut cards = BTreeMap::new();
    let entries = match fs::read_dir(&shelf.dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(SpoolError::Nothing),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let Some(leg) = name.to_str().and_then(|name| name.strip_suffix(card::SUFFIX)) else { continue };
        match Text::read(shelf, leg) {
            Ok(text) => drop(cards.insert(leg.to_owned(), text)),
            Err(SpoolError::Io(error)) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, leg, "the card of a leg cannot be read"),
        }
    }
    Ok(cards)
}

//! A sealed file to try things on.

use std::{fs, ops::Range};

use bedside_seal::{Damage, DataKey, Error, Label, Summary, Writer};
use tempfile::TempDir;

pub(crate) const CHUNKS: [&[u8]; 4] =
    [b"first chunk", b"2", b"the third one is longer than others", b"fourth"];

pub(crate) struct Made {
    pub(crate) folder: TempDir,
    pub(crate) key: DataKey,
    pub(crate) label: Label,
    pub(crate) plain: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
    body: usize,
    lengths: Vec<usize>,
}

impl Made {
    pub(crate) fn new(header: Option<&[u8]>, chunks: &[&[u8]]) -> Self {
        Self::with(DataKey::random().unwrap(), header, chunks)
    }

    /// Another file under the same key and label.
    pub(crate) fn again(&self, header: Option<&[u8]>, chunks: &[&[u8]]) -> Self {
        Self::with(self.key.clone(), header, chunks)
    }

    fn with(key: DataKey, header: Option<&[u8]>, chunks: &[&[u8]]) -> Self {
        let (folder, label) = (tempfile::tempdir().unwrap(), Label::new("object", "file"));
        let path = folder.path().join("file");
        // The first header is another one, so that an old slot would show.
        let old = header.map(|header| vec![b'-'; header.len()]);
        let mut writer = Writer::create(&path, &key, &label, old.as_deref()).unwrap();
        let body = usize::try_from(writer.sealed_len()).unwrap();
        for chunk in chunks {
            writer.append(chunk).unwrap();
        }
        if let Some(header) = header {
            writer.rewrite_header(header).unwrap();
        }
        let finished = writer.finish().unwrap();
        let sealed = fs::read(&path).unwrap();
        assert_eq!(finished.bytes, sealed.len() as u64);
        assert_eq!(finished.sha256, ring::digest::digest(&ring::digest::SHA256, &sealed).as_ref());
        let plain = [&[header.unwrap_or_default()], chunks].concat().concat();
        let lengths = chunks.iter().map(|chunk| chunk.len()).collect();
        Self { folder, key, label, plain, sealed, body, lengths }
    }

    /// These bytes of the file.
    pub(crate) fn range(&self, range: &Range<u64>) -> &[u8] {
        let place = |at| usize::try_from(at).unwrap();
        self.sealed.get(place(range.start)..place(range.end)).unwrap()
    }

    /// Where each chunk lies in the file, and how long it is there.
    pub(crate) fn chunks(&self) -> Vec<(usize, usize)> {
        let mut place = self.body;
        self.lengths
            .iter()
            .map(|len| {
                let whole = len + 9 + 12 + 16;
                place += whole;
                (place - whole, whole)
            })
            .collect()
    }
}

/// The damage that was found.
pub(crate) fn damage(found: Result<Summary, Error>) -> Damage {
    match found {
        Err(Error::Damaged(damage)) => damage,
        other => panic!("no damage was found: {other:?}"),
    }
}

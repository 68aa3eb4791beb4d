//! A real file, harmed: it is found, and what can still be read is what was written.
#![no_main]

use std::{fs, sync::LazyLock};

use bedside_seal::{DataKey, Label, Reader, Writer, verify};
use libfuzzer_sys::fuzz_target;

const HEADER: &[u8] = b"a header";
const CHUNKS: [&[u8]; 3] = [b"first", b"the second of three", b"3"];

static FILE: LazyLock<(DataKey, Label, Vec<u8>)> = LazyLock::new(|| {
    let (key, label) = (DataKey::random().unwrap(), Label::new("a", "b"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut writer = Writer::create(&path, &key, &label, Some(HEADER)).unwrap();
    for chunk in CHUNKS {
        writer.append(chunk).unwrap();
    }
    writer.finish().unwrap();
    (key, label, fs::read(path).unwrap())
});

fuzz_target!(|harms: Vec<(u16, u16, u8)>| {
    let (key, label, whole) = &*FILE;
    let mut file = whole.clone();
    for (at, len, how) in harms {
        let at = usize::from(at) % file.len().max(1);
        let end = (at + usize::from(len)).min(file.len());
        match how % 4 {
            0 if at < file.len() => file[at] ^= how,
            1 => drop(file.drain(at..end)),
            2 => drop(file.splice(at..at, vec![how; usize::from(len) % 64])),
            _ => {
                let piece = file[at..end].to_vec();
                file.extend_from_slice(&piece);
                file.truncate(1 << 16);
            }
        }
    }
    assert_eq!(verify(file.as_slice(), key, label).is_ok(), file == *whole);
    let plain = [&[HEADER][..], &CHUNKS[..]].concat().concat();
    if let Ok(reader) = Reader::open(file.as_slice(), key, label) {
        if let Ok(read) = reader.read_at(0, 1 << 20) {
            assert!(plain.starts_with(&read));
        }
    }
});

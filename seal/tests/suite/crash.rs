//! A writer may die, and the power fail, at any byte.

use std::fs;

use crate::file::{CHUNKS, Made};
use bedside_seal::{DataKey, Label, Reader, Recovered, State, Writer, recover, verify};

const HEADERS: [&[u8]; 4] = [b"header zero", b"header one!", b"header two!", b"header 3!!!"];

#[test]
fn a_file_cut_at_any_byte_goes_on_after_its_last_whole_chunk() {
    for header in [None, Some(b"the header".as_slice())] {
        let made = Made::new(header, &CHUNKS);
        let header_len = header.map_or(0, <[u8]>::len);
        let path = made.folder.path().join("cut");
        for len in 0..=made.sealed.len() {
            fs::write(&path, &made.sealed[..len]).unwrap();
            let whole = made.chunks().iter().filter(|(place, chunk)| place + chunk <= len).count();
            let kept = header_len + CHUNKS[..whole].concat().len();
            match recover(&path, &made.key, &made.label) {
                Ok(Recovered::Whole(sealed)) => {
                    assert_eq!(len, made.sealed.len());
                    assert_eq!(sealed.plain_bytes, made.plain.len() as u64);
                }
                Ok(Recovered::Open { mut writer, header: found, .. }) => {
                    assert_eq!(found.len(), header_len);
                    assert_eq!(writer.plain_len(), kept as u64);
                    let torn = Reader::open(fs::File::open(&path).unwrap(), &made.key, &made.label).unwrap();
                    assert_eq!(torn.state(), State::Torn { chunks_good: u32::try_from(whole).unwrap() });
                    assert_eq!(torn.read_at(header_len as u64, 999).unwrap(), made.plain[header_len..kept]);
                    writer.append(b" and on").unwrap();
                    writer.finish().unwrap();
                    let file = fs::File::open(&path).unwrap();
                    verify(&file, &made.key, &made.label).unwrap();
                    let read =
                        Reader::open(&file, &made.key, &made.label).unwrap().read_at(header_len as u64, 999);
                    assert_eq!(read.unwrap(), [&made.plain[header_len..kept], b" and on"].concat());
                }
                // Nothing was written yet but a part of the start.
                Err(_) => assert!(len < made.chunks()[0].0, "lost at {len}"),
            }
        }
    }
}

/// The bytes of a file after each of its header's versions.
fn generations() -> (DataKey, Label, Vec<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let (key, label, path) = (DataKey::random().unwrap(), Label::new("a", "b"), folder.path().join("file"));
    let mut writer = Writer::create(&path, &key, &label, Some(HEADERS[0])).unwrap();
    writer.append(b"a chunk").unwrap();
    let mut files = vec![fs::read(&path).unwrap()];
    for header in &HEADERS[1..] {
        writer.rewrite_header(header).unwrap();
        files.push(fs::read(&path).unwrap());
    }
    (key, label, files)
}

#[test]
fn a_header_torn_at_any_byte_is_the_old_one_or_the_new_one() {
    let (key, label, files) = generations();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torn");
    for (generation, pair) in files.windows(2).enumerate() {
        let changed: Vec<usize> = (0..pair[0].len()).filter(|at| pair[0][*at] != pair[1][*at]).collect();
        let (first, last) = (changed[0], changed[changed.len() - 1]);
        for at in first..=last + 1 {
            // What a disk may leave: the first part of the write, the last part, or rubbish where it happened.
            let front = [&pair[1][..at], &pair[0][at..]].concat();
            let back = [&pair[0][..at], &pair[1][at..]].concat();
            let mut rubbish = front.clone();
            rubbish[at.min(last)] ^= 0x55;
            for file in [front, back, rubbish] {
                fs::write(&path, &file).unwrap();
                let Recovered::Open { writer, header, .. } = recover(&path, &key, &label).unwrap() else {
                    panic!("it was never finished");
                };
                assert!(header == HEADERS[generation] || header == HEADERS[generation + 1]);
                writer.finish().unwrap();
                verify(&fs::File::open(&path).unwrap(), &key, &label).unwrap();
                let reader = Reader::open(fs::File::open(&path).unwrap(), &key, &label).unwrap();
                assert_eq!(reader.read_at(0, 999).unwrap(), [header.as_slice(), b"a chunk"].concat());
            }
        }
    }
}

#[test]
fn the_newest_header_counts() {
    let (key, label, files) = generations();
    for (file, header) in files.iter().zip(HEADERS) {
        let reader = Reader::open(file.as_slice(), &key, &label).unwrap();
        assert_eq!(reader.read_at(0, header.len()).unwrap(), header);
    }
}

#[test]
fn rubbish_behind_the_last_chunk_is_cut_off() {
    let made = Made::new(None, &CHUNKS);
    let path = made.folder.path().join("rubbish");
    let (place, len) = made.chunks()[2];
    // A file system may leave zeros where a write was not finished.
    for rubbish in [vec![0; 5000], vec![0xff; 50], made.sealed.clone()] {
        fs::write(&path, [&made.sealed[..place + len], &rubbish].concat()).unwrap();
        let Recovered::Open { writer, cut, .. } = recover(&path, &made.key, &made.label).unwrap() else {
            panic!("it has no end");
        };
        assert_eq!((writer.chunks(), cut), (3, rubbish.len() as u64));
    }
}

#[test]
fn a_file_is_not_written_over() {
    let made = Made::new(None, &CHUNKS);
    assert!(Writer::create(&made.folder.path().join("file"), &made.key, &made.label, None).is_err());
}

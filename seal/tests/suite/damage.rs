//! Whatever is done to a finished file, it is found.

use crate::file::{CHUNKS, Made, damage};
use bedside_seal::{DataKey, Error, Index, Label, Reader, State, Tail, What, verify};
use proptest::prelude::*;

#[test]
fn a_whole_file_is_found_whole_and_reads_as_it_was_written() {
    let made = Made::new(Some(b"the header"), &CHUNKS);
    let summary = verify(made.sealed.as_slice(), &made.key, &made.label).unwrap();
    assert_eq!(summary.chunks as usize, CHUNKS.len());
    assert_eq!(summary.plain_bytes, made.plain.len() as u64);
    let reader = Reader::open(made.sealed.as_slice(), &made.key, &made.label).unwrap();
    assert_eq!(reader.state(), State::Whole);
    for start in 0..made.plain.len() + 2 {
        for len in 0..made.plain.len() + 2 {
            let expected = made.plain.get(start..).unwrap_or_default();
            let read = reader.read_at(start as u64, len).unwrap();
            assert_eq!(read, expected[..len.min(expected.len())]);
        }
    }
}

#[test]
fn nothing_of_the_plain_bytes_shows_in_the_file() {
    let made = Made::new(Some(b"the header"), &[b"a word that would be seen"]);
    for word in [b"header".as_slice(), b"word"] {
        assert!(!made.sealed.windows(word.len()).any(|window| window == word));
    }
    assert_eq!(format!("{:?}", made.key), "DataKey(…)");
}

#[test]
fn every_flipped_bit_is_found() {
    for header in [None, Some(b"the header".as_slice())] {
        let made = Made::new(header, &CHUNKS);
        for place in 0..made.sealed.len() {
            for bit in 0..8 {
                let mut sealed = made.sealed.clone();
                sealed[place] ^= 1 << bit;
                damage(verify(sealed.as_slice(), &made.key, &made.label));
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_a_chunk_is_found_in_that_chunk() {
    let made = Made::new(None, &CHUNKS);
    for (number, (place, len)) in made.chunks().into_iter().enumerate() {
        for within in [9, 21, len - 1] {
            let mut sealed = made.sealed.clone();
            sealed[place + within] ^= 1;
            let found = damage(verify(sealed.as_slice(), &made.key, &made.label));
            assert_eq!((found.chunk as usize, found.offset), (number, place as u64));
            assert_eq!(found.what, What::Flipped);
        }
    }
}

#[test]
fn every_cut_is_found() {
    for header in [None, Some(b"the header".as_slice())] {
        let made = Made::new(header, &CHUNKS);
        for len in 0..made.sealed.len() {
            damage(verify(&made.sealed[..len], &made.key, &made.label));
        }
        // Also out of the middle, and by whole chunks.
        for (place, len) in made.chunks() {
            let sealed = [&made.sealed[..place], &made.sealed[place + len..]].concat();
            let found = damage(verify(sealed.as_slice(), &made.key, &made.label));
            assert!(matches!(found.what, What::Swapped | What::Cut), "{found}");
        }
    }
}

#[test]
fn chunks_that_changed_places_are_found() {
    let made =
        Made::new(None, &[b"one of five", b"two of five", b"three of 5!", b"four of 5!!", b"five of 5!!"]);
    let chunks = made.chunks();
    for (first, (at, len)) in chunks.iter().enumerate() {
        for (other, _) in &chunks[first + 1..] {
            let mut sealed = made.sealed.clone();
            sealed.copy_within(*other..other + len, *at);
            sealed[*other..other + len].copy_from_slice(&made.sealed[*at..at + len]);
            let found = damage(verify(sealed.as_slice(), &made.key, &made.label));
            assert_eq!((found.chunk as usize, found.what), (first, What::Swapped));
        }
    }
}

#[test]
fn a_chunk_of_another_file_is_found_though_key_and_label_are_the_same() {
    let made = Made::new(None, &CHUNKS);
    let other = made.again(None, &CHUNKS);
    for (number, (place, len)) in made.chunks().into_iter().enumerate() {
        let mut sealed = made.sealed.clone();
        sealed[place..place + len].copy_from_slice(&other.sealed[place..place + len]);
        let found = damage(verify(sealed.as_slice(), &made.key, &made.label));
        assert_eq!((found.chunk as usize, found.what), (number, What::Flipped));
    }
}

#[test]
fn a_file_does_not_pass_for_another() {
    let made = Made::new(Some(b"the header"), &CHUNKS);
    damage(verify(made.sealed.as_slice(), &made.key, &Label::new("another", "file")));
    damage(verify(made.sealed.as_slice(), &made.key, &Label::new("objectf", "ile")));
    damage(verify(made.sealed.as_slice(), &DataKey::random().unwrap(), &made.label));
}

#[test]
fn an_older_header_does_not_pass_for_the_newest() {
    let made = Made::new(Some(b"the header"), &CHUNKS);
    let mut sealed = made.sealed.clone();
    let slot = 8 + 12 + b"the header".len() + 16;
    sealed.copy_within(28..28 + slot, 28 + slot);
    assert_eq!(damage(verify(sealed.as_slice(), &made.key, &made.label)).what, What::Header);
}

#[test]
fn what_is_added_behind_the_end_is_found() {
    let made = Made::new(None, &CHUNKS);
    for more in [b"x".as_slice(), &made.sealed] {
        let sealed = [made.sealed.as_slice(), more].concat();
        assert_eq!(damage(verify(sealed.as_slice(), &made.key, &made.label)).what, What::End);
    }
}

#[test]
fn a_range_of_far_storage_asks_for_the_bytes_that_it_needs() {
    let made = Made::new(Some(b"the header"), &CHUNKS);
    let len = made.sealed.len() as u64;
    let Tail::More(range) =
        Index::open(&made.key, &made.label, len, &made.sealed[made.sealed.len() - 40..]).unwrap()
    else {
        panic!("forty bytes were enough");
    };
    let tail = made.range(&range);
    let Tail::Found(index) = Index::open(&made.key, &made.label, len, tail).unwrap() else {
        panic!("what was asked for was not enough");
    };
    for start in 0..made.plain.len() {
        for end in start..=made.plain.len() {
            let mut read = Vec::new();
            let mut before = None;
            for piece in index.pieces(start as u64..end as u64) {
                assert!(before.is_none_or(|before| before == piece.sealed.start), "a gap between pieces");
                before = Some(piece.sealed.end);
                let sealed = made.range(&piece.sealed).to_vec();
                read.extend_from_slice(&index.open_piece(&piece, sealed).unwrap());
            }
            assert_eq!(read, made.plain[start..end]);
        }
    }
}

/// What may be done to a file.
#[derive(Clone, Debug)]
enum Harm {
    Flip(usize, u8),
    Cut(usize, usize),
    Insert(usize, Vec<u8>),
    /// From, length, to: written over what stood there.
    Copy(usize, usize, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    let bytes = prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        (any::<usize>(), 1..=255_u8).prop_map(|(at, mask)| Harm::Flip(at, mask)),
        (any::<usize>(), 1..400_usize).prop_map(|(at, len)| Harm::Cut(at, len)),
        (any::<usize>(), bytes).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
        (any::<usize>(), 1..200_usize, any::<usize>()).prop_map(|(from, len, to)| Harm::Copy(from, len, to)),
    ]
}

fn suffer(sealed: &mut Vec<u8>, harm: Harm) {
    let place = |at: usize, len: usize| at % len.max(1);
    match harm {
        Harm::Flip(at, mask) => {
            let at = place(at, sealed.len());
            if let Some(byte) = sealed.get_mut(at) {
                *byte ^= mask;
            }
        }
        Harm::Cut(at, len) => {
            let at = place(at, sealed.len());
            sealed.drain(at..(at + len).min(sealed.len()));
        }
        Harm::Insert(at, bytes) => {
            let at = place(at, sealed.len());
            sealed.splice(at..at, bytes);
        }
        Harm::Copy(from, len, to) => {
            let (from, to) = (place(from, sealed.len()), place(to, sealed.len()));
            let len = len.min(sealed.len() - from.max(to));
            sealed.copy_within(from..from + len, to);
        }
    }
}

proptest! {
    #[test]
    fn a_file_that_is_not_the_one_that_was_written_is_never_found_whole(
        header in prop::option::of(prop::collection::vec(any::<u8>(), 1..60)),
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..90), 0..8),
        harms in prop::collection::vec(harm(), 1..4),
    ) {
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let made = Made::new(header.as_deref(), &chunks);
        let mut sealed = made.sealed.clone();
        for harm in harms {
            suffer(&mut sealed, harm);
        }
        let found = verify(sealed.as_slice(), &made.key, &made.label);
        prop_assert_eq!(found.is_ok(), sealed == made.sealed);
        // A reader gives plain bytes as they were, or none: never others.
        if let Ok(reader) = Reader::open(sealed.as_slice(), &made.key, &made.label) {
            for (start, len) in [(0, 10), (5, 60), (0, made.plain.len())] {
                if let Ok(read) = reader.read_at(start as u64, len) {
                    let expected = made.plain.get(start..).unwrap_or_default();
                    let header_is_old = header.as_ref().is_some_and(|header| start < header.len());
                    prop_assert!(header_is_old || expected.starts_with(&read));
                }
            }
        }
    }
}

#[test]
fn a_chunk_that_is_too_long_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = DataKey::random().unwrap();
    let path = folder.path().join("file");
    let mut writer = bedside_seal::Writer::create(&path, &key, &Label::new("a", "b"), None).unwrap();
    let refused = writer.append(&vec![0; bedside_seal::MAX_CHUNK + 1]);
    assert!(matches!(refused, Err(Error::Length(_))));
    writer.append(b"goes on").unwrap();
    assert_eq!(writer.finish().unwrap().plain_bytes, 7);
}

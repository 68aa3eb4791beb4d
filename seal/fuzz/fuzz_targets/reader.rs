//! Any bytes: they are no sound file, and nothing that reads them falls over.
#![no_main]

use bedside_seal::{DataKey, Index, Label, Reader, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (key, label) = (DataKey::from_bytes([7; 32]), Label::new("a", "b"));
    assert!(verify(bytes, &key, &label).is_err());
    assert!(Index::open(&key, &label, bytes.len() as u64, bytes).is_err());
    if let Ok(reader) = Reader::open(bytes, &key, &label) {
        assert!(reader.read_at(0, 1 << 20).unwrap().is_empty());
    }
});

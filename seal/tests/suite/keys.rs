//! Data keys are wrapped by the newest key of the ring, and for their owner alone.

use bedside_seal::{DataKey, KeyEncryptionKey, KeyRing, Unwrap};

fn key() -> KeyEncryptionKey {
    KeyEncryptionKey::from_text(&KeyEncryptionKey::generate().unwrap()).unwrap()
}

#[test]
fn a_key_is_unwrapped_for_its_owner_alone() {
    let ring = KeyRing::new(key(), Vec::new());
    let data = DataKey::random().unwrap();
    let mut wrapped = ring.wrap(&data, "recording 1").unwrap();
    assert_eq!(*ring.unwrap(&wrapped, "recording 1").unwrap().to_text(), *data.to_text());
    assert_eq!(ring.unwrap(&wrapped, "recording 2").unwrap_err(), Unwrap::Damaged);
    for at in 0..wrapped.bytes.len() {
        wrapped.bytes[at] ^= 1;
        assert_eq!(ring.unwrap(&wrapped, "recording 1").unwrap_err(), Unwrap::Damaged);
        wrapped.bytes[at] ^= 1;
    }
}

#[test]
fn an_older_key_of_the_ring_still_unwraps_and_the_newest_wraps() {
    let (old, new) = (KeyEncryptionKey::generate().unwrap(), KeyEncryptionKey::generate().unwrap());
    let read = |text: &str| KeyEncryptionKey::from_text(text).unwrap();
    let before = KeyRing::new(read(&old), Vec::new());
    let after = KeyRing::new(read(&new), vec![read(&old)]);
    let without = KeyRing::new(read(&new), Vec::new());
    let data = DataKey::random().unwrap();
    let wrapped = before.wrap(&data, "x").unwrap();
    let again = after.wrap(&after.unwrap(&wrapped, "x").unwrap(), "x").unwrap();
    assert_eq!(&again.key_id, after.newest());
    assert_eq!(*without.unwrap(&again, "x").unwrap().to_text(), *data.to_text());
    assert_eq!(without.unwrap(&wrapped, "x").unwrap_err(), Unwrap::UnknownKey(wrapped.key_id));
}

#[test]
fn only_thirty_two_bytes_are_a_key() {
    let key = KeyEncryptionKey::generate().unwrap();
    assert!(KeyEncryptionKey::from_text(&format!("{}\n", *key)).is_some());
    for text in ["", "short", key.get(1..).unwrap(), &format!("{}00", *key), &"g".repeat(64)] {
        assert!(KeyEncryptionKey::from_text(text).is_none());
        assert!(DataKey::from_text(text).is_none());
    }
}

#[test]
fn debug_shows_nothing_of_a_key() {
    let text = KeyEncryptionKey::generate().unwrap();
    let key = KeyEncryptionKey::from_text(&text).unwrap();
    let shown = format!("{:?}", KeyRing::new(key, Vec::new()));
    assert!(!shown.contains(text.as_str()) && shown.contains("KeyEncryptionKey("));
}

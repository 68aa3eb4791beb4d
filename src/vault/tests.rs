//! A vault in a folder.

use bedside_seal::Writer;
use futures_util::TryStreamExt as _;

use std::ops::Range;

use super::*;
use crate::config::Layers;

fn settings(flags: &[(&str, &str)]) -> Storage {
    let layers =
        flags.iter().fold(Layers::default(), |layers, (key, text)| layers.flag("f", key, text).unwrap());
    layers.read().unwrap().storage
}

struct House {
    folder: tempfile::TempDir,
    vault: Vault,
}

impl House {
    fn new(flags: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let vault = Vault::open(&settings(flags), &data).unwrap();
        Self { folder, vault }
    }

    /// A sealed file of some chunks, as it comes in.
    fn seal(&self, key: &DataKey, owner: &str, chunks: &[&[u8]]) -> PathBuf {
        let path = self.vault.incoming().join(owner);
        let mut writer = Writer::create(&path, key, &Label::new(owner, "file"), None).unwrap();
        for chunk in chunks {
            writer.append(chunk).unwrap();
        }
        writer.finish().unwrap();
        path
    }
}

async fn read(playing: &Playing, range: Range<u64>) -> Vec<u8> {
    let pieces: Vec<bytes::Bytes> = playing.clone().read(range).try_collect().await.unwrap();
    pieces.concat()
}

#[tokio::test]
async fn what_was_put_is_read_in_any_range_until_it_is_deleted() {
    let house = House::new(&[]);
    let (key, _) = house.vault.new_key("a").unwrap();
    // Chunks that are long enough to be opened on threads of their own, and more of them than are fetched at once.
    let long: Vec<u8> =
        (0..400_000_u32).map(|place| place.to_be_bytes()[3] ^ place.to_be_bytes()[2]).collect();
    let chunks: [&[u8]; 7] = [b"one", &long, &long, b"four", &long, &long, b"seven"];
    let path = house.seal(&key, "a", &chunks);
    house.vault.put("a", "file", &path).await.unwrap();
    house.vault.put("a", "file", &path).await.unwrap();
    let playing = house.vault.play("a", "file", &key).await.unwrap();
    let whole = chunks.concat();
    let len = playing.len();
    assert_eq!(len, whole.len() as u64);
    for (start, end) in [(0, len), (0, 1), (2, 4), (3, 3), (len - 5, len), (1000, len - 6)] {
        let expected = &whole[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
        assert_eq!(read(&playing, start..end).await, expected);
    }
    house.vault.delete("a").await.unwrap();
    house.vault.delete("a").await.unwrap();
    assert!(matches!(house.vault.play("a", "file", &key).await, Err(VaultError::Missing)));
    assert_eq!(fs::read_dir(house.folder.path().join("files")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_that_somebody_changed_is_not_given_out() {
    let house = House::new(&[]);
    let (key, _) = house.vault.new_key("a").unwrap();
    let path = house.seal(&key, "a", &[b"the first chunk", b"the second chunk"]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[90] ^= 1;
    fs::write(&path, bytes).unwrap();
    house.vault.put("a", "file", &path).await.unwrap();
    let playing = house.vault.play("a", "file", &key).await.unwrap();
    assert_eq!(read(&playing, 0..15).await, b"the first chunk");
    let outcome: Result<Vec<bytes::Bytes>, _> = playing.read(0..20).try_collect().await;
    assert!(matches!(outcome, Err(VaultError::Damaged(_))));
}

#[tokio::test]
async fn a_key_opens_for_its_owner_and_after_another_process_has_rotated() {
    let house = House::new(&[]);
    let (key, wrapped) = house.vault.new_key("a").unwrap();
    assert_eq!(*house.vault.open_key("a", &wrapped).unwrap().to_text(), *key.to_text());
    assert!(matches!(house.vault.open_key("b", &wrapped), Err(VaultError::BadKey)));

    let data = DataFolder::open(house.folder.path()).unwrap();
    let old = fs::read_to_string(data.storage_keys().unwrap()).unwrap();
    data.replace_storage_keys(&format!("{}\n{old}\n", "ab".repeat(32))).unwrap();
    let other = Vault::open(&settings(&[]), &data).unwrap();
    let again = other.0.keys.wrap(&key, "a").unwrap();
    assert_ne!(again.key_id, wrapped.key_id);
    assert_eq!(*house.vault.open_key("a", &again).unwrap().to_text(), *key.to_text());
}

#[test]
fn without_room_on_the_disk_nothing_more_is_taken() {
    let house = House::new(&[("storage.disk_floor_mb", "1000000000")]);
    assert!(matches!(house.vault.make_sure_of_room(1), Err(VaultError::Full)));
    House::new(&[("storage.disk_floor_mb", "0")]).vault.make_sure_of_room(1).unwrap();
}

#[test]
fn keys_that_are_none_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let file = folder.path().join("keys");
    let settings = settings(&[("storage.key_file", &file.display().to_string())]);
    let line = || Vault::open(&settings, &data).unwrap_err().to_string();
    assert!(line().contains("cannot read"));
    fs::write(&file, "# none yet\n").unwrap();
    assert!(line().contains("there is no key"));
    fs::write(&file, format!("{} # of 2026\n\nshort\n", "ab".repeat(32))).unwrap();
    assert!(line().contains("line 3 is no key"));
}

#[test]
fn what_came_in_half_is_deleted() {
    let house = House::new(&[]);
    fs::write(house.vault.incoming().join("half"), "x").unwrap();
    house.vault.clear_incoming();
    assert_eq!(fs::read_dir(house.vault.incoming()).unwrap().count(), 0);
}

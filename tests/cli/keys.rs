//! `bedside keys`, and files in a backup.

use std::{fs, path::Path};

use serde_json::Value;

use crate::process::{Running, bedside, fail, get, send, succeed};

const NOTE: &str = "Take one in the morning and one in the evening.";

/// Somebody's files on a server that runs.
struct Files<'a> {
    address: &'a str,
    authorization: String,
    uploads: String,
}

impl<'a> Files<'a> {
    fn new(server: &'a Running, folder: &Path) -> Self {
        let token = succeed(folder, &["token", "--user", "anna", "--role", "doctor"]);
        let authorization = format!("Authorization: Bearer {}\r\n", token.trim_end());
        let visit = r#"{ "doctorId": "anna", "patientId": "ben" }"#;
        let made = post(&server.address, &authorization, "/api/v1/consultations", "application/json", visit);
        let uploads =
            format!("/api/v1/consultations/{}/attachments", made.get("id").and_then(Value::as_str).unwrap());
        Self { address: &server.address, authorization, uploads }
    }

    /// Bring one in; gives its id.
    fn put(&self) -> String {
        let form = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{NOTE}\r\n--edge--\r\n"
        );
        let made = post(
            self.address,
            &self.authorization,
            &self.uploads,
            "multipart/form-data; boundary=edge",
            &form,
        );
        made.get("id").and_then(Value::as_str).unwrap().to_owned()
    }

    fn can_be_read(&self, id: &str) -> bool {
        get(self.address, &format!("/api/v1/attachments/{id}"), &self.authorization).ends_with(NOTE)
    }
}

fn post(address: &str, authorization: &str, path: &str, content_type: &str, body: &str) -> Value {
    let length = body.len();
    let headers = format!("{authorization}Content-Type: {content_type}\r\nContent-Length: {length}\r\n");
    let answer = send(address, &format!("POST {path}"), &headers, body);
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Key, files that need it, and what is said of it.
fn list(folder: &Path, arguments: &[&str]) -> Vec<(String, u64, String)> {
    let printed = succeed(folder, &[&["keys", "list"], arguments].concat());
    let listed = printed.lines().skip(1).map(|line| {
        let mut words = line.split_whitespace();
        let (key, files) = (words.next().unwrap().to_owned(), words.next().unwrap().parse().unwrap());
        (key, files, words.collect::<Vec<_>>().join(" "))
    });
    listed.collect()
}

#[test]
fn keys_are_rotated_under_a_server_that_goes_on_reading_and_writing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &[]);
    let files = Files::new(&server, folder.path());
    let before = files.put();
    let first = list(folder.path(), &[]);
    assert_eq!((first.len(), first[0].1, first[0].2.as_str()), (1, 1, "newest"));

    let said = succeed(folder.path(), &["keys", "rotate"]);
    assert!(said.contains("1 keys were wrapped anew"), "{said}");
    let second = list(folder.path(), &[]);
    assert_eq!((second.len(), second[0].1, second[1].1), (2, 1, 0));
    assert_eq!(second[1].0, first[0].0);
    assert!(files.can_be_read(&before), "the server reads under a key that it did not know");

    // The server still writes under what it read at its start or since; both are good.
    let after = files.put();
    assert!(files.can_be_read(&after));
    succeed(folder.path(), &["keys", "rotate"]);
    let third = list(folder.path(), &[]);
    assert_eq!(third[0].1, 2, "{third:?}");
    assert!(files.can_be_read(&before) && files.can_be_read(&after));
}

#[test]
fn a_rotation_that_was_interrupted_goes_on_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &[]);
    let files = Files::new(&server, folder.path());
    let file = files.put();
    // It has made its key and wrapped nothing with it yet.
    let keys = folder.path().join("data/storage.key");
    let old = fs::read_to_string(&keys).unwrap();
    fs::write(&keys, format!("{}\n{old}\n", "ab".repeat(32))).unwrap();
    succeed(folder.path(), &["keys", "rotate"]);
    let listed = list(folder.path(), &[]);
    assert_eq!((listed.len(), listed[0].1, listed[1].1), (2, 1, 0));
    assert!(files.can_be_read(&file));
}

#[test]
fn configured_keys_are_taken_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = ("ab".repeat(32), "cd".repeat(32));
    let key = |keys: &str| format!("storage.key={keys}");
    let server = Running::serve(folder.path(), &["--set", &key(&old)]);
    Files::new(&server, folder.path()).put();
    drop(server);
    assert!(!folder.path().join("data/storage.key").exists());
    let both = key(&format!("{new},{old}"));
    succeed(folder.path(), &["keys", "rotate", "--set", &both]);
    assert_eq!(list(folder.path(), &["--set", &key(&new)])[0].1, 1);
    let lost = list(folder.path(), &["--set", &key(&old)]);
    assert!(lost[1].2.contains("not configured"), "{lost:?}");
    let refused = fail(bedside(folder.path(), &["keys", "rotate", "--set", &key(&old)]));
    assert!(refused.contains("no key") && refused.contains("is configured"), "{refused}");
    let refused = fail(bedside(folder.path(), &["serve", "--set", "storage.key=short"]));
    assert!(refused.contains("64 hexadecimal digits") && !refused.contains("short"), "{refused}");
}

#[test]
fn a_backup_brings_the_files_back_with_what_opens_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &[]);
    let file = Files::new(&server, folder.path()).put();
    let said = succeed(folder.path(), &["backup", "copy"]);
    assert!(said.contains("and 1 files"), "{said}");
    succeed(folder.path(), &["backup", "small", "--no-files"]);
    assert!(!folder.path().join("small/files").exists());
    drop(server);
    fs::remove_dir_all(folder.path().join("data")).unwrap();
    succeed(folder.path(), &["restore", "copy"]);
    let server = Running::serve(folder.path(), &[]);
    let token = succeed(folder.path(), &["token", "--user", "anna", "--role", "doctor"]);
    let authorization = format!("Authorization: Bearer {}\r\n", token.trim_end());
    let read = get(&server.address, &format!("/api/v1/attachments/{file}"), &authorization);
    assert!(read.ends_with(NOTE), "{read}");
}

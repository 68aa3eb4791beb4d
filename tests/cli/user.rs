//! `bedside user`: accounts, their passwords, and what is refused.

use std::{io::Write as _, path::Path, process::Stdio};

use crate::process::{bedside, fail, run, succeed};

const PASSWORD: &str = "correct horse battery";

/// Run a command that reads a password.
fn with_password(folder: &Path, arguments: &[&str], password: &str) -> (bool, String) {
    let mut command = bedside(folder, &[&["user"], arguments, &["--password-stdin"]].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments does not read on.
    let _refused = child.stdin.take().unwrap().write_all(password.as_bytes());
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn accounts_are_made_listed_disabled_and_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let list = || succeed(folder.path(), &["user", "list"]);
    assert_eq!(list(), "");
    let (done, said) =
        with_password(folder.path(), &["add", "Dr-Anna", "--role", "doctor", "--name", "Dr. Anna"], PASSWORD);
    assert!(done && said.contains("dr-anna can log in as doctor"), "{said}");
    let shown = succeed(folder.path(), &["user", "add", "ben", "--generate"]);
    let password = shown.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
    assert_eq!((password.len(), password.matches('-').count()), (23, 3), "{shown}");

    succeed(folder.path(), &["user", "disable", "ben"]);
    let lines = list();
    let words: Vec<Vec<&str>> = lines.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words, [vec!["ben", "patient", "disabled"], vec!["dr-anna", "doctor", "Dr.", "Anna"]]);
    succeed(folder.path(), &["user", "enable", "ben"]);
    assert!(!list().contains("disabled"));

    let other = succeed(folder.path(), &["user", "reset", "ben", "--generate"]);
    assert!(other.contains("password: ") && !other.contains(password), "{other}");
    assert!(!list().contains("argon2"));
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    assert!(with_password(folder.path(), &["add", "anna"], PASSWORD).0);
    let refused = |arguments: &[&str], password: &str, why: &str| {
        let (done, said) = with_password(folder.path(), arguments, password);
        assert!(!done && said.contains(why) && !said.contains(password), "{arguments:?}: {said}");
    };
    refused(&["add", "anna"], PASSWORD, "there is an account anna already");
    refused(&["add", "ben"], "too short", "a password has at least 12 characters");
    refused(&["add", "ben"], &"a".repeat(129), "a password has at most 128 characters");
    refused(&["reset", "nobody"], PASSWORD, "there is no account nobody");
    for command in ["disable", "enable"] {
        assert!(
            fail(bedside(folder.path(), &["user", command, "nobody"])).contains("there is no account nobody")
        );
    }
    assert!(fail(bedside(folder.path(), &["user", "add", "ben"])).contains("there is no terminal"));
    for wrong in [["add", "guest:1"], ["add", "ben"]] {
        let output =
            run(folder.path(), &[&["user"], &wrong[..], &["--role", "guest", "--generate"]].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

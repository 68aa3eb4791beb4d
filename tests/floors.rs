//! The house has floors: a module uses lower ones, and some words stand on one floor only.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Floors of `src/`, lowest first. What is on none may use everything: the wiring and the command line.
const FLOORS: [&[&str]; 4] = [
    &["clock", "private", "error", "model", "config", "auth", "data", "turn", "endpoint"],
    &["store", "hub", "bus", "vault"],
    &["domain"],
    &["gateway", "http"],
];

/// A word, and the places that may say it.
const WORDS: [(&str, &[&str]); 6] = [
    ("sea_orm::", &["store"]),
    ("actix_", &["gateway", "http", "app.rs", "cli", "telemetry"]),
    ("sqlx::", &["store"]),
    ("use webrtc::", &[]),
    ("jsonwebtoken::", &["auth"]),
    ("object_store::", &["vault"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files
                    .push((path.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 30, "the sources were not found");
    files
}

/// The module that a file belongs to: the first part of its path.
fn module(path: &Path) -> String {
    path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Lines of code without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn no_module_uses_a_higher_floor() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let Some(own) = floor(&module(&path)) else { continue };
        for higher in FLOORS.iter().skip(own + 1).flat_map(|floor| floor.iter()) {
            // In a grouped `use crate::{ … }` each path begins a line, or follows a brace or a comma.
            let direct = format!("crate::{higher}::");
            let grouped = format!("    {higher}::");
            if code(&text).any(|line| line.contains(&direct) || line.starts_with(&grouped)) {
                broken.push(format!("{} uses {higher}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn what_belongs_to_one_floor_is_said_on_no_other() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (word, places) in WORDS {
            let here = path.iter().next().unwrap().to_str().unwrap();
            let allowed = places.contains(&here) || places.contains(&module(&path).as_str());
            if !allowed && code(&text).any(|line| line.contains(word)) {
                broken.push(format!("{} says {word}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_rules_themselves_are_pure() {
    for (path, text) in sources() {
        if module(&path) == "model" {
            for word in ["async ", ".await", "tokio"] {
                assert!(!code(&text).any(|line| line.contains(word)), "{} says {word}", path.display());
            }
        }
    }
}

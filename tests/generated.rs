//! What is generated is fresh. `make docs` writes it anew.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{fs, path::Path};

use bedside_protocol::schema;

fn is_fresh(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("BEDSIDE_WRITE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, now).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "{file} is stale: run `make docs` and commit what it writes");
}

#[test]
fn the_asyncapi_document_is_fresh() {
    is_fresh(
        "docs/protocol/asyncapi.json",
        &(serde_json::to_string_pretty(&schema::asyncapi()).unwrap() + "\n"),
    );
}

#[test]
fn the_json_schema_is_fresh() {
    is_fresh(
        "docs/protocol/schema.json",
        &(serde_json::to_string_pretty(&schema::json_schema()).unwrap() + "\n"),
    );
}

#[test]
fn the_page_of_events_is_fresh() {
    is_fresh("docs/PROTOCOL.md", &schema::markdown());
}

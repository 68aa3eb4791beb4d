//! What is generated is fresh. `make docs` writes it anew.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{fs, path::Path};

use bedside::{config::document, gateway::legacy::NAMES};
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

#[test]
fn the_table_of_keys_is_fresh() {
    const BEGIN: &str = "<!-- keys: written by `make docs` -->\n";
    const END: &str = "<!-- /keys -->";
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md")).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    is_fresh("docs/OPERATIONS.md", &format!("{before}{BEGIN}{}{END}{after}", document::markdown()));
}

#[test]
fn the_guide_for_migrating_names_every_old_event() {
    let guide = include_str!("../docs/MIGRATING.md");
    for (old, new) in NAMES {
        assert!(guide.contains(&format!("| `{old}` | `{new}`")), "{old}");
    }
}

#[test]
fn the_api_document_is_fresh() {
    let now = serde_json::to_string_pretty(&bedside::http::document::openapi()).unwrap() + "\n";
    is_fresh("docs/protocol/openapi.json", &now);
}

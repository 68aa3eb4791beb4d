//! The protocol as a page to read: every event, every type.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::json_schema;

const HEAD: &str = "\
# Events

Generated from the types in `protocol/` by `make docs`; a test fails when this page is stale. Do not edit it.

One connection carries everything: Socket.IO v5 at `/socket.io/` (root namespace) or plain WebSocket at `/ws`. On Socket.IO
an event is `42[\"name\",{…}]`, asked with an acknowledgement `42<id>[\"name\",{…}]` and answered `43<id>[{…}]`; on `/ws` it is
`{\"id\"?,\"event\",\"data\"}`, answered `{\"id\",\"data\"}` or `{\"id\",\"error\"}`. A refusal is `{\"error\": Refusal}` in the answer, or the
event `error` where no answer was asked for. Ask for an acknowledgement wherever the outcome matters.

Unknown, missing, duplicate and mistyped fields of a client's event are refused with `malformed` and the field's name. Clients
ignore fields and events that they do not know.
";

/// `docs/PROTOCOL.md` is this, and a test keeps it so.
pub fn markdown() -> String {
    let schema = json_schema();
    let mut page = HEAD.to_owned();
    // Writing into a String does not fail.
    let written = write_page(&mut page, &schema);
    debug_assert!(written.is_ok());
    page
}

fn write_page(page: &mut String, schema: &Value) -> std::fmt::Result {
    writeln!(page, "\n## What a client may say\n\n| event | data | answer | |\n|---|---|---|---|")?;
    for (name, row) in entries(schema.get("x-client-events")) {
        let (data, answer) = (type_of(row.get("data")), type_of(row.get("answer")));
        writeln!(page, "| `{name}` | {data} | {answer} | {} |", text(row.get("summary")))?;
    }
    writeln!(page, "\n## What the server may say\n\n| event | data | |\n|---|---|---|")?;
    for (name, row) in entries(schema.get("x-server-events")) {
        writeln!(page, "| `{name}` | {} | {} |", type_of(row.get("data")), text(row.get("summary")))?;
    }
    writeln!(page, "\n## Types")?;
    for (name, definition) in entries(schema.get("definitions")) {
        write_type(page, name, definition)?;
    }
    Ok(())
}

fn write_type(page: &mut String, name: &str, definition: &Value) -> std::fmt::Result {
    writeln!(page, "\n### {name}\n\n{}", text(definition.get("description")))?;
    if let Some(variants) = definition.get("oneOf").and_then(Value::as_array) {
        for variant in variants {
            let tag = variant.get("const").or_else(|| tag_of(variant));
            let about = text(variant.get("description"));
            writeln!(
                page,
                "- {} {about}",
                tag.map_or_else(|| type_of(Some(variant)), |tag| format!("`{tag}`"))
            )?;
            for (field, schema) in
                entries(variant.get("properties")).filter(|(_, schema)| schema.get("const").is_none())
            {
                write_field(page, "  ", field, schema, variant)?;
            }
        }
    } else if definition.get("properties").is_some() {
        for (field, schema) in entries(definition.get("properties")) {
            write_field(page, "", field, schema, definition)?;
        }
    } else {
        writeln!(page, "{}", type_of(Some(definition)))?;
    }
    Ok(())
}

fn write_field(
    page: &mut String,
    indent: &str,
    name: &str,
    schema: &Value,
    whole: &Value,
) -> std::fmt::Result {
    let required = whole.get("required").and_then(Value::as_array);
    let needed = required.is_some_and(|names| names.iter().any(|needed| needed == name));
    let mark = if needed { "" } else { "?" };
    writeln!(page, "{indent}- `{name}{mark}` {} {}", type_of(Some(schema)), text(schema.get("description")))
}

/// The value of the property that tells variants apart.
fn tag_of(variant: &Value) -> Option<&Value> {
    entries(variant.get("properties")).find_map(|(_, schema)| schema.get("const"))
}

/// A type in a few words, with links to those that have a name.
fn type_of(schema: Option<&Value>) -> String {
    let Some(schema) = schema else { return "—".to_owned() };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let several = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(options) = several("anyOf").or_else(|| several("allOf")).or_else(|| several("oneOf")) {
        let options: Vec<_> = options.iter().map(|option| type_of(Some(option))).collect();
        return options.join(" or ");
    }
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "array" => format!("list of {}", type_of(schema.get("items"))),
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Some(_) | None => schema.get("const").map_or_else(|| "any".to_owned(), |value| format!("`{value}`")),
    }
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

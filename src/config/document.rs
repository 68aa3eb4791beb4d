//! The table of keys as text: a TOML file to start from, and the table of the operations guide.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{ASSISTANT_KEYS, KEYS, Key, Layers, Localized, layers::variable_name};

/// A commented TOML file with every key at its default.
pub fn defaults() -> String {
    let mut text = toml(|key| (key.default.to_owned(), String::new()));
    text.push_str("\n# A machine that may be asked; several have a table each.\n# [[assistant]]\n");
    for key in ASSISTANT_KEYS {
        for line in key.doc {
            let _infallible = writeln!(text, "# #{line}");
        }
        let _infallible = writeln!(text, "# {} = {}", short(key), literal(key, key.default));
    }
    text
}

/// The configuration as it stands, each value with where it came from; secrets are only said to be set.
pub fn effective(layers: &Layers) -> String {
    let mut text = toml(|key| shown(layers, key));
    for assistant in layers.assistants() {
        text.push_str("\n[[assistant]]\n");
        for key in ASSISTANT_KEYS {
            let (value, note) = shown(assistant, key);
            let comment = if value.is_empty() { "# " } else { "" };
            let _infallible = writeln!(text, "{comment}{} = {}{note}", short(key), literal(key, &value));
        }
    }
    text
}

/// A value and where it came from.
fn shown(layers: &Layers, key: &Key) -> (String, String) {
    match layers.shown(key) {
        (Some(text), origin) => (text.to_owned(), format!(" # {origin}")),
        (None, origin) => (String::new(), format!(" # set {origin}, not shown")),
    }
}

/// A key without its section.
fn short(key: &Key) -> &'static str {
    key.name.split_once('.').map_or(key.name, |(_, name)| name)
}

fn toml(mut value: impl FnMut(&Key) -> (String, String)) -> String {
    let mut lines = Vec::new();
    let mut section = "";
    for key in KEYS {
        let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != section {
            lines.extend((!section.is_empty()).then(String::new));
            lines.push(format!("[{of}]"));
            section = of;
        }
        lines.extend(key.doc.iter().map(|line| format!("#{line}")));
        let (value, note) = value(key);
        // A key without a value is shown as a comment: TOML has no word for none.
        let comment = if value.is_empty() && !key.list { "# " } else { "" };
        lines.push(format!("{comment}{name} = {}{note}", literal(key, &value)));
    }
    lines.join("\n") + "\n"
}

fn literal(key: &Key, text: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    if key.list {
        let items: Vec<String> =
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(quoted).collect();
        return format!("[{}]", items.join(", "));
    }
    if key.kind == Localized::KIND && text.starts_with('{') {
        let texts: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
        let items: Vec<String> =
            texts.iter().map(|(language, text)| format!("{language} = {}", quoted(text))).collect();
        return format!("{{ {} }}", items.join(", "));
    }
    let bare = matches!(key.kind, "number" | "true or false") && !text.is_empty();
    if bare { text.to_owned() } else { quoted(text) }
}

/// All that is known of one key, for `bedside config --explain`.
pub fn explain(key: &Key) -> String {
    let default = if key.default.is_empty() { "none" } else { key.default };
    let lines = [
        key.name.to_owned(),
        format!(" {}", key.doc.join("\n ")),
        format!("  value:       {}", kind(key)),
        format!("  default:     {default}"),
        if key.name.starts_with("assistant.") {
            "  in the file, in a table [[assistant]] for each".to_owned()
        } else {
            format!("  environment: {}", variable_name(key.name))
        },
    ];
    lines.join("\n") + "\n"
}

/// The keys as Markdown, section by section.
pub fn markdown() -> String {
    let mut lines = Vec::new();
    let mut section = "";
    for key in KEYS.iter().chain(ASSISTANT_KEYS) {
        let (of, _) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != section {
            lines.extend((!section.is_empty()).then(String::new));
            let of = if of == "assistant" { "[[assistant]]" } else { of };
            lines.push(format!("### `{of}`\n\n| key | value | default | |\n|---|---|---|---|"));
            section = key.name.split_once('.').map_or("", |(of, _)| of);
        }
        let default = if key.default.is_empty() { "–".to_owned() } else { format!("`{}`", key.default) };
        let doc = key.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        lines.push(format!("| `{}` | {} | {default} | {} |", key.name, kind(key), doc.replace('|', "\\|")));
    }
    lines.join("\n") + "\n"
}

/// The kind of a value, with its unit, its range and whether there may be several.
fn kind(key: &Key) -> String {
    let kind = if key.list { format!("array of {}s", key.kind.to_lowercase()) } else { key.kind.to_owned() };
    let unit = unit(key.name).map(str::to_owned);
    let range = key.range.map(|(min, max)| format!("{min} to {max}"));
    let secret = key.secret.then(|| "never shown".to_owned());
    [Some(kind), unit, range, secret].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The unit stands at the end of a key's name.
fn unit(name: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 9] = [
        ("_per_second", "per second"),
        ("_per_minute", "per minute"),
        ("_ms", "milliseconds"),
        ("_s", "seconds"),
        ("_min", "minutes"),
        ("_minutes", "minutes"),
        ("_days", "days"),
        ("_mb", "megabytes"),
        ("_bytes", "bytes"),
    ];
    UNITS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, unit)| *unit)
}

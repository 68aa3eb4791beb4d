//! The table of keys as text: a TOML file to start from, and the table of the operations guide.

use std::fmt::Write as _;

use super::{KEYS, Key, Layers, layers::variable_name};

/// A commented TOML file with every key at its default.
pub fn defaults() -> String {
    toml(|key| (key.default.to_owned(), String::new()))
}

/// The configuration as it stands, each value with where it came from; secrets are only said to be set.
pub fn effective(layers: &Layers) -> String {
    toml(|key| match layers.shown(key) {
        (Some(text), origin) => (text.to_owned(), format!(" # {origin}")),
        (None, origin) => (String::new(), format!(" # set {origin}, not shown")),
    })
}

fn toml(mut value: impl FnMut(&Key) -> (String, String)) -> String {
    let mut text = String::new();
    for key in KEYS {
        let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
        let header = format!("[{section}]\n");
        if !text.contains(&header) {
            text += if text.is_empty() { "" } else { "\n" };
            text += &header;
        }
        for line in key.doc {
            text += &format!("#{line}\n");
        }
        let (value, note) = value(key);
        // A key without a value is shown as a comment: TOML has no word for none.
        let comment = if value.is_empty() && !key.list { "# " } else { "" };
        text += &format!("{comment}{name} = {}{note}\n", literal(key, &value));
    }
    text
}

fn literal(key: &Key, text: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    if key.list {
        let items: Vec<String> =
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(quoted).collect();
        return format!("[{}]", items.join(", "));
    }
    let bare = matches!(key.kind, "number" | "true or false") && !text.is_empty();
    if bare { text.to_owned() } else { quoted(text) }
}

/// All that is known of one key, for `bedside config --explain`.
pub fn explain(key: &Key) -> String {
    let mut text = format!("{}\n {}\n", key.name, key.doc.join("\n "));
    let mut line = |what: &str, value: &str| {
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "  {what:<12} {value}");
    };
    line("value:", &kind(key));
    line("default:", if key.default.is_empty() { "none" } else { key.default });
    line("environment:", &variable_name(key.name));
    text
}

/// The keys as Markdown, section by section.
pub fn markdown() -> String {
    let mut text = String::new();
    let mut section = "";
    for key in KEYS {
        let (of, _) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != section {
            text += if section.is_empty() { "" } else { "\n" };
            text += &format!("### `{of}`\n\n| key | value | default | |\n|---|---|---|---|\n");
            section = of;
        }
        let default = if key.default.is_empty() { "–".to_owned() } else { format!("`{}`", key.default) };
        let doc = key.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        text += &format!("| `{}` | {} | {default} | {} |\n", key.name, kind(key), doc.replace('|', "\\|"));
    }
    text
}

/// The kind of a value, with its unit, its range and whether there may be several.
fn kind(key: &Key) -> String {
    let mut text =
        if key.list { format!("array of {}s", key.kind.to_lowercase()) } else { key.kind.to_owned() };
    if let Some(unit) = unit(key.name) {
        text = format!("{text}, {unit}");
    }
    if let Some((min, max)) = key.range {
        text += &format!(", {min} to {max}");
    }
    if key.secret {
        text += ", never shown";
    }
    text
}

/// The unit stands at the end of a key's name.
fn unit(name: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 6] = [
        ("_per_second", "per second"),
        ("_per_minute", "per minute"),
        ("_ms", "milliseconds"),
        ("_s", "seconds"),
        ("_min", "minutes"),
        ("_bytes", "bytes"),
    ];
    UNITS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, unit)| *unit)
}

//! The table of keys as text: a TOML file to start from, and the table of the operations guide.

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
        format!("  environment: {}", variable_name(key.name)),
    ];
    lines.join("\n") + "\n"
}

/// The keys as Markdown, section by section.
pub fn markdown() -> String {
    let mut lines = Vec::new();
    let mut section = "";
    for key in KEYS {
        let (of, _) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != section {
            lines.extend((!section.is_empty()).then(String::new));
            lines.push(format!("### `{of}`\n\n| key | value | default | |\n|---|---|---|---|"));
            section = of;
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

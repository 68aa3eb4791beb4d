//! The layers of configuration, merged key by key; each value remembers where it was written.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{ASSISTANT_KEYS, Config, ConfigError, KEYS, Key, Localized, Setting};

/// Before every environment variable of Bedside.
const PREFIX: &str = "BEDSIDE_";
/// Variables of others that are understood for assistants.
const OUTSIDE: [&str; 2] = ["OPENAI_API_KEY", "OPENAI_BASE_URL"];
/// The tables of a file of which there may be several.
const ASSISTANT: &str = "assistant";

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: the default.
    Default,
    /// In a file.
    File(PathBuf),
    /// In an environment variable.
    Environment(String),
    /// In a flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Environment(name) => write!(f, "from the environment variable {name}"),
            Self::Flag(name) => write!(f, "from the flag {name}"),
        }
    }
}

#[derive(Clone)]
struct Written {
    text: String,
    origin: Origin,
}

/// What was written, the later layer over the earlier.
#[derive(Clone, Default)]
pub struct Layers {
    written: BTreeMap<&'static str, Written>,
    /// One for each `[[assistant]]`, with what is known of the environment.
    assistants: Vec<Layers>,
    /// Variables that are not Bedside's own.
    outside: BTreeMap<&'static str, String>,
}

impl Layers {
    /// Add a TOML file.
    pub fn file(self, path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        self.toml(path, &text)
    }

    /// Add the text of a TOML file.
    pub fn toml(mut self, path: &Path, text: &str) -> Result<Self, ConfigError> {
        let origin = Origin::File(path.to_owned());
        for (section, entries) in toml_table(path, text)? {
            match entries {
                toml::Value::Table(entries) if section != ASSISTANT => {
                    self.table(KEYS, &section, entries, &origin)?;
                }
                toml::Value::Array(tables) if section == ASSISTANT => {
                    self.assistants = assistants(tables, &origin)?;
                }
                toml::Value::Table(_) if section == ASSISTANT => {
                    let reason = "must be written [[assistant]], once for each".to_owned();
                    return Err(ConfigError::BadValue { key: section, origin, reason });
                }
                toml::Value::Table(_)
                | toml::Value::Array(_)
                | toml::Value::String(_)
                | toml::Value::Integer(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_) => return Err(unknown(section, origin)),
            }
        }
        self.share_outside();
        Ok(self)
    }

    fn table(
        &mut self,
        keys: &'static [Key],
        section: &str,
        entries: toml::Table,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        for (key, value) in entries {
            let name = format!("{section}.{key}");
            let Some(known) = keys.iter().find(|known| known.name == name) else {
                return Err(unknown(name, origin.clone()));
            };
            let Some(text) = as_text(known, &value) else {
                let (origin, reason) = (origin.clone(), wanted(known));
                return Err(ConfigError::BadValue { key: name, origin, reason });
            };
            self.written.insert(known.name, Written { text, origin: origin.clone() });
        }
        Ok(())
    }

    /// What the environment says, for each assistant to know.
    fn share_outside(&mut self) {
        for assistant in &mut self.assistants {
            assistant.outside.clone_from(&self.outside);
        }
    }

    /// One for each assistant.
    pub(super) fn assistants(&self) -> &[Self] {
        &self.assistants
    }

    /// A variable that is not Bedside's own.
    pub(super) fn outside(&self, name: &str) -> Option<&str> {
        self.outside.get(name).map(String::as_str)
    }

    /// The value of a variable that is not Bedside's own.
    pub(super) fn outside_value<T: Setting>(name: &str, text: &str) -> Result<T, ConfigError> {
        T::read(text).map_err(|reason| {
            let origin = Origin::Environment(name.to_owned());
            ConfigError::BadValue { key: ASSISTANT.to_owned(), origin, reason }
        })
    }

    /// Add the environment: `BEDSIDE_SECTION__KEY`, and `DATABASE_URL` below it.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut database_url = None;
        let mut over_it = false;
        for (variable, text) in variables {
            if variable == "DATABASE_URL" && !text.is_empty() {
                database_url = Some(Written { text, origin: Origin::Environment(variable) });
                continue;
            }
            if let Some(outside) = OUTSIDE.into_iter().find(|name| *name == variable) {
                // Set to nothing is not set.
                if !text.is_empty() {
                    self.outside.insert(outside, text);
                }
                continue;
            }
            let Some(known) = variable_key(&variable)? else { continue };
            over_it |= known.name == "database.url";
            self.written.insert(known.name, Written { text, origin: Origin::Environment(variable) });
        }
        if let Some(written) = database_url.filter(|_| !over_it) {
            self.written.insert("database.url", written);
        }
        self.share_outside();
        Ok(self)
    }

    /// Add the value of a flag; `flag` is how the user wrote it.
    pub fn flag(mut self, flag: &str, key: &str, text: &str) -> Result<Self, ConfigError> {
        let origin = Origin::Flag(flag.to_owned());
        let Some(known) = find(key) else { return Err(unknown(key.to_owned(), origin)) };
        self.written.insert(known.name, Written { text: text.to_owned(), origin });
        Ok(self)
    }

    /// The configuration, every value checked.
    pub fn read(&self) -> Result<Config, ConfigError> {
        Config::read(self)?.check(self)
    }

    /// A value as text (none for secrets, which nobody is shown) and where it was written.
    pub fn shown(&self, key: &Key) -> (Option<&str>, Origin) {
        let written = self.written.get(key.name);
        let text = written.map_or(key.default, |written| &written.text);
        let origin = written.map_or(Origin::Default, |written| written.origin.clone());
        ((!key.secret || text.is_empty()).then_some(text), origin)
    }

    pub(super) fn value<T: Setting>(
        &self,
        key: &'static str,
        default: &str,
        range: Option<(u64, u64)>,
    ) -> Result<T, ConfigError> {
        let written = self.written.get(key);
        // An array without anything in it is meant so.
        let array = |written: &Written| T::LIST && matches!(written.origin, Origin::File(_));
        if T::SECRET && written.is_some_and(|written| written.text.is_empty() && !array(written)) {
            // Elsewhere nothing means none; here it is a variable that somebody forgot to fill.
            return Err(self.refuse(key, "is empty; leave it away, or give it a value"));
        }
        let text = written.map_or(default, |written| &written.text);
        let value = T::read(text).map_err(|reason| self.refuse(key, &reason))?;
        match (range, value.number()) {
            (Some((min, max)), Some(number)) if !(min..=max).contains(&number) => {
                Err(self.refuse(key, &format!("must be from {min} to {max}")))
            }
            _ => Ok(value),
        }
    }

    pub(super) fn refuse(&self, key: &str, reason: &str) -> ConfigError {
        let origin = self.written.get(key).map_or(Origin::Default, |written| written.origin.clone());
        ConfigError::BadValue { key: key.to_owned(), origin, reason: reason.to_owned() }
    }
}

/// The tables of `[[assistant]]`, each by itself.
fn assistants(tables: Vec<toml::Value>, origin: &Origin) -> Result<Vec<Layers>, ConfigError> {
    let mut assistants = Vec::with_capacity(tables.len());
    for (table, number) in tables.into_iter().zip(1..) {
        let toml::Value::Table(entries) = table else {
            return Err(unknown(ASSISTANT.to_owned(), origin.clone()));
        };
        let mut assistant = Layers::default();
        assistant
            .table(ASSISTANT_KEYS, ASSISTANT, entries, origin)
            .map_err(|error| error.of_table(ASSISTANT, number))?;
        assistants.push(assistant);
    }
    Ok(assistants)
}

fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key that a variable sets; none if the variable is not about configuration.
fn variable_key(variable: &str) -> Result<Option<&'static Key>, ConfigError> {
    let Some(rest) = variable.strip_prefix(PREFIX) else { return Ok(None) };
    let name = rest.to_lowercase();
    if name.contains("__") {
        let name = name.replacen("__", ".", 1);
        let origin = Origin::Environment(variable.to_owned());
        return find(&name).map(Some).ok_or_else(|| unknown(name, origin));
    }
    // One underscore is the usual slip, and would leave a secret unset in silence. Other names are left alone:
    // container platforms put addresses of services there.
    match KEYS.iter().find(|key| key.name.replace('.', "_") == name) {
        Some(key) => Err(ConfigError::UnknownKey {
            key: variable.to_owned(),
            origin: Origin::Environment(variable.to_owned()),
            hint: format!("; did you mean {}, with two underscores?", variable_name(key.name)),
        }),
        None => Ok(None),
    }
}

/// The environment variable of a key.
pub(super) fn variable_name(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn unknown(key: String, origin: Origin) -> ConfigError {
    let nearest =
        KEYS.iter().chain(ASSISTANT_KEYS).map(|known| (distance(known.name, &key), known.name)).min();
    let hint = nearest
        .filter(|(distance, _)| *distance <= 3)
        .map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"));
    ConfigError::UnknownKey { key, origin, hint }
}

/// How many letters must change to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above, a) in one.chars().enumerate() {
        let mut next = vec![above + 1];
        for ((b, diagonal), over) in other.chars().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(above);
            next.push((diagonal + usize::from(a != b)).min(over + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

fn toml_table(path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        ConfigError::NotToml { path: path.to_owned(), line: before.matches('\n').count() + 1, reason }
    })
}

/// A TOML value as the other layers would write it, if it has the right form.
fn as_text(key: &Key, value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::Array(items) if key.list => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.filter(|texts| texts.iter().all(|text| !text.contains(','))).map(|texts| texts.join(","))
        }
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(value) => Some(value.to_string()),
        toml::Value::Table(texts) if key.kind == Localized::KIND => serde_json::to_string(texts).ok(),
        toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Float(_) | toml::Value::Datetime(_) => {
            None
        }
    }
}

fn wanted(key: &Key) -> String {
    if key.list { "must be an array of strings".to_owned() } else { format!("must be {}", key.kind) }
}

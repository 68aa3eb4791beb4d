//! `[[assistant]]`: the machines that may be asked. One table of the file for each; neither environment nor flags
//! reach into them, but `OPENAI_API_KEY` and `OPENAI_BASE_URL` are understood.

use std::{collections::BTreeMap, path::PathBuf};

use bedside_protocol::{ids::AssistantId, session::Role};

use super::{
    ConfigError, Key, Layers,
    setting::{Setting, web_url},
};
use crate::private::Secret;

/// Where the key of `OPENAI_API_KEY` is at home, unless `OPENAI_BASE_URL` says otherwise.
const OPENAI: &str = "https://api.openai.com/v1";
/// The language of a text that does not say in which it is.
const LANGUAGE: &str = "en";
/// Assistants of one server: each stands in every list that a client gets.
const MOST: usize = 32;

macro_rules! assistant {
    ($(
        $(#[doc = $doc:literal])+
        $key:ident: $kind:ty = $default:literal $(in $min:literal ..= $max:literal)?;
    )*) => {
        /// An assistant, as configured.
        #[derive(Debug, Clone)]
        pub struct Assistant {$(
            $(#[doc = $doc])+
            pub $key: $kind,
        )*}

        /// Every key of `[[assistant]]`, in the order of the documentation.
        pub const ASSISTANT_KEYS: &[Key] = &[$(
            Key {
                name: concat!("assistant.", stringify!($key)),
                kind: <$kind as Setting>::KIND,
                list: <$kind as Setting>::LIST,
                secret: <$kind as Setting>::SECRET,
                default: $default,
                range: assistant!(@range $($min, $max)?),
                doc: &[$($doc),+],
            },
        )*];

        impl Assistant {
            fn read(layers: &Layers) -> Result<Self, ConfigError> {
                Ok(Self {$(
                    $key: layers.value(
                        concat!("assistant.", stringify!($key)),
                        $default,
                        assistant!(@range $($min, $max)?),
                    )?,
                )*})
            }
        }
    };
    (@range) => { None };
    (@range $min:literal, $max:literal) => { Some(($min, $max)) };
}

assistant! {
    /// What it is called in the protocol and in the log: small letters, digits, `-` and `_`. Never used for another one.
    id: AssistantId = "";
    /// What people see: a text, or texts by language as in `{ en = "Intake", de = "Aufnahme" }`.
    name: Localized = "";
    /// What it is for, in the same form.
    description: Localized = "";
    /// Who may ask it: `patient`, `doctor`, `staff`, `guest`.
    roles: Vec<Role> = "patient,doctor";
    /// Whether doctors may let it into consultations. Nothing goes out before the patient has agreed, each time anew.
    in_consultations: bool = "false";
    /// What the patient agrees to, in place of Bedside's own words; in the form of `name`.
    consent_text: Localized = "";
    /// Where an OpenAI-compatible API begins, as in `https://api.example.org/v1`. Default: `OPENAI_BASE_URL`, or OpenAI itself.
    base_url: Option<EndpointUrl> = "";
    /// Whether `base_url` may be `http:` on another machine: then everybody on the way can read what is asked.
    plain_http: bool = "false";
    /// The endpoint's key. Default: `OPENAI_API_KEY`, for the host that it belongs to; others get none.
    api_key: Option<ApiKey> = "";
    /// A file that holds the key, read at the start.
    api_key_file: Option<PathBuf> = "";
    /// The model that is to answer.
    model: String = "";
    /// What the model is told before the messages.
    instructions: String = "";
    /// Messages of the room that go out with a question, the question among them.
    context_messages: u64 = "20" in 1 ..= 100;
    /// How long an answer may get.
    max_output_tokens: u64 = "1024" in 1 ..= 16_384;
    /// How long an answer may take.
    timeout_s: u64 = "120" in 1 ..= 600;
    /// Questions that one person may ask in a day (UTC).
    questions_per_day: u64 = "100" in 1 ..= 1_000_000;
}

/// A text in one language or in several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Localized(pub BTreeMap<String, String>);

impl Localized {
    /// The kind of a key that takes one.
    pub(super) const KIND: &str = "text or texts by language";
}

impl Setting for Localized {
    const KIND: &'static str = Self::KIND;

    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        if !text.starts_with('{') {
            return Ok(Self([(LANGUAGE.to_owned(), text.to_owned())].into()));
        }
        // A table of the file, on its way through the text that every layer speaks.
        let texts: BTreeMap<String, String> = serde_json::from_str(text).ok().ok_or_else(|| {
            "must be a text or texts by language, as in { en = \"…\", de = \"…\" }".to_owned()
        })?;
        let language = |name: &String| {
            (2..=35).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if texts.is_empty() || !texts.iter().all(|(name, text)| language(name) && !text.trim().is_empty()) {
            return Err("must have a language and a text in each place, as in { en = \"…\" }".to_owned());
        }
        Ok(Self(texts))
    }
}

impl Setting for AssistantId {
    const KIND: &'static str = "id";

    fn read(text: &str) -> Result<Self, String> {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self::parse(text).ok())
            .flatten()
            .ok_or_else(|| "must be 1 to 64 small letters, digits, - and _".to_owned())
    }
}

impl Setting for Role {
    const KIND: &'static str = "role";

    fn read(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(Self::Recorder) | Err(_) => Err("must be patient, doctor, staff or guest".to_owned()),
            Ok(role @ (Self::Doctor | Self::Patient | Self::Staff | Self::Guest)) => Ok(role),
        }
    }
}

/// A key that somebody else has made, and that goes into a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey(Secret<String>);

impl ApiKey {
    /// The key, for the header.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Setting for ApiKey {
    const KIND: &'static str = "secret";
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.len() > 4_096 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("must be a key: letters, digits and signs without a space".to_owned());
        }
        Ok(Self(Secret::new(text.to_owned())))
    }
}

/// Where an API begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl(reqwest::Url);

impl EndpointUrl {
    /// The URL of an operation of the API.
    pub fn operation(&self, path: &str) -> reqwest::Url {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    /// The host, with the port where it is not the usual one: what people are shown.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn is_private_enough(&self) -> bool {
        self.0.scheme() == "https" || matches!(self.0.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
    }
}

impl Setting for EndpointUrl {
    const KIND: &'static str = "URL";

    fn read(text: &str) -> Result<Self, String> {
        web_url(text, "https://api.example.org/v1").map(Self)
    }
}

impl Assistant {
    /// The host that answers, and where its API begins.
    pub fn endpoint(&self) -> Option<&EndpointUrl> {
        self.base_url.as_ref()
    }

    /// What only makes sense together, and what the environment adds.
    fn complete(mut self, layers: &Layers) -> Result<Self, ConfigError> {
        let refuse = |key: &str, reason: &str| Err(layers.refuse(key, reason));
        if self.name.0.is_empty() {
            return refuse("assistant.name", "must say what people shall call it");
        }
        if self.model.trim().is_empty() {
            return refuse("assistant.model", "must name the model that is to answer");
        }
        if self.roles.is_empty() {
            return refuse("assistant.roles", "must say who may ask it");
        }
        if self.api_key.is_some() && self.api_key_file.is_some() {
            return refuse("assistant.api_key_file", "give api_key or api_key_file, not both");
        }
        let environment = |name: &str| layers.outside(name).map(|text| Layers::outside_value(name, text));
        let home: EndpointUrl = match environment("OPENAI_BASE_URL") {
            Some(url) => url?,
            None => {
                EndpointUrl::read(OPENAI).map_err(|reason| layers.refuse("assistant.base_url", &reason))?
            }
        };
        let endpoint = self.base_url.get_or_insert_with(|| home.clone());
        if !self.plain_http && !endpoint.is_private_enough() {
            return refuse(
                "assistant.base_url",
                "must be https: (http: only for 127.0.0.1, [::1] and localhost, or with plain_http = true)",
            );
        }
        // A key that lies in the environment goes to whom it belongs, and to nobody who was configured besides.
        let at_home = endpoint.0.origin() == home.0.origin();
        if at_home
            && self.api_key.is_none()
            && self.api_key_file.is_none()
            && let Some(text) = layers.outside("OPENAI_API_KEY")
        {
            self.api_key = Some(Layers::outside_value("OPENAI_API_KEY", text)?);
        }
        Ok(self)
    }
}

/// All of them, each checked, no two alike.
pub(super) fn read(tables: &[Layers]) -> Result<Vec<Assistant>, ConfigError> {
    let mut assistants: Vec<Assistant> = Vec::with_capacity(tables.len());
    for (table, number) in tables.iter().zip(1..) {
        let assistant = Assistant::read(table)
            .and_then(|assistant| assistant.complete(table))
            .map_err(|error| error.of_table("assistant", number))?;
        if assistants.iter().any(|other| other.id == assistant.id) {
            let error = table.refuse("assistant.id", "is another assistant's already");
            return Err(error.of_table("assistant", number));
        }
        if assistants.len() == MOST {
            let error = table.refuse("assistant.id", &format!("there may be {MOST} at the most"));
            return Err(error.of_table("assistant", number));
        }
        assistants.push(assistant);
    }
    Ok(assistants)
}

//! An OpenAI-compatible endpoint, as a client: one question out, an answer in, word by word. Nothing but the configured
//! host is called, and no redirect is followed.

mod check;
pub mod sse;
pub mod wire;

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header};

pub use self::wire::{Message, Speaker};
use self::{
    sse::{Parser, TooLong},
    wire::{Completion, Garbage, Said},
};
use crate::config::{ApiKey, Assistant, EndpointUrl, Setting as _};

/// How long an endpoint may take to be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an endpoint may say nothing in the middle of an answer. A large model on a small machine thinks long before
/// its first word, which the assistant's own `timeout_s` limits.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of one stream: an answer of 16,384 tokens has about four million.
const MAX_STREAM_BYTES: usize = 16 * 1024 * 1024;
/// The longest pause that an endpoint may ask for.
const MAX_PAUSE: Duration = Duration::from_secs(86_400);
/// The host that calls the length of an answer by another name.
const OPENAI_HOST: &str = "api.openai.com";

/// The endpoint of one assistant.
#[derive(Debug, Clone)]
pub struct Endpoint {
    client: reqwest::Client,
    url: EndpointUrl,
    key: Option<ApiKey>,
    model: String,
    max_output_tokens: u64,
}

/// Why an assistant cannot be set up: one line.
#[derive(Debug, thiserror::Error)]
pub enum EndpointSetup {
    /// The file of its key.
    #[error("assistant {id}: cannot read api_key_file {path}: {reason}", path = path.display())]
    KeyFile {
        /// Which assistant.
        id: String,
        /// The file.
        path: PathBuf,
        /// Why. Never what stands in it.
        reason: String,
    },
    /// TLS, or what else a client is made of.
    #[error("assistant {id}: cannot be called: {reason}")]
    Client {
        /// Which assistant.
        id: String,
        /// Why.
        reason: reqwest::Error,
    },
    /// The thread that answers are written on.
    #[error("no thread for the answers of assistants: {0}")]
    Thread(std::io::Error),
    /// It has no endpoint.
    #[error("assistant {0}: has no base_url")]
    Nowhere(String),
}

/// Why there is no answer, or no more of it. Nothing of what the endpoint said is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It could not be reached.
    #[error("cannot be reached")]
    Unreachable,
    /// It does not take the key.
    #[error("does not take the key (status {0})")]
    Key(u16),
    /// It does not take the question: the model, its length.
    #[error("does not take the question (status {0})")]
    Question(u16),
    /// It has too much to do.
    #[error("asks for a pause")]
    Busy(Option<Duration>),
    /// It has failed.
    #[error("has failed (status {0})")]
    Broken(u16),
    /// It says in the stream that it has failed.
    #[error("has failed in the middle")]
    Trouble,
    /// The stream ended before the answer.
    #[error("broke off")]
    Cut,
    /// It said nothing for too long.
    #[error("fell silent")]
    Silent,
    /// What it says is not this protocol.
    #[error("does not speak the protocol")]
    Garbage,
    /// It goes on for ever.
    #[error("does not come to an end")]
    Endless,
}

impl EndpointError {
    /// Whether asking again may help.
    pub fn may_pass(self) -> bool {
        match self {
            Self::Unreachable
            | Self::Busy(_)
            | Self::Broken(_)
            | Self::Trouble
            | Self::Cut
            | Self::Silent => true,
            Self::Key(_) | Self::Question(_) | Self::Garbage | Self::Endless => false,
        }
    }
}

impl Endpoint {
    /// The endpoint of an assistant; its key is read here where it lies in a file.
    pub fn new(assistant: &Assistant) -> Result<Self, EndpointSetup> {
        let id = || assistant.id.to_string();
        crate::tls::use_ring();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // What is asked goes to whom the configuration names, whatever else the environment says.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|reason| EndpointSetup::Client { id: id(), reason })?;
        let key = match &assistant.api_key_file {
            Some(path) => {
                let failed = |reason: String| EndpointSetup::KeyFile { id: id(), path: path.clone(), reason };
                let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                Some(ApiKey::read(&text).map_err(failed)?)
            }
            None => assistant.api_key.clone(),
        };
        let url = assistant.base_url.clone().ok_or_else(|| EndpointSetup::Nowhere(id()))?;
        let (model, max_output_tokens) = (assistant.model.clone(), assistant.max_output_tokens);
        Ok(Self { client, url, key, model, max_output_tokens })
    }

    /// The host that answers.
    pub fn host(&self) -> String {
        self.url.host()
    }

    /// Whether a key goes with the questions.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Ask.
    pub async fn ask(&self, messages: &[Message], now: DateTime<Utc>) -> Result<Answering, EndpointError> {
        // Its errors name addresses; what matters is said by the kind.
        let response = self.send(messages).await.map_err(|_address| EndpointError::Unreachable)?;
        if response.status().is_success() {
            Ok(Answering::new(response))
        } else {
            Err(refused(&response, now))
        }
    }

    /// Send a question.
    async fn send(&self, messages: &[Message]) -> reqwest::Result<reqwest::Response> {
        let openai = self.url.host() == OPENAI_HOST;
        let most = self.max_output_tokens;
        let body = Completion {
            model: &self.model,
            messages,
            stream: true,
            max_tokens: (!openai).then_some(most),
            max_completion_tokens: openai.then_some(most),
        };
        let mut request = self.client.post(self.url.operation("chat/completions")).json(&body);
        request = request.header(header::ACCEPT, "text/event-stream");
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose());
        }
        request.send().await
    }
}

/// Why there is no answer, by the status.
fn refused(response: &reqwest::Response, now: DateTime<Utc>) -> EndpointError {
    let (status, headers) = (response.status(), response.headers());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => EndpointError::Key(status.as_u16()),
        StatusCode::TOO_MANY_REQUESTS => EndpointError::Busy(pause(headers, now)),
        StatusCode::SERVICE_UNAVAILABLE if headers.contains_key(header::RETRY_AFTER) => {
            EndpointError::Busy(pause(headers, now))
        }
        status if status.is_server_error() => EndpointError::Broken(status.as_u16()),
        StatusCode::REQUEST_TIMEOUT => EndpointError::Silent,
        status => EndpointError::Question(status.as_u16()),
    }
}

/// How long to wait, in seconds or until a date.
fn pause(headers: &header::HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        (until.to_utc() - now).to_std().unwrap_or(Duration::ZERO)
    };
    Some(pause.min(MAX_PAUSE))
}

/// An answer that comes in.
#[derive(Debug)]
pub struct Answering {
    response: reqwest::Response,
    parser: Parser,
    heard: VecDeque<String>,
    bytes: usize,
    events: usize,
    /// The model has said why it stopped: what follows adds nothing.
    last: bool,
}

impl Answering {
    fn new(response: reqwest::Response) -> Self {
        Self { response, parser: Parser::default(), heard: VecDeque::new(), bytes: 0, events: 0, last: false }
    }

    /// The next words; none once the answer is whole. Whoever stops waiting may go on later.
    pub async fn next(&mut self) -> Result<Option<String>, EndpointError> {
        loop {
            if let Some(data) = self.heard.pop_front() {
                match self.read(&data)? {
                    Said::Text(text) => return Ok(Some(text)),
                    Said::End => return Ok(None),
                    Said::Trouble => return Err(EndpointError::Trouble),
                    Said::Nothing => {}
                }
                continue;
            }
            if self.last {
                return Ok(None);
            }
            let bytes = tokio::time::timeout(SILENCE, self.response.chunk()).await;
            match bytes {
                Err(_) => return Err(EndpointError::Silent),
                Ok(Err(_)) => return Err(EndpointError::Cut),
                Ok(Ok(Some(bytes))) => {
                    self.bytes += bytes.len();
                    if self.bytes > MAX_STREAM_BYTES {
                        return Err(EndpointError::Endless);
                    }
                    self.heard.extend(self.parser.push(&bytes).map_err(|TooLong| EndpointError::Garbage)?);
                }
                Ok(Ok(None)) => match self.parser.finish() {
                    // Its second half may be what is missing.
                    Some(data) if wire::read(&data).is_ok() => self.heard.push_back(data),
                    None if self.events == 0 => return Err(EndpointError::Garbage),
                    Some(_) | None => return Err(EndpointError::Cut),
                },
            }
        }
    }

    fn read(&mut self, data: &str) -> Result<Said, EndpointError> {
        let (said, last) = wire::read(data).map_err(|Garbage| EndpointError::Garbage)?;
        self.events += 1;
        self.last |= last;
        Ok(said)
    }
}

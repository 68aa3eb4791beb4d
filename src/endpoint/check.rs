//! A tiny question to an endpoint, for whoever sets it up: what is wrong with it, in words that say what to change.
//! Nothing of a person is in it, so that what the endpoint says may be shown.

use std::{error::Error as _, time::Duration};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::{Answering, Endpoint, EndpointError, Message, Speaker, refused};

/// What is asked.
const QUESTION: &str = "Say hello in one word.";
/// Bytes that are read of what an endpoint says about a refusal, and characters that are shown of it.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;
const SHOWN: usize = 300;

/// What the common servers answer where they refuse.
#[derive(Deserialize)]
struct Refused {
    error: Said,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Text(String),
    Object { message: String },
}

impl Endpoint {
    /// Ask something small: how long the first words took, or what is wrong, in one line.
    pub async fn check(&self, patience: Duration, now: DateTime<Utc>) -> Result<Duration, String> {
        let asked = Instant::now();
        let seconds = patience.as_secs();
        match timeout(patience, self.first_words(now)).await {
            Ok(outcome) => outcome.map(|()| asked.elapsed()),
            Err(_) => Err(format!("said nothing within {seconds} s (timeout_s)")),
        }
    }

    async fn first_words(&self, now: DateTime<Utc>) -> Result<(), String> {
        let question = [Message { role: Speaker::User, content: QUESTION.to_owned() }];
        let response = self.send(&question).await.map_err(|error| unreachable(&error))?;
        if !response.status().is_success() {
            let error = refused(&response, now);
            return Err(advice(error, &self.model) + &said(response).await);
        }
        let mut answer = Answering::new(response);
        loop {
            match answer.next().await {
                Ok(Some(words)) if !words.trim().is_empty() => return Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => {
                    return Err("ended without words: a model that thinks first may need more \
                                max_output_tokens"
                        .to_owned());
                }
                Err(error) => return Err(advice(error, &self.model)),
            }
        }
    }
}

/// What stands at the end of the chain: the name that has no address, the refused connection, the certificate.
fn unreachable(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut last = None;
    while let Some(one) = cause {
        last = Some(one.to_string());
        cause = one.source();
    }
    let why = last.unwrap_or_else(|| error.to_string());
    format!("cannot be reached: {}", shown(&why))
}

/// What to change.
fn advice(error: EndpointError, model: &str) -> String {
    match error {
        EndpointError::Key(_) => format!("{error}: look at api_key, api_key_file or OPENAI_API_KEY"),
        EndpointError::Question(404) => {
            format!(
                "{error}: there is no model {model:?}, or base_url does not end where the API begins (…/v1)"
            )
        }
        EndpointError::Question(300..400) => {
            format!("{error}: it redirects; put the place it means into base_url")
        }
        EndpointError::Garbage => format!("{error}: is there an OpenAI-compatible API at base_url?"),
        EndpointError::Question(_)
        | EndpointError::Unreachable
        | EndpointError::Busy(_)
        | EndpointError::Broken(_)
        | EndpointError::Trouble
        | EndpointError::Cut
        | EndpointError::Silent
        | EndpointError::Endless => error.to_string(),
    }
}

/// What the endpoint says about it, where it says so as the common ones do.
async fn said(mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() > MAX_REFUSAL_BYTES {
            return String::new();
        }
    }
    match serde_json::from_slice::<Refused>(&body) {
        Ok(Refused { error: Said::Text(text) | Said::Object { message: text } }) => {
            format!(" (it says: {})", shown(&text))
        }
        Err(_) => String::new(),
    }
}

/// One line that moves no terminal.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}

//! A tiny question to an endpoint, for whoever sets it up: what is wrong with it, in words that say what to change.
//! Nothing of a person is in it, so that what the endpoint says may be shown.

use std::{error::Error, io, time::Duration};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout},
};

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
        let response = match self.send(&question).await {
            Ok(response) => response,
            Err(error) => return Err(self.unreachable(&error).await),
        };
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

    /// Why it was not reached, and what to do about it.
    async fn unreachable(&self, error: &reqwest::Error) -> String {
        let certificate = causes(error).find_map(|cause| match cause.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(wrong)) => Some(distrust(wrong)),
            _ => None,
        });
        let kind = causes(error).find_map(|cause| cause.downcast_ref().map(io::Error::kind));
        let advice = match (certificate, kind) {
            (Some(advice), _) => advice,
            (None, Some(io::ErrorKind::ConnectionRefused)) => {
                "nothing listens there: is it running, and is the port in base_url its own?"
            }
            (None, _) if !self.has_address().await => {
                "there is no such host: look at base_url, and at this machine's name service"
            }
            (None, _) if error.is_timeout() => "it does not answer: is there a firewall on the way?",
            (None, _) if error.is_connect() => {
                "no connection: does it speak what base_url begins with, https or http?"
            }
            (None, _) => "the connection broke off",
        };
        let why = causes(error).last().map_or_else(String::new, ToString::to_string);
        format!("cannot be reached: {advice} ({})", shown(&why))
    }

    /// Whether its name leads anywhere.
    async fn has_address(&self) -> bool {
        let url = self.url.operation("");
        let addresses = spawn_blocking(move || url.socket_addrs(|| None)).await;
        addresses.is_ok_and(|addresses| addresses.is_ok_and(|addresses| !addresses.is_empty()))
    }
}

/// What to do about a certificate.
fn distrust(error: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as Wrong;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are seldom, and their own words follow")]
    match error {
        Wrong::UnknownIssuer => {
            "its certificate is of no authority that this machine trusts: add that authority to the system's, \
             or name its file in SSL_CERT_FILE"
        }
        Wrong::Expired | Wrong::ExpiredContext { .. } => "its certificate has expired: renew it there",
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
            "its certificate is not valid yet: look at this machine's clock"
        }
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            "its certificate is for another name: put a name that it is for into base_url"
        }
        Wrong::Revoked => "its certificate was revoked: it needs another one there",
        _ => "its certificate is not good",
    }
}

/// All that an error says of its causes, the innermost last.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An error of input and output hides the one that it is made of.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
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

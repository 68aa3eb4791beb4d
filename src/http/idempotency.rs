//! `Idempotency-Key`: a request that is sent again is answered again, and done once.
//!
//! Answers are kept sealed, since some hold a secret that the database must not have: an invitation's link.

use actix_web::{HttpRequest, http::header::HeaderName};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use bedside_protocol::{Code, Refusal, ids::UserId};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{Context, SHA256},
    rand::{SecureRandom as _, SystemRandom},
};

use crate::{
    auth::ServerKey,
    domain::Clinic,
    error::{Error, Result},
    http::{body::text, problem::Problem},
    store::{Begun, RequestKey},
};

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key: longer than any id that a client would make.
pub const MAX_KEY_BYTES: usize = 255;
/// When to ask again for an answer that is not there yet, in milliseconds.
const STILL_RUNNING_MS: u64 = 1_000;

/// A request that may come again.
pub struct Repeatable {
    key: RequestKey,
    request_hash: String,
}

/// What to do with it.
pub enum Turn {
    /// Do it, then [`keep`] the answer or [`give_up`].
    First,
    /// It was answered so before.
    Again {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
}

impl Repeatable {
    /// The request as it stands, if it names a key.
    pub fn of(
        request: &HttpRequest,
        body: &[u8],
        actor: &UserId,
    ) -> std::result::Result<Option<Self>, Problem> {
        if !request.headers().contains_key(&IDEMPOTENCY_KEY) {
            return Ok(None);
        }
        let key = text(request, &IDEMPOTENCY_KEY).map(str::trim).unwrap_or_default();
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.chars().any(char::is_control) {
            return Err(Refusal::malformed("Idempotency-Key", "a key has 1 to 255 visible characters").into());
        }
        let mut hash = Context::new(&SHA256);
        for part in [request.method().as_str().as_bytes(), request.uri().path().as_bytes(), body] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let request_hash = BASE64.encode(hash.finish());
        Ok(Some(Self { key: RequestKey { actor: actor.clone(), key: key.to_owned() }, request_hash }))
    }
}

/// Whether it is this request's turn.
pub async fn begin(clinic: &Clinic, request: &Repeatable) -> Result<Turn> {
    let begun =
        clinic.store.begin(request.key.clone(), request.request_hash.clone(), clinic.clock.now()).await?;
    match begun {
        Begun::Fresh => Ok(Turn::First),
        Begun::Answered { status, body } => Ok(Turn::Again { status, body: open(&clinic.key, &body)? }),
        Begun::Running => {
            let refusal = Refusal::new(Code::Conflict, "the first request under this key is still under way");
            Err(refusal.retry_after_ms(STILL_RUNNING_MS).into())
        }
        Begun::Other => Err(Refusal::new(Code::Conflict, "the key was used for another request").into()),
    }
}

/// Keep the answer for whoever asks again.
pub async fn keep(clinic: &Clinic, request: Repeatable, status: u16, body: &str) -> Result<()> {
    Ok(clinic.store.finish(request.key, status, seal(&clinic.key, body)?).await?)
}

/// Nothing was done: the key is free again.
pub async fn give_up(clinic: &Clinic, request: Repeatable) -> Result<()> {
    Ok(clinic.store.forget(request.key).await?)
}

fn seal(key: &ServerKey, body: &str) -> Result<String> {
    let mut nonce = [0; NONCE_LEN];
    let mut text = body.as_bytes().to_vec();
    SystemRandom::new()
        .fill(&mut nonce)
        .and_then(|()| {
            let key = sealing_key(key)?;
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)
        })
        .ok()
        .ok_or_else(|| Error::fault("an answer could not be sealed"))?;
    let sealed: Vec<u8> = nonce.into_iter().chain(text).collect();
    Ok(BASE64.encode(sealed))
}

fn open(key: &ServerKey, sealed: &str) -> Result<String> {
    let opened = BASE64.decode(sealed).ok().and_then(|mut sealed| {
        let (nonce, text) = sealed.split_first_chunk_mut::<NONCE_LEN>()?;
        let key = sealing_key(key).ok()?;
        let text = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), text).ok()?;
        String::from_utf8(text.to_vec()).ok()
    });
    // The data folder has another key than the database was written with.
    opened.ok_or_else(|| Error::fault("a kept answer could not be opened"))
}

fn sealing_key(key: &ServerKey) -> std::result::Result<LessSafeKey, ring::error::Unspecified> {
    UnboundKey::new(&AES_256_GCM, &key.derive("idempotent answers")).map(LessSafeKey::new)
}

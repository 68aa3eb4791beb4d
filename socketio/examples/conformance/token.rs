//! HS256 tokens, by hand: one algorithm, one secret, `exp` and `sub`.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde::Deserialize;

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: Option<f64>,
}

/// The subject of a sound token, or the code of what is wrong.
pub(super) fn subject(token: &str, secret: &str) -> Result<String, &'static str> {
    let claims = claims(token, secret).ok_or("token_invalid")?;
    #[expect(clippy::disallowed_methods, reason = "an example has no clock to be given")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if claims.exp.is_some_and(|exp| exp <= now.as_secs_f64()) {
        return Err("token_expired");
    }
    Ok(claims.sub)
}

fn claims(token: &str, secret: &str) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |part| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    if header.alg != "HS256" {
        return None;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &decode(signature)?).ok()?;
    serde_json::from_slice(&decode(payload)?).ok()
}

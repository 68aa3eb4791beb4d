//! Where recorders in processes of their own bring what they have sealed. Internal, like `recorder:*`: it stands in no
//! published document.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, Resource,
    http::{StatusCode, header::HeaderName},
    web,
};
use bedside_protocol::{Code, Refusal, ids::RecordingId};
use futures_util::StreamExt as _;
use ring::digest::{Context, Digest, SHA256};
use tokio::io::AsyncWriteExt as _;

use crate::{
    domain::{Clinic, recording::delivery::Delivery},
    error::Error,
    http::{
        body::{content_length, is_plain, text},
        caller::Caller as _,
        operation::app_data,
        problem::Problem,
    },
    model::actor::Actor,
};

/// Method and path of the one operation.
pub const OPERATION: &str = "PUT /api/v1/recorder/recordings/{id}/files/{file}";
/// SHA-256 of the file, in hexadecimal.
const DIGEST: HeaderName = HeaderName::from_static("x-content-sha256");
/// A slow line brings 50 kB/s.
const SLOWEST_BYTES_PER_SECOND: u64 = 50_000;
/// What even a small file may take.
const LEAST_PATIENCE: Duration = Duration::from_secs(60);

/// The operation, in the scope of the API.
pub fn resource() -> Resource {
    web::resource("/v1/recorder/recordings/{id}/files/{file}").route(web::put().to(put))
}

async fn put(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    match take(&request, payload).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(problem) => problem.response(),
    }
}

async fn take(request: &HttpRequest, payload: web::Payload) -> Result<(), Problem> {
    let clinic = app_data::<Clinic>(request)?;
    let actor = Actor::find(request, clinic).await?;
    let (id, file): (RecordingId, String) = request.match_info().load().ok().ok_or(Code::NotFound)?;
    let said = said_digest(request);
    let bytes = content_length(request).filter(|_| is_plain(request));
    let Some(bytes) = bytes.and_then(|bytes| u64::try_from(bytes).ok()) else {
        return Err(Problem::of_request(
            StatusCode::LENGTH_REQUIRED,
            "a file comes as it is, with its length",
        ));
    };
    let delivery = clinic.expect_delivery(&actor, &id, &file, bytes).await?;
    let said = said.ok_or_else(|| Refusal::malformed("X-Content-SHA256", "64 hexadecimal digits"))?;
    let patience = Duration::from_secs(bytes / SLOWEST_BYTES_PER_SECOND).max(LEAST_PATIENCE);
    let silence = Duration::from_millis(clinic.limits.http_body_timeout_ms);
    let arrived = tokio::time::timeout(patience, arrive(payload, &delivery, bytes, silence)).await;
    let digest = arrived.unwrap_or_else(|_elapsed| Err(too_slow()))?;
    if digest.as_ref() != said {
        return Err(Refusal::malformed("X-Content-SHA256", "that of another file").into());
    }
    Ok(clinic.keep_delivery(delivery).await?)
}

async fn arrive(
    mut payload: web::Payload,
    delivery: &Delivery<'_>,
    bytes: u64,
    silence: Duration,
) -> Result<Digest, Problem> {
    let disk = |error: std::io::Error| Error::from(crate::vault::VaultError::from(error));
    let mut file = tokio::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(delivery.path())
        .await
        .map_err(disk)?;
    let (mut digest, mut came) = (Context::new(&SHA256), 0_u64);
    while let Some(piece) =
        tokio::time::timeout(silence, payload.next()).await.map_err(|_elapsed| too_slow())?
    {
        let piece = piece.map_err(|_broken| Refusal::new(Code::Malformed, "the file broke off"))?;
        came += piece.len() as u64;
        digest.update(&piece);
        file.write_all(&piece).await.map_err(disk)?;
    }
    if came != bytes {
        return Err(Refusal::new(Code::Malformed, "the file broke off").into());
    }
    file.flush().await.map_err(disk)?;
    Ok(digest.finish())
}

fn said_digest(request: &HttpRequest) -> Option<Vec<u8>> {
    let digits = text(request, &DIGEST)?.as_bytes();
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let digits: Vec<u8> = digits.iter().map(digit).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    (pairs.len() == 32 && rest.is_empty()).then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn too_slow() -> Problem {
    Problem::of_request(StatusCode::REQUEST_TIMEOUT, "the file did not arrive in time")
}

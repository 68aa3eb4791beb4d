//! Files that come in: one part of a form, sealed while it arrives.

use std::{sync::Arc, time::Duration};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header::DispositionParam},
    web,
};
use bedside_protocol::{Code, Refusal, ids::RoomId};
use futures_util::StreamExt as _;

use crate::{
    domain::{
        Clinic,
        attachment::{Arrived, Kind, NotTaken},
    },
    error::Result,
    http::{
        body::{content_length, is_plain},
        border::Border,
        caller::Caller as _,
        idempotency::Repeatable,
        operation::{
            Answer, Ask, Gives, Nothing, Operation, Rules, Said, Shown, Takes, app_data, counted, done,
            shapes,
        },
        problem::Problem,
        version::Seen,
    },
    model::{actor::Actor, file_name},
};

/// The part of the form that is the file.
const PART: &str = "file";
/// How much of a form is not its file.
const AROUND: u64 = 16 * 1024;
/// How long a file may take in all: 20 MiB at 50 kB/s, and some.
const LONGEST: Duration = Duration::from_mins(10);

type Question = Ask<Actor, RoomId, Nothing, Arrived>;
type Outcome<T> = std::result::Result<T, Problem>;

impl Operation {
    /// An operation that takes a file into a room.
    pub fn upload<T, F, R>(
        path: &'static str,
        (id, summary): (&'static str, &'static str),
        kind: Kind,
        verb: F,
    ) -> Self
    where
        T: Answer,
        F: Fn(Question) -> R + Copy + 'static,
        R: Future<Output = Result<T>> + 'static,
    {
        let serve = move |rules| {
            web::route().to(move |request: HttpRequest, payload: web::Payload| {
                serve(rules, kind, verb, request, payload)
            })
        };
        Self {
            method: Method::POST,
            path,
            id,
            summary,
            status: StatusCode::CREATED,
            versioned: false,
            shown: Shown::Token,
            repeatable: true,
            takes: Takes::File,
            gives: Gives::Json,
            shapes: shapes::<Nothing, Nothing, T>,
            serve: Box::new(serve),
        }
    }
}

async fn serve<T, F, R>(
    rules: Rules,
    kind: Kind,
    verb: F,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse
where
    T: Answer,
    F: Fn(Question) -> R + Copy + 'static,
    R: Future<Output = Result<T>> + 'static,
{
    let answered = match take(&request, kind, payload).await {
        Ok((ask, repeatable)) => done(rules, verb, ask, repeatable).await,
        Err(problem) => Err(problem),
    };
    counted(rules, answered.map_or_else(|problem| problem.response(), Said::response))
}

/// Whoever may not bring a file is told before it is read.
async fn take(
    request: &HttpRequest,
    kind: Kind,
    payload: web::Payload,
) -> Outcome<(Question, Option<Repeatable>)> {
    let clinic = Arc::clone(app_data::<Clinic>(request)?);
    let public_url = app_data::<Border>(request)?.public_url.clone();
    let caller = Actor::find(request, &clinic).await?;
    let path: RoomId = request.match_info().load().ok().ok_or(Code::NotFound)?;
    clinic.may_attach(&caller, &path, kind).await?;
    let most = clinic.largest_attachment() + AROUND;
    if content_length(request).is_some_and(|bytes| bytes as u64 > most) {
        return Err(Code::TooLarge.into());
    }
    if !is_plain(request) {
        return Err(unsupported("a compressed body is not taken"));
    }
    let arrived = tokio::time::timeout(LONGEST, arrive(&clinic, request, payload)).await;
    let (body, digest) = arrived.unwrap_or_else(|_elapsed| Err(too_slow()))?;
    let repeatable = Repeatable::of(request, &digest, &caller.user_id)?;
    Ok((Ask { clinic, public_url, caller, path, query: Nothing {}, body, seen: Seen::Anything }, repeatable))
}

async fn arrive(
    clinic: &Clinic,
    request: &HttpRequest,
    payload: web::Payload,
) -> Outcome<(Arrived, Vec<u8>)> {
    let patience = Duration::from_millis(clinic.limits.http_body_timeout_ms);
    let mut form = Multipart::new(request.headers(), payload);
    let field = tokio::time::timeout(patience, form.next()).await.map_err(|_elapsed| too_slow())?;
    let mut field = field.transpose().map_err(of_form)?.ok_or_else(no_file)?;
    if field.name() != Some(PART) {
        return Err(no_file());
    }
    let name = file_name::safe(&said_name(&field)).ok_or(Code::Malformed)?;
    let declared = field.content_type().map(ToString::to_string);
    let mut incoming = clinic.receive(name).await?;
    while let Some(bytes) =
        tokio::time::timeout(patience, field.next()).await.map_err(|_elapsed| too_slow())?
    {
        incoming.take(&bytes.map_err(of_form)?).await?;
    }
    drop(field);
    let more = tokio::time::timeout(patience, form.next()).await.map_err(|_elapsed| too_slow())?;
    if more.transpose().map_err(of_form)?.is_some() {
        return Err(Refusal::malformed(PART, "one file at a time, and nothing beside it").into());
    }
    let (arrived, mut digest) =
        incoming.finish(declared.as_deref()).await.map_err(|not_taken| match not_taken {
            NotTaken::Unfit(unfit) => unsupported(&unfit.to_string()),
            NotTaken::Other(error) => Problem::from(error),
        })?;
    // The same bytes under another name are another request.
    digest.extend_from_slice(arrived.name.as_str().as_bytes());
    Ok((arrived, digest))
}

/// What the sender calls the file: as it is, or else as every client can say it.
fn said_name(field: &Field) -> String {
    let parameters = field.content_disposition().map(|it| it.parameters.as_slice()).unwrap_or_default();
    let extended = parameters.iter().find_map(DispositionParam::as_filename_ext);
    let extended = extended.and_then(|name| String::from_utf8(name.value.clone()).ok());
    let plain = parameters.iter().find_map(DispositionParam::as_filename).map(ToOwned::to_owned);
    extended.or(plain).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be named in map_err")]
fn of_form(error: MultipartError) -> Problem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are about the form")]
    match error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => unsupported("a file comes as multipart/form-data"),
        _ => Refusal::new(Code::Malformed, "the form broke off or is badly made").into(),
    }
}

fn no_file() -> Problem {
    Refusal::malformed(PART, "a form with one part of this name").into()
}

fn unsupported(message: &str) -> Problem {
    Problem::of_request(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}

fn too_slow() -> Problem {
    Problem::of_request(StatusCode::REQUEST_TIMEOUT, "the file did not arrive in time")
}

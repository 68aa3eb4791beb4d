//! Sealed files as answers: opened on the way, in ranges, and only as long as whoever asked may have them.

use std::{io, ops::Range, pin::Pin};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{
        Method, StatusCode,
        header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    },
    web::{self, Bytes},
};
use bedside_protocol::text::Name;
use futures_util::{Stream, TryStreamExt as _};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{
    error::{Error, Result},
    http::{
        body::text,
        caller::Caller,
        operation::{Ask, Gives, Nothing, Operation, Shown, Takes, counted, read, shapes},
        problem::Problem,
        range::{Wanted, wanted},
    },
    vault::Playing,
};

/// Whatever a file is, a browser that is led to it runs nothing of it.
const POLICY: &str = "sandbox; default-src 'none'";

type Still = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>>>>>;

/// A file that answers a question.
pub struct File {
    playing: Playing,
    tag: String,
    content_type: String,
    disposition: ContentDisposition,
    still: Still,
}

impl File {
    /// A file under a tag that no other content ever has. `still` is asked before each piece of it whether whoever asked may
    /// have it still.
    pub fn new<F>(
        playing: Playing,
        tag: &str,
        content_type: &str,
        name: &Name,
        still: impl Fn() -> F + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + 'static,
    {
        Self {
            playing,
            tag: format!("\"{tag}\""),
            content_type: content_type.to_owned(),
            disposition: disposition(name.as_str()),
            still: Box::new(move || Box::pin(still())),
        }
    }

    fn response(self, request: &HttpRequest) -> HttpResponse {
        let len = self.playing.len();
        if names(request, &header::IF_NONE_MATCH, &self.tag) {
            return self.head(StatusCode::NOT_MODIFIED).finish();
        }
        // A range of another version than the one at hand would be glued to what it does not belong to.
        let same = text(request, &header::IF_RANGE).is_none_or(|seen| seen.trim() == self.tag);
        let range = text(request, &header::RANGE).filter(|_| same && *request.method() == Method::GET);
        match wanted(range, len) {
            Wanted::Whole => self.give(request, StatusCode::OK, 0..len),
            Wanted::Part(range) => self.give(request, StatusCode::PARTIAL_CONTENT, range),
            Wanted::Nothing => {
                let problem =
                    Problem::of_request(StatusCode::RANGE_NOT_SATISFIABLE, "the file has no such bytes");
                let mut response = problem.response();
                if let Ok(range) = header::HeaderValue::from_str(&format!("bytes */{len}")) {
                    response.headers_mut().insert(header::CONTENT_RANGE, range);
                }
                response
            }
        }
    }

    fn head(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponseBuilder::new(status);
        response
            .insert_header((header::ETAG, self.tag.clone()))
            .insert_header((header::ACCEPT_RANGES, "bytes"))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"));
        response
    }

    fn give(self, request: &HttpRequest, status: StatusCode, range: Range<u64>) -> HttpResponse {
        let mut response = self.head(status);
        response
            .insert_header((header::CONTENT_TYPE, self.content_type.clone()))
            .insert_header(self.disposition.clone());
        if status == StatusCode::PARTIAL_CONTENT {
            let (first, last, len) = (range.start, range.end.saturating_sub(1), self.playing.len());
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{len}")));
        }
        let len = range.end - range.start;
        // Whoever asks for the head alone has nothing opened for it.
        let range = if *request.method() == Method::HEAD { 0..0 } else { range };
        response.body(SizedStream::new(len, pieces(self.playing, range, self.still)))
    }
}

/// Pieces of a file, each after its recipient was looked at anew.
fn pieces(playing: Playing, range: Range<u64>, still: Still) -> impl Stream<Item = io::Result<Bytes>> {
    let pieces = Box::pin(playing.read(range));
    futures_util::stream::try_unfold((pieces, still), async |(mut pieces, still)| {
        let next = async {
            let Some(piece) = pieces.try_next().await? else { return Ok(None) };
            still().await?;
            Ok::<_, Error>(Some(piece))
        };
        match next.await {
            Ok(piece) => Ok(piece.map(|piece| (piece, (pieces, still)))),
            // The head has gone out: all that is left to say it with is an end before the end.
            Err(error) => Err(io::Error::other(error.into_refusal().code.as_str())),
        }
    })
}

/// Whether a list of entity tags names this one.
fn names(request: &HttpRequest, header: &header::HeaderName, tag: &str) -> bool {
    let listed = text(request, header).unwrap_or_default().split(',').map(str::trim);
    listed.map(|it| it.strip_prefix("W/").unwrap_or(it)).any(|it| it == tag || it == "*")
}

/// To be saved, and under its name: as it is (RFC 8187), and with what every client reads.
fn disposition(name: &str) -> ContentDisposition {
    let plain: String =
        name.chars().map(|it| if it.is_ascii() && !"\"\\%".contains(it) { it } else { '_' }).collect();
    let mut parameters = vec![DispositionParam::Filename(plain.clone())];
    if plain != name {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}

impl Operation {
    /// An operation that answers with a file.
    pub fn file<W, P, Q, F, R>(
        path: &'static str,
        (id, summary): (&'static str, &'static str),
        verb: F,
    ) -> Self
    where
        W: Caller,
        P: DeserializeOwned + 'static,
        Q: DeserializeOwned + JsonSchema + 'static,
        F: Fn(Ask<W, P, Q>) -> R + Copy + 'static,
        R: Future<Output = Result<File>> + 'static,
    {
        let serve = move |rules| {
            web::route().to(move |request: HttpRequest, payload: web::Payload| async move {
                let asked = read(rules, &request, payload).await;
                let answered = match asked {
                    Ok((ask, _)) => actix_web::rt::spawn(verb(ask))
                        .await
                        .unwrap_or_else(|_panic| Err(Error::fault("an operation panicked")))
                        .map_err(Problem::from),
                    Err(problem) => Err(problem),
                };
                let response = match answered {
                    Ok(file) => file.response(&request),
                    Err(problem) => problem.response(),
                };
                counted(rules, response)
            })
        };
        Self {
            method: Method::GET,
            path,
            id,
            summary,
            status: StatusCode::OK,
            versioned: false,
            shown: Shown::by::<W>(),
            repeatable: false,
            takes: Takes::Json,
            gives: Gives::File,
            shapes: shapes::<Q, Nothing, Nothing>,
            serve: Box::new(serve),
        }
    }
}

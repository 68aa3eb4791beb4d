//! What every operation has in common: from a request to a typed question, from a verb's outcome to an answer.
//! An operation's place in the API document comes from the same types.

use std::{any::TypeId, pin::Pin, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Route, guard,
    http::{Method, StatusCode, header},
    web,
};
use bedside_protocol::{Code, Refusal, consultation::Consultation};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    domain::Clinic,
    error::{Error, Result},
    http::{
        body,
        border::Border,
        caller::Caller,
        cookie::Cookie,
        idempotency::{self, Repeatable, Turn},
        problem::Problem,
        query,
        version::{self, Seen},
    },
};

/// No parameters, no body.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A question: who asks, about what, and how.
pub struct Ask<W, P = (), Q = Nothing, B = Nothing> {
    /// The verbs.
    pub clinic: Arc<Clinic>,
    /// Where people reach this server.
    pub public_url: String,
    /// Who asks.
    pub caller: W,
    /// What the path names.
    pub path: P,
    /// The query.
    pub query: Q,
    /// The body.
    pub body: B,
    /// The version that they have seen.
    pub seen: Seen,
}

/// What answers a question.
pub trait Answer: Serialize + JsonSchema + 'static {
    /// The version of what is shown, for its entity tag.
    fn version(&self) -> Option<i64> {
        None
    }

    /// What the browser shall keep, or forget.
    fn cookie(&self) -> Option<Cookie> {
        None
    }
}

impl Answer for Nothing {}

impl Answer for Consultation {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
}

/// A row of the route table.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// What it is called in the document and in metrics.
    pub id: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// The status of its answer.
    pub status: StatusCode,
    /// Whether `If-Match` is heeded.
    pub versioned: bool,
    /// What those who ask must show.
    pub shown: Shown,
    /// Whether `Idempotency-Key` is heeded, in a POST.
    pub repeatable: bool,
    /// What its body is.
    pub takes: Takes,
    /// What its answer is.
    pub gives: Gives,
    /// The shapes of what it takes and gives.
    pub shapes: fn(&mut SchemaGenerator) -> Shapes,
    pub(super) serve: Box<dyn FnOnce(Rules) -> Route>,
}

/// What those who ask an operation must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A token.
    Token,
    /// A token, or the cookie that is good for one recording.
    TokenOrCookie,
}

impl Shown {
    pub(super) fn by<W: Caller>() -> Self {
        if W::NEEDS_TOKEN { Self::Token } else { Self::Nothing }
    }
}

/// What an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// JSON, or nothing.
    Json,
    /// A form with a file.
    File,
}

/// What an operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// JSON, or nothing.
    Json,
    /// A file, in ranges.
    File,
}

/// The shapes of an operation.
pub struct Shapes {
    /// Its query, an object of parameters.
    pub query: Schema,
    /// Its body, where it takes one.
    pub body: Option<Schema>,
    /// Whether it does not go without.
    pub body_needed: bool,
    /// Its answer, where it gives one.
    pub answer: Option<Schema>,
}

/// What an operation's row says of how it is served.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    id: &'static str,
    status: StatusCode,
    versioned: bool,
}

impl Operation {
    /// An operation, served by `verb`.
    pub fn new<W, P, Q, B, T, F, R>(
        method: Method,
        path: &'static str,
        (id, summary): (&'static str, &'static str),
        verb: F,
    ) -> Self
    where
        W: Caller,
        P: DeserializeOwned + 'static,
        Q: DeserializeOwned + JsonSchema + 'static,
        B: DeserializeOwned + JsonSchema + 'static,
        T: Answer,
        F: Fn(Ask<W, P, Q, B>) -> R + Copy + 'static,
        R: Future<Output = Result<T>> + 'static,
    {
        let serve = move |rules| {
            web::route()
                .to(move |request: HttpRequest, payload: web::Payload| serve(rules, verb, request, payload))
        };
        Self {
            method,
            path,
            id,
            summary,
            status: StatusCode::OK,
            versioned: false,
            shown: Shown::by::<W>(),
            repeatable: W::REPEATABLE,
            takes: Takes::Json,
            gives: Gives::Json,
            shapes: shapes::<Q, B, T>,
            serve: Box::new(serve),
        }
    }

    /// It makes something.
    #[must_use]
    pub fn creates(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }

    /// It answers nothing.
    #[must_use]
    pub fn says_nothing(self) -> Self {
        Self { status: StatusCode::NO_CONTENT, ..self }
    }

    /// Instead of a token it takes the cookie that is good for one recording.
    #[must_use]
    pub fn or_by_cookie(self) -> Self {
        Self { shown: Shown::TokenOrCookie, ..self }
    }

    /// It heeds `If-Match`.
    #[must_use]
    pub fn versioned(self) -> Self {
        Self { versioned: true, ..self }
    }

    /// Its route in a resource of its path.
    pub fn into_route(self) -> Route {
        let rules = Rules { id: self.id, status: self.status, versioned: self.versioned };
        let route = (self.serve)(rules);
        if self.method == Method::GET {
            // Whoever may GET may ask for the head of it; the server leaves the body away.
            route.guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            route.method(self.method)
        }
    }
}

pub(super) fn shapes<Q, B, T>(types: &mut SchemaGenerator) -> Shapes
where
    Q: JsonSchema,
    B: DeserializeOwned + JsonSchema + 'static,
    T: JsonSchema + 'static,
{
    Shapes {
        query: Q::json_schema(types),
        body: named::<B>(types),
        body_needed: body::parse::<B>(b"").is_err(),
        answer: named::<T>(types),
    }
}

fn named<T: JsonSchema + 'static>(types: &mut SchemaGenerator) -> Option<Schema> {
    (TypeId::of::<T>() != TypeId::of::<Nothing>()).then(|| types.subschema_for::<T>())
}

/// An answer on its way out.
pub(super) struct Said {
    status: StatusCode,
    body: String,
    version: Option<i64>,
    cookie: Option<Cookie>,
}

async fn serve<W, P, Q, B, T, F, R>(
    rules: Rules,
    verb: F,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse
where
    W: Caller,
    P: DeserializeOwned + 'static,
    Q: DeserializeOwned + 'static,
    B: DeserializeOwned + 'static,
    T: Answer,
    F: Fn(Ask<W, P, Q, B>) -> R + Copy + 'static,
    R: Future<Output = Result<T>> + 'static,
{
    let outcome = match read(rules, &request, payload).await {
        Ok((ask, repeatable)) => done(rules, verb, ask, repeatable).await,
        Err(problem) => Err(problem),
    };
    let response = match outcome {
        Ok(said) => said.response(),
        Err(problem) => problem.response(),
    };
    counted(rules, response)
}

/// An answer, counted.
pub(super) fn counted(rules: Rules, response: HttpResponse) -> HttpResponse {
    let status = response.status().as_str().to_owned();
    metrics::counter!("bedside_requests_total", "operation" => rules.id, "status" => status).increment(1);
    response
}

/// The question that a request is.
pub(super) async fn read<W, P, Q, B>(
    rules: Rules,
    request: &HttpRequest,
    payload: web::Payload,
) -> std::result::Result<(Ask<W, P, Q, B>, Option<Repeatable>), Problem>
where
    W: Caller,
    P: DeserializeOwned + 'static,
    Q: DeserializeOwned,
    B: DeserializeOwned,
{
    let clinic = Arc::clone(app_data::<Clinic>(request)?);
    let public_url = app_data::<Border>(request)?.public_url.clone();
    let caller = W::find(request, &clinic).await?;
    let path = request.match_info().load().ok().ok_or(Code::NotFound)?;
    let query = query::parse(request.query_string())?;
    let seen = if rules.versioned { Seen::of(request)? } else { Seen::Anything };
    let bytes = body::read(request, payload, &clinic.limits).await?;
    let body = body::parse(&bytes)?;
    let repeatable = match caller.user_id() {
        Some(user) if W::REPEATABLE && *request.method() == Method::POST => {
            Repeatable::of(request, &bytes, user)?
        }
        Some(_) | None => None,
    };
    Ok((Ask { clinic, public_url, caller, path, query, body, seen }, repeatable))
}

pub(super) fn app_data<T: 'static>(request: &HttpRequest) -> Result<&Arc<T>> {
    let data = request.app_data::<web::Data<T>>();
    data.map(|data| &**data).ok_or_else(|| Error::fault("the service was put together wrongly"))
}

/// Ask the verb in a task of its own: a client that goes away does not stop what it has begun halfway, and a
/// panic is an answer.
pub(super) async fn done<W, P, Q, B, T, F, R>(
    rules: Rules,
    verb: F,
    ask: Ask<W, P, Q, B>,
    repeatable: Option<Repeatable>,
) -> std::result::Result<Said, Problem>
where
    W: Caller,
    P: 'static,
    Q: 'static,
    B: 'static,
    T: Answer,
    F: Fn(Ask<W, P, Q, B>) -> R + Copy + 'static,
    R: Future<Output = Result<T>> + 'static,
{
    let (clinic, seen) = (Arc::clone(&ask.clinic), ask.seen);
    let first = async move { said(rules, &verb(ask).await?) };
    let first: Pin<Box<dyn Future<Output = Result<Said>>>> = Box::pin(first);
    let task = actix_web::rt::spawn(async move {
        match repeatable {
            Some(repeatable) => once(rules, &clinic, repeatable, first).await,
            None => first.await,
        }
    });
    let outcome = task.await.unwrap_or_else(|_panic| Err(Error::fault("an operation panicked")));
    outcome.map_err(|error| {
        let refusal = error.into_refusal();
        if seen.is_stale(&refusal) { Problem::stale(refusal) } else { refusal.into() }
    })
}

/// Do it, unless it was done before under its key.
async fn once(
    rules: Rules,
    clinic: &Clinic,
    repeatable: Repeatable,
    first: Pin<Box<dyn Future<Output = Result<Said>>>>,
) -> Result<Said> {
    if let Turn::Again { status, body } = idempotency::begin(clinic, &repeatable).await? {
        return Ok(Said::again(status, body));
    }
    match first.await {
        Ok(said) => {
            // It is done either way, and the client must hear so.
            if let Err(away) = idempotency::keep(clinic, repeatable, said.status.as_u16(), &said.body).await {
                tracing::warn!(error = %away, operation = rules.id, "an answer was not kept for its repetition");
            }
            Ok(said)
        }
        Err(error) => {
            // The refusal is what the client must hear; the key frees itself after a while.
            if let Err(away) = idempotency::give_up(clinic, repeatable).await {
                tracing::debug!(error = %away, "an idempotency key was not freed");
            }
            Err(error)
        }
    }
}

fn said<T: Answer>(rules: Rules, answer: &T) -> Result<Said> {
    let body = serde_json::to_string(answer).map_err(Error::fault)?;
    Ok(Said { status: rules.status, body, version: answer.version(), cookie: answer.cookie() })
}

impl Said {
    fn again(status: u16, body: String) -> Self {
        #[derive(Deserialize)]
        struct Versioned {
            version: Option<i64>,
        }
        let version = serde_json::from_str::<Versioned>(&body).ok().and_then(|it| it.version);
        Self { status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body, version, cookie: None }
    }

    pub(super) fn response(self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(version) = self.version {
            response.insert_header((header::ETAG, version::tag(version)));
        }
        if let Some(cookie) = &self.cookie {
            response.insert_header((header::SET_COOKIE, cookie.header()));
        }
        if self.status == StatusCode::NO_CONTENT {
            return response.finish();
        }
        response.content_type("application/json").body(self.body)
    }
}

/// Refuse what was decided on a version that is not the stored one, whatever else there is to say.
pub fn check_seen(seen: Seen, stored: i64) -> std::result::Result<(), Refusal> {
    match seen.version() {
        Some(version) if version != stored => Err(Refusal { version: Some(stored), ..Code::Conflict.into() }),
        Some(_) | None => Ok(()),
    }
}

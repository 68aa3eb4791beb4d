//! Plain WebSocket: one JSON object a text frame, for clients without Socket.IO.

use std::{borrow::Cow, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use actix_socketio::{
    OriginPolicy, Verdict,
    websocket::{self, Limits, Message, Reader, SendError, Writer},
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bedside_protocol::{
    Code, Refusal,
    session::{SessionAuthenticate, SessionClosing},
    webrtc::LeaveReason,
};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    config::Config,
    domain::{
        Clinic,
        session::{Arrival, NotToday, Seated},
    },
    gateway::{
        address::{Addresses, Counted},
        answer::{Answer, error_event, refusal_json},
        conversation,
        socketio::bearer,
    },
    hub::{Encoded, Link, LinkFull, Offset, Session},
    model::closing,
};

/// The subprotocol, for those who ask for one.
pub const SUBPROTOCOL: &str = "bedside.v1";

/// Close code for who may not come in.
const UNAUTHORISED: u16 = 4501;
/// Close code for a defect of ours.
const INTERNAL: u16 = 1011;
/// How long a client may take to answer a close frame.
const GOODBYE: Duration = Duration::from_secs(5);

/// What `/ws` needs.
pub struct PlainDoor {
    clinic: Arc<Clinic>,
    addresses: Arc<Addresses>,
    origins: OriginPolicy,
    limits: Limits,
    connect_timeout: Duration,
    ping_interval: Duration,
    ping_timeout: Duration,
}

impl PlainDoor {
    /// A door of this clinic.
    pub fn new(
        clinic: Arc<Clinic>,
        addresses: Arc<Addresses>,
        config: &Config,
        origins: OriginPolicy,
    ) -> Self {
        let limits = Limits::from(&crate::gateway::socketio::options(config, origins.clone()));
        let connect_timeout = Duration::from_millis(config.socket.connect_timeout_ms);
        let ping_interval = Duration::from_millis(config.socket.ping_interval_ms);
        let ping_timeout = Duration::from_millis(config.socket.ping_timeout_ms);
        Self { clinic, addresses, origins, limits, connect_timeout, ping_interval, ping_timeout }
    }
}

/// One frame of a client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// `GET /ws`
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    door: web::Data<PlainDoor>,
) -> actix_web::Result<HttpResponse> {
    if !request.headers().contains_key(header::UPGRADE) {
        let hint = Refusal::new(Code::Malformed, "/ws is a WebSocket: connect with ws:// or wss://");
        return Ok(HttpResponse::UpgradeRequired()
            .insert_header((header::UPGRADE, "websocket"))
            .content_type("application/problem+json")
            .body(refusal_json(&hint)));
    }
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if door.origins.judge(text(header::ORIGIN), text(header::HOST)) == Verdict::Refused {
        let refusal = Refusal::new(Code::Forbidden, "this origin may not connect");
        return Ok(HttpResponse::Forbidden()
            .content_type("application/problem+json")
            .body(refusal_json(&refusal)));
    }
    let find = |name: &'static str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let address = door.addresses.client(request.peer_addr(), find);
    let allowed = door.addresses.connect(address).and_then(|()| {
        door.clinic.takes_newcomers()?;
        door.addresses.count(address, || {
            let named = crate::http::query_parameter(request.query_string(), "session");
            named.is_some_and(|id| door.clinic.hub.has_session(&id))
        })
    });
    let counted = match allowed {
        Ok(counted) => counted,
        Err(refusal) => return Ok(crate::http::problem::response(&refusal)),
    };
    let token = bearer(text(header::AUTHORIZATION))
        .map(str::to_owned)
        .or_else(|| crate::http::query_parameter(request.query_string(), "token"));
    let limits = door.limits;
    let talk = move |reader, writer| serve(door.into_inner(), reader, writer, token, counted);
    websocket::accept(&request, payload, &[SUBPROTOCOL], limits, talk)
}

async fn serve(
    door: Arc<PlainDoor>,
    mut reader: Reader,
    writer: Writer,
    token: Option<String>,
    counted: Counted,
) {
    let entering = guarded(&writer, enter(&door, &mut reader, &writer, token, &counted));
    let entered = tokio::time::timeout(door.connect_timeout, entering).await;
    let entered = entered.unwrap_or_else(|_elapsed| {
        end(&writer, &closing::authentication_timeout());
        None
    });
    if let Some(Seated { session, generation }) = entered {
        reader.keep_alive(door.ping_interval, door.ping_timeout);
        let clinic = &door.clinic;
        let talking = talk(clinic, &session, &mut reader, &writer);
        guarded(&writer, talking.map(Some)).await;
        if reader.close_code() == Some(1000) {
            clinic.finish(&session, LeaveReason::Left);
        } else {
            clinic.lost(&session, generation);
        }
    }
    // Read on until the client is gone, so that the close frame gets out.
    let gone = async { while let Some(Ok(_)) = reader.next().await {} };
    if tokio::time::timeout(GOODBYE, gone).await.is_err() {
        tracing::debug!("a client went on talking after the end of its session");
    }
}

/// Hear event after event, until either side ends the connection.
async fn talk(clinic: &Clinic, session: &Arc<Session>, reader: &mut Reader, writer: &Writer) {
    while let Some(Ok(message)) = reader.next().await {
        // Nothing is done for a client that was told to go, whatever it still says.
        if writer.is_closing() {
            return;
        }
        match message {
            Message::Text(text) => hear(clinic, session, writer, &text).await,
            Message::Binary(_) => return writer.close(1003, "text only"),
        }
    }
}

/// A panic ends its own connection and nothing else.
async fn guarded<T>(writer: &Writer, work: impl Future<Output = Option<T>>) -> Option<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_panic| {
        tracing::error!("a handler panicked; its connection is closed");
        writer.close(INTERNAL, "internal error");
        None
    })
}

/// Find out who it is, by header, query or first frame.
async fn enter(
    door: &PlainDoor,
    reader: &mut Reader,
    writer: &Writer,
    token: Option<String>,
    counted: &Counted,
) -> Option<Seated> {
    let (id, ask) = match token {
        Some(token) => (None, SessionAuthenticate { token: token.into(), instance_id: None, resume: None }),
        None => match reader.next().await? {
            Ok(Message::Text(text)) => match first_frame(&text) {
                Ok(first) => first,
                Err(refusal) => return refuse(writer, &refusal),
            },
            Ok(Message::Binary(_)) => {
                writer.close(1003, "text only");
                return None;
            }
            Err(_) => return None,
        },
    };
    let clinic = &door.clinic;
    let identity = match clinic.identify(ask.token.as_str()).await {
        Ok(identity) => identity,
        Err(refusal) => return refuse(writer, &refusal),
    };
    let resume = ask.resume.and_then(|resume| Some((resume.id, resume.offset?.parse().ok()?)));
    let arrival = Arrival { identity, instance_id: ask.instance_id, resume };
    let link = Arc::new(PlainLink { writer: writer.clone() });
    let resumed = clinic.resume(&arrival, |missed, session| {
        authenticated(writer, id, session);
        let missed: Vec<_> = missed.iter().map(|(offset, event)| spell(event, Some(*offset))).collect();
        writer.excuse(missed.len(), missed.iter().map(String::len).sum());
        for event in missed {
            say(writer, event);
        }
        Arc::clone(&link) as Arc<dyn Link>
    });
    if resumed.is_some() {
        return resumed;
    }
    let begun = match counted.may_begin() {
        Ok(()) => clinic.arrive(arrival).await,
        Err(full) => Err(NotToday::Refused(full)),
    };
    match begun {
        Ok(session) => {
            authenticated(writer, id, &session);
            let generation = session.attach(link);
            clinic.greet(&session);
            Some(Seated { session, generation })
        }
        Err(NotToday::TooMany) => {
            end(writer, &closing::too_many_connections());
            None
        }
        Err(NotToday::Refused(refusal)) => {
            say(writer, error_frame(None, &refusal));
            end(writer, &closing::not_now(&refusal));
            None
        }
    }
}

fn first_frame(text: &str) -> Result<(Option<u64>, SessionAuthenticate), Refusal> {
    let frame: Frame<'_> = parse(text)?;
    if frame.event != "session:authenticate" {
        return Err(Refusal::new(Code::TokenMissing, "the first frame is session:authenticate"));
    }
    let ask = bedside_protocol::refusal::parse(frame.data.map_or("{}", RawValue::get))?;
    Ok((frame.id, ask))
}

fn parse<'a>(text: &'a str) -> Result<Frame<'a>, Refusal> {
    serde_json::from_str::<Frame<'a>>(text).map_err(|_error| {
        Refusal::new(Code::Malformed, r#"a frame is {"id"?, "event", "data"?} and nothing else"#)
    })
}

fn refuse(writer: &Writer, refusal: &Refusal) -> Option<Seated> {
    say(writer, error_frame(None, refusal));
    writer.close(UNAUTHORISED, refusal.message.clone());
    None
}

fn authenticated(writer: &Writer, id: Option<u64>, session: &Session) {
    if let Some(id) = id {
        let answer = Answer::new(Ok(Clinic::authenticated(session)));
        say(writer, answer_frame(id, &answer));
    }
}

async fn hear(clinic: &Clinic, session: &Arc<Session>, writer: &Writer, text: &str) {
    let (id, name, handled) = match parse(text) {
        Ok(frame) => {
            let data = frame.data.map_or("{}", RawValue::get);
            let handled = conversation::handle(clinic, session, &frame.event, data).await;
            (frame.id, Some(frame.event), handled)
        }
        Err(refusal) => (None, None, conversation::refuse(clinic, session, refusal).await),
    };
    match (id, &handled.answer) {
        (Some(id), answer) => say(writer, answer_frame(id, answer)),
        (None, Answer::Refused(refusal)) => {
            session.mention(&error_event(name.as_deref(), refusal.clone()));
        }
        (None, Answer::Done(_)) => {}
    }
}

fn answer_frame(id: u64, answer: &Answer) -> String {
    match answer {
        Answer::Done(json) => format!(r#"{{"id":{id},"data":{json}}}"#),
        Answer::Refused(refusal) => error_frame(Some(id), refusal),
    }
}

fn error_frame(id: Option<u64>, refusal: &Refusal) -> String {
    let error = refusal_json(refusal);
    match id {
        Some(id) => format!(r#"{{"id":{id},"error":{error}}}"#),
        None => format!(r#"{{"error":{error}}}"#),
    }
}

fn say(writer: &Writer, text: String) {
    if let Err(error) = writer.text(text) {
        tracing::debug!(%error, "an answer found nobody");
    }
}

fn end(writer: &Writer, closing: &SessionClosing) {
    say(writer, spell(&Encoded::new(closing), None));
    writer.close(closing.code, closing.message.clone());
}

/// `{"event":"…","data":{…},"offset":"…"}`
fn spell(event: &Encoded, offset: Option<Offset>) -> String {
    let Encoded { name, data } = event;
    match offset {
        Some(offset) => format!(r#"{{"event":"{name}","data":{data},"offset":"{offset}"}}"#),
        None => format!(r#"{{"event":"{name}","data":{data}}}"#),
    }
}

/// The way back to a plain client.
struct PlainLink {
    writer: Writer,
}

impl Link for PlainLink {
    fn send(&self, event: &Encoded, offset: Option<Offset>) -> Result<(), LinkFull> {
        match self.writer.text(spell(event, offset)) {
            Err(SendError::Full) => Err(LinkFull),
            Ok(()) | Err(SendError::Closed | SendError::Unserialisable) => Ok(()),
        }
    }

    fn shut(&self, code: u16, reason: &str) {
        self.writer.close(code, reason.to_owned());
    }

    fn end(&self, closing: &SessionClosing) {
        end(&self.writer, closing);
    }
}

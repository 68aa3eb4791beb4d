//! One session's events, whatever they came in: limits, order, errors. Both framings speak through this.

use std::sync::Arc;

use bedside_protocol::{ClientEvent, Code, Refusal, recorder::RecorderEvent, session::Role};
use tokio::sync::MutexGuard;

use crate::{
    domain::Clinic,
    gateway::{answer::Answer, router},
    hub::{Session, session::Budget},
    model::{closing, limit::Rate},
};

/// What a recorder says to peers.
const SIGNALS: [&str; 3] = ["webrtc:offer", "webrtc:answer", "webrtc:ice_candidate"];
/// Refusals for speed before a session is told to come back later: ten times the burst of everything else.
const FLOOD: Rate = Rate { per_second: 20.0, burst: 1_000.0 };
/// When a flooding client may come back, in milliseconds.
const FLOOD_PAUSE_MS: u64 = 5_000;

/// An event that was handled. The session's turn ends with this value, so that whoever ends a session in
/// order does not come between an act and its answer.
pub struct Handled<'a> {
    /// What is to be answered.
    pub answer: Answer,
    _turn: MutexGuard<'a, Budget>,
}

/// Handle one event to its end. `data` is the JSON text of its data.
pub async fn handle<'a>(clinic: &Clinic, session: &'a Arc<Session>, name: &str, data: &str) -> Handled<'a> {
    let mut turn = session.turn.lock().await;
    let refused = |turn, refusal| Handled { answer: Answer::Refused(refusal), _turn: turn };
    if session.is_ended() {
        return refused(turn, Code::NotJoined.into());
    }
    if turn.retired {
        return refused(turn, Code::Draining.into());
    }
    if session.actor.role == Role::Recorder {
        // Part of this server, wherever it runs: it says much when many visits begin at once.
        return Handled { answer: hear_recorder(clinic, session, name, data).await, _turn: turn };
    }
    if let Err(refusal) = allow(clinic, &mut turn, name) {
        if turn.floods.take(FLOOD, clinic.clock.monotonic_ms()).is_err() {
            session.close(&closing::flooding(FLOOD_PAUSE_MS));
        }
        return refused(turn, refusal);
    }
    let answer = match ClientEvent::parse(name, data) {
        Ok(event) => router::route(clinic, session, event).await,
        Err(refusal) => return refuse_in(clinic, session, turn, refusal),
    };
    count_error(clinic, session, &mut turn, &answer);
    Handled { answer, _turn: turn }
}

/// A recorder says how its work is, and signals to those whom it records. It has no part in anything else.
async fn hear_recorder(clinic: &Clinic, session: &Arc<Session>, name: &str, data: &str) -> Answer {
    if name.starts_with("recorder:") {
        return match RecorderEvent::parse(name, data) {
            Ok(event) => router::route_recorder(clinic, session, event).await,
            Err(refusal) => Answer::Refused(refusal),
        };
    }
    match ClientEvent::parse(name, data) {
        Ok(event) if name.starts_with("session:") || SIGNALS.contains(&name) => {
            router::route(clinic, session, event).await
        }
        Ok(_) => Answer::Refused(Code::Forbidden.into()),
        Err(refusal) => Answer::Refused(refusal),
    }
}

/// Refuse a frame that holds no event.
pub async fn refuse<'a>(clinic: &Clinic, session: &'a Session, refusal: Refusal) -> Handled<'a> {
    let turn = session.turn.lock().await;
    refuse_in(clinic, session, turn, refusal)
}

fn refuse_in<'a>(
    clinic: &Clinic,
    session: &Session,
    mut turn: MutexGuard<'a, Budget>,
    refusal: Refusal,
) -> Handled<'a> {
    let answer = Answer::Refused(refusal);
    count_error(clinic, session, &mut turn, &answer);
    Handled { answer, _turn: turn }
}

/// Who makes too many mistakes is let go.
fn count_error(clinic: &Clinic, session: &Session, turn: &mut Budget, answer: &Answer) {
    if let Answer::Refused(refusal) = answer
        && counts_as_error(refusal.code)
    {
        let per_minute = clinic.limits.errors_per_minute;
        #[expect(clippy::cast_precision_loss, reason = "a limit, not a sum")]
        let rate = Rate { per_second: per_minute as f32 / 60.0, burst: per_minute as f32 };
        if turn.errors.take(rate, clinic.clock.monotonic_ms()).is_err() {
            session.close(&closing::too_many_errors());
        }
    }
}

/// Whether an event may be handled now.
fn allow(clinic: &Clinic, turn: &mut Budget, name: &str) -> Result<(), Refusal> {
    let limits = &clinic.limits;
    #[expect(clippy::cast_precision_loss, reason = "limits, not sums")]
    let rate = |per_second: u64, burst: u64| Rate { per_second: per_second as f32, burst: burst as f32 };
    let (bucket, rate) = match name {
        "chat:send_message" | "assistant:ask" => {
            (&mut turn.chat, rate(limits.chat_per_second, limits.chat_burst))
        }
        "webrtc:ice_candidate" => {
            (&mut turn.candidates, rate(limits.candidates_per_second, limits.candidates_burst))
        }
        "webrtc:offer" | "webrtc:answer" => {
            (&mut turn.offers, rate(limits.offers_per_second, limits.offers_burst))
        }
        _ => (&mut turn.events, rate(limits.events_per_second, limits.events_burst)),
    };
    bucket.take(rate, clinic.clock.monotonic_ms()).map_err(|wait| {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Refusal::from(Code::RateLimited).retry_after_ms(wait_ms)
    })
}

/// What is the client's mistake, rather than its speed, our state, or the way of the world.
fn counts_as_error(code: Code) -> bool {
    match code {
        Code::Malformed
        | Code::UnknownEvent
        | Code::TokenMissing
        | Code::TokenInvalid
        | Code::TokenExpired
        | Code::TokenNotYetValid
        | Code::CredentialsInvalid
        | Code::NotFound
        | Code::Forbidden
        | Code::NotJoined
        | Code::Conflict
        | Code::InvalidSdp
        | Code::InvalidCandidate
        | Code::TooLarge => true,
        Code::Waiting
        | Code::StaleNegotiation
        | Code::RateLimited
        | Code::Overloaded
        | Code::Draining
        | Code::Unavailable
        | Code::StorageFull
        | Code::ConsentRequired
        | Code::Ended
        | Code::Internal => false,
    }
}

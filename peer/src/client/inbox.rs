//! What a client has heard and nobody has asked for yet, and who waits for what. One per client: it
//! outlives its connections, as the session does.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bedside_protocol::{
    ServerPayload,
    ids::RoomId,
    session::{SessionClosing, SessionHeartbeat, SessionReady},
    webrtc::{WebrtcAnswerHeard, WebrtcIceCandidateHeard, WebrtcOfferHeard},
};
use serde::Deserialize;
use tokio::sync::{Notify, mpsc, oneshot};

use super::{
    error::{Closed, ConnectError, NotHeard},
    frame::{Answered, Heard},
};

/// How many events may lie unheard. A test or a load generator that lets more lie waits for none of
/// them; the oldest go then, and their number is told.
const MAX_UNHEARD: usize = 4_096;

/// How many signals may lie before a call, more than a server replays at once.
const MAX_TAPPED: usize = 1_024;

/// The inbox. Its lock is held for a few lines and never over an await.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
pub(super) struct State {
    unheard: VecDeque<Heard>,
    forgotten: u64,
    awaited: HashMap<u64, oneshot::Sender<Answered>>,
    last_question: u64,
    taps: Vec<Tap>,
    /// The first event of the connection that is open now.
    pub(super) ready: Option<SessionReady>,
    /// With what the session is resumed.
    pub(super) resume_id: Option<String>,
    /// The last event that came with an offset.
    pub(super) offset: Option<String>,
    /// Why the connection that is being made will not be.
    pub(super) rejected: Option<ConnectError>,
    /// How the last connection ended, if none is open.
    pub(super) closed: Option<Closed>,
    closing: Option<SessionClosing>,
}

/// A call that listens for its room's signals.
#[derive(Debug)]
struct Tap {
    room: RoomId,
    signals: mpsc::Sender<Heard>,
}

impl Inbox {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Change something that others may wait for.
    pub(super) fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_waiters();
    }

    /// Wait until `take` finds what it looks for. Cancel-safe.
    pub(super) async fn until<T>(&self, mut take: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = take(&mut self.state()) {
                return found;
            }
            changed.await;
        }
    }

    /// A new connection begins: what the last one left behind is void, what was heard stays.
    pub(super) fn begin(&self) {
        self.update(|state| {
            (state.ready, state.rejected, state.closed, state.closing) = (None, None, None, None);
            state.awaited.clear();
        });
    }

    /// The connection is gone; nobody waits for an answer any more.
    pub(super) fn end(&self, mut closed: Closed) {
        self.update(|state| {
            closed.closing = state.closing.take();
            state.closed = Some(closed);
            state.awaited.clear();
        });
    }

    pub(super) fn answer(&self, id: u64, answered: Answered) {
        if let Some(asker) = self.state().awaited.remove(&id)
            && asker.send(answered).is_err()
        {
            tracing::debug!(id, "an answer came after its asker had gone");
        }
    }

    /// A number for a question, and where its answer arrives. The receiver fails where the connection ends.
    pub(super) fn question(&self) -> (u64, oneshot::Receiver<Answered>) {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        state.last_question += 1;
        let id = state.last_question;
        if state.closed.is_none() {
            state.awaited.insert(id, sender);
        }
        (id, receiver)
    }

    pub(super) fn forget(&self, question: u64) {
        self.state().awaited.remove(&question);
    }

    /// Everything of `webrtc:*` in `room` goes to the receiver from now on: offers, answers and candidates
    /// only there, the rest there too.
    pub(super) fn tap(&self, room: &RoomId) -> mpsc::Receiver<Heard> {
        let (signals, receiver) = mpsc::channel(MAX_TAPPED);
        let mut state = self.state();
        state.taps.retain(|tap| !tap.signals.is_closed());
        state.taps.push(Tap { room: room.clone(), signals });
        receiver
    }

    /// Take in an event, in the order of the wire.
    pub(super) fn hear(&self, heard: Heard) {
        self.update(|state| state.hear(heard));
    }
}

/// Whether this is a word between two peers, and nobody else's concern.
fn is_signal(name: &str) -> bool {
    matches!(name, WebrtcOfferHeard::NAME | WebrtcAnswerHeard::NAME | WebrtcIceCandidateHeard::NAME)
}

impl State {
    fn hear(&mut self, heard: Heard) {
        if let Some(offset) = &heard.offset {
            self.offset = Some(offset.clone());
        }
        match heard.name.as_str() {
            SessionReady::NAME => {
                if let Ok(ready) = serde_json::from_str::<SessionReady>(heard.data.get()) {
                    self.resume_id =
                        ready.resume_id.as_ref().map(ToString::to_string).or(self.resume_id.take());
                    if !ready.resumed {
                        // An offset of another session means nothing in this one.
                        self.offset.clone_from(&heard.offset);
                    }
                    self.ready = Some(ready);
                }
            }
            SessionClosing::NAME => self.closing = serde_json::from_str(heard.data.get()).ok(),
            // They come for ever; the newest says all that the others said.
            SessionHeartbeat::NAME => self.unheard.retain(|other| other.name != heard.name),
            name if name.starts_with("webrtc:") && self.tapped(&heard) && is_signal(name) => return,
            _ => {}
        }
        if self.unheard.len() == MAX_UNHEARD {
            self.unheard.pop_front();
            self.forgotten += 1;
        }
        self.unheard.push_back(heard);
    }

    fn tapped(&mut self, heard: &Heard) -> bool {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct InRoom {
            room_id: RoomId,
        }

        let Ok(InRoom { room_id }) = serde_json::from_str(heard.data.get()) else { return false };
        self.taps.retain(|tap| !tap.signals.is_closed());
        let mut tapped = false;
        for tap in self.taps.iter().filter(|tap| tap.room == room_id) {
            tapped = true;
            if tap.signals.try_send(heard.clone()).is_err() {
                tracing::warn!(room.id = %room_id, event = heard.name, "a call does not keep up with its signals");
            }
        }
        tapped
    }

    /// Take the first unheard event of this name, or of any name.
    pub(super) fn take(&mut self, name: Option<&str>) -> Option<Heard> {
        let place = self.unheard.iter().position(|heard| name.is_none_or(|name| heard.name == name))?;
        self.unheard.remove(place)
    }

    fn names(&self) -> String {
        let mut names: Vec<_> = self.unheard.iter().map(|heard| heard.name.as_str()).collect();
        names.dedup();
        let mut names = names.join(", ");
        if self.forgotten > 0 {
            names = format!("{} forgotten, {names}", self.forgotten);
        }
        names
    }

    /// Why `event` was not heard.
    pub(super) fn silence(&self, event: &str, after: Duration) -> NotHeard {
        let (event, unheard) = (event.to_owned(), self.names());
        match &self.closed {
            Some(closed) => NotHeard::Closed { event, closed: closed.clone(), unheard },
            None => NotHeard::TimedOut { event, after, unheard },
        }
    }
}

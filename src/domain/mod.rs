//! The verbs of a clinic: what people do with visits. Knows no sockets and no SQL.
//!
//! Authority is derived anew for each verb, from what is stored and never from what a client says.

pub mod account;
pub mod assistant;
pub mod attachment;
pub mod call;
pub mod chat;
pub mod consultation;
pub mod conversation;
pub mod housekeeping;
pub mod invitation;
pub mod own_session;
pub mod presence;
pub mod recording;
pub mod session;
pub mod signal;
pub(crate) mod size;
pub(crate) mod stored;
mod waiting;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bedside_protocol::{Code, Refusal, ids::RoomId, text::Timestamp};
use tokio::sync::Notify;

use self::{
    account::Accounts, assistant::Assistants, attachment::Attachments, recording::delivery::Deliveries,
};
use crate::{
    auth::{Minter, ServerKey, Verifier},
    clock::Clock,
    config::{
        Config, Limits, Recording as RecordingSettings, Socket, Storage as StorageSettings,
        Visit as VisitSettings,
    },
    error::Result,
    hub::{Encoded, Hub, Room, Session},
    model::{actor::Actor, consent_text::ConsentText, part::Part, visit::Visit},
    store::Store,
    turn::Turn,
    vault::Vault,
};

/// When a client may try again that met a server on its way down, in milliseconds.
const DRAINING_PAUSE_MS: u64 = 2_000;

/// Everything that verbs need. One for a server.
pub struct Clinic {
    /// What lasts.
    pub store: Store,
    /// Who is here.
    pub hub: Arc<Hub>,
    /// The time.
    pub clock: Clock,
    /// How much one client may ask for.
    pub limits: Limits,
    /// Sockets' times.
    pub socket: Socket,
    /// Visits' times.
    pub visit: VisitSettings,
    /// Recordings: whether, how long, how many.
    pub recording: RecordingSettings,
    /// What people agree to before they are recorded.
    pub consent_text: ConsentText,
    /// Whose tokens are good.
    pub verifier: Arc<Verifier>,
    /// Makes tokens for invitations.
    pub minter: Minter,
    /// Derives peer ids.
    pub key: ServerKey,
    /// STUN and TURN servers.
    pub turn: Turn,
    /// Sealed files and their keys.
    pub vault: Vault,
    /// How much of them there may be.
    pub storage: StorageSettings,
    /// The machines that may be asked.
    pub assistants: Arc<Assistants>,
    /// Who logs in, and how often they fail.
    pub(crate) accounts: Accounts,
    /// The files that come in and go.
    pub(crate) attachments: Attachments,
    pub(crate) deliveries: Deliveries,
    /// Rung when a recording is to be looked at before its time.
    pub(crate) recordings_due: Notify,
    /// Whether the server is on its way down.
    draining: AtomicBool,
}

/// What a [`Clinic`] is made of.
#[expect(missing_docs, reason = "as the fields of Clinic")]
pub struct Parts {
    pub store: Store,
    pub hub: Arc<Hub>,
    pub clock: Clock,
    pub verifier: Arc<Verifier>,
    pub minter: Minter,
    pub key: ServerKey,
    pub turn: Turn,
    pub consent_text: ConsentText,
    pub vault: Vault,
    pub assistants: Arc<Assistants>,
}

/// Somebody's way into a consultation: proof that they have a part in it.
pub struct Access {
    /// Its room.
    pub room: Arc<Room>,
    /// The consultation, as stored last.
    pub visit: Arc<Visit>,
    /// Their part.
    pub part: Part,
}

impl Clinic {
    /// Put the parts together.
    pub fn new(config: &Config, parts: Parts) -> Self {
        let Parts { store, hub, clock, verifier, minter, key, turn, consent_text, vault, assistants } = parts;
        Self {
            store,
            hub,
            clock,
            limits: config.limits.clone(),
            socket: config.socket.clone(),
            visit: config.visit.clone(),
            recording: config.recording.clone(),
            consent_text,
            verifier,
            minter,
            key,
            turn,
            vault,
            storage: config.storage.clone(),
            assistants,
            accounts: Accounts::new(&config.accounts),
            attachments: Attachments::default(),
            deliveries: Deliveries::default(),
            recordings_due: Notify::new(),
            draining: AtomicBool::new(false),
        }
    }

    /// The time of day, as it stands on the wire.
    pub fn now(&self) -> Timestamp {
        self.clock.now().into()
    }

    /// Take no new sessions and joins from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the server is on its way down.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// A server that goes down takes no new sessions and joins.
    pub fn takes_newcomers(&self) -> std::result::Result<(), Refusal> {
        if self.is_draining() {
            return Err(Refusal::from(Code::Draining).retry_after_ms(DRAINING_PAUSE_MS));
        }
        Ok(())
    }

    /// Count a room that a session is about to enter, unless it has joined as many as it may.
    pub(crate) fn count_room(&self, session: &Session, room: &RoomId) -> Result<()> {
        let most = usize::try_from(self.limits.rooms_per_session).unwrap_or(usize::MAX);
        if session.remember(room, most) {
            return Ok(());
        }
        let refusal = Refusal::new(Code::Overloaded, "this session has joined as many rooms as it may");
        Err(refusal.retry_after_ms(1_000).into())
    }

    /// Somebody's way into a consultation. Strangers get the answer of one that does not exist.
    pub async fn access(&self, actor: &Actor, id: &RoomId) -> Result<Access> {
        let room = self.room_for(actor, id).await?;
        let visit = room.visit();
        let part = Part::of(actor, &visit)?;
        Ok(Access { room, visit, part })
    }

    /// The room of somebody who has a part in its consultation. A stranger learns nothing from the time either: one look
    /// at the database, whether there is such a room or not, and whether it is open or not.
    pub(crate) async fn room_for(&self, actor: &Actor, id: &RoomId) -> Result<Arc<Room>> {
        if let Some(room) = self.hub.room(id)
            && Part::of(actor, &room.lock().visit).is_ok()
        {
            return Ok(room);
        }
        let visit = self.stored(id).await?;
        Part::of(actor, &visit)?;
        self.open(visit).await
    }

    /// A consultation's room, opened where it was not.
    pub(crate) async fn room(&self, id: &RoomId) -> Result<Arc<Room>> {
        match self.hub.room(id) {
            Some(room) => Ok(room),
            None => self.open(self.stored(id).await?).await,
        }
    }

    async fn stored(&self, id: &RoomId) -> Result<Visit> {
        Ok(self.store.visit(id).await?.ok_or(Code::NotFound)?.into())
    }

    async fn open(&self, visit: Visit) -> Result<Arc<Room>> {
        let id = &visit.id.clone();
        let room = self.hub.open(Room::new(visit));
        // What was committed between reading and opening rang no bell here: read once more.
        let head = self.store.head(id).await?;
        if let Some(visit) = self.store.visit(id).await? {
            room.update(visit.into());
        }
        let mut state = room.lock();
        state.head = state.head.max(head);
        drop(state);
        Ok(room)
    }

    /// Take what was stored, and tell everyone with a part in it.
    pub(crate) async fn changed(&self, visit: Visit) -> Result<Arc<Visit>> {
        let room = self.room(&visit.id).await?;
        let visit = room.update(visit);
        self.tell_updated(&visit);
        Ok(visit)
    }

    fn tell_updated(&self, visit: &Visit) {
        use bedside_protocol::consultation::ConsultationUpdated;
        for place in visit.present() {
            let sessions = self.hub.presence.sessions_of(&place.user_id);
            if !sessions.is_empty() {
                let event =
                    Encoded::new(&ConsultationUpdated { consultation: visit.seen_by(&place.user_id) });
                for session in sessions {
                    session.tell(&event);
                }
            }
        }
    }
}

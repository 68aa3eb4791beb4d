//! The room's log: what is in it, and how it is read. It is written by [`super::append`].

use std::{borrow::Cow, fmt, sync::Arc};

use bedside_entity::{room, room_event};
use bedside_protocol::ids::{ClientMessageId, MessageId, RoomId, UserId};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use serde_json::value::RawValue;

use super::{
    Store,
    error::{Fault, StoreError},
    row::{from_seq, stored, to_seq},
};

/// The most rows that a page holds.
pub const PAGE_ROWS: u64 = 100;
/// A page ends before it grows beyond this, unless a single row does.
pub const PAGE_BYTES: usize = 256 * 1024;

/// A row to be written.
pub struct NewEvent {
    /// What it is, as it stands on the wire.
    pub kind: &'static str,
    /// Who did it; `None` is the server.
    pub by: Option<UserId>,
    /// What the actor calls it: asked again, the first row is given back.
    pub client_key: Option<ClientMessageId>,
    /// The message's id, where it is one.
    pub message_id: Option<MessageId>,
    /// What it says. The store does not look inside.
    pub payload: Arc<RawValue>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What must hold when it is written.
    pub guard: Guard,
}

/// What must hold for a write, looked at inside its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The room is not closed, or it is [`StoreError::Ended`].
    Open,
    /// The room exists.
    Exists,
}

/// A row of a room's log.
#[derive(Clone)]
pub struct LogRow {
    /// The room.
    pub room: RoomId,
    /// Its place: 1, 2, 3 … without a hole.
    pub seq: u64,
    /// What it is, as it stands on the wire.
    pub kind: Cow<'static, str>,
    /// Who did it; `None` is the server.
    pub by: Option<UserId>,
    /// What the actor calls it.
    pub client_key: Option<ClientMessageId>,
    /// The message's id, where it is one.
    pub message_id: Option<MessageId>,
    /// What it says, as it was given.
    pub payload: Arc<RawValue>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The row that took this one back.
    pub redacted_seq: Option<u64>,
}

impl fmt::Debug for LogRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { room, seq, kind, payload, .. } = self;
        write!(f, "LogRow({room} {seq} {kind}, {} bytes)", payload.get().len())
    }
}

impl TryFrom<room_event::Model> for LogRow {
    type Error = StoreError;

    fn try_from(row: room_event::Model) -> Result<Self, StoreError> {
        let payload = RawValue::from_string(row.payload.0).ok().ok_or(Fault::column("room_event.payload"))?;
        let by = (!row.actor_id.is_empty()).then_some(row.actor_id);
        Ok(Self {
            room: stored("room_event.room_id", &row.room_id)?,
            seq: from_seq(row.seq),
            kind: row.kind.into(),
            by: by.map(|id| stored("room_event.actor_id", &id)).transpose()?,
            client_key: row.client_key.map(|key| stored("room_event.client_key", &key)).transpose()?,
            message_id: row.event_id.map(|id| stored("room_event.event_id", &id)).transpose()?,
            payload: payload.into(),
            at: row.at,
            redacted_seq: row.redacted_seq.map(from_seq),
        })
    }
}

/// Which part of the log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Rows after this one; 0 for all. What must not be read by somebody ends here, too.
    pub after: u64,
    /// Rows before this one.
    pub before: Option<u64>,
    /// Which rows to give where there are more than a page.
    pub from: End,
}

/// An end of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The oldest rows first: for catching up.
    Oldest,
    /// The newest rows: for looking back. They are given oldest first all the same.
    Newest,
}

/// How much a page of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// Rows.
    pub rows: u64,
    /// Bytes, unless a single row has more.
    pub bytes: usize,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { rows: PAGE_ROWS, bytes: PAGE_BYTES }
    }
}

/// A page of the log.
#[derive(Debug, Clone)]
pub struct Page {
    /// Oldest first.
    pub rows: Vec<LogRow>,
    /// Whether the span has rows that are not in this page.
    pub more: bool,
    /// The newest row of the room, at least as new as those given.
    pub last_seq: u64,
}

impl Store {
    /// A page of a room's log: at most `size`, [`PAGE_ROWS`] rows and about [`PAGE_BYTES`].
    pub async fn events(&self, room: &RoomId, span: Span, size: PageSize) -> Result<Page, StoreError> {
        let room = room.as_str().to_owned();
        let size = PageSize { rows: size.rows.clamp(1, PAGE_ROWS), bytes: size.bytes.min(PAGE_BYTES) };
        self.read(async move |db| {
            let rows = span_query(&room, span).limit(size.rows + 1).all(&db).await?;
            // Asked after the rows, so that it is not older than they are.
            let last_seq = last_seq(&db, &room).await?;
            page(rows, size, span.from, last_seq)
        })
        .await
    }

    /// The newest row of a room: what a heartbeat tells.
    pub async fn head(&self, room: &RoomId) -> Result<u64, StoreError> {
        let room = room.as_str().to_owned();
        self.read(async move |db| last_seq(&db, &room).await).await
    }

    /// A message of a room by its id.
    pub async fn message(&self, room: &RoomId, message: &MessageId) -> Result<Option<LogRow>, StoreError> {
        let (room, message) = (room.as_str().to_owned(), message.as_str().to_owned());
        self.read(async move |db| {
            let row = room_event::Entity::find()
                .filter(room_event::Column::RoomId.eq(room))
                .filter(room_event::Column::EventId.eq(message))
                .one(&db)
                .await?;
            row.map(LogRow::try_from).transpose()
        })
        .await
    }
}

async fn last_seq(db: &impl ConnectionTrait, room: &str) -> Result<u64, StoreError> {
    let head = room::Entity::find_by_id(room).one(db).await?.ok_or(StoreError::NotFound)?;
    Ok(from_seq(head.last_seq))
}

fn span_query(room: &str, span: Span) -> sea_orm::Select<room_event::Entity> {
    let order = match span.from {
        End::Oldest => Order::Asc,
        End::Newest => Order::Desc,
    };
    let query = room_event::Entity::find()
        .filter(room_event::Column::RoomId.eq(room))
        .filter(room_event::Column::Seq.gt(to_seq(span.after)))
        .order_by(room_event::Column::Seq, order);
    match span.before {
        Some(before) => query.filter(room_event::Column::Seq.lt(to_seq(before))),
        None => query,
    }
}

/// Cut what was read, in reading order, to a page.
fn page(read: Vec<room_event::Model>, size: PageSize, from: End, last_seq: u64) -> Result<Page, StoreError> {
    let found = read.len();
    let limit = usize::try_from(size.rows).unwrap_or(found);
    let mut rows = Vec::with_capacity(found.min(limit));
    let mut bytes = 0;
    for row in read.into_iter().take(limit) {
        bytes += row.payload.0.len();
        if bytes > size.bytes && !rows.is_empty() {
            break;
        }
        rows.push(LogRow::try_from(row)?);
    }
    if from == End::Newest {
        rows.reverse();
    }
    Ok(Page { more: rows.len() < found, rows, last_seq })
}

//! Writing the log: a run of rows, of any rooms, in one transaction.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use bedside_entity::{room, room_event};
use bedside_protocol::ids::{ClientMessageId, MessageId, RoomId, UserId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Query, TableRef, Value, ValueTuple},
};

use super::{
    error::StoreError,
    log::{Guard, LogRow, NewEvent},
    row::{from_seq, padded, statements, to_seq},
};

/// A row that is to be appended to a room.
pub(super) struct Append {
    pub(super) room: RoomId,
    pub(super) event: NewEvent,
}

/// What became of an append.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The row as it is stored.
    pub row: Arc<LogRow>,
    /// Whether it had been stored before, under the same key.
    pub duplicate: bool,
}

/// The transaction that a batch of writes shares.
pub(super) struct Tx<'a> {
    pub(super) db: &'a DatabaseTransaction,
    /// The rows that become facts with the commit.
    pub(super) rows: &'a mut Vec<Arc<LogRow>>,
}

/// Where a room's log stands, under the lock that its row is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) last_seq: u64,
    pub(super) closed: bool,
}

/// Whether a batch looks for rows that are stored under its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Hardly a message is a retry, so that looking would be in vain. The unique index tells, and the batch
    /// is run again.
    Unseen,
    /// Look first.
    LookedUp,
}

type Key = (RoomId, Option<UserId>, ClientMessageId);
type Stored = HashMap<Key, Arc<LogRow>>;

/// Append all of `asked`, in that order. What is refused is refused by itself; an error is everybody's.
pub(super) async fn append_all(
    tx: &mut Tx<'_>,
    asked: &[&Append],
    keys: Keys,
) -> Result<Vec<Result<Appended, StoreError>>, StoreError> {
    let mut stored = match keys {
        Keys::Unseen => Stored::new(),
        Keys::LookedUp => find_stored(tx.db, asked.iter().copied()).await?,
    };
    let wanted = places_wanted(asked, &stored);
    let mut heads = take_places(tx.db, &wanted).await?;
    if keys == Keys::Unseen {
        // A retry gets its first answer also after the end.
        let closed = |append: &&Append| heads.get(&append.room).is_some_and(|head| head.closed);
        stored = find_stored(tx.db, asked.iter().copied().filter(closed)).await?;
    }
    let mut fresh = Vec::with_capacity(asked.len());
    let outcomes = asked
        .iter()
        .map(|append| {
            let key = key(append);
            if let Some(row) = key.as_ref().and_then(|key| stored.get(key)) {
                return Ok(Appended { row: Arc::clone(row), duplicate: true });
            }
            let head = heads.get_mut(&append.room).ok_or(StoreError::NotFound)?;
            if append.event.guard == Guard::Open && head.closed {
                return Err(StoreError::Ended);
            }
            head.last_seq += 1;
            let row = Arc::new(append.event.as_row(&append.room, head.last_seq));
            fresh.push(Arc::clone(&row));
            // A second one with this key in the same batch is this row.
            stored.extend(key.map(|key| (key, Arc::clone(&row))));
            Ok(Appended { row, duplicate: false })
        })
        .collect();
    insert(tx, fresh).await?;
    Ok(outcomes)
}

/// How many rows a room's log is to grow by: always, and if the room is open.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    always: i64,
    if_open: i64,
}

fn places_wanted<'a>(asked: &[&'a Append], stored: &Stored) -> BTreeMap<&'a RoomId, Wanted> {
    let mut wanted: BTreeMap<&RoomId, Wanted> = BTreeMap::new();
    let mut seen = HashSet::with_capacity(asked.len());
    for append in asked {
        let room = wanted.entry(&append.room).or_default();
        if key(append).is_some_and(|key| stored.contains_key(&key) || !seen.insert(key)) {
            continue;
        }
        match append.event.guard {
            Guard::Open => room.if_open += 1,
            Guard::Exists => room.always += 1,
        }
    }
    wanted
}

/// Let the logs of some rooms grow, and say where they stood before. From here to the commit nobody else's
/// rows get a place in them.
async fn take_places(
    db: &DatabaseTransaction,
    wanted: &BTreeMap<&RoomId, Wanted>,
) -> Result<BTreeMap<RoomId, Head>, StoreError> {
    let column = |column| Expr::col((room::Entity, column));
    let wanted: Vec<(&RoomId, Wanted)> = wanted.iter().map(|(room, wanted)| (*room, *wanted)).collect();
    let mut heads = BTreeMap::new();
    for wanted in statements(db.get_database_backend(), &wanted, |(room, _)| room.as_str().len() + 40) {
        let values = wanted.iter().map(|(room, wanted)| {
            ValueTuple::Three(room.as_str().into(), wanted.always.into(), wanted.if_open.into())
        });
        let values = padded(values.collect(), &ValueTuple::Three("".into(), 0_i64.into(), 0_i64.into()));
        let if_open = Expr::case(column(room::Column::Closed), 0_i64).finally(Expr::col(("v", "column3")));
        let update = Query::update()
            .table(room::Entity)
            .value(
                room::Column::LastSeq,
                column(room::Column::LastSeq).add(Expr::col(("v", "column2"))).add(if_open),
            )
            .from(TableRef::ValuesList(values, "v".into()))
            .and_where(column(room::Column::Id).equals(("v", "column1")))
            .returning(Query::returning().columns([
                room::Column::Id,
                room::Column::LastSeq,
                room::Column::Closed,
            ]))
            .take();
        for row in db.query_all(&update).await? {
            let row = room::Model::from_query_result(&row, "")?;
            let Ok(at) = wanted.binary_search_by(|(room, _)| room.as_str().cmp(&row.id)) else { continue };
            let Some((room, wanted)) = wanted.get(at) else { continue };
            let taken = wanted.always + if row.closed { 0 } else { wanted.if_open };
            heads.insert(
                RoomId::clone(room),
                Head { last_seq: from_seq(row.last_seq - taken), closed: row.closed },
            );
        }
    }
    Ok(heads)
}

/// Append rows to one room whose lock is held; keys are not looked at. The head is the caller's to store.
pub(super) async fn append_under_lock(
    tx: &mut Tx<'_>,
    room: &RoomId,
    head: &mut Head,
    events: &[NewEvent],
) -> Result<Vec<Arc<LogRow>>, StoreError> {
    let mut next = || {
        head.last_seq += 1;
        head.last_seq
    };
    let rows: Vec<_> = events.iter().map(|event| Arc::new(event.as_row(room, next()))).collect();
    insert(tx, rows.clone()).await?;
    Ok(rows)
}

/// Lock the rooms that exist, always in the same order, so that two nodes never wait for each other.
/// On SQLite the transaction itself is the lock.
pub(super) async fn lock_rooms<'a>(
    db: &DatabaseTransaction,
    rooms: impl Iterator<Item = &'a RoomId>,
) -> Result<BTreeMap<RoomId, Head>, StoreError> {
    let mut ids: Vec<&RoomId> = rooms.collect();
    ids.sort_unstable();
    ids.dedup();
    let mut heads = BTreeMap::new();
    for ids in statements(db.get_database_backend(), &ids, |id| id.as_str().len()) {
        let rows = room::Entity::find()
            .filter(room::Column::Id.is_in(ids.iter().map(|id| id.as_str())))
            .order_by_asc(room::Column::Id)
            .lock_exclusive()
            .all(db)
            .await?;
        for row in rows {
            let Ok(at) = ids.binary_search_by(|id| id.as_str().cmp(&row.id)) else { continue };
            let Some(id) = ids.get(at) else { continue };
            heads.insert(RoomId::clone(id), Head { last_seq: from_seq(row.last_seq), closed: row.closed });
        }
    }
    Ok(heads)
}

/// Lock one room.
pub(super) async fn lock_room(db: &DatabaseTransaction, room: &RoomId) -> Result<Head, StoreError> {
    let heads = lock_rooms(db, std::iter::once(room)).await?;
    heads.get(room).copied().ok_or(StoreError::NotFound)
}

fn key(append: &Append) -> Option<Key> {
    let key = append.event.client_key.clone()?;
    Some((append.room.clone(), append.event.by.clone(), key))
}

/// The rows that are stored under keys that are asked for again.
async fn find_stored<'a>(
    db: &DatabaseTransaction,
    asked: impl Iterator<Item = &'a Append>,
) -> Result<Stored, StoreError> {
    let keys: Vec<Key> = asked.filter_map(key).collect();
    let mut found = Stored::with_capacity(keys.len());
    let bytes =
        |(room, by, key): &Key| room.as_str().len() + actor(by.as_ref()).len() + key.as_str().len() + 20;
    for keys in statements(db.get_database_backend(), &keys, bytes) {
        let values = keys.iter().map(|(room, by, key)| {
            ValueTuple::Three(room.as_str().into(), actor(by.as_ref()).into(), key.as_str().into())
        });
        let value = |column| Expr::col(("v", column));
        let mut query = room_event::Entity::find();
        // A join and not `IN`: SQLite takes no list of rows there, and PostgreSQL plans a long one slowly.
        QueryTrait::query(&mut query).from_values(values, "v");
        let rows = query
            .filter(value("column1").equals((room_event::Entity, room_event::Column::RoomId)))
            .filter(value("column2").equals((room_event::Entity, room_event::Column::ActorId)))
            .filter(value("column3").equals((room_event::Entity, room_event::Column::ClientKey)))
            .all(db)
            .await?;
        for row in rows {
            let row = Arc::new(LogRow::try_from(row)?);
            let Some(key) = row.client_key.clone() else { continue };
            found.insert((row.room.clone(), row.by.clone(), key), row);
        }
    }
    Ok(found)
}

/// The row that is stored already under this one's key.
pub(super) async fn find_one(
    db: &DatabaseTransaction,
    append: &Append,
) -> Result<Option<Arc<LogRow>>, StoreError> {
    Ok(find_stored(db, std::iter::once(append)).await?.into_values().next())
}

/// The column is part of a unique index, where nothing would meet nothing twice.
fn actor(by: Option<&UserId>) -> &str {
    by.map_or("", UserId::as_str)
}

async fn insert(tx: &mut Tx<'_>, rows: Vec<Arc<LogRow>>) -> Result<(), StoreError> {
    let bytes = |row: &Arc<LogRow>| {
        let ids =
            [row.room.as_str().len(), actor(row.by.as_ref()).len(), row.kind.len()].iter().sum::<usize>();
        let key = row.client_key.as_ref().map_or(0, |key| key.as_str().len());
        ids + key + row.message_id.as_ref().map_or(0, |id| id.as_str().len()) + row.payload.get().len() + 80
    };
    for rows in statements(tx.db.get_database_backend(), &rows, bytes) {
        let values = padded(rows.iter().map(|row| values(row)).collect(), &no_row());
        let places = (1..=COLUMNS.len()).map(|place| ("v", format!("column{place}")));
        let rows = Query::select()
            .columns(places)
            .from_values(values, "v")
            .and_where(Expr::col(("v", "column1")).ne(""))
            .take();
        let mut insert = Query::insert();
        let insert = insert.into_table(room_event::Entity).columns(COLUMNS).select_from(rows);
        tx.db.execute(insert.map_err(|error| DbErr::Custom(error.to_string()))?).await?;
    }
    tx.rows.extend(rows);
    Ok(())
}

/// In the order of [`values`].
const COLUMNS: [room_event::Column; 9] = [
    room_event::Column::RoomId,
    room_event::Column::Seq,
    room_event::Column::Kind,
    room_event::Column::ActorId,
    room_event::Column::ClientKey,
    room_event::Column::EventId,
    room_event::Column::Payload,
    room_event::Column::At,
    room_event::Column::RedactedSeq,
];

fn values(row: &LogRow) -> ValueTuple {
    ValueTuple::Many(vec![
        row.room.as_str().into(),
        to_seq(row.seq).into(),
        row.kind.as_ref().into(),
        actor(row.by.as_ref()).into(),
        row.client_key.as_ref().map(ClientMessageId::as_str).into(),
        row.message_id.as_ref().map(MessageId::as_str).into(),
        row.payload.get().into(),
        row.at.into(),
        row.redacted_seq.map(to_seq).into(),
    ])
}

/// What fills a statement up: no room has an empty id.
fn no_row() -> ValueTuple {
    let (text, number) = (Value::from(""), Value::from(0_i64));
    let at = DateTime::<Utc>::UNIX_EPOCH.into();
    let (no_text, no_number) = (Value::String(None), Value::BigInt(None));
    ValueTuple::Many(vec![
        text.clone(),
        number,
        text.clone(),
        text.clone(),
        no_text.clone(),
        no_text,
        text,
        at,
        no_number,
    ])
}

/// Store where the log of one room stands now, and whether it is closed.
pub(super) async fn set_head(db: &DatabaseTransaction, room: &RoomId, head: Head) -> Result<(), StoreError> {
    let row = room::ActiveModel {
        id: Set(room.to_string()),
        last_seq: Set(to_seq(head.last_seq)),
        closed: Set(head.closed),
    };
    room::Entity::update(row).exec(db).await?;
    Ok(())
}

impl NewEvent {
    fn as_row(&self, room: &RoomId, seq: u64) -> LogRow {
        LogRow {
            room: room.clone(),
            seq,
            kind: self.kind.into(),
            by: self.by.clone(),
            client_key: self.client_key.clone(),
            message_id: self.message_id.clone(),
            payload: Arc::clone(&self.payload),
            at: self.at,
            redacted_seq: None,
        }
    }
}

//! Writing the log: a run of rows, of any rooms, in one transaction.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bedside_entity::{room, room_event};
use bedside_protocol::ids::{ClientMessageId, RoomId, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, Query, TableRef, Value, ValueTuple},
};

use super::{
    error::StoreError,
    log::{Guard, LogRow, NewEvent},
    row::{from_seq, statements, to_seq},
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

type Key = (RoomId, Option<UserId>, ClientMessageId);

/// Append all of `asked`, in that order. What is refused is refused by itself; an error is everybody's.
pub(super) async fn append_all(
    tx: &mut Tx<'_>,
    asked: &[&Append],
) -> Result<Vec<Result<Appended, StoreError>>, StoreError> {
    let mut heads = lock_rooms(tx.db, asked.iter().map(|append| &append.room)).await?;
    let before = heads.clone();
    let mut stored = find_stored(tx.db, asked).await?;
    let mut fresh = Vec::with_capacity(asked.len());
    let outcomes = asked
        .iter()
        .map(|append| {
            let head = heads.get_mut(&append.room).ok_or(StoreError::NotFound)?;
            let key = key(append);
            if let Some(row) = key.as_ref().and_then(|key| stored.get(key)) {
                return Ok(Appended { row: Arc::clone(row), duplicate: true });
            }
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
    let grown =
        |(room, head): &(&RoomId, &Head)| before.get(*room).is_none_or(|old| old.last_seq < head.last_seq);
    let grown: Vec<_> = heads.iter().filter(grown).collect();
    set_heads(tx.db, &grown).await?;
    Ok(outcomes)
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
    for ids in statements(&ids, |id| id.as_str().len()) {
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
async fn find_stored(
    db: &DatabaseTransaction,
    asked: &[&Append],
) -> Result<HashMap<Key, Arc<LogRow>>, StoreError> {
    let keys: Vec<Key> = asked.iter().filter_map(|append| key(append)).collect();
    let mut found = HashMap::with_capacity(keys.len());
    for keys in statements(&keys, |(room, by, key)| {
        room.as_str().len() + actor(by.as_ref()).len() + key.as_str().len()
    }) {
        let values: Vec<ValueTuple> = keys
            .iter()
            .map(|(room, by, key)| {
                ValueTuple::Three(room.as_str().into(), actor(by.as_ref()).into(), key.as_str().into())
            })
            .collect();
        let value = |column| Expr::col(("v", column));
        let mut query = room_event::Entity::find();
        // A join and not `IN`: SQLite takes no list of rows there, and PostgreSQL plans a long one slowly.
        QueryTrait::query(&mut query).from_values(values, "v");
        let rows = query
            .filter(Expr::col((room_event::Entity, room_event::Column::RoomId)).equals(("v", "column1")))
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

/// The column is part of a unique index, where nothing would meet nothing twice.
fn actor(by: Option<&UserId>) -> &str {
    by.map_or("", UserId::as_str)
}

async fn insert(tx: &mut Tx<'_>, rows: Vec<Arc<LogRow>>) -> Result<(), StoreError> {
    let bytes = |row: &Arc<LogRow>| {
        let ids =
            [row.room.as_str().len(), actor(row.by.as_ref()).len(), row.kind.len()].iter().sum::<usize>();
        let key = row.client_key.as_ref().map_or(0, |key| key.as_str().len());
        ids + key + row.message_id.as_ref().map_or(0, |id| id.as_str().len()) + row.payload.get().len() + 24
    };
    for rows in statements(&rows, bytes) {
        let models = rows.iter().map(|row| room_event::ActiveModel {
            room_id: Set(row.room.to_string()),
            seq: Set(to_seq(row.seq)),
            kind: Set(row.kind.clone().into_owned()),
            actor_id: Set(actor(row.by.as_ref()).to_owned()),
            client_key: Set(row.client_key.as_ref().map(ToString::to_string)),
            event_id: Set(row.message_id.as_ref().map(ToString::to_string)),
            payload: Set(row.payload.get().into()),
            at: Set(row.at),
            redacted_seq: Set(None),
        });
        room_event::Entity::insert_many(models).exec_without_returning(tx.db).await?;
    }
    tx.rows.extend(rows);
    Ok(())
}

/// Store where the logs of some rooms stand now.
async fn set_heads(db: &DatabaseTransaction, heads: &[(&RoomId, &Head)]) -> Result<(), StoreError> {
    for heads in statements(heads, |(room, _)| room.as_str().len() + 8) {
        let values: Vec<ValueTuple> = heads
            .iter()
            .map(|(room, head)| ValueTuple::Two(room.as_str().into(), Value::from(to_seq(head.last_seq))))
            .collect();
        let update = Query::update()
            .table(room::Entity)
            .value(room::Column::LastSeq, Expr::col(("v", "column2")))
            .from(TableRef::ValuesList(values, "v".into()))
            .and_where(Expr::col((room::Entity, room::Column::Id)).equals(("v", "column1")))
            .take();
        db.execute(&update).await?;
    }
    Ok(())
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

//! Receipts: how far each has read. They are the participant's state, never run backwards, and those of a
//! batch are one statement.

use std::collections::{BTreeMap, HashMap};

use bedside_entity::{participant, room};
use bedside_protocol::ids::{RoomId, UserId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QueryTrait,
    sea_query::{Expr, LockType, Query, TableRef, ValueTuple},
};

use super::{
    Store,
    error::StoreError,
    job::{Asked, Job},
    row::{from_seq, statements, to_seq},
};

/// Somebody says how far they have read.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// What they have read.
    pub reached: Reached,
    /// Up to this row; a row that is not there yet counts as the newest.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
}

/// How far a row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// To the device.
    Delivered,
    /// To the eyes, and so to the device.
    Seen,
}

/// What a mark has moved: the row that is now the newest, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marked {
    /// What reached them.
    pub delivered: Option<u64>,
    /// What they have seen.
    pub seen: Option<u64>,
}

impl Store {
    /// Note how far somebody has read.
    ///
    /// [`StoreError::NotFound`]: they have no part in it.
    pub async fn mark(&self, mark: Mark) -> Result<Marked, StoreError> {
        let (job, answer) = Asked::new(mark);
        self.submit(Job::Mark(job), answer).await
    }
}

type Part = (String, String);

/// Note all of `asked`, in that order.
pub(super) async fn mark_all(
    db: &DatabaseTransaction,
    asked: &[&Mark],
) -> Result<Vec<Result<Marked, StoreError>>, StoreError> {
    let mut parts = lock_parts(db, asked).await?;
    let heads = heads(db, asked).await?;
    let mut moved: BTreeMap<Part, participant::Model> = BTreeMap::new();
    let outcomes = asked
        .iter()
        .map(|mark| {
            let key = mark.part();
            let part = parts.get_mut(&key).ok_or(StoreError::NotFound)?;
            let head = heads.get(mark.room.as_str()).copied().unwrap_or(0);
            let seq = Ord::min(mark.seq, head);
            let marked = mark.apply(seq, part);
            if marked != Marked::default() {
                moved.insert(key, part.clone());
            }
            Ok(marked)
        })
        .collect();
    store(db, &moved.into_values().collect::<Vec<_>>()).await?;
    Ok(outcomes)
}

impl Mark {
    fn part(&self) -> Part {
        (self.room.to_string(), self.user.to_string())
    }

    fn apply(&self, seq: u64, part: &mut participant::Model) -> Marked {
        let mut marked = Marked::default();
        if seq > from_seq(part.delivered_seq) {
            part.delivered_seq = to_seq(seq);
            part.delivered_at = Some(self.at);
            marked.delivered = Some(seq);
        }
        if self.reached == Reached::Seen && seq > from_seq(part.seen_seq) {
            part.seen_seq = to_seq(seq);
            part.seen_at = Some(self.at);
            marked.seen = Some(seq);
        }
        marked
    }
}

/// In one order, so that two nodes never wait for each other.
async fn lock_parts(
    db: &DatabaseTransaction,
    asked: &[&Mark],
) -> Result<HashMap<Part, participant::Model>, StoreError> {
    let mut keys: Vec<Part> = asked.iter().map(|mark| mark.part()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut parts = HashMap::with_capacity(keys.len());
    for keys in statements(db.get_database_backend(), &keys, |(room, user)| room.len() + user.len()) {
        let values = keys.iter().map(|(room, user)| ValueTuple::Two(room.into(), user.into()));
        let mut query = participant::Entity::find();
        QueryTrait::query(&mut query)
            .from_values(values, "v")
            .lock_with_tables(LockType::Update, [participant::Entity]);
        let rows = query
            .filter(is_part())
            .filter(participant::Column::RemovedAt.is_null())
            .order_by_asc(participant::Column::ConsultationId)
            .order_by_asc(participant::Column::UserId)
            .all(db)
            .await?;
        parts.extend(rows.into_iter().map(|row| ((row.consultation_id.clone(), row.user_id.clone()), row)));
    }
    Ok(parts)
}

/// The participant that a row of values starts with.
fn is_part() -> Expr {
    let column = |column| Expr::col((participant::Entity, column));
    column(participant::Column::ConsultationId)
        .equals(("v", "column1"))
        .and(column(participant::Column::UserId).equals(("v", "column2")))
}

async fn heads(db: &DatabaseTransaction, asked: &[&Mark]) -> Result<HashMap<String, u64>, StoreError> {
    let mut ids: Vec<&str> = asked.iter().map(|mark| mark.room.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut heads = HashMap::with_capacity(ids.len());
    for ids in statements(db.get_database_backend(), &ids, |id| id.len()) {
        let rows = room::Entity::find().filter(room::Column::Id.is_in(ids.iter().copied())).all(db).await?;
        heads.extend(rows.into_iter().map(|row| (row.id, from_seq(row.last_seq))));
    }
    Ok(heads)
}

async fn store(db: &DatabaseTransaction, parts: &[participant::Model]) -> Result<(), StoreError> {
    use participant::Column;
    for parts in statements(db.get_database_backend(), parts, |part| {
        part.consultation_id.len() + part.user_id.len() + 64
    }) {
        let values = parts.iter().map(|part| {
            ValueTuple::Many(vec![
                part.consultation_id.as_str().into(),
                part.user_id.as_str().into(),
                part.delivered_seq.into(),
                part.delivered_at.into(),
                part.seen_seq.into(),
                part.seen_at.into(),
            ])
        });
        let value = |column| Expr::col(("v", column));
        let update = Query::update()
            .table(participant::Entity)
            .value(Column::DeliveredSeq, value("column3"))
            .value(Column::DeliveredAt, value("column4"))
            .value(Column::SeenSeq, value("column5"))
            .value(Column::SeenAt, value("column6"))
            .from(TableRef::ValuesList(values.collect(), "v".into()))
            .and_where(is_part())
            .take();
        db.execute(&update).await?;
    }
    Ok(())
}

//! Lists of visits.

use std::{fmt, str::FromStr};

use bedside_entity::{consultation, participant};
use bedside_protocol::{
    consultation::Status,
    ids::{RoomId, UserId},
};
use chrono::{DateTime, TimeZone, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Query, SelectStatement},
};

use super::{Store, consultation::visits, error::StoreError, row::stored, visit::Visit};

/// The most visits that a list gives at once.
pub const LIST_ROWS: u64 = 100;

/// Which visits to list, newest first. A visit's time is its `scheduled_at`, or else its `created_at`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that this person has or had a part in.
    pub user: Option<UserId>,
    /// Only those that stand at one of these; empty: at any.
    pub status: Vec<Status>,
    /// Only those at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those before this time.
    pub to: Option<DateTime<Utc>>,
    /// At most so many, and [`LIST_ROWS`].
    pub limit: u64,
    /// Only those after this place in the list.
    pub cursor: Option<Cursor>,
}

/// A place in a list of visits. As text it has only digits, letters, dots and what an id has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    due_at: DateTime<Utc>,
    id: RoomId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.due_at.timestamp_millis(), self.id)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (due_at, id) = text.split_once('.').ok_or(NotACursor)?;
        let due_at = due_at.parse().ok().and_then(|ms| Utc.timestamp_millis_opt(ms).single());
        let id = RoomId::parse(id).ok();
        due_at.zip(id).map(|(due_at, id)| Self { due_at, id }).ok_or(NotACursor)
    }
}

/// A page of a list of visits.
#[derive(Debug, Clone)]
pub struct Visits {
    /// Newest first.
    pub visits: Vec<Visit>,
    /// Where the list goes on, if it does.
    pub next: Option<Cursor>,
}

impl Store {
    /// Visits, newest first.
    pub async fn list(&self, filter: Filter) -> Result<Visits, StoreError> {
        let limit = filter.limit.clamp(1, LIST_ROWS);
        self.read(async move |db| {
            let mut rows = list_query(&filter).limit(limit + 1).all(&db).await?;
            let more = rows.len() as u64 > limit;
            rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let last = rows.last().filter(|_| more);
            let next = last.map(|row| {
                Ok::<_, StoreError>(Cursor { due_at: row.due_at, id: stored("consultation.id", &row.id)? })
            });
            Ok(Visits { next: next.transpose()?, visits: visits(&db, rows).await? })
        })
        .await
    }
}

fn list_query(filter: &Filter) -> sea_orm::Select<consultation::Entity> {
    use consultation::Column;
    let after = |cursor: &Cursor| {
        let same_time =
            Condition::all().add(Column::DueAt.eq(cursor.due_at)).add(Column::Id.lt(cursor.id.as_str()));
        Condition::any().add(Column::DueAt.lt(cursor.due_at)).add(same_time)
    };
    consultation::Entity::find()
        .apply_if(filter.user.as_ref(), |query, user| query.filter(Column::Id.in_subquery(rooms_of(user))))
        .apply_if((!filter.status.is_empty()).then_some(&filter.status), |query, status| {
            query.filter(Column::Status.is_in(status.iter().map(|status| status.as_str())))
        })
        .apply_if(filter.from, |query, from| query.filter(Column::DueAt.gte(from)))
        .apply_if(filter.to, |query, to| query.filter(Column::DueAt.lt(to)))
        .apply_if(filter.cursor.as_ref(), |query, cursor| query.filter(after(cursor)))
        .order_by_desc(Column::DueAt)
        .order_by_desc(Column::Id)
}

fn rooms_of(user: &UserId) -> SelectStatement {
    Query::select()
        .column(participant::Column::ConsultationId)
        .from(participant::Entity)
        .and_where(participant::Column::UserId.eq(user.as_str()))
        .take()
}

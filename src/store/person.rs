//! People, as their tokens have described them.

use bedside_entity::person;
use bedside_protocol::{ids::UserId, session::Role, text::Name};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Func, OnConflict},
};

use super::{
    Store,
    append::Tx,
    error::StoreError,
    job::Operation,
    row::{from_text, stored, to_name},
};

/// The most people that are given at once.
pub const PEOPLE_ROWS: u64 = 100;
/// Somebody who is back so soon, and the same, is not written again.
const FRESH: TimeDelta = TimeDelta::minutes(1);

/// Somebody who has connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// What they are called.
    pub name: Option<Name>,
    /// What they are.
    pub role: Role,
    /// When they first came.
    pub first_seen_at: DateTime<Utc>,
    /// When they last came, to a minute.
    pub last_seen_at: DateTime<Utc>,
}

/// Somebody has come.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Who.
    pub id: UserId,
    /// What their token calls them; a name that is known stays where it says nothing.
    pub name: Option<Name>,
    /// What their token says they are.
    pub role: Role,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Note that somebody has come.
    pub async fn seen(&self, seen: Seen) -> Result<(), StoreError> {
        let known = self.person(&seen.id).await?;
        if known.is_some_and(|person| person.still_fits(&seen)) { Ok(()) } else { self.write(seen).await }
    }

    /// Somebody, if they have ever come.
    pub async fn person(&self, id: &UserId) -> Result<Option<Person>, StoreError> {
        let id = id.as_str().to_owned();
        self.read(async move |db| {
            let row = person::Entity::find_by_id(id).one(&db).await?;
            row.map(Person::try_from).transpose()
        })
        .await
    }

    /// Those of a role in the order of their ids, after one: at most `limit` and [`PEOPLE_ROWS`].
    pub async fn people(
        &self,
        role: Role,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<Person>, StoreError> {
        let after = after.map(|id| id.as_str().to_owned());
        self.read(async move |db| {
            let rows = person::Entity::find()
                .filter(person::Column::Role.eq(role.as_str()))
                .apply_if(after, |query, after| query.filter(person::Column::Id.gt(after)))
                .order_by_asc(person::Column::Id)
                .limit(limit.clamp(1, PEOPLE_ROWS))
                .all(&db)
                .await?;
            rows.into_iter().map(Person::try_from).collect()
        })
        .await
    }
}

impl Person {
    fn still_fits(&self, seen: &Seen) -> bool {
        let same = self.role == seen.role && (seen.name.is_none() || seen.name == self.name);
        same && seen.at - self.last_seen_at < FRESH
    }
}

impl Operation for Seen {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let row = person::ActiveModel {
            id: Set(self.id.to_string()),
            name: Set(to_name(self.name.as_ref())),
            role: Set(self.role.as_str().to_owned()),
            first_seen_at: Set(self.at),
            last_seen_at: Set(self.at),
        };
        let told = Expr::col(("excluded", person::Column::Name));
        let name = Func::coalesce([told, Expr::col((person::Entity, person::Column::Name))]);
        let known = OnConflict::column(person::Column::Id)
            .update_columns([person::Column::Role, person::Column::LastSeenAt])
            .value(person::Column::Name, name)
            .to_owned();
        person::Entity::insert(row).on_conflict(known).exec_without_returning(tx.db).await?;
        Ok(())
    }
}

impl TryFrom<person::Model> for Person {
    type Error = StoreError;

    fn try_from(row: person::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: stored("person.id", &row.id)?,
            name: from_text("person.name", row.name.as_ref(), Name::parse)?,
            role: stored("person.role", &row.role)?,
            first_seen_at: row.first_seen_at,
            last_seen_at: row.last_seen_at,
        })
    }
}

//! What a request under an `Idempotency-Key` was answered, so that its retry is answered the same.

use std::fmt;

use bedside_entity::idempotency;
use bedside_protocol::ids::UserId;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{Store, append::Tx, error::StoreError, job::Operation};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// A request without an answer for so long has died with its server, and may be tried again.
const ABANDONED: TimeDelta = TimeDelta::seconds(60);

/// Whose key it is, and which.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asks.
    pub actor: UserId,
    /// What they call the request.
    pub key: String,
}

/// What becomes of a request under a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: do it, then [`Store::finish`] or [`Store::forget`].
    Fresh,
    /// The first one is still under way.
    Running,
    /// It was answered before.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The key was used for something else.
    Other,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh => f.write_str("Fresh"),
            Self::Running => f.write_str("Running"),
            Self::Answered { status, body } => write!(f, "Answered({status}, {} bytes)", body.len()),
            Self::Other => f.write_str("Other"),
        }
    }
}

impl Store {
    /// A request under a key comes in. `request_hash` tells whether it is the same request.
    pub async fn begin(
        &self,
        key: RequestKey,
        request_hash: String,
        at: DateTime<Utc>,
    ) -> Result<Begun, StoreError> {
        self.write(Begin { key, request_hash, at }).await
    }

    /// It was answered.
    pub async fn finish(&self, key: RequestKey, status: u16, body: String) -> Result<(), StoreError> {
        self.write(Finish { key, answer: Some((status, body)) }).await
    }

    /// It came to nothing, and may be tried again.
    pub async fn forget(&self, key: RequestKey) -> Result<(), StoreError> {
        self.write(Finish { key, answer: None }).await
    }

    /// Delete the answers that are old enough.
    pub async fn sweep(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(Sweep { before: at - KEPT }).await
    }
}

struct Begin {
    key: RequestKey,
    request_hash: String,
    at: DateTime<Utc>,
}

impl RequestKey {
    fn id(&self) -> (String, String) {
        (self.actor.to_string(), self.key.clone())
    }
}

impl Operation for Begin {
    type Output = Begun;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Begun, StoreError> {
        let row = idempotency::ActiveModel {
            actor_id: Set(self.key.actor.to_string()),
            key: Set(self.key.key.clone()),
            request_hash: Set(self.request_hash.clone()),
            status: Set(None),
            body: Set(None),
            created_at: Set(self.at),
        };
        let Some(known) = idempotency::Entity::find_by_id(self.key.id()).one(tx.db).await? else {
            idempotency::Entity::insert(row).exec_without_returning(tx.db).await?;
            return Ok(Begun::Fresh);
        };
        let age = self.at - known.created_at;
        if age >= KEPT || (known.status.is_none() && age >= ABANDONED) {
            idempotency::Entity::update(row).exec(tx.db).await?;
            return Ok(Begun::Fresh);
        }
        if known.request_hash != self.request_hash {
            return Ok(Begun::Other);
        }
        let status = known.status.and_then(|status| status.try_into().ok());
        Ok(match status.zip(known.body) {
            Some((status, body)) => Begun::Answered { status, body: body.0 },
            None => Begun::Running,
        })
    }
}

struct Finish {
    key: RequestKey,
    answer: Option<(u16, String)>,
}

impl Operation for Finish {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some((status, body)) = &self.answer else {
            idempotency::Entity::delete_by_id(self.key.id()).exec(tx.db).await?;
            return Ok(());
        };
        let row = idempotency::Entity::find_by_id(self.key.id()).one(tx.db).await?;
        let mut row = row.ok_or(StoreError::NotFound)?.into_active_model();
        row.status = Set(Some((*status).into()));
        row.body = Set(Some(body.as_str().into()));
        idempotency::Entity::update(row).exec(tx.db).await?;
        Ok(())
    }
}

struct Sweep {
    before: DateTime<Utc>,
}

impl Operation for Sweep {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let old = idempotency::Entity::delete_many().filter(idempotency::Column::CreatedAt.lte(self.before));
        old.exec(tx.db).await?;
        Ok(())
    }
}

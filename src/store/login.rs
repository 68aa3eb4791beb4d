//! Logins: which refresh token of each is good, and which have ended.

use bedside_entity::{account, login};
use bedside_protocol::ids::UserId;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::{
    Account, Store,
    account::end_logins,
    append::Tx,
    error::StoreError,
    job::Operation,
    row::{from_seq, to_seq},
};
use crate::auth::{LoginId, PasswordHash};

/// A used refresh token that comes again so soon comes from another tab that asked at the same time, or from a
/// browser that did not hear the answer. It is given the same successor.
pub const GRACE: TimeDelta = TimeDelta::seconds(30);
/// How long a login that is over is remembered.
const KEPT: TimeDelta = TimeDelta::days(1);
/// The most logins that are told to have ended: what a second of a large clinic's evening may bring, many times.
const ENDED_ROWS: u64 = 10_000;

/// Somebody has shown the right password.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// What it is called from now on.
    pub id: LoginId,
    /// Who.
    pub user: UserId,
    /// What their password was compared with: if it is another by now, they have not.
    pub password: PasswordHash,
    /// When.
    pub at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// What becomes of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// It was the one that is good.
    Next {
        /// The number of the one that is good now.
        generation: u64,
        /// Whose login it is.
        account: Account,
        /// Until when the login is good.
        expires_at: DateTime<Utc>,
    },
    /// It was used before: somebody else has it too, and the login ends with this.
    Reused,
    /// The login is over.
    Over,
}

impl Store {
    /// Keep a new login.
    ///
    /// [`StoreError::NotFound`]: the account has changed, or is disabled.
    pub async fn log_in(&self, new: NewLogin) -> Result<(), StoreError> {
        self.write(new).await
    }

    /// Use a refresh token of a login: this one is used now, and the next one is good.
    pub async fn rotate_login(
        &self,
        id: &LoginId,
        generation: u64,
        at: DateTime<Utc>,
    ) -> Result<Rotated, StoreError> {
        self.write(Rotate { id: id.clone(), generation, at }).await
    }

    /// End a login, or with `everywhere` all of whoever it belongs to. Gives those that ended now.
    pub async fn end_login(
        &self,
        id: &LoginId,
        everywhere: bool,
        at: DateTime<Utc>,
    ) -> Result<Vec<LoginId>, StoreError> {
        self.write(EndLogin { id: id.clone(), everywhere, at }).await
    }

    /// Whether a login goes on.
    pub async fn login_goes_on(&self, id: &LoginId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.read(async move |db| {
            let row = login::Entity::find_by_id(id).one(&db).await?;
            Ok(row.is_some_and(|row| row.ended_at.is_none() && row.expires_at > at))
        })
        .await
    }

    /// The logins that have ended since then, by whatever process.
    pub async fn logins_ended_since(&self, then: DateTime<Utc>) -> Result<Vec<LoginId>, StoreError> {
        self.read(async move |db| {
            let ids: Vec<String> = login::Entity::find()
                .select_only()
                .column(login::Column::Id)
                .filter(login::Column::EndedAt.gte(then))
                .limit(ENDED_ROWS)
                .into_tuple()
                .all(&db)
                .await?;
            Ok(ids.iter().filter_map(|id| LoginId::parse(id)).collect())
        })
        .await
    }
}

impl Operation for NewLogin {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let account = account::Entity::find_by_id(self.user.as_str()).lock_exclusive().one(tx.db).await?;
        let same = |account: &account::Model| {
            account.disabled_at.is_none() && account.password_hash.0 == self.password.expose()
        };
        account.filter(same).ok_or(StoreError::NotFound)?;
        // Here, so that nobody else has to: there are never more rows than logins of a life and a day.
        let long_over = login::Column::ExpiresAt.lt(self.at - KEPT);
        login::Entity::delete_many().filter(long_over).exec(tx.db).await?;
        let row = login::ActiveModel {
            id: Set(self.id.to_string()),
            user_id: Set(self.user.to_string()),
            generation: Set(0),
            rotated_at: Set(self.at),
            created_at: Set(self.at),
            expires_at: Set(self.expires_at),
            ended_at: Set(None),
        };
        login::Entity::insert(row).exec_without_returning(tx.db).await?;
        Ok(())
    }
}

struct Rotate {
    id: LoginId,
    generation: u64,
    at: DateTime<Utc>,
}

impl Operation for Rotate {
    type Output = Rotated;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Rotated, StoreError> {
        let row = login::Entity::find_by_id(self.id.as_str()).lock_exclusive().one(tx.db).await?;
        let Some(row) = row.filter(|row| row.ended_at.is_none() && row.expires_at > self.at) else {
            return Ok(Rotated::Over);
        };
        let account = account::Entity::find_by_id(&row.user_id).one(tx.db).await?;
        let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
            return Ok(Rotated::Over);
        };
        let (good, expires_at) = (from_seq(row.generation), row.expires_at);
        let next = |generation| -> Result<Rotated, StoreError> {
            Ok(Rotated::Next { generation, account: account.try_into()?, expires_at })
        };
        if self.generation == good {
            let mut row = row.into_active_model();
            row.generation = Set(to_seq(good + 1));
            row.rotated_at = Set(self.at);
            row.update(tx.db).await?;
            return next(good + 1);
        }
        if self.generation + 1 == good && self.at - row.rotated_at <= GRACE {
            return next(good);
        }
        let mut row = row.into_active_model();
        row.ended_at = Set(Some(self.at));
        row.update(tx.db).await?;
        Ok(Rotated::Reused)
    }
}

struct EndLogin {
    id: LoginId,
    everywhere: bool,
    at: DateTime<Utc>,
}

impl Operation for EndLogin {
    type Output = Vec<LoginId>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<LoginId>, StoreError> {
        let row = login::Entity::find_by_id(self.id.as_str()).lock_exclusive().one(tx.db).await?;
        let Some(row) = row.filter(|row| row.ended_at.is_none()) else { return Ok(Vec::new()) };
        if self.everywhere {
            let user = super::row::stored("login.user_id", &row.user_id)?;
            return end_logins(tx, &user, None, self.at).await;
        }
        let mut row = row.into_active_model();
        row.ended_at = Set(Some(self.at));
        row.update(tx.db).await?;
        Ok(vec![self.id.clone()])
    }
}

//! Accounts of this server's own: who may log in here with a password.

use bedside_entity::{account, login};
use bedside_protocol::{ids::UserId, session::Role, text::Name};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    Store,
    append::Tx,
    error::StoreError,
    job::Operation,
    row::{from_text, stored, to_name},
};
use crate::auth::{LoginId, PasswordHash};

/// The most accounts that are given at once.
pub const ACCOUNT_ROWS: u64 = 100;

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who they are: what they log in as is their user id.
    pub user: UserId,
    /// What they are called.
    pub name: Option<Name>,
    /// What they are.
    pub role: Role,
    /// What is kept of their password.
    pub password: PasswordHash,
    /// When it was set.
    pub password_at: DateTime<Utc>,
    /// Since when they may not.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when they are here.
    pub created_at: DateTime<Utc>,
}

/// What may be done to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAct {
    /// Another password. Their logins end, but perhaps the one that they did it with.
    SetPassword {
        /// What is kept of it.
        password: PasswordHash,
        /// The login that goes on.
        keep: Option<LoginId>,
    },
    /// They may not log in any more, and what they are logged in with ends.
    Disable,
    /// They may log in again.
    Enable,
}

impl Store {
    /// Keep a new account. Says whether the name was free.
    pub async fn add_account(&self, account: Account) -> Result<bool, StoreError> {
        self.write(account).await
    }

    /// Change an account, and give the logins that ended with it.
    ///
    /// [`StoreError::NotFound`]: nobody logs in as that.
    pub async fn change_account(
        &self,
        user: &UserId,
        act: AccountAct,
        at: DateTime<Utc>,
    ) -> Result<Vec<LoginId>, StoreError> {
        self.write(ChangeAccount { user: user.clone(), act, at }).await
    }

    /// Somebody's account.
    pub async fn account(&self, user: &UserId) -> Result<Option<Account>, StoreError> {
        let user = user.to_string();
        self.read(async move |db| {
            let row = account::Entity::find_by_id(user).one(&db).await?;
            row.map(Account::try_from).transpose()
        })
        .await
    }

    /// Accounts in the order of their names, after one: at most [`ACCOUNT_ROWS`].
    pub async fn accounts(&self, after: Option<&UserId>) -> Result<Vec<Account>, StoreError> {
        let after = after.map(ToString::to_string);
        self.read(async move |db| {
            let rows = account::Entity::find()
                .apply_if(after, |query, after| query.filter(account::Column::UserId.gt(after)))
                .order_by_asc(account::Column::UserId)
                .limit(ACCOUNT_ROWS)
                .all(&db)
                .await?;
            rows.into_iter().map(Account::try_from).collect()
        })
        .await
    }

    /// Whether there is any account.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        self.read(async |db| Ok(account::Entity::find().limit(1).one(&db).await?.is_some())).await
    }
}

impl Operation for Account {
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        if account::Entity::find_by_id(self.user.as_str()).one(tx.db).await?.is_some() {
            return Ok(false);
        }
        let row = account::ActiveModel {
            user_id: Set(self.user.to_string()),
            name: Set(to_name(self.name.as_ref())),
            role: Set(self.role.as_str().to_owned()),
            password_hash: Set(self.password.expose().into()),
            password_at: Set(self.password_at),
            disabled_at: Set(self.disabled_at),
            created_at: Set(self.created_at),
        };
        account::Entity::insert(row).exec_without_returning(tx.db).await?;
        Ok(true)
    }
}

struct ChangeAccount {
    user: UserId,
    act: AccountAct,
    at: DateTime<Utc>,
}

impl Operation for ChangeAccount {
    type Output = Vec<LoginId>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<LoginId>, StoreError> {
        let row = account::Entity::find_by_id(self.user.as_str()).lock_exclusive().one(tx.db).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let disabled_at = row.disabled_at;
        let mut row = row.into_active_model();
        let kept = match &self.act {
            AccountAct::SetPassword { password, keep } => {
                row.password_hash = Set(password.expose().into());
                row.password_at = Set(self.at);
                keep.as_ref()
            }
            AccountAct::Disable => {
                row.disabled_at = Set(disabled_at.or(Some(self.at)));
                None
            }
            AccountAct::Enable => {
                row.disabled_at = Set(None);
                row.update(tx.db).await?;
                return Ok(Vec::new());
            }
        };
        row.update(tx.db).await?;
        end_logins(tx, &self.user, kept, self.at).await
    }
}

/// End the logins of somebody, but perhaps one.
pub(super) async fn end_logins(
    tx: &mut Tx<'_>,
    user: &UserId,
    keep: Option<&LoginId>,
    at: DateTime<Utc>,
) -> Result<Vec<LoginId>, StoreError> {
    let theirs = login::Column::UserId.eq(user.as_str()).and(login::Column::EndedAt.is_null());
    let theirs = match keep {
        Some(keep) => theirs.and(login::Column::Id.ne(keep.as_str())),
        None => theirs,
    };
    let rows = login::Entity::find().filter(theirs.clone()).all(tx.db).await?;
    let ended = login::ActiveModel { ended_at: Set(Some(at)), ..Default::default() };
    login::Entity::update_many().set(ended).filter(theirs).exec(tx.db).await?;
    Ok(rows.iter().filter_map(|row| LoginId::parse(&row.id)).collect())
}

impl TryFrom<account::Model> for Account {
    type Error = StoreError;

    fn try_from(row: account::Model) -> Result<Self, StoreError> {
        Ok(Self {
            user: stored("account.user_id", &row.user_id)?,
            name: from_text("account.name", row.name.as_ref(), Name::parse)?,
            role: stored("account.role", &row.role)?,
            password: PasswordHash::stored(row.password_hash.0),
            password_at: row.password_at,
            disabled_at: row.disabled_at,
            created_at: row.created_at,
        })
    }
}

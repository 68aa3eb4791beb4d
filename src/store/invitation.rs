//! Invitation links: whoever accepts one first keeps it.

use std::fmt;

use bedside_entity::{consultation, invitation};
use bedside_protocol::{
    ids::{RoomId, UserId},
    session::Role,
    text::Name,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::{
    Store,
    append::Tx,
    error::StoreError,
    job::Operation,
    row::{from_text, stored, to_name},
};

/// A link that opens one consultation without an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: String,
    /// What it opens.
    pub room: RoomId,
    /// Who one is through it.
    pub user: UserId,
    /// Their part.
    pub role: Role,
    /// What they are called.
    pub name: Option<Name>,
    /// A hash of the link's secret, which is not kept.
    pub token_hash: String,
    /// A hash of what tells the device that has accepted it.
    pub device_hash: Option<String>,
    /// When it was accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({} to {})", self.id, self.room)
    }
}

/// Somebody holds a link out.
#[derive(Clone)]
pub struct Acceptance {
    /// A hash of the link's secret.
    pub token_hash: String,
    /// A hash of what tells their device from others.
    pub device_hash: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is this device's, now or since before.
    Yours(Invitation),
    /// Another device has it.
    Anothers,
    /// It has ended.
    Expired,
}

impl Store {
    /// Keep an invitation; its acceptance is not looked at.
    ///
    /// [`StoreError::NotFound`]: no such consultation.
    pub async fn invite(&self, invitation: Invitation) -> Result<(), StoreError> {
        self.write(invitation).await
    }

    /// Accept an invitation: the first device that does keeps it.
    ///
    /// [`StoreError::NotFound`]: no link has this secret.
    pub async fn accept(&self, acceptance: Acceptance) -> Result<Accepted, StoreError> {
        self.write(acceptance).await
    }

    /// End the invitations of somebody who no longer has a part in a consultation, or, without a name, of all.
    pub async fn end_invitations(
        &self,
        room: &RoomId,
        user: Option<&UserId>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(EndInvitations { room: room.clone(), user: user.cloned(), at }).await
    }
}

impl Operation for Invitation {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let consultation = consultation::Entity::find_by_id(self.room.as_str()).one(tx.db).await?;
        consultation.ok_or(StoreError::NotFound)?;
        let row = invitation::ActiveModel {
            id: Set(self.id.clone()),
            consultation_id: Set(self.room.to_string()),
            user_id: Set(self.user.to_string()),
            role: Set(self.role.as_str().to_owned()),
            name: Set(to_name(self.name.as_ref())),
            token_hash: Set(self.token_hash.clone()),
            device_hash: Set(None),
            accepted_at: Set(None),
            expires_at: Set(self.expires_at),
            created_by: Set(self.created_by.to_string()),
            created_at: Set(self.created_at),
        };
        invitation::Entity::insert(row).exec_without_returning(tx.db).await?;
        Ok(())
    }
}

impl Operation for Acceptance {
    type Output = Accepted;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Accepted, StoreError> {
        let row = invitation::Entity::find()
            .filter(invitation::Column::TokenHash.eq(&self.token_hash))
            .lock_exclusive()
            .one(tx.db)
            .await?;
        let mut row = row.ok_or(StoreError::NotFound)?;
        if row.expires_at <= self.at {
            return Ok(Accepted::Expired);
        }
        match &row.device_hash {
            Some(device) if *device != self.device_hash => return Ok(Accepted::Anothers),
            Some(_) => {}
            None => {
                row.device_hash = Some(self.device_hash.clone());
                row.accepted_at = Some(self.at);
                let changed = row.clone().into_active_model().reset_all();
                changed.update(tx.db).await?;
            }
        }
        row.try_into().map(Accepted::Yours)
    }
}

struct EndInvitations {
    room: RoomId,
    user: Option<UserId>,
    at: DateTime<Utc>,
}

impl Operation for EndInvitations {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let ended = invitation::ActiveModel { expires_at: Set(self.at), ..Default::default() };
        let mut theirs = invitation::Entity::update_many()
            .set(ended)
            .filter(invitation::Column::ConsultationId.eq(self.room.as_str()))
            .filter(invitation::Column::ExpiresAt.gt(self.at));
        if let Some(user) = &self.user {
            theirs = theirs.filter(invitation::Column::UserId.eq(user.as_str()));
        }
        theirs.exec(tx.db).await?;
        Ok(())
    }
}

impl TryFrom<invitation::Model> for Invitation {
    type Error = StoreError;

    fn try_from(row: invitation::Model) -> Result<Self, StoreError> {
        Ok(Self {
            room: stored("invitation.consultation_id", &row.consultation_id)?,
            user: stored("invitation.user_id", &row.user_id)?,
            role: stored("invitation.role", &row.role)?,
            name: from_text("invitation.name", row.name.as_ref(), Name::parse)?,
            created_by: stored("invitation.created_by", &row.created_by)?,
            id: row.id,
            token_hash: row.token_hash,
            device_hash: row.device_hash,
            accepted_at: row.accepted_at,
            expires_at: row.expires_at,
            created_at: row.created_at,
        })
    }
}

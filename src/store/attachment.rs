//! Files of rooms: their rows, which hold what opens them.

use bedside_entity::attachment;
use bedside_protocol::{
    ids::{AttachmentId, MessageId, RoomId, UserId},
    text::Name,
};
use bedside_seal::Wrapped;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{
    Store,
    append::{Append, Appended, Keys, Tx, append_all, lock_room},
    error::StoreError,
    job::Operation,
    log::NewEvent,
    row::{from_seq, from_text, stored, to_seq},
    wrapped,
};

/// The most files that are erased in one go.
const SWEPT_ROWS: u64 = 100;

/// A file of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id, and its owner's name in the vault.
    pub id: AttachmentId,
    /// The room: a consultation's or a conversation's.
    pub room: RoomId,
    /// Who brought it.
    pub by: UserId,
    /// What it is called.
    pub name: Name,
    /// Its media type.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
    /// What opens it; none once it is erased.
    pub key: Option<Wrapped>,
    /// Where the message stands that names it.
    pub message_seq: Option<u64>,
    /// When it came.
    pub uploaded_at: DateTime<Utc>,
}

/// What becomes of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It may be stored, and then [`Store::attachment_stored`].
    Yes,
    /// The room has as much as it may.
    Full,
}

impl Store {
    /// Make room for a file, unless the room then had more than `quota` bytes.
    pub async fn reserve_attachment(&self, new: Attachment, quota: u64) -> Result<Reserved, StoreError> {
        self.write(Reserve { new, quota }).await
    }

    /// A file is whole in the vault.
    pub async fn attachment_stored(&self, id: &AttachmentId, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(Note { id: id.clone(), stored_at: Some(at) }).await
    }

    /// A file has gone from the vault, or never came there.
    pub async fn forget_attachment(&self, id: &AttachmentId) -> Result<(), StoreError> {
        self.write(Note { id: id.clone(), stored_at: None }).await
    }

    /// A file that is whole and not erased.
    pub async fn attachment(&self, id: &AttachmentId) -> Result<Option<Attachment>, StoreError> {
        Ok(self.attachments(std::slice::from_ref(id)).await?.into_iter().next())
    }

    /// Those of these files that are whole and not erased, in the order of their names here.
    pub async fn attachments(&self, ids: &[AttachmentId]) -> Result<Vec<Attachment>, StoreError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        self.read(async move |db| {
            let rows = usable().filter(attachment::Column::Id.is_in(ids.clone())).all(&db).await?;
            let mut files = rows.into_iter().map(Attachment::try_from).collect::<Result<Vec<_>, _>>()?;
            files.sort_by_key(|file| ids.iter().position(|id| id == file.id.as_str()));
            Ok(files)
        })
        .await
    }

    /// Append a message that names files. All of them are its sender's, of its room, and named by no other message; else
    /// [`StoreError::NotFound`], and nothing is done.
    pub async fn append_with_files(
        &self,
        room: &RoomId,
        event: NewEvent,
        files: Vec<AttachmentId>,
    ) -> Result<Appended, StoreError> {
        self.write(AppendWithFiles { append: Append { room: room.clone(), event }, files }).await
    }

    /// Erase the files that no message has named since `before`, and give all whose files are still to be deleted.
    pub async fn sweep_attachments(
        &self,
        before: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<Vec<AttachmentId>, StoreError> {
        self.write(Sweep { before, at }).await
    }
}

fn usable() -> sea_orm::Select<attachment::Entity> {
    attachment::Entity::find()
        .filter(attachment::Column::StoredAt.is_not_null())
        .filter(attachment::Column::DeletedAt.is_null())
}

/// Erase the files of a message, with the message: what opens them goes in the same transaction.
pub(super) async fn erase_files_of(
    db: &DatabaseTransaction,
    message: &MessageId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    erase(db, attachment::Column::MessageId.eq(message.as_str()), at).await
}

/// Erase the files of a room, with the room.
pub(super) async fn erase_files_in(
    db: &DatabaseTransaction,
    room: &RoomId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    erase(db, attachment::Column::RoomId.eq(room.as_str()), at).await
}

async fn erase(
    db: &DatabaseTransaction,
    which: sea_orm::sea_query::SimpleExpr,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    attachment::Entity::update_many()
        .col_expr(attachment::Column::DeletedAt, Expr::value(at))
        .col_expr(attachment::Column::KeyId, Expr::value(None::<String>))
        .col_expr(attachment::Column::WrappedKey, Expr::value(None::<String>))
        .col_expr(attachment::Column::Name, Expr::value("erased"))
        .filter(which)
        .filter(attachment::Column::DeletedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

struct Reserve {
    new: Attachment,
    quota: u64,
}

impl Operation for Reserve {
    type Output = Reserved;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Reserved, StoreError> {
        let new = &self.new;
        // Two that come at once are counted one after the other.
        if lock_room(tx.db, &new.room).await?.closed {
            return Err(StoreError::Ended);
        }
        let sizes: Vec<i64> = attachment::Entity::find()
            .select_only()
            .column(attachment::Column::Bytes)
            .filter(attachment::Column::RoomId.eq(new.room.as_str()))
            .filter(attachment::Column::DeletedAt.is_null())
            .into_tuple()
            .all(tx.db)
            .await?;
        let taken: u64 = sizes.into_iter().map(from_seq).sum();
        if taken.saturating_add(new.bytes) > self.quota {
            return Ok(Reserved::Full);
        }
        let (key_id, wrapped_key) = wrapped::to_columns(new.key.as_ref());
        let row = attachment::ActiveModel {
            id: Set(new.id.to_string()),
            room_id: Set(new.room.to_string()),
            uploaded_by: Set(new.by.to_string()),
            name: Set(new.name.as_str().into()),
            content_type: Set(new.content_type.clone()),
            bytes: Set(to_seq(new.bytes)),
            key_id: Set(key_id),
            wrapped_key: Set(wrapped_key),
            message_id: Set(None),
            message_seq: Set(None),
            uploaded_at: Set(new.uploaded_at),
            stored_at: Set(None),
            deleted_at: Set(None),
        };
        attachment::Entity::insert(row).exec_without_returning(tx.db).await?;
        Ok(Reserved::Yes)
    }
}

struct Note {
    id: AttachmentId,
    stored_at: Option<DateTime<Utc>>,
}

impl Operation for Note {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(at) = self.stored_at else {
            attachment::Entity::delete_by_id(self.id.as_str()).exec(tx.db).await?;
            return Ok(());
        };
        let row = attachment::Entity::find_by_id(self.id.as_str()).one(tx.db).await?;
        let mut row = row.ok_or(StoreError::NotFound)?.into_active_model();
        row.stored_at = Set(Some(at));
        row.update(tx.db).await?;
        Ok(())
    }
}

struct AppendWithFiles {
    append: Append,
    files: Vec<AttachmentId>,
}

impl Operation for AppendWithFiles {
    type Output = Appended;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Appended, StoreError> {
        let outcome = append_all(tx, &[&self.append], Keys::LookedUp).await?.into_iter().next();
        let appended = outcome.ok_or(StoreError::NotFound)??;
        if appended.duplicate {
            return Ok(appended);
        }
        name_files(tx.db, &self.append, &self.files, appended.row.seq).await?;
        Ok(appended)
    }
}

/// A message that was appended names files. All of them are its sender's, of its room, and named by no other message; else
/// [`StoreError::NotFound`].
pub(super) async fn name_files(
    db: &DatabaseTransaction,
    Append { room, event }: &Append,
    files: &[AttachmentId],
    seq: u64,
) -> Result<(), StoreError> {
    if files.is_empty() {
        return Ok(());
    }
    let (Some(by), Some(message)) = (&event.by, &event.message_id) else {
        return Err(StoreError::NotFound);
    };
    for file in files {
        let named = attachment::Entity::update_many()
            .col_expr(attachment::Column::MessageId, Expr::value(message.as_str()))
            .col_expr(attachment::Column::MessageSeq, Expr::value(to_seq(seq)))
            .filter(attachment::Column::Id.eq(file.as_str()))
            .filter(attachment::Column::RoomId.eq(room.as_str()))
            .filter(attachment::Column::UploadedBy.eq(by.as_str()))
            .filter(attachment::Column::MessageId.is_null())
            .filter(attachment::Column::StoredAt.is_not_null())
            .filter(attachment::Column::DeletedAt.is_null())
            .exec(db)
            .await?;
        if named.rows_affected != 1 {
            return Err(StoreError::NotFound);
        }
    }
    Ok(())
}

struct Sweep {
    before: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl Operation for Sweep {
    type Output = Vec<AttachmentId>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<AttachmentId>, StoreError> {
        // Also what was reserved and never came, because its server died.
        let unused =
            attachment::Column::MessageId.is_null().and(attachment::Column::UploadedAt.lte(self.before));
        erase(tx.db, unused, self.at).await?;
        let ids: Vec<String> = attachment::Entity::find()
            .select_only()
            .column(attachment::Column::Id)
            .filter(attachment::Column::DeletedAt.is_not_null())
            .order_by_asc(attachment::Column::DeletedAt)
            .limit(SWEPT_ROWS)
            .into_tuple()
            .all(tx.db)
            .await?;
        ids.iter().map(|id| stored("attachment.id", id)).collect()
    }
}

impl TryFrom<attachment::Model> for Attachment {
    type Error = StoreError;

    fn try_from(row: attachment::Model) -> Result<Self, StoreError> {
        let name = from_text("attachment.name", Some(&row.name), Name::parse)?;
        Ok(Self {
            id: stored("attachment.id", &row.id)?,
            room: stored("attachment.room_id", &row.room_id)?,
            by: stored("attachment.uploaded_by", &row.uploaded_by)?,
            name: name.ok_or(StoreError::NotFound)?,
            content_type: row.content_type,
            bytes: from_seq(row.bytes),
            key: wrapped::from_columns("attachment.wrapped_key", row.key_id, row.wrapped_key)?,
            message_seq: row.message_seq.map(from_seq),
            uploaded_at: row.uploaded_at,
        })
    }
}

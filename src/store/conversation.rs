//! Conversations: rooms of one person with one assistant. Their messages are rows of the log like any others.

use std::{collections::HashMap, fmt, str::FromStr};

use bedside_entity::{conversation, room, room_event};
use bedside_protocol::{
    ids::{AssistantId, AttachmentId, RoomId, UserId},
    text::Title,
};
use chrono::{DateTime, TimeZone as _, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait as _,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, SimpleExpr},
};

use super::{
    Store,
    append::{Append, Appended, Keys, Tx, append_all, append_under_lock, lock_room, set_head},
    attachment::{erase_files_in, name_files},
    error::StoreError,
    job::Operation,
    list::{LIST_ROWS, NotACursor},
    log::{LogRow, NewEvent},
    receipt::{Marked, Reached},
    row::{from_seq, from_text, stored, to_seq},
};

/// The kind of rows that are messages, and what the server writes as its actor: an assistant's message has none.
const MESSAGE: &str = "message";
const NOBODY: &str = "";

/// A conversation, with what a list shows of it.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Its id, and its room's.
    pub id: RoomId,
    /// Whose.
    pub user: UserId,
    /// With which assistant.
    pub assistant: AssistantId,
    /// What its owner calls it.
    pub title: Option<Title>,
    /// The newest message.
    pub last_message: Option<LogRow>,
    /// Messages of the assistant's after the newest that was seen.
    pub unread: u64,
    /// The newest row that reached its owner.
    pub delivered_seq: u64,
    /// The newest row that its owner has seen.
    pub seen_seq: u64,
    /// The room's newest row.
    pub last_seq: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When something was said last, or it was renamed.
    pub updated_at: DateTime<Utc>,
}

/// A conversation that is to be.
#[derive(Debug, Clone)]
pub struct NewConversationRow {
    /// Its id, fresh.
    pub id: RoomId,
    /// Whose.
    pub user: UserId,
    /// With which assistant.
    pub assistant: AssistantId,
    /// What it is called.
    pub title: Option<Title>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Another title.
pub struct Renaming {
    /// The conversation.
    pub id: RoomId,
    /// What it is called from now on.
    pub title: Option<Title>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A conversation that goes, with everything in it.
pub struct Erasure {
    /// The conversation.
    pub id: RoomId,
    /// The row that says so; what stood in the log before says the same.
    pub event: NewEvent,
}

/// A message of its owner's that asks nobody.
pub struct Remark {
    /// The conversation.
    pub id: RoomId,
    /// The message.
    pub event: NewEvent,
    /// The files that it names.
    pub files: Vec<AttachmentId>,
}

/// Its owner says how far they have read.
#[derive(Debug, Clone)]
pub struct ConversationMark {
    /// The conversation.
    pub id: RoomId,
    /// What they have read.
    pub reached: Reached,
    /// Up to this row.
    pub seq: u64,
}

/// A place in a list of conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationCursor {
    updated_at: DateTime<Utc>,
    id: RoomId,
}

impl fmt::Display for ConversationCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.updated_at.timestamp_millis(), self.id)
    }
}

impl FromStr for ConversationCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (updated_at, id) = text.split_once('.').ok_or(NotACursor)?;
        let updated_at = updated_at.parse().ok().and_then(|ms| Utc.timestamp_millis_opt(ms).single());
        Ok(Self { updated_at: updated_at.ok_or(NotACursor)?, id: RoomId::parse(id).ok().ok_or(NotACursor)? })
    }
}

impl Store {
    /// Make a conversation and its room.
    pub async fn create_conversation(&self, new: NewConversationRow) -> Result<Conversation, StoreError> {
        self.write(new).await
    }

    /// A conversation, unless it was deleted.
    pub async fn conversation(&self, id: &RoomId) -> Result<Option<Conversation>, StoreError> {
        let id = id.as_str().to_owned();
        self.read(async move |db| {
            let row = conversation::Entity::find_by_id(&id).one(&db).await?;
            let row = row.filter(|row| row.deleted_at.is_none());
            Ok(whole(&db, row.into_iter().collect()).await?.pop())
        })
        .await
    }

    /// Somebody's conversations, those with the newest messages first: at most `limit` and [`LIST_ROWS`].
    pub async fn conversations(
        &self,
        user: &UserId,
        cursor: Option<ConversationCursor>,
        limit: u64,
    ) -> Result<(Vec<Conversation>, Option<ConversationCursor>), StoreError> {
        use conversation::Column;
        let user = user.as_str().to_owned();
        self.read(async move |db| {
            let limit = limit.clamp(1, LIST_ROWS);
            let after = |cursor: ConversationCursor| {
                let same = Condition::all()
                    .add(Column::UpdatedAt.eq(cursor.updated_at))
                    .add(Column::Id.lt(cursor.id.as_str()));
                Condition::any().add(Column::UpdatedAt.lt(cursor.updated_at)).add(same)
            };
            let mut rows = conversation::Entity::find()
                .filter(Column::UserId.eq(user))
                .filter(Column::DeletedAt.is_null())
                .apply_if(cursor, |query, cursor| query.filter(after(cursor)))
                .order_by_desc(Column::UpdatedAt)
                .order_by_desc(Column::Id)
                .limit(limit + 1)
                .all(&db)
                .await?;
            let more = rows.len() as u64 > limit;
            rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let conversations = whole(&db, rows).await?;
            let last = conversations.last().filter(|_| more);
            let next =
                last.map(|last| ConversationCursor { updated_at: last.updated_at, id: last.id.clone() });
            Ok((conversations, next))
        })
        .await
    }

    /// Call it something else. [`StoreError::NotFound`]: it was deleted, or never was.
    pub async fn rename_conversation(&self, renaming: Renaming) -> Result<Conversation, StoreError> {
        self.write(renaming).await
    }

    /// Delete it: what was said is overwritten, a row says so, and no more is written.
    pub async fn erase_conversation(&self, erasure: Erasure) -> Result<(), StoreError> {
        self.write(erasure).await
    }

    /// Append a message of its owner's. [`StoreError::NotFound`]: it names a file that is not its sender's, of this room and
    /// unnamed.
    pub async fn remark(&self, remark: Remark) -> Result<Appended, StoreError> {
        let Remark { id, event, files } = remark;
        self.write(Remarked { append: Append { room: id, event }, files }).await
    }

    /// Note how far its owner has read.
    pub async fn mark_conversation(&self, mark: ConversationMark) -> Result<Marked, StoreError> {
        self.write(mark).await
    }
}

impl Operation for NewConversationRow {
    type Output = Conversation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Conversation, StoreError> {
        let room = room::ActiveModel { id: Set(self.id.to_string()), last_seq: Set(0), closed: Set(false) };
        room::Entity::insert(room).exec_without_returning(tx.db).await?;
        let row = conversation::ActiveModel {
            id: Set(self.id.to_string()),
            user_id: Set(self.user.to_string()),
            assistant_id: Set(self.assistant.to_string()),
            title: Set(self.title.as_ref().map(|title| title.as_str().into())),
            message_seq: Set(0),
            delivered_seq: Set(0),
            seen_seq: Set(0),
            created_at: Set(self.at),
            updated_at: Set(self.at),
            deleted_at: Set(None),
        };
        conversation::Entity::insert(row).exec_without_returning(tx.db).await?;
        one(tx.db, &self.id).await
    }
}

impl Operation for Renaming {
    type Output = Conversation;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Conversation, StoreError> {
        let mut row = row(tx.db, &self.id).await?.into_active_model();
        row.title = Set(self.title.as_ref().map(|title| title.as_str().into()));
        row.updated_at = Set(self.at);
        row.update(tx.db).await?;
        one(tx.db, &self.id).await
    }
}

impl Operation for Erasure {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let mut head = lock_room(tx.db, &self.id).await?;
        let mut row = row(tx.db, &self.id).await?.into_active_model();
        let text = |text: &str| SimpleExpr::from(text.to_owned());
        room_event::Entity::update_many()
            .filter(room_event::Column::RoomId.eq(self.id.as_str()))
            .col_expr(room_event::Column::Kind, text(self.event.kind))
            .col_expr(room_event::Column::Payload, text(self.event.payload.get()))
            .exec(tx.db)
            .await?;
        super::assistant::forget_words(tx.db, &self.id).await?;
        erase_files_in(tx.db, &self.id, self.event.at).await?;
        append_under_lock(tx, &self.id, &mut head, std::slice::from_ref(&self.event)).await?;
        head.closed = true;
        set_head(tx.db, &self.id, head).await?;
        row.title = Set(None);
        row.deleted_at = Set(Some(self.event.at));
        row.update(tx.db).await?;
        Ok(())
    }
}

struct Remarked {
    append: Append,
    files: Vec<AttachmentId>,
}

impl Operation for Remarked {
    type Output = Appended;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Appended, StoreError> {
        let appended = append_one(tx, &self.append).await?;
        if !appended.duplicate {
            name_files(tx.db, &self.append, &self.files, appended.row.seq).await?;
            touch(tx.db, &self.append.room, appended.row.seq, appended.row.at).await?;
        }
        Ok(appended)
    }
}

impl Operation for ConversationMark {
    type Output = Marked;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Marked, StoreError> {
        let head = lock_room(tx.db, &self.id).await?;
        let row = row(tx.db, &self.id).await?;
        let seq = Ord::min(self.seq, head.last_seq);
        let delivered = (seq > from_seq(row.delivered_seq)).then_some(seq);
        let seen = (self.reached == Reached::Seen && seq > from_seq(row.seen_seq)).then_some(seq);
        let mut row = row.into_active_model();
        if delivered.is_some() {
            row.delivered_seq = Set(to_seq(seq));
        }
        if seen.is_some() {
            row.seen_seq = Set(to_seq(seq));
        }
        if row.is_changed() {
            row.update(tx.db).await?;
        }
        Ok(Marked { delivered, seen })
    }
}

/// Append one row, unless it is stored already under its key.
async fn append_one(tx: &mut Tx<'_>, append: &Append) -> Result<Appended, StoreError> {
    append_all(tx, &[append], Keys::LookedUp).await?.pop().unwrap_or(Err(StoreError::NotFound))
}

/// Note that something was said in a room, if it is a conversation.
pub(super) async fn touch(
    db: &DatabaseTransaction,
    room: &RoomId,
    seq: u64,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    conversation::Entity::update_many()
        .filter(conversation::Column::Id.eq(room.as_str()))
        .col_expr(conversation::Column::MessageSeq, Expr::value(to_seq(seq)))
        .col_expr(conversation::Column::UpdatedAt, Expr::value(at))
        .exec(db)
        .await?;
    Ok(())
}

/// One that was not deleted.
async fn row(db: &impl ConnectionTrait, id: &RoomId) -> Result<conversation::Model, StoreError> {
    let row = conversation::Entity::find_by_id(id.as_str()).one(db).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(StoreError::NotFound)
}

async fn one(db: &impl ConnectionTrait, id: &RoomId) -> Result<Conversation, StoreError> {
    whole(db, vec![row(db, id).await?]).await?.pop().ok_or(StoreError::NotFound)
}

/// Join to some conversations, whose order stays, what a list shows of them.
async fn whole(
    db: &impl ConnectionTrait,
    rows: Vec<conversation::Model>,
) -> Result<Vec<Conversation>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let rooms = room::Entity::find().filter(room::Column::Id.is_in(ids.iter().copied())).all(db).await?;
    let heads: HashMap<String, u64> = rooms.into_iter().map(|row| (row.id, from_seq(row.last_seq))).collect();
    let newest = rows.iter().fold(Condition::any(), |any, row| {
        any.add(
            Condition::all()
                .add(room_event::Column::RoomId.eq(row.id.as_str()))
                .add(room_event::Column::Seq.eq(row.message_seq)),
        )
    });
    let messages = room_event::Entity::find().filter(newest).all(db).await?;
    let mut messages: HashMap<String, room_event::Model> =
        messages.into_iter().map(|row| (row.room_id.clone(), row)).collect();
    let unread = unread(db, &rows).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Conversation {
                last_message: messages.remove(&row.id).map(LogRow::try_from).transpose()?,
                unread: unread.get(&row.id).copied().unwrap_or(0),
                last_seq: heads.get(&row.id).copied().unwrap_or(0),
                id: stored("conversation.id", &row.id)?,
                user: stored("conversation.user_id", &row.user_id)?,
                assistant: stored("conversation.assistant_id", &row.assistant_id)?,
                title: from_text("conversation.title", row.title.as_ref(), Title::parse)?,
                delivered_seq: from_seq(row.delivered_seq),
                seen_seq: from_seq(row.seen_seq),
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        })
        .collect()
}

/// How many of the assistant's messages were not seen.
async fn unread(
    db: &impl ConnectionTrait,
    rows: &[conversation::Model],
) -> Result<HashMap<String, u64>, StoreError> {
    use room_event::Column;
    let unseen = rows.iter().fold(Condition::any(), |any, row| {
        any.add(Condition::all().add(Column::RoomId.eq(row.id.as_str())).add(Column::Seq.gt(row.seen_seq)))
    });
    let counts: Vec<(String, i64)> = room_event::Entity::find()
        .select_only()
        .column(Column::RoomId)
        .column_as(Expr::col(Column::Seq).count(), "unread")
        .filter(unseen)
        .filter(Column::Kind.eq(MESSAGE))
        .filter(Column::ActorId.eq(NOBODY))
        .group_by(Column::RoomId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(counts.into_iter().map(|(room, count)| (room, from_seq(count))).collect())
}

//! Answers of assistants, and where assistants may be asked.

use std::sync::Arc;

use bedside_entity::{answer, conversation, room_assistant};
use bedside_protocol::{
    assistant::{AnswerState, AssistantUse},
    ids::{AssistantId, MessageId, RoomId, UserId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait as _, QueryFilter,
    QueryOrder,
    sea_query::{CaseStatement, Expr, OnConflict},
};

use super::{
    Store,
    append::{Append, Tx, append_under_lock, find_one, lock_room, set_head},
    conversation::touch,
    error::StoreError,
    job::Operation,
    log::{Guard, LogRow, NewEvent},
    row::{from_seq, stored, to_seq},
};

/// Answers that one statement keeps: most of what one costs is the way to the database and back, and one that keeps hundreds
/// would make everybody on its core wait.
const KEPT_TOGETHER: usize = 16;

/// An answer.
#[derive(Clone)]
pub struct Answer {
    /// Its id: the message's that it becomes.
    pub id: MessageId,
    /// The room.
    pub room: RoomId,
    /// Who answers.
    pub assistant: AssistantId,
    /// What it answers.
    pub question: MessageId,
    /// Who asked.
    pub asked_by: UserId,
    /// Where it stands.
    pub state: AnswerState,
    /// What there is of it while it is written; empty afterwards.
    pub content: String,
    /// Its pieces so far.
    pub pieces: u32,
    /// The host that answers.
    pub host: String,
}

/// A question, and the answer that it is to have.
pub struct Question {
    /// The room.
    pub room: RoomId,
    /// The message that asks.
    pub event: NewEvent,
    /// The answer's id, fresh.
    pub answer: MessageId,
    /// Who is to answer.
    pub assistant: AssistantId,
    /// Who asks.
    pub asked_by: UserId,
    /// The host that is to answer.
    pub host: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How many questions they may ask it after that time, this one included.
    pub most: (u64, DateTime<Utc>),
}

/// What became of a question.
pub enum Asked {
    /// It is stored, and the answer may begin; or both were before.
    Stored {
        /// The question.
        row: Arc<LogRow>,
        /// Whether it had been stored before.
        duplicate: bool,
        /// Its answer; none where what was stored before under its key asked nobody.
        answer: Option<Box<Answer>>,
    },
    /// The assistant is writing in this room already.
    Busy,
    /// They have asked as much as they may.
    TooMany,
}

/// What an answer has come to.
pub struct Progress {
    /// Which.
    pub answer: MessageId,
    /// Its text.
    pub content: String,
    /// Its pieces.
    pub pieces: u32,
}

/// An answer's end.
pub struct Ending {
    /// Which.
    pub answer: MessageId,
    /// The room.
    pub room: RoomId,
    /// How.
    pub state: AnswerState,
    /// Its pieces.
    pub pieces: u32,
    /// The message that it becomes, where there is anything of it.
    pub event: Option<NewEvent>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether an assistant may be asked in a consultation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Which.
    pub assistant: AssistantId,
    /// Where it stands.
    pub state: AssistantUse,
    /// Who let it in, or took it out.
    pub requested_by: UserId,
    /// The row after which what is written may go to it, while it may be asked.
    pub since_seq: u64,
}

/// A change of that.
pub struct UseChange {
    /// The consultation.
    pub room: RoomId,
    /// Which.
    pub assistant: AssistantId,
    /// Where it may stand before; else [`StoreError::Conflict`].
    pub from: &'static [AssistantUse],
    /// Where it stands then.
    pub to: AssistantUse,
    /// Who let it in, where somebody does.
    pub requested_by: Option<UserId>,
    /// The rows that say so.
    pub events: Vec<NewEvent>,
    /// What must hold.
    pub guard: Guard,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Store a question and the beginning of its answer, together.
    pub async fn ask(&self, question: Question) -> Result<Asked, StoreError> {
        let Question { room, event, answer, assistant, asked_by, host, at, most } = question;
        self.write(Asking { append: Append { room, event }, answer, assistant, asked_by, host, at, most })
            .await
    }

    /// Keep what there is of answers that are being written.
    pub async fn keep_answers(&self, progress: Vec<Progress>) -> Result<(), StoreError> {
        self.write(Keep(progress)).await
    }

    /// End an answer: it becomes a message. One that has ended already stays as it is; says whether this ended it.
    pub async fn end_answer(&self, ending: Ending) -> Result<bool, StoreError> {
        self.write(ending).await
    }

    /// An answer.
    pub async fn answer(&self, id: &MessageId) -> Result<Option<Answer>, StoreError> {
        let id = id.as_str().to_owned();
        self.read(async move |db| {
            let row = answer::Entity::find_by_id(id).one(&db).await?;
            row.map(Answer::try_from).transpose()
        })
        .await
    }

    /// Answers that are being written, or were when the program ended.
    pub async fn unfinished_answers(&self) -> Result<Vec<Answer>, StoreError> {
        self.read(async move |db| {
            let rows = answer::Entity::find()
                .filter(answer::Column::State.eq(AnswerState::Streaming.as_str()))
                .order_by_asc(answer::Column::CreatedAt)
                .all(&db)
                .await?;
            rows.into_iter().map(Answer::try_from).collect()
        })
        .await
    }

    /// Which assistants were ever let into a consultation, and where their use stands.
    pub async fn uses(&self, room: &RoomId) -> Result<Vec<Use>, StoreError> {
        let room = room.as_str().to_owned();
        self.read(async move |db| {
            let rows = room_assistant::Entity::find()
                .filter(room_assistant::Column::RoomId.eq(room))
                .order_by_asc(room_assistant::Column::AssistantId)
                .all(&db)
                .await?;
            rows.into_iter().map(Use::try_from).collect()
        })
        .await
    }

    /// Let an assistant in or out, or note what the patient says of it.
    pub async fn change_use(&self, change: UseChange) -> Result<Use, StoreError> {
        self.write(change).await
    }
}

struct Asking {
    append: Append,
    answer: MessageId,
    assistant: AssistantId,
    asked_by: UserId,
    host: String,
    at: DateTime<Utc>,
    most: (u64, DateTime<Utc>),
}

impl Asking {
    /// Answers of this assistant that are being written in this room.
    async fn running(&self, db: &DatabaseTransaction) -> Result<u64, StoreError> {
        let running = answer::Entity::find()
            .filter(answer::Column::RoomId.eq(self.append.room.as_str()))
            .filter(answer::Column::AssistantId.eq(self.assistant.as_str()))
            .filter(answer::Column::State.eq(AnswerState::Streaming.as_str()));
        Ok(running.count(db).await?)
    }

    /// What they have asked it already.
    async fn asked(&self, db: &DatabaseTransaction) -> Result<u64, StoreError> {
        let asked = answer::Entity::find()
            .filter(answer::Column::AskedBy.eq(self.asked_by.as_str()))
            .filter(answer::Column::AssistantId.eq(self.assistant.as_str()))
            .filter(answer::Column::CreatedAt.gte(self.most.1));
        Ok(asked.count(db).await?)
    }
}

impl Operation for Asking {
    type Output = Asked;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, StoreError> {
        let mut head = lock_room(tx.db, &self.append.room).await?;
        if let Some(row) = find_one(tx.db, &self.append).await? {
            let question = row.message_id.as_ref().map_or("", MessageId::as_str);
            let answer =
                answer::Entity::find().filter(answer::Column::QuestionId.eq(question)).one(tx.db).await?;
            let answer = answer.map(Answer::try_from).transpose()?.map(Box::new);
            return Ok(Asked::Stored { row, duplicate: true, answer });
        }
        if head.closed {
            return Err(StoreError::Ended);
        }
        if self.running(tx.db).await? > 0 {
            return Ok(Asked::Busy);
        }
        if self.asked(tx.db).await? >= self.most.0 {
            return Ok(Asked::TooMany);
        }
        let event = std::slice::from_ref(&self.append.event);
        let row = append_under_lock(tx, &self.append.room, &mut head, event).await?.pop();
        let question_row = row.ok_or(StoreError::NotFound)?;
        set_head(tx.db, &self.append.room, head).await?;
        let question = question_row.message_id.clone().ok_or(StoreError::NotFound)?;
        let row = answer::ActiveModel {
            id: Set(self.answer.to_string()),
            room_id: Set(self.append.room.to_string()),
            assistant_id: Set(self.assistant.to_string()),
            question_id: Set(question.to_string()),
            asked_by: Set(self.asked_by.to_string()),
            state: Set(AnswerState::Streaming.as_str().to_owned()),
            content: Set("".into()),
            pieces: Set(0),
            host: Set(self.host.clone()),
            created_at: Set(self.at),
            ended_at: Set(None),
        };
        answer::Entity::insert(row).exec_without_returning(tx.db).await?;
        touch(tx.db, &self.append.room, question_row.seq, self.at).await?;
        let answer = Answer {
            id: self.answer.clone(),
            room: self.append.room.clone(),
            assistant: self.assistant.clone(),
            question,
            asked_by: self.asked_by.clone(),
            state: AnswerState::Streaming,
            content: String::new(),
            pieces: 0,
            host: self.host.clone(),
        };
        Ok(Asked::Stored { row: question_row, duplicate: false, answer: Some(Box::new(answer)) })
    }
}

struct Keep(Vec<Progress>);

impl Operation for Keep {
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for some in self.0.chunks(KEPT_TOGETHER) {
            let (mut content, mut pieces) = (CaseStatement::new(), CaseStatement::new());
            for progress in some {
                let this = || answer::Column::Id.eq(progress.answer.as_str());
                content = content.case(this(), Expr::value(progress.content.as_str()));
                pieces = pieces.case(this(), Expr::value(i64::from(progress.pieces)));
            }
            answer::Entity::update_many()
                .filter(answer::Column::Id.is_in(some.iter().map(|progress| progress.answer.as_str())))
                .filter(answer::Column::State.eq(AnswerState::Streaming.as_str()))
                .col_expr(answer::Column::Content, content.into())
                .col_expr(answer::Column::Pieces, pieces.into())
                .exec(tx.db)
                .await?;
        }
        Ok(())
    }
}

impl Operation for Ending {
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let mut head = lock_room(tx.db, &self.room).await?;
        let row = answer::Entity::find_by_id(self.answer.as_str()).one(tx.db).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        if row.state != AnswerState::Streaming.as_str() {
            return Ok(false);
        }
        let mut row = row.into_active_model();
        row.state = Set(self.state.as_str().to_owned());
        row.content = Set("".into());
        row.pieces = Set(i64::from(self.pieces));
        row.ended_at = Set(Some(self.at));
        row.update(tx.db).await?;
        let deleted = conversation::Entity::find_by_id(self.room.as_str())
            .filter(conversation::Column::DeletedAt.is_not_null())
            .one(tx.db)
            .await?
            .is_some();
        if let Some(event) = self.event.as_ref().filter(|_| !deleted) {
            append_under_lock(tx, &self.room, &mut head, std::slice::from_ref(event)).await?;
            set_head(tx.db, &self.room, head).await?;
            touch(tx.db, &self.room, head.last_seq, self.at).await?;
        }
        Ok(true)
    }
}

impl Operation for UseChange {
    type Output = Use;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Use, StoreError> {
        let mut head = lock_room(tx.db, &self.room).await?;
        if self.guard == Guard::Open && head.closed {
            return Err(StoreError::Ended);
        }
        let id = (self.room.to_string(), self.assistant.to_string());
        let known =
            room_assistant::Entity::find_by_id(id).one(tx.db).await?.map(Use::try_from).transpose()?;
        let before = known.as_ref().map_or(AssistantUse::Off, |known| known.state);
        if !self.from.contains(&before) {
            return Err(StoreError::Conflict { version: to_seq(head.last_seq) });
        }
        append_under_lock(tx, &self.room, &mut head, &self.events).await?;
        set_head(tx.db, &self.room, head).await?;
        let asked = known.map(|known| known.requested_by);
        let after = Use {
            assistant: self.assistant.clone(),
            state: self.to,
            requested_by: self.requested_by.clone().or(asked).ok_or(StoreError::NotFound)?,
            since_seq: head.last_seq,
        };
        let row = room_assistant::ActiveModel {
            room_id: Set(self.room.to_string()),
            assistant_id: Set(self.assistant.to_string()),
            state: Set(after.state.as_str().to_owned()),
            requested_by: Set(after.requested_by.to_string()),
            since_seq: Set(to_seq(after.since_seq)),
            updated_at: Set(self.at),
        };
        let again =
            OnConflict::columns([room_assistant::Column::RoomId, room_assistant::Column::AssistantId])
                .update_columns([
                    room_assistant::Column::State,
                    room_assistant::Column::RequestedBy,
                    room_assistant::Column::SinceSeq,
                    room_assistant::Column::UpdatedAt,
                ])
                .to_owned();
        room_assistant::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db).await?;
        Ok(after)
    }
}

/// The words of a room's answers go. That there were answers stays, for the limits of a day.
pub(super) async fn forget_words(db: &DatabaseTransaction, room: &RoomId) -> Result<(), StoreError> {
    answer::Entity::update_many()
        .filter(answer::Column::RoomId.eq(room.as_str()))
        .col_expr(answer::Column::Content, Expr::value(""))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<answer::Model> for Answer {
    type Error = StoreError;

    fn try_from(row: answer::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: stored("answer.id", &row.id)?,
            room: stored("answer.room_id", &row.room_id)?,
            assistant: stored("answer.assistant_id", &row.assistant_id)?,
            question: stored("answer.question_id", &row.question_id)?,
            asked_by: stored("answer.asked_by", &row.asked_by)?,
            state: stored("answer.state", &row.state)?,
            content: row.content.0,
            pieces: u32::try_from(row.pieces).unwrap_or(0),
            host: row.host,
        })
    }
}

impl TryFrom<room_assistant::Model> for Use {
    type Error = StoreError;

    fn try_from(row: room_assistant::Model) -> Result<Self, StoreError> {
        Ok(Self {
            assistant: stored("room_assistant.assistant_id", &row.assistant_id)?,
            state: stored("room_assistant.state", &row.state)?,
            requested_by: stored("room_assistant.requested_by", &row.requested_by)?,
            since_seq: from_seq(row.since_seq),
        })
    }
}

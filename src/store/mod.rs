//! The database: the rooms' logs, visits and people. The only user of SeaORM.
//!
//! Reads go to a pool; writes go to one task that commits together what waits (`writer`). Everything runs
//! on the runtime that opened the store, so that a connection never depends on a runtime that ends earlier.

mod account;
mod append;
mod assistant;
mod attachment;
mod change;
mod connect;
mod consultation;
mod conversation;
mod courier;
mod error;
mod idempotency;
mod invitation;
mod job;
mod list;
mod log;
mod login;
mod person;
mod receipt;
mod recording;
mod row;
mod upkeep;
mod visit;
mod wrapped;
mod writer;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::DatabaseConnection;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};
use tokio_util::task::TaskTracker;

pub use self::{
    account::{ACCOUNT_ROWS, Account, AccountAct},
    append::Appended,
    assistant::{Answer, Asked as Questioned, Ending, Progress, Question, Use, UseChange},
    attachment::{Attachment, Reserved},
    change::{Act, Amendment, Change, Changed, Redaction},
    connect::{DatabaseSettings, OpenError, PostgresUrl},
    conversation::{
        Conversation as StoredConversation, ConversationCursor, ConversationMark, Erasure,
        NewConversationRow, Remark, Renaming,
    },
    error::{Fault, StoreError},
    idempotency::{Begun, RequestKey},
    invitation::{Acceptance, Accepted, Invitation},
    list::{Cursor, Filter, LIST_ROWS, NotACursor, Visits},
    log::{End, Guard, LogRow, NewEvent, PAGE_BYTES, PAGE_ROWS, Page, PageSize, Span},
    login::{GRACE, NewLogin, Rotated},
    person::{PEOPLE_ROWS, Person, Seen},
    receipt::{Mark, Marked, Reached},
    recording::{Recording, RecordingChange, RecordingConsent, RecordingFile, WrappedKey},
    upkeep::BackupError,
    visit::{Admission, Consultation, NewConsultation, NewParticipant, Participant, Visit},
    wrapped::{KeyOf, WRAPPED_ROWS},
};
use self::{
    append::Append,
    connect::{Pools, STATEMENT_TIMEOUT},
    courier::Courier,
    job::{Asked, Job, Operation},
    writer::Writer,
};
use bedside_protocol::ids::RoomId;

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    /// Gone once the store is closed.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    courier: Courier,
    tasks: TaskTracker,
    runtime: Handle,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Open the database and bring its schema up to date.
    ///
    /// `doorbell` hears of every row after its commit and before whoever wrote it: a room's rows together and
    /// in the order of their `seq`. It is called by the writer or by who [carries](Self::carry), and must not block.
    pub async fn open(
        settings: &DatabaseSettings,
        doorbell: impl Fn(&[Arc<LogRow>]) + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let pools = connect::open(settings).await?;
        let (jobs, queue) = mpsc::channel(writer::QUEUE);
        let (db, doorbell, courier) = (pools.write.clone(), Arc::new(doorbell), Courier::default());
        let told = courier.clone();
        let writer =
            Writer { db, jobs: queue, doorbell, courier: told, uncertain: BTreeMap::new(), away: false };
        let (tasks, runtime) = (TaskTracker::new(), Handle::current());
        tasks.spawn_on(writer.run(), &runtime);
        Ok(Self(Arc::new(Inner { pools, jobs: Mutex::new(Some(jobs)), courier, tasks, runtime })))
    }

    /// Bring a database's schema up to date and leave it.
    pub async fn migrate(settings: &DatabaseSettings) -> Result<(), OpenError> {
        connect::migrate(settings).await
    }

    /// Take no more, answer what was asked, and close the connections.
    pub async fn close(&self) {
        drop(self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.0.tasks.close();
        self.0.tasks.wait().await;
        for pool in [&self.0.pools.read, &self.0.pools.write] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "a database pool did not close");
            }
        }
    }

    /// Append a row to a room's log: durable when this returns.
    ///
    /// [`StoreError::NotFound`]: no such room. [`StoreError::Ended`]: the guard does not hold.
    pub async fn append(&self, room: &RoomId, event: NewEvent) -> Result<Appended, StoreError> {
        let (job, answer) = Asked::new(Append { room: room.clone(), event });
        self.submit(Job::Append(job), answer).await
    }

    async fn write<O: Operation>(&self, operation: O) -> Result<O::Output, StoreError> {
        let (job, answer) = Asked::new(operation);
        self.submit(Job::Other(Box::new(job)), answer).await
    }

    async fn submit<T>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let queued = match &*self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(jobs) => jobs.try_send(job).is_ok(),
            None => false,
        };
        if !queued {
            return Err(StoreError::Unavailable);
        }
        answer.await.unwrap_or(Err(StoreError::Unavailable))
    }

    /// Run a read on the store's own runtime, within its time.
    async fn read<T, F>(&self, query: impl FnOnce(DatabaseConnection) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let query = tokio::time::timeout(STATEMENT_TIMEOUT, query(self.0.pools.read.clone()));
        let task = self.0.tasks.spawn_on(query, &self.0.runtime);
        match task.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable),
        }
    }
}

//! The only writer: it commits what waits together, and answers after the commit.
//!
//! A row is acknowledged, and the doorbell rung, when its transaction has been committed and never before.
//! The writer is one task with one connection: SQLite has one writer anyway, and on PostgreSQL a commit
//! that many share costs a sixth of one for each.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bedside_entity::room_event;
use bedside_protocol::ids::RoomId;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::{sync::mpsc, time::timeout};

use super::{
    append::{Append, Appended, Keys, Tx, append_all, lock_rooms},
    connect::STATEMENT_TIMEOUT,
    courier::{Committed, Courier},
    error::StoreError,
    job::{Asked, Job},
    log::LogRow,
    receipt::{Mark, Marked, mark_all},
    row::to_seq,
};

/// Writes that may wait; further ones are refused at once, so that memory stays bounded.
pub(super) const QUEUE: usize = 4_096;
/// Writes that share a transaction: more would gain little and make the first ones wait.
const BATCH: usize = 256;
/// How soon to look again for rows that may have been committed when the database went away.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Where the writer tells of new rows.
pub(super) type Doorbell = dyn Fn(&[Arc<LogRow>]) + Send + Sync;

/// The task's state.
pub(super) struct Writer {
    pub(super) db: DatabaseConnection,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) doorbell: Arc<Doorbell>,
    pub(super) courier: Courier,
    /// Rooms with rows that may or may not have been committed, and the last row before those.
    pub(super) uncertain: BTreeMap<RoomId, u64>,
    pub(super) away: bool,
}

impl Writer {
    /// The task: it ends when nobody can ask any more and everything has been answered.
    pub(super) async fn run(mut self) {
        let mut batch = Vec::new();
        while self.next(&mut batch).await {
            // Rows of before come first, or a room would hear its rows out of order.
            let outcome = match self.make_certain().await {
                Ok(()) => self.commit(&mut batch, Keys::Unseen).await,
                Err(away) => Err(away),
            };
            // Most often a retry under a stored key.
            let outcome = match outcome {
                Err(StoreError::Fault(_)) => self.commit(&mut batch, Keys::LookedUp).await,
                outcome => outcome,
            };
            self.note(&outcome);
            match outcome {
                Ok(rows) => self.tell(rows, std::mem::take(&mut batch)).await,
                Err(StoreError::Unavailable) => self.refuse(&mut batch),
                // One row is bad: the others must not suffer for it.
                Err(_) => self.commit_one_by_one(&mut batch).await,
            }
        }
        self.courier.dismiss();
    }

    /// Wait for something to do; with nothing in the batch it is to look again for uncertain rows.
    async fn next(&mut self, batch: &mut Vec<Job>) -> bool {
        let more = self.jobs.recv_many(batch, BATCH);
        if self.uncertain.is_empty() {
            return more.await > 0;
        }
        timeout(LOOK_AGAIN, more).await.is_ok_and(|taken| taken > 0) || !self.jobs.is_closed()
    }

    /// Say once that the database is away, and once that it is back.
    fn note(&mut self, outcome: &Result<Vec<Arc<LogRow>>, StoreError>) {
        let away = matches!(outcome, Err(StoreError::Unavailable));
        if away != self.away {
            self.away = away;
            if away {
                tracing::warn!("the database is away: nothing is stored");
            } else {
                tracing::info!("the database is back");
            }
        }
    }

    /// Who has come meanwhile has waited long enough to be told the same.
    fn refuse(&mut self, batch: &mut Vec<Job>) {
        while let Ok(job) = self.jobs.try_recv() {
            batch.push(job);
        }
        batch.drain(..).for_each(|job| job.settle(Err(StoreError::Unavailable)));
    }

    async fn commit_one_by_one(&mut self, batch: &mut Vec<Job>) {
        for mut job in batch.drain(..) {
            match self.commit(std::slice::from_mut(&mut job), Keys::LookedUp).await {
                Ok(rows) => self.tell(rows, vec![job]).await,
                Err(error) => job.settle(Err(error)),
            }
        }
    }

    /// The new rows.
    async fn commit(&mut self, batch: &mut [Job], keys: Keys) -> Result<Vec<Arc<LogRow>>, StoreError> {
        let mut rows = Vec::with_capacity(batch.len());
        if batch.is_empty() {
            return Ok(rows);
        }
        let transaction = timeout(STATEMENT_TIMEOUT, transact(&self.db, batch, keys, &mut rows));
        match transaction.await.unwrap_or(Err(StoreError::Unavailable)) {
            Ok(()) => Ok(rows),
            // The connection may have gone with the commit's answer.
            Err(StoreError::Unavailable) => {
                for row in rows {
                    self.uncertain.entry(row.room.clone()).or_insert(row.seq.saturating_sub(1));
                }
                Err(StoreError::Unavailable)
            }
            Err(error) => Err(error),
        }
    }

    /// Tell of the rows that were committed without our hearing of it.
    async fn make_certain(&mut self) -> Result<(), StoreError> {
        if self.uncertain.is_empty() {
            return Ok(());
        }
        let found = timeout(STATEMENT_TIMEOUT, find_rows(&self.db, &self.uncertain));
        match found.await.unwrap_or(Err(StoreError::Unavailable)) {
            Ok(rows) => self.tell(rows, Vec::new()).await,
            Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
            // Members learn of these rows by the next one's number.
            Err(error) => tracing::error!(%error, "rows of an interrupted commit cannot be read"),
        }
        self.uncertain.clear();
        Ok(())
    }

    /// Ring, and then answer.
    async fn tell(&self, mut rows: Vec<Arc<LogRow>>, jobs: Vec<Job>) {
        // Each room's rows together; a stable sort keeps their order.
        rows.sort_by(|a, b| a.room.cmp(&b.room));
        let doorbell = Arc::clone(&self.doorbell);
        self.courier.take(Committed { doorbell, rows, jobs }).await;
    }
}

/// Begin a transaction; on SQLite with its lock, since upgrading a read later may fail.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(db.begin_with_options(immediate).await?)
}

/// The rows of some rooms after some places. The rooms' locks are waited for: the transaction that we do not
/// know the end of may not have ended yet.
async fn find_rows(
    db: &DatabaseConnection,
    after: &BTreeMap<RoomId, u64>,
) -> Result<Vec<Arc<LogRow>>, StoreError> {
    let transaction = begin(db).await?;
    lock_rooms(&transaction, after.keys()).await?;
    let mut found = Vec::new();
    for (room, seq) in after {
        let rows = room_event::Entity::find()
            .filter(room_event::Column::RoomId.eq(room.as_str()))
            .filter(room_event::Column::Seq.gt(to_seq(*seq)))
            .order_by_asc(room_event::Column::Seq)
            .all(&transaction)
            .await?;
        for row in rows {
            found.push(Arc::new(row.try_into()?));
        }
    }
    transaction.rollback().await?;
    Ok(found)
}

async fn transact(
    db: &DatabaseConnection,
    batch: &mut [Job],
    keys: Keys,
    rows: &mut Vec<Arc<LogRow>>,
) -> Result<(), StoreError> {
    let transaction = begin(db).await?;
    let (mut appends, mut marks) = (Vec::with_capacity(batch.len()), Vec::new());
    for job in batch {
        match job {
            // Appends that follow each other are written together.
            Job::Append(append) => appends.push(append),
            // Nothing else reads receipts, so that they can all wait for the end.
            Job::Mark(mark) => marks.push(mark),
            Job::Other(write) => {
                append_run(Tx { db: &transaction, rows }, &mut appends, keys).await?;
                write.run(Tx { db: &transaction, rows }).await?;
            }
        }
    }
    append_run(Tx { db: &transaction, rows }, &mut appends, keys).await?;
    mark_run(&transaction, &mut marks).await?;
    transaction.commit().await?;
    Ok(())
}

async fn append_run(
    mut tx: Tx<'_>,
    run: &mut Vec<&mut Asked<Append, Appended>>,
    keys: Keys,
) -> Result<(), StoreError> {
    if run.is_empty() {
        return Ok(());
    }
    let asked: Vec<&Append> = run.iter().map(|append| &append.work).collect();
    let outcomes = append_all(&mut tx, &asked, keys).await?;
    settle_later(run, outcomes);
    Ok(())
}

async fn mark_run(
    db: &DatabaseTransaction,
    run: &mut Vec<&mut Asked<Mark, Marked>>,
) -> Result<(), StoreError> {
    if run.is_empty() {
        return Ok(());
    }
    let asked: Vec<&Mark> = run.iter().map(|mark| &mark.work).collect();
    let outcomes = mark_all(db, &asked).await?;
    settle_later(run, outcomes);
    Ok(())
}

fn settle_later<A, T>(run: &mut Vec<&mut Asked<A, T>>, outcomes: Vec<Result<T, StoreError>>) {
    for (asked, outcome) in run.drain(..).zip(outcomes) {
        asked.outcome = Some(outcome);
    }
}

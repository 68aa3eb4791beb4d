//! The only writer: it commits what waits together, and answers after the commit.
//!
//! A row is acknowledged, and the doorbell rung, when its transaction has been committed and never before.
//! The writer is one task with one connection: SQLite has one writer anyway, and on PostgreSQL a commit
//! that many share costs a sixth of one for each.

use std::{pin::Pin, sync::Arc};

use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{mpsc, oneshot};

use super::{
    append::{Append, Appended, Tx, append_all},
    connect::{Pools, STATEMENT_TIMEOUT},
    error::StoreError,
    log::LogRow,
};

/// Writes that may wait; further ones are refused at once, so that memory stays bounded.
pub(super) const QUEUE: usize = 4_096;
/// Writes that share a transaction: more would gain little and make the first ones wait.
const BATCH: usize = 256;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the writer tells of new rows.
pub(super) type Doorbell = Box<dyn Fn(&[Arc<LogRow>]) + Send + Sync>;

/// A write that is not an append. It may be run again after a failure of the batch. What it has written when
/// it refuses is undone.
pub(super) trait Operation: Send + Sync + 'static {
    /// What the caller gets.
    type Output: Send + 'static;

    /// Write, in a transaction that others share.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

/// Something to write, and who waits for it.
pub(super) enum Job {
    Append(Asked<Append, Appended>),
    Other(Box<dyn Write>),
}

/// A write, its outcome before the commit, and who waits for it.
pub(super) struct Asked<A, T> {
    asked: A,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<A, T> Asked<A, T> {
    /// With the receiving end of its answer.
    pub(super) fn new(asked: A) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { asked, outcome: None, reply }, answer)
    }

    fn settle(self, batch: Result<(), StoreError>) {
        let outcome = batch.and_then(|()| self.outcome.unwrap_or(Err(StoreError::Unavailable)));
        // Who no longer waits will ask again.
        drop(self.reply.send(outcome));
    }
}

/// An [`Operation`] whose output the batch does not know.
pub(super) trait Write: Send {
    fn run<'a>(&'a mut self, tx: Tx<'a>) -> BoxFuture<'a, Result<(), StoreError>>;
    fn settle(self: Box<Self>, batch: Result<(), StoreError>);
}

impl<O: Operation> Write for Asked<O, O::Output> {
    /// In a savepoint: its failure is not the others'.
    fn run<'a>(&'a mut self, tx: Tx<'a>) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let savepoint = tx.db.begin().await?;
            let rows_before = tx.rows.len();
            let outcome = self.asked.run(&mut Tx { db: &savepoint, rows: tx.rows }).await;
            match &outcome {
                Ok(_) => savepoint.commit().await?,
                Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
                Err(_) => {
                    savepoint.rollback().await?;
                    tx.rows.truncate(rows_before);
                }
            }
            self.outcome = Some(outcome);
            Ok(())
        })
    }

    fn settle(self: Box<Self>, batch: Result<(), StoreError>) {
        (*self).settle(batch);
    }
}

impl Job {
    fn settle(self, batch: Result<(), StoreError>) {
        match self {
            Self::Append(append) => append.settle(batch),
            Self::Other(write) => write.settle(batch),
        }
    }
}

/// The task: it ends when nobody can ask any more and everything has been answered.
pub(super) async fn run(pools: Pools, mut jobs: mpsc::Receiver<Job>, doorbell: Doorbell) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let outcome = commit(&pools, &mut batch).await;
        match outcome {
            Ok(rows) => {
                ring(&doorbell, rows);
                batch.drain(..).for_each(|job| job.settle(Ok(())));
            }
            Err(StoreError::Unavailable) => {
                // Who has come meanwhile has waited long enough to be told the same.
                while let Ok(job) = jobs.try_recv() {
                    batch.push(job);
                }
                batch.drain(..).for_each(|job| job.settle(Err(StoreError::Unavailable)));
            }
            Err(_) => one_by_one(&pools, &mut batch, &doorbell).await,
        }
    }
}

/// One row is bad: the others must not suffer for it.
async fn one_by_one(pools: &Pools, batch: &mut Vec<Job>, doorbell: &Doorbell) {
    for mut job in batch.drain(..) {
        let outcome = commit(pools, std::slice::from_mut(&mut job)).await;
        job.settle(outcome.map(|rows| ring(doorbell, rows)));
    }
}

fn ring(doorbell: &Doorbell, mut rows: Vec<Arc<LogRow>>) {
    if !rows.is_empty() {
        // Each room's rows together; a stable sort keeps their order.
        rows.sort_by(|a, b| a.room.cmp(&b.room));
        doorbell(&rows);
    }
}

async fn commit(pools: &Pools, batch: &mut [Job]) -> Result<Vec<Arc<LogRow>>, StoreError> {
    let transaction = tokio::time::timeout(STATEMENT_TIMEOUT, transact(pools, batch));
    transaction.await.unwrap_or(Err(StoreError::Unavailable))
}

async fn transact(pools: &Pools, mut batch: &mut [Job]) -> Result<Vec<Arc<LogRow>>, StoreError> {
    // SQLite: take the lock now, since upgrading a read later may fail.
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = pools.write.begin_with_options(immediate).await?;
    let mut rows = Vec::with_capacity(batch.len());
    loop {
        let tx = Tx { db: &transaction, rows: &mut rows };
        let run = batch.iter().take_while(|job| matches!(job, Job::Append(_))).count();
        let Some((appends, rest)) = batch.split_at_mut_checked(run) else { break };
        append_run(tx, appends).await?;
        let Some((Job::Other(write), rest)) = rest.split_first_mut() else { break };
        write.run(Tx { db: &transaction, rows: &mut rows }).await?;
        batch = rest;
    }
    transaction.commit().await?;
    Ok(rows)
}

/// Appends that follow each other are written together.
async fn append_run(mut tx: Tx<'_>, jobs: &mut [Job]) -> Result<(), StoreError> {
    let mut run: Vec<_> = jobs
        .iter_mut()
        .filter_map(|job| match job {
            Job::Append(append) => Some(append),
            Job::Other(_) => None,
        })
        .collect();
    if run.is_empty() {
        return Ok(());
    }
    let asked: Vec<&Append> = run.iter().map(|append| &append.asked).collect();
    let outcomes = append_all(&mut tx, &asked).await?;
    for (append, outcome) in run.iter_mut().zip(outcomes) {
        append.outcome = Some(outcome);
    }
    Ok(())
}

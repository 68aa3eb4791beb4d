//! What the writer is asked, and how it answers.

use std::pin::Pin;

use sea_orm::TransactionTrait;
use tokio::sync::oneshot;

use super::{
    append::{Append, Appended, Tx},
    error::StoreError,
    receipt::{Mark, Marked},
};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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
    Mark(Asked<Mark, Marked>),
    Other(Box<dyn Write>),
}

/// A write, its outcome before the commit, and who waits for it.
pub(super) struct Asked<A, T> {
    pub(super) work: A,
    pub(super) outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<A, T> Asked<A, T> {
    /// With the receiving end of its answer.
    pub(super) fn new(asked: A) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work: asked, outcome: None, reply }, answer)
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
            let outcome = self.work.run(&mut Tx { db: &savepoint, rows: tx.rows }).await;
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
    pub(super) fn settle(self, batch: Result<(), StoreError>) {
        match self {
            Self::Append(append) => append.settle(batch),
            Self::Mark(mark) => mark.settle(batch),
            Self::Other(write) => write.settle(batch),
        }
    }
}

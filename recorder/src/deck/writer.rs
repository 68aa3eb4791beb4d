//! The thread that writes: everything that waits for the disk waits here, and nothing else.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use bedside_protocol::{
    ids::{RecordingId, UserId},
    recording::ConsentGiven,
};
use bedside_seal::DataKey;
use tokio::sync::{mpsc, oneshot};

use crate::{
    media::{LegReport, Op},
    spool::{Finished, Reel, Spool, SpoolError, SpooledLeg},
};

/// Jobs that may wait for the disk: fifty legs for ten seconds.
const MAX_WAITING: usize = 4_096;

/// What the disk did to a recording. Shared by its writer and its owner.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Nothing more can be written of it.
    failed: AtomicBool,
    /// Because there is no room.
    full: AtomicBool,
}

impl Health {
    pub(super) fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    fn fail(&self, error: &SpoolError) {
        if !self.failed.swap(true, Ordering::AcqRel) {
            tracing::error!(%error, "a recording cannot be written");
        }
        self.full.fetch_or(error.is_full(), Ordering::AcqRel);
    }

    /// The disk is too slow to go on.
    pub(super) fn overrun(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// There is too little room to go on.
    pub(super) fn fill(&self) {
        self.full.store(true, Ordering::Release);
        self.failed.store(true, Ordering::Release);
    }
}

type Reply<T> = oneshot::Sender<Result<T, SpoolError>>;

/// A recording, and which take of it.
pub(super) type ReelId = (RecordingId, u32);

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    Begin { reel: ReelId, key: DataKey, epoch_ms: i64, health: Arc<Health>, reply: Reply<()> },
    Leg { reel: ReelId, leg: Arc<str>, user: UserId },
    Op { reel: ReelId, leg: Arc<str>, op: Op, written: Arc<AtomicU64> },
    Note { reel: ReelId, leg: Arc<str>, report: LegReport },
    Sync { reel: ReelId },
    Finish { reel: ReelId, legs: Vec<SpooledLeg>, consents: Vec<ConsentGiven>, reply: Reply<Finished> },
    Rescue { id: RecordingId, key: DataKey, consents: Vec<ConsentGiven>, reply: Reply<Finished> },
    Discard { id: RecordingId, reply: Reply<()> },
    Unfinished { reply: Reply<Vec<RecordingId>> },
    FreeBytes { reply: Reply<u64> },
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

/// The writer is gone, which only happens where it panicked.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the thread that writes is gone")]
pub(super) struct Gone;

impl Writer {
    /// Start the thread. It ends when nobody can ask it any more.
    pub(super) fn start(spool: Spool) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let work = Work { spool, reels: HashMap::new() };
        thread::Builder::new().name("bedside-spool".to_owned()).spawn(move || work.run(waiting))?;
        Ok(Self { jobs })
    }

    /// Have something done, if there is room for it.
    pub(super) fn try_do(&self, job: Job) -> Result<(), Job> {
        self.jobs.try_send(job).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// The same, and wait until there is room for it.
    pub(super) async fn put(&self, job: Job) -> Result<(), Gone> {
        self.jobs.send(job).await.map_err(|_gone| Gone)
    }

    /// Have something done, and wait for the answer.
    pub(super) async fn ask<T>(
        &self,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<Result<T, SpoolError>, Gone> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_gone| Gone)?;
        answer.await.map_err(|_gone| Gone)
    }
}

struct Work {
    spool: Spool,
    reels: HashMap<ReelId, (Reel, Arc<Health>)>,
}

impl Work {
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(job) = waiting.blocking_recv() {
            self.work(job);
        }
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Begin { reel: id, key, epoch_ms, health, reply } => {
                let begun = self.spool.begin(&id.0, key, id.1, epoch_ms);
                answer(reply, begun.map(|reel| drop(self.reels.insert(id, (reel, health)))));
            }
            Job::Leg { reel: id, leg, user } => self.on(&id, |reel| reel.leg(&leg, &user)),
            Job::Op { reel: id, leg, op, written } => self.on(&id, |reel| {
                let bytes = reel.apply(&leg, op)?;
                written.fetch_add(bytes, Ordering::Relaxed);
                Ok(())
            }),
            Job::Note { reel: id, leg, report } => self.on(&id, |reel| reel.note(&leg, report)),
            Job::Sync { reel: id } => self.on(&id, Reel::sync),
            Job::Finish { reel: id, legs, consents, reply } => {
                let finished = match self.reels.remove(&id) {
                    Some((reel, health)) if !health.is_failed() => reel.finish(legs, consents),
                    // Its files end anywhere, as after a crash.
                    Some((reel, _)) => {
                        let key = reel.key();
                        drop(reel);
                        self.spool.rescue(&id.0, key, consents)
                    }
                    None => Err(SpoolError::Nothing),
                };
                answer(reply, finished);
            }
            Job::Rescue { id, key, consents, reply } => {
                answer(reply, self.spool.rescue(&id, key, consents));
            }
            Job::Discard { id, reply } => {
                self.reels.retain(|(other, _), _| *other != id);
                answer(reply, self.spool.discard(&id));
            }
            Job::Unfinished { reply } => answer(reply, self.spool.unfinished()),
            Job::FreeBytes { reply } => answer(reply, self.spool.free_bytes()),
        }
    }

    /// Where something cannot be written, nothing after it is: a file with a hole would be worse than a short one.
    fn on(&mut self, id: &ReelId, work: impl FnOnce(&mut Reel) -> Result<(), SpoolError>) {
        if let Some((reel, health)) = self.reels.get_mut(id)
            && !health.is_failed()
            && let Err(error) = work(reel)
        {
            health.fail(&error);
        }
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, SpoolError>) {
    if reply.send(result).is_err() {
        tracing::debug!("nobody waits for the writer's answer any more");
    }
}

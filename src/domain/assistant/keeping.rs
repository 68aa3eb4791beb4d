//! The thread that answers are written on, and what it does besides: to store them as far as they are.

use std::{
    io,
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    time::{MissedTickBehavior, interval},
};

use super::{Assistants, answer::Running};
use crate::store::Progress;

/// How often what there is of answers is stored: with what the commit takes, at least each second.
const KEEP_EVERY: Duration = Duration::from_millis(750);

/// The runtime of the thread.
///
/// It is one of its own so that the threads of sockets may be let go first: hundreds of answers at once shall not delay a
/// call, on a single core neither.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Let those go first who are about to send what they were told.
pub(super) fn give_way() {
    thread::yield_now();
}

/// Run the thread, as long as there are assistants.
pub(super) fn run(runtime: Runtime, assistants: Weak<Assistants>) -> io::Result<()> {
    let work = async move {
        let mut tick = interval(KEEP_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            match assistants.upgrade() {
                Some(assistants) => assistants.keep().await,
                None => return,
            }
        }
    };
    thread::Builder::new().name("answers".to_owned()).spawn(move || runtime.block_on(work)).map(drop)
}

impl Assistants {
    /// Store what has come since the last time, all together: a commit for each answer would cost more than the answers.
    async fn keep(&self) {
        let grown: Vec<(Arc<Running>, Progress)> = self
            .running
            .iter()
            .filter_map(|running| Some((Arc::clone(&running), running.unkept()?)))
            .collect();
        if grown.is_empty() {
            return;
        }
        let (running, progress): (Vec<_>, Vec<_>) = grown.into_iter().unzip();
        let sizes: Vec<usize> = progress.iter().map(|progress| progress.content.len()).collect();
        if let Err(error) = self.store.keep_answers(progress).await {
            tracing::debug!(%error, "what there is of answers could not be kept yet");
            return;
        }
        for (running, bytes) in running.iter().zip(sizes) {
            running.kept(bytes);
            tracing::debug!(answer.id = %running.answer.id, bytes, "what there is of an answer is kept");
        }
    }
}

//! The recorder at work: takes orders, keeps a leg to everyone who is recorded, and writes what comes. It has threads of its own,
//! so that whoever it lives with does not feel it; and it is the same in the server's process and in one of its own.

mod desk;
mod recording;
mod seat;
mod voice;
mod writer;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    runtime::Runtime,
    sync::{Semaphore, mpsc, oneshot},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{desk::Desk, recording::Shared, voice::Voice, writer::Writer};
use crate::{
    leg::{LegOptions, Passed, Port, PortConfig, PortError},
    signals::Signals,
    spool::{Spool, SpoolError},
};

/// How long the end of everything may take: legs close, files are ended, and the server takes them.
const CLOSE_PATIENCE: Duration = Duration::from_secs(15);

/// How a recorder is set up.
#[derive(Debug, Clone)]
pub struct DeckConfig {
    /// Where peers send their media.
    pub port: PortConfig,
    /// The folder where recordings lie until they are put away.
    pub spool: PathBuf,
    /// Threads for media.
    pub threads: usize,
    /// Legs at a time, of all recordings together.
    pub max_legs: u32,
    /// So many bytes stay free on the spool's disk: with less, nothing is recorded.
    pub disk_floor_bytes: u64,
    /// What each leg is like.
    pub leg: LegOptions,
}

/// A recorder could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DeckError {
    /// Its threads.
    #[error("the recorder's threads: {0}")]
    Threads(#[source] io::Error),
    /// Its spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Its port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A recorder at work. Dropping it ends it at once, like a crash; [`Deck::close`] ends it in order.
#[derive(Debug)]
pub struct Deck {
    /// Taken when it is dropped: a runtime may not be dropped where others wait.
    runtime: Option<Runtime>,
    connections: mpsc::Sender<Signals>,
    stop: CancellationToken,
    ended: Option<oneshot::Receiver<()>>,
    port: Arc<Port>,
}

impl Deck {
    /// Start it. It takes orders once it is connected.
    pub fn start(config: DeckConfig) -> Result<Self, DeckError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.threads.max(1))
            .thread_name("bedside-media")
            .enable_all()
            .build()
            .map_err(DeckError::Threads)?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let opened = {
            let _inside = runtime.enter();
            Self::open(&config, &tasks, &stop)
        };
        let (port, writer) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // It may not be dropped where others wait.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let (connections, connecting) = mpsc::channel(1);
        let (end, ended) = oneshot::channel();
        let shared = Shared {
            permits: Arc::new(Semaphore::new(config.max_legs as usize)),
            config: Arc::new(config),
            port: Arc::clone(&port),
            writer,
            voice: Voice::default(),
        };
        let desk = Desk::new(shared);
        let closing = stop.clone();
        tasks.spawn_on(
            async move {
                desk.run(connecting, closing).await;
                // Nobody may wait for it.
                let _nobody = end.send(());
            },
            runtime.handle(),
        );
        Ok(Self { runtime: Some(runtime), connections, stop, ended: Some(ended), port })
    }

    fn open(
        config: &DeckConfig,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<(Arc<Port>, Writer), DeckError> {
        let writer = Writer::start(Spool::open(&config.spool)?).map_err(DeckError::Threads)?;
        Ok((Port::open(&config.port, tasks, stop)?, writer))
    }

    /// Here is a new connection to the server, in place of the last one.
    pub async fn connect(&self, signals: Signals) {
        if self.connections.send(signals).await.is_err() {
            tracing::debug!("the recorder is being closed");
        }
    }

    /// Where peers are told to send.
    pub fn public(&self) -> &[SocketAddr] {
        self.port.public()
    }

    /// How datagrams at its port were answered for.
    pub fn passed(&self) -> Passed {
        self.port.counted()
    }

    /// End all recordings, and wait until the server has been told what there is of them.
    pub async fn close(mut self) {
        self.stop.cancel();
        if let Some(ended) = self.ended.take()
            && tokio::time::timeout(CLOSE_PATIENCE, ended).await.is_err()
        {
            tracing::warn!(
                "the recorder did not come to its end in time; what is in the spool is rescued later"
            );
        }
    }
}

impl Drop for Deck {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

//! A network between the store and PostgreSQL, with the faults that real ones have.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// What is wrong with the network.
#[derive(Default)]
struct Faults {
    /// The next commit reaches the server, and its answer is lost with the connection.
    cut_at_commit: AtomicBool,
    /// Connections with a smaller number carry nothing any more, and nobody is told.
    silent_below: AtomicU64,
    connections: AtomicU64,
}

pub(crate) struct Proxy {
    port: u16,
    faults: Arc<Faults>,
}

impl Proxy {
    /// Between here and the port of a server.
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), faults: Arc::default() };
        let faults = Arc::clone(&proxy.faults);
        tokio::task::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = faults.connections.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let cut = Arc::new(AtomicBool::new(false));
                let up =
                    Way { faults: Arc::clone(&faults), number, cut: Arc::clone(&cut), watch_commits: true };
                let down = Way { faults: Arc::clone(&faults), number, cut, watch_commits: false };
                tokio::task::spawn(up.carry(from_client, to_server));
                tokio::task::spawn(down.carry(from_server, to_client));
            }
        });
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn lose_the_answer_to_the_next_commit(&self) {
        self.faults.cut_at_commit.store(true, Ordering::SeqCst);
    }

    /// What is connected now is forgotten by the network; new connections are not.
    pub(crate) fn forget_connections(&self) {
        self.faults.silent_below.store(self.faults.connections.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

/// One direction of a connection.
struct Way {
    faults: Arc<Faults>,
    number: u64,
    cut: Arc<AtomicBool>,
    watch_commits: bool,
}

impl Way {
    async fn carry(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            if self.number < self.faults.silent_below.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let bytes = &buffer[..read];
            let commit = self.watch_commits && bytes.windows(6).any(|window| window == b"COMMIT");
            if commit && self.faults.cut_at_commit.swap(false, Ordering::SeqCst) {
                self.cut.store(true, Ordering::SeqCst);
            } else if !self.watch_commits && self.cut.load(Ordering::SeqCst) {
                // The server has answered, so it has committed.
                return;
            }
            if to.write_all(bytes).await.is_err() {
                return;
            }
        }
    }
}

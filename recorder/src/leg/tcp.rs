//! ICE over TCP (RFC 6544) for peers that UDP does not reach: they connect to the same port, and each datagram goes with its
//! length in front (RFC 4571). A connection that does not begin with a connectivity check that holds is closed.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    framing::frame,
    gate::Dropped,
    port::{MAX_DATAGRAM_BYTES, Port},
    stun,
};

/// Connections at a time.
const MAX_STREAMS: usize = 1_024;

/// Connections of one address at a time: a clinic behind one address has so many people in recorded visits at most, and nobody
/// alone can take them all.
const MAX_STREAMS_OF_ADDRESS: usize = 64;

/// How long a connection may take to make its first check.
const FIRST_CHECK_PATIENCE: Duration = Duration::from_secs(5);

/// Peers check every few seconds that the other still agrees to be sent to (RFC 7675), and give up after 30.
const SILENCE_PATIENCE: Duration = Duration::from_secs(30);

/// Answers that may wait for a slow connection; later ones are dropped, as by UDP.
const MAX_WAITING: usize = 64;

/// After a fault of the listener, so that a lasting one does not keep a thread busy.
const FAULT_PAUSE: Duration = Duration::from_millis(100);

/// Who is connected.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<IpAddr, usize>>);

impl Streams {
    fn state(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: &Arc<Self>, ip: IpAddr) -> Option<Admitted> {
        let mut state = self.state();
        if state.values().sum::<usize>() >= MAX_STREAMS {
            return None;
        }
        let of_address = state.entry(ip).or_default();
        if *of_address >= MAX_STREAMS_OF_ADDRESS {
            return None;
        }
        *of_address += 1;
        Some(Admitted { streams: Arc::clone(self), ip })
    }
}

/// A connection counts until this is dropped.
#[derive(Debug)]
struct Admitted {
    streams: Arc<Streams>,
    ip: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut state = self.streams.state();
        if let Some(of_address) = state.get_mut(&self.ip) {
            *of_address -= 1;
            if *of_address == 0 {
                state.remove(&self.ip);
            }
        }
    }
}

/// Accept connections.
pub(super) async fn listen(
    listener: TcpListener,
    port: Arc<Port>,
    streams: Arc<Streams>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        match listener.accept().await {
            Ok((stream, source)) => {
                let Some(admitted) = streams.admit(source.ip()) else { continue };
                let (port, stop) = (Arc::clone(&port), stop.clone());
                tasks.spawn(async move {
                    let carried = stop.run_until_cancelled(carry(stream, source, &port)).await;
                    drop(admitted);
                    if let Some(Err(error)) = carried {
                        tracing::debug!(%error, "a connection to the recorder's port ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the recorder's port cannot accept a connection");
                tokio::time::sleep(FAULT_PAUSE).await;
            }
        }
    }
}

/// Carry datagrams both ways until one side is done.
async fn carry(stream: TcpStream, source: SocketAddr, port: &Port) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let mut read = BufReader::with_capacity(4 * MAX_DATAGRAM_BYTES, read);
    let mut buffer = vec![0; MAX_DATAGRAM_BYTES];

    let first = tokio::time::timeout(FIRST_CHECK_PATIENCE, frame(&mut read, &mut buffer)).await??;
    if !stun::is_stun(first) {
        return Err(refused("it does not begin with a check"));
    }
    let (answers, waiting) = mpsc::channel(MAX_WAITING);
    let taken = port.take_first(source, first, answers);
    taken.map_err(|dropped| refused(&format!("its first check was dropped: {dropped:?}")))?;

    let _leave = Leave { port, source };
    tokio::select! {
        done = take(read, buffer, source, port) => done,
        done = give(write, waiting) => done,
    }
}

/// Whatever ends a connection, nothing is sent there any more.
struct Leave<'a> {
    port: &'a Port,
    source: SocketAddr,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.port.remove_stream(self.source);
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

async fn take(
    mut read: BufReader<OwnedReadHalf>,
    mut buffer: Vec<u8>,
    source: SocketAddr,
    port: &Port,
) -> io::Result<()> {
    loop {
        let datagram = tokio::time::timeout(SILENCE_PATIENCE, frame(&mut read, &mut buffer)).await??;
        // Its leg is over; anything else that is dropped is counted at the gate.
        if port.take(source, datagram) == Err(Dropped::Stranger) {
            return Ok(());
        }
    }
}

async fn give(mut write: OwnedWriteHalf, mut waiting: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(datagram) = waiting.recv().await {
        let size = u16::try_from(datagram.len()).map_err(io::Error::other)?;
        let framed = [size.to_be_bytes().as_slice(), &datagram].concat();
        tokio::time::timeout(SILENCE_PATIENCE, write.write_all(&framed)).await??;
    }
    Ok(())
}

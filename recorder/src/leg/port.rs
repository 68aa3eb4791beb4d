//! The one port of all legs, UDP and TCP. What comes in is led through the [`Gate`] to its leg; what a leg sends goes out the way
//! that its peer came.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    beats::Beats,
    bind::bind,
    gate::{Allowance, Dropped, Gate, LegNumber, Passed},
    tcp,
};

/// The largest datagram that is taken; WebRTC keeps below 1500 bytes.
pub(super) const MAX_DATAGRAM_BYTES: usize = 2_048;

/// Datagrams that may wait for a leg: a second and a half of a good picture.
const MAX_WAITING: usize = 512;

/// Datagrams that are taken at a time, so that those for whom they are get their turn: twice what fifty legs bring in a beat.
const MAX_AT_ONCE: usize = 512;

/// After a fault of a socket, so that a lasting one does not keep a thread busy.
const FAULT_PAUSE: Duration = Duration::from_millis(100);

/// Which ways into the port are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transports {
    /// UDP, and TCP for whoever cannot use it.
    #[default]
    Both,
    /// UDP alone.
    Udp,
    /// TCP alone.
    Tcp,
}

/// Where the port is.
#[derive(Debug, Clone)]
pub struct PortConfig {
    /// Its number, the same for UDP and TCP; 0 for any that is free.
    pub port: u16,
    /// The addresses at which peers reach it. A loopback address is bound as it is; for all others, which may be those of a
    /// translation in front of this machine, every interface is listened on.
    pub public: Vec<IpAddr>,
    /// Which ways in are open.
    pub transports: Transports,
}

/// The port could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// There is no address that peers could be told.
    #[error("no public address is configured")]
    NoAddress,
    /// A socket was refused.
    #[error("cannot listen on {transport} port {port}: {cause}")]
    Bind {
        /// UDP or TCP.
        transport: &'static str,
        /// The port.
        port: u16,
        /// Why.
        cause: io::Error,
    },
}

/// A datagram, and who sent it.
pub(super) type Datagram = (SocketAddr, Bytes);

/// What waits at a socket when some was taken.
enum Rest {
    Nothing,
    Some,
}

/// The one port of all legs.
#[derive(Debug)]
pub struct Port {
    state: Mutex<State>,
    sockets: Vec<UdpSocket>,
    public: Vec<SocketAddr>,
    transports: Transports,
    next: AtomicU64,
    beats: Beats,
    /// There is a leg.
    occupied: Notify,
    /// Datagrams that found the queue of their leg full.
    overflowed: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    gate: Gate,
    legs: HashMap<LegNumber, Queues>,
    /// Sources that came by TCP, and how to answer them.
    streams: HashMap<SocketAddr, mpsc::Sender<Bytes>>,
}

/// Where a leg takes its datagrams from: one queue for each family of addresses.
#[derive(Debug, Default)]
struct Queues {
    v4: Option<mpsc::Sender<Datagram>>,
    v6: Option<mpsc::Sender<Datagram>>,
}

impl Port {
    /// Open it, and read from it until `stop`.
    pub fn open(
        config: &PortConfig,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Arc<Self>, PortError> {
        let (port, sockets, listeners) = bind(config)?;
        let public: Vec<_> = config.public.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        if public.is_empty() {
            return Err(PortError::NoAddress);
        }
        let this = Arc::new(Self {
            state: Mutex::default(),
            sockets,
            public,
            transports: config.transports,
            next: AtomicU64::new(1),
            beats: Beats::begin(),
            occupied: Notify::new(),
            overflowed: AtomicU64::new(0),
        });
        for place in 0..this.sockets.len() {
            let (port, stop) = (Arc::clone(&this), stop.clone());
            tasks.spawn(async move { stop.run_until_cancelled(port.read(place)).await });
        }
        let streams = Arc::new(tcp::Streams::default());
        for listener in listeners {
            let listening =
                tcp::listen(listener, Arc::clone(&this), Arc::clone(&streams), tasks.clone(), stop.clone());
            let stop = stop.clone();
            tasks.spawn(async move { stop.run_until_cancelled(listening).await });
        }
        Ok(this)
    }

    /// The addresses that peers are told.
    pub fn public(&self) -> &[SocketAddr] {
        &self.public
    }

    /// Which ways in are open.
    pub fn transports(&self) -> Transports {
        self.transports
    }

    /// How datagrams were answered for.
    pub fn counted(&self) -> Passed {
        self.state().gate.counted()
    }

    /// Datagrams that found the queue of their leg full.
    pub fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// A place for a leg.
    pub(super) fn place(self: &Arc<Self>, allowance: Allowance) -> Place {
        let number = LegNumber(self.next.fetch_add(1, Ordering::Relaxed));
        let mut state = self.state();
        state.gate.add(number, allowance, Instant::now());
        state.legs.insert(number, Queues::default());
        drop(state);
        self.occupied.notify_waiters();
        Place { port: Arc::clone(self), number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, place: usize) {
        let Some(socket) = self.sockets.get(place) else { return };
        let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
        loop {
            self.is_occupied().await;
            match self.take_some(socket, &mut buffer) {
                Ok(Rest::Nothing) => tokio::time::sleep_until(self.beats.next()).await,
                Ok(Rest::Some) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::warn!(%error, "the recorder's port cannot be read");
                    tokio::time::sleep(FAULT_PAUSE).await;
                }
            }
        }
    }

    /// Take what waits at a socket.
    fn take_some(&self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Rest> {
        for _ in 0..MAX_AT_ONCE {
            match socket.recv_from(buffer) {
                Ok((size, from)) => {
                    // A dropped datagram is counted, and nothing else is to be done about it.
                    let _dropped = self.take(from, buffer.get(..size).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Rest::Nothing),
                Err(error) => return Err(error),
            }
        }
        Ok(Rest::Some)
    }

    /// What all legs do their work by.
    pub(crate) fn beats(&self) -> &Beats {
        &self.beats
    }

    /// Wait until there is a leg. Without one, what comes is nobody's.
    async fn is_occupied(&self) {
        loop {
            let occupied = self.occupied.notified();
            if !self.state().legs.is_empty() {
                return;
            }
            occupied.await;
        }
    }

    /// Lead a datagram to its leg.
    pub(super) fn take(&self, from: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        let mut state = self.state();
        let leg = state.gate.pass(from, datagram, Instant::now())?;
        self.put(&state, leg, from, datagram)
    }

    /// The same for the first datagram of a connection. Where it passes, the source is answered there from now on.
    pub(super) fn take_first(
        &self,
        from: SocketAddr,
        datagram: &[u8],
        answers: mpsc::Sender<Bytes>,
    ) -> Result<(), Dropped> {
        let mut state = self.state();
        let leg = state.gate.pass(from, datagram, Instant::now())?;
        state.streams.insert(from, answers);
        self.put(&state, leg, from, datagram)
    }

    fn put(&self, state: &State, leg: LegNumber, from: SocketAddr, datagram: &[u8]) -> Result<(), Dropped> {
        let queues = state.legs.get(&leg).ok_or(Dropped::Stranger)?;
        let queue = if from.is_ipv4() { &queues.v4 } else { &queues.v6 };
        let datagram = (from, Bytes::copy_from_slice(datagram));
        if queue.as_ref().is_none_or(|queue| queue.try_send(datagram).is_err()) {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Its connection is gone.
    pub(super) fn remove_stream(&self, source: SocketAddr) {
        self.state().streams.remove(&source);
    }

    /// Send a datagram. What cannot go now is dropped, as any router would.
    fn send(&self, datagram: &[u8], to: SocketAddr) {
        let stream = self.state().streams.get(&to).cloned();
        let sent = match stream {
            Some(stream) => stream.try_send(Bytes::copy_from_slice(datagram)).is_ok(),
            None => self.socket(to).is_some_and(|socket| socket.send_to(datagram, to).is_ok()),
        };
        if !sent {
            tracing::trace!("a datagram of a leg could not be sent");
        }
    }

    fn socket(&self, to: SocketAddr) -> Option<&UdpSocket> {
        let fits = |socket: &&UdpSocket| socket.local_addr().is_ok_and(|own| own.is_ipv4() == to.is_ipv4());
        self.sockets.iter().find(fits)
    }
}

/// The place of one leg at the port. Without it, nothing reaches the leg.
#[derive(Debug)]
pub(super) struct Place {
    port: Arc<Port>,
    number: LegNumber,
}

impl Place {
    pub(super) fn port(&self) -> &Port {
        &self.port
    }

    /// Where the leg's datagrams of one family come out. Asked for again, it takes the place of the former.
    pub(super) fn queue(&self, local: SocketAddr) -> mpsc::Receiver<Datagram> {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        if let Some(queues) = self.port.state().legs.get_mut(&self.number) {
            let family = if local.is_ipv4() { &mut queues.v4 } else { &mut queues.v6 };
            *family = Some(queue);
        }
        waiting
    }

    /// Take checks that were made with these credentials.
    pub(super) fn admit(&self, ufrag: &str, password: &str) {
        self.port.state().gate.admit(self.number, ufrag, password);
    }

    /// The keys of the leg are agreed.
    pub(super) fn settle(&self) {
        self.port.state().gate.settle(self.number);
    }

    /// Whether the peer has sent an alert, which may be its good-bye.
    pub(super) fn is_alerted(&self) -> bool {
        self.port.state().gate.is_alerted(self.number)
    }

    pub(super) fn send(&self, datagram: &[u8], to: SocketAddr) {
        self.port.send(datagram, to);
    }

    /// From here on nothing reaches the leg.
    pub(super) fn shut(&self) {
        let mut state = self.port.state();
        state.legs.remove(&self.number);
        for source in state.gate.remove(self.number) {
            state.streams.remove(&source);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shut();
    }
}

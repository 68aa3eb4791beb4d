//! The one port of all legs, UDP and TCP. What comes in is led through the [`Gate`] to its leg; what a leg sends goes out the way
//! that its peer came.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::mpsc,
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    gate::{Allowance, Dropped, Gate, LegNumber, Passed},
    tcp,
};

/// The largest datagram that is taken; WebRTC keeps below 1500 bytes.
pub(super) const MAX_DATAGRAM_BYTES: usize = 2_048;

/// Datagrams that may wait for a leg: a second and a half of a good picture.
const MAX_WAITING: usize = 512;

/// Asked of the kernel for each socket: what 50 legs send while a thread is busy for a fifth of a second.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// Connections that may wait to be accepted.
const TCP_BACKLOG: i32 = 128;

/// Free ports that are tried: few machines use every second one.
const FREE_PORT_TRIES: u32 = 16;

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

/// The one port of all legs.
#[derive(Debug)]
pub struct Port {
    state: Mutex<State>,
    sockets: Vec<UdpSocket>,
    public: Vec<SocketAddr>,
    transports: Transports,
    next: AtomicU64,
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
        Place { port: Arc::clone(self), number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, place: usize) {
        let Some(socket) = self.sockets.get(place) else { return };
        let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
        loop {
            match socket.recv_from(&mut buffer).await {
                Ok((size, from)) => {
                    // A dropped datagram is counted, and nothing else is to be done about it.
                    let _dropped = self.take(from, buffer.get(..size).unwrap_or_default());
                }
                Err(error) => {
                    tracing::warn!(%error, "the recorder's port cannot be read");
                    tokio::time::sleep(FAULT_PAUSE).await;
                }
            }
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
            None => self.socket(to).is_some_and(|socket| socket.try_send_to(datagram, to).is_ok()),
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

/// All sockets, and the port that they have in common. A free one for UDP may be somebody's for TCP: then another is looked for.
fn bind(config: &PortConfig) -> Result<(u16, Vec<UdpSocket>, Vec<TcpListener>), PortError> {
    let mut tries = if config.port == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_once(config) {
            Err(PortError::Bind { cause, .. }) if cause.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            outcome => return outcome,
        }
    }
}

fn bind_once(config: &PortConfig) -> Result<(u16, Vec<UdpSocket>, Vec<TcpListener>), PortError> {
    let mut port = config.port;
    let (mut sockets, mut listeners) = (Vec::new(), Vec::new());
    for ip in bound(&config.public) {
        if config.transports != Transports::Tcp {
            let socket = udp(SocketAddr::new(ip, port));
            let socket = socket.map_err(|cause| PortError::Bind { transport: "UDP", port, cause })?;
            port = socket.local_addr().map_or(port, |address| address.port());
            sockets.push(socket);
        }
        if config.transports != Transports::Udp {
            let listener = listen(SocketAddr::new(ip, port));
            let listener = listener.map_err(|cause| PortError::Bind { transport: "TCP", port, cause })?;
            port = listener.local_addr().map_or(port, |address| address.port());
            listeners.push(listener);
        }
    }
    Ok((port, sockets, listeners))
}

/// The addresses to listen on.
fn bound(public: &[IpAddr]) -> Vec<IpAddr> {
    let mut bound = Vec::new();
    for ip in public {
        let ip = match ip {
            IpAddr::V4(_) | IpAddr::V6(_) if ip.is_loopback() => *ip,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // One socket for each family: every interface includes the loopback.
        let other = bound.iter().position(|other: &IpAddr| other.is_ipv4() == ip.is_ipv4());
        match other.and_then(|place| bound.get_mut(place)) {
            Some(other) if ip.is_unspecified() => *other = ip,
            Some(_) => {}
            None => bound.push(ip),
        }
    }
    bound
}

fn raw(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        // Addresses of the other family come in through its own socket, as what they are.
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = raw(address, Type::DGRAM, Protocol::UDP)?;
    if let Err(error) = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES) {
        tracing::debug!(%error, "the kernel gives the recorder's port a small buffer");
    }
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = raw(address, Type::STREAM, Protocol::TCP)?;
    // After a restart the port is free at once, whatever the kernel still remembers of old connections.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(TCP_BACKLOG)?;
    TcpListener::from_std(socket.into())
}

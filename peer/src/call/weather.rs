//! What happens to packets on their way out: they get lost, come late, or are counted at least.
//!
//! It stands between the WebRTC stack and its sockets, where what is repaired can get lost again.

use std::{
    collections::HashSet,
    future::Future,
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use rand::Rng as _;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::task::TaskTracker;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

/// Datagrams that may be under way; more than a second's worth of any video that is sent here.
const MAX_UNDER_WAY: usize = 4_096;

/// How it is on the way out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// So many of a hundred RTP packets get lost, repaired ones as well as others.
    pub loss_percent: u8,
    /// How much longer video takes than audio.
    pub video_late_by: Duration,
    /// No sender report gets through for so long after the first packet.
    pub first_report_after: Duration,
}

/// RTP packets that went out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many.
    pub packets: u64,
    /// When the last one did.
    pub last: Option<Instant>,
}

/// What went out on all sockets of a connection.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: Mutex<Sent>,
    first: OnceLock<Instant>,
}

impl Tally {
    pub(super) fn sent(&self) -> Sent {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, now: Instant) {
        self.first.get_or_init(|| now);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.packets += 1;
        sent.last = Some(now);
    }
}

/// Tokio's runtime with this weather.
#[derive(Debug)]
pub(super) struct Outdoors {
    pub(super) weather: Weather,
    pub(super) tally: Arc<Tally>,
    /// SSRCs of video.
    pub(super) video: HashSet<u32>,
    pub(super) tasks: TaskTracker,
}

impl Runtime for Outdoors {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn(future)
    }

    fn spawn_reactor(
        &self,
        reactor_pool_size: usize,
        future: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn_reactor(reactor_pool_size, future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let socket = TokioRuntime.wrap_udp_socket(socket)?;
        let late = (!self.weather.video_late_by.is_zero()).then(|| {
            let (late, under_way) = mpsc::channel(MAX_UNDER_WAY);
            self.tasks.spawn(deliver(Arc::clone(&socket), under_way));
            late
        });
        let (weather, tally, video) = (self.weather, Arc::clone(&self.tally), self.video.clone());
        Ok(Arc::new(Exposed { socket, weather, tally, video, late }))
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote_addr: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        TokioRuntime.connect_tcp(remote_addr)
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        TokioRuntime.resolve_host(host)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }
}

/// A datagram that comes late.
#[derive(Debug)]
struct Late {
    due: Instant,
    contents: Vec<u8>,
    to: SocketAddr,
}

async fn deliver(socket: Arc<dyn AsyncUdpSocket>, mut under_way: mpsc::Receiver<Late>) {
    while let Some(Late { due, contents, to }) = under_way.recv().await {
        tokio::time::sleep_until(due).await;
        if let Err(error) = socket.send_to(&contents, to).await {
            tracing::debug!(%error, "a late datagram could not be sent");
        }
    }
}

/// A socket out in the weather.
#[derive(Debug)]
struct Exposed {
    socket: Arc<dyn AsyncUdpSocket>,
    weather: Weather,
    tally: Arc<Tally>,
    video: HashSet<u32>,
    late: Option<mpsc::Sender<Late>>,
}

impl AsyncUdpSocket for Exposed {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let contents = transmit.contents;
        let gone = Poll::Ready(Ok(contents.len()));
        match Datagram::of(contents) {
            Datagram::Rtp { ssrc } => {
                let now = Instant::now();
                if rand::rng().random_range(0..100) < self.weather.loss_percent {
                    self.tally.count(now);
                    return gone;
                }
                if let Some(late) = &self.late
                    && self.video.contains(&ssrc)
                {
                    self.tally.count(now);
                    let due = now + self.weather.video_late_by;
                    let datagram = Late { due, contents: contents.to_vec(), to: transmit.destination };
                    if late.try_send(datagram).is_err() {
                        tracing::warn!("more datagrams are late than may be");
                    }
                    return gone;
                }
                let sent = self.socket.poll_send(cx, transmit);
                if matches!(sent, Poll::Ready(Ok(_))) {
                    self.tally.count(now);
                }
                sent
            }
            Datagram::SenderReport
                if self
                    .tally
                    .first
                    .get()
                    .is_none_or(|first| first.elapsed() < self.weather.first_report_after) =>
            {
                gone
            }
            Datagram::SenderReport | Datagram::Other => self.socket.poll_send(cx, transmit),
        }
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_recv(cx, bufs, meta)
    }
}

/// What a datagram is: SRTP and SRTCP leave it to be seen (RFC 7983, RFC 5761).
#[derive(Debug, PartialEq, Eq)]
enum Datagram {
    Rtp { ssrc: u32 },
    SenderReport,
    Other,
}

impl Datagram {
    fn of(contents: &[u8]) -> Self {
        let Some((&[first, second, ..], rest)) = contents.split_first_chunk::<8>() else {
            return Self::Other;
        };
        match (first, second) {
            (128..=191, 200) => Self::SenderReport,
            (128..=191, 192..=223) => Self::Other,
            (128..=191, _) => {
                rest.first_chunk().map_or(Self::Other, |ssrc| Self::Rtp { ssrc: u32::from_be_bytes(*ssrc) })
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_known_by_its_first_bytes() {
        assert_eq!(
            Datagram::of(&[0x80, 96, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 9]),
            Datagram::Rtp { ssrc: 0x0102_0304 }
        );
        assert_eq!(Datagram::of(&[0x80, 200, 0, 6, 0, 0, 0, 0, 1]), Datagram::SenderReport);
        assert_eq!(Datagram::of(&[0x81, 201, 0, 6, 0, 0, 0, 0, 1]), Datagram::Other);
        assert_eq!(Datagram::of(&[0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]), Datagram::Other);
        assert_eq!(Datagram::of(&[0x80, 96]), Datagram::Other);
    }
}

//! What a connection gets from its surroundings: tasks that are waited for, and in place of sockets its place at the port.

use std::{
    future::Future,
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

use super::port::{Datagram, Place};

/// The surroundings of one connection.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) place: Arc<Place>,
    pub(super) tasks: TaskTracker,
    /// Cancelled when a task of the connection has ended, by itself or by a panic.
    pub(super) ended: CancellationToken,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Runtime for Surroundings {
    fn spawn(&self, future: Boxed<'static, ()>) -> Box<dyn JoinHandle> {
        // Dropped when the task ends, also where it is unwound.
        let ended = self.ended.clone().drop_guard();
        Box::new(Task(self.tasks.spawn(async move {
            let _ended = ended;
            future.await;
        })))
    }

    /// The socket that it bound only gives this a name; packets come and go through the port.
    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let local = socket.local_addr()?;
        let waiting = Mutex::new(self.place.queue(local));
        Ok(Arc::new(Line { place: Arc::clone(&self.place), waiting, local }))
    }

    fn wrap_tcp_listener(&self, _: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// A recorder connects to nobody.
    fn connect_tcp(&self, _: SocketAddr) -> Boxed<'_, io::Result<Arc<dyn AsyncTcpStream>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    /// Nor does it look up names that a peer gave it.
    fn resolve_host<'a>(&'a self, _: &'a str) -> Boxed<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    fn sleep(&self, duration: Duration) -> Boxed<'static, ()> {
        Box::pin(tokio::time::sleep_until(self.place.port().beats().after(duration)))
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn name(&self) -> &'static str {
        "bedside"
    }
}

struct Task(tokio::task::JoinHandle<()>);

impl JoinHandle for Task {
    /// A task of tokio's goes on when its handle is dropped.
    fn detach(&self) {}

    fn abort(&self) {
        self.0.abort();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// A leg's line to the port, in the shape of a socket.
#[derive(Debug)]
struct Line {
    place: Arc<Place>,
    waiting: Mutex<mpsc::Receiver<Datagram>>,
    local: SocketAddr,
}

impl AsyncUdpSocket for Line {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn poll_send(&self, _: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.place.send(transmit.contents, transmit.destination);
        Poll::Ready(Ok(transmit.contents.len()))
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((from, datagram)) = std::task::ready!(waiting.poll_recv(context)) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let (Some(buffer), Some(meta)) = (buffers.first_mut(), metas.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        let size = datagram.len().min(buffer.len());
        for (to, byte) in buffer.iter_mut().zip(&*datagram) {
            *to = *byte;
        }
        *meta = RecvMeta::default();
        (meta.addr, meta.len, meta.stride) = (from, size, size.max(1));
        Poll::Ready(Ok(1))
    }
}

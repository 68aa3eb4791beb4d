//! A WebSocket on the bare connection: no HTTP buffers stay behind, what is sent waits in nobody's memory but the
//! pipe's, and one task both reads and writes.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use super::pipe::{CHUNK, Pipe, Taken};

/// As much is read with one system call.
const READ: usize = 64 * 1024;
/// How long the end of a connection may take: what is left goes out, and the client closes, too.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the network is, plain or TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// The buffers of a worker. A connection that has nothing under way has none.
struct Scratch {
    input: Box<[u8]>,
    output: BytesMut,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> =
        RefCell::new(Scratch { input: vec![0; READ].into(), output: BytesMut::with_capacity(CHUNK) });
}

/// One connection, shared by the one who reads and the one who writes, both in the connection's own task.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// What came right behind the request.
    early: Bytes,
    /// What was to be written and the network has not taken yet.
    rest: Bytes,
    pipe: Arc<Pipe>,
}

impl Connection {
    /// `answer` is written first.
    pub(super) fn new(stream: Box<dyn Stream>, early: Bytes, answer: Bytes, pipe: Arc<Pipe>) -> Self {
        Self { stream, early, rest: answer, pipe }
    }

    /// What the network has brought; `None` at its end.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if !self.early.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.early))));
        }
        SCRATCH.with_borrow_mut(|Scratch { input, .. }| {
            let mut buffer = ReadBuf::new(input);
            Poll::Ready(match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => None,
                Ok(()) => Some(Ok(Bytes::copy_from_slice(buffer.filled()))),
                Err(error) => Some(Err(error)),
            })
        })
    }

    /// Writes what waits. Ready when nothing waits any more; then the pipe wakes the task.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.rest.is_empty() {
                let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.rest))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.rest.advance(written);
            }
            self.rest = Bytes::new();
            let written = SCRATCH.with_borrow_mut(|Scratch { output, .. }| {
                output.clear();
                if self.pipe.take(output, context) != Taken::Some {
                    return None;
                }
                let written = Pin::new(&mut self.stream).poll_write(context, output);
                let taken = match &written {
                    Poll::Ready(Ok(taken)) => *taken,
                    Poll::Ready(Err(_)) | Poll::Pending => 0,
                };
                self.rest = output.get(taken..).map(Bytes::copy_from_slice).unwrap_or_default();
                if output.capacity() > 4 * CHUNK {
                    *output = BytesMut::with_capacity(CHUNK);
                }
                Some(written)
            });
            match written {
                None => return Pin::new(&mut self.stream).poll_flush(context),
                Some(written) => drop(ready!(written)?),
            }
        }
    }

    /// After the last word: waits until the client has it, by reading until the client closes. A connection that is closed
    /// with something unread is reset, and what was written last gets lost.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let shut = self.poll_write(context).map(|written| written.is_ok());
        if !ready!(shut) || ready!(Pin::new(&mut self.stream).poll_shutdown(context)).is_err() {
            return Poll::Ready(());
        }
        loop {
            if !matches!(ready!(self.poll_read(context)), Some(Ok(_))) {
                return Poll::Ready(());
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.pipe.break_off();
    }
}

/// Runs a connection: its task, which reads, and whenever that has nothing more to do, all that it and others have sent.
pub(super) async fn run(connection: Rc<RefCell<Connection>>, mut task: LocalBoxFuture<'static, ()>) {
    poll_fn(|context| {
        let task = task.as_mut().poll(context);
        let mut connection = connection.borrow_mut();
        if let Poll::Ready(Err(_error)) = connection.poll_write(context) {
            // The task is told, and comes to its end.
            connection.rest = Bytes::new();
            connection.pipe.break_off();
        }
        task
    })
    .await;
    drop(task);
    let end = poll_fn(|context| connection.borrow_mut().poll_end(context));
    // Who does not close in time is cut off.
    timeout(GOODBYE, end).await.ok();
}

//! The reading side of a WebSocket: messages out, control frames answered, violations closed with their code.

use std::{
    cell::RefCell,
    future::{Future as _, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::dev::Payload;
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::StreamExt as _;
use tokio::time::{Instant, Sleep};

use super::{
    Limits, Writer,
    bare::Connection,
    frame::{Decoder, Incoming, Violation},
    pipe::Health,
};

/// The time in which control frames are counted.
const CONTROL_WINDOW: Duration = Duration::from_secs(10);

/// A message of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
}

/// Why reading ended, when it was not the client closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The client broke the rules; the close frame with the fitting code is queued.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// Too many control frames; the close frame (1008) is queued.
    #[error("too many control frames")]
    Flood,
    /// The client does not take what is sent to it; the close frame is queued.
    #[error("the client reads too slowly")]
    TooSlow,
    /// The client has not been heard of for too long; the close frame (1001) is queued.
    #[error("the client is silent")]
    Silent,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
}

/// What a WebSocket is read from.
pub(super) enum Source {
    /// The stream of an HTTP request.
    Http(Payload),
    /// The connection itself.
    Bare(Rc<RefCell<Connection>>),
}

impl Source {
    /// The next bytes; `None` at the end.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, ReadError>>> {
        match self {
            Self::Http(payload) => payload
                .poll_next_unpin(context)
                .map(|read| read.map(|read| read.map_err(|_error| ReadError::Broken))),
            Self::Bare(connection) => {
                let read = connection.borrow_mut().poll_read(context);
                read.map(|read| read.map(|read| read.map_err(|_error| ReadError::Broken)))
            }
        }
    }
}

/// Reads one WebSocket. Dropping it closes nothing; the [`Writer`] does.
pub struct Reader {
    source: Source,
    decoder: Decoder,
    writer: Writer,
    limits: Limits,
    control_frames: u32,
    control_since: Option<Instant>,
    watch: Option<Pin<Box<Sleep>>>,
    keep_alive: Option<Box<KeepAlive>>,
    close_code: Option<u16>,
    ended: bool,
}

/// Pings a client that is quiet, and gives up one that stays so.
struct KeepAlive {
    interval: Duration,
    timeout: Duration,
    heard: Instant,
    pinged: bool,
    sleep: Pin<Box<Sleep>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(source: Source, writer: Writer, limits: Limits) -> Self {
        let decoder = Decoder::new(limits.max_message, limits.max_fragments);
        Self {
            source,
            decoder,
            writer,
            limits,
            control_frames: 0,
            control_since: None,
            watch: None,
            keep_alive: None,
            close_code: None,
            ended: false,
        }
    }

    /// Pings the client when it has been quiet for `interval`, and ends with [`ReadError::Silent`] when it stays quiet for
    /// `timeout` after that.
    pub fn keep_alive(&mut self, interval: Duration, timeout: Duration) {
        let heard = Instant::now();
        let sleep = Box::pin(tokio::time::sleep_until(heard + interval));
        self.keep_alive = Some(Box::new(KeepAlive { interval, timeout, heard, pinged: false, sleep }));
    }

    /// The code of the client's close frame, once it has come and if it has one.
    pub fn close_code(&self) -> Option<u16> {
        self.close_code
    }

    /// The next message. `None` when the client has closed or is gone; after an error or `None` there is nothing more.
    pub async fn next(&mut self) -> Option<Result<Message, ReadError>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The next message, for those who poll by hand.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Message, ReadError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let writing = self.poll_writing(context);
        if let Poll::Ready(Some(error)) = writing {
            self.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        let outcome = match self.poll_message(context) {
            // The connection is gone, and all that came before has been read.
            Poll::Pending if writing.is_ready() => None,
            Poll::Pending if self.poll_silence(context) => Some(Err(ReadError::Silent)),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(message))) => return Poll::Ready(Some(Ok(message))),
            Poll::Ready(outcome) => outcome,
        };
        self.ended = true;
        match &outcome {
            Some(Err(ReadError::Violation(violation))) => {
                self.writer.close(violation.code(), ByteString::from(violation.to_string()));
            }
            Some(Err(ReadError::Silent)) => self.writer.close(1001, "silent"),
            Some(Err(ReadError::Flood)) => self.writer.close(1008, "too many control frames"),
            Some(Ok(_) | Err(ReadError::TooSlow | ReadError::Broken)) | None => {}
        }
        Poll::Ready(outcome)
    }

    /// Watches the writing side; ready when the connection has come to its end through it. To be polled also while
    /// nothing is read.
    pub(crate) fn poll_writing(&mut self, context: &mut Context<'_>) -> Poll<Option<ReadError>> {
        match self.writer.0.poll_health(context) {
            Health::Good => {
                self.watch = None;
                Poll::Pending
            }
            Health::Gone => Poll::Ready(None),
            Health::TooSlow => Poll::Ready(Some(self.too_slow())),
            Health::Suspicious(deadline) => {
                let watch = self.watch.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                if watch.deadline() != deadline {
                    watch.as_mut().reset(deadline);
                }
                watch.as_mut().poll(context).map(|()| Some(self.too_slow()))
            }
        }
    }

    /// Whether the client has been silent for too long. Pings it before.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> bool {
        let Some(keep_alive) = &mut self.keep_alive else { return false };
        loop {
            let patience = if keep_alive.pinged {
                keep_alive.interval + keep_alive.timeout
            } else {
                keep_alive.interval
            };
            let deadline = keep_alive.heard + patience;
            if keep_alive.sleep.deadline() != deadline {
                keep_alive.sleep.as_mut().reset(deadline);
            }
            if keep_alive.sleep.as_mut().poll(context).is_pending() {
                return false;
            }
            if keep_alive.pinged {
                return true;
            }
            keep_alive.pinged = true;
            self.writer.0.ping();
        }
    }

    fn heard(&mut self) {
        if let Some(keep_alive) = &mut self.keep_alive {
            keep_alive.heard = Instant::now();
            keep_alive.pinged = false;
        }
    }

    fn too_slow(&self) -> ReadError {
        self.writer.fail(self.limits.too_slow_code, "reads too slowly");
        ReadError::TooSlow
    }

    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Message, ReadError>>> {
        loop {
            match self.decoder.next() {
                Ok(Some(Incoming::Text(text))) => return Poll::Ready(Some(Ok(Message::Text(text)))),
                Ok(Some(Incoming::Binary(bytes))) => return Poll::Ready(Some(Ok(Message::Binary(bytes)))),
                Ok(Some(Incoming::Close(code))) => {
                    self.close_code = code;
                    self.writer.close(code.unwrap_or(1000), "");
                    return Poll::Ready(None);
                }
                Ok(Some(control @ (Incoming::Ping(_) | Incoming::Pong))) => {
                    if self.is_flood() {
                        return Poll::Ready(Some(Err(ReadError::Flood)));
                    }
                    if let Incoming::Ping(payload) = control {
                        self.writer.0.pong(payload);
                    }
                }
                Ok(None) => match self.source.poll_next(context) {
                    Poll::Ready(Some(Ok(bytes))) => {
                        self.heard();
                        self.decoder.feed(bytes);
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready(None) => return Poll::Ready(None),
                    Poll::Pending => return Poll::Pending,
                },
                Err(violation) => return Poll::Ready(Some(Err(violation.into()))),
            }
        }
    }

    fn is_flood(&mut self) -> bool {
        let now = Instant::now();
        if self.control_since.is_none_or(|since| now.duration_since(since) >= CONTROL_WINDOW) {
            self.control_since = Some(now);
            self.control_frames = 0;
        }
        self.control_frames += 1;
        self.control_frames > self.limits.max_control_frames
    }
}

//! The task of a session: reads, sorts, runs the handlers and watches the clock, all in one future without a channel. It
//! is `Send`, so that an upgrade can carry it to the worker on which the new WebSocket lives.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytestring::ByteString;
use serde_json::value::RawValue;
use tokio::time::{Instant, Sleep};

use super::{
    Reading, Session,
    assembly::{Assembly, Progress},
    inbox::Work,
    seat::Seat,
    worker::{self, Birth, Worker},
};
use crate::{
    application::{CloseReason, Connect, Handshake},
    options::Options,
    packet::{self, Packet, engine, engine::Frame},
    server::Protocol,
    socket::{AckError, Socket},
    websocket::{Message, ReadError, Reader},
};

/// So many packets are taken before other sessions of the worker have their turn.
const BUDGET: usize = 64;

pub(crate) struct Driver {
    session: Arc<Session>,
    handshake: Arc<Handshake>,
    workers: Vec<Worker>,
    assembly: Option<Box<Assembly>>,
    /// Namespaces out of which the server has put the client, which may not know it yet. As many as the client may join, at most.
    dismissed: Vec<ByteString>,
    /// After the end: until when it may take.
    limits: Option<EndLimits>,
}

/// Until when the end of a session may take.
#[derive(Clone, Copy)]
struct EndLimits {
    /// For handlers that are still at work, or wait for their client to come back.
    handlers: Instant,
    /// For what is still queued.
    flush: Instant,
}

impl EndLimits {
    fn new(now: Instant, options: &Options) -> Self {
        let window = options.recovery.map(|recovery| recovery.window).unwrap_or_default();
        Self { handlers: now + options.handler_grace + window, flush: now + options.write_timeout }
    }
}

/// How a turn of the driver ended.
pub(crate) enum Turn {
    /// All is over.
    Finished,
    /// The session lives on a WebSocket now, whose task is to go on.
    Moved,
}

/// What the driver sees of the state.
struct View {
    ended: Option<CloseReason>,
    deadline: Instant,
    moved: bool,
    pushed: Option<Frame>,
}

/// What is wrong with a packet, seen from the session.
struct Fault(CloseReason);

impl Driver {
    pub(crate) fn new(session: Arc<Session>, handshake: Handshake) -> Self {
        let handshake = Arc::new(handshake);
        let mut driver = Self {
            session,
            handshake,
            workers: Vec::new(),
            assembly: None,
            dismissed: Vec::new(),
            limits: None,
        };
        driver.start();
        driver
    }

    fn start(&mut self) {
        let session = &self.session;
        match &session.server.protocol {
            Protocol::SocketIo(_) => session.with(|state| state.await_connect(Instant::now())),
            Protocol::Engine(_) => {
                let inbox = session.with(super::State::enter_raw);
                let handshake = Arc::clone(&self.handshake);
                let life = Box::pin(worker::raw(Arc::clone(session), Arc::clone(&inbox), handshake));
                self.workers.push(Worker { inbox, namespace: ByteString::new(), life });
            }
        }
    }

    /// Does what can be done now. Without a reader the session lives on long-polling.
    pub(crate) fn poll(
        &mut self,
        mut reader: Option<&mut Reader>,
        timer: &mut Timer,
        context: &mut Context<'_>,
    ) -> Poll<Turn> {
        self.session.register_driver(context);
        for _ in 0..BUDGET {
            self.poll_workers(context);
            let reading = self.reading();
            let now = Instant::now();
            let view = self.session.with(|state| {
                state.set_reading(reading, now);
                state.tick(now);
                let pushed = if reading == Reading::Going { state.take_input() } else { None };
                View { ended: state.ended(), deadline: state.deadline(), moved: state.has_moved(), pushed }
            });
            if let Some(reason) = view.ended {
                return self.poll_end(reason, reader, timer, context);
            }
            if let Some(frame) = view.pushed {
                self.take(frame, now);
                continue;
            }
            if view.moved && reader.is_none() {
                return Poll::Ready(Turn::Moved);
            }
            if self.assembly.as_ref().is_some_and(|assembly| now >= assembly.deadline()) {
                self.end(CloseReason::ParseError);
                continue;
            }
            match poll_input(reader.as_deref_mut(), reading, context) {
                Poll::Ready(Some(Ok(Message::Text(text)))) => self.take(Frame::Text(text), now),
                Poll::Ready(Some(Ok(Message::Binary(bytes)))) => self.take(Frame::Binary(bytes), now),
                Poll::Ready(Some(Err(error))) => self.end(reason_of(error)),
                Poll::Ready(None) => self.end(CloseReason::TransportClose),
                Poll::Pending => {
                    let assembled = self.assembly.as_ref().map(|assembly| assembly.deadline());
                    let deadline = assembled.map_or(view.deadline, |by| by.min(view.deadline));
                    if timer.poll(deadline, context).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn reading(&self) -> Reading {
        let options = &self.session.server.options;
        let busy = self.workers.iter().any(|worker| worker.inbox.len() >= options.inbound_packets);
        // Handlers of namespaces that were left may still be at work; coming and going must not pile them up.
        if busy || self.workers.len() > options.max_namespaces { Reading::Paused } else { Reading::Going }
    }

    fn poll_workers(&mut self, context: &mut Context<'_>) {
        let dismissed = &mut self.dismissed;
        let surplus = dismissed.len().saturating_sub(self.session.server.options.max_namespaces);
        dismissed.drain(..surplus);
        self.workers.retain_mut(|worker| {
            let alive = worker.life.as_mut().poll(context).is_pending();
            if !alive && worker.inbox.closed() == Some(CloseReason::ServerDisconnect) {
                dismissed.retain(|namespace| *namespace != worker.namespace);
                dismissed.push(worker.namespace.clone());
            }
            alive
        });
    }

    /// After the end: the handlers finish what they are at, and what is queued goes out, both for a while.
    fn poll_end(
        &mut self,
        reason: CloseReason,
        mut reader: Option<&mut Reader>,
        timer: &mut Timer,
        context: &mut Context<'_>,
    ) -> Poll<Turn> {
        let now = Instant::now();
        let limits = *self.limits.get_or_insert_with(|| EndLimits::new(now, &self.session.server.options));
        for worker in &self.workers {
            worker.inbox.close(reason);
        }
        self.assembly = None;
        self.poll_workers(context);
        loop {
            let now = Instant::now();
            if now >= limits.handlers {
                self.workers.clear();
            }
            if let Some(reader) = &mut reader {
                // Only for its waker: what it says is of no interest any more.
                let _health = reader.poll_writing(context);
            }
            let (told, deadline) = self.session.with(|state| {
                state.tick(now);
                if state.has_moved() && now >= limits.flush {
                    state.give_up_flushing();
                    return (true, limits.flush);
                }
                (state.is_flushed(), if state.has_moved() { limits.flush } else { state.deadline() })
            });
            let wake = match (self.workers.is_empty(), told) {
                (true, true) => return Poll::Ready(Turn::Finished),
                (true, false) => deadline,
                (false, true) => limits.handlers,
                (false, false) => deadline.min(limits.handlers),
            };
            ready!(timer.poll(wake, context));
        }
    }

    fn end(&self, reason: CloseReason) {
        self.session.with(|state| state.end_for(reason));
    }

    /// One packet of the transport.
    fn take(&mut self, frame: Frame, now: Instant) {
        let outcome = match engine::decode(frame) {
            Ok(packet) => self.take_engine(packet, now),
            Err(_malformed) => Err(Fault(CloseReason::ParseError)),
        };
        if let Err(Fault(reason)) = outcome {
            self.end(reason);
        }
    }

    fn take_engine(&mut self, packet: engine::Packet, now: Instant) -> Result<(), Fault> {
        let raw = matches!(self.session.server.protocol, Protocol::Engine(_));
        match packet {
            engine::Packet::Pong => self.session.with(|state| state.pong(now)),
            engine::Packet::Close => self.end(CloseReason::TransportClose),
            engine::Packet::Upgrade | engine::Packet::Ignored => {}
            // The direction of version 3 of the protocol.
            engine::Packet::Ping(_) => return Err(Fault(CloseReason::ParseError)),
            engine::Packet::Message(text) if raw => self.push_raw(Frame::Text(text)),
            engine::Packet::Binary(bytes) if raw => self.push_raw(Frame::Binary(bytes)),
            engine::Packet::Message(text) => return self.take_text(&text, now),
            engine::Packet::Binary(bytes) => return self.take_attachment(bytes, now),
        }
        Ok(())
    }

    fn push_raw(&self, frame: Frame) {
        if let Some(worker) = self.workers.first() {
            worker.inbox.push(Work::Message(frame));
        }
    }

    fn take_text(&mut self, text: &ByteString, now: Instant) -> Result<(), Fault> {
        let options = &self.session.server.options;
        let parse_error = Fault(CloseReason::ParseError);
        if self.assembly.is_some() {
            return Err(parse_error);
        }
        match packet::decode(text, options.max_attachments) {
            Ok(packet @ (Packet::Event { attachments: 1.., .. } | Packet::Ack { attachments: 1.., .. })) => {
                self.assembly = Some(Box::new(Assembly::begin(packet, options, now).ok_or(parse_error)?));
                Ok(())
            }
            Ok(packet) => self.take_packet(packet, now),
            Err(_error) => Err(parse_error),
        }
    }

    fn take_attachment(&mut self, bytes: bytes::Bytes, now: Instant) -> Result<(), Fault> {
        let assembly = self.assembly.take().ok_or(Fault(CloseReason::ParseError))?;
        match assembly.add(bytes) {
            Progress::More(assembly) => {
                self.assembly = Some(Box::new(assembly));
                Ok(())
            }
            Progress::TooBig => Err(Fault(CloseReason::ParseError)),
            Progress::Complete(Packet::Event { namespace, mut event, .. }, attachments) => {
                event.attachments = attachments;
                self.take_packet(Packet::Event { namespace, event, attachments: 0 }, now)
            }
            Progress::Complete(Packet::Ack { namespace, id, .. }, _attachments) => {
                self.answer(&namespace, id, Err(AckError::Binary));
                Ok(())
            }
            Progress::Complete(Packet::Connect { .. } | Packet::Disconnect { .. }, _) => Ok(()),
        }
    }

    fn take_packet(&mut self, packet: Packet, now: Instant) -> Result<(), Fault> {
        match packet {
            Packet::Connect { namespace, auth } => return self.connect(&namespace, auth),
            Packet::Disconnect { namespace } => {
                self.session.with(|state| state.leave(&namespace, now));
            }
            Packet::Event { namespace, event, .. } => {
                let open =
                    |worker: &&Worker| worker.namespace == namespace && worker.inbox.closed().is_none();
                match self.workers.iter().find(open) {
                    Some(worker) => worker.inbox.push(Work::Event(event)),
                    None => return self.stray(&namespace),
                }
            }
            Packet::Ack { namespace, id, payload, .. } => {
                let payload = RawValue::from_string(payload.to_string());
                self.answer(&namespace, id, payload.map_err(|_error| AckError::Closed));
            }
        }
        Ok(())
    }

    /// A packet for a namespace that the client is not in: a fault, unless it cannot know it yet.
    fn stray(&self, namespace: &ByteString) -> Result<(), Fault> {
        let excused = self.dismissed.contains(namespace)
            || self.workers.iter().any(|worker| {
                worker.namespace == namespace && worker.inbox.closed() == Some(CloseReason::ServerDisconnect)
            });
        if excused { Ok(()) } else { Err(Fault(CloseReason::ParseError)) }
    }

    fn connect(&mut self, namespace: &ByteString, auth: Option<ByteString>) -> Result<(), Fault> {
        let entered = self.session.with(|state| state.enter(namespace));
        let (slot, inbox) = entered.ok_or(Fault(CloseReason::ParseError))?;
        self.dismissed.retain(|dismissed| dismissed != namespace);
        let session = Arc::clone(&self.session);
        let seat = session
            .server
            .options
            .recovery
            .map(|recovery| Seat::new(recovery, namespace.clone(), Arc::clone(&session), slot));
        let connect = Connect {
            namespace: namespace.to_string(),
            // It was checked when it was decoded.
            auth: auth.and_then(|auth| RawValue::from_string(auth.to_string()).ok()),
            handshake: Arc::clone(&self.handshake),
            socket: Socket { session: Arc::clone(&session), slot, seat },
        };
        let life = Box::pin(worker::socket(Birth { session, slot, inbox: Arc::clone(&inbox), connect }));
        self.workers.reserve_exact(1);
        self.workers.push(Worker { inbox, namespace: namespace.clone(), life });
        Ok(())
    }

    fn answer(&self, namespace: &str, id: u64, answer: Result<Box<RawValue>, AckError>) {
        let expected = self.session.with(|state| state.take_ack(namespace, id));
        if let Some(sender) = expected {
            // Who waited may have gone.
            drop(sender.send(answer));
        }
    }
}

/// What the WebSocket brings, if there is one.
fn poll_input(
    reader: Option<&mut Reader>,
    reading: Reading,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Message, ReadError>>> {
    match (reader, reading) {
        (None, _) => Poll::Pending,
        (Some(reader), Reading::Going) => reader.poll_next(context),
        (Some(reader), Reading::Paused) => reader.poll_writing(context).map(|end| end.map(Err)),
    }
}

fn reason_of(error: ReadError) -> CloseReason {
    match error {
        ReadError::TooSlow => CloseReason::TooSlow,
        ReadError::Silent => CloseReason::PingTimeout,
        ReadError::Broken => CloseReason::TransportClose,
        ReadError::Violation(_) | ReadError::Flood => CloseReason::TransportError,
    }
}

/// One timer for all deadlines of a session. It is moved only when it would fire too late; when it fires too early, it is
/// set anew.
#[derive(Debug, Default)]
pub(crate) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready when the deadline has come.
    pub(crate) fn poll(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

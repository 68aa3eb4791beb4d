//! The handle by which an application speaks to one client. Nothing here waits: what does not fit ends the connection.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};

use crate::{
    packet,
    session::{Seat, Session, SlotId},
    websocket::SendError,
};

/// One socket of one client. Cheap to clone, callable from any thread; all methods but [`Socket::emit_with_ack`] are done
/// when they return. After the end everything is [`SendError::Closed`].
#[derive(Clone, Debug)]
pub struct Socket {
    pub(crate) session: Arc<Session>,
    pub(crate) slot: SlotId,
    /// Where it sits, if the crate recovers lost connections.
    pub(crate) seat: Option<Arc<Seat>>,
}

/// Why there is no acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AckError {
    /// The event could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The client did not answer in time.
    #[error("no acknowledgement in time")]
    TimedOut,
    /// The socket came to its end before.
    #[error("the socket was closed before the acknowledgement")]
    Closed,
    /// The answer holds binary attachments, which this method does not give.
    #[error("the acknowledgement is binary")]
    Binary,
}

impl Socket {
    /// Sends an encoded text packet as it is, for instance `42["a",{}]`; the text is not copied.
    pub fn send(&self, packet: ByteString) -> Result<(), SendError> {
        self.send_binary(packet, &[])
    }

    /// Sends an encoded binary packet: its head, and its attachments with nothing between.
    pub fn send_binary(&self, head: ByteString, attachments: &[Bytes]) -> Result<(), SendError> {
        match &self.seat {
            None => self.session.with(|state| state.send(self.slot, head, attachments)),
            Some(seat) => seat.send(head, attachments),
        }
    }

    /// Emits an event. A sequence (tuple, slice) gives one argument for each element; see [`packet::array()`].
    pub fn emit(&self, name: &str, arguments: &impl Serialize) -> Result<(), SendError> {
        let array = packet::array(name, arguments).map_err(|_error| SendError::Unserialisable)?;
        self.send(packet::event(&self.namespace()?, &array))
    }

    /// Emits an event that may be dropped: it is, if anything else waits to be written. Says whether it was sent.
    pub fn emit_volatile(&self, name: &str, arguments: &impl Serialize) -> Result<bool, SendError> {
        let array = packet::array(name, arguments).map_err(|_error| SendError::Unserialisable)?;
        let packet = packet::event(&self.namespace()?, &array);
        let (session, slot) = self.connection().ok_or(SendError::Closed)?;
        if !session.with(|state| state.is_idle(slot)) {
            return Ok(false);
        }
        self.send(packet).map(|()| true)
    }

    /// Emits a binary event. `array` is `["name",…]` in which [`packet::attachment::placeholder`]s stand for the attachments;
    /// stock clients take at most 10.
    pub fn emit_binary(&self, array: &str, attachments: &[Bytes]) -> Result<(), SendError> {
        let head = packet::binary_event(&self.namespace()?, attachments.len(), None, array);
        self.send_binary(head, attachments)
    }

    /// Answers an event that asked for it; `array` is the JSON array of the answer's arguments.
    pub fn acknowledge(&self, id: u64, array: &str) -> Result<(), SendError> {
        self.send(packet::acknowledgement(&self.namespace()?, id, array))
    }

    /// Answers an event that asked for it, with attachments.
    pub fn acknowledge_binary(&self, id: u64, array: &str, attachments: &[Bytes]) -> Result<(), SendError> {
        let head = packet::binary_acknowledgement(&self.namespace()?, attachments.len(), id, array);
        self.send_binary(head, attachments)
    }

    /// Emits an event and waits for the client's answer, a JSON array of arguments.
    pub async fn emit_with_ack(
        &self,
        name: &str,
        arguments: &impl Serialize,
        timeout: Duration,
    ) -> Result<Box<RawValue>, AckError> {
        let array = packet::array(name, arguments).map_err(|_error| SendError::Unserialisable)?;
        let (session, slot) = self.connection().ok_or(AckError::Closed)?;
        let (id, answer) = session.with(|state| state.expect_ack(slot)).ok_or(AckError::Closed)?;
        let expected = Expected { session, slot, id };
        self.send(packet::event_with_ack(&self.namespace()?, id, &array))?;
        let answer = tokio::time::timeout(timeout, answer).await;
        drop(expected);
        answer.map_err(|_elapsed| AckError::TimedOut)?.map_err(|_dropped| AckError::Closed)?
    }

    /// Sends DISCONNECT. The client does not come back by itself; a transport on which nothing is left closes shortly after.
    pub fn disconnect(&self) {
        let now = Instant::now();
        if let Some((session, slot)) = self.connection() {
            session.with(|state| state.disconnect(slot, now));
        } else if let Some(seat) = &self.seat {
            // The client is away: it is not to come back to this.
            seat.close();
        }
    }

    /// Closes the whole connection after what is queued; the code is seen on WebSocket only. The client comes back.
    pub fn close(&self, code: u16, reason: &str) {
        if let Some((session, _slot)) = self.connection() {
            session.close(code, reason);
        }
    }

    /// Closes the whole connection at once, instead of what is queued.
    pub fn fail(&self, code: u16, reason: &str) {
        if let Some((session, _slot)) = self.connection() {
            session.fail(code, reason);
        }
    }

    /// Whether the socket has come to its end.
    pub fn is_closed(&self) -> bool {
        self.namespace().is_err()
    }

    /// Where it is at present: a client that was recovered is on another connection than before.
    fn connection(&self) -> Option<(Arc<Session>, SlotId)> {
        match &self.seat {
            None => Some((Arc::clone(&self.session), self.slot)),
            Some(seat) => seat.connection(),
        }
    }

    fn namespace(&self) -> Result<ByteString, SendError> {
        let namespace = match &self.seat {
            None => self.session.with(|state| state.namespace(self.slot)),
            Some(seat) => seat.namespace(),
        };
        namespace.ok_or(SendError::Closed)
    }
}

pub(crate) type AckSender = oneshot::Sender<Result<Box<RawValue>, AckError>>;

/// Takes the expectation back when nobody waits for the answer any more.
struct Expected {
    session: Arc<Session>,
    slot: SlotId,
    id: u64,
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.session.with(|state| state.forget_ack(self.slot, self.id));
    }
}

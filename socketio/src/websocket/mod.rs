//! A guarded WebSocket, usable by itself: [`accept`] answers the upgrade and gives a [`Reader`] and a [`Writer`] to the one
//! who talks. Behind [`Upgrades`] they work on the connection itself, else on the streams of an HTTP server.
//!
//! `actix-ws` negotiates the upgrade. Reading and writing are done here, because a frame must be judged by its header
//! before its body is buffered, because the outbox is bounded in bytes, and because the connection's own task can take
//! what is sent straight from it.

mod bare;
mod frame;
mod pipe;
mod reader;
mod takeover;

use std::{sync::Arc, time::Duration};

use actix_web::{FromRequest, HttpRequest, HttpResponse, body::BoxBody, dev, web::Payload};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::FutureExt as _;

use self::{
    frame::Outgoing,
    pipe::{Body, Pipe},
    reader::Source,
};
pub use self::{
    frame::{Decoder, Incoming, Violation},
    pipe::SendError,
    reader::{Message, ReadError, Reader},
    takeover::{Upgrade, Upgrades},
};
use crate::options::Options;

/// Bounds of one WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest message in bytes, fragmented or not.
    pub max_message: usize,
    /// Most frames of one message.
    pub max_fragments: usize,
    /// Most control frames in ten seconds.
    pub max_control_frames: u32,
    /// Most messages that wait to be written.
    pub outbox_packets: usize,
    /// Most bytes that wait to be written.
    pub outbox_bytes: usize,
    /// How long something may wait without anything being taken.
    pub write_timeout: Duration,
    /// The close code for a reader that is too slow.
    pub too_slow_code: u16,
}

impl From<&Options> for Limits {
    fn from(options: &Options) -> Self {
        Self {
            max_message: options.max_payload,
            max_fragments: options.max_fragments,
            max_control_frames: options.max_control_frames,
            outbox_packets: options.outbox_packets,
            outbox_bytes: options.outbox_bytes,
            write_timeout: options.write_timeout,
            too_slow_code: options.too_slow_code,
        }
    }
}

/// Answers a WebSocket upgrade, and runs `talk` for it: in the task of the connection where the server hands out its
/// connections ([`Upgrades`]), else in one of its own. Of `protocols` the first that the client names is chosen, in the
/// client's order.
///
/// The origin is not looked at: that is the caller's.
pub fn accept<F>(
    request: &HttpRequest,
    payload: Payload,
    protocols: &[&str],
    limits: Limits,
    talk: impl FnOnce(Reader, Writer) -> F + 'static,
) -> actix_web::Result<HttpResponse>
where
    F: Future<Output = ()> + 'static,
{
    // The real payload goes to the guarded reader.
    let nothing = Payload::from_request(request, &mut dev::Payload::None).now_or_never().transpose()?;
    let nothing = nothing.ok_or_else(|| actix_web::error::ErrorInternalServerError("no payload"))?;
    let (response, _session, _stream) = actix_ws::handle_with_protocols(request, nothing, protocols)?;
    let pipe = Pipe::new(limits);
    let writer = Writer(Arc::clone(&pipe));
    let read = move |source| {
        let reader = Reader::new(source, writer.clone(), limits);
        talk(reader, writer)
    };
    let Some(offer) = takeover::offer(request) else {
        actix_web::rt::spawn(read(Source::Http(payload.into_inner())));
        return Ok(response.set_body(BoxBody::new(Body::new(pipe))));
    };
    offer.take_up(pipe, Box::new(|connection| Box::pin(read(Source::Bare(connection)))));
    Ok(response.set_body(BoxBody::new(())))
}

/// Sends on one WebSocket. Cheap to clone, callable from any thread, never waits.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Pipe>);

impl Writer {
    /// Queues a text message.
    pub fn text(&self, text: impl Into<ByteString>) -> Result<(), SendError> {
        self.0.send(std::iter::once(Outgoing::Text(text.into())))
    }

    /// Queues a binary message.
    pub fn binary(&self, bytes: impl Into<Bytes>) -> Result<(), SendError> {
        self.0.send(std::iter::once(Outgoing::Binary(bytes.into())))
    }

    /// Queues a text message and the binary ones that belong to it, with nothing between them; all or nothing.
    pub fn unit(&self, head: ByteString, attachments: &[Bytes]) -> Result<(), SendError> {
        if attachments.is_empty() {
            return self.text(head);
        }
        let mut messages = Vec::with_capacity(attachments.len() + 1);
        messages.push(Outgoing::Text(head));
        messages.extend(attachments.iter().cloned().map(Outgoing::Binary));
        self.0.send(messages.into_iter())
    }

    /// Lets so much more wait, until all that waits has been written once: for what a client has missed while it was away,
    /// which comes at once.
    pub fn excuse(&self, packets: usize, bytes: usize) {
        self.0.excuse(packets, bytes);
    }

    /// Closes after what is queued. Only the first close counts.
    pub fn close(&self, code: u16, reason: impl Into<ByteString>) {
        self.0.close(code, reason.into());
    }

    /// Closes instead of what is queued: for a peer that is too slow or means ill.
    pub fn fail(&self, code: u16, reason: impl Into<ByteString>) {
        self.0.fail(code, reason.into());
    }

    /// Whether nothing waits to be written: the moment for a message that may be dropped.
    pub fn is_idle(&self) -> bool {
        self.0.is_idle()
    }

    /// Whether the close frame has been taken to be written, or the connection is gone.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Whether it has been closed: a close frame has been sent, or waits to be.
    pub fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    /// Whether the connection is gone.
    pub fn is_gone(&self) -> bool {
        self.0.is_gone()
    }
}

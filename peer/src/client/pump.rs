//! The task of one connection: it alone reads and writes the socket.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{
    error::{Closed, ConnectError},
    frame::{self, Framing, Incoming, Rejection},
    inbox::Inbox,
    wire::Socket,
};

/// A server that takes nothing for so long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a client's handle asks of its connection.
#[derive(Debug)]
pub(super) enum Command {
    /// Send a frame.
    Send(Message),
    /// Close politely, and wait for the other side.
    Close,
    /// Cut the connection without a word.
    Cut,
    /// Neither read nor write any more, but keep the socket open: a phone in a tunnel.
    FallSilent,
}

/// Serve `socket` until it ends. The handle keeps the sender of `commands`; when that is dropped, so is the
/// connection.
pub(super) async fn run(
    mut socket: Socket,
    framing: Framing,
    hello: Option<String>,
    mut commands: mpsc::Receiver<Command>,
    inbox: Arc<Inbox>,
) {
    let mut disconnected = false;
    let end = loop {
        let next = tokio::select! {
            command = commands.recv() => match command {
                None | Some(Command::Cut) => break broken("cut by ourselves"),
                Some(Command::Close) => in_time(socket.close(Some(goodbye()))).await,
                Some(Command::FallSilent) => {
                    inbox.end(broken("fallen silent"));
                    while !matches!(commands.recv().await, None | Some(Command::Cut)) {}
                    return;
                }
                Some(Command::Send(message)) => in_time(socket.send(message)).await,
            },
            message = socket.next() => match message {
                None => break broken("end of stream"),
                Some(Err(error)) => Err(error.to_string()),
                Some(Ok(Message::Close(close))) => {
                    // What is left of the closing handshake is nobody's concern.
                    if let Err(error) = in_time(socket.flush()).await {
                        tracing::debug!(error, "the close frame was not answered");
                    }
                    break closed(close);
                }
                Some(Ok(Message::Text(text))) => match frame::read(framing, &text) {
                    Ok(Incoming::Opened) => match &hello {
                        Some(hello) => in_time(socket.send(Message::text(hello.as_str()))).await,
                        None => Ok(()),
                    },
                    Ok(Incoming::Pinged(pong)) => in_time(socket.send(Message::text(pong))).await,
                    Ok(Incoming::Disconnected) => { disconnected = true; Ok(()) }
                    Ok(incoming) => { take_in(&inbox, incoming); Ok(()) }
                    Err(garbled) => Err(garbled.to_string()),
                },
                Some(Ok(Message::Binary(_))) => Err("the server sent a binary frame".to_owned()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            },
        };
        if let Err(reason) = next {
            break broken(&reason);
        }
    };
    inbox.end(Closed { disconnected, ..end });
}

fn take_in(inbox: &Inbox, incoming: Incoming) {
    match incoming {
        Incoming::Connected { resume_id } => {
            inbox.update(|state| state.resume_id = resume_id.or(state.resume_id.take()));
        }
        Incoming::Rejected(rejection) => inbox.update(|state| state.rejected = Some(rejected(rejection))),
        Incoming::Answer(id, answered) => inbox.answer(id, answered),
        Incoming::Event(heard) => inbox.hear(heard),
        Incoming::Opened | Incoming::Pinged(_) | Incoming::Disconnected | Incoming::Nothing => {}
    }
}

fn rejected(Rejection { message, data }: Rejection) -> ConnectError {
    let code = data.as_ref().and_then(|data| serde_json::from_value(data.get("code")?.clone()).ok());
    ConnectError::Rejected { code, message, data }
}

async fn in_time<E: std::fmt::Display>(write: impl Future<Output = Result<(), E>>) -> Result<(), String> {
    match tokio::time::timeout(WRITE_TIMEOUT, write).await {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(_elapsed) => Err(format!("the server took nothing for {WRITE_TIMEOUT:?}")),
    }
}

fn goodbye() -> CloseFrame {
    CloseFrame { code: CloseCode::Normal, reason: "".into() }
}

fn broken(reason: &str) -> Closed {
    Closed { code: None, reason: reason.to_owned(), closing: None, disconnected: false }
}

fn closed(close: Option<CloseFrame>) -> Closed {
    // 1005 is what RFC 6455 calls a close frame without a code.
    let (code, reason) =
        close.map_or((1005, String::new()), |close| (close.code.into(), close.reason.to_string()));
    Closed { code: Some(code), reason, closing: None, disconnected: false }
}

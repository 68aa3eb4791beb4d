//! A Socket.IO connection as cheap as it gets, so that the load costs little and the same against every server.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::Result;

/// How long a server may take to answer anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// Frames of up to this many bytes carry their length in one byte (RFC 6455 section 5.2).
const SHORT: usize = 125;
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

/// One client's connection.
pub struct Wire {
    stream: TcpStream,
    input: Vec<u8>,
    /// Where the first frame that was not looked at begins.
    at: usize,
    output: Vec<u8>,
    asked: u64,
}

impl Wire {
    /// Connect by WebSocket, and enter the root namespace with a token.
    pub async fn connect(server: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let mut wire = Self { stream, input: Vec::new(), at: 0, output: Vec::new(), asked: 0 };
        let upgrade = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        wire.stream.write_all(upgrade.as_bytes()).await?;
        let end = loop {
            wire.fill().await?;
            if let Some(end) = wire.input.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !wire.input.starts_with(b"HTTP/1.1 101") {
            return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&wire.input)).into());
        }
        wire.at = end;
        wire.hear("0{").await?;
        wire.queue(format!(r#"40{{"token":"{token}"}}"#).as_bytes());
        wire.flush().await?;
        wire.hear("40{").await?;
        wire.hear(r#"42["session:ready","#).await?;
        Ok(wire)
    }

    /// Wait for a frame that begins so; what else comes is passed over.
    pub async fn hear(&mut self, start: &str) -> Result<String> {
        loop {
            while let Some(text) = self.next()? {
                if text.starts_with(start.as_bytes()) {
                    return Ok(String::from_utf8(text.to_vec())?);
                }
                if text.starts_with(b"44") || text.starts_with(br#"42["error""#) {
                    return Err(String::from_utf8_lossy(text).into());
                }
                if text == b"2" {
                    self.queue(b"3");
                    self.flush().await?;
                }
            }
            timeout(PATIENCE, self.fill()).await??;
        }
    }

    /// Ask for something, and get the answer's JSON text.
    pub async fn ask(&mut self, event: &str, data: &str) -> Result<String> {
        self.asked += 1;
        let id = self.asked;
        self.queue(format!(r#"42{id}["{event}",{data}]"#).as_bytes());
        self.flush().await?;
        let answer = self.hear(&format!("43{id}[")).await?;
        if answer.contains(r#"[{"error""#) { Err(answer.into()) } else { Ok(answer) }
    }

    /// Queue a text frame.
    pub fn queue(&mut self, text: &[u8]) {
        frame(&mut self.output, TEXT, text);
    }

    /// Queue frames that were made before.
    pub fn queue_frames(&mut self, frames: &[u8]) {
        self.output.extend_from_slice(frames);
    }

    /// Write what is queued, at once.
    pub async fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(())
    }

    /// Read what has come.
    pub async fn fill(&mut self) -> Result<()> {
        self.input.drain(..self.at);
        self.at = 0;
        self.input.reserve(4_096);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err("the server has closed the connection".into()),
            _ => Ok(()),
        }
    }

    /// The text of the next frame that has come whole.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            let rest = self.input.get(self.at..).unwrap_or_default();
            let (kind, length, header) = match rest {
                [kind, 126, high, low, ..] => (*kind, usize::from(u16::from_be_bytes([*high, *low])), 4),
                [_, 126, ..] => return Ok(None),
                [_, 127, ..] => return Err("a frame is longer than anything expected".into()),
                [kind, length, ..] => (*kind, usize::from(*length), 2),
                _ => return Ok(None),
            };
            if rest.len() < header + length {
                return Ok(None);
            }
            let start = self.at + header;
            self.at = start + length;
            match kind {
                TEXT => return Ok(self.input.get(start..self.at)),
                PING => {
                    let payload = self.input.get(start..self.at).unwrap_or_default();
                    frame(&mut self.output, PONG, payload);
                }
                _ => return Err(format!("the server has sent a frame of kind {kind:#x}").into()),
            }
        }
    }
}

/// A client's text frame.
pub fn text_frame(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 8);
    frame(&mut bytes, TEXT, text.as_bytes());
    bytes
}

/// Append a client's frame. The mask is zero: servers apply it like any other.
fn frame(output: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    output.push(kind);
    match u8::try_from(payload.len()) {
        Ok(length) if usize::from(length) <= SHORT => output.push(0x80 | length),
        _ => {
            output.push(0x80 | 0x7e);
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            output.extend_from_slice(&length.to_be_bytes());
        }
    }
    output.extend_from_slice(&[0; 4]);
    output.extend_from_slice(payload);
}

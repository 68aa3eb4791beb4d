//! A client that speaks bytes: it can break every rule.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything here takes, shorter than a test run.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message of the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    /// With its code, 1005 for none.
    Close(u16),
    /// The connection ended.
    End,
}

pub(crate) struct Client {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// A frame with a mask.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// Only its header, which may lie.
pub(crate) fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        126..=0xffff => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(0xff);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend([1, 2, 3, 4]);
    bytes
}

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const PING: u8 = 0x89;

impl Client {
    /// Sends a request head; gives the status and the head of the answer.
    pub(crate) async fn request(address: &str, request: &str) -> (Self, u16, String) {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self { stream, bytes: Vec::new() };
        client.send(request.as_bytes()).await;
        let end = loop {
            if let Some(end) = client.bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(client.fill().await, "no answer");
        };
        let head = String::from_utf8(client.bytes.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (client, status, head)
    }

    /// A WebSocket on this path; extra headers end with CRLF each.
    pub(crate) async fn upgrade(address: &str, path: &str, headers: &str) -> (Self, u16, String) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{headers}\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        Self::request(address, &request).await
    }

    /// An Engine.IO session on a WebSocket, its open packet read.
    pub(crate) async fn open(address: &str) -> Self {
        let (mut client, status, _head) =
            Self::upgrade(address, "/socket.io/?EIO=4&transport=websocket", "").await;
        assert_eq!(status, 101);
        assert!(matches!(client.hear().await, Heard::Text(open) if open.starts_with("0{")));
        client
    }

    /// Joined to the root namespace.
    pub(crate) async fn join(address: &str) -> Self {
        let mut client = Self::open(address).await;
        client.say("40").await;
        assert!(client.hear_text().await.starts_with("40{"));
        client
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(&frame(TEXT, text.as_bytes())).await;
    }

    pub(crate) async fn hear_text(&mut self) -> String {
        match self.hear().await {
            Heard::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    /// What comes until the connection ends, pings left out.
    pub(crate) async fn hear_to_the_end(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            match self.hear().await {
                Heard::End => return all,
                Heard::Text(ping) if ping == "2" => {}
                heard => all.push(heard),
            }
        }
    }

    /// The close code. What comes before it is left out; the end of the connection is not waited for.
    pub(crate) async fn hear_close(&mut self) -> u16 {
        loop {
            match self.hear().await {
                Heard::Close(code) => return code,
                Heard::End => panic!("no close frame"),
                _ => {}
            }
        }
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.take_frame() {
                return heard;
            }
            if !self.fill().await {
                return Heard::End;
            }
        }
    }

    fn take_frame(&mut self) -> Option<Heard> {
        let (&first, &second) = (self.bytes.first()?, self.bytes.get(1)?);
        let (start, length) = match second {
            126 => (4, usize::from(u16::from_be_bytes(*self.bytes.get(2..)?.first_chunk()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(*self.bytes.get(2..)?.first_chunk()?)).unwrap()),
            length => (2, usize::from(length)),
        };
        if self.bytes.len() < start + length {
            return None;
        }
        let payload = self.bytes[start..start + length].to_vec();
        self.bytes.drain(..start + length);
        Some(match first {
            0x81 => Heard::Text(String::from_utf8(payload).unwrap()),
            0x82 => Heard::Binary(payload),
            0x88 => Heard::Close(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))),
            0x8a => Heard::Pong(payload),
            other => panic!("frame {other:x}"),
        })
    }

    /// Reads more; `false` when the connection has ended.
    async fn fill(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.bytes)).await.expect("nothing more came");
        matches!(read, Ok(1..))
    }

    /// The rest of the connection as text.
    pub(crate) async fn rest(&mut self) -> String {
        while self.fill().await {}
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A request that is answered in full, its status and its whole text.
pub(crate) async fn fetch(address: &str, method: &str, target: &str, headers: &str) -> (u16, String) {
    let request =
        format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    let (mut client, status, head) = Client::request(address, &request).await;
    (status, head + &client.rest().await)
}

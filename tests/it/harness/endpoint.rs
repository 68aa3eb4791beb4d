//! A server that speaks the chat-completions protocol of OpenAI from a script: slow, cut, malformed, busy, endless.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// What happens on a connection, one after the other. Without a head of its own it answers 200.
#[derive(Clone)]
pub enum Act {
    /// A status line and headers of its own, and no stream.
    Refuse(&'static str),
    /// Words of the answer.
    Words(String),
    /// Bytes as they are.
    Raw(String),
    /// The next step is taken when the test says so.
    Gate,
    /// `finish_reason` and `[DONE]`.
    Done,
    /// The same words again and again, until nobody reads.
    Endless(String),
}

/// Words, and then the end.
pub fn whole(words: &[&str]) -> Vec<Act> {
    words.iter().map(|words| Act::Words((*words).to_owned())).chain([Act::Done]).collect()
}

/// The server. The n-th connection plays the n-th script, later ones the last.
pub struct Endpoint {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    gate: Arc<Semaphore>,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Request line and headers.
    pub head: String,
    pub body: Value,
}

impl Endpoint {
    pub async fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, gate) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(Semaphore::new(0)));
        let (heard, opened) = (Arc::clone(&asked), Arc::clone(&gate));
        tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let script = scripts[connection.min(scripts.len() - 1)].clone();
                connection += 1;
                let (heard, opened) = (Arc::clone(&heard), Arc::clone(&opened));
                // Whoever hangs up ends its connection, and nothing else.
                tokio::spawn(async move { drop(play(stream, script, &heard, &opened).await) });
            }
        });
        Self { address, asked, gate }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Let so many gates be passed.
    pub fn open(&self, gates: usize) {
        self.gate.add_permits(gates);
    }

    /// A file of configuration with one assistant, `more` beside its base.
    pub fn assistant(&self, more: &str) -> String {
        format!(
            "[[assistant]]\nid = \"intake\"\nname = {{ en = \"Intake\", de = \"Aufnahme\" }}\nmodel = \"tiny\"\n\
             instructions = \"Ask before the visit.\"\nbase_url = \"http://{}/v1\"\n{more}\n",
            self.address
        )
    }
}

async fn play(
    mut stream: TcpStream,
    script: Vec<Act>,
    asked: &Mutex<Vec<Asked>>,
    gate: &Semaphore,
) -> std::io::Result<()> {
    let request = read(&mut stream).await?;
    asked.lock().unwrap().push(request);
    let mut begun = false;
    for act in script {
        if let Act::Refuse(head) = act {
            return stream
                .write_all(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n").as_bytes())
                .await;
        }
        if !std::mem::replace(&mut begun, true) {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
        }
        match act {
            Act::Words(words) => stream.write_all(event(&words).as_bytes()).await?,
            Act::Raw(bytes) => stream.write_all(bytes.as_bytes()).await?,
            Act::Gate => gate.acquire().await.unwrap().forget(),
            Act::Done => {
                let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
                stream.write_all(format!("data: {last}\n\ndata: [DONE]\n\n").as_bytes()).await?;
            }
            Act::Endless(words) => loop {
                stream.write_all(event(&words).as_bytes()).await?;
                tokio::task::yield_now().await;
            },
            Act::Refuse(_) => unreachable!(),
        }
    }
    stream.shutdown().await
}

fn event(words: &str) -> String {
    let event = json!({ "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": { "content": words } }] });
    format!("data: {event}\n\n")
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let read = stream.read(&mut chunk).await?;
        assert!(read > 0, "a request broke off");
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
            return Ok(Asked {
                head: head.to_owned(),
                body: serde_json::from_str(body).unwrap_or(Value::Null),
            });
        }
    }
}

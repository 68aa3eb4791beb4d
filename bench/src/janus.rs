//! Janus from Debian's package, which records the same streams as Bedside (`recordplay`, without its post-processing).

use std::{fs, net::SocketAddr, path::Path, process::Command, time::Duration};

use bedside_peer::call::{Leg, LegOptions, Network, Sending, Signal};
use bedside_protocol::sdp::Sdp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};

use crate::{
    Result,
    server::{self, Server},
};

/// Where Debian puts the program, and its plugins.
const PROGRAM: &str = "/usr/bin/janus";
/// How long it may take to answer anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// Signals of a leg that may wait.
const MAX_WAITING: usize = 256;

/// A running Janus.
pub struct Janus {
    /// Its process.
    pub server: Server,
    _data: TempDir,
}

impl Janus {
    /// Whether it is installed, or could be.
    pub fn install() -> bool {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/tools.sh");
        Command::new(script).arg("janus").status().is_ok_and(|status| status.success())
    }

    /// Start one with no more than it takes to record.
    pub fn start() -> Result<Self> {
        let data = TempDir::new()?;
        let address = server::free_address()?;
        let folder = data.path().display();
        let files = [
            ("janus.jcfg", "general: { debug_level = 2 }\n".to_owned()),
            ("janus.plugin.recordplay.jcfg", format!("general: {{ path = \"{folder}\" }}\n")),
            (
                "janus.transport.http.jcfg",
                format!("general: {{ http = true, port = {}, ip = \"127.0.0.1\" }}\n", address.port()),
            ),
        ];
        for (name, content) in files {
            fs::write(data.path().join(name), content)?;
        }
        // What is not in these folders is not loaded.
        for (kind, library) in [("plugins", "libjanus_recordplay.so"), ("transports", "libjanus_http.so")] {
            fs::create_dir(data.path().join(kind))?;
            std::os::unix::fs::symlink(libraries(kind)?.join(library), data.path().join(kind).join(library))?;
        }
        let mut command = server::pinned(Path::new(PROGRAM));
        command.arg("-F").arg(data.path()).arg("-P").arg(data.path().join("plugins"));
        command.arg("--disable-stdout").arg("--log-file=/dev/null");
        let server = Server::program(command, address, "/janus/info")?;
        Ok(Self { server, _data: data })
    }

    /// Send a recording of this there.
    pub async fn record(&self, name: &str, sending: Sending) -> Result<Leg> {
        let address = self.server.address;
        let session = created(&ask(address, "/janus", &json!({ "janus": "create" })).await?)?;
        let path = format!("/janus/{session}");
        let attach = json!({ "janus": "attach", "plugin": "janus.plugin.recordplay" });
        let handle = format!("{path}/{}", created(&ask(address, &path, &attach).await?)?);
        let (signals, mut says) = mpsc::channel(MAX_WAITING);
        let options = LegOptions {
            // It does not look for paths on the loopback.
            network: Network::Everywhere,
            ice_servers: Vec::new(),
            only_relayed: false,
            polite: false,
            sending,
        };
        let leg = Leg::open(options, signals).await?;
        leg.offer().await?;
        while let Some(signal) = says.recv().await {
            match signal {
                Signal::Offer { sdp, .. } => {
                    let jsep = json!({ "type": "offer", "sdp": sdp.text() });
                    let body = json!({ "request": "record", "name": name });
                    let record = json!({ "janus": "message", "body": body, "jsep": jsep });
                    ask(address, &handle, &record).await?;
                    let sdp = Sdp::parse(&answer(address, &path).await?)?;
                    leg.hear(Signal::Answer { sdp, negotiation: None }).await?;
                }
                Signal::Answer { .. } => {}
                Signal::Candidate(Some(candidate)) => {
                    ask(address, &handle, &json!({ "janus": "trickle", "candidate": candidate })).await?;
                }
                Signal::Candidate(None) => {
                    ask(address, &handle, &json!({ "janus": "trickle", "candidate": { "completed": true } }))
                        .await?;
                    break;
                }
            }
        }
        leg.connected().await?;
        Ok(leg)
    }
}

/// Where the package's libraries of this kind are: the folder is named after the machine.
fn libraries(kind: &str) -> Result<std::path::PathBuf> {
    for folder in fs::read_dir("/usr/lib")? {
        let folder = folder?.path().join("janus").join(kind);
        if folder.is_dir() {
            return Ok(folder);
        }
    }
    Err(format!("Janus is installed without its {kind}").into())
}

fn created(answer: &Value) -> Result<u64> {
    let id = answer.get("data").and_then(|data| data.get("id")).and_then(Value::as_u64);
    id.ok_or_else(|| format!("Janus made nothing: {answer}").into())
}

/// Wait for the answer to our offer.
async fn answer(address: SocketAddr, session: &str) -> Result<String> {
    for _ in 0..100 {
        let event = request(address, &format!("GET {session}?maxev=1 HTTP/1.0\r\n"), "").await?;
        if let Some(sdp) = event.get("jsep").and_then(|jsep| jsep.get("sdp")).and_then(Value::as_str) {
            return Ok(sdp.to_owned());
        }
        if let Some(error) = event.get("plugindata").and_then(|data| data.get("data")?.get("error")) {
            return Err(format!("Janus does not record: {error}").into());
        }
    }
    Err("Janus did not answer an offer".into())
}

async fn ask(address: SocketAddr, path: &str, request_body: &Value) -> Result<Value> {
    let mut body = request_body.clone();
    if let Some(body) = body.as_object_mut() {
        body.insert("transaction".to_owned(), "bench".into());
    }
    let answer = request(address, &format!("POST {path} HTTP/1.0\r\n"), &body.to_string()).await?;
    match answer.get("janus").and_then(Value::as_str) {
        Some("success" | "ack") => Ok(answer),
        _ => Err(format!("Janus refused {request_body}: {answer}").into()),
    }
}

async fn request(address: SocketAddr, line: &str, body: &str) -> Result<Value> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let request =
            format!("{line}Host: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no HTTP")?;
        Ok(serde_json::from_str(body)?)
    };
    timeout(PATIENCE, asking).await?
}

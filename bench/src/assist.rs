//! What answers of assistants cost: many stream at once, each into the connection of who asked, while two throw
//! candidates back and forth in a call that has nothing to do with them.

use std::{
    cell::Cell,
    io::Write as _,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, Instant},
};

use bedside::{app::App, config::Layers, model::actor::Actor};
use bedside_protocol::{
    ids::{AssistantId, UserId},
    session::Role,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::LocalSet,
};

use crate::{
    Result, SECRET,
    figures::{Latency, Mode},
    relay::{self, Signal},
    server::Server,
    visit::{self, Visit},
    wire::Wire,
};

/// Answers that are written at the same time.
pub const ANSWERS: usize = 200;
/// How often an endpoint says a word: as often as the server sends one on.
const WORD_EVERY: Duration = Duration::from_millis(50);
const WORD: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"}}]}\n\n";
/// How the packet begins that brings one.
const CHUNK: &[u8] = br#"42["assistant:chunk","#;

/// What came of it.
pub struct Cost {
    /// Pieces of answers that were delivered in a second.
    pub per_second: f64,
    /// The server's processor time for one.
    pub cpu: Duration,
    /// How long a candidate took with nothing else going on.
    pub alone: Latency,
    /// The same while the answers were written.
    pub beside: Latency,
}

/// A data folder with a visit and conversations, and the file that configures their assistant.
pub struct Prepared {
    visits: Vec<Visit>,
    askers: Vec<(String, String)>,
    /// The configuration.
    pub file: PathBuf,
    endpoint: TcpListener,
}

/// Make them, before the server starts.
pub async fn prepare(data: &Path) -> Result<Prepared> {
    let visits = visit::make(data, 2).await?;
    let endpoint = TcpListener::bind("127.0.0.1:0").await?;
    let address = endpoint.local_addr()?;
    let text = format!(
        "[[assistant]]\nid = \"bench\"\nname = \"Bench\"\nmodel = \"m\"\nmax_output_tokens = 16384\n\
         base_url = \"http://{address}/v1\"\n"
    );
    let file = data.join("bench.toml");
    std::fs::File::create(&file)?.write_all(text.as_bytes())?;
    let folder = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let mut layers = Layers::default().toml(&file, &text)?;
    for (key, value) in [("data.dir", folder), ("server.bind", "127.0.0.1:0"), ("auth.secret", SECRET)] {
        layers = layers.flag("the bench", key, value)?;
    }
    let clinic = App::build(layers.read()?).await?.clinic();
    let mut askers = Vec::with_capacity(ANSWERS);
    for number in 0..ANSWERS {
        let user = UserId::parse(&format!("asker-{number}"))?;
        let actor = Actor { user_id: user.clone(), name: None, role: Role::Patient, scope: None };
        let made = clinic.create_conversation(&actor, AssistantId::parse("bench")?, None).await;
        let made = made.map_err(|error| error.to_string())?;
        askers.push((visit::token(&user, Role::Patient), made.id.to_string()));
    }
    clinic.store.close().await;
    Ok(Prepared { visits, askers, file, endpoint })
}

/// Ask them all, and look at what it costs them and the call beside.
pub async fn measure(server: &Server, prepared: Prepared, mode: Mode) -> Result<Cost> {
    let Prepared { visits, askers, endpoint, .. } = prepared;
    // A call of its own for each: those of the first are still awaited back while the second is held.
    let [quiet, busy] = visits.as_slice() else { return Err("two visits were to be made".into()) };
    let call = async |visit: &Visit| {
        let visit = std::slice::from_ref(visit);
        relay::measure(server, visit, Signal::Candidate, 1, mode).await.map(|cost| cost.latency)
    };
    let alone = call(quiet).await?;
    let heard = Rc::new(Cell::new(0_u64));
    let stage = LocalSet::new();
    stage.spawn_local(async move {
        while let Ok((stream, _)) = endpoint.accept().await {
            // Whoever hangs up ends its answer.
            tokio::task::spawn_local(async move { drop(speak(stream).await) });
        }
    });
    stage
        .run_until(async {
            for (token, room) in askers {
                let mut wire = Wire::connect(server.address, &token).await?;
                wire.ask("chat:join_room", &format!(r#"{{"roomId":"{room}"}}"#)).await?;
                let question = format!(r#"{{"roomId":"{room}","clientMessageId":"q","content":"Speak"}}"#);
                wire.ask("assistant:ask", &question).await?;
                let heard = Rc::clone(&heard);
                tokio::task::spawn_local(async move {
                    if let Err(error) = listen(wire, &heard).await {
                        crate::print(&format!("a listener has stopped: {error}"));
                    }
                });
            }
            tokio::time::sleep(mode.warm_up()).await;
            let (cpu, before, start) = (server.cpu()?, heard.get(), Instant::now());
            tokio::time::sleep(mode.duration()).await;
            let cpu = server.cpu()?.saturating_sub(cpu);
            let (chunks, elapsed) = (heard.get() - before, start.elapsed());
            let beside = call(busy).await?;
            Ok(Cost {
                per_second: chunks as f64 / elapsed.as_secs_f64(),
                cpu: cpu.div_f64(chunks.max(1) as f64),
                alone,
                beside,
            })
        })
        .await
}

/// An answer without an end.
async fn speak(mut stream: TcpStream) -> Result<()> {
    let mut request = [0; 4_096];
    // The question is small and comes at once; what it says does not matter.
    if stream.read(&mut request).await? == 0 {
        return Ok(());
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        .await?;
    let mut tick = tokio::time::interval(WORD_EVERY);
    loop {
        tick.tick().await;
        stream.write_all(WORD.as_bytes()).await?;
    }
}

async fn listen(mut wire: Wire, heard: &Cell<u64>) -> Result<()> {
    loop {
        wire.fill().await?;
        let mut pinged = false;
        while let Some(text) = wire.next()? {
            if text.starts_with(CHUNK) {
                heard.set(heard.get() + 1);
            } else if text == b"2" {
                pinged = true;
            } else if text.starts_with(br#"42["assistant:failed""#) {
                return Err(String::from_utf8_lossy(text).into());
            }
        }
        if pinged {
            wire.queue(b"3");
            wire.flush().await?;
        }
    }
}

//! The endpoint that answers, and those who ask: a process of its own, that does as it is told.

use std::{cell::Cell, net::SocketAddr, path::Path, rc::Rc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::{LocalSet, spawn_local},
};

use crate::{Result, wire::Wire};

/// How often the endpoint says a word: as often as the server sends one on.
const WORD_EVERY: Duration = Duration::from_millis(50);
const WORD: &[u8] = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"}}]}\n\n";
const DONE: &[u8] = b"data: [DONE]\n\n";
/// How the packet begins that brings a piece, and how those that end an answer.
const CHUNK: &[u8] = br#"42["assistant:chunk","#;
const COMPLETE: &[u8] = br#"42["assistant:complete","#;
const FAILED: &[u8] = br#"42["assistant:failed","#;

/// How often they were told to ask, or to hear the last words: odd while answers are written.
type Turn = u64;

/// What one of those who ask has in common with the others.
#[derive(Clone)]
struct Common {
    turn: watch::Receiver<Turn>,
    heard: Rc<Cell<u64>>,
    /// One has begun, or ended.
    done: mpsc::Sender<Result<()>>,
}

/// Be all of them, until the orders end.
pub async fn stage(addresses: [SocketAddr; 3], askers: &Path) -> Result<()> {
    let [server, endpoint, orders] = addresses;
    let (turns, turn) = watch::channel(0);
    let askers = std::fs::read_to_string(askers)?;
    let askers: Vec<(&str, &str)> = askers.lines().filter_map(|line| line.split_once(' ')).collect();
    let (done, mut outcomes) = mpsc::channel(askers.len().max(1));
    let common = Common { turn, heard: Rc::default(), done };
    let heard = Rc::clone(&common.heard);
    let listener = TcpListener::bind(endpoint).await?;
    LocalSet::new()
        .run_until(async {
            let speaking = common.turn.clone();
            spawn_local(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    // Whoever hangs up ends its answer.
                    spawn_local(speak(stream, speaking.clone()));
                }
            });
            for (token, room) in &askers {
                let mut wire = Wire::connect(server, token).await?;
                wire.ask("chat:join_room", &format!(r#"{{"roomId":"{room}"}}"#)).await?;
                spawn_local(ask(wire, (*room).to_owned(), common.clone()));
            }
            let mut orders = BufStream::new(TcpStream::connect(orders).await?);
            let mut order = String::new();
            while orders.read_line(&mut order).await? > 0 {
                if matches!(order.trim(), "ask" | "end") {
                    turns.send_modify(|turn| *turn += 1);
                    for _ in &askers {
                        outcomes.recv().await.ok_or("nobody asks any more")??;
                    }
                }
                orders.write_all(format!("{}\n", heard.get()).as_bytes()).await?;
                orders.flush().await?;
                order.clear();
            }
            Ok(())
        })
        .await
}

/// An answer that goes on until it is to end.
async fn speak(mut stream: TcpStream, mut turn: watch::Receiver<Turn>) -> Result<()> {
    // The question is small and comes at once; what it says does not matter.
    let mut request = vec![0; 65_536];
    if stream.read(&mut request).await? == 0 {
        return Ok(());
    }
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    stream.write_all(head).await?;
    let mut tick = tokio::time::interval(WORD_EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => stream.write_all(WORD).await?,
            _ = turn.wait_for(|turn| turn % 2 == 0) => return Ok(stream.write_all(DONE).await?),
        }
    }
}

async fn ask(mut wire: Wire, room: String, mut common: Common) {
    loop {
        if let Err(error) = ask_once(&mut wire, &room, &mut common).await {
            // Nobody is left to tell where this fails.
            drop(common.done.send(Err(error)).await);
            return;
        }
    }
}

async fn ask_once(wire: &mut Wire, room: &str, common: &mut Common) -> Result<()> {
    let Common { turn, heard, done } = common;
    while *turn.borrow_and_update() % 2 == 0 {
        tokio::select! {
            changed = turn.changed() => changed?,
            filled = wire.fill() => {
                filled?;
                look(wire, heard)?;
                wire.flush().await?;
            }
        }
    }
    let number = *turn.borrow();
    let question = format!(r#"{{"roomId":"{room}","clientMessageId":"q{number}","content":"Speak"}}"#);
    wire.ask("assistant:ask", &question).await?;
    done.send(Ok(())).await?;
    while !look(wire, heard)? {
        wire.flush().await?;
        wire.fill().await?;
    }
    done.send(Ok(())).await?;
    Ok(())
}

/// Count the pieces among what has come, and queue what the server waits for. Says whether the answer is whole.
fn look(wire: &mut Wire, heard: &Cell<u64>) -> Result<bool> {
    let (mut pinged, mut whole) = (false, false);
    while let Some(text) = wire.next()? {
        heard.set(heard.get() + u64::from(text.starts_with(CHUNK)));
        pinged |= text == b"2";
        whole |= text.starts_with(COMPLETE);
        if text.starts_with(FAILED) {
            return Err(String::from_utf8_lossy(text).into());
        }
    }
    if pinged {
        wire.queue(b"3");
    }
    Ok(whole)
}

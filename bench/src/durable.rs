//! What it costs to keep a message: senders wait for each acknowledgement. Beside it the bare writer: the same rows,
//! committed in groups, with nothing around them. It writes to a room for each sender, as the server does, and then to
//! a single one: that is less work, since rows that belong together are in the same pages.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use bedside::store::{DatabaseSettings, Store};
use bedside_entity::{room, room_event};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ConnectOptions, ConnectionTrait as _, Database, EntityTrait as _,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use crate::{
    Result,
    figures::{Latency, Mode},
    server::{self, Server, binary, pinned},
    visit::Visit,
    wire::Wire,
};

/// What is written; as long as people write.
const TEXT: &str = "A chat message of about one hundred and twenty characters, as people write them while they wait for the doctor to join.";
/// Rows that share a commit at the most, as in the server.
const BATCH: usize = 256;

/// What was acknowledged.
pub struct Pace {
    /// Messages a second.
    pub per_second: f64,
    /// From sending to the acknowledgement.
    pub latency: Latency,
    /// Processor time for one message.
    pub cpu: Duration,
}

/// Every sender in a room of their own, the next message when the one before is acknowledged.
pub async fn messages(server: &Server, visits: &[Visit], mode: Mode) -> Result<Pace> {
    let mut senders = JoinSet::new();
    let mut wires = Vec::with_capacity(visits.len());
    for visit in visits {
        let mut wire = Wire::connect(server.address, &visit.doctor).await?;
        let join = format!(r#"{{"roomId":"{}"}}"#, visit.room);
        wire.ask("chat:join_room", &join).await?;
        wires.push((wire, format!(r#"{{"roomId":"{}","content":"{TEXT}"}}"#, visit.room)));
    }
    let begin = Instant::now() + mode.warm_up();
    let end = begin + mode.duration();
    for (mut wire, message) in wires {
        senders.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let sent = Instant::now();
                wire.ask("chat:send_message", &message).await?;
                let now = Instant::now();
                if now > end {
                    return Ok(latencies);
                }
                if sent > begin {
                    latencies.push(now - sent);
                }
            }
        });
    }
    tokio::time::sleep_until(begin.into()).await;
    let cpu = server.cpu()?;
    tokio::time::sleep_until(end.into()).await;
    let cpu = server.cpu()?.saturating_sub(cpu);
    let latencies = senders.join_all().await.into_iter().collect::<Result<Vec<_>>>()?.concat();
    Ok(pace(latencies, mode.duration(), cpu))
}

/// The bare writer in a process of its own, on the server's core.
pub async fn bare(data: &Path, senders: usize, rooms: usize, mode: Mode) -> Result<Pace> {
    let mut command = pinned(&binary("bedside-bench")?);
    let numbers = [senders.to_string(), rooms.to_string(), mode.duration().as_millis().to_string()];
    command.arg("writer").arg(data).args(numbers);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let numbers: Vec<f64> =
        String::from_utf8(output.stdout)?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [per_second, p50_us, p99_us, cpu_us] => {
            let us = |value: f64| Duration::from_secs_f64(value / 1e6);
            let latency = Latency { p50: us(*p50_us), p99: us(*p99_us) };
            Ok(Pace { per_second: *per_second, latency, cpu: us(*cpu_us) })
        }
        _ => Err("the bare writer has said something else".into()),
    }
}

/// `bedside-bench writer FOLDER SENDERS ROOMS MILLISECONDS`: one task commits what waits, and acknowledges after it.
pub async fn write(data: &Path, senders: usize, rooms: usize, duration: Duration) -> Result<Pace> {
    Store::migrate(&DatabaseSettings::new(None, data)?).await?;
    let mut options = ConnectOptions::new(format!("sqlite:{}", data.join("bedside.sqlite3").display()));
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    db.execute_unprepared("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").await?;
    let ids: Vec<String> = (0..rooms).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    for id in &ids {
        room::ActiveModel { id: Set(id.clone()), last_seq: Set(0), closed: Set(false) }.insert(&db).await?;
    }
    let (jobs, mut waiting) = mpsc::channel::<(usize, oneshot::Sender<()>)>(1_024);
    let writer = async move {
        let mut batch = Vec::with_capacity(BATCH);
        let mut heads: Vec<(String, i64)> = ids.into_iter().map(|id| (id, 0)).collect();
        while waiting.recv_many(&mut batch, BATCH).await > 0 {
            let rows = batch.iter().filter_map(|(sender, _)| {
                let (room, seq) = heads.get_mut(sender % rooms)?;
                *seq += 1;
                Some(row(room, *seq))
            });
            room_event::Entity::insert_many(rows.collect::<Vec<_>>()).exec_without_returning(&db).await?;
            // Who does not wait any more needs no answer.
            batch.drain(..).for_each(|(_, answer)| {
                answer.send(()).ok();
            });
        }
        Ok(())
    };
    let (end, cpu) = (Instant::now() + duration, server::cpu("self")?);
    let mut tasks = JoinSet::new();
    for sender in 0..senders {
        let jobs = jobs.clone();
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < end {
                let (start, (answer, answered)) = (Instant::now(), oneshot::channel());
                if jobs.send((sender, answer)).await.is_err() || answered.await.is_err() {
                    break;
                }
                latencies.push(start.elapsed());
            }
            latencies
        });
    }
    drop(jobs);
    let (written, latencies): (Result<()>, _) = tokio::join!(writer, tasks.join_all());
    written?;
    Ok(pace(latencies.concat(), duration, server::cpu("self")?.saturating_sub(cpu)))
}

fn pace(latencies: Vec<Duration>, duration: Duration, cpu: Duration) -> Pace {
    let messages = latencies.len() as f64;
    Pace {
        per_second: messages / duration.as_secs_f64(),
        latency: Latency::of(latencies),
        cpu: cpu.div_f64(messages.max(1.0)),
    }
}

/// A row like the server's.
fn row(room: &str, seq: i64) -> room_event::ActiveModel {
    let id = uuid::Uuid::now_v7().to_string();
    let message = serde_json::json!({
        "roomId": room, "seq": 0, "id": id, "clientMessageId": id, "senderId": "doctor-1",
        "senderName": "doctor-1", "senderRole": "doctor", "kind": "text", "content": TEXT,
        "attachments": [], "replyTo": null, "sentAt": "2026-01-01T00:00:00.000Z",
    });
    room_event::ActiveModel {
        room_id: Set(room.to_owned()),
        seq: Set(seq),
        kind: Set("message".to_owned()),
        actor_id: Set("doctor-1".to_owned()),
        client_key: Set(Some(id.clone())),
        event_id: Set(Some(id)),
        payload: Set(message.to_string().as_str().into()),
        at: Set(chrono::Utc::now()),
        redacted_seq: Set(None),
    }
}

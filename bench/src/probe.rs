//! A call: one sends candidates at moments of chance, whether those before have come or not, and the other notes how long
//! they took. Who waits for one before sending the next does not see how long a server stands still.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::{
    Result,
    figures::{Latency, Mode},
    relay::Signal,
    visit::Visit,
    wire::{Wire, text_frame},
};

/// From one candidate to the next, at the most; half of it on the average.
const WITHIN: Duration = Duration::from_millis(2);
/// Fewer say little about the slowest of a hundred.
const ENOUGH: usize = 2_000;
/// How often a measurement may go on for as long again until there are as many.
const PATIENCE: usize = 10;

/// The call. It ends with the process.
pub struct Probe(Arc<Mutex<Tally>>);

#[derive(Default)]
struct Tally {
    /// When those under way were sent. The server keeps their order.
    sent: VecDeque<Instant>,
    took: Vec<Duration>,
    stopped: Option<String>,
}

impl Probe {
    /// Begin the call, with a thread for each of the two.
    pub fn start(server: SocketAddr, visit: &Visit) -> Result<Self> {
        let probe = Self(Arc::default());
        let (frame, heard_as) = Signal::Candidate.spelled(&visit.room);
        let frame = text_frame(&frame);
        probe.join(server, visit, &visit.patient, async move |wire, tally| {
            hear(wire, &heard_as, tally).await
        })?;
        probe
            .join(server, visit, &visit.doctor, async move |wire, tally| speak(wire, &frame, tally).await)?;
        Ok(probe)
    }

    fn join<F>(&self, server: SocketAddr, visit: &Visit, token: &str, role: F) -> Result<()>
    where
        F: AsyncFnOnce(Wire, &Mutex<Tally>) -> Result<()> + Send + 'static,
    {
        let (visit, token, tally) = (visit.clone(), token.to_owned(), Arc::clone(&self.0));
        let (joined, joins) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let outcome = crate::runtime().and_then(|runtime| {
                runtime.block_on(async {
                    let wire = visit.enter(server, &token).await?;
                    joined.send(())?;
                    role(wire, &tally).await
                })
            });
            if let Err(error) = outcome {
                lock(&tally).stopped = Some(error.to_string());
            }
        });
        joins.recv().map_err(|_gone| lock(&self.0).stopped.take().unwrap_or_default().into())
    }

    /// How long candidates take in the time that comes.
    pub async fn measure(&self, mode: Mode) -> Result<Latency> {
        lock(&self.0).took.clear();
        for _ in 0..PATIENCE {
            tokio::time::sleep(mode.duration()).await;
            let mut tally = lock(&self.0);
            if let Some(error) = tally.stopped.take() {
                return Err(error.into());
            }
            if mode == Mode::Quick || tally.took.len() >= ENOUGH {
                return Ok(Latency::of(std::mem::take(&mut tally.took)));
            }
        }
        Err("too few candidates have come".into())
    }
}

async fn speak(mut wire: Wire, frame: &[u8], tally: &Mutex<Tally>) -> Result<()> {
    loop {
        // The runtime's timers know milliseconds only, and would send at the same moment of each.
        thread::sleep(WITHIN.mul_f64(rand::random()));
        // Whether the server wants to know that we are here; it is asked for, and not waited for.
        if let Ok(filled) = timeout(Duration::ZERO, wire.fill()).await {
            filled?;
            pong(&mut wire, |_| {})?;
        }
        lock(tally).sent.push_back(Instant::now());
        wire.queue_frames(frame);
        wire.flush().await?;
    }
}

async fn hear(mut wire: Wire, heard_as: &str, tally: &Mutex<Tally>) -> Result<()> {
    loop {
        wire.fill().await?;
        let now = Instant::now();
        let mut heard = 0_u32;
        pong(&mut wire, |text| heard += u32::from(text.starts_with(heard_as.as_bytes())))?;
        tally_up(&mut lock(tally), heard, now)?;
        wire.flush().await?;
    }
}

fn tally_up(tally: &mut Tally, heard: u32, now: Instant) -> Result<()> {
    for _ in 0..heard {
        let sent = tally.sent.pop_front().ok_or("a candidate has come that nobody has sent")?;
        tally.took.push(now - sent);
    }
    Ok(())
}

/// Look at what has come, and queue the answer where the server asks whether we are here.
fn pong(wire: &mut Wire, mut look: impl FnMut(&[u8])) -> Result<()> {
    let mut pinged = false;
    while let Some(text) = wire.next()? {
        pinged |= text == b"2";
        if text.starts_with(br#"42["error""#) {
            return Err(String::from_utf8_lossy(text).into());
        }
        look(text);
    }
    if pinged {
        wire.queue(b"3");
    }
    Ok(())
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

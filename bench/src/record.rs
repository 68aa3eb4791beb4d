//! What a recorded participant costs: 1 Mbit/s of VP8 and Opus each, beside Janus recording the same streams.

use std::{net::SocketAddr, time::Duration};

use bedside_peer::{
    Client, Connect,
    call::{Call, CallOptions, Company, Leg, Network, Sending},
};
use bedside_protocol::{
    ids::RoomId,
    recording::{
        Decision, RecordingChanged, RecordingConsent, RecordingConsentRequested, RecordingStart,
        RecordingState,
    },
};
use tokio::time::{Instant, timeout};

use crate::{
    Result,
    figures::{Latency, Mode},
    janus::Janus,
    probe::Probe,
    server::Server,
    visit::Visit,
};

/// Participants that are recorded at the same time.
pub const LEGS: [usize; 3] = [1, 5, 20];
const VIDEO_BITS_PER_SECOND: u32 = 1_000_000;
/// How long everything may take until it is recorded.
const PATIENCE: Duration = Duration::from_secs(60);

/// What recording costs.
#[derive(Clone, Copy)]
pub struct Cost {
    /// Processor time for a participant and a second, in milliseconds.
    pub cpu_ms: f64,
    /// Memory for a participant, in KiB.
    pub kib: f64,
}

fn sending() -> Sending {
    Sending { video_bits_per_second: VIDEO_BITS_PER_SECOND, ..Sending::flash_and_beep() }
}

fn length(mode: Mode) -> Duration {
    // Sender reports, keys and buffers have come to rest after a while.
    mode.duration() * 4
}

/// Somebody in the call. Who is not recorded sends nothing.
struct Participant {
    client: Client,
    call: Option<Call>,
}

impl Participant {
    async fn enter(server: SocketAddr, token: &str, room: &RoomId, company: Company) -> Result<Self> {
        let client = Client::connect(Connect::to(format!("http://{server}"), token)).await?;
        let options = CallOptions { company, sending: sending(), ..CallOptions::on(Network::Loopback) };
        let call = Call::join(&client, room, options).await?;
        Ok(Self { client, call: Some(call) })
    }

    async fn consents(&self) -> Result<()> {
        let asked: RecordingConsentRequested = self.client.hears().await?;
        let RecordingConsentRequested { room_id, recording_id, text_version, .. } = asked;
        let decision = Decision::Given;
        self.client.ask(RecordingConsent { room_id, recording_id, decision, text_version }).await?;
        Ok(())
    }

    async fn is_recorded(&self) -> Result<()> {
        loop {
            let changed: RecordingChanged = self.client.hears().await?;
            match changed.recording.state {
                RecordingState::Recording => break,
                RecordingState::AwaitingConsent | RecordingState::Paused => {}
                RecordingState::Stopped | RecordingState::Failed | RecordingState::Ready => {
                    return Err(format!("a recording ended: {:?}", changed.recording).into());
                }
            }
        }
        if let Some(call) = &self.call {
            call.recorded().await?;
        }
        Ok(())
    }
}

/// How long a candidate took in a call that is not recorded.
#[derive(Clone, Copy)]
pub struct Signals {
    /// With nothing else going on.
    pub calm: Latency,
    /// While others were recorded.
    pub busy: Latency,
}

/// What came of it.
pub struct Outcome {
    /// On Bedside.
    pub bedside: Cost,
    /// On Janus, where that is installed.
    pub janus: Option<Cost>,
    /// What a call beside those on Bedside felt.
    pub signals: Signals,
}

/// What a server uses up.
struct Meter<'a> {
    server: &'a Server,
    /// Its memory before anybody was there.
    kib: u64,
    /// Its processor time when measuring began.
    cpu: Duration,
}

impl<'a> Meter<'a> {
    fn of(server: &'a Server) -> Result<Self> {
        Ok(Self { server, kib: server.memory_kib()?, cpu: Duration::ZERO })
    }

    fn begin(&mut self) -> Result<()> {
        self.cpu = self.server.cpu()?;
        Ok(())
    }

    fn cost(&self, legs: usize, lasted: Duration) -> Result<Cost> {
        let cpu_ms = self.server.cpu()?.saturating_sub(self.cpu).as_secs_f64() * 1e3 / lasted.as_secs_f64();
        let kib = self.server.memory_kib()?.saturating_sub(self.kib) as f64;
        Ok(Cost { cpu_ms: cpu_ms / legs as f64, kib: kib / legs as f64 })
    }
}

/// Record so many participants on Bedside, two in each visit, and as many on Janus. Both are measured in the same seconds, since what
/// else goes on in a machine makes a second dearer than the next. Then look at what a call beside those on Bedside feels of them.
pub async fn run(
    server: &Server,
    visits: &[Visit],
    beside: &Visit,
    janus: Option<&Janus>,
    legs: usize,
    mode: Mode,
) -> Result<Outcome> {
    let mut ours = Meter::of(server)?;
    let people = on_bedside(server, visits, legs).await?;
    let mut theirs = janus.map(|janus| Meter::of(&janus.server)).transpose()?;
    let mut others: Vec<Leg> = Vec::new();
    if let Some(janus) = janus {
        for number in 0..legs {
            others.push(janus.record(&format!("leg-{number}"), sending()).await?);
        }
    }
    tokio::time::sleep(length(mode)).await;
    let begin = Instant::now();
    ours.begin()?;
    theirs.as_mut().map_or(Ok(()), Meter::begin)?;
    tokio::time::sleep(length(mode)).await;
    let lasted = begin.elapsed();
    let bedside = ours.cost(legs, lasted)?;
    let janus = theirs.map(|theirs| theirs.cost(legs, lasted)).transpose()?;
    for leg in others {
        leg.close().await;
    }
    // Only now, since what a call costs by itself is not the recording's to pay.
    let probe = Probe::start(server.address, beside)?;
    let busy = probe.measure(mode).await?;
    for somebody in people {
        if let Some(call) = somebody.call {
            call.hang_up().await;
        }
        somebody.client.close().await;
    }
    tokio::time::sleep(mode.warm_up()).await;
    let calm = probe.measure(mode).await?;
    Ok(Outcome { bedside, janus, signals: Signals { calm, busy } })
}

/// Everybody is there, and so many of them are recorded.
async fn on_bedside(server: &Server, visits: &[Visit], legs: usize) -> Result<Vec<Participant>> {
    let mut people = Vec::new();
    for (place, visit) in visits.iter().enumerate() {
        let room = RoomId::parse(&visit.room)?;
        let company = |number: usize| if number < legs { Company::Recorder } else { Company::Nobody };
        let enter = |token, number| Participant::enter(server.address, token, &room, company(number));
        let doctor = enter(&visit.doctor, 2 * place).await?;
        let patient = enter(&visit.patient, 2 * place + 1).await?;
        doctor.client.ask(RecordingStart { room_id: room.clone(), audio_only: false }).await?;
        timeout(PATIENCE, async { tokio::try_join!(doctor.consents(), patient.consents()) }).await??;
        for (number, somebody) in [(2 * place, &doctor), (2 * place + 1, &patient)] {
            if number < legs {
                timeout(PATIENCE, somebody.is_recorded()).await??;
            }
        }
        people.extend([doctor, patient]);
    }
    Ok(people)
}

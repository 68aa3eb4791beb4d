//! What a relayed signal costs: pairs throw candidates or offers back and forth through the server.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

use crate::{
    Result,
    figures::{Latency, Mode, Time},
    server::Server,
    visit::Visit,
    wire::{Wire, text_frame},
};

/// Pairs in a call of their own each.
pub const PAIRS: usize = 50;

/// What is relayed.
#[derive(Clone, Copy)]
pub enum Signal {
    /// An ICE candidate.
    Candidate,
    /// An offer of 3 KB.
    Offer,
}

/// What one relay costs.
pub struct Cost {
    /// The server's processor time for one signal.
    pub cpu: Duration,
    /// Signals relayed a second.
    pub per_second: f64,
    /// From sending it to having it.
    pub latency: Latency,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, per_second, latency: Latency { p50, p99 } } = self;
        let (cpu, p50, p99) = (Time(*cpu), Time(*p50), Time(*p99));
        write!(f, "{cpu:<9} {p50:<9} {p99:<9} {per_second:<9.0} ")
    }
}

/// What the pairs have in common.
#[derive(Default)]
struct Tally {
    relayed: Cell<u64>,
    measuring: Cell<bool>,
    latencies: RefCell<Vec<Duration>>,
}

/// When the signals of one direction were sent. The server keeps their order.
type Sent = Rc<RefCell<VecDeque<Instant>>>;

/// Let every pair have so many signals under way at a time.
pub async fn measure(
    server: &Server,
    visits: &[Visit],
    signal: Signal,
    in_flight: usize,
    mode: Mode,
) -> Result<Cost> {
    let tally = Rc::new(Tally::default());
    let players = LocalSet::new();
    for visit in visits {
        let [mut doctor, patient] = visit.hold(server.address).await?;
        let (text, start) = signal.spelled(&visit.room);
        let frame: Rc<[u8]> = text_frame(&text).into();
        let (to_patient, to_doctor) = (Sent::default(), Sent::default());
        for _ in 0..in_flight {
            doctor.queue_frames(&frame);
            to_patient.borrow_mut().push_back(Instant::now());
        }
        doctor.flush().await?;
        let sides =
            [(doctor, Rc::clone(&to_patient), Rc::clone(&to_doctor)), (patient, to_doctor, to_patient)];
        for (wire, out, back) in sides {
            let (frame, tally, start) = (Rc::clone(&frame), Rc::clone(&tally), start.clone());
            players.spawn_local(async move {
                if let Err(error) = play(wire, &frame, &start, &out, &back, &tally).await {
                    // Nothing that is measured after this counts.
                    crate::print(&format!("a player has stopped: {error}"));
                    tally.measuring.set(false);
                }
            });
        }
    }
    players
        .run_until(async {
            tokio::time::sleep(mode.warm_up()).await;
            tally.measuring.set(true);
            let (cpu, relayed, start) = (server.cpu()?, tally.relayed.get(), Instant::now());
            tokio::time::sleep(mode.duration()).await;
            let (cpu, elapsed) = (server.cpu()?.saturating_sub(cpu), start.elapsed());
            if !tally.measuring.get() {
                return Err("the relay has stopped".into());
            }
            let relayed = tally.relayed.get() - relayed;
            Ok(Cost {
                cpu: cpu.div_f64(relayed.max(1) as f64),
                per_second: relayed as f64 / elapsed.as_secs_f64(),
                latency: Latency::of(tally.latencies.take()),
            })
        })
        .await
}

/// Send one back for each that comes.
async fn play(
    mut wire: Wire,
    frame: &[u8],
    start: &str,
    out: &Sent,
    back: &Sent,
    tally: &Tally,
) -> Result<()> {
    loop {
        wire.fill().await?;
        let now = Instant::now();
        let (mut heard, mut pinged) = (0_u32, false);
        while let Some(text) = wire.next()? {
            if text.starts_with(start.as_bytes()) {
                heard += 1;
            } else if text == b"2" {
                pinged = true;
            } else if text.starts_with(br#"42["error""#) {
                return Err(String::from_utf8_lossy(text).into());
            }
        }
        for _ in 0..heard {
            let sent = back.borrow_mut().pop_front();
            if let Some(sent) = sent.filter(|_| tally.measuring.get()) {
                tally.latencies.borrow_mut().push(now - sent);
            }
            wire.queue_frames(frame);
            out.borrow_mut().push_back(now);
        }
        if pinged {
            wire.queue(b"3");
        }
        tally.relayed.set(tally.relayed.get() + u64::from(heard));
        wire.flush().await?;
    }
}

impl Signal {
    /// The packet that says it, and how the packet begins that it is heard as.
    pub fn spelled(self, room: &str) -> (String, String) {
        let (event, field, value) = match self {
            Self::Candidate => (
                "webrtc:ice_candidate",
                "candidate",
                serde_json::json!({
                    "candidate": "candidate:842163049 1 udp 1677729535 192.0.2.7 46154 typ srflx raddr 10.0.0.2 rport 46154 generation 0 ufrag 4ZcD network-cost 999",
                    "sdpMid": "0",
                    "sdpMLineIndex": 0,
                    "usernameFragment": "4ZcD",
                }),
            ),
            Self::Offer => ("webrtc:offer", "sdp", offer().into()),
        };
        let data = serde_json::json!({ "roomId": room, field: value });
        (format!(r#"42["{event}",{data}]"#), format!(r#"42["{event}","#))
    }
}

/// As a browser makes it for sound and picture, 3 KB of it.
fn offer() -> String {
    let mut lines: Vec<String> = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=msid-semantic: WMS",
    ]
    .map(str::to_owned)
    .into();
    for (mid, media) in
        ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=video 9 UDP/TLS/RTP/SAVPF 96"].iter().enumerate()
    {
        lines.push((*media).to_owned());
        lines.push(format!("a=mid:{mid}"));
        lines.push(format!("a=fingerprint:sha-256 {}", ["D2"; 32].join(":")));
        lines.extend(
            ["c=IN IP4 0.0.0.0", "a=ice-ufrag:4ZcD", "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlVF"].map(str::to_owned),
        );
        lines.extend(["a=setup:actpass", "a=sendrecv", "a=rtcp-mux", "a=rtcp-rsize"].map(str::to_owned));
        for payload in 0..28 {
            lines.push(format!("a=fmtp:{} apt={};profile-level-id=42001f", 96 + payload, 97 + payload));
        }
    }
    lines.join("\r\n") + "\r\n"
}

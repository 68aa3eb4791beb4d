//! What stands in front of the connections.

#[path = "../../src/leg/framing.rs"]
mod framing;
#[path = "../../src/leg/gate.rs"]
mod gate;
#[path = "../../src/leg/meter.rs"]
mod meter;
#[path = "../../src/leg/stun.rs"]
mod stun;

use std::net::SocketAddr;

use ring::hmac;
use tokio::time::Instant;

use self::gate::{Allowance, Gate, LegNumber, Passed};

/// The names of two legs; the password of each is its name.
pub const NAMES: [&str; 2] = ["ann", "ben"];

/// A gate with two legs.
pub struct Door {
    gate: Gate,
    now: Instant,
}

impl Door {
    pub fn new() -> Self {
        let (mut gate, now) = (Gate::default(), Instant::now());
        for (leg, name) in (0..).map(LegNumber).zip(NAMES) {
            gate.add(leg, Allowance { bytes_per_second: 1_000_000 }, now);
            gate.admit(leg, name, name);
        }
        Self { gate, now }
    }

    /// To which leg it goes.
    pub fn pass(&mut self, from: SocketAddr, datagram: &[u8]) -> Option<usize> {
        let passed = self.gate.pass(from, datagram, self.now).ok();
        passed.and_then(|leg| usize::try_from(leg.0).ok())
    }

    pub fn settle(&mut self, leg: usize) {
        self.gate.settle(LegNumber(leg as u64));
    }

    pub fn remove(&mut self, leg: usize) -> Vec<SocketAddr> {
        self.gate.remove(LegNumber(leg as u64))
    }

    pub fn counted(&self) -> Passed {
        self.gate.counted()
    }
}

impl Default for Door {
    fn default() -> Self {
        Self::new()
    }
}

/// A binding request for this leg, with these bytes as one more attribute.
pub fn check(leg: usize, more: &[u8]) -> Vec<u8> {
    let name = format!("{}:them", NAMES[leg]);
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([7; 12]);
    for (kind, value) in [(0x0006_u16, name.as_bytes()), (0x8022, more)] {
        message.extend(kind.to_be_bytes());
        message.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        message.extend(value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    let length = u16::try_from(message.len() - 20 + 24).unwrap();
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let mac = hmac::sign(&stun::key(NAMES[leg]), &message);
    message.extend([0, 8, 0, 20]);
    message.extend(mac.as_ref());
    message
}

/// The datagrams of a stream, until it ends or is wrong.
pub fn frames(mut stream: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut frames = Vec::new();
    let mut buffer = vec![0; longest];
    runtime.block_on(async {
        while let Ok(frame) = framing::frame(&mut stream, &mut buffer).await {
            frames.push(frame.to_vec());
        }
    });
    frames
}

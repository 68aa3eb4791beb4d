//! A recorder's port, and people whose media it takes in.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bedside_peer::call::{
    Leg as Person, LegOptions as PersonOptions, Network, Sending, Signal as PersonSays,
};
use bedside_protocol::{recorder::LegState, sdp::Sdp};
use bedside_recorder::{
    leg::{Leg, LegEnd, LegEvent, LegOptions, LegOutput, Media, Port, PortConfig, Signal, Transports},
    media::{Kind, SenderReport},
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Recorder {
    pub(crate) port: Arc<Port>,
    _stop: tokio_util::sync::DropGuard,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        Self::by(Transports::Both)
    }

    pub(crate) fn by(transports: Transports) -> Self {
        let stop = CancellationToken::new();
        let config = PortConfig { port: 0, public: vec!["127.0.0.1".parse().unwrap()], transports };
        let port = Port::open(&config, &TaskTracker::new(), &stop).unwrap();
        Self { port, _stop: stop.drop_guard() }
    }

    /// Record somebody who answers.
    pub(crate) async fn record(&self, options: LegOptions) -> Recorded {
        self.record_who(options, Sending::default()).await
    }

    /// The same, of somebody who sends in a special way.
    pub(crate) async fn record_who(&self, options: LegOptions, sending: Sending) -> Recorded {
        self.record_from(options, sending, Network::Loopback).await
    }

    /// The same, of somebody who comes another way.
    pub(crate) async fn record_from(
        &self,
        options: LegOptions,
        sending: Sending,
        network: Network,
    ) -> Recorded {
        let (leg, output) = Leg::open(&self.port, options).await.unwrap();
        let (signals, says) = mpsc::channel(64);
        let polite =
            PersonOptions { network, ice_servers: Vec::new(), only_relayed: false, polite: true, sending };
        let person = Person::open(polite, signals).await.unwrap();
        let (heard, states) = (Heard::default(), Vec::new());
        Recorded {
            leg,
            output,
            person: Some(person),
            says,
            heard,
            states,
            offers: 0,
            end: None,
            offer: None,
            claims: None,
        }
    }
}

/// Somebody who is recorded.
pub(crate) struct Recorded {
    pub(crate) leg: Leg,
    output: LegOutput,
    person: Option<Person>,
    says: mpsc::Receiver<PersonSays>,
    heard: Heard,
    pub(crate) states: Vec<LegState>,
    pub(crate) offers: u64,
    pub(crate) end: Option<LegEnd>,
    offer: Option<String>,
    /// What the person says in place of their answer.
    pub(crate) claims: Option<fn(&str) -> Sdp>,
}

/// What came in.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    packets: Vec<(Kind, u32, u16)>,
    bytes: usize,
    pub(crate) reports: Vec<SenderReport>,
}

impl Heard {
    pub(crate) fn packets(&self, kind: Kind) -> usize {
        self.packets.iter().filter(|(of, ..)| *of == kind).count()
    }

    pub(crate) fn all(&self) -> usize {
        self.packets.len()
    }

    /// How many sequence numbers between the first and the last did not come.
    pub(crate) fn missing(&self, kind: Kind) -> usize {
        let of_kind: Vec<_> = self.packets.iter().filter(|(of, ..)| *of == kind).collect();
        let first = of_kind.first().unwrap().2;
        let places: HashSet<_> =
            of_kind.iter().map(|(_, _, sequence)| sequence.wrapping_sub(first)).collect();
        let last = places.iter().filter(|place| **place < u16::MAX / 2).max().unwrap();
        usize::from(*last) + 1 - places.iter().filter(|place| *place <= last).count()
    }

    pub(crate) fn duplicates(&self) -> usize {
        let different: HashSet<_> = self.packets.iter().collect();
        self.packets.len() - different.len()
    }
}

impl Recorded {
    /// Carry signals both ways, and take in what comes, until `enough`.
    pub(crate) async fn until(&mut self, enough: impl Fn(&Heard) -> bool) -> &Heard {
        self.until_all(|recorded| enough(&recorded.heard)).await;
        &self.heard
    }

    pub(crate) async fn stands(&mut self, state: LegState) {
        self.until_all(|recorded| recorded.states.last() == Some(&state)).await;
    }

    pub(crate) async fn until_all(&mut self, enough: impl Fn(&Self) -> bool) {
        let all = async {
            while !enough(self) {
                self.step().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all).await.is_ok();
        let heard = &self.heard;
        assert!(
            in_time,
            "{:?}, {} packets, {} reports",
            self.states,
            heard.packets.len(),
            heard.reports.len()
        );
    }

    async fn step(&mut self) {
        tokio::select! {
            Some((_, media)) = self.output.arrivals.recv() => match media {
                Media::Rtp { kind, packet, .. } => {
                    self.heard.bytes += packet.payload.len();
                    self.heard.packets.push((kind, packet.ssrc, packet.sequence));
                }
                Media::Report(report) => self.heard.reports.push(report),
            },
            Some(event) = self.output.events.recv() => match event {
                LegEvent::Say(signal) => self.carry(signal).await,
                LegEvent::State(state) => self.states.push(state),
                LegEvent::Over(end) => self.end = Some(end),
            },
            Some(says) = self.says.recv() => {
                let signal = match says {
                    PersonSays::Offer { sdp, .. } => Signal::Offer { sdp, negotiation: Some(1_000) },
                    PersonSays::Answer { sdp, negotiation } => {
                        let sdp = self.claims.map_or(sdp.clone(), |claim| claim(&sdp.text()));
                        Signal::Answer { sdp, negotiation: negotiation.unwrap() }
                    }
                    PersonSays::Candidate(candidate) => Signal::Candidate(candidate),
                };
                assert!(self.leg.hear(signal));
            }
        }
    }

    async fn carry(&mut self, signal: Signal) {
        let said = match signal {
            Signal::Offer { sdp, .. } => {
                self.offers += 1;
                self.offer.get_or_insert_with(|| sdp.text());
                self.leg.numbered(self.offers);
                PersonSays::Offer { sdp, negotiation: Some(self.offers) }
            }
            Signal::Answer { sdp, negotiation } => PersonSays::Answer { sdp, negotiation: Some(negotiation) },
            Signal::Candidate(candidate) => PersonSays::Candidate(candidate),
        };
        if let Some(person) = &self.person {
            person.hear(said).await.unwrap();
        }
    }

    pub(crate) fn person(&self) -> &Person {
        self.person.as_ref().unwrap()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.person().progress().connected.is_some()
    }

    pub(crate) fn so_far(&self) -> usize {
        self.heard.all()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.heard.bytes
    }

    /// Our first offer.
    pub(crate) async fn offered(&mut self) -> String {
        self.until_all(|recorded| recorded.offer.is_some()).await;
        self.offer.clone().unwrap()
    }

    /// The person closes the connection.
    pub(crate) async fn hang_up(&mut self) {
        self.person.take().unwrap().close().await;
    }

    pub(crate) fn apart(self) -> (Leg, LegOutput, Person) {
        (self.leg, self.output, self.person.unwrap())
    }

    pub(crate) async fn close(self) {
        self.leg.close().await;
        if let Some(person) = self.person {
            person.close().await;
        }
    }
}

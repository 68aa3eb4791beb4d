//! A deck, and a server for it that lets people in.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use bedside_peer::{
    call::{Leg as Person, LegOptions as PersonOptions, Network, Sending, Signal},
    film::Film,
};
use bedside_protocol::{
    Ask, ServerPayload,
    ids::{PeerId, RecordingId, RoomId, UserId},
    recorder::{
        RecordedPeer, RecorderBegin, RecorderConsents, RecorderEnd, RecorderFailed, RecorderFinished,
        RecorderRecord, RecorderRegister, RecorderRegistered, RecorderStatus, Remains, RescuedKey, SpokenKey,
    },
    recording::{ConsentGiven, Decision},
    session::Role,
    table::Done,
    text::Timestamp,
    webrtc::{
        Negotiated, WebrtcAnswer, WebrtcAnswerHeard, WebrtcIceCandidate, WebrtcIceCandidateHeard, WebrtcOffer,
    },
};
use bedside_recorder::{
    deck::{Deck, DeckConfig},
    leg::{LegOptions, PortConfig, Transports},
    signals::{Heard, Said, Signals},
};
use bedside_seal::{DataKey, Label, Reader};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(15);

type Word = (PeerId, Signal);

pub(crate) struct House {
    pub(crate) deck: Deck,
    said: mpsc::Receiver<Said>,
    hear: mpsc::Sender<Heard>,
    room: RoomId,
    people: HashMap<PeerId, Person>,
    /// What people say, with who says it.
    says: (mpsc::Sender<Word>, mpsc::Receiver<Word>),
    offers: u64,
    registered: Option<RecorderRegister>,
    /// What is ordered before the next registration is answered.
    crossing: Option<RecorderBegin>,
    key: DataKey,
    spool: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "a recorder lives by the time of day")]
fn now() -> Timestamp {
    chrono::Utc::now().into()
}

fn read<T: DeserializeOwned>(said: &Said) -> T {
    serde_json::from_str(&said.data).unwrap()
}

fn answer<T: Serialize>(said: Said, answer: &T) {
    if let Some(to) = said.answer {
        // Whoever asked may not wait for it.
        let _gone = to.send(Ok(serde_json::to_string(answer).unwrap()));
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut DeckConfig)) -> Self {
        let spool = tempfile::tempdir().unwrap();
        let mut config = DeckConfig {
            port: PortConfig {
                port: 0,
                public: vec!["127.0.0.1".parse().unwrap()],
                transports: Transports::Both,
            },
            spool: spool.path().join("spool"),
            threads: 1,
            max_legs: 10,
            disk_floor_bytes: 0,
            leg: LegOptions::default(),
        };
        change(&mut config);
        let deck = Deck::start(config).unwrap();
        let (signals, said, hear) = Signals::pair();
        deck.connect(signals).await;
        let mut house = Self {
            deck,
            said,
            hear,
            room: RoomId::new(),
            people: HashMap::new(),
            says: mpsc::channel(256),
            offers: 0,
            registered: None,
            crossing: None,
            key: DataKey::random().unwrap(),
            spool,
        };
        house.until_registered().await;
        house
    }

    pub(crate) fn cut_off(&mut self) {
        let (_, said, hear) = Signals::pair();
        (self.said, self.hear, self.registered) = (said, hear, None);
    }

    pub(crate) async fn connect(&mut self) {
        let (signals, said, hear) = Signals::pair();
        (self.said, self.hear) = (said, hear);
        self.deck.connect(signals).await;
        self.until_registered().await;
    }

    /// The same; the server begins the next take of a recording before it answers.
    pub(crate) async fn connect_and_begin(&mut self, recording: &RecordingId, take: u32) {
        self.crossing = Some(self.order(recording, take, Duration::from_secs(3_600)));
        self.connect().await;
    }

    async fn until_registered(&mut self) {
        let all = async {
            while self.registered.is_none() {
                self.step().await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap();
    }

    pub(crate) fn registered(&self) -> &RecorderRegister {
        self.registered.as_ref().unwrap()
    }

    /// People who answer offers.
    pub(crate) async fn people<const N: usize>(&mut self) -> [PeerId; N] {
        let ids = [(); N].map(|()| PeerId::new());
        for id in &ids {
            let (signals, mut says) = mpsc::channel(64);
            let options = PersonOptions {
                network: Network::Loopback,
                ice_servers: Vec::new(),
                only_relayed: false,
                polite: true,
                sending: Sending::flash_and_beep(),
            };
            self.people.insert(id.clone(), Person::open(options, signals).await.unwrap());
            let (to, id) = (self.says.0.clone(), id.clone());
            tokio_util::task::TaskTracker::new().spawn(async move {
                while let Some(signal) = says.recv().await {
                    to.send((id.clone(), signal)).await.unwrap();
                }
            });
        }
        ids
    }

    /// What a finished file shows.
    pub(crate) fn film(&self, recording: &RecordingId, file: &str) -> Film {
        Film::read(&self.plain(recording, file)).unwrap()
    }

    /// Where the files of a recording lie.
    pub(crate) fn folder(&self, recording: &RecordingId) -> PathBuf {
        self.spool.path().join("spool").join(recording.to_string())
    }

    /// What is in a sealed file.
    pub(crate) fn plain(&self, recording: &RecordingId, file: &str) -> Vec<u8> {
        let path = self.folder(recording).join(file);
        let label = Label::new(&recording.to_string(), file);
        let sealed = Reader::open(std::fs::File::open(path).unwrap(), &self.key, &label).unwrap();
        sealed.read_at(0, usize::try_from(sealed.plain_len()).unwrap()).unwrap().to_vec()
    }

    async fn tell<E: ServerPayload>(&self, event: &E) {
        self.hear.send(Heard::from(event).unwrap()).await.unwrap();
    }

    pub(crate) async fn begin(&self) -> RecordingId {
        self.begin_for(Duration::from_secs(3_600)).await
    }

    pub(crate) async fn begin_for(&self, at_most: Duration) -> RecordingId {
        let recording_id = RecordingId::new();
        self.tell(&self.order(&recording_id, 0, at_most)).await;
        recording_id
    }

    fn order(&self, recording: &RecordingId, take: u32, at_most: Duration) -> RecorderBegin {
        let key = self.key.to_text().to_string();
        RecorderBegin {
            recording_id: recording.clone(),
            room_id: self.room.clone(),
            peer_id: PeerId::new(),
            key: SpokenKey::new(key),
            epoch: now(),
            take,
            audio_only: false,
            ice_servers: Vec::new(),
            at_most_ms: u64::try_from(at_most.as_millis()).unwrap(),
            consents: Vec::new(),
        }
    }

    pub(crate) async fn record(&self, recording: &RecordingId, peers: &[&PeerId]) {
        let peers = peers.iter().map(|peer| RecordedPeer {
            peer_id: (*peer).clone(),
            user_id: "u".parse::<UserId>().unwrap(),
            name: None,
            role: Role::Patient,
        });
        self.tell(&RecorderRecord { recording_id: recording.clone(), peers: peers.collect() }).await;
    }

    /// Tell what people have decided.
    pub(crate) async fn consents(
        &self,
        recording: &RecordingId,
        said: &[(&str, Decision)],
    ) -> Vec<ConsentGiven> {
        let given = |(user, decision): &(&str, Decision)| ConsentGiven {
            user_id: user.parse().unwrap(),
            decision: *decision,
            text_version: "1".to_owned(),
            at: now(),
        };
        let consents: Vec<ConsentGiven> = said.iter().map(given).collect();
        self.tell(&RecorderConsents { recording_id: recording.clone(), consents: consents.clone() }).await;
        consents
    }

    pub(crate) async fn end(&self, recording: &RecordingId, remains: Remains) {
        self.tell(&RecorderEnd { recording_id: recording.clone(), remains }).await;
    }

    pub(crate) async fn status(&mut self, enough: impl Fn(&RecorderStatus) -> bool) -> RecorderStatus {
        self.says::<RecorderStatus>(enough).await
    }

    pub(crate) async fn finished(&mut self) -> RecorderFinished {
        self.says(|_| true).await
    }

    pub(crate) async fn failed(&mut self) -> RecorderFailed {
        self.says(|_| true).await
    }

    /// Wait until the deck says such a thing, and do a server's work meanwhile.
    async fn says<E: Ask<Answer = Done>>(&mut self, enough: impl Fn(&E) -> bool) -> E {
        let found = async {
            loop {
                if let Some(said) = self.step().await
                    && said.event == E::NAME
                {
                    let event = read(&said);
                    answer(said, &Done {});
                    if enough(&event) {
                        return event;
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {}", E::NAME))
    }

    /// Do a server's work. Gives back what is no part of it.
    async fn step(&mut self) -> Option<Said> {
        tokio::select! {
            said = self.said.recv() => {
                let said = said.unwrap();
                match said.event {
                    RecorderRegister::NAME => {
                        let register: RecorderRegister = read(&said);
                        let rescue = register.unfinished.iter().map(|id| RescuedKey {
                            recording_id: id.clone(),
                            key: SpokenKey::new(self.key.to_text().to_string()),
                            consents: Vec::new(),
                        });
                        if let Some(begin) = self.crossing.take() {
                            self.tell(&begin).await;
                        }
                        answer(said, &RecorderRegistered { rescue: rescue.collect(), discard: Vec::new() });
                        self.registered = Some(register);
                    }
                    WebrtcOffer::NAME => {
                        let WebrtcOffer { to, sdp, .. } = read(&said);
                        self.offers += 1;
                        answer(said, &Negotiated { negotiation: self.offers });
                        self.give(&to.unwrap(), Signal::Offer { sdp: sdp.0, negotiation: Some(self.offers) }).await;
                    }
                    WebrtcAnswer::NAME => {
                        let WebrtcAnswer { to, sdp, negotiation, .. } = read(&said);
                        self.give(&to.unwrap(), Signal::Answer { sdp: sdp.0, negotiation }).await;
                    }
                    WebrtcIceCandidate::NAME => {
                        let WebrtcIceCandidate { to, candidate, .. } = read(&said);
                        self.give(&to.unwrap(), Signal::Candidate(candidate)).await;
                    }
                    _ => return Some(said),
                }
            }
            Some((from, signal)) = self.says.1.recv() => {
                let room_id = self.room.clone();
                match signal {
                    Signal::Offer { .. } => panic!("nobody offers to a recorder here"),
                    Signal::Answer { sdp, negotiation } => {
                        let negotiation = negotiation.unwrap();
                        self.tell(&WebrtcAnswerHeard { room_id, from, sdp, negotiation }).await;
                    }
                    Signal::Candidate(candidate) => {
                        self.tell(&WebrtcIceCandidateHeard { room_id, from, candidate, negotiation: None }).await;
                    }
                }
            }
        }
        None
    }

    async fn give(&self, to: &PeerId, signal: Signal) {
        self.people.get(to).unwrap().hear(signal).await.unwrap();
    }

    pub(crate) async fn close(self) {
        self.deck.close().await;
    }

    /// Close the deck, and hear what it says of the recording that runs.
    pub(crate) async fn close_and_hear(self) -> (RecorderFinished, ()) {
        let Self { deck, mut said, .. } = self;
        let hears = async {
            loop {
                let word = said.recv().await.unwrap();
                if word.event == RecorderFinished::NAME {
                    let finished = read(&word);
                    answer(word, &Done {});
                    return finished;
                }
            }
        };
        tokio::time::timeout(PATIENCE, async { tokio::join!(hears, deck.close()) }).await.unwrap()
    }
}

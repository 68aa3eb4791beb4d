//! A visit that is recorded: who is in it, what they agree to, and what is left of it.

use std::time::Duration;

use bedside_peer::{
    Client, Connect,
    call::{Call, CallOptions, Company, Network, Sending},
    film::Film,
};
use bedside_protocol::{
    ids::{RecordingId, RoomId},
    recording::{
        Decision, Recording, RecordingChanged, RecordingConsent, RecordingConsentRequested, RecordingDetails,
        RecordingFile, RecordingStart, RecordingState, RecordingStop,
    },
    session::Role,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::harness::Server;

/// How long anything may take that is not media itself.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a server needs to record on this machine.
pub const RECORDING: [(&str, &str); 4] = [
    ("recording.enabled", "true"),
    ("recording.bind", "127.0.0.1"),
    ("recording.udp_port", "0"),
    ("storage.disk_floor_mb", "0"),
];

/// Media wants to be in time: one visit at once is what a small machine holds for sure.
static VISITS: Semaphore = Semaphore::const_new(1);

/// Somebody in the call.
pub struct Person {
    pub client: Client,
    pub call: Call,
}

impl Person {
    async fn enter(connect: Connect, room: &RoomId, sending: Sending) -> Self {
        Self::in_company(connect, room, sending, Company::Everybody).await
    }

    pub async fn in_company(connect: Connect, room: &RoomId, sending: Sending, company: Company) -> Self {
        let client = Client::connect(connect).await.unwrap();
        let options = CallOptions { sending, company, ..CallOptions::on(Network::Loopback) };
        let call = Call::join(&client, room, options).await.unwrap();
        Self { client, call }
    }

    /// Answer the question that they are asked.
    pub async fn decides(&self, decision: Decision) {
        let asked: RecordingConsentRequested = self.client.hears().await.unwrap();
        self.says(&asked.room_id, &asked.recording_id, &asked.text_version, decision).await;
    }

    pub async fn says(&self, room: &RoomId, recording: &RecordingId, text_version: &str, decision: Decision) {
        let consent = RecordingConsent {
            room_id: room.clone(),
            recording_id: recording.clone(),
            decision,
            text_version: text_version.to_owned(),
        };
        self.client.ask(consent).await.unwrap();
    }

    /// Hear of the recording until it is so.
    pub async fn hears_that_it_is(&self, state: RecordingState) -> Recording {
        self.hears_of(|recording| recording.state == state).await
    }

    /// Hear of the recording until it is as wanted.
    pub async fn hears_of(&self, wanted: impl Fn(&Recording) -> bool) -> Recording {
        let mut states = Vec::new();
        let hearing = async {
            loop {
                let changed: RecordingChanged = self.client.hears().await.unwrap();
                states.push((changed.recording.state, changed.recording.reason));
                if wanted(&changed.recording) {
                    return changed.recording;
                }
            }
        };
        match timeout(PATIENCE, hearing).await {
            Ok(recording) => recording,
            Err(elapsed) => panic!("{elapsed} while the recording came to {states:?}"),
        }
    }
}

/// A visit of Anna and Ben.
pub struct Visit<B = Person> {
    pub anna: Person,
    pub ben: B,
    pub room: RoomId,
    url: String,
    _turn: SemaphorePermit<'static>,
}

/// A recording that runs.
pub struct Running {
    pub visit: Visit,
    pub recording: Recording,
}

impl Visit {
    /// Both come, and see each other.
    pub async fn begin(url: &str, room: RoomId, annas: Sending, bens: Sending) -> Self {
        let turn = VISITS.acquire().await.unwrap();
        let connect = |user, role| Connect::to(url, Server::token(user, role));
        let anna = Person::enter(connect("anna", Role::Doctor), &room, annas).await;
        let ben = Person::enter(connect("ben", Role::Patient), &room, bens).await;
        ben.call.connected().await.unwrap();
        anna.call.connected().await.unwrap();
        Self { anna, ben, room, url: url.to_owned(), _turn: turn }
    }

    /// In a server of its own, made with these settings.
    pub async fn at(server: &Server, annas: Sending, bens: Sending) -> Self {
        let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
        Self::begin(&server.url, room, annas, bens).await
    }

    /// Anna asks, both agree, and both are recorded.
    pub async fn begins_to_record(self) -> Running {
        self.asks().await;
        self.anna.decides(Decision::Given).await;
        self.ben.decides(Decision::Given).await;
        let recording = self.anna.hears_that_it_is(RecordingState::Recording).await;
        self.ben.hears_that_it_is(RecordingState::Recording).await;
        self.anna.call.recorded().await.unwrap();
        self.ben.call.recorded().await.unwrap();
        Running { visit: self, recording }
    }
}

impl Visit<()> {
    /// Anna is there, and the other is somebody else's affair.
    pub async fn alone(url: &str, room: RoomId, anna: Person) -> Self {
        let turn = VISITS.acquire().await.unwrap();
        Self { anna, ben: (), room, url: url.to_owned(), _turn: turn }
    }
}

impl<B> Visit<B> {
    /// Anna stops it; waits until its files can be played.
    pub async fn stops(&self, recording: &RecordingId) -> Kept {
        let (room_id, recording_id) = (self.room.clone(), recording.clone());
        self.anna.client.ask(RecordingStop { room_id, recording_id }).await.unwrap();
        self.anna.hears_that_it_is(RecordingState::Ready).await;
        Kept::of(self, recording).await
    }

    /// Anna asks for a recording.
    pub async fn asks(&self) -> RecordingId {
        let start = RecordingStart { room_id: self.room.clone(), audio_only: false };
        self.anna.client.ask(start).await.unwrap().recording.id
    }

    /// The server is somewhere else now.
    pub fn moved_to(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// What is kept of a recording.
    pub async fn details(&self, recording: &RecordingId) -> RecordingDetails {
        serde_json::from_slice(&self.get(&format!("/api/v1/recordings/{recording}")).await).unwrap()
    }

    /// Something that the doctor may read.
    pub async fn get(&self, path: &str) -> Vec<u8> {
        let request =
            reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{}{path}", self.url));
        let answer = request.bearer_auth(Server::token("anna", Role::Doctor)).send().await.unwrap();
        let (status, body) = (answer.status(), answer.bytes().await.unwrap());
        assert!(status.is_success(), "GET {path}: {status} {}", String::from_utf8_lossy(&body));
        body.to_vec()
    }
}

impl Running {
    /// Let so much be recorded.
    pub async fn lasts(&self, seconds: u64) {
        // Media takes the time that it takes.
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// Anna stops it; waits until its files can be played.
    pub async fn stops(self) -> Kept {
        self.visit.stops(&self.recording.id).await
    }
}

/// A recording whose files can be played.
pub struct Kept {
    pub details: RecordingDetails,
    pub files: Vec<File>,
}

/// A file of it, as it is played.
pub struct File {
    pub about: RecordingFile,
    pub bytes: Vec<u8>,
    pub film: Film,
}

impl File {
    /// When it begins on the recording's timeline.
    pub fn begins(&self) -> Duration {
        Duration::from_millis(self.about.starts_at_ms)
    }
}

impl Kept {
    pub async fn of<B>(visit: &Visit<B>, recording: &RecordingId) -> Self {
        let details = visit.details(recording).await;
        let mut files = Vec::new();
        for about in details.files.clone() {
            let bytes = visit.get(&about.url).await;
            assert_eq!(bytes.len() as u64, about.bytes, "{about:?}");
            let film = Film::read(&bytes).unwrap_or_else(|error| panic!("{error}: {about:?}"));
            files.push(File { about, bytes, film });
        }
        Self { details, files }
    }

    /// The only file of somebody.
    pub fn of_user(&self, user: &str) -> &File {
        let mut theirs = self.files.iter().filter(|file| file.about.user_id.as_str() == user);
        let file = theirs.next().unwrap_or_else(|| panic!("nothing of {user}: {:?}", self.details));
        assert!(theirs.next().is_none(), "more than one file of {user}: {:?}", self.details);
        file
    }
}

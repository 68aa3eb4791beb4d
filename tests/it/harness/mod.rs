//! A real server on a free port with a real database, and people who connect to it.

pub mod endpoint;
pub mod media;
pub mod process;
pub mod python;
pub mod raw;
pub mod recorder;
pub mod rest;
pub mod trap;
pub mod worker;

use std::{path::Path, sync::Arc, time::Duration};

use bedside::{
    app::App,
    auth::{Bearer, Expected, Minter},
    clock::Clock,
    config::{Config, Layers},
    domain::{Clinic, consultation::NewVisit},
    model::actor::Actor,
    private::Secret,
};
use bedside_peer::{Client, Connect, Framing};
use bedside_protocol::{
    chat::{ChatJoinRoom, ChatJoined, ChatSendMessage, ChatSent},
    consultation::{ConsultationAdmit, IcePolicy, RecordingPolicy},
    ids::{ClientMessageId, InstanceId, RoomId, UserId},
    session::{Role, SessionReady},
    text::ChatText,
    webrtc::{WebrtcJoinRoom, WebrtcJoined},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const SECRET: &str = "a secret of the tests that is long enough";

/// A session description that is one.
pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 \
    00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n";

/// One server.
pub struct Server {
    pub url: String,
    pub clinic: Arc<Clinic>,
    stop: CancellationToken,
    now: CancellationToken,
    task: Option<JoinHandle<std::io::Result<()>>>,
    /// Given to the next server at a restart.
    data: Option<(Config, TempDir)>,
}

impl Server {
    /// With defaults, a data folder of its own and a free port.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With some settings (`section.key`, value) of its own.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::at(Clock::system(), settings).await
    }

    /// With a clock that the test moves, too.
    pub async fn at(clock: Clock, settings: &[(&str, &str)]) -> Self {
        let (data, database) = (tempfile::tempdir().unwrap(), crate::database());
        Self::run(clock, config(data.path(), database.as_deref(), settings), data).await
    }

    /// With a file of configuration, and settings over it.
    pub async fn with_file(file: &str, settings: &[(&str, &str)]) -> Self {
        Self::with_file_at(Clock::system(), file, settings).await
    }

    /// With a clock that the test moves, too.
    pub async fn with_file_at(clock: Clock, file: &str, settings: &[(&str, &str)]) -> Self {
        let (data, database) = (tempfile::tempdir().unwrap(), crate::database());
        let layers = Layers::default().toml(Path::new("bedside.toml"), file).unwrap();
        let config = layered(layers, data.path(), database.as_deref(), settings);
        Self::run(clock, config, data).await
    }

    /// On what another server has left.
    pub async fn on(data: TempDir, database: Option<&str>, settings: &[(&str, &str)]) -> Self {
        Self::run(Clock::system(), config(data.path(), database, settings), data).await
    }

    /// A visit of Anna and Ben without a waiting room, in the data of a server that is not started yet.
    pub async fn prepare(data: &Path, database: Option<&str>) -> RoomId {
        let app = App::build(config(data, database, &[])).await.unwrap();
        let clinic = app.clinic();
        let room = create_visit(&clinic, "anna", "ben", |visit| visit.waiting_room = false).await;
        clinic.store.close().await;
        room
    }

    async fn run(clock: Clock, config: Config, data: TempDir) -> Self {
        let app = App::build_at(config.clone(), clock).await.unwrap();
        let (url, clinic) = (format!("http://{}", app.addr()), app.clinic());
        let (stop, now) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(app.run(stop.clone(), now.clone()));
        Self { url, clinic, stop, now, task: Some(task), data: Some((config, data)) }
    }

    /// Where it keeps what lasts.
    pub fn data_dir(&self) -> &Path {
        self.data.as_ref().unwrap().1.path()
    }

    /// SIGTERM; the server goes down while the test goes on.
    pub fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// A second SIGTERM.
    pub fn tell_to_stop_now(&self) {
        self.now.cancel();
    }

    /// SIGTERM; waits until the server is gone.
    pub async fn stop(mut self) {
        self.end().await;
    }

    /// SIGTERM, and a new server on the same data.
    pub async fn restart(mut self) -> Self {
        self.end().await;
        let (config, data) = self.data.take().unwrap();
        Box::pin(Self::run(Clock::system(), config, data)).await
    }

    async fn end(&mut self) {
        self.stop.cancel();
        self.task.take().unwrap().await.unwrap().unwrap();
    }

    /// Where it listens, as in `127.0.0.1:4000`.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// A token that opens one consultation only.
    pub fn scoped_token(user: &str, role: Role, room: &RoomId) -> String {
        let consultation = Some(room.clone());
        let bearer = Bearer { user_id: user_id(user), name: Some(user.to_owned()), role, consultation };
        Self::mint(&bearer, Duration::from_secs(3_600))
    }

    pub fn token(user: &str, role: Role) -> String {
        Self::token_for(user, role, Duration::from_secs(3_600))
    }

    pub fn token_for(user: &str, role: Role, life: Duration) -> String {
        let bearer = Bearer { user_id: user_id(user), name: Some(user.to_owned()), role, consultation: None };
        Self::mint(&bearer, life)
    }

    pub fn mint(bearer: &Bearer, life: Duration) -> String {
        let expected = Expected { issuer: None, audience: None, role_claim: "role".to_owned() };
        let minter = Minter::shared(&Secret::new(SECRET.to_owned()), expected);
        minter.mint(bearer, Clock::system().now(), life).expose().clone()
    }

    pub fn connect(&self, user: &str, role: Role) -> Connect {
        Connect::to(&self.url, Self::token(user, role))
    }

    pub async fn peer(&self, user: &str, role: Role) -> Peer {
        self.enter(user, self.connect(user, role)).await
    }

    pub async fn enter(&self, user: &str, connect: Connect) -> Peer {
        Peer::enter(user, connect).await
    }

    pub async fn doctor(&self, user: &str) -> Peer {
        self.peer(user, Role::Doctor).await
    }

    pub async fn patient(&self, user: &str) -> Peer {
        self.peer(user, Role::Patient).await
    }

    /// On plain WebSocket, with an instance of its own.
    pub async fn plain(&self, user: &str, role: Role) -> Peer {
        let connect = self.connect(user, role).framing(Framing::Plain);
        self.enter(user, connect.instance(InstanceId::parse(&format!("page of {user}")).unwrap())).await
    }

    /// A consultation, made by its doctor.
    pub async fn visit(&self, doctor: &str, patient: &str) -> RoomId {
        self.visit_with(doctor, patient, |_| {}).await
    }

    pub async fn visit_with(
        &self,
        doctor: &str,
        patient: &str,
        change: impl FnOnce(&mut NewVisit),
    ) -> RoomId {
        create_visit(&self.clinic, doctor, patient, change).await
    }

    /// Doctor and patient, both in the call of a visit.
    pub async fn call(&self) -> (Peer, Peer, RoomId) {
        let room = self.visit("anna", "ben").await;
        let (anna, ben) = (self.doctor("anna").await, self.patient("ben").await);
        anna.join_call(&room).await;
        ben.join_call(&room).await;
        anna.admit(&room, &ben).await;
        ben.join_call(&room).await;
        (anna, ben, room)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.now.cancel();
    }
}

async fn create_visit(
    clinic: &Clinic,
    doctor: &str,
    patient: &str,
    change: impl FnOnce(&mut NewVisit),
) -> RoomId {
    let mut new = NewVisit {
        doctor_id: user_id(doctor),
        patient_id: user_id(patient),
        patient_name: None,
        reason: None,
        scheduled_at: None,
        waiting_room: true,
        recording_policy: RecordingPolicy::OnRequest,
        ice_policy: IcePolicy::All,
    };
    change(&mut new);
    let actor = Actor { user_id: user_id(doctor), name: None, role: Role::Doctor, scope: None };
    clinic.create_visit(&actor, new).await.unwrap().id
}

/// What every server of the tests is configured with, and these settings.
fn config(data: &Path, database: Option<&str>, settings: &[(&str, &str)]) -> Config {
    layered(Layers::default(), data, database, settings)
}

fn layered(mut layers: Layers, data: &Path, database: Option<&str>, settings: &[(&str, &str)]) -> Config {
    let database = database.map(|url| ("database.url", url));
    let own = [
        ("data.dir", data.to_str().unwrap()),
        ("server.bind", "127.0.0.1:0"),
        ("server.workers", "2"),
        ("auth.secret", SECRET),
    ];
    for (key, value) in own.into_iter().chain(database).chain(settings.iter().copied()) {
        layers = layers.flag("a test", key, value).unwrap();
    }
    layers.read().unwrap()
}

pub fn user_id(user: &str) -> UserId {
    UserId::parse(user).unwrap()
}

/// Somebody who is connected.
pub struct Peer {
    pub user: UserId,
    pub client: Client,
    pub ready: SessionReady,
}

impl std::ops::Deref for Peer {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Peer {
    pub async fn enter(user: &str, connect: Connect) -> Self {
        let client = Client::connect(connect).await.unwrap();
        let ready = client.ready().unwrap();
        Self { user: user_id(user), client, ready }
    }

    pub async fn join_chat(&self, room: &RoomId) -> ChatJoined {
        self.ask(ChatJoinRoom { room_id: room.clone(), after_seq: None }).await.unwrap()
    }

    pub async fn catch_up(&self, room: &RoomId, after_seq: u64) -> ChatJoined {
        self.ask(ChatJoinRoom { room_id: room.clone(), after_seq: Some(after_seq) }).await.unwrap()
    }

    pub async fn join_call(&self, room: &RoomId) -> WebrtcJoined {
        self.ask(WebrtcJoinRoom { room_id: room.clone(), media: None }).await.unwrap()
    }

    /// What they are in the call.
    pub async fn peer_id(&self, room: &RoomId) -> String {
        match self.join_call(room).await {
            WebrtcJoined::Joined { peer_id, .. } => peer_id.to_string(),
            waiting @ WebrtcJoined::Waiting { .. } => panic!("{waiting:?}"),
        }
    }

    pub async fn admit(&self, room: &RoomId, whom: &Peer) {
        let ask = ConsultationAdmit { room_id: room.clone(), user_id: whom.user.clone(), reason: None };
        self.ask(ask).await.unwrap();
    }

    pub async fn say(&self, room: &RoomId, text: &str) -> ChatSent {
        self.ask(message(room, None, text)).await.unwrap()
    }
}

pub fn message(room: &RoomId, key: Option<&str>, text: &str) -> ChatSendMessage {
    ChatSendMessage {
        room_id: room.clone(),
        client_message_id: key.map(|key| ClientMessageId::parse(key).unwrap()),
        content: ChatText::parse(text).unwrap(),
        attachment_ids: Vec::new(),
        reply_to: None,
    }
}

//! Sealed files in an object store that speaks S3: a real one, on a port of this machine.

use std::{net::TcpListener, process::Stdio, time::Duration};

use bedside_protocol::{
    chat::ChatRedactMessage,
    ids::{AttachmentId, RoomId},
    recording::{RecordingReason, RecordingState},
    session::Role,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
    time::timeout,
};

use crate::{
    attachment::{attach, name_in_message},
    harness::{
        Server,
        media::{IN_PROCESS, of},
        python,
    },
};

const ANNA: (&str, Role) = ("anna", Role::Doctor);
const BEN: (&str, Role) = ("ben", Role::Patient);
const BUCKET: &str = "visits";
/// Long enough for whatever is to happen at once, on a busy machine.
const SOON: Duration = Duration::from_secs(20);
/// How soon it is looked again at a store, which says nothing by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Where an object store is, or is to be.
struct Place {
    url: String,
    port: u16,
}

/// An object store, gone with the value.
struct Objects {
    url: String,
    _process: Child,
}

impl Place {
    /// One that no connection of another test is given meanwhile.
    fn free() -> Self {
        let listen = || TcpListener::bind(("127.0.0.1", rand::random_range(20_000..30_000))).ok();
        let port = std::iter::from_fn(|| Some(listen())).flatten().next().unwrap();
        let port = port.local_addr().unwrap().port();
        Self { url: format!("http://127.0.0.1:{port}"), port }
    }

    /// What a server is configured with that keeps its files there.
    fn settings(&self) -> [(&str, &str); 4] {
        [
            ("storage.url", "s3://visits/kept"),
            ("storage.endpoint", &self.url),
            ("storage.access_key", "bedside"),
            ("storage.secret_key", "of no importance"),
        ]
    }

    /// Open the store there, with an empty bucket.
    async fn open(self) -> Objects {
        let mut script = python::python("objects.txt").await;
        script.args(["objects.py", &self.port.to_string()]).kill_on_drop(true);
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = script.spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        assert_eq!(said.next_line().await.unwrap().as_deref(), Some("ready"));
        let objects = Objects { url: format!("{}/{BUCKET}", self.url), _process: process };
        let made = client().put(&objects.url).send().await.unwrap();
        assert!(made.status().is_success(), "{made:?}");
        objects
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Objects {
    /// What is in it, by name.
    async fn names(&self) -> Vec<String> {
        let list = client().get(format!("{}?list-type=2", self.url)).send().await.unwrap();
        let list = list.text().await.unwrap();
        let names = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        names.map(str::to_owned).collect()
    }

    /// One as it lies there.
    async fn object(&self, name: &str) -> Vec<u8> {
        let got = client().get(format!("{}/{name}", self.url)).send().await.unwrap();
        assert!(got.status().is_success(), "{got:?}");
        got.bytes().await.unwrap().to_vec()
    }

    /// Wait until there is nothing in it any more.
    async fn becomes_empty(&self) {
        let empty = async {
            while !self.names().await.is_empty() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        timeout(SOON, empty).await.expect("something stays in the object store");
    }
}

fn path(file: &AttachmentId) -> String {
    format!("/api/v1/attachments/{file}")
}

async fn open_room(server: &Server) -> RoomId {
    server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await
}

#[tokio::test]
async fn a_file_lies_sealed_in_an_object_store_is_read_in_ranges_and_goes_with_its_message() {
    let place = Place::free();
    let server = Server::with(&place.settings()).await;
    let objects = place.open().await;
    let room = open_room(&server).await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    // Longer than a piece of an upload, so that it goes in several.
    let text: String =
        (1_000_000..2_250_000).flat_map(|line: u32| [line.to_string(), " ".to_owned()]).collect();

    let file = attach(&server, ANNA, &room, "long.txt", text.as_bytes()).await;

    let names = objects.names().await;
    let [name] = &names[..] else { panic!("{names:?}") };
    assert!(name.starts_with(&format!("kept/{file}/")), "{name}");
    assert_eq!((server.kept_in("files").len(), server.kept_in("incoming").len()), (0, 0));
    let sealed = objects.object(name).await;
    assert!(sealed.len() > text.len(), "{} bytes", sealed.len());
    let line = b"1500000 1500001";
    assert!(!sealed.windows(line.len()).any(|window| window == line), "it lies open");
    let sent = name_in_message(&anna, &room, &file).await;
    for (from, to) in [(0, 8), (65_530, 65_541), (8_388_000, 8_389_000), (text.len() - 7, text.len())] {
        let range = format!("bytes={from}-{}", to - 1);
        let part = server.rest(BEN, "GET", &path(&file)).header("Range", &range).go().await;
        assert_eq!((part.status, part.body.as_bytes()), (206, &text.as_bytes()[from..to]), "{range}");
    }

    let (room_id, message_id) = (room.clone(), sent.message.id);
    anna.ask(ChatRedactMessage { room_id, message_id, reason: None }).await.unwrap();
    objects.becomes_empty().await;
    server.rest(BEN, "GET", &path(&file)).go().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_recording_waits_in_the_spool_for_an_object_store_that_is_away() {
    let place = Place::free();
    let server = Server::with(&[&IN_PROCESS[..], &place.settings()].concat()).await;
    let (anna, ben, room) = server.call_with_media().await;
    let recording = anna.records(&room, &[&ben]).await;
    anna.call.recorded().await.unwrap();
    ben.call.recorded().await.unwrap();
    anna.hears_the_other_for(3).await;
    anna.stops(&room, &recording).await;
    loop {
        let late = ben.hears_that_it_is(RecordingState::Stopped).await;
        if late.reason == Some(RecordingReason::StorageFailed) {
            break;
        }
    }
    assert_ne!(server.kept_in("spool").len(), 0);

    let objects = place.open().await;
    anna.hears_that_it_is(RecordingState::Ready).await;

    let names = objects.names().await;
    assert_eq!(names.len(), 3, "two people and a manifest: {names:?}");
    assert!(names.iter().all(|name| name.starts_with(&format!("kept/{}/", recording.id))), "{names:?}");
    let details = server.details(&recording.id).await;
    for user in ["anna", "ben"] {
        let files = of(&details, user);
        let [file] = files[..] else { panic!("{details:?}") };
        let film = server.film(&recording.id, file).await;
        assert!(film.index && !film.pictures.is_empty() && !film.sounds.is_empty(), "{film:?}");
        let part = client().get(format!("{}{}", server.url, file.url)).header("Range", "bytes=1000-1999");
        let part = part.bearer_auth(Server::token(ANNA.0, ANNA.1)).send().await.unwrap();
        assert_eq!(part.status(), 206);
        assert_eq!(part.bytes().await.unwrap().len(), 1_000);
    }

    let gone = format!("/api/v1/recordings/{}", recording.id);
    assert_eq!(server.rest(ANNA, "DELETE", &gone).go().await.status, 204);
    objects.becomes_empty().await;
    // Emptied when the files were put away.
    assert_eq!(server.kept_in("spool"), Vec::<std::path::PathBuf>::new());
}

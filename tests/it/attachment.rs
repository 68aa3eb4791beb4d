//! Files in the chat: who may bring and open them, and that nothing is left of those that are not wanted.

use std::{fs, path::PathBuf, time::Duration};

use bedside::{clock::Clock, domain::consultation::NewPlace, model::actor::Actor};
use bedside_protocol::{
    Code,
    chat::{ChatMessage, ChatRedactMessage, ChatRedacted, ChatSendMessage, ChatSent, MessageKind},
    consultation::ConsultationAdmit,
    ids::{AttachmentId, ClientMessageId, RoomId},
    session::Role,
    text::ChatText,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{Peer, Server, user_id};

const ANNA: (&str, Role) = ("anna", Role::Doctor);
const BEN: (&str, Role) = ("ben", Role::Patient);
pub const NOTE: &[u8] = b"Take one in the morning and one in the evening, never three.";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
pub const MIB: usize = 1 << 20;
/// Long enough for whatever is to happen at once, on a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// A file in a room, that no message names yet.
pub async fn attach(
    server: &Server,
    who: (&str, Role),
    room: &RoomId,
    name: &str,
    bytes: &[u8],
) -> AttachmentId {
    let answer = server.rest(who, "POST", &uploads(room)).file(name, "text/plain", bytes).go().await;
    AttachmentId::parse(answer.ok(201)["id"].as_str().unwrap()).unwrap()
}

/// A message that names a file.
pub async fn name_in_message(peer: &Peer, room: &RoomId, file: &AttachmentId) -> ChatSent {
    peer.ask(message(room, "see.txt", std::slice::from_ref(file))).await.unwrap()
}

fn message(room: &RoomId, client: &str, files: &[AttachmentId]) -> ChatSendMessage {
    ChatSendMessage {
        room_id: room.clone(),
        client_message_id: Some(ClientMessageId::parse(client).unwrap()),
        content: ChatText::parse("see.txt").unwrap(),
        attachment_ids: files.to_vec(),
        reply_to: None,
    }
}

fn uploads(room: &RoomId) -> String {
    format!("/api/v1/consultations/{room}/attachments")
}

pub fn path(file: &AttachmentId) -> String {
    format!("/api/v1/attachments/{file}")
}

/// Every file of the data folder, and of the folders in it.
fn files(server: &Server) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![server.data_dir().to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// What lies sealed, or is on its way there.
pub fn sealed(server: &Server) -> usize {
    let kept = |path: &&PathBuf| {
        path.components().any(|it| ["files", "incoming"].iter().any(|name| it.as_os_str() == *name))
    };
    files(server).iter().filter(kept).count()
}

/// Something becomes true without anybody saying so.
pub async fn comes_true(what: impl Fn() -> bool) {
    let looked = async {
        while !what() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, looked).await.expect("it did not come true");
}

#[tokio::test]
async fn a_file_is_named_by_a_message_and_opened_by_who_reads_it() {
    let server = Server::start().await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let (anna, ben) = (server.doctor("anna").await, server.patient("ben").await);
    anna.join_chat(&room).await;
    ben.join_chat(&room).await;
    let file = attach(&server, ANNA, &room, "Rezept März.txt", NOTE).await;
    // Nobody else opens what no message names.
    server.rest(BEN, "GET", &path(&file)).go().await.refused(404, "not_found");
    assert_eq!(server.rest(ANNA, "GET", &path(&file)).go().await.status, 200);

    let sent = name_in_message(&anna, &room, &file).await;
    assert_eq!((sent.duplicate, sent.message.kind), (false, MessageKind::File));
    let heard = ben.hears::<ChatMessage>().await.unwrap();
    assert_eq!(heard, sent.message);
    let [said] = heard.attachments.as_slice() else { panic!("one file") };
    assert_eq!((&said.id, said.name.as_str(), said.bytes), (&file, "Rezept März.txt", NOTE.len() as u64));
    assert_eq!(said.content_type, "text/plain");

    let server = server.restart().await;
    let got = server.rest(BEN, "GET", &path(&file)).go().await;
    assert_eq!((got.status, got.body.as_bytes()), (200, NOTE));
    let header = |name| got.header(name).unwrap();
    assert_eq!(header("content-type"), "text/plain");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"Rezept M_rz.txt\"; filename*=UTF-8''Rezept%20M%C3%A4rz.txt"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").starts_with("sandbox"));
    assert_eq!(header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn nothing_of_a_file_lies_open_on_the_disk() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    attach(&server, ANNA, &room, "note.txt", NOTE).await;
    let marker = &NOTE[..20];
    for file in files(&server) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(marker.len()).any(|window| window == marker), "{}", file.display());
    }
    assert_eq!(sealed(&server), 1);
}

#[tokio::test]
async fn a_file_is_had_in_ranges() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    // Longer than a chunk, so that ranges cross from one to the next.
    let text: String = (100_000..140_000).flat_map(|line: u32| [line.to_string(), " ".to_owned()]).collect();
    let file = attach(&server, ANNA, &room, "long.txt", text.as_bytes()).await;
    let get = || server.rest(ANNA, "GET", &path(&file));
    let whole = get().go().await;
    assert_eq!((whole.status, whole.body.as_str()), (200, text.as_str()));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").unwrap().to_owned();

    for (range, from, to) in [
        ("0-0", 0, 1),
        ("65530-65540", 65_530, 65_541),
        ("279990-", 279_990, 280_000),
        ("-7", 279_993, 280_000),
    ] {
        let part = get().header("Range", &format!("bytes={range}")).go().await;
        assert_eq!((part.status, part.body.as_str()), (206, text.get(from..to).unwrap()));
        assert_eq!(part.header("content-range").unwrap(), format!("bytes {from}-{}/280000", to - 1));
        assert_eq!(part.header("content-length").unwrap(), (to - from).to_string());
    }
    let beyond = get().header("Range", "bytes=280000-").go().await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */280000")));
    // Of another version than the one that was seen there are no ranges.
    let other = get().header("Range", "bytes=0-0").header("If-Range", "\"other\"").go().await;
    assert_eq!((other.status, other.body.len()), (200, text.len()));
    let same = get().header("Range", "bytes=0-0").header("If-Range", &tag).go().await;
    assert_eq!((same.status, same.body.len()), (206, 1));
    let several = get().header("Range", "bytes=0-0,2-3").go().await;
    assert_eq!((several.status, several.body.len()), (200, text.len()));
    let seen = get().header("If-None-Match", &tag).go().await;
    assert_eq!((seen.status, seen.body.len()), (304, 0));
    let head = server.rest(ANNA, "HEAD", &path(&file)).go().await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, Some("280000")));
}

#[tokio::test]
async fn a_guest_opens_what_was_said_since_they_were_let_in() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    let doctor = Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None };
    let place = NewPlace { user_id: user_id("gil"), role: Role::Guest, name: None };
    server.clinic.add_place(&doctor, &room, place).await.unwrap();
    anna.join_chat(&room).await;
    let before = attach(&server, ANNA, &room, "before.txt", NOTE).await;
    anna.ask(message(&room, "1", std::slice::from_ref(&before))).await.unwrap();
    let gil = ("gil", Role::Guest);
    server.rest(gil, "GET", &path(&before)).go().await.refused(403, "waiting");
    let admit = ConsultationAdmit { room_id: room.clone(), user_id: user_id("gil"), reason: None };
    server.clinic.admit(&doctor, admit).await.unwrap();
    let after = attach(&server, ANNA, &room, "after.txt", NOTE).await;
    anna.ask(message(&room, "2", std::slice::from_ref(&after))).await.unwrap();
    assert_eq!(server.rest(gil, "GET", &path(&after)).go().await.status, 200);
    server.rest(gil, "GET", &path(&before)).go().await.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_too_large_or_not_what_it_says_is_refused_and_leaves_nothing() {
    let server = Server::with(&[("storage.attachment_mb", "1")]).await;
    let room = server.visit("anna", "ben").await;
    let post = || server.rest(ANNA, "POST", &uploads(&room));
    let text = vec![b'x'; MIB];
    post().file("a.txt", "text/plain", &text).go().await.ok(201);
    post().file("a.txt", "text/plain", &[&text[..], b"x"].concat()).go().await.refused(413, "too_large");
    post().file("a.txt", "text/plain", &text.repeat(2)).go().await.refused(413, "too_large");
    post().file("a.pdf", "application/pdf", PNG).go().await.refused(415, "malformed");
    post().file("a.png", "image/png", b"<svg onload=alert(1)>").go().await.refused(415, "malformed");
    post()
        .file("a.txt", "text/plain", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0")
        .go()
        .await
        .refused(415, "malformed");
    post().file("a.txt", "text/plain", b"").go().await.refused(415, "malformed");
    post().send(serde_json::json!({ "file": "x" })).await.refused(415, "malformed");
    let form = "multipart/form-data; boundary=edge";
    post()
        .body(form, b"--edge\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--edge--\r\n")
        .go()
        .await
        .refused(400, "malformed");
    post()
        .body(form, b"--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx")
        .go()
        .await
        .refused(400, "malformed");
    post().body(form, b"--edge--\r\n").go().await.refused(400, "malformed");
    let png = post().file("a.png", "image/png", PNG).go().await.ok(201);
    assert_eq!(png["contentType"], "image/png");
    assert_eq!(sealed(&server), 2);
}

#[tokio::test]
async fn an_upload_that_stalls_or_breaks_off_leaves_nothing() {
    let server = Server::with(&[("limits.http_body_timeout_ms", "200")]).await;
    let room = server.visit("anna", "ben").await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: multipart/form-data; boundary=edge\r\n\
         Content-Length: 1000000\r\nConnection: close\r\n\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; \
         filename=\"a\"\r\n\r\n{}",
        uploads(&room),
        Server::token(ANNA.0, ANNA.1),
        "x".repeat(200_000)
    );
    assert_eq!(server.raw(head.as_bytes()).await.status, 408);
    assert_eq!(sealed(&server), 0);

    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    comes_true(|| sealed(&server) == 1).await;
    drop(stream);
    comes_true(|| sealed(&server) == 0).await;
}

#[tokio::test]
async fn a_visit_and_a_disk_have_only_so_much_room() {
    let server = Server::with(&[("storage.attachments_per_visit_mb", "1")]).await;
    let room = server.visit("anna", "ben").await;
    let half = vec![b'x'; MIB / 2 + 1];
    attach(&server, ANNA, &room, "a.txt", &half).await;
    let full = server.rest(BEN, "POST", &uploads(&room)).file("b.txt", "text/plain", &half).go().await;
    full.refused(507, "storage_full");
    attach(&server, BEN, &room, "c.txt", NOTE).await;
    assert_eq!(sealed(&server), 2);

    let server = Server::with(&[("storage.disk_floor_mb", "1000000000")]).await;
    let room = server.visit("anna", "ben").await;
    let full = server.rest(ANNA, "POST", &uploads(&room)).file("b.txt", "text/plain", NOTE).go().await;
    full.refused(507, "storage_full");
}

#[tokio::test]
async fn the_same_upload_again_is_the_same_file() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let post = |name: &str, bytes: &[u8]| {
        server
            .rest(ANNA, "POST", &uploads(&room))
            .header("Idempotency-Key", "k")
            .file(name, "text/plain", bytes)
            .go()
    };
    let first = post("a.txt", NOTE).await.ok(201);
    assert_eq!(post("a.txt", NOTE).await.ok(201), first);
    post("b.txt", NOTE).await.refused(409, "conflict");
    post("a.txt", b"something else").await.refused(409, "conflict");
    assert_eq!(sealed(&server), 1);
}

#[tokio::test]
async fn a_name_is_no_way_somewhere() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    for (said, name) in
        [("../../server.key", "server.key"), ("..\\\\x.txt", "x.txt"), ("", "file"), ("a/b/.", "file")]
    {
        let answer = server.rest(ANNA, "POST", &uploads(&room)).file(said, "text/plain", NOTE).go().await;
        assert_eq!(answer.ok(201)["name"], name, "{said}");
    }
}

#[tokio::test]
async fn a_message_names_only_files_of_its_sender_and_each_file_once() {
    let server = Server::start().await;
    let (room, other) = (server.visit("anna", "ben").await, server.visit("anna", "ben").await);
    let anna = server.doctor("anna").await;
    for room in [&room, &other] {
        anna.join_chat(room).await;
    }
    let mine = attach(&server, ANNA, &room, "a.txt", NOTE).await;
    let theirs = attach(&server, BEN, &room, "b.txt", NOTE).await;
    let elsewhere = attach(&server, ANNA, &other, "c.txt", NOTE).await;
    let unknown = AttachmentId::parse("unknown").unwrap();
    for wrong in [theirs, elsewhere, unknown] {
        let refused = anna.ask(message(&room, "x", &[mine.clone(), wrong])).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::Malformed));
    }
    let first = anna.ask(message(&room, "1", std::slice::from_ref(&mine))).await.unwrap();
    let again = anna.ask(message(&room, "1", std::slice::from_ref(&mine))).await.unwrap();
    assert_eq!((again.message, again.duplicate), (first.message, true));
    let refused = anna.ask(message(&room, "2", std::slice::from_ref(&mine))).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Malformed));
    let refused = anna.ask(message(&room, "3", &vec![mine; 11])).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Malformed));
}

#[tokio::test]
async fn the_files_of_a_message_go_with_it() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let file = attach(&server, ANNA, &room, "a.txt", NOTE).await;
    let sent = name_in_message(&anna, &room, &file).await;
    let redact = ChatRedactMessage { room_id: room.clone(), message_id: sent.message.id, reason: None };
    anna.ask(redact).await.unwrap();
    anna.hears::<ChatRedacted>().await.unwrap();
    server.rest(ANNA, "GET", &path(&file)).go().await.refused(404, "not_found");
    comes_true(|| sealed(&server) == 0).await;
}

#[tokio::test]
async fn a_file_that_no_message_names_in_a_day_goes() {
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &[]).await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let named = attach(&server, ANNA, &room, "a.txt", NOTE).await;
    name_in_message(&anna, &room, &named).await;
    let unnamed = attach(&server, ANNA, &room, "b.txt", NOTE).await;
    clock.advance(Duration::from_secs(23 * 3_600));
    server.clinic.sweep_attachments().await.unwrap();
    assert_eq!(sealed(&server), 2);
    clock.advance(Duration::from_secs(3_601));
    server.clinic.sweep_attachments().await.unwrap();
    assert_eq!(sealed(&server), 1);
    assert!(server.clinic.store.attachment(&unnamed).await.unwrap().is_none());
    assert!(server.clinic.store.attachment(&named).await.unwrap().is_some());
}

#[tokio::test]
async fn a_download_under_way_ends_with_the_right_to_it() {
    let server = Server::start().await;
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let doctor = Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None };
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let place = NewPlace { user_id: user_id("gil"), role: Role::Guest, name: None };
    server.clinic.add_place(&doctor, &room, place).await.unwrap();
    // More than the buffers between the two take.
    let bytes = 20 * MIB;
    let file = attach(&server, ANNA, &room, "a.txt", &vec![b'x'; bytes]).await;
    name_in_message(&anna, &room, &file).await;

    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let token = Server::token("gil", Role::Guest);
    let get = format!("GET {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n", path(&file));
    stream.write_all(get.as_bytes()).await.unwrap();
    let mut begun = vec![0; 100_000];
    stream.read_exact(&mut begun).await.unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 200"));
    server.clinic.remove_place(&doctor, &room, &user_id("gil")).await.unwrap();
    let mut rest = Vec::new();
    // An end before the end, however it is said.
    let _reset = timeout(Duration::from_secs(2), stream.read_to_end(&mut rest)).await.expect("it goes on");
    assert!(begun.len() + rest.len() < bytes, "all of it came");
}

//! Playing what was recorded: in ranges, by token or cookie, for those who may, and no longer than they may.

use std::time::Duration;

use bedside::{clock::Clock, domain::consultation::NewPlace, model::actor::Actor};
use bedside_protocol::{
    ids::{RecordingId, RoomId},
    session::Role,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{Server, rest::Response, user_id};

const ANNA: (&str, Role) = ("anna", Role::Doctor);
const BEN: (&str, Role) = ("ben", Role::Patient);
const ENABLED: [(&str, &str); 3] =
    [("recording.enabled", "true"), ("recording.udp_port", "0"), ("storage.disk_floor_mb", "0")];

/// Media of many chunks: text, so that each place in it is another one.
fn media() -> String {
    (100_000..110_000_u32).flat_map(|line| [line.to_string(), " ".to_owned()]).collect()
}

/// A visit with a recording of one leg in two parts.
async fn recorded(server: &Server) -> (RoomId, RecordingId) {
    let room = server.visit_with("anna", "ben", |visit| visit.waiting_room = false).await;
    let media = media();
    let files: [(&str, u32, &[u8]); 3] =
        [("0-1", 0, media.as_bytes()), ("0-1", 1, b"the second part"), ("0-2", 0, b"the other leg")];
    let id = server.keeps_recording(&room, &files).await;
    (room, id)
}

fn path(id: &RecordingId, leg: &str) -> String {
    format!("/api/v1/recordings/{id}/media?leg={leg}")
}

/// A cookie for this recording, as a browser would send it.
async fn cookie(server: &Server, who: (&str, Role), id: &RecordingId) -> String {
    let given = server.rest(who, "POST", &format!("/api/v1/recordings/{id}/play")).go().await;
    assert_eq!(given.status, 200, "{given:?}");
    given.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

async fn play(server: &Server, cookie: &str, path: &str) -> Response {
    server.anyone("GET", path).header("Cookie", cookie).go().await
}

#[tokio::test]
async fn every_file_of_a_recording_is_played_by_the_address_that_it_is_listed_with() {
    let server = Server::with(&ENABLED).await;
    let (_, id) = recorded(&server).await;
    let seen = server.rest(ANNA, "GET", &format!("/api/v1/recordings/{id}")).go().await.ok(200);
    let urls: Vec<&str> =
        seen["files"].as_array().unwrap().iter().map(|file| file["url"].as_str().unwrap()).collect();
    let mut bodies = Vec::new();
    for url in urls {
        let got = server.rest(ANNA, "GET", url).go().await;
        assert_eq!((got.status, got.header("content-type")), (200, Some("video/webm")));
        bodies.push(got.body);
    }
    assert_eq!(bodies, [media(), "the second part".into(), "the other leg".into()]);
    // Without a part it is the first.
    assert_eq!(server.rest(ANNA, "GET", &path(&id, "0-2")).go().await.body, "the other leg");
    server.rest(ANNA, "GET", &path(&id, "0-3")).go().await.refused(404, "not_found");
    server.rest(ANNA, "GET", &format!("{}&part=7", path(&id, "0-1"))).go().await.refused(404, "not_found");
    let nothing = format!("/api/v1/recordings/{id}/media");
    let refused = server.rest(ANNA, "GET", &nothing).go().await.refused(400, "malformed");
    assert_eq!(refused["field"], "leg");
}

#[tokio::test]
async fn a_range_of_a_recording_is_those_bytes_of_it() {
    let server = Server::with(&ENABLED).await;
    let (_, id) = recorded(&server).await;
    let (whole, path) = (media(), path(&id, "0-1"));
    let get = || server.rest(ANNA, "GET", &path);
    let head = server.rest(ANNA, "HEAD", &path).go().await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length").unwrap(), whole.len().to_string());
    assert_eq!(head.header("accept-ranges"), Some("bytes"));
    let tag = head.header("etag").unwrap();

    // Within the header, across its end, across chunks, and to the very end.
    for (from, to) in [(0, 1), (98, 102), (1_099, 1_101), (5_000, 25_000), (69_999, 70_000), (0, 70_000)] {
        let part = get().header("Range", &format!("bytes={from}-{}", to - 1)).go().await;
        assert_eq!((part.status, part.body.as_str()), (206, whole.get(from..to).unwrap()));
        assert_eq!(part.header("content-range").unwrap(), format!("bytes {from}-{}/70000", to - 1));
    }
    let beyond = get().header("Range", "bytes=70000-").go().await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */70000")));
    for (seen, status) in [(tag, 206), ("\"other\"", 200)] {
        let part = get().header("Range", "bytes=5-5").header("If-Range", seen).go().await;
        assert_eq!(part.status, status);
    }
}

#[tokio::test]
async fn a_browser_plays_by_a_cookie_for_that_recording_and_for_nothing_else() {
    let server = Server::with(&ENABLED).await;
    let (room, id) = recorded(&server).await;
    let other = server.keeps_recording(&room, &[("0-1", 0, b"another one")]).await;
    let path = path(&id, "0-2");
    server.anyone("GET", &path).go().await.refused(401, "token_missing");

    let given = server.rest(ANNA, "POST", &format!("/api/v1/recordings/{id}/play")).go().await;
    let header = given.header("set-cookie").unwrap();
    let only_there = format!("Path=/api/v1/recordings/{id}/media");
    for attribute in ["Max-Age=600", "Secure", "HttpOnly", "SameSite=Strict", only_there.as_str()] {
        assert!(header.split("; ").any(|it| it == attribute), "{attribute}: {header}");
    }
    let cookie = header.split(';').next().unwrap();

    assert_eq!(play(&server, cookie, &path).await.body, "the other leg");
    // A browser would not send it there.
    play(&server, cookie, &self::path(&other, "0-1")).await.refused(401, "token_invalid");
    let listed = format!("/api/v1/recordings/{id}");
    play(&server, cookie, &listed).await.refused(401, "token_missing");
    let (name, value) = cookie.split_once('=').unwrap();
    let as_token = server.anyone("GET", &listed).bearer(value).go().await;
    as_token.refused(401, "token_invalid");
    let token = Server::token(ANNA.0, ANNA.1);
    play(&server, &format!("{name}={token}"), &path).await.refused(401, "token_invalid");
    // A bad token is not made good by a cookie.
    let both = server.anyone("GET", &path).header("Cookie", cookie).bearer("nonsense").go().await;
    both.refused(401, "token_invalid");
}

#[tokio::test]
async fn a_cookie_ends_after_ten_minutes_and_with_the_token_that_it_came_from() {
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &ENABLED).await;
    let (_, id) = recorded(&server).await;
    let (long, path) = (cookie(&server, ANNA, &id).await, path(&id, "0-2"));
    let short = Server::token_for("anna", Role::Doctor, Duration::from_mins(2));
    let given = server.anyone("POST", &format!("/api/v1/recordings/{id}/play")).bearer(&short).go().await;
    let short = given.header("set-cookie").unwrap().split(';').next().unwrap();

    assert_eq!(play(&server, short, &path).await.status, 200);
    // Servers look away for a while after a token has ended; its cookie ends then, too.
    clock.advance(Duration::from_mins(5));
    play(&server, short, &path).await.refused(401, "token_invalid");
    assert_eq!(play(&server, &long, &path).await.status, 200);
    clock.advance(Duration::from_mins(5));
    play(&server, &long, &path).await.refused(401, "token_invalid");
}

#[tokio::test]
async fn a_patient_plays_where_the_clinic_lets_them() {
    for (allowed, status) in [("false", 403), ("true", 200)] {
        let server = Server::with(&[&ENABLED[..], &[("recording.patient_may_play", allowed)]].concat()).await;
        let (_, id) = recorded(&server).await;
        assert_eq!(server.rest(BEN, "GET", &path(&id, "0-2")).go().await.status, status);
        let asked = server.rest(BEN, "POST", &format!("/api/v1/recordings/{id}/play")).go().await;
        assert_eq!((asked.status, asked.header("set-cookie").is_some()), (status, status == 200));
        let seen = server.rest(BEN, "GET", &format!("/api/v1/recordings/{id}")).go().await.ok(200);
        assert_eq!(seen["files"].as_array().is_some_and(Vec::is_empty), status == 403);
    }
}

#[tokio::test]
async fn who_was_removed_plays_no_more_not_even_what_is_under_way() {
    let server = Server::with(&ENABLED).await;
    let room = server.visit("anna", "ben").await;
    // More than the buffers between the two take.
    let bytes = vec![b'x'; 20 << 20];
    let id = server.keeps_recording(&room, &[("0-1", 0, &bytes)]).await;
    let anna = Actor { user_id: user_id("anna"), name: None, role: Role::Doctor, scope: None };
    let place = NewPlace { user_id: user_id("dora"), role: Role::Doctor, name: None };
    server.clinic.add_place(&anna, &room, place).await.unwrap();
    let cookie = cookie(&server, ("dora", Role::Doctor), &id).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let get = format!("GET {} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n", path(&id, "0-1"));
    stream.write_all(get.as_bytes()).await.unwrap();
    let mut begun = vec![0; 100_000];
    stream.read_exact(&mut begun).await.unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 200"));

    server.clinic.remove_place(&anna, &room, &user_id("dora")).await.unwrap();

    let mut rest = Vec::new();
    let _reset = timeout(Duration::from_secs(2), stream.read_to_end(&mut rest)).await.expect("it goes on");
    assert!(begun.len() + rest.len() < bytes.len(), "all of it came");
    play(&server, &cookie, &path(&id, "0-1")).await.refused(403, "forbidden");
}

#[tokio::test]
async fn what_was_deleted_or_is_damaged_is_not_played() {
    let server = Server::with(&ENABLED).await;
    let (_, id) = recorded(&server).await;
    let cookie = cookie(&server, ANNA, &id).await;
    let sealed = server.data_dir().join("files").join(id.as_str()).join("0-1-0.sealed");
    let mut bytes = std::fs::read(&sealed).unwrap();
    bytes[30_000] ^= 1;
    std::fs::write(&sealed, bytes).unwrap();
    // What is before the damage plays; what is not what was recorded is given to nobody.
    let part = |range| server.rest(ANNA, "GET", &path(&id, "0-1")).header("Range", range).go();
    assert_eq!(part("bytes=0-20000").await.body, media().get(..20_001).unwrap());
    let damaged = part("bytes=20000-40000").await.body;
    assert!(damaged.len() < 20_001 && media().get(20_000..).unwrap().starts_with(&damaged));

    server.rest(ANNA, "DELETE", &format!("/api/v1/recordings/{id}")).go().await;

    play(&server, &cookie, &path(&id, "0-2")).await.refused(404, "not_found");
    assert_eq!(
        server.rest(ANNA, "GET", &path(&id, "0-2")).go().await.json()["code"],
        Value::from("not_found")
    );
}

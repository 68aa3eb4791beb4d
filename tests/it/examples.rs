//! The examples, started by the command that their first lines name.

use std::{path::Path, process::Stdio, time::Duration};

use bedside_peer::call::{Call, CallOptions, Network};
use bedside_protocol::{
    chat::ChatMessage,
    consultation::{ConsultationAdmit, ConsultationEnd, ConsultationWaiting},
    ids::RoomId,
    session::Role,
};
use serde_json::json;
use tokio::process::{Child, Command};

use crate::harness::{Peer, Server};

/// How long media may take to flow on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// An example on its way to a visit, by a link.
async fn start(
    server: &Server,
    room: &RoomId,
    role: Role,
    name: &str,
    program: &str,
    arguments: &[&str],
) -> Child {
    let path = format!("/api/v1/consultations/{room}/invitations");
    let link =
        server.rest(("anna", Role::Doctor), "POST", &path).send(json!({ "role": role, "name": name })).await;
    let link = link.ok(201);
    let (folder, program) = program.rsplit_once('/').unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
    let script = Path::new(program).extension().is_some_and(|extension| extension == "sh");
    let program = if script { folder.join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.args(arguments).arg(link["url"].as_str().unwrap()).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
}

/// The doctor lets in whoever comes.
async fn admit(anna: &Peer, room: &RoomId) {
    let waiting = anna.hears::<ConsultationWaiting>().await.unwrap();
    anna.ask(ConsultationAdmit { room_id: room.clone(), user_id: waiting.user.id, reason: None })
        .await
        .unwrap();
}

/// What the example has printed, once the doctor has ended the visit.
async fn end(anna: &Peer, room: RoomId, example: Child) -> String {
    anna.ask(ConsultationEnd { room_id: room, outcome: None }).await.unwrap();
    let output = example.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_peer_in_python_waits_is_let_in_and_sees_and_hears_the_doctor() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    let call = Call::join(&anna, &room, CallOptions::on(Network::Everywhere)).await.unwrap();
    // The first run installs what it needs, which takes as long as it takes.
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python-headless/run.sh");
    assert!(Command::new(run).arg("--help").stdout(Stdio::null()).status().await.unwrap().success());
    let example = start(&server, &room, Role::Patient, "Ben", "python-headless/run.sh", &[]).await;

    admit(&anna, &room).await;
    call.connected().await.unwrap();
    call.sees(PATIENCE).await.unwrap();
    assert_eq!(anna.hears::<ChatMessage>().await.unwrap().sender_name.unwrap().as_str(), "Ben");

    let printed = end(&anna, room, example).await;
    let count = |what: &str| {
        let before = printed.split(what).next().unwrap();
        before.rsplit(' ').find_map(|word| word.parse::<u64>().ok()).unwrap()
    };
    assert!(count("pictures seen") > 0 && count("frames of sound") > 0, "{printed}");
}

#[tokio::test]
async fn a_bot_in_node_greets_and_answers_in_the_chat() {
    let server = Server::start().await;
    let room = server.visit("anna", "ben").await;
    let anna = server.doctor("anna").await;
    anna.join_chat(&room).await;
    anna.join_call(&room).await;
    crate::clients::install("examples/node-bot").await;
    let example = start(&server, &room, Role::Guest, "Bot", "node-bot/node", &["bot.mjs"]).await;

    admit(&anna, &room).await;
    let greeting = anna.hears::<ChatMessage>().await.unwrap();
    assert_eq!(greeting.client_message_id.as_str(), "greeting-anna");
    anna.say(&room, "help").await;
    let own = anna.hears::<ChatMessage>().await.unwrap();
    let reply = anna.hears::<ChatMessage>().await.unwrap();
    assert_eq!(reply.client_message_id.as_str(), format!("reply-to-{}", own.id));

    assert!(end(&anna, room, example).await.contains("the visit is over"));
}

//! Stock clients in other languages, as anybody would write them, hold whole visits.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bedside_protocol::session::Role;
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
    sync::Mutex,
    task::JoinHandle,
};

use crate::harness::{
    Server,
    python::{self, run},
};

/// Two tests must not install into one folder at a time.
static INSTALLING: Mutex<()> = Mutex::const_new(());

/// Put the packages that are pinned beside what needs them.
pub async fn install(folder: &str) {
    let _guard = INSTALLING.lock().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let written = |name: &str| std::fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    if written("node_modules/.package-lock.json") < written("package-lock.json") {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        run(&mut npm, "npm (Debian: apt-get install nodejs npm)").await;
    }
}

/// Node with the packages that are pinned.
async fn node() -> Command {
    install("tests/clients").await;
    Command::new("node")
}

/// Python with the packages that are pinned.
async fn python() -> Command {
    python::python("requirements.txt").await
}

/// Stands between clients and server and counts connections.
struct Counter {
    url: String,
    count: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Counter {
    async fn before(server: &Server) -> Self {
        let (listener, count) =
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::<AtomicUsize>::default());
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (upstream, counted) = (server.url.trim_start_matches("http://").to_owned(), Arc::clone(&count));
        let task = tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = TcpStream::connect(&upstream).await.unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
            }
        });
        Self { url, count, task }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Let a script hold a visit of its own.
async fn visit(server: &Server, url: &str, waiting_room: bool, mut script: Command, transports: &str) {
    let room = server.visit_with("anna", "ben", |new| new.waiting_room = waiting_room).await;
    let script = script
        .env("BASE", url)
        .env("ROOM", room.as_str())
        .env("DOCTOR", Server::token("anna", Role::Doctor))
        .env("PATIENT", Server::token("ben", Role::Patient))
        .env("TRANSPORTS", transports);
    run(script, "Node.js 20 and Python 3").await;
}

async fn script(mut interpreter: Command, name: &str, transports: &str) {
    let server = Server::start().await;
    interpreter.arg(name);
    visit(&server, &server.url, true, interpreter, transports).await;
}

/// The same, seen from the network: on WebSocket a client opens one connection for chat, call, waiting
/// room and all else.
async fn script_on_one_connection_each(mut interpreter: Command, name: &str) {
    let server = Server::start().await;
    let counter = Counter::before(&server).await;
    interpreter.arg(name);
    visit(&server, &counter.url, true, interpreter, "websocket").await;
    assert_eq!(counter.count.load(Ordering::Relaxed), 2, "doctor and patient need one connection each");
}

#[tokio::test]
async fn the_javascript_client_needs_one_websocket_for_a_visit() {
    script_on_one_connection_each(node().await, "visit.mjs").await;
}

#[tokio::test]
async fn the_javascript_client_holds_a_visit_on_polling() {
    script(node().await, "visit.mjs", "polling").await;
}

#[tokio::test]
async fn the_javascript_client_holds_a_visit_over_an_upgrade() {
    script(node().await, "visit.mjs", "polling,websocket").await;
}

#[tokio::test]
async fn the_python_client_needs_one_websocket_for_a_visit() {
    script_on_one_connection_each(python().await, "visit.py").await;
}

#[tokio::test]
async fn the_python_client_holds_a_visit_on_polling() {
    script(python().await, "visit.py", "polling").await;
}

#[tokio::test]
async fn the_python_client_holds_a_visit_over_an_upgrade() {
    script(python().await, "visit.py", "polling,websocket").await;
}

#[tokio::test]
async fn a_client_without_socket_io_needs_one_websocket_for_a_visit() {
    script_on_one_connection_each(python().await, "plain.py").await;
}

#[tokio::test]
async fn a_client_of_before_is_understood_where_old_names_are_switched_on() {
    let server = Server::with(&[("compat.legacy_event_names", "true")]).await;
    let mut node = node().await;
    node.arg("legacy.mjs");
    visit(&server, &server.url, false, node, "websocket").await;
}

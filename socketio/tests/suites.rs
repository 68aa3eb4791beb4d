//! The conformance suites: the rules of the official protocol suites in JavaScript, and the stock JavaScript and Python
//! clients, each against the conformance server of the examples.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../examples/conformance/server.rs"]
mod server;
#[path = "../examples/conformance/token.rs"]
mod token;

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::Duration,
};

use actix_socketio::{Options, Recovery};

/// The official suites want an interval of 300 ms and a time-out of 200 ms: a busy machine may stand still for longer.
const HEARTBEAT: Duration = Duration::from_secs(1);

fn options() -> Options {
    Options {
        ping_interval: HEARTBEAT,
        ping_timeout: HEARTBEAT,
        connect_timeout: Duration::from_millis(4500),
        upgrade_timeout: Duration::from_secs(2),
        outbox_packets: 10_000,
        ..Options::default()
    }
}

/// Many heartbeats, and much time for each.
fn patient() -> Options {
    Options { ping_interval: Duration::from_millis(300), ping_timeout: Duration::from_secs(4), ..options() }
}

/// Starts a server on a thread of its own, which ends with the process; gives its address.
fn serve(options: Options) -> String {
    serve_with(options, None)
}

fn serve_with(options: Options, jwt_secret: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let settings = server::Settings { options, jwt_secret, workers: 2 };
            let (server, _socket_io) = server::start(settings, listener).unwrap();
            server.await.unwrap();
        });
    });
    address
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// Two tests must not install into one folder at a time.
static INSTALLING: Mutex<()> = Mutex::new(());

fn run(command: &mut Command, missing: &str) {
    let output = command.current_dir(folder()).output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}. Install {missing} (Debian: apt-get install nodejs npm python3-venv)")
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{err}");
}

fn node(script: &str, arguments: &[&str], base: &str) {
    let guard = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let lock = |name: &str| std::fs::metadata(folder().join(name)).and_then(|file| file.modified()).ok();
    if lock("node_modules/.package-lock.json") < lock("package-lock.json") {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]), "Node.js 20 with npm");
    }
    drop(guard);
    let heartbeat = HEARTBEAT.as_millis().to_string();
    let mut command = Command::new("node");
    command.arg(script).args(arguments).env("BASE", base);
    run(command.env("PING_INTERVAL", &heartbeat).env("PING_TIMEOUT", &heartbeat), "Node.js 20");
}

fn python(script: &str, base: &str) {
    let guard = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let (interpreter, installed) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let wanted = std::fs::read(self::folder().join("requirements.txt")).unwrap();
    if std::fs::read(&installed).ok().as_ref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder), "Python 3 with venv");
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
        run(Command::new(&interpreter).args(install), "Python 3 with pip");
        std::fs::write(installed, wanted).unwrap();
    }
    drop(guard);
    run(Command::new(interpreter).arg(script).env("BASE", base), "Python 3");
}

#[test]
fn the_engine_io_suite_passes() {
    node("engine.mjs", &["/engine.io/"], &serve(options()));
}

#[test]
fn the_engine_io_suite_passes_under_socket_io() {
    node("engine.mjs", &["/socket.io/"], &serve(options()));
}

#[test]
fn the_socket_io_suite_passes() {
    node("socket.mjs", &[], &serve(options()));
}

#[test]
fn the_stock_javascript_client_is_served_on_every_transport() {
    node("clients.mjs", &[], &serve(patient()));
}

#[test]
fn the_stock_python_client_is_served_on_every_transport() {
    python("clients.py", &serve(patient()));
}

#[test]
fn the_stock_javascript_client_recovers_a_lost_connection() {
    let recovery = Recovery { window: Duration::from_secs(5), max_bytes: 1 << 20 };
    node("recovery.mjs", &[], &serve(Options { recovery: Some(recovery), ..patient() }));
}

#[test]
fn tokens_are_taken_from_payload_header_and_query() {
    node("jwt.mjs", &[], &serve_with(patient(), Some("secret".to_owned())));
}

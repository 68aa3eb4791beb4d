//! Media through a TURN server: coturn, with the shared secret as `docs/OPERATIONS.md` sets it up.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use bedside::clock::Clock;

use crate::process::run;

const PATIENCE: Duration = Duration::from_secs(20);
const SECRET: &str = "a secret that coturn and Bedside share";

/// A coturn that ends with the test.
struct Coturn {
    child: Child,
    address: String,
}

impl Coturn {
    fn start(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let here = folder.display();
        let configuration = format!(
            "use-auth-secret\nstatic-auth-secret={SECRET}\nrealm=visits.example.org\n\
             listening-ip=127.0.0.1\nlistening-port={port}\nrelay-ip=127.0.0.1\nallow-loopback-peers\n\
             no-tls\nno-dtls\nno-cli\nverbose\nsimple-log\n\
             log-file={here}/coturn.log\nuserdb={here}/coturn.sqlite\npidfile={here}/coturn.pid\n"
        );
        fs::write(folder.join("turnserver.conf"), configuration).unwrap();
        let child = Command::new("turnserver")
            .arg("-c")
            .arg(folder.join("turnserver.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("turnserver (Debian: apt-get install coturn)");
        let coturn = Self { child, address: format!("127.0.0.1:{port}") };
        let clock = Clock::system();
        while TcpStream::connect(&coturn.address).is_err() {
            assert!(clock.monotonic() < PATIENCE, "coturn did not start");
            std::thread::yield_now();
        }
        coturn
    }

    /// Hold one visit whose media may go through this server only.
    fn selftest(&self, folder: &Path, secret: &str) -> (bool, String) {
        let url = format!("turn.urls=turn:{}?transport=udp", self.address);
        let secret = format!("turn.secret={secret}");
        let arguments =
            ["selftest", "--relay", "--pairs", "1", "--media-seconds", "1", "--set", &url, "--set", &secret];
        let output = run(folder, &arguments);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        self.child.wait().unwrap();
    }
}

#[test]
fn coturn_relays_the_media_of_a_visit_to_whom_the_server_gave_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let coturn = Coturn::start(folder.path());
    let (held, text) = coturn.selftest(folder.path(), SECRET);
    assert!(held && text.contains("visits: 1 of 1 held"), "{text}");
    let log = fs::read_to_string(folder.path().join("coturn.log")).unwrap();
    assert!(log.contains("ALLOCATE processed, success"), "{log}");
}

#[test]
fn a_relayed_visit_falls_short_when_coturn_has_another_secret() {
    let folder = tempfile::tempdir().unwrap();
    let coturn = Coturn::start(folder.path());
    let (held, text) = coturn.selftest(folder.path(), "another secret than the one of coturn");
    assert!(!held && text.contains("fell short 1: connect media"), "{text}");
}

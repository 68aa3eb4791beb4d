//! Behind nginx, with the configuration from `deploy/`: one origin for everything, and the client's own address.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use bedside::clock::Clock;

use crate::process::Running;

const PATIENCE: Duration = Duration::from_secs(20);

/// An nginx that ends with the test.
struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    /// `deploy/nginx.conf`, without TLS, on a free port, before this server.
    fn before(server: &Running, folder: &Path) -> Self {
        let deployed = include_str!("../../deploy/nginx.conf");
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let here: Vec<String> = deployed
            .replace("127.0.0.1:4000", &server.address)
            .replace("443 ssl", &address)
            .replace("/var/log/nginx/", "")
            .lines()
            .filter(|line| !line.contains("ssl_certificate"))
            .map(str::to_owned)
            .collect();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};"));
        let whole = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr;\nevents {{}}\nhttp {{\n{}\n{}\n}}\n",
            paths.join("\n"),
            here.join("\n")
        );
        fs::write(folder.join("nginx.conf"), whole).unwrap();
        let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let child = Command::new(program)
            .args(["-p", folder.to_str().unwrap(), "-c", "nginx.conf", "-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx (Debian: apt-get install nginx-light)");
        let nginx = Self { child, address };
        let clock = Clock::system();
        while std::net::TcpStream::connect(&nginx.address).is_err() {
            assert!(clock.monotonic() < PATIENCE, "nginx did not start");
            std::thread::yield_now();
        }
        nginx
    }

    /// The head of the answer to a `GET` that comes from this address of this machine.
    fn get(&self, from: &str, path: &str, headers: &str) -> String {
        let mut stream = connect_from(from, &self.address);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        self.child.wait().unwrap();
    }
}

fn connect_from(from: &str, to: &str) -> std::net::TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let stream = socket.connect(to.parse().unwrap()).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    })
}

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

#[test]
fn everything_is_on_one_origin() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path(), &["--set", "server.trusted_proxies=127.0.0.1"]);
    let nginx = Nginx::before(&server, folder.path());
    let origin = format!("Origin: http://{}\r\n", nginx.address);
    let get = |path: &str, headers: &str| nginx.get("127.0.0.1", path, headers);
    assert!(get(POLLING, &origin).starts_with("HTTP/1.1 200"));
    for path in ["/socket.io/?EIO=4&transport=websocket", "/ws"] {
        assert!(get(path, &format!("{UPGRADE}{origin}")).starts_with("HTTP/1.1 101"), "{path}");
        let foreign = format!("{UPGRADE}Origin: http://evil.example\r\n");
        assert!(get(path, &foreign).starts_with("HTTP/1.1 403"), "{path}");
    }
    assert!(get("/ws", "").starts_with("HTTP/1.1 426"));
    assert!(get("/readyz", "").starts_with("HTTP/1.1 200"));
    let log = fs::read_to_string(folder.path().join("bedside.log")).unwrap();
    assert!(log.contains("/socket.io/") && !log.contains("EIO=4"), "the query is not logged: {log}");
}

#[test]
fn limits_count_the_clients_own_address() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        ["server.trusted_proxies=127.0.0.1", "limits.connections_per_second=1", "limits.connections_burst=2"];
    let flags: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let server = Running::serve(folder.path(), &flags);
    let nginx = Nginx::before(&server, folder.path());
    let refused = |from: &str, headers: &str| !nginx.get(from, POLLING, headers).starts_with("HTTP/1.1 200");
    assert!((0..50).any(|_| refused("127.0.0.2", "")), "one client has used up its own limit");
    assert!(!refused("127.0.0.3", ""), "and nobody else's");
    let lies = |n: u8| format!("X-Forwarded-For: 198.51.100.{n}\r\nForwarded: for=198.51.100.{n}\r\n");
    assert!(
        (0..50).any(|n| refused("127.0.0.4", &lies(n))),
        "a client that lies about its address gains nothing"
    );
}

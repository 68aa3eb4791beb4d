//! A server under test: a process of its own on a core of its own, and what it has used.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Result, SECRET};

/// The server's core, and the load's.
pub const CORES: [&str; 2] = ["0", "1"];
/// What every Socket.IO server answers.
const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);
/// Clock ticks a second, in which the kernel counts a process's time (`getconf CLK_TCK`; 100 on Linux).
const TICK: Duration = Duration::from_millis(10);

/// Limits that one client of the bench would run into, because it stands for many.
const LIMITS: [(&str, &str); 14] = [
    ("BEDSIDE_LIMITS__CHAT_PER_SECOND", "1000000"),
    ("BEDSIDE_LIMITS__CHAT_BURST", "1000000"),
    ("BEDSIDE_LIMITS__CANDIDATES_PER_SECOND", "1000000"),
    ("BEDSIDE_LIMITS__CANDIDATES_BURST", "1000000"),
    ("BEDSIDE_LIMITS__OFFERS_PER_SECOND", "1000000"),
    ("BEDSIDE_LIMITS__OFFERS_BURST", "1000000"),
    ("BEDSIDE_LIMITS__CONNECTIONS_PER_SECOND", "1000000"),
    ("BEDSIDE_LIMITS__CONNECTIONS_BURST", "1000000"),
    ("BEDSIDE_LIMITS__SESSIONS_PER_ADDRESS", "1000000"),
    ("BEDSIDE_LIMITS__SESSIONS_PER_USER", "10000"),
    ("BEDSIDE_SERVER__WORKERS", "1"),
    ("BEDSIDE_LOG__FILTER", "error"),
    ("BEDSIDE_AUTH__SECRET", SECRET),
    ("DATABASE_URL", ""),
];

/// Recordings on a free port.
const RECORDING: [(&str, &str); 2] =
    [("BEDSIDE_RECORDING__ENABLED", "true"), ("BEDSIDE_RECORDING__UDP_PORT", "0")];

/// What Bedside is compared with: the same relay, with a token and rooms and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// `socket.io` on Node.js: what most such servers run on.
    Node,
    /// `socketioxide` on axum.
    Oxide,
}

/// All of them.
pub const OTHERS: [Other; 2] = [Other::Node, Other::Oxide];

impl Other {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Oxide => "socketioxide",
        }
    }

    /// At most so much of its processor time for a relayed signal is to be Bedside's.
    pub fn aim(self) -> f64 {
        match self {
            Self::Node => 0.25,
            Self::Oxide => 0.7,
        }
    }
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub ready: Duration,
}

impl Server {
    /// Bedside, on this data folder.
    pub fn bedside(data: &Path) -> Result<Self> {
        Self::configured(data, None)
    }

    /// The same with a file of configuration.
    pub fn configured(data: &Path, file: Option<&Path>) -> Result<Self> {
        let address = free_address()?;
        let mut command = pinned(&binary("bedside")?);
        if let Some(file) = file {
            command.env("BEDSIDE_CONFIG", file);
        }
        command.arg("serve").envs(LIMITS);
        command.env("BEDSIDE_DATA__DIR", data).env("BEDSIDE_SERVER__BIND", address.to_string());
        Self::start(command, address, HANDSHAKE)
    }

    /// Bedside, on this data folder, with recordings.
    pub fn recording(data: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = pinned(&binary("bedside")?);
        command.arg("serve").envs(LIMITS).envs(RECORDING);
        command.env("BEDSIDE_DATA__DIR", data).env("BEDSIDE_SERVER__BIND", address.to_string());
        Self::start(command, address, HANDSHAKE)
    }

    /// Another program that says at this path of this address that it is there.
    pub fn program(command: Command, address: SocketAddr, path: &str) -> Result<Self> {
        Self::start(command, address, path)
    }

    /// The same relay on something else.
    pub fn other(other: Other) -> Result<Self> {
        let address = free_address()?;
        let mut command = match other {
            Other::Node => pinned(Path::new("node")),
            Other::Oxide => pinned(&binary("bedside-bench-oxide")?),
        };
        if other == Other::Node {
            command.arg("relay.js").current_dir(folder());
        }
        command.env("PORT", address.port().to_string()).env("SECRET", SECRET).env("NODE_ENV", "production");
        Self::start(command, address, HANDSHAKE)
    }

    fn start(mut command: Command, address: SocketAddr, path: &str) -> Result<Self> {
        let start = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Self { child, address, ready: Duration::ZERO };
        while !answers(address, path) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server has ended: {status}").into());
            }
            if start.elapsed() > START {
                return Err("the server did not start".into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        server.ready = start.elapsed();
        Ok(server)
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> Result<Duration> {
        cpu(&self.child.id().to_string())
    }

    /// The memory that it holds, in KiB: without the pages of its program, which the kernel can drop.
    pub fn memory_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("no RssAnon")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

/// The processor time that a process has used; `self` is this one.
pub fn cpu(process: &str) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the process, in brackets, may hold blanks.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no such process")?;
    let used: Vec<u32> = fields.split(' ').skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(TICK * used.iter().sum::<u32>())
}

/// A program on the server's core.
pub fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", CORES[0]]).arg(program);
    command
}

/// A program of this build.
pub fn binary(name: &str) -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// Where the Node relay is; its packages are installed first.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("node")
}

pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Whether a request is answered there.
fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(START))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(&start == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

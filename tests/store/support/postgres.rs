//! A PostgreSQL of the tests' own, from the machine's package: its own folder, its own port, gone at the end.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

pub(crate) struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Holds the server's life: it ends when our end of its pipe does, also if the tests are killed.
    watchdog: Child,
}

impl Postgres {
    /// The one that most tests share, each with a database of its own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub(crate) fn start() -> Self {
        let bin = find_bin();
        let folder = TempDir::with_prefix("bedside-postgres-").unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data");
        run(postgres(&bin.join("initdb")).arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
        ]));
        let script = r#"cat >/dev/null; "$0/pg_ctl" -D "$1/data" -m immediate stop; rm -rf "$1""#;
        let watchdog = postgres(Path::new("setsid"))
            .args(["sh", "-c", script])
            .arg(&bin)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { bin, folder, port, databases: AtomicU32::new(0), watchdog };
        server.make_certificate();
        server.up();
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Start it, and wait until it takes connections.
    pub(crate) fn up(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c ssl=on -c max_connections=400",
            self.port,
            self.folder.display()
        );
        run(self.ctl().args(["-o", &options, "start"]));
    }

    /// Take it away as a crash does.
    pub(crate) fn down(&self) {
        run(self.ctl().args(["-m", "immediate", "stop"]));
    }

    /// Let it keep its connections and answer none of them, as a network that drops everything does.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Let it go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid_file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let postmaster = pid_file.lines().next().unwrap();
        // The postmaster first, so that its children do not change; when it goes on, some have ended.
        run(postgres(Path::new("kill")).args(["-s", signal, postmaster]));
        let children =
            std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        for child in children.split_whitespace() {
            let mut kill = postgres(Path::new("kill"));
            kill.args(["-s", signal, child]).stderr(Stdio::null()).status().unwrap();
        }
    }

    /// An empty database's address.
    pub(crate) fn create_database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        run(Command::new(self.bin.join("createdb")).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            &name,
        ]));
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }

    fn ctl(&self) -> Command {
        let mut ctl = postgres(&self.bin.join("pg_ctl"));
        ctl.arg("-w").arg("-D").arg(self.folder.join("data")).arg("-l").arg(self.folder.join("log"));
        ctl
    }

    fn make_certificate(&self) {
        let (key, certificate) = (self.folder.join("data/server.key"), self.folder.join("data/server.crt"));
        let mut openssl = postgres(Path::new("openssl"));
        openssl.args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(' '));
        run(openssl.arg("-keyout").arg(key).arg("-out").arg(certificate));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().unwrap();
    }
}

/// PostgreSQL does not run as root, so root asks as its user.
fn postgres(program: &Path) -> Command {
    let mut command = Command::new(if is_root() { Path::new("runuser") } else { program });
    if is_root() {
        command.args(["-u", "postgres", "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

fn find_bin() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .collect();
    packaged.sort_by_key(|bin| std::cmp::Reverse(bin.clone()));
    let whole =
        |bin: &PathBuf| ["initdb", "pg_ctl", "createdb"].iter().all(|program| bin.join(program).exists());
    let mut places = packaged.into_iter().chain(std::env::split_paths(&path));
    places.find(whole).expect(
        "these tests need PostgreSQL: install the package `postgresql`, or put its programs into PATH",
    )
}

fn run(command: &mut Command) {
    // Not `output`: a server that stays would hold its pipes open.
    let log = tempfile::NamedTempFile::new().unwrap();
    let status = command.stdout(Stdio::null()).stderr(log.reopen().unwrap()).status().unwrap();
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(status.success(), "{command:?}: {log}");
}

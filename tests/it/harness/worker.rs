//! `bedside recorder` in a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use super::Server;

/// How long it may take until it says what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// A program that knows nothing of this environment but where programs are.
pub fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

/// A recorder beside the server, gone with the value.
pub struct Worker {
    child: Child,
    log: Receiver<String>,
}

impl Server {
    /// Start a recorder on this spool, and wait until it has registered.
    pub async fn worker(&self, spool: &Path) -> Worker {
        let worker = self.worker_with(spool, &self.recorder_token());
        worker.logs("the recorder is registered").await
    }

    /// Start a recorder on this spool with this token.
    pub fn worker_with(&self, spool: &Path, token: &str) -> Worker {
        let mut command = clean(env!("CARGO_BIN_EXE_bedside"));
        command.env("BEDSIDE_RECORDER_TOKEN", token);
        self.start_worker(command, spool)
    }

    /// The same by a command that runs what is appended to it.
    pub fn start_worker(&self, mut command: Command, spool: &Path) -> Worker {
        let mut child = command
            .args(["recorder", "--server", &self.url, "--udp-port", "0", "--public-ip", "127.0.0.1"])
            .args(["--set", "storage.disk_floor_mb=0", "--spool", spool.to_str().unwrap()])
            .env("BEDSIDE_LOG__FILTER", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (line, log) = mpsc::channel();
        // A full pipe would stop it. Nobody may listen any more.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|text| drop(line.send(text))));
        Worker { child, log }
    }
}

impl Worker {
    /// Read its log on until a line says this.
    pub fn says(&mut self, text: &str) {
        let mut before = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => before.push(line),
                Err(error) => panic!("{error}: never said {text:?}, but {before:#?}"),
            }
        }
    }

    /// The same where others wait, too.
    pub async fn logs(mut self, text: &str) -> Self {
        let text = text.to_owned();
        let read = tokio::task::spawn_blocking(move || {
            self.says(&text);
            self
        });
        read.await.unwrap()
    }

    /// Which process it is.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    /// SIGTERM; waits for the end and says whether it was orderly.
    pub async fn stop(mut self) -> bool {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        tokio::task::spawn_blocking(move || self.child.wait().unwrap().success()).await.unwrap()
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

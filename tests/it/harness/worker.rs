//! `bedside recorder` in a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use super::Server;

/// A recorder beside the server, gone with the value.
pub struct Worker {
    child: Child,
    lines: Option<Lines<BufReader<ChildStderr>>>,
}

impl Server {
    /// Start a recorder on this spool, and wait until it has registered.
    pub async fn worker(&self, spool: &Path) -> Worker {
        let mut worker = self.worker_with(spool, &self.recorder_token());
        tokio::task::spawn_blocking(move || {
            worker.says("the recorder is registered");
            worker
        })
        .await
        .unwrap()
    }

    /// Start a recorder on this spool with this token.
    pub fn worker_with(&self, spool: &Path, token: &str) -> Worker {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bedside"))
            .args(["recorder", "--server", &self.url, "--udp-port", "0", "--public-ip", "127.0.0.1"])
            .args(["--set", "storage.disk_floor_mb=0", "--spool", spool.to_str().unwrap()])
            .env_clear()
            .env("BEDSIDE_RECORDER_TOKEN", token)
            .env("BEDSIDE_LOG__FILTER", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Worker { child, lines: Some(lines) }
    }
}

impl Worker {
    /// Read its log until a line says this; what comes later is thrown away.
    pub fn says(&mut self, text: &str) {
        let mut lines = self.lines.take().unwrap();
        let mut before = Vec::new();
        loop {
            let Some(line) = lines.next() else { panic!("never said {text:?}, but {before:#?}") };
            let line = line.unwrap();
            if line.contains(text) {
                break;
            }
            before.push(line);
        }
        // A full pipe would stop it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    /// SIGTERM; waits for the end and says whether it was orderly.
    pub async fn stop(mut self) -> bool {
        let pid = self.child.id().to_string();
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

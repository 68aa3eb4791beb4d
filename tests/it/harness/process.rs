//! A server in a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use bedside::config::DatabaseUrl;

use super::{SECRET, Server};

impl Server {
    /// The command line, on what this server keeps and while it runs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let (config, data) = self.data.as_ref().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
        command.args(arguments).env_clear().env("BEDSIDE_DATA__DIR", data.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(url) = config.database.url.as_ref().map(DatabaseUrl::expose) {
            command.env("BEDSIDE_DATABASE__URL", url);
        }
        command
    }
}

/// `bedside serve`, gone with the value.
pub struct Process {
    pub url: String,
    child: Child,
    /// What it logs once it is ready.
    log: Receiver<String>,
}

impl Process {
    /// Start it on this data folder, and wait until it is ready. `database` where it is not in the folder.
    pub fn start(data: &Path, database: Option<&str>) -> Self {
        Self::start_with(data, database, None)
    }

    /// The same with a file of configuration.
    pub fn start_with(data: &Path, database: Option<&str>, file: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
        if let Some(file) = file {
            command.env("BEDSIDE_CONFIG", file);
        }
        command.args(["serve", "--bind", "127.0.0.1:0"]).env("BEDSIDE_DATA__DIR", data);
        if let Some(url) = database {
            command.env("BEDSIDE_DATABASE__URL", url);
        }
        let rates =
            ["CHAT_PER_SECOND", "CHAT_BURST", "CONNECTIONS_PER_SECOND", "CONNECTIONS_BURST", "OFFERS_BURST"];
        for rate in rates {
            command.env(format!("BEDSIDE_LIMITS__{rate}"), "100000");
        }
        let command = command
            .env("BEDSIDE_AUTH__SECRET", SECRET)
            .env("BEDSIDE_LOG__FILTER", "info,bedside::domain::assistant=debug");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.unwrap()).ok()?;
            line.get("address").map(|address| address.as_str().unwrap().to_owned())
        });
        let (line, log) = mpsc::channel();
        // A full pipe would stop the server, and one without a reader would kill it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|text| drop(line.send(text))));
        Self { url: format!("http://{}", address.expect("the server did not start")), child, log }
    }

    /// Wait until it logs a line with these words; on a thread that may wait.
    pub fn logs(&self, words: &str) {
        while !self.log.recv_timeout(Duration::from_secs(20)).expect("it logs nothing").contains(words) {}
    }

    /// What it has in memory, in KiB.
    pub fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

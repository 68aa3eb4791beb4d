//! `bedside serve` in a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::harness::SECRET;

/// A process, gone with the value.
pub struct Process {
    /// Where it listens.
    pub url: String,
    child: Child,
}

impl Process {
    /// `bedside serve` on this data folder.
    pub fn serve(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
        command.args(["serve", "--bind", "127.0.0.1:0"]).env("BEDSIDE_DATA__DIR", data);
        for (key, value) in settings {
            let (section, key) = key.split_once('.').unwrap();
            command.env(format!("BEDSIDE_{}__{}", section.to_uppercase(), key.to_uppercase()), value);
        }
        let command = command.env("BEDSIDE_AUTH__SECRET", SECRET).env("BEDSIDE_LOG__FILTER", "info");
        let mut process = Self::spawn(command);
        let mut lines = BufReader::new(process.child.stderr.take().unwrap()).lines();
        let mut log = Vec::new();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            log.push(line.clone());
            let line: serde_json::Value = serde_json::from_str(&line).ok()?;
            line.get("address").map(|address| address.as_str().unwrap().to_owned())
        });
        process.url = format!("http://{}", address.unwrap_or_else(|| panic!("no server: {log:#?}")));
        drain(lines);
        process
    }

    fn spawn(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        Self { url: String::new(), child }
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

/// A full pipe would stop a process, and one without a reader would kill it.
fn drain(lines: impl Iterator<Item = std::io::Result<String>> + Send + 'static) {
    let shown = std::env::var_os("BEDSIDE_TEST_LOG").is_some();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok).filter(|_| shown) {
            println!("{line}");
        }
    });
}

//! A `bedside` that runs, and its lines.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

/// How long anything may take before the test has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Lines that are kept for whoever asks for them later.
const LINES: usize = 10_000;

/// The program with a clean environment, in this folder.
pub(crate) fn bedside(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
    command.args(arguments).current_dir(folder).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Run a command that ends by itself.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    bedside(folder, arguments).output().unwrap()
}

/// Run a command that must succeed, and give what it wrote.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Run a command that must fail with one line, and give the line.
pub(crate) fn fail(mut command: Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    text.trim_end().to_owned()
}

/// A server that ends with the test.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdout: Receiver<String>,
    pub(crate) stderr: Receiver<String>,
    pub(crate) address: String,
}

impl Running {
    /// Start `bedside serve` on a free port and wait until it is ready.
    pub(crate) fn serve(folder: &Path, arguments: &[&str]) -> Self {
        let all = [&["serve", "--bind", "127.0.0.1:0"], arguments].concat();
        let mut server = Self::start(bedside(folder, &all));
        let ready = server.log_line("\"ready\"");
        let (_, rest) = ready.split_once("\"address\":\"").expect("the address");
        rest.split('"').next().unwrap().clone_into(&mut server.address);
        server
    }

    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self { child, stdout, stderr, address: String::new() }
    }

    /// The next log line that holds this text.
    pub(crate) fn log_line(&self, holding: &str) -> String {
        wait_for(&self.stderr, holding)
    }

    /// Send a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Wait for the end, and give the exit code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        // Its lines end when it does.
        while self.stderr.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// The next line that holds this text.
pub(crate) fn wait_for(lines: &Receiver<String>, holding: &str) -> String {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(holding) => return line,
            Ok(line) => seen.push(line),
            Err(error) => panic!("{error} while waiting for {holding:?} after {seen:#?}"),
        }
    }
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(LINES);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// `GET` over plain HTTP; the head and the body as they came.
pub(crate) fn get(address: &str, path: &str, headers: &str) -> String {
    send(address, &format!("GET {path}"), headers, "")
}

/// The same for any method, with a body.
pub(crate) fn send(address: &str, method_and_path: &str, headers: &str, body: &str) -> String {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("{method_and_path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}");
    write!(stream, "{head}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

//! What commands write, and how they fail.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

/// One line about what went wrong.
#[derive(Debug)]
pub struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Failure {
    /// A failure in words of its own.
    pub(super) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// Say it on standard error.
    pub(super) fn report(self) -> ExitCode {
        let line = self.0.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        // Where standard error is gone too, the exit code is all that can be said.
        let _gone = writeln!(io::stderr(), "bedside: {line}");
        ExitCode::FAILURE
    }
}

/// Write to standard output. A reader that has gone away (`bedside config | head`) is no failure.
pub(super) fn say(text: impl Display) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Run the asynchronous part of a command.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

//! `bedside protocol`: the description of the events that this very program speaks, for generators and validators.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Failure, output::say};

/// Print the machine-readable description of the events.
#[derive(Args)]
#[command(after_help = "Example:\n  bedside protocol asyncapi > asyncapi.json")]
pub(super) struct Protocol {
    /// AsyncAPI 3, or the JSON Schema of the payloads alone.
    #[arg(value_enum, default_value_t = Format::Asyncapi)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Asyncapi,
    Schema,
}

impl Protocol {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        // What stands in docs/ is made from the event table, and a test fails when it is stale.
        let text = match self.format {
            Format::Asyncapi => include_str!("../../docs/protocol/asyncapi.json"),
            Format::Schema => include_str!("../../docs/protocol/schema.json"),
        };
        say(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

//! `bedside assistants`: whether the machines that may be asked answer.

use std::{process::ExitCode, time::Duration};

use clap::{Args, Subcommand};

use super::{
    Failure,
    output::{block_on, say},
    settings::Settings,
};
use crate::{clock::Clock, config::Assistant, endpoint::Endpoint};

/// Ask the configured assistants something, and say what is wrong with them.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside assistants check           all of them\n  \
    bedside assistants check intake    one")]
pub(super) struct Assistants {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Ask each a tiny question. Fails where one does not answer.
    Check {
        /// Which; without it, all.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

impl Assistants {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let Act::Check { ids } = self.act;
        let assistants = settings.read()?.assistants;
        if let Some(id) = ids.iter().find(|id| !assistants.iter().any(|known| known.id.as_str() == **id)) {
            return Err(Failure::new(format!("there is no assistant {id:?} in the configuration")));
        }
        if assistants.is_empty() {
            return Err(Failure::new("no assistant is configured: add an [[assistant]] to the file"));
        }
        let chosen = |known: &&Assistant| ids.is_empty() || ids.iter().any(|id| known.id.as_str() == *id);
        let all_answer = block_on(async {
            let mut all_answer = true;
            for assistant in assistants.iter().filter(chosen) {
                all_answer &= check(assistant).await?;
            }
            Ok(all_answer)
        })?;
        Ok(if all_answer { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn check(assistant: &Assistant) -> Result<bool, Failure> {
    let endpoint = Endpoint::new(assistant)?;
    let key = if endpoint.has_key() { "with a key" } else { "without a key" };
    let patience = Duration::from_secs(assistant.timeout_s);
    let outcome = endpoint.check(patience, Clock::system().now()).await;
    let (word, how) = match &outcome {
        Ok(time) => ("ok", format!("first words after {} ms", time.as_millis())),
        Err(trouble) => ("fails", trouble.clone()),
    };
    let (id, host, model) = (&assistant.id, endpoint.host(), &assistant.model);
    say(format_args!("{word:<6} {id} (model {model} at {host}, {key}): {how}"))?;
    Ok(outcome.is_ok())
}

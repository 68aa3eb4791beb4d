//! `bedside config`: what is configured, from where, and what could be.

use std::process::ExitCode;

use clap::Args;

use super::{Failure, output::say, settings::Settings};
use crate::config::{ASSISTANT_KEYS, KEYS, document};

/// Show the configuration, check it, explain a key.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside config                              what is set, and where\n  \
    bedside config --defaults > bedside.toml    a file to start from\n  \
    bedside config --explain auth.role_claim")]
pub(super) struct Show {
    /// Print a file with every key at its default.
    #[arg(long, conflicts_with = "explain")]
    defaults: bool,
    /// Explain one key.
    #[arg(long, value_name = "KEY")]
    explain: Option<String>,
}

impl Show {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let text = match (self.defaults, &self.explain) {
            (true, _) => document::defaults(),
            (false, Some(wanted)) => match KEYS.iter().chain(ASSISTANT_KEYS).find(|key| key.name == wanted) {
                Some(key) => document::explain(key),
                None => {
                    return Err(Failure::new(format!(
                        "there is no key {wanted}; `bedside config` lists all"
                    )));
                }
            },
            (false, None) => {
                let layers = settings.layers()?;
                layers.read()?;
                document::effective(&layers)
            }
        };
        say(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

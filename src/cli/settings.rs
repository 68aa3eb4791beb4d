//! The flags that every command takes, and the configuration that they lead to.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::config::{Config, Layers};

/// Where the configuration comes from.
#[derive(Args)]
pub(super) struct Settings {
    /// Configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE", env = "BEDSIDE_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// Set one key, over file and environment; may be given several times.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Settings {
    /// Defaults, file, environment, flags.
    pub(super) fn layers(&self) -> Result<Layers, Failure> {
        let layers = match &self.config {
            Some(file) => Layers::default().file(file)?,
            None => Layers::default(),
        };
        self.flags(layers.environment(text_variables())?)
    }

    /// Only the flags: for servers that are thrown away, which nothing on the machine shall change.
    pub(super) fn flags(&self, layers: Layers) -> Result<Layers, Failure> {
        self.set.iter().try_fold(layers, |layers, set| {
            let (key, text) = set
                .split_once('=')
                .ok_or_else(|| Failure::new("--set wants KEY=VALUE, as in server.bind=[::]:4000"))?;
            Ok(layers.flag(&format!("--set {key}"), key, text)?)
        })
    }

    /// The configuration.
    pub(super) fn read(&self) -> Result<Config, Failure> {
        Ok(self.layers()?.read()?)
    }
}

/// Variables that are no text are not ours.
fn text_variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

//! `bedside keys`: the keys that wrap the keys of files. Works on the database beside a server that runs.

use std::{collections::BTreeMap, fs, process::ExitCode};

use bedside_seal::{KeyEncryptionKey, KeyId};
use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::{
    Failure,
    migrate::database,
    output::{block_on, say},
    progress::Progress,
    settings::Settings,
};
use crate::{
    config::Config,
    data::DataFolder,
    store::{KeyOf, Store},
    vault::{KeySource, Vault},
};

/// Show and change the keys that wrap the keys of files.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside keys list\n  bedside keys rotate\n\n\
    Files are not read or written for it: each has a key of its own, and only that is wrapped anew. A server that runs may \
    go on running.")]
pub(super) struct Keys {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Show which keys there are, and how many files need each.
    List,
    /// Wrap everything with the newest key; where Bedside made the keys, with a new one. May be run again after it was
    /// interrupted, and goes on then.
    Rotate,
}

impl Keys {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = settings.read()?;
        let data = DataFolder::open(&config.data.dir)?;
        let database = database(&config)?;
        block_on(async {
            let store = Store::open(&database, |_rows| ()).await?;
            let done = match self.act {
                Act::List => list(&store, &config, &data).await,
                Act::Rotate => rotate(&store, &config, &data).await,
            };
            store.close().await;
            done
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(store: &Store, config: &Config, data: &DataFolder) -> Result<(), Failure> {
    let vault = Vault::open(&config.storage, data)?;
    let mut in_use = in_use(store).await?;
    let ring = vault.keys().ring();
    say(format_args!("{:<18} {:>8}  ", "key", "files"))?;
    for id in ring.ids() {
        let newest = if id == ring.newest() { "newest" } else { "" };
        say(format_args!("{:<18} {:>8}  {newest}", id.as_str(), in_use.remove(id).unwrap_or(0)))?;
    }
    for (id, keys) in in_use {
        say(format_args!("{:<18} {keys:>8}  not configured: these files cannot be opened", id.as_str()))?;
    }
    Ok(())
}

async fn rotate(store: &Store, config: &Config, data: &DataFolder) -> Result<(), Failure> {
    let mut vault = Vault::open(&config.storage, data)?;
    let newest = vault.keys().ring().newest().clone();
    let left =
        in_use(store).await?.into_iter().filter(|(id, _)| *id != newest).map(|(_, keys)| keys).sum::<u64>();
    if let KeySource::Generated(path) = vault.keys().source()
        && left == 0
    {
        // With something left, the run before this one was interrupted: it made its key.
        let old = Zeroizing::new(fs::read_to_string(path)?);
        let new = KeyEncryptionKey::generate()?;
        data.replace_storage_keys(&Zeroizing::new(format!("{}\n{}\n", *new, old.trim_end())))?;
        vault = Vault::open(&config.storage, data)?;
    }
    let newest = vault.keys().ring().newest().clone();
    let left = in_use(store).await?.into_iter().filter(|(id, _)| *id != newest).map(|(_, keys)| keys).sum();
    let progress = Progress::new(left, "keys");
    let mut done = 0_u64;
    loop {
        let keys = store.keys_not_under(&newest).await?;
        if keys.is_empty() {
            break;
        }
        let again = keys.into_iter().map(|KeyOf { owner, key }| {
            let key = vault.open_key(&owner, &key)?;
            Ok::<_, Failure>(KeyOf { key: vault.wrap(&key, &owner)?, owner })
        });
        let again = again.collect::<Result<Vec<_>, _>>()?;
        let count = again.len() as u64;
        store.rewrap(again).await?;
        done += count;
        progress.advance(count);
    }
    progress.finish();
    say(format_args!("{done} keys were wrapped anew; all are under {newest} now"))?;
    say(match vault.keys().source() {
        KeySource::Configuration => {
            "the older keys may leave storage.key when no backup from before needs them".to_owned()
        }
        KeySource::File(path) | KeySource::Generated(path) => format!(
            "the older keys may leave {} when no backup from before needs them; a server that runs reads it again on SIGHUP",
            path.display()
        ),
    })
}

async fn in_use(store: &Store) -> Result<BTreeMap<KeyId, u64>, Failure> {
    Ok(store.keys_in_use().await?.into_iter().collect())
}

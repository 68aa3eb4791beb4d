//! `bedside user`: accounts of the clinic's own, for where there is no identity provider. Works on the database
//! beside a server that runs; what ends somebody's logins reaches their open sockets within two seconds.

mod password;

use std::process::ExitCode;

use bedside_protocol::{ids::UserId, session::Role, text::Name};
use clap::{Args, Subcommand};

use self::password::{Chosen, Source};
use super::{
    Failure,
    migrate::database,
    output::{block_on, say},
    settings::Settings,
};
use crate::{
    clock::Clock,
    data::DataFolder,
    domain::account::{add, username},
    store::{ACCOUNT_ROWS, Account, AccountAct, Store, StoreError},
};

/// Make and keep the accounts of a clinic without an identity provider.
#[derive(Args)]
#[command(after_help = "Examples:\n  bedside user add dr-anna --role doctor --name 'Dr. Anna'\n  \
    bedside user add ben --generate\n  bedside user reset ben\n  bedside user disable dr-anna\n\n\
    A server that runs on the same database may go on running. Use the server's configuration (--config).")]
pub(super) struct User {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make an account.
    Add(Add),
    /// Show the accounts.
    List,
    /// Let somebody log in no more, and end what they are logged in with.
    Disable(Somebody),
    /// Let them log in again.
    Enable(Somebody),
    /// Give somebody another password, and end what they are logged in with.
    Reset(Reset),
}

#[derive(Args)]
#[command(after_help = "Example:\n  bedside user add dr-anna --role doctor --name 'Dr. Anna'")]
struct Add {
    /// What they log in as, and their user id: lowercase letters, digits, and . _ - @ between them.
    #[arg(value_parser = parse_username)]
    username: UserId,
    /// doctor, patient or staff.
    #[arg(long, default_value = "patient", value_parser = parse_role)]
    role: Role,
    /// The name that others see.
    #[arg(long, value_parser = Name::parse)]
    name: Option<Name>,
    #[command(flatten)]
    source: Source,
}

#[derive(Args)]
struct Somebody {
    /// What they log in as.
    #[arg(value_parser = parse_username)]
    username: UserId,
}

#[derive(Args)]
struct Reset {
    #[command(flatten)]
    who: Somebody,
    #[command(flatten)]
    source: Source,
}

fn parse_username(text: &str) -> Result<UserId, &'static str> {
    username(text).ok_or(
        "up to 64 lowercase letters and digits, with . _ - @ between them, and a letter or digit at first",
    )
}

fn parse_role(text: &str) -> Result<Role, &'static str> {
    match text.parse() {
        Ok(role @ (Role::Doctor | Role::Patient | Role::Staff)) => Ok(role),
        // Guests come by invitation, recorders with a token.
        Ok(Role::Guest | Role::Recorder) | Err(_) => Err("doctor, patient or staff"),
    }
}

impl User {
    pub(super) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let config = settings.read()?;
        DataFolder::open(&config.data.dir)?;
        let database = database(&config)?;
        // Before the database is opened: a person takes their time to type.
        let chosen = self.act.password()?;
        block_on(async {
            let store = Store::open(&database, |_rows| ()).await?;
            let done = self.act.carry_out(&store, chosen).await;
            store.close().await;
            done
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Act {
    fn password(&self) -> Result<Option<Chosen>, Failure> {
        match self {
            Self::Add(add) => add.source.choose().map(Some),
            Self::Reset(reset) => reset.source.choose().map(Some),
            Self::List | Self::Disable(_) | Self::Enable(_) => Ok(None),
        }
    }

    async fn carry_out(self, store: &Store, chosen: Option<Chosen>) -> Result<(), Failure> {
        let now = Clock::system().now();
        match (self, chosen) {
            (Self::Add(Add { username, role, name, .. }), Some(chosen)) => {
                let password = chosen.hash()?;
                if !add(store, username.clone(), name, role, password, now).await? {
                    return Err(Failure::new(format!("there is an account {username} already")));
                }
                say(format_args!("{username} can log in as {}", role.as_str()))?;
                chosen.show()
            }
            (Self::Reset(Reset { who, .. }), Some(chosen)) => {
                let act = AccountAct::SetPassword { password: chosen.hash()?, keep: None };
                let ended = change(store, &who.username, act).await?;
                say(format_args!("{} has another password; {ended} logins have ended", who.username))?;
                chosen.show()
            }
            (Self::Disable(who), _) => {
                let ended = change(store, &who.username, AccountAct::Disable).await?;
                say(format_args!("{} cannot log in any more; {ended} logins have ended", who.username))
            }
            (Self::Enable(who), _) => {
                change(store, &who.username, AccountAct::Enable).await?;
                say(format_args!("{} can log in again", who.username))
            }
            (Self::List | Self::Add(_) | Self::Reset(_), _) => list(store).await,
        }
    }
}

/// Change an account, and give the number of logins that ended with it.
async fn change(store: &Store, user: &UserId, act: AccountAct) -> Result<usize, Failure> {
    match store.change_account(user, act, Clock::system().now()).await {
        Err(StoreError::NotFound) => Err(Failure::new(format!("there is no account {user}"))),
        outcome => Ok(outcome?.len()),
    }
}

async fn list(store: &Store) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = store.accounts(after.as_ref()).await?;
        for Account { user, name, role, disabled_at, .. } in &page {
            let name = name.as_ref().map_or("", |name| name.as_str());
            let disabled = if disabled_at.is_some() { "disabled" } else { "" };
            let line = format!("{user:<32} {:<8} {disabled:<9} {name}", role.as_str());
            say(line.trim_end())?;
        }
        after = page.last().filter(|_| page.len() as u64 == ACCOUNT_ROWS).map(|last| last.user.clone());
        if after.is_none() {
            return Ok(());
        }
    }
}

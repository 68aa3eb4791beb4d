//! The command line: one file for each command. Everything that goes wrong is one line on standard error.

mod assistants;
mod backup;
mod config;
mod demo;
mod keys;
mod migrate;
mod output;
mod progress;
mod protocol;
mod recorder;
mod recordings;
mod restore;
mod selftest;
mod serve;
mod settings;
mod token;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::output::Failure;
use self::settings::Settings;

/// A self-hosted telemedicine consultation server.
#[derive(Parser)]
#[command(name = "bedside", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Example:\n  bedside demo        start a throw-away server and see what to do with it"
)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server.
    Serve(serve::Serve),
    /// Start a throw-away server and print what to do with it.
    Demo(demo::Demo),
    /// Record for a server, in a process of its own.
    Recorder(recorder::Recorder),
    /// Hold whole visits without a screen, and say what they were like.
    Selftest(selftest::Selftest),
    /// Make and keep the accounts of a clinic without an identity provider.
    User(user::User),
    /// Print a token for somebody.
    Token(token::Token),
    /// Bring the database's schema up to date, and leave.
    Migrate(migrate::Migrate),
    /// Copy the database, the keys and the files into a folder, also while the server runs.
    Backup(backup::Backup),
    /// Put a backup into the data folder.
    Restore(restore::Restore),
    /// Show and change the keys that wrap the keys of files.
    Keys(keys::Keys),
    /// Show, judge, export and delete recordings.
    Recordings(recordings::Recordings),
    /// Show the configuration, check it, explain a key.
    Config(config::Show),
    /// Ask the configured assistants something, and say what is wrong with them.
    Assistants(assistants::Assistants),
    /// Print the machine-readable description of the events.
    Protocol(protocol::Protocol),
}

/// Run the command that the process was started with.
pub fn main() -> ExitCode {
    let Cli { settings, command } = Cli::parse();
    crate::tls::use_ring();
    let done = match command {
        Command::Serve(command) => command.run(&settings),
        Command::Demo(command) => command.run(&settings),
        Command::Recorder(command) => command.run(&settings),
        Command::Selftest(command) => command.run(&settings),
        Command::User(command) => command.run(&settings),
        Command::Token(command) => command.run(&settings),
        Command::Migrate(command) => command.run(&settings),
        Command::Backup(command) => command.run(&settings),
        Command::Restore(command) => command.run(&settings),
        Command::Keys(command) => command.run(&settings),
        Command::Recordings(command) => command.run(&settings),
        Command::Config(command) => command.run(&settings),
        Command::Assistants(command) => command.run(&settings),
        Command::Protocol(command) => command.run(),
    };
    done.unwrap_or_else(Failure::report)
}

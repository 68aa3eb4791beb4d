//! Where the password of an account comes from: the terminal, standard input, or chance.

use std::io::{self, IsTerminal as _, Read as _};

use clap::Args;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{Failure, say};
use crate::{
    auth::{MAX_PASSWORD_CHARS, NewPassword, PasswordHash},
    private::Secret,
};

/// Letters and digits that nobody takes for each other: 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Four groups of five: 100 bits, which can be dictated.
const GROUPS: usize = 4;
const GROUP: usize = 5;
/// No password takes more, with the line's end.
const MAX_INPUT_BYTES: u64 = 4 * MAX_PASSWORD_CHARS as u64 + 2;

/// Where the password comes from. Without either flag it is asked for on the terminal.
#[derive(Args)]
pub(super) struct Source {
    /// Read the password from standard input, to the end of the line.
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Make one up and show it, this once.
    #[arg(long)]
    generate: bool,
}

/// A password that was chosen.
pub(super) enum Chosen {
    /// By somebody who knows it.
    Known(NewPassword),
    /// By chance: they have to be told.
    Generated(NewPassword, Secret<String>),
}

impl Source {
    /// Get it.
    pub(super) fn choose(&self) -> Result<Chosen, Failure> {
        if self.generate {
            let text = generate()?;
            return Ok(Chosen::Generated(parse(&text)?, Secret::new(text)));
        }
        if self.password_stdin {
            let mut text = String::new();
            io::stdin().lock().take(MAX_INPUT_BYTES).read_to_string(&mut text)?;
            return Ok(Chosen::Known(parse(text.lines().next().unwrap_or_default())?));
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::new(
                "there is no terminal to ask for the password: give --password-stdin or --generate",
            ));
        }
        let password = parse(&rpassword::prompt_password("Password: ")?)?;
        if parse(&rpassword::prompt_password("Once more: ")?)? != password {
            return Err(Failure::new("these were two passwords"));
        }
        Ok(Chosen::Known(password))
    }
}

impl Chosen {
    /// What is kept of it.
    pub(super) fn hash(&self) -> Result<PasswordHash, Failure> {
        let (Self::Known(password) | Self::Generated(password, _)) = self;
        Ok(PasswordHash::of(password)?)
    }

    /// Show what nobody knows yet.
    pub(super) fn show(&self) -> Result<(), Failure> {
        match self {
            Self::Known(_) => Ok(()),
            Self::Generated(_, text) => say(format_args!("password: {}", text.expose())),
        }
    }
}

fn parse(text: &str) -> Result<NewPassword, Failure> {
    // The leading code is for clients.
    let sentence = |error: String| error.split_once("] ").map_or(error.clone(), |(_, rest)| rest.to_owned());
    NewPassword::parse(text).map_err(|error| Failure::new(sentence(error.to_string())))
}

fn generate() -> Result<String, Failure> {
    let mut bytes = [0; GROUPS * GROUP];
    let nothing = |_| Failure::new("the system gives no random bytes");
    SystemRandom::new().fill(&mut bytes).map_err(nothing)?;
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from);
    let groups = bytes.chunks(GROUP).map(|group| group.iter().map(letter).collect::<String>());
    Ok(groups.collect::<Vec<_>>().join("-"))
}

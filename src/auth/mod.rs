//! Who somebody is: tokens are verified here and turned into an [`Identity`]; what they may do is decided elsewhere.

mod backend;
mod claims;
mod fetch;
mod jws;
mod key_set;
mod login;
mod minter;
mod password;
mod server_key;
mod strict_json;
#[cfg(test)]
mod tests;
mod ticket;
mod verifier;

use bedside_protocol::{
    ids::{RoomId, UserId},
    session::Role,
    text::Name,
};
use chrono::{DateTime, Utc};

pub use self::{
    claims::Expected,
    fetch::KeySetError,
    key_set::BadKeySet,
    login::{LoginId, NoChance, RefreshToken},
    minter::{Bearer, Minter},
    password::{
        BadPassword, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, NewPassword, NotHashed, Password, PasswordHash,
    },
    server_key::ServerKey,
    ticket::Ticket,
    verifier::Verifier,
};

/// Someone who has shown a good token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user, as the identity provider calls them.
    pub user_id: UserId,
    /// The name to show.
    pub name: Option<Name>,
    /// The role that the token gives.
    pub role: Role,
    /// The only consultation that the token opens, if it opens just one.
    pub consultation: Option<RoomId>,
    /// The login that the token came from, where it is one with an account of this server's own.
    pub login: Option<LoginId>,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
}

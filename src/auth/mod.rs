//! Who somebody is: tokens are verified here and turned into an [`Identity`]; what they may do is decided elsewhere.

mod backend;
mod claims;
mod fetch;
mod jws;
mod key_set;
mod minter;
mod server_key;
mod strict_json;
#[cfg(test)]
mod tests;
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
    minter::{Bearer, Minter},
    server_key::ServerKey,
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
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
}

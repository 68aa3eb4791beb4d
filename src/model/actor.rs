//! Who acts: what a verified token says of a person, and nothing more.

use bedside_protocol::{
    ids::{RoomId, UserId},
    session::{Role, User},
    text::Name,
};

use crate::auth::Identity;

/// A person whose token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub user_id: UserId,
    /// What they are called.
    pub name: Option<Name>,
    /// What they are in the clinic. What they may do in a consultation depends on their part in it.
    pub role: Role,
    /// The only consultation that the token opens, where it opens one only.
    pub scope: Option<RoomId>,
}

impl From<Identity> for Actor {
    fn from(identity: Identity) -> Self {
        let Identity { user_id, name, role, consultation, .. } = identity;
        Self { user_id, name, role, scope: consultation }
    }
}

impl Actor {
    /// As others see them.
    pub fn user(&self) -> User {
        User { id: self.user_id.clone(), name: self.name.clone(), role: self.role }
    }
}

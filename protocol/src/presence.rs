//! `presence:*`: who is there.

use crate::{
    ids::UserId,
    session::Role,
    text::{Name, Timestamp},
};

spoken! { words
    /// What a person says of themselves.
    pub enum Availability {
        /// Ready.
        Available,
        /// Not now.
        Busy,
        /// Not at the desk.
        Away,
    }

    /// Whether a person can be reached.
    pub enum PresenceStatus {
        /// Ready.
        Available,
        /// Not now.
        Busy,
        /// Not at the desk.
        Away,
        /// In a call here.
        InConsultation,
        /// Not connected.
        Offline,
    }
}

impl From<Availability> for PresenceStatus {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::Available => Self::Available,
            Availability::Busy => Self::Busy,
            Availability::Away => Self::Away,
        }
    }
}

spoken! { client
    /// Say how you can be reached.
    pub struct PresenceSet {
        /// How.
        pub status: Availability,
    }

    /// Hear of others' presence from now on. Replaces what was watched before.
    pub struct PresenceWatch {
        /// These people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub user_ids: Option<Vec<UserId>>,
        /// Everyone of this role.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub role: Option<Role>,
    }
}

spoken! { server
    /// Those whom you watch and may see.
    pub struct PresenceWatched {
        /// Who, and how they are.
        pub users: Vec<UserPresence>,
    }

    /// A person and how they can be reached.
    pub struct UserPresence {
        /// Who.
        pub user_id: UserId,
        /// What they are called.
        pub name: Option<Name>,
        /// What they are.
        pub role: Role,
        /// How they can be reached.
        pub status: PresenceStatus,
        /// When they were last connected; absent while they are.
        pub last_seen_at: Option<Timestamp>,
    }

    /// Somebody whom you watch can be reached in another way.
    pub struct PresenceChanged {
        /// Who.
        pub user_id: UserId,
        /// How.
        pub status: PresenceStatus,
        /// When they were last connected; absent while they are.
        pub last_seen_at: Option<Timestamp>,
    }
}

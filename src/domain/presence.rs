//! Who can be reached, and who may know.

use std::sync::Arc;

use bedside_protocol::{
    Code,
    ids::UserId,
    presence::{PresenceSet, PresenceStatus, PresenceWatch, PresenceWatched, UserPresence},
    session::{Role, User},
    table::Done,
};

use crate::{domain::Clinic, error::Result, hub::Session, model::actor::Actor, store::Person};

/// People that one session may watch by name.
pub const MAX_WATCHED: usize = 500;

impl Clinic {
    /// Say how one can be reached.
    pub fn set_presence(&self, session: &Session, ask: &PresenceSet) -> Done {
        self.hub.presence.set(&session.actor.user_id, ask.status);
        Done {}
    }

    /// Hear of others from now on. Doctors and staff may watch anyone; the others watch doctors.
    pub async fn watch(&self, session: &Arc<Session>, ask: PresenceWatch) -> Result<PresenceWatched> {
        let asked = ask.user_ids.unwrap_or_default();
        if asked.len() > MAX_WATCHED {
            let most = format!("at most {MAX_WATCHED} people can be watched by name");
            return Err(bedside_protocol::Refusal::malformed("userIds", most).into());
        }
        let role = ask.role.filter(|role| may_see(&session.actor, *role));
        let mut users: Vec<User> = Vec::new();
        for id in asked {
            if let Some(user) = self.person(&id).await?
                && may_see(&session.actor, user.role)
            {
                users.push(user);
            }
        }
        let watched = users.iter().map(|user| user.id.clone()).collect();
        self.hub.presence.watch(session, watched, role);
        if let Some(role) = role {
            for user in self.hub.presence.of_role(role) {
                if !users.iter().any(|known| known.id == user.id) {
                    users.push(user);
                }
            }
        }
        let mut answer = Vec::with_capacity(users.len());
        for user in users {
            answer.push(self.presence_of(user).await?);
        }
        Ok(PresenceWatched { users: answer })
    }

    async fn person(&self, id: &UserId) -> Result<Option<User>> {
        match self.hub.presence.sessions_of(id).first() {
            Some(session) => Ok(Some(session.actor.user())),
            None => Ok(self.store.person(id).await?.map(user)),
        }
    }

    /// Those of a role who were ever here, in the order of their ids, with how they can be reached.
    pub async fn people(
        &self,
        actor: &Actor,
        role: Role,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<UserPresence>> {
        if !may_see(actor, role) {
            return Err(Code::Forbidden.into());
        }
        let mut people = Vec::new();
        for person in self.store.people(role, after, limit).await? {
            people.push(self.presence_of(user(person)).await?);
        }
        Ok(people)
    }

    async fn presence_of(&self, user: User) -> Result<UserPresence> {
        let status = self.hub.presence.status(&user.id);
        let last_seen_at = match status {
            PresenceStatus::Offline => {
                self.store.person(&user.id).await?.map(|person| person.last_seen_at.into())
            }
            PresenceStatus::Available
            | PresenceStatus::Busy
            | PresenceStatus::Away
            | PresenceStatus::InConsultation => None,
        };
        Ok(UserPresence { user_id: user.id, name: user.name, role: user.role, status, last_seen_at })
    }
}

fn user(person: Person) -> User {
    User { id: person.id, name: person.name, role: person.role }
}

/// Doctors and staff see everyone; patients and guests see doctors.
fn may_see(actor: &Actor, role: Role) -> bool {
    matches!(actor.role, Role::Doctor | Role::Staff) || role == Role::Doctor
}

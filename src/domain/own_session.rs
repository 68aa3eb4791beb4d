//! Where somebody is connected, as they see it themselves.

use std::sync::Arc;

use bedside_protocol::{Code, ids::SessionId, webrtc::LeaveReason};

use crate::{
    domain::Clinic,
    error::Result,
    hub::Session,
    model::{actor::Actor, closing},
};

impl Clinic {
    /// Their sessions; a token that opens one consultation shows those that it began.
    pub fn own_sessions(&self, actor: &Actor) -> Vec<Arc<Session>> {
        let mut theirs = self.hub.presence.sessions_of(&actor.user_id);
        theirs.retain(|session| actor.scope.is_none() || session.actor.scope == actor.scope);
        theirs
    }

    /// End one of them, wherever it is.
    pub fn end_own_session(&self, actor: &Actor, id: &SessionId) -> Result<()> {
        let theirs = self.own_sessions(actor);
        let session = theirs.iter().find(|session| session.id == *id).ok_or(Code::NotFound)?;
        session.close(&closing::ended_elsewhere());
        self.finish(session, LeaveReason::Left);
        Ok(())
    }
}

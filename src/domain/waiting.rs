//! The queue in front of the call: entering it, leaving it, and the doctors' knowledge of it.

use std::sync::Arc;

use bedside_protocol::{
    Code, Refusal,
    consultation::{ConsultationLeftWaiting, ConsultationWaiting, Status},
    ids::UserId,
    session::Role,
    webrtc::WebrtcJoined,
};

use crate::{
    domain::{Access, Clinic},
    error::{Error, Result},
    hub::{Encoded, Room, RoomState, Session, room::Waiting},
    model::{lifecycle::Step, visit::Visit},
    store::Guard,
};

/// How many who wait a doctor is told of at once: a greeting must fit into a connection's queue. The list of
/// visits that wait has all of them.
const MOST_TOLD: usize = 100;

impl Clinic {
    /// Wait to be admitted.
    pub(crate) async fn wait(&self, session: &Arc<Session>, access: Access) -> Result<WebrtcJoined> {
        let Access { room, visit, .. } = access;
        if visit.status == Status::Scheduled {
            let act = Self::move_to(Step::Wait, None);
            match self.change(&room.id, None, Guard::Open, vec![act], Vec::new()).await {
                // Somebody else was first: then it is so already.
                Ok(_) | Err(Error::Refused(Refusal { code: Code::Conflict, .. })) => {}
                Err(error) => return Err(error),
            }
        }
        // The doctors are told under the room's lock, so that they hear of coming and going in that order.
        let mut state = room.lock();
        if let Some(index) = state.waiting.iter().position(|waiting| waiting.session.id == session.id) {
            return Ok(WebrtcJoined::Waiting { position: index + 1 });
        }
        let since = self.now();
        state.waiting.push(Waiting { session: Arc::clone(session), since });
        let position = state.waiting.len();
        let (room_id, user) = (room.id.clone(), session.actor.user());
        self.tell_doctors(
            &state.visit,
            &Encoded::new(&ConsultationWaiting { room_id, user, position, since }),
        );
        Ok(WebrtcJoined::Waiting { position })
    }

    /// Tell a doctor who has just come who waits for them.
    pub(crate) fn tell_who_waits(&self, session: &Arc<Session>) {
        if session.actor.role != Role::Doctor {
            return;
        }
        let mut told = 0;
        for room in self.hub.rooms() {
            let state = room.lock();
            let theirs = state.visit.doctors().any(|doctor| *doctor == session.actor.user_id);
            for (index, waiting) in state.waiting.iter().enumerate().filter(|_| theirs) {
                if told == MOST_TOLD {
                    return;
                }
                told += 1;
                session.tell(&Encoded::new(&ConsultationWaiting {
                    room_id: room.id.clone(),
                    user: waiting.session.actor.user(),
                    position: index + 1,
                    since: waiting.since,
                }));
            }
        }
    }

    /// Take a session out of the queue. Says whether it was in it.
    pub(crate) fn stop_waiting(&self, room: &Room, session: &Session) -> bool {
        !self.let_go(&mut room.lock(), |waiting| waiting.session.id == session.id).is_empty()
    }

    /// Take somebody out of the queue, and give their sessions that waited.
    pub(crate) fn call_from_queue(&self, room: &Room, user: &UserId) -> Vec<Arc<Session>> {
        self.let_go(&mut room.lock(), |waiting| waiting.session.actor.user_id == *user)
    }

    /// Take some out of the queue, give their sessions, and tell the doctors of everyone who waits no longer.
    pub(crate) fn let_go(
        &self,
        state: &mut RoomState,
        which: impl Fn(&Waiting) -> bool,
    ) -> Vec<Arc<Session>> {
        let gone: Vec<_> = state.waiting.extract_if(.., |waiting| which(waiting)).collect();
        let mut told: Vec<&UserId> = Vec::new();
        for waiting in &gone {
            let user = &waiting.session.actor.user_id;
            // Somebody may wait in two tabs and close one.
            let waits = state.waiting.iter().any(|other| other.session.actor.user_id == *user);
            if !waits && !told.contains(&user) {
                told.push(user);
                let (room_id, user_id) = (state.visit.id.clone(), user.clone());
                let left = Encoded::new(&ConsultationLeftWaiting { room_id, user_id });
                self.tell_doctors(&state.visit, &left);
            }
        }
        gone.into_iter().map(|waiting| waiting.session).collect()
    }

    fn tell_doctors(&self, visit: &Visit, event: &Encoded) {
        for doctor in visit.doctors() {
            self.hub.tell_user(doctor, event);
        }
    }
}

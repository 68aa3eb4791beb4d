//! The only place that maps events to verbs. A row each.

use std::sync::Arc;

use bedside_protocol::{ClientEvent, Code, Refusal, recorder::RecorderEvent, session::Pong};

use crate::{
    domain::Clinic,
    error::{Error, Result},
    gateway::answer::Answer,
    hub::Session,
};

/// Do what the event asks, and answer it.
pub async fn route(clinic: &Clinic, session: &Arc<Session>, event: ClientEvent) -> Answer {
    let actor = &session.actor;
    match event {
        ClientEvent::SessionAuthenticate(_) => Answer::new(already_in()),
        ClientEvent::SessionPing(_) => Answer::new(Ok(Pong { server_time: clinic.now() })),
        ClientEvent::SessionRefresh(ask) => {
            let verified = clinic.identify(ask.token.as_str()).await.map_err(Error::Refused);
            Answer::new(verified.and_then(|identity| clinic.refresh(session, &identity)))
        }

        ClientEvent::ChatJoinRoom(ask) => Answer::new(clinic.join_chat(session, ask).await),
        ClientEvent::ChatLeaveRoom(ask) => Answer::new(clinic.leave_chat_of(session, &ask.room_id).await),
        ClientEvent::ChatSendMessage(ask) => Answer::new(clinic.send(session, ask).await),
        ClientEvent::ChatRedactMessage(ask) => Answer::new(clinic.redact(session, ask).await),
        ClientEvent::ChatTyping(ask) => Answer::new(clinic.type_on(session, ask.room_id).await),
        ClientEvent::ChatStopTyping(ask) => Answer::new(clinic.type_off(session, ask.room_id).await),
        ClientEvent::ChatMarkDelivered(ask) => {
            Answer::new(clinic.mark_delivered(session, ask.room_id, ask.seq).await)
        }
        ClientEvent::ChatMarkSeen(ask) => Answer::new(clinic.mark_seen(session, ask.room_id, ask.seq).await),
        ClientEvent::ChatHistory(ask) => Answer::new(clinic.history(actor, ask).await),

        ClientEvent::WebrtcJoinRoom(ask) => Answer::new(clinic.join_call(session, ask).await),
        ClientEvent::WebrtcLeaveRoom(ask) => Answer::new(clinic.leave_call_of(session, &ask.room_id).await),
        ClientEvent::WebrtcOffer(ask) => Answer::new(clinic.offer(session, ask).await),
        ClientEvent::WebrtcAnswer(ask) => Answer::new(clinic.answer(session, ask).await),
        ClientEvent::WebrtcIceCandidate(ask) => Answer::new(clinic.candidate(session, ask).await),
        ClientEvent::WebrtcMediaState(ask) => Answer::new(clinic.media_state(session, ask).await),
        ClientEvent::WebrtcIceServers(ask) => {
            Answer::new(clinic.fresh_ice_servers(session, &ask.room_id).await)
        }
        ClientEvent::WebrtcStats(ask) => Answer::new(clinic.stats(session, ask).await),

        ClientEvent::ConsultationAdmit(ask) => Answer::new(clinic.admit(actor, ask).await),
        ClientEvent::ConsultationDeny(ask) => Answer::new(clinic.deny(actor, ask).await),
        ClientEvent::ConsultationHold(ask) => Answer::new(clinic.hold(actor, ask).await),
        ClientEvent::ConsultationEnd(ask) => {
            Answer::new(clinic.end_visit(actor, &ask.room_id, ask.outcome, None).await)
        }

        ClientEvent::PresenceSet(ask) => Answer::new(Ok(clinic.set_presence(session, &ask))),
        ClientEvent::PresenceWatch(ask) => Answer::new(clinic.watch(session, ask).await),

        ClientEvent::RecordingStart(ask) => Answer::new(clinic.start_recording(session, ask).await),
        ClientEvent::RecordingConsent(ask) => Answer::new(clinic.consent(session, ask).await),
        ClientEvent::RecordingStop(ask) => Answer::new(clinic.stop_recording(session, ask).await),

        ClientEvent::AssistantAsk(ask) => Answer::new(clinic.ask_assistant(session, ask).await),
        ClientEvent::AssistantCancel(ask) => Answer::new(clinic.cancel_answer(session, ask).await),
        ClientEvent::AssistantAttach(ask) => Answer::new(clinic.attach_to(session, ask).await),
        ClientEvent::AssistantEnable(ask) => Answer::new(clinic.enable_assistant(actor, ask).await),
        ClientEvent::AssistantDisable(ask) => Answer::new(clinic.disable_assistant(actor, ask).await),
        ClientEvent::AssistantConsent(ask) => Answer::new(clinic.consent_to_assistant(actor, ask).await),
    }
}

/// What a recorder says, and nobody else.
pub async fn route_recorder(clinic: &Clinic, session: &Arc<Session>, event: RecorderEvent) -> Answer {
    match event {
        RecorderEvent::RecorderRegister(ask) => Answer::new(clinic.register_recorder(session, ask).await),
        RecorderEvent::RecorderStatus(ask) => Answer::new(Ok(clinic.recorder_status(session, &ask))),
        RecorderEvent::RecorderFailed(ask) => Answer::new(clinic.recorder_failed(session, &ask).await),
        RecorderEvent::RecorderFinished(ask) => Answer::new(clinic.recorder_finished(session, ask).await),
    }
}

fn already_in() -> Result<()> {
    Err(Refusal::new(Code::Conflict, "this session is authenticated already").into())
}

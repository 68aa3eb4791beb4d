//! The protocol on one page. A row is an event: its name, its payload, and what answers it.

use crate::{
    assistant::{
        AssistantAnswered, AssistantAsk, AssistantAsked, AssistantAttach, AssistantAttached, AssistantCancel,
        AssistantChunk, AssistantComplete, AssistantConsent, AssistantConsentRequested, AssistantDisable,
        AssistantEnable, AssistantFailed, AssistantStopTyping, AssistantTyping,
    },
    chat::{
        ChatDelivered, ChatHistory, ChatJoinRoom, ChatJoined, ChatLeaveRoom, ChatMarkDelivered, ChatMarkSeen,
        ChatMemberJoined, ChatMemberLeft, ChatMessage, ChatPage, ChatRedactMessage, ChatRedacted,
        ChatRedactionStored, ChatSeen, ChatSendMessage, ChatSent, ChatStopTyping, ChatStopTypingHeard,
        ChatTyping, ChatTypingHeard,
    },
    consultation::{
        ConsultationAdmit, ConsultationAdmitted, ConsultationClosed, ConsultationCreated, ConsultationDenied,
        ConsultationDeny, ConsultationEnd, ConsultationEnded, ConsultationHeld, ConsultationHold,
        ConsultationLeftWaiting, ConsultationStarted, ConsultationUpdated, ConsultationWaiting,
    },
    conversation::{ConversationCreated, ConversationDeleted, ConversationUpdated},
    presence::{PresenceChanged, PresenceSet, PresenceWatch, PresenceWatched},
    recording::{
        RecordingAnswered, RecordingChanged, RecordingConsent, RecordingConsentRequested, RecordingStart,
        RecordingStop,
    },
    room::RoomEventHeard,
    session::{
        Authenticated, ErrorEvent, Pong, Refreshed, SessionAuthenticate, SessionClosing, SessionExpiring,
        SessionHeartbeat, SessionPing, SessionReady, SessionRefresh,
    },
    table::Done,
    webrtc::{
        IceServers, Negotiated, WebrtcAnswer, WebrtcAnswerHeard, WebrtcIceCandidate, WebrtcIceCandidateHeard,
        WebrtcIceServers, WebrtcIceServersRenewed, WebrtcJoinRoom, WebrtcJoined, WebrtcLeaveRoom,
        WebrtcMediaState, WebrtcMediaStateHeard, WebrtcOffer, WebrtcOfferHeard, WebrtcPeerAway,
        WebrtcPeerBack, WebrtcPeerJoined, WebrtcPeerLeft, WebrtcStats,
    },
};

events! { client
    /// What a client may say.
    ClientEvent {
        /// Say who you are: first frame, on `/ws` only.
        "session:authenticate" SessionAuthenticate -> Authenticated,
        /// Ask whether the server is there.
        "session:ping" SessionPing -> Pong,
        /// Bring a newer token.
        "session:refresh" SessionRefresh -> Refreshed,

        /// Enter a room to read and write.
        "chat:join_room" ChatJoinRoom -> ChatJoined,
        /// Leave a room.
        "chat:leave_room" ChatLeaveRoom -> Done,
        /// Write to everyone in the room; answered when the message is durable.
        "chat:send_message" ChatSendMessage -> ChatSent,
        /// Take a message back.
        "chat:redact_message" ChatRedactMessage -> ChatRedactionStored,
        /// Say that you are writing.
        "chat:typing" ChatTyping -> Done,
        /// Say that you have stopped writing.
        "chat:stop_typing" ChatStopTyping -> Done,
        /// Say that everything up to here reached you.
        "chat:mark_delivered" ChatMarkDelivered -> Done,
        /// Say that you have seen everything up to here.
        "chat:mark_seen" ChatMarkSeen -> Done,
        /// Read a page of the room's log.
        "chat:history" ChatHistory -> ChatPage,

        /// Enter the call, or the waiting room in front of it.
        "webrtc:join_room" WebrtcJoinRoom -> WebrtcJoined,
        /// Leave the call, or the waiting room.
        "webrtc:leave_room" WebrtcLeaveRoom -> Done,
        /// Offer a session to a peer.
        "webrtc:offer" WebrtcOffer -> Negotiated,
        /// Answer a peer's offer.
        "webrtc:answer" WebrtcAnswer -> Negotiated,
        /// Tell a peer a way to reach you.
        "webrtc:ice_candidate" WebrtcIceCandidate -> Done,
        /// Say what you are sending.
        "webrtc:media_state" WebrtcMediaState -> Done,
        /// Ask for fresh ICE servers.
        "webrtc:ice_servers" WebrtcIceServers -> IceServers,
        /// Report how the call is.
        "webrtc:stats" WebrtcStats -> Done,

        /// Let somebody in from the waiting room.
        "consultation:admit" ConsultationAdmit -> Done,
        /// Send somebody away from the waiting room.
        "consultation:deny" ConsultationDeny -> Done,
        /// Send somebody back to the waiting room.
        "consultation:hold" ConsultationHold -> Done,
        /// End the visit.
        "consultation:end" ConsultationEnd -> ConsultationClosed,

        /// Say how you can be reached.
        "presence:set" PresenceSet -> Done,
        /// Hear of others' presence from now on.
        "presence:watch" PresenceWatch -> PresenceWatched,

        /// Ask everybody in the call to agree to a recording.
        "recording:start" RecordingStart -> RecordingAnswered,
        /// Agree to be recorded, or do not, or no longer.
        "recording:consent" RecordingConsent -> RecordingAnswered,
        /// Stop a recording.
        "recording:stop" RecordingStop -> RecordingAnswered,

        /// Ask an assistant; answered when the question is durable and the answer has begun.
        "assistant:ask" AssistantAsk -> AssistantAsked,
        /// End an answer that is being written.
        "assistant:cancel" AssistantCancel -> Done,
        /// Take an answer as far as it is, and hear the rest live.
        "assistant:attach" AssistantAttach -> AssistantAttached,
        /// Let an assistant be asked in a consultation, once its patient agrees.
        "assistant:enable" AssistantEnable -> AssistantAnswered,
        /// Let an assistant be asked there no longer.
        "assistant:disable" AssistantDisable -> AssistantAnswered,
        /// Agree that what is written in a consultation goes to an assistant, or do not, or no longer.
        "assistant:consent" AssistantConsent -> AssistantAnswered,
    }
}

events! { server
    /// What the server may say without being asked.
    ServerEvent {
        /// The first event of a session, and the first after the replay of a resumed one.
        "session:ready" SessionReady,
        /// Still here; this is how far the joined rooms have come.
        "session:heartbeat" SessionHeartbeat,
        /// The token expires in a minute.
        "session:expiring" SessionExpiring,
        /// The server is about to end this session.
        "session:closing" SessionClosing,
        /// An event that did not ask for an acknowledgement was refused.
        "error" ErrorEvent,

        /// A row of the room's log that has no event of its own.
        "room:event" RoomEventHeard,

        /// Somebody wrote.
        "chat:message" ChatMessage,
        /// A message was taken back.
        "chat:redacted" ChatRedacted,
        /// Somebody is writing.
        "chat:typing" ChatTypingHeard,
        /// Somebody has stopped writing.
        "chat:stop_typing" ChatStopTypingHeard,
        /// Everything up to here reached somebody.
        "chat:delivered" ChatDelivered,
        /// Somebody has seen everything up to here.
        "chat:seen" ChatSeen,
        /// A member's first session entered the room.
        "chat:member_joined" ChatMemberJoined,
        /// A member's last session left the room.
        "chat:member_left" ChatMemberLeft,

        /// Someone entered the call.
        "webrtc:peer_joined" WebrtcPeerJoined,
        /// Someone left the call.
        "webrtc:peer_left" WebrtcPeerLeft,
        /// Someone's connection broke; keep the call.
        "webrtc:peer_away" WebrtcPeerAway,
        /// They are back.
        "webrtc:peer_back" WebrtcPeerBack,
        /// A peer offers you a session.
        "webrtc:offer" WebrtcOfferHeard,
        /// A peer answers your offer.
        "webrtc:answer" WebrtcAnswerHeard,
        /// A way to reach a peer.
        "webrtc:ice_candidate" WebrtcIceCandidateHeard,
        /// What a peer sends now.
        "webrtc:media_state" WebrtcMediaStateHeard,
        /// Renewed ICE servers.
        "webrtc:ice_servers" WebrtcIceServersRenewed,

        /// A consultation of yours was made.
        "consultation:created" ConsultationCreated,
        /// A consultation of yours has changed.
        "consultation:updated" ConsultationUpdated,
        /// Somebody waits for you to admit them.
        "consultation:waiting" ConsultationWaiting,
        /// Somebody waits no longer: let in, sent away, or gone.
        "consultation:left_waiting" ConsultationLeftWaiting,
        /// You are let in.
        "consultation:admitted" ConsultationAdmitted,
        /// You are not let in.
        "consultation:denied" ConsultationDenied,
        /// You are back in the waiting room.
        "consultation:held" ConsultationHeld,
        /// The doctor and somebody else are in the call.
        "consultation:started" ConsultationStarted,
        /// The visit is over.
        "consultation:ended" ConsultationEnded,

        /// Somebody whom you watch can be reached in another way.
        "presence:changed" PresenceChanged,

        /// You are asked to agree to a recording.
        "recording:consent_requested" RecordingConsentRequested,
        /// A recording stands elsewhere now.
        "recording:changed" RecordingChanged,

        /// An assistant is about to answer.
        "assistant:typing" AssistantTyping,
        /// An assistant writes no longer.
        "assistant:stop_typing" AssistantStopTyping,
        /// A piece of an answer.
        "assistant:chunk" AssistantChunk,
        /// An answer stands in the log.
        "assistant:complete" AssistantComplete,
        /// An answer ended before it was complete; what there is of it stands in the log.
        "assistant:failed" AssistantFailed,
        /// You are asked whether what is written here may go to an assistant.
        "assistant:consent_requested" AssistantConsentRequested,

        /// A conversation of yours was made.
        "conversation:created" ConversationCreated,
        /// A conversation of yours has changed: its title, its last message, what is unread.
        "conversation:updated" ConversationUpdated,
        /// A conversation of yours was deleted, with everything in it.
        "conversation:deleted" ConversationDeleted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn unknown_duplicate_missing_and_mistyped_fields_are_refused_by_name() {
        for (data, field) in [
            (r#"{"roomId":"r","from":"x"}"#, "from"),
            (r#"{"roomId":"r","roomId":"r"}"#, "roomId"),
            (r"{}", "roomId"),
            (r#"{"roomId":7}"#, "roomId"),
        ] {
            let refusal = ClientEvent::parse("chat:typing", data).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::Malformed, Some(field)), "{data}");
        }
    }

    #[test]
    fn a_text_is_refused_with_the_code_that_fits() {
        let long = "a".repeat(4_001);
        for (content, code) in [("  ", Code::Malformed), (long.as_str(), Code::TooLarge)] {
            let data = serde_json::json!({ "roomId": "r", "content": content }).to_string();
            assert_eq!(ClientEvent::parse("chat:send_message", &data).unwrap_err().code, code);
        }
    }

    #[test]
    fn a_candidate_may_be_null_but_not_absent() {
        assert!(ClientEvent::parse("webrtc:ice_candidate", r#"{"roomId":"r","candidate":null}"#).is_ok());
        assert!(ClientEvent::parse("webrtc:ice_candidate", r#"{"roomId":"r"}"#).is_err());
    }

    #[test]
    fn an_offer_is_a_text_or_an_init_of_the_fitting_type() {
        let sdp = "v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\n";
        let offer =
            |sdp: String| ClientEvent::parse("webrtc:offer", &format!(r#"{{"roomId":"r","sdp":{sdp}}}"#));
        assert!(offer(format!(r#""{sdp}""#)).is_ok());
        assert!(offer(format!(r#"{{"type":"offer","sdp":"{sdp}"}}"#)).is_ok());
        assert_eq!(offer(format!(r#"{{"type":"answer","sdp":"{sdp}"}}"#)).unwrap_err().code, Code::Malformed);
        assert_eq!(offer(r#""v=1""#.into()).unwrap_err().code, Code::InvalidSdp);
    }

    #[test]
    fn a_room_id_that_cannot_be_one_names_no_room() {
        let data = format!(r#"{{"roomId":"{}"}}"#, "x".repeat(1_000));
        let ClientEvent::ChatTyping(typing) = ClientEvent::parse("chat:typing", &data).unwrap() else {
            panic!("another event")
        };
        assert_eq!(typing.room_id.as_str(), "");
    }
}

//! The route table: every operation of the API, a row each.

use actix_web::http::Method;

use crate::{
    domain::attachment::Kind,
    http::{
        assistant, attachment, auth, consultation, invitation, me, operation::Operation, play, recording,
        room, user,
    },
};

/// All operations. Those of one path stand together.
#[rustfmt::skip] // A row is a line.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::POST, "/api/v1/consultations", ("createConsultation", "Make a consultation."), consultation::create).creates(),
        Operation::new(Method::GET, "/api/v1/consultations", ("listConsultations", "One's consultations, for staff all of them, the newest first."), consultation::list),
        Operation::new(Method::GET, "/api/v1/consultations/{id}", ("seeConsultation", "A consultation, as far as one may see it."), consultation::see),
        Operation::new(Method::PATCH, "/api/v1/consultations/{id}", ("amendConsultation", "Change the terms of a consultation."), consultation::amend).versioned(),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/cancel", ("cancelConsultation", "Call it off."), consultation::cancel).versioned(),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/end", ("endConsultation", "End it, for everyone who is in it."), consultation::end).versioned(),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/no-show", ("noteNoShow", "Note that the patient did not come."), consultation::no_show).versioned(),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/reopen", ("reopenConsultation", "Go on after all, within a while of its end."), consultation::reopen).versioned(),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/participants", ("addParticipant", "Give somebody a part: an interpreter, a carer, a second doctor."), consultation::add).creates(),
        Operation::new(Method::DELETE, "/api/v1/consultations/{id}/participants/{userId}", ("removeParticipant", "Take somebody's part away, in the call and the chat too."), consultation::remove),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/invitations", ("invite", "Make a link that works without an account."), invitation::invite).creates(),
        Operation::new(Method::GET, "/api/v1/consultations/{id}/events", ("readEvents", "The room's log: what a client without a socket polls."), room::events),
        Operation::new(Method::POST, "/api/v1/consultations/{id}/messages", ("sendMessage", "Write to everyone in the room; answered when it is stored."), room::say).creates(),
        Operation::upload("/api/v1/consultations/{id}/attachments", ("addAttachment", "Bring a file into the room, for a message to name: one part `file` of a form. What no message names in time is deleted."), Kind::Consultation, attachment::put),
        Operation::file("/api/v1/attachments/{id}", ("getAttachment", "A file of a message, whole or in a range."), attachment::get),
        Operation::new(Method::GET, "/api/v1/consultations/{id}/recordings", ("listRecordings", "The recordings of a visit."), recording::list),
        Operation::new(Method::GET, "/api/v1/recordings/{id}", ("seeRecording", "A recording, who has agreed to it, and what can be played of it."), recording::see),
        Operation::new(Method::DELETE, "/api/v1/recordings/{id}", ("deleteRecording", "Delete a recording for good: its key first."), recording::delete).says_nothing(),
        Operation::new(Method::POST, "/api/v1/recordings/{id}/play", ("playRecording", "Let this browser's player fetch a recording, by a cookie that is good for a while."), play::ticket),
        Operation::file("/api/v1/recordings/{id}/media", ("getRecordingMedia", "A file of a recording, whole or in a range."), play::media).or_by_cookie(),
        Operation::new(Method::GET, "/api/v1/assistants", ("listAssistants", "The machines that one may ask, and the hosts that answer."), assistant::list),
        Operation::new(Method::POST, "/api/v1/conversations", ("createConversation", "Begin a conversation with an assistant."), assistant::create).creates(),
        Operation::new(Method::GET, "/api/v1/conversations", ("listConversations", "One's conversations, those with the newest messages first."), assistant::conversations),
        Operation::new(Method::GET, "/api/v1/conversations/{id}", ("seeConversation", "A conversation of one's own."), assistant::see),
        Operation::new(Method::PATCH, "/api/v1/conversations/{id}", ("renameConversation", "Call it something else."), assistant::rename),
        Operation::new(Method::DELETE, "/api/v1/conversations/{id}", ("deleteConversation", "Delete it, with everything that was said in it."), assistant::delete).says_nothing(),
        Operation::new(Method::GET, "/api/v1/conversations/{id}/events", ("readConversation", "Its log: what a client without a socket polls."), assistant::events),
        Operation::upload("/api/v1/conversations/{id}/attachments", ("addConversationAttachment", "Bring a file into the conversation, for a message to name. No assistant is given it; it goes with the conversation."), Kind::Conversation, attachment::put_in_conversation),
        Operation::new(Method::POST, "/api/v1/invitations/accept", ("acceptInvitation", "Come in by a link; the first device that does keeps it."), invitation::accept),
        Operation::new(Method::GET, "/api/v1/auth", ("seeWaysIn", "Which ways in there are, for a page that is about to offer one."), auth::see),
        Operation::new(Method::POST, "/api/v1/auth/login", ("logIn", "Log in with an account of this server's own. What it takes to go on is kept in a cookie."), auth::log_in),
        Operation::new(Method::POST, "/api/v1/auth/refresh", ("refreshLogin", "The next access token of a login, by its cookie."), auth::refresh),
        Operation::new(Method::POST, "/api/v1/auth/logout", ("logOut", "End the login of the cookie, and its open sockets; everywhere, if that is wanted."), auth::log_out).says_nothing(),
        Operation::new(Method::POST, "/api/v1/auth/password", ("changePassword", "Another password for one's own account. All its other logins end."), auth::change_password).says_nothing(),
        Operation::new(Method::GET, "/api/v1/me", ("seeMe", "Who one is here."), me::see),
        Operation::new(Method::GET, "/api/v1/me/sessions", ("listOwnSessions", "Where one is connected."), me::sessions),
        Operation::new(Method::DELETE, "/api/v1/me/sessions/{id}", ("endOwnSession", "End a session of one's own."), me::end_session).says_nothing(),
        Operation::new(Method::GET, "/api/v1/users", ("listUsers", "People of a role whom one may see, and how they can be reached."), user::list),
    ]
}

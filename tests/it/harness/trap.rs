//! A panic where the server least expects it: in the way to one of its clients.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bedside::hub::{Encoded, Link, LinkFull, Offset};
use bedside_protocol::{ids::UserId, session::SessionClosing};

use super::Server;

/// A way to a client that breaks whoever uses it first.
pub struct Trap {
    set: AtomicBool,
    words: String,
}

impl Trap {
    /// Put one between the server and a person's only session. It panics with these words.
    pub fn set(server: &Server, user: &UserId, words: &str) {
        let session = server.clinic.hub.presence.sessions_of(user).remove(0);
        session.attach(Arc::new(Self { set: AtomicBool::new(true), words: words.to_owned() }));
    }
}

impl Link for Trap {
    fn send(&self, _event: &Encoded, _offset: Option<Offset>) -> Result<(), LinkFull> {
        assert!(!self.set.swap(false, Ordering::SeqCst), "{}", self.words);
        Ok(())
    }

    fn shut(&self, _code: u16, _reason: &str) {}

    fn end(&self, _closing: &SessionClosing) {}
}

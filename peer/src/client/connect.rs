//! Where a client connects to, and as whom.

use std::{net::IpAddr, path::PathBuf};

use bedside_protocol::ids::InstanceId;
use serde_json::json;

use super::Framing;

/// Where to connect, and as whom. Make one with [`Connect::to`] and set what differs.
#[derive(Clone)]
pub struct Connect {
    /// The server: `http://…`, `https://…`, `ws://…` or `wss://…`, without `/socket.io/` or `/ws`.
    pub url: String,
    /// The token, given in the CONNECT payload or the first frame. Without one the first frame is left out
    /// on `/ws`: then a header or the query has to carry it.
    pub token: Option<String>,
    /// Kept for the life of a page or an app.
    pub instance_id: Option<InstanceId>,
    /// How to speak.
    pub framing: Framing,
    /// A session to come back to.
    pub resume: Option<Resume>,
    /// Certificate authorities besides the platform's, as PEM files.
    pub extra_roots: Vec<PathBuf>,
    /// More headers of the handshake, such as `Origin` or `Authorization`.
    pub headers: Vec<(String, String)>,
    /// More of the query, such as `token=…`.
    pub query: String,
    /// The address to come from, where that matters (limits for each address).
    pub from: Option<IpAddr>,
}

/// A session to come back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Socket.IO's `pid`, or the `resumeId` of `session:ready`.
    pub id: String,
    /// The last event that was heard.
    pub offset: Option<String>,
}

impl Connect {
    /// To `url`, with `token`, through Socket.IO.
    pub fn to(url: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            token: Some(token.into()),
            instance_id: None,
            framing: Framing::SocketIo,
            resume: None,
            extra_roots: Vec::new(),
            headers: Vec::new(),
            query: String::new(),
            from: None,
        }
    }

    /// The same, from this page or app.
    #[must_use]
    pub fn instance(self, instance_id: InstanceId) -> Self {
        Self { instance_id: Some(instance_id), ..self }
    }

    /// The same, in this framing.
    #[must_use]
    pub fn framing(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }

    /// The frame that says who comes.
    pub(super) fn hello(&self) -> Option<String> {
        let mut who = serde_json::Map::new();
        if let Some(token) = &self.token {
            who.insert("token".to_owned(), json!(token));
        }
        if let Some(instance_id) = &self.instance_id {
            who.insert("instanceId".to_owned(), json!(instance_id));
        }
        match self.framing {
            Framing::SocketIo => {
                if let Some(Resume { id, offset }) = &self.resume {
                    who.insert("pid".to_owned(), json!(id));
                    who.insert("offset".to_owned(), json!(offset));
                }
                Some(format!("40{}", json!(who)))
            }
            Framing::Plain => {
                self.token.as_ref()?;
                if let Some(Resume { id, offset }) = &self.resume {
                    who.insert("resume".to_owned(), json!({ "id": id, "offset": offset }));
                }
                Some(json!({ "id": 0, "event": "session:authenticate", "data": who }).to_string())
            }
        }
    }
}

impl std::fmt::Debug for Connect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect")
            .field("url", &self.url)
            .field("framing", &self.framing)
            .finish_non_exhaustive()
    }
}

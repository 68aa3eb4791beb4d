//! How a session comes to its end: why, with which code, and what the client is told.

use bytestring::ByteString;

use super::polling::Farewell;
use crate::{application::CloseReason, options::Options};

/// How a session comes to its end.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) reason: CloseReason,
    /// The WebSocket close code.
    pub(crate) code: u16,
    pub(crate) text: ByteString,
    /// Whether what is queued goes out first.
    pub(crate) flush: bool,
    /// What a polling client is told.
    pub(crate) farewell: Farewell,
}

impl End {
    /// With the code that fits the reason.
    pub(crate) fn of(reason: CloseReason, options: &Options) -> Self {
        let code = match reason {
            CloseReason::ParseError => 1002,
            CloseReason::Panic => 1011,
            CloseReason::ServerShutdown => 1012,
            CloseReason::TooSlow => options.too_slow_code,
            CloseReason::ClientDisconnect
            | CloseReason::ServerDisconnect
            | CloseReason::ServerClose
            | CloseReason::TransportClose
            | CloseReason::TransportError
            | CloseReason::PingTimeout
            | CloseReason::ConnectTimeout
            | CloseReason::Recovered => 1000,
        };
        let flush = !matches!(reason, CloseReason::TooSlow | CloseReason::PingTimeout);
        let farewell = match reason {
            CloseReason::PingTimeout | CloseReason::TransportError => Farewell::Forget,
            CloseReason::TransportClose => Farewell::Release,
            CloseReason::ClientDisconnect
            | CloseReason::ServerDisconnect
            | CloseReason::ServerClose
            | CloseReason::ServerShutdown
            | CloseReason::ParseError
            | CloseReason::TooSlow
            | CloseReason::ConnectTimeout
            | CloseReason::Panic
            | CloseReason::Recovered => Farewell::Tell,
        };
        Self { reason, code, text: ByteString::from_static(reason.as_str()), flush, farewell }
    }
}

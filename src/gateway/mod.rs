//! Floor 4, sockets: from bytes to verbs and back. Socket.IO and plain WebSocket share everything but the
//! spelling of a frame.

pub mod address;
pub mod answer;
pub mod conversation;
pub mod in_process;
pub mod legacy;
pub mod plain;
pub mod router;
pub mod socketio;

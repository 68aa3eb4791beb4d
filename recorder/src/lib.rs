//! Records visits: a peer of the room that writes what it is sent into sealed WebM files.
//!
//! [`media`] turns packets into file operations. It knows no clock, no socket and no file: time is what its caller says.
//! [`leg`] is a WebRTC connection to one peer, [`spool`] the folder of sealed files,
//! [`signals`] how a recorder speaks with the server, and [`deck`] is the recorder at work, who has all of them.

mod clock;
pub mod deck;
pub mod leg;
pub mod manifest;
pub mod media;
pub mod signals;
pub mod spool;

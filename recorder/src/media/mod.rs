//! From packets to file operations, without a clock, a socket or a file.
//!
//! One [`Tape`] is what one leg writes. Packets and sender reports go in as they arrive, [`Op`]s come out. Every time is a
//! `Duration` since the recording's epoch, the same for all legs: that is how they stay together.

mod clock;
mod codec;
pub mod depacketize;
mod drift;
mod part;
mod reorder;
mod report;
mod stream;
mod tape;
mod timeline;
mod track;
mod wait;
pub mod webm;

pub use self::{
    codec::{Codec, Container, Kind},
    report::{Gap, LegReport, PartReport, TrackReport},
    tape::{Op, Packet, SenderReport, Tape, TapeConfig, TrackId},
};

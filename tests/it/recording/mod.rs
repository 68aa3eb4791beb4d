//! Recording a visit: with recorders that the tests speak for, and with the real one and real media.

mod command;
mod consent;
mod kept;
mod media;
mod play;
mod recorder;
mod worker;

//! Recording a visit, with recorders that the tests speak for.

mod consent;
mod kept;
mod recorder;

//! A whole visit, from the first connection to the end, by two peers without a screen.
//!
//! Every step checks what both sides are promised and is timed. The first that falls short ends the visit
//! with an error that says what was missing.

mod recorded;
mod side;
mod steps;

use std::{future::Future, time::Duration};

use bedside_protocol::ids::{RecordingId, RoomId};
use tokio::time::Instant;

use crate::{
    call::{Network, Received},
    client::Connect,
};

/// A visit to be held. Doctor and patient have a part in the consultation, and it has a waiting room.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The consultation.
    pub room: RoomId,
    /// The doctor's way in. An instance id is added where there is none.
    pub doctor: Connect,
    /// The patient's way in.
    pub patient: Connect,
    /// Where media goes in and out.
    pub network: Network,
    /// For how long media is looked at.
    pub media: Duration,
    /// Whether it is recorded.
    pub record: bool,
}

/// What a visit was like.
#[derive(Debug, Clone)]
pub struct Report {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What the doctor received, all in all.
    pub at_doctor: Received,
    /// What the patient received, all in all.
    pub at_patient: Received,
    /// What was recorded, and can be played.
    pub recording: Option<RecordingId>,
}

/// A step of a visit that did what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// A step fell short.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {cause}")]
pub struct Shortfall {
    /// The step.
    pub step: &'static str,
    /// What was missing.
    pub cause: Cause,
    /// The steps before it.
    pub done: Vec<Step>,
}

/// Why a step fell short.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Hold a visit.
pub async fn hold(visit: Visit) -> Result<Report, Shortfall> {
    let mut log = Log { steps: Vec::new() };
    let ((at_doctor, at_patient), recording) = Box::pin(steps::hold(visit, &mut log)).await?;
    Ok(Report { steps: log.steps, at_doctor, at_patient, recording })
}

/// What was done so far.
struct Log {
    steps: Vec<Step>,
}

impl Log {
    async fn step<T>(
        &mut self,
        name: &'static str,
        doing: impl Future<Output = Result<T, Cause>>,
    ) -> Result<T, Shortfall> {
        let began = Instant::now();
        match doing.await {
            Ok(done) => {
                self.add(name, began.elapsed());
                Ok(done)
            }
            Err(cause) => Err(Shortfall { step: name, cause, done: std::mem::take(&mut self.steps) }),
        }
    }

    fn add(&mut self, name: &'static str, took: Duration) {
        self.steps.push(Step { name, took });
    }
}

/// What should hold, or the step falls short of it.
fn ensure(holds: bool, or: impl FnOnce() -> String) -> Result<(), Cause> {
    if holds { Ok(()) } else { Err(or().into()) }
}

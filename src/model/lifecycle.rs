//! The lifecycle of a consultation, as one table.

use bedside_protocol::{Code, Refusal, consultation::Status};

/// What may happen to a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Somebody who must be admitted asked to enter the call.
    Wait,
    /// The doctor and somebody else are in the call.
    Start,
    /// Doctor or staff call it off.
    Cancel,
    /// The patient did not come.
    NoShow,
    /// It is over.
    End,
    /// It goes on after all.
    Reopen,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 6] = [Self::Wait, Self::Start, Self::Cancel, Self::NoShow, Self::End, Self::Reopen];

    /// The states that it may be taken from, and the state that it leads to.
    pub const fn table(self) -> (&'static [Status], Status) {
        use Status::{Cancelled, Completed, InProgress, NoShow, Scheduled, Waiting};
        match self {
            Self::Wait => (&[Scheduled], Waiting),
            Self::Start => (&[Scheduled, Waiting], InProgress),
            Self::Cancel => (&[Scheduled, Waiting], Cancelled),
            Self::NoShow => (&[Scheduled, Waiting], NoShow),
            Self::End => (&[InProgress], Completed),
            Self::Reopen => (&[Completed], InProgress),
        }
    }

    /// Whether it may be taken from this state; says `ended` where it is too late, `conflict` where it is too early.
    pub fn check(self, from: Status) -> Result<(), Refusal> {
        if self.table().0.contains(&from) {
            Ok(())
        } else if is_over(from) && self != Self::Reopen {
            Err(Code::Ended.into())
        } else {
            Err(Refusal::new(Code::Conflict, self.too_early()))
        }
    }

    const fn too_early(self) -> &'static str {
        match self {
            Self::End => "it has not begun; call it off instead",
            Self::Reopen => "only a visit that was held and is over goes on",
            Self::Cancel | Self::NoShow => "it has begun; end it instead",
            Self::Wait | Self::Start => "it has begun",
        }
    }
}

/// Whether nothing more can happen in the call and the chat.
pub const fn is_over(status: Status) -> bool {
    matches!(status, Status::Completed | Status::Cancelled | Status::NoShow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_what_the_protocol_says() {
        use Status::{Cancelled, Completed, InProgress, NoShow, Scheduled, Waiting};
        let allowed = [
            (Scheduled, Step::Wait),
            (Scheduled, Step::Start),
            (Scheduled, Step::Cancel),
            (Scheduled, Step::NoShow),
            (Waiting, Step::Start),
            (Waiting, Step::Cancel),
            (Waiting, Step::NoShow),
            (InProgress, Step::End),
            (Completed, Step::Reopen),
        ];
        for status in [Scheduled, Waiting, InProgress, Completed, Cancelled, NoShow] {
            for step in Step::ALL {
                assert_eq!(
                    step.check(status).is_ok(),
                    allowed.contains(&(status, step)),
                    "{status:?} {step:?}"
                );
            }
        }
    }
}

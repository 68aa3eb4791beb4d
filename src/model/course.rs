//! Where a recording stands next: its rules as one pure function.

use bedside_protocol::{
    ids::UserId,
    recording::{Decision, RecordingReason, RecordingState},
};

use crate::model::consent::{Consents, FullConsent, Incomplete};

/// Whether a recorder is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorder {
    /// It is in the call.
    Seated,
    /// One could come.
    Free,
    /// None can.
    Nowhere,
}

/// All that decides where a recording stands next.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// Where it stands.
    pub state: RecordingState,
    /// Why it stands there.
    pub reason: Option<RecordingReason>,
    /// Who is in the call.
    pub present: &'a [UserId],
    /// What they have said.
    pub consents: &'a Consents,
    /// The patient.
    pub patient: &'a UserId,
    /// Whether there is a recorder.
    pub recorder: Recorder,
    /// Why it is to end, where it is.
    pub ending: Option<RecordingReason>,
}

/// Where it stands next, and why.
pub type Standing = (RecordingState, Option<RecordingReason>);

impl Situation<'_> {
    /// Where it stands next; what is said twice stays.
    pub fn next(&self) -> Standing {
        match self.state {
            RecordingState::AwaitingConsent => self.before_it_begins(),
            RecordingState::Recording | RecordingState::Paused => self.while_it_goes_on(),
            RecordingState::Stopped | RecordingState::Failed | RecordingState::Ready => {
                (self.state, self.reason)
            }
        }
    }

    fn before_it_begins(&self) -> Standing {
        if let Some(reason) = self.ending {
            return ended(reason);
        }
        match FullConsent::to_begin(self.present, self.consents) {
            Ok(_) if self.recorder != Recorder::Nowhere => (RecordingState::Recording, None),
            Err(Incomplete::Refused) => ended(RecordingReason::Refused),
            Ok(_) | Err(Incomplete::Missing(_) | Incomplete::Alone | Incomplete::Nobody) => {
                (RecordingState::AwaitingConsent, None)
            }
        }
    }

    fn while_it_goes_on(&self) -> Standing {
        if let Some(reason) = self.ending {
            return ended(reason);
        }
        if self.consents.of(self.patient) == Some(Decision::Withdrawn) {
            return ended(RecordingReason::Withdrawn);
        }
        let full = FullConsent::to_go_on(self.present, self.consents);
        let lost = (RecordingState::Paused, Some(RecordingReason::RecorderLost));
        match (self.recorder, full) {
            (Recorder::Seated, Err(Incomplete::Missing(_))) => {
                (RecordingState::Paused, Some(RecordingReason::SomebodyJoined))
            }
            (Recorder::Seated, _) => (RecordingState::Recording, None),
            // That the recorder was lost is said before another one comes.
            (Recorder::Free, Ok(_)) if (self.state, self.reason) == lost => (RecordingState::Recording, None),
            (Recorder::Free | Recorder::Nowhere, _) => lost,
        }
    }
}

/// Where a recording stands that ends for this reason.
fn ended(reason: RecordingReason) -> Standing {
    let state = match reason {
        RecordingReason::RecorderLost | RecordingReason::RecorderFailed => RecordingState::Failed,
        RecordingReason::StoppedByDoctor
        | RecordingReason::Refused
        | RecordingReason::Withdrawn
        | RecordingReason::SomebodyJoined
        | RecordingReason::NoAnswer
        | RecordingReason::EverybodyLeft
        | RecordingReason::VisitEnded
        | RecordingReason::TooLong
        | RecordingReason::DiskFull
        | RecordingReason::StorageFailed => RecordingState::Stopped,
    };
    (state, Some(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecordingReason::{
        RecorderFailed, RecorderLost, Refused, SomebodyJoined, StoppedByDoctor, Withdrawn,
    };
    use RecordingState::{AwaitingConsent, Failed, Paused, Recording, Stopped};

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    /// The answers of doctor, patient and guest: yes, no, `w`ithdrawn, `?` none, `-` not in the call.
    fn people(answers: &str) -> (Vec<UserId>, Consents) {
        let (mut present, mut consents) = (Vec::new(), Consents::default());
        for (name, answer) in ["anna", "ben", "gil"].into_iter().zip(answers.chars()) {
            let decision = match answer {
                'y' => Some(Decision::Given),
                'n' => Some(Decision::Refused),
                'w' => Some(Decision::Withdrawn),
                '?' => None,
                _ => continue,
            };
            present.push(user(name));
            if let Some(decision) = decision {
                consents.note(user(name), decision);
            }
        }
        (present, consents)
    }

    fn next(from: Standing, recorder: Recorder, answers: &str) -> Standing {
        let (present, consents) = people(answers);
        let (state, reason) = from;
        let patient = &user("ben");
        let ending = None;
        Situation { state, reason, present: &present, consents: &consents, patient, recorder, ending }.next()
    }

    #[test]
    fn before_it_begins_everyone_is_waited_for_and_one_no_ends_it() {
        for (answers, then) in [
            ("??-", (AwaitingConsent, None)),
            ("y?-", (AwaitingConsent, None)),
            ("y--", (AwaitingConsent, None)),
            ("yy-", (Recording, None)),
            ("yy?", (AwaitingConsent, None)),
            ("yyy", (Recording, None)),
            ("yn-", (Stopped, Some(Refused))),
            ("?n?", (Stopped, Some(Refused))),
            ("yw-", (Stopped, Some(Refused))),
            ("---", (AwaitingConsent, None)),
        ] {
            assert_eq!(next((AwaitingConsent, None), Recorder::Free, answers), then, "{answers}");
        }
        assert_eq!(next((AwaitingConsent, None), Recorder::Nowhere, "yy-"), (AwaitingConsent, None));
    }

    #[test]
    fn while_it_goes_on_whoever_is_unasked_pauses_it_and_the_patients_withdrawal_ends_it() {
        let paused = (Paused, Some(SomebodyJoined));
        for from in [(Recording, None), paused] {
            for (answers, then) in [
                ("yy-", (Recording, None)),
                ("yy?", paused),
                ("yyy", (Recording, None)),
                ("yyn", (Recording, None)),
                ("yyw", (Recording, None)),
                ("yw-", (Stopped, Some(Withdrawn))),
                ("-y-", (Recording, None)),
                ("---", (Recording, None)),
            ] {
                assert_eq!(next(from, Recorder::Seated, answers), then, "{from:?} {answers}");
            }
        }
    }

    #[test]
    fn a_lost_recorder_is_said_and_then_another_one_takes_over() {
        let lost = (Paused, Some(RecorderLost));
        assert_eq!(next((Recording, None), Recorder::Free, "yy-"), lost);
        assert_eq!(next(lost, Recorder::Free, "yy-"), (Recording, None));
        assert_eq!(next(lost, Recorder::Free, "yy?"), lost, "nobody is recorded while somebody is unasked");
        assert_eq!(next(lost, Recorder::Free, "---"), lost, "there is nobody to record");
        assert_eq!(next(lost, Recorder::Nowhere, "yy-"), lost);
    }

    #[test]
    fn what_ends_it_ends_it_from_everywhere_and_what_is_over_stays_so() {
        let (present, consents) = people("yy-");
        let patient = &user("ben");
        for state in [AwaitingConsent, Recording, Paused] {
            for (reason, then) in
                [(StoppedByDoctor, Stopped), (RecorderFailed, Failed), (RecorderLost, Failed)]
            {
                let (reason, recorder, ending) = (None, Recorder::Seated, Some(reason));
                let situation = Situation {
                    state,
                    reason,
                    present: &present,
                    consents: &consents,
                    patient,
                    recorder,
                    ending,
                };
                assert_eq!(situation.next(), (then, ending));
            }
        }
        for over in [(Stopped, Some(StoppedByDoctor)), (Failed, None), (RecordingState::Ready, None)] {
            assert_eq!(next(over, Recorder::Seated, "yy?"), over);
        }
    }
}

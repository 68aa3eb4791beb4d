//! Consent to a recording, as a type: whoever holds a [`FullConsent`] may have these people recorded, and only complete
//! consent makes one.

use std::collections::BTreeMap;

use bedside_protocol::{ids::UserId, recording::Decision};

/// What everybody has last said to a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consents(BTreeMap<UserId, Decision>);

/// Everybody in the call has answered, and these agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullConsent(Vec<UserId>);

/// Why there is no full consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomplete {
    /// These have yet to answer.
    Missing(Vec<UserId>),
    /// Somebody in the call does not agree.
    Refused,
    /// Fewer than two are in the call.
    Alone,
    /// Nobody in the call agrees.
    Nobody,
}

impl Consents {
    /// What somebody has last said.
    pub fn of(&self, user: &UserId) -> Option<Decision> {
        self.0.get(user).copied()
    }

    /// What somebody means: no after yes takes the yes back, and what was never given cannot be taken back.
    pub fn understand(&self, user: &UserId, said: Decision) -> Decision {
        match (said, self.of(user)) {
            (Decision::Given, _) => Decision::Given,
            (Decision::Refused | Decision::Withdrawn, Some(Decision::Given | Decision::Withdrawn)) => {
                Decision::Withdrawn
            }
            (Decision::Refused | Decision::Withdrawn, Some(Decision::Refused) | None) => Decision::Refused,
        }
    }

    /// Take note of what somebody has said.
    pub fn note(&mut self, user: UserId, decision: Decision) {
        self.0.insert(user, decision);
    }

    /// Those in the call who have yet to answer.
    pub fn missing(&self, present: &[UserId]) -> Vec<UserId> {
        present.iter().filter(|user| self.of(user).is_none()).cloned().collect()
    }

    /// Those in the call who agree.
    pub fn agreeing(&self, present: &[UserId]) -> Vec<UserId> {
        present.iter().filter(|user| self.of(user) == Some(Decision::Given)).cloned().collect()
    }

    /// Whether a recording ends because somebody no longer agrees: the patient, or one of the last two.
    pub fn ends_without(&self, who: &UserId, patient: &UserId, present: &[UserId]) -> bool {
        let others = present.iter().filter(|user| *user != who && self.of(user) == Some(Decision::Given));
        who == patient || others.count() < 2
    }
}

impl FullConsent {
    /// To begin: all who are in the call agree, and they are at least two.
    pub fn to_begin(present: &[UserId], consents: &Consents) -> Result<Self, Incomplete> {
        let refused = |user| matches!(consents.of(user), Some(Decision::Refused | Decision::Withdrawn));
        if present.iter().any(refused) {
            return Err(Incomplete::Refused);
        }
        let missing = consents.missing(present);
        if !missing.is_empty() {
            return Err(Incomplete::Missing(missing));
        }
        if present.len() < 2 {
            return Err(Incomplete::Alone);
        }
        Ok(Self(present.to_vec()))
    }

    /// To go on: all who are in the call have answered, and those who agree are recorded.
    pub fn to_go_on(present: &[UserId], consents: &Consents) -> Result<Self, Incomplete> {
        let missing = consents.missing(present);
        if !missing.is_empty() {
            return Err(Incomplete::Missing(missing));
        }
        let agreeing = consents.agreeing(present);
        if agreeing.is_empty() { Err(Incomplete::Nobody) } else { Ok(Self(agreeing)) }
    }

    /// Whether somebody is recorded.
    pub fn covers(&self, user: &UserId) -> bool {
        self.0.contains(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: [Option<Decision>; 4] =
        [None, Some(Decision::Given), Some(Decision::Refused), Some(Decision::Withdrawn)];

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    /// With what somebody has said, if they have said anything.
    fn saying(mut consents: Consents, who: &UserId, answer: Option<Decision>) -> Consents {
        if let Some(answer) = answer {
            consents.note(who.clone(), answer);
        }
        consents
    }

    /// Every table of answers that up to three people in the call can have given, somebody outside beside them.
    fn tables() -> Vec<(Vec<UserId>, Consents)> {
        let names = ["anna", "ben", "gil"].map(user);
        let mut tables = Vec::new();
        for count in 0..=names.len() {
            let present = names[..count].to_vec();
            let outside = |answer| saying(Consents::default(), &user("outside"), answer);
            let mut answered = ANSWERS.map(outside).to_vec();
            for who in &present {
                let with = |before: &Consents| ANSWERS.map(|answer| saying(before.clone(), who, answer));
                answered = answered.iter().flat_map(with).collect();
            }
            tables.extend(answered.into_iter().map(|consents| (present.clone(), consents)));
        }
        tables
    }

    #[test]
    fn a_recording_begins_only_when_all_of_at_least_two_have_said_yes() {
        for (present, consents) in tables() {
            let all = present.iter().all(|user| consents.of(user) == Some(Decision::Given));
            let begins = FullConsent::to_begin(&present, &consents);
            assert_eq!(begins.is_ok(), all && present.len() >= 2, "{present:?} {consents:?}");
            if let Ok(full) = begins {
                assert!(present.iter().all(|user| full.covers(user)) && !full.covers(&user("outside")));
            }
        }
    }

    #[test]
    fn a_recording_goes_on_only_when_nobody_in_the_call_is_unasked_and_records_those_alone_who_agree() {
        for (present, consents) in tables() {
            let answered = present.iter().all(|user| consents.of(user).is_some());
            let agrees = |user: &&UserId| consents.of(user) == Some(Decision::Given);
            let goes_on = FullConsent::to_go_on(&present, &consents);
            assert_eq!(goes_on.is_ok(), answered && present.iter().any(|user| agrees(&user)), "{consents:?}");
            if let Ok(full) = goes_on {
                assert!(present.iter().all(|user| full.covers(user) == agrees(&user)), "{consents:?}");
                assert!(!full.covers(&user("outside")), "who is not in the call is not recorded");
            }
        }
    }

    #[test]
    fn what_somebody_means_follows_from_what_they_have_said_before() {
        use Decision::{Given, Refused, Withdrawn};
        let table = [
            (None, Given, Given),
            (None, Refused, Refused),
            (None, Withdrawn, Refused),
            (Some(Given), Given, Given),
            (Some(Given), Refused, Withdrawn),
            (Some(Given), Withdrawn, Withdrawn),
            (Some(Refused), Given, Given),
            (Some(Refused), Refused, Refused),
            (Some(Refused), Withdrawn, Refused),
            (Some(Withdrawn), Given, Given),
            (Some(Withdrawn), Refused, Withdrawn),
            (Some(Withdrawn), Withdrawn, Withdrawn),
        ];
        for (before, said, meant) in table {
            let consents = saying(Consents::default(), &user("ben"), before);
            assert_eq!(consents.understand(&user("ben"), said), meant, "{before:?} {said:?}");
        }
    }

    #[test]
    fn the_patient_and_one_of_the_last_two_end_a_recording_by_withdrawing_and_nobody_else_does() {
        let (anna, ben, gil) = (user("anna"), user("ben"), user("gil"));
        for (present, consents) in tables() {
            for who in [&anna, &ben, &gil] {
                let left = consents.agreeing(&present).into_iter().filter(|user| user != who).count();
                let ends = consents.ends_without(who, &ben, &present);
                assert_eq!(ends, *who == ben || left < 2, "{who} {present:?} {consents:?}");
            }
        }
    }
}

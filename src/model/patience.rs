//! Attempts that failed, and how long each makes the next one wait.

use std::{collections::HashMap, hash::Hash};

/// The first wait; each further failure doubles it.
const FIRST_WAIT_MS: u64 = 1_000;
/// Who has not failed for so long has not failed.
const FORGOTTEN_MS: u64 = 3_600_000;
/// As many as are remembered: 10,000 take about a megabyte.
const MOST: usize = 10_000;

/// How much is put up with.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Failures that make nobody wait: typing is hard.
    pub free: u32,
    /// The longest wait, in milliseconds.
    pub longest_ms: u64,
}

/// The failures of many.
#[derive(Debug)]
pub struct Failures<K> {
    patience: Patience,
    known: HashMap<K, Failed>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    count: u32,
    last_ms: u64,
}

impl<K: Hash + Eq + Clone> Failures<K> {
    /// Nobody has failed.
    pub fn new(patience: Patience) -> Self {
        Self { patience, known: HashMap::new() }
    }

    /// How long somebody has to wait before they may try, in milliseconds; none if they may now.
    pub fn wait_ms(&self, who: &K, now_ms: u64) -> Option<u64> {
        let failed = self.known.get(who).filter(|failed| !failed.is_forgotten(now_ms))?;
        let beyond = failed.count.checked_sub(self.patience.free)?;
        let wait_ms = FIRST_WAIT_MS.saturating_mul(1 << beyond.min(32)).min(self.patience.longest_ms);
        let left_ms = (failed.last_ms + wait_ms).saturating_sub(now_ms);
        (left_ms > 0).then_some(left_ms)
    }

    /// Somebody tries. It counts as a failure until it turns out to be none, so that many attempts at once are
    /// as many.
    pub fn try_once(&mut self, who: K, now_ms: u64) {
        if self.known.len() >= MOST && !self.known.contains_key(&who) {
            self.make_room(now_ms);
        }
        let failed = self.known.entry(who).or_insert(Failed { count: 0, last_ms: now_ms });
        if failed.is_forgotten(now_ms) {
            failed.count = 0;
        }
        *failed = Failed { count: failed.count.saturating_add(1), last_ms: now_ms };
    }

    /// It was no failure.
    pub fn take_back(&mut self, who: &K) {
        if let Some(failed) = self.known.get_mut(who) {
            failed.count = failed.count.saturating_sub(1);
        }
    }

    /// They have succeeded: what was before does not count.
    pub fn forget(&mut self, who: &K) {
        self.known.remove(who);
    }

    fn make_room(&mut self, now_ms: u64) {
        self.known.retain(|_, failed| !failed.is_forgotten(now_ms));
        if self.known.len() >= MOST {
            // Those whose wait is over soonest, roughly.
            let oldest = self.known.iter().min_by_key(|(_, failed)| (failed.count, failed.last_ms));
            if let Some(oldest) = oldest.map(|(who, _)| who.clone()) {
                self.known.remove(&oldest);
            }
        }
    }
}

impl Failed {
    fn is_forgotten(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.last_ms) >= FORGOTTEN_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { free: 3, longest_ms: 10_000 };

    fn waits(failures: &mut Failures<u32>, times: u32, now_ms: u64) -> Vec<Option<u64>> {
        let one = |_| {
            failures.try_once(7, now_ms);
            failures.wait_ms(&7, now_ms)
        };
        (0..times).map(one).collect()
    }

    #[test]
    fn each_failure_beyond_the_free_ones_doubles_the_wait_up_to_the_longest() {
        let mut failures = Failures::new(PATIENCE);
        let seconds = |n: u64| Some(n * 1_000);
        let expected = [None, None, seconds(1), seconds(2), seconds(4), seconds(8), seconds(10), seconds(10)];
        assert_eq!(waits(&mut failures, 8, 5), expected);
        assert_eq!(failures.wait_ms(&7, 5 + 9_999), Some(1));
        assert_eq!(failures.wait_ms(&7, 5 + 10_000), None, "the wait is over, and not forgotten");
        assert_eq!(waits(&mut failures, 1, 20_000), [seconds(10)]);
        assert_eq!(failures.wait_ms(&8, 5), None, "somebody else's failures are their own");
    }

    #[test]
    fn a_success_or_an_hour_makes_failures_forgotten() {
        let mut failures = Failures::new(PATIENCE);
        waits(&mut failures, 5, 0);
        failures.forget(&7);
        assert_eq!(waits(&mut failures, 3, 0), [None, None, Some(1_000)]);
        assert_eq!(waits(&mut failures, 1, FORGOTTEN_MS), [None]);
        failures.take_back(&7);
        assert_eq!(waits(&mut failures, 3, FORGOTTEN_MS), [None, None, Some(1_000)]);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for_and_the_worst_are_not_forgotten_for_it() {
        let mut failures = Failures::new(PATIENCE);
        for _ in 0..5 {
            failures.try_once(0_u32, 0);
        }
        for who in 1..10_500 {
            failures.try_once(who, 1);
        }
        assert_eq!(failures.known.len(), MOST);
        assert_eq!(failures.wait_ms(&0, 1), Some(3_999));
    }
}

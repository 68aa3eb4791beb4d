//! Offers are numbered, so that an answer to an offer that was replaced meanwhile is told from a good one.

use bedside_protocol::{Code, Refusal, ids::PeerId};

/// The newest offer from one peer to another, and how many candidates were named for it.
#[derive(Debug, Clone)]
struct Offered {
    from: PeerId,
    to: PeerId,
    newest: u64,
    candidates: u64,
}

/// The offers of one call. Small: a call has at most a handful of peers.
#[derive(Debug, Default)]
pub struct Negotiations(Vec<Offered>);

impl Negotiations {
    /// Number a new offer. Numbers start from the clock, so that they grow over restarts too.
    pub fn offer(&mut self, from: &PeerId, to: &PeerId, now_ms: u64) -> u64 {
        let newest = self.0.iter().map(|offered| offered.newest).max().unwrap_or(0);
        let number = now_ms.max(newest + 1);
        self.forget_pair(from, to);
        self.0.push(Offered { from: from.clone(), to: to.clone(), newest: number, candidates: 0 });
        number
    }

    /// The number of the offer that an answer `from` → `to` belongs to. Without a record of an offer (the
    /// server was restarted between the two) the answer passes under the number that it names.
    pub fn answer(
        &self,
        from: &PeerId,
        to: &PeerId,
        named: Option<u64>,
        now_ms: u64,
    ) -> Result<u64, Refusal> {
        let newest = self.find(to, from).map(|offered| offered.newest);
        match (newest, named) {
            (Some(newest), None) => Ok(newest),
            (Some(newest), Some(named)) if named == newest => Ok(newest),
            (Some(newest), Some(_)) => {
                Err(Refusal { negotiation: Some(newest), ..Code::StaleNegotiation.into() })
            }
            (None, named) => Ok(named.unwrap_or(now_ms)),
        }
    }

    /// Count a candidate of `from` for `to`. `limit` is for each side of a numbered negotiation: far more
    /// than interfaces and servers make, far fewer than a flood.
    pub fn candidate(
        &mut self,
        from: &PeerId,
        to: &PeerId,
        named: Option<u64>,
        limit: u64,
    ) -> Result<(), Code> {
        let Some(number) = named else { return Ok(()) };
        let fits = |offered: &&mut Offered| {
            offered.newest == number
                && ((offered.from == *from && offered.to == *to)
                    || (offered.from == *to && offered.to == *from))
        };
        match self.0.iter_mut().find(fits) {
            // Both sides draw on the offer's number, so the count is for both together.
            Some(offered) if offered.candidates >= 2 * limit => Err(Code::TooLarge),
            Some(offered) => {
                offered.candidates += 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A peer is gone.
    pub fn forget(&mut self, peer: &PeerId) {
        self.0.retain(|offered| offered.from != *peer && offered.to != *peer);
    }

    fn forget_pair(&mut self, from: &PeerId, to: &PeerId) {
        self.0.retain(|offered| offered.from != *from || offered.to != *to);
    }

    fn find(&self, from: &PeerId, to: &PeerId) -> Option<&Offered> {
        self.0.iter().find(|offered| offered.from == *from && offered.to == *to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers() -> (PeerId, PeerId) {
        (PeerId::parse("a").unwrap(), PeerId::parse("b").unwrap())
    }

    #[test]
    fn numbers_grow_with_the_clock_and_without_it() {
        let (a, b) = peers();
        let mut negotiations = Negotiations::default();
        let first = negotiations.offer(&a, &b, 1_000);
        let second = negotiations.offer(&b, &a, 900);
        assert_eq!((first, second), (1_000, 1_001));
    }

    #[test]
    fn an_answer_is_stale_only_if_that_offerer_has_sent_a_newer_offer() {
        let (a, b) = peers();
        let mut negotiations = Negotiations::default();
        let first = negotiations.offer(&a, &b, 1_000);
        negotiations.offer(&b, &a, 1_000);
        assert_eq!(negotiations.answer(&b, &a, Some(first), 0), Ok(first));
        let second = negotiations.offer(&a, &b, 1_000);
        let refusal = negotiations.answer(&b, &a, Some(first), 0).unwrap_err();
        assert_eq!((refusal.code, refusal.negotiation), (Code::StaleNegotiation, Some(second)));
        assert_eq!(negotiations.answer(&b, &a, None, 0), Ok(second));
    }
}

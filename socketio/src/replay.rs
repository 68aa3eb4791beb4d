//! What was sent lately, so that a client that lost its connection can be given what it has missed. Pure: bounded in bytes and in
//! time, and honest about what it does not hold any more.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// A log of items with growing offsets. Old items leave when they are too old or too much.
#[derive(Clone, Debug)]
pub struct Replay<T> {
    entries: VecDeque<Entry<T>>,
    next: u64,
    bytes: usize,
    max_bytes: usize,
    window: Duration,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    item: T,
    size: usize,
    at: Instant,
}

impl<T> Replay<T> {
    /// An empty log that keeps at most so many bytes, for at most so long.
    pub fn new(max_bytes: usize, window: Duration) -> Self {
        Self { entries: VecDeque::new(), next: 0, bytes: 0, max_bytes, window }
    }

    /// The offset that the next item will have.
    pub fn next_offset(&self) -> u64 {
        self.next
    }

    /// Appends an item and gives its offset. An item that alone is too large is not kept: whoever misses it cannot be
    /// given it, and is told so by [`Self::after`].
    pub fn push(&mut self, item: T, size: usize, now: Instant) -> u64 {
        self.bytes += size;
        self.entries.push_back(Entry { item, size, at: now });
        self.next += 1;
        self.trim(now);
        self.next - 1
    }

    /// Drops what is too old or too much.
    pub fn trim(&mut self, now: Instant) {
        while let Some(first) = self.entries.front() {
            if self.bytes <= self.max_bytes && now.duration_since(first.at) <= self.window {
                break;
            }
            self.bytes -= first.size;
            self.entries.pop_front();
        }
    }

    /// Everything after an offset, in order; `None` if some of it is gone, or the offset was never given.
    pub fn after(&self, offset: u64) -> Option<impl Iterator<Item = &T>> {
        let kept = u64::try_from(self.entries.len()).ok()?;
        let missed = self.next.checked_sub(offset.checked_add(1)?)?;
        let known = kept.checked_sub(missed)?;
        Some(self.entries.iter().skip(usize::try_from(known).ok()?).map(|entry| &entry.item))
    }

    /// The bytes that it keeps.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Replay;

    const WINDOW: Duration = Duration::from_secs(2);

    fn after(replay: &Replay<u32>, offset: u64) -> Option<Vec<u32>> {
        replay.after(offset).map(|items| items.copied().collect())
    }

    #[test]
    fn what_came_after_an_offset_is_given_in_order_or_not_at_all() {
        let now = Instant::now();
        let mut replay = Replay::new(30, WINDOW);
        assert_eq!(after(&replay, 0), None);
        for item in 0..5 {
            assert_eq!(replay.push(item, 10, now), u64::from(item));
        }
        assert_eq!(after(&replay, 4), Some(vec![]));
        assert_eq!(after(&replay, 2), Some(vec![3, 4]));
        assert_eq!(after(&replay, 1), Some(vec![2, 3, 4]));
        assert_eq!(after(&replay, 0), None, "the item after it was pushed out");
        assert_eq!(after(&replay, 5), None, "never given");
        assert_eq!(after(&replay, u64::MAX), None);
    }

    #[test]
    fn what_is_too_old_or_alone_too_large_is_not_kept() {
        let now = Instant::now();
        let mut replay = Replay::new(30, WINDOW);
        replay.push(0, 1, now);
        replay.push(1, 1, now + WINDOW);
        replay.trim(now + WINDOW + Duration::from_millis(1));
        assert_eq!(after(&replay, 0), Some(vec![1]));
        replay.push(2, 31, now + WINDOW);
        assert_eq!((after(&replay, 0), after(&replay, 2), replay.bytes()), (None, Some(vec![]), 0));
    }
}

//! An answer while it is written: its text in numbered pieces, and how it is to end.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bedside_protocol::{
    assistant::{AnswerState, AssistantAttached},
    text::Passage,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::store::{self, Progress};

/// The least time between two pieces: at most 20 a second.
const PIECE_EVERY: Duration = Duration::from_millis(50);

/// An answer that is being written.
pub(super) struct Running {
    /// What is known of it from the beginning.
    pub(super) answer: store::Answer,
    text: Mutex<Text>,
    cancelled: CancellationToken,
}

struct Text {
    /// All that has come.
    content: String,
    /// Where each piece that was told begins.
    pieces: Vec<usize>,
    /// How much was told.
    told: usize,
    told_at: Option<Instant>,
    /// How much is stored.
    kept: usize,
    state: AnswerState,
}

/// The answer has as much text as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A piece that is to be told.
pub(super) struct Piece {
    pub(super) index: u32,
    pub(super) delta: Passage,
}

impl Text {
    /// The number of the piece that is told next.
    fn next_index(&self) -> u32 {
        u32::try_from(self.pieces.len()).unwrap_or(u32::MAX)
    }
}

impl Running {
    pub(super) fn new(answer: store::Answer) -> Self {
        let text = Text {
            content: String::new(),
            pieces: Vec::new(),
            told: 0,
            told_at: None,
            kept: 0,
            state: AnswerState::Streaming,
        };
        Self { answer, text: Mutex::new(text), cancelled: CancellationToken::new() }
    }

    /// Somebody wants no more of it.
    pub(super) fn cancel(&self) {
        self.cancelled.cancel();
    }

    pub(super) async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    pub(super) fn is_being_written(&self) -> bool {
        self.lock().state == AnswerState::Streaming
    }

    /// Words have come. PostgreSQL keeps no NUL.
    pub(super) fn hear(&self, words: &str) -> Result<(), Full> {
        let mut text = self.lock();
        let words = words.replace('\0', "");
        let free = Passage::MAX_BYTES - text.content.len();
        if words.len() <= free {
            text.content.push_str(&words);
            return Ok(());
        }
        let fitting =
            words.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= free).last();
        text.content.push_str(words.get(..fitting.unwrap_or(0)).unwrap_or_default());
        Err(Full)
    }

    /// When the next piece may be told; none where there is nothing to tell.
    pub(super) fn next_piece_at(&self) -> Option<Instant> {
        let text = self.lock();
        let waits = text.told < text.content.len();
        waits.then(|| text.told_at.map_or_else(Instant::now, |at| at + PIECE_EVERY))
    }

    /// All that was not told yet, as the next piece.
    pub(super) fn take_piece(&self) -> Option<Piece> {
        let mut text = self.lock();
        let delta = Passage::parse(text.content.get(text.told..).filter(|rest| !rest.is_empty())?).ok()?;
        let index = text.next_index();
        let begins = text.told;
        text.pieces.push(begins);
        text.told = text.content.len();
        text.told_at = Some(Instant::now());
        drop(text);
        Some(Piece { index, delta })
    }

    /// What has come, and in how many pieces it was told.
    pub(super) fn snapshot(&self) -> (String, u32) {
        let text = self.lock();
        (text.content.clone(), text.next_index())
    }

    /// What has come, if it is more than what is stored and the answer goes on.
    pub(super) fn unkept(&self) -> Option<Progress> {
        let text = self.lock();
        let (content, index) = (&text.content, text.next_index());
        let grown = text.state == AnswerState::Streaming && content.len() > text.kept;
        grown.then(|| Progress { answer: self.answer.id.clone(), content: content.clone(), pieces: index })
    }

    /// So much of it is stored.
    pub(super) fn kept(&self, bytes: usize) {
        self.lock().kept = bytes;
    }

    /// How much has come, in bytes.
    pub(super) fn len(&self) -> usize {
        self.lock().content.len()
    }

    /// It is over, and about to be stored.
    pub(super) fn end(&self, state: AnswerState) {
        self.lock().state = state;
    }

    /// What was told from a piece on; all of it where there is no such piece.
    pub(super) fn attach(&self, from_index: u32) -> AssistantAttached {
        let text = self.lock();
        let index = text.next_index();
        let place = usize::try_from(from_index).unwrap_or(usize::MAX);
        let (from_index, begins) = match text.pieces.get(place) {
            Some(begins) => (from_index, *begins),
            None if from_index == index => (from_index, text.told),
            None => (0, 0),
        };
        let told = text.content.get(begins..text.told).unwrap_or_default();
        let content = Passage::parse(told).unwrap_or_default();
        AssistantAttached { content, from_index, index, state: text.state }
    }

    // Nothing is awaited and nothing can panic while this lock is held.
    fn lock(&self) -> MutexGuard<'_, Text> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bedside_protocol::ids::{AssistantId, MessageId, RoomId, UserId};
    use proptest::prelude::*;

    use super::*;

    fn running() -> Running {
        Running::new(store::Answer {
            id: MessageId::new(),
            room: RoomId::new(),
            assistant: AssistantId::parse("a").unwrap(),
            question: MessageId::new(),
            asked_by: UserId::parse("u").unwrap(),
            state: AnswerState::Streaming,
            content: String::new(),
            pieces: 0,
            host: String::new(),
        })
    }

    #[test]
    fn an_answer_that_goes_on_for_ever_is_cut_between_two_characters() {
        let running = running();
        let words = "ä".repeat(1_000);
        let full = (0..100).find_map(|_| running.hear(&words).err());
        assert_eq!(full, Some(Full));
        assert_eq!(running.len(), Passage::MAX_BYTES);
        assert!(running.take_piece().is_some_and(|piece| piece.delta.as_str().ends_with('ä')));
    }

    proptest! {
        #[test]
        fn what_one_has_and_what_one_is_given_is_always_all_that_was_told(
            steps in prop::collection::vec(("[a-zäß€🎈\0]{0,6}", any::<bool>()), 0..40),
            from in 0_u32..50,
        ) {
            let running = running();
            let mut heard = Vec::new();
            for (words, tell) in steps {
                running.hear(&words).unwrap();
                if tell && let Some(piece) = running.take_piece() {
                    prop_assert_eq!(piece.index as usize, heard.len());
                    heard.push(piece.delta.as_str().to_owned());
                }
            }
            let given = running.attach(from);
            let had = heard.iter().take(given.from_index as usize).cloned().collect::<String>();
            prop_assert_eq!(had + given.content.as_str(), heard.concat());
            prop_assert_eq!(given.index as usize, heard.len());
        }
    }
}

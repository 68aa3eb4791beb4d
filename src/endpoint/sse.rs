//! Server-sent events: bytes as they come, in pieces of any size, to the data of whole events.
//!
//! A parser of our own: it is one small machine without I/O, its limits are ours, and the crate for it has had no
//! release for years.

/// The longest event. One of a chat completion has a few hundred bytes.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// An event is longer than any that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream has more than {MAX_EVENT_BYTES} bytes")]
pub struct TooLong;

/// What has come of the event that is not whole yet.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    begun: bool,
    /// The line before ended with a carriage return: a line feed now belongs to it.
    after_return: bool,
}

impl Parser {
    /// Take bytes; give the data of the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = Vec::new();
        for byte in bytes {
            let joined = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if joined => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                byte => {
                    if self.line.len() + self.data.len() >= MAX_EVENT_BYTES {
                        return Err(TooLong);
                    }
                    self.line.push(*byte);
                }
            }
        }
        Ok(events)
    }

    /// The stream has ended: an event whose last line break is missing counts as whole.
    pub fn finish(&mut self) -> Option<String> {
        let last = self.end_line();
        last.or_else(|| self.end_line())
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = line.as_slice();
        let line = if self.begun { line } else { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) };
        self.begun = true;
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            let whole = std::mem::take(&mut self.has_data);
            return whole.then(|| String::from_utf8_lossy(&data).into_owned());
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => line.split_at(at),
            None => (line, &b""[..]),
        };
        // Names, ids, pauses and comments tell nothing here.
        if field == b"data" {
            let value = value.strip_prefix(b":").unwrap_or(value);
            let value = value.strip_prefix(b" ").unwrap_or(value);
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
            self.has_data = true;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events: Vec<String> = pieces.iter().flat_map(|piece| parser.push(piece).unwrap()).collect();
        events.extend(parser.finish());
        events
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        for (text, events) in [
            ("data: one\n\ndata:two\n\n", vec!["one", "two"]),
            ("\u{feff}data: one\r\n\r\ndata: two\r\r", vec!["one", "two"]),
            ("data: a\ndata:\ndata:  b\n\n", vec!["a\n\n b"]),
            (": comment\nevent: x\nid: 7\nretry: 1\n\n", vec![]),
            ("data\n\n", vec![""]),
            ("datum: x\nno colon\n\n", vec![]),
            ("data: last", vec!["last"]),
            ("data: last\n", vec!["last"]),
        ] {
            assert_eq!(all(&[text.as_bytes()]), events, "{text:?}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_refused_before_it_fills_the_memory() {
        let mut parser = Parser::default();
        let line = [b"data: ".as_slice(), &[b'x'; 1_000], b"\n"].concat();
        let refused = (0..1_000).find_map(|_| parser.push(&line).err());
        assert_eq!(refused, Some(TooLong));
        assert!(parser.data.len() + parser.line.len() <= MAX_EVENT_BYTES + 2_000);
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(
            texts in prop::collection::vec("[^\r\n]{0,20}", 0..8),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            size in 1_usize..9,
        ) {
            let stream: String = texts.iter().flat_map(|text| ["data: ", text, end, end]).collect();
            let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
            prop_assert_eq!(all(&pieces), texts);
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..50) {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(all(&pieces), all(&[&bytes]));
        }
    }
}

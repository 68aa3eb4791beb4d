//! The query string, by hand: absent, empty, repeated and badly encoded parameters must lead to the protocol's own answers.

use super::refusal::Refusal;

/// What the protocol wants to know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) version: Option<String>,
    pub(super) transport: Option<String>,
    /// An empty one counts as absent; one that is no text is an unknown one.
    pub(super) sid: Option<String>,
}

impl Parameters {
    pub(super) fn read(query: &str) -> Self {
        let known = |name| parameter(query, name);
        let sid = raw(query, "sid").filter(|sid| !sid.is_empty());
        Self {
            version: known("EIO"),
            transport: known("transport"),
            sid: sid.map(|sid| decode(sid).unwrap_or_else(|| sid.to_owned())),
        }
    }

    /// Looked at in handshakes only.
    pub(super) fn check_version(&self) -> Result<(), Refusal> {
        if self.version.as_deref() == Some("4") { Ok(()) } else { Err(Refusal::UnsupportedVersion) }
    }
}

/// The first parameter of this name, decoded.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    decode(raw(query, name)?)
}

fn raw<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _value)| *key == name)
        .map(|(_key, value)| value)
}

/// Percent-decoding; `None` if it is malformed or no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Parameters, parameter};

    #[test]
    fn odd_queries_are_read_without_an_error() {
        let read = Parameters::read("EIO=4&transport=polling&EIO=3&t=x&sid=");
        let expected =
            Parameters { version: Some("4".to_owned()), transport: Some("polling".to_owned()), sid: None };
        assert_eq!(read, expected);
        assert_eq!(Parameters::read("sid=%zz").sid.as_deref(), Some("%zz"));
        assert_eq!(Parameters::read("transport=%ff").transport, None);
        assert_eq!(parameter("a=1&token=x%20y+z", "token").as_deref(), Some("x y z"));
        assert_eq!(Parameters::read(""), Parameters::default());
    }
}

//! Wrappers for what must not be seen: their `Debug` shows a kind and a length, never the content.
//! Neither has a `Display`, so that neither slips into a message.

use std::fmt;

/// Key material, a token, a URL with a password: nobody reads it but the code that uses it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

/// Something about a person: a name, a text, an address. It may be sent to those who may know it, never logged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pii<T>(T);

impl<T> Secret<T> {
    /// Wrap a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, where it is used.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> Pii<T> {
    /// Wrap a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, where it is sent or stored.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.as_ref().len())
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pii({} bytes)", self.0.as_ref().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_kind_and_the_length_and_nothing_of_the_content() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(7 bytes)");
        assert_eq!(format!("{:?}", Some(Pii::new("Anna".to_owned()))), "Some(Pii(4 bytes))");
    }
}

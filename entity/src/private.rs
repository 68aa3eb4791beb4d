//! A text column that must not show in a log.

use std::fmt;

use sea_orm::DeriveValueType;

/// A text about a person. Rows must be `Debug`; this shows its length alone.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Private(pub String);

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Private({} bytes)", self.0.len())
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

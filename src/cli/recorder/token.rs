//! The token that a recorder shows.

use std::path::PathBuf;

/// Where it comes from.
#[derive(Clone)]
pub(super) enum TokenSource {
    /// The command line or the environment.
    Given(String),
    /// A file, in which somebody renews it.
    File(PathBuf),
}

impl TokenSource {
    /// The token as it is now; or one line about what is wrong.
    pub(super) async fn read(&self) -> Result<String, String> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::File(path) => match tokio::fs::read_to_string(path).await {
                Ok(text) => Ok(text.trim().to_owned()),
                Err(error) => Err(format!("cannot read the token in {}: {error}", path.display())),
            },
        }
    }
}

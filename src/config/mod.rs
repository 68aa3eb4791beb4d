//! What Bedside is told before it starts. Four layers, each over the one before: the defaults of the
//! table in `table`, a TOML file, the environment, flags. A mistake is one line that names the key and where it stands.

mod assistant;
pub mod document;
mod error;
mod layers;
mod setting;
mod storage;
mod table;
#[cfg(test)]
mod tests;

pub use assistant::{ASSISTANT_KEYS, ApiKey, Assistant, EndpointUrl, Localized};
pub use error::ConfigError;
pub use layers::{Layers, Origin};
pub use setting::{DatabaseUrl, KeySetUrl, LogFilter, LogFormat, PublicUrl, RelayUrl, Setting, WebOrigin};
pub use storage::{AccessSecret, Endpoint, StorageKey, StorageUrl};
pub use table::{
    Accounts, Auth, Compat, Config, Data, Database, KEYS, Key, Limits, Log, Metrics, Recording, Server,
    Socket, Storage, Turn, Visit,
};

impl Config {
    /// Everything at its default.
    pub fn defaults() -> Result<Self, ConfigError> {
        Layers::default().read()
    }

    /// What one key alone cannot tell: settings that only make sense together.
    fn check(self, layers: &Layers) -> Result<Self, ConfigError> {
        let refuse = |key: &str, reason: &str| Err(layers.refuse(key, reason));
        if self.server.tls_cert.is_some() != self.server.tls_key.is_some() {
            return refuse(
                "server.tls_cert",
                "server.tls_cert and server.tls_key are given together or not at all",
            );
        }
        if self.auth.jwks_file.is_some() && self.auth.jwks_url.is_some() {
            return refuse("auth.jwks_url", "give auth.jwks_file or auth.jwks_url, not both");
        }
        let relays = self.turn.urls.iter().any(RelayUrl::wants_credentials);
        if relays && self.turn.secret.is_none() {
            return refuse(
                "turn.urls",
                "a turn: or turns: URL needs turn.secret, the secret shared with the TURN server",
            );
        }
        if !self.storage.key.is_empty() && self.storage.key_file.is_some() {
            return refuse("storage.key_file", "give storage.key or storage.key_file, not both");
        }
        if self.storage.access_key.is_some() != self.storage.secret_key.is_some() {
            return refuse(
                "storage.access_key",
                "storage.access_key and storage.secret_key are given together or not at all",
            );
        }
        if self.metrics.bind.is_some_and(|bind| bind == self.server.bind && bind.port() != 0) {
            return refuse(
                "metrics.bind",
                "metrics have a listener of their own: choose another port than server.bind",
            );
        }
        Ok(self)
    }
}

//! The data key of a recording: made once, stored wrapped, spoken to whoever records it and to nobody else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bedside_protocol::{ids::RecordingId, recorder::SpokenKey};
use bedside_seal::{DataKey, KeyId, Wrapped};

use crate::{
    domain::Clinic,
    error::Error,
    store::WrappedKey,
    vault::{Vault, VaultError},
};

impl Clinic {
    /// A key for a new recording.
    pub(super) fn new_recording_key(&self, id: &RecordingId) -> Result<WrappedKey, Error> {
        let (_, wrapped) = self.vault.new_key(id.as_str()).map_err(Error::fault)?;
        let key_id = wrapped.key_id.as_str().to_owned();
        Ok(WrappedKey { key_id, wrapped: URL_SAFE_NO_PAD.encode(wrapped.bytes) })
    }

    /// The key as a recorder hears it.
    pub(super) fn open_recording_key(&self, id: &RecordingId, key: &WrappedKey) -> Result<SpokenKey, Error> {
        let key = self.recording_data_key(id, key)?;
        Ok(SpokenKey::new(key.to_text().to_string()))
    }

    /// The key itself.
    pub(super) fn recording_data_key(&self, id: &RecordingId, key: &WrappedKey) -> Result<DataKey, Error> {
        open(&self.vault, id, key).map_err(Error::fault)
    }
}

/// Open the key of a recording.
pub(crate) fn open(vault: &Vault, id: &RecordingId, key: &WrappedKey) -> Result<DataKey, VaultError> {
    let bytes = URL_SAFE_NO_PAD.decode(&key.wrapped).map_err(|_not_base64| VaultError::BadKey)?;
    let wrapped = Wrapped { key_id: KeyId::from(key.key_id.clone()), bytes };
    vault.open_key(id.as_str(), &wrapped)
}

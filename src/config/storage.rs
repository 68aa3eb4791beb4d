//! The kinds of values of the section `storage`.

use std::{fmt, path::PathBuf};

use bedside_seal::KeyEncryptionKey;

use super::setting::Setting;
use crate::private::Secret;

/// Where sealed files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageUrl {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket of an object store that speaks S3, under a prefix.
    Bucket {
        /// The bucket.
        name: String,
        /// What the names of all objects begin with; may be empty.
        prefix: String,
    },
}

impl fmt::Display for StorageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

impl Setting for StorageUrl {
    const KIND: &'static str = "path or s3:// URL";
    fn read(text: &str) -> Result<Self, String> {
        let wanted = || "must be a folder, or s3://bucket or s3://bucket/prefix".to_owned();
        let Some(rest) = text.strip_prefix("s3://") else {
            let path = text.strip_prefix("file://").unwrap_or(text);
            return if path.is_empty() || path.contains("://") {
                Err(wanted())
            } else {
                Ok(Self::Folder(path.into()))
            };
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let fits = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
        if name.is_empty() || !name.chars().all(fits) || !prefix.chars().all(|it| fits(it) || it == '/') {
            return Err(wanted());
        }
        Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

/// Where an object store that speaks S3 is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for Endpoint {
    const KIND: &'static str = "URL";
    fn read(text: &str) -> Result<Self, String> {
        let wanted = || "must be a URL, as in https://objects.example.org".to_owned();
        let url = reqwest::Url::parse(text).ok().ok_or_else(wanted)?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() || !url.username().is_empty() {
            return Err(wanted());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// What an object store knows its clients by. How long it is, is the object store's affair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessSecret(Secret<String>);

impl AccessSecret {
    /// The secret, where requests are signed.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Setting for AccessSecret {
    const KIND: &'static str = "secret";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(Secret::new(text.trim().to_owned())))
    }
}

/// A key-encryption key as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageKey(Secret<String>);

impl StorageKey {
    /// The key.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Setting for StorageKey {
    const KIND: &'static str = "key";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        if KeyEncryptionKey::from_text(text).is_none() {
            return Err(
                "must be keys of 64 hexadecimal digits each; make one with `openssl rand -hex 32`".to_owned()
            );
        }
        Ok(Self(Secret::new(text.trim().to_owned())))
    }
}

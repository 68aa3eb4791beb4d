//! The data folder: the SQLite file and the keys that Bedside makes for itself. Nobody else on the machine reads it.
//! Files that are not Bedside's are left alone.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::{auth::ServerKey, private::Secret};

/// Only the owner reads, writes and enters.
const FOLDER_MODE: u32 = 0o700;
/// Only the owner reads and writes.
const FILE_MODE: u32 = 0o600;
/// The size of a generated key: 256 bits.
const KEY_BYTES: usize = 32;

/// The keys that Bedside makes: the server's own, and the secret of tokens and the keys of files where none are
/// configured.
pub const KEY_FILES: [&str; 3] = [SERVER_KEY, AUTH_SECRET, STORAGE_KEY];
const SERVER_KEY: &str = "server.key";
const AUTH_SECRET: &str = "auth.secret";
const STORAGE_KEY: &str = "storage.key";

/// An open data folder.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Something in it cannot be read or written.
    #[error("data.dir: cannot {what} {path}: {reason}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Another server runs on it.
    #[error("data.dir: another Bedside is running on {path}", path = .0.display())]
    InUse(PathBuf),
    /// A key file is not one that Bedside wrote.
    #[error("data.dir: {path} does not hold a key of {KEY_BYTES} bytes in hexadecimal", path = .0.display())]
    BadKey(PathBuf),
    /// The system has no randomness.
    #[error("data.dir: the system gives no random numbers")]
    NoRandomness,
}

/// Held while a server runs on the folder; the system lets go of it however the process ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl DataFolder {
    /// Open the folder, make it if it is not there, and close it to others.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let failed = |what| move |reason| DataError::Io { what, path: path.to_owned(), reason };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(path)
            .map_err(failed("make the folder"))?;
        let mode = fs::metadata(path).map_err(failed("look at"))?.permissions().mode() & 0o777;
        if mode != FOLDER_MODE {
            fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE))
                .map_err(failed("close to others"))?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Take the folder for one server.
    pub fn lock(&self) -> Result<FolderLock, DataError> {
        let path = self.path.join("bedside.lock");
        let failed = |reason| DataError::Io { what: "lock", path: path.clone(), reason };
        let file = private_file().create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse(self.path.clone())),
            Err(TryLockError::Error(reason)) => Err(failed(reason)),
        }
    }

    /// The server's own key (`server.key`), made at the first start.
    pub fn server_key(&self) -> Result<ServerKey, DataError> {
        let text = self.key(SERVER_KEY)?;
        Ok(ServerKey::new(text.expose().as_bytes()))
    }

    /// The secret of tokens (`auth.secret`), for where none is configured; made at the first start.
    pub fn auth_secret(&self) -> Result<Secret<String>, DataError> {
        self.key(AUTH_SECRET)
    }

    /// The file of key-encryption keys (`storage.key`), the newest first, for where none are configured; made at the first
    /// start.
    pub fn storage_keys(&self) -> Result<PathBuf, DataError> {
        let path = self.path.join(STORAGE_KEY);
        if !path.exists() {
            self.make_key(&path)?;
        }
        Ok(path)
    }

    /// Put other keys in the place of those in `storage.key`, whole or not at all.
    pub fn replace_storage_keys(&self, text: &str) -> Result<(), DataError> {
        let path = self.path.join(STORAGE_KEY);
        let failed = |reason| DataError::Io { what: "write", path: path.clone(), reason };
        let beside = write_beside(&path, text).map_err(failed)?;
        fs::rename(&beside, &path).map_err(failed)?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// A folder in this one, made if it is not there, closed to others.
    pub fn folder(&self, name: &str) -> Result<PathBuf, DataError> {
        Ok(Self::open(&self.path.join(name))?.path)
    }

    /// Read a key file, or make it. Two that make it at the same time end with the same key.
    fn key(&self, name: &str) -> Result<Secret<String>, DataError> {
        let path = self.path.join(name);
        if !path.exists() {
            self.make_key(&path)?;
        }
        let failed = |reason| DataError::Io { what: "read", path: path.clone(), reason };
        let mut text = String::new();
        File::open(&path).and_then(|mut file| file.read_to_string(&mut text)).map_err(failed)?;
        let text = text.trim();
        if text.len() != KEY_BYTES * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DataError::BadKey(path));
        }
        Ok(Secret::new(text.to_owned()))
    }

    /// Write the whole key beside and link it in: a crash leaves no half of one, and a key that is there stays.
    fn make_key(&self, path: &Path) -> Result<(), DataError> {
        let failed = |reason| DataError::Io { what: "write", path: path.to_owned(), reason };
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).ok().ok_or(DataError::NoRandomness)?;
        let text = hexadecimal(&bytes);
        let beside = write_beside(path, &text).map_err(failed)?;
        let linked = fs::hard_link(&beside, path);
        fs::remove_file(&beside).map_err(failed)?;
        match linked {
            Err(reason) if reason.kind() != io::ErrorKind::AlreadyExists => Err(failed(reason)),
            Ok(()) | Err(_) => File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed),
        }
    }
}

/// Write a whole file, beside the one that it is to become.
fn write_beside(path: &Path, text: &str) -> io::Result<PathBuf> {
    let beside = path.with_added_extension(format!("{}.new", std::process::id()));
    let mut file = private_file().create(true).truncate(true).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(beside)
}

/// Bytes as lowercase digits, two each.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(FILE_MODE);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_keys_are_closed_to_others() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/data");
        let folder = DataFolder::open(&path).unwrap();
        folder.server_key().unwrap();
        folder.auth_secret().unwrap();
        assert_eq!(
            (mode(&path), mode(&path.join("server.key")), mode(&path.join("auth.secret"))),
            (0o700, 0o600, 0o600)
        );
        let names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[test]
    fn a_folder_that_stood_open_is_closed() {
        let parent = tempfile::tempdir().unwrap();
        fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
        DataFolder::open(parent.path()).unwrap();
        assert_eq!(mode(parent.path()), 0o700);
    }

    #[test]
    fn keys_stay_the_same_and_no_two_are_equal() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(parent.path()).unwrap();
        let first = folder.auth_secret().unwrap();
        assert_eq!(DataFolder::open(parent.path()).unwrap().auth_secret().unwrap(), first);
        assert_ne!(folder.key("server.key").unwrap(), first);
        assert_eq!(first.expose().len(), 64);
    }

    #[test]
    fn a_key_that_somebody_broke_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(parent.path()).unwrap();
        fs::write(parent.path().join("server.key"), "short").unwrap();
        assert!(matches!(folder.server_key(), Err(DataError::BadKey(_))));
    }

    #[test]
    fn one_server_at_a_time_runs_on_a_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(parent.path()).unwrap();
        let lock = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(DataError::InUse(_))));
        drop(lock);
        folder.lock().unwrap();
    }
}

//! Private keys that are made once and kept in the data folder.

use super::signing_key::{KeyComponents, KeyError, SigningKey};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("the key file {} cannot be read", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the key file {} cannot be written", .path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the key file {} does not hold a key", .path.display())]
    Format {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("the key file {} cannot be used", .path.display())]
    Key {
        path: PathBuf,
        #[source]
        source: KeyError,
    },
}

/// The key of this file. If there is none yet, one is made, which only the owner of the process may read.
pub fn load_or_make(path: &Path) -> Result<SigningKey, KeyFileError> {
    if !path.exists() {
        make(path)?;
    }
    let text = fs::read(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
    let components: KeyComponents =
        serde_json::from_slice(&text).map_err(|source| KeyFileError::Format { path: path.to_owned(), source })?;
    SigningKey::from_components(&components).map_err(|source| KeyFileError::Key { path: path.to_owned(), source })
}

/// The file appears whole or not at all, and never in place of another that was made meanwhile.
fn make(path: &Path) -> Result<(), KeyFileError> {
    let unusable = |source| KeyFileError::Key { path: path.to_owned(), source };
    let components = SigningKey::generate().and_then(|key| key.to_components()).map_err(unusable)?;
    let text = serde_json::to_vec_pretty(&components)
        .map_err(|source| KeyFileError::Format { path: path.to_owned(), source })?;
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let written = write_privately(&draft, &text).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    });
    let removed = fs::remove_file(&draft);
    written.and(removed).map_err(|source| KeyFileError::Write { path: path.to_owned(), source })
}

fn write_privately(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.json");
        let first = load_or_make(&path).expect("a new key");
        let second = load_or_make(&path).expect("the same key");
        assert_eq!(first.public_jwk(), second.public_jwk());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("a file").permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.json");
        fs::write(&path, "{}").expect("a file");
        assert!(matches!(load_or_make(&path), Err(KeyFileError::Format { .. })));
        assert_eq!(fs::read(&path).expect("the file"), b"{}");
    }
}

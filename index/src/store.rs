//! The redb store: the truth. Knows nothing of the index.
//!
//! What recovery rests on:
//! - Every accepted write is part of one transaction, durable before anybody is told of it: two-phase commit, so
//!   that a torn write never looks like a commit, and quick repair, so that a file is opened after a crash without
//!   a walk over it.
//! - Every change of a dialog is a row of the change log, written by the same transaction. Sequences have no gaps
//!   and numbers of dialogs are never used again, so whoever follows the log may stop and go on anywhere.
//! - Names get their numbers in the transaction that first needs them. The copy in memory is extended after that
//!   transaction, so a number that anybody sees is durable.
//! - There is one writer, and preconditions are checked inside its transaction.

mod codec;
#[cfg(test)]
mod damage;
mod dictionaries;
mod keys;
mod lists;
mod reading;
mod sizes;
mod tables;
mod writing;

#[cfg(test)]
pub(crate) use damage::Damage;
pub(crate) use dictionaries::{Dictionaries, Kind};
pub(crate) use keys::UniqueKeys;
pub(crate) use reading::Reading;
pub(crate) use writing::{EncodedDialog, Revised, Writing};

use crate::domain::DialogId;
use crate::{OpenError, StoreError};
use redb::{Database, DatabaseError};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Of the file: goes up whenever a table is added or means something else.
const FORMAT: u64 = 1;

/// What happened to a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Created,
    Updated,
    Seen,
}

/// One row of the change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) sequence: u64,
    pub(crate) number: u64,
    pub(crate) kind: ChangeKind,
}

/// All tables of one data folder. A clone is another handle to the same file.
#[derive(Clone)]
pub(crate) struct DialogStore {
    database: Arc<Database>,
    dictionaries: Arc<Dictionaries>,
}

impl DialogStore {
    /// Opens the store in this folder, which must exist, and takes its lock.
    pub(crate) fn open(folder: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let path = folder.join("dialogs.redb");
        if !path.exists() {
            Self::begin(folder, &path)?;
        }
        let opened = Database::builder().set_cache_size(cache_bytes).open(&path);
        Self::of(opened.map_err(|error| open_error(error, folder, &path))?, &path)
    }

    /// Makes a new file. It gets its name when it is whole, for half a file would be taken for a damaged one.
    fn begin(folder: &Path, path: &Path) -> Result<(), OpenError> {
        let unusable = |source| OpenError::Folder { path: folder.to_owned(), source };
        let unfinished = folder.join("dialogs.redb.new");
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let database = Database::create(&unfinished).map_err(|error| open_error(error, folder, path))?;
        drop(Self::of(database, path)?);
        fs::rename(&unfinished, path).map_err(unusable)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)
    }

    /// Opens a store that is kept elsewhere than in a file.
    #[cfg(test)]
    pub(crate) fn open_backend(backend: impl redb::StorageBackend) -> Result<Self, OpenError> {
        let path = Path::new("a simulated disk");
        let opened = Database::builder().create_with_backend(backend);
        Self::of(opened.map_err(|error| open_error(error, path, path))?, path)
    }

    fn of(database: Database, path: &Path) -> Result<Self, OpenError> {
        let found = tables::format(&database)?;
        match found {
            Some(FORMAT) => {}
            None if tables::is_empty(&database)? => tables::create(&database, FORMAT)?,
            other => {
                let found = other.map_or("without a number".to_owned(), |format| format.to_string());
                return Err(OpenError::Format { path: path.to_owned(), found, expected: FORMAT as u32 });
            }
        }
        let dictionaries = Arc::new(Dictionaries::load(&database)?);
        Ok(Self { database: Arc::new(database), dictionaries })
    }

    pub(crate) fn dictionaries(&self) -> &Dictionaries {
        &self.dictionaries
    }

    /// Everything as it is now, whatever is written later.
    pub(crate) fn read(&self) -> Result<Reading, StoreError> {
        Reading::begin(&self.database)
    }

    /// Runs `work` in a transaction. All of it is durable when this returns, and none of it happened when it
    /// fails, except that after a failed commit only opening the store again tells. Work that changes nothing
    /// costs no sync.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&mut Writing<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = self.database.begin_write().map_err(failed_to("begin a transaction"))?;
        transaction.set_two_phase_commit(true);
        transaction.set_quick_repair(true);
        let mut writing = Writing::begin(&transaction, &self.dictionaries)?;
        let value = work(&mut writing)?;
        match writing.finish()? {
            None => transaction.abort().map_err(failed_to("end a transaction"))?,
            Some(names) => {
                transaction.commit().map_err(failed_to("commit"))?;
                self.dictionaries.publish(names);
            }
        }
        Ok(value)
    }

    pub(crate) fn number_of_dialog(&self, id: DialogId) -> Result<Option<u64>, StoreError> {
        self.read()?.number_of(id)
    }
}

impl std::fmt::Debug for DialogStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DialogStore").finish_non_exhaustive()
    }
}

fn open_error(error: DatabaseError, folder: &Path, path: &Path) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(folder.to_owned()),
        DatabaseError::UpgradeRequired(version) => OpenError::Format {
            path: path.to_owned(),
            found: format!("of an older database engine ({version})"),
            expected: FORMAT as u32,
        },
        other => OpenError::Store(failed_to("open its file")(other)),
    }
}

/// Turns an error of the database into ours, saying what could not be done.
fn failed_to<E: Into<redb::Error>>(action: &'static str) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Database { action, source: Box::new(source.into()) }
}

fn damaged(what: &'static str) -> StoreError {
    StoreError::Damaged { what, source: None }
}

#[cfg(test)]
mod tests;

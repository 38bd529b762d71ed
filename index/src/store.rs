//! The redb store: the truth. Knows nothing of the index.
//!
//! What recovery rests on:
//! - Every accepted write is part of one transaction, durable before anybody is told of it: in the journal, or in the
//!   database file if it is large. What the journal holds is done again when the file is opened.
//! - The file is written by a thread of its own, in the order in which the database writes, so that it is at any time
//!   what it would have been a little earlier. The journal keeps an entry until the file has it on disk.
//! - The file is made durable by two-phase commit, so that a torn write never looks like a commit, and with quick
//!   repair, so that it is opened after a crash without a walk over it.
//! - Every change of a dialog is a row of the change log, written by the same transaction. Sequences have no gaps
//!   and numbers of dialogs are never used again, so whoever follows the log may stop and go on anywhere.
//! - Names get their numbers in the transaction that first needs them. The copy in memory is extended after that
//!   transaction, so a number that anybody sees is durable.
//! - There is one writer, and preconditions are checked inside its transaction.

mod codec;
#[cfg(test)]
mod damage;
mod dictionaries;
mod events;
mod journal;
mod journaled;
mod keys;
mod lists;
mod reading;
mod sizes;
mod tables;
mod write_behind;
mod writing;

#[cfg(test)]
pub(crate) use damage::Damage;
pub(crate) use dictionaries::{Dictionaries, Kind};
pub(crate) use keys::UniqueKeys;
pub(crate) use reading::Reading;
pub(crate) use writing::{EncodedDialog, Revised, Writing};

use crate::domain::DialogId;
use crate::{OpenError, StoreError};
use journal::Journal;
use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, Durability, StorageBackend, StorageError, WriteTransaction};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;
use write_behind::WriteBehind;

/// Of the files: goes up whenever a table is added or means something else.
const FORMAT: u64 = 3;
/// There were no events.
const FORMAT_WITHOUT_EVENTS: u64 = 2;
/// There was no journal either.
const FORMAT_WITHOUT_JOURNAL: u64 = 1;

/// What happened to a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Created,
    Updated,
    Seen,
    /// It is gone, with all that hung on it.
    Purged,
}

/// One row of the change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) sequence: u64,
    pub(crate) number: u64,
    pub(crate) kind: ChangeKind,
}

/// All tables of one data folder. A clone is another handle to the same files.
#[derive(Clone)]
pub(crate) struct DialogStore {
    files: Arc<Files>,
    dictionaries: Arc<Dictionaries>,
}

/// The database, and what it does not have on disk yet.
struct Files {
    database: Database,
    file: WriteBehind,
    journal: Mutex<Journal>,
}

impl DialogStore {
    /// Opens the store in this folder, which must exist, and takes its lock.
    pub(crate) fn open(folder: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let path = folder.join("dialogs.redb");
        if !path.exists() {
            Self::begin(folder, &path)?;
        }
        let opened = File::options().read(true).write(true).open(&path);
        let file = opened.map_err(|source| OpenError::Folder { path: folder.to_owned(), source })?;
        // The database would take an empty file for a new one.
        if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
            return Err(OpenError::Store(damaged("empty file dialogs.redb")));
        }
        Self::open_file(file, folder, &path, cache_bytes)
    }

    /// Makes new files. The database gets its name when all is whole, for half a file would be taken for a damaged one.
    fn begin(folder: &Path, path: &Path) -> Result<(), OpenError> {
        let unusable = |source| OpenError::Folder { path: folder.to_owned(), source };
        let unfinished = folder.join("dialogs.redb.new");
        let created = File::options().read(true).write(true).create(true).truncate(true).open(&unfinished);
        drop(Self::open_file(created.map_err(unusable)?, folder, path, 0)?);
        fs::rename(&unfinished, path).map_err(unusable)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)
    }

    fn open_file(file: File, folder: &Path, path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let file = FileBackend::new(file).map_err(|error| open_error(error, folder, path))?;
        let mut builder = Database::builder();
        builder.set_cache_size(cache_bytes);
        Self::of(&builder, file, path, |is_new| journal_file(folder, is_new))
    }

    /// Opens a store that is kept elsewhere than in files.
    #[cfg(test)]
    pub(crate) fn open_backends(
        database: impl StorageBackend,
        journal: impl StorageBackend,
    ) -> Result<Self, OpenError> {
        let path = Path::new("a simulated disk");
        Self::of(&Database::builder(), database, path, |_| Ok(Box::new(journal)))
    }

    /// `journal_file` is told whether the journal is to be begun.
    fn of(
        builder: &Builder,
        file: impl StorageBackend,
        path: &Path,
        journal_file: impl FnOnce(bool) -> Result<Box<dyn StorageBackend>, OpenError>,
    ) -> Result<Self, OpenError> {
        let file = WriteBehind::start(file).map_err(settling)?;
        let opened = builder.create_with_backend(file.clone());
        let database = opened.map_err(|error| open_error(error, path.parent().unwrap_or(path), path))?;
        let found = tables::format(&database)?;
        let journal = match found {
            Some(FORMAT | FORMAT_WITHOUT_EVENTS) => {
                let (store, applied) = tables::journaled(&database)?;
                let (journal, entries) = Journal::open(journal_file(false)?, store, applied)?;
                redo(&database, &journal, &entries)?;
                if found != Some(FORMAT) {
                    let transaction = database.begin_write().map_err(failed_to("begin a transaction"))?;
                    tables::add_events(&transaction, FORMAT)?;
                    commit_to_file(transaction)?;
                }
                journal
            }
            Some(FORMAT_WITHOUT_JOURNAL) | None => {
                let is_new = found.is_none();
                if is_new && !tables::is_empty(&database)? {
                    return Err(format_error(path, "without a number".to_owned()));
                }
                let (store, _) = Uuid::new_v4().as_u64_pair();
                let journal = Journal::begin(journal_file(true)?, store)?;
                tables::create(&database, FORMAT, store)?;
                journal
            }
            Some(other) => return Err(format_error(path, other.to_string())),
        };
        // Only then may the journal forget what it had.
        file.settle().map_err(settling)?;
        let dictionaries = Arc::new(Dictionaries::load(&database)?);
        Ok(Self { files: Arc::new(Files { database, file, journal: Mutex::new(journal) }), dictionaries })
    }

    pub(crate) fn dictionaries(&self) -> &Dictionaries {
        &self.dictionaries
    }

    /// Everything as it is now, whatever is written later.
    pub(crate) fn read(&self) -> Result<Reading, StoreError> {
        Reading::begin(&self.files.database)
    }

    /// Runs `work` in a transaction. All of it is durable when this returns, and none of it happened when it
    /// fails, except that after a failed commit only opening the store again tells. Work that changes nothing
    /// costs no sync.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&mut Writing<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.files.database.begin_write().map_err(failed_to("begin a transaction"))?;
        // There is one transaction at a time, so nobody waits here.
        let mut journal = self.files.journal();
        if journal.has_failed() || self.files.file.has_failed() {
            return Err(StoreError::Stopped);
        }
        let mut writing = Writing::begin(&transaction, &self.dictionaries, journal.next_entry())?;
        let value = work(&mut writing)?;
        let Some((names, entry)) = writing.finish()? else {
            transaction.abort().map_err(failed_to("end a transaction"))?;
            return Ok(value);
        };
        if journal.can_keep(&entry) {
            let is_turn = !journal.has_room_for(&entry);
            if is_turn {
                // What the other half holds was given to the file when it was full.
                self.files.settle()?;
                journal.turn();
            }
            // Durable before it can be seen.
            journal.append(entry)?;
            let committed = if is_turn { commit_to_file(transaction) } else { commit_in_memory(transaction) };
            committed.inspect_err(|_| journal.fail())?;
        } else {
            let number = entry.number();
            commit_to_file(transaction).and_then(|()| self.files.settle()).inspect_err(|_| journal.fail())?;
            journal.begin_again(number);
        }
        self.dictionaries.publish(names);
        Ok(value)
    }

    pub(crate) fn number_of_dialog(&self, id: DialogId) -> Result<Option<u64>, StoreError> {
        self.read()?.number_of(id)
    }
}

impl Files {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the file has on disk what was committed to it.
    fn settle(&self) -> Result<(), StoreError> {
        self.file.settle().map_err(settling)
    }
}

impl Drop for Files {
    /// Leaves nothing to be done again. If that fails the journal still has it all.
    fn drop(&mut self) {
        let journal = self.journal();
        if !journal.is_empty() && !journal.has_failed() {
            let begun = self.database.begin_write().map_err(failed_to("begin a transaction"));
            if let Err(error) = begun.and_then(commit_to_file).and_then(|()| self.settle()) {
                tracing::warn!(error = &error as &dyn std::error::Error, "the journal is left for the next start");
            }
        }
    }
}

/// Does again what the database had only in memory.
fn redo(database: &Database, journal: &Journal, entries: &[Vec<u8>]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let transaction = database.begin_write().map_err(failed_to("begin a transaction"))?;
    let mut tables = journaled::Tables::open(&transaction, journal.next_entry())?;
    for entry in entries {
        for row in journal::rows(entry) {
            tables.redo(&row?)?;
        }
    }
    drop(tables);
    commit_to_file(transaction)
}

/// Commits with all that was committed in memory. It is durable when the file has settled.
fn commit_to_file(mut transaction: WriteTransaction) -> Result<(), StoreError> {
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    transaction.commit().map_err(failed_to("commit"))
}

fn commit_in_memory(mut transaction: WriteTransaction) -> Result<(), StoreError> {
    transaction.set_durability(Durability::None).map_err(failed_to("commit"))?;
    transaction.commit().map_err(failed_to("commit"))
}

fn journal_file(folder: &Path, is_new: bool) -> Result<Box<dyn StorageBackend>, OpenError> {
    let path = folder.join("dialogs.journal");
    let opened = File::options().read(true).write(true).create(is_new).truncate(is_new).open(&path);
    let file = opened.map_err(|source| OpenError::Journal { path: path.clone(), source })?;
    let backend = FileBackend::new(file).map_err(|error| open_error(error, folder, &path))?;
    Ok(Box::new(backend))
}

impl std::fmt::Debug for DialogStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DialogStore").finish_non_exhaustive()
    }
}

fn format_error(path: &Path, found: String) -> OpenError {
    OpenError::Format { path: path.to_owned(), found, expected: FORMAT as u32 }
}

fn open_error(error: DatabaseError, folder: &Path, path: &Path) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(folder.to_owned()),
        DatabaseError::UpgradeRequired(version) => {
            format_error(path, format!("of an older database engine ({version})"))
        }
        other => OpenError::Store(failed_to("open its file")(other)),
    }
}

/// Turns an error of the database into ours, saying what could not be done.
fn failed_to<E: Into<redb::Error>>(action: &'static str) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Database { action, source: Box::new(source.into()) }
}

fn settling(error: io::Error) -> StoreError {
    failed_to("write the database's file")(StorageError::from(error))
}

fn damaged(what: &'static str) -> StoreError {
    StoreError::Damaged { what, source: None }
}

#[cfg(test)]
mod tests;

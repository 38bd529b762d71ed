//! The façade: store and index kept in step.
//!
//! A write is checked, stored and indexed by one thread (`writer`), which answers when the write is durable and
//! searchable. The index follows the store's change log: its commits carry the sequence they reach, and whatever it
//! lacks is read from the store (`replay`) when a folder is opened and when the index has failed.

mod change;
mod check;
mod events;
#[cfg(test)]
pub(crate) mod fixture;
mod index_row;
mod indexer;
mod kept_items;
mod large_dialogs;
mod late_reading;
mod load;
mod mark_seen;
mod measure;
mod new_dialog;
mod prepared;
mod read;
mod replay;
mod resolve;
mod unscoped;
mod upsert;
mod writer;

pub use change::{Change, Changed, DialogUpdate, Occasion};
pub use check::{Difference, Report};
pub use kept_items::{ItemGauges, KeptItem};
pub use load::{Loaded, LoadedDialog};
pub use new_dialog::{NewDialog, ServiceKind};

use crate::domain::{Activity, Dialog, DialogId, LabelAssignment, Revision, SeenEntry, Transmission};
use crate::query::{Counts, Cursor};
use crate::search::{DialogIndex, IndexWriter};
use crate::store::{DialogStore, Reading};
use crate::{AuthorizedScope, IndexError, OpenError, ReadError, StoreError, WriteError};
use events::EventListener;
use kept_items::KeptItems;
use resolve::Resolver;
use std::fs;
use std::path::Path;
use std::sync::Arc;
pub use writer::WriteGauges;
use writer::Writer;

/// All dialogs of one data folder. A clone is another handle to the same; when the last one is dropped, everything
/// is written and the folder is free.
#[derive(Clone, Debug)]
pub struct Dialogs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// First, so that it ends before what it works on.
    writer: Writer,
    store: DialogStore,
    index: DialogIndex,
    resolver: Resolver,
    kept_items: Arc<KeptItems>,
    event_listener: EventListener,
}

/// How a data folder is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Memory for the store's cache, in bytes.
    pub cache_bytes: usize,
    /// Memory for list items that were shown, ready to be shown again, in bytes.
    pub items_cache_bytes: usize,
}

/// What a look-up by id says to one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// No dialog has this id.
    Missing,
    /// One has, and the caller may not see it. Only the contract's own 403 may tell this from [`Found::Missing`].
    Hidden,
    Visible(T),
}

/// One page of a search.
#[derive(Clone, Debug)]
pub struct SearchPage {
    pub items: Vec<Arc<KeptItem>>,
    pub has_next: bool,
    /// The sort values of the last item.
    pub last: Option<Cursor>,
    pub counts: Option<Counts>,
}

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upserted {
    pub created: bool,
    pub revision: Revision,
}

impl Dialogs {
    /// Opens a data folder, which is made if it is missing, and takes its lock. The index is brought up to date
    /// first: after a crash that is what was not yet committed to it, and all there is when it is missing.
    pub fn open(folder: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Folder { path: folder.to_owned(), source };
        crate::make_data_folder(folder).map_err(unusable)?;
        // The lock of the store is the lock of the folder, so it comes first.
        let store = DialogStore::open(folder, options.cache_bytes)?;
        let (index, index_writer) = open_index(&store, &folder.join("index"))?;
        let kept_items = Arc::new(KeptItems::new(options.items_cache_bytes));
        let event_listener = EventListener::default();
        let writer =
            Writer::start(store.clone(), index.clone(), index_writer, kept_items.clone(), event_listener.clone())
                .map_err(unusable)?;
        let resolver = Resolver::default();
        Ok(Self { inner: Arc::new(Inner { writer, store, index, resolver, kept_items, event_listener }) })
    }

    /// The dialog, whatever its visibility, expiry or deletion: what these mean differs between operations.
    pub fn get(&self, scope: &AuthorizedScope, id: DialogId) -> Result<Found<Dialog>, ReadError> {
        self.read(scope, id, |reading, number, record| reading.complete(number, record))
    }

    /// The dialog without its transmissions and activities.
    pub fn record(&self, scope: &AuthorizedScope, id: DialogId) -> Result<Found<Dialog>, ReadError> {
        self.read(scope, id, |_, _, record| Ok(record))
    }

    /// The transmissions, in the order in which they were added.
    pub fn transmissions(&self, scope: &AuthorizedScope, id: DialogId) -> Result<Found<Vec<Transmission>>, ReadError> {
        self.read(scope, id, |reading, number, _| reading.transmissions(number))
    }

    /// The activities, in the order in which they were added.
    pub fn activities(&self, scope: &AuthorizedScope, id: DialogId) -> Result<Found<Vec<Activity>>, ReadError> {
        self.read(scope, id, |reading, number, _| reading.activities(number))
    }

    /// The seen log, oldest first.
    pub fn seen_log(&self, scope: &AuthorizedScope, id: DialogId) -> Result<Found<Vec<SeenEntry>>, ReadError> {
        self.read(scope, id, |reading, number, _| reading.seen_log(number))
    }

    /// The label log, oldest first.
    pub fn label_log(&self, scope: &AuthorizedScope, id: DialogId) -> Result<Found<Vec<LabelAssignment>>, ReadError> {
        self.read(scope, id, |reading, number, _| reading.label_log(number))
    }

    /// Makes the index anew from the store. Searches see the old one until the new one is complete; writes wait.
    pub fn rebuild(&self) -> Result<(), OpenError> {
        let store = self.inner.store.clone();
        self.inner.writer.at_rest(move |index| replay::rebuild(&store, index))?
    }

    /// The rows of the register of rights. Their meaning is the service's.
    pub fn register_rows(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.inner.store.read()?.register_rows()
    }

    /// Replaces all rows of the register in one transaction.
    pub fn replace_register(&self, rows: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        self.inner.writer.submit(move |group| Ok(group.writing.replace_register(&rows)?)).map_err(of_the_store)
    }

    /// Sets or (`None`) removes one row of the register.
    pub fn set_register_row(&self, key: &str, value: Option<Vec<u8>>) -> Result<(), StoreError> {
        let key = key.to_owned();
        let set =
            move |group: &mut writer::Group<'_, '_>| Ok(group.writing.set_register_row(&key, value.as_deref())?);
        self.inner.writer.submit(set).map_err(of_the_store)
    }

    fn read<T>(
        &self,
        scope: &AuthorizedScope,
        id: DialogId,
        read: impl FnOnce(&Reading, u64, Dialog) -> Result<T, StoreError>,
    ) -> Result<Found<T>, ReadError> {
        let reading = self.inner.store.read()?;
        Ok(match find(&reading, scope, id)? {
            Found::Missing => Found::Missing,
            Found::Hidden => Found::Hidden,
            Found::Visible((number, record)) => Found::Visible(read(&reading, number, record)?),
        })
    }
}

/// The index, brought up to date. One that cannot be is begun anew, since the store has all that it holds.
fn open_index(store: &DialogStore, folder: &Path) -> Result<(DialogIndex, IndexWriter), OpenError> {
    let open = || {
        let (index, mut writer) = DialogIndex::open(folder)?;
        replay::replay(store, &mut writer)?;
        Ok((index, writer))
    };
    // The engine panics over some damaged files. Of what it has touched by then, only the store is used again, which
    // is merely read here.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)) {
        Ok(Err(OpenError::Index(error))) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the index is unusable and is made anew");
        }
        Err(_) => tracing::warn!("the index is damaged and is made anew"),
        Ok(other) => return other,
    }
    fs::remove_dir_all(folder).map_err(IndexError::Folder)?;
    open()
}

/// The number and the record of a dialog, if the scope permits it.
fn find(reading: &Reading, scope: &AuthorizedScope, id: DialogId) -> Result<Found<(u64, Dialog)>, StoreError> {
    let Some(number) = reading.number_of(id)? else { return Ok(Found::Missing) };
    let Some(record) = reading.record(number)? else { return Ok(Found::Missing) };
    Ok(if scope.permits(&record) { Found::Visible((number, record)) } else { Found::Hidden })
}

/// For operations that only the store can refuse.
fn of_the_store(error: WriteError) -> StoreError {
    match error {
        WriteError::Store(error) => error,
        _ => StoreError::Stopped,
    }
}

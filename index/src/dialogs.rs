//! The façade: store and index kept in step.

mod new_dialog;

pub use new_dialog::{NewDialog, ServiceKind};

use crate::domain::{Dialog, DialogId, LabelAssignment, ListItem, Org, Revision, SeenEntry, Timestamp};
use crate::query::{CountRequest, Counts, Cursor, Filter, SearchQuery};
use crate::{AuthorizedScope, OpenError, ReadError, StoreError, WriteError};
use std::path::Path;

/// All dialogs of one data folder. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct Dialogs {}

/// How a data folder is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Memory for the store's cache, in bytes.
    pub cache_bytes: usize,
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
    pub items: Vec<ListItem>,
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
    pub fn open(_folder: &Path, _options: &OpenOptions) -> Result<Self, OpenError> {
        todo!("the store's owner")
    }

    /// Stores a new dialog. When it returns, the dialog is durable and searchable.
    pub fn create(&self, _dialog: NewDialog, _at: Timestamp) -> Result<Revision, WriteError> {
        todo!("the store's owner")
    }

    /// Creates the dialog, or replaces the one with its id and owner. What the contract calls append-only stays:
    /// seen log, label log, end-user labels, and transmissions and activities, to which those with new ids are added.
    pub fn upsert(
        &self,
        _dialog: NewDialog,
        _expected: Option<Revision>,
        _at: Timestamp,
    ) -> Result<Upserted, WriteError> {
        todo!("the store's owner")
    }

    /// Writes the seen log as the contract says: nothing when this user's entry is newer than the last update, the
    /// dialog is not marked as unopened and is seen. The dialog as it is afterwards comes back with its seen log.
    pub fn mark_seen(
        &self,
        _scope: &AuthorizedScope,
        _id: DialogId,
        _entry: SeenEntry,
    ) -> Result<Found<(Dialog, Vec<SeenEntry>)>, WriteError> {
        todo!("the store's owner")
    }

    /// The dialog, whatever its visibility, expiry or deletion: what these mean differs between operations.
    pub fn get(&self, _scope: &AuthorizedScope, _id: DialogId) -> Result<Found<Dialog>, ReadError> {
        todo!("the store's owner")
    }

    /// The seen log, oldest first.
    pub fn seen_log(&self, _scope: &AuthorizedScope, _id: DialogId) -> Result<Found<Vec<SeenEntry>>, ReadError> {
        todo!("the store's owner")
    }

    /// The label log, oldest first.
    pub fn label_log(&self, _scope: &AuthorizedScope, _id: DialogId) -> Result<Found<Vec<LabelAssignment>>, ReadError> {
        todo!("the store's owner")
    }

    /// The service owner that a dialog belongs to: all that an administrator may learn without a scope.
    pub fn owner_of(&self, _id: DialogId) -> Result<Option<Org>, ReadError> {
        todo!("the store's owner")
    }

    pub fn search(&self, _scope: &AuthorizedScope, _query: &SearchQuery) -> Result<SearchPage, ReadError> {
        todo!("the searcher's owner")
    }

    pub fn count(
        &self,
        _scope: &AuthorizedScope,
        _filter: &Filter,
        _request: &CountRequest,
    ) -> Result<Counts, ReadError> {
        todo!("the searcher's owner")
    }

    /// Stores many new dialogs at once, for imports: durable when it returns, searchable after [`Dialogs::flush`].
    /// Dialogs whose id is already stored are left alone, so that an import can be repeated. One result each.
    pub fn load(&self, _dialogs: Vec<LoadedDialog>) -> Result<Vec<Result<Loaded, WriteError>>, StoreError> {
        todo!("the store's owner")
    }

    /// Makes everything stored searchable.
    pub fn flush(&self) -> Result<(), WriteError> {
        todo!("the store's owner")
    }

    /// The rows of the register of rights. Their meaning is the service's.
    pub fn register_rows(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        todo!("the store's owner")
    }

    /// Replaces all rows of the register in one transaction.
    pub fn replace_register(&self, _rows: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        todo!("the store's owner")
    }

    /// Sets or (`None`) removes one row of the register.
    pub fn set_register_row(&self, _key: &str, _value: Option<Vec<u8>>) -> Result<(), StoreError> {
        todo!("the store's owner")
    }
}

/// A dialog from a corpus, with the state that a creation cannot give it.
#[derive(Clone, Debug)]
pub struct LoadedDialog {
    pub dialog: Dialog,
    pub seen_log: Vec<SeenEntry>,
    pub label_log: Vec<LabelAssignment>,
}

/// What [`Dialogs::load`] did with one dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    Stored,
    AlreadyThere,
}

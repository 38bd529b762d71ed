//! Stores, indexes and searches dialogs under authorization. Everything that is true without HTTP.
//!
//! [`Dialogs`] is the one door: writes are durable and searchable when they return, reads take the
//! [`AuthorizedScope`] of the caller.

pub mod domain;
pub mod query;

mod data_folder;
mod dialogs;
mod error;
mod explanation;
mod last_used;
mod scope;
mod search;
mod sizes;
mod store;
mod text;

pub use data_folder::make_data_folder;
pub use dialogs::{
    Change, Changed, DialogUpdate, Dialogs, Difference, Found, ItemGauges, KeptItem, Loaded, LoadedDialog, NewDialog,
    Occasion, OpenOptions, Report, SearchPage, ServiceKind, Upserted, WriteGauges,
};
pub use error::{IndexError, OpenError, Part, ReadError, StoreError, WriteError};
pub use explanation::{Driver, Estimate, Explanation};
pub use scope::{AuthorizedScope, DelegatedDialog, Delegation, Rights};
pub use search::IndexGauges;
pub use sizes::{PartSize, Sizes};

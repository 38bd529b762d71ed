//! One enum per family of operations. The source says why, the message what.

use crate::domain::DialogId;
use std::path::PathBuf;
use uuid::Uuid;

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {} is in use by another process", .0.display())]
    InUse(PathBuf),
    #[error("the data folder {path} was written in format {found}; this version reads format {expected}", path = .path.display())]
    Format { path: PathBuf, found: String, expected: u32 },
    #[error("cannot prepare the data folder {}", .path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Without its journal a store may lack what was written last, so it is not opened.
    #[error("cannot open {}, which belongs to the dialogs.redb beside it and is copied and restored with it", .path.display())]
    Journal {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// The store failed; nothing was changed unless a commit had been acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store could not {action}")]
    Database {
        action: &'static str,
        #[source]
        source: Box<redb::Error>,
    },
    #[error("the store holds a damaged {what}")]
    Damaged {
        what: &'static str,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("the store has stopped after an earlier failure; restart to recover")]
    Stopped,
}

/// The index failed. It can always be made anew from the store.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index could not {action}")]
    Engine {
        action: &'static str,
        #[source]
        source: tantivy::TantivyError,
    },
    #[error("the index folder could not be used")]
    Folder(#[source] std::io::Error),
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// Why a write was refused. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the idempotent key {key} is in use by the dialog {dialog}")]
    IdempotentKeyInUse { key: String, dialog: DialogId },
    #[error("the idempotent key {key} is that of a deleted dialog")]
    IdempotentKeyOfDeleted { key: String },
    /// The id is in use by another dialog or by a part of one.
    #[error("the {part} id {id} is in use")]
    IdInUse { part: Part, id: Uuid },
    #[error("the revision is not the current one")]
    RevisionMismatch,
    #[error("the dialog does not exist")]
    NotFound,
    /// A counter of transmissions has reached its limit.
    #[error("a dialog can have at most {} transmissions from each side", u16::MAX / 2)]
    TooManyTransmissions { from_party: bool },
    /// A defect: the judgement of a change panicked. Nothing was changed.
    #[error("a change could not be judged")]
    Panicked,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// What an id can name. Ids are unique among all parts of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Dialog,
    Transmission,
    Activity,
    /// Of a dialog or of a transmission.
    Attachment,
    GuiAction,
    ApiAction,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dialog => "dialog",
            Self::Transmission => "transmission",
            Self::Activity => "activity",
            Self::Attachment => "attachment",
            Self::GuiAction => "GUI action",
            Self::ApiAction => "API action",
        })
    }
}

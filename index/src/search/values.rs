//! What scopes and filters ask of a dialog, wherever it lies: in a segment or in the tail. One matcher serves both.

use super::schema::Packed;
use super::snapshot::{Columns, Row};
use crate::query::SortKey;
use tantivy::DocId;

/// What decides whether a dialog may be seen, in numbers of the store's dictionaries.
pub(crate) trait Subject: Copy {
    /// The store's number of the dialog.
    fn number(self) -> u64;
    fn party(self) -> u32;
    fn resource(self) -> u32;
    fn org(self) -> u32;
    fn service_owner_labels(self) -> impl Iterator<Item = u32>;
}

/// What filters, orders and facets ask of a dialog. Times are microseconds since 1970.
pub(super) trait Values: Subject {
    fn id(self) -> u128;
    fn packed(self) -> Packed;
    fn extended_status(self) -> Option<u32>;
    fn process(self) -> Option<u32>;
    fn time(self, key: SortKey) -> Option<i64>;
    fn visible_from(self) -> Option<i64>;
    fn expires_at(self) -> Option<i64>;
}

/// One document of a segment.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) columns: &'a Columns,
    pub(super) doc: DocId,
    pub(super) row: Row,
}

/// By reference: what is copied in pieces and read as a whole is waited for.
impl Subject for &Document<'_> {
    fn number(self) -> u64 {
        self.columns.number.get_val(self.doc)
    }

    #[inline]
    fn party(self) -> u32 {
        self.row.party
    }

    #[inline]
    fn resource(self) -> u32 {
        self.row.resource
    }

    #[inline]
    fn org(self) -> u32 {
        self.row.org
    }

    fn service_owner_labels(self) -> impl Iterator<Item = u32> {
        self.columns.service_owner_label.values_for_doc(self.doc).map(|value| value as u32)
    }
}

impl Values for &Document<'_> {
    /// Its order is the unsigned order of the id's bytes.
    fn id(self) -> u128 {
        u128::from(self.columns.id_high.get_val(self.doc)) << 64 | u128::from(self.columns.id_low.get_val(self.doc))
    }

    #[inline]
    fn packed(self) -> Packed {
        self.row.packed
    }

    fn extended_status(self) -> Option<u32> {
        self.columns.extended_status.first(self.doc).map(|value| value as u32)
    }

    fn process(self) -> Option<u32> {
        self.columns.process.first(self.doc).map(|value| value as u32)
    }

    fn time(self, key: SortKey) -> Option<i64> {
        match key {
            SortKey::ContentUpdatedAt => Some(self.columns.content_updated_at[self.doc as usize]),
            SortKey::UpdatedAt => Some(self.columns.updated_at(self.doc)),
            SortKey::CreatedAt => Some(self.columns.created_at(self.doc)),
            SortKey::DueAt if self.packed().has(Packed::HAS_DUE_AT) => self.columns.due_at.first(self.doc),
            SortKey::DueAt => None,
        }
    }

    fn visible_from(self) -> Option<i64> {
        self.columns.visible_from.first(self.doc)
    }

    fn expires_at(self) -> Option<i64> {
        self.columns.expires_at.first(self.doc)
    }
}

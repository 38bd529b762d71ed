//! Which fields the index has.

use super::row::IndexRow;
use crate::domain::{DialogStatus, SystemLabel};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{IndexSettings, IndexSortByField, Order};

/// contentUpdatedAt by [`newest_first`]: what documents lie in the order of.
pub(super) const NEWEST_FIRST: &str = "newest_first";
/// The terms of [`Fields::open_places`], one for each run in the order of the open text.
pub(super) const OPEN_RUNS: [&str; 5] = ["0", "1", "2", "3", "4"];

/// The fields whose postings are looked up, by what they hold. Columns go by their names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) number: Field,
    pub(super) party: Field,
    pub(super) resource: Field,
    pub(super) org: Field,
    pub(super) process: Field,
    pub(super) service_owner_label: Field,
    pub(super) external_reference: Field,
    pub(super) text: Field,
    /// Where the runs of [`crate::text::DialogText::open`] begin and end in `text`. A document without it has no open
    /// text.
    pub(super) open_places: Field,
}

impl Fields {
    pub(super) fn with_schema() -> (Self, Schema) {
        let column = || NumericOptions::default().set_fast();
        let postings_and_column = || column().set_indexed();
        // Words reach the index as they are, and norms serve scores only.
        let indexed =
            |option| TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false).set_index_option(option);
        let exact = || TextOptions::default().set_indexing_options(indexed(IndexRecordOption::Basic));
        let words = || TextOptions::default().set_indexing_options(indexed(IndexRecordOption::WithFreqsAndPositions));
        let mut schema = Schema::builder();
        let fields = Self {
            number: schema.add_u64_field("number", postings_and_column()),
            party: schema.add_u64_field("party", postings_and_column()),
            resource: schema.add_u64_field("resource", postings_and_column()),
            org: schema.add_u64_field("org", postings_and_column()),
            process: schema.add_u64_field("process", postings_and_column()),
            service_owner_label: schema.add_u64_field("service_owner_label", postings_and_column()),
            external_reference: schema.add_text_field("external_reference", exact()),
            text: schema.add_text_field("text", words()),
            open_places: schema.add_text_field("open_places", words()),
        };
        for name in ["id_high", "id_low", "extended_status", "packed", "fingerprint"] {
            schema.add_u64_field(name, column());
        }
        for name in [NEWEST_FIRST, "created_before", "updated_after", "due_at", "visible_from", "expires_at"] {
            schema.add_i64_field(name, column());
        }
        (fields, schema.build())
    }

    /// All of them.
    pub(super) fn all(&self) -> [Field; 9] {
        [
            self.number,
            self.party,
            self.resource,
            self.org,
            self.process,
            self.service_owner_label,
            self.external_reference,
            self.text,
            self.open_places,
        ]
    }
}

/// Turns the order of times around, and again gives the time. Of two columns in the order of documents, tantivy 0.27.0
/// keeps the ascending one in two thirds of the bytes (tantivy-columnar, `u64_based/line.rs`: no line is found under
/// values that fall).
pub(super) fn newest_first(time: i64) -> i64 {
    !time
}

/// Documents lie in time order inside a segment, newest first: the order that lists are read in by default. Nothing
/// is stored in the document store, which needs no thread for that; compressed, it takes a third.
pub(super) fn settings() -> IndexSettings {
    IndexSettings {
        sort_by_field: Some(IndexSortByField { field: NEWEST_FIRST.to_owned(), order: Order::Asc }),
        docstore_compression: Compressor::Zstd(ZstdCompressor::default()),
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}

/// All small values of a dialog in 16 bits, so that most filters are answered by one load.
///
/// Bits 0-2: place in [`DialogStatus::ALL`]; 3-7: system labels; 8-10: flags; 11-13: which dates there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed(pub(super) u16);

impl Packed {
    const STATUS: u16 = 0b111;
    const LABELS_SHIFT: u32 = 3;
    pub(super) const CONTENT_SEEN: u16 = 1 << 8;
    /// What facets count is in the lowest bits, up to this.
    pub(super) const FACETS: usize = 1 << 9;
    pub(super) const API_ONLY: u16 = 1 << 9;
    pub(super) const DELETED: u16 = 1 << 10;
    pub(super) const HAS_DUE_AT: u16 = 1 << 11;
    pub(super) const HAS_VISIBLE_FROM: u16 = 1 << 12;
    pub(super) const HAS_EXPIRES_AT: u16 = 1 << 13;

    pub(super) fn of(row: &IndexRow) -> Self {
        let flags = [
            (Self::CONTENT_SEEN, row.is_content_seen),
            (Self::API_ONLY, row.is_api_only),
            (Self::DELETED, row.is_deleted),
            (Self::HAS_DUE_AT, row.due_at.is_some()),
            (Self::HAS_VISIBLE_FROM, row.visible_from.is_some()),
            (Self::HAS_EXPIRES_AT, row.expires_at.is_some()),
        ];
        let flags = flags.iter().filter(|(_, is_set)| *is_set).fold(0, |bits, (bit, _)| bits | bit);
        Self(status_place(row.status) | u16::from(row.system_labels.bits()) << Self::LABELS_SHIFT | flags)
    }

    pub(super) fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    /// Place in [`DialogStatus::ALL`].
    pub(super) fn status(self) -> u16 {
        self.0 & Self::STATUS
    }

    /// A bit for each status, at its place.
    pub(super) fn status_bit(self) -> u8 {
        1 << self.status()
    }

    /// The bit of one system label.
    pub(super) fn of_system_label(label: SystemLabel) -> u16 {
        u16::from(label.bit()) << Self::LABELS_SHIFT
    }

    pub(super) fn is_content_seen(self) -> bool {
        self.has(Self::CONTENT_SEEN)
    }

    /// What facets count: status, system labels and whether the content was seen; below [`Packed::FACETS`].
    pub(super) fn of_facets(self) -> usize {
        usize::from(self.0) % Self::FACETS
    }

    /// As [`crate::domain::SystemLabels::bits`].
    pub(super) fn system_labels(self) -> u8 {
        (self.0 >> Self::LABELS_SHIFT) as u8 & 0b1_1111
    }
}

/// Place in [`DialogStatus::ALL`].
pub(super) fn status_place(status: DialogStatus) -> u16 {
    match status {
        DialogStatus::InProgress => 0,
        DialogStatus::Draft => 1,
        DialogStatus::RequiresAttention => 2,
        DialogStatus::Completed => 3,
        DialogStatus::NotApplicable => 4,
        DialogStatus::Awaiting => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_keep_their_place() {
        for (place, status) in DialogStatus::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(status_place(status)), place);
        }
    }
}

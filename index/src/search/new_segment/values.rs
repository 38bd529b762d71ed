//! What the columns of a segment hold of a row.

use crate::search::row::IndexRow;
use crate::search::schema::{NEWEST_FIRST, Packed, newest_first};
use std::io;
use tantivy::columnar::{ColumnType, ColumnarWriter};
use uuid::Uuid;

/// The values of one row.
#[derive(Debug)]
pub(super) struct Values {
    number: u64,
    id: Uuid,
    party: u32,
    resource: u32,
    org: u32,
    extended_status: Option<u32>,
    process: Option<u32>,
    service_owner_labels: Box<[u32]>,
    packed: Packed,
    created_at: i64,
    updated_at: i64,
    pub(super) content_updated_at: i64,
    due_at: Option<i64>,
    visible_from: Option<i64>,
    expires_at: Option<i64>,
    fingerprint: u32,
}

impl Values {
    pub(super) fn of(row: &IndexRow) -> Self {
        Self {
            number: row.number,
            id: row.id,
            party: row.party,
            resource: row.resource,
            org: row.org,
            extended_status: row.extended_status,
            process: row.process,
            service_owner_labels: row.service_owner_labels.as_slice().into(),
            packed: Packed::of(row),
            created_at: row.created_at,
            updated_at: row.updated_at,
            content_updated_at: row.content_updated_at,
            due_at: row.due_at,
            visible_from: row.visible_from,
            expires_at: row.expires_at,
            fingerprint: row.fingerprint(),
        }
    }
}

/// Writes the columns of documents that come in order.
pub(super) fn write<'a>(rows: impl ExactSizeIterator<Item = &'a Values>, file: &mut dyn io::Write) -> io::Result<()> {
    let documents = rows.len() as u32;
    let mut columns = ColumnarWriter::default();
    // Left to itself it would take the narrowest type that holds all values.
    for name in ["number", "id_high", "id_low", "party", "resource", "org", "packed", "fingerprint"] {
        columns.record_column_type(name, ColumnType::U64, false);
    }
    for name in ["extended_status", "process", "service_owner_label"] {
        columns.record_column_type(name, ColumnType::U64, false);
    }
    for name in [NEWEST_FIRST, "created_before", "updated_after", "due_at", "visible_from", "expires_at"] {
        columns.record_column_type(name, ColumnType::I64, false);
    }
    for (row, document) in rows.zip(0..) {
        let (id_high, id_low) = row.id.as_u64_pair();
        columns.record_numerical(document, "number", row.number);
        columns.record_numerical(document, "id_high", id_high);
        columns.record_numerical(document, "id_low", id_low);
        columns.record_numerical(document, "party", u64::from(row.party));
        columns.record_numerical(document, "resource", u64::from(row.resource));
        columns.record_numerical(document, "org", u64::from(row.org));
        columns.record_numerical(document, "packed", u64::from(row.packed.0));
        columns.record_numerical(document, "fingerprint", u64::from(row.fingerprint));
        columns.record_numerical(document, NEWEST_FIRST, newest_first(row.content_updated_at));
        for (name, value) in [("extended_status", row.extended_status), ("process", row.process)] {
            if let Some(value) = value {
                columns.record_numerical(document, name, u64::from(value));
            }
        }
        for label in &row.service_owner_labels {
            columns.record_numerical(document, "service_owner_label", u64::from(*label));
        }
        // Most dialogs are seldom updated, and then all three times are one.
        let difference = |later: i64, earlier: i64| Some(later - earlier).filter(|micros| *micros != 0);
        let times = [
            ("created_before", difference(row.content_updated_at, row.created_at)),
            ("updated_after", difference(row.updated_at, row.content_updated_at)),
            ("due_at", row.due_at),
            ("visible_from", row.visible_from),
            ("expires_at", row.expires_at),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                columns.record_numerical(document, name, time);
            }
        }
    }
    columns.serialize(documents, None, file)
}

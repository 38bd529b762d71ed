//! What one search reads: the segments of one commit with their columns, immutable.

use super::by_number::DocumentByNumber;
use super::by_party::DocumentsByParty;
use super::engine;
use super::first_visible::FirstVisible;
use super::schema::{Fields, NEWEST_FIRST, Packed, newest_first};
use super::values::Document;
use crate::IndexError;
use crate::query::SortKey;
use std::cmp::Reverse;
use std::fmt::Debug;
use std::sync::Arc;
use tantivy::columnar::{Column, ColumnValues, MonotonicallyMappableToU64};
use tantivy::fastfield::FastFieldReaders;
use tantivy::index::SegmentId;
use tantivy::{DocId, Searcher, SegmentReader};

/// The state of the index after one commit.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) fields: Fields,
    pub(super) searcher: Searcher,
    /// Those with newer documents first, so that a page is full before the others are begun. By the middle ones: single
    /// dialogs are updated long after those beside them.
    pub(super) segments: Vec<Segment>,
}

/// One segment: its documents lie in the order of contentUpdatedAt, newest first.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) reader: SegmentReader,
    pub(super) columns: Arc<Columns>,
}

/// The values of a segment by document. What nearly every search reads is decoded, the rest is read where it lies.
/// A segment's columns never change: deletes are kept beside them.
pub(super) struct Columns {
    segment: SegmentId,
    rows: Vec<Row>,
    pub(super) content_updated_at: Vec<i64>,
    /// Whether the documents do lie in time order; only then may a search stop before their end.
    pub(super) is_newest_first: bool,
    pub(super) first_visible: FirstVisible,
    pub(super) by_party: DocumentsByParty,
    pub(super) by_number: DocumentByNumber,
    /// Microseconds from createdAt to contentUpdatedAt, where there are any.
    created_before: Differences,
    /// Microseconds from contentUpdatedAt to updatedAt, where there are any.
    updated_after: Differences,
    pub(super) extended_status: Column<u64>,
    pub(super) process: Column<u64>,
    pub(super) service_owner_label: Column<u64>,
    pub(super) visible_from: Column<i64>,
    pub(super) expires_at: Column<i64>,
    pub(super) due_at: Column<i64>,
    pub(super) number: Arc<dyn ColumnValues<u64>>,
    pub(super) id_high: Arc<dyn ColumnValues<u64>>,
    pub(super) id_low: Arc<dyn ColumnValues<u64>>,
    fingerprint: Arc<dyn ColumnValues<u64>>,
}

/// Of times that are mostly the same.
struct Differences {
    column: Column<i64>,
    least: i64,
    most: i64,
}

/// What nearly every search asks of a document, side by side: most documents lie apart from the last one looked at,
/// and then this is one place of the memory instead of four.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) party: u32,
    pub(super) resource: u32,
    pub(super) org: u32,
    pub(super) packed: Packed,
}

impl Row {
    /// Of no document.
    pub(super) const EMPTY: Self = Self { party: 0, resource: 0, org: 0, packed: Packed(0) };
}

impl Snapshot {
    /// Columns that the previous snapshot has decoded are shared with it.
    pub(super) fn of(fields: Fields, searcher: &Searcher, previous: Option<&Self>) -> Result<Self, IndexError> {
        let mut segments = searcher
            .segment_readers()
            .iter()
            .map(|reader| {
                let known = previous.and_then(|previous| previous.columns_of(reader.segment_id()));
                let columns = match known {
                    Some(columns) => columns,
                    None => Arc::new(Columns::of(reader)?),
                };
                for field in fields.all() {
                    // Opens the term dictionary, so that no search has to.
                    reader.inverted_index(field)?;
                }
                Ok(Segment { reader: reader.clone(), columns })
            })
            .collect::<tantivy::Result<Vec<Segment>>>()
            .map_err(engine("open a segment"))?;
        segments.sort_by_key(|segment| Reverse(segment.columns.middle_time()));
        Ok(Self { fields, searcher: searcher.clone(), segments })
    }

    pub(super) fn fingerprints(&self) -> Result<Vec<(u64, u32)>, IndexError> {
        let rows = |segment: &Segment| -> Vec<(u64, u32)> {
            let Segment { reader, columns } = segment;
            let print = |doc| (columns.number.get_val(doc), columns.fingerprint.get_val(doc) as u32);
            reader.doc_ids_alive().map(print).collect()
        };
        Ok(self.segments.iter().flat_map(rows).collect())
    }

    fn columns_of(&self, id: SegmentId) -> Option<Arc<Columns>> {
        self.segments.iter().map(|segment| &segment.columns).find(|columns| columns.segment == id).cloned()
    }
}

impl Segment {
    pub(super) fn is_alive(&self, doc: DocId) -> bool {
        !self.reader.is_deleted(doc)
    }

    pub(super) fn document(&self, doc: DocId) -> Document<'_> {
        self.document_of(doc, self.columns.row(doc))
    }

    /// A document whose row has been read.
    #[inline]
    pub(super) fn document_of(&self, doc: DocId, row: Row) -> Document<'_> {
        Document { columns: &self.columns, doc, row }
    }

    pub(super) fn documents(&self) -> DocId {
        self.reader.max_doc()
    }
}

impl Columns {
    fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let documents = reader.max_doc();
        let content_updated_at = decoded(fast.i64(NEWEST_FIRST)?.values.as_ref(), documents, newest_first);
        let number = fast.u64("number")?.values;
        let party = decoded(fast.u64("party")?.values.as_ref(), documents, |value| value as u32);
        let mut rows: Vec<Row> = party.into_iter().map(|party| Row { party, ..Row::EMPTY }).collect();
        let set = |rows: &mut [Row], name: &str, set: fn(&mut Row, u64)| -> tantivy::Result<()> {
            let values = decoded(fast.u64(name)?.values.as_ref(), documents, |value| value);
            rows.iter_mut().zip(values).for_each(|(row, value)| set(row, value));
            Ok(())
        };
        set(&mut rows, "resource", |row, value| row.resource = value as u32)?;
        set(&mut rows, "org", |row, value| row.org = value as u32)?;
        set(&mut rows, "packed", |row, value| row.packed = Packed(value as u16))?;
        let visible_from: Column<i64> = optional(fast, "visible_from", documents)?;
        Ok(Self {
            first_visible: FirstVisible::of(&rows, |doc| visible_from.first(doc)),
            by_party: DocumentsByParty::of(&rows),
            by_number: DocumentByNumber::of(alive(reader, &decoded(number.as_ref(), documents, |value| value))),
            rows,
            is_newest_first: content_updated_at.is_sorted_by(|earlier, later| earlier >= later),
            content_updated_at,
            segment: reader.segment_id(),
            created_before: Differences::of(optional(fast, "created_before", documents)?),
            updated_after: Differences::of(optional(fast, "updated_after", documents)?),
            extended_status: optional(fast, "extended_status", documents)?,
            process: optional(fast, "process", documents)?,
            service_owner_label: optional(fast, "service_owner_label", documents)?,
            visible_from,
            expires_at: optional(fast, "expires_at", documents)?,
            due_at: optional(fast, "due_at", documents)?,
            number,
            id_high: fast.u64("id_high")?.values,
            id_low: fast.u64("id_low")?.values,
            fingerprint: fast.u64("fingerprint")?.values,
        })
    }

    /// Of all documents.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Before which as many documents lie as behind it.
    fn middle_time(&self) -> Option<i64> {
        self.content_updated_at.get(self.content_updated_at.len() / 2).copied()
    }

    pub(super) fn created_at(&self, doc: DocId) -> i64 {
        self.content_updated_at[doc as usize] - self.created_before.of_document(doc)
    }

    pub(super) fn updated_at(&self, doc: DocId) -> i64 {
        self.content_updated_at[doc as usize] + self.updated_after.of_document(doc)
    }

    /// The earliest and the latest that a time of a document can be, where that is known without reading it: both fall
    /// with the documents, where these lie in time order.
    pub(super) fn bounds(&self, key: SortKey, doc: DocId) -> Option<(i64, i64)> {
        self.bounds_of(key, self.content_updated_at[doc as usize])
    }

    fn bounds_of(&self, key: SortKey, at: i64) -> Option<(i64, i64)> {
        let (before, after) = (&self.created_before, &self.updated_after);
        match key {
            SortKey::ContentUpdatedAt => Some((at, at)),
            SortKey::CreatedAt => Some((at - before.most, at - before.least)),
            SortKey::UpdatedAt => Some((at + after.least, at + after.most)),
            SortKey::DueAt => None,
        }
    }

    /// The first document that has not such bounds, where the documents lie in time order; the first ones have.
    pub(super) fn first_document(&self, key: SortKey, has: impl Fn((i64, i64)) -> bool) -> DocId {
        self.content_updated_at.partition_point(|at| self.bounds_of(key, *at).is_some_and(&has)) as DocId
    }

    /// The share of documents of which this time is their contentUpdatedAt, by which they lie.
    pub(super) fn share_in_order(&self, key: SortKey) -> f64 {
        match key {
            SortKey::ContentUpdatedAt => 1.0,
            SortKey::CreatedAt => 1.0 - self.created_before.share(),
            SortKey::UpdatedAt => 1.0 - self.updated_after.share(),
            SortKey::DueAt => 0.0,
        }
    }

    #[inline]
    pub(super) fn row(&self, doc: DocId) -> Row {
        self.rows[doc as usize]
    }
}

impl Differences {
    fn of(column: Column<i64>) -> Self {
        let is_empty = column.values.num_vals() == 0;
        let (least, most) = if is_empty { (0, 0) } else { (column.min_value().min(0), column.max_value().max(0)) };
        Self { column, least, most }
    }

    /// The share of documents that have one.
    fn share(&self) -> f64 {
        f64::from(self.column.values.num_vals()) / f64::from(self.column.num_docs()).max(1.0)
    }

    fn of_document(&self, doc: DocId) -> i64 {
        self.column.first(doc).unwrap_or(0)
    }
}

impl Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns").field("documents", &self.rows.len()).finish_non_exhaustive()
    }
}

/// Of a dialog that was written twice before a commit, one document is dead from the beginning.
fn alive(reader: &SegmentReader, numbers: &[u64]) -> Vec<(u64, DocId)> {
    numbers.iter().copied().zip(0..).filter(|(_, doc)| !reader.is_deleted(*doc)).collect()
}

fn decoded<T, U: Copy + Default + PartialOrd + 'static>(
    values: &dyn ColumnValues<U>,
    documents: DocId,
    narrow: impl Fn(U) -> T,
) -> Vec<T> {
    let mut wide = vec![U::default(); documents as usize];
    values.get_range(0, &mut wide);
    wide.into_iter().map(narrow).collect()
}

/// A column that a segment lacks when none of its documents has a value.
fn optional<T>(fast: &FastFieldReaders, name: &str, documents: DocId) -> tantivy::Result<Column<T>>
where
    T: MonotonicallyMappableToU64 + PartialOrd + Default + tantivy::columnar::HasAssociatedColumnType,
    tantivy::columnar::DynamicColumn: Into<Option<Column<T>>>,
{
    Ok(fast.column_opt(name)?.unwrap_or_else(|| Column::build_empty_column(documents)))
}

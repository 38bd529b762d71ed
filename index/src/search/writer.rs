//! The writing side: one writer, and what is committed is published before the commit returns.

use super::merges;
use super::new_segment::NewSegment;
use super::row::IndexRow;
use super::schema::{self, Fields};
use super::snapshot::Snapshot;
use super::tail::TailRow;
use super::{Published, View, engine};
use crate::IndexError;
use crate::text::ANALYZER_VERSION;
use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::IndexWriterOptions;
use tantivy::{FutureResult, Index, IndexReader, ReloadPolicy, TantivyDocument, TantivyError, Term};

/// Of the folder: goes up whenever the schema or the meaning of a field changes.
const FORMAT: u32 = 5;
/// What the rows of one segment may occupy in memory, in bytes: beyond it they are written before a commit is due. The
/// more rows a segment begins with, the fewer merges follow.
const MAX_PENDING_BYTES: usize = 128 << 20;
/// tantivy's own threads make no segments here, but it wants one, with the least memory that it allows.
const UNUSED_THREADS: usize = 1;
const UNUSED_BYTES: usize = 15_000_000;
/// Merges are work that can wait: more threads would take the cores from those who search.
const MERGING_THREADS: usize = 1;

/// Adds, replaces and removes rows; all of it becomes visible, at once, with [`IndexWriter::commit`].
///
/// After any error the caller rolls back and replays what came after [`IndexWriter::committed`].
pub(crate) struct IndexWriter {
    fields: Fields,
    writer: tantivy::IndexWriter,
    /// Rows that are not in a segment yet.
    pending: NewSegment,
    /// There are segments, committed or not.
    has_segments: bool,
    /// Rows were removed from segments since the last commit.
    has_removed: bool,
    /// Begun by [`IndexWriter::rest`].
    merge: Option<FutureResult<Option<SegmentMeta>>>,
    reader: IndexReader,
    published: Published,
    committed: u64,
}

impl IndexWriter {
    /// The last sequence of the store's log that the index holds; 0 in a new index. A power failure may take it
    /// back to an earlier commit, so nothing that is needed for replay may be dropped on its word.
    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// Adds a row whose number is known to be new.
    pub(crate) fn add(&mut self, row: &IndexRow) -> Result<(), IndexError> {
        self.pending.put(self.fields, row);
        if self.pending.size() > MAX_PENDING_BYTES { self.write_pending() } else { Ok(()) }
    }

    /// What became of a dialog that the index may know.
    pub(crate) fn apply(&mut self, row: &TailRow) -> Result<(), IndexError> {
        self.remove(row.number)?;
        self.apply_new(row)
    }

    /// The same of a dialog whose number is known to be new.
    pub(crate) fn apply_new(&mut self, row: &TailRow) -> Result<(), IndexError> {
        row.state.as_ref().map_or(Ok(()), |state| self.add(&state.row))
    }

    /// Adds a row in the place of the one with its number, if there is one.
    pub(crate) fn put(&mut self, row: &IndexRow) -> Result<(), IndexError> {
        self.remove(row.number)?;
        self.add(row)
    }

    /// Removes the row with this number, if there is one.
    pub(crate) fn remove(&mut self, number: u64) -> Result<(), IndexError> {
        self.pending.remove(number);
        if self.has_segments {
            self.writer.delete_term(Term::from_field_u64(self.fields.number, number));
            self.has_removed = true;
        }
        Ok(())
    }

    /// Removes all rows.
    pub(crate) fn clear(&mut self) -> Result<(), IndexError> {
        self.pending = NewSegment::default();
        self.writer.delete_all_documents().map_err(engine("remove all dialogs"))?;
        skip_the_stamp_of_the_commit(self.fields, &self.writer);
        (self.has_segments, self.has_removed) = (false, false);
        Ok(())
    }

    /// Makes everything up to this sequence of the store's log durable (but for a power failure) and visible.
    pub(crate) fn commit(&mut self, sequence: u64) -> Result<(), IndexError> {
        self.write_pending()?;
        self.commit_segments(sequence)?;
        self.committed = sequence;
        self.publish()?;
        // Segments whose rows are all removed end with a commit.
        self.has_segments = !self.published.get().snapshot.segments.is_empty();
        Ok(())
    }

    /// Begins a merge that can wait until nothing is written, if there is one and none such is under way. Returns
    /// whether one is then.
    pub(crate) fn rest(&mut self) -> Result<bool, IndexError> {
        if let Some(merge) = &mut self.merge {
            match Pin::new(merge).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => return Ok(true),
                // As when another merge has taken one of its segments, or a rollback.
                Poll::Ready(Err(error)) => tracing::debug!(error = %error, "a merge came to nothing"),
                Poll::Ready(Ok(_)) => {}
            }
            self.merge = None;
        }
        self.refresh()?;
        let snapshot = &self.published.get().snapshot;
        let sizes: Vec<u32> = snapshot.segments.iter().map(|segment| segment.reader.num_docs()).collect();
        if let Some(places) = merges::at_rest(&sizes) {
            let ids: Vec<SegmentId> =
                snapshot.segments[places].iter().map(|segment| segment.reader.segment_id()).collect();
            self.merge = Some(self.writer.merge(&ids));
        }
        Ok(self.merge.is_some())
    }

    /// Shows what merges have come to since the last commit.
    pub(crate) fn refresh(&mut self) -> Result<(), IndexError> {
        let merged = self.writer.index().searchable_segment_ids().map_err(engine("list its segments"))?;
        let shown = &self.published.get().snapshot.segments;
        let is_shown = |id: &SegmentId| shown.iter().any(|segment| segment.reader.segment_id() == *id);
        if merged.len() == shown.len() && merged.iter().all(is_shown) { Ok(()) } else { self.publish() }
    }

    /// Shows what is committed, and no longer those rows of the tail that are among it.
    pub(crate) fn publish(&mut self) -> Result<(), IndexError> {
        self.reader.reload().map_err(engine("read what was committed"))?;
        let last = self.published.get();
        let snapshot = Arc::new(Snapshot::of(self.fields, &self.reader.searcher(), Some(&last.snapshot))?);
        let committed = self.committed;
        self.published.replace(|view| View {
            snapshot,
            tail: view.tail.after(committed),
            sequence: view.sequence.max(committed),
        });
        Ok(())
    }

    /// Forgets everything since the last commit.
    pub(crate) fn rollback(&mut self) -> Result<(), IndexError> {
        self.pending = NewSegment::default();
        self.writer.rollback().map_err(engine("roll back"))?;
        self.writer.set_merge_policy(Box::new(merges::while_written()));
        let segments = self.writer.index().searchable_segment_ids().map_err(engine("list its segments"))?;
        (self.has_segments, self.has_removed) = (!segments.is_empty(), false);
        skip_the_stamp_of_the_commit(self.fields, &self.writer);
        remove_leftovers(&self.writer)
    }

    /// Makes a segment of the rows that are in none yet.
    ///
    /// A segment that tantivy is given finished would lose the rows whose numbers were removed shortly before, and so
    /// most of those that take another one's place: removals wait in a queue, and only a commit is sure to end them
    /// (tantivy 0.27.0: `DeleteQueue::cursor`). That commit bears the sequence of the last one, so that a crash right
    /// after it makes replay put back what was removed.
    fn write_pending(&mut self) -> Result<(), IndexError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        if self.has_removed {
            self.commit_segments(self.committed)?;
        }
        let segment = pending.write(self.writer.new_segment()).map_err(engine("write a segment"))?;
        self.writer.add_segment(segment.meta().clone()).map_err(engine("take a segment up"))?;
        self.has_segments = true;
        Ok(())
    }

    fn commit_segments(&mut self, sequence: u64) -> Result<(), IndexError> {
        let action = "commit";
        let mut commit = self.writer.prepare_commit().map_err(engine(action))?;
        commit.set_payload(&payload(sequence));
        commit.commit().map_err(engine(action))?;
        self.has_removed = false;
        Ok(())
    }
}

impl Drop for IndexWriter {
    /// Waits for its turn behind the end of a merge that has begun. That would go on after the writer is gone, and remove
    /// files while the folder is opened anew, whose index would then seem to be broken. What comes later comes to nothing
    /// (tantivy 0.27.0: `SegmentUpdater::schedule_task`).
    fn drop(&mut self) {
        if let Err(error) = remove_leftovers(&self.writer) {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the index was closed with files that nothing needs"
            );
        }
    }
}

impl std::fmt::Debug for IndexWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexWriter").field("committed", &self.committed).finish_non_exhaustive()
    }
}

pub(super) fn open(folder: &Path) -> Result<(Published, IndexWriter), IndexError> {
    fs::create_dir_all(folder).map_err(IndexError::Folder)?;
    match open_existing(folder) {
        Ok(Some(opened)) => return Ok(opened),
        Ok(None) => {}
        Err(error) => tracing::warn!(error = %error, "the index cannot be read and is begun anew"),
    }
    fs::remove_dir_all(folder).map_err(IndexError::Folder)?;
    fs::create_dir_all(folder).map_err(IndexError::Folder)?;
    let (fields, schema) = Fields::with_schema();
    let index = Index::builder()
        .schema(schema)
        .settings(schema::settings())
        .create_in_dir(folder)
        .map_err(engine("begin anew"))?;
    let (published, mut writer) = attach(fields, &index, 0)?;
    writer.commit(0)?;
    Ok((published, writer))
}

/// The index of the folder, if there is one that this version wrote.
fn open_existing(folder: &Path) -> Result<Option<(Published, IndexWriter)>, IndexError> {
    let is_empty = fs::read_dir(folder).map_err(IndexError::Folder)?.next().is_none();
    if is_empty {
        return Ok(None);
    }
    let index = Index::open_in_dir(folder).map_err(engine("open"))?;
    let found = index.load_metas().map_err(engine("read its state"))?.payload;
    let (fields, schema) = Fields::with_schema();
    let Some(committed) = found.as_deref().and_then(sequence_of).filter(|_| index.schema() == schema) else {
        tracing::info!(found, "the index is of another version and is begun anew");
        return Ok(None);
    };
    attach(fields, &index, committed).map(Some)
}

fn attach(fields: Fields, index: &Index, committed: u64) -> Result<(Published, IndexWriter), IndexError> {
    let writer: tantivy::IndexWriter<TantivyDocument> =
        index.writer_with_options(options()).map_err(engine("be opened for writing"))?;
    writer.set_merge_policy(Box::new(merges::while_written()));
    skip_the_stamp_of_the_commit(fields, &writer);
    remove_leftovers(&writer)?;
    let reader: Result<IndexReader, TantivyError> =
        index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
    let reader = reader.map_err(engine("be opened for reading"))?;
    let published = Published::new(Snapshot::of(fields, &reader.searcher(), None)?, committed);
    let has_segments = !published.get().snapshot.segments.is_empty();
    let pending = NewSegment::default();
    let writer = IndexWriter {
        fields,
        writer,
        pending,
        has_segments,
        has_removed: false,
        merge: None,
        reader,
        published,
        committed,
    };
    Ok((writer.published.clone(), writer))
}

/// A commit that was cut short leaves files that belong to no segment. The next one counts its operations from the
/// same number, so it would use the same names for files of deletes, and tantivy never writes over a file.
fn remove_leftovers(writer: &tantivy::IndexWriter) -> Result<(), IndexError> {
    writer.garbage_collect_files().wait().map_err(engine("remove files that nothing needs"))?;
    Ok(())
}

/// A new writer gives its first operation the stamp of the last commit (tantivy 0.27.0: `indexer/stamper.rs`). Were it
/// to remove a row, a merge begun before the next commit would take segments whose deletes bear that stamp for up to
/// date, and the merged one for rid of the row (`advance_deletes`): the row would stay for good. So the first operation
/// removes what is not there.
fn skip_the_stamp_of_the_commit(fields: Fields, writer: &tantivy::IndexWriter) {
    const NO_NUMBER: u64 = u64::MAX;
    writer.delete_term(Term::from_field_u64(fields.number, NO_NUMBER));
}

fn options() -> IndexWriterOptions {
    IndexWriterOptions::builder()
        .num_worker_threads(UNUSED_THREADS)
        .memory_budget_per_thread(UNUSED_BYTES)
        .num_merge_threads(MERGING_THREADS)
        .build()
}

fn payload(sequence: u64) -> String {
    format!("{} {sequence}", version())
}

/// The sequence of a payload of this version.
fn sequence_of(payload: &str) -> Option<u64> {
    payload.strip_prefix(&version())?.strip_prefix(' ')?.parse().ok()
}

fn version() -> String {
    format!("dialogdex-index {FORMAT} {ANALYZER_VERSION}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::tests::row;
    use tantivy::merge_policy::NoMergePolicy;

    #[test]
    fn the_first_removal_after_a_restart_outlives_a_merge() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (published, mut writer) = open(folder.path()).expect("an index");
        writer.writer.set_merge_policy(Box::new(NoMergePolicy));
        let mut sequence = 0;
        let mut commit = |writer: &mut IndexWriter, numbers: &[u64]| {
            numbers.iter().for_each(|number| writer.put(&row(*number)).expect("put"));
            sequence += 1;
            writer.commit(sequence).expect("committed");
        };
        // The largest segment comes first in a merge; the one with 8 and 9 bears the stamp of the last commit.
        for numbers in [&[1, 2, 3][..], &[8, 9], &[10], &[11], &[12], &[13], &[14], &[15]] {
            commit(&mut writer, numbers);
        }
        writer.remove(8).expect("removed");
        commit(&mut writer, &[]);
        drop((published, writer));

        let (published, mut writer) = open(folder.path()).expect("an index");
        writer.put(&row(9)).expect("put");
        // A merge of what was committed begins before the next commit.
        let segments = writer.writer.index().searchable_segment_ids().expect("its state");
        writer.writer.merge(&segments).wait().expect("merged");
        commit(&mut writer, &[]);
        let mut numbers: Vec<u64> =
            published.get().snapshot.fingerprints().expect("read").into_iter().map(|(number, _)| number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 9, 10, 11, 12, 13, 14, 15]);
    }

    #[test]
    fn rows_are_replaced_and_removed_wherever_they_are_by_then() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (published, mut writer) = open(folder.path()).expect("an index");
        let changed = |number: u64, org: u32| IndexRow { org, ..row(number) };
        let mut expected = Vec::new();
        for org in 1..=4 {
            // Of each round some rows are committed, some are in a segment, and some in memory.
            for number in 1..=6 {
                writer.put(&changed(number, org)).expect("put");
                if number % 2 == 0 {
                    writer.write_pending().expect("written");
                }
            }
            writer.put(&changed(7, org)).expect("put");
            for removed in [2, 5, 7] {
                writer.remove(removed).expect("removed");
            }
            expected = [1, 3, 4, 6].map(|number| (number, changed(number, org).fingerprint())).to_vec();
            if org % 2 == 0 {
                writer.commit(u64::from(org)).expect("committed");
                let mut rows = published.get().snapshot.fingerprints().expect("read");
                rows.sort_unstable();
                assert_eq!(rows, expected, "{org}");
            }
        }
        drop((published, writer));
        let (published, _writer) = open(folder.path()).expect("an index");
        let mut rows = published.get().snapshot.fingerprints().expect("read");
        rows.sort_unstable();
        assert_eq!(rows, expected);
    }
}

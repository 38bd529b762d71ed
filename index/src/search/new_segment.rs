//! Rows that will be one segment, kept in memory until they are written in the form that tantivy reads.
//!
//! tantivy's own writer looks each word of each document up in one table of all words of the segment, and appends to
//! one list a word: at tens of thousands of dialogs nearly every such step waits for the memory. Here rows are inverted
//! in batches that fit into the processor's caches (`batch`), and the finished runs are put together by sorting (`run`,
//! `postings`). Documents are numbered in time order as they are written, so nothing has to be sorted afterwards.

mod batch;
mod postings;
mod run;
mod values;

use super::row::IndexRow;
use super::schema::{Fields, OPEN_RUNS};
use batch::Batch;
use run::Run;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use tantivy::fieldnorm::FieldNormsSerializer;
use tantivy::index::{Segment, SegmentComponent};
use tantivy::postings::InvertedIndexSerializer;
use tantivy::schema::Schema;
use tantivy::store::StoreWriter;
use tantivy::tokenizer::MAX_TOKEN_LEN;
use tantivy::{DocId, TantivyDocument};
use values::Values;

/// Rows in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct NewSegment {
    /// By their places.
    rows: Vec<Values>,
    /// Where the row of each number is. Of a number that came again only the last row counts.
    places: FxHashMap<u64, u32>,
    /// Those of the last rows that are not in a run yet.
    batch: Batch,
    runs: Vec<Run>,
    run_bytes: usize,
}

impl NewSegment {
    /// Adds a row, in the place of the one with its number, if there is one.
    pub(super) fn put(&mut self, fields: Fields, row: &IndexRow) {
        let place = u32::try_from(self.rows.len()).expect("what is in memory is bounded far below 4 billion rows");
        self.rows.push(Values::of(row));
        self.places.insert(row.number, place);
        self.invert(fields, row, place);
        if self.batch.is_full() {
            self.end_batch();
        }
    }

    /// Removes the row with this number, if there is one.
    pub(super) fn remove(&mut self, number: u64) {
        self.places.remove(&number);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What it occupies, in bytes and roughly.
    pub(super) fn size(&self) -> usize {
        self.run_bytes + self.rows.len() * size_of::<Values>()
    }

    /// Writes all files of a segment that has none yet.
    pub(super) fn write(mut self, segment: Segment) -> tantivy::Result<Segment> {
        self.end_batch();
        let order = self.newest_first();
        let documents = DocId::try_from(order.len()).expect("a row has a place, which is as small");
        let mut document_of: Vec<Option<DocId>> = vec![None; self.rows.len()];
        for (place, document) in order.iter().zip(0..) {
            document_of[*place as usize] = Some(document);
        }

        let mut serializer = InvertedIndexSerializer::open(&segment)?;
        postings::write(&self.runs, &document_of, &segment.schema(), &mut serializer)?;
        serializer.close()?;
        let mut columns = segment.open_write(SegmentComponent::FastFields)?;
        values::write(order.iter().map(|place| &self.rows[*place as usize]), &mut columns)?;
        tantivy::directory::TerminatingWrite::terminate(columns)?;
        // Norms serve scores only, and nothing is stored: tantivy wants the files all the same.
        FieldNormsSerializer::from_write(segment.open_write(SegmentComponent::FieldNorms)?)?.close()?;
        write_nothing(documents, &segment)?;
        Ok(segment.with_max_doc(documents))
    }

    fn invert(&mut self, fields: Fields, row: &IndexRow, place: u32) {
        let numbers = [
            (fields.number, Some(row.number)),
            (fields.party, Some(row.party.into())),
            (fields.resource, Some(row.resource.into())),
            (fields.org, Some(row.org.into())),
            (fields.process, row.process.map(u64::from)),
        ];
        let labels = row.service_owner_labels.iter().map(|label| (fields.service_owner_label, u64::from(*label)));
        let numbers = numbers.into_iter().filter_map(|(field, number)| Some((field, number?)));
        for (field, number) in numbers.chain(labels) {
            self.batch.add(place, field, &number.to_be_bytes(), 0);
        }
        // What is longer than the engine can hold cannot be found, and a query for it finds nothing.
        if let Some(reference) = row.external_reference.as_ref().filter(|text| text.len() <= MAX_TOKEN_LEN) {
            self.batch.add(place, fields.external_reference, reference.as_bytes(), 0);
        }
        for token in row.text.whole.iter().filter(|token| token.text.len() <= MAX_TOKEN_LEN) {
            self.batch.add(place, fields.text, token.text.as_bytes(), token.position);
        }
        for (term, run) in OPEN_RUNS.iter().zip(row.text.open.runs()) {
            for edge in [run.start, run.end] {
                self.batch.add(place, fields.open_places, term.as_bytes(), edge);
            }
        }
        self.batch.end_row();
    }

    fn end_batch(&mut self) {
        let run = self.batch.take_run();
        self.run_bytes += run.size();
        self.runs.push(run);
    }

    /// The places of the rows that count, in the order of their documents.
    fn newest_first(&self) -> Vec<u32> {
        let mut order: Vec<u32> = self.places.values().copied().collect();
        order.sort_unstable_by_key(|place| (Reverse(self.rows[*place as usize].content_updated_at), *place));
        order
    }
}

/// The document store of so many documents of which nothing is stored.
fn write_nothing(documents: DocId, segment: &Segment) -> tantivy::Result<()> {
    let settings = segment.index().settings();
    let (compressor, block_bytes) = (settings.docstore_compression, settings.docstore_blocksize);
    let file = segment.open_write(SegmentComponent::Store)?;
    let mut store = StoreWriter::new(file, compressor, block_bytes, settings.docstore_compress_dedicated_thread)?;
    let (nothing, schema): (TantivyDocument, Schema) = (TantivyDocument::new(), segment.schema());
    for _ in 0..documents {
        store.store(&nothing, &schema)?;
    }
    Ok(store.close()?)
}

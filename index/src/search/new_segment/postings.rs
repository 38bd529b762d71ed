//! Puts runs together: all terms in order, and for each of them its documents in order.

use super::batch::field_byte;
use super::run::{Run, TermKey};
use std::io;
use tantivy::DocId;
use tantivy::postings::{FieldSerializer, InvertedIndexSerializer};
use tantivy::schema::{IndexRecordOption, Schema};

/// A term of one run.
struct Entry {
    key: TermKey,
    run: u32,
    place: u32,
}

/// The documents of one term, of all runs.
#[derive(Default)]
struct Gathered {
    /// The document above, and below it the place of what is known of it.
    order: Vec<u64>,
    /// Where the distances of each begin, and how many there are.
    positions: Vec<(u32, u32)>,
    distances: Vec<u32>,
}

/// `document_of` has the document of each row, or none if the row does not count.
pub(super) fn write(
    runs: &[Run],
    document_of: &[Option<DocId>],
    schema: &Schema,
    serializer: &mut InvertedIndexSerializer,
) -> io::Result<()> {
    let entries = in_order(runs);
    let mut gathered = Gathered::default();
    let mut rest = entries.as_slice();
    for (field, entry) in schema.fields().filter(|(_, entry)| entry.is_indexed()) {
        let byte = field_byte(field);
        let of_field = rest.partition_point(|entry| term_of(runs, entry).first().is_some_and(|first| *first <= byte));
        let (entries, others) = rest.split_at(of_field);
        rest = others;
        if entries.is_empty() {
            continue;
        }
        let option = entry.field_type().index_record_option().unwrap_or(IndexRecordOption::Basic);
        // The number of tokens, like norms, serves scores only.
        let mut of_field = serializer.new_field(field, 0, None)?;
        for same in entries.chunk_by(|one, next| compare(runs, one, next).is_eq()) {
            gathered.gather(runs, same, document_of);
            gathered.write(&term_of(runs, &same[0])[1..], option.has_freq(), &mut of_field)?;
        }
        of_field.close()?;
    }
    Ok(())
}

/// The terms of all runs: equal ones follow each other, in the order of their runs.
fn in_order(runs: &[Run]) -> Vec<Entry> {
    let of_run = |(run, number): (&Run, u32)| {
        let entry = move |(key, place)| Entry { key, run: number, place };
        run.keys().zip(0..).map(entry).collect::<Vec<_>>()
    };
    let mut entries: Vec<Entry> = runs.iter().zip(0..).flat_map(of_run).collect();
    // Stable: it merges what is in order already, as each run is.
    entries.sort_by(|one, other| compare(runs, one, other));
    entries
}

fn compare(runs: &[Run], one: &Entry, other: &Entry) -> std::cmp::Ordering {
    one.key.cmp(&other.key, || term_of(runs, one).cmp(term_of(runs, other)))
}

fn term_of<'a>(runs: &'a [Run], entry: &Entry) -> &'a [u8] {
    runs[entry.run as usize].term(entry.place)
}

impl Gathered {
    fn gather(&mut self, runs: &[Run], same: &[Entry], document_of: &[Option<DocId>]) {
        self.order.clear();
        self.positions.clear();
        self.distances.clear();
        for entry in same {
            let mut postings = runs[entry.run as usize].postings(entry.place);
            while let Some((row, count)) = postings.next(&mut self.distances) {
                let start = self.distances.len() as u32 - count;
                match document_of[row as usize] {
                    Some(document) => {
                        self.order.push(u64::from(document) << 32 | self.positions.len() as u64);
                        self.positions.push((start, count));
                    }
                    None => self.distances.truncate(start as usize),
                }
            }
        }
        self.order.sort_unstable();
    }

    fn write(&self, term: &[u8], has_frequencies: bool, field: &mut FieldSerializer<'_>) -> io::Result<()> {
        if self.order.is_empty() {
            return Ok(());
        }
        field.new_term(term, self.order.len() as u32, has_frequencies)?;
        for entry in &self.order {
            let (start, count) = self.positions[*entry as u32 as usize];
            field.write_doc((entry >> 32) as DocId, count, &self.distances[start as usize..(start + count) as usize]);
        }
        field.close_term()
    }
}

//! Inverts rows: from the terms of each row to the rows of each term.

use super::run::{Run, RunBuilder, TermKey};
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::ops::Range;
use tantivy::schema::Field;

/// A batch of this size keeps its table of terms, and the ends of their lists, in the caches of one core.
const MAX_ROWS: u32 = 2000;
const MAX_OCCURRENCES: usize = 1 << 19;

/// The rows that came last, by their terms.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Places in `terms`.
    table: HashTable<u32>,
    terms: Vec<Term>,
    /// All terms, one after another.
    bytes: Vec<u8>,
    /// In the order of their rows, and in a row in that of their positions.
    occurrences: Vec<Occurrence>,
    rows: u32,
}

#[derive(Debug)]
struct Term {
    hash: u64,
    /// Where it stands in `bytes`, with its field before it.
    start: u32,
    end: u32,
    occurrences: u32,
}

#[derive(Clone, Copy, Debug)]
struct Occurrence {
    term: u32,
    at: RowPosition,
}

/// Where a term stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowPosition {
    pub(super) row: u32,
    pub(super) position: u32,
}

impl Batch {
    /// Rows come in order, and of each row the positions of a term.
    pub(super) fn add(&mut self, row: u32, field: Field, term: &[u8], position: u32) {
        let field = field_byte(field);
        let Self { table, terms, bytes, .. } = self;
        let hash = hash(field, term);
        let is_it = |place: &u32| {
            let known = &terms[*place as usize];
            known.hash == hash && bytes[known.bytes()].split_first() == Some((&field, term))
        };
        let place = match table.find(hash, is_it) {
            Some(place) => *place,
            None => {
                let place = terms.len() as u32;
                let start = bytes.len() as u32;
                bytes.push(field);
                bytes.extend_from_slice(term);
                terms.push(Term { hash, start, end: bytes.len() as u32, occurrences: 0 });
                table.insert_unique(hash, place, |place| terms[*place as usize].hash);
                place
            }
        };
        terms[place as usize].occurrences += 1;
        self.occurrences.push(Occurrence { term: place, at: RowPosition { row, position } });
    }

    pub(super) fn end_row(&mut self) {
        self.rows += 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= MAX_ROWS || self.occurrences.len() >= MAX_OCCURRENCES
    }

    /// All of it in the order of the terms. The batch is empty afterwards, and keeps its memory.
    pub(super) fn take_run(&mut self) -> Run {
        let mut ends = Vec::with_capacity(self.terms.len());
        let mut end = 0;
        for term in &self.terms {
            ends.push(end);
            end += term.occurrences as usize;
        }
        // Each list is filled from its start, so that its end is known afterwards.
        let mut by_term = vec![RowPosition::default(); self.occurrences.len()];
        for Occurrence { term, at } in &self.occurrences {
            let end = &mut ends[*term as usize];
            by_term[*end] = *at;
            *end += 1;
        }
        let mut order: Vec<(TermKey, u32)> =
            self.terms.iter().map(|term| TermKey::of(&self.bytes[term.bytes()])).zip(0..).collect();
        order.sort_unstable_by(|(key, place), (other_key, other_place)| {
            let bytes = |place: &u32| &self.bytes[self.terms[*place as usize].bytes()];
            key.cmp(other_key, || bytes(place).cmp(bytes(other_place)))
        });
        let mut run = RunBuilder::with_capacity(self.terms.len(), self.bytes.len(), self.occurrences.len());
        for (key, place) in order {
            let (term, end) = (&self.terms[place as usize], ends[place as usize]);
            run.push(key, &self.bytes[term.bytes()], &by_term[end - term.occurrences as usize..end]);
        }
        self.table.clear();
        self.terms.clear();
        self.bytes.clear();
        self.occurrences.clear();
        self.rows = 0;
        run.finish()
    }
}

impl Term {
    fn bytes(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Terms are ordered by their fields first, so the field is their first byte.
pub(super) fn field_byte(field: Field) -> u8 {
    u8::try_from(field.field_id()).expect("the schema has few fields")
}

fn hash(field: u8, term: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u8(field);
    hasher.write(term);
    hasher.finish()
}

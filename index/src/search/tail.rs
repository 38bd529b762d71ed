//! Dialogs that are stored and in no published segment yet. They are looked at one by one, by the rules that hold for
//! documents of segments, and hide older states of themselves there.

use super::filters::{Filters, Verdict};
use super::grants_by_party::LastParty;
use super::matcher::{Matcher, Words};
use super::row::IndexRow;
use super::schema::Packed;
use super::selection::Selection;
use super::snapshot::Row;
use super::values::{Subject, Values};
use crate::query::SortKey;
use crate::text::Tokens;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tantivy::tokenizer::MAX_TOKEN_LEN;

/// What became of one dialog by a change of the store.
#[derive(Debug)]
pub(crate) struct TailRow {
    pub(super) number: u64,
    /// `None` when the dialog is gone.
    pub(super) state: Option<State>,
}

/// A dialog as the index will hold it, ready to be looked at.
#[derive(Debug)]
pub(super) struct State {
    pub(super) row: IndexRow,
    packed: Packed,
    words: Words,
    open_words: Tokens,
}

/// Rows in the order of their changes. A clone shares them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    /// Oldest first. Each is more than twice as long as the next, so that a row is copied few times as rows are added.
    chunks: Vec<Arc<Chunk>>,
    numbers: Numbers,
}

/// Some rows, made ready once for all searches: a view of the tail lasts for milliseconds only.
#[derive(Debug)]
struct Chunk {
    rows: Vec<Sequenced>,
    /// What nearly every search asks of each, side by side.
    looks: Vec<Row>,
    /// Where the last row of each dialog is.
    places: FxHashMap<u64, u32>,
}

#[derive(Clone, Debug)]
struct Sequenced {
    /// Of the last change of the transaction that wrote it.
    sequence: u64,
    row: Arc<TailRow>,
}

/// Which numbers the rows can have: a bit for each of them, where another may have set it too. Nearly all documents of
/// segments are found not to be in the tail by one look.
#[derive(Clone, Debug)]
struct Numbers(Arc<[u64; Self::WORDS]>);

impl TailRow {
    pub(crate) fn of(row: IndexRow) -> Self {
        let (words, open_words) = (Words::of(&row.text.whole), row.text.open_words());
        let state = State { packed: Packed::of(&row), words, open_words, row };
        Self { number: state.row.number, state: Some(state) }
    }

    pub(crate) fn gone(number: u64) -> Self {
        Self { number, state: None }
    }

    /// What it occupies, in bytes and roughly.
    pub(crate) fn size(&self) -> usize {
        self.state.as_ref().map_or(0, |state| state.row.size() + state.open_words.size()) + size_of::<Self>()
    }
}

impl Tail {
    /// With these rows behind the others.
    pub(super) fn with(&self, sequence: u64, rows: &[Arc<TailRow>]) -> Self {
        if rows.is_empty() {
            return self.clone();
        }
        let Self { mut chunks, mut numbers } = self.clone();
        rows.iter().for_each(|row| numbers.add(row.number));
        let mut last: Vec<Sequenced> = rows.iter().map(|row| Sequenced { sequence, row: row.clone() }).collect();
        while let Some(chunk) = chunks.pop_if(|chunk| chunk.rows.len() <= 2 * last.len()) {
            last.splice(0..0, chunk.rows.iter().cloned());
        }
        chunks.push(Arc::new(Chunk::of(last)));
        Self { chunks, numbers }
    }

    /// Without the rows up to a sequence.
    pub(super) fn after(&self, sequence: u64) -> Self {
        let later = |chunk: &Arc<Chunk>| {
            let first = chunk.rows.partition_point(|row| row.sequence <= sequence);
            match first {
                0 => Some(chunk.clone()),
                first if first == chunk.rows.len() => None,
                first => Some(Arc::new(Chunk::of(chunk.rows[first..].to_vec()))),
            }
        };
        let chunks: Vec<Arc<Chunk>> = self.chunks.iter().filter_map(later).collect();
        let mut numbers = Numbers::default();
        chunks.iter().flat_map(|chunk| chunk.places.keys()).for_each(|number| numbers.add(*number));
        Self { chunks, numbers }
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.rows.len()).sum()
    }

    /// Whether the state of a dialog in the segments is an older one.
    #[inline]
    pub(super) fn hides(&self, number: impl FnOnce() -> u64) -> bool {
        !self.chunks.is_empty() && self.has(number())
    }

    fn has(&self, number: u64) -> bool {
        self.numbers.may_have(number) && self.chunks.iter().any(|chunk| chunk.places.contains_key(&number))
    }

    /// Shows the rows that a selection lets through, with what its filters say of them.
    pub(super) fn matching(&self, selection: &Selection, filters: &Filters<'_>, mut show: impl FnMut(&State, Verdict)) {
        // Where there is nothing to go through, it costs nothing.
        if self.chunks.is_empty() {
            return;
        }
        let Selection { permitted, requested } = selection;
        let matcher = requested.text.as_ref().map(Matcher::of);
        let readable = permitted.readable();
        let has_reference = |state: &State| {
            let wanted = requested.external_reference.as_ref();
            // What is too long for the engine is not in the index, and is not found here either.
            wanted.is_none_or(|wanted| {
                wanted.len() <= MAX_TOKEN_LEN && state.row.external_reference.as_ref() == Some(wanted)
            })
        };
        let has_text = |state: &State| {
            let IndexRow { resource, text, .. } = &state.row;
            matcher.as_ref().is_none_or(|matcher| {
                let is_readable = readable.is_none_or(|readable| readable.contains(resource));
                // What is not in the whole text is not in what is open of it.
                matcher.matches(&state.words, if is_readable { &text.whole } else { &state.open_words })
            })
        };
        let mut last_party = LastParty::default();
        for (chunk, newer) in self.chunks.iter().zip(1..).map(|(chunk, next)| (chunk, &self.chunks[next..])) {
            let is_last = |place, number| {
                chunk.places.get(&number) == Some(&place)
                    && !newer.iter().any(|chunk| chunk.places.contains_key(&number))
            };
            for ((place, look), Sequenced { row, .. }) in (0..).zip(&chunk.looks).zip(&chunk.rows) {
                // Most are refused by their party, and the row itself need not be looked at.
                if !permitted.may_permit(*look) {
                    continue;
                }
                let Some(state) = &row.state else { continue };
                let verdict = selection.judge(filters, &mut last_party, state);
                if verdict != Verdict::Fails && is_last(place, row.number) && has_reference(state) && has_text(state) {
                    show(state, verdict);
                }
            }
        }
    }
}

impl Chunk {
    fn of(rows: Vec<Sequenced>) -> Self {
        let places = rows.iter().map(|row| row.row.number).zip(0..).collect();
        let looks = rows.iter().map(|row| row.row.state.as_ref().map_or(Row::EMPTY, State::look)).collect();
        Self { rows, looks, places }
    }
}

impl State {
    fn look(&self) -> Row {
        let IndexRow { party, resource, org, .. } = self.row;
        Row { party, resource, org, packed: self.packed }
    }
}

impl Numbers {
    const WORDS: usize = 1024;

    fn add(&mut self, number: u64) {
        let (word, bit) = Self::place(number);
        Arc::make_mut(&mut self.0)[word] |= bit;
    }

    #[inline]
    fn may_have(&self, number: u64) -> bool {
        let (word, bit) = Self::place(number);
        self.0[word] & bit != 0
    }

    /// Numbers ascend, so those of a time share no bit, and neither do most others.
    fn place(number: u64) -> (usize, u64) {
        ((number / 64) as usize % Self::WORDS, 1 << (number % 64))
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self(Arc::new([0; Self::WORDS]))
    }
}

impl Subject for &State {
    fn number(self) -> u64 {
        self.row.number
    }

    fn party(self) -> u32 {
        self.row.party
    }

    fn resource(self) -> u32 {
        self.row.resource
    }

    fn org(self) -> u32 {
        self.row.org
    }

    fn service_owner_labels(self) -> impl Iterator<Item = u32> {
        self.row.service_owner_labels.iter().copied()
    }
}

impl Values for &State {
    fn id(self) -> u128 {
        self.row.id.as_u128()
    }

    fn packed(self) -> Packed {
        self.packed
    }

    fn extended_status(self) -> Option<u32> {
        self.row.extended_status
    }

    fn process(self) -> Option<u32> {
        self.row.process
    }

    fn time(self, key: SortKey) -> Option<i64> {
        match key {
            SortKey::ContentUpdatedAt => Some(self.row.content_updated_at),
            SortKey::UpdatedAt => Some(self.row.updated_at),
            SortKey::CreatedAt => Some(self.row.created_at),
            SortKey::DueAt => self.row.due_at,
        }
    }

    fn visible_from(self) -> Option<i64> {
        self.row.visible_from
    }

    fn expires_at(self) -> Option<i64> {
        self.row.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::tests::row;
    use std::collections::BTreeMap;

    #[test]
    fn the_last_state_of_a_dialog_counts_until_it_is_indexed() {
        let changed = |number, party| Arc::new(TailRow::of(IndexRow { party, ..row(number) }));
        let gone = |number| Arc::new(TailRow::gone(number));
        let parties = |tail: &Tail| {
            let rows = tail.chunks.iter().flat_map(|chunk| &chunk.rows);
            // A later row takes the place of an earlier one.
            let last: BTreeMap<u64, &Arc<TailRow>> = rows.map(|row| (row.row.number, &row.row)).collect();
            let states = last.into_values().filter_map(|row| row.state.as_ref());
            states.map(|state| (state.row.number, state.row.party)).collect::<Vec<_>>()
        };
        let mut tail = Tail::default();
        for number in 1..=100 {
            tail = tail.with(number, &[changed(number, 1)]);
        }
        assert!(tail.chunks.len() < 10, "{} chunks", tail.chunks.len());
        tail = tail.with(101, &[changed(7, 2), changed(7, 3)]).with(102, &[gone(8)]);
        assert_eq!(tail.len(), 103);
        assert!(tail.hides(|| 8) && tail.hides(|| 7) && !tail.hides(|| 101));
        assert_eq!(parties(&tail).len(), 99);
        assert_eq!(parties(&tail)[6], (7, 3));
        assert_eq!(parties(&tail.after(98)), [(7, 3), (99, 1), (100, 1)]);
        assert_eq!(parties(&tail.after(101)), []);
        assert!(tail.after(101).hides(|| 8) && !tail.after(102).hides(|| 8));
        assert_eq!(tail.after(102).len(), 0);
    }
}

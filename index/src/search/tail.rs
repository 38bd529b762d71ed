//! Dialogs that are stored and in no published segment yet. They are looked at one by one, by the rules that hold for
//! documents of segments, and hide older states of themselves there.

use super::filters::{Filters, Verdict};
use super::matcher::{Matcher, Words};
use super::row::IndexRow;
use super::schema::Packed;
use super::selection::Selection;
use super::values::{Subject, Values};
use crate::query::SortKey;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, OnceLock};
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
    whole: Words,
    open: Words,
}

/// Rows in the order of their changes. A clone shares them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    /// Oldest first. Each is more than twice as long as the next, so that a row is copied few times as rows are added.
    chunks: Vec<Arc<Vec<Sequenced>>>,
    contents: OnceLock<Arc<Contents>>,
}

#[derive(Clone, Debug)]
struct Sequenced {
    /// Of the last change of the transaction that wrote it.
    sequence: u64,
    row: Arc<TailRow>,
}

/// The last row of each dialog.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) rows: Vec<Arc<TailRow>>,
    numbers: FxHashSet<u64>,
}

impl TailRow {
    pub(crate) fn of(row: IndexRow) -> Self {
        let state =
            State { packed: Packed::of(&row), whole: Words::of(&row.text.whole), open: Words::of(&row.text.open), row };
        Self { number: state.row.number, state: Some(state) }
    }

    pub(crate) fn gone(number: u64) -> Self {
        Self { number, state: None }
    }

    /// What it occupies, in bytes and roughly.
    pub(crate) fn size(&self) -> usize {
        const OF_WORDS: usize = 2 * size_of::<Words>();
        self.state.as_ref().map_or(0, |state| state.row.size() + OF_WORDS) + size_of::<Self>()
    }
}

impl Tail {
    /// With these rows behind the others.
    pub(super) fn with(&self, sequence: u64, rows: &[Arc<TailRow>]) -> Self {
        if rows.is_empty() {
            return self.clone();
        }
        let mut last: Vec<Sequenced> = rows.iter().map(|row| Sequenced { sequence, row: row.clone() }).collect();
        let mut chunks = self.chunks.clone();
        while let Some(chunk) = chunks.pop_if(|chunk| chunk.len() <= 2 * last.len()) {
            last.splice(0..0, chunk.iter().cloned());
        }
        chunks.push(Arc::new(last));
        Self { chunks, contents: OnceLock::new() }
    }

    /// Without the rows up to a sequence.
    pub(super) fn after(&self, sequence: u64) -> Self {
        let later = |chunk: &Arc<Vec<Sequenced>>| {
            let first = chunk.partition_point(|row| row.sequence <= sequence);
            match first {
                0 => Some(chunk.clone()),
                first if first == chunk.len() => None,
                first => Some(Arc::new(chunk[first..].to_vec())),
            }
        };
        Self { chunks: self.chunks.iter().filter_map(later).collect(), contents: OnceLock::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    pub(super) fn contents(&self) -> &Contents {
        self.contents.get_or_init(|| {
            let rows = self.chunks.iter().flat_map(|chunk| chunk.iter());
            let last: FxHashMap<u64, &Arc<TailRow>> = rows.map(|row| (row.row.number, &row.row)).collect();
            Arc::new(Contents { numbers: last.keys().copied().collect(), rows: last.into_values().cloned().collect() })
        })
    }
}

impl Contents {
    /// Whether the state of a dialog in the segments is an older one.
    pub(super) fn hides(&self, number: impl FnOnce() -> u64) -> bool {
        !self.numbers.is_empty() && self.numbers.contains(&number())
    }

    /// Those that a selection lets through, with what its filters say of them.
    pub(super) fn matching<'a>(
        &'a self,
        selection: &'a Selection,
        filters: &'a Filters<'_>,
    ) -> impl Iterator<Item = (&'a State, Verdict)> {
        let requested = &selection.requested;
        // Where there is nothing to go through, it costs nothing.
        let matcher = requested.text.as_ref().filter(|_| !self.rows.is_empty()).map(Matcher::of);
        let readable = selection.permitted.readable();
        let has_reference = move |state: &State| {
            let wanted = requested.external_reference.as_ref();
            // What is too long for the engine is not in the index, and is not found here either.
            wanted.is_none_or(|wanted| {
                wanted.len() <= MAX_TOKEN_LEN && state.row.external_reference.as_ref() == Some(wanted)
            })
        };
        let has_text = move |state: &State| {
            let IndexRow { resource, text, .. } = &state.row;
            matcher.as_ref().is_none_or(|matcher| {
                if readable.is_none_or(|readable| readable.contains(resource)) {
                    matcher.matches(&state.whole, &text.whole)
                } else {
                    matcher.matches(&state.open, &text.open)
                }
            })
        };
        self.rows.iter().filter_map(|row| row.state.as_ref()).filter_map(move |state| {
            // Most are refused by their party, and their text need not be looked at.
            let verdict = selection.judge(filters, state);
            (verdict != Verdict::Fails && has_reference(state) && has_text(state)).then_some((state, verdict))
        })
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

    #[test]
    fn the_last_state_of_a_dialog_counts_until_it_is_indexed() {
        let changed = |number, party| Arc::new(TailRow::of(IndexRow { party, ..row(number) }));
        let gone = |number| Arc::new(TailRow::gone(number));
        let parties = |tail: &Tail| {
            let states = tail.contents().rows.iter().filter_map(|row| row.state.as_ref());
            let mut parties: Vec<(u64, u32)> = states.map(|state| (state.row.number, state.row.party)).collect();
            parties.sort_unstable();
            parties
        };
        let mut tail = Tail::default();
        for number in 1..=100 {
            tail = tail.with(number, &[changed(number, 1)]);
        }
        assert!(tail.chunks.len() < 10, "{} chunks", tail.chunks.len());
        tail = tail.with(101, &[changed(7, 2), changed(7, 3)]).with(102, &[gone(8)]);
        assert_eq!(tail.len(), 103);
        assert!(tail.contents().hides(|| 8) && tail.contents().hides(|| 7) && !tail.contents().hides(|| 101));
        assert_eq!(parties(&tail).len(), 99);
        assert_eq!(parties(&tail)[6], (7, 3));
        assert_eq!(parties(&tail.after(98)), [(7, 3), (99, 1), (100, 1)]);
        assert_eq!(parties(&tail.after(101)), []);
        assert!(tail.after(101).contents().hides(|| 8) && !tail.after(102).contents().hides(|| 8));
        assert_eq!(tail.after(102).len(), 0);
    }
}

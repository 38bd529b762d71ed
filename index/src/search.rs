//! The tantivy index: postings and columns over numbers. Knows nothing of the store; everything it is given has
//! been resolved to numbers, and everything it gives back is numbers.
//!
//! A search is answered from one immutable view: the segments of a commit ([`snapshot::Snapshot`]) and the rows that
//! were written since (`tail`), which are looked at one by one. It is decided which way to go (`plan`); on that way
//! some documents of each segment are looked at (`walk`), each of them is held against what its scope permits and what
//! was asked (`selection`, `filters`), and the hits are kept in order (`page`) or counted (`counts`). No score is ever
//! computed, so that nothing a caller sees depends on documents that the caller may not see.

mod authorized;
mod by_number;
mod by_party;
mod counts;
mod excluded;
mod filters;
mod fingerprint;
mod first_visible;
mod gate;
mod grants_by_party;
mod matcher;
mod merges;
mod new_segment;
mod page;
mod plan;
mod probe;
mod ranked_set;
mod row;
mod run;
mod sample;
mod schema;
mod selection;
mod sizes;
mod snapshot;
mod stretch;
mod tail;
#[cfg(test)]
mod tests;
mod text_probe;
mod text_query;
mod values;
mod walk;
mod writer;

use authorized::AuthorizedDocuments;
use counts::Counters;
pub(crate) use counts::{FacetCounts, SelectionCounts};
pub(crate) use grants_by_party::GrantsByParty;
pub(crate) use page::Hits;
pub(crate) use row::IndexRow;
pub(crate) use selection::{Delegations, Grants, MicrosRange, NumberSet, Permitted, Requested, Selection};
pub(crate) use tail::TailRow;
pub(crate) use values::Subject;
pub(crate) use writer::IndexWriter;

use crate::IndexError;
use crate::explanation::{Driver, Explanation};
use crate::query::{FacetField, Order, PageSize, Position};
use gate::Gate;
use page::Page;
use run::{Kept, run, run_within};
use snapshot::Snapshot;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tail::Tail;

/// What it takes to look at a row of the tail, in nanoseconds.
const OF_A_ROW: f64 = 20.0;

/// The reading side. A clone is another handle to the same index.
#[derive(Clone, Debug)]
pub(crate) struct DialogIndex {
    published: Published,
    gate: Arc<Gate>,
    authorized: Arc<AuthorizedDocuments>,
}

/// The index as it was at one moment, so that a page and its counts are about the same dialogs.
#[derive(Clone, Debug)]
pub(crate) struct IndexView {
    view: Arc<View>,
    gate: Arc<Gate>,
    authorized: Arc<AuthorizedDocuments>,
}

/// How large the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexGauges {
    pub segments: usize,
    /// Dialogs in segments.
    pub documents: u64,
    /// Dialogs written last, which are searched one by one until they are in a segment.
    pub tail_rows: usize,
}

/// What is committed, and what has been written since.
#[derive(Debug)]
struct View {
    snapshot: Arc<Snapshot>,
    tail: Tail,
    /// The last sequence of the store's log that it shows.
    sequence: u64,
}

/// Where each new view is put.
#[derive(Clone, Debug)]
struct Published(Arc<Views>);

#[derive(Debug)]
struct Views {
    /// Held only to copy a pointer.
    current: RwLock<Arc<View>>,
    /// Held to make the next view from the last one, while that is read.
    replacing: Mutex<()>,
}

impl DialogIndex {
    /// Opens the index in a folder of its own. One that is missing, unreadable, or of another format or analyzer
    /// version is begun anew: [`IndexWriter::committed`] then says 0, and the caller replays.
    pub(crate) fn open(folder: &Path) -> Result<(Self, IndexWriter), IndexError> {
        let (published, writer) = writer::open(folder)?;
        Ok((Self { published, gate: Arc::new(Gate::new()), authorized: Arc::default() }, writer))
    }

    /// All that is searchable now, whatever is written later.
    pub(crate) fn view(&self) -> IndexView {
        IndexView { view: self.published.get(), gate: self.gate.clone(), authorized: self.authorized.clone() }
    }

    /// Makes rows searchable before they are committed. `sequence` is the one of the store's log that they reach:
    /// once the index holds it, they are found there.
    pub(crate) fn push(&self, sequence: u64, rows: &[Arc<TailRow>]) {
        self.published.replace(|view| View {
            snapshot: view.snapshot.clone(),
            tail: view.tail.with(sequence, rows),
            sequence,
        });
    }

    /// Number and fingerprint of every row that is committed, in no order, for comparing the index with the store.
    pub(crate) fn fingerprints(&self) -> Result<Vec<(u64, u32)>, IndexError> {
        self.published.get().snapshot.fingerprints()
    }

    pub(crate) fn gauges(&self) -> IndexGauges {
        let view = self.published.get();
        let documents = view.snapshot.segments.iter().map(|segment| u64::from(segment.reader.num_docs())).sum();
        IndexGauges { segments: view.snapshot.segments.len(), documents, tail_rows: view.tail.len() }
    }
}

impl IndexView {
    /// The last sequence of the store's log that it shows.
    pub(crate) fn sequence(&self) -> u64 {
        self.view.sequence
    }

    /// The first hits after a position, and whether there are more. With `only`, that way is gone if it can be.
    pub(crate) fn search(
        &self,
        selection: &Selection,
        order: &Order,
        position: &Position,
        limit: PageSize,
        only: Option<Driver>,
    ) -> Result<(Hits, Explanation), IndexError> {
        let mut page = Page::of(order, position, limit);
        let explanation = run(self, selection, &mut Kept { page: Some(&mut page), counters: None }, only)?;
        Ok((page.into_hits(), explanation))
    }

    /// As [`IndexView::search`], if that is thought to take less than so many nanoseconds. The rows of the tail take a few
    /// each.
    pub(crate) fn search_within(
        &self,
        nanoseconds: f64,
        selection: &Selection,
        order: &Order,
        position: &Position,
        limit: PageSize,
    ) -> Result<Option<(Hits, Explanation)>, IndexError> {
        let bound = nanoseconds - OF_A_ROW * self.view.tail.len() as f64;
        let mut page = Page::of(order, position, limit);
        let mut kept = Kept { page: Some(&mut page), counters: None };
        let explanation = run_within(Some(bound), self, selection, &mut kept, None)?;
        Ok(explanation.map(|explanation| (page.into_hits(), explanation)))
    }

    /// Exact counts of all hits. A facet ignores the filter of its own field. With `only`, that way is gone if it can
    /// be.
    pub(crate) fn count(
        &self,
        selection: &Selection,
        facets: &[FacetField],
        only: Option<Driver>,
    ) -> Result<(SelectionCounts, Explanation), IndexError> {
        let mut counters = Counters::of(&selection.permitted, facets);
        let explanation = run(self, selection, &mut Kept { page: None, counters: Some(&mut counters) }, only)?;
        let counts = SelectionCounts { total: explanation.matched, facets: counters.into_facets() };
        Ok((counts, explanation))
    }

    /// As [`IndexView::search`] and [`IndexView::count`], at one go.
    pub(crate) fn search_and_count(
        &self,
        selection: &Selection,
        order: &Order,
        position: &Position,
        limit: PageSize,
        facets: &[FacetField],
        only: Option<Driver>,
    ) -> Result<(Hits, SelectionCounts, Explanation), IndexError> {
        let mut page = Page::of(order, position, limit);
        let mut counters = Counters::of(&selection.permitted, facets);
        let mut kept = Kept { page: Some(&mut page), counters: Some(&mut counters) };
        let explanation = run(self, selection, &mut kept, only)?;
        let counts = SelectionCounts { total: explanation.matched, facets: counters.into_facets() };
        Ok((page.into_hits(), counts, explanation))
    }
}

impl Published {
    fn new(snapshot: Snapshot, sequence: u64) -> Self {
        let view = View { snapshot: Arc::new(snapshot), tail: Tail::default(), sequence };
        Self(Arc::new(Views { current: RwLock::new(Arc::new(view)), replacing: Mutex::new(()) }))
    }

    fn get(&self) -> Arc<View> {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, next: impl FnOnce(&View) -> View) {
        let _replacing = self.0.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let next = Arc::new(next(&self.get()));
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        let last = std::mem::replace(&mut *current, next);
        // Whatever it alone holds is let go where nobody waits.
        drop(current);
        drop(last);
    }
}

/// Turns an error of the engine into ours, saying what could not be done.
fn engine<E: Into<tantivy::TantivyError>>(action: &'static str) -> impl Fn(E) -> IndexError {
    move |source| IndexError::Engine { action, source: source.into() }
}

//! One search from its selection to what is kept of it: planned once and gone through once, whether a page is wanted,
//! counts, or both.

use super::IndexView;
use super::counts::{Counters, CountsOfSegment};
use super::filters::{Filters, Verdict};
use super::page::{Page, PageOfSegment};
use super::plan::{Plan, Required, Work};
use super::selection::Selection;
use super::snapshot::Segment;
use super::tail::Contents;
use super::values::Subject;
use super::walk::{Collector, walk};
use crate::IndexError;
use crate::explanation::{Driver, Explanation};
use std::time::Instant;
use tantivy::DocId;

/// What is kept of the hits.
pub(super) struct Kept<'k, 'a> {
    pub(super) page: Option<&'k mut Page<'a>>,
    /// With counts every hit is looked for.
    pub(super) counters: Option<&'k mut Counters<'a>>,
}

/// What decides of one document whether it is a hit, but for its text.
#[derive(Clone, Copy)]
struct Judge<'a> {
    selection: &'a Selection,
    filters: &'a Filters<'a>,
    tail: &'a Contents,
}

pub(super) fn run<'a>(
    IndexView { view, gate }: &IndexView,
    selection: &'a Selection,
    kept: &mut Kept<'_, 'a>,
    only: Option<Driver>,
) -> Result<Explanation, IndexError> {
    let begun = Instant::now();
    let snapshot = view.snapshot.as_ref();
    let filters = Filters::of(&selection.requested);
    let required = Required::of(selection, snapshot)?;
    let (ignored, wanted) = match kept {
        Kept { counters: Some(counters), .. } => (counters.fields(), None),
        Kept { page, .. } => (&[][..], page.as_ref().and_then(|page| page.wanted())),
    };
    let plan = Plan::of(selection, &filters, &required, snapshot, ignored, wanted, only)?;
    let planning = begun.elapsed();
    let begun = Instant::now();
    let _pass = gate.enter(plan.cost());
    let waiting = begun.elapsed();
    let begun = Instant::now();
    let judge = Judge { selection, filters: &filters, tail: view.tail.contents() };
    let mut matched = kept.take_rows(judge);
    for work in &plan.segments {
        matched += kept.take_segment(judge, &plan, work)?;
    }
    Ok(Explanation {
        driver: plan.driver,
        estimates: plan.estimates,
        segments: snapshot.segments.len(),
        tail: view.tail.len(),
        matched,
        planning,
        waiting,
        searching: begun.elapsed(),
    })
}

impl<'a> Kept<'_, 'a> {
    /// How many hits there are in the tail.
    fn take_rows(&mut self, judge: Judge<'_>) -> u64 {
        let mut matched = 0;
        for dialog in judge.tail.matching(judge.selection) {
            let verdict = judge.selection.judge(judge.filters, dialog);
            if let Some(counters) = &mut self.counters {
                counters.count(verdict, dialog);
            }
            if verdict == Verdict::Passes {
                matched += 1;
                if let Some(page) = &mut self.page {
                    page.offer(dialog);
                }
            }
        }
        matched
    }

    /// How many hits were found in the segment.
    fn take_segment(&mut self, judge: Judge<'_>, plan: &Plan<'_>, work: &Work<'_>) -> Result<u64, IndexError> {
        let segment = work.segment;
        let page = self.page.as_mut().map(|page| page.in_segment(segment));
        let counts = self.counters.as_mut().map(|counters| counters.in_segment(segment));
        // A page needs nothing before its own first document, but counts do.
        let first = if counts.is_none() { page.as_ref().map_or(0, PageOfSegment::first) } else { 0 };
        let mut keeping = Keeping { judge, segment, page, counts, verdict: Verdict::Fails, matched: 0 };
        walk(plan, work, first, &mut keeping)?;
        if let Some(counts) = keeping.counts {
            counts.finish();
        }
        Ok(keeping.matched)
    }
}

/// What is kept, while one segment is gone through.
struct Keeping<'s, 'a> {
    judge: Judge<'s>,
    segment: &'s Segment,
    page: Option<PageOfSegment<'s, 'a>>,
    counts: Option<CountsOfSegment<'s, 'a>>,
    /// Of the last document that was asked for.
    verdict: Verdict,
    matched: u64,
}

impl Collector for Keeping<'_, '_> {
    #[inline]
    fn is_past(&self, doc: DocId) -> bool {
        self.counts.is_none() && self.page.as_ref().is_none_or(|page| page.is_past(doc))
    }

    #[inline]
    fn passes(&mut self, doc: DocId) -> bool {
        let Judge { selection, filters, tail } = self.judge;
        let dialog = self.segment.document(doc);
        self.verdict = if self.counts.is_some() {
            selection.judge(filters, dialog)
        } else if selection.admits(filters, dialog) {
            Verdict::Passes
        } else {
            Verdict::Fails
        };
        self.verdict != Verdict::Fails && self.segment.is_alive(doc) && !tail.hides(|| dialog.number())
    }

    fn keep(&mut self, doc: DocId) {
        if let Some(counts) = &mut self.counts {
            counts.count(self.verdict, doc);
        }
        if self.verdict == Verdict::Passes {
            self.matched += 1;
            if let Some(page) = &mut self.page
                && doc >= page.first()
                && !page.is_past(doc)
            {
                page.offer(doc);
            }
        }
    }
}

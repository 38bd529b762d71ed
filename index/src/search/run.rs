//! One search from its selection to what is kept of it: planned once and gone through once, whether a page is wanted,
//! counts, or both.

use super::IndexView;
use super::counts::{Counters, CountsOfSegment};
use super::filters::{Bits, Filters, Verdict};
use super::gate::{Gate, Pass};
use super::grants_by_party::LastParty;
use super::page::{Page, PageOfSegment};
use super::plan::{Goal, Plan, Required};
use super::selection::{Selection, ServicesOfParty};
use super::snapshot::{Row, Segment};
use super::stretch::{self, Stretch};
use super::tail::Tail;
use super::values::{Document, Subject};
use super::walk::{Collector, walk};
use crate::IndexError;
use crate::explanation::{Driver, Explanation};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
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
    tail: &'a Tail,
    /// Of a search with a bound.
    patience: Option<&'a Patience>,
}

/// How often it may still be asked where to stop: for each chunk of documents, list and hit. What a search costs is only
/// thought beforehand, and of filters that let very little through it may be thought wrongly.
struct Patience(AtomicU32);

/// Far more than a page takes. It is at an end before two hundred thousand documents have been looked at. Tests have few.
const PATIENCE: u32 = if cfg!(test) { 100 } else { 3_000 };

impl Patience {
    fn new() -> Self {
        Self(AtomicU32::new(PATIENCE))
    }

    fn is_at_an_end(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Whether it is at an end. Searches with a bound have one thread.
    fn spend(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0
    }
}

pub(super) fn run<'a>(
    view: &IndexView,
    selection: &'a Selection,
    kept: &mut Kept<'_, 'a>,
    only: Option<Driver>,
) -> Result<Explanation, IndexError> {
    Ok(run_within(None, view, selection, kept, only)?.expect("without a bound it is run"))
}

/// As [`run`]. With a bound in nanoseconds, only if less than that is thought to be needed, and not much more is.
pub(super) fn run_within<'a>(
    bound: Option<f64>,
    IndexView { view, gate, authorized }: &IndexView,
    selection: &'a Selection,
    kept: &mut Kept<'_, 'a>,
    only: Option<Driver>,
) -> Result<Option<Explanation>, IndexError> {
    let begun = Instant::now();
    let snapshot = view.snapshot.as_ref();
    let filters = Filters::of(&selection.requested);
    let required = Required::of(selection, snapshot)?;
    let goal = match kept {
        Kept { counters: Some(counters), .. } => Goal { page: None, ignored: counters.fields(), only },
        Kept { page, .. } => Goal { page: page.as_deref(), ignored: &[], only },
    };
    let mut plan = Plan::of(selection, &filters, &required, snapshot, authorized, goal)?;
    if bound.is_some_and(|bound| plan.makes_bits() || plan.cost() >= bound) {
        return Ok(None);
    }
    let planning = begun.elapsed();
    let begun = Instant::now();
    let pass = gate.enter(plan.cost());
    let waiting = begun.elapsed();
    let begun = Instant::now();
    let patience = bound.map(|_| Patience::new());
    let judge = Judge { selection, filters: &filters, tail: &view.tail, patience: patience.as_ref() };
    plan.make_due_bits();
    let mut matched = kept.take_rows(judge);
    let threads = pass.as_ref().map_or_else(Vec::new, |_| gate.spare(stretch::most_threads(&plan).saturating_sub(1)));
    if threads.is_empty() {
        for work in &plan.segments {
            matched += kept.take_stretch(judge, &plan, &Stretch::whole(work))?;
        }
    } else {
        plan.make_bits();
        matched += kept.take_stretches_at_once(judge, &plan, gate, threads)?;
    }
    if patience.is_some_and(|patience| patience.is_at_an_end()) {
        return Ok(None);
    }
    let searching = begun.elapsed();
    plan.learn(searching);
    Ok(Some(Explanation {
        driver: plan.driver,
        estimates: plan.estimates,
        segments: snapshot.segments.len(),
        tail: view.tail.len(),
        matched,
        planning,
        waiting,
        searching,
    }))
}

/// What one of several threads keeps.
struct Part<'a> {
    page: Option<Page<'a>>,
    counters: Option<Counters<'a>>,
}

impl<'a> Part<'a> {
    fn of(kept: &Kept<'_, 'a>) -> Self {
        Self {
            page: kept.page.as_ref().map(|page| page.for_a_part()),
            counters: kept.counters.as_ref().map(|counters| counters.for_a_part()),
        }
    }

    fn kept(&mut self) -> Kept<'_, 'a> {
        Kept { page: self.page.as_mut(), counters: self.counters.as_mut() }
    }
}

impl<'a> Kept<'_, 'a> {
    /// How many hits there are in the tail.
    fn take_rows(&mut self, judge: Judge<'_>) -> u64 {
        let mut matched = 0;
        judge.tail.matching(judge.selection, judge.filters, |dialog, verdict| {
            if let Some(counters) = &mut self.counters {
                counters.count(verdict, dialog);
            }
            if verdict == Verdict::Passes {
                matched += 1;
                if let Some(page) = &mut self.page {
                    page.offer(dialog);
                }
            }
        });
        matched
    }

    /// Goes through the segments on several threads: each takes the next stretch as soon as it is done with one. Where a
    /// hit was found does not matter, so the result is the same as on one thread.
    fn take_stretches_at_once(
        &mut self,
        judge: Judge<'_>,
        plan: &Plan<'_>,
        gate: &Gate,
        threads: Vec<Pass<'_>>,
    ) -> Result<u64, IndexError> {
        let stretches = Stretch::all(plan, threads.len() + 1);
        let next = AtomicUsize::new(0);
        let take = || stretches.get(next.fetch_add(1, Ordering::Relaxed));
        let parts: Vec<Part<'a>> = threads.iter().map(|_| Part::of(self)).collect();
        thread::scope(|scope| {
            let part = |mut part: Part<'a>, pass: Pass<'_>| -> Result<(Part<'a>, u64), IndexError> {
                let mut matched = 0;
                while !gate.is_anybody_waiting()
                    && let Some(stretch) = take()
                {
                    matched += part.kept().take_stretch(judge, plan, stretch)?;
                }
                drop(pass);
                Ok((part, matched))
            };
            let parts = parts.into_iter().zip(threads);
            let parts: Vec<_> = parts.map(|(own, pass)| scope.spawn(move || part(own, pass))).collect();
            let mut matched = 0;
            while let Some(stretch) = take() {
                matched += self.take_stretch(judge, plan, stretch)?;
            }
            for part in parts {
                let (part, of_part) = part.join().unwrap_or_else(|panic| resume_unwind(panic))?;
                matched += of_part;
                self.add(part);
            }
            Ok(matched)
        })
    }

    fn add(&mut self, part: Part<'a>) {
        if let (Some(page), Some(of_part)) = (&mut self.page, part.page) {
            page.add(of_part);
        }
        if let (Some(counters), Some(of_part)) = (&mut self.counters, part.counters) {
            counters.add(of_part);
        }
    }

    /// How many hits were found in it.
    fn take_stretch(
        &mut self,
        judge: Judge<'_>,
        plan: &Plan<'_>,
        Stretch { work, range }: &Stretch<'_, '_>,
    ) -> Result<u64, IndexError> {
        let segment = work.segment;
        let page = self.page.as_mut().map(|page| page.in_segment(segment));
        let counts = self.counters.as_mut().map(|counters| counters.in_segment());
        // A page needs nothing before its own first document, but counts do.
        let of_page = if counts.is_none() { page.as_ref().map_or(0, PageOfSegment::first) } else { 0 };
        let visible_at = judge.selection.requested.visible_at;
        let first = of_page.max(visible_at.map_or(0, |at| segment.columns.first_visible.at(at)));
        let bits = judge.filters.bits(counts.is_some());
        let (verdict, last_party) = (Verdict::Fails, LastParty::default());
        let mut keeping = Keeping { judge, bits, segment, page, counts, verdict, last_party, matched: 0 };
        walk(plan, work, &(first.max(range.start)..range.end), &mut keeping)?;
        if let Some(counts) = keeping.counts {
            counts.finish();
        }
        Ok(keeping.matched)
    }
}

/// What is kept, while one segment is gone through.
struct Keeping<'s, 'a> {
    judge: Judge<'s>,
    /// What a first look is for.
    bits: Bits,
    segment: &'s Segment,
    page: Option<PageOfSegment<'s, 'a>>,
    counts: Option<CountsOfSegment<'s, 'a>>,
    /// Of the last document that was asked for.
    verdict: Verdict,
    last_party: LastParty<'s>,
    matched: u64,
}

impl<'s> Collector<'s> for Keeping<'s, '_> {
    #[inline]
    fn is_past(&self, doc: DocId) -> bool {
        self.counts.is_none()
            && (self.judge.patience.is_some_and(Patience::spend)
                || self.page.as_ref().is_none_or(|page| page.is_past(doc)))
    }

    #[inline]
    fn may_pass(&self, dialog: Document<'s>) -> bool {
        // Without a decision in between.
        self.bits.admit(dialog.row.packed) & self.judge.selection.permitted.may_permit(dialog.row)
    }

    #[inline]
    fn may_be_permitted(&self, dialog: Document<'s>) -> bool {
        self.judge.selection.permitted.may_permit_service(dialog.row)
    }

    #[inline]
    fn services_of(&self, party: u32) -> ServicesOfParty<'s> {
        self.judge.selection.permitted.services_of(party)
    }

    #[inline]
    fn may_pass_for(&self, services: ServicesOfParty<'s>, row: Row) -> bool {
        self.bits.admit(row.packed) & services.may_permit(row.resource)
    }

    #[inline]
    fn passes(&mut self, dialog: Document<'s>) -> bool {
        let Judge { selection, filters, tail, .. } = self.judge;
        self.verdict = if self.counts.is_some() {
            selection.judge(filters, &mut self.last_party, &dialog)
        } else if selection.admits(filters, &dialog) {
            Verdict::Passes
        } else {
            Verdict::Fails
        };
        self.verdict != Verdict::Fails && self.segment.is_alive(dialog.doc) && !tail.hides(|| dialog.number())
    }

    #[inline]
    fn keep(&mut self, dialog: Document<'s>) {
        let doc = dialog.doc;
        if let Some(counts) = &mut self.counts {
            counts.count(self.verdict, dialog);
        }
        if self.verdict == Verdict::Passes {
            self.matched += 1;
            if let Some(page) = &mut self.page
                && doc >= page.first()
            {
                page.offer(doc);
            }
        }
    }
}

//! Exact counts of all hits, in one pass.

use super::IndexView;
use super::filters::{Filters, Verdict};
use super::plan::{Plan, Required};
use super::selection::Selection;
use super::snapshot::Segment;
use super::tail::Contents;
use super::values::{Subject, Values};
use super::walk::{Collector, walk};
use crate::IndexError;
use crate::domain::{SystemLabel, Timestamp};
use crate::explanation::{Driver, Explanation};
use crate::query::{FacetField, SortKey};
use chrono::Datelike;
use rustc_hash::FxHashMap;
use tantivy::DocId;

/// The number of all hits, and what their fields hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SelectionCounts {
    pub(crate) total: u64,
    /// In the order asked for.
    pub(crate) facets: Vec<FacetCounts>,
}

/// How many of the dialogs that pass all filters but the field's own have each value of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FacetCounts {
    pub(crate) field: FacetField,
    /// By the number of the value in its dictionary; for statuses and system labels by the place in their `ALL`; for
    /// flags by 0 and 1; for years by the year.
    pub(crate) by_number: FxHashMap<i64, u64>,
}

/// The counters of one facet while hits are counted.
struct Facet {
    field: FacetField,
    counts: Tally,
}

/// How often each value was met. Small numbers have a place of their own, which is many times faster.
#[derive(Default)]
struct Tally {
    small: Vec<u32>,
    others: FxHashMap<i64, u64>,
}

/// Beyond it, counters would outgrow the processor's cache, and most of them stay 0.
const SMALL: usize = 1 << 14;

pub(super) fn count(
    IndexView { view, gate }: &IndexView,
    selection: &Selection,
    fields: &[FacetField],
    only: Option<Driver>,
) -> Result<(SelectionCounts, Explanation), IndexError> {
    let snapshot = view.snapshot.as_ref();
    let tail = view.tail.contents();
    let filters = Filters::of(&selection.requested);
    let required = Required::of(selection, snapshot)?;
    let mut plan = Plan::of(selection, &filters, &required, snapshot, fields, None, only)?;
    let _pass = gate.enter(plan.cost());
    let facets = fields.iter().map(|field| Facet { field: *field, counts: Tally::default() });
    let mut counters = Counters { total: 0, facets: facets.collect() };
    for dialog in tail.matching(selection) {
        counters.count(selection.judge(&filters, dialog), dialog);
    }
    for work in std::mem::take(&mut plan.segments) {
        let mut collector = Counting {
            segment: work.segment,
            tail,
            selection,
            filters: &filters,
            verdict: Verdict::Fails,
            counters: &mut counters,
        };
        walk(&plan, work, 0, &mut collector)?;
    }
    let explanation = Explanation {
        driver: plan.driver,
        estimates: plan.estimates,
        segments: snapshot.segments.len(),
        tail: view.tail.len(),
        matched: counters.total,
    };
    let Counters { total, facets } = counters;
    let facets = facets.into_iter().map(Facet::into_counts).collect();
    Ok((SelectionCounts { total, facets }, explanation))
}

struct Counters {
    total: u64,
    facets: Vec<Facet>,
}

/// The counters, while one segment is gone through.
struct Counting<'a> {
    segment: &'a Segment,
    tail: &'a Contents,
    selection: &'a Selection,
    filters: &'a Filters<'a>,
    /// Of the last document that was asked for.
    verdict: Verdict,
    counters: &'a mut Counters,
}

impl Collector for Counting<'_> {
    #[inline]
    fn is_past(&self, _: DocId) -> bool {
        false
    }

    #[inline]
    fn passes(&mut self, doc: DocId) -> bool {
        let dialog = self.segment.document(doc);
        self.verdict = self.selection.judge(self.filters, dialog);
        self.verdict != Verdict::Fails && self.segment.is_alive(doc) && !self.tail.hides(|| dialog.number())
    }

    fn keep(&mut self, doc: DocId) {
        self.counters.count(self.verdict, self.segment.document(doc));
    }
}

impl Counters {
    fn count(&mut self, verdict: Verdict, dialog: impl Values) {
        match verdict {
            Verdict::Passes => {
                self.total += 1;
                self.facets.iter_mut().for_each(|facet| facet.add(dialog));
            }
            Verdict::PassesBut(field) => {
                let own = |facet: &&mut Facet| facet.field == field;
                self.facets.iter_mut().filter(own).for_each(|facet| facet.add(dialog));
            }
            Verdict::Fails => {}
        }
    }
}

impl Facet {
    fn add(&mut self, dialog: impl Values) {
        let counts = &mut self.counts;
        match self.field {
            FacetField::Status => counts.add(i64::from(dialog.packed().status())),
            FacetField::SystemLabel => {
                // All labels of a dialog are one number, taken apart at the end.
                counts.add(i64::from(dialog.packed().system_labels()));
            }
            FacetField::IsContentSeen => counts.add(i64::from(dialog.packed().is_content_seen())),
            FacetField::ServiceResource => counts.add(i64::from(dialog.resource())),
            FacetField::Party => counts.add(i64::from(dialog.party())),
            FacetField::Org => counts.add(i64::from(dialog.org())),
            FacetField::ExtendedStatus => dialog.extended_status().into_iter().for_each(|it| counts.add(i64::from(it))),
            FacetField::Process => dialog.process().into_iter().for_each(|it| counts.add(i64::from(it))),
            FacetField::ServiceOwnerLabel => {
                dialog.service_owner_labels().for_each(|label| counts.add(i64::from(label)));
            }
            FacetField::ContentUpdatedYear => {
                dialog.time(SortKey::ContentUpdatedAt).into_iter().for_each(|time| counts.add(year_of(time)));
            }
        }
    }

    fn into_counts(self) -> FacetCounts {
        let by_number = self.counts.into_map();
        let by_number = if self.field == FacetField::SystemLabel { by_label(&by_number) } else { by_number };
        FacetCounts { field: self.field, by_number }
    }
}

impl Tally {
    #[inline]
    fn add(&mut self, number: i64) {
        match usize::try_from(number) {
            Ok(place) if place < SMALL => {
                if place >= self.small.len() {
                    self.small.resize((place + 1).next_power_of_two(), 0);
                }
                self.small[place] += 1;
            }
            _ => *self.others.entry(number).or_default() += 1,
        }
    }

    fn into_map(self) -> FxHashMap<i64, u64> {
        let mut counts = self.others;
        let small = (0..).zip(self.small).filter(|(_, count)| *count > 0);
        counts.extend(small.map(|(number, count)| (number, u64::from(count))));
        counts
    }
}

/// From counts of sets of labels to counts of labels, by their place in [`SystemLabel::ALL`].
fn by_label(by_set: &FxHashMap<i64, u64>) -> FxHashMap<i64, u64> {
    let mut counts = FxHashMap::default();
    for (place, label) in (0..).zip(SystemLabel::ALL) {
        let count = by_set.iter().filter(|(set, _)| **set & i64::from(label.bit()) != 0).map(|(_, count)| count).sum();
        if count > 0 {
            counts.insert(place, count);
        }
    }
    counts
}

/// In UTC.
fn year_of(micros: i64) -> i64 {
    i64::from(Timestamp::from_micros(micros).to_utc().year())
}

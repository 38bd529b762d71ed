//! The ways through one segment, as the plan chose: which documents are looked at, and in which order.

use super::plan::{Plan, Work};
use super::probe::{Probe, Sought};
use crate::IndexError;
use crate::explanation::Driver;
use tantivy::query::BitSetDocSet;
use tantivy::{BitSet, DocId, DocSet, TERMINATED};

/// What a search keeps of one segment.
pub(super) trait Collector {
    /// Whether neither this document nor a later one of an ascending list can be kept.
    fn is_past(&self, doc: DocId) -> bool;

    /// Whether the document passes scope and filters.
    fn passes(&mut self, doc: DocId) -> bool;

    /// Takes a document that [`Collector::passes`] was last asked for.
    fn keep(&mut self, doc: DocId);
}

/// So many documents in a segment for each one of a set: from then on, bits are cheaper to put in order than numbers.
const SPARSE: usize = 256;

/// Shows a collector all documents of a segment from `first` on that may be hits.
pub(super) fn walk(
    plan: &Plan<'_>,
    work: &Work<'_>,
    first: DocId,
    collector: &mut impl Collector,
) -> Result<(), IndexError> {
    let segment = work.segment;
    if plan.driver == Driver::Text {
        let mut sets = plan.required.sets(work)?.into_iter();
        if let Some(mut lead) = sets.next() {
            let mut others: Vec<Probe<'_>> = sets.map(|set| Probe::Set(Sought::of(set))).collect();
            through(lead.as_mut(), first, &mut others, collector);
        }
        return Ok(());
    }
    let mut probes = plan.required.probes(work)?;
    match plan.driver {
        Driver::Text => {}
        Driver::Scan => through(&mut Run { next: first, end: segment.documents() }, first, &mut probes, collector),
        Driver::Filter => through(work.of_filter()?.as_mut(), first, &mut probes, collector),
        Driver::Parties => {
            let delegated = plan.delegated(work)?;
            let lists = segment.columns.by_party.lists(&plan.parties).chain([&*delegated]);
            let lists = lists.map(|list| &list[list.partition_point(|doc| *doc < first)..]);
            if probes.is_empty() {
                lists.for_each(|list| along(list, collector));
            } else {
                let mut found = Vec::new();
                let mut list_count = 0;
                for list in lists {
                    list_count += 1;
                    found.extend(list.iter().copied().filter(|doc| collector.passes(*doc)));
                }
                if list_count > 1 && found.len() > segment.documents() as usize / SPARSE {
                    let mut bits = BitSet::with_max_value(segment.documents());
                    for doc in &found {
                        bits.insert(*doc);
                    }
                    through(&mut BitSetDocSet::from(bits), first, &mut probes, collector);
                } else {
                    if list_count > 1 {
                        found.sort_unstable();
                    }
                    through(&mut List(&found), first, &mut probes, collector);
                }
            }
        }
    }
    Ok(())
}

/// One list of a party, left at the first document that comes too late.
fn along(list: &[DocId], collector: &mut impl Collector) {
    for doc in list {
        if collector.is_past(*doc) {
            return;
        }
        if collector.passes(*doc) {
            collector.keep(*doc);
        }
    }
}

/// Those of the lead that pass and are in all the other sets.
fn through<L: DocSet + ?Sized>(lead: &mut L, first: DocId, others: &mut [Probe<'_>], collector: &mut impl Collector) {
    let mut doc = lead.doc();
    if doc < first {
        doc = lead.seek(first);
    }
    while doc != TERMINATED && !collector.is_past(doc) {
        if collector.passes(doc) && others.iter_mut().all(|other| other.has(doc)) {
            collector.keep(doc);
        }
        doc = lead.advance();
    }
}

/// All documents of a segment.
struct Run {
    next: DocId,
    end: DocId,
}

impl DocSet for Run {
    #[inline]
    fn advance(&mut self) -> DocId {
        self.next = self.next.saturating_add(1);
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.next = target;
        self.doc()
    }

    #[inline]
    fn doc(&self) -> DocId {
        if self.next < self.end { self.next } else { TERMINATED }
    }

    fn size_hint(&self) -> u32 {
        self.end.saturating_sub(self.next)
    }
}

/// Ascending documents.
struct List<'a>(&'a [DocId]);

impl DocSet for List<'_> {
    fn advance(&mut self) -> DocId {
        self.0 = self.0.get(1..).unwrap_or_default();
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.0.first().copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.0.len() as u32
    }
}

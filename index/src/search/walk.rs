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

    /// A first look: whether the document may pass. Where this says no, [`Collector::passes`] does too.
    fn may_pass(&self, doc: DocId) -> bool;

    /// Whether the document passes scope and filters.
    fn passes(&mut self, doc: DocId) -> bool;

    /// Takes a document that [`Collector::passes`] was last asked for.
    fn keep(&mut self, doc: DocId);
}

/// So many documents in a segment for each one of a set: from then on, bits are cheaper to put in order than numbers.
const SPARSE: usize = 256;

/// So many documents are looked at first, and then those again that may pass. Nothing is decided between one first look
/// and the next, so the memory of all of them is fetched at once: documents that lie apart are mostly waited for.
const CHUNK: usize = 64;

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
            if plan.required.is_phrase() {
                through(lead.as_mut(), first, &mut others, collector);
            } else {
                sift(lead.as_mut(), first, &mut others, collector);
            }
        }
        return Ok(());
    }
    let mut probes = plan.required.probes(work)?;
    match plan.driver {
        Driver::Text => {}
        Driver::Scan => match plan.authorized(work) {
            Some(bits) => sift(&mut bits.with(&plan.delegated(work)?), first, &mut probes, collector),
            None => sift(&mut Run { next: first, end: segment.documents() }, first, &mut probes, collector),
        },
        Driver::Filter => sift(work.of_filter()?.as_mut(), first, &mut probes, collector),
        Driver::Parties => {
            let delegated = plan.delegated_of_others(work)?;
            let lists = segment.columns.by_party.lists(&plan.parties).chain([&*delegated]);
            let lists = lists.map(|list| &list[list.partition_point(|doc| *doc < first)..]);
            if probes.is_empty() {
                lists.for_each(|list| along(list, collector, |collector, doc| collector.keep(doc)));
            } else {
                let mut found = Vec::new();
                let mut list_count = 0;
                for list in lists {
                    list_count += 1;
                    along(list, collector, |_, doc| found.push(doc));
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

/// Takes what passes of an ascending list, which is left at the first document that comes too late.
fn along<C: Collector>(list: &[DocId], collector: &mut C, mut take: impl FnMut(&mut C, DocId)) {
    for chunk in list.chunks(CHUNK) {
        if chunk.first().is_none_or(|doc| collector.is_past(*doc)) {
            return;
        }
        let (sifted, count) = first_look(chunk, collector);
        for doc in &sifted[..count] {
            if collector.is_past(*doc) {
                return;
            }
            if collector.passes(*doc) {
                take(collector, *doc);
            }
        }
    }
}

/// As [`through`], for sets whose next document is found fast.
fn sift<L: DocSet + ?Sized>(lead: &mut L, first: DocId, others: &mut [Probe<'_>], collector: &mut impl Collector) {
    let mut doc = lead.doc();
    if doc < first {
        doc = lead.seek(first);
    }
    while doc != TERMINATED && !collector.is_past(doc) {
        let (mut chunk, mut length) = ([0; CHUNK], 0);
        while length < CHUNK && doc != TERMINATED {
            chunk[length] = doc;
            length += 1;
            doc = lead.advance();
        }
        let (sifted, count) = first_look(&chunk[..length], collector);
        for doc in &sifted[..count] {
            if collector.is_past(*doc) {
                return;
            }
            if collector.passes(*doc) && others.iter_mut().all(|other| other.has(*doc)) {
                collector.keep(*doc);
            }
        }
    }
}

/// Those of a chunk that may pass, and how many they are.
#[inline]
fn first_look(chunk: &[DocId], collector: &impl Collector) -> ([DocId; CHUNK], usize) {
    let (mut sifted, mut count) = ([0; CHUNK], 0);
    for doc in chunk {
        sifted[count] = *doc;
        count += usize::from(collector.may_pass(*doc));
    }
    (sifted, count)
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

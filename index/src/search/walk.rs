//! The ways through one segment, as the plan chose: which documents are looked at, and in which order.

use super::plan::{Plan, Work};
use super::probe::Probe;
use crate::IndexError;
use crate::explanation::Driver;
use tantivy::query::BitSetDocSet;
use tantivy::{BitSet, COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, TERMINATED};

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
const CHUNK: usize = COLLECT_BLOCK_BUFFER_LEN;

/// Shows a collector all documents of a segment from `first` on that may be hits.
pub(super) fn walk(
    plan: &Plan<'_>,
    work: &Work<'_>,
    first: DocId,
    collector: &mut impl Collector,
) -> Result<(), IndexError> {
    let segment = work.segment;
    if first >= segment.documents() || collector.is_past(first) {
        return Ok(());
    }
    if plan.driver == Driver::Text {
        let Some((mut lead, mut others)) = plan.required.lead(work)? else { return Ok(()) };
        if plan.required.is_phrase() {
            through(lead.as_mut(), first, &mut others, collector);
        } else {
            sift(lead.as_mut(), first, Sieve::RightsFirst(&mut others), collector);
        }
        return Ok(());
    }
    let mut probes = plan.required.probes(work)?;
    match plan.driver {
        Driver::Text => {}
        Driver::Scan => match plan.authorized(work) {
            Some(bits) => {
                sift(&mut bits.with(&plan.delegated(work)?), first, Sieve::TextFirst(&mut probes), collector);
            }
            None => {
                let mut all = Run { next: first, end: segment.documents() };
                sift(&mut all, first, Sieve::RightsFirst(&mut probes), collector);
            }
        },
        Driver::Filter => sift(work.of_filter()?.as_mut(), first, Sieve::RightsFirst(&mut probes), collector),
        Driver::Parties => {
            let delegated = plan.delegated_of_others(work)?;
            let lists = segment.columns.by_party.lists(&plan.parties).chain([&*delegated]);
            let mut lists = lists.filter_map(|list| {
                let list = &list[list.partition_point(|doc| *doc < first)..];
                (!list.is_empty()).then_some(list)
            });
            let (Some(one), another) = (lists.next(), lists.next()) else { return Ok(()) };
            let sieve = Sieve::TextFirst(&mut probes);
            match another {
                None => sift(&mut List(one), first, sieve, collector),
                Some(another) => {
                    let lists = [one, another].into_iter().chain(lists);
                    if plan.required.is_any() {
                        in_order(lists, segment.documents(), |all| sift(all, first, sieve, collector));
                    } else {
                        along(lists, collector);
                    }
                }
            }
        }
    }
    Ok(())
}

/// What is looked at first of the documents of a lead. Where most documents pass, or most are in the other sets, the one
/// look is spared that would refuse few.
enum Sieve<'s, 'p> {
    /// Whether a document passes, and then whether it is in these sets.
    RightsFirst(&'s mut [Probe<'p>]),
    /// Whether a document is in these sets, and then whether it passes.
    TextFirst(&'s mut [Probe<'p>]),
}

/// Shows documents of several ascending lists in ascending order.
fn in_order<'l>(lists: impl Iterator<Item = &'l [DocId]>, documents: DocId, show: impl FnOnce(&mut dyn DocSet)) {
    let mut all = Vec::new();
    lists.for_each(|list| all.extend_from_slice(list));
    if all.len() > documents as usize / SPARSE {
        let mut bits = BitSet::with_max_value(documents);
        for doc in all {
            bits.insert(doc);
        }
        show(&mut BitSetDocSet::from(bits));
    } else {
        all.sort_unstable();
        show(&mut List(&all));
    }
}

/// Keeps what passes of ascending lists, each of which is left where the documents come too late. Most are short, so
/// chunks are made of several.
fn along<'l>(lists: impl Iterator<Item = &'l [DocId]>, collector: &mut impl Collector) {
    let (mut chunk, mut length) = ([0; CHUNK], 0);
    for mut list in lists {
        while let Some(first) = list.first()
            && !collector.is_past(*first)
        {
            let taken = list.len().min(CHUNK - length);
            let (next, rest) = list.split_at(taken);
            chunk[length..length + taken].copy_from_slice(next);
            (list, length) = (rest, length + taken);
            if length == CHUNK {
                keep_passing(&chunk, &mut [], collector);
                length = 0;
            }
        }
    }
    keep_passing(&chunk[..length], &mut [], collector);
}

/// As [`through`], for sets whose next document is found fast.
fn sift<L: DocSet + ?Sized>(lead: &mut L, first: DocId, mut sieve: Sieve<'_, '_>, collector: &mut impl Collector) {
    if lead.doc() < first {
        lead.seek(first);
    }
    let mut chunk = [0; CHUNK];
    loop {
        let length = lead.fill_buffer(&mut chunk);
        let chunk = &mut chunk[..length];
        if chunk.first().is_none_or(|doc| collector.is_past(*doc)) {
            return;
        }
        match &mut sieve {
            Sieve::RightsFirst(others) => keep_passing(chunk, others, collector),
            Sieve::TextFirst(others) => {
                let mut count = 0;
                for place in 0..length {
                    let doc = chunk[place];
                    chunk[count] = doc;
                    count += usize::from(others.iter_mut().all(|other| other.has(doc)));
                }
                keep_passing(&chunk[..count], &mut [], collector);
            }
        }
    }
}

/// Keeps those of a chunk that pass and are in all the other sets.
fn keep_passing(chunk: &[DocId], others: &mut [Probe<'_>], collector: &mut impl Collector) {
    let (mut sifted, mut count) = ([0; CHUNK], 0);
    for doc in chunk {
        sifted[count] = *doc;
        count += usize::from(collector.may_pass(*doc));
    }
    for doc in &sifted[..count] {
        if !collector.is_past(*doc) && collector.passes(*doc) && others.iter_mut().all(|other| other.has(*doc)) {
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

    fn fill_buffer(&mut self, buffer: &mut [DocId; CHUNK]) -> usize {
        let (next, rest) = self.0.split_at(self.0.len().min(CHUNK));
        buffer[..next.len()].copy_from_slice(next);
        self.0 = rest;
        next.len()
    }

    fn size_hint(&self) -> u32 {
        self.0.len() as u32
    }
}

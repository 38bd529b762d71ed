//! The ways through one segment, as the plan chose: which documents are looked at, and in which order.

use super::by_party::OfParty;
use super::plan::{FEW_LISTS, Lead, Plan, Work};
use super::probe::{Probe, go_on_to};
use super::selection::ServicesOfParty;
use super::snapshot::{Row, Segment};
use super::values::Document;
use crate::IndexError;
use crate::explanation::Driver;
use std::ops::Range;
use tantivy::query::BitSetDocSet;
use tantivy::{BitSet, COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, TERMINATED};

/// What a search keeps of one segment.
pub(super) trait Collector<'s> {
    /// Whether neither this document nor a later one of an ascending list can be kept.
    fn is_past(&self, doc: DocId) -> bool;

    /// A first look: whether the document may pass. Where this says no, [`Collector::passes`] does too.
    fn may_pass(&self, dialog: Document<'s>) -> bool;

    /// A second look, which takes a little longer. Where this says no, [`Collector::passes`] does too.
    fn may_be_permitted(&self, dialog: Document<'s>) -> bool;

    /// For documents of one party, [`Collector::may_pass_for`] takes both looks at once.
    fn services_of(&self, party: u32) -> ServicesOfParty<'s>;

    fn may_pass_for(&self, services: ServicesOfParty<'s>, row: Row) -> bool;

    /// Whether the document passes scope and filters.
    fn passes(&mut self, dialog: Document<'s>) -> bool;

    /// Takes a document that [`Collector::passes`] was last asked for.
    fn keep(&mut self, dialog: Document<'s>);
}

/// So many documents in a segment for each one of a set: from then on, bits are cheaper to put in order than numbers.
const SPARSE: usize = 256;

/// So many documents are looked at together: first at all, and then again at those that may pass.
const CHUNK: usize = COLLECT_BLOCK_BUFFER_LEN;

/// Shows a collector all documents of a range that may be hits.
pub(super) fn walk<'s>(
    plan: &Plan<'_>,
    work: &Work<'s>,
    range: &Range<DocId>,
    collector: &mut impl Collector<'s>,
) -> Result<(), IndexError> {
    let segment = work.segment;
    if range.is_empty() || collector.is_past(range.start) {
        return Ok(());
    }
    if plan.driver == Driver::Text {
        let Some(Lead { mut documents, mut others }) = plan.required.lead(work, range)? else { return Ok(()) };
        if plan.required.is_phrase() {
            through(segment, documents.as_mut(), range, &mut others, collector);
        } else {
            sift(segment, documents.as_mut(), range, Sieve::RightsFirst(&mut others), collector);
        }
        return Ok(());
    }
    let mut probes = plan.required.probes(work)?;
    match plan.driver {
        Driver::Text => {}
        Driver::Scan => match plan.authorized(work) {
            Some(bits) => {
                let delegated = plan.delegated(work)?;
                let mut documents = bits.with(&delegated);
                sift(segment, &mut documents, range, Sieve::TextFirst(&mut probes), collector);
            }
            None => {
                let mut all = Run { next: range.start, end: range.end };
                sift(segment, &mut all, range, Sieve::RightsFirst(&mut probes), collector);
            }
        },
        Driver::Filter => {
            let mut of_filter = work.of_filter(range)?;
            sift(segment, of_filter.as_mut(), range, Sieve::RightsFirst(&mut probes), collector);
        }
        Driver::Parties => {
            let delegated = plan.delegated_of_others(work)?;
            let rows: Vec<Row> = delegated.iter().map(|doc| segment.columns.row(*doc)).collect();
            let delegated = OfParty { documents: &delegated, rows: &rows }.within(range);
            let lists = segment.columns.by_party.lists(&plan.parties).map(|list| list.within(range));
            if probes.is_empty() {
                let lists = lists.filter(|list| !list.documents.is_empty());
                sift_lists(segment, lists.chain(delegated.by_party()), collector);
            } else {
                let lists = lists.chain([delegated]).map(|list| list.documents);
                let lists = lists.filter(|documents| !documents.is_empty()).collect();
                let sieve = Sieve::TextFirst(&mut probes);
                in_order(lists, segment.documents(), |all| sift(segment, all, range, sieve, collector));
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
fn in_order(lists: Vec<&[DocId]>, documents: DocId, show: impl FnOnce(&mut dyn DocSet)) {
    if lists.len() <= FEW_LISTS {
        return show(&mut Lists(lists));
    }
    let mut all = lists.concat();
    if all.len() > documents as usize / SPARSE {
        let mut bits = BitSet::with_max_value(documents);
        for doc in all {
            bits.insert(doc);
        }
        show(&mut BitSetDocSet::from(bits));
    } else {
        all.sort_unstable();
        show(&mut Lists(vec![&*all]));
    }
}

/// Some documents with their rows.
struct Chunk {
    length: usize,
    documents: [DocId; CHUNK],
    rows: [Row; CHUNK],
}

impl Chunk {
    const EMPTY: Self = Self { length: 0, documents: [0; CHUNK], rows: [Row::EMPTY; CHUNK] };

    /// Reads the rows of its documents. Nothing is decided meanwhile, so the memory of all of them is fetched at once:
    /// documents that lie apart are mostly waited for.
    fn read_rows(&mut self, segment: &Segment) {
        for (row, doc) in self.rows.iter_mut().zip(&self.documents[..self.length]) {
            *row = segment.columns.row(*doc);
        }
    }

    /// Leaves out the documents from `end` on; they ascend.
    fn leave(&mut self, end: DocId) {
        while self.length > 0 && self.documents[self.length - 1] >= end {
            self.length -= 1;
        }
    }

    /// Leaves out the documents that are refused.
    fn retain(&mut self, mut is_wanted: impl FnMut(DocId, Row) -> bool) {
        let mut count = 0;
        for place in 0..self.length {
            let (doc, row) = (self.documents[place], self.rows[place]);
            (self.documents[count], self.rows[count]) = (doc, row);
            count += usize::from(is_wanted(doc, row));
        }
        self.length = count;
    }

    /// Keeps those that pass and are in all the sets, and is empty then.
    fn keep_passing<'s>(&mut self, segment: &'s Segment, others: &mut [Probe<'_>], collector: &mut impl Collector<'s>) {
        self.retain(|doc, row| collector.may_pass(segment.document_of(doc, row)));
        self.retain(|doc, row| collector.may_be_permitted(segment.document_of(doc, row)));
        self.keep_those_that_may_pass(segment, others, collector);
    }

    /// As [`Chunk::keep_passing`], when the looks beforehand have been taken.
    fn keep_those_that_may_pass<'s>(
        &mut self,
        segment: &'s Segment,
        others: &mut [Probe<'_>],
        collector: &mut impl Collector<'s>,
    ) {
        for (doc, row) in self.documents.iter().zip(&self.rows).take(self.length) {
            let dialog = segment.document_of(*doc, *row);
            if !collector.is_past(*doc) && collector.passes(dialog) && others.iter_mut().all(|other| other.has(*doc)) {
                collector.keep(dialog);
            }
        }
        self.length = 0;
    }
}

/// Keeps what passes of ascending lists, each of which is left where the documents come too late. Most lists are short, so
/// chunks are made of several. None is empty.
fn sift_lists<'s, 'l>(
    segment: &'s Segment,
    lists: impl Iterator<Item = OfParty<'l>>,
    collector: &mut impl Collector<'s>,
) {
    let mut chunk = Chunk::EMPTY;
    for OfParty { mut documents, mut rows } in lists {
        let services = collector.services_of(rows[0].party);
        while let Some(first) = documents.first()
            && !collector.is_past(*first)
        {
            let taken = documents.len().min(CHUNK - chunk.length);
            let mut length = chunk.length;
            for (doc, row) in documents.iter().zip(rows).take(taken) {
                // Which of its party's services a document is of is as good as random for the processor.
                (chunk.documents[length], chunk.rows[length]) = (*doc, *row);
                length += usize::from(collector.may_pass_for(services, *row));
            }
            chunk.length = length;
            (documents, rows) = (&documents[taken..], &rows[taken..]);
            // With less room, the next documents would be taken in small numbers.
            if chunk.length > CHUNK / 2 {
                chunk.keep_those_that_may_pass(segment, &mut [], collector);
            }
        }
    }
    chunk.keep_those_that_may_pass(segment, &mut [], collector);
}

/// As [`through`], for sets whose next document is found fast.
fn sift<'s, L: DocSet + ?Sized>(
    segment: &'s Segment,
    lead: &mut L,
    range: &Range<DocId>,
    mut sieve: Sieve<'_, '_>,
    collector: &mut impl Collector<'s>,
) {
    go_on_to(lead, range.start);
    let mut chunk = Chunk::EMPTY;
    while lead.doc() < range.end && !collector.is_past(lead.doc()) {
        chunk.length = lead.fill_buffer(&mut chunk.documents);
        chunk.leave(range.end);
        match &mut sieve {
            Sieve::RightsFirst(others) => {
                chunk.read_rows(segment);
                chunk.keep_passing(segment, others, collector);
            }
            Sieve::TextFirst(others) => {
                chunk.retain(|doc, _| others.iter_mut().all(|other| other.has(doc)));
                chunk.read_rows(segment);
                chunk.keep_passing(segment, &mut [], collector);
            }
        }
    }
}

/// Those of the lead that pass and are in all the other sets.
fn through<'s, L: DocSet + ?Sized>(
    segment: &'s Segment,
    lead: &mut L,
    range: &Range<DocId>,
    others: &mut [Probe<'_>],
    collector: &mut impl Collector<'s>,
) {
    let mut doc = go_on_to(lead, range.start);
    while doc < range.end && !collector.is_past(doc) {
        let dialog = segment.document(doc);
        if collector.passes(dialog) && others.iter_mut().all(|other| other.has(doc)) {
            collector.keep(dialog);
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

/// The documents of some ascending lists.
struct Lists<'a>(Vec<&'a [DocId]>);

impl DocSet for Lists<'_> {
    fn advance(&mut self) -> DocId {
        let doc = self.doc();
        for list in &mut self.0 {
            if let Some((first, rest)) = list.split_first()
                && *first == doc
            {
                *list = rest;
            }
        }
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.0.iter().filter_map(|list| list.first().copied()).min().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.0.iter().map(|list| list.len() as u32).sum()
    }
}

//! Which way a search goes: what each way would cost, and the cheapest of them.
//!
//! The costs are nanoseconds as measured on one core; only their ratios matter. The share of hits among the documents is
//! estimated from a sample of them.

use super::authorized::{AuthorizedDocuments, Bits, Known, Sample};
use super::engine;
use super::filters::Filters;
use super::grants_by_party::GrantsByParty;
use super::page::Page;
use super::probe::{Probe, go_on_to};
use super::sample::{self, COUNTED_PARTIES, ListsOfParties};
use super::schema::Fields;
use super::selection::{Delegations, NumberSet, Requested, Selection};
use super::snapshot::{Segment, Snapshot};
use super::text_query::{ReadableText, Size};
use super::values::Subject;
use crate::IndexError;
use crate::explanation::{Driver, Estimate};
use crate::query::FacetField;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tantivy::postings::TermInfo;
use tantivy::query::BitSetDocSet;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, InvertedIndexReader, TERMINATED, Term};

const READ_POSTINGS: &str = "read the postings of a segment";

/// To judge one document after the other.
const SCANNED: f64 = 8.0;
/// To pass one document by a bit.
const BIT: f64 = 0.016;
/// To judge a document that has a bit.
const AUTHORIZED: f64 = 25.0;
/// To make a bit. Bits are made when a user's searches have lost as much for want of them: they never cost more than twice
/// what they would have cost with the best foresight.
const MADE: f64 = 6.0;
/// To find a party in one segment.
const PARTY: f64 = 20.0;
/// To judge a document of a party.
const LISTED: f64 = 7.0;
/// To keep it.
const KEPT_OF_LIST: f64 = 25.0;
/// To put a document of a party in order with those of others.
const ORDERED: f64 = 12.0;
/// The lists of so few parties are gone through side by side, as far as is needed; more are put in order first.
pub(super) const FEW_LISTS: usize = 4;
/// To find a single dialog in one segment.
const DIALOG: f64 = 15.0;
/// To look a term up in one segment.
const TERM: f64 = 500.0;
/// To read a document of a term's postings and see that it does not pass, where nearly every document has the term. The
/// fewer have it, the longer their rows are waited for: of one in a thousand six times as long.
const POSTED: f64 = 7.0;
/// So many of them are read at least.
const POSTED_AT_ONCE: f64 = 128.0;
/// To judge a document that is most likely to pass, and to keep it.
const KEPT: f64 = 30.0;
/// To ask a text for one document.
const SOUGHT: f64 = 40.0;
/// The same of a phrase, whose words are compared by place in the documents that have them all.
const SOUGHT_IN_PHRASE: f64 = 60.0;

/// Of rights for more parties it is kept what they let through. Tests have few of everything.
const MANY_PARTIES: usize = if cfg!(test) { 3 } else { COUNTED_PARTIES };
/// To find the lists of more parties takes about as long as to go through a part of them.
const PARTIES_OF_A_PART: usize = 1_000;
/// Bits of smaller segments would not be worth a place.
const SMALL_SEGMENT: DocId = if cfg!(test) { 50 } else { 4_096 };

/// How the candidates of a search are found; made once for all segments.
pub(super) struct Plan<'a> {
    pub(super) driver: Driver,
    pub(super) estimates: Vec<Estimate>,
    /// Ascending: every hit is of one of them or delegated by itself. Only for scopes that name parties.
    pub(super) parties: Cow<'a, [u32]>,
    /// Only for scopes that name parties.
    delegations: Option<&'a Delegations>,
    /// Of rights that name many of them.
    many_parties: Option<ManyParties<'a>>,
    /// What a scan would cost if all were known that these let through.
    cost_with_bits: Option<f64>,
    pub(super) required: &'a Required<'a>,
    /// The segments that may hold hits.
    pub(super) segments: Vec<Work<'a>>,
}

/// What is looked for, and how.
#[derive(Clone, Copy)]
pub(super) struct Goal<'p, 'a> {
    /// Where all hits are looked for, there is none.
    pub(super) page: Option<&'p Page<'a>>,
    /// Documents that fail only the filters of these fields are looked for too.
    pub(super) ignored: &'p [FacetField],
    /// This way is gone if the search can go it.
    pub(super) only: Option<Driver>,
}

/// Rights of which it is kept what they let through.
#[derive(Clone, Copy)]
struct ManyParties<'a> {
    grants: &'a Arc<GrantsByParty>,
    documents: &'a AuthorizedDocuments,
    /// Whether the search scans so much that bits are worth making for it alone.
    are_made: bool,
}

/// One segment of a search, with the terms that were looked up in it.
pub(super) struct Work<'a> {
    pub(super) segment: &'a Segment,
    /// Empty unless one is asked for.
    external_reference: Found,
    /// The labels that name delegated dialogs.
    labels: Found,
    /// The terms of the filter that is looked through.
    filter: Found,
    /// Of the postings that every hit must be in.
    required: Option<Size>,
    /// What the rights by party let through, where they name many.
    authorized: Option<Known>,
}

/// Those of some terms that a segment has.
type Found = Vec<(Field, TermInfo)>;

/// Terms of one field, one of which each hit has.
struct Union(Vec<Term>);

/// What is known of a search before it begins.
struct Outlook {
    documents: f64,
    segments: f64,
    /// The share of documents that pass scope and filters.
    share: f64,
    /// How many the rights by party may let through, where they name many.
    authorized: Option<f64>,
    /// How many lie in segments whose bits are neither made nor due.
    without_bits: f64,
    /// How many hits are gone through; infinite where all are.
    wanted: f64,
    /// What is thought of the text or reference.
    required: Option<Size>,
    is_phrase: bool,
}

/// The postings that every hit must be in.
pub(super) struct Required<'a> {
    text: Option<ReadableText<'a>>,
    external_reference: Option<Term>,
}

/// A set to go through, and what tells of each of its documents whether it is in other sets too.
pub(super) struct Lead<'a> {
    pub(super) documents: Box<dyn DocSet + 'a>,
    pub(super) others: Vec<Probe<'a>>,
}

impl<'a> Required<'a> {
    pub(super) fn of(selection: &'a Selection, snapshot: &'a Snapshot) -> Result<Self, IndexError> {
        let Selection { permitted, requested } = selection;
        let text = requested.text.as_ref();
        let text = text.map(|expr| ReadableText::of(expr, snapshot, permitted.readable())).transpose()?;
        let reference = requested.external_reference.as_ref();
        let external_reference = reference.map(|text| Term::from_field_text(snapshot.fields.external_reference, text));
        Ok(Self { text, external_reference })
    }

    /// `None` if the segment has none of a term that every hit must have.
    fn work(&self, segment: &'a Segment) -> Result<Option<Work<'a>>, IndexError> {
        let external_reference = look_up(segment, self.external_reference.as_slice())?;
        let of_reference = self.external_reference.as_ref().map(|_| size_of(&external_reference));
        let of_text = match &self.text {
            // Most segments lack a reference, and then need not be asked for words.
            Some(text) if of_reference.is_none_or(|size| size.documents > 0.0) => Some(text.size(segment)?),
            _ => None,
        };
        let sizes = || [of_reference, of_text].into_iter().flatten();
        let required = sizes().min_by(|one, other| one.cost.total_cmp(&other.cost));
        let is_possible = sizes().all(|size| size.documents > 0.0);
        let (labels, filter) = (Vec::new(), Vec::new());
        let work = Work { segment, external_reference, labels, filter, required, authorized: None };
        Ok(is_possible.then_some(work))
    }

    /// Of the postings that every hit must be in, those that are gone through in the shortest time lead.
    pub(super) fn lead(&'a self, work: &Work<'a>, range: &Range<DocId>) -> Result<Option<Lead<'a>>, IndexError> {
        let reference = || union(work.segment, &work.external_reference, range);
        Ok(match (&self.text, &self.external_reference) {
            (None, None) => None,
            (Some(text), None) => Some(Lead { documents: text.documents(work.segment, range)?, others: Vec::new() }),
            (None, Some(_)) => Some(Lead { documents: reference()?, others: Vec::new() }),
            (Some(text), Some(_)) if work.required == Some(size_of(&work.external_reference)) => {
                Some(Lead { documents: reference()?, others: vec![text.probe(work.segment)?] })
            }
            (Some(text), Some(_)) => {
                Some(Lead { documents: text.documents(work.segment, range)?, others: vec![Probe::Set(reference()?)] })
            }
        })
    }

    /// What tells of single documents whether they are in those postings.
    pub(super) fn probes(&'a self, work: &Work<'a>) -> Result<Vec<Probe<'a>>, IndexError> {
        let mut probes = Vec::new();
        if self.external_reference.is_some() {
            probes.push(Probe::Set(union(work.segment, &work.external_reference, &work.all())?));
        }
        if let Some(text) = &self.text {
            probes.push(text.probe(work.segment)?);
        }
        Ok(probes)
    }

    fn is_any(&self) -> bool {
        self.text.is_some() || self.external_reference.is_some()
    }

    fn is_divisible(&self) -> bool {
        self.text.as_ref().is_none_or(ReadableText::is_divisible)
    }

    pub(super) fn is_phrase(&self) -> bool {
        self.text.as_ref().is_some_and(ReadableText::has_phrase)
    }
}

impl<'a> Plan<'a> {
    pub(super) fn of(
        selection: &'a Selection,
        filters: &Filters<'_>,
        required: &'a Required<'a>,
        snapshot: &'a Snapshot,
        known: &'a AuthorizedDocuments,
        Goal { page, ignored, only }: Goal<'_, '_>,
    ) -> Result<Self, IndexError> {
        let segments = snapshot.segments.iter().filter_map(|segment| required.work(segment).transpose());
        let mut segments = segments.collect::<Result<Vec<Work<'_>>, IndexError>>()?;
        let parties = parties(selection, ignored);
        let delegations = selection.permitted.grants().map(|grants| grants.delegations.as_ref());
        let unions = unions(selection, &snapshot.fields, ignored);
        let all: Vec<&Segment> = segments.iter().map(|work| work.segment).collect();
        let documents: u64 = all.iter().map(|segment| u64::from(segment.documents())).sum();
        let of_counted = parties.as_deref().filter(|parties| parties.len() <= COUNTED_PARTIES);
        let of_counted = of_counted.map(|parties| ListsOfParties::of(&all, parties));
        let mut many_parties = many_parties(selection, known);
        let authorized = many_parties.map(|of| of.look_up(&mut segments));
        let passes = |segment: &Segment, doc| selection.admits(filters, &segment.document(doc));
        let share = match (&of_counted, authorized) {
            (Some(lists), _) => {
                let passing =
                    lists.share(|segment, doc, row| selection.admits(filters, &segment.document_of(doc, row)));
                passing * lists.documents / (documents as f64).max(1.0)
            }
            (None, Some(authorized)) => {
                let known = segments.iter().filter_map(|work| Some((work.segment, work.authorized.as_ref()?)));
                sample::share_of_authorized(known, authorized, passes) * authorized / (documents as f64).max(1.0)
            }
            (None, None) => sample::share(&all, documents, passes),
        };
        let mut outlook = Outlook {
            documents: documents as f64,
            segments: segments.len() as f64,
            share,
            authorized,
            without_bits: segments
                .iter()
                .filter(|work| work.lacks_bits() && !work.are_bits_due())
                .map(Work::documents)
                .sum(),
            wanted: f64::INFINITY,
            required: required.is_any().then(|| total(segments.iter().filter_map(|work| work.required))),
            is_phrase: required.is_phrase(),
        };
        if let Some(page) = page {
            outlook.wanted = page.wanted(&all, outlook.share_of_hits());
        }
        let mut estimates = Vec::new();
        let mut estimate = |driver, nanoseconds: f64| estimates.push(Estimate { driver, nanoseconds });
        estimate(Driver::Scan, outlook.scan());
        if let (Some(parties), Some(delegations)) = (&parties, delegations) {
            let labels = terms(snapshot.fields.service_owner_label, delegations.labels());
            for work in &mut segments {
                work.labels = look_up(work.segment, &labels)?;
            }
            let of_labels = total(segments.iter().map(|work| size_of(&work.labels))).documents;
            // Of many parties at least those that may be seen.
            let of_counted = of_counted.map(|lists| lists.documents);
            let of_parties = of_counted.or(authorized).unwrap_or_default() + of_labels;
            let dialogs = delegations.dialogs().len() as f64;
            estimate(Driver::Parties, outlook.parties(parties.len(), of_parties, dialogs));
        }
        let mut narrowest = None;
        for Union(terms) in &unions {
            let cost_of_look_up = terms.len() as f64 * TERM * outlook.segments;
            if cost_of_look_up < outlook.scan() || only == Some(Driver::Filter) {
                let found = segments.iter().map(|work| look_up(work.segment, terms));
                let found = found.collect::<Result<Vec<Found>, IndexError>>()?;
                let size = total(found.iter().map(|found| size_of(found))).documents;
                if narrowest.as_ref().is_none_or(|(_, _, least)| size < *least) {
                    narrowest = Some((terms.len(), found, size));
                }
            }
        }
        if let Some((terms, found, size)) = narrowest {
            segments.iter_mut().zip(found).for_each(|(work, found)| work.filter = found);
            estimate(Driver::Filter, outlook.union(terms as f64, size));
        }
        if let Some(required) = outlook.required {
            estimate(Driver::Text, outlook.text(required));
        }
        estimates.sort_by(|one, other| one.nanoseconds.total_cmp(&other.nanoseconds));
        let asked = only.filter(|only| estimates.iter().any(|estimate| estimate.driver == *only));
        let driver = asked.or(estimates.first().map(|estimate| estimate.driver)).unwrap_or(Driver::Scan);
        if let Some(of) = &mut many_parties {
            of.are_made = driver == Driver::Scan && outlook.are_bits_worth_making();
        }
        let parties = parties.unwrap_or_default();
        let cost_with_bits = authorized.map(|authorized| outlook.scan_of_bits(authorized));
        Ok(Self { driver, estimates, parties, delegations, many_parties, cost_with_bits, required, segments })
    }

    /// What the chosen way is thought to cost, in nanoseconds.
    pub(super) fn cost(&self) -> f64 {
        let chosen = self.estimates.iter().find(|estimate| estimate.driver == self.driver);
        chosen.map_or(0.0, |estimate| estimate.nanoseconds)
    }

    /// Whether it makes bits, which takes as long as it takes: it is not left half-way.
    pub(super) fn makes_bits(&self) -> bool {
        let is_made = self.many_parties.is_some_and(|of| of.are_made);
        self.segments.iter().any(|work| work.are_bits_due() || is_made && work.lacks_bits())
    }

    /// Those that searches have paid for, whatever way this one goes: ways are weighed by what bits tell, too.
    pub(super) fn make_due_bits(&mut self) {
        self.make_bits_where(Work::are_bits_due);
    }

    /// That the search took so long.
    pub(super) fn learn(&self, took: Duration) {
        let Some(cost_with_bits) = self.cost_with_bits else { return };
        let lost = took.as_nanos() as f64 - cost_with_bits;
        if lost > 0.0 {
            let lacking = || self.segments.iter().filter_map(|work| Some((work.documents(), work.lacking_bits()?)));
            let documents: f64 = lacking().map(|(of_segment, _)| of_segment).sum();
            lacking().for_each(|(of_segment, sample)| sample.lose(lost * of_segment / documents));
        }
    }

    /// Those that the scan would make. Threads that go through one segment together would each make them.
    pub(super) fn make_bits(&mut self) {
        if self.many_parties.is_some_and(|of| of.are_made) {
            self.make_bits_where(Work::lacks_bits);
        }
    }

    fn make_bits_where(&mut self, are_wanted: impl Fn(&Work<'a>) -> bool) {
        let Some(of) = self.many_parties else { return };
        for work in self.segments.iter_mut().filter(|work| are_wanted(work)) {
            work.authorized = Some(Known::All(of.documents.all(of.grants, work.segment)));
        }
    }

    /// Whether a part of a segment takes hardly longer than its share of the segment does.
    pub(super) fn is_divisible(&self) -> bool {
        match self.driver {
            Driver::Scan | Driver::Filter => true,
            Driver::Text => self.required.is_divisible(),
            // The list of each is looked up in each part.
            Driver::Parties => self.parties.len() <= PARTIES_OF_A_PART,
        }
    }

    /// All delegated documents, ascending.
    pub(super) fn delegated(&self, work: &Work<'_>) -> Result<Vec<DocId>, IndexError> {
        let Some(delegations) = self.delegations else { return Ok(Vec::new()) };
        let Work { segment, labels, .. } = work;
        let mut documents: Vec<DocId> =
            delegations.dialogs().filter_map(|number| segment.columns.by_number.get(number)).collect();
        if !labels.is_empty() {
            let mut labelled = union(segment, labels, &work.all())?;
            while labelled.doc() != TERMINATED {
                documents.push(labelled.doc());
                labelled.advance();
            }
        }
        documents.sort_unstable();
        documents.dedup();
        Ok(documents)
    }

    /// The delegated documents of further parties, ascending. The others are among the documents of their parties.
    pub(super) fn delegated_of_others(&self, work: &Work<'_>) -> Result<Vec<DocId>, IndexError> {
        let mut documents = self.delegated(work)?;
        documents.retain(|doc| self.parties.binary_search(&work.segment.document(*doc).party()).is_err());
        Ok(documents)
    }

    /// What the rights by party let through, if that is known or worth making. Delegated documents are not among it.
    pub(super) fn authorized(&self, work: &Work<'_>) -> Option<Arc<Bits>> {
        let of = self.many_parties?;
        let make = || (of.are_made && work.lacks_bits()).then(|| of.documents.all(of.grants, work.segment));
        work.authorized.as_ref()?.all().cloned().or_else(make)
    }
}

impl ManyParties<'_> {
    /// How many documents the rights may let through.
    fn look_up(&self, segments: &mut [Work<'_>]) -> f64 {
        let look_up = |work: &mut Work<'_>| {
            let known = work.authorized.insert(self.documents.known(self.grants, work.segment));
            f64::from(known.count())
        };
        segments.iter_mut().map(look_up).sum()
    }
}

impl Work<'_> {
    fn documents(&self) -> f64 {
        f64::from(self.segment.documents())
    }

    /// What is known where bits are worth a place and not made.
    fn lacking_bits(&self) -> Option<&Sample> {
        self.authorized.as_ref().and_then(Known::some).filter(|_| self.segment.documents() >= SMALL_SEGMENT)
    }

    fn lacks_bits(&self) -> bool {
        self.lacking_bits().is_some()
    }

    /// Whether searches have lost as much as it takes to make them.
    fn are_bits_due(&self) -> bool {
        self.lacking_bits().is_some_and(|sample| sample.lost() >= MADE * self.documents())
    }

    /// The documents of the filter that is looked through.
    pub(super) fn of_filter(&self, range: &Range<DocId>) -> Result<Box<dyn DocSet>, IndexError> {
        union(self.segment, &self.filter, range)
    }

    pub(super) fn all(&self) -> Range<DocId> {
        0..self.segment.documents()
    }
}

impl Outlook {
    /// How many documents are judged until there are enough hits, where all hits lie among `among` of them evenly.
    fn judged(&self, among: f64) -> f64 {
        let hits = self.documents * self.share;
        let needed = among * (self.wanted / hits.max(1.0));
        if self.share > 0.0 { needed.min(among) } else { among }
    }

    fn share_of_required(&self) -> f64 {
        self.required.map_or(1.0, |postings| (postings.documents / self.documents.max(1.0)).min(1.0))
    }

    fn share_of_hits(&self) -> f64 {
        self.share * self.share_of_required()
    }

    /// Of documents that most likely pass, each is sought in the text if there is one, and what is found is kept.
    fn kept(&self, passing: f64) -> f64 {
        let share = self.share_of_required();
        let looked_at = passing.min(self.wanted / share.max(1e-9));
        let seek = match self.required {
            None => 0.0,
            Some(_) if self.is_phrase => SOUGHT_IN_PHRASE,
            Some(_) => SOUGHT,
        };
        looked_at * (seek + share * KEPT)
    }

    /// How many documents a scan passes.
    fn scanned(&self) -> f64 {
        (self.wanted / self.share_of_hits().max(1e-9)).min(self.documents)
    }

    fn scan(&self) -> f64 {
        match self.authorized {
            Some(authorized) if self.without_bits == 0.0 => self.scan_of_bits(authorized),
            Some(authorized) => self.scan_of_all().min(self.scan_that_makes_bits(authorized)),
            None => self.scan_of_all(),
        }
    }

    fn scan_of_all(&self) -> f64 {
        SCANNED * self.scanned() + self.kept(self.documents * self.share)
    }

    fn scan_of_bits(&self, authorized: f64) -> f64 {
        let share = self.share_of_required();
        // Only a filter makes these more than what is kept. Where there is a text, only those that have it are judged.
        let looked_at = (self.judged(authorized) / share.max(1e-9)).min(authorized);
        BIT * self.scanned() + AUTHORIZED * looked_at * share + self.kept(authorized)
    }

    fn scan_that_makes_bits(&self, authorized: f64) -> f64 {
        self.scan_of_bits(authorized) + MADE * self.without_bits * self.begun()
    }

    fn are_bits_worth_making(&self) -> bool {
        self.authorized.is_some_and(|authorized| self.scan_that_makes_bits(authorized) < self.scan_of_all())
    }

    /// The share of the segments that are begun. They follow each other in time, more or less.
    fn begun(&self) -> f64 {
        (self.scanned() / self.documents.max(1.0) + 1.0 / self.segments.max(1.0)).min(1.0)
    }

    fn parties(&self, parties: usize, of_parties: f64, dialogs: f64) -> f64 {
        let find = (PARTY * parties as f64 + DIALOG * dialogs) * self.segments;
        let (order, keep) = match self.required {
            // Each list is left at its first document that comes too late.
            None => {
                let judged = self.judged(of_parties);
                let share_of_passing = (self.documents * self.share / of_parties.max(1.0)).min(1.0);
                (0.0, judged * (LISTED + share_of_passing * KEPT_OF_LIST))
            }
            Some(_) if parties <= FEW_LISTS => (0.0, self.kept(of_parties)),
            Some(_) => (ORDERED * of_parties, self.kept(of_parties)),
        };
        (find + order) * self.begun() + keep
    }

    fn union(&self, terms: f64, size: f64) -> f64 {
        let read = if terms > 1.0 { size } else { self.judged(size) };
        TERM * terms * self.segments + POSTED * read + self.kept(read * self.share)
    }

    /// Of the documents of a text as large a share passes as of all.
    fn text(&self, Size { documents, cost }: Size) -> f64 {
        let needed = if self.share > 0.0 { self.wanted / self.share } else { documents };
        let read = (needed / documents.max(1.0)).min(1.0);
        let posted = (cost * read).max(POSTED_AT_ONCE * cost / documents.max(1.0));
        let apart = (self.documents / documents.max(1.0)).max(1.0);
        POSTED * apart.sqrt().sqrt() * posted + KEPT * documents * self.share * read
    }
}

/// The parties of the scope, less those that the filter does not ask for. `None` if the scope names no parties.
fn parties<'a>(selection: &'a Selection, ignored: &[FacetField]) -> Option<Cow<'a, [u32]>> {
    let granted = selection.permitted.grants()?.by_party.parties();
    match &selection.requested.parties {
        Some(wanted) if !ignored.contains(&FacetField::Party) => {
            let mut both: Vec<u32> =
                wanted.iter().copied().filter(|party| granted.binary_search(party).is_ok()).collect();
            both.sort_unstable();
            Some(Cow::Owned(both))
        }
        _ => Some(Cow::Borrowed(granted)),
    }
}

fn many_parties<'a>(selection: &'a Selection, documents: &'a AuthorizedDocuments) -> Option<ManyParties<'a>> {
    let grants = &selection.permitted.grants()?.by_party;
    let are_many = grants.parties().len() > MANY_PARTIES;
    are_many.then_some(ManyParties { grants, documents, are_made: false })
}

/// The unions that hold by scope and filter, parties aside.
fn unions(selection: &Selection, fields: &Fields, ignored: &[FacetField]) -> Vec<Union> {
    let Requested { parties, resources, orgs, processes, service_owner_labels, .. } = &selection.requested;
    let one_of = [
        (FacetField::ServiceResource, fields.resource, resources.as_ref()),
        (FacetField::Org, fields.org, orgs.as_ref()),
        (FacetField::Process, fields.process, processes.as_ref()),
        // Of a scope that names parties they are looked through as such.
        (FacetField::Party, fields.party, parties.as_ref().filter(|_| selection.permitted.grants().is_none())),
    ];
    let one_of = one_of.into_iter().filter_map(|(asked, field, wanted)| Some((asked, field, wanted?)));
    let labels = service_owner_labels.iter();
    let labels = labels.map(|wanted| (FacetField::ServiceOwnerLabel, fields.service_owner_label, wanted));
    let requested = one_of
        .chain(labels)
        .filter(|(asked, ..): &(FacetField, Field, &NumberSet)| !ignored.contains(asked))
        .map(|(_, field, wanted)| Union(terms(field, wanted.iter().copied())));
    let owner = selection.permitted.owner().map(|owner| Union(terms(fields.org, owner.into_iter())));
    requested.chain(owner).collect()
}

fn terms(field: Field, numbers: impl Iterator<Item = u32>) -> Vec<Term> {
    numbers.map(|number| Term::from_field_u64(field, u64::from(number))).collect()
}

/// Documents that have more than one of the terms are counted for each.
fn size_of(found: &[(Field, TermInfo)]) -> Size {
    let documents = found.iter().map(|(_, info)| f64::from(info.doc_freq)).sum();
    Size { documents, cost: documents }
}

fn total(sizes: impl Iterator<Item = Size>) -> Size {
    sizes.fold(Size::default(), |sum, size| Size {
        documents: sum.documents + size.documents,
        cost: sum.cost + size.cost,
    })
}

/// Those of the terms that a segment has.
fn look_up(segment: &Segment, terms: &[Term]) -> Result<Found, IndexError> {
    let mut found = Vec::new();
    for term in terms {
        let index = segment.reader.inverted_index(term.field()).map_err(engine(READ_POSTINGS))?;
        if let Some(info) = index.get_term_info(term).map_err(engine(READ_POSTINGS))? {
            found.push((term.field(), info));
        }
    }
    Ok(found)
}

/// Those of a range, maybe with others beside it.
fn union(segment: &Segment, found: &[(Field, TermInfo)], range: &Range<DocId>) -> Result<Box<dyn DocSet>, IndexError> {
    let postings = |(field, info): &(Field, TermInfo)| {
        let index: Arc<InvertedIndexReader> = segment.reader.inverted_index(*field).map_err(engine(READ_POSTINGS))?;
        index.read_postings_from_terminfo(info, IndexRecordOption::Basic).map_err(engine(READ_POSTINGS))
    };
    if let [only] = found {
        return Ok(Box::new(postings(only)?));
    }
    let mut documents = BitSet::with_max_value(segment.documents());
    for term in found {
        let mut postings = postings(term)?;
        go_on_to(&mut postings, range.start);
        while postings.doc() < range.end {
            documents.insert(postings.doc());
            postings.advance();
        }
    }
    Ok(Box::new(BitSetDocSet::from(documents)))
}

//! Which documents a search looks at. Columns decide whether a document is a hit; postings only keep the search from
//! looking at all of them, except for text and external references, which only postings know.

use super::engine;
use super::schema::Fields;
use super::selection::{Grants, NumberSet, Permitted, Requested, Selection};
use super::snapshot::{Segment, Snapshot};
use super::text_query::ReadableText;
use crate::IndexError;
use crate::query::FacetField;
use std::sync::Arc;
use tantivy::postings::TermInfo;
use tantivy::query::BitSetDocSet;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, InvertedIndexReader, TERMINATED, Term};

/// What looking up one term costs, in documents looked at. Less in tests, whose few documents would always be cheaper
/// to look at, so that they take every way.
const LOOK_UP_COST: u64 = if cfg!(test) { 2 } else { 100 };
const READ_POSTINGS: &str = "read the postings of a segment";

/// How the candidates of a search are found; made once for all segments.
pub(super) struct Plan<'a> {
    text: Option<ReadableText<'a>>,
    external_reference: Option<Term>,
    /// Every hit has one of the terms of each.
    unions: Vec<Union>,
}

/// Terms of any fields.
struct Union(Vec<Term>);

/// The documents of one segment among which its hits are, in order.
pub(super) struct Candidates<'a> {
    lead: Box<dyn DocSet + 'a>,
    /// A hit is in all of these too.
    others: Vec<Box<dyn DocSet + 'a>>,
}

impl<'a> Plan<'a> {
    /// Documents that fail only the filters of the `ignored` fields are candidates too.
    pub(super) fn of(
        selection: &'a Selection,
        snapshot: &Snapshot,
        ignored: &[FacetField],
    ) -> Result<Self, IndexError> {
        let Selection { permitted, requested } = selection;
        let text = requested.text.as_ref();
        let text = text.map(|expr| ReadableText::of(expr, snapshot, permitted.readable())).transpose()?;
        let reference = requested.external_reference.as_ref();
        let external_reference = reference.map(|text| Term::from_field_text(snapshot.fields.external_reference, text));
        let largest = snapshot.segments.iter().map(|segment| u64::from(segment.reader.max_doc())).max().unwrap_or(0);
        let most_terms = (largest / LOOK_UP_COST) as usize;
        let mut unions = permitted_unions(permitted, &snapshot.fields, most_terms);
        unions.extend(requested_unions(requested, &snapshot.fields, ignored, most_terms));
        Ok(Self { text, external_reference, unions })
    }

    pub(super) fn candidates(&'a self, segment: &'a Segment) -> Result<Candidates<'a>, IndexError> {
        let mut required: Vec<Box<dyn DocSet + 'a>> = Vec::new();
        if let Some(text) = &self.text {
            required.push(text.documents(segment)?);
        }
        if let Some(term) = &self.external_reference {
            let found = look_up(segment, std::slice::from_ref(term), u64::MAX)?;
            required.push(union(segment, &found.unwrap_or_default())?);
        }
        required.sort_by_key(|documents| documents.cost());
        let all = u64::from(segment.reader.max_doc());
        let mut least = required.first().map_or(all, |documents| documents.cost());
        let mut narrowest = None;
        for Union(terms) in &self.unions {
            if let Some(found) = look_up(segment, terms, least)? {
                least = found.cost;
                narrowest = Some(found);
            }
        }
        if let Some(found) = narrowest {
            return Ok(Candidates { lead: union(segment, &found)?, others: required });
        }
        let mut required = required.into_iter();
        let lead = required.next().unwrap_or_else(|| Box::new(Run { next: 0, end: segment.reader.max_doc() }));
        Ok(Candidates { lead, others: required.collect() })
    }
}

impl Candidates<'_> {
    /// The first candidate at or after `target`, which must not be before the last one given; [`TERMINATED`] after
    /// the last.
    pub(super) fn at_or_after(&mut self, target: DocId) -> DocId {
        let mut doc = self.lead.doc();
        if doc < target {
            doc = self.lead.seek(target);
        }
        while doc != TERMINATED {
            let has_doc = |set: &mut Box<dyn DocSet + '_>| set.doc() == doc || set.doc() < doc && set.seek(doc) == doc;
            if self.others.iter_mut().all(has_doc) {
                break;
            }
            doc = self.lead.advance();
        }
        doc
    }
}

/// The unions that hold by what is permitted; none of more terms than could be worth looking up.
fn permitted_unions(permitted: &Permitted, fields: &Fields, most_terms: usize) -> Vec<Union> {
    let owned = |owner: &Option<u32>| Union(terms(fields.org, owner.iter().map(|owner| u64::from(*owner))));
    let granted = |grants: &Grants| {
        let Grants { by_party, delegations, .. } = grants;
        let count = by_party.set_of_party.len() + delegations.dialogs.len() + delegations.labels.len();
        (count <= most_terms).then(|| {
            let mut all = terms(fields.party, by_party.set_of_party.keys().map(|party| u64::from(*party)));
            all.extend(terms(fields.number, delegations.dialogs.keys().copied()));
            all.extend(terms(fields.service_owner_label, delegations.labels.keys().map(|label| u64::from(*label))));
            Union(all)
        })
    };
    match permitted {
        Permitted::OwnedBy(owner) => vec![owned(owner)],
        Permitted::Granted(grants) => granted(grants).into_iter().collect(),
        Permitted::GrantedWithin(grants, owner) => granted(grants).into_iter().chain([owned(owner)]).collect(),
    }
}

/// The unions that hold by what is requested of all but the `ignored` fields.
fn requested_unions(requested: &Requested, fields: &Fields, ignored: &[FacetField], most_terms: usize) -> Vec<Union> {
    let one_of = [
        (FacetField::Party, fields.party, &requested.parties),
        (FacetField::ServiceResource, fields.resource, &requested.resources),
        (FacetField::Org, fields.org, &requested.orgs),
        (FacetField::Process, fields.process, &requested.processes),
    ];
    let one_of = one_of.into_iter().filter_map(|(asked, field, wanted)| Some((asked, field, wanted.as_ref()?)));
    let labels = requested.service_owner_labels.iter();
    let labels = labels.map(|wanted| (FacetField::ServiceOwnerLabel, fields.service_owner_label, wanted));
    one_of
        .chain(labels)
        .filter(|(asked, _, wanted): &(FacetField, Field, &NumberSet)| {
            !ignored.contains(asked) && wanted.len() <= most_terms
        })
        .map(|(_, field, wanted)| Union(terms(field, wanted.iter().map(|number| u64::from(*number)))))
        .collect()
}

fn terms(field: Field, numbers: impl Iterator<Item = u64>) -> Vec<Term> {
    numbers.map(|number| Term::from_field_u64(field, number)).collect()
}

/// The terms of a union that a segment has.
#[derive(Default)]
struct Found {
    terms: Vec<(Field, TermInfo)>,
    /// In documents looked at.
    cost: u64,
}

/// `None` when the union would cost as much as `limit`.
fn look_up(segment: &Segment, terms: &[Term], limit: u64) -> Result<Option<Found>, IndexError> {
    let mut cost = terms.len() as u64 * LOOK_UP_COST;
    let mut found = Vec::new();
    for term in terms {
        if cost >= limit {
            return Ok(None);
        }
        let index = segment.reader.inverted_index(term.field()).map_err(engine(READ_POSTINGS))?;
        if let Some(info) = index.get_term_info(term).map_err(engine(READ_POSTINGS))? {
            cost += u64::from(info.doc_freq);
            found.push((term.field(), info));
        }
    }
    Ok((cost < limit).then_some(Found { terms: found, cost }))
}

fn union(segment: &Segment, found: &Found) -> Result<Box<dyn DocSet>, IndexError> {
    let postings = |(field, info): &(Field, TermInfo)| {
        let index: Arc<InvertedIndexReader> = segment.reader.inverted_index(*field).map_err(engine(READ_POSTINGS))?;
        index.read_postings_from_terminfo(info, IndexRecordOption::Basic).map_err(engine(READ_POSTINGS))
    };
    if let [only] = found.terms.as_slice() {
        return Ok(Box::new(postings(only)?));
    }
    let mut documents = BitSet::with_max_value(segment.reader.max_doc());
    for term in &found.terms {
        let mut postings = postings(term)?;
        while postings.doc() != TERMINATED {
            documents.insert(postings.doc());
            postings.advance();
        }
    }
    Ok(Box::new(BitSetDocSet::from(documents)))
}

/// All documents of a segment.
struct Run {
    next: DocId,
    end: DocId,
}

impl DocSet for Run {
    fn advance(&mut self) -> DocId {
        self.next = self.next.saturating_add(1);
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.next = target;
        self.doc()
    }

    fn doc(&self) -> DocId {
        if self.next < self.end { self.next } else { TERMINATED }
    }

    fn size_hint(&self) -> u32 {
        self.end.saturating_sub(self.next)
    }
}

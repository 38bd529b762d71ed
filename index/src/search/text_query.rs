//! From a text expression to the documents that match it.

use super::engine;
use super::excluded::Excluded;
use super::probe::{Probe, Sought};
use super::schema::Fields;
use super::selection::NumberSet;
use super::snapshot::{Segment, Snapshot};
use crate::IndexError;
use crate::text::TextExpr;
use tantivy::query::{BooleanQuery, EnableScoring, Occur, PhraseQuery, Query, Scorer, TermQuery, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, TERMINATED, Term};

/// A text search within what may be read: dialogs of readable services match by their whole text, all others by
/// their open text. Each document is held against one of the two only, so that a negation is about the same text
/// as the words beside it.
pub(super) struct ReadableText<'a> {
    expr: &'a TextExpr,
    snapshot: &'a Snapshot,
    whole: Box<dyn Weight>,
    /// For the services that are not readable, with those that are.
    open: Option<(Box<dyn Weight>, &'a NumberSet)>,
}

impl<'a> ReadableText<'a> {
    /// `readable` is `None` for those who may read everything.
    pub(super) fn of(
        expr: &'a TextExpr,
        snapshot: &'a Snapshot,
        readable: Option<&'a NumberSet>,
    ) -> Result<Self, IndexError> {
        let Fields { text, text_open, .. } = snapshot.fields;
        let weight = |field| weight(expr, field, snapshot);
        let open = readable.map(|readable| Ok((weight(text_open)?, readable))).transpose()?;
        Ok(Self { expr, snapshot, whole: weight(text)?, open })
    }

    pub(super) fn has_phrase(&self) -> bool {
        has_phrase(self.expr)
    }

    /// Whether single documents match.
    pub(super) fn probe(&self, segment: &'a Segment) -> Result<Probe<'a>, IndexError> {
        let Fields { text, text_open, .. } = self.snapshot.fields;
        let whole = probe(self.expr, text, self.snapshot, segment)?;
        let Some((_, readable)) = &self.open else { return Ok(whole) };
        let open = probe(self.expr, text_open, self.snapshot, segment)?;
        let (whole, open) = (Box::new(whole), Box::new(open));
        Ok(Probe::Readable { whole, open, readable, resources: &segment.columns.resource })
    }

    pub(super) fn documents(&self, segment: &'a Segment) -> Result<Box<dyn DocSet + 'a>, IndexError> {
        let documents =
            |weight: &dyn Weight| weight.scorer(&segment.reader, 1.0).map_err(engine("read the words of a segment"));
        let whole = documents(self.whole.as_ref())?;
        let Some((open, readable)) = &self.open else {
            return Ok(Box::new(whole));
        };
        let open = documents(open.as_ref())?;
        Ok(Box::new(ReadableDocuments::new(whole, open, readable, &segment.columns.resource)))
    }
}

fn weight(expr: &TextExpr, field: Field, snapshot: &Snapshot) -> Result<Box<dyn Weight>, IndexError> {
    query(expr, field)
        .weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))
        .map_err(engine("prepare a text search"))
}

fn probe<'a>(
    expr: &TextExpr,
    field: Field,
    snapshot: &Snapshot,
    segment: &'a Segment,
) -> Result<Probe<'a>, IndexError> {
    let all = |members: &[TextExpr]| {
        members.iter().map(|member| probe(member, field, snapshot, segment)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match expr {
        TextExpr::Word(_) | TextExpr::Phrase(_) => {
            let weight = weight(expr, field, snapshot)?;
            let documents = Sought::begin(weight.as_ref(), &segment.reader);
            Probe::Set(documents.map_err(engine("read the words of a segment"))?)
        }
        TextExpr::And(members) => Probe::All(all(members)?),
        TextExpr::Or(members) => Probe::Any(all(members)?),
        TextExpr::Not(negated) => Probe::Not(Box::new(probe(negated, field, snapshot, segment)?)),
    })
}

fn has_phrase(expr: &TextExpr) -> bool {
    match expr {
        TextExpr::Word(_) => false,
        TextExpr::Phrase(_) => true,
        TextExpr::And(members) | TextExpr::Or(members) => members.iter().any(has_phrase),
        TextExpr::Not(negated) => has_phrase(negated),
    }
}

fn query(expr: &TextExpr, field: Field) -> Box<dyn Query> {
    let term = |word: &str| Term::from_field_text(field, word);
    let clauses = |members: &[TextExpr], occur: Occur| -> Box<dyn Query> {
        let clause = |member: &TextExpr| match member {
            TextExpr::Not(negated) => (Occur::MustNot, Box::new(Excluded(query(negated, field))) as Box<dyn Query>),
            other => (occur, query(other, field)),
        };
        Box::new(BooleanQuery::new(members.iter().map(clause).collect()))
    };
    match expr {
        TextExpr::Word(word) => Box::new(TermQuery::new(term(word), IndexRecordOption::Basic)),
        TextExpr::Phrase(words) => {
            Box::new(PhraseQuery::new_with_offset(words.iter().map(|(at, word)| (*at as usize, term(word))).collect()))
        }
        TextExpr::And(members) => clauses(members, Occur::Must),
        TextExpr::Or(members) => clauses(members, Occur::Should),
        TextExpr::Not(_) => clauses(std::slice::from_ref(expr), Occur::Must),
    }
}

/// The documents of readable services that are in `whole`, and those of all other services that are in `open`.
struct ReadableDocuments<'a> {
    whole: Box<dyn Scorer>,
    open: Box<dyn Scorer>,
    readable: &'a NumberSet,
    resources: &'a [u32],
    doc: DocId,
}

impl<'a> ReadableDocuments<'a> {
    fn new(whole: Box<dyn Scorer>, open: Box<dyn Scorer>, readable: &'a NumberSet, resources: &'a [u32]) -> Self {
        let mut documents = Self { whole, open, readable, resources, doc: 0 };
        documents.settle();
        documents
    }

    /// Goes to the first document that either set stands at and that may match by that set.
    fn settle(&mut self) -> DocId {
        loop {
            let doc = self.whole.doc().min(self.open.doc());
            self.doc = doc;
            if doc == TERMINATED {
                return doc;
            }
            let is_readable = self.readable.contains(&self.resources[doc as usize]);
            let is_match = if is_readable { self.whole.doc() == doc } else { self.open.doc() == doc };
            if is_match {
                return doc;
            }
            self.pass(doc);
        }
    }

    fn pass(&mut self, doc: DocId) {
        for set in [&mut self.whole, &mut self.open] {
            if set.doc() == doc {
                set.advance();
            }
        }
    }
}

impl DocSet for ReadableDocuments<'_> {
    fn advance(&mut self) -> DocId {
        if self.doc != TERMINATED {
            self.pass(self.doc);
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        for set in [&mut self.whole, &mut self.open] {
            if set.doc() < target {
                set.seek(target);
            }
        }
        self.settle()
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        // What the open text has, the whole has but for what stands in for it.
        self.whole.size_hint()
    }

    fn cost(&self) -> u64 {
        self.whole.cost() + self.open.cost()
    }
}

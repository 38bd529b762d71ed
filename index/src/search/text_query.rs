//! From a text expression to the documents that match it.

use super::engine;
use super::excluded::Excluded;
use super::probe::{Phrase, Probe};
use super::schema::Fields;
use super::selection::NumberSet;
use super::snapshot::{Columns, Segment, Snapshot};
use crate::IndexError;
use crate::text::TextExpr;
use tantivy::postings::SegmentPostings;
use tantivy::query::{BooleanQuery, EnableScoring, Occur, PhraseQuery, Query, Scorer, TermQuery, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, TERMINATED, Term};

const READ_WORDS: &str = "read the words of a segment";

/// How much longer it takes to compare the places of a word than to read its document, for each word of a phrase.
const PLACES: f64 = 6.0;
/// Of the documents that have all words of a phrase, one in so many for each word has them next to each other.
const NEXT_TO_EACH_OTHER: f64 = 10.0;

/// A text search within what may be read: dialogs of readable services match by their whole text, all others by
/// their open text. Each document is held against one of the two only, so that a negation is about the same text
/// as the words beside it. Made once for all segments.
pub(super) struct ReadableText<'a> {
    whole: FieldText,
    /// For the services that are not readable, with those that are.
    open: Option<(FieldText, &'a NumberSet)>,
    has_phrase: bool,
}

/// A text search in one field.
struct FieldText {
    weight: Box<dyn Weight>,
    words: Words,
}

/// An expression, of which single documents can be asked.
enum Words {
    Word(Term),
    /// Each word with how far it stands from the first one.
    Phrase(Vec<(u32, Term)>),
    And(Vec<Words>),
    Or(Vec<Words>),
    Not(Box<Words>),
}

/// What is thought of the documents of a set in one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    /// How many there are; 0 only if there are none.
    pub(super) documents: f64,
    /// What it takes to go through them, in documents of a single word.
    pub(super) cost: f64,
}

impl<'a> ReadableText<'a> {
    /// `readable` is `None` for those who may read everything.
    pub(super) fn of(
        expr: &TextExpr,
        snapshot: &Snapshot,
        readable: Option<&'a NumberSet>,
    ) -> Result<Self, IndexError> {
        let Fields { text, text_open, .. } = snapshot.fields;
        let open = readable.map(|readable| Ok((FieldText::of(expr, text_open, snapshot)?, readable))).transpose()?;
        Ok(Self { whole: FieldText::of(expr, text, snapshot)?, open, has_phrase: has_phrase(expr) })
    }

    pub(super) fn has_phrase(&self) -> bool {
        self.has_phrase
    }

    /// By the frequencies of the words alone.
    pub(super) fn size(&self, segment: &Segment) -> Result<Size, IndexError> {
        let whole = self.whole.words.size(segment)?;
        let Some((open, _)) = &self.open else { return Ok(whole) };
        let open = open.words.size(segment)?;
        // What the open text has, the whole has but for what stands in for it.
        Ok(Size { documents: whole.documents.max(open.documents), cost: whole.cost + open.cost })
    }

    /// Whether single documents match.
    pub(super) fn probe(&self, segment: &'a Segment) -> Result<Probe<'a>, IndexError> {
        let whole = self.whole.words.probe(segment)?;
        let Some((open, readable)) = &self.open else { return Ok(whole) };
        let (whole, open) = (Box::new(whole), Box::new(open.words.probe(segment)?));
        Ok(Probe::Readable { whole, open, readable, columns: &segment.columns })
    }

    pub(super) fn documents(&self, segment: &'a Segment) -> Result<Box<dyn DocSet + 'a>, IndexError> {
        let documents = |text: &FieldText| text.weight.scorer(&segment.reader, 1.0).map_err(engine(READ_WORDS));
        let whole = documents(&self.whole)?;
        let Some((open, readable)) = &self.open else {
            return Ok(Box::new(whole));
        };
        let open = documents(open)?;
        Ok(Box::new(ReadableDocuments::new(whole, open, readable, &segment.columns)))
    }
}

impl FieldText {
    fn of(expr: &TextExpr, field: Field, snapshot: &Snapshot) -> Result<Self, IndexError> {
        Ok(Self { weight: weight(expr, field, snapshot)?, words: Words::of(expr, field) })
    }
}

impl Words {
    fn of(expr: &TextExpr, field: Field) -> Self {
        let all = |members: &[TextExpr]| members.iter().map(|member| Self::of(member, field)).collect();
        let term = |word: &str| Term::from_field_text(field, word);
        match expr {
            TextExpr::Word(word) => Self::Word(term(word)),
            TextExpr::Phrase(words) => {
                Self::Phrase(words.iter().map(|(distance, word)| (*distance, term(word))).collect())
            }
            TextExpr::And(members) => Self::And(all(members)),
            TextExpr::Or(members) => Self::Or(all(members)),
            TextExpr::Not(negated) => Self::Not(Box::new(Self::of(negated, field))),
        }
    }

    /// Words are taken to lie in documents independently of each other. A negation finds nothing by itself, and is
    /// not thought to take much away.
    fn size(&self, segment: &Segment) -> Result<Size, IndexError> {
        let all = f64::from(segment.documents()).max(1.0);
        match self {
            Self::Word(term) => {
                let frequency = frequency(term, segment)?;
                Ok(Size { documents: frequency, cost: frequency })
            }
            Self::Phrase(terms) => {
                let sizes = terms.iter().map(|(_, term)| {
                    let frequency = frequency(term, segment)?;
                    Ok(Size { documents: frequency, cost: frequency })
                });
                let together = intersection(sizes, all)?;
                let words = terms.len() as f64;
                let cost = together.cost + together.documents * PLACES * words;
                Ok(Size { documents: together.documents / (NEXT_TO_EACH_OTHER * words), cost })
            }
            Self::And(members) => {
                let wanted = members.iter().filter(|member| !matches!(member, Self::Not(_)));
                intersection(wanted.map(|member| member.size(segment)), all)
            }
            Self::Or(members) => {
                let (mut without, mut most, mut cost) = (1.0, 0.0f64, 0.0);
                for member in members {
                    let size = member.size(segment)?;
                    without *= 1.0 - (size.documents / all).min(1.0);
                    most = most.max(size.documents);
                    cost += size.cost;
                }
                // Not less than its largest member, so that a very small share is not rounded to none.
                Ok(Size { documents: (all * (1.0 - without)).max(most), cost })
            }
            Self::Not(_) => Ok(Size::default()),
        }
    }

    fn probe<'a>(&self, segment: &'a Segment) -> Result<Probe<'a>, IndexError> {
        let all = |members: &[Self]| members.iter().map(|member| member.probe(segment)).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Self::Word(term) => match postings(term, segment, IndexRecordOption::Basic)? {
                Some(postings) => Probe::Word(Box::new(postings)),
                None => Probe::Any(Vec::new()),
            },
            Self::Phrase(terms) => {
                let words = terms.iter().map(|(distance, term)| {
                    let postings = postings(term, segment, IndexRecordOption::WithFreqsAndPositions)?;
                    Ok(postings.map(|postings| (*distance, postings)))
                });
                match words.collect::<Result<Option<Vec<_>>, IndexError>>()? {
                    Some(words) => Probe::Phrase(Phrase::of(words)),
                    None => Probe::Any(Vec::new()),
                }
            }
            Self::And(members) => Probe::All(all(members)?),
            Self::Or(members) => Probe::Any(all(members)?),
            Self::Not(negated) => Probe::Not(Box::new(negated.probe(segment)?)),
        })
    }
}

/// In how many documents a word is.
fn frequency(term: &Term, segment: &Segment) -> Result<f64, IndexError> {
    let index = segment.reader.inverted_index(term.field()).map_err(engine(READ_WORDS))?;
    Ok(f64::from(index.doc_freq(term).map_err(engine(READ_WORDS))?))
}

/// `None` if the segment lacks the word.
fn postings(term: &Term, segment: &Segment, option: IndexRecordOption) -> Result<Option<SegmentPostings>, IndexError> {
    let index = segment.reader.inverted_index(term.field()).map_err(engine(READ_WORDS))?;
    index.read_postings(term, option).map_err(engine(READ_WORDS))
}

/// The documents that are in all of some sets, of `all`. One that is empty is not followed by others.
fn intersection(sizes: impl Iterator<Item = Result<Size, IndexError>>, all: f64) -> Result<Size, IndexError> {
    let mut both: Option<Size> = None;
    for size in sizes {
        let size = size?;
        if size.documents == 0.0 {
            return Ok(Size::default());
        }
        both = Some(both.map_or(size, |both| Size {
            documents: both.documents * (size.documents / all).min(1.0),
            cost: both.cost.min(size.cost),
        }));
    }
    Ok(both.unwrap_or_default())
}

fn weight(expr: &TextExpr, field: Field, snapshot: &Snapshot) -> Result<Box<dyn Weight>, IndexError> {
    query(expr, field)
        .weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))
        .map_err(engine("prepare a text search"))
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
    columns: &'a Columns,
    doc: DocId,
}

impl<'a> ReadableDocuments<'a> {
    fn new(whole: Box<dyn Scorer>, open: Box<dyn Scorer>, readable: &'a NumberSet, columns: &'a Columns) -> Self {
        let mut documents = Self { whole, open, readable, columns, doc: 0 };
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
            let is_readable = self.readable.contains(&self.columns.row(doc).resource);
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

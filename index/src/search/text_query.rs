//! From a text expression to the documents that match it.

use super::engine;
use super::excluded::Excluded;
use super::probe::{OpenProbe, Probe, ReadableProbe, go_on_to};
use super::schema::{Fields, OPEN_RUNS};
use super::selection::NumberSet;
use super::snapshot::{Columns, Segment, Snapshot};
use super::text_probe::{OpenPlaces, Phrase, TextProbe};
use crate::IndexError;
use crate::text::TextExpr;
use std::ops::Range;
use tantivy::postings::SegmentPostings;
use tantivy::query::{BooleanQuery, EnableScoring, Occur, PhraseQuery, Query, Scorer, TermQuery, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, TERMINATED, Term};

const READ_WORDS: &str = "read the words of a segment";

/// How many times longer it takes to go through documents where it is open texts that count: their places are read.
const OF_OPEN_TEXT: f64 = 2.0;
/// How much longer it takes to compare the places of a word than to read its document, for each word of a phrase.
const PLACES: f64 = 6.0;
/// Of the documents that have all words of a phrase, one in so many for each word has them next to each other.
const NEXT_TO_EACH_OTHER: f64 = 10.0;

/// A text search within what may be read: dialogs of readable services match by their whole text, all others by
/// their open text. Each document is held against one of the two only, so that a negation is about the same text
/// as the words beside it. Made once for all segments.
pub(super) struct ReadableText<'a> {
    weight: Box<dyn Weight>,
    words: Words,
    /// For the services that are not readable.
    open: Option<OpenText<'a>>,
    has_phrase: bool,
}

struct OpenText<'a> {
    readable: &'a NumberSet,
    /// Finds at least what has the text in what is open of it. `None` where the text in the whole does that: what is
    /// not to be there may be there and not be open, and words may follow each other in what is open alone.
    candidates: Option<Box<dyn Weight>>,
    open_places: Field,
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
        let Fields { text, open_places, .. } = snapshot.fields;
        let open_text = |readable| {
            let candidates = match has_negation(expr) || has_phrase(expr) {
                true => Some(weight(candidates(expr, text), snapshot)?),
                false => None,
            };
            Ok(OpenText { readable, candidates, open_places })
        };
        Ok(Self {
            weight: weight(query(expr, text), snapshot)?,
            words: Words::of(expr, text),
            open: readable.map(open_text).transpose()?,
            has_phrase: has_phrase(expr),
        })
    }

    pub(super) fn has_phrase(&self) -> bool {
        self.has_phrase
    }

    /// By the frequencies of the words alone.
    pub(super) fn size(&self, segment: &Segment) -> Result<Size, IndexError> {
        let Size { documents, cost } = self.words.size(segment)?;
        Ok(Size { documents, cost: if self.open.is_some() { cost * OF_OPEN_TEXT } else { cost } })
    }

    /// Whether single documents match.
    pub(super) fn probe(&self, segment: &'a Segment) -> Result<Probe<'a>, IndexError> {
        let whole = self.words.probe(segment, IndexRecordOption::Basic)?;
        let Some(open) = &self.open else { return Ok(Probe::Text(whole)) };
        let (readable, columns) = (open.readable, segment.columns.as_ref());
        let open = self.open_probe(open, segment)?;
        Ok(Probe::Readable(Box::new(ReadableProbe { whole, open, readable, columns })))
    }

    /// Whether to find one document of it means not to go through those before it.
    pub(super) fn is_divisible(&self) -> bool {
        self.words.is_any_of_words()
    }

    /// Those of a range, maybe with others behind it.
    pub(super) fn documents(
        &self,
        segment: &'a Segment,
        range: &Range<DocId>,
    ) -> Result<Box<dyn DocSet + 'a>, IndexError> {
        let documents = |weight: &dyn Weight| {
            let mut documents = weight.scorer(&segment.reader, 1.0).map_err(engine(READ_WORDS))?;
            go_on_to(&mut documents, range.start);
            Ok(documents)
        };
        let whole = documents(self.weight.as_ref())?;
        let Some(open) = &self.open else {
            return Ok(Box::new(whole));
        };
        let mut found = ReadableDocuments {
            whole,
            candidates: open.candidates.as_deref().map(documents).transpose()?,
            open: self.open_probe(open, segment)?,
            readable: open.readable,
            columns: &segment.columns,
            doc: 0,
            end: range.end,
        };
        found.settle();
        Ok(Box::new(found))
    }

    fn open_probe(&self, open: &OpenText<'_>, segment: &Segment) -> Result<OpenProbe, IndexError> {
        let option = IndexRecordOption::WithFreqsAndPositions;
        let edges = OPEN_RUNS.map(|run| postings(&Term::from_field_text(open.open_places, run), segment, option));
        let edges = edges.into_iter().filter_map(Result::transpose).collect::<Result<_, IndexError>>()?;
        Ok(OpenProbe { text: self.words.probe(segment, option)?, places: OpenPlaces::of_segment(edges) })
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

    fn is_any_of_words(&self) -> bool {
        match self {
            Self::Word(_) => true,
            Self::Or(members) => members.iter().all(Self::is_any_of_words),
            Self::Phrase(_) | Self::And(_) | Self::Not(_) => false,
        }
    }

    /// `option` is what single words are asked for; those of a phrase have places in any case.
    fn probe(&self, segment: &Segment, option: IndexRecordOption) -> Result<TextProbe, IndexError> {
        let all = |members: &[Self]| {
            members.iter().map(|member| member.probe(segment, option)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Self::Word(term) => match postings(term, segment, option)? {
                Some(postings) => TextProbe::Word(Box::new(postings)),
                None => TextProbe::Any(Vec::new()),
            },
            Self::Phrase(terms) => {
                let words = terms.iter().map(|(distance, term)| {
                    let postings = postings(term, segment, IndexRecordOption::WithFreqsAndPositions)?;
                    Ok(postings.map(|postings| (*distance, postings)))
                });
                match words.collect::<Result<Option<Vec<_>>, IndexError>>()? {
                    Some(words) => TextProbe::Phrase(Phrase::of(words)),
                    None => TextProbe::Any(Vec::new()),
                }
            }
            Self::And(members) => TextProbe::All(all(members)?),
            Self::Or(members) => TextProbe::Any(all(members)?),
            Self::Not(negated) => TextProbe::Not(Box::new(negated.probe(segment, option)?)),
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

fn weight(query: Box<dyn Query>, snapshot: &Snapshot) -> Result<Box<dyn Weight>, IndexError> {
    query.weight(EnableScoring::disabled_from_searcher(&snapshot.searcher)).map_err(engine("prepare a text search"))
}

fn has_phrase(expr: &TextExpr) -> bool {
    match expr {
        TextExpr::Word(_) => false,
        TextExpr::Phrase(_) => true,
        TextExpr::And(members) | TextExpr::Or(members) => members.iter().any(has_phrase),
        TextExpr::Not(negated) => has_phrase(negated),
    }
}

fn has_negation(expr: &TextExpr) -> bool {
    match expr {
        TextExpr::Word(_) | TextExpr::Phrase(_) => false,
        TextExpr::And(members) | TextExpr::Or(members) => members.iter().any(has_negation),
        TextExpr::Not(_) => true,
    }
}

/// Finds the documents that have the words that are wanted, wherever they stand and whatever else is in them.
fn candidates(expr: &TextExpr, field: Field) -> Box<dyn Query> {
    let wanted = |members: &[TextExpr], occur: Occur| -> Box<dyn Query> {
        let wanted = members.iter().filter(|member| !matches!(member, TextExpr::Not(_)));
        Box::new(BooleanQuery::new(wanted.map(|member| (occur, candidates(member, field))).collect()))
    };
    match expr {
        TextExpr::And(members) => wanted(members, Occur::Must),
        TextExpr::Or(members) => wanted(members, Occur::Should),
        TextExpr::Phrase(words) => {
            let word = |word: &String| (Occur::Must, query(&TextExpr::Word(word.clone()), field));
            Box::new(BooleanQuery::new(words.iter().map(|(_, text)| word(text)).collect()))
        }
        other => query(other, field),
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

/// The documents of readable services that are in `whole`, and those of all other services of which `open` says so.
struct ReadableDocuments<'a> {
    whole: Box<dyn Scorer>,
    /// As [`OpenText::candidates`].
    candidates: Option<Box<dyn Scorer>>,
    open: OpenProbe,
    readable: &'a NumberSet,
    columns: &'a Columns,
    doc: DocId,
    /// From here on no others are looked for.
    end: DocId,
}

impl ReadableDocuments<'_> {
    /// Goes to the first document that the sets stand at or before and that matches.
    fn settle(&mut self) -> DocId {
        loop {
            let whole = self.whole.doc();
            let doc = self.candidates.as_ref().map_or(whole, |candidates| candidates.doc().min(whole));
            self.doc = if doc < self.end { doc } else { TERMINATED };
            if self.doc == TERMINATED {
                return TERMINATED;
            }
            let is_readable = self.readable.contains(&self.columns.row(doc).resource);
            let is_match = if is_readable { whole == doc } else { self.open.has(doc) };
            if is_match {
                return doc;
            }
            self.pass(doc);
        }
    }

    fn pass(&mut self, doc: DocId) {
        for set in self.sets().filter(|set| set.doc() == doc) {
            set.advance();
        }
    }

    fn sets(&mut self) -> impl Iterator<Item = &mut Box<dyn Scorer>> {
        std::iter::once(&mut self.whole).chain(&mut self.candidates)
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
        for set in self.sets() {
            go_on_to(set, target);
        }
        self.settle()
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.whole.size_hint()
    }

    fn cost(&self) -> u64 {
        self.whole.cost()
    }
}

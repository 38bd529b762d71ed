//! Whether single documents of a segment are in a set, without going through the set.
//!
//! To move a set on means to find its next document, and of a rare phrase that may be the whole way through its
//! words. A probe looks at the document that it is asked for and at no other.

use super::selection::NumberSet;
use super::snapshot::Columns;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::{DocId, DocSet};

/// Must be asked for ascending documents; for the same one as often as needed.
pub(super) enum Probe<'a> {
    Word(Box<SegmentPostings>),
    Phrase(Phrase),
    Set(Box<dyn DocSet>),
    All(Vec<Probe<'a>>),
    Any(Vec<Probe<'a>>),
    Not(Box<Probe<'a>>),
    /// By the service of the document: of readable ones the whole text counts, of others the open one.
    Readable {
        whole: Box<Probe<'a>>,
        open: Box<Probe<'a>>,
        readable: &'a NumberSet,
        columns: &'a Columns,
    },
}

/// Words in their places. Only of documents that have all words the places are read.
pub(super) struct Phrase {
    /// By how far it stands from the first one, with its places.
    words: Vec<(u32, SegmentPostings)>,
    farthest: u32,
    /// Where the phrase may begin by the words looked at, and where by the next one, each moved on by `farthest`.
    starts: Vec<u32>,
    starts_of_next: Vec<u32>,
}

impl Probe<'_> {
    pub(super) fn has(&mut self, doc: DocId) -> bool {
        match self {
            Self::Word(postings) => has(postings.as_mut(), doc),
            Self::Phrase(phrase) => phrase.is_in(doc),
            Self::Set(set) => has(set.as_mut(), doc),
            Self::All(members) => members.iter_mut().all(|member| member.has(doc)),
            Self::Any(members) => members.iter_mut().any(|member| member.has(doc)),
            Self::Not(negated) => !negated.has(doc),
            Self::Readable { whole, open, readable, columns } => {
                let text = if readable.contains(&columns.row(doc).resource) { whole } else { open };
                text.has(doc)
            }
        }
    }
}

impl Phrase {
    /// The postings must have places.
    pub(super) fn of(mut words: Vec<(u32, SegmentPostings)>) -> Self {
        // Most documents lack the rarest word.
        words.sort_by_key(|(_, postings)| postings.doc_freq());
        let farthest = words.iter().map(|(distance, _)| *distance).max().unwrap_or_default();
        Self { words, farthest, starts: Vec::new(), starts_of_next: Vec::new() }
    }

    fn is_in(&mut self, doc: DocId) -> bool {
        let Self { words, farthest, starts, starts_of_next } = self;
        if !words.iter_mut().all(|(_, postings)| has(postings, doc)) {
            return false;
        }
        let mut words = words.iter_mut();
        let Some((distance, first)) = words.next() else { return false };
        first.positions_with_offset(*farthest - *distance, starts);
        words.all(|(distance, postings)| {
            postings.positions_with_offset(*farthest - *distance, starts_of_next);
            starts.retain(|start| starts_of_next.binary_search(start).is_ok());
            !starts.is_empty()
        })
    }
}

fn has<S: DocSet + ?Sized>(set: &mut S, doc: DocId) -> bool {
    let at = set.doc();
    at == doc || at < doc && set.seek(doc) == doc
}

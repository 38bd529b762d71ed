//! Whether a text is in single documents of a segment: in their whole text, or in what is open of it.

use super::probe::has;
use crate::text::Places;
use tantivy::DocId;
use tantivy::postings::{Postings, SegmentPostings};

/// Must be asked for ascending documents; for the same one as often as needed.
pub(super) enum TextProbe {
    Word(Box<SegmentPostings>),
    Phrase(Phrase),
    All(Vec<TextProbe>),
    Any(Vec<TextProbe>),
    Not(Box<TextProbe>),
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

/// What is open of a document, read when it is first asked for.
pub(super) struct OpenPlaces {
    /// By the runs of the open text, those that any document of the segment has.
    edges: Vec<SegmentPostings>,
    /// Of the document that was asked for last.
    places: Places,
    of: Option<DocId>,
    edges_of_run: Vec<u32>,
    of_word: Vec<u32>,
}

impl TextProbe {
    /// With `open`, only what stands there counts, and the probe must have been made with places.
    pub(super) fn has(&mut self, doc: DocId, mut open: Option<&mut OpenPlaces>) -> bool {
        match self {
            Self::Word(word) => has(word.as_mut(), doc) && open.is_none_or(|open| open.has_word(doc, word)),
            Self::Phrase(phrase) => phrase.is_in(doc, open),
            Self::All(members) => members.iter_mut().all(|member| member.has(doc, open.as_deref_mut())),
            Self::Any(members) => members.iter_mut().any(|member| member.has(doc, open.as_deref_mut())),
            Self::Not(negated) => !negated.has(doc, open),
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

    fn is_in(&mut self, doc: DocId, mut open: Option<&mut OpenPlaces>) -> bool {
        let Self { words, farthest, starts, starts_of_next } = self;
        if !words.iter_mut().all(|(_, postings)| has(postings, doc)) {
            return false;
        }
        let mut words = words.iter_mut();
        let Some((distance, first)) = words.next() else { return false };
        starts_of(first, doc, *farthest - *distance, open.as_deref_mut(), starts);
        !starts.is_empty()
            && words.all(|(distance, postings)| {
                starts_of(postings, doc, *farthest - *distance, open.as_deref_mut(), starts_of_next);
                starts.retain(|start| starts_of_next.binary_search(start).is_ok());
                !starts.is_empty()
            })
    }
}

/// Where a word stands that a document has, or where in what is open of it, each moved on by `offset`; ascending.
fn starts_of(
    word: &mut SegmentPostings,
    doc: DocId,
    offset: u32,
    open: Option<&mut OpenPlaces>,
    starts: &mut Vec<u32>,
) {
    let Some(open) = open else { return word.positions_with_offset(offset, starts) };
    word.positions(starts);
    let places = open.of(doc);
    starts.retain_mut(|position| match places.position_of(*position) {
        Some(of_open) => {
            *position = of_open + offset;
            true
        }
        None => false,
    });
    // The runs of the open text may stand in another order.
    starts.sort_unstable();
}

impl OpenPlaces {
    pub(super) fn of_segment(edges: Vec<SegmentPostings>) -> Self {
        Self { edges, places: Places::default(), of: None, edges_of_run: Vec::new(), of_word: Vec::new() }
    }

    fn of(&mut self, doc: DocId) -> &Places {
        if self.of != Some(doc) {
            self.of = Some(doc);
            self.places.clear();
            for of_documents in &mut self.edges {
                if !has(of_documents, doc) {
                    break;
                }
                of_documents.positions(&mut self.edges_of_run);
                if let [start, end] = self.edges_of_run[..] {
                    self.places.add(start..end);
                }
            }
        }
        &self.places
    }

    /// The word must be in the document.
    fn has_word(&mut self, doc: DocId, word: &mut SegmentPostings) -> bool {
        let mut of_word = std::mem::take(&mut self.of_word);
        word.positions(&mut of_word);
        let places = self.of(doc);
        let is_open = of_word.iter().any(|position| places.position_of(*position).is_some());
        self.of_word = of_word;
        is_open
    }
}

//! Whether single documents of a segment are in a set, without going through the set.
//!
//! To move a set on means to find its next document, and of a rare phrase that may be the whole way through its
//! words. A probe looks at the document that it is asked for and at no other.

use super::selection::NumberSet;
use super::snapshot::Columns;
use super::text_probe::{OpenPlaces, TextProbe};
use tantivy::{DocId, DocSet};

/// Must be asked for ascending documents; for the same one as often as needed.
pub(super) enum Probe<'a> {
    Set(Box<dyn DocSet>),
    Text(TextProbe),
    Readable(Box<ReadableProbe<'a>>),
}

/// A text, by the service of the document: of readable ones the whole text counts, of others the open one.
pub(super) struct ReadableProbe<'a> {
    pub(super) whole: TextProbe,
    pub(super) open: OpenProbe,
    pub(super) readable: &'a NumberSet,
    pub(super) columns: &'a Columns,
}

/// A text in what is open of documents.
pub(super) struct OpenProbe {
    /// With places.
    pub(super) text: TextProbe,
    pub(super) places: OpenPlaces,
}

impl Probe<'_> {
    pub(super) fn has(&mut self, doc: DocId) -> bool {
        match self {
            Self::Set(set) => has(set.as_mut(), doc),
            Self::Text(text) => text.has(doc, None),
            Self::Readable(text) => text.has(doc),
        }
    }
}

impl ReadableProbe<'_> {
    fn has(&mut self, doc: DocId) -> bool {
        let is_readable = self.readable.contains(&self.columns.row(doc).resource);
        if is_readable { self.whole.has(doc, None) } else { self.open.has(doc) }
    }
}

impl OpenProbe {
    pub(super) fn has(&mut self, doc: DocId) -> bool {
        self.text.has(doc, Some(&mut self.places))
    }
}

pub(super) fn has<S: DocSet + ?Sized>(set: &mut S, doc: DocId) -> bool {
    go_on_to(set, doc) == doc
}

/// The first document from this one on, or where the set stands behind it: a set is not asked to go back.
#[inline]
pub(super) fn go_on_to<S: DocSet + ?Sized>(set: &mut S, doc: DocId) -> DocId {
    let at = set.doc();
    if at < doc { set.seek(doc) } else { at }
}

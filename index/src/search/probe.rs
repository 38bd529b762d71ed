//! Whether single documents of a segment are in a set, without going through the set.
//!
//! To move a set on means to find its next document, and of a rare phrase that may be the whole way through its
//! words. A probe looks at the document that it is asked for and at no other.

use super::selection::NumberSet;
use super::snapshot::Columns;
use tantivy::query::Weight;
use tantivy::{DocId, DocSet, SegmentReader, TERMINATED};

/// Must be asked for ascending documents; for the same one as often as needed.
pub(super) enum Probe<'a> {
    Set(Sought<'a>),
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

/// A set that is asked with [`DocSet::seek_danger`], whose rules are kept here: targets ascend, and none lies before
/// where the set stands.
pub(super) struct Sought<'a> {
    set: Box<dyn DocSet + 'a>,
    /// The last document that was asked for, and whether it is in the set.
    last: Option<(DocId, bool)>,
}

/// The set that holds the first document only.
struct FirstDocument;

impl Probe<'_> {
    pub(super) fn has(&mut self, doc: DocId) -> bool {
        match self {
            Self::Set(set) => set.has(doc),
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

impl<'a> Sought<'a> {
    /// A set that stands at its first document.
    pub(super) fn of(set: Box<dyn DocSet + 'a>) -> Self {
        Self { set, last: None }
    }

    /// The documents of a weight in a segment.
    pub(super) fn begin(weight: &dyn Weight, segment: &SegmentReader) -> tantivy::Result<Self> {
        let (said, set) = weight.scorer_danger(segment, 0, 1.0)?;
        Ok(Self { set: Box::new(set), last: Some((0, said == FirstDocument.seek_danger(0))) })
    }

    fn has(&mut self, doc: DocId) -> bool {
        if let Some((last, is_there)) = self.last
            && last == doc
        {
            return is_there;
        }
        // Tantivy gives no name to what `seek_danger` returns, so it is held against an answer that is known.
        let is_there = self.set.doc() <= doc && self.set.seek_danger(doc) == FirstDocument.seek_danger(0);
        self.last = Some((doc, is_there));
        is_there
    }
}

impl DocSet for FirstDocument {
    fn advance(&mut self) -> DocId {
        TERMINATED
    }

    fn doc(&self) -> DocId {
        0
    }

    fn size_hint(&self) -> u32 {
        1
    }
}

//! How text is read: from a dialog into searchable words, and from a search string into a query over them.
//!
//! The same analyzers serve both sides. One text yields, for each of its words, the plain form and the stem of its
//! language, both at the word's position; the stop words of its language yield nothing but keep their position.

use crate::domain::{Dialog, LanguageCode};

/// A search string, read by the rules of the query language; nothing is stemmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextQuery {
    source: String,
}

/// A query over words of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextExpr {
    Word(String),
    /// Words at these distances from the first one (0). At least two.
    Phrase(Vec<(u32, String)>),
    And(Vec<TextExpr>),
    Or(Vec<TextExpr>),
    /// Only ever a member of [`TextExpr::And`] beside a member that is no negation.
    Not(Box<TextExpr>),
}

/// A word of the index and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) position: u32,
}

/// The words of one dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DialogText {
    /// All that is searchable.
    pub(crate) whole: Vec<Token>,
    /// What everybody who sees the dialog in a list may read, whatever their authentication level.
    pub(crate) open: Vec<Token>,
}

impl TextQuery {
    pub fn parse(source: &str) -> Self {
        Self { source: source.to_owned() }
    }

    /// The query in words of the index: the union of its readings. `None` when nothing can match: no words are
    /// left, or it could only be answered by a scan.
    pub(crate) fn compile(&self, _language: Option<LanguageCode>) -> Option<TextExpr> {
        Some(TextExpr::Word(self.source.to_lowercase()))
    }
}

impl DialogText {
    pub(crate) fn of(_dialog: &Dialog) -> Self {
        Self::default()
    }
}

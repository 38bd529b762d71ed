//! How text is read: from a dialog into searchable words, and from a search string into a query over them.
//!
//! The same analyzers serve both sides. One text yields, for each of its words, the plain form and the stem of its
//! language, both at the word's position; the stop words of its language yield nothing but keep their position.

mod characters;
mod tokenizer;

use crate::domain::{Dialog, LanguageCode};

/// Names the rules of this module and the versions of what they rest on. An index built under another name holds
/// other words, and must be built anew.
pub(crate) const ANALYZER_VERSION: &str = "1";

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) position: u32,
}

/// Words in one buffer, in order of their positions; several may share one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    text: String,
    /// Where each word ends in `text`, and its position.
    words: Vec<(u32, u32)>,
}

/// The words of one dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DialogText {
    /// All that is searchable.
    pub(crate) whole: Tokens,
    /// What everybody who sees the dialog in a list may read, whatever their authentication level.
    pub(crate) open: Tokens,
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

impl Tokens {
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// In order of their positions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Token<'_>> {
        let mut start = 0;
        self.words.iter().map(move |&(end, position)| {
            let text = &self.text[start..end as usize];
            start = end as usize;
            Token { text, position }
        })
    }

    pub(crate) fn push(&mut self, token: Token<'_>) {
        self.text.push_str(token.text);
        self.words.push((self.text.len() as u32, token.position));
    }
}

impl DialogText {
    pub(crate) fn of(_dialog: &Dialog) -> Self {
        Self::default()
    }
}

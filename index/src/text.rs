//! How text is read: from a dialog into searchable words, and from a search string into a query over them.
//!
//! The same analyzers serve both sides. One text yields, for each of its words, the plain form and the stem of its
//! language, both at the word's position; the stop words of its language yield nothing but keep their position. So
//! a word as it is written always matches, whatever a stemmer does to it.
//!
//! A search string has several readings, one for each analyzer it may be meant for, and finds what any of them
//! finds: the plain reading and that of the given language, or, where no language is given, the plain, the
//! Norwegian and the English one.

mod analyzer;
mod characters;
mod compile;
mod dialog_text;
#[cfg(test)]
mod matching;
mod places;
mod search_string;
mod stem_cache;
mod stop_words;
mod tokenizer;
mod tokens;

pub(crate) use dialog_text::DialogText;
pub(crate) use places::Places;
pub use search_string::TextQuery;
#[cfg(test)]
pub(crate) use tokens::Token;
pub(crate) use tokens::Tokens;

/// Names the rules of this module and the versions of what they rest on: stemmers, stop words, Unicode tables. An
/// index built under another name holds other words and must be built anew.
pub(crate) const ANALYZER_VERSION: &str = "1, frostem 1.20260821.8";

/// A query over words of the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TextExpr {
    Word(String),
    /// Words at these distances from the first one (0). At least two.
    Phrase(Vec<(u32, String)>),
    /// At least two, one of which is no negation.
    And(Vec<TextExpr>),
    /// At least two.
    Or(Vec<TextExpr>),
    /// Only ever a member of [`TextExpr::And`]. Holds a word or a phrase.
    Not(Box<TextExpr>),
}

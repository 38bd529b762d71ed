//! What a search did, for those who want to know why it was fast or slow.

use std::time::Duration;

/// How the documents are found that are held against scope and filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Driver {
    /// All documents, newest first.
    Scan,
    /// The documents of each party of the scope.
    Parties,
    /// The documents with a value that the filter asks for, or of the service owner.
    Filter,
    /// The documents with the words of the text, or with the external reference.
    Text,
}

impl Driver {
    pub const ALL: [Self; 4] = [Self::Scan, Self::Parties, Self::Filter, Self::Text];

    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Parties => "parties",
            Self::Filter => "filter",
            Self::Text => "text",
        }
    }
}

/// What one way was thought to cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub driver: Driver,
    pub nanoseconds: f64,
}

/// Which way a search went, what was thought of every way, and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub driver: Driver,
    /// Cheapest first. Ways that the search cannot go are missing.
    pub estimates: Vec<Estimate>,
    pub segments: usize,
    /// Dialogs that were written last and are not in a segment yet; all of them are looked at.
    pub tail: usize,
    /// Documents that passed scope, filters and text, as far as they were looked at.
    pub matched: u64,
    /// How long it took to choose the way.
    pub planning: Duration,
    /// How long the search waited because others went through very much already.
    pub waiting: Duration,
    /// How long it took to go through documents: what the estimates are about.
    pub searching: Duration,
}

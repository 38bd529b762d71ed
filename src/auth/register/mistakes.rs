use std::fmt;

/// More than these are counted and not listed, so that a document of nothing but mistakes stays bounded.
const MAX_LISTED: usize = 10_000;

/// What is wrong with a document, and where. It never holds a party's number, since it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the value, e.g. `serviceResources[3].rules[0].subjects[1]`.
    pub place: String,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.message)
    }
}

/// The mistakes found so far, in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    listed: Vec<Mistake>,
    unlisted: usize,
}

impl Mistakes {
    pub(super) fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(Mistake { place: place.into(), message: message.into() });
        } else {
            self.unlisted += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The value, if nothing was wrong.
    pub(super) fn none_or<T>(mut self, value: Option<T>) -> Result<T, Vec<Mistake>> {
        if self.unlisted > 0 {
            let message = format!("has {} more mistakes, which are not listed", self.unlisted);
            self.listed.push(Mistake { place: "register".to_owned(), message });
        }
        match value {
            Some(value) if self.listed.is_empty() => Ok(value),
            _ => Err(self.listed),
        }
    }
}

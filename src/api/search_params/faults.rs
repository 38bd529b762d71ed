use crate::api::problem::Errors;
use std::fmt::Display;

/// Messages of one answer. A request of thousands of broken values learns enough from the first ones.
const MAX_MESSAGES: usize = 100;
/// Characters of a refused value that a message repeats.
const MAX_QUOTED: usize = 100;

/// All that is wrong with a request's parameters, reported together.
#[derive(Debug)]
pub(in crate::api) struct Faults {
    errors: Errors,
    messages: usize,
    style: KeyStyle,
}

/// The contract spells broken rules as its properties towards end users (`Party[0]`) and as its parameters towards
/// service owners (`party[0]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum KeyStyle {
    EndUser,
    ServiceOwner,
}

impl Faults {
    pub(in crate::api) fn new(style: KeyStyle) -> Self {
        Self { errors: Errors::default(), messages: 0, style }
    }

    /// A value that cannot be read, under the name that the client wrote.
    pub(in crate::api) fn malformed(&mut self, name: &str, value: &str, what: &str) {
        let quoted: String = value.chars().take(MAX_QUOTED).collect();
        self.add(name.to_owned(), format!("Value [{quoted}] is not valid for a [{what}] property."));
    }

    /// A name or value that no text comes of when decoded.
    pub(in crate::api) fn undecodable(&mut self, name: &str) {
        self.add(name.to_owned(), "The value is not valid percent-encoded UTF-8, or holds a NUL character.".to_owned());
    }

    pub(in crate::api) fn repeated(&mut self, name: &str) {
        self.add(name.to_owned(), format!("'{name}' must not be given more than once."));
    }

    /// A readable value that breaks a rule. `name` is the contract's, possibly with an index; the reason goes on from
    /// it, e.g. `must be …`.
    pub(in crate::api) fn refused(&mut self, name: &str, reason: impl Display) {
        self.add(self.key(name), format!("'{name}' {reason}."));
    }

    /// As [`Faults::refused`], with a message that stands on its own.
    pub(in crate::api) fn refused_with(&mut self, name: &str, message: impl Display) {
        self.add(self.key(name), message.to_string());
    }

    /// A rule on the request as a whole.
    pub(in crate::api) fn refused_request(&mut self, message: &str) {
        self.add(String::new(), message.to_owned());
    }

    pub(in crate::api) fn into_result<T>(self, value: T) -> Result<T, Errors> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }

    fn key(&self, name: &str) -> String {
        match self.style {
            KeyStyle::ServiceOwner => name.to_owned(),
            KeyStyle::EndUser => {
                let mut letters = name.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            }
        }
    }

    fn add(&mut self, key: String, message: String) {
        if self.messages < MAX_MESSAGES {
            self.messages += 1;
            self.errors.add(key, message);
        }
    }
}

//! What all rules share: where they look, whom they judge, and what they have found.

use super::Author;
use crate::api::json::{Guid, Time};
use crate::api::problem::Errors;
use crate::api::wire::{Choice, ContractEnum};
use crate::auth::Facts;
use dialog_index::domain::Timestamp;
use std::fmt::{Display, Write};
use std::time::Duration;
use uuid::{Uuid, Variant};

/// Messages of one answer. A body of thousands of broken parts learns enough from the first ones.
const MAX_MESSAGES: usize = 1000;
/// How far ahead of ours another clock may be.
const CLOCK_SKEW: Duration = Duration::from_secs(15);

/// A member or an element of the body.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    parent: Option<&'a Field<'a>>,
    step: Step,
    /// What messages call the field; its own name if there is none.
    label: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Step {
    Member(&'static str),
    Element(usize),
}

/// What a body speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// A dialog that is all in the body.
    NewDialog,
    /// A dialog that is stored: what the body says of its parts is held against these later.
    StoredDialog,
}

/// The judgement of one body.
pub(super) struct Rules<'a> {
    pub(super) author: &'a Author,
    pub(super) facts: &'a Facts,
    pub(super) now: Timestamp,
    pub(super) subject: Subject,
    errors: Errors,
    messages: usize,
    /// Actors that the register has no name for: a broken rule of another kind than those of the fields.
    pub(super) unknown_actors: Vec<String>,
}

impl Field<'static> {
    pub(crate) const BODY: Self = Self::root("dto");

    /// What keys of messages begin with.
    pub(crate) const fn root(name: &'static str) -> Self {
        Self { parent: None, step: Step::Member(name), label: None }
    }
}

impl<'a> Field<'a> {
    pub(crate) fn member(&'a self, name: &'static str) -> Field<'a> {
        Field { parent: Some(self), step: Step::Member(name), label: self.label }
    }

    pub(super) fn element(&'a self, index: usize) -> Field<'a> {
        Field { parent: Some(self), step: Step::Element(index), label: self.label }
    }

    /// The same field, which messages about it and all below call by another name.
    pub(super) fn called(self, label: &'static str) -> Self {
        Self { label: Some(label), ..self }
    }

    /// The path as the contract writes it, e.g. `dto.attachments[0].displayName[1].languageCode`.
    pub(crate) fn key(&self) -> String {
        let mut key = self.parent.map(Field::key).unwrap_or_default();
        match self.step {
            Step::Member(name) if key.is_empty() => key.push_str(name),
            Step::Member(name) => {
                key.push('.');
                key.push_str(name);
            }
            // Writing to a string does not fail.
            Step::Element(index) => drop(write!(key, "[{index}]")),
        }
        key
    }

    fn name(&self) -> &'static str {
        match (self.label, self.step) {
            (Some(label), _) => label,
            (None, Step::Member(name)) => name,
            (None, Step::Element(_)) => self.parent.map_or("", Field::name),
        }
    }
}

impl<'a> Rules<'a> {
    pub(super) fn new(author: &'a Author, facts: &'a Facts, now: Timestamp) -> Self {
        let subject = Subject::NewDialog;
        Self { author, facts, now, subject, errors: Errors::default(), messages: 0, unknown_actors: Vec::new() }
    }

    pub(super) fn of_update(author: &'a Author, facts: &'a Facts, now: Timestamp) -> Self {
        Self { subject: Subject::StoredDialog, ..Self::new(author, facts, now) }
    }

    /// Reports a broken rule. The reason goes on from the field's name, e.g. `must be …`.
    pub(super) fn refuse(&mut self, field: &Field<'_>, reason: impl Display) {
        if self.messages < MAX_MESSAGES {
            self.messages += 1;
            self.errors.add(field.key(), format!("'{}' {reason}.", field.name()));
        }
    }

    /// What was read, with the fields whose actors the register has no name for, or all the rules that are broken.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<(T, Vec<String>), Errors> {
        match read {
            Some(read) if self.errors.is_empty() => Ok((read, self.unknown_actors)),
            _ => Err(self.errors),
        }
    }

    /// The member chosen; a missing value and an unknown number are none.
    pub(super) fn member<T: ContractEnum>(&mut self, field: &Field<'_>, choice: Choice<T>) -> Option<T> {
        if choice.member().is_none() {
            self.refuse(field, format_args!("must be a member of {}", T::NAME));
        }
        choice.member()
    }

    /// The id given, or a new one.
    pub(super) fn id(&mut self, field: &Field<'_>, id: Option<Guid>) -> Uuid {
        let Some(Guid(id)) = id else { return Uuid::now_v7() };
        if id.get_version_num() != 7 || id.get_variant() != Variant::RFC4122 {
            self.refuse(field, format_args!("must be a UUID of version 7 in big-endian order, but is {id}"));
        }
        let millis = (id.as_u128() >> 80) as u64;
        let micros = i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000);
        if Timestamp::from_micros(micros) >= Timestamp::from(self.now.to_utc() + CLOCK_SKEW) {
            self.refuse(field, format_args!("must not be of the future, but {id} holds the time {millis} ms"));
        }
        id
    }

    /// Ids of one list; those that are not given cannot clash.
    pub(super) fn unique_ids<'i>(&mut self, list: &Field<'_>, ids: impl Iterator<Item = &'i Option<Guid>>) {
        self.unique(list, ids.flatten().map(|id| id.0));
    }

    pub(super) fn unique<T: Ord + Display>(&mut self, list: &Field<'_>, values: impl Iterator<Item = T>) {
        let mut values: Vec<T> = values.collect();
        values.sort_unstable();
        let repeated: Vec<String> = values
            .chunk_by(T::eq)
            .filter(|same| same.len() > 1)
            .take(MAX_MESSAGES)
            .map(|same| same[0].to_string())
            .collect();
        if !repeated.is_empty() {
            self.refuse(
                list,
                format_args!("must not hold duplicates, but holds these repeatedly: {}", repeated.join(", ")),
            );
        }
    }

    /// A time that must lie behind, give or take what clocks differ.
    pub(super) fn past(&mut self, field: &Field<'_>, time: Option<Time>) -> Option<Timestamp> {
        let time = time?.0;
        if !is_past(time, self.now) {
            self.refuse(field, format_args!("must be in the past, but is {time}"));
        }
        Some(time)
    }

    /// A time that must not lie behind, unless history is told.
    pub(super) fn not_past(&mut self, field: &Field<'_>, time: Option<Time>) -> Option<Timestamp> {
        let time = time?.0;
        if time < self.now && !self.author.tells_history {
            self.refuse(field, format_args!("must be in the future, but is {time}"));
        }
        Some(time)
    }
}

/// Give or take what clocks differ.
pub(super) fn is_past(time: Timestamp, now: Timestamp) -> bool {
    time <= Timestamp::from(now.to_utc() + CLOCK_SKEW)
}

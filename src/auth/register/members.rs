//! JSON objects taken apart member by member, so that one mistake does not hide the next.

use super::mistakes::Mistakes;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// A JSON object of which some members have been read.
pub(super) struct Members<'a> {
    place: String,
    unread: Vec<(String, &'a RawValue)>,
}

/// What a member can hold, with the words that say so.
pub(super) trait Shape<'a>: Deserialize<'a> {
    const EXPECTED: &'static str;
}

impl Shape<'_> for String {
    const EXPECTED: &'static str = "must be a text";
}

impl Shape<'_> for bool {
    const EXPECTED: &'static str = "must be true or false";
}

impl Shape<'_> for u32 {
    const EXPECTED: &'static str = "must be a whole number from 0 to 4294967295";
}

impl Shape<'_> for Vec<String> {
    const EXPECTED: &'static str = "must be a list of texts";
}

impl Shape<'_> for BTreeMap<String, String> {
    const EXPECTED: &'static str = "must be an object of texts by language code";
}

impl<'a> Shape<'a> for Vec<&'a RawValue> {
    const EXPECTED: &'static str = "must be a list";
}

impl<'a> Members<'a> {
    pub(super) fn of(value: &'a RawValue, place: String, mistakes: &mut Mistakes) -> Option<Self> {
        let Ok(Pairs(pairs)) = serde_json::from_str(value.get()) else {
            mistakes.add(place, "must be an object");
            return None;
        };
        Some(Self::of_pairs(pairs, place, mistakes))
    }

    pub(super) fn of_pairs(pairs: Vec<(String, &'a RawValue)>, place: String, mistakes: &mut Mistakes) -> Self {
        let mut members = Self { place, unread: Vec::with_capacity(pairs.len()) };
        for (name, value) in pairs {
            if members.unread.iter().any(|(other, _)| *other == name) {
                mistakes.add(members.place_of(&name), "is given twice");
            } else {
                members.unread.push((name, value));
            }
        }
        members
    }

    /// The path of a member of this object.
    pub(super) fn place_of(&self, member: &str) -> String {
        if self.place.is_empty() { member.to_owned() } else { format!("{}.{member}", self.place) }
    }

    pub(super) fn required<T: Shape<'a>>(&mut self, member: &str, mistakes: &mut Mistakes) -> Option<T> {
        match self.take(member) {
            Some(value) => self.read(member, value, mistakes),
            None => {
                mistakes.add(self.place_of(member), "is required");
                None
            }
        }
    }

    /// `None` where the member is absent, null or wrong.
    pub(super) fn optional<T: Shape<'a>>(&mut self, member: &str, mistakes: &mut Mistakes) -> Option<T> {
        let value = self.take(member)?;
        self.read(member, value, mistakes)
    }

    /// Each entry of a required list, with its path.
    pub(super) fn required_entries(&mut self, member: &str, mistakes: &mut Mistakes) -> Vec<(String, &'a RawValue)> {
        let entries = self.required(member, mistakes);
        self.numbered(member, entries)
    }

    /// Each entry of an optional list, with its path.
    pub(super) fn entries(&mut self, member: &str, mistakes: &mut Mistakes) -> Vec<(String, &'a RawValue)> {
        let entries = self.optional(member, mistakes);
        self.numbered(member, entries)
    }

    /// What has not been read is unknown.
    pub(super) fn finish(self, mistakes: &mut Mistakes) {
        for (name, _) in &self.unread {
            mistakes.add(self.place_of(name), "is not known");
        }
    }

    fn numbered(&self, member: &str, entries: Option<Vec<&'a RawValue>>) -> Vec<(String, &'a RawValue)> {
        let place = self.place_of(member);
        let entries = entries.unwrap_or_default().into_iter().enumerate();
        entries.map(|(n, entry)| (format!("{place}[{n}]"), entry)).collect()
    }

    fn take(&mut self, member: &str) -> Option<&'a RawValue> {
        let position = self.unread.iter().position(|(name, _)| name == member)?;
        let (_, value) = self.unread.swap_remove(position);
        (value.get() != "null").then_some(value)
    }

    fn read<T: Shape<'a>>(&self, member: &str, value: &'a RawValue, mistakes: &mut Mistakes) -> Option<T> {
        let read = serde_json::from_str(value.get()).ok();
        if read.is_none() {
            mistakes.add(self.place_of(member), T::EXPECTED);
        }
        read
    }
}

/// The members of an object in their order, duplicates included.
pub(super) struct Pairs<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Collect).map(Self)
    }
}

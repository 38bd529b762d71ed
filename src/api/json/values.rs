//! Values that JSON holds as texts.

use chrono::DateTime;
use dialog_index::domain::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// A UUID in its hyphenated form, in any case; other forms are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guid(pub(crate) Uuid);

/// A time with an explicit offset: ISO 8601, ending in `Z` or `+hh:mm`, of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Timestamp);

/// For members that may be left out and must not be null.
pub(crate) fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

const YEAR_1: i64 = -62_135_596_800_000_000;
const YEAR_10_000: i64 = 253_402_300_800_000_000;
const HYPHENATED_LENGTH: usize = 36;

impl Guid {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (text.len() == HYPHENATED_LENGTH).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
    }
}

impl Time {
    fn parse(text: &str) -> Option<Self> {
        if !ends_in_offset(text) || text.as_bytes().get(10) != Some(&b'T') {
            return None;
        }
        let time = DateTime::parse_from_rfc3339(text).or_else(|error| match text.split_at_checked(16) {
            // Seconds may be left out.
            Some((minute, offset)) => DateTime::parse_from_rfc3339(&format!("{minute}:00{offset}")),
            None => Err(error),
        });
        let time = time.ok()?;
        // By way of the number, so that a leap second becomes the second after it.
        let micros = time.timestamp_micros();
        (YEAR_1..YEAR_10_000).contains(&micros).then(|| Self(Timestamp::from_micros(micros)))
    }
}

fn ends_in_offset(text: &str) -> bool {
    let sign = text.len().checked_sub(6).and_then(|at| text.as_bytes().get(at));
    text.ends_with('Z') || matches!(sign, Some(b'+' | b'-'))
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(GuidVisitor)
    }
}

struct GuidVisitor;

impl Visitor<'_> for GuidVisitor {
    type Value = Guid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Guid, E> {
        Guid::parse(text).ok_or_else(|| E::custom("The value must be a UUID, with hyphens."))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        Time::parse(text).ok_or_else(|| {
            E::custom("The value must be an ISO 8601 time with an offset, e.g. 2026-08-20T10:11:12Z or 2026-08-20T12:11:12+02:00.")
        })
    }
}

fn text_in(format: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).into()
}

impl PartialSchema for Guid {
    fn schema() -> RefOr<Schema> {
        text_in(KnownFormat::Uuid)
    }
}

impl ToSchema for Guid {
    fn name() -> Cow<'static, str> {
        "Guid".into()
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        text_in(KnownFormat::DateTime)
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_time(text: &str, expected: Option<&str>) {
        assert_eq!(Time::parse(text).map(|time| time.0.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn times_have_an_offset() {
        check_time("2026-08-20T10:11:12Z", Some("2026-08-20T10:11:12.0000000Z"));
        check_time("2026-08-20T10:11:12.1234567Z", Some("2026-08-20T10:11:12.1234560Z"));
        check_time("2026-08-20T10:11:12+02:00", Some("2026-08-20T08:11:12.0000000Z"));
        check_time("2026-08-20T10:11-02:30", Some("2026-08-20T12:41:00.0000000Z"));
        check_time("2026-08-20T10:11Z", Some("2026-08-20T10:11:00.0000000Z"));
        check_time("2016-12-31T23:59:60Z", Some("2017-01-01T00:00:00.0000000Z"));
        for refused in [
            "2026-08-20T10:11:12",
            "2026-08-20T10:11:12+02",
            "2026-08-20T10:11:12+0200",
            "2026-08-20 10:11:12Z",
            "2026-08-20",
            "2026-13-20T10:11:12Z",
            "2026-02-30T10:11:12Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "10000-01-01T00:00:00Z",
            "Z",
            "",
            "æøåæøå",
            "1785000000",
        ] {
            check_time(refused, None);
        }
    }

    #[test]
    fn guids_have_hyphens() {
        let id = "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
        assert_eq!(Guid::parse(&id.to_uppercase()).map(|id| id.0.to_string()).as_deref(), Some(id));
        for refused in ["", "0199d2e65c3f7c529a5f2f6f4f0a9b11", &format!("{{{id}}}"), &id[1..], &format!("{id}0")] {
            assert_eq!(Guid::parse(refused), None, "{refused}");
        }
    }
}

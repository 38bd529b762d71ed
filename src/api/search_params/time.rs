use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use dialog_index::domain::Timestamp;

/// What a time without an offset means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissingOffset {
    /// It is refused, as the contract has it for end users.
    Refused,
    /// It is UTC, as the contract has it in the queries of service owners.
    Utc,
}

/// Reads an ISO 8601 time: seconds and their fraction may be left out. What is finer than the contract's precision
/// is cut off.
pub(super) fn parse_time(text: &str, missing: MissingOffset) -> Option<Timestamp> {
    with_offset(text).or_else(|| match missing {
        MissingOffset::Refused => None,
        MissingOffset::Utc => without_offset(text),
    })
}

fn with_offset(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"));
    time.ok().map(|time| time.to_utc().into())
}

fn without_offset(text: &str) -> Option<Timestamp> {
    let time = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let time = time.or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN)))?;
    Some(time.and_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, missing: MissingOffset, expected: Option<&str>) {
        assert_eq!(parse_time(text, missing).map(|time| time.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn times_with_an_offset() {
        for missing in [MissingOffset::Refused, MissingOffset::Utc] {
            check("2024-07-31T09:09:03.0257090Z", missing, Some("2024-07-31T09:09:03.0257090Z"));
            check("2024-07-31T09:09:03.123456789Z", missing, Some("2024-07-31T09:09:03.1234560Z"));
            check("2024-07-31T09:09:03+02:00", missing, Some("2024-07-31T07:09:03.0000000Z"));
            check("2024-07-31T09:09:03-0230", missing, Some("2024-07-31T11:39:03.0000000Z"));
            check("2024-07-31T09:09Z", missing, Some("2024-07-31T09:09:00.0000000Z"));
            check("2024-07-31T09:09+01", missing, Some("2024-07-31T08:09:00.0000000Z"));
            for invalid in ["2024-13-31T09:09:03Z", "2024-02-30T00:00:00Z", "31.07.2024", "now", " ", "1722416943"] {
                check(invalid, missing, None);
            }
        }
    }

    #[test]
    fn times_without_an_offset() {
        for (text, expected) in [
            ("2024-07-31T09:09:03", "2024-07-31T09:09:03.0000000Z"),
            ("2024-07-31 09:09:03.5", "2024-07-31T09:09:03.5000000Z"),
            ("2024-07-31T09:09", "2024-07-31T09:09:00.0000000Z"),
            ("2024-07-31", "2024-07-31T00:00:00.0000000Z"),
        ] {
            check(text, MissingOffset::Refused, None);
            check(text, MissingOffset::Utc, Some(expected));
        }
    }
}

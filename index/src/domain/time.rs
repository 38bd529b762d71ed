use chrono::{DateTime, Datelike, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A point in time in UTC with the contract's precision, one microsecond.
///
/// Written with seven decimals, the last of them always 0: `2026-08-20T10:11:12.1234560Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The wall clock. Only the edges of the program call it: everything else is told the time.
    #[expect(clippy::disallowed_methods, reason = "this is what the edges call instead")]
    pub fn now() -> Self {
        Self::from(Utc::now())
    }

    /// Microseconds since 1970-01-01T00:00:00Z; what lies outside chrono's range is moved to its edge.
    pub const fn from_micros(micros: i64) -> Self {
        match DateTime::from_timestamp_micros(micros) {
            Some(time) => Self(time),
            None if micros < 0 => Self(DateTime::<Utc>::MIN_UTC),
            None => Self(DateTime::<Utc>::MAX_UTC),
        }
    }

    pub fn as_micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    pub fn to_utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }
}

impl From<i64> for Timestamp {
    fn from(micros: i64) -> Self {
        Self::from_micros(micros)
    }
}

impl From<Timestamp> for i64 {
    fn from(time: Timestamp) -> Self {
        time.as_micros()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Lists hold thousands of times; a format string would be read anew for each and take three times as long.
        let (time, micros) = (self.0, self.0.timestamp_subsec_micros());
        write!(f, "{:04}-{:02}-{:02}T", time.year(), time.month(), time.day())?;
        write!(f, "{:02}:{:02}:{:02}.{micros:06}0Z", time.hour(), time.minute(), time.second())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_seven_decimals_and_holds_six() {
        let nanos = DateTime::from_timestamp(1_785_000_000, 123_456_789).expect("a valid time");
        assert_eq!(Timestamp::from(nanos).to_string(), "2026-07-25T17:20:00.1234560Z");
        assert_eq!(Timestamp::from_micros(-1).to_string(), "1969-12-31T23:59:59.9999990Z");
        assert_eq!(Timestamp::from_micros(-62_135_596_800_000_000).to_string(), "0001-01-01T00:00:00.0000000Z");
    }

    #[test]
    fn far_times_stop_at_the_edge() {
        assert!(Timestamp::from_micros(i64::MAX) > Timestamp::from_micros(0));
        assert!(Timestamp::from_micros(i64::MIN) < Timestamp::from_micros(0));
    }
}

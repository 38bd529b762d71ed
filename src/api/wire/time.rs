//! For `#[serde(serialize_with)]`: times. A page has hundreds of them, and the machinery behind `{:02}` would take
//! more time for them than everything else in it.

use chrono::{Datelike, Timelike};
use dialog_index::domain::Timestamp;
use serde::Serializer;

const MAX_YEAR: u32 = 9999;

pub(crate) fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    match written(*time).as_ref().map(|text| str::from_utf8(text)) {
        Some(Ok(text)) => serializer.serialize_str(text),
        // Of a year that has not four digits.
        _ => serializer.collect_str(time),
    }
}

/// As [`time`] for those that may be missing.
pub(crate) fn optional_time<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => self::time(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// The same as its `Display`.
fn written(time: Timestamp) -> Option<[u8; 28]> {
    let utc = time.to_utc();
    let year = u32::try_from(utc.year()).ok().filter(|year| *year <= MAX_YEAR)?;
    let mut text = *b"0000-00-00T00:00:00.0000000Z";
    write_digits(&mut text[..4], year);
    write_digits(&mut text[5..7], utc.month());
    write_digits(&mut text[8..10], utc.day());
    write_digits(&mut text[11..13], utc.hour());
    write_digits(&mut text[14..16], utc.minute());
    write_digits(&mut text[17..19], utc.second());
    write_digits(&mut text[20..26], utc.timestamp_subsec_micros());
    Some(text)
}

/// The last digits of a number, as many as there is room for.
fn write_digits(room: &mut [u8], mut number: u32) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(micros: i64) {
        let time = Timestamp::from_micros(micros);
        let json = time_as_json(time);
        assert_eq!(json, format!("\"{time}\""));
    }

    fn time_as_json(time: Timestamp) -> String {
        let mut json = Vec::new();
        super::time(&time, &mut serde_json::Serializer::new(&mut json)).expect("a time is JSON");
        String::from_utf8(json).expect("JSON is text")
    }

    #[test]
    fn ends_of_ranges_are_written_as_they_are_shown() {
        const YEAR_0: i64 = -62_167_219_200_000_000;
        const YEAR_10_000: i64 = 253_402_300_800_000_000;
        for edge in [0, YEAR_0, YEAR_10_000, 1_785_000_000_123_456] {
            for micros in [edge - 1, edge, edge + 1] {
                check(micros);
            }
        }
        check(i64::MIN);
        check(i64::MAX);
    }

    proptest! {
        #[test]
        fn times_are_written_as_they_are_shown(
            micros in any::<i64>(),
            near in -70_000_000_000_000_000i64..260_000_000_000_000_000,
        ) {
            check(micros);
            check(near);
        }
    }
}

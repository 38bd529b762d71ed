//! When things happen: ten years of growth with the rhythm of the week and of the day.

use super::frequencies::Frequencies;
use chrono::{DateTime, Datelike, Duration, TimeZone, Utc};
use dialog_index::domain::Timestamp;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// The days and hours of a corpus. Its last moment is fixed, so that the same seed gives the same bytes for ever.
#[derive(Debug)]
pub(super) struct Calendar {
    first_day: DateTime<Utc>,
    days: Frequencies,
    hours: Frequencies,
}

const DAYS: u64 = 3652;
const FROM_MONDAY: [u64; 7] = [110, 105, 100, 95, 85, 20, 15];
const FROM_MIDNIGHT: [u64; 24] =
    [30, 8, 5, 4, 4, 8, 25, 60, 100, 110, 110, 100, 80, 90, 85, 65, 45, 35, 35, 38, 40, 35, 25, 20];

impl Calendar {
    pub(super) fn new() -> Self {
        let first_day = end() - Duration::days(DAYS as i64);
        let weight = |day: u64| {
            let weekday = (first_day + Duration::days(day as i64)).weekday().num_days_from_monday();
            // Ten years make the traffic six times as dense.
            (DAYS + 5 * day) * FROM_MONDAY[weekday as usize]
        };
        Self {
            first_day,
            days: Frequencies::weighted((0..DAYS).map(weight)),
            hours: Frequencies::weighted(FROM_MIDNIGHT.into_iter()),
        }
    }

    /// A time on the day at a share (0 to 1) of all that happens.
    pub(super) fn at(&self, share: f64, rng: &mut ChaCha8Rng) -> Timestamp {
        const MICROS_PER_HOUR: i64 = 3_600_000_000;
        let hour = self.hours.draw(rng) as i64;
        let time = Duration::hours(hour) + Duration::microseconds(rng.random_range(0..MICROS_PER_HOUR));
        (self.first_day + Duration::days(self.days.at(share) as i64) + time).into()
    }

    /// A time after another one, mostly within days, at most the given number of days later, and before the end: what
    /// would come later is not cut off there, or one moment would have more than all the days around it.
    pub(super) fn after(&self, time: Timestamp, days: u32, rng: &mut ChaCha8Rng) -> Timestamp {
        const MICROS_PER_DAY: i64 = 86_400_000_000;
        let share: f64 = rng.random();
        let left = Timestamp::from(end()).as_micros() - time.as_micros();
        let longest = left.min(i64::from(days) * MICROS_PER_DAY);
        let later = (share * share * share * longest as f64) as i64;
        Timestamp::from_micros(time.as_micros() + later)
    }
}

/// Where the corpus stops: nothing but what lies in the future by its nature is later.
pub(super) fn end() -> DateTime<Utc> {
    Utc.timestamp_opt(1_793_491_200, 0).single().unwrap_or_default()
}

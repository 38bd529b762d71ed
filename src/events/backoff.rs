use std::time::Duration;
use uuid::Uuid;

/// How long to wait after so many failures in a row: twice as long after each, up to `most`, and by chance up to half
/// of that less, so that those who failed together do not come again together.
pub(super) fn backoff(first: Duration, most: Duration, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let longest = first.saturating_mul(1 << doublings).min(most);
    let (random, _) = Uuid::new_v4().as_u64_pair();
    longest.mul_f64(1.0 - (random % 1000) as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(60));
        for (failures, longest) in [(1, 100), (2, 200), (3, 400), (10, 51_200), (11, 60_000), (u32::MAX, 60_000)] {
            let longest = Duration::from_millis(longest);
            let pauses: Vec<_> = (0..100).map(|_| backoff(first, most, failures)).collect();
            assert!(pauses.iter().all(|pause| *pause <= longest && *pause >= longest / 2), "{failures}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{failures}: all are {:?}", pauses[0]);
        }
    }
}

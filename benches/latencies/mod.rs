//! What criterion does not show: the slowest runs, in a plain table.

#![allow(dead_code, reason = "no bench uses all of it")]

use std::io::{self, Write};
use std::time::{Duration, Instant};

const WARM_UPS: usize = 10;
const SAMPLES: usize = 1_000;
/// What is too slow for all samples in this time has fewer, and the table says how many.
const MAX_TIME: Duration = Duration::from_secs(30);

/// A line for each run, as soon as it is measured. What a run returns says how much it found.
pub(crate) fn print_table<'a>(runs: impl IntoIterator<Item = (String, Box<dyn Fn() -> u64 + 'a>)>) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{:<64} {:>9} {:>7} {:>10} {:>10} {:>10}", "ms", "found", "runs", "p50", "p99", "max")?;
    for (name, run) in runs {
        let (found, times) = sample(run);
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| at(&times, share).as_secs_f64() * 1e3);
        writeln!(out, "{name:<64} {found:>9} {:>7} {p50:>10.3} {p99:>10.3} {max:>10.3}", times.len())?;
    }
    Ok(())
}

/// What the last run returned, and the times of all in ascending order.
fn sample(run: impl Fn() -> u64) -> (u64, Vec<Duration>) {
    let begun = Instant::now();
    let mut found = 0;
    let mut times = Vec::with_capacity(SAMPLES);
    for n in 0..WARM_UPS + SAMPLES {
        let start = Instant::now();
        found = run();
        if n >= WARM_UPS {
            times.push(start.elapsed());
        }
        if begun.elapsed() > MAX_TIME && !times.is_empty() {
            break;
        }
    }
    times.sort_unstable();
    (found, times)
}

/// The time that this share of the runs does not exceed; they are in ascending order.
pub(crate) fn at(times: &[Duration], share: f64) -> Duration {
    let place = (times.len() as f64 * share).ceil() as usize;
    times[place.clamp(1, times.len()) - 1]
}

//! What criterion does not show: the slowest runs, in a plain table.

#![allow(dead_code, reason = "no bench uses all of it")]

use std::convert::Infallible;
use std::io::{self, Write};
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits { warm_ups: 0, samples: 1_000, time: Duration::from_secs(30) };
/// For so long searches come before, if they are not so many sooner: what is known of a user's rights grows with them,
/// and the way changes.
const BEFORE: (Duration, usize) = (Duration::from_millis(500), 2_000);

/// How often something is run to be measured.
pub(crate) struct Limits {
    pub(crate) warm_ups: usize,
    pub(crate) samples: usize,
    /// What is too slow for all of them in this time is run less often, but once at least.
    pub(crate) time: Duration,
}

/// A line for each run, as soon as it is measured, with how often it was run. What a run returns says how much it found.
pub(crate) fn print_table<'a>(runs: impl IntoIterator<Item = (String, Box<dyn Fn() -> u64 + 'a>)>) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{:<64} {:>9} {:>7} {:>10} {:>10} {:>10}", "ms", "found", "runs", "p50", "p99", "max")?;
    for (name, run) in runs {
        settle(&run);
        let Ok((found, times)) = sample(&LIMITS, || Ok::<_, Infallible>(run()));
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| at(&times, share).as_secs_f64() * 1e3);
        writeln!(out, "{name:<64} {found:>9} {:>7} {p50:>10.3} {p99:>10.3} {max:>10.3}", times.len())?;
    }
    Ok(())
}

/// Runs it until more runs would not change what is measured.
pub(crate) fn settle<N>(run: impl Fn() -> N) {
    let begun = Instant::now();
    (0..BEFORE.1).take_while(|_| begun.elapsed() < BEFORE.0).for_each(|_| drop(run()));
}

/// What the last run returned, and the times of all in ascending order; the first error ends it.
pub(crate) fn sample<N: Default, E>(limits: &Limits, run: impl Fn() -> Result<N, E>) -> Result<(N, Vec<Duration>), E> {
    let begun = Instant::now();
    let mut found = N::default();
    let mut times = Vec::with_capacity(limits.samples);
    for n in 0..limits.warm_ups + limits.samples {
        let is_late = begun.elapsed() > limits.time;
        if is_late && !times.is_empty() {
            break;
        }
        let start = Instant::now();
        found = run()?;
        if n >= limits.warm_ups || is_late {
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    Ok((found, times))
}

/// The time that this share of the runs does not exceed; they are in ascending order.
pub(crate) fn at(times: &[Duration], share: f64) -> Duration {
    let place = (times.len() as f64 * share).ceil() as usize;
    times[place.clamp(1, times.len()) - 1]
}

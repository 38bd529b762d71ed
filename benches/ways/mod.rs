//! What the planner thinks of each way that a search can go, and what they take.

use crate::latencies;
use dialog_index::{Driver, Explanation};
use std::io::{self, Write};
use std::time::Duration;

const RUNS: usize = 21;

/// Lines for one search. `run` goes the way that it is given, or else the one that the planner chooses.
pub(crate) fn print(name: &str, run: impl Fn(Option<Driver>) -> Explanation) -> io::Result<()> {
    latencies::settle(|| run(None));
    let chosen = run(None);
    let mut ways = vec![chosen.driver];
    ways.extend(Driver::ALL.into_iter().filter(|driver| {
        *driver != chosen.driver && chosen.estimates.iter().any(|estimate| estimate.driver == *driver)
    }));
    let took: Vec<(Driver, Duration)> = ways.iter().map(|driver| (*driver, fastest(&run, *driver))).collect();
    let fastest = took.iter().map(|(_, took)| *took).min().unwrap_or_default();
    let lost = took[0].1.as_secs_f64() / fastest.as_secs_f64().max(1e-9);
    let mut out = io::stdout();
    writeln!(out, "{name}: {} found, {} us to plan, {lost:.2}", chosen.matched, chosen.planning.as_micros())?;
    for (driver, took) in took {
        let thought = chosen.estimates.iter().find(|estimate| estimate.driver == driver);
        let thought = thought.map_or(f64::NAN, |estimate| estimate.nanoseconds / 1e6);
        writeln!(
            out,
            "    {:<8} {thought:>10.3} ms thought {:>10.3} ms took",
            driver.name(),
            took.as_secs_f64() * 1e3
        )?;
    }
    Ok(())
}

/// What disturbs a run only makes it longer.
fn fastest(run: &impl Fn(Option<Driver>) -> Explanation, driver: Driver) -> Duration {
    (0..RUNS).map(|_| run(Some(driver)).searching).min().unwrap_or_default()
}

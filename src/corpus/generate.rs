//! Seeded corpora with the shape of production, for benches, load and scale. The same seed and size give the same
//! bytes on every machine.

mod calendar;
mod dialog;
mod frequencies;
mod numbers;
mod population;
mod register;
mod words;

use calendar::Calendar;
use dialog::Source;
use population::Population;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
pub use register::Users;
use serde_json::Value;
use words::Words;

/// A corpus that can be written any number of times, in whole or line by line.
#[derive(Debug)]
pub struct Generator {
    dialogs: u64,
    seed: u64,
    source: Source,
}

impl Generator {
    pub fn new(dialogs: u64, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let words = Words::new(&mut rng);
        let population = Population::new(dialogs, &words, &mut rng);
        Self { dialogs, seed, source: Source { population, words, calendar: Calendar::new() } }
    }

    /// Line by line, oldest first.
    pub fn dialogs(&self) -> impl Iterator<Item = Value> {
        // A stream of its own, so that the lines do not depend on how the population was drawn.
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(1);
        (0..self.dialogs).map(move |n| {
            let share = (n as f64 + rng.random::<f64>()) / self.dialogs as f64;
            self.source.dialog(share, &mut rng)
        })
    }

    /// The register of rights that belongs to the dialogs, as a document of the register.
    pub fn register(&self) -> Value {
        register::document(&self.source.population, self.seed)
    }

    /// The users that stand for the classes of users in measurements.
    pub fn users(&self) -> Users {
        Users::of(&self.source.population)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let lines = |seed| Generator::new(200, seed).dialogs().map(|line| line.to_string()).collect::<Vec<_>>();
        assert_eq!(lines(7), lines(7));
        assert_ne!(lines(7), lines(8));
        assert_eq!(Generator::new(200, 7).register(), Generator::new(200, 7).register());
    }

    #[test]
    fn the_shape_is_that_of_production() {
        const DIALOGS: usize = 20_000;
        let generator = Generator::new(DIALOGS as u64, 1);
        let mut parties: HashMap<String, usize> = HashMap::new();
        let mut ids = HashSet::new();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut words = 0;
        for dialog in generator.dialogs() {
            let party = dialog["party"].as_str().expect("a party");
            *parties.entry(party.to_owned()).or_default() += 1;
            assert!(ids.insert(dialog["id"].as_str().expect("an id").to_owned()), "an id occurs twice");
            let mut count = |name, holds: bool| *counts.entry(name).or_default() += usize::from(holds);
            count("person", party.starts_with("urn:altinn:person"));
            for name in ["dueAt", "expiresAt", "deletedAt", "visibleFrom", "isApiOnly", "serviceOwnerContext"] {
                count(name, dialog.get(name).is_some());
            }
            count("seen", dialog["isContentSeen"] == true);
            count("updated", dialog["updatedAt"] != dialog["createdAt"]);
            for text in texts(&dialog) {
                words += text.split(' ').count();
            }
        }
        let whale = parties.values().max().expect("parties");
        let share = |name: &str| counts[name] as f64 / DIALOGS as f64;
        let near = |name: &str, expected: f64| {
            assert!((share(name) - expected).abs() < expected * 0.3, "{name}: {} instead of {expected}", share(name));
        };
        near("person", 0.6);
        near("dueAt", 0.29);
        near("expiresAt", 0.03);
        near("deletedAt", 0.01);
        near("visibleFrom", 0.01);
        near("isApiOnly", 0.02);
        near("serviceOwnerContext", 0.2);
        near("seen", 0.7);
        near("updated", 0.5);
        assert!(*whale as f64 >= 0.035 * DIALOGS as f64, "the whale has {whale} dialogs");
        let words = words / DIALOGS;
        assert!((100..=200).contains(&words), "{words} words a dialog");
    }

    /// All localized values below a value.
    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::Array(values) => values.iter().flat_map(texts).collect(),
            Value::Object(members) => match (members.get("languageCode"), members.get("value")) {
                (Some(_), Some(Value::String(text))) => vec![text],
                _ => members.values().flat_map(texts).collect(),
            },
            _ => vec![],
        }
    }
}

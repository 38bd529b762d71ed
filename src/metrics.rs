//! What operators are told in numbers. Whoever counts holds atomics of its own; they are put into words only when
//! somebody asks. A label is one of a few known words: an operation, a status, a way of searching, never a path or an
//! id.

mod counted;
mod exposition;
mod histogram;
mod room;

pub use counted::{Calls, Requests, Uses};
pub use room::{Place, Room};

use dialog_index::{Driver, Explanation};
use histogram::Histogram;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// All that is counted by one service. A clone counts the same.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// In the order of [`Driver::ALL`].
    searches: [Histogram; Driver::ALL.len()],
    waiting: Histogram,
    /// Locked by those who begin to count and by those who read, not by those who count.
    sources: Mutex<Sources>,
}

/// What was named to be told of.
#[derive(Debug, Default)]
struct Sources {
    requests: BTreeMap<Box<str>, Arc<Requests>>,
    calls: BTreeMap<Box<str>, Arc<Calls>>,
    caches: BTreeMap<&'static str, Arc<Uses>>,
    rooms: BTreeMap<&'static str, Arc<Room>>,
}

/// What is told of one search.
#[derive(Clone, Copy, Debug)]
pub struct Searched {
    pub driver: Driver,
    /// Because others went through very much already.
    waited: Duration,
    took: Duration,
}

impl Metrics {
    /// Where the requests of this operation are counted.
    pub fn requests(&self, operation: &str) -> Arc<Requests> {
        Arc::clone(self.0.sources().requests.entry(operation.into()).or_default())
    }

    /// Tells of the calls of another service, by a name of a few.
    pub fn show_calls(&self, upstream: &str, calls: Arc<Calls>) {
        self.0.sources().calls.insert(upstream.into(), calls);
    }

    /// Tells of a cache.
    pub fn show_cache(&self, cache: &'static str, uses: Arc<Uses>) {
        self.0.sources().caches.insert(cache, uses);
    }

    /// Tells of the requests under way that take this room.
    pub fn show_room(&self, work: &'static str, room: Arc<Room>) {
        self.0.sources().rooms.insert(work, room);
    }

    pub fn searched(&self, search: &Searched) {
        self.0.searches[search.driver as usize].add(search.took);
        self.0.waiting.add(search.waited);
    }
}

impl Counted {
    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<&Explanation> for Searched {
    fn from(explanation: &Explanation) -> Self {
        let Explanation { driver, planning, waiting, searching, .. } = explanation;
        Self { driver: *driver, waited: *waiting, took: *planning + *searching }
    }
}

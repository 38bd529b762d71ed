use super::histogram::Histogram;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The statuses that are told apart.
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 414, 415, 422, 429, 431, 500, 502, 503,
    504,
];
const OTHER: &str = "other";
/// A request whose client has gone away, or that was left when the service stopped.
const ABANDONED: &str = "abandoned";

/// The requests of one operation.
#[derive(Debug, Default)]
pub struct Requests {
    /// In the order of [`STATUSES`].
    by_status: [AtomicU64; STATUSES.len()],
    other: AtomicU64,
    abandoned: AtomicU64,
    pub(super) duration: Histogram,
}

/// A request that is being answered.
#[derive(Debug)]
pub struct UnderWay<'a> {
    requests: &'a Requests,
    begun: Instant,
    is_answered: bool,
}

/// Calls of another service.
#[derive(Debug, Default)]
pub struct Calls {
    pub(super) answered: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) duration: Histogram,
}

/// How often what was wanted was at hand.
#[derive(Debug, Default)]
pub struct Uses {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
}

impl Requests {
    pub fn begin(&self) -> UnderWay<'_> {
        UnderWay { requests: self, begun: Instant::now(), is_answered: false }
    }

    /// How many there were of each status, if any.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (String, u64)> {
        let numbered = STATUSES.iter().map(u16::to_string).zip(&self.by_status);
        let others = [(OTHER.to_owned(), &self.other), (ABANDONED.to_owned(), &self.abandoned)];
        let counts = numbered.chain(others).map(|(status, count)| (status, count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0)
    }
}

impl UnderWay<'_> {
    /// Counts the answer. Returns how long it took.
    pub fn answered(mut self, status: u16) -> Duration {
        let took = self.begun.elapsed();
        self.is_answered = true;
        let count = match STATUSES.binary_search(&status) {
            Ok(place) => &self.requests.by_status[place],
            Err(_) => &self.requests.other,
        };
        count.fetch_add(1, Ordering::Relaxed);
        self.requests.duration.add(took);
        took
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.requests.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Calls {
    /// Counts a call by whether it fails. One that is given up has failed, too.
    pub async fn count<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut called = Called { calls: self, begun: Instant::now(), has_failed: true };
        let outcome = call.await;
        called.has_failed = outcome.is_err();
        outcome
    }
}

/// A call that is counted when it is over.
struct Called<'a> {
    calls: &'a Calls,
    begun: Instant,
    has_failed: bool,
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        let count = if self.has_failed { &self.calls.failed } else { &self.calls.answered };
        count.fetch_add(1, Ordering::Relaxed);
        self.calls.duration.add(self.begun.elapsed());
    }
}

impl Uses {
    pub fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_once_whatever_comes_of_it() {
        assert!(STATUSES.is_sorted());
        let requests = Requests::default();
        requests.begin().answered(200);
        requests.begin().answered(503);
        requests.begin().answered(418);
        drop(requests.begin());
        let counts: Vec<_> = requests.by_status().collect();
        let count = |status: &str| (status.to_owned(), 1);
        assert_eq!(counts, [count("200"), count("503"), count("other"), count("abandoned")]);
        assert_eq!(requests.duration.buckets().iter().map(|(_, count)| count).sum::<u64>(), 3);
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_has_failed() {
        let calls = Calls::default();
        assert_eq!(calls.count(async { Ok::<_, ()>(1) }).await, Ok(1));
        assert_eq!(calls.count(async { Err::<(), _>(2) }).await, Err(2));
        let endless = calls.count(std::future::pending::<Result<(), ()>>());
        assert!(tokio::time::timeout(Duration::from_millis(10), endless).await.is_err());
        assert_eq!((calls.answered.into_inner(), calls.failed.into_inner()), (1, 2));
    }
}

//! The ways to threads that may block. A panic there goes on where it is waited for.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// Runs work on a thread that nobody else uses meanwhile.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => resume_unwind(panic.into_panic()),
    }
}

/// As many threads as there are cores, for work that computes and hardly waits. What a thread keeps for the next work, such
/// as stems and the tables of encoders, stays in the cache of its core. [`run`] would wake the thread that was idle for
/// longest: with it a quarter fewer dialogs are created a second.
#[derive(Debug)]
pub(crate) struct ThreadOfEachCore(ThreadPool);

impl ThreadOfEachCore {
    /// # Panics
    ///
    /// If the system has no room for the threads.
    pub(crate) fn start(name: &'static str) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let builder = ThreadPoolBuilder::new().num_threads(cores).thread_name(move |place| format!("{name}-{place}"));
        Self(builder.build().expect("the system starts a few threads"))
    }

    /// Runs work when those before it are done, even if nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (sender, done) = oneshot::channel();
        self.0.spawn(move || drop(sender.send(catch_unwind(AssertUnwindSafe(work)))));
        match done.await.expect("work that was begun is ended") {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_panic_is_met_by_whoever_waits_and_by_nobody_else() {
        let threads = Arc::new(ThreadOfEachCore::start("tested"));
        for _ in 0..20 {
            let panicking = threads.clone();
            let waiting = async move { panicking.run(|| panic!("this test panics on purpose")).await };
            let met: Result<(), _> = tokio::spawn(waiting).await;
            assert!(met.expect_err("the panic goes on").is_panic());
            assert_eq!(threads.run(|| 7).await, 7);
        }
    }
}

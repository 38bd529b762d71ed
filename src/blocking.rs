//! The way to the threads that may block.

use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

/// Runs work there. A panic goes on where it is waited for.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => resume_unwind(panic.into_panic()),
    }
}

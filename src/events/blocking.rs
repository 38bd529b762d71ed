use dialog_index::{Dialogs, StoreError};
use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

/// Runs library work on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    dialogs: &Dialogs,
    work: impl FnOnce(&Dialogs) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let dialogs = dialogs.clone();
    match spawn_blocking(move || work(&dialogs)).await {
        Ok(result) => result,
        Err(panic) => resume_unwind(panic.into_panic()),
    }
}

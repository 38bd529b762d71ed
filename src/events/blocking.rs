use crate::blocking;
use dialog_index::{Dialogs, StoreError};

/// Runs library work on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    dialogs: &Dialogs,
    work: impl FnOnce(&Dialogs) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let dialogs = dialogs.clone();
    blocking::run(move || work(&dialogs)).await
}

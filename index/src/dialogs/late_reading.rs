use crate::StoreError;
use crate::store::{DialogStore, Reading};
use std::cell::OnceCell;

/// A reading of the store that begins when something is first read: most searches need none.
#[derive(Debug)]
pub(super) struct LateReading<'a> {
    store: &'a DialogStore,
    begun: OnceCell<Reading>,
}

impl<'a> LateReading<'a> {
    pub(super) fn of(store: &'a DialogStore) -> Self {
        Self { store, begun: OnceCell::new() }
    }

    /// The same one each time.
    pub(super) fn get(&self) -> Result<&Reading, StoreError> {
        if let Some(reading) = self.begun.get() {
            return Ok(reading);
        }
        let reading = self.store.read()?;
        Ok(self.begun.get_or_init(|| reading))
    }
}

//! What each table occupies.

use super::failed_to;
use super::reading::Reading;
use crate::StoreError;
use crate::sizes::PartSize;
use redb::{ReadableTableMetadata, TableHandle};

impl Reading {
    /// All tables; each is gone through as a whole.
    pub(crate) fn sizes(&self) -> Result<Vec<PartSize>, StoreError> {
        let action = "measure its tables";
        let tables = self.transaction.list_tables().map_err(failed_to(action))?;
        let size = |name: String, stats: redb::TableStats| PartSize {
            name,
            bytes: stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes(),
        };
        tables
            .map(|handle| {
                let name = handle.name().to_owned();
                let table = self.transaction.open_untyped_table(handle).map_err(failed_to(action))?;
                Ok(size(name, table.stats().map_err(failed_to(action))?))
            })
            .collect()
    }
}

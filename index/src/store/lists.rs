//! The growing lists of a dialog: rows of entries that were written together.

use super::tables::{Bytes, Place};
use super::{codec, failed_to};
use crate::StoreError;
use redb::ReadableTable;
use serde::de::DeserializeOwned;
use std::ops::RangeInclusive;

/// All entries of one list of a dialog, in the order in which they were added.
pub(super) fn entries<T: DeserializeOwned>(
    table: &impl ReadableTable<Place, Bytes>,
    number: u64,
    what: &'static str,
) -> Result<Vec<T>, StoreError> {
    let mut entries = Vec::new();
    for row in table.range(rows_of(number)).map_err(failed_to("read a list"))? {
        let (_, bytes) = row.map_err(failed_to("read a list"))?;
        let written_together: Vec<T> = codec::decode(bytes.value(), what)?;
        entries.extend(written_together);
    }
    Ok(entries)
}

pub(super) fn rows_of(number: u64) -> RangeInclusive<Place> {
    (number, 0)..=(number, u32::MAX)
}

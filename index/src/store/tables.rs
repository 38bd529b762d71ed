//! The tables, and the version of the file.

use super::{damaged, failed_to};
use crate::StoreError;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction};

/// Encoded values: see `codec`.
pub(super) type Bytes = &'static [u8];
/// A dialog's number and the place of an entry in one of its lists.
pub(super) type Place = (u64, u32);

/// Dialogs without their growing lists, by number. Numbers ascend, for random keys cost much space.
pub(super) const RECORDS: TableDefinition<u64, Bytes> = TableDefinition::new("records");
/// Growing lists: each row holds the entries that were written together, keyed by the place of the first of them,
/// so that adding one rewrites none of the others.
pub(super) const TRANSMISSIONS: TableDefinition<Place, Bytes> = TableDefinition::new("transmissions");
pub(super) const ACTIVITIES: TableDefinition<Place, Bytes> = TableDefinition::new("activities");
pub(super) const SEEN_LOG: TableDefinition<Place, Bytes> = TableDefinition::new("seen log");
pub(super) const LABEL_LOG: TableDefinition<Place, Bytes> = TableDefinition::new("label log");
/// What lists show, by number.
pub(super) const ITEMS: TableDefinition<u64, Bytes> = TableDefinition::new("items");
/// Number by dialog id.
pub(super) const IDS: TableDefinition<u128, u64> = TableDefinition::new("ids");
/// Number by the id of a part and the kind of part, see `keys`.
pub(super) const PART_IDS: TableDefinition<(u8, u128), u64> = TableDefinition::new("part ids");
/// Number by service owner and idempotent key.
pub(super) const IDEMPOTENT_KEYS: TableDefinition<(&str, &str), u64> = TableDefinition::new("idempotent keys");
/// Names by kind (see `dictionaries`) and number, numbers ascending without gaps.
pub(super) const NAMES: TableDefinition<(u8, u32), &str> = TableDefinition::new("names");
/// By sequence, ascending from 1 without gaps: the dialog's number and what happened to it.
pub(super) const CHANGES: TableDefinition<u64, (u64, u8)> = TableDefinition::new("changes");
/// By the sequence of a change: what others are told of it, until they have been. Silent changes have none.
pub(super) const EVENTS: TableDefinition<u64, Bytes> = TableDefinition::new("events");
/// The register of rights, whose meaning is the service's.
pub(super) const REGISTER: TableDefinition<&str, Bytes> = TableDefinition::new("register");
/// Single numbers, by one of the names below.
pub(super) const COUNTERS: TableDefinition<&str, u64> = TableDefinition::new("counters");

pub(super) const COUNTER_FORMAT: &str = "format";
/// The number that the next new dialog gets.
pub(super) const COUNTER_NEXT_NUMBER: &str = "next number";
/// The random number of this store, which entries of its journal bear.
pub(super) const COUNTER_STORE: &str = "store";
/// The number of the last entry of the journal whose changes are here.
pub(super) const COUNTER_JOURNALED: &str = "journaled";
/// The sequence up to which all events have been delivered; 0 where it is missing.
pub(super) const COUNTER_DELIVERED_EVENTS: &str = "delivered events";

/// The version of the file; `None` if it does not say.
pub(super) fn format(database: &Database) -> Result<Option<u64>, StoreError> {
    let reading = "read its format";
    let transaction = database.begin_read().map_err(failed_to(reading))?;
    let counters = match transaction.open_table(COUNTERS) {
        Ok(counters) => counters,
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => return Ok(None),
        Err(error) => return Err(failed_to(reading)(error)),
    };
    let format = counters.get(COUNTER_FORMAT).map_err(failed_to(reading))?;
    Ok(format.map(|format| format.value()))
}

/// The random number of the store, and the number of the last entry of its journal that is in the database.
pub(super) fn journaled(database: &Database) -> Result<(u64, u64), StoreError> {
    let reading = "read its counters";
    let transaction = database.begin_read().map_err(failed_to(reading))?;
    let counters = transaction.open_table(COUNTERS).map_err(failed_to(reading))?;
    let counter = |name: &str| {
        let counter = counters.get(name).map_err(failed_to(reading))?;
        counter.map(|counter| counter.value()).ok_or_else(|| damaged("counter"))
    };
    Ok((counter(COUNTER_STORE)?, counter(COUNTER_JOURNALED)?))
}

/// Whether the file was only just begun.
pub(super) fn is_empty(database: &Database) -> Result<bool, StoreError> {
    let reading = "list its tables";
    let transaction = database.begin_read().map_err(failed_to(reading))?;
    let mut tables = transaction.list_tables().map_err(failed_to(reading))?;
    let mut multimaps = transaction.list_multimap_tables().map_err(failed_to(reading))?;
    Ok(tables.next().is_none() && multimaps.next().is_none())
}

/// Makes all tables of a new file, or those that one of an older format lacks, with an empty journal.
pub(super) fn create(database: &Database, format: u64, store: u64) -> Result<(), StoreError> {
    let action = "make its tables";
    let transaction = database.begin_write().map_err(failed_to(action))?;
    transaction.open_table(RECORDS).map_err(failed_to(action))?;
    for list in [TRANSMISSIONS, ACTIVITIES, SEEN_LOG, LABEL_LOG] {
        transaction.open_table(list).map_err(failed_to(action))?;
    }
    transaction.open_table(ITEMS).map_err(failed_to(action))?;
    transaction.open_table(IDS).map_err(failed_to(action))?;
    transaction.open_table(PART_IDS).map_err(failed_to(action))?;
    transaction.open_table(IDEMPOTENT_KEYS).map_err(failed_to(action))?;
    transaction.open_table(NAMES).map_err(failed_to(action))?;
    transaction.open_table(CHANGES).map_err(failed_to(action))?;
    transaction.open_table(EVENTS).map_err(failed_to(action))?;
    transaction.open_table(REGISTER).map_err(failed_to(action))?;
    {
        let mut counters = transaction.open_table(COUNTERS).map_err(failed_to(action))?;
        for (name, value) in [(COUNTER_FORMAT, format), (COUNTER_STORE, store), (COUNTER_JOURNALED, 0)] {
            counters.insert(name, value).map_err(failed_to(action))?;
        }
        if counters.get(COUNTER_NEXT_NUMBER).map_err(failed_to(action))?.is_none() {
            counters.insert(COUNTER_NEXT_NUMBER, 1).map_err(failed_to(action))?;
        }
    }
    transaction.commit().map_err(failed_to(action))
}

/// Adds to a file of an older format the table of events, which is all that it lacks.
pub(super) fn add_events(transaction: &WriteTransaction, format: u64) -> Result<(), StoreError> {
    let action = "add a table";
    transaction.open_table(EVENTS).map_err(failed_to(action))?;
    let mut counters = transaction.open_table(COUNTERS).map_err(failed_to(action))?;
    counters.insert(COUNTER_FORMAT, format).map(drop).map_err(failed_to(action))
}

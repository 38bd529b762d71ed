//! The tables of a write transaction. Whatever is done to a row is noted for the journal as well.

use super::journal::{Entry, Row};
use super::tables::{
    ACTIVITIES, Bytes, CHANGES, COUNTERS, EVENTS, IDEMPOTENT_KEYS, IDS, ITEMS, LABEL_LOG, NAMES, PART_IDS, Place,
    RECORDS, REGISTER, SEEN_LOG, TRANSMISSIONS,
};
use super::{damaged, failed_to};
use crate::StoreError;
use redb::{AccessGuard, Key, StorageError, Table, TableDefinition, Value, WriteTransaction};
use std::borrow::Borrow;
use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

/// A table that is read like any other, and written only with a note of it.
pub(super) struct Journaled<'txn, K: Key + 'static, V: Value + 'static> {
    table: Table<'txn, K, V>,
    /// What the journal calls it.
    code: u8,
    entry: Rc<RefCell<Entry>>,
}

/// One line a table. The numbers are what the journal calls them.
macro_rules! tables {
    ($($code:literal $name:ident: $key:ty => $value:ty, $definition:ident;)*) => {
        pub(super) struct Tables<'txn> {
            $(pub(super) $name: Journaled<'txn, $key, $value>,)*
            entry: Rc<RefCell<Entry>>,
        }

        impl<'txn> Tables<'txn> {
            pub(super) fn open(transaction: &'txn WriteTransaction, entry: Entry) -> Result<Self, StoreError> {
                let entry = Rc::new(RefCell::new(entry));
                Ok(Self { $($name: Journaled::open(transaction, $definition, $code, &entry)?,)* entry })
            }

            /// Does again what the journal says.
            pub(super) fn redo(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
                match row.table {
                    $($code => self.$name.redo(row),)*
                    _ => Err(damaged("table of the journal")),
                }
            }
        }
    };
}

tables! {
    0 records: u64 => Bytes, RECORDS;
    1 transmissions: Place => Bytes, TRANSMISSIONS;
    2 activities: Place => Bytes, ACTIVITIES;
    3 seen_log: Place => Bytes, SEEN_LOG;
    4 label_log: Place => Bytes, LABEL_LOG;
    5 items: u64 => Bytes, ITEMS;
    6 ids: u128 => u64, IDS;
    7 part_ids: (u8, u128) => u64, PART_IDS;
    8 idempotent_keys: (&'static str, &'static str) => u64, IDEMPOTENT_KEYS;
    9 names: (u8, u32) => &'static str, NAMES;
    10 changes: u64 => (u64, u8), CHANGES;
    11 register: &'static str => Bytes, REGISTER;
    12 counters: &'static str => u64, COUNTERS;
    13 events: u64 => Bytes, EVENTS;
}

impl Tables<'_> {
    pub(super) fn entry_number(&self) -> u64 {
        RefCell::borrow(&self.entry).number()
    }

    /// Closes the tables and returns all that was noted.
    pub(super) fn into_entry(self) -> Entry {
        self.entry.take()
    }
}

impl<'txn, K: Key + 'static, V: Value + 'static> Journaled<'txn, K, V> {
    fn open(
        transaction: &'txn WriteTransaction,
        definition: TableDefinition<'static, K, V>,
        code: u8,
        entry: &Rc<RefCell<Entry>>,
    ) -> Result<Self, StoreError> {
        let table = transaction.open_table(definition).map_err(failed_to("open a table"))?;
        Ok(Self { table, code, entry: entry.clone() })
    }

    /// Returns what was there.
    pub(super) fn insert<'k, 'v>(
        &mut self,
        key: impl Borrow<K::SelfType<'k>>,
        value: impl Borrow<V::SelfType<'v>>,
    ) -> Result<Option<AccessGuard<'_, V>>, StorageError> {
        self.note(K::as_bytes(key.borrow()).as_ref(), Some(V::as_bytes(value.borrow()).as_ref()));
        self.table.insert(key, value)
    }

    pub(super) fn remove<'k>(&mut self, key: impl Borrow<K::SelfType<'k>>) -> Result<(), StorageError> {
        self.note(K::as_bytes(key.borrow()).as_ref(), None);
        self.table.remove(key).map(drop)
    }

    fn note(&self, key: &[u8], value: Option<&[u8]>) {
        RefCell::borrow_mut(&self.entry).add(&Row { table: self.code, key, value });
    }

    fn redo(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        let action = "do again what the journal says";
        let key = K::from_bytes(of_width::<K>(row.key)?);
        match row.value {
            Some(value) => self.table.insert(key, V::from_bytes(of_width::<V>(value)?)).map(drop),
            None => self.table.remove(key).map(drop),
        }
        .map_err(failed_to(action))
    }
}

impl<'txn, K: Key + 'static, V: Value + 'static> Deref for Journaled<'txn, K, V> {
    type Target = Table<'txn, K, V>;

    fn deref(&self) -> &Self::Target {
        &self.table
    }
}

/// The database panics over values that do not have the width of their type.
fn of_width<T: Value>(bytes: &[u8]) -> Result<&[u8], StoreError> {
    match T::fixed_width() {
        Some(width) if width != bytes.len() => Err(damaged("row of the journal")),
        _ => Ok(bytes),
    }
}

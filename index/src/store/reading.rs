use super::tables::{
    ACTIVITIES, Bytes, CHANGES, COUNTER_NEXT_NUMBER, COUNTERS, IDEMPOTENT_KEYS, IDS, ITEMS, LABEL_LOG, PART_IDS, Place,
    RECORDS, REGISTER, SEEN_LOG, TRANSMISSIONS,
};
use super::{Change, ChangeKind, codec, damaged, failed_to, keys, lists};
use crate::domain::{Activity, Dialog, DialogId, LabelAssignment, ListItem, Org, SeenEntry, Transmission};
use crate::{Part, StoreError};
use redb::{
    Database, Key, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition, Value,
};
use uuid::Uuid;

/// The store as it was at one moment.
pub(crate) struct Reading {
    pub(super) transaction: ReadTransaction,
}

impl Reading {
    pub(super) fn begin(database: &Database) -> Result<Self, StoreError> {
        let transaction = database.begin_read().map_err(failed_to("begin to read"))?;
        Ok(Self { transaction })
    }

    pub(crate) fn number_of(&self, id: DialogId) -> Result<Option<u64>, StoreError> {
        self.finder()?(id)
    }

    /// As [`Reading::number_of`], for those who look up many.
    pub(crate) fn finder(&self) -> Result<impl Fn(DialogId) -> Result<Option<u64>, StoreError> + use<>, StoreError> {
        let ids = self.table(IDS)?;
        Ok(move |id| number_of(&ids, id))
    }

    /// A dialog without its transmissions and activities.
    pub(crate) fn record(&self, number: u64) -> Result<Option<Dialog>, StoreError> {
        record(&self.table(RECORDS)?, number)
    }

    /// Adds to a record its transmissions and activities.
    pub(crate) fn complete(&self, number: u64, mut record: Dialog) -> Result<Dialog, StoreError> {
        record.transmissions = self.transmissions(number)?;
        record.activities = self.activities(number)?;
        Ok(record)
    }

    pub(crate) fn transmissions(&self, number: u64) -> Result<Vec<Transmission>, StoreError> {
        lists::entries(&self.table(TRANSMISSIONS)?, number, "transmission")
    }

    pub(crate) fn activities(&self, number: u64) -> Result<Vec<Activity>, StoreError> {
        lists::entries(&self.table(ACTIVITIES)?, number, "activity")
    }

    pub(crate) fn dialog(&self, number: u64) -> Result<Option<Dialog>, StoreError> {
        self.record(number)?.map(|record| self.complete(number, record)).transpose()
    }

    /// How many there are.
    pub(crate) fn dialogs(&self) -> Result<u64, StoreError> {
        self.table(RECORDS)?.len().map_err(failed_to("count the dialogs"))
    }

    pub(crate) fn holder_of_part(&self, part: Part, id: Uuid) -> Result<Option<u64>, StoreError> {
        let ids = self.table(PART_IDS)?;
        let holder = ids.get((keys::stored(part), id.as_u128())).map_err(failed_to("look up an id"))?;
        Ok(holder.map(|holder| holder.value()))
    }

    pub(crate) fn holder_of_idempotent_key(&self, org: &Org, key: &str) -> Result<Option<u64>, StoreError> {
        let keys = self.table(IDEMPOTENT_KEYS)?;
        let holder = keys.get((org.as_str(), key)).map_err(failed_to("look up a key"))?;
        Ok(holder.map(|holder| holder.value()))
    }

    /// Oldest first.
    pub(crate) fn seen_log(&self, number: u64) -> Result<Vec<SeenEntry>, StoreError> {
        lists::entries(&self.table(SEEN_LOG)?, number, "seen log")
    }

    /// Oldest first.
    pub(crate) fn label_log(&self, number: u64) -> Result<Vec<LabelAssignment>, StoreError> {
        lists::entries(&self.table(LABEL_LOG)?, number, "label log")
    }

    /// Each with its length as it is stored.
    pub(crate) fn items(&self, numbers: &[u64]) -> Result<Vec<Option<(ListItem, usize)>>, StoreError> {
        let items = self.table(ITEMS)?;
        let item = |number: &u64| match items.get(number).map_err(failed_to("read a list item"))? {
            Some(bytes) => Ok(Some((codec::decode(bytes.value(), "list item")?, bytes.value().len()))),
            None => Ok(None),
        };
        numbers.iter().map(item).collect()
    }

    /// The last sequence of the change log; 0 before the first change.
    pub(crate) fn last_sequence(&self) -> Result<u64, StoreError> {
        let changes = self.table(CHANGES)?;
        let last = changes.last().map_err(failed_to("read the change log"))?;
        Ok(last.map_or(0, |(sequence, _)| sequence.value()))
    }

    /// The change log after a sequence.
    pub(crate) fn changes_after(
        &self,
        sequence: u64,
    ) -> Result<impl Iterator<Item = Result<Change, StoreError>> + use<>, StoreError> {
        let action = "read the change log";
        let rows = self.table(CHANGES)?.range(sequence.saturating_add(1)..).map_err(failed_to(action))?;
        Ok(rows.map(move |row| {
            let (sequence, change) = row.map_err(failed_to(action))?;
            let (number, kind) = change.value();
            let kind = ChangeKind::read(kind).ok_or_else(|| damaged("change"))?;
            Ok(Change { sequence: sequence.value(), number, kind })
        }))
    }

    /// The number that the next new dialog gets: all numbers are below it.
    pub(crate) fn next_number(&self) -> Result<u64, StoreError> {
        let counters = self.table(COUNTERS)?;
        let next = counters.get(COUNTER_NEXT_NUMBER).map_err(failed_to("read a counter"))?;
        next.map(|next| next.value()).ok_or_else(|| damaged("counter"))
    }

    pub(crate) fn register_rows(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let action = "read the register";
        let rows = self.table(REGISTER)?.range::<&str>(..).map_err(failed_to(action))?;
        rows.map(|row| {
            let (key, value) = row.map_err(failed_to(action))?;
            Ok((key.value().to_owned(), value.value().to_owned()))
        })
        .collect()
    }

    /// The numbers that have a record. Reads all records.
    pub(crate) fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        let action = "list the dialogs";
        let rows = self.table(RECORDS)?.range::<u64>(..).map_err(failed_to(action))?;
        rows.map(|row| row.map(|(number, _)| number.value()).map_err(failed_to(action))).collect()
    }

    /// All dialog ids and whose they are.
    pub(crate) fn ids(&self) -> Result<impl Iterator<Item = Result<(DialogId, u64), StoreError>> + use<>, StoreError> {
        let rows = self.table(IDS)?.range::<u128>(..).map_err(failed_to("list the ids"))?;
        Ok(rows.map(|row| {
            let (id, number) = row.map_err(failed_to("list the ids"))?;
            Ok((DialogId(Uuid::from_u128(id.value())), number.value()))
        }))
    }

    /// All ids of parts and whose they are.
    pub(crate) fn part_ids(
        &self,
    ) -> Result<impl Iterator<Item = Result<(Part, Uuid, u64), StoreError>> + use<>, StoreError> {
        let rows = self.table(PART_IDS)?.range::<(u8, u128)>(..).map_err(failed_to("list the ids of parts"))?;
        Ok(rows.map(|row| {
            let (key, number) = row.map_err(failed_to("list the ids of parts"))?;
            let (part, id) = key.value();
            let part = keys::part_of(part).ok_or_else(|| damaged("kind of part"))?;
            Ok((part, Uuid::from_u128(id), number.value()))
        }))
    }

    /// All idempotent keys by service owner, and whose they are.
    pub(crate) fn idempotent_keys(
        &self,
    ) -> Result<impl Iterator<Item = Result<(String, String, u64), StoreError>> + use<>, StoreError> {
        let rows =
            self.table(IDEMPOTENT_KEYS)?.range::<(&str, &str)>(..).map_err(failed_to("list the idempotent keys"))?;
        Ok(rows.map(|row| {
            let (key, number) = row.map_err(failed_to("list the idempotent keys"))?;
            let (org, key) = key.value();
            Ok((org.to_owned(), key.to_owned(), number.value()))
        }))
    }

    /// The numbers that have list items or entries of growing lists, each with what it has.
    pub(crate) fn numbers_of_rows(
        &self,
    ) -> Result<impl Iterator<Item = Result<(&'static str, u64), StoreError>> + use<>, StoreError> {
        let action = "list rows";
        let items = self.table(ITEMS)?.range::<u64>(..).map_err(failed_to(action))?;
        let items =
            items.map(move |row| row.map(|(number, _)| ("list item", number.value())).map_err(failed_to(action)));
        let list = |table: TableDefinition<'static, Place, Bytes>, what: &'static str| {
            let rows = self.table(table)?.range::<Place>(..).map_err(failed_to(action))?;
            Ok::<_, StoreError>(
                rows.map(move |row| row.map(|(place, _)| (what, place.value().0)).map_err(failed_to(action))),
            )
        };
        Ok(items
            .chain(list(TRANSMISSIONS, "transmission")?)
            .chain(list(ACTIVITIES, "activity")?)
            .chain(list(SEEN_LOG, "seen log")?)
            .chain(list(LABEL_LOG, "label log")?))
    }

    pub(super) fn table<K: Key + 'static, V: Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<ReadOnlyTable<K, V>, StoreError> {
        self.transaction.open_table(definition).map_err(failed_to("open a table"))
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

pub(super) fn number_of(ids: &impl ReadableTable<u128, u64>, id: DialogId) -> Result<Option<u64>, StoreError> {
    let number = ids.get(id.0.as_u128()).map_err(failed_to("look up a dialog"))?;
    Ok(number.map(|number| number.value()))
}

pub(super) fn record(records: &impl ReadableTable<u64, Bytes>, number: u64) -> Result<Option<Dialog>, StoreError> {
    match records.get(number).map_err(failed_to("read a dialog"))? {
        Some(bytes) => codec::decode(bytes.value(), "dialog").map(Some),
        None => Ok(None),
    }
}

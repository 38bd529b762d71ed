use super::dictionaries::{Dictionaries, Kind, NewNames};
use super::events::ChangeEvents;
use super::journal::Entry;
use super::journaled::{Journaled, Tables};
use super::keys::{self, UniqueKeys};
use super::tables::{Bytes, COUNTER_DELIVERED_EVENTS, COUNTER_JOURNALED, COUNTER_NEXT_NUMBER, Place};
use super::{ChangeKind, codec, damaged, failed_to, lists, reading};
use crate::domain::{Activity, Dialog, DialogId, LabelAssignment, ListItem, SeenEntry, Timestamp, Transmission};
use crate::{Part, StoreError, WriteError};
use redb::{ReadableTable, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// One write transaction with all its tables. What it has written it also reads.
pub(crate) struct Writing<'txn> {
    dictionaries: &'txn Dictionaries,
    new_names: NewNames,
    next_number: u64,
    last_sequence: u64,
    mutations: u64,
    written_items: Vec<u64>,
    has_events: bool,
    tables: Tables<'txn>,
}

/// A new dialog as it is stored: made outside the transaction, for encoding is most of the work.
#[derive(Clone, Debug)]
pub(crate) struct EncodedDialog {
    id: DialogId,
    keys: UniqueKeys,
    record: Vec<u8>,
    item: Vec<u8>,
    transmissions: Option<Vec<u8>>,
    activities: Option<Vec<u8>>,
    seen_log: Option<Vec<u8>>,
    label_log: Option<Vec<u8>>,
}

impl EncodedDialog {
    pub(crate) fn of(
        dialog: &Dialog,
        seen_log: &[SeenEntry],
        label_log: &[LabelAssignment],
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: dialog.id,
            keys: UniqueKeys::of(dialog),
            record: codec::encode(dialog)?,
            item: codec::encode_plain(&ListItem::of(dialog, seen_log))?,
            transmissions: encoded_entries(&dialog.transmissions)?,
            activities: encoded_entries(&dialog.activities)?,
            seen_log: encoded_entries(seen_log)?,
            label_log: encoded_entries(label_log)?,
        })
    }
}

/// What replaces a stored dialog. All of it is what the dialog is afterwards, growing lists included.
#[derive(Debug)]
pub(crate) struct Revised<'a> {
    pub(crate) dialog: &'a Dialog,
    pub(crate) seen_log: &'a [SeenEntry],
    /// The end of the dialog's transmissions: those that are not stored yet.
    pub(crate) new_transmissions: &'a [Transmission],
    /// The end of the dialog's activities.
    pub(crate) new_activities: &'a [Activity],
    /// Stored before, and otherwise then.
    pub(crate) replaced_transmission: Option<&'a Transmission>,
    pub(crate) replaced_activity: Option<&'a Activity>,
    /// The end of `seen_log`.
    pub(crate) new_seen: &'a [SeenEntry],
    pub(crate) new_label_log: &'a [LabelAssignment],
}

impl<'txn> Writing<'txn> {
    /// `entry` is where its changes are noted.
    pub(super) fn begin(
        transaction: &'txn WriteTransaction,
        dictionaries: &'txn Dictionaries,
        entry: Entry,
    ) -> Result<Self, StoreError> {
        let tables = Tables::open(transaction, entry)?;
        let next_number = tables.counters.get(COUNTER_NEXT_NUMBER).map_err(failed_to("read a counter"))?;
        let next_number = next_number.map(|next| next.value()).ok_or_else(|| damaged("counter"))?;
        let last_sequence = tables.changes.last().map_err(failed_to("read the change log"))?;
        let last_sequence = last_sequence.map_or(0, |(sequence, _)| sequence.value());
        let (new_names, written_items) = Default::default();
        Ok(Self {
            dictionaries,
            new_names,
            next_number,
            last_sequence,
            mutations: 0,
            written_items,
            has_events: false,
            tables,
        })
    }

    /// Ends the work on the tables. `None` when nothing was changed.
    pub(super) fn finish(mut self) -> Result<Option<(NewNames, Entry)>, StoreError> {
        if self.mutations == 0 {
            return Ok(None);
        }
        let journaled = self.tables.entry_number();
        for (name, value) in [(COUNTER_NEXT_NUMBER, self.next_number), (COUNTER_JOURNALED, journaled)] {
            self.tables.counters.insert(name, value).map_err(failed_to("write a counter"))?;
        }
        Ok(Some((self.new_names, self.tables.into_entry())))
    }

    /// Grows with every change. Whoever fails and left it as it was has done no harm.
    pub(crate) fn mutations(&self) -> u64 {
        self.mutations
    }

    /// The last sequence of the change log, with the changes of this transaction.
    pub(crate) fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    /// The numbers of the dialogs whose list items were written since this was last asked.
    pub(crate) fn take_written_items(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.written_items)
    }

    /// Whether it has written events.
    pub(crate) fn has_events(&self) -> bool {
        self.has_events
    }

    pub(crate) fn number_of(&self, id: DialogId) -> Result<Option<u64>, StoreError> {
        reading::number_of(&*self.tables.ids, id)
    }

    /// A dialog with its transmissions and activities.
    pub(crate) fn dialog(&self, number: u64) -> Result<Dialog, StoreError> {
        let mut dialog = self.record(number)?;
        dialog.transmissions = self.transmissions(number)?;
        dialog.activities = self.activities(number)?;
        Ok(dialog)
    }

    /// A dialog without its transmissions and activities.
    pub(crate) fn record(&self, number: u64) -> Result<Dialog, StoreError> {
        reading::record(&*self.tables.records, number)?.ok_or_else(|| damaged("number of a dialog"))
    }

    pub(crate) fn transmissions(&self, number: u64) -> Result<Vec<Transmission>, StoreError> {
        lists::entries(&*self.tables.transmissions, number, "transmission")
    }

    pub(crate) fn activities(&self, number: u64) -> Result<Vec<Activity>, StoreError> {
        lists::entries(&*self.tables.activities, number, "activity")
    }

    pub(crate) fn seen_log(&self, number: u64) -> Result<Vec<SeenEntry>, StoreError> {
        lists::entries(&*self.tables.seen_log, number, "seen log")
    }

    /// The number of a name, given to it now if it has none.
    pub(crate) fn name(&mut self, kind: Kind, name: &str) -> Result<u32, StoreError> {
        let (number, is_new) = self.new_names.number_of(self.dictionaries, kind, name);
        if is_new {
            self.mutations += 1;
            self.tables.names.insert((kind as u8, number), name).map_err(failed_to("write a name"))?;
        }
        Ok(number)
    }

    /// Whether these keys are free, or held by the dialog with this number.
    pub(crate) fn check_keys(&self, keys: &UniqueKeys, number: u64) -> Result<(), WriteError> {
        check_repeated(keys)?;
        for (part, id) in &keys.parts {
            let holder = self.tables.part_ids.get(part_key(*part, *id)).map_err(failed_to("look up an id"))?;
            if holder.is_some_and(|holder| holder.value() != number) {
                return Err(WriteError::IdInUse { part: *part, id: *id });
            }
        }
        self.check_idempotent_key(keys, number)
    }

    /// Whether the keys that a change adds are free. Both are those of the parts that it touches.
    pub(crate) fn check_added_keys(&self, before: &UniqueKeys, after: &UniqueKeys) -> Result<(), WriteError> {
        check_repeated(after)?;
        for (part, id) in after.parts.iter().filter(|key| !before.holds(key)) {
            let holder = self.tables.part_ids.get(part_key(*part, *id)).map_err(failed_to("look up an id"))?;
            if holder.is_some() {
                return Err(WriteError::IdInUse { part: *part, id: *id });
            }
        }
        Ok(())
    }

    fn check_idempotent_key(&self, keys: &UniqueKeys, number: u64) -> Result<(), WriteError> {
        let Some((org, key)) = &keys.idempotent else { return Ok(()) };
        let holder =
            self.tables.idempotent_keys.get((org.as_str(), key.as_str())).map_err(failed_to("look up a key"))?;
        match holder.map(|holder| holder.value()) {
            Some(holder) if holder != number => {
                let (holder, key) = (self.record(holder)?, key.clone());
                Err(match holder.deleted_at {
                    None => WriteError::IdempotentKeyInUse { key, dialog: holder.id },
                    Some(_) => WriteError::IdempotentKeyOfDeleted { key },
                })
            }
            _ => Ok(()),
        }
    }

    /// Stores a new dialog and returns its number. If something that it must have for itself is taken, it is refused
    /// and nothing is changed.
    pub(crate) fn insert(&mut self, dialog: &EncodedDialog) -> Result<u64, WriteError> {
        let action = "write a dialog";
        if self.number_of(dialog.id)?.is_some() {
            return Err(WriteError::IdInUse { part: Part::Dialog, id: dialog.id.0 });
        }
        check_repeated(&dialog.keys)?;
        let number = self.next_number;
        self.mutations += 1;
        self.claim_keys(number, &dialog.keys)?;
        self.next_number += 1;
        self.tables.ids.insert(dialog.id.0.as_u128(), number).map_err(failed_to(action))?;
        self.tables.records.insert(number, dialog.record.as_slice()).map_err(failed_to(action))?;
        self.write_item(number, &dialog.item)?;
        for (table, bytes) in [
            (&mut self.tables.transmissions, &dialog.transmissions),
            (&mut self.tables.activities, &dialog.activities),
            (&mut self.tables.seen_log, &dialog.seen_log),
            (&mut self.tables.label_log, &dialog.label_log),
        ] {
            if let Some(bytes) = bytes {
                table.insert((number, 0), bytes.as_slice()).map_err(failed_to(action))?;
            }
        }
        self.log(number, ChangeKind::Created)?;
        Ok(number)
    }

    /// Writes a dialog again. `before` and `after` are the keys of the parts that the change touches; no fault was found
    /// with those that it adds.
    pub(crate) fn revise(
        &mut self,
        number: u64,
        revised: &Revised<'_>,
        before: &UniqueKeys,
        after: &UniqueKeys,
        kind: ChangeKind,
    ) -> Result<(), StoreError> {
        let action = "write a dialog";
        let Revised { dialog, seen_log, new_transmissions, new_activities, new_seen, new_label_log, .. } = revised;
        let item = codec::encode_plain(&ListItem::of(dialog, seen_log))?;
        let record = codec::encode(dialog)?;
        self.mutations += 1;
        self.tables.records.insert(number, record.as_slice()).map_err(failed_to(action))?;
        self.write_item(number, &item)?;
        if let Some(transmission) = revised.replaced_transmission {
            replace(&mut self.tables.transmissions, number, transmission, |it: &Transmission| {
                it.id == transmission.id
            })?;
        }
        if let Some(activity) = revised.replaced_activity {
            replace(&mut self.tables.activities, number, activity, |it: &Activity| it.id == activity.id)?;
        }
        append(&mut self.tables.transmissions, number, new_transmissions, dialog.transmissions.len())?;
        append(&mut self.tables.activities, number, new_activities, dialog.activities.len())?;
        append(&mut self.tables.seen_log, number, new_seen, seen_log.len())?;
        if !new_label_log.is_empty() {
            let before: Vec<LabelAssignment> = lists::entries(&*self.tables.label_log, number, "label log")?;
            append(&mut self.tables.label_log, number, new_label_log, before.len() + new_label_log.len())?;
        }
        self.remove_keys(before, after)?;
        self.insert_keys(number, after, before)?;
        self.log(number, kind)
    }

    /// Removes a dialog and all that hangs on it. Its number is not used again.
    pub(crate) fn remove(&mut self, number: u64) -> Result<(), StoreError> {
        let action = "remove a dialog";
        let dialog = self.dialog(number)?;
        self.mutations += 1;
        self.remove_keys(&UniqueKeys::of(&dialog), &UniqueKeys::default())?;
        self.tables.ids.remove(dialog.id.0.as_u128()).map_err(failed_to(action))?;
        self.tables.records.remove(number).map_err(failed_to(action))?;
        self.written_items.push(number);
        self.tables.items.remove(number).map_err(failed_to(action))?;
        for table in [
            &mut self.tables.transmissions,
            &mut self.tables.activities,
            &mut self.tables.seen_log,
            &mut self.tables.label_log,
        ] {
            let places = table.range(lists::rows_of(number)).map_err(failed_to(action))?;
            let places = places.map(|row| row.map(|(place, _)| place.value()));
            for place in places.collect::<Result<Vec<Place>, _>>().map_err(failed_to(action))? {
                table.remove(place).map_err(failed_to(action))?;
            }
        }
        self.log(number, ChangeKind::Purged)
    }

    pub(crate) fn replace_register(&mut self, rows: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let action = "write the register";
        self.mutations += 1;
        let stored = self.tables.register.iter().map_err(failed_to(action))?;
        let stored = stored.map(|row| row.map(|(key, _)| key.value().to_owned()));
        for key in stored.collect::<Result<Vec<_>, _>>().map_err(failed_to(action))? {
            self.tables.register.remove(key.as_str()).map_err(failed_to(action))?;
        }
        for (key, value) in rows {
            self.tables.register.insert(key.as_str(), value.as_slice()).map_err(failed_to(action))?;
        }
        Ok(())
    }

    /// Sets or (`None`) removes one row of the register.
    pub(crate) fn set_register_row(&mut self, key: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let action = "write the register";
        self.mutations += 1;
        match value {
            Some(value) => self.tables.register.insert(key, value).map(drop).map_err(failed_to(action)),
            None => self.tables.register.remove(key).map_err(failed_to(action)),
        }
    }

    /// Writes the events of the change that was logged last.
    pub(super) fn insert_events(&mut self, events: &[u8]) -> Result<(), StoreError> {
        self.mutations += 1;
        self.has_events = true;
        self.tables.events.insert(self.last_sequence, events).map(drop).map_err(failed_to("write events"))
    }

    /// Notes that all events up to a sequence have been delivered. What was noted before is not taken back.
    pub(crate) fn set_delivered_events(&mut self, sequence: u64) -> Result<(), StoreError> {
        let sequence = sequence.min(self.last_sequence);
        let known = self.tables.counters.get(COUNTER_DELIVERED_EVENTS).map_err(failed_to("read a counter"))?;
        if known.map_or(0, |known| known.value()) < sequence {
            self.mutations += 1;
            let written = self.tables.counters.insert(COUNTER_DELIVERED_EVENTS, sequence);
            written.map(drop).map_err(failed_to("write a counter"))?;
        }
        Ok(())
    }

    /// Removes events of changes up to a sequence that are older than a time, oldest first and at most so many changes.
    /// Returns of how many.
    pub(crate) fn remove_events(
        &mut self,
        up_to: u64,
        older_than: Timestamp,
        most: usize,
    ) -> Result<usize, StoreError> {
        let action = "remove events";
        let mut old = Vec::new();
        for row in self.tables.events.range(..=up_to).map_err(failed_to(action))?.take(most) {
            let (sequence, bytes) = row.map_err(failed_to(action))?;
            let events = ChangeEvents::decode(bytes.value())?;
            if events.at >= older_than {
                break;
            }
            old.push(sequence.value());
        }
        self.mutations += u64::from(!old.is_empty());
        for sequence in &old {
            self.tables.events.remove(*sequence).map_err(failed_to(action))?;
        }
        Ok(old.len())
    }

    fn write_item(&mut self, number: u64, item: &[u8]) -> Result<(), StoreError> {
        self.written_items.push(number);
        self.tables.items.insert(number, item).map_err(failed_to("write a dialog"))?;
        Ok(())
    }

    /// Takes keys for a new dialog, all or none: to look a key up before writing it costs as much as writing it.
    fn claim_keys(&mut self, number: u64, keys: &UniqueKeys) -> Result<(), WriteError> {
        let action = "write a key";
        for (place, (part, id)) in keys.parts.iter().enumerate() {
            let key = part_key(*part, *id);
            let holder =
                self.tables.part_ids.insert(key, number).map_err(failed_to(action))?.map(|holder| holder.value());
            if let Some(holder) = holder {
                self.tables.part_ids.insert(key, holder).map_err(failed_to(action))?;
                self.give_back(&keys.parts[..place])?;
                return Err(WriteError::IdInUse { part: *part, id: *id });
            }
        }
        match self.check_idempotent_key(keys, number) {
            Ok(()) => {}
            Err(WriteError::Store(error)) => return Err(error.into()),
            Err(refusal) => {
                self.give_back(&keys.parts)?;
                return Err(refusal);
            }
        }
        if let Some((org, key)) = &keys.idempotent {
            self.tables.idempotent_keys.insert((org.as_str(), key.as_str()), number).map_err(failed_to(action))?;
        }
        Ok(())
    }

    /// Undoes the only change of a dialog that is refused.
    fn give_back(&mut self, parts: &[(Part, Uuid)]) -> Result<(), StoreError> {
        for (part, id) in parts {
            self.tables.part_ids.remove(part_key(*part, *id)).map_err(failed_to("remove a key"))?;
        }
        self.mutations -= 1;
        Ok(())
    }

    fn insert_keys(&mut self, number: u64, keys: &UniqueKeys, already: &UniqueKeys) -> Result<(), StoreError> {
        let action = "write a key";
        for (part, id) in keys.parts.iter().filter(|key| !already.holds(key)) {
            self.tables.part_ids.insert(part_key(*part, *id), number).map_err(failed_to(action))?;
        }
        if let Some((org, key)) = keys.idempotent.as_ref().filter(|_| keys.idempotent != already.idempotent) {
            self.tables.idempotent_keys.insert((org.as_str(), key.as_str()), number).map_err(failed_to(action))?;
        }
        Ok(())
    }

    fn remove_keys(&mut self, stored: &UniqueKeys, kept: &UniqueKeys) -> Result<(), StoreError> {
        let action = "remove a key";
        for (part, id) in stored.parts.iter().filter(|key| !kept.holds(key)) {
            self.tables.part_ids.remove(part_key(*part, *id)).map_err(failed_to(action))?;
        }
        if let Some((org, key)) = stored.idempotent.as_ref().filter(|_| stored.idempotent != kept.idempotent) {
            self.tables.idempotent_keys.remove((org.as_str(), key.as_str())).map_err(failed_to(action))?;
        }
        Ok(())
    }

    fn log(&mut self, number: u64, kind: ChangeKind) -> Result<(), StoreError> {
        self.last_sequence += 1;
        self.tables
            .changes
            .insert(self.last_sequence, (number, kind.stored()))
            .map_err(failed_to("write the change log"))?;
        Ok(())
    }
}

impl std::fmt::Debug for Writing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").field("mutations", &self.mutations).finish_non_exhaustive()
    }
}

fn check_repeated(keys: &UniqueKeys) -> Result<(), WriteError> {
    keys.repeated().map_or(Ok(()), |(part, id)| Err(WriteError::IdInUse { part, id }))
}

fn part_key(part: Part, id: Uuid) -> (u8, u128) {
    (keys::stored(part), id.as_u128())
}

/// Adds entries to the end of a list that has `length` entries then.
fn append<T: Serialize + DeserializeOwned>(
    table: &mut Journaled<'_, Place, Bytes>,
    number: u64,
    new: &[T],
    length: usize,
) -> Result<(), StoreError> {
    if let Some(bytes) = encoded_entries(new)? {
        let first = u32::try_from(length - new.len()).map_err(|_| damaged("length of a list"))?;
        table.insert((number, first), bytes.as_slice()).map_err(failed_to("write a list"))?;
    }
    Ok(())
}

/// Writes one stored entry of a list again.
fn replace<T: Clone + Serialize + DeserializeOwned>(
    table: &mut Journaled<'_, Place, Bytes>,
    number: u64,
    new: &T,
    is_replaced: impl Fn(&T) -> bool,
) -> Result<(), StoreError> {
    let action = "write a list";
    let mut found = None;
    for row in table.range(lists::rows_of(number)).map_err(failed_to(action))? {
        let (place, bytes) = row.map_err(failed_to(action))?;
        let mut entries: Vec<T> = codec::decode(bytes.value(), "list")?;
        if let Some(entry) = entries.iter_mut().find(|entry| is_replaced(entry)) {
            *entry = new.clone();
            found = Some((place.value(), entries));
            break;
        }
    }
    let (place, entries) = found.ok_or_else(|| damaged("list: an entry is missing"))?;
    let bytes = codec::encode(&entries)?;
    table.insert(place, bytes.as_slice()).map(drop).map_err(failed_to(action))
}

fn encoded_entries<T: Serialize>(entries: &[T]) -> Result<Option<Vec<u8>>, StoreError> {
    if entries.is_empty() { Ok(None) } else { codec::encode(&entries).map(Some) }
}

impl ChangeKind {
    const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Seen, Self::Purged];

    fn stored(self) -> u8 {
        match self {
            Self::Created => 0,
            Self::Updated => 1,
            Self::Seen => 2,
            Self::Purged => 3,
        }
    }

    pub(super) fn read(stored: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.stored() == stored)
    }
}

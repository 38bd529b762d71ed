//! Damage that the store itself never does, for tests of what finds it.

use super::tables::{CHANGES, COUNTER_DELIVERED_EVENTS, COUNTERS, EVENTS, IDEMPOTENT_KEYS, IDS, ITEMS, RECORDS};
use super::{DialogStore, failed_to};
use crate::StoreError;
use uuid::Uuid;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Damage {
    /// The record of this number has a layout that nobody knows.
    Record(u64),
    NoRecord(u64),
    NoItem(u64),
    NoId(&'static str),
    /// The change log lacks this sequence.
    NoChange(u64),
    /// The events of this sequence have a layout that nobody knows.
    Events(u64),
    /// The events of the first sequence are those of the second instead.
    MovedEvents(u64, u64),
    /// Events up to this sequence are noted as delivered.
    Delivered(u64),
    /// Of this service owner.
    NoIdempotentKey(&'static str, &'static str),
}

impl DialogStore {
    pub(crate) fn do_damage(&self, damage: Damage) -> Result<(), StoreError> {
        let action = "do damage";
        let transaction = self.files.database.begin_write().map_err(failed_to(action))?;
        match damage {
            Damage::Record(number) => {
                let mut records = transaction.open_table(RECORDS).map_err(failed_to(action))?;
                records.insert(number, [255, 0].as_slice()).map_err(failed_to(action))?;
            }
            Damage::NoRecord(number) => {
                transaction
                    .open_table(RECORDS)
                    .map_err(failed_to(action))?
                    .remove(number)
                    .map_err(failed_to(action))?;
            }
            Damage::NoItem(number) => {
                transaction.open_table(ITEMS).map_err(failed_to(action))?.remove(number).map_err(failed_to(action))?;
            }
            Damage::NoId(id) => {
                let id = Uuid::parse_str(id).expect("a valid id").as_u128();
                transaction.open_table(IDS).map_err(failed_to(action))?.remove(id).map_err(failed_to(action))?;
            }
            Damage::NoChange(sequence) => {
                let mut changes = transaction.open_table(CHANGES).map_err(failed_to(action))?;
                changes.remove(sequence).map_err(failed_to(action))?;
            }
            Damage::Events(sequence) => {
                let mut events = transaction.open_table(EVENTS).map_err(failed_to(action))?;
                events.insert(sequence, [255, 0].as_slice()).map_err(failed_to(action))?;
            }
            Damage::MovedEvents(from, to) => {
                let mut events = transaction.open_table(EVENTS).map_err(failed_to(action))?;
                let moved = events.remove(from).map_err(failed_to(action))?.map(|events| events.value().to_owned());
                events.insert(to, moved.expect("there are events").as_slice()).map_err(failed_to(action))?;
            }
            Damage::Delivered(sequence) => {
                let mut counters = transaction.open_table(COUNTERS).map_err(failed_to(action))?;
                counters.insert(COUNTER_DELIVERED_EVENTS, sequence).map_err(failed_to(action))?;
            }
            Damage::NoIdempotentKey(org, key) => {
                let mut keys = transaction.open_table(IDEMPOTENT_KEYS).map_err(failed_to(action))?;
                keys.remove((org, key)).map_err(failed_to(action))?;
            }
        }
        transaction.commit().map_err(failed_to(action))
    }
}

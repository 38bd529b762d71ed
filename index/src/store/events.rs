//! The outbox: what happened in each change that others are told of, written by the transaction of the change.

use super::dictionaries::Kind;
use super::reading::Reading;
use super::tables::{COUNTER_DELIVERED_EVENTS, COUNTERS, EVENTS, NAMES};
use super::writing::Writing;
use super::{codec, damaged, failed_to};
use crate::StoreError;
use crate::domain::{Dialog, DialogId, Event, EventKind, Party, ServiceResource, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The events of one change. Everything that a reader needs is in it or in the dictionaries, which only grow, so that
/// they can be told when the dialog is gone.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChangeEvents {
    pub(crate) at: Timestamp,
    pub(crate) dialog: DialogId,
    party: u32,
    resource: u32,
    /// The service as the owner spells it, where that is not in lower case.
    resource_as_given: Option<String>,
    process: Option<u32>,
    preceding_process: Option<u32>,
    pub(crate) kinds: Vec<EventKind>,
}

impl Writing<'_> {
    /// Adds to the change that was logged last what others are told of it.
    pub(crate) fn add_events(
        &mut self,
        at: Timestamp,
        dialog: &Dialog,
        kinds: Vec<EventKind>,
    ) -> Result<(), StoreError> {
        if kinds.is_empty() {
            return Ok(());
        }
        let resource = dialog.service_resource.to_lower();
        let process = |writing: &mut Self, name: &Option<String>| {
            name.as_ref().map(|name| writing.name(Kind::Process, name)).transpose()
        };
        let events = ChangeEvents {
            at,
            dialog: dialog.id,
            party: self.name(Kind::Party, dialog.party.as_str())?,
            resource: self.name(Kind::Resource, resource.as_str())?,
            resource_as_given: (resource != dialog.service_resource)
                .then(|| dialog.service_resource.as_str().to_owned()),
            process: process(self, &dialog.process)?,
            preceding_process: process(self, &dialog.preceding_process)?,
            kinds,
        };
        self.insert_events(&codec::encode(&events)?)
    }
}

impl Reading {
    /// The events of the changes after a sequence, each with that of its change, oldest first.
    pub(crate) fn change_events_after(
        &self,
        sequence: u64,
    ) -> Result<impl Iterator<Item = Result<(u64, Result<ChangeEvents, StoreError>), StoreError>> + use<>, StoreError>
    {
        let action = "read the events";
        let rows = self.table(EVENTS)?.range(sequence.saturating_add(1)..).map_err(failed_to(action))?;
        Ok(rows.map(move |row| {
            let (sequence, bytes) = row.map_err(failed_to(action))?;
            Ok((sequence.value(), codec::decode(bytes.value(), "event")))
        }))
    }

    /// What is told of a change.
    pub(crate) fn events_of(&self, sequence: u64, change: ChangeEvents) -> Result<Vec<Event>, StoreError> {
        let names = self.table(NAMES)?;
        let name = |kind: Kind, number: u32| {
            let name = names.get((kind as u8, number)).map_err(failed_to("read a name"))?;
            name.map(|name| name.value().to_owned()).ok_or_else(|| damaged("event: a name has no such number"))
        };
        let process = |number: Option<u32>| number.map(|number| name(Kind::Process, number)).transpose();
        let party = Party::parse(&name(Kind::Party, change.party)?).map_err(|_| damaged("party of an event"))?;
        let resource = match change.resource_as_given {
            Some(resource) => resource,
            None => name(Kind::Resource, change.resource)?,
        };
        let service_resource = ServiceResource::parse(&resource).map_err(|_| damaged("service of an event"))?;
        let (process, preceding_process) = (process(change.process)?, process(change.preceding_process)?);
        let event = |(ordinal, kind): (usize, EventKind)| Event {
            id: match kind {
                EventKind::Seen { entry } => entry,
                _ => event_id(change.dialog, change.at, sequence, ordinal),
            },
            sequence,
            at: change.at,
            dialog: change.dialog,
            service_resource: service_resource.clone(),
            party: party.clone(),
            process: process.clone(),
            preceding_process: preceding_process.clone(),
            kind,
        };
        Ok(change.kinds.into_iter().enumerate().map(event).collect())
    }

    /// All events up to this sequence have been delivered.
    pub(crate) fn delivered_events(&self) -> Result<u64, StoreError> {
        let counters = self.table(COUNTERS)?;
        let delivered = counters.get(COUNTER_DELIVERED_EVENTS).map_err(failed_to("read a counter"))?;
        Ok(delivered.map_or(0, |delivered| delivered.value()))
    }
}

/// The time is in it since a folder that was restored from a backup gives sequences again.
fn event_id(dialog: DialogId, at: Timestamp, sequence: u64, ordinal: usize) -> Uuid {
    Uuid::new_v5(&dialog.0, format!("event {sequence} {ordinal} {at}").as_bytes())
}

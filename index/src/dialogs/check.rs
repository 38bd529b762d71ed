//! Whether the tables of the store agree with one another, and the index with the store.

use super::{Dialogs, replay};
use crate::domain::{Dialog, DialogId, Event, ListItem};
use crate::store::{Change, DialogStore, Reading, UniqueKeys};
use crate::{OpenError, Part, StoreError};
use rustc_hash::FxHashMap;
use std::fmt;
use std::num::NonZero;
use std::thread;
use uuid::Uuid;

/// What a check looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub dialogs: u64,
    pub changes: u64,
    pub differences: Vec<Difference>,
}

/// Two places that should agree and do not. Dialogs are named by the store's numbers where they have no readable
/// record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A value that cannot be read, with the chain of reasons.
    Unreadable { number: u64, reason: String },
    /// The id of a dialog is not known, or as that of another.
    Id { dialog: DialogId, found: Option<u64> },
    /// An id without a dialog.
    StrayId { dialog: DialogId },
    /// The list item is missing or not what the dialog makes it.
    Item { dialog: DialogId },
    /// A row of a list for a number without a dialog.
    StrayRow { what: &'static str, number: u64 },
    /// The id of a part is not known as that of its dialog.
    PartId { dialog: DialogId, part: Part, id: Uuid },
    /// The id of a part that no dialog has.
    StrayPartId { part: Part, id: Uuid },
    /// The idempotent key is not known as that of its dialog.
    IdempotentKey { dialog: DialogId },
    /// An idempotent key that no dialog has.
    StrayIdempotentKey { org: String, key: String },
    /// A dialog has a number that was never given out.
    Number { dialog: DialogId, number: u64 },
    /// A sequence is missing from the change log.
    Sequence { missing: u64 },
    /// The change log says nothing of a dialog.
    Unlogged { dialog: DialogId },
    /// The events of a change cannot be read, with the chain of reasons.
    UnreadableEvents { sequence: u64, reason: String },
    /// There are events of a change that the change log does not have.
    StrayEvents { sequence: u64 },
    /// The events of a change are of another dialog than the change.
    EventsOfAnother { sequence: u64, dialog: DialogId },
    /// Events are said to be delivered whose changes are still to come.
    DeliveredBeyond { delivered: u64 },
    /// The dialog is not in the index.
    NotIndexed { dialog: DialogId },
    /// The dialog is in the index more than once.
    IndexedTwice { number: u64 },
    /// The index holds another state of the dialog.
    IndexedOtherwise { dialog: DialogId },
    /// The index holds a dialog that the store does not.
    StrayInIndex { number: u64 },
}

impl Dialogs {
    /// Compares the tables of the store with one another, with the change log, and with the index. Writes wait while
    /// the state to look at is fixed; the work itself is done beside them, on all cores.
    pub fn check(&self) -> Result<Report, OpenError> {
        let (store, index) = (self.inner.store.clone(), self.inner.index.clone());
        let fixed = self.inner.writer.at_rest(move |_| {
            let indexed = index.fingerprints()?;
            Ok::<_, OpenError>((store.read()?, indexed))
        })??;
        let (reading, indexed) = fixed;
        Ok(check(&self.inner.store, &reading, indexed)?)
    }
}

fn check(store: &DialogStore, reading: &Reading, indexed: Vec<(u64, u32)>) -> Result<Report, StoreError> {
    let mut differences = Vec::new();
    let numbers = reading.numbers()?;
    let (changes, logged) = check_change_log(reading, &mut differences)?;
    check_events(reading, &mut differences)?;
    let next_number = reading.next_number()?;

    let mut fingerprints: FxHashMap<u64, u32> = FxHashMap::default();
    for (number, fingerprint) in indexed {
        if fingerprints.insert(number, fingerprint).is_some() {
            differences.push(Difference::IndexedTwice { number });
        }
    }
    let expected = Expected { store, reading, fingerprints: &fingerprints, logged: &logged, next_number };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = numbers.len().div_ceil(cores).max(1);
    let found: Vec<Result<Vec<Difference>, StoreError>> = thread::scope(|scope| {
        let workers: Vec<_> = numbers.chunks(share).map(|share| scope.spawn(|| expected.differences(share))).collect();
        let join = |panic| std::panic::resume_unwind(panic);
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(join)).collect()
    });
    for found in found {
        differences.extend(found?);
    }
    check_strays(reading, &numbers, &mut differences)?;
    let mut strays: Vec<u64> =
        fingerprints.into_keys().filter(|number| numbers.binary_search(number).is_err()).collect();
    strays.sort_unstable();
    differences.extend(strays.into_iter().map(|number| Difference::StrayInIndex { number }));
    Ok(Report { dialogs: numbers.len() as u64, changes, differences })
}

/// How many changes there are, and the numbers they speak of, in order.
fn check_change_log(reading: &Reading, differences: &mut Vec<Difference>) -> Result<(u64, Vec<u64>), StoreError> {
    let mut logged = Vec::new();
    let (mut expected, mut changes) = (1, 0);
    for change in reading.changes_after(0)? {
        let change = change?;
        differences.extend((expected..change.sequence).map(|missing| Difference::Sequence { missing }));
        expected = change.sequence + 1;
        changes += 1;
        logged.push(change.number);
    }
    logged.sort_unstable();
    logged.dedup();
    Ok((changes, logged))
}

/// Events, which lie in the order of the change log. Not every change has some.
fn check_events(reading: &Reading, differences: &mut Vec<Difference>) -> Result<(), StoreError> {
    let mut changes = reading.changes_after(0)?;
    let mut change = None;
    for stored in reading.stored_events_after(0)? {
        let stored = stored?;
        let sequence = stored.sequence;
        while change.is_none_or(|change: Change| change.sequence < sequence) {
            match changes.next().transpose()? {
                Some(next) => change = Some(next),
                None => break,
            }
        }
        let events = match reading.events(&stored) {
            Ok(events) => events,
            Err(error @ StoreError::Damaged { .. }) => {
                differences.push(Difference::UnreadableEvents { sequence, reason: chain(&error) });
                continue;
            }
            Err(other) => return Err(other),
        };
        let Some(change) = change.filter(|change| change.sequence == sequence) else {
            differences.push(Difference::StrayEvents { sequence });
            continue;
        };
        // Of a purged dialog only the number is left.
        let record = unless_damaged(reading.record(change.number))?.flatten();
        let is_of_another = |event: &&Event| record.as_ref().is_some_and(|record| record.id != event.dialog);
        let of_another = events.iter().find(is_of_another);
        differences.extend(of_another.map(|event| Difference::EventsOfAnother { sequence, dialog: event.dialog }));
    }
    let delivered = reading.delivered_events()?;
    if delivered > reading.last_sequence()? {
        differences.push(Difference::DeliveredBeyond { delivered });
    }
    Ok(())
}

/// What the records are held against.
struct Expected<'a> {
    store: &'a DialogStore,
    reading: &'a Reading,
    fingerprints: &'a FxHashMap<u64, u32>,
    logged: &'a [u64],
    next_number: u64,
}

impl Expected<'_> {
    fn differences(&self, numbers: &[u64]) -> Result<Vec<Difference>, StoreError> {
        let mut differences = Vec::new();
        for number in numbers {
            match self.check(*number, &mut differences) {
                Err(error @ StoreError::Damaged { .. }) => {
                    differences.push(Difference::Unreadable { number: *number, reason: chain(&error) });
                }
                other => other?,
            }
        }
        Ok(differences)
    }

    fn check(&self, number: u64, differences: &mut Vec<Difference>) -> Result<(), StoreError> {
        let Some(dialog) = self.reading.dialog(number)? else { return Ok(()) };
        let seen_log = self.reading.seen_log(number)?;
        self.reading.label_log(number)?;
        let id = dialog.id;
        let found = self.reading.number_of(id)?;
        if found != Some(number) {
            differences.push(Difference::Id { dialog: id, found });
        }
        if number >= self.next_number {
            differences.push(Difference::Number { dialog: id, number });
        }
        if self.logged.binary_search(&number).is_err() {
            differences.push(Difference::Unlogged { dialog: id });
        }
        let item = self.reading.items(&[number])?.pop().flatten();
        if item.is_none_or(|(item, _)| item != ListItem::of(&dialog, &seen_log)) {
            differences.push(Difference::Item { dialog: id });
        }
        self.check_keys(number, &dialog, differences)?;
        let row = replay::stored_row(self.store, number, &dialog)?;
        match self.fingerprints.get(&number) {
            None => differences.push(Difference::NotIndexed { dialog: id }),
            Some(found) if *found != row.fingerprint() => differences.push(Difference::IndexedOtherwise { dialog: id }),
            Some(_) => {}
        }
        Ok(())
    }

    fn check_keys(&self, number: u64, dialog: &Dialog, differences: &mut Vec<Difference>) -> Result<(), StoreError> {
        let keys = UniqueKeys::of(dialog);
        for (part, id) in &keys.parts {
            if self.reading.holder_of_part(*part, *id)? != Some(number) {
                differences.push(Difference::PartId { dialog: dialog.id, part: *part, id: *id });
            }
        }
        if let Some((org, key)) = &keys.idempotent
            && self.reading.holder_of_idempotent_key(org, key)? != Some(number)
        {
            differences.push(Difference::IdempotentKey { dialog: dialog.id });
        }
        Ok(())
    }
}

/// Rows that belong to no dialog. `numbers` are in order.
fn check_strays(reading: &Reading, numbers: &[u64], differences: &mut Vec<Difference>) -> Result<(), StoreError> {
    let is_known = |number: u64| numbers.binary_search(&number).is_ok();
    for row in reading.ids()? {
        let (dialog, number) = row?;
        // An id beside the dialog's own is a stray, too.
        let Some(record) = unless_damaged(reading.record(number))? else { continue };
        if record.is_none_or(|record| record.id != dialog) {
            differences.push(Difference::StrayId { dialog });
        }
    }
    for row in reading.numbers_of_rows()? {
        let (what, number) = row?;
        if !is_known(number) {
            differences.push(Difference::StrayRow { what, number });
        }
    }
    let mut keys_of = KeysOf { reading, last: None };
    for row in reading.part_ids()? {
        let (part, id, number) = row?;
        if !keys_of.dialog(number)?.includes(|keys| keys.holds(&(part, id))) {
            differences.push(Difference::StrayPartId { part, id });
        }
    }
    for row in reading.idempotent_keys()? {
        let (org, key, number) = row?;
        let is_held =
            |keys: &UniqueKeys| keys.idempotent.as_ref().is_some_and(|(of, held)| of.as_str() == org && *held == key);
        if !keys_of.dialog(number)?.includes(is_held) {
            differences.push(Difference::StrayIdempotentKey { org, key });
        }
    }
    Ok(())
}

/// The keys of dialogs, the last one remembered: ids of parts made together lie together.
struct KeysOf<'a> {
    reading: &'a Reading,
    last: Option<(u64, Keys)>,
}

enum Keys {
    NoDialog,
    Of(UniqueKeys),
    /// What they are cannot be told. That the dialog is damaged has been said.
    Unreadable,
}

impl KeysOf<'_> {
    fn dialog(&mut self, number: u64) -> Result<&Keys, StoreError> {
        let known = self.last.take().filter(|(last, _)| *last == number);
        let known = match known {
            Some(known) => known,
            None => match unless_damaged(self.reading.dialog(number))? {
                None => (number, Keys::Unreadable),
                Some(None) => (number, Keys::NoDialog),
                Some(Some(dialog)) => (number, Keys::Of(UniqueKeys::of(&dialog))),
            },
        };
        Ok(&self.last.insert(known).1)
    }
}

impl Keys {
    fn includes(&self, is_held: impl FnOnce(&UniqueKeys) -> bool) -> bool {
        match self {
            Self::NoDialog => false,
            Self::Of(keys) => is_held(keys),
            Self::Unreadable => true,
        }
    }
}

/// What was read, unless it is damaged.
fn unless_damaged<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Damaged { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// An error with its sources in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |source| source.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { number, reason } => write!(f, "dialog number {number}: {reason}"),
            Self::Id { dialog, found: None } => write!(f, "dialog {dialog}: its id is not known"),
            Self::Id { dialog, found: Some(number) } => {
                write!(f, "dialog {dialog}: its id leads to dialog number {number}")
            }
            Self::StrayId { dialog } => write!(f, "the id {dialog} leads to no dialog of that id"),
            Self::Item { dialog } => write!(f, "dialog {dialog}: its list item is missing or stale"),
            Self::StrayRow { what, number } => write!(f, "dialog number {number}: {what} without a dialog"),
            Self::PartId { dialog, part, id } => {
                write!(f, "dialog {dialog}: its {part} id {id} is not known as its own")
            }
            Self::StrayPartId { part, id } => write!(f, "the {part} id {id} leads to no dialog that has it"),
            Self::IdempotentKey { dialog } => write!(f, "dialog {dialog}: its idempotent key is not known as its own"),
            Self::StrayIdempotentKey { org, key } => {
                write!(f, "the idempotent key {key} of {org} leads to no dialog that has it")
            }
            Self::Number { dialog, number } => {
                write!(f, "dialog {dialog}: its number {number} was never given out")
            }
            Self::Sequence { missing } => write!(f, "the change log lacks sequence {missing}"),
            Self::Unlogged { dialog } => write!(f, "dialog {dialog}: the change log says nothing of it"),
            Self::UnreadableEvents { sequence, reason } => write!(f, "events of sequence {sequence}: {reason}"),
            Self::StrayEvents { sequence } => {
                write!(f, "events of sequence {sequence}: the change log has no such change")
            }
            Self::EventsOfAnother { sequence, dialog } => {
                write!(f, "events of sequence {sequence}: they are of dialog {dialog}, which that change is not of")
            }
            Self::DeliveredBeyond { delivered } => {
                write!(f, "events are noted as delivered up to sequence {delivered}, which is still to come")
            }
            Self::NotIndexed { dialog } => write!(f, "dialog {dialog}: it is not in the index"),
            Self::IndexedTwice { number } => write!(f, "dialog number {number}: it is in the index twice"),
            Self::IndexedOtherwise { dialog } => write!(f, "dialog {dialog}: the index holds another state of it"),
            Self::StrayInIndex { number } => {
                write!(f, "dialog number {number}: it is in the index and not in the store")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialogs::fixture::{TestDialogs, activity, attachment, new_dialog, transmission};
    use crate::domain::{ActivityType, Timestamp, TransmissionType};
    use crate::store::Damage;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

    fn two_dialogs() -> TestDialogs {
        let stored = TestDialogs::new();
        for id in [1, 2] {
            let mut dialog = new_dialog(id);
            dialog.idempotent_key = Some(format!("key {id}"));
            dialog.attachments = vec![attachment(10 + id)];
            dialog.transmissions = vec![transmission(20 + id, TransmissionType::Alert)];
            dialog.activities = vec![activity(30 + id, ActivityType::DialogOpened, None)];
            stored.dialogs.create(dialog, NOW).expect("the dialog is created");
        }
        stored.assert_consistent(2);
        stored
    }

    /// Does this damage to two dialogs and holds what the check says of it against these lines.
    #[track_caller]
    fn check_damage(damage: Damage, expected: &[&str]) {
        let stored = two_dialogs();
        stored.dialogs.inner.store.do_damage(damage).expect("the damage is done");
        let report = stored.dialogs.check().expect("the check runs");
        let found: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_kind_of_damage_has_a_name() {
        let first = "00000000-0000-0000-0000-000000000001";
        let part = |last: &str| format!("00000000-0000-0000-0000-0000000000{last}");
        check_damage(
            Damage::Record(1),
            &["dialog number 1: the store holds a damaged dialog: it has an unknown layout (255)"],
        );
        check_damage(Damage::NoItem(1), &[&format!("dialog {first}: its list item is missing or stale")]);
        check_damage(Damage::NoId(first), &[&format!("dialog {first}: its id is not known")]);
        check_damage(
            Damage::NoRecord(1),
            &[
                &format!("the id {first} leads to no dialog of that id"),
                "dialog number 1: list item without a dialog",
                "dialog number 1: transmission without a dialog",
                "dialog number 1: activity without a dialog",
                &format!("the transmission id {} leads to no dialog that has it", part("15")),
                &format!("the activity id {} leads to no dialog that has it", part("1f")),
                &format!("the attachment id {} leads to no dialog that has it", part("0b")),
                "the idempotent key key 1 of skd leads to no dialog that has it",
                "dialog number 1: it is in the index and not in the store",
            ],
        );
        check_damage(
            Damage::NoChange(1),
            &[
                "the change log lacks sequence 1",
                "events of sequence 1: the change log has no such change",
                &format!("dialog {first}: the change log says nothing of it"),
            ],
        );
        check_damage(
            Damage::Events(2),
            &["events of sequence 2: the store holds a damaged event: it has an unknown layout (255)"],
        );
        check_damage(
            Damage::MovedEvents(1, 2),
            &[&format!("events of sequence 2: they are of dialog {first}, which that change is not of")],
        );
        check_damage(Damage::Delivered(3), &["events are noted as delivered up to sequence 3, which is still to come"]);
        check_damage(
            Damage::NoIdempotentKey("skd", "key 1"),
            &[&format!("dialog {first}: its idempotent key is not known as its own")],
        );
    }
}

//! What others are told of changes: the outbox, how far it has been delivered, and who wants to know at once.

use super::writer::Group;
use super::{Dialogs, of_the_store};
use crate::StoreError;
use crate::domain::{Activity, Event, EventKind, Timestamp, Transmission};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The most changes whose events are removed in one transaction: writers wait meanwhile.
const MAX_REMOVED: usize = 500;

/// Whoever wants to know at once that there are new events.
#[derive(Clone, Default)]
pub(super) struct EventListener(Arc<Mutex<Option<Box<dyn Fn() + Send>>>>);

impl EventListener {
    pub(super) fn tell(&self) {
        if let Some(tell) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            tell();
        }
    }
}

impl fmt::Debug for EventListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventListener")
    }
}

impl Dialogs {
    /// The events of the changes after a sequence, oldest first: at least so many, if there are, for the events of one
    /// change are not parted.
    pub fn events_after(&self, sequence: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        let reading = self.inner.store.read()?;
        let mut events = Vec::new();
        for row in reading.change_events_after(sequence)? {
            if events.len() >= limit {
                break;
            }
            let (sequence, change) = row?;
            events.extend(reading.events_of(sequence, change?)?);
        }
        Ok(events)
    }

    /// The sequence up to which all events have been delivered.
    pub fn delivered_events(&self) -> Result<u64, StoreError> {
        self.inner.store.read()?.delivered_events()
    }

    /// Notes that all events up to a sequence have been delivered. What was noted before is not taken back.
    pub fn set_delivered_events(&self, sequence: u64) -> Result<(), StoreError> {
        let note = move |group: &mut Group<'_, '_>| Ok(group.writing.set_delivered_events(sequence)?);
        self.inner.writer.submit(note).map_err(of_the_store)
    }

    /// Removes events of changes up to a sequence that are older than a time: as many as may be removed at once.
    /// Returns whether there may be more.
    pub fn remove_events(&self, up_to: u64, older_than: Timestamp) -> Result<bool, StoreError> {
        let remove =
            move |group: &mut Group<'_, '_>| Ok(group.writing.remove_events(up_to, older_than, MAX_REMOVED)?);
        Ok(self.inner.writer.submit(remove).map_err(of_the_store)? == MAX_REMOVED)
    }

    /// Has `tell` called whenever there are new events, in place of what was to be called before. It is called by the
    /// thread that writes, so it must not wait for anything.
    pub fn on_events(&self, tell: impl Fn() + Send + 'static) {
        let listener = &self.inner.event_listener.0;
        *listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(tell));
    }
}

/// What a change that is no creation is to a dialog that was deleted before, or is then.
pub(super) fn of_change(was_deleted: bool, is_deleted: bool) -> EventKind {
    match (was_deleted, is_deleted) {
        (false, true) => EventKind::Deleted,
        (true, false) => EventKind::Restored,
        _ => EventKind::Updated,
    }
}

/// The events of parts that a change brought along.
pub(super) fn of_new_parts<'a>(
    transmissions: &'a [Transmission],
    activities: &'a [Activity],
) -> impl Iterator<Item = EventKind> + use<'a> {
    let transmissions = transmissions
        .iter()
        .map(|it| EventKind::TransmissionCreated { id: it.id, is_from_party: it.transmission_type.is_from_party() });
    let activities = activities.iter().map(|it| EventKind::ActivityCreated {
        id: it.id,
        activity_type: it.activity_type,
        extended_type: it.extended_type.clone(),
    });
    transmissions.chain(activities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WriteError;
    use crate::dialogs::fixture::{ALICE, TestDialogs, activity, new_dialog, owner, transmission};
    use crate::dialogs::{Change, Found, Loaded, LoadedDialog, Occasion, ServiceKind};
    use crate::domain::{
        ActivityId, ActivityType, Actor, ActorId, DialogId, SeenEntry, ServiceOwnerLabel, ServiceResource, SystemLabel,
        TransmissionId, TransmissionType,
    };
    use EventKind::{ActivityCreated, Created, Deleted, Restored, Seen, TransmissionCreated, Updated};
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
    const LATER: Timestamp = Timestamp::from_micros(1_785_000_001_000_000);
    const ID: DialogId = DialogId(Uuid::from_u128(1));
    const LOUD: Occasion = Occasion { at: LATER, is_silent: false };
    const SILENT: Occasion = Occasion { at: LATER, is_silent: true };

    fn events(stored: &TestDialogs) -> Vec<Event> {
        stored.dialogs.events_after(0, usize::MAX).expect("the events read")
    }

    fn kinds(stored: &TestDialogs) -> Vec<EventKind> {
        events(stored).into_iter().map(|event| event.kind).collect()
    }

    fn sent(id: u128, is_from_party: bool) -> EventKind {
        TransmissionCreated { id: TransmissionId(Uuid::from_u128(id)), is_from_party }
    }

    fn done(id: u128, activity_type: ActivityType) -> EventKind {
        ActivityCreated { id: ActivityId(Uuid::from_u128(id)), activity_type, extended_type: None }
    }

    /// What is told of a change of a dialog with a transmission and an activity, and that nothing is when it is silent.
    #[track_caller]
    fn check(change: impl Fn(&mut Change<'_, '_>) + Clone + Send + 'static, expected: &[EventKind]) {
        for occasion in [LOUD, SILENT] {
            let stored = TestDialogs::new();
            stored.dialogs.create(new_dialog(1), SILENT).expect("the dialog is created");
            let change = change.clone();
            let found = stored.dialogs.change(&owner(), ID, occasion, move |it| {
                change(it);
                Ok::<_, WriteError>(())
            });
            assert!(matches!(found, Ok(Found::Visible(_))), "{found:?}");
            let expected = if occasion.is_silent { &[] } else { expected };
            assert_eq!(kinds(&stored), expected);
            assert!(events(&stored).iter().all(|event| (event.at, event.dialog) == (LATER, ID)));
            let dialogs = stored.dialogs.check().expect("the check runs").dialogs;
            stored.assert_consistent(dialogs);
        }
    }

    #[test]
    fn each_change_is_told_of() {
        check(|_| {}, &[]);
        check(|it| it.delete(), &[Deleted]);
        check(|it| it.freeze(), &[Updated]);
        check(|it| it.purge(), &[Deleted]);
        check(|it| it.restore(), &[]);
        check(
            |it| it.add_transmissions(vec![transmission(7, TransmissionType::Submission)]).expect("there is room"),
            &[Updated, sent(7, true)],
        );
        check(
            |it| {
                let opened = activity(8, ActivityType::DialogOpened, None);
                it.add_activities(vec![opened], ServiceKind::Ordinary).expect("a good activity");
                it.add_transmissions(vec![transmission(9, TransmissionType::Alert)]).expect("there is room");
            },
            &[Updated, sent(9, false), done(8, ActivityType::DialogOpened)],
        );
        check(|it| it.assign_labels(&[SystemLabel::Bin], &[], &Actor::ServiceOwner), &[]);
        check(|it| it.set_service_owner_labels(vec![ServiceOwnerLabel::parse("abc").expect("a valid label")]), &[]);
    }

    #[test]
    fn a_life_is_told_in_order() {
        let stored = TestDialogs::new();
        let mut dialog = new_dialog(1);
        dialog.transmissions = vec![transmission(2, TransmissionType::Information)];
        dialog.activities = vec![activity(3, ActivityType::FormSaved, None)];
        dialog.process = Some("urn:altinn:process:1".to_owned());
        dialog.preceding_process = Some("urn:altinn:process:0".to_owned());
        dialog.service_resource = ServiceResource::parse("urn:altinn:resource:Skd-Skatt").expect("a valid resource");
        stored.dialogs.create(dialog.clone(), NOW).expect("the dialog is created");
        dialog.progress = Some(7);
        dialog.transmissions.push(transmission(4, TransmissionType::Correction));
        stored.dialogs.upsert(dialog.clone(), None, LATER).expect("the dialog is replaced");
        stored.dialogs.upsert(dialog.clone(), None, LATER).expect("nothing changes");
        let entry = SeenEntry {
            id: Uuid::from_u128(77),
            seen_at: LATER,
            seen_by: Actor::Identified { id: ActorId::parse(ALICE).expect("a valid actor"), name: None },
            is_via_service_owner: true,
        };
        stored.dialogs.mark_seen(&owner(), ID, entry.clone()).expect("it is seen");
        stored.dialogs.mark_seen(&owner(), ID, entry).expect("it was seen");
        let changes: [fn(&mut Change<'_, '_>); 4] =
            [|it| it.delete(), |it| it.restore(), |it| it.delete(), |it| it.purge()];
        for change in changes {
            let changed = stored.dialogs.change(&owner(), ID, LOUD, move |it| {
                change(it);
                Ok::<_, WriteError>(())
            });
            changed.expect("the change is good");
        }
        let expected = [
            vec![Created, sent(2, false), done(3, ActivityType::FormSaved)],
            vec![Updated, sent(4, true)],
            vec![Updated, Seen { entry: Uuid::from_u128(77) }],
            vec![Deleted],
            vec![Restored],
            vec![Deleted],
        ];
        assert_eq!(kinds(&stored), expected.concat());
        // The dialog is gone; it is still told whose it was.
        let told = events(&stored);
        for event in &told {
            let Event { service_resource, party, process, preceding_process, .. } = event;
            assert_eq!((service_resource, party), (&dialog.service_resource, &dialog.party));
            assert_eq!((process, preceding_process), (&dialog.process, &dialog.preceding_process));
        }
        assert_eq!(told.iter().map(|event| event.id).collect::<HashSet<_>>().len(), told.len());
        assert_eq!(told[6].id, Uuid::from_u128(77), "the id of the entry");
        stored.assert_consistent(0);
        let stored = stored.reopened(|_| {});
        assert_eq!(events(&stored), told, "the same ids as before");
        stored.assert_consistent(0);
    }

    #[test]
    fn a_silent_life_and_an_import_are_not_told_of() {
        let stored = TestDialogs::new();
        let mut dialog = new_dialog(1);
        stored.dialogs.create(dialog.clone(), SILENT).expect("the dialog is created");
        dialog.progress = Some(7);
        stored.dialogs.upsert(dialog, None, SILENT).expect("the dialog is replaced");
        stored.dialogs.upsert(new_dialog(2), None, SILENT).expect("the dialog is created");
        let (dialog, label_log) = new_dialog(3).complete(NOW);
        let loaded = stored.dialogs.load([LoadedDialog { dialog, seen_log: Vec::new(), label_log }]);
        assert!(matches!(loaded.expect("the store works")[..], [Ok(Loaded::Stored)]));
        assert_eq!(kinds(&stored), []);
        stored.assert_consistent(3);
    }

    #[test]
    fn events_of_one_change_are_not_parted() {
        let stored = TestDialogs::new();
        for id in 1..=3 {
            let mut dialog = new_dialog(id);
            dialog.transmissions = vec![transmission(10 + id, TransmissionType::Information)];
            stored.dialogs.create(dialog, NOW).expect("the dialog is created");
        }
        let page = |after, limit| -> Vec<u64> {
            let events = stored.dialogs.events_after(after, limit).expect("the events read");
            events.iter().map(|event| event.sequence).collect()
        };
        assert_eq!(page(0, 1), [1, 1]);
        assert_eq!(page(0, 3), [1, 1, 2, 2]);
        assert_eq!(page(2, 100), [3, 3]);
        assert!(page(3, 100).is_empty() && page(u64::MAX, 100).is_empty() && page(0, 0).is_empty());
    }

    #[test]
    fn what_is_delivered_and_old_is_removed() {
        let stored = TestDialogs::new();
        let count = MAX_REMOVED as u64 + 10;
        std::thread::scope(|scope| {
            for part in 0..8 {
                let dialogs = &stored.dialogs;
                scope.spawn(move || {
                    for id in (1..=count).filter(|id| id % 8 == part) {
                        dialogs.create(new_dialog(u128::from(id)), NOW).expect("the dialog is created");
                    }
                });
            }
        });
        let dialogs = &stored.dialogs;
        assert_eq!(dialogs.delivered_events().expect("it reads"), 0);
        dialogs.set_delivered_events(count - 5).expect("it is noted");
        dialogs.set_delivered_events(3).expect("it is not taken back");
        assert_eq!(dialogs.delivered_events().expect("it reads"), count - 5);
        let remove = |up_to, older_than| dialogs.remove_events(up_to, older_than).expect("they are removed");
        assert!(!remove(count, NOW), "none is older");
        assert!(!remove(0, LATER), "none is delivered");
        assert_eq!(events(&stored).len() as u64, count);
        assert!(remove(count - 5, LATER));
        assert!(!remove(count - 5, LATER));
        assert_eq!(events(&stored).first().map(|event| event.sequence), Some(count - 4));
        stored.assert_consistent(count);
        let stored = stored.reopened(|_| {});
        stored.dialogs.set_delivered_events(u64::MAX).expect("it is noted");
        assert_eq!(stored.dialogs.delivered_events().expect("it reads"), count, "there is no more");
        stored.assert_consistent(count);
    }

    #[test]
    fn who_listens_is_told_of_what_is_told() {
        let stored = TestDialogs::new();
        let told = Arc::new(AtomicUsize::new(0));
        let count = told.clone();
        stored.dialogs.on_events(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        stored.dialogs.create(new_dialog(1), SILENT).expect("the dialog is created");
        stored.dialogs.flush().expect("the group is over");
        assert_eq!(told.load(Ordering::SeqCst), 0);
        stored.dialogs.create(new_dialog(2), NOW).expect("the dialog is created");
        stored.dialogs.flush().expect("the group is over");
        assert_eq!(told.load(Ordering::SeqCst), 1);
    }
}

//! The seen log: who opened a dialog, and what that does to its flags.

use super::index_row::index_row;
use super::writer::Group;
use super::{Dialogs, Found};
use crate::domain::{Actor, Dialog, DialogId, EventKind, LabelAction, LabelAssignment, SeenEntry, SystemLabel};
use crate::store::{ChangeKind, Revised, UniqueKeys};
use crate::text::DialogText;
use crate::{AuthorizedScope, WriteError};

impl Dialogs {
    /// Writes the seen log as the contract says: nothing when this user's entry is newer than the last update, the
    /// dialog is not marked as unopened and is seen. The dialog as it is afterwards comes back with its seen log.
    ///
    /// No revision and no time of the dialog changes.
    pub fn mark_seen(
        &self,
        scope: &AuthorizedScope,
        id: DialogId,
        entry: SeenEntry,
    ) -> Result<Found<(Dialog, Vec<SeenEntry>)>, WriteError> {
        let reading = self.inner.store.read()?;
        let found = super::find(&reading, scope, id)?;
        let (number, dialog) = match found {
            Found::Missing => return Ok(Found::Missing),
            Found::Hidden => return Ok(Found::Hidden),
            Found::Visible(found) => found,
        };
        let seen_log = reading.seen_log(number)?;
        if is_marked(&dialog, &seen_log, &entry) {
            return Ok(Found::Visible((reading.complete(number, dialog)?, seen_log)));
        }
        let scope = scope.clone();
        self.inner.writer.submit(move |group| mark(group, &scope, id, entry))
    }
}

fn mark(
    group: &mut Group<'_, '_>,
    scope: &AuthorizedScope,
    id: DialogId,
    entry: SeenEntry,
) -> Result<Found<(Dialog, Vec<SeenEntry>)>, WriteError> {
    let Some(number) = group.writing.number_of(id)? else { return Ok(Found::Missing) };
    let mut dialog = group.writing.dialog(number)?;
    if !scope.permits(&dialog) {
        return Ok(Found::Hidden);
    }
    let mut seen_log = group.writing.seen_log(number)?;
    // Another request of the same user may have come first.
    if is_marked(&dialog, &seen_log, &entry) {
        return Ok(Found::Visible((dialog, seen_log)));
    }
    let was_seen = dialog.is_content_seen();
    let labels = dialog.end_user_context.system_labels;
    let at = entry.seen_at;
    let mut events = vec![EventKind::Updated];
    let mut label_log = Vec::new();
    if labels.contains(SystemLabel::MarkedAsUnopened) {
        dialog.end_user_context.system_labels = labels.without(SystemLabel::MarkedAsUnopened);
        label_log.push(LabelAssignment {
            created_at: entry.seen_at,
            label: SystemLabel::MarkedAsUnopened,
            action: LabelAction::Remove,
            performed_by: entry.seen_by.clone(),
        });
    }
    dialog.seen_since_content_update = true;
    let is_entry_new = seen_log.iter().all(|known| known.id != entry.id);
    if is_entry_new {
        events.push(EventKind::Seen { entry: entry.id });
        seen_log.push(entry);
    }
    let revised = Revised {
        dialog: &dialog,
        seen_log: &seen_log,
        new_transmissions: &[],
        new_activities: &[],
        replaced_transmission: None,
        replaced_activity: None,
        new_seen: &seen_log[seen_log.len() - usize::from(is_entry_new)..],
        new_label_log: &label_log,
    };
    let no_keys = UniqueKeys::default();
    group.writing.revise(number, &revised, &no_keys, &no_keys, ChangeKind::Seen)?;
    group.writing.add_events(at, &dialog, events)?;
    if !was_seen || labels != dialog.end_user_context.system_labels {
        let text = DialogText::of(&dialog);
        let row = index_row(number, &dialog, text, |kind, name| group.writing.name(kind, name))?;
        group.put_row(row);
    }
    Ok(Found::Visible((dialog, seen_log)))
}

/// Whether the log already says what the entry would.
fn is_marked(dialog: &Dialog, seen_log: &[SeenEntry], entry: &SeenEntry) -> bool {
    let is_same = |known: &SeenEntry| match (&known.seen_by, &entry.seen_by) {
        // The name of an actor may have changed since.
        (Actor::Identified { id: known, .. }, Actor::Identified { id, .. }) => known == id,
        (known, actor) => known == actor,
    };
    dialog.is_content_seen() && seen_log.iter().any(|known| known.seen_at >= dialog.updated_at && is_same(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rights;
    use crate::dialogs::fixture::{ALICE, TestDialogs, new_dialog, owner};
    use crate::dialogs::{Loaded, LoadedDialog};
    use crate::domain::{ActorId, DialogStatus, Timestamp};
    use std::sync::Arc;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
    const ID: DialogId = DialogId(Uuid::from_u128(1));
    const BOB: &str = "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";

    fn seen(by: &str, seconds: i64) -> SeenEntry {
        let id = ActorId::parse(by).expect("a valid actor");
        SeenEntry {
            id: Uuid::now_v7(),
            seen_at: Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000),
            seen_by: Actor::Identified { id, name: Some("Somebody".to_owned()) },
            is_via_service_owner: false,
        }
    }

    /// Marks and tells how long the log is then.
    #[track_caller]
    fn mark_and_count(stored: &TestDialogs, entry: SeenEntry) -> usize {
        let found = stored.dialogs.mark_seen(&owner(), ID, entry).expect("the store works");
        let Found::Visible((dialog, log)) = found else { panic!("the dialog should be visible: {found:?}") };
        assert!(dialog.is_content_seen());
        assert_eq!(dialog, stored.get(1));
        log.len()
    }

    #[test]
    fn each_user_has_one_entry_an_update() {
        let stored = TestDialogs::new();
        stored.dialogs.create(new_dialog(1), NOW).expect("the dialog is created");
        let before = stored.get(1);
        assert!(!before.is_content_seen());
        assert_eq!(mark_and_count(&stored, seen(ALICE, 1)), 1);
        assert_eq!(mark_and_count(&stored, seen(ALICE, 2)), 1);
        assert_eq!(mark_and_count(&stored, seen(BOB, 3)), 2);
        let after = stored.get(1);
        assert_eq!((after.revision, after.updated_at), (before.revision, before.updated_at));
        stored.assert_consistent(1);

        let mut update = new_dialog(1);
        update.status = DialogStatus::Completed;
        let later = Timestamp::from_micros(NOW.as_micros() + 4_000_000);
        stored.dialogs.upsert(update, None, later).expect("the dialog is replaced");
        assert!(!stored.get(1).is_content_seen());
        assert_eq!(mark_and_count(&stored, seen(ALICE, 5)), 3);
        stored.assert_consistent(1);
    }

    #[test]
    fn opening_takes_the_unopened_mark_away_and_logs_it() {
        let stored = TestDialogs::new();
        let (mut dialog, _) = new_dialog(1).complete(NOW);
        let labels = dialog.end_user_context.system_labels;
        dialog.end_user_context.system_labels = labels.with(SystemLabel::MarkedAsUnopened);
        dialog.seen_since_content_update = true;
        let seen_log = vec![seen(ALICE, 1)];
        let loaded = LoadedDialog { dialog, seen_log, label_log: Vec::new() };
        let results = stored.dialogs.load(vec![loaded]).expect("the store works");
        assert!(matches!(results[..], [Ok(Loaded::Stored)]));
        stored.dialogs.flush().expect("the index commits");
        assert!(!stored.get(1).is_content_seen());
        assert_eq!(mark_and_count(&stored, seen(ALICE, 2)), 2);
        let log = stored.dialogs.label_log(&owner(), ID).expect("the store reads");
        let Found::Visible(log) = log else { panic!("the dialog should be visible") };
        assert!(matches!(
            log[..],
            [LabelAssignment { label: SystemLabel::MarkedAsUnopened, action: LabelAction::Remove, .. }]
        ));
        stored.assert_consistent(1);
    }

    #[test]
    fn simultaneous_openings_make_one_entry() {
        let stored = TestDialogs::new();
        stored.dialogs.create(new_dialog(1), NOW).expect("the dialog is created");
        let lengths: Vec<usize> = std::thread::scope(|scope| {
            let openings: Vec<_> = (0..8).map(|_| scope.spawn(|| mark_and_count(&stored, seen(ALICE, 1)))).collect();
            openings.into_iter().map(|opening| opening.join().expect("no opening panics")).collect()
        });
        assert_eq!(lengths, [1; 8]);
    }

    #[test]
    fn who_may_not_see_writes_nothing() {
        let stored = TestDialogs::new();
        let stranger = AuthorizedScope::of_end_user(Arc::new(Rights::default()));
        let mark = |scope| stored.dialogs.mark_seen(scope, ID, seen(ALICE, 1)).expect("the store works");
        assert_eq!(mark(&stranger), Found::Missing);
        stored.dialogs.create(new_dialog(1), NOW).expect("the dialog is created");
        assert_eq!(mark(&stranger), Found::Hidden);
        assert_eq!(stored.dialogs.seen_log(&owner(), ID).expect("the store reads"), Found::Visible(Vec::new()));
    }
}

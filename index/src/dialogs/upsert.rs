//! Create, or replace by id.

use super::events::{of_change, of_new_parts};
use super::index_row::index_row;
use super::large_dialogs::Lists;
use super::new_dialog::{
    MAX_TRANSMISSIONS_PER_SIDE, NewDialog, clamped, count_sides, has_unopened_content, set_by_service_owner,
};
use super::prepared::PreparedDialog;
use super::writer::Group;
use super::{Dialogs, Occasion, Upserted};
use crate::domain::{Dialog, LabelAssignment, Revision, SystemLabel, Timestamp, Transmission};
use crate::store::{ChangeKind, Revised, UniqueKeys};
use crate::text::DialogText;
use crate::{Part, WriteError};
use std::collections::HashSet;

/// What an upsert makes of a stored dialog.
#[derive(Debug)]
struct Replacement {
    /// Whole, as it is afterwards.
    dialog: Dialog,
    /// `None` if nothing changes.
    written: Option<Written>,
}

/// What is written besides the dialog itself.
#[derive(Debug)]
struct Written {
    /// How many of the dialog's last transmissions and activities are new.
    new_transmissions: usize,
    new_activities: usize,
    new_label_log: Vec<LabelAssignment>,
}

impl Dialogs {
    /// Stores a new dialog. When it returns, the dialog is durable and searchable. Others are told unless that is to be
    /// silent, which at a bare time it is not.
    pub fn create(&self, dialog: NewDialog, occasion: impl Into<Occasion>) -> Result<Revision, WriteError> {
        let operation = creation(dialog, occasion.into())?;
        self.inner.writer.submit(operation)
    }

    /// As [`Dialogs::create`], without waiting for the write: `tell` learns what came of it when the dialog is durable
    /// and searchable. It must be quick, for the thread that writes calls it. If writing stops, it is dropped. Only
    /// while very many writes are queued does this wait.
    pub fn begin_create(
        &self,
        dialog: NewDialog,
        occasion: impl Into<Occasion>,
        tell: impl FnOnce(Result<Revision, WriteError>) + Send + 'static,
    ) {
        match creation(dialog, occasion.into()) {
            Ok(operation) => self.inner.writer.begin(operation, tell),
            Err(error) => tell(Err(error)),
        }
    }

    /// Creates the dialog, or replaces the one with its id and owner. What the contract calls append-only stays:
    /// seen log, label log, end-user labels, and transmissions and activities, to which those with new ids are added.
    /// A replacement that changes nothing leaves the dialog and its revision as they are.
    ///
    /// With `expected`, nothing is written unless the dialog is stored with that revision. Others are told unless that is
    /// to be silent, which at a bare time it is not.
    pub fn upsert(
        &self,
        dialog: NewDialog,
        expected: Option<Revision>,
        occasion: impl Into<Occasion>,
    ) -> Result<Upserted, WriteError> {
        let operation = self.upserting(dialog, expected, occasion.into())?;
        self.inner.writer.submit(operation)
    }

    /// As [`Dialogs::upsert`], without waiting for the write, see [`Dialogs::begin_create`].
    pub fn begin_upsert(
        &self,
        dialog: NewDialog,
        expected: Option<Revision>,
        occasion: impl Into<Occasion>,
        tell: impl FnOnce(Result<Upserted, WriteError>) + Send + 'static,
    ) {
        match self.upserting(dialog, expected, occasion.into()) {
            Ok(operation) => self.inner.writer.begin(operation, tell),
            Err(error) => tell(Err(error)),
        }
    }

    fn upserting(
        &self,
        dialog: NewDialog,
        expected: Option<Revision>,
        occasion: Occasion,
    ) -> Result<impl FnOnce(&mut Group<'_, '_>) -> Result<Upserted, WriteError> + Send + 'static, WriteError> {
        // Most dialogs are new: those are prepared here, beside the thread that writes.
        let is_new = expected.is_none() && self.inner.store.number_of_dialog(dialog.id)?.is_none();
        let prepared = if is_new { Some(prepare(dialog.clone(), occasion)?) } else { None };
        Ok(move |group: &mut Group<'_, '_>| upsert(group, dialog, prepared, expected, occasion))
    }
}

fn creation(
    dialog: NewDialog,
    occasion: Occasion,
) -> Result<impl FnOnce(&mut Group<'_, '_>) -> Result<Revision, WriteError> + Send + 'static, WriteError> {
    let prepared = prepare(dialog, occasion)?;
    Ok(move |group: &mut Group<'_, '_>| prepared.store(group))
}

fn prepare(dialog: NewDialog, occasion: Occasion) -> Result<PreparedDialog, WriteError> {
    let (from_party, from_service_owner) = count_sides(&dialog.transmissions);
    check_counts(from_party, from_service_owner)?;
    let (dialog, label_log) = dialog.complete(occasion.at);
    Ok(PreparedDialog::of(dialog, &[], &label_log)?.created(occasion))
}

fn upsert(
    group: &mut Group<'_, '_>,
    given: NewDialog,
    prepared: Option<PreparedDialog>,
    expected: Option<Revision>,
    occasion: Occasion,
) -> Result<Upserted, WriteError> {
    let Some(number) = group.writing.number_of(given.id)? else {
        if expected.is_some() {
            return Err(WriteError::NotFound);
        }
        let prepared = prepared.map_or_else(|| prepare(given, occasion), Ok)?;
        return Ok(Upserted { created: true, revision: prepared.store(group)? });
    };
    let stored = group.writing.dialog(number)?;
    if stored.org != given.org {
        return Err(WriteError::IdInUse { part: Part::Dialog, id: given.id.0 });
    }
    if expected.is_some_and(|expected| expected != stored.revision) {
        return Err(WriteError::RevisionMismatch);
    }
    let stored_keys = UniqueKeys::of(&stored);
    let was_deleted = stored.deleted_at.is_some();
    let Replacement { dialog, written } = replace(stored, given, occasion.at)?;
    if let Some(Written { new_transmissions, new_activities, new_label_log }) = written {
        let keys = UniqueKeys::of(&dialog);
        group.writing.check_keys(&keys, number)?;
        let seen_log = group.writing.seen_log(number)?;
        let revised = Revised {
            dialog: &dialog,
            seen_log: &seen_log,
            new_transmissions: &dialog.transmissions[dialog.transmissions.len() - new_transmissions..],
            new_activities: &dialog.activities[dialog.activities.len() - new_activities..],
            replaced_transmission: None,
            replaced_activity: None,
            new_seen: &[],
            new_label_log: &new_label_log,
        };
        group.writing.revise(number, &revised, &stored_keys, &keys, ChangeKind::Updated)?;
        if !occasion.is_silent {
            let of_dialog = of_change(was_deleted, dialog.deleted_at.is_some());
            let of_parts = of_new_parts(revised.new_transmissions, revised.new_activities);
            group.writing.add_events(occasion.at, &dialog, [of_dialog].into_iter().chain(of_parts).collect())?;
        }
        let text = DialogText::of(&dialog);
        let row = index_row(number, &dialog, text, |kind, name| group.writing.name(kind, name))?;
        group.put_row(row);
    }
    let revision = dialog.revision;
    if let Some(lists) = Lists::of(dialog, None) {
        group.large_dialogs.keep(number, lists);
    }
    Ok(Upserted { created: false, revision })
}

fn replace(mut stored: Dialog, given: NewDialog, at: Timestamp) -> Result<Replacement, WriteError> {
    let kind = given.service_kind;
    let is_created_given = given.created_at.is_some();
    let is_updated_given = given.updated_at.is_some();
    let visible_from = given.visible_from.filter(|visible_from| *visible_from > at);
    let (mut dialog, _) = given.complete(at);

    // What a replacement does not touch.
    dialog.revision = stored.revision;
    dialog.frozen = stored.frozen;
    dialog.end_user_context = stored.end_user_context;
    dialog.seen_since_content_update = stored.seen_since_content_update;
    dialog.service_owner_context.revision = stored.service_owner_context.revision;
    if !is_created_given && visible_from.is_none() {
        dialog.created_at = stored.created_at;
    }

    // Lists that only grow. What they hold already need not be compared.
    let known: HashSet<_> = stored.transmissions.iter().map(|it| it.id).collect();
    let mut new_transmissions = std::mem::take(&mut dialog.transmissions);
    new_transmissions.retain(|it| !known.contains(&it.id));
    check_transmission_keys(&stored, &new_transmissions)?;
    let known: HashSet<_> = stored.activities.iter().map(|it| it.id).collect();
    let mut new_activities = std::mem::take(&mut dialog.activities);
    new_activities.retain(|it| !known.contains(&it.id));
    let (from_party, from_service_owner) = count_sides(&new_transmissions);
    let from_party_ever = usize::from(stored.from_party_transmissions_count) + from_party;
    let from_service_owner_ever = usize::from(stored.from_service_owner_transmissions_count) + from_service_owner;
    check_counts(from_party_ever, from_service_owner_ever)?;
    dialog.from_party_transmissions_count = clamped(from_party_ever);
    dialog.from_service_owner_transmissions_count = clamped(from_service_owner_ever);
    let (added_transmissions, added_activities) = (new_transmissions.len(), new_activities.len());
    let mut transmissions = std::mem::take(&mut stored.transmissions);
    transmissions.extend(new_transmissions);
    let mut activities = std::mem::take(&mut stored.activities);
    activities.extend(new_activities);
    dialog.has_unopened_content = has_unopened_content(kind, &transmissions, &activities);

    let mut new_label_log = Vec::new();
    if from_party > 0 && !dialog.end_user_context.system_labels.contains(SystemLabel::Sent) {
        dialog.end_user_context.system_labels = dialog.end_user_context.system_labels.with(SystemLabel::Sent);
        dialog.end_user_context.revision = Revision::new();
        new_label_log.push(set_by_service_owner(SystemLabel::Sent, at));
    }
    if dialog.service_owner_context.labels != stored.service_owner_context.labels {
        dialog.service_owner_context.revision = Revision::new();
    }

    // The times: moved only by what is not the same as before.
    let is_content_changed = added_transmissions > 0 || content(&dialog) != content(&stored);
    let given_times = (dialog.updated_at, dialog.content_updated_at);
    dialog.updated_at = stored.updated_at;
    dialog.content_updated_at = stored.content_updated_at;
    let is_time_changed = (is_updated_given || visible_from.is_some()) && given_times.0 != stored.updated_at;
    if dialog == stored && added_transmissions == 0 && added_activities == 0 && !is_time_changed {
        return Ok(Replacement { dialog: Dialog { transmissions, activities, ..stored }, written: None });
    }
    if is_updated_given || visible_from.is_some() {
        dialog.updated_at = given_times.0;
    } else {
        dialog.updated_at = stored.updated_at.max(at);
    }
    if is_content_changed || visible_from.is_some() {
        dialog.content_updated_at = dialog.updated_at;
        dialog.seen_since_content_update = false;
    }
    // A time given may lie before the stored ones; no content is newer than the dialog.
    dialog.content_updated_at = dialog.content_updated_at.min(dialog.updated_at);
    dialog.revision = Revision::new();
    (dialog.transmissions, dialog.activities) = (transmissions, activities);
    let written = Written { new_transmissions: added_transmissions, new_activities: added_activities, new_label_log };
    Ok(Replacement { dialog, written: Some(written) })
}

/// What the content's update is the update of, transmissions apart.
fn content(it: &Dialog) -> impl PartialEq {
    (it.status, &it.extended_status, &it.content, &it.attachments, &it.gui_actions, &it.api_actions)
}

/// A key that a stored transmission has stands for that one; a new one with it is the same sent twice.
fn check_transmission_keys(stored: &Dialog, new: &[Transmission]) -> Result<(), WriteError> {
    let taken: HashSet<&str> = stored.transmissions.iter().filter_map(|it| it.idempotent_key.as_deref()).collect();
    match new.iter().filter_map(|it| it.idempotent_key.as_deref()).find(|key| taken.contains(key)) {
        None => Ok(()),
        Some(key) => Err(WriteError::IdempotentKeyInUse { key: key.to_owned(), dialog: stored.id }),
    }
}

fn check_counts(from_party: usize, from_service_owner: usize) -> Result<(), WriteError> {
    let most = usize::from(MAX_TRANSMISSIONS_PER_SIDE);
    match (from_party > most, from_service_owner > most) {
        (false, false) => Ok(()),
        (from_party, _) => Err(WriteError::TooManyTransmissions { from_party }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::fixture::{TestDialogs, activity, attachment, new_dialog, owner, transmission};
    use crate::domain::{ActivityType, DialogId, DialogStatus, Org, ServiceOwnerLabel, TransmissionType};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
    const LATER: Timestamp = Timestamp::from_micros(1_785_000_001_000_000);
    const FAR: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    /// Creates a dialog, replaces it a second later by one with this change, and gives back both states.
    fn replaced(change: impl FnOnce(&mut NewDialog)) -> (Dialog, Dialog) {
        let stored = TestDialogs::new();
        let mut given = new_dialog(1);
        given.transmissions = vec![transmission(2, TransmissionType::Information)];
        stored.dialogs.create(given.clone(), NOW).expect("a new dialog is created");
        let before = stored.get(1);
        change(&mut given);
        let upserted = stored.dialogs.upsert(given, Some(before.revision), LATER).expect("the dialog is replaced");
        let after = stored.get(1);
        assert_eq!(upserted, Upserted { created: false, revision: after.revision });
        stored.assert_consistent(1);
        (before, after)
    }

    /// The times of update and of the content's update, and whether the revision is new.
    #[track_caller]
    fn check_moves(change: impl FnOnce(&mut NewDialog), expected: (Timestamp, Timestamp, bool)) {
        let (before, after) = replaced(change);
        let found = (after.updated_at, after.content_updated_at, after.revision != before.revision);
        assert_eq!(found, expected);
        assert_eq!(after.created_at, if after.visible_from.is_some() { FAR } else { before.created_at });
    }

    #[test]
    fn the_lists_of_a_large_dialog_are_at_hand_after_a_replacement() {
        let stored = TestDialogs::new();
        let mut given = new_dialog(1);
        given.transmissions = (1000..1500).map(|id| transmission(id, TransmissionType::Information)).collect();
        given.activities = vec![activity(2, ActivityType::FormSaved, None)];
        stored.dialogs.create(given.clone(), NOW).expect("a new dialog is created");
        // What is taken is not there for the next.
        let taken = |revision| {
            let take = move |group: &mut Group<'_, '_>| {
                let number = group.writing.number_of(DialogId(Uuid::from_u128(1)))?.expect("a stored dialog");
                Ok(group.large_dialogs.take(number, revision).map(|it| (it.transmissions, it.activities)))
            };
            stored.dialogs.inner.writer.submit(take).expect("a look")
        };
        let created = stored.get(1).revision;
        assert!(taken(created).is_some());
        given.transmissions = vec![transmission(3, TransmissionType::Alert)];
        for is_new in [true, false] {
            let upserted = stored.dialogs.upsert(given.clone(), None, LATER).expect("the dialog is replaced");
            let after = stored.get(1);
            assert_eq!((upserted.revision != created, after.transmissions.len()), (true, 501));
            assert_eq!(taken(upserted.revision), Some((after.transmissions, after.activities)), "new: {is_new}");
            assert_eq!(taken(upserted.revision), None);
        }
        stored.assert_consistent(1);
    }

    #[test]
    fn a_replacement_moves_the_times_that_the_contract_moves() {
        check_moves(|_| {}, (NOW, NOW, false));
        check_moves(|dialog| dialog.status = DialogStatus::Completed, (LATER, LATER, true));
        check_moves(|dialog| dialog.extended_status = Some("paid".to_owned()), (LATER, LATER, true));
        check_moves(|dialog| dialog.attachments = vec![attachment(9)], (LATER, LATER, true));
        check_moves(|dialog| dialog.transmissions.push(transmission(9, TransmissionType::Alert)), (LATER, LATER, true));
        check_moves(|dialog| dialog.progress = Some(50), (LATER, NOW, true));
        check_moves(|dialog| dialog.due_at = Some(FAR), (LATER, NOW, true));
        check_moves(|dialog| dialog.search_tags = vec!["tax".to_owned()], (LATER, NOW, true));
        let opened = activity(9, ActivityType::DialogOpened, None);
        check_moves(|dialog| dialog.activities = vec![opened], (LATER, NOW, true));
        check_moves(|dialog| dialog.visible_from = Some(FAR), (FAR, FAR, true));
        let given = Timestamp::from_micros(NOW.as_micros() - 5);
        check_moves(
            |dialog| {
                dialog.created_at = Some(NOW);
                dialog.updated_at = Some(given);
            },
            (given, given, true),
        );
    }

    #[test]
    fn growing_lists_keep_what_they_have() {
        let (_, after) = replaced(|dialog| {
            dialog.transmissions[0].external_reference = Some("ignored, for its id is known".to_owned());
            dialog.transmissions.insert(0, transmission(7, TransmissionType::Submission));
        });
        let ids: Vec<u128> = after.transmissions.iter().map(|it| it.id.0.as_u128()).collect();
        assert_eq!(ids, [2, 7]);
        assert_eq!(after.transmissions[0].external_reference, None);
        assert_eq!((after.from_service_owner_transmissions_count, after.from_party_transmissions_count), (1, 1));
        assert!(after.end_user_context.system_labels.contains(SystemLabel::Sent));
        let (_, after) = replaced(|dialog| dialog.transmissions.clear());
        assert_eq!(after.transmissions.len(), 1);
    }

    #[test]
    fn a_transmission_is_not_added_twice_under_one_key() {
        let stored = TestDialogs::new();
        let with_key = |id| Transmission {
            idempotent_key: Some("first".to_owned()),
            ..transmission(id, TransmissionType::Information)
        };
        let mut given = new_dialog(1);
        given.transmissions = vec![with_key(2)];
        stored.dialogs.create(given.clone(), NOW).expect("a new dialog is created");
        stored.dialogs.upsert(given.clone(), None, LATER).expect("the transmission with the key is known");
        given.transmissions = vec![with_key(3)];
        let refused = stored.dialogs.upsert(given, None, LATER);
        assert!(matches!(refused, Err(WriteError::IdempotentKeyInUse { key, .. }) if key == "first"));
        assert_eq!(stored.get(1).transmissions.len(), 1);
    }

    #[test]
    fn labels_of_the_owner_have_a_revision_of_their_own() {
        let label = |text| ServiceOwnerLabel::parse(text).expect("a valid label");
        let (before, after) = replaced(|dialog| dialog.service_owner_labels = vec![label("b12"), label("a12")]);
        assert_eq!(after.service_owner_context.labels, [label("a12"), label("b12")]);
        assert_ne!(after.service_owner_context.revision, before.service_owner_context.revision);
        assert_eq!(after.end_user_context, before.end_user_context);
    }

    #[test]
    fn what_is_unique_is_refused_and_freed() {
        let stored = TestDialogs::new();
        let with_parts = |id: u128| {
            let mut dialog = new_dialog(id);
            dialog.idempotent_key = Some("once".to_owned());
            dialog.attachments = vec![attachment(10)];
            dialog.transmissions = vec![transmission(11, TransmissionType::Information)];
            dialog
        };
        let create = |dialog| stored.dialogs.create(dialog, NOW);
        create(with_parts(1)).expect("everything is free");
        let (first, second) = (DialogId(Uuid::from_u128(1)), 2);
        assert!(matches!(
            create(with_parts(1)),
            Err(WriteError::IdInUse { part: Part::Dialog, id }) if id == first.0
        ));
        let taken = |change: fn(&mut NewDialog)| {
            let mut dialog = with_parts(second);
            change(&mut dialog);
            create(dialog).expect_err("something is taken")
        };
        assert!(matches!(taken(|_| {}), WriteError::IdInUse { part: Part::Transmission, .. }));
        assert!(matches!(
            taken(|dialog| dialog.transmissions.clear()),
            WriteError::IdInUse { part: Part::Attachment, .. }
        ));
        let only_key = |dialog: &mut NewDialog| {
            dialog.transmissions.clear();
            dialog.attachments.clear();
        };
        assert!(matches!(
            taken(only_key),
            WriteError::IdempotentKeyInUse { key, dialog } if key == "once" && dialog == first
        ));
        let twice = |dialog: &mut NewDialog| {
            dialog.idempotent_key = None;
            dialog.transmissions.clear();
            dialog.attachments = vec![attachment(12), attachment(12)];
        };
        assert!(matches!(taken(twice), WriteError::IdInUse { part: Part::Attachment, .. }));
        stored.assert_consistent(1);

        let mut without = with_parts(1);
        without.idempotent_key = None;
        without.attachments.clear();
        stored.dialogs.upsert(without, None, LATER).expect("the first dialog gives its keys up");
        let mut other = with_parts(second);
        other.transmissions.clear();
        create(other).expect("what was given up is free");
        stored.assert_consistent(2);
    }

    #[test]
    fn the_same_key_serves_two_owners() {
        let stored = TestDialogs::new();
        for (id, org) in [(1, "skd"), (2, "nav")] {
            let mut dialog = new_dialog(id);
            dialog.org = Org::new(org);
            dialog.idempotent_key = Some("once".to_owned());
            stored.dialogs.create(dialog, NOW).expect("keys are unique within one owner only");
        }
        stored.assert_consistent(2);
    }

    #[test]
    fn others_dialogs_and_revisions_are_respected() {
        let stored = TestDialogs::new();
        let unknown = stored.dialogs.upsert(new_dialog(1), Some(Revision::new()), NOW);
        assert!(matches!(unknown, Err(WriteError::NotFound)));
        let created = stored.dialogs.upsert(new_dialog(1), None, NOW).expect("the dialog is created");
        assert!(created.created);
        let stale = stored.dialogs.upsert(new_dialog(1), Some(Revision::new()), LATER);
        assert!(matches!(stale, Err(WriteError::RevisionMismatch)));
        let mut foreign = new_dialog(1);
        foreign.org = Org::new("nav");
        let foreign = stored.dialogs.upsert(foreign, None, LATER);
        assert!(matches!(foreign, Err(WriteError::IdInUse { part: Part::Dialog, .. })));
        assert_eq!(stored.get(1).revision, created.revision);
    }

    #[test]
    fn of_concurrent_upserts_with_one_revision_one_wins() {
        let stored = TestDialogs::new();
        let mut revision = stored.dialogs.create(new_dialog(1), NOW).expect("the dialog is created");
        for round in 0..20_u8 {
            let (dialogs, expected) = (&stored.dialogs, Some(revision));
            let upsert = |writer: u8| {
                let mut dialog = new_dialog(1);
                dialog.progress = Some(round * 4 + writer);
                dialogs.upsert(dialog, expected, LATER)
            };
            let results: Vec<_> = std::thread::scope(|scope| {
                let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || upsert(writer))).collect();
                writers.into_iter().map(|writer| writer.join().expect("no writer panics")).collect()
            });
            let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
            assert_eq!(winners.len(), 1, "{results:?}");
            assert!(results.iter().all(|it| matches!(it, Ok(_) | Err(WriteError::RevisionMismatch))), "{results:?}");
            revision = winners[0].revision;
            assert_eq!(stored.get(1).revision, revision);
        }
    }

    #[test]
    fn counters_have_a_limit() {
        assert!(check_counts(32767, 32767).is_ok());
        assert!(matches!(check_counts(32768, 0), Err(WriteError::TooManyTransmissions { from_party: true })));
        assert!(matches!(check_counts(0, 32768), Err(WriteError::TooManyTransmissions { from_party: false })));
    }

    #[test]
    fn logs_outlive_a_replacement() {
        let stored = TestDialogs::new();
        let mut given = new_dialog(1);
        given.system_label = SystemLabel::Bin;
        stored.dialogs.create(given.clone(), NOW).expect("the dialog is created");
        given.status = DialogStatus::Completed;
        given.system_label = SystemLabel::Default;
        stored.dialogs.upsert(given, None, LATER).expect("the dialog is replaced");
        assert!(stored.get(1).end_user_context.system_labels.contains(SystemLabel::Bin));
        let log = stored.dialogs.label_log(&owner(), DialogId(Uuid::from_u128(1))).expect("the store reads");
        assert!(matches!(log, crate::Found::Visible(log) if log.len() == 1));
    }
}

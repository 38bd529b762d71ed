//! Create, or replace by id.

use super::index_row::index_row;
use super::new_dialog::{
    MAX_TRANSMISSIONS_PER_SIDE, NewDialog, clamped, count_sides, has_unopened_content, set_by_service_owner,
};
use super::prepared::PreparedDialog;
use super::writer::Group;
use super::{Dialogs, Upserted};
use crate::domain::{Dialog, LabelAssignment, Revision, SystemLabel, Timestamp};
use crate::store::{ChangeKind, Revised, UniqueKeys};
use crate::text::DialogText;
use crate::{Part, WriteError};
use std::collections::HashSet;

/// What an upsert makes of a stored dialog.
#[derive(Debug)]
struct Replacement {
    dialog: Dialog,
    /// How many of the dialog's last transmissions and activities are new.
    new_transmissions: usize,
    new_activities: usize,
    new_label_log: Vec<LabelAssignment>,
}

impl Dialogs {
    /// Stores a new dialog. When it returns, the dialog is durable and searchable.
    pub fn create(&self, dialog: NewDialog, at: Timestamp) -> Result<Revision, WriteError> {
        let prepared = prepare(dialog, at)?;
        self.inner.writer.submit(move |group| prepared.store(group).map(|dialog| dialog.revision))
    }

    /// Creates the dialog, or replaces the one with its id and owner. What the contract calls append-only stays:
    /// seen log, label log, end-user labels, and transmissions and activities, to which those with new ids are added.
    /// A replacement that changes nothing leaves the dialog and its revision as they are.
    ///
    /// With `expected`, nothing is written unless the dialog is stored with that revision.
    pub fn upsert(&self, dialog: NewDialog, expected: Option<Revision>, at: Timestamp) -> Result<Upserted, WriteError> {
        // Most dialogs are new: those are prepared here, beside the thread that writes.
        let is_new = expected.is_none() && self.inner.store.number_of_dialog(dialog.id)?.is_none();
        let prepared = if is_new { Some(prepare(dialog.clone(), at)?) } else { None };
        self.inner.writer.submit(move |group| upsert(group, dialog, prepared, expected, at))
    }
}

fn prepare(dialog: NewDialog, at: Timestamp) -> Result<PreparedDialog, WriteError> {
    let (from_party, from_service_owner) = count_sides(&dialog.transmissions);
    check_counts(from_party, from_service_owner)?;
    let (dialog, label_log) = dialog.complete(at);
    Ok(PreparedDialog::of(dialog, &[], &label_log)?)
}

fn upsert(
    group: &mut Group<'_, '_>,
    given: NewDialog,
    prepared: Option<PreparedDialog>,
    expected: Option<Revision>,
    at: Timestamp,
) -> Result<Upserted, WriteError> {
    let Some(number) = group.writing.number_of(given.id)? else {
        if expected.is_some() {
            return Err(WriteError::NotFound);
        }
        let prepared = prepared.map_or_else(|| prepare(given, at), Ok)?;
        let dialog = prepared.store(group)?;
        return Ok(Upserted { created: true, revision: dialog.revision });
    };
    let stored = group.writing.dialog(number)?;
    if stored.org != given.org {
        return Err(WriteError::IdInUse { part: Part::Dialog, id: given.id.0 });
    }
    if expected.is_some_and(|expected| expected != stored.revision) {
        return Err(WriteError::RevisionMismatch);
    }
    let stored_keys = UniqueKeys::of(&stored);
    let replacement = replace(stored, given, at)?;
    let Some(Replacement { dialog, new_transmissions, new_activities, new_label_log }) = replacement.changed else {
        return Ok(Upserted { created: false, revision: replacement.revision });
    };
    group.writing.check_keys(&UniqueKeys::of(&dialog), Some(number))?;
    let seen_log = group.writing.seen_log(number)?;
    let revised = Revised {
        dialog: &dialog,
        seen_log: &seen_log,
        new_transmissions: &dialog.transmissions[dialog.transmissions.len() - new_transmissions..],
        new_activities: &dialog.activities[dialog.activities.len() - new_activities..],
        new_seen: &[],
        new_label_log: &new_label_log,
    };
    group.writing.revise(number, &revised, &stored_keys, ChangeKind::Updated)?;
    let text = DialogText::of(&dialog);
    let row = index_row(number, &dialog, text, |kind, name| group.writing.name(kind, name))?;
    group.put_row(row);
    Ok(Upserted { created: false, revision: dialog.revision })
}

/// What came of a replacement: the revision afterwards, and the dialog if anything changed.
#[derive(Debug)]
struct Replaced {
    revision: Revision,
    changed: Option<Replacement>,
}

fn replace(stored: Dialog, given: NewDialog, at: Timestamp) -> Result<Replaced, WriteError> {
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

    // Lists that only grow.
    let known: HashSet<_> = stored.transmissions.iter().map(|it| it.id).collect();
    let mut new_transmissions = std::mem::take(&mut dialog.transmissions);
    new_transmissions.retain(|it| !known.contains(&it.id));
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
    dialog.transmissions = stored.transmissions.iter().cloned().chain(new_transmissions).collect();
    dialog.activities = stored.activities.iter().cloned().chain(new_activities).collect();
    dialog.has_unopened_content = has_unopened_content(kind, &dialog.transmissions, &dialog.activities);

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
    let content = |it: &Dialog| {
        let lists = (it.attachments.clone(), it.gui_actions.clone(), it.api_actions.clone());
        (it.status, it.extended_status.clone(), it.content.clone(), lists)
    };
    let is_content_changed = added_transmissions > 0 || content(&dialog) != content(&stored);
    let given_times = (dialog.updated_at, dialog.content_updated_at);
    dialog.updated_at = stored.updated_at;
    dialog.content_updated_at = stored.content_updated_at;
    let is_time_changed = (is_updated_given || visible_from.is_some()) && given_times.0 != stored.updated_at;
    if dialog == stored && !is_time_changed {
        return Ok(Replaced { revision: stored.revision, changed: None });
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
    let changed =
        Replacement { new_transmissions: added_transmissions, new_activities: added_activities, new_label_log, dialog };
    Ok(Replaced { revision: changed.dialog.revision, changed: Some(changed) })
}

fn check_counts(from_party: usize, from_service_owner: usize) -> Result<(), WriteError> {
    let most = usize::from(MAX_TRANSMISSIONS_PER_SIDE);
    match (from_party > most, from_service_owner > most) {
        (false, false) => Ok(()),
        (from_party, _) => Err(WriteError::TooManyTransmissions { from_party }),
    }
}

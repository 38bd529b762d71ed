//! What replaces a stored dialog: what the contract derives from what is stored and what is given.

use super::Upserted;
use super::index_row::index_row;
use super::new_dialog::{NewDialog, check_counts, clamped, count_sides, has_unopened_content, set_by_service_owner};
use super::writer::Group;
use crate::domain::{Dialog, LabelAssignment, Revision, SeenEntry, SystemLabel, Timestamp, Transmission};
use crate::store::{ChangeKind, EncodedRevision, Revised, UniqueKeys};
use crate::text::DialogText;
use crate::{Part, WriteError};
use std::collections::HashSet;

/// A dialog as it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) number: u64,
    pub(super) dialog: Dialog,
    pub(super) seen_log: Vec<SeenEntry>,
}

/// A replacement with all the work on it done that needs no transaction.
#[derive(Debug)]
pub(super) struct PreparedReplacement {
    number: u64,
    /// Afterwards.
    revision: Revision,
    /// `None` if it changes nothing.
    changed: Option<Changed>,
}

#[derive(Debug)]
struct Changed {
    dialog: Dialog,
    encoded: EncodedRevision,
    stored_keys: UniqueKeys,
    text: DialogText,
}

/// What an upsert makes of a stored dialog.
#[derive(Debug)]
struct Replacement {
    dialog: Dialog,
    /// How many of the dialog's last transmissions and activities are new.
    new_transmissions: usize,
    new_activities: usize,
    new_label_log: Vec<LabelAssignment>,
}

impl PreparedReplacement {
    /// Refused if the dialog is another service owner's, or not of the expected revision.
    pub(super) fn of(
        stored: Stored,
        given: NewDialog,
        expected: Option<Revision>,
        at: Timestamp,
    ) -> Result<Self, WriteError> {
        let Stored { number, dialog: stored, seen_log } = stored;
        if stored.org != given.org {
            return Err(WriteError::IdInUse { part: Part::Dialog, id: given.id.0 });
        }
        if expected.is_some_and(|expected| expected != stored.revision) {
            return Err(WriteError::RevisionMismatch);
        }
        let stored_keys = UniqueKeys::of(&stored);
        let Replaced { revision, changed } = replace(stored, given, at)?;
        let Some(Replacement { dialog, new_transmissions, new_activities, new_label_log }) = changed else {
            return Ok(Self { number, revision, changed: None });
        };
        let encoded = EncodedRevision::of(&Revised {
            dialog: &dialog,
            seen_log: &seen_log,
            new_transmissions: &dialog.transmissions[dialog.transmissions.len() - new_transmissions..],
            new_activities: &dialog.activities[dialog.activities.len() - new_activities..],
            new_seen: &[],
            new_label_log: &new_label_log,
        })?;
        let text = DialogText::of(&dialog);
        Ok(Self { number, revision, changed: Some(Changed { dialog, encoded, stored_keys, text }) })
    }

    /// Stores it, if nothing the dialog must have for itself is taken. What is stored is what it was made for.
    pub(super) fn store(self, group: &mut Group<'_, '_>) -> Result<Upserted, WriteError> {
        let Self { number, revision, changed } = self;
        if let Some(Changed { dialog, encoded, stored_keys, text }) = changed {
            group.writing.check_keys(&encoded.keys, number)?;
            group.writing.revise(number, &encoded, &stored_keys, ChangeKind::Updated)?;
            let row = index_row(number, &dialog, text, |kind, name| group.writing.name(kind, name))?;
            group.put_row(row);
        }
        Ok(Upserted { created: false, revision })
    }
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

/// A key that a stored transmission has stands for that one; a new one with it is the same sent twice.
fn check_transmission_keys(stored: &Dialog, new: &[Transmission]) -> Result<(), WriteError> {
    let taken: HashSet<&str> = stored.transmissions.iter().filter_map(|it| it.idempotent_key.as_deref()).collect();
    match new.iter().filter_map(|it| it.idempotent_key.as_deref()).find(|key| taken.contains(key)) {
        None => Ok(()),
        Some(key) => Err(WriteError::IdempotentKeyInUse { key: key.to_owned(), dialog: stored.id }),
    }
}

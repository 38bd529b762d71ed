//! The seen log: who opened a dialog, and what that does to its flags.

use super::index_row::index_row;
use super::writer::Group;
use super::{Dialogs, Found};
use crate::domain::{Actor, Dialog, DialogId, LabelAction, LabelAssignment, SeenEntry, SystemLabel};
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
        seen_log.push(entry);
    }
    let revised = Revised {
        dialog: &dialog,
        seen_log: &seen_log,
        new_transmissions: &[],
        new_activities: &[],
        new_seen: &seen_log[seen_log.len() - usize::from(is_entry_new)..],
        new_label_log: &label_log,
    };
    group.writing.revise(number, &revised, &UniqueKeys::of(&dialog), ChangeKind::Seen)?;
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

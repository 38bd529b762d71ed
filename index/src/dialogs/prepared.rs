//! A new dialog with all the work on it done that needs no transaction.

use super::Occasion;
use super::events::of_new_parts;
use super::index_row::index_row;
use super::writer::Group;
use crate::domain::{Dialog, EventKind, LabelAssignment, SeenEntry, Timestamp};
use crate::store::EncodedDialog;
use crate::text::DialogText;
use crate::{StoreError, WriteError};

#[derive(Debug)]
pub(super) struct PreparedDialog {
    dialog: Dialog,
    encoded: EncodedDialog,
    text: DialogText,
    /// What others are told of it, and its time.
    events: Option<(Timestamp, Vec<EventKind>)>,
}

impl PreparedDialog {
    pub(super) fn of(
        dialog: Dialog,
        seen_log: &[SeenEntry],
        label_log: &[LabelAssignment],
    ) -> Result<Self, StoreError> {
        let encoded = EncodedDialog::of(&dialog, seen_log, label_log)?;
        let text = DialogText::of(&dialog);
        Ok(Self { dialog, encoded, text, events: None })
    }

    /// Has others told that the dialog was created then, unless that is to be silent.
    pub(super) fn created(self, occasion: Occasion) -> Self {
        let Dialog { transmissions, activities, .. } = &self.dialog;
        let kinds = || [EventKind::Created].into_iter().chain(of_new_parts(transmissions, activities)).collect();
        let events = (!occasion.is_silent).then(|| (occasion.at, kinds()));
        Self { events, ..self }
    }

    /// Drops what only its reader needs, for callers who keep many and do not read them again.
    pub(super) fn without_content(mut self) -> Self {
        let dialog = &mut self.dialog;
        dialog.content = None;
        dialog.search_tags = Vec::new();
        dialog.attachments = Vec::new();
        dialog.gui_actions = Vec::new();
        dialog.api_actions = Vec::new();
        dialog.transmissions = Vec::new();
        dialog.activities = Vec::new();
        self
    }

    /// Stores the dialog, if nothing it must have for itself is taken.
    pub(super) fn store(self, group: &mut Group<'_, '_>) -> Result<Dialog, WriteError> {
        let number = group.writing.insert(&self.encoded)?;
        if let Some((at, kinds)) = self.events {
            group.writing.add_events(at, &self.dialog, kinds)?;
        }
        let row = index_row(number, &self.dialog, self.text, |kind, name| group.writing.name(kind, name))?;
        group.add_row(row);
        Ok(self.dialog)
    }
}

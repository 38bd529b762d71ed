//! What must be unique over all dialogs.

use crate::Part;
use crate::domain::{Activity, Attachment, Dialog, Org, Transmission};
use uuid::Uuid;

/// The keys that one dialog holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UniqueKeys {
    pub(crate) idempotent: Option<(Org, String)>,
    /// Ordered by [`stored`] kind, then id. One that is here twice is used twice by the dialog itself.
    pub(crate) parts: Vec<(Part, Uuid)>,
}

impl UniqueKeys {
    pub(crate) fn of(dialog: &Dialog) -> Self {
        Self::of_parts(dialog, &dialog.transmissions, &dialog.activities)
    }

    /// Those of a dialog with these transmissions and activities, whichever it has.
    pub(crate) fn of_parts<'a>(
        dialog: &Dialog,
        transmissions: impl IntoIterator<Item = &'a Transmission>,
        activities: impl IntoIterator<Item = &'a Activity>,
    ) -> Self {
        let attachment = |attachment: &Attachment| (Part::Attachment, attachment.id);
        let mut parts: Vec<(Part, Uuid)> = dialog.attachments.iter().map(attachment).collect();
        parts.extend(dialog.gui_actions.iter().map(|action| (Part::GuiAction, action.id)));
        parts.extend(dialog.api_actions.iter().map(|action| (Part::ApiAction, action.id)));
        parts.extend(activities.into_iter().map(|activity| (Part::Activity, activity.id.0)));
        for transmission in transmissions {
            parts.push((Part::Transmission, transmission.id.0));
            parts.extend(transmission.attachments.iter().map(attachment));
        }
        parts.sort_unstable_by_key(|(part, id)| (stored(*part), *id));
        let idempotent = dialog.idempotent_key.clone().map(|key| (dialog.org.clone(), key));
        Self { idempotent, parts }
    }

    /// Whether the part is among them.
    pub(crate) fn holds(&self, (part, id): &(Part, Uuid)) -> bool {
        self.parts.binary_search_by_key(&(stored(*part), *id), |(part, id)| (stored(*part), *id)).is_ok()
    }

    /// The first part that the dialog itself has twice.
    pub(crate) fn repeated(&self) -> Option<(Part, Uuid)> {
        self.parts.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }
}

/// How the kind of a part is stored.
pub(super) fn stored(part: Part) -> u8 {
    match part {
        Part::Dialog => 0,
        Part::Transmission => 1,
        Part::Activity => 2,
        Part::Attachment => 3,
        Part::GuiAction => 4,
        Part::ApiAction => 5,
    }
}

pub(super) fn part_of(stored_part: u8) -> Option<Part> {
    use Part::{Activity, ApiAction, Attachment, Dialog, GuiAction, Transmission};
    [Dialog, Transmission, Activity, Attachment, GuiAction, ApiAction]
        .into_iter()
        .find(|part| stored(*part) == stored_part)
}

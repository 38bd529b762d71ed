//! Dialogs to write, made of stored ones so that they have real sizes.

use crate::corpus::{an_owner, newest_of_owner};
use dialog_index::domain::{ActivityId, Attachment, Dialog, DialogId, ListItem, TransmissionId};
use dialog_index::{Dialogs, Found, NewDialog, ServiceKind};
use uuid::Uuid;

pub(crate) fn stored(dialogs: &Dialogs) -> Vec<Dialog> {
    let complete = |item: ListItem| match dialogs.get(&an_owner(), item.id) {
        Ok(Found::Visible(dialog)) => dialog,
        other => panic!("what was found is there: {other:?}"),
    };
    newest_of_owner(dialogs).into_iter().map(complete).collect()
}

/// As its owner would give it, with another reference, so that it replaces what is stored.
pub(crate) fn changed(stored: &Dialog) -> NewDialog {
    let dialog = stored.clone();
    NewDialog {
        id: dialog.id,
        org: dialog.org,
        service_resource: dialog.service_resource,
        service_kind: ServiceKind::Ordinary,
        party: dialog.party,
        idempotent_key: dialog.idempotent_key,
        progress: dialog.progress,
        extended_status: dialog.extended_status,
        external_reference: Some(Uuid::new_v4().to_string()),
        visible_from: dialog.visible_from,
        due_at: dialog.due_at,
        expires_at: dialog.expires_at,
        process: dialog.process,
        preceding_process: dialog.preceding_process,
        status: dialog.status,
        is_api_only: dialog.is_api_only,
        created_at: None,
        updated_at: None,
        system_label: dialog.end_user_context.system_labels.place(),
        service_owner_labels: dialog.service_owner_context.labels,
        content: dialog.content,
        search_tags: dialog.search_tags,
        attachments: dialog.attachments,
        gui_actions: dialog.gui_actions,
        api_actions: dialog.api_actions,
        transmissions: dialog.transmissions,
        activities: dialog.activities,
    }
}

/// As another dialog: ids are new wherever they must differ between dialogs.
pub(crate) fn new(stored: &Dialog) -> NewDialog {
    let mut dialog = changed(stored);
    let renew = |attachments: &mut Vec<Attachment>| {
        attachments.iter_mut().for_each(|attachment| attachment.id = Uuid::now_v7());
    };
    dialog.id = DialogId::new();
    renew(&mut dialog.attachments);
    dialog.gui_actions.iter_mut().for_each(|action| action.id = Uuid::now_v7());
    dialog.api_actions.iter_mut().for_each(|action| action.id = Uuid::now_v7());
    for transmission in &mut dialog.transmissions {
        transmission.id = TransmissionId::new();
        transmission.related_transmission_id = None;
        renew(&mut transmission.attachments);
    }
    for activity in &mut dialog.activities {
        activity.id = ActivityId::new();
        activity.transmission_id = None;
    }
    dialog
}

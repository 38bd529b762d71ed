//! A dialog with everything in it.

mod actions;
mod attachments;
mod content;
mod transmissions;

pub(crate) use transmissions::Transmission;

use super::list_item::{EndUserContext, ServiceOwnerContext};
use super::{Activity, Reader, SeenEntry};
use crate::auth::dialog_access::DialogAccess;
use actions::{ApiAction, GuiAction};
use attachments::Attachment;
use content::Content;
use dialog_index::domain::{
    self, ActivityType, DialogId, LabelAssignment, Revision, SystemLabel, Timestamp, TransmissionId, newest_per_actor,
};
use serde::Serialize;
use std::collections::HashSet;
use utoipa::ToSchema;

/// Stands where the reader may not follow a link.
const UNAUTHORIZED: &str = "urn:dialogporten:unauthorized";
/// Stands where a link is no longer to be followed.
const EXPIRED: &str = "urn:dialogporten:expired";

/// What an answer says of the rights to the parts of a dialog.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rights<'a> {
    /// Nothing, and everything is shown as it is stored.
    Untold,
    /// What a user is permitted, told to the service owner, who is shown everything as it is stored.
    Told(&'a DialogAccess),
    /// What the reader is permitted; other links are hidden, and so are those that have expired by this time.
    Enforced(&'a DialogAccess, Timestamp),
}

/// What is written for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) reader: &'a Reader<'a>,
    pub(crate) rights: Rights<'a>,
    /// In lower case; empty for a service that the register no longer knows.
    pub(crate) service_resource_type: &'a str,
}

/// A dialog as it is shown to those who may see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dialog<'a> {
    #[schema(value_type = uuid::Uuid)]
    id: DialogId,
    #[schema(value_type = uuid::Uuid)]
    revision: Revision,
    org: &'a str,
    service_resource: &'a str,
    /// In lower case.
    service_resource_type: &'a str,
    party: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preceding_process: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<&'a str>,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    due_at: Option<Timestamp>,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    expires_at: Option<Timestamp>,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    content_updated_at: Timestamp,
    #[schema(value_type = super::DialogStatusChoice)]
    status: &'static str,
    /// Default, Bin or Archive. Use the labels of `endUserContext` instead.
    #[schema(deprecated, value_type = super::SystemLabelChoice)]
    system_label: &'static str,
    is_api_only: bool,
    has_unopened_content: bool,
    /// Absent only in API-only dialogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
    /// For the service owner's own servers: what the reader may do with this dialog. Valid for ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    dialog_token: Option<String>,
    from_service_owner_transmissions_count: u16,
    from_party_transmissions_count: u16,
    attachments: Vec<Attachment<'a>>,
    transmissions: Vec<Transmission<'a>>,
    gui_actions: Vec<GuiAction<'a>>,
    api_actions: Vec<ApiAction<'a>>,
    activities: Vec<Activity<'a>>,
    #[schema(value_type = Vec<SeenEntry>)]
    seen_since_last_update: Vec<SeenEntry<'a>>,
    #[schema(value_type = Vec<SeenEntry>)]
    seen_since_last_content_update: Vec<SeenEntry<'a>>,
    is_content_seen: bool,
    end_user_context: EndUserContext,
}

/// A dialog as it is shown to its service owner.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceOwnerDialog<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotent_key: Option<&'a str>,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    deleted_at: Option<Timestamp>,
    #[serde(serialize_with = "super::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    visible_from: Option<Timestamp>,
    search_tags: Vec<Tag<'a>>,
    service_owner_context: ServiceOwnerContext<'a>,
    #[serde(flatten)]
    shared: Dialog<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DialogTag)]
struct Tag<'a> {
    value: &'a str,
}

/// The newest entries of a seen log, as far as a dialog shows them.
#[derive(Debug)]
pub(crate) struct SeenSince {
    update: Vec<domain::SeenEntry>,
    content_update: Vec<domain::SeenEntry>,
}

impl SeenSince {
    pub(crate) fn of(dialog: &domain::Dialog, seen_log: &[domain::SeenEntry]) -> Self {
        Self {
            update: newest_per_actor(seen_log, dialog.updated_at),
            content_update: newest_per_actor(seen_log, dialog.content_updated_at),
        }
    }
}

impl<'a> Dialog<'a> {
    pub(crate) fn of(dialog: &'a domain::Dialog, seen: &'a SeenSince, view: &View<'a>) -> Self {
        let entries =
            |entries: &'a [domain::SeenEntry]| entries.iter().map(|entry| SeenEntry::of(entry, view.reader)).collect();
        let labels = dialog.end_user_context.system_labels;
        // A dialog that a user is being shown is no longer unopened.
        let system_labels = match view.rights {
            Rights::Untold => labels,
            Rights::Told(_) | Rights::Enforced(..) => labels.without(SystemLabel::MarkedAsUnopened),
        };
        let is_opened = |activity: &&domain::Activity| activity.activity_type == ActivityType::TransmissionOpened;
        let opened: HashSet<TransmissionId> =
            dialog.activities.iter().filter(is_opened).filter_map(|activity| activity.transmission_id).collect();
        let mut transmissions: Vec<_> = dialog.transmissions.iter().collect();
        transmissions.sort_by_key(|it| (it.created_at, it.id));
        let mut activities: Vec<_> = dialog.activities.iter().collect();
        activities.sort_by_key(|it| (it.created_at, it.id));
        Self {
            id: dialog.id,
            revision: dialog.revision,
            org: dialog.org.as_str(),
            service_resource: dialog.service_resource.as_str(),
            service_resource_type: view.service_resource_type,
            party: dialog.party.as_str(),
            progress: dialog.progress,
            process: dialog.process.as_deref(),
            preceding_process: dialog.preceding_process.as_deref(),
            extended_status: dialog.extended_status.as_deref(),
            external_reference: dialog.external_reference.as_deref(),
            due_at: dialog.due_at,
            expires_at: dialog.expires_at,
            created_at: dialog.created_at,
            updated_at: dialog.updated_at,
            content_updated_at: dialog.content_updated_at,
            status: dialog.status.name(),
            system_label: labels.place().name(),
            is_api_only: dialog.is_api_only,
            has_unopened_content: dialog.has_unopened_content,
            content: dialog.content.as_ref().map(|content| Content::of(content, view)),
            dialog_token: None,
            from_service_owner_transmissions_count: dialog.from_service_owner_transmissions_count,
            from_party_transmissions_count: dialog.from_party_transmissions_count,
            attachments: dialog.attachments.iter().map(|it| Attachment::of_dialog(it, view)).collect(),
            transmissions: transmissions
                .into_iter()
                .map(|it| Transmission::in_dialog(it, opened.contains(&it.id), view))
                .collect(),
            gui_actions: dialog.gui_actions.iter().map(|it| GuiAction::of(it, view)).collect(),
            api_actions: dialog.api_actions.iter().map(|it| ApiAction::of(it, view)).collect(),
            activities: activities.into_iter().map(|it| Activity::in_dialog(it, view.reader)).collect(),
            seen_since_last_update: entries(&seen.update),
            seen_since_last_content_update: entries(&seen.content_update),
            is_content_seen: dialog.is_content_seen(),
            end_user_context: EndUserContext {
                revision: dialog.end_user_context.revision,
                system_labels: system_labels.iter().collect(),
            },
        }
    }

    pub(crate) fn with_token(self, dialog_token: String) -> Self {
        Self { dialog_token: Some(dialog_token), ..self }
    }
}

impl<'a> ServiceOwnerDialog<'a> {
    pub(crate) fn of(dialog: &'a domain::Dialog, seen: &'a SeenSince, view: &View<'a>) -> Self {
        let context = &dialog.service_owner_context;
        let mut shared = Dialog::of(dialog, seen, view);
        if let (Some(shown), Some(content)) = (&mut shared.content, &dialog.content) {
            shown.add_non_sensitive(content, view);
        }
        Self {
            idempotent_key: dialog.idempotent_key.as_deref(),
            deleted_at: dialog.deleted_at,
            visible_from: dialog.visible_from,
            search_tags: dialog.search_tags.iter().map(|value| Tag { value }).collect(),
            service_owner_context: ServiceOwnerContext::of(context.revision, &context.labels),
            shared,
        }
    }

    /// With the labels of the end user's side in the order in which they were set; those of one moment by their numbers.
    pub(crate) fn with_labels_by_time(mut self, label_log: &[LabelAssignment]) -> Self {
        let labels = &mut self.shared.end_user_context.system_labels;
        labels.sort_by_key(|label| LabelAssignment::set_at(*label, label_log));
        self
    }
}

impl<'a> View<'a> {
    /// For end users, of the parts of a dialog.
    pub(crate) fn of_parts(reader: &'a Reader<'a>, access: &'a DialogAccess, now: Timestamp) -> Self {
        Self { reader, rights: Rights::Enforced(access, now), service_resource_type: "" }
    }
}

impl View<'_> {
    /// For service owners, of the parts of a dialog.
    pub(crate) const AS_STORED: Self =
        Self { reader: &Reader::SERVICE_OWNER, rights: Rights::Untold, service_resource_type: "" };

    /// What an answer says of a right, if it tells of rights.
    fn told(&self, is_permitted: impl FnOnce(&DialogAccess) -> bool) -> Option<bool> {
        match self.rights {
            Rights::Untold => None,
            Rights::Told(access) | Rights::Enforced(access, _) => Some(is_permitted(access)),
        }
    }

    fn is_enforced(&self) -> bool {
        matches!(self.rights, Rights::Enforced(..))
    }

    /// What stands in place of a link that needs this right, if the link is not shown.
    fn instead(&self, is_authorized: Option<bool>, expires_at: Option<Timestamp>) -> Option<&'static str> {
        match self.rights {
            Rights::Enforced(..) if is_authorized == Some(false) => Some(UNAUTHORIZED),
            Rights::Enforced(_, now) if expires_at.is_some_and(|expires_at| expires_at < now) => Some(EXPIRED),
            _ => None,
        }
    }
}

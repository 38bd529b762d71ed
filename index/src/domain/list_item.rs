use super::content::{ContentValue, DialogContent};
use super::dialog::{Activity, ConsumerType, Dialog, DialogId, DialogStatus, EndUserContext, Revision};
use super::history::SeenEntry;
use super::label::ServiceOwnerLabel;
use super::party::Party;
use super::resource::{Org, ServiceResource};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a list shows of a dialog, prepared when the dialog is written so that a page is read without the dialogs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListItem {
    pub id: DialogId,
    pub revision: Revision,
    pub org: Org,
    pub service_resource: ServiceResource,
    pub party: Party,
    pub progress: Option<u8>,
    pub extended_status: Option<String>,
    pub external_reference: Option<String>,
    pub visible_from: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// Not shown in lists; they are checked against it.
    pub expires_at: Option<Timestamp>,
    pub process: Option<String>,
    pub preceding_process: Option<String>,
    pub status: DialogStatus,
    pub is_api_only: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub content_updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub is_content_seen: bool,
    pub has_unopened_content: bool,
    pub from_service_owner_transmissions_count: u16,
    pub from_party_transmissions_count: u16,
    /// Dialog attachments with at least one URL for people.
    pub gui_attachment_count: u32,
    pub latest_activity: Option<Activity>,
    /// The newest entry of each actor since `content_updated_at`, oldest first. Those since `updated_at` are
    /// among them, for `content_updated_at` is never the later one.
    pub seen_since_content_update: Vec<SeenEntry>,
    pub service_owner_context_revision: Revision,
    pub service_owner_labels: Vec<ServiceOwnerLabel>,
    pub end_user_context: EndUserContext,
    pub content: Option<ListItemContent>,
}

/// The texts that lists can show. Which title and summary a caller sees depends on the caller's level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListItemContent {
    pub title: ContentValue,
    pub non_sensitive_title: Option<ContentValue>,
    pub summary: Option<ContentValue>,
    pub non_sensitive_summary: Option<ContentValue>,
    pub sender_name: Option<ContentValue>,
    pub extended_status: Option<ContentValue>,
}

impl ListItem {
    /// `seen_log` is the dialog's whole log in any order; only what lists show of it is kept.
    pub fn of(dialog: &Dialog, seen_log: &[SeenEntry]) -> Self {
        let gui = |urls: &[super::AttachmentUrl]| urls.iter().any(|url| url.consumer_type == ConsumerType::Gui);
        Self {
            id: dialog.id,
            revision: dialog.revision,
            org: dialog.org.clone(),
            service_resource: dialog.service_resource.clone(),
            party: dialog.party.clone(),
            progress: dialog.progress,
            extended_status: dialog.extended_status.clone(),
            external_reference: dialog.external_reference.clone(),
            visible_from: dialog.visible_from,
            due_at: dialog.due_at,
            expires_at: dialog.expires_at,
            process: dialog.process.clone(),
            preceding_process: dialog.preceding_process.clone(),
            status: dialog.status,
            is_api_only: dialog.is_api_only,
            created_at: dialog.created_at,
            updated_at: dialog.updated_at,
            content_updated_at: dialog.content_updated_at,
            deleted_at: dialog.deleted_at,
            is_content_seen: dialog.is_content_seen(),
            has_unopened_content: dialog.has_unopened_content,
            from_service_owner_transmissions_count: dialog.from_service_owner_transmissions_count,
            from_party_transmissions_count: dialog.from_party_transmissions_count,
            gui_attachment_count: dialog.attachments.iter().filter(|it| gui(&it.urls)).count() as u32,
            latest_activity: dialog.latest_activity().cloned(),
            seen_since_content_update: newest_per_actor(seen_log, dialog.content_updated_at),
            service_owner_context_revision: dialog.service_owner_context.revision,
            service_owner_labels: dialog.service_owner_context.labels.clone(),
            end_user_context: dialog.end_user_context,
            content: dialog.content.as_ref().map(ListItemContent::of),
        }
    }
}

impl ListItemContent {
    fn of(content: &DialogContent) -> Self {
        Self {
            title: content.title.clone(),
            non_sensitive_title: content.non_sensitive_title.clone(),
            summary: content.summary.clone(),
            non_sensitive_summary: content.non_sensitive_summary.clone(),
            sender_name: content.sender_name.clone(),
            extended_status: content.extended_status.clone(),
        }
    }
}

/// The newest entry of each actor at or after `since`, oldest first.
pub fn newest_per_actor(seen_log: &[SeenEntry], since: Timestamp) -> Vec<SeenEntry> {
    let mut newest: HashMap<Option<&str>, &SeenEntry> = HashMap::new();
    for entry in seen_log.iter().filter(|entry| entry.seen_at >= since) {
        let actor = match &entry.seen_by {
            super::Actor::Identified { id, .. } => Some(id.as_str()),
            super::Actor::Named { name } => Some(name.as_str()),
            super::Actor::ServiceOwner => None,
        };
        let kept = newest.entry(actor).or_insert(entry);
        if (entry.seen_at, entry.id) > (kept.seen_at, kept.id) {
            *kept = entry;
        }
    }
    let mut entries: Vec<SeenEntry> = newest.into_values().cloned().collect();
    entries.sort_by_key(|entry| (entry.seen_at, entry.id));
    entries
}

//! Rules of the dialog itself.

use super::attachments::AttachedTo;
use super::body::{CreateDialog, CreateDialogServiceOwnerContext, CreateDialogTag};
use super::rules::{Field, Rules};
use crate::api::json::Time;
use crate::api::wire::DialogStatusInput;
use dialog_index::domain::{
    Activity, ApiAction, Attachment, DialogContent, DialogId, DialogStatus, GuiAction, Party, ServiceOwnerLabel,
    ServiceResource, SystemLabel, Timestamp, Transmission, TransmissionId,
};
use std::collections::HashSet;

const MAX_PROGRESS: u8 = 100;
const MAX_SERVICE_OWNER_LABELS: usize = 20;
/// The bounds of a search tag, in characters.
const MIN_TAG_LENGTH: usize = 3;
const MAX_TAG_LENGTH: usize = 63;

/// A dialog whose fields are right.
pub(super) struct CheckedDialog {
    pub(super) id: DialogId,
    pub(super) idempotent_key: Option<String>,
    pub(super) service_resource: ServiceResource,
    pub(super) party: Party,
    pub(super) progress: Option<u8>,
    pub(super) extended_status: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) visible_from: Option<Timestamp>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) process: Option<String>,
    pub(super) preceding_process: Option<String>,
    pub(super) status: DialogStatus,
    pub(super) is_api_only: bool,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) system_label: SystemLabel,
    pub(super) service_owner_labels: Vec<ServiceOwnerLabel>,
    pub(super) content: Option<DialogContent>,
    pub(super) search_tags: Vec<String>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) gui_actions: Vec<GuiAction>,
    pub(super) api_actions: Vec<ApiAction>,
    pub(super) transmissions: Vec<Transmission>,
    pub(super) activities: Vec<Activity>,
}

/// When a dialog is seen and until when.
pub(super) struct Times {
    pub(super) visible_from: Option<Timestamp>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
}

impl Rules<'_> {
    /// `None` where a part that every dialog needs is unusable; the errors then say which.
    pub(super) fn dialog(&mut self, given: CreateDialog) -> Option<CheckedDialog> {
        let dto = Field::BODY;
        let id = DialogId(self.id(&dto.member("id"), given.id));
        let idempotent_key = self.idempotent_key(&dto.member("idempotentKey"), given.idempotent_key);
        let service_resource = self.service_resource(&dto.member("serviceResource"), &given.service_resource);
        let party = self.party(&dto.member("party"), &given.party);
        let progress = self.progress(&dto.member("progress"), given.progress);
        let extended_status = self.optional_text(&dto.member("extendedStatus"), given.extended_status);
        let external_reference = self.optional_text(&dto.member("externalReference"), given.external_reference);
        let (process, preceding_process) = self.processes(&dto, given.process, given.preceding_process);
        let times = Times {
            visible_from: given.visible_from.map(|Time(time)| time),
            due_at: given.due_at.map(|Time(time)| time),
            expires_at: given.expires_at.map(|Time(time)| time),
            created_at: self.past(&dto.member("createdAt"), given.created_at),
            updated_at: self.past(&dto.member("updatedAt"), given.updated_at),
        };
        self.order_of(&dto, &times);
        let status = match given.status {
            Some(choice) => self.member(&dto.member("status"), choice),
            None => Some(DialogStatusInput::NotApplicable),
        };
        let system_label = match given.system_label {
            Some(choice) => self.member(&dto.member("systemLabel"), choice),
            None => Some(SystemLabel::Default),
        };
        if system_label.is_some_and(|label| !label.is_place()) {
            self.refuse(&dto.member("systemLabel"), "must be Default, Bin or Archive");
        }
        let service_owner_labels = self.service_owner_labels(&dto, given.service_owner_context);
        let is_api_only = given.is_api_only;
        let content = self.dialog_content(&dto.member("content"), given.content, is_api_only);
        let search_tags = self.search_tags(&dto.member("searchTags"), given.search_tags);
        let attachments = self.attachments(&dto.member("attachments"), given.attachments, AttachedTo::Dialog);
        let gui_actions = self.gui_actions(&dto.member("guiActions"), given.gui_actions);
        let api_actions = self.api_actions(&dto.member("apiActions"), given.api_actions);
        // Those that break rules of their own can be spoken of, too.
        let transmission_ids: HashSet<_> =
            given.transmissions.iter().flatten().filter_map(|it| Some(TransmissionId(it.id?.0))).collect();
        let transmissions = self.transmissions(&dto.member("transmissions"), given.transmissions, is_api_only);
        let activities = self.activities(&dto.member("activities"), given.activities, &transmission_ids);
        Some(CheckedDialog {
            id,
            idempotent_key,
            service_resource: service_resource?,
            party: party?,
            progress,
            extended_status,
            external_reference,
            visible_from: times.visible_from,
            due_at: times.due_at,
            expires_at: times.expires_at,
            process,
            preceding_process,
            status: status?.into(),
            is_api_only,
            created_at: times.created_at,
            updated_at: times.updated_at,
            system_label: system_label?,
            service_owner_labels,
            content,
            search_tags,
            attachments,
            gui_actions,
            api_actions,
            transmissions,
            activities,
        })
    }

    fn service_resource(&mut self, field: &Field<'_>, text: &str) -> Option<ServiceResource> {
        self.uri(field, text);
        ServiceResource::parse(text).map_err(|invalid| self.refuse(field, invalid)).ok()
    }

    fn party(&mut self, field: &Field<'_>, text: &str) -> Option<Party> {
        Party::parse(text).map_err(|invalid| self.refuse(field, invalid)).ok()
    }

    pub(super) fn progress(&mut self, field: &Field<'_>, progress: Option<i32>) -> Option<u8> {
        let progress = progress?;
        let percent = u8::try_from(progress).ok().filter(|percent| *percent <= MAX_PROGRESS);
        if percent.is_none() {
            self.refuse(field, format_args!("must be between 0 and {MAX_PROGRESS}, but is {progress}"));
        }
        percent
    }

    pub(super) fn processes(
        &mut self,
        dto: &Field<'_>,
        process: Option<String>,
        preceding: Option<String>,
    ) -> (Option<String>, Option<String>) {
        let process = self.optional_uri(&dto.member("process"), process);
        let preceding = self.optional_uri(&dto.member("precedingProcess"), preceding);
        if preceding.is_some() && process.as_deref().is_none_or(str::is_empty) {
            self.refuse(&dto.member("process"), "must not be empty where 'precedingProcess' is given");
        }
        (process, preceding)
    }

    pub(super) fn order_of(&mut self, dto: &Field<'_>, times: &Times) {
        if times.updated_at.is_some() && times.created_at.is_none() {
            self.refuse(&dto.member("createdAt"), "must be given where 'updatedAt' is");
        }
        let is_admin = self.author.is_admin;
        let mut not_before = |name, time: Option<Timestamp>, earlier_name, earlier: Option<Timestamp>| {
            if let (Some(time), Some(earlier)) = (time, earlier)
                && time < earlier
            {
                self.refuse(&dto.member(name), format_args!("must not be before '{earlier_name}' ({earlier})"));
            }
        };
        not_before("updatedAt", times.updated_at, "createdAt", times.created_at);
        not_before("expiresAt", times.expires_at, "dueAt", times.due_at);
        not_before("expiresAt", times.expires_at, "visibleFrom", times.visible_from);
        if !is_admin {
            not_before("dueAt", times.due_at, "visibleFrom", times.visible_from);
        }
    }

    fn service_owner_labels(
        &mut self,
        dto: &Field<'_>,
        context: Option<CreateDialogServiceOwnerContext>,
    ) -> Vec<ServiceOwnerLabel> {
        let context_field = dto.member("serviceOwnerContext");
        let list = context_field.member("serviceOwnerLabels");
        let labels = context.and_then(|context| context.service_owner_labels).unwrap_or_default();
        if labels.len() > MAX_SERVICE_OWNER_LABELS {
            self.refuse(
                &list,
                format_args!("must hold at most {MAX_SERVICE_OWNER_LABELS}, but holds {}", labels.len()),
            );
        }
        self.unique(&list, labels.iter().map(|label| label.value.to_lowercase()));
        let mut read = Vec::with_capacity(labels.len());
        for (index, label) in labels.into_iter().enumerate() {
            match ServiceOwnerLabel::parse(&label.value) {
                Ok(label) => read.push(label),
                Err(invalid) => self.refuse(&list.element(index).member("value"), invalid),
            }
        }
        read
    }

    pub(super) fn search_tags(&mut self, list: &Field<'_>, tags: Option<Vec<CreateDialogTag>>) -> Vec<String> {
        let tags = tags.unwrap_or_default();
        let tags: Vec<_> = tags.into_iter().map(|tag| tag.value.trim().to_lowercase()).collect();
        self.unique(list, tags.iter());
        for (index, tag) in tags.iter().enumerate() {
            let element = list.element(index);
            let field = element.member("value");
            self.at_least(&field, tag, MIN_TAG_LENGTH);
            self.at_most(&field, tag, MAX_TAG_LENGTH);
        }
        tags
    }
}

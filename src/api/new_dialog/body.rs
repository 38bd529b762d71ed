//! The body of a creation, under the contract's names. What may be left out has a default; what must be given is
//! asked for by the rules, except where the contract's reader does so.

use crate::api::json::{Guid, Time, not_null};
use crate::api::wire::{
    ActivityTypeChoice, ActorTypeChoice, Choice, ConsumerTypeChoice, DialogStatusInputChoice, GuiActionPriorityChoice,
    HttpVerbChoice, SystemLabelChoice, TransmissionTypeChoice,
};
use dialog_index::domain::{HttpVerb, MediaType};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new dialog.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateDialog {
    /// A version 7 UUID; one is made if it is left out.
    pub(crate) id: Option<Guid>,
    /// Unique among the dialogs of the service owner.
    pub(super) idempotent_key: Option<String>,
    #[serde(default)]
    pub(super) service_resource: String,
    #[serde(default)]
    pub(super) party: String,
    /// Percent.
    pub(super) progress: Option<i32>,
    /// A code of the service owner's own.
    pub(super) extended_status: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) visible_from: Option<Time>,
    pub(super) due_at: Option<Time>,
    pub(super) process: Option<String>,
    pub(super) preceding_process: Option<String>,
    pub(super) expires_at: Option<Time>,
    #[serde(default)]
    pub(super) is_api_only: bool,
    pub(super) created_at: Option<Time>,
    pub(super) updated_at: Option<Time>,
    /// NotApplicable if left out. New and Sent are old names of NotApplicable and Awaiting.
    pub(super) status: Option<DialogStatusInputChoice>,
    /// Default, Bin or Archive.
    pub(super) system_label: Option<SystemLabelChoice>,
    pub(super) service_owner_context: Option<CreateDialogServiceOwnerContext>,
    pub(super) content: Option<CreateDialogContent>,
    pub(super) search_tags: Option<Vec<CreateDialogTag>>,
    pub(super) attachments: Option<Vec<CreateDialogAttachment>>,
    pub(super) transmissions: Option<Vec<CreateDialogTransmission>>,
    pub(super) gui_actions: Option<Vec<CreateDialogGuiAction>>,
    pub(super) api_actions: Option<Vec<CreateDialogApiAction>>,
    pub(super) activities: Option<Vec<CreateDialogActivity>>,
}

/// What a stored dialog is to be. What is left out is cleared; transmissions and activities are added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateDialog {
    /// Percent.
    pub(super) progress: Option<i32>,
    /// A code of the service owner's own.
    pub(super) extended_status: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) due_at: Option<Time>,
    pub(super) process: Option<String>,
    pub(super) preceding_process: Option<String>,
    /// Once given, it cannot be taken away.
    pub(super) expires_at: Option<Time>,
    #[serde(default)]
    pub(super) is_api_only: bool,
    /// New and Sent are old names of NotApplicable and Awaiting.
    #[serde(default)]
    pub(super) status: DialogStatusInputChoice,
    pub(super) content: Option<CreateDialogContent>,
    pub(super) search_tags: Option<Vec<CreateDialogTag>>,
    /// Those of known ids stay and change; the others are new.
    pub(super) attachments: Option<Vec<CreateDialogAttachment>>,
    /// These are added to those that are there.
    pub(super) transmissions: Option<Vec<CreateDialogTransmission>>,
    pub(super) gui_actions: Option<Vec<CreateDialogGuiAction>>,
    pub(super) api_actions: Option<Vec<CreateDialogApiAction>>,
    /// These are added to those that are there.
    pub(super) activities: Option<Vec<CreateDialogActivity>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogServiceOwnerContext {
    pub(super) service_owner_labels: Option<Vec<CreateDialogServiceOwnerLabel>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogServiceOwnerLabel {
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogTag {
    #[serde(default)]
    pub(super) value: String,
}

/// One text in one language.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LocalizationInput)]
pub(super) struct Localization {
    pub(super) value: String,
    /// Two letters of ISO 639-1, e.g. `nb`; what follows a hyphen is cut off.
    pub(super) language_code: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContentValueInput)]
pub(super) struct ContentValue {
    pub(super) value: Option<Vec<Localization>>,
    #[serde(default = "plain_text")]
    pub(super) media_type: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogContent {
    #[serde(default, deserialize_with = "not_null")]
    pub(super) title: Option<ContentValue>,
    /// Shown in lists to those whose level of authentication is too low for the title.
    pub(super) non_sensitive_title: Option<ContentValue>,
    pub(super) summary: Option<ContentValue>,
    pub(super) non_sensitive_summary: Option<ContentValue>,
    pub(super) sender_name: Option<ContentValue>,
    pub(super) additional_info: Option<ContentValue>,
    pub(super) extended_status: Option<ContentValue>,
    pub(super) main_content_reference: Option<ContentValue>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogTransmissionContent {
    #[serde(default, deserialize_with = "not_null")]
    pub(super) title: Option<ContentValue>,
    pub(super) summary: Option<ContentValue>,
    pub(super) content_reference: Option<ContentValue>,
}

/// An attachment of a dialog or of a transmission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogAttachment {
    pub(super) id: Option<Guid>,
    pub(super) display_name: Option<Vec<Localization>>,
    pub(super) name: Option<String>,
    pub(super) urls: Option<Vec<CreateDialogAttachmentUrl>>,
    pub(super) expires_at: Option<Time>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogAttachmentUrl {
    /// Only of a dialog's attachment and of a stored transmission's; ignored in those of new transmissions.
    pub(super) id: Option<Guid>,
    #[serde(default)]
    pub(super) url: String,
    pub(super) media_type: Option<String>,
    #[serde(default)]
    pub(super) consumer_type: ConsumerTypeChoice,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogGuiAction {
    pub(super) id: Option<Guid>,
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) url: String,
    pub(super) authorization_attribute: Option<String>,
    #[serde(default)]
    pub(super) is_delete_dialog_action: bool,
    /// GET, POST or DELETE; GET if left out.
    #[serde(default = "get")]
    pub(super) http_method: Option<HttpVerbChoice>,
    #[serde(default)]
    pub(super) priority: GuiActionPriorityChoice,
    pub(super) title: Option<Vec<Localization>>,
    pub(super) prompt: Option<Vec<Localization>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogApiAction {
    pub(super) id: Option<Guid>,
    #[serde(default)]
    pub(super) action: String,
    pub(super) name: Option<String>,
    pub(super) authorization_attribute: Option<String>,
    pub(super) endpoints: Option<Vec<CreateDialogApiActionEndpoint>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogApiActionEndpoint {
    pub(super) id: Option<Guid>,
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) http_method: HttpVerbChoice,
    pub(super) documentation_url: Option<String>,
    pub(super) request_schema: Option<String>,
    pub(super) response_schema: Option<String>,
    #[serde(default)]
    pub(super) deprecated: bool,
    pub(super) sunset_at: Option<Time>,
}

/// A new transmission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateDialogTransmission {
    pub(super) id: Option<Guid>,
    /// Unique within the dialog.
    pub(super) idempotent_key: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    pub(super) created_at: Option<Time>,
    pub(super) authorization_attribute: Option<String>,
    pub(super) extended_type: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) related_transmission_id: Option<Guid>,
    #[serde(default, rename = "type")]
    pub(super) transmission_type: TransmissionTypeChoice,
    #[serde(default, deserialize_with = "not_null")]
    pub(super) sender: Option<ActorInput>,
    pub(super) content: Option<CreateDialogTransmissionContent>,
    pub(super) attachments: Option<Vec<CreateDialogAttachment>>,
    pub(super) navigational_actions: Option<Vec<CreateDialogTransmissionNavigationalAction>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateDialogTransmissionNavigationalAction {
    pub(super) title: Option<Vec<Localization>>,
    #[serde(default)]
    pub(super) url: String,
    pub(super) expires_at: Option<Time>,
}

/// What takes the place of a stored transmission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateTransmissionRequest {
    /// Must be true: such a change is told to nobody.
    #[serde(default)]
    pub(super) is_silent_update: bool,
    /// Unique within the dialog.
    pub(super) idempotent_key: Option<String>,
    /// As it was if left out.
    pub(super) created_at: Option<Time>,
    pub(super) authorization_attribute: Option<String>,
    pub(super) extended_type: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) related_transmission_id: Option<Guid>,
    #[serde(default, rename = "type")]
    pub(super) transmission_type: TransmissionTypeChoice,
    #[serde(default, deserialize_with = "not_null")]
    pub(super) sender: Option<ActorInput>,
    pub(super) content: Option<CreateDialogTransmissionContent>,
    pub(super) attachments: Option<Vec<CreateDialogAttachment>>,
    pub(super) navigational_actions: Option<Vec<CreateDialogTransmissionNavigationalAction>>,
}

/// What the body of a request that adds a part says beside the part.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SilentUpdate {
    #[serde(default)]
    pub(crate) is_silent_update: bool,
}

/// A new activity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateDialogActivity {
    pub(super) id: Option<Guid>,
    pub(super) created_at: Option<Time>,
    pub(super) extended_type: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) activity_type: ActivityTypeChoice,
    /// Exactly for activities of the type TransmissionOpened.
    pub(super) transmission_id: Option<Guid>,
    #[serde(default, deserialize_with = "not_null")]
    pub(super) performed_by: Option<ActorInput>,
    /// Exactly for activities of the type Information.
    pub(super) description: Option<Vec<Localization>>,
}

/// The service owner, or somebody on behalf of the party, who has either an id or a name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActorInput {
    #[serde(default)]
    pub(super) actor_type: ActorTypeChoice,
    pub(super) actor_name: Option<String>,
    pub(super) actor_id: Option<String>,
}

fn plain_text() -> String {
    MediaType::PlainText.as_str().to_owned()
}

fn get() -> Option<HttpVerbChoice> {
    Some(Choice::Member(HttpVerb::Get))
}

use super::actor::Actor;
use super::content::{DialogContent, TransmissionContent};
use super::label::{ServiceOwnerLabel, SystemLabels};
use super::localization::Localizations;
use super::party::Party;
use super::resource::{Org, ServiceResource};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new version 7 id, so that ids made later compare greater.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_newtype!(DialogId);
uuid_newtype!(TransmissionId);
uuid_newtype!(ActivityId);

/// The version of a dialog or of one of its contexts; a random id, new on every change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Revision(pub Uuid);

impl Revision {
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl Default for Revision {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// One running instance of a digital service, with everything that hangs on it except the seen log and the
/// label log, which are read on their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    pub id: DialogId,
    pub revision: Revision,
    pub org: Org,
    pub service_resource: ServiceResource,
    pub party: Party,
    /// Unique among the dialogs of one `org`.
    pub idempotent_key: Option<String>,
    /// Percent, 0 to 100.
    pub progress: Option<u8>,
    /// A code of the service owner's own; not the content value of the same name.
    pub extended_status: Option<String>,
    pub external_reference: Option<String>,
    pub visible_from: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub process: Option<String>,
    pub preceding_process: Option<String>,
    pub status: DialogStatus,
    pub is_api_only: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub content_updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    /// Frozen dialogs are changed by administrators only. Not shown by any API.
    pub frozen: bool,
    /// Opened by anybody since `content_updated_at`. What APIs call `isContentSeen` is this and not marked as
    /// unopened: [`Dialog::is_content_seen`].
    pub seen_since_content_update: bool,
    pub has_unopened_content: bool,
    /// Transmissions ever added by each side; not recomputed when a transmission changes its type.
    pub from_service_owner_transmissions_count: u16,
    pub from_party_transmissions_count: u16,
    /// Absent only in API-only dialogs.
    pub content: Option<DialogContent>,
    /// Trimmed, lower case, unique.
    pub search_tags: Vec<String>,
    pub attachments: Vec<Attachment>,
    pub gui_actions: Vec<GuiAction>,
    pub api_actions: Vec<ApiAction>,
    pub service_owner_context: ServiceOwnerContext,
    pub end_user_context: EndUserContext,
    /// In the order in which they were added. Kept in rows of their own by the store.
    #[serde(skip)]
    pub transmissions: Vec<Transmission>,
    /// In the order in which they were added. Kept in rows of their own by the store.
    #[serde(skip)]
    pub activities: Vec<Activity>,
}

impl Dialog {
    pub fn is_content_seen(&self) -> bool {
        use super::label::SystemLabel::MarkedAsUnopened;
        self.seen_since_content_update && !self.end_user_context.system_labels.contains(MarkedAsUnopened)
    }

    /// The newest activity by time, then id.
    pub fn latest_activity(&self) -> Option<&Activity> {
        self.activities.iter().max_by_key(|activity| (activity.created_at, activity.id))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DialogStatus {
    InProgress = 2,
    Draft = 3,
    RequiresAttention = 5,
    Completed = 6,
    NotApplicable = 7,
    Awaiting = 8,
}

impl DialogStatus {
    pub const ALL: [Self; 6] =
        [Self::InProgress, Self::Draft, Self::RequiresAttention, Self::Completed, Self::NotApplicable, Self::Awaiting];

    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Draft => "Draft",
            Self::RequiresAttention => "RequiresAttention",
            Self::Completed => "Completed",
            Self::NotApplicable => "NotApplicable",
            Self::Awaiting => "Awaiting",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceOwnerContext {
    pub revision: Revision,
    /// Ordered and unique, at most [`ServiceOwnerLabel::MAX_PER_DIALOG`].
    pub labels: Vec<ServiceOwnerLabel>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUserContext {
    pub revision: Revision,
    pub system_labels: SystemLabels,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: Uuid,
    pub display_name: Localizations,
    pub name: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub urls: Vec<AttachmentUrl>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentUrl {
    pub id: Uuid,
    pub url: String,
    pub media_type: Option<String>,
    pub consumer_type: ConsumerType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConsumerType {
    Gui = 1,
    Api = 2,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuiAction {
    pub id: Uuid,
    pub action: String,
    pub url: String,
    pub authorization_attribute: Option<String>,
    pub is_delete_dialog_action: bool,
    pub http_method: HttpVerb,
    pub priority: GuiActionPriority,
    pub title: Localizations,
    pub prompt: Localizations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuiActionPriority {
    Primary = 1,
    Secondary = 2,
    Tertiary = 3,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiAction {
    pub id: Uuid,
    pub action: String,
    pub name: Option<String>,
    pub authorization_attribute: Option<String>,
    pub endpoints: Vec<ApiEndpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiEndpoint {
    pub id: Uuid,
    pub version: Option<String>,
    pub url: String,
    pub http_method: HttpVerb,
    pub documentation_url: Option<String>,
    pub request_schema: Option<String>,
    pub response_schema: Option<String>,
    pub deprecated: bool,
    pub sunset_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpVerb {
    Get = 1,
    Post = 2,
    Put = 3,
    Patch = 4,
    Delete = 5,
    Head = 6,
    Options = 7,
    Trace = 8,
    Connect = 9,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transmission {
    pub id: TransmissionId,
    /// Unique within the dialog.
    pub idempotent_key: Option<String>,
    pub created_at: Timestamp,
    pub transmission_type: TransmissionType,
    pub extended_type: Option<String>,
    pub external_reference: Option<String>,
    pub authorization_attribute: Option<String>,
    pub related_transmission_id: Option<TransmissionId>,
    pub sender: Actor,
    /// Absent only in API-only dialogs.
    pub content: Option<TransmissionContent>,
    pub attachments: Vec<Attachment>,
    pub navigational_actions: Vec<NavigationalAction>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransmissionType {
    Information = 1,
    Acceptance = 2,
    Rejection = 3,
    Request = 4,
    Alert = 5,
    Decision = 6,
    Submission = 7,
    Correction = 8,
}

impl TransmissionType {
    /// Submissions and corrections come from the party, all others from the service owner.
    pub fn is_from_party(self) -> bool {
        matches!(self, Self::Submission | Self::Correction)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavigationalAction {
    pub title: Localizations,
    pub url: String,
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub id: ActivityId,
    pub created_at: Timestamp,
    pub activity_type: ActivityType,
    pub extended_type: Option<String>,
    /// Set exactly when the type is [`ActivityType::TransmissionOpened`].
    pub transmission_id: Option<TransmissionId>,
    pub performed_by: Actor,
    /// Set exactly when the type is [`ActivityType::Information`].
    pub description: Localizations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityType {
    DialogCreated = 1,
    DialogClosed = 2,
    Information = 3,
    TransmissionOpened = 4,
    PaymentMade = 5,
    SignatureProvided = 6,
    DialogOpened = 7,
    DialogDeleted = 8,
    DialogRestored = 9,
    SentToSigning = 10,
    SentToFormFill = 11,
    SentToSendIn = 12,
    SentToPayment = 13,
    FormSubmitted = 14,
    FormSaved = 15,
    CorrespondenceOpened = 16,
    CorrespondenceConfirmed = 17,
}

impl ActivityType {
    pub fn name(self) -> &'static str {
        match self {
            Self::DialogCreated => "DialogCreated",
            Self::DialogClosed => "DialogClosed",
            Self::Information => "Information",
            Self::TransmissionOpened => "TransmissionOpened",
            Self::PaymentMade => "PaymentMade",
            Self::SignatureProvided => "SignatureProvided",
            Self::DialogOpened => "DialogOpened",
            Self::DialogDeleted => "DialogDeleted",
            Self::DialogRestored => "DialogRestored",
            Self::SentToSigning => "SentToSigning",
            Self::SentToFormFill => "SentToFormFill",
            Self::SentToSendIn => "SentToSendIn",
            Self::SentToPayment => "SentToPayment",
            Self::FormSubmitted => "FormSubmitted",
            Self::FormSaved => "FormSaved",
            Self::CorrespondenceOpened => "CorrespondenceOpened",
            Self::CorrespondenceConfirmed => "CorrespondenceConfirmed",
        }
    }
}

use crate::domain::{
    Activity, ApiAction, Attachment, Dialog, DialogContent, DialogId, DialogStatus, GuiAction, LabelAssignment, Org,
    Party, ServiceOwnerLabel, ServiceResource, SystemLabel, Timestamp, Transmission,
};

/// A dialog as its service owner gives it. Everything in it has been validated; [`NewDialog::complete`] adds what
/// the contract derives.
#[derive(Clone, Debug)]
pub struct NewDialog {
    pub id: DialogId,
    pub org: Org,
    pub service_resource: ServiceResource,
    pub service_kind: ServiceKind,
    pub party: Party,
    pub idempotent_key: Option<String>,
    pub progress: Option<u8>,
    pub extended_status: Option<String>,
    pub external_reference: Option<String>,
    pub visible_from: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub process: Option<String>,
    pub preceding_process: Option<String>,
    pub status: DialogStatus,
    pub is_api_only: bool,
    /// `None` is the time of the write.
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// Default, Bin or Archive.
    pub system_label: SystemLabel,
    pub service_owner_labels: Vec<ServiceOwnerLabel>,
    pub content: Option<DialogContent>,
    pub search_tags: Vec<String>,
    pub attachments: Vec<Attachment>,
    pub gui_actions: Vec<GuiAction>,
    pub api_actions: Vec<ApiAction>,
    pub transmissions: Vec<Transmission>,
    pub activities: Vec<Activity>,
}

/// Services whose dialogs follow rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    Ordinary,
    /// Unopened until an activity says that the correspondence was opened.
    Correspondence,
}

impl NewDialog {
    /// The dialog as it is stored, with the label log of its creation: timestamps moved by a future
    /// `visible_from`, counters, labels, seen and unopened flags.
    pub fn complete(self, _at: Timestamp) -> (Dialog, Vec<LabelAssignment>) {
        todo!("the writer's owner")
    }
}

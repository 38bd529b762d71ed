use super::actor::Actor;
use super::label::SystemLabel;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody opened the dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEntry {
    pub id: Uuid,
    pub seen_at: Timestamp,
    pub seen_by: Actor,
    /// A service owner read the dialog on behalf of the user.
    pub is_via_service_owner: bool,
}

/// A system label was set or removed. Default is never logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelAssignment {
    pub created_at: Timestamp,
    pub label: SystemLabel,
    pub action: LabelAction,
    pub performed_by: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelAction {
    Set,
    Remove,
}

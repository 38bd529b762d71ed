use super::{Actor, Reader};
use dialog_index::domain::{self, LabelAction, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A label of the end user's side was set or removed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LabelAssignmentLog)]
pub(crate) struct LabelAssignment<'a> {
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    /// `systemlabel:` and the label.
    name: String,
    /// `set` or `remove`.
    action: &'static str,
    performed_by: Actor<'a>,
}

impl<'a> LabelAssignment<'a> {
    pub(crate) fn of(assignment: &'a domain::LabelAssignment, reader: &Reader<'_>) -> Self {
        Self {
            created_at: assignment.created_at,
            name: format!("systemlabel:{}", assignment.label.name()),
            action: match assignment.action {
                LabelAction::Set => "set",
                LabelAction::Remove => "remove",
            },
            performed_by: Actor::of(&assignment.performed_by, reader),
        }
    }
}

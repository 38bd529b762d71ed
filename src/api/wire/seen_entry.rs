use super::{Actor, Reader};
use dialog_index::domain::{self, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody opened the dialog.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenEntry<'a> {
    id: Uuid,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    seen_at: Timestamp,
    seen_by: Actor<'a>,
    is_via_service_owner: bool,
    is_current_end_user: bool,
}

impl<'a> SeenEntry<'a> {
    pub(crate) fn of(entry: &'a domain::SeenEntry, reader: &Reader<'_>) -> Self {
        let seen_by_user = |user: &domain::EndUserId| match &entry.seen_by {
            domain::Actor::Identified { id, .. } => id.as_str() == user.as_str(),
            domain::Actor::Named { .. } | domain::Actor::ServiceOwner => false,
        };
        Self {
            id: entry.id,
            seen_at: entry.seen_at,
            seen_by: Actor::of(&entry.seen_by, reader),
            is_via_service_owner: entry.is_via_service_owner,
            is_current_end_user: reader.end_user.is_some_and(seen_by_user),
        }
    }
}

use super::marks::{Marked, Marks};
use super::{Actor, Reader};
use dialog_index::domain::{self, ActorId, Timestamp};
use serde::{Serialize, Serializer};
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
    /// Not where a service owner reads the log itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<bool>)]
    is_current_end_user: Option<IsCurrentEndUser<'a>>,
}

/// Whether it was the reader.
#[derive(Clone, Debug)]
struct IsCurrentEndUser<'a> {
    it_is: bool,
    /// With who it was, if that is known.
    marks: Option<(&'a Marks, &'a ActorId)>,
}

impl<'a> SeenEntry<'a> {
    pub(crate) fn of(entry: &'a domain::SeenEntry, reader: &Reader<'a>) -> Self {
        let seen_by = match &entry.seen_by {
            domain::Actor::Identified { id, .. } => Some(id),
            domain::Actor::Named { .. } | domain::Actor::ServiceOwner => None,
        };
        let is_reader = |id: &ActorId| reader.end_user.is_some_and(|user| user.as_str() == id.as_str());
        Self {
            id: entry.id,
            seen_at: entry.seen_at,
            seen_by: Actor::of(&entry.seen_by, reader),
            is_via_service_owner: entry.is_via_service_owner,
            is_current_end_user: Some(IsCurrentEndUser {
                it_is: seen_by.is_some_and(is_reader),
                marks: reader.marks.zip(seen_by),
            }),
        }
    }

    /// As the log shows it to service owners.
    pub(crate) fn in_log(entry: &'a domain::SeenEntry, reader: &Reader<'a>) -> Self {
        Self { is_current_end_user: None, ..Self::of(entry, reader) }
    }
}

impl Serialize for IsCurrentEndUser<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.marks {
            Some((marks, seen_by)) => {
                marks.mark(Marked::IsCurrentEndUser(seen_by.clone()), || serializer.serialize_bool(false))
            }
            None => serializer.serialize_bool(self.it_is),
        }
    }
}

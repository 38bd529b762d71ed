use super::{Actor, Reader, Texts};
use dialog_index::domain::{self, ActivityId, Timestamp, TransmissionId};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened, with everything that is told of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Activity<'a> {
    #[schema(value_type = uuid::Uuid)]
    id: ActivityId,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_type: Option<&'a str>,
    #[serde(rename = "type")]
    #[schema(value_type = super::ActivityTypeChoice)]
    activity_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    transmission_id: Option<TransmissionId>,
    performed_by: Actor<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<super::text::Localization>>)]
    description: Option<Texts<'a>>,
}

/// Something that happened, without who did it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogActivitySearchItem)]
pub(crate) struct ActivityListItem<'a> {
    #[schema(value_type = uuid::Uuid)]
    id: ActivityId,
    #[serde(serialize_with = "super::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_type: Option<&'a str>,
    #[serde(rename = "type")]
    #[schema(value_type = super::ActivityTypeChoice)]
    activity_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    transmission_id: Option<TransmissionId>,
}

/// Something that happened, as lists for end users have it: without who did it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndUserActivityListItem<'a> {
    #[serde(flatten)]
    shared: ActivityListItem<'a>,
    #[schema(value_type = Vec<super::text::Localization>)]
    description: Texts<'a>,
}

impl<'a> EndUserActivityListItem<'a> {
    pub(crate) fn of(activity: &'a domain::Activity, reader: &Reader<'a>) -> Self {
        Self { shared: ActivityListItem::of(activity), description: Texts::of(&activity.description, reader) }
    }
}

impl<'a> ActivityListItem<'a> {
    pub(crate) fn of(activity: &'a domain::Activity) -> Self {
        Self {
            id: activity.id,
            created_at: activity.created_at,
            extended_type: activity.extended_type.as_deref(),
            activity_type: activity.activity_type.name(),
            transmission_id: activity.transmission_id,
        }
    }
}

impl<'a> Activity<'a> {
    /// As dialogs show it, and to service owners on its own: without a description where there is none.
    pub(crate) fn in_dialog(activity: &'a domain::Activity, reader: &Reader<'a>) -> Self {
        Self { description: Texts::of_optional(&activity.description, reader), ..Self::of(activity, reader) }
    }

    /// As lists show it, and to end users on its own.
    pub(crate) fn of(activity: &'a domain::Activity, reader: &Reader<'a>) -> Self {
        Self {
            id: activity.id,
            created_at: activity.created_at,
            extended_type: activity.extended_type.as_deref(),
            activity_type: activity.activity_type.name(),
            transmission_id: activity.transmission_id,
            performed_by: Actor::of(&activity.performed_by, reader),
            description: Some(Texts::of(&activity.description, reader)),
        }
    }
}

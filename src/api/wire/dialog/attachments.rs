use super::View;
use crate::api::wire::{ContractEnum, Texts};
use dialog_index::domain::{self, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A file that lies elsewhere.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogAttachment)]
pub(super) struct Attachment<'a> {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<crate::api::wire::text::Localization>>)]
    display_name: Option<Texts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    urls: Vec<AttachmentUrl<'a>>,
    #[serde(serialize_with = "crate::api::wire::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogAttachmentUrl)]
struct AttachmentUrl<'a> {
    id: Uuid,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a str>,
    #[schema(value_type = crate::api::wire::ConsumerTypeChoice)]
    consumer_type: &'static str,
}

impl<'a> Attachment<'a> {
    /// Attachments of the dialog itself have no rights of their own.
    pub(super) fn of_dialog(attachment: &'a domain::Attachment, view: &View<'a>) -> Self {
        Self::of(attachment, None, view)
    }

    pub(super) fn of(attachment: &'a domain::Attachment, is_authorized: Option<bool>, view: &View<'a>) -> Self {
        let instead = view.instead(is_authorized, attachment.expires_at);
        let url = |url: &'a domain::AttachmentUrl| AttachmentUrl {
            id: url.id,
            url: instead.unwrap_or(&url.url),
            media_type: url.media_type.as_deref(),
            consumer_type: url.consumer_type.name(),
        };
        Self {
            id: attachment.id,
            display_name: Texts::of_optional(&attachment.display_name, view.reader),
            name: attachment.name.as_deref(),
            urls: attachment.urls.iter().map(url).collect(),
            expires_at: attachment.expires_at,
        }
    }
}

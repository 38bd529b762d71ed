use super::View;
use super::attachments::Attachment;
use crate::api::wire::{Actor, ContentValue, ContractEnum, Texts};
use dialog_index::domain::{self, Timestamp, TransmissionId};
use serde::Serialize;
use utoipa::ToSchema;

/// A message of the dialog.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogTransmission)]
pub(crate) struct Transmission<'a> {
    #[schema(value_type = uuid::Uuid)]
    id: TransmissionId,
    /// Only told to the service owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotent_key: Option<&'a str>,
    #[serde(serialize_with = "crate::api::wire::time")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_attribute: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_authorized: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    related_transmission_id: Option<TransmissionId>,
    #[serde(rename = "type")]
    #[schema(value_type = crate::api::wire::TransmissionTypeChoice)]
    transmission_type: &'static str,
    sender: Actor<'a>,
    /// Only in dialogs: whether an activity says that the party has opened it; never of the party's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_opened: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
    attachments: Vec<Attachment<'a>>,
    navigational_actions: Vec<NavigationalAction<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogTransmissionContent)]
struct Content<'a> {
    title: ContentValue<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_reference: Option<ContentValue<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogTransmissionNavigationalAction)]
struct NavigationalAction<'a> {
    #[schema(value_type = Vec<crate::api::wire::text::Localization>)]
    title: Texts<'a>,
    url: &'a str,
    #[serde(serialize_with = "crate::api::wire::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    expires_at: Option<Timestamp>,
}

impl<'a> Transmission<'a> {
    /// As dialogs show it.
    pub(super) fn in_dialog(transmission: &'a domain::Transmission, has_been_opened: bool, view: &View<'a>) -> Self {
        let is_opened = has_been_opened && !transmission.transmission_type.is_from_party();
        Self { is_opened: Some(is_opened), ..Self::of(transmission, view) }
    }

    /// As it is shown on its own.
    pub(crate) fn of(transmission: &'a domain::Transmission, view: &View<'a>) -> Self {
        let is_authorized = view.told(|access| access.permits_transmission(transmission));
        let attachment = |it: &'a domain::Attachment| Attachment::of(it, is_authorized, view);
        let navigational_action = |it: &'a domain::NavigationalAction| NavigationalAction {
            title: Texts::of(&it.title, view.reader),
            url: view.instead(is_authorized, it.expires_at).unwrap_or(&it.url),
            expires_at: it.expires_at,
        };
        Self {
            id: transmission.id,
            idempotent_key: transmission.idempotent_key.as_deref().filter(|_| !view.is_enforced()),
            created_at: transmission.created_at,
            authorization_attribute: transmission.authorization_attribute.as_deref(),
            is_authorized,
            extended_type: transmission.extended_type.as_deref(),
            external_reference: transmission.external_reference.as_deref(),
            related_transmission_id: transmission.related_transmission_id,
            transmission_type: transmission.transmission_type.name(),
            sender: Actor::of(&transmission.sender, view.reader),
            is_opened: None,
            content: transmission.content.as_ref().map(|content| Content::of(content, is_authorized, view)),
            attachments: transmission.attachments.iter().map(attachment).collect(),
            navigational_actions: transmission.navigational_actions.iter().map(navigational_action).collect(),
        }
    }
}

impl<'a> Content<'a> {
    fn of(content: &'a domain::TransmissionContent, is_authorized: Option<bool>, view: &View<'a>) -> Self {
        let value = |value: &'a domain::ContentValue| ContentValue::of(value, view.reader);
        let reference = |it| value(it).showing_instead(view.instead(is_authorized, None));
        Self {
            title: value(&content.title),
            summary: content.summary.as_ref().map(value),
            content_reference: content.content_reference.as_ref().map(reference),
        }
    }
}

use super::View;
use crate::api::wire::{ContractEnum, Texts};
use dialog_index::domain::{self, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A button for people.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogGuiAction)]
pub(super) struct GuiAction<'a> {
    id: Uuid,
    action: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_attribute: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_authorized: Option<bool>,
    is_delete_dialog_action: bool,
    #[schema(value_type = crate::api::wire::GuiActionPriorityChoice)]
    priority: &'static str,
    #[schema(value_type = crate::api::wire::HttpVerbChoice)]
    http_method: &'static str,
    #[schema(value_type = Vec<crate::api::wire::text::Localization>)]
    title: Texts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<crate::api::wire::text::Localization>>)]
    prompt: Option<Texts<'a>>,
}

/// What programs can do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogApiAction)]
pub(super) struct ApiAction<'a> {
    id: Uuid,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_attribute: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_authorized: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    endpoints: Vec<ApiEndpoint<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogApiActionEndpoint)]
struct ApiEndpoint<'a> {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    url: &'a str,
    #[schema(value_type = crate::api::wire::HttpVerbChoice)]
    http_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_schema: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_schema: Option<&'a str>,
    deprecated: bool,
    #[serde(serialize_with = "crate::api::wire::optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    sunset_at: Option<Timestamp>,
}

impl<'a> GuiAction<'a> {
    pub(super) fn of(action: &'a domain::GuiAction, view: &View<'a>) -> Self {
        let attribute = action.authorization_attribute.as_deref();
        let is_authorized = view.told(|access| access.permits_action(&action.action, attribute));
        Self {
            id: action.id,
            action: &action.action,
            url: view.instead(is_authorized, None).unwrap_or(&action.url),
            authorization_attribute: attribute,
            is_authorized,
            is_delete_dialog_action: action.is_delete_dialog_action,
            priority: action.priority.name(),
            http_method: action.http_method.name(),
            title: Texts::of(&action.title, view.reader),
            prompt: Texts::of_optional(&action.prompt, view.reader),
        }
    }
}

impl<'a> ApiAction<'a> {
    pub(super) fn of(action: &'a domain::ApiAction, view: &View<'a>) -> Self {
        let attribute = action.authorization_attribute.as_deref();
        let is_authorized = view.told(|access| access.permits_action(&action.action, attribute));
        let instead = view.instead(is_authorized, None);
        let endpoint = |endpoint: &'a domain::ApiEndpoint| ApiEndpoint {
            id: endpoint.id,
            version: endpoint.version.as_deref(),
            url: instead.unwrap_or(&endpoint.url),
            http_method: endpoint.http_method.name(),
            documentation_url: endpoint.documentation_url.as_deref(),
            request_schema: endpoint.request_schema.as_deref(),
            response_schema: endpoint.response_schema.as_deref(),
            deprecated: endpoint.deprecated,
            sunset_at: endpoint.sunset_at,
        };
        Self {
            id: action.id,
            action: &action.action,
            authorization_attribute: attribute,
            is_authorized,
            name: action.name.as_deref(),
            endpoints: action.endpoints.iter().map(endpoint).collect(),
        }
    }
}

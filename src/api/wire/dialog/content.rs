use super::View;
use crate::api::wire::ContentValue;
use dialog_index::domain;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialogContent)]
pub(super) struct Content<'a> {
    title: ContentValue<'a>,
    /// Only told to the service owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    non_sensitive_title: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<ContentValue<'a>>,
    /// Only told to the service owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    non_sensitive_summary: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_name: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_info: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_status: Option<ContentValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_content_reference: Option<ContentValue<'a>>,
}

impl<'a> Content<'a> {
    pub(super) fn of(content: &'a domain::DialogContent, view: &View<'a>) -> Self {
        let value = |value: &'a domain::ContentValue| ContentValue::of(value, view.reader);
        let is_authorized = view.told(|access| access.reads_main_content());
        Self {
            title: value(&content.title),
            non_sensitive_title: None,
            summary: content.summary.as_ref().map(value),
            non_sensitive_summary: None,
            sender_name: content.sender_name.as_ref().map(value),
            additional_info: content.additional_info.as_ref().map(value),
            extended_status: content.extended_status.as_ref().map(value),
            main_content_reference: content.main_content_reference.as_ref().map(|reference| {
                let shown = value(reference).showing_instead(view.instead(is_authorized, None));
                shown.telling_authorization(is_authorized)
            }),
        }
    }

    pub(super) fn add_non_sensitive(&mut self, content: &'a domain::DialogContent, view: &View<'a>) {
        let value = |value: &'a domain::ContentValue| ContentValue::of(value, view.reader);
        self.non_sensitive_title = content.non_sensitive_title.as_ref().map(value);
        self.non_sensitive_summary = content.non_sensitive_summary.as_ref().map(value);
    }
}

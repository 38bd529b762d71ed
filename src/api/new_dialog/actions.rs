use super::body::{CreateDialogApiAction, CreateDialogApiActionEndpoint, CreateDialogGuiAction};
use super::rules::{Field, Rules, Subject};
use super::texts::{MAX_LENGTH, Texts};
use crate::api::json::Guid;
use crate::api::wire::ContractEnum;
use dialog_index::domain::{ApiAction, ApiEndpoint, GuiAction, GuiActionPriority, HttpVerb};
use uuid::Uuid;

/// How many GUI actions of each priority a dialog can have.
const MAX_PER_PRIORITY: [(GuiActionPriority, usize); 3] =
    [(GuiActionPriority::Primary, 1), (GuiActionPriority::Secondary, 1), (GuiActionPriority::Tertiary, 5)];

impl Rules<'_> {
    pub(super) fn gui_actions(
        &mut self,
        list: &Field<'_>,
        actions: Option<Vec<CreateDialogGuiAction>>,
    ) -> Vec<GuiAction> {
        let actions = actions.unwrap_or_default();
        self.unique_ids(list, actions.iter().map(|it| &it.id));
        for (priority, max) in MAX_PER_PRIORITY {
            let count = actions.iter().filter(|it| it.priority.member() == Some(priority)).count();
            if count > max {
                let reason =
                    format_args!("must hold at most {max} of the priority {}, but holds {count}", priority.name())
                        .to_string();
                self.refuse(list, reason);
            }
        }
        let read = |(index, it)| self.gui_action(&list.element(index), it);
        actions.into_iter().enumerate().filter_map(read).collect()
    }

    fn gui_action(&mut self, field: &Field<'_>, given: CreateDialogGuiAction) -> Option<GuiAction> {
        let id = self.action_id(field, given.id);
        let action = self.required_text(&field.member("action"), given.action);
        let url = self.https_url(&field.member("url"), given.url);
        let authorization_attribute =
            self.authorization_attribute(&field.member("authorizationAttribute"), given.authorization_attribute);
        let http_method = given
            .http_method
            .and_then(|verb| verb.member())
            .filter(|verb| matches!(verb, HttpVerb::Get | HttpVerb::Post | HttpVerb::Delete));
        if http_method.is_none() {
            self.refuse(&field.member("httpMethod"), "must be GET, POST or DELETE");
        }
        let priority = self.member(&field.member("priority"), given.priority);
        let title = self.localizations(&field.member("title"), given.title, MAX_LENGTH, Texts::Required);
        let prompt = self.localizations(&field.member("prompt"), given.prompt, MAX_LENGTH, Texts::Optional);
        Some(GuiAction {
            id,
            action,
            url,
            authorization_attribute,
            is_delete_dialog_action: given.is_delete_dialog_action,
            http_method: http_method?,
            priority: priority?,
            title,
            prompt,
        })
    }

    pub(super) fn api_actions(
        &mut self,
        list: &Field<'_>,
        actions: Option<Vec<CreateDialogApiAction>>,
    ) -> Vec<ApiAction> {
        let actions = actions.unwrap_or_default();
        self.unique_ids(list, actions.iter().map(|it| &it.id));
        actions.into_iter().enumerate().map(|(index, it)| self.api_action(&list.element(index), it)).collect()
    }

    fn api_action(&mut self, field: &Field<'_>, given: CreateDialogApiAction) -> ApiAction {
        let endpoints_field = field.member("endpoints");
        let endpoints = given.endpoints.unwrap_or_default();
        if endpoints.is_empty() {
            self.refuse(&endpoints_field, "must not be empty");
        }
        if self.subject == Subject::StoredDialog {
            self.unique_ids(&endpoints_field, endpoints.iter().map(|it| &it.id));
        }
        let read = |(index, it)| self.api_endpoint(&endpoints_field.element(index), it);
        let endpoints = endpoints.into_iter().enumerate().filter_map(read).collect();
        ApiAction {
            id: self.action_id(field, given.id),
            action: self.required_text(&field.member("action"), given.action),
            name: self.optional_text(&field.member("name"), given.name),
            authorization_attribute: self
                .authorization_attribute(&field.member("authorizationAttribute"), given.authorization_attribute),
            endpoints,
        }
    }

    /// Actions of a stored dialog may have ids of any version.
    fn action_id(&mut self, field: &Field<'_>, id: Option<Guid>) -> Uuid {
        match (self.subject, id) {
            (Subject::StoredDialog, Some(Guid(id))) => id,
            (_, id) => self.id(&field.member("id"), id),
        }
    }

    fn api_endpoint(&mut self, field: &Field<'_>, given: CreateDialogApiActionEndpoint) -> Option<ApiEndpoint> {
        let version = self.optional_text(&field.member("version"), given.version);
        let url = self.https_url(&field.member("url"), given.url);
        let http_method = self.member(&field.member("httpMethod"), given.http_method);
        let documentation_url = self.optional_uri(&field.member("documentationUrl"), given.documentation_url);
        let request_schema = self.optional_uri(&field.member("requestSchema"), given.request_schema);
        let response_schema = self.optional_uri(&field.member("responseSchema"), given.response_schema);
        if given.sunset_at.is_some() && !given.deprecated {
            self.refuse(&field.member("deprecated"), "must be true where 'sunsetAt' is given");
        }
        Some(ApiEndpoint {
            id: given.id.map_or_else(Uuid::now_v7, |Guid(id)| id),
            version,
            url,
            http_method: http_method?,
            documentation_url,
            request_schema,
            response_schema,
            deprecated: given.deprecated,
            sunset_at: given.sunset_at.map(|time| time.0),
        })
    }
}

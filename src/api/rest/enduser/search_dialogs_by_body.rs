use super::search_dialogs::search;
use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::json::JsonBody;
use crate::api::problem::Problem;
use crate::api::search_params::{EndUserSearch, Given};
use crate::api::wire::{DialogListItem, DialogPage};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;

/// The search of `GET /api/v1/enduser/dialogs` with its parameters as the members of an object, for lists too long for
/// a URL.
///
/// A list is an array or one value. What stands in the query is not read.
#[utoipa::path(
    post,
    path = "/api/v1/enduser/dialogs/search",
    operation_id = "SearchDialogsByBody",
    tag = "Enduser",
    params(("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first")),
    request_body = EndUserSearch,
    responses(
        (status = 200, description = "One page", body = DialogPage<'static, DialogListItem<'static>>),
        (status = 400, description = "What is wrong with the parameters, all of it"),
        (status = 413, description = "The body is too large"),
        (status = 415, description = "The body is not said to be JSON"),
    ),
)]
pub(super) async fn search_dialogs_by_body(
    State(app): State<App>,
    user: EndUser,
    languages: AcceptedLanguages,
    body: JsonBody,
) -> Result<Response, Problem> {
    search(app, user, languages, Given::Body(&body.tree()?)).await
}

use crate::api::caller::SearchingServiceOwner;
use crate::api::explanation;
use crate::api::problem::Problem;
use crate::api::search_params::{SearchParams, order_text, token_text};
use crate::api::wire::{self, SystemLabelChoice};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use dialog_index::AuthorizedScope;
use dialog_index::domain::SystemLabel;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One page of labels.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndUserContextPage {
    items: Vec<DialogEndUserContextItem>,
    has_next_page: bool,
    /// Names the last row of a page that is not the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    continuation_token: Option<String>,
    order_by: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DialogEndUserContextItem {
    dialog_id: Uuid,
    end_user_context_revision: Uuid,
    #[schema(value_type = Vec<SystemLabelChoice>)]
    system_labels: Vec<&'static str>,
}

/// The labels that end users put on the dialogs of the service owner, deleted ones included, newest content first.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/endusercontext",
    operation_id = "SearchDialogEndUserContexts",
    tag = "Serviceowner",
    params(
        ("party" = Vec<String>, Query, description = "URNs of the owners of the dialogs"),
        ("label" = Option<Vec<SystemLabelChoice>>, Query, description = "A dialog must carry at least one of them"),
        ("contentUpdatedAfter" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Inclusive"),
        ("continuationToken" = Option<String>, Query, description = "From the answer before, with the same filters"),
        ("limit" = Option<i32>, Query, description = "Dialogs in a page", minimum = 1, maximum = 1000),
    ),
    responses(
        (status = 200, description = "One page", body = EndUserContextPage),
        (status = 400, description = "What is wrong with the parameters, all of it"),
    ),
)]
pub(super) async fn search_end_user_contexts(
    State(app): State<App>,
    SearchingServiceOwner(owner): SearchingServiceOwner,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = SearchParams::of_end_user_contexts(&query.unwrap_or_default(), app.limits());
    let query = params.map_err(Problem::bad_request)?.query;
    app.blocking(move |dialogs| {
        let (page, explanation) = dialogs.explain_search(&AuthorizedScope::owned_by(owner.org), &query, None)?;
        let items = page.items.iter().map(|item| DialogEndUserContextItem {
            dialog_id: item.id.0,
            end_user_context_revision: item.end_user_context.revision.0,
            system_labels: item.end_user_context.system_labels.iter().map(SystemLabel::name).collect(),
        });
        let page = wire::json(&EndUserContextPage {
            items: items.collect(),
            has_next_page: page.has_next,
            continuation_token: page.last.filter(|_| page.has_next).map(|last| token_text(&query.order, &last)),
            order_by: order_text(&query.order),
        })?;
        Ok(explanation::noted(page, &explanation))
    })
    .await
}

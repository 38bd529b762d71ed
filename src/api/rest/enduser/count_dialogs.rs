use crate::api::caller::EndUser;
use crate::api::explanation;
use crate::api::problem::Problem;
use crate::api::search_params::{CountParams, EndUserFilterParams, FacetParams, ListOf};
use crate::api::wire::{self, DialogCounts};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use dialog_index::AuthorizedScope;

/// Counts the dialogs that a search with the same filters would find.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/facets",
    operation_id = "CountDialogs",
    tag = "Enduser",
    params(EndUserFilterParams, FacetParams),
    responses(
        (status = 200, description = "The counts", body = DialogCounts<'static>),
        (status = 400, description = "What is wrong with the parameters, all of it"),
    ),
)]
pub(super) async fn count_dialogs(
    State(app): State<App>,
    user: EndUser,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = CountParams::read(&query.unwrap_or_default(), ListOf::EndUser, app.limits(), app.now())
        .map_err(Problem::bad_request)?;
    let rights = app.authority().rights_of(&user.user(), &params.filter.parties).await?;
    app.blocking(move |dialogs| {
        let scope = AuthorizedScope::of_end_user(rights);
        let (counts, explanation) = dialogs.explain_count(&scope, &params.filter, &params.request, None)?;
        Ok(explanation::noted(wire::json(&DialogCounts::of(&counts))?, &explanation))
    })
    .await
}

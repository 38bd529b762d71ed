use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::explanation::{self, SearchExplanation};
use crate::api::problem::Problem;
use crate::api::search;
use crate::api::search_params::{EndUserFilterParams, Given, ListOf, PageParams, SearchParams};
use crate::api::wire::{Audience, DialogListItem, DialogPage, ListedItems, Reader};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use dialog_index::AuthorizedScope;

/// Searches the dialogs of the caller and of those the caller may represent.
///
/// A `party` or a `serviceResource` must be given, or `allParties`. What the caller has no right to is left out
/// without a word.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs",
    operation_id = "SearchDialogs",
    tag = "Enduser",
    params(
        EndUserFilterParams,
        PageParams,
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first"),
    ),
    responses(
        (status = 200, description = "One page", body = DialogPage<'static, DialogListItem<'static>>),
        (status = 400, description = "What is wrong with the parameters, all of it"),
    ),
)]
pub(super) async fn search_dialogs(
    State(app): State<App>,
    user: EndUser,
    languages: AcceptedLanguages,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(app, user, languages, Given::Query(&query.unwrap_or_default())).await
}

/// One page, wherever its parameters stand.
pub(super) async fn search(
    app: App,
    user: EndUser,
    languages: AcceptedLanguages,
    given: Given<'_>,
) -> Result<Response, Problem> {
    let params = SearchParams::read(given, ListOf::EndUser, app.limits(), app.now()).map_err(Problem::bad_request)?;
    let rights = app.authority().rights_of(&user.user(), &params.query.filter.parties).await?;
    let facts = app.facts()?;
    let (scope, person_mask) = (AuthorizedScope::of_end_user(rights), app.person_mask());
    search::search(&app, scope, params, move |page, params, explanation| {
        let reader = Reader::of_end_user(&languages, person_mask, &user.id);
        let items = ListedItems::of(page, Audience::EndUsers, reader, facts.services(), user.level);
        let told = SearchExplanation::of(&user.caller, params, explanation);
        let page = DialogPage::<DialogListItem<'_>>::without_items(page, params);
        explanation::page(&page, &items, told)
    })
    .await
}

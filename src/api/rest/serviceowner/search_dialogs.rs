use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::{SearchingServiceOwner, ServiceOwner};
use crate::api::explanation::{self, SearchExplanation};
use crate::api::problem::Problem;
use crate::api::search;
use crate::api::search_params::{Given, ListOf, PageParams, SearchParams, ServiceOwnerFilterParams};
use crate::api::wire::{Audience, DialogPage, ListedItems, PersonIds, Reader, ServiceOwnerDialogListItem};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use dialog_index::AuthorizedScope;

/// The contract has service owners read lists as if they had logged in at the lowest level.
const LEVEL: u8 = 0;

/// Searches the dialogs of the service owner; with `endUserId` those of them that this person may see.
///
/// Dialogs that are not yet visible or have expired are found as well.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs",
    operation_id = "SearchDialogs",
    tag = "Serviceowner",
    params(ServiceOwnerFilterParams, PageParams),
    responses(
        (status = 200, description = "One page", body = DialogPage<'static, ServiceOwnerDialogListItem<'static>>),
        (status = 400, description = "What is wrong with the parameters, all of it"),
    ),
)]
pub(super) async fn search_dialogs(
    State(app): State<App>,
    SearchingServiceOwner(owner): SearchingServiceOwner,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    search(app, owner, Given::Query(&query.unwrap_or_default())).await
}

/// One page, wherever its parameters stand.
pub(super) async fn search(app: App, owner: ServiceOwner, given: Given<'_>) -> Result<Response, Problem> {
    let list = if owner.user_by_urn()?.is_some() { ListOf::ServiceOwnerForUser } else { ListOf::ServiceOwner };
    let params = SearchParams::read(given, list, app.limits(), app.now()).map_err(Problem::bad_request)?;
    let org = owner.org.clone();
    let scope = match owner.user() {
        Some(user) => {
            let rights = app.authority().rights_of(&user, &params.query.filter.parties).await?;
            AuthorizedScope::of_end_user_within(rights, org)
        }
        None => AuthorizedScope::owned_by(org),
    };
    let facts = app.facts()?;
    search::search(&app, scope, params, move |page, params, explanation| {
        let reader = Reader {
            languages: &AcceptedLanguages::default(),
            person_ids: PersonIds::Shown,
            end_user: owner.on_behalf_of.as_ref(),
            marks: None,
        };
        let items = ListedItems::of(page, Audience::ServiceOwner, reader, facts.services(), LEVEL);
        let told = SearchExplanation::of(&owner.caller, params, explanation);
        let page = DialogPage::<ServiceOwnerDialogListItem<'_>>::without_items(page, params);
        explanation::page(&page, &items, told)
    })
    .await
}

use crate::api::accept_language::AcceptedLanguages;
use crate::api::authorized_services::AuthorizedServices;
use crate::api::caller::EndUser;
use crate::api::problem::Problem;
use crate::api::search_params::read_parties;
use crate::api::wire::{self, AuthorizedServiceResourceList, Reader};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// The services that the caller may see dialogs of, and by which roles and access packages they are reached.
///
/// Whoever represents more than 1000 parties and names none gets all services that dialogs are about.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/serviceresources",
    operation_id = "SearchAuthorizedServiceResources",
    tag = "Enduser",
    params(
        ("party" = Option<Vec<String>>, Query, description = "URNs of parties; those that the caller does not represent are ignored"),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show names in"),
    ),
    responses(
        (status = 200, description = "By name", body = AuthorizedServiceResourceList<'static>),
        (status = 400, description = "A party or the header is not valid"),
    ),
)]
pub(super) async fn search_service_resources(
    State(app): State<App>,
    user: EndUser,
    languages: AcceptedLanguages,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parties = read_parties(&query.unwrap_or_default(), app.limits()).map_err(Problem::bad_request)?;
    let facts = app.facts()?;
    let found = AuthorizedServices::of(&app, &user, parties, app.now()).await?;
    app.clone()
        .blocking(move |_| {
            let services = facts.services();
            // Nothing can be told of a service that the register does not know.
            let described: Vec<_> = found.services.iter().filter_map(|it| services.describe(it)).collect();
            let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
            wire::json(&AuthorizedServiceResourceList::of(&described, found.is_full_catalogue, &reader))
        })
        .await
}

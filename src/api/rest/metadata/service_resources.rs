use crate::api::accept_language::AcceptedLanguages;
use crate::api::problem::Problem;
use crate::api::wire::{self, PersonIds, Reader, ServiceResourceMetadataList};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;

/// The services that dialogs are about, and by which roles and access packages they are reached.
#[utoipa::path(
    get,
    path = "/api/v1/metadata/serviceresources",
    operation_id = "GetServiceResourceMetadata",
    tag = "Metadata",
    params(("Accept-Language" = Option<String>, Header, description = "The languages to show names in")),
    responses(
        (status = 200, description = "By name", body = ServiceResourceMetadataList<'static>),
        (status = 400, description = "The header is not valid"),
    ),
)]
pub(super) async fn get_service_resources(
    State(app): State<App>,
    languages: AcceptedLanguages,
) -> Result<Response, Problem> {
    let facts = app.facts()?;
    app.clone()
        .blocking(move |dialogs| {
            let services = facts.services();
            // Nothing can be told of a service that the register does not know.
            let described: Vec<_> = dialogs.services().iter().filter_map(|it| services.describe(it)).collect();
            let reader = Reader {
                languages: &languages,
                person_ids: PersonIds::Masked(app.person_mask()),
                end_user: None,
                marks: None,
            };
            wire::json(&ServiceResourceMetadataList::of(&described, &reader))
        })
        .await
}

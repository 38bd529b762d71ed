use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_lookup::{Reference, find_for_user};
use crate::api::problem::Problem;
use crate::api::search_params::KeyStyle;
use crate::api::wire::{self, EndUserIdentifierLookup, Reader};
use crate::app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Finds the dialog of an app instance or a correspondence, or of a dialog id, and tells why the caller may see it.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialoglookup",
    operation_id = "GetDialogLookup",
    tag = "Enduser",
    params(
        (
            "instanceRef" = String,
            Query,
            description = "`urn:altinn:instance-id:{partyId}/{uuid}`, `urn:altinn:correspondence-id:{uuid}` or `urn:altinn:dialog-id:{uuid}`"
        ),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in"),
    ),
    responses(
        (status = 200, description = "What the dialog is", body = EndUserIdentifierLookup<'static>),
        (status = 400, description = "The reference or the header is not valid"),
        (status = 403, description = "The caller may not see the dialog"),
        (status = 404, description = "There is no such dialog, or it is deleted"),
        (status = 409, description = "Several dialogs that the caller may see are labelled with the reference"),
    ),
)]
pub(super) async fn get_dialog_lookup(
    State(app): State<App>,
    user: EndUser,
    languages: AcceptedLanguages,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let reference = Reference::in_query(&query.unwrap_or_default(), KeyStyle::EndUser).map_err(Problem::bad_request)?;
    let facts = app.facts()?;
    let found = find_for_user(&app, &user, reference).await?;
    let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
    let (dialog, evidence) = (&found.dialog, &found.evidence);
    wire::lookup_of_end_user(dialog, &found.reference, evidence, user.level, facts.services(), &reader)
}

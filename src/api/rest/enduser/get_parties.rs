use crate::api::accept::AcceptsJson;
use crate::api::caller::EndUser;
use crate::api::problem::Problem;
use crate::api::wire::{self, Parties};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;

/// Lists whom the caller may represent: the caller first, others by name, sub-units within their main units.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/parties",
    operation_id = "GetParties",
    tag = "Enduser",
    responses(
        (status = 200, description = "The parties", body = Parties<'static>),
        (status = 406, description = "The caller does not take JSON"),
    ),
)]
pub(super) async fn get_parties(State(app): State<App>, user: EndUser, _: AcceptsJson) -> Result<Response, Problem> {
    let parties = app.authority().parties_of(&user.user()).await?;
    // There may be very many.
    app.blocking(move |_| wire::json(&Parties::of(&parties))).await
}

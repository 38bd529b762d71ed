use super::search_dialogs::search;
use crate::api::caller::{SearchingServiceOwner, no_urn_of_a_person};
use crate::api::json::{JsonBody, Tree};
use crate::api::problem::Problem;
use crate::api::search_params::{Given, ServiceOwnerSearch};
use crate::api::wire::{DialogPage, ServiceOwnerDialogListItem};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;

/// The search of `GET /api/v1/serviceowner/dialogs` with its parameters as the members of an object, `endUserId` among
/// them, for lists too long for a URL.
///
/// A list is an array or one value. Of the query only `endUserId` is read.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/search",
    operation_id = "SearchDialogsByBody",
    tag = "Serviceowner",
    request_body = ServiceOwnerSearch,
    responses(
        (status = 200, description = "One page", body = DialogPage<'static, ServiceOwnerDialogListItem<'static>>),
        (status = 400, description = "What is wrong with the parameters, all of it"),
        (status = 413, description = "The body is too large"),
        (status = 415, description = "The body is not said to be JSON"),
    ),
)]
pub(super) async fn search_dialogs_by_body(
    State(app): State<App>,
    SearchingServiceOwner(mut owner): SearchingServiceOwner,
    body: JsonBody,
) -> Result<Response, Problem> {
    let tree = body.tree()?;
    for urn in end_users(&tree) {
        match urn {
            Tree::Null => {}
            Tree::Text(urn) => owner = owner.acting_for(urn)?,
            _ => return Err(no_urn_of_a_person()),
        }
    }
    search(app, owner, Given::Body(&tree)).await
}

fn end_users<'t>(tree: &'t Tree<'t>) -> impl Iterator<Item = &'t Tree<'t>> {
    let members = match tree {
        Tree::Object(members) => members.as_slice(),
        _ => &[],
    };
    members.iter().filter(|(name, _)| name.eq_ignore_ascii_case("endUserId")).map(|(_, value)| value)
}

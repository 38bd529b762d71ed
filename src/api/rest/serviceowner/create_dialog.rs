use crate::api::caller::ServiceOwner;
use crate::api::json::JsonBody;
use crate::api::new_dialog::{Author, CreateDialog};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::api::wire;
use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dialog_index::domain::{Org, Revision};
use dialog_index::{Occasion, WriteError};

/// Creates a dialog. It is durable and found by searches when the answer comes.
///
/// A second creation with the same `idempotentKey` is refused with 409, which names the first dialog.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs",
    operation_id = "CreateDialog",
    tag = "Serviceowner",
    params(("isSilentUpdate" = Option<bool>, Query, description = "Times that must be in the future may be behind")),
    request_body = CreateDialog,
    responses(
        (
            status = 201,
            description = "The id of the dialog; its revision is in the header Etag",
            body = uuid::Uuid,
            content_type = "application/json",
        ),
        (status = 400, description = "What is wrong with the fields, all of it"),
        (status = 403, description = "A service named belongs to somebody else, or a scope is missing"),
        (status = 409, description = "The idempotent key is in use"),
        (status = 422, description = "The service or an actor is unknown, an id is in use, or a time is behind"),
    ),
)]
pub(super) async fn create_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    body: JsonBody,
) -> Result<Response, Problem> {
    let now = app.now();
    let facts = body.facts(&app).await?;
    let written = app.write(move |dialogs, tell| {
        let author = Author::of(&owner, is_silent);
        let given: CreateDialog = body.read()?;
        let holder = |org: &Org, key: &str| Ok::<_, Problem>(dialogs.id_of_idempotent_key(org, key)?);
        let dialog = given.judge_as_new(&author, &facts, now, holder)?;
        let id = dialog.id;
        let tell = move |revision: Result<Revision, WriteError>| tell(revision.map(|revision| (id, revision)));
        dialogs.begin_create(dialog, Occasion { at: now, is_silent }, tell);
        Ok::<_, Problem>(())
    });
    let (id, revision) = written.await??;
    wire::written(StatusCode::CREATED, id, revision)
}

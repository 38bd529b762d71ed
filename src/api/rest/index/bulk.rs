mod answers;
mod lines;
mod operation;

use crate::api::caller::ServiceOwner;
use crate::api::json::check_media_type;
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::app::App;
use answers::Answers;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(in crate::api) const BULK_PATH: &str = "/api/v1/index/dialogs/bulk";
const NDJSON: &str = "application/x-ndjson";

/// Creates, replaces and removes any number of dialogs, one operation a line: `{"upsert": {…}}` with a dialog as in a
/// creation that also has an `id`, or `{"delete": "id"}`.
///
/// Each operation is answered by a line of its own, in order, once it is durable and found by searches: `{"line": 1,
/// "id": "…", "status": 201}`, and with a `problem` if it was refused, which harms no other. Operations take place in
/// order. Blank lines are counted and not answered. Answers must be read while lines are sent: whoever does not read
/// is not read either. When a connection breaks, what was answered is stored, and of the rest at most what was under
/// way. A stream is ended when nothing comes for as long as other requests may take.
#[utoipa::path(
    post,
    path = "/api/v1/index/dialogs/bulk",
    operation_id = "IndexBulk",
    tag = "Index",
    params(("isSilentUpdate" = Option<bool>, Query, description = "Times that must be in the future may be behind, and no event tells of it")),
    request_body(content = String, content_type = "application/x-ndjson", description = "One operation a line"),
    responses(
        (status = 200, description = "One line for each operation", body = String, content_type = "application/x-ndjson"),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "A scope is missing"),
        (status = 415, description = "The body is not said to be application/x-ndjson"),
    ),
)]
pub(super) async fn bulk(
    State(app): State<App>,
    owner: ServiceOwner,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    request: Request,
) -> Result<Response, Problem> {
    check_media_type(request.headers(), &[NDJSON])?;
    let answers = Answers::to(request.into_body(), app, owner, is_silent);
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::new(answers)).into_response())
}

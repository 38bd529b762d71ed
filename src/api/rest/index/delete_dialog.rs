use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::owned_dialog::{check_not_nil, owner_of, purging};
use crate::api::problem::Problem;
use crate::api::silent_update::IsSilentUpdate;
use crate::app::App;
use crate::auth::Facts;
use axum::extract::State;
use axum::http::StatusCode;
use dialog_index::domain::{DialogId, Revision};
use dialog_index::{AuthorizedScope, Dialogs, Occasion};

/// Removes a dialog and all that hangs on it for good. One that is not there is gone already.
///
/// The dialog of another service owner stays, and is answered like one that is not there: another answer would tell
/// whoever tries ids that there is such a dialog.
#[utoipa::path(
    delete,
    path = "/api/v1/index/dialogs/{dialogId}",
    operation_id = "IndexDeleteDialog",
    tag = "Index",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("isSilentUpdate" = Option<bool>, Query, description = "Whether no event tells of it"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Remove only this revision"),
    ),
    responses(
        (status = 204, description = "The service owner has no such dialog now"),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "A scope is missing"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn delete_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IsSilentUpdate(is_silent): IsSilentUpdate,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    check_not_nil(id)?;
    let occasion = Occasion { at: app.now(), is_silent };
    let facts = app.facts()?;
    let purged = app.write(move |dialogs, tell| {
        begin_purge(&facts, dialogs, &owner, (id, expected), occasion, move |purged| tell(Ok(purged)))
    });
    purged.await??
}

/// Begins to remove a dialog, if this is its revision. `tell` learns when that is durable.
pub(super) fn begin_purge(
    facts: &Facts,
    dialogs: &Dialogs,
    owner: &ServiceOwner,
    (id, expected): (DialogId, Option<Revision>),
    occasion: Occasion,
    tell: impl FnOnce(Result<StatusCode, Problem>) + Send + 'static,
) -> Result<(), Problem> {
    let Some(org) = owner_of(dialogs, owner, id)? else {
        tell(Ok(StatusCode::NO_CONTENT));
        return Ok(());
    };
    let judge = purging(facts, owner, expected);
    dialogs.begin_change(AuthorizedScope::owned_by(org), id, occasion, judge, move |changed| {
        // Whether it was there or not.
        tell(changed.map(|_| StatusCode::NO_CONTENT));
    });
    Ok(())
}

use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::permitted_dialog::read_part;
use crate::api::problem::Problem;
use crate::api::wire::{self, Reader, Transmission, View};
use crate::app::App;
use crate::auth::dialog_access::DialogAccess;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Dialogs;

/// Lists the messages of a dialog, oldest first. Future and expired dialogs have them too.
///
/// Links that the caller may not follow are replaced by `urn:dialogporten:unauthorized`, those that have expired by
/// `urn:dialogporten:expired`.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}/transmissions",
    operation_id = "SearchDialogTransmissions",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first"),
    ),
    responses(
        (status = 200, description = "The transmissions", body = Vec<Transmission<'static>>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, or the caller may not read it"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn search_transmissions(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    languages: AcceptedLanguages,
) -> Result<Response, Problem> {
    let (dialog, mut transmissions) = read_part(&app, &user, id, Dialogs::transmissions).await?;
    let access = DialogAccess::to_parts(app.authority(), &user.user(), &dialog, &transmissions).await?;
    app.clone()
        .blocking(move |_| {
            transmissions.sort_by_key(|it| (it.created_at, it.id));
            let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
            let view = View::of_parts(&reader, &access, app.now());
            wire::json(&transmissions.iter().map(|it| Transmission::of(it, &view)).collect::<Vec<_>>())
        })
        .await
}

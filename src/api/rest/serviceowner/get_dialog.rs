use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::owned_dialog::scope_of;
use crate::api::problem::Problem;
use crate::api::seen;
use crate::api::wire::{self, PersonIds, Reader, Rights, SeenSince, ServiceOwnerDialog, View};
use crate::app::App;
use crate::auth::dialog_access::DialogAccess;
use axum::extract::State;
use axum::response::Response;
use dialog_index::Found;

/// Shows a dialog to its service owner as it is stored: also deleted, expired and not yet visible.
///
/// With `endUserId` the answer tells what that person is permitted, and the dialog counts as seen by that person.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}",
    operation_id = "GetDialog",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("endUserId" = Option<String>, Query, description = "The URN of a person"),
    ),
    responses(
        (status = 200, description = "The dialog; its revision is in the header Etag", body = ServiceOwnerDialog<'static>),
        (status = 400, description = "A parameter is not valid"),
        (status = 404, description = "The service owner has no such dialog, or the person no access to it"),
    ),
)]
pub(super) async fn get_dialog(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
) -> Result<Response, Problem> {
    owner.user_by_urn()?;
    let now = app.now();
    let not_found = move || Problem::not_found("DialogEntity", id);
    let reading = owner.clone();
    let (scope, dialog) = app
        .blocking(move |dialogs| {
            let scope = scope_of(dialogs, &reading, id)?;
            let Found::Visible(dialog) = dialogs.get(&scope, id)? else { return Err(not_found()) };
            Ok((scope, dialog))
        })
        .await?;
    let access = match owner.user() {
        Some(user) => Some(DialogAccess::decide(app.authority(), &user, &dialog).await?),
        None => None,
    };
    let facts = seen::facts(&app, owner.on_behalf_of.as_ref()).await?;
    app.clone()
        .blocking(move |dialogs| {
            let mut dialog = dialog;
            let user = owner.on_behalf_of.as_ref();
            let seen_log = match (user, &access) {
                (Some(_), Some(access)) if !access.has_main_access() => return Err(not_found()),
                (Some(user), _) => {
                    let entry = seen::entry_of(&dialog, user, true, &facts, now);
                    let Found::Visible(marked) = dialogs.mark_seen(&scope, id, entry)? else { return Err(not_found()) };
                    dialog = marked.0;
                    marked.1
                }
                (None, _) => match dialogs.seen_log(&scope, id)? {
                    Found::Visible(seen_log) => seen_log,
                    Found::Missing | Found::Hidden => return Err(not_found()),
                },
            };
            let service = facts.resource(&dialog.service_resource);
            let reader = Reader {
                languages: &AcceptedLanguages::default(),
                person_ids: PersonIds::Shown,
                end_user: user,
                marks: None,
            };
            let view = View {
                reader: &reader,
                rights: access.as_ref().map_or(Rights::Untold, Rights::Told),
                service_resource_type: &service.map(|it| it.resource_type.to_lowercase()).unwrap_or_default(),
            };
            let seen = SeenSince::of(&dialog, &seen_log);
            let mut shown = ServiceOwnerDialog::of(&dialog, &seen, &view);
            // Most dialogs have one label, which is in order without a look at the log.
            if dialog.end_user_context.system_labels.iter().count() > 1 {
                let Found::Visible(label_log) = dialogs.label_log(&scope, id)? else { return Err(not_found()) };
                shown = shown.with_labels_by_time(&label_log);
            }
            wire::with_revision(&shown, dialog.revision)
        })
        .await
}

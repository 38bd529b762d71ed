use crate::api::accept_language::AcceptedLanguages;
use crate::api::caller::EndUser;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::owned_dialog::check_not_deleted;
use crate::api::permitted_dialog::{check_level, scope_about};
use crate::api::problem::{Errors, Problem};
use crate::api::seen;
use crate::api::wire::{self, Dialog, Reader, Rights, SeenSince, View};
use crate::app::App;
use crate::auth::Facts;
use crate::auth::dialog_access::{DialogAccess, subject_of};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialog_index::Found;
use dialog_index::domain::{self, DialogId, Timestamp};
use std::ops::ControlFlow;

/// Shows a dialog, and remembers that it was seen.
///
/// Links that the caller may not follow are replaced by `urn:dialogporten:unauthorized`, those that have expired by
/// `urn:dialogporten:expired`.
#[utoipa::path(
    get,
    path = "/api/v1/enduser/dialogs/{dialogId}",
    operation_id = "GetDialog",
    tag = "Enduser",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("Accept-Language" = Option<String>, Header, description = "The languages to show texts in, best first"),
    ),
    responses(
        (status = 200, description = "The dialog; its revision is in the header Etag", body = Dialog<'static>),
        (status = 400, description = "A parameter is not valid"),
        (status = 403, description = "The caller has no right to it, or has logged in at too low a level"),
        (status = 404, description = "There is no such dialog, or it is not visible yet or no longer"),
        (status = 410, description = "The dialog is deleted"),
    ),
)]
pub(super) async fn get_dialog(
    State(app): State<App>,
    user: EndUser,
    DialogIdInPath(id): DialogIdInPath,
    languages: AcceptedLanguages,
) -> Result<Response, Problem> {
    let now = app.now();
    let scope = scope_about(&app, &user, vec![id]).await?;
    let facts = seen::facts(&app, Some(&user.id)).await?;
    let (reading, known, level) = (scope.clone(), facts.clone(), user.level);
    let found = app
        .blocking(move |dialogs| match dialogs.get(&reading, id)? {
            Found::Missing => Err(Problem::not_found("DialogEntity", id)),
            Found::Hidden => Err(Problem::forbidden("Forbidden")),
            Found::Visible(dialog) => Ok(match refusal(&dialog, level, &known, now) {
                Some(refusal) => ControlFlow::Break(refusal),
                None => ControlFlow::Continue(dialog),
            }),
        })
        .await?;
    let dialog = match found {
        ControlFlow::Continue(dialog) => dialog,
        ControlFlow::Break(refusal) => return refusal,
    };
    let access = DialogAccess::decide(app.authority(), &user.user(), &dialog).await?;
    app.clone()
        .blocking(move |dialogs| {
            let entry = seen::entry_of(&dialog, &user.id, false, &facts, now);
            // It may have changed since, so it is looked at again. What it asks about now and did not before is not
            // permitted.
            let (dialog, seen_log) = match dialogs.mark_seen(&scope, id, entry)? {
                Found::Visible(marked) => marked,
                Found::Missing | Found::Hidden => return Err(Problem::not_found("DialogEntity", id)),
            };
            if let Some(refusal) = refusal(&dialog, user.level, &facts, now) {
                return refusal;
            }
            let service = facts.resource(&dialog.service_resource);
            let reader = Reader::of_end_user(&languages, app.person_mask(), &user.id);
            let view = View {
                reader: &reader,
                rights: Rights::Enforced(&access, now),
                service_resource_type: &service.map(|it| it.resource_type.to_lowercase()).unwrap_or_default(),
            };
            let subject = subject_of(&dialog);
            let token = app.dialog_tokens().issue(&user.id, &user.caller, user.level, subject, access.permitted(), now);
            let seen = SeenSince::of(&dialog, &seen_log);
            wire::with_revision(&Dialog::of(&dialog, &seen, &view).with_token(token), dialog.revision)
        })
        .await
}

/// Why a dialog that the caller has a right to is not shown, in the contract's order.
fn refusal(dialog: &domain::Dialog, level: u8, facts: &Facts, now: Timestamp) -> Option<Result<Response, Problem>> {
    if let Err(problem) = check_not_deleted(dialog).and_then(|()| check_level(dialog, level, facts)) {
        return Some(Err(problem));
    }
    if let Some(visible_from) = dialog.visible_from.filter(|visible_from| *visible_from > now) {
        let problem = not_found_now(dialog.id, &format!("is not visible until {visible_from}"));
        return Some(Ok(([(header::EXPIRES, wire::http_date(visible_from))], problem).into_response()));
    }
    let expires_at = dialog.expires_at.filter(|expires_at| *expires_at < now)?;
    Some(Err(not_found_now(dialog.id, &format!("expired at {expires_at}"))))
}

fn not_found_now(id: DialogId, why: &str) -> Problem {
    let message = format!("Entity 'DialogEntity' with the following key(s) {why}: ({id}).");
    Problem::new(StatusCode::NOT_FOUND, Errors::one("DialogEntity", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::register::Register;
    use dialog_index::NewDialog;
    use dialog_index::domain::{Org, Party, ServiceResource};

    #[test]
    fn a_dialog_is_shown_from_its_time_to_its_time() {
        let document =
            br#"{ "serviceOwners": [], "serviceResources": [], "subjects": [], "parties": [], "grants": [] }"#;
        let facts = Register::from_document(document).expect("a register").facts();
        let at = |micros: i64| Timestamp::from_micros(1_785_000_000_000_000 + micros);
        let service = ServiceResource::parse("urn:altinn:resource:tax").expect("a service");
        let party = Party::person("14829012333").expect("a party");
        let new = NewDialog {
            visible_from: Some(at(10)),
            expires_at: Some(at(20)),
            ..NewDialog::bare(DialogId::new(), Org::new("skd"), service, party)
        };
        let (dialog, _) = new.complete(at(0));
        let is_shown = |now| refusal(&dialog, 3, &facts, now).is_none();
        assert_eq!([9, 10, 11].map(|now| is_shown(at(now))), [false, true, true]);
        assert_eq!([19, 20, 21].map(|now| is_shown(at(now))), [true, true, false]);
        // The level of an unknown service is 3.
        assert!(refusal(&dialog, 2, &facts, at(15)).is_some());
    }
}

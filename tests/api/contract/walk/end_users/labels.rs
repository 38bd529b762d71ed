//! Labels on one dialog and on several.

use super::bodies::{dialog, new_id, with};
use super::{Caller, Case, DIALOGS, OWNED_DIALOGS, case, created, deleted};
use crate::app::Actor;
use axum::http::StatusCode;
use serde_json::{Value, json};

pub(super) async fn cases(skd: &Actor<'_>) -> Vec<Case> {
    let id = created(skd, dialog()).await;
    let deleted = deleted(skd).await;
    let mut cases = of_one_dialog(&id, &deleted);
    let other = created(skd, dialog()).await;
    let stored = skd.get(&format!("{OWNED_DIALOGS}/{other}")).await.expect(StatusCode::OK).json();
    cases.extend(of_several_dialogs(&other, &deleted, stored["endUserContext"]["revision"].clone()));
    cases
}

fn changes() -> Value {
    json!({ "addLabels": ["Bin"], "removeLabels": ["Archive"], "systemLabels": ["MarkedAsUnopened"] })
}

fn of_one_dialog(id: &str, deleted: &str) -> Vec<Case> {
    let set = |id: &str, body: Value, status| {
        case("SetDialogSystemLabels", format!("{DIALOGS}/{id}/context/systemlabels"), status).sending(body)
    };
    let log =
        |id: &str, status| case("SearchDialogLabelAssignmentLogs", format!("{DIALOGS}/{id}/context/labellog"), status);
    vec![
        set("x", changes(), 400),
        set(id, json!({ "addLabels": ["Sent"] }), 400),
        set(&new_id(), changes(), 404),
        set(deleted, changes(), 404),
        set(id, changes(), 403).by(Caller::OtherPerson),
        set(id, changes(), 412).at_another_revision(),
        set(id, changes(), 204),
        log("x", 400),
        log(&new_id(), 404),
        log(deleted, 404),
        log(id, 404).by(Caller::OtherPerson),
        log(id, 200),
    ]
}

fn of_several_dialogs(id: &str, deleted: &str, revision: Value) -> Vec<Case> {
    let at = |revision: Value| json!([{ "dialogId": id, "endUserContextRevision": revision }]);
    let set = |id: &str, body: Value, status| {
        let path = format!("{DIALOGS}/context/systemlabels/actions/bulkset");
        let body = if body["dialogs"].is_null() { with(body, "dialogs", json!([{ "dialogId": id }])) } else { body };
        case("BulkSetDialogSystemLabels", path, status).sending(body)
    };
    vec![
        set(id, json!({ "addLabels": ["Sent"] }), 400),
        set(&new_id(), changes(), 404),
        set(deleted, changes(), 404),
        set(id, changes(), 404).by(Caller::OtherPerson),
        set(id, with(changes(), "dialogs", at(json!(new_id()))), 412),
        set(id, with(changes(), "dialogs", at(revision)), 204),
        set(id, changes(), 204),
    ]
}

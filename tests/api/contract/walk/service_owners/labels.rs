//! Labels of service owners and of the end users' side.

use super::bodies::{alice, dialog, known, named, new_id, with};
use super::{Caller, Case, DIALOGS, case, created};
use crate::app::Actor;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A number that is right and that the register does not know.
const NOBODY: &str = "urn:altinn:person:identifier-no:17838411088";

pub(super) async fn cases(skd: &Actor<'_>) -> Vec<Case> {
    let id = created(skd, dialog()).await;
    let mut cases = of_service_owners(&id);
    cases.extend(of_one_dialog(&id));
    cases.extend(of_several_dialogs(skd).await);
    cases
}

fn of_service_owners(id: &str) -> Vec<Case> {
    let labels = |id: &str| format!("{DIALOGS}/{id}/context/labels");
    let get = |id: &str, status| case("GetServiceOwnerLabels", labels(id), status);
    let create =
        |value: &str, status| case("CreateServiceOwnerLabel", labels(id), status).sending(json!({ "value": value }));
    let delete = |label: &str, status| case("DeleteServiceOwnerLabel", format!("{}/{label}", labels(id)), status);
    vec![
        get(&new_id(), 404),
        get(id, 200),
        create("x", 400),
        create("nytt", 412).at_another_revision(),
        create("nytt", 204),
        delete("ukjent", 404),
        delete("nytt", 412).at_another_revision(),
        delete("nytt", 204),
    ]
}

fn changes() -> Value {
    json!({ "addLabels": ["Bin"], "removeLabels": ["Archive"], "systemLabels": ["MarkedAsUnopened"] })
}

fn of_one_dialog(id: &str) -> Vec<Case> {
    let set = |id: &str, body: Value, status| {
        let path = format!("{DIALOGS}/{id}/endusercontext/systemlabels");
        let by = if body["performedBy"].is_null() { format!("?enduserId={}", alice()) } else { String::new() };
        case("SetDialogSystemLabels", path + &by, status).sending(body)
    };
    vec![
        set(id, json!({ "addLabels": ["Sent"] }), 400),
        set(&new_id(), changes(), 404),
        set(id, with(changes(), "performedBy", known()), 403),
        set(id, changes(), 412).at_another_revision(),
        set(id, changes(), 204),
        set(id, with(changes(), "performedBy", known()), 204).by(Caller::Administrator),
        set(id, with(changes(), "performedBy", named()), 204).by(Caller::Administrator),
        set(id, with(json!({ "addLabels": ["Archive"] }), "performedBy", unknown()), 422).by(Caller::Administrator),
    ]
}

async fn of_several_dialogs(skd: &Actor<'_>) -> Vec<Case> {
    let id = &created(skd, dialog()).await;
    let stored = skd.get(&format!("{DIALOGS}/{id}")).await.expect(StatusCode::OK).json();
    let at = |revision: Value| json!([{ "dialogId": id, "endUserContextRevision": revision }]);
    let set = |id: &str, body: Value, status| {
        let path = format!("{DIALOGS}/endusercontext/systemlabels/actions/bulkset");
        let by = if body["performedBy"].is_null() { format!("?enduserId={}", alice()) } else { String::new() };
        let body = if body["dialogs"].is_null() { with(body, "dialogs", json!([{ "dialogId": id }])) } else { body };
        case("BulkSetDialogSystemLabels", path + &by, status).sending(body)
    };
    vec![
        set(id, json!({ "addLabels": ["Sent"] }), 400),
        set(&new_id(), changes(), 404),
        set(id, with(changes(), "performedBy", known()), 403),
        set(id, with(changes(), "dialogs", at(json!(new_id()))), 412),
        set(id, with(changes(), "dialogs", at(stored["endUserContext"]["revision"].clone())), 204),
        set(id, changes(), 204),
        set(id, with(changes(), "performedBy", known()), 204).by(Caller::Administrator),
        set(id, with(changes(), "performedBy", named()), 204).by(Caller::Administrator),
        set(id, with(json!({ "addLabels": ["Archive"] }), "performedBy", unknown()), 422).by(Caller::Administrator),
    ]
}

fn unknown() -> Value {
    json!({ "actorType": "PartyRepresentative", "actorId": NOBODY })
}

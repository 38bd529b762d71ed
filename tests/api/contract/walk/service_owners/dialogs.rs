//! Single dialogs from their creation to their end.

use super::bodies::{alice, dialog, information, later_dialog, new_id, transmission, update, with};
use super::{Caller, Case, DIALOGS, case, created, deleted};
use crate::app::{Actor, BENEFITS};
use serde_json::{Value, json};

pub(super) async fn cases(skd: &Actor<'_>) -> Vec<Case> {
    let mut cases = creations(&created(skd, dialog()).await);
    cases.extend(readings(skd).await);
    cases.extend(updates(skd).await);
    cases.extend(patches(skd).await);
    cases.extend(actions(&created(skd, dialog()).await));
    cases
}

fn creations(existing: &str) -> Vec<Case> {
    let create = |body: Value, status| case("CreateDialog", DIALOGS, status).sending(body);
    let first = with(dialog(), "idempotentKey", json!("one"));
    let again = with(dialog(), "idempotentKey", json!("one"));
    vec![
        create(first, 201),
        create(again, 409),
        create(later_dialog(), 201),
        create(with(dialog(), "progress", json!(101)), 400),
        create(with(dialog(), "serviceResource", json!(BENEFITS)), 403),
        create(with(dialog(), "id", json!(existing)), 422),
    ]
}

async fn readings(skd: &Actor<'_>) -> Vec<Case> {
    let id = created(skd, dialog()).await;
    let later = created(skd, later_dialog()).await;
    let deleted = deleted(skd).await;
    let get = |id: &str, status| case("GetDialog", format!("{DIALOGS}/{id}"), status);
    vec![
        get(&id, 200),
        get(&format!("{id}?endUserId={}", alice()), 200),
        // Has been seen now.
        get(&id, 200),
        get(&later, 200),
        get(&deleted, 200),
        get("x", 400),
        get(&new_id(), 404),
    ]
}

async fn updates(skd: &Actor<'_>) -> Vec<Case> {
    let sent = dialog();
    let key = sent["transmissions"][0]["idempotentKey"].clone();
    let (id, deleted) = (created(skd, sent).await, deleted(skd).await);
    let put = |id: &str, body: Value, status| case("UpdateDialog", format!("{DIALOGS}/{id}"), status).sending(body);
    let repeated = with(transmission(None), "idempotentKey", key);
    vec![
        put(&id, with(update(), "progress", json!(101)), 400),
        put(&new_id(), update(), 404),
        put(&deleted, update(), 410),
        put(&id, update(), 412).at_another_revision(),
        put(&id, with(update(), "expiresAt", Value::Null), 422),
        put(&id, with(update(), "transmissions", json!([repeated])), 409),
        put(&id, with(update(), "guiActions", foreign_actions()), 403),
        put(&id, update(), 204),
    ]
}

async fn patches(skd: &Actor<'_>) -> Vec<Case> {
    let sent = dialog();
    let key = sent["transmissions"][0]["idempotentKey"].clone();
    let (id, deleted) = (created(skd, sent).await, deleted(skd).await);
    let patch = |id: &str, operations: Value, status| {
        case("PatchDialog", format!("{DIALOGS}/{id}"), status).sending(operations)
    };
    let progress = |percent: i32| json!([{ "op": "replace", "path": "/progress", "value": percent }]);
    let add = |list: &str, part: Value| json!([{ "op": "add", "path": format!("/{list}/-"), "value": part }]);
    let repeated = with(transmission(None), "idempotentKey", key);
    vec![
        patch(&id, json!([{ "op": "replace", "path": "/nowhere/at/all", "value": 1 }]), 400),
        patch(&id, progress(101), 400),
        patch(&new_id(), progress(1), 404),
        patch(&deleted, progress(1), 410),
        patch(&id, progress(1), 412).at_another_revision(),
        patch(&id, json!([{ "op": "remove", "path": "/expiresAt" }]), 422),
        patch(&id, add("transmissions", repeated), 409),
        patch(&id, json!([{ "op": "replace", "path": "/guiActions", "value": foreign_actions() }]), 403),
        patch(&id, progress(20), 204),
        patch(&id, add("activities", information()), 204),
        patch(&id, json!([{ "op": "copy", "from": "/externalReference", "path": "/extendedStatus" }]), 204),
    ]
}

/// On one dialog, which is purged in the end.
fn actions(id: &str) -> Vec<Case> {
    let path = |id: &str, action: &str| format!("{DIALOGS}/{id}{action}");
    let delete = |id: &str, status| case("DeleteDialog", path(id, ""), status);
    let freeze = |id: &str, status| case("FreezeDialog", path(id, "/actions/freeze"), status).by(Caller::Administrator);
    let restore = |id: &str, status| case("RestoreDialog", path(id, "/actions/restore"), status);
    let purge = |id: &str, status| case("PurgeDialog", path(id, "/actions/purge"), status);
    let unknown = new_id();
    vec![
        delete("x", 400),
        delete(&unknown, 404),
        delete(id, 412).at_another_revision(),
        delete(id, 204),
        delete(id, 410),
        freeze("x", 400),
        freeze(&unknown, 404),
        freeze(id, 410),
        restore(&unknown, 404),
        restore(id, 412).at_another_revision(),
        restore(id, 204),
        freeze(id, 403).by(Caller::Owner),
        freeze(id, 412).at_another_revision(),
        freeze(id, 204),
        delete(id, 403),
        purge(&unknown, 404),
        purge(id, 412).at_another_revision(),
        purge(id, 204),
    ]
}

/// Actions that ask for rights to another owner's service.
fn foreign_actions() -> Value {
    let mut actions = dialog()["guiActions"].clone();
    actions[0]["authorizationAttribute"] = json!(BENEFITS);
    actions
}

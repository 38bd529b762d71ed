//! Transmissions, activities and the seen log of a dialog.

use super::bodies::{alice, dialog, information, named, new_id, opening, transmission, transmission_update, with};
use super::{Caller, Case, DIALOGS, case, created, deleted, text};
use crate::app::{Actor, BENEFITS};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A dialog with parts, and one that is deleted.
struct Dialogs {
    id: String,
    deleted: String,
    transmissions: [String; 2],
    /// Of the first of the transmissions.
    key: Value,
    activities: [String; 2],
    seen: String,
}

pub(super) async fn cases(skd: &Actor<'_>) -> Vec<Case> {
    let sent = dialog();
    let ids = |list: &str| [0, 1].map(|index| text(&sent[list][index]["id"]));
    let id = created(skd, sent.clone()).await;
    skd.get(&format!("{DIALOGS}/{id}?endUserId={}", alice())).await.expect(StatusCode::OK);
    let seen = skd.get(&format!("{DIALOGS}/{id}/seenlog")).await.expect(StatusCode::OK).json();
    let dialogs = Dialogs {
        deleted: deleted(skd).await,
        transmissions: ids("transmissions"),
        key: sent["transmissions"][0]["idempotentKey"].clone(),
        activities: ids("activities"),
        seen: text(&seen[0]["id"]),
        id,
    };
    let mut cases = readings(&dialogs);
    cases.extend(conditions(&dialogs));
    cases.extend(new_transmissions(&dialogs));
    cases.extend(changed_transmissions(&dialogs));
    cases.extend(new_activities(&dialogs));
    cases
}

fn readings(dialogs: &Dialogs) -> Vec<Case> {
    let Dialogs { id, deleted, transmissions, activities, seen, .. } = dialogs;
    let mut cases = Vec::new();
    for (of_all, of_one, list, parts) in [
        ("SearchDialogTransmissions", "GetDialogTransmission", "transmissions", transmissions.as_slice()),
        ("SearchDialogActivities", "GetDialogActivity", "activities", activities.as_slice()),
        ("SearchDialogSeenLogs", "GetDialogSeenLog", "seenlog", std::slice::from_ref(seen)),
    ] {
        let all = |id: &str, status| case(of_all, format!("{DIALOGS}/{id}/{list}"), status);
        let one = |id: &str, part: &str, status| case(of_one, format!("{DIALOGS}/{id}/{list}/{part}"), status);
        cases.extend([all(id, 200), all(&new_id(), 404), all(deleted, 410)]);
        cases.extend([one(id, &new_id(), 404), one(&new_id(), &parts[0], 404), one(deleted, &parts[0], 410)]);
        cases.extend(parts.iter().map(|part| one(id, part, 200)));
    }
    cases
}

fn conditions(dialogs: &Dialogs) -> Vec<Case> {
    let check = |id: &str, query: &str, status| {
        let path = format!("{DIALOGS}/{id}/actions/should-send-notification?{query}");
        case("CheckNotificationCondition", path, status).by(Caller::NotificationSystem)
    };
    let query = "conditionType=Exists&activityType=Information";
    vec![check(&dialogs.id, "", 400), check(&new_id(), query, 404), check(&dialogs.id, query, 200)]
}

fn new_transmissions(dialogs: &Dialogs) -> Vec<Case> {
    let Dialogs { id, deleted, transmissions: [first, _], key, .. } = dialogs;
    let create = |id: &str, body: Value, status| {
        case("CreateDialogTransmission", format!("{DIALOGS}/{id}/transmissions"), status).sending(body)
    };
    let related = || transmission(Some(first));
    vec![
        create(id, with(related(), "type", json!("Nonsense")), 400),
        create(&new_id(), related(), 404),
        create(deleted, related(), 410),
        create(id, related(), 412).at_another_revision(),
        create(id, with(related(), "idempotentKey", key.clone()), 409),
        create(id, transmission(Some(&new_id())), 422),
        create(id, with(related(), "authorizationAttribute", json!(BENEFITS)), 403),
        create(id, related(), 201),
        create(id, with(related(), "sender", named()), 201),
    ]
}

fn changed_transmissions(dialogs: &Dialogs) -> Vec<Case> {
    let Dialogs { id, deleted, transmissions: [first, second], key, .. } = dialogs;
    let put = |id: &str, body: Value, status| {
        let path = format!("{DIALOGS}/{id}/transmissions/{second}");
        case("UpdateDialogTransmission", path, status).by(Caller::TransmissionChanger).sending(body)
    };
    let related = || transmission_update(first);
    vec![
        put(id, with(related(), "isSilentUpdate", json!(false)), 400),
        put(&new_id(), related(), 404),
        put(deleted, related(), 410),
        put(id, related(), 412).at_another_revision(),
        put(id, with(related(), "idempotentKey", key.clone()), 409),
        put(id, transmission_update(second), 422),
        put(id, related(), 204),
        put(id, with(related(), "sender", named()), 204),
    ]
}

fn new_activities(dialogs: &Dialogs) -> Vec<Case> {
    let Dialogs { id, deleted, transmissions: [first, _], .. } = dialogs;
    let create = |id: &str, body: Value, status| {
        case("CreateDialogActivity", format!("{DIALOGS}/{id}/activities"), status).sending(body)
    };
    vec![
        create(id, with(information(), "description", Value::Null), 400),
        create(&new_id(), information(), 404),
        create(deleted, information(), 410),
        create(id, information(), 412).at_another_revision(),
        create(id, opening(&new_id()), 422),
        create(id, information(), 201),
        create(id, with(opening(first), "performedBy", named()), 201),
    ]
}

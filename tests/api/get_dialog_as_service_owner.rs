use crate::app::{ALICE, BOB, NAV_NUMBER, SKD_NUMBER, TestApp, dialog};
use crate::get_dialog::dialog_with_parts;
use axum::http::StatusCode;
use dialog_index::domain::{DialogId, SystemLabel, Timestamp};
use dialog_index::{LoadedDialog, NewDialog};
use serde_json::json;

const LINK: &str = "https://skatt.example.no/1";

fn path(id: DialogId) -> String {
    format!("/api/v1/serviceowner/dialogs/{id}")
}

fn for_person(id: DialogId, number: &str) -> String {
    format!("{}?endUserId=urn:altinn:person:identifier-no:{number}", path(id))
}

#[tokio::test]
async fn the_owner_is_shown_what_is_stored() {
    let app = TestApp::new();
    let new = dialog_with_parts(app.now());
    let id = new.id;
    let revision = app.holds(new);
    let answer = app.service_owner(SKD_NUMBER).get(&path(id)).await.expect(StatusCode::OK);
    assert_eq!(answer.header("etag"), revision.to_string());
    assert!(!answer.text().contains("isAuthorized") && !answer.text().contains("urn:dialogporten:"));
    let shown = answer.json();
    assert_eq!(shown["idempotentKey"], "signering-1");
    assert_eq!(shown["searchTags"], json!([{ "value": "signering" }]));
    assert_eq!(shown["content"]["nonSensitiveTitle"]["value"][0]["value"], "Åpen");
    assert_eq!(shown["transmissions"][0]["idempotentKey"], "melding");
    assert_eq!(shown["isContentSeen"], false);
    assert_eq!((&shown["seenSinceLastUpdate"], &shown["seenSinceLastContentUpdate"]), (&json!([]), &json!([])));
    assert!(shown["serviceOwnerContext"]["revision"].is_string() && shown.get("dialogToken").is_none());
    let actor = &shown["activities"][0]["performedBy"]["actorId"];
    assert_eq!(*actor, format!("urn:altinn:person:identifier-no:{ALICE}"));
}

#[tokio::test]
async fn reading_for_a_person_tells_rights_and_is_remembered() {
    let app = TestApp::new();
    let new = dialog_with_parts(app.now());
    let id = new.id;
    let (mut stored, label_log) = new.complete(app.now());
    stored.end_user_context.system_labels = stored.end_user_context.system_labels.with(SystemLabel::MarkedAsUnopened);
    app.dialogs().load(vec![LoadedDialog { dialog: stored, seen_log: Vec::new(), label_log }]).expect("a load");
    let skd = app.service_owner(SKD_NUMBER);
    let unseen = skd.get(&path(id)).await.expect(StatusCode::OK).json();
    assert_eq!(unseen["endUserContext"]["systemLabels"], json!(["Default", "MarkedAsUnopened"]));
    let shown = skd.get(&for_person(id, ALICE)).await.expect(StatusCode::OK).json();
    let gui = shown["guiActions"].as_array().expect("a list").iter();
    let gui: Vec<_> = gui.map(|it| (it["isAuthorized"] == true, it["url"] == LINK)).collect();
    assert_eq!(gui, [(true, true), (false, true), (true, true), (false, true), (true, true)]);
    assert_eq!(shown["content"]["mainContentReference"]["isAuthorized"], true);
    assert_eq!(shown["isContentSeen"], true);
    assert_eq!(shown["endUserContext"]["systemLabels"], json!(["Default"]));
    let entry = &shown["seenSinceLastUpdate"][0];
    assert_eq!((&entry["isViaServiceOwner"], &entry["isCurrentEndUser"]), (&json!(true), &json!(true)));
    assert_eq!(entry["seenBy"]["actorId"], format!("urn:altinn:person:identifier-no:{ALICE}"));
    let problem = skd.get(&for_person(id, BOB)).await.expect(StatusCode::NOT_FOUND).json();
    assert!(problem["errors"]["DialogEntity"].is_array(), "{problem}");
    let after = skd.get(&path(id)).await.expect(StatusCode::OK).json();
    assert_eq!(after["seenSinceLastUpdate"].as_array().map(Vec::len), Some(1), "Bob's try leaves no trace");
    skd.get(&for_person(id, "12345678901")).await.expect(StatusCode::BAD_REQUEST);
    let by_number = skd.get(&format!("{}?endUserId={ALICE}", path(id))).await.expect(StatusCode::BAD_REQUEST).json();
    assert!(by_number["errors"]["endUserId"].is_array(), "{by_number}");
}

#[tokio::test]
async fn only_the_owner_and_administrators_find_it_whatever_its_state() {
    let app = TestApp::new();
    let now = app.now();
    let hour = |n: i64| Some(Timestamp::from_micros(now.as_micros() + n * 3_600_000_000));
    for (deleted, visible_from, expires_at) in [(true, None, None), (false, hour(1), None), (false, None, hour(-1))] {
        let new = NewDialog { visible_from, expires_at, ..dialog("Skjult for andre") };
        let id = new.id;
        let (mut stored, label_log) = new.complete(now);
        stored.deleted_at = deleted.then_some(now);
        app.dialogs().load(vec![LoadedDialog { dialog: stored, seen_log: Vec::new(), label_log }]).expect("a load");
        let shown = app.service_owner(SKD_NUMBER).get(&path(id)).await.expect(StatusCode::OK).json();
        assert_eq!(shown.get("deletedAt").is_some(), deleted);
        app.service_owner(NAV_NUMBER).get(&path(id)).await.expect(StatusCode::NOT_FOUND);
        let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
        admin.get(&path(id)).await.expect(StatusCode::OK);
    }
    app.service_owner(SKD_NUMBER).get(&path(DialogId::new())).await.expect(StatusCode::NOT_FOUND);
}

use crate::app::{ALICE, Actor, BOB, CAROL, NAV_NUMBER, SKD_NUMBER, SYSTEM_USER, TestApp, dialog};
use crate::get_dialog::dialog_with_parts;
use axum::http::StatusCode;
use dialog_index::domain::{
    Actor as ActorOf, DialogId, EndUserId, EventKind, LabelAction, Org, SeenEntry, SystemLabel, Timestamp,
};
use dialog_index::{AuthorizedScope, Found, LoadedDialog, NewDialog};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

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

fn urn(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

/// Who has seen a dialog, by number, as one of its two lists tells.
fn seen_by(dialog: &Value, list: &str) -> Vec<String> {
    let entries = dialog[list].as_array().expect("a list").iter();
    let number =
        |entry: &Value| entry["seenBy"]["actorId"].as_str().expect("an id").rsplit(':').next().map(str::to_owned);
    let mut numbers: Vec<_> = entries.filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// Both lists begin with the change itself, and tell of each person the newest look.
#[tokio::test]
async fn looks_count_from_the_moment_of_a_change() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let new = dialog("Sett");
    let id = new.id;
    let (mut stored, label_log) = new.complete(app.now());
    let at = |offset: i64| Timestamp::from_micros(stored.created_at.as_micros() + 1_000 + offset);
    let (content_updated_at, updated_at) = (at(0), at(100));
    let look = |number: &str, offset| SeenEntry {
        id: Uuid::now_v7(),
        seen_at: at(offset),
        seen_by: ActorOf::Identified { id: EndUserId::parse(&urn(number)).expect("a person").into(), name: None },
        is_via_service_owner: false,
    };
    let seen_log = vec![look(CAROL, -1), look(BOB, 0), look(BOB, 99), look(ALICE, 99), look(ALICE, 100)];
    let newest = seen_log[4].id.to_string();
    (stored.content_updated_at, stored.updated_at) = (content_updated_at, updated_at);
    app.dialogs().load(vec![LoadedDialog { dialog: stored, seen_log, label_log }]).expect("a load");
    app.dialogs().flush().expect("an index");
    let shown = skd.get(&path(id)).await.expect(StatusCode::OK).json();
    let listed = skd.get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::OK).json();
    for dialog in [&shown, &listed["items"][0]] {
        assert_eq!(seen_by(dialog, "seenSinceLastUpdate"), [ALICE]);
        assert_eq!(dialog["seenSinceLastUpdate"][0]["id"], newest.as_str());
        let mut expected = [ALICE, BOB];
        expected.sort_unstable();
        assert_eq!(seen_by(dialog, "seenSinceLastContentUpdate"), expected);
    }
    let log = skd.get(&format!("{}/seenlog", path(id))).await.expect(StatusCode::OK).json();
    let numbers: Vec<_> = log.as_array().expect("a list").iter().map(|it| it["seenBy"]["actorId"].clone()).collect();
    assert_eq!(numbers, [CAROL, BOB, BOB, ALICE, ALICE].map(|number| json!(urn(number))), "oldest first");
}

#[tokio::test]
async fn a_look_is_logged_once_an_update() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let new = dialog("Sett");
    let id = new.id;
    app.stop_time();
    app.holds(new);
    let look = async |number: &str| skd.get(&for_person(id, number)).await.expect(StatusCode::OK).json();
    let stored = async || skd.get(&path(id)).await.expect(StatusCode::OK).json();
    let told = || {
        let events = app.dialogs().events_after(0, 1_000).expect("a read");
        events.into_iter().map(|event| event.kind).collect::<Vec<_>>()
    };
    let before = stored().await;
    look(ALICE).await;
    assert!(matches!(told()[..], [EventKind::Created, EventKind::Updated, EventKind::Seen { .. }]), "{:?}", told());
    // Again at the same moment and later: nothing more is told or logged.
    look(ALICE).await;
    app.wait(Duration::from_secs(1));
    look(ALICE).await;
    assert_eq!(told().len(), 3);
    let seen = stored().await;
    for kept in ["revision", "updatedAt", "contentUpdatedAt", "endUserContext", "serviceOwnerContext"] {
        assert_eq!(seen[kept], before[kept], "{kept}");
    }
    assert_eq!((&before["isContentSeen"], &seen["isContentSeen"]), (&json!(false), &json!(true)));

    // What is not content takes the look out of one list, and leaves the dialog seen.
    let mut update = crate::update_dialog::update_of(&seen);
    update["progress"] = json!(7);
    skd.put(&path(id), update).await.expect(StatusCode::NO_CONTENT);
    let updated = stored().await;
    assert!(seen_by(&updated, "seenSinceLastUpdate").is_empty());
    assert_eq!(seen_by(&updated, "seenSinceLastContentUpdate"), [ALICE]);
    assert_eq!(updated["isContentSeen"], true);
    let first = updated["seenSinceLastContentUpdate"][0]["id"].clone();
    app.wait(Duration::from_secs(1));
    let again = look(ALICE).await;
    assert_ne!(again["seenSinceLastContentUpdate"][0]["id"], first);
    assert_eq!(seen_by(&again, "seenSinceLastContentUpdate"), [ALICE], "of each the newest alone");
    assert_eq!(seen_by(&again, "seenSinceLastUpdate"), [ALICE]);
    let log = skd.get(&format!("{}/seenlog", path(id))).await.expect(StatusCode::OK).json();
    assert_eq!(log.as_array().map(Vec::len), Some(2));
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn a_look_takes_the_mark_away_and_the_person_did_it() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let new = dialog("Merket");
    let id = new.id;
    app.holds(new);
    let set = format!("{}/endusercontext/systemlabels?enduserId={}", path(id), urn(ALICE));
    let finds = async |is_seen: bool| {
        let page = skd.get(&format!("/api/v1/serviceowner/dialogs?isContentSeen={is_seen}")).await;
        page.expect(StatusCode::OK).json()["items"].as_array().map(Vec::len)
    };
    skd.get(&for_person(id, ALICE)).await.expect(StatusCode::OK);
    for looks in 1..=2 {
        assert_eq!((finds(true).await, finds(false).await), (Some(1), Some(0)));
        skd.put(&set, json!({ "addLabels": ["MarkedAsUnopened"] })).await.expect(StatusCode::NO_CONTENT);
        let marked = skd.get(&path(id)).await.expect(StatusCode::OK).json();
        assert_eq!(marked["isContentSeen"], false);
        assert_eq!((finds(true).await, finds(false).await), (Some(0), Some(1)));
        let shown = skd.get(&for_person(id, ALICE)).await.expect(StatusCode::OK).json();
        assert_eq!(shown["endUserContext"]["systemLabels"], json!(["Default"]));
        assert_eq!(shown["endUserContext"]["revision"], marked["endUserContext"]["revision"]);
        let Found::Visible(log) =
            app.dialogs().label_log(&AuthorizedScope::owned_by(Org::new("skd")), id).expect("a read")
        else {
            panic!("the owner sees its dialog")
        };
        let removed: Vec<_> = log.iter().filter(|it| it.action == LabelAction::Remove).collect();
        assert_eq!(removed.len(), looks);
        assert!(removed.iter().all(|it| it.label == SystemLabel::MarkedAsUnopened));
        assert!(removed.iter().all(|it| format!("{:?}", it.performed_by).contains("Alice")), "{removed:?}");
    }
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn a_person_is_named_by_a_whole_urn() {
    let app = TestApp::new();
    let new = dialog("Navngitt");
    let id = new.id;
    app.holds(new);
    let skd = app.service_owner(SKD_NUMBER);
    let asked = async |caller: &Actor<'_>, id: DialogId, user: &str| {
        let answer = caller.get(&format!("{}?endUserId={user}", path(id))).await;
        let status = answer.status.as_u16();
        let key = answer.json()["errors"].as_object().and_then(|errors| errors.keys().next().cloned());
        (status, key.unwrap_or_default())
    };
    for (user, status, key) in [
        (urn(ALICE), 200, ""),
        (format!("urn:altinn:other:{ALICE}"), 400, "endUserId"),
        (urn(ALICE).to_uppercase(), 400, "endUserId"),
        (ALICE.to_owned(), 400, "endUserId"),
        (urn("14829012334"), 400, "EndUserId"),
        (urn("1482901233"), 400, "EndUserId"),
        (format!("urn:altinn:systemuser:uuid:{SYSTEM_USER}"), 400, "EndUserId"),
        (String::new(), 400, "EndUserId"),
        (urn(CAROL), 404, "DialogEntity"),
    ] {
        assert_eq!(asked(&skd, id, &user).await, (status, key.to_owned()), "{user}");
    }
    // What is wrong with the request is told before the dialog is looked for.
    assert_eq!(asked(&skd, DialogId::new(), ALICE).await, (400, "endUserId".to_owned()));
    // Administrators find all dialogs, and their persons none but their own.
    let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    assert_eq!(asked(&admin, id, &urn(ALICE)).await.0, 200);
    assert_eq!(asked(&admin, id, &urn(BOB)).await, (404, "DialogEntity".to_owned()));
}

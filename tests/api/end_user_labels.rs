//! Labels as end users set them, on one dialog and on several, and the log of them.

use crate::app::{
    ALICE, Actor, Answer, BOB, COMPANY, SECRET, SKD_NUMBER, SUBMISSION, SYSTEM_USER, TestApp, dialog, organization,
    person, resource,
};
use crate::get_dialog::hours_from;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::{DialogId, Party, SystemLabel};
use serde_json::{Value, json};
use uuid::Uuid;

const DIALOGS: &str = "/api/v1/enduser/dialogs";
const BULK: &str = "/api/v1/enduser/dialogs/context/systemlabels/actions/bulkset";

fn held(app: &TestApp, dialog: NewDialog) -> DialogId {
    let id = dialog.id;
    app.holds(dialog);
    id
}

fn unknown() -> DialogId {
    DialogId(Uuid::from_u128(7))
}

async fn set(caller: &Actor<'_>, id: DialogId, body: Value, if_match: Option<&str>) -> Answer {
    let headers: Vec<_> = [("content-type", "application/json")]
        .into_iter()
        .chain(if_match.map(|revision| ("if-match", revision)))
        .collect();
    let path = format!("{DIALOGS}/{id}/context/systemlabels");
    caller.send(Method::PUT, &path, &headers, body.to_string().into()).await
}

/// The dialog as its owner has it: reading it does not count as seeing it.
async fn stored(app: &TestApp, id: DialogId) -> Value {
    let path = format!("/api/v1/serviceowner/dialogs/{id}");
    app.service_owner(SKD_NUMBER).get(&path).await.expect(StatusCode::OK).json()
}

async fn revision(app: &TestApp, id: DialogId) -> String {
    stored(app, id).await["endUserContext"]["revision"].as_str().expect("a revision").to_owned()
}

async fn labels(app: &TestApp, id: DialogId) -> Value {
    stored(app, id).await["endUserContext"]["systemLabels"].clone()
}

async fn log(caller: &Actor<'_>, id: DialogId) -> Vec<Value> {
    let log = caller.get(&format!("{DIALOGS}/{id}/context/labellog")).await.expect(StatusCode::OK).json();
    log.as_array().expect("a list").clone()
}

async fn delete(app: &TestApp, id: DialogId) {
    let path = format!("/api/v1/serviceowner/dialogs/{id}");
    app.service_owner(SKD_NUMBER).delete(&path).await.expect(StatusCode::NO_CONTENT);
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, key: &str, message: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    let said = answer.json()["errors"][key].to_string();
    assert!(said.contains(message), "{said}");
}

#[track_caller]
fn assert_consistent(app: &TestApp) {
    let report = app.dialogs().check().expect("a check");
    assert!(report.differences.is_empty(), "{:?}", report.differences);
}

#[tokio::test]
async fn labels_are_set_logged_and_found_and_nobody_is_told() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let id = held(&app, dialog("Merket"));
    let before = stored(&app, id).await;
    let events = app.dialogs().events_after(0, 100).expect("a read").len();
    let answer = set(&alice, id, json!({ "addLabels": ["Bin", "MarkedAsUnopened"] }), None).await;
    let answer = answer.expect(StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty());
    let after = stored(&app, id).await;
    assert_eq!(after["endUserContext"]["systemLabels"], json!(["Bin", "MarkedAsUnopened"]));
    assert_eq!(after["endUserContext"]["revision"], answer.header("etag"));
    assert_ne!(after["endUserContext"]["revision"], before["endUserContext"]["revision"]);
    for kept in ["revision", "updatedAt", "contentUpdatedAt"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(app.dialogs().events_after(0, 100).expect("a read").len(), events);
    let query = format!("{DIALOGS}?allParties=true&systemLabel=Bin&systemLabel=MarkedAsUnopened");
    assert_eq!(alice.get(&query).await.json()["items"].as_array().map(Vec::len), Some(1));

    // Nothing changes, and nothing is logged.
    let again = set(&alice, id, json!({ "addLabels": ["Bin"] }), None).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(again.header("etag"), answer.header("etag"));
    let nothing = set(&alice, id, json!({}), None).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(nothing.header("etag"), answer.header("etag"));

    set(&alice, id, json!({ "systemLabels": ["Archive"] }), None).await.expect(StatusCode::NO_CONTENT);
    set(&alice, id, json!({ "removeLabels": ["Archive"] }), None).await.expect(StatusCode::NO_CONTENT);
    // Looking at it takes the mark away, and is logged.
    alice.get(&format!("{DIALOGS}/{id}")).await.expect(StatusCode::OK);
    let log = log(&alice, id).await;
    let done: Vec<_> = log.iter().map(|it| format!("{} {}", it["action"], it["name"]).replace('"', "")).collect();
    assert_eq!(
        done,
        [
            "set systemlabel:Bin",
            "set systemlabel:MarkedAsUnopened",
            "set systemlabel:Archive",
            "remove systemlabel:Bin",
            "remove systemlabel:Archive",
            "remove systemlabel:MarkedAsUnopened",
        ]
    );
    for entry in &log {
        let by = &entry["performedBy"];
        assert_eq!((&by["actorType"], &by["actorName"]), (&json!("PartyRepresentative"), &json!("Eksempel Alice")));
        let id = by["actorId"].as_str().expect("an id");
        assert!(id.starts_with("urn:altinn:person:identifier-ephemeral:"), "{id}");
        let mut members: Vec<_> = entry.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["action", "createdAt", "name", "performedBy"]);
    }
    assert_consistent(&app);
}

#[tokio::test]
async fn removals_come_first_and_the_last_place_wins() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let id = held(&app, dialog("Flyttet"));
    for (body, expected) in [
        (json!({ "addLabels": ["Bin", "Archive"], "removeLabels": ["Archive"] }), json!(["Archive"])),
        (json!({ "addLabels": ["Archive"], "systemLabels": ["bin"] }), json!(["Bin"])),
        (json!({ "addLabels": [4], "removeLabels": ["Default"] }), json!(["Bin", "MarkedAsUnopened"])),
        (json!({ "removeLabels": ["Bin", "MarkedAsUnopened"] }), json!(["Default"])),
    ] {
        set(&alice, id, body.clone(), None).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(labels(&app, id).await, expected, "{body}");
    }
}

#[tokio::test]
async fn everybody_who_sees_a_dialog_may_label_it() {
    let app = TestApp::new();
    let bin = || json!({ "addLabels": ["Bin"] });
    // Neither the level counts nor what may be done with it, nor when it is shown.
    let low = app.end_user_at_level(ALICE, "idporten-loa-low");
    let now = app.now();
    for given in [
        NewDialog { service_resource: resource(SECRET), ..dialog("Hemmelig") },
        NewDialog { service_resource: resource(SUBMISSION), ..dialog("Innsending") },
        NewDialog { visible_from: Some(hours_from(now, 1)), ..dialog("Fremtidig") },
        NewDialog { expires_at: Some(hours_from(now, -1)), ..dialog("Utløpt") },
        NewDialog { party: organization(COMPANY), ..dialog("Firmaets") },
    ] {
        let id = held(&app, given);
        set(&low, id, bin(), None).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(labels(&app, id).await, json!(["Bin"]));
        let body = json!({ "dialogs": [{ "dialogId": id }], "addLabels": ["Archive"] });
        low.post(BULK, body).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(labels(&app, id).await, json!(["Archive"]));
    }

    let system_user = app.system_user(SYSTEM_USER, COMPANY);
    let id = held(&app, NewDialog { party: organization(COMPANY), ..dialog("Systemets") });
    set(&system_user, id, bin(), None).await.expect(StatusCode::NO_CONTENT);
    let by = log(&system_user, id).await[0]["performedBy"].clone();
    assert_eq!(by["actorId"], format!("urn:altinn:systemuser:uuid:{SYSTEM_USER}"));
    let without_rights = app.system_user("0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b12", COMPANY);
    assert_eq!(set(&without_rights, id, bin(), None).await.status, StatusCode::FORBIDDEN);

    let eva = Party::parse("urn:altinn:person:idporten-email:eva@example.no").expect("a party");
    let id = held(&app, NewDialog { party: eva, ..dialog("Evas") });
    set(&app.email_user("Eva@example.no", 0), id, bin(), None).await.expect(StatusCode::NO_CONTENT);
    let by = log(&app.email_user("eva@example.no", 3), id).await[0]["performedBy"].clone();
    assert_eq!(by["actorId"], "urn:altinn:person:idporten-email:eva@example.no");
}

#[tokio::test]
async fn refusals_come_in_the_order_of_the_contract() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let stale = Some("0199d2e6-0000-7000-8000-0000000000ff");
    let (sent, bin) = (json!({ "addLabels": ["Sent"] }), json!({ "addLabels": ["Bin"] }));
    let id = held(&app, dialog("Alices"));
    let foreign = held(&app, NewDialog { party: person(BOB), ..dialog("Bobs") });
    let gone = held(&app, dialog("Slettet"));
    let foreign_gone = held(&app, NewDialog { party: person(BOB), ..dialog("Bobs slettede") });
    delete(&app, gone).await;
    delete(&app, foreign_gone).await;

    for id in [id, foreign, gone, unknown()] {
        let answer = set(&alice, id, sent.clone(), stale).await;
        assert_refused(&answer, 400, "addLabels[0]", "Cannot manually add or remove system label Sent.");
    }
    for (body, key) in [
        (json!({ "removeLabels": ["Bin", "Sent"] }), "removeLabels[1]"),
        (json!({ "addLabels": ["Tull"] }), "addLabels[0]"),
        (json!({ "addLabels": ["Bin"], "systemLabels": ["Sent"] }), "addLabels[1]"),
    ] {
        assert_refused(&set(&alice, id, body, None).await, 400, key, "abel");
    }
    for id in [gone, foreign_gone, unknown()] {
        let answer = set(&alice, id, bin.clone(), stale).await;
        assert_refused(&answer, 404, "DialogEntity", &format!("was not found: ({id})"));
    }
    let message = format!("The following dialog ids are unauthorized and/or missing: ({foreign}).");
    assert_refused(&set(&alice, foreign, bin.clone(), stale).await, 403, "Forbidden", &message);
    assert_eq!(set(&alice, id, bin.clone(), stale).await.status, StatusCode::PRECONDITION_FAILED);
    // What changes nothing must be of the right revision too.
    assert_eq!(set(&alice, id, json!({}), stale).await.status, StatusCode::PRECONDITION_FAILED);
    let answer = set(&alice, id, bin.clone(), Some("\"tull\"")).await;
    assert_refused(&answer, 400, "If-Match", "");
    assert_eq!(labels(&app, id).await, json!(["Default"]));
    let current = revision(&app, id).await;
    set(&alice, id, bin, Some(&current)).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(labels(&app, foreign).await, json!(["Default"]));
}

#[tokio::test]
async fn several_dialogs_are_labelled_all_or_none() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let mine = [held(&app, dialog("Den ene")), held(&app, dialog("Den andre"))];
    let foreign = held(&app, NewDialog { party: person(BOB), ..dialog("Bobs") });
    let gone = held(&app, dialog("Slettet"));
    delete(&app, gone).await;
    let naming = |ids: &[DialogId]| ids.iter().map(|id| json!({ "dialogId": id })).collect::<Vec<_>>();
    let body = |dialogs: Vec<Value>| json!({ "dialogs": dialogs, "addLabels": ["Bin"] });

    let stale = json!({ "dialogId": mine[0], "endUserContextRevision": "0199d2e6-0000-7000-8000-0000000000ff" });
    let missing = [vec![stale.clone()], naming(&[mine[1], foreign, gone, unknown()])].concat();
    let answer = alice.post(BULK, body(missing)).await;
    assert_refused(&answer, 404, "DialogEntity", &format!("({foreign}, {gone}, {})", unknown()));
    let answer = alice.post(BULK, body([naming(&mine[1..]), vec![stale.clone()]].concat())).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    let sent = json!({ "dialogs": naming(&[foreign]), "addLabels": ["Sent"] });
    assert_refused(&alice.post(BULK, sent).await, 400, "addLabels[0]", "Sent");
    for id in mine.into_iter().chain([foreign]) {
        assert_eq!(labels(&app, id).await, json!(["Default"]));
    }

    let known = json!({ "dialogId": mine[0], "endUserContextRevision": revision(&app, mine[0]).await });
    let answer = alice.post(BULK, body([vec![known], naming(&mine[1..])].concat())).await;
    let answer = answer.expect(StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty() && answer.headers.get("etag").is_none());
    for id in mine {
        assert_eq!(labels(&app, id).await, json!(["Bin"]));
        assert_eq!(log(&alice, id).await.len(), 1);
    }
    assert_consistent(&app);
}

#[tokio::test]
async fn between_one_and_a_hundred_dialogs_are_labelled_at_once() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let ids: Vec<_> = (0..101).map(|_| held(&app, dialog("En av mange"))).collect();
    let body = |ids: &[DialogId]| {
        let dialogs: Vec<_> = ids.iter().map(|id| json!({ "dialogId": id })).collect();
        json!({ "dialogs": dialogs, "addLabels": [SystemLabel::Archive.name()] })
    };
    for refused in [&ids[..0], &ids[..101]] {
        let answer = alice.post(BULK, body(refused)).await;
        assert_refused(&answer, 400, "dialogs", "Must supply between 1 and 100 dialogs to update");
    }
    let twice = alice.post(BULK, body(&[ids[0], ids[0]])).await;
    assert_refused(&twice, 400, "dialogs", &format!("Can not contain duplicate items: [{}]", ids[0]));
    assert_refused(&alice.post(BULK, json!({})).await, 400, "dialogs", "Must supply");
    alice.post(BULK, body(&ids[..1])).await.expect(StatusCode::NO_CONTENT);
    alice.post(BULK, body(&ids[..100])).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(labels(&app, ids[99]).await, json!(["Archive"]));
    assert_eq!(labels(&app, ids[100]).await, json!(["Default"]));
}

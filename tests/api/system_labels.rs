//! Labels of the end user's side, set by service owners: on one dialog and on several.

use crate::app::{
    ALICE, Actor, Answer, BENEFITS, BOB, CAROL, NAV_NUMBER, SECRET, SKD_NUMBER, TestApp, dialog, person, resource,
};
use crate::create_dialog::found;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{DialogId, LabelAction, Org, SystemLabel};
use dialog_index::{AuthorizedScope, Found, NewDialog};
use serde_json::{Value, json};
use uuid::Uuid;

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const DIALOGS: &str = "/api/v1/serviceowner/dialogs";
const BULK: &str = "/api/v1/serviceowner/dialogs/endusercontext/systemlabels/actions/bulkset";

fn path(id: DialogId) -> String {
    format!("{DIALOGS}/{id}/endusercontext/systemlabels")
}

fn by(number: &str) -> String {
    format!("?enduserId={}", urn(number))
}

fn urn(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

fn named(number: &str) -> Value {
    json!({ "actorType": "PartyRepresentative", "actorId": urn(number) })
}

fn stored(app: &TestApp, title: &str) -> DialogId {
    held(app, dialog(title))
}

fn held(app: &TestApp, dialog: NewDialog) -> DialogId {
    let id = dialog.id;
    app.holds(dialog);
    id
}

async fn set(caller: &Actor<'_>, id: DialogId, query: &str, body: Value, if_match: Option<&str>) -> Answer {
    let headers: Vec<_> = [("content-type", "application/json")]
        .into_iter()
        .chain(if_match.map(|revision| ("if-match", revision)))
        .collect();
    caller.send(Method::PUT, &format!("{}{query}", path(id)), &headers, body.to_string().into()).await
}

/// The revision of the end-user context, and its labels.
async fn context(caller: &Actor<'_>, id: DialogId) -> (String, Vec<String>) {
    let dialog = caller.get(&format!("{DIALOGS}/{id}")).await.expect(StatusCode::OK).json();
    let context = &dialog["endUserContext"];
    let labels = context["systemLabels"].as_array().expect("labels").iter();
    let labels = labels.map(|label| label.as_str().expect("a name").to_owned()).collect();
    (context["revision"].as_str().expect("a revision").to_owned(), labels)
}

#[track_caller]
fn keys(answer: &Answer) -> Vec<String> {
    answer.json()["errors"].as_object().expect("errors").keys().cloned().collect()
}

fn log(app: &TestApp, id: DialogId) -> Vec<(SystemLabel, LabelAction, String)> {
    let log = app.dialogs().label_log(&AuthorizedScope::owned_by(Org::new("skd")), id).expect("a read");
    let Found::Visible(log) = log else { panic!("{log:?}") };
    log.into_iter().map(|entry| (entry.label, entry.action, format!("{:?}", entry.performed_by))).collect()
}

#[track_caller]
fn assert_consistent(app: &TestApp) {
    let report = app.dialogs().check().expect("a check");
    assert!(report.differences.is_empty(), "{:?}", report.differences);
}

#[tokio::test]
async fn labels_are_set_for_a_person_and_found_at_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Merket");
    let dialog = skd.get(&format!("{DIALOGS}/{id}")).await.json();
    let answer = set(&skd, id, &by(ALICE), json!({ "addLabels": ["Archive", "MarkedAsUnopened"] }), None).await;
    let answer = answer.expect(StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty());
    let (revision, labels) = context(&skd, id).await;
    assert_eq!((answer.header("etag"), labels), (revision.as_str(), vec!["Archive".into(), "MarkedAsUnopened".into()]));
    let after = skd.get(&format!("{DIALOGS}/{id}")).await.json();
    for kept in ["revision", "updatedAt", "contentUpdatedAt"] {
        assert_eq!(after[kept], dialog[kept], "{kept}");
    }
    assert_eq!(after["isContentSeen"], false);
    let query = format!("{DIALOGS}?systemLabel=Archive&systemLabel=MarkedAsUnopened");
    assert_eq!(skd.get(&query).await.json()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(found(&app, "merket").await, ["Merket"]);

    // Nothing changes, and nothing is logged.
    let again = set(&skd, id, &by(ALICE), json!({ "addLabels": ["Archive"] }), None).await;
    assert_eq!(again.expect(StatusCode::NO_CONTENT).header("etag"), revision);
    let logged = log(&app, id);
    assert_eq!(logged.len(), 2);
    assert!(logged.iter().all(|(_, action, by)| *action == LabelAction::Set && by.contains("Alice")), "{logged:?}");
    assert_consistent(&app);
}

#[tokio::test]
async fn removals_come_first_and_the_last_place_wins() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Flyttet");
    for (body, expected) in [
        (json!({ "addLabels": ["Bin", "Archive"], "removeLabels": ["Archive"] }), vec!["Archive"]),
        (json!({ "addLabels": ["Archive"], "systemLabels": ["bin"] }), vec!["Bin"]),
        (json!({ "addLabels": [4], "removeLabels": ["Default"] }), vec!["Bin", "MarkedAsUnopened"]),
        // In the order in which they were set.
        (json!({ "removeLabels": ["Bin"] }), vec!["MarkedAsUnopened", "Default"]),
        (json!({ "addLabels": ["Archive"] }), vec!["MarkedAsUnopened", "Archive"]),
        (json!({ "removeLabels": ["MarkedAsUnopened"] }), vec!["Archive"]),
        (
            json!({ "addLabels": ["MarkedAsUnopened"], "removeLabels": ["Archive"] }),
            vec!["Default", "MarkedAsUnopened"],
        ),
        (json!({ "removeLabels": ["Default", "MarkedAsUnopened"], "addLabels": null }), vec!["Default"]),
        (json!({}), vec!["Default"]),
    ] {
        set(&skd, id, &by(ALICE), body.clone(), None).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(context(&skd, id).await.1, expected, "{body}");
    }
    assert_consistent(&app);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_at_once() {
    let app = TestApp::new();
    let (skd, unknown) = (app.service_owner(SKD_NUMBER), DialogId::new());
    let whole = by(ALICE);
    for (query, body, expected) in [
        ("", json!({}), vec!["endUserId"]),
        (whole.as_str(), json!({ "performedBy": named(ALICE) }), vec!["endUserId"]),
        (&format!("?enduserId={ALICE}"), json!({}), vec!["endUserId"]),
        ("?enduserid=abc", json!({}), vec!["EndUserId"]),
        (&whole, json!({ "addLabels": ["Sent"] }), vec!["addLabels[0]"]),
        (
            &whole,
            json!({ "removeLabels": ["Bin", "Sent"], "systemLabels": [0] }),
            vec!["addLabels[0]", "removeLabels[1]"],
        ),
        (&whole, json!({ "addLabels": ["Trash"] }), vec!["addLabels[0]"]),
        (&whole, json!({ "addLabels": "Bin" }), vec!["addLabels"]),
        ("", json!({ "addLabels": ["Sent"], "performedBy": {} }), vec!["addLabels[0]", "performedBy.actorType"]),
        ("", json!({ "performedBy": { "actorType": "PartyRepresentative" } }), vec!["performedBy"]),
        ("", json!({ "performedBy": named("14829012334") }), vec!["performedBy.actorId"]),
    ] {
        let answer = set(&skd, unknown, query, body.clone(), None).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(keys(&answer), expected, "{query} {body}");
    }
    let answer = set(&skd, unknown, &whole, json!({}), Some("*")).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(keys(&answer), ["If-Match"]);
    let message = set(&skd, unknown, &whole, json!({ "addLabels": ["Sent"] }), None).await.json();
    let message = message["errors"]["addLabels[0]"][0].as_str().expect("a message").to_owned();
    assert_eq!(
        message,
        "Cannot manually add or remove system label Sent. It is added automatically when a transmissions of type \
         'Submission or 'Correction' is added to the dialog."
    );
}

#[tokio::test]
async fn each_check_comes_before_the_next() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let id = stored(&app, "Rekkefølge");
    let other = Uuid::new_v4().to_string();
    let body = || json!({ "addLabels": ["Bin"] });
    let by_named = json!({ "addLabels": ["Bin"], "performedBy": named(CAROL) });
    // 404 before 403, for others' dialogs and for deleted ones.
    let deleted = stored(&app, "Slettet");
    skd.delete(&format!("{DIALOGS}/{deleted}")).await.expect(StatusCode::NO_CONTENT);
    for (caller, id) in [(&nav, id), (&skd, deleted), (&skd, DialogId::new())] {
        let answer = set(caller, id, "", by_named.clone(), None).await.expect(StatusCode::NOT_FOUND);
        assert_eq!(keys(&answer), ["DialogEntity"]);
        set(caller, id, &by(BOB), body(), None).await.expect(StatusCode::NOT_FOUND);
    }
    // 403 before 412.
    let answer = set(&skd, id, "", by_named, Some(&other)).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(keys(&answer), ["Forbidden"]);
    let answer = set(&skd, id, &by(BOB), body(), Some(&other)).await.expect(StatusCode::FORBIDDEN);
    assert!(answer.json()["errors"]["Forbidden"][0].as_str().expect("a reason").contains(&id.to_string()));
    // 412 before the change.
    let dialog_revision = skd.get(&format!("{DIALOGS}/{id}")).await.header("etag").to_owned();
    for wrong in [&other, &dialog_revision] {
        let answer = set(&skd, id, &by(ALICE), body(), Some(wrong)).await.expect(StatusCode::PRECONDITION_FAILED);
        assert!(answer.json().get("errors").is_none());
    }
    assert_eq!(context(&skd, id).await.1, ["Default"]);
    let (revision, _) = context(&skd, id).await;
    set(&skd, id, &by(ALICE), body(), Some(&revision)).await.expect(StatusCode::NO_CONTENT);
    set(&skd, id, &by(ALICE), body(), Some(&revision)).await.expect(StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn administrators_say_who_did_it_and_ask_nobodys_rights() {
    let app = TestApp::new();
    let (skd, admin) = (app.service_owner(SKD_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let id = stored(&app, "Administrert");
    let body =
        |performed_by: Value| json!({ "addLabels": ["Bin"], "removeLabels": ["Bin"], "performedBy": performed_by });
    let unknown = named("17838411088");
    let other = Uuid::new_v4().to_string();
    set(&admin, id, "", body(unknown.clone()), Some(&other)).await.expect(StatusCode::PRECONDITION_FAILED);
    let answer = set(&admin, id, "", body(unknown), None).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(keys(&answer), ["ActorId"]);
    assert!(log(&app, id).is_empty());
    set(&admin, id, "", body(json!({ "actorType": "ServiceOwner" })), None).await.expect(StatusCode::NO_CONTENT);
    set(&admin, id, "", json!({ "addLabels": ["Archive"], "performedBy": named(CAROL) }), None)
        .await
        .expect(StatusCode::NO_CONTENT);
    // Bob may not see it.
    set(&admin, id, &by(BOB), json!({ "addLabels": ["Default"] }), None).await.expect(StatusCode::NO_CONTENT);
    let logged: Vec<_> = log(&app, id)
        .into_iter()
        .map(|(label, action, by)| {
            (label, action, ["ServiceOwner", "Carol", "Bob"].into_iter().find(|who| by.contains(who)))
        })
        .collect();
    use LabelAction::{Remove, Set};
    let expected = [
        (SystemLabel::Bin, Set, Some("ServiceOwner")),
        (SystemLabel::Archive, Set, Some("Carol")),
        (SystemLabel::Bin, Remove, Some("Carol")),
        (SystemLabel::Archive, Remove, Some("Bob")),
    ];
    assert_eq!(logged, expected);
    set(&admin, DialogId::new(), &by(BOB), json!({}), None).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(context(&skd, id).await.1, ["Default"]);
    assert_consistent(&app);
}

fn bulk(ids: &[DialogId], revisions: &[Option<&str>]) -> Value {
    let dialog = |(n, id): (usize, &DialogId)| {
        let revision = revisions.get(n).copied().flatten();
        json!({ "dialogId": id.to_string(), "endUserContextRevision": revision })
    };
    json!({ "dialogs": ids.iter().enumerate().map(dialog).collect::<Vec<_>>(), "addLabels": ["Bin"] })
}

#[tokio::test]
async fn several_dialogs_are_labelled_together_or_not_at_all() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let path = format!("{BULK}{}", by(ALICE));
    let ids = [stored(&app, "En"), stored(&app, "To")];
    let deleted = stored(&app, "Slettet");
    skd.delete(&format!("{DIALOGS}/{deleted}")).await.expect(StatusCode::NO_CONTENT);
    let hidden = held(&app, NewDialog { party: person(BOB), ..dialog("Bobs") });
    let foreign = held(&app, NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..dialog("Nav") });
    let unknown = DialogId::new();
    let wrong = Uuid::new_v4().to_string();
    let missing = [deleted, hidden, foreign, unknown];
    let all = [&ids[..], &missing].concat();
    let answer = skd.post(&path, bulk(&all, &[Some(&wrong)])).await.expect(StatusCode::NOT_FOUND).json();
    let message = answer["errors"]["DialogEntity"][0].as_str().expect("a message");
    assert!(missing.iter().all(|id| message.contains(&id.to_string())), "{message}");
    assert!(ids.iter().all(|id| !message.contains(&id.to_string())), "{message}");
    let (first, second) = (context(&skd, ids[0]).await.0, context(&skd, ids[1]).await.0);
    let answer = skd.post(&path, bulk(&ids, &[Some(&first), Some(&wrong)])).await;
    answer.expect(StatusCode::PRECONDITION_FAILED);
    for id in ids {
        assert_eq!(context(&skd, id).await.1, ["Default"]);
    }
    let answer = skd.post(&path, bulk(&ids, &[Some(&first), Some(&second)])).await.expect(StatusCode::NO_CONTENT);
    assert!(answer.headers.get("etag").is_none() && answer.body.is_empty());
    for id in ids {
        assert_eq!(context(&skd, id).await.1, ["Bin"]);
    }
    skd.post(&path, bulk(&ids, &[])).await.expect(StatusCode::NO_CONTENT);
    assert_consistent(&app);
}

#[tokio::test]
async fn several_dialogs_are_some_and_all_different() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let path = format!("{BULK}{}", by(ALICE));
    let ids: Vec<_> = (0..201).map(|n| if n < 200 { stored(&app, "Mange") } else { DialogId::new() }).collect();
    for (body, expected) in [
        (bulk(&[], &[]), vec!["dto.dialogs"]),
        (json!({}), vec!["dto.dialogs"]),
        (bulk(&ids, &[]), vec!["dto.dialogs"]),
        (bulk(&[ids[0], ids[1], ids[0]], &[]), vec!["dto.dialogs"]),
        (
            json!({ "dialogs": [], "addLabels": ["Sent"], "removeLabels": ["Sent"] }),
            vec!["dto.addLabels[0]", "dto.dialogs", "dto.removeLabels[0]"],
        ),
        (json!({ "dialogs": [{ "dialogId": "x" }] }), vec!["dialogs[0].dialogId"]),
        (json!({ "dialogs": [{ "dialogId": null }] }), vec!["dialogs[0].dialogId"]),
    ] {
        let answer = skd.post(&path, body).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(keys(&answer), expected);
    }
    skd.post(&path, bulk(&ids[..200], &[])).await.expect(StatusCode::NO_CONTENT);
    let page = skd.get(&format!("{DIALOGS}?systemLabel=Bin&limit=1000")).await.json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(200));
    let answer = skd.post(BULK, bulk(&ids[..1], &[])).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(keys(&answer), ["endUserId"]);
    // An empty id is that of no dialog.
    skd.post(&path, json!({ "dialogs": [{}] })).await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn administrators_label_dialogs_of_several_owners() {
    let app = TestApp::new();
    let (skd, admin) = (app.service_owner(SKD_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let secret = held(&app, NewDialog { party: person(BOB), service_resource: resource(SECRET), ..dialog("Bobs") });
    let foreign = held(&app, NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..dialog("Nav") });
    let ids = [secret, foreign];
    let with = |body: &Value, performed_by: Value| {
        let mut body = body.clone();
        body["performedBy"] = performed_by;
        body
    };
    // 403 before 404.
    let unknown = bulk(&[DialogId::new()], &[]);
    let answer = skd.post(BULK, with(&unknown, named(CAROL))).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(keys(&answer), ["Forbidden"]);
    let answer = admin.post(BULK, with(&unknown, named("17838411088"))).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(keys(&answer), ["DialogEntity"]);
    let body = bulk(&ids, &[]);
    let answer = admin.post(BULK, with(&body, named("17838411088"))).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(keys(&answer), ["ActorId"]);
    let answer = admin.post(BULK, with(&body, json!({}))).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(keys(&answer), ["dto.performedBy.actorType"]);
    admin.post(BULK, with(&body, named(CAROL))).await.expect(StatusCode::NO_CONTENT);
    admin.post(&format!("{BULK}{}", by(CAROL)), body).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(context(&admin, secret).await.1, ["Bin"]);
    assert_eq!(context(&admin, foreign).await.1, ["Bin"]);
    let not_json = skd.send(Method::POST, BULK, &[], Body::from("{}")).await;
    not_json.expect(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_consistent(&app);
}

#[tokio::test]
async fn whoever_is_named_is_one_actor() {
    let app = TestApp::new();
    let (skd, admin) = (app.service_owner(SKD_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let id = stored(&app, "Navngitt");
    let named = |actor: &str, id: Option<&str>, name: Option<&str>| json!({ "actorType": actor, "actorId": id.map(urn), "actorName": name });
    for (performed_by, status) in [
        (named("PartyRepresentative", Some(CAROL), None), StatusCode::NO_CONTENT),
        (named("PartyRepresentative", None, Some("Ola")), StatusCode::NO_CONTENT),
        (named("PartyRepresentative", Some(CAROL), Some("Ola")), StatusCode::BAD_REQUEST),
        (named("PartyRepresentative", None, None), StatusCode::BAD_REQUEST),
        (named("ServiceOwner", None, None), StatusCode::NO_CONTENT),
        (named("ServiceOwner", Some(CAROL), None), StatusCode::BAD_REQUEST),
        (named("ServiceOwner", None, Some("Ola")), StatusCode::BAD_REQUEST),
    ] {
        let mut one = json!({ "addLabels": ["Bin"], "performedBy": performed_by });
        let mut several = bulk(&[id], &[]);
        several["performedBy"] = performed_by.clone();
        for (caller, expected) in
            [(&admin, status), (&skd, if status.is_success() { StatusCode::FORBIDDEN } else { status })]
        {
            set(caller, id, "", one.clone(), None).await.expect(expected);
            caller.post(BULK, several.clone()).await.expect(expected);
        }
        // For the next one there is something to be done again.
        one["addLabels"] = json!(["Default"]);
        if status.is_success() {
            set(&admin, id, "", one, None).await.expect(StatusCode::NO_CONTENT);
        }
    }
    let by: Vec<_> = log(&app, id).into_iter().map(|(_, _, by)| by).collect();
    for (n, who) in ["Carol", "Ola", "ServiceOwner"].into_iter().enumerate() {
        assert!(by[2 * n].contains(who) && by[2 * n + 1].contains(who), "{by:?}");
    }
    assert_eq!(by.len(), 6);
}

#[tokio::test]
async fn labels_set_together_follow_the_rules_of_those_set_alone() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let ids = [stored(&app, "En"), stored(&app, "To")];
    let path = format!("{BULK}{}", by(ALICE));
    for (change, expected) in [
        (json!({ "addLabels": ["Bin", "Archive"] }), vec!["Archive"]),
        (json!({ "addLabels": ["MarkedAsUnopened"], "systemLabels": ["Bin"] }), vec!["Bin", "MarkedAsUnopened"]),
        (json!({ "removeLabels": ["Archive", "Default"] }), vec!["Bin", "MarkedAsUnopened"]),
        (json!({ "addLabels": ["Bin"], "removeLabels": ["Bin"] }), vec!["Bin", "MarkedAsUnopened"]),
        (json!({ "removeLabels": ["Bin", "MarkedAsUnopened"] }), vec!["Default"]),
    ] {
        let mut body = change.clone();
        body["dialogs"] = bulk(&ids, &[])["dialogs"].take();
        skd.post(&path, body).await.expect(StatusCode::NO_CONTENT);
        for id in ids {
            assert_eq!(context(&skd, id).await.1, expected, "{change}");
        }
    }
    // What changes nothing is of the same revision, and logged nowhere.
    let (before, logged) = (context(&skd, ids[0]).await, log(&app, ids[0]).len());
    let mut nothing = bulk(&ids, &[Some(&before.0)]);
    nothing["addLabels"] = json!(["Default"]);
    skd.post(&path, nothing).await.expect(StatusCode::NO_CONTENT);
    assert_eq!((context(&skd, ids[0]).await, log(&app, ids[0]).len()), (before, logged));
    assert_consistent(&app);
}

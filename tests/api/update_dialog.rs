//! PUT: what a dialog is to be, merged with what it is.

use crate::app::{ALICE, Actor, Answer, BENEFITS, LETTERS, NAV_NUMBER, SKD_NUMBER, TestApp};
use crate::create_dialog::{body as creation, found};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
pub(crate) const PATH: &str = "/api/v1/serviceowner/dialogs";

pub(crate) fn texts(text: &str) -> Value {
    json!([{ "value": text, "languageCode": "nb" }])
}

pub(crate) fn transmission(title: &str) -> Value {
    json!({
        "type": "Information",
        "externalReference": title,
        "sender": { "actorType": "ServiceOwner" },
        "content": { "title": { "value": texts(title) } },
    })
}

pub(crate) fn activity(kind: &str) -> Value {
    json!({ "type": kind, "extendedType": format!("urn:{kind}"), "performedBy": { "actorType": "ServiceOwner" } })
}

pub(crate) fn full(title: &str) -> Value {
    let mut body = creation(title);
    body["progress"] = json!(10);
    body["searchTags"] = json!([{ "value": "skatt" }, { "value": "melding" }]);
    body["attachments"] = json!([
        { "name": "a", "urls": [
            { "url": "https://a.no/1", "consumerType": "Gui" },
            { "url": "https://a.no/2", "consumerType": "Api" },
        ] },
        { "name": "b", "urls": [{ "url": "https://a.no/3", "consumerType": "Gui" }] },
    ]);
    body["guiActions"] =
        json!([{ "action": "open", "url": "https://a.no", "priority": "Primary", "title": texts("Åpne") }]);
    body["apiActions"] = json!([{ "action": "open", "endpoints": [
        { "url": "https://a.no/1", "httpMethod": "GET" },
        { "url": "https://a.no/2", "httpMethod": "POST" },
    ] }]);
    body["transmissions"] = json!([transmission("første")]);
    body["activities"] = json!([activity("DialogCreated")]);
    body
}

/// Creates a dialog and gives back its path.
pub(crate) async fn created(caller: &Actor<'_>, body: Value) -> String {
    let answer = caller.post(PATH, body).await.expect(StatusCode::CREATED);
    answer.header("location").to_owned()
}

pub(crate) async fn get(caller: &Actor<'_>, path: &str) -> Value {
    caller.get(path).await.expect(StatusCode::OK).json()
}

/// The update that says what is stored: all that is shown, except what would be added.
pub(crate) fn update_of(shown: &Value) -> Value {
    let mut update = shown.clone();
    update["transmissions"] = json!([]);
    update["activities"] = json!([]);
    update
}

pub(crate) async fn send(
    caller: &Actor<'_>,
    method: Method,
    path: &str,
    if_match: Option<&str>,
    body: &Value,
) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(if_match.map(|revision| ("if-match", revision)));
    caller.send(method, path, &headers, Body::from(body.to_string())).await
}

#[track_caller]
pub(crate) fn assert_keys(problem: &Value, keys: &[&str]) {
    let found: Vec<_> = problem["errors"].as_object().expect("errors").keys().map(String::as_str).collect();
    assert_eq!(found, keys, "{problem}");
}

/// A body with one change to what is stored, and the answer to it.
async fn changed(caller: &Actor<'_>, path: &str, name: &str, value: Value) -> Answer {
    let mut update = update_of(&get(caller, path).await);
    update[name] = value;
    caller.put(path, update).await
}

#[tokio::test]
async fn what_says_what_is_stored_changes_nothing() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let mut given = full("Uendret");
    given["systemLabel"] = json!("Archive");
    let path = created(&skd, given).await;
    let before = get(&skd, &path).await;
    app.wait(Duration::from_secs(5));
    let mut update = update_of(&before);
    for list in ["attachments", "searchTags"] {
        update[list].as_array_mut().expect("a list").reverse();
    }
    for list in ["/attachments/1/urls", "/apiActions/0/endpoints"] {
        update.pointer_mut(list).and_then(Value::as_array_mut).expect("a list").reverse();
    }
    update["searchTags"][0]["value"] = json!(" MELDING ");
    update["id"] = json!(Uuid::now_v7());
    update["party"] = json!("ignored");
    let silent = skd.put(&format!("{path}?isSilentUpdate=true"), update.clone()).await.expect(StatusCode::NO_CONTENT);
    assert!(silent.body.is_empty());
    assert_eq!(get(&skd, &path).await, before);
    let answer = skd.put(&path, update).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(json!(answer.header("etag")), before["revision"]);
    let mut after = get(&skd, &path).await;
    assert_ne!(after["endUserContext"]["revision"], before["endUserContext"]["revision"]);
    assert_eq!((&after["systemLabel"], &after["revision"]), (&json!("Default"), &before["revision"]));
    for changed in ["endUserContext", "systemLabel"] {
        after[changed] = before[changed].clone();
    }
    assert_eq!(after, before);
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

#[tokio::test]
async fn what_is_changed_is_found_at_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, full("Gammel")).await;
    let before = get(&skd, &path).await;
    app.wait(Duration::from_secs(5));
    let mut update = update_of(&before);
    update["content"]["title"]["value"] = texts("Nyere");
    update["content"]["summary"] = json!({ "value": texts("Sammendrag") });
    update["searchTags"] = json!([{ "value": "annet" }, { "value": "melding" }]);
    let second = update["attachments"][1].clone();
    let mut first = update["attachments"][0].clone();
    first["urls"] = json!([first["urls"][1], { "url": "https://a.no/9", "consumerType": "Gui" }]);
    let chosen = Uuid::now_v7().to_string();
    let new = json!({ "id": chosen, "name": "c", "urls": [{ "url": "https://a.no/4", "consumerType": "Gui" }] });
    update["attachments"] = json!([new, first]);
    update["guiActions"] = json!([]);
    update["transmissions"] = json!([transmission("andre")]);
    update["activities"] = json!([activity("FormSaved")]);
    let answer = skd.put(&path, update).await.expect(StatusCode::NO_CONTENT);
    let after = get(&skd, &path).await;
    assert_eq!(after["revision"], json!(answer.header("etag")));
    assert_ne!(after["revision"], before["revision"]);
    assert_eq!(after["updatedAt"], after["contentUpdatedAt"]);
    assert!(after["updatedAt"].as_str() > before["updatedAt"].as_str());
    assert_eq!(found(&app, "nyere").await, ["Nyere"]);
    assert!(found(&app, "gammel").await.is_empty());
    assert_eq!(after["searchTags"], json!([{ "value": "melding" }, { "value": "annet" }]));
    let ids =
        |list: &Value| -> Vec<Value> { list.as_array().expect("a list").iter().map(|it| it["id"].clone()).collect() };
    assert_eq!(ids(&after["attachments"]), [first["id"].clone(), json!(chosen)]);
    assert_ne!(second["id"], json!(chosen));
    let urls = &after["attachments"][0]["urls"];
    assert_eq!(urls[0], before["attachments"][0]["urls"][1]);
    assert_eq!(urls[1]["url"], "https://a.no/9");
    assert_eq!(after["guiActions"], json!([]));
    assert_eq!(after["apiActions"], before["apiActions"]);
    let names = |list: &Value, name: &str| -> Vec<Value> {
        list.as_array().expect("a list").iter().map(|it| it[name].clone()).collect()
    };
    assert_eq!(names(&after["transmissions"], "externalReference"), ["første", "andre"]);
    assert_eq!(names(&after["activities"], "type"), ["DialogCreated", "FormSaved"]);
    assert_eq!(after["fromServiceOwnerTransmissionsCount"], 2);
    assert_eq!(app.dialogs().check().expect("a check").differences, []);

    // What is left out is cleared, and what is listed without an id is new.
    let mut bare = json!({ "status": "InProgress", "content": after["content"] });
    bare["apiActions"] = after["apiActions"].clone();
    bare["apiActions"][0].as_object_mut().expect("an object").remove("id");
    skd.put(&path, bare).await.expect(StatusCode::NO_CONTENT);
    let cleared = get(&skd, &path).await;
    assert!(cleared.get("progress").is_none());
    assert_eq!((&cleared["attachments"], &cleared["searchTags"]), (&json!([]), &json!([])));
    assert_ne!(cleared["apiActions"][0]["id"], after["apiActions"][0]["id"]);
    assert_eq!(names(&cleared["transmissions"], "externalReference"), ["første", "andre"]);
}

#[tokio::test]
async fn what_follows_a_change_depends_on_the_change() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let submission = json!([{ "type": "Submission", "sender": { "actorType": "PartyRepresentative", "actorName": "Ola" },
        "content": { "title": { "value": texts("Svar") } } }]);
    for (name, value, is_content) in [
        ("progress", json!(11), false),
        ("externalReference", json!("x"), false),
        ("dueAt", json!("2090-01-01T00:00:00Z"), false),
        ("expiresAt", json!("2090-01-01T00:00:00Z"), false),
        ("process", json!("urn:x"), false),
        ("precedingProcess", json!("urn:x"), false),
        ("isApiOnly", json!(true), false),
        ("searchTags", json!([]), false),
        ("activities", json!([activity("FormSaved")]), false),
        ("status", json!("Completed"), true),
        ("extendedStatus", json!("x"), true),
        ("attachments", json!([]), true),
        ("guiActions", json!([]), true),
        ("apiActions", json!([]), true),
        ("content", creation("Annet")["content"].clone(), true),
        ("transmissions", submission, true),
    ] {
        let mut given = full("Følger");
        given["systemLabel"] = json!("Bin");
        given["process"] = json!("urn:begun");
        let path = created(&skd, given).await;
        let before = get(&skd, &path).await;
        app.wait(Duration::from_secs(5));
        let mut update = update_of(&before);
        update[name] = value.clone();
        skd.put(&format!("{path}?isSilentUpdate=true"), update).await.expect(StatusCode::NO_CONTENT);
        let silent = get(&skd, &path).await;
        assert_ne!(silent["revision"], before["revision"], "{name}");
        for kept in ["updatedAt", "contentUpdatedAt", "systemLabel"] {
            assert_eq!(silent[kept], before[kept], "{name}");
        }
        let labels = silent["endUserContext"]["systemLabels"].as_array().expect("labels");
        assert_eq!(labels.contains(&json!("Sent")), name == "transmissions");

        let mut given = full("Følger");
        given["systemLabel"] = json!("Bin");
        given["process"] = json!("urn:begun");
        let path = created(&skd, given).await;
        // Who looks at it has seen it, until its content changes.
        let alice = format!("{path}?endUserId=urn:altinn:person:identifier-no:{ALICE}");
        skd.get(&alice).await.expect(StatusCode::OK);
        let before = get(&skd, &path).await;
        app.wait(Duration::from_secs(5));
        changed(&skd, &path, name, value).await.expect(StatusCode::NO_CONTENT);
        let after = get(&skd, &path).await;
        assert_ne!(after["updatedAt"], before["updatedAt"], "{name}");
        assert_eq!(after["contentUpdatedAt"] != before["contentUpdatedAt"], is_content, "{name}");
        assert_eq!((&before["systemLabel"], &after["systemLabel"]), (&json!("Bin"), &json!("Default")), "{name}");
        assert_eq!((&before["isContentSeen"], &after["isContentSeen"]), (&json!(true), &json!(!is_content)), "{name}");
    }
}

#[tokio::test]
async fn checks_have_an_order() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let path = created(&skd, full("Rekkefølge")).await;
    let valid = update_of(&get(&skd, &path).await);
    let mut invalid = valid.clone();
    invalid["progress"] = json!(101);
    let mut late = valid.clone();
    late["dueAt"] = json!("2020-01-01T00:00:00Z");
    let other = Uuid::new_v4().to_string();
    let unknown = format!("{PATH}/{}", Uuid::now_v7());
    let put = async |caller: &Actor<'_>, path: &str, if_match: Option<&str>, body: &Value, status: StatusCode| {
        send(caller, Method::PUT, path, if_match, body).await.expect(status)
    };
    // What cannot be read, what is not there, what is not valid.
    put(&skd, &unknown, None, &json!([]), StatusCode::BAD_REQUEST).await;
    put(&skd, &unknown, None, &invalid, StatusCode::NOT_FOUND).await;
    let problem = put(&nav, &path, None, &invalid, StatusCode::NOT_FOUND).await.json();
    assert_keys(&problem, &["DialogEntity"]);
    put(&skd, &path, Some("*"), &valid, StatusCode::BAD_REQUEST).await;
    let problem = put(&skd, &path, Some(&other), &invalid, StatusCode::BAD_REQUEST).await.json();
    assert_keys(&problem, &["dto.progress"]);
    let problem = put(&skd, &path, Some(&other), &late, StatusCode::PRECONDITION_FAILED).await.json();
    assert!(problem.get("errors").is_none());
    assert_keys(&put(&skd, &path, None, &late, StatusCode::UNPROCESSABLE_ENTITY).await.json(), &["DueAt"]);
    put(&admin, &path, None, &late, StatusCode::NO_CONTENT).await;
    put(&skd, &path, None, &late, StatusCode::NO_CONTENT).await;

    // Frozen: for administrators alone.
    admin.post(&format!("{path}/actions/freeze"), json!({})).await.expect(StatusCode::NO_CONTENT);
    put(&skd, &path, Some(&other), &invalid, StatusCode::BAD_REQUEST).await;
    put(&skd, &path, Some(&other), &valid, StatusCode::FORBIDDEN).await;
    put(&admin, &path, Some(&other), &valid, StatusCode::PRECONDITION_FAILED).await;
    put(&admin, &path, None, &valid, StatusCode::NO_CONTENT).await;
    // Deleted: gone, also for those who could not change it either way.
    admin.delete(&path).await.expect(StatusCode::NO_CONTENT);
    put(&skd, &path, Some(&other), &invalid, StatusCode::BAD_REQUEST).await;
    put(&skd, &path, Some(&other), &valid, StatusCode::GONE).await;
    put(&admin, &path, Some(&other), &valid, StatusCode::GONE).await;
}

#[tokio::test]
async fn collected_reasons_are_told_together() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let mut given = full("Samlet");
    let (old, known) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    given["transmissions"][0]["id"] = json!(old);
    given["transmissions"][0]["idempotentKey"] = json!("nøkkel");
    given["transmissions"][0]["attachments"] =
        json!([{ "id": known, "urls": [{ "url": "https://a.no", "consumerType": "Gui" }] }]);
    given["activities"][0]["id"] = json!(known);
    given["expiresAt"] = json!("2100-01-01T00:00:00Z");
    let path = created(&skd, given).await;
    let before = get(&skd, &path).await;
    let valid = update_of(&before);
    let past = json!("2020-01-01T00:00:00Z");
    let refused = async |body: &Value, status: StatusCode, keys: &[&str]| {
        let problem = send(&skd, Method::PUT, &path, None, body).await.expect(status).json();
        assert_keys(&problem, keys);
    };
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;

    let mut all = valid.clone();
    all["dueAt"] = past.clone();
    all.as_object_mut().expect("an object").remove("expiresAt");
    all["attachments"][0]["expiresAt"] = past.clone();
    let mut again = activity("FormSaved");
    again["id"] = json!(known);
    all["activities"] = json!([again]);
    let mut first = transmission("x");
    first["id"] = json!(old);
    let mut second = transmission("y");
    second["relatedTransmissionId"] = json!(Uuid::now_v7());
    second["attachments"] =
        json!([{ "id": known, "expiresAt": past, "urls": [{ "url": "https://a.no", "consumerType": "Gui" }] }]);
    all["transmissions"] = json!([first, second]);
    let mut stray = activity("TransmissionOpened");
    stray["transmissionId"] = json!(Uuid::now_v7());
    all["activities"].as_array_mut().expect("a list").push(stray);
    let keys = [
        "Activities",
        "Attachments.ExpiresAt",
        "DialogActivity",
        "DialogAttachment",
        "DialogTransmission",
        "DueAt",
        "ExpiresAt",
        "Transmissions",
        "Transmissions.Attachments.ExpiresAt",
    ];
    refused(&all, unprocessable, &keys).await;
    // Silence is for times of the dialog alone.
    let silent = format!("{path}?isSilentUpdate=true");
    let problem = send(&skd, Method::PUT, &silent, None, &all).await.expect(unprocessable).json();
    let kept: Vec<_> = keys.into_iter().filter(|key| !matches!(*key, "DueAt" | "ExpiresAt")).collect();
    assert_keys(&problem, &kept);
    // The services of others outweigh all of it.
    let mut foreign = all.clone();
    foreign["guiActions"][0]["authorizationAttribute"] = json!(BENEFITS);
    refused(&foreign, StatusCode::FORBIDDEN, &["Forbidden"]).await;
    // A repeated key ends the judgement: what was collected until then outweighs it, the rest is not looked at.
    let mut repeated = valid.clone();
    repeated["transmissions"] = json!([transmission("z")]);
    repeated["transmissions"][0]["idempotentKey"] = json!("nøkkel");
    repeated["attachments"][0]["expiresAt"] = past.clone();
    repeated["guiActions"][0]["authorizationAttribute"] = json!(BENEFITS);
    refused(&repeated, StatusCode::CONFLICT, &["IdempotentKey"]).await;
    repeated["dueAt"] = past.clone();
    refused(&repeated, unprocessable, &["DueAt"]).await;
    // As do activities of letters.
    let mut letters = repeated.clone();
    letters["activities"] = json!([activity("CorrespondenceOpened")]);
    refused(&letters, unprocessable, &["DueAt"]).await;
    letters["dueAt"] = Value::Null;
    refused(&letters, StatusCode::FORBIDDEN, &["Forbidden"]).await;
    // An id of another dialog's is found when all else is good.
    let mut other = full("Andre");
    other["attachments"][0]["id"] = json!(Uuid::now_v7());
    let mut taken = valid.clone();
    taken["attachments"].as_array_mut().expect("a list").push(other["attachments"][0].clone());
    created(&skd, other).await;
    refused(&taken, unprocessable, &["Attachment"]).await;
    assert_eq!(get(&skd, &path).await, before);
}

#[tokio::test]
async fn times_that_do_not_change_may_be_behind() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let soon = json!((app.now().to_utc() + Duration::from_secs(60)).to_rfc3339());
    let mut given = full("Frist");
    given["dueAt"] = soon.clone();
    given["expiresAt"] = soon.clone();
    given["attachments"][0]["expiresAt"] = soon.clone();
    let path = created(&skd, given).await;
    app.wait(Duration::from_secs(120));
    changed(&skd, &path, "progress", json!(50)).await.expect(StatusCode::NO_CONTENT);
    assert_keys(
        &changed(&skd, &path, "expiresAt", Value::Null).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json(),
        &["ExpiresAt"],
    );
    changed(&skd, &path, "dueAt", Value::Null).await.expect(StatusCode::NO_CONTENT);
    assert_keys(
        &changed(&skd, &path, "dueAt", soon.clone()).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json(),
        &["DueAt"],
    );
    // As new as the others, and just as late.
    let mut attachments = get(&skd, &path).await["attachments"].take();
    attachments[0].as_object_mut().expect("an object").remove("id");
    assert_keys(
        &changed(&skd, &path, "attachments", attachments.clone()).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json(),
        &["Attachments.ExpiresAt"],
    );
    attachments[0]["expiresAt"] = Value::Null;
    changed(&skd, &path, "attachments", attachments).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn transmissions_old_and_new_form_trees() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let ids: Vec<_> = (0..101).map(|_| Uuid::now_v7().to_string()).collect();
    let chain = |numbers: std::ops::Range<usize>| {
        json!(
            numbers
                .map(|n| {
                    let mut link = transmission("ledd");
                    link["id"] = json!(ids[n]);
                    link["relatedTransmissionId"] = json!(n.checked_sub(1).map(|parent| &ids[parent]));
                    link
                })
                .collect::<Vec<_>>()
        )
    };
    let mut given = full("Kjede");
    given["transmissions"] = chain(0..50);
    let path = created(&skd, given).await;
    let problem = changed(&skd, &path, "transmissions", chain(50..101)).await;
    assert_keys(&problem.expect(StatusCode::UNPROCESSABLE_ENTITY).json(), &["Transmissions"]);
    changed(&skd, &path, "transmissions", chain(50..100)).await.expect(StatusCode::NO_CONTENT);
    let problem = changed(&skd, &path, "transmissions", chain(100..101)).await;
    assert_keys(&problem.expect(StatusCode::UNPROCESSABLE_ENTITY).json(), &["Transmissions"]);
    let mut opened = activity("TransmissionOpened");
    opened["transmissionId"] = json!(ids[7]);
    changed(&skd, &path, "activities", json!([opened])).await.expect(StatusCode::NO_CONTENT);
}

/// An id that is taken leads back to where it is, round and round.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_taken_can_close_no_circle() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let ids = [(); 3].map(|()| Uuid::now_v7().to_string());
    let link = |id: &str, parent: Option<&str>| {
        let mut link = transmission("ledd");
        link["id"] = json!(id);
        link["relatedTransmissionId"] = json!(parent);
        link
    };
    let [root, left, right] = ids.each_ref().map(String::as_str);
    let mut given = full("Kjede");
    given["transmissions"] = json!([link(root, None), link(left, Some(root)), link(right, Some(root))]);
    let path = created(&skd, given).await;
    // Twice below each other, and twice as wide from round to round.
    for again in [vec![link(root, Some(left))], vec![link(root, Some(left)), link(left, Some(right))]] {
        let answering = changed(&skd, &path, "transmissions", json!(again));
        let answer = tokio::time::timeout(Duration::from_secs(20), answering).await.expect("an answer");
        answer.expect(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = skd.post(&format!("{path}/transmissions"), link(root, Some(left))).await;
    answer.expect(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_dialog_for_apis_becomes_one_for_people() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let mut given = full("Api");
    given["isApiOnly"] = json!(true);
    given["transmissions"][0].as_object_mut().expect("an object").remove("content");
    let path = created(&skd, given).await;
    let refused = changed(&skd, &path, "isApiOnly", json!(false)).await.expect(StatusCode::BAD_REQUEST).json();
    assert_keys(&refused, &["dto.transmissions"]);
    changed(&skd, &path, "content", Value::Null).await.expect(StatusCode::NO_CONTENT);
    assert!(get(&skd, &path).await.get("content").is_none());
    assert!(found(&app, "api").await.is_empty());
    let refused = changed(&skd, &path, "isApiOnly", json!(false)).await.expect(StatusCode::BAD_REQUEST).json();
    assert_keys(&refused, &["dto.content", "dto.transmissions"]);
}

#[tokio::test]
async fn whoever_acts_is_known_to_the_register() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, full("Aktør")).await;
    let by = |id: &str| json!({ "actorType": "PartyRepresentative", "actorId": format!("urn:altinn:person:identifier-no:{id}") });
    for (list, actor, part) in
        [("activities", "performedBy", activity("FormSaved")), ("transmissions", "sender", transmission("x"))]
    {
        let named = |id: &str| {
            let mut part = part.clone();
            part[actor] = by(id);
            json!([part])
        };
        let refused = changed(&skd, &path, list, named("17838411088")).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert_keys(&refused.json(), &["ActorId"]);
        changed(&skd, &path, list, named(ALICE)).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(get(&skd, &path).await[list][1][actor]["actorName"], "Eksempel Alice");
    }
}

#[tokio::test]
async fn letters_are_written_with_a_scope() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let writer = app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.correspondence");
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let mut letter = full("Brev");
    letter["serviceResource"] = json!(LETTERS);
    let forbidden = StatusCode::FORBIDDEN;
    assert_keys(&skd.post(PATH, letter.clone()).await.expect(forbidden).json(), &["Forbidden"]);
    let path = created(&writer, letter.clone()).await;
    assert_eq!(get(&skd, &path).await["hasUnopenedContent"], true);
    assert_keys(&changed(&skd, &path, "progress", json!(1)).await.expect(forbidden).json(), &["Forbidden"]);
    changed(&admin, &path, "progress", json!(2)).await.expect(StatusCode::NO_CONTENT);
    changed(&writer, &path, "progress", json!(3)).await.expect(StatusCode::NO_CONTENT);
    // A letter and its messages are opened one by one, in either order.
    let sent = get(&skd, &path).await["transmissions"][0]["id"].clone();
    let mut opened = activity("TransmissionOpened");
    opened["transmissionId"] = sent;
    let read = activity("CorrespondenceOpened");
    assert_keys(&changed(&admin, &path, "activities", json!([read])).await.expect(forbidden).json(), &["Forbidden"]);
    for way in ["PUT", "POST"] {
        for order in [[&opened, &read], [&read, &opened]] {
            let path = created(&writer, letter.clone()).await;
            let sent = get(&skd, &path).await["transmissions"][0]["id"].clone();
            for (activity, is_unopened) in order.into_iter().zip([true, false]) {
                let mut activity = activity.clone();
                if activity["type"] == "TransmissionOpened" {
                    activity["transmissionId"] = sent.clone();
                }
                let answer = match way {
                    "PUT" => changed(&writer, &path, "activities", json!([activity])).await,
                    _ => writer.post(&format!("{path}/activities"), activity).await,
                };
                assert!(answer.status.is_success(), "{}", answer.text());
                assert_eq!(get(&skd, &path).await["hasUnopenedContent"], is_unopened, "{way}");
            }
        }
    }
    skd.delete(&path).await.expect(forbidden);
    writer.delete(&path).await.expect(StatusCode::NO_CONTENT);
    skd.post(&format!("{path}/actions/restore"), json!({})).await.expect(StatusCode::NO_CONTENT);
    skd.post(&format!("{path}/actions/purge"), json!({})).await.expect(forbidden);
    admin.post(&format!("{path}/actions/purge"), json!({})).await.expect(forbidden);
    writer.post(&format!("{path}/actions/purge"), json!({})).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

#[tokio::test]
async fn what_is_not_visible_yet_is_changed_at_the_time_when_it_will_be() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let visible_from = "2090-01-01T00:00:00.0000000Z";
    for query in ["", "?isSilentUpdate=true"] {
        let mut given = full("Senere");
        given["visibleFrom"] = json!(visible_from);
        let path = created(&skd, given).await;
        let mut update = update_of(&get(&skd, &path).await);
        update["progress"] = json!(77);
        update["transmissions"] = json!([transmission("senere")]);
        update["transmissions"][0]["createdAt"] = json!("2020-01-01T00:00:00Z");
        skd.put(&format!("{path}{query}"), update.clone()).await.expect(StatusCode::NO_CONTENT);
        let after = get(&skd, &path).await;
        for time in [
            &after["createdAt"],
            &after["updatedAt"],
            &after["contentUpdatedAt"],
            &after["transmissions"][1]["createdAt"],
        ] {
            assert_eq!(time, visible_from);
        }
        update["transmissions"] = json!([]);
        for (name, caller, time, keys) in [
            ("dueAt", &skd, "2089-12-31T23:59:59Z", Some("dto.dueAt")),
            ("dueAt", &skd, visible_from, None),
            ("expiresAt", &admin, "2089-12-31T23:59:59Z", Some("dto.expiresAt")),
            ("expiresAt", &admin, visible_from, None),
            ("dueAt", &admin, "2089-12-31T23:59:59Z", None),
        ] {
            update[name] = json!(time);
            let answer = caller.put(&format!("{path}{query}"), update.clone()).await;
            match keys {
                Some(key) => assert_keys(&answer.expect(StatusCode::BAD_REQUEST).json(), &[key]),
                None => drop(answer.expect(StatusCode::NO_CONTENT)),
            }
        }
    }
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

/// One of the lists that are merged by id: what each part has, by the number of its id; without one it is new.
type Given = Vec<(Option<usize>, u8, Vec<(Option<usize>, u8)>)>;

#[derive(Clone, Debug)]
struct Put {
    progress: Option<u8>,
    tags: Vec<usize>,
    attachments: Given,
    api_actions: Given,
    transmissions: usize,
    activities: usize,
}

fn given() -> impl Strategy<Value = Given> {
    let id = |below: usize| prop_oneof![4 => (0..below).prop_map(Some), 1 => Just(None)];
    let parts = prop::collection::vec((id(3), 0..2u8), 1..4).prop_map(unique);
    prop::collection::vec((id(4), 0..2u8, parts), 0..4).prop_map(|list| {
        let mut seen = HashSet::new();
        list.into_iter().filter(|(id, ..)| id.is_none_or(|id| seen.insert(id))).collect()
    })
}

fn unique(list: Vec<(Option<usize>, u8)>) -> Vec<(Option<usize>, u8)> {
    let mut seen = HashSet::new();
    list.into_iter().filter(|(id, _)| id.is_none_or(|id| seen.insert(id))).collect()
}

fn put() -> impl Strategy<Value = Put> {
    let tags = Just(vec![0, 1, 2, 3]).prop_shuffle().prop_flat_map(|tags| (0..4usize, Just(tags)));
    let few = || prop_oneof![3 => Just(0usize), 1 => 1..3usize];
    (prop::option::of(0..2u8), tags, given(), given(), few(), few()).prop_map(
        |(progress, (count, tags), attachments, api_actions, transmissions, activities)| Put {
            progress,
            tags: tags[..count].to_vec(),
            attachments,
            api_actions,
            transmissions,
            activities,
        },
    )
}

/// A part as the model knows it: its id, what it has, and its own parts.
type Known = Vec<(String, u8, Vec<(String, u8)>)>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    progress: Option<u8>,
    tags: Vec<usize>,
    attachments: Known,
    api_actions: Known,
    transmissions: Vec<String>,
    activities: Vec<String>,
}

/// What is known by its id stays where it is, in its new form; what is not named goes; the rest comes at the end.
fn merged<T: Clone>(stored: &[T], given: Vec<T>, is_same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let kept = stored.iter().filter_map(|old| given.iter().find(|new| is_same(old, new)));
    let new = given.iter().filter(|new| !stored.iter().any(|old| is_same(old, new)));
    kept.chain(new).cloned().collect()
}

fn merged_parts(stored: &Known, given: Known) -> Known {
    let given = given.into_iter().map(|(id, has, parts)| {
        let before = stored.iter().find(|old| old.0 == id).map_or(&[][..], |old| &old.2);
        let parts = merged(before, parts, |old, new| old.0 == new.0);
        (id, has, parts)
    });
    merged(stored, given.collect(), |old, new| old.0 == new.0)
}

/// The ids of one dialog of the test, and those that the service made.
struct Ids {
    parts: Vec<String>,
    seen: HashSet<String>,
}

impl Ids {
    /// What was given, with the ids that it has now.
    fn known(&mut self, given: &Given, shown: &Value, stored: &Known, parts: &str) -> Known {
        let mut places: Vec<&Value> = shown.as_array().expect("a list").iter().collect();
        places.retain(|it| !stored.iter().any(|old| json!(old.0) == it["id"]));
        let mut new = places.into_iter().filter(|it| !self.parts.iter().any(|id| json!(id) == it["id"]));
        let mut known = Known::new();
        for (id, has, given_parts) in given {
            let (id, shown) = match id {
                Some(id) => {
                    let id = self.parts[*id].clone();
                    let shown = shown.as_array().expect("a list").iter().find(|it| it["id"] == json!(id));
                    (id, shown.expect("what was given with its id").clone())
                }
                None => {
                    let shown = new.next().expect("what was given without an id").clone();
                    (shown["id"].as_str().expect("an id").to_owned(), shown)
                }
            };
            let before: Vec<_> = stored.iter().filter(|old| old.0 == id).flat_map(|old| &old.2).collect();
            let inner = shown[parts].as_array().expect("a list");
            let mut new_inner = inner.iter().filter(|it| {
                !before.iter().any(|old| json!(old.0) == it["id"]) && !self.parts.iter().any(|id| json!(id) == it["id"])
            });
            let mut known_parts = Vec::new();
            for (part, has) in given_parts {
                known_parts.push((
                    match part {
                        Some(part) => self.parts[*part].clone(),
                        None => {
                            let id = new_inner.next().expect("what was given without an id")["id"].as_str();
                            let id = id.expect("an id").to_owned();
                            assert!(self.seen.insert(id.clone()), "the id {id} was there before");
                            id
                        }
                    },
                    *has,
                ));
            }
            known.push((id, *has, known_parts));
        }
        known
    }
}

fn shown_parts(list: &Value, has: &str, parts: &str) -> Known {
    let number =
        |value: &Value| value.as_str().and_then(|text| text.rsplit('/').next()?.parse().ok()).expect("a number");
    let list = list.as_array().expect("a list").iter().map(|it| {
        let inner = it[parts].as_array().expect("a list").iter();
        let id = |it: &Value| it["id"].as_str().expect("an id").to_owned();
        (id(it), number(&it[has]), inner.map(|it| (id(it), number(&it["url"]))).collect())
    });
    list.collect()
}

fn shown(dialog: &Value) -> Model {
    let texts = |list: &Value, name: &str| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|it| it[name].as_str().expect("a text").to_owned()).collect()
    };
    Model {
        progress: dialog["progress"].as_u64().and_then(|it| u8::try_from(it).ok()),
        tags: texts(&dialog["searchTags"], "value").iter().map(|tag| tag[4..].parse().expect("a number")).collect(),
        attachments: shown_parts(&dialog["attachments"], "name", "urls"),
        api_actions: shown_parts(&dialog["apiActions"], "action", "endpoints"),
        transmissions: texts(&dialog["transmissions"], "externalReference"),
        activities: texts(&dialog["activities"], "extendedType"),
    }
}

async fn check_model(app: &TestApp, puts: &[Put]) {
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, creation("Modell")).await;
    let mut ids = Ids { parts: (0..4).map(|_| Uuid::now_v7().to_string()).collect(), seen: HashSet::new() };
    // Attachments and their addresses, actions and endpoints have ids of different kinds.
    let mut model = Model::default();
    let mut revision = get(&skd, &path).await["revision"].clone();
    for (n, put) in puts.iter().enumerate() {
        let id = |id: &Option<usize>| id.map(|id| ids.parts[id].clone());
        let url = |has: &u8| format!("https://a.no/{has}");
        let attachments = put.attachments.iter().map(|(it, has, urls)| {
            let urls = urls.iter().map(|(it, has)| json!({ "id": id(it), "url": url(has), "consumerType": "Gui" }));
            json!({ "id": id(it), "name": has.to_string(), "urls": urls.collect::<Vec<_>>() })
        });
        let api_actions = put.api_actions.iter().map(|(it, has, urls)| {
            let endpoints = urls.iter().map(|(it, has)| json!({ "id": id(it), "url": url(has), "httpMethod": "GET" }));
            json!({ "id": id(it), "action": has.to_string(), "endpoints": endpoints.collect::<Vec<_>>() })
        });
        let transmissions: Vec<_> = (0..put.transmissions).map(|it| format!("t{n}-{it}")).collect();
        let activities: Vec<_> = (0..put.activities).map(|it| format!("urn:a{n}-{it}")).collect();
        let added = |kind: &String| {
            let mut added = activity("FormSaved");
            added["extendedType"] = json!(kind);
            added
        };
        let body = json!({
            "status": "NotApplicable",
            "content": creation("Modell")["content"],
            "progress": put.progress,
            "searchTags": put.tags.iter().map(|tag| json!({ "value": format!("Tagg{tag}") })).collect::<Vec<_>>(),
            "attachments": attachments.collect::<Vec<_>>(),
            "apiActions": api_actions.collect::<Vec<_>>(),
            "transmissions": transmissions.iter().map(|it| transmission(it)).collect::<Vec<_>>(),
            "activities": activities.iter().map(added).collect::<Vec<_>>(),
        });
        let answer = skd.put(&path, body).await.expect(StatusCode::NO_CONTENT);
        let dialog = get(&skd, &path).await;
        let mut expected = model.clone();
        expected.progress = put.progress;
        expected.tags = merged(&model.tags, put.tags.clone(), |old, new| old == new);
        let known = ids.known(&put.attachments, &dialog["attachments"], &model.attachments, "urls");
        expected.attachments = merged_parts(&model.attachments, known);
        let known = ids.known(&put.api_actions, &dialog["apiActions"], &model.api_actions, "endpoints");
        expected.api_actions = merged_parts(&model.api_actions, known);
        expected.transmissions.extend(transmissions);
        expected.activities.extend(activities);
        assert_eq!(shown(&dialog), expected, "after {put:?}");
        assert_eq!(dialog["revision"], json!(answer.header("etag")));
        assert_eq!(dialog["revision"] == revision, expected == model, "after {put:?}");
        revision = dialog["revision"].clone();
        model = expected;
    }
}

#[test]
fn sequences_of_updates_behave_as_a_simple_model() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let app = TestApp::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let sequences = prop::collection::vec(
        prop_oneof![3 => put().prop_map(|it| vec![it]), 1 => put().prop_map(|it| vec![it.clone(), it])],
        1..8,
    );
    let outcome = runner.run(&sequences, |puts| {
        runtime.block_on(check_model(&app, &puts.concat()));
        Ok(())
    });
    outcome.expect("the service does as the model");
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

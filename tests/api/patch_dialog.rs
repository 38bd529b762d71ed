//! PATCH: operations of RFC 6902 on what a service owner says of a dialog.

use crate::app::{Actor, Answer, NAV_NUMBER, SKD_NUMBER, TestApp, USUAL_RULES};
use crate::create_dialog::{body as creation, found};
use crate::update_dialog::{PATH, activity, assert_keys, created, get, send, texts, transmission};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialogdex::app::HttpRules;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

async fn patch(caller: &Actor<'_>, path: &str, operations: Value) -> Answer {
    send(caller, Method::PATCH, path, None, &operations).await
}

fn with_attachments(title: &str) -> Value {
    let mut body = creation(title);
    body["attachments"] = json!([
        { "name": "a", "urls": [{ "url": "https://a.no/1", "consumerType": "Gui" }] },
        { "name": "b", "urls": [{ "url": "https://a.no/2", "consumerType": "Gui" }] },
    ]);
    body["transmissions"] = json!([transmission("første")]);
    body["content"]["nonSensitiveTitle"] = json!({ "value": texts("Åpen") });
    body
}

#[tokio::test]
async fn operations_are_applied_to_what_is_there() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, with_attachments("Lappet")).await;
    let before = get(&skd, &path).await;
    let operations = json!([
        { "op": "test", "path": "/attachments/0/NAME", "value": "a" },
        { "op": "replace", "path": "/Progress", "value": 40 },
        { "op": "add", "path": "/CONTENT/summary", "value": { "Value": texts("Nytt sammendrag") } },
        { "op": "move", "from": "/attachments/0/name", "path": "/externalReference" },
        { "op": "copy", "from": "/attachments/1/name", "path": "/attachments/0/name" },
        { "op": "add", "path": "/Transmissions/-", "value": transmission("andre") },
        { "op": "add", "path": "/activities/-", "value": activity("FormSaved") },
        { "op": "remove", "path": "/attachments/1" },
        { "op": "remove", "path": "/dueAt" },
        { "op": "test", "path": "/dueAt", "value": null },
    ]);
    let answer = patch(&skd, &path, operations).await.expect(StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty());
    let after = get(&skd, &path).await;
    assert_eq!(after["revision"], json!(answer.header("etag")));
    assert_eq!((&after["progress"], &after["externalReference"]), (&json!(40), &json!("a")));
    let mut kept = before["attachments"][0].clone();
    kept["name"] = json!("b");
    assert_eq!(after["attachments"], json!([kept]));
    assert_eq!(after["content"]["nonSensitiveTitle"], before["content"]["nonSensitiveTitle"]);
    assert_eq!(after["transmissions"].as_array().map(Vec::len), Some(2));
    assert_eq!(after["transmissions"][0], before["transmissions"][0]);
    assert_eq!(after["activities"].as_array().map(Vec::len), Some(1));
    assert_eq!(found(&app, "sammendrag").await, ["Lappet"]);

    // A list that is taken away is empty.
    patch(&skd, &path, json!([{ "op": "remove", "path": "/Attachments" }])).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(get(&skd, &path).await["attachments"], json!([]));
    let unchanged = get(&skd, &path).await;
    let answer = patch(&skd, &path, json!([])).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(json!(answer.header("etag")), unchanged["revision"]);
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

#[tokio::test]
async fn patches_that_cannot_be_applied_change_nothing() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, with_attachments("Avvist")).await;
    let before = get(&skd, &path).await;
    for operation in [
        json!({ "op": "replace", "path": "/nothing", "value": 1 }),
        json!({ "op": "replace", "path": "/revision", "value": 1 }),
        json!({ "op": "replace", "path": "", "value": {} }),
        json!({ "op": "test", "path": "", "value": {} }),
        json!({ "op": "replace", "path": "/attachments/2/name", "value": "x" }),
        json!({ "op": "replace", "path": "/attachments/2", "value": {} }),
        json!({ "op": "replace", "path": "/attachments/-", "value": {} }),
        json!({ "op": "replace", "path": "/attachments/00/name", "value": "x" }),
        json!({ "op": "add", "path": "/attachments/3", "value": {} }),
        json!({ "op": "remove", "path": "/attachments/-" }),
        json!({ "op": "remove", "path": "/attachments/x" }),
        json!({ "op": "remove", "path": "/progress/x" }),
        json!({ "op": "test", "path": "/attachments/0/name", "value": "b" }),
        json!({ "op": "test", "path": "/progress", "value": 0 }),
        json!({ "op": "move", "from": "/attachments", "path": "/attachments/0" }),
        json!({ "op": "copy", "from": "/progress", "path": "/dueAt" }),
        json!({ "op": "copy", "from": "/content", "path": "/content/title" }),
        json!({ "op": "add", "path": "/attachments", "value": {} }),
        json!({ "op": "add", "path": "/content", "value": [] }),
        json!({ "op": "add", "path": "/progress", "value": [[]] }),
        json!({ "op": "replace", "path": "/progress", "value": "x" }),
        json!({ "op": "replace", "path": "/isApiOnly", "value": null }),
        json!({ "op": "replace", "path": "/status", "value": "Borte" }),
        json!({ "op": "replace", "path": "/dueAt", "value": "2030-01-01" }),
    ] {
        let first = json!({ "op": "replace", "path": "/externalReference", "value": "x" });
        let answer = patch(&skd, &path, json!([first, operation])).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8", "{operation}");
        let body = answer.json();
        let members: Vec<_> = body.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["UpdateDialogDto"], "{operation}: {body}");
        assert!(body["UpdateDialogDto"][0].is_string(), "{operation}: {body}");
    }
    // What is no list of operations, and what the rules of the fields say.
    for (body, keys) in [
        (json!({}), ["SerializerErrors"]),
        (json!([{ "op": "jump", "path": "/progress" }]), ["SerializerErrors"]),
        (json!([{ "op": "add", "path": "/progress" }]), ["SerializerErrors"]),
        (json!([{ "op": "add", "path": "progress", "value": 1 }]), ["SerializerErrors"]),
        (json!([{ "op": "replace", "path": "/progress", "value": 101 }]), ["dto.progress"]),
        (json!([{ "op": "remove", "path": "/status" }]), ["dto.status"]),
    ] {
        let answer = patch(&skd, &path, body).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("content-type"), "application/problem+json; charset=utf-8");
        assert_keys(&answer.json(), &keys);
    }
    let past = json!([{ "op": "add", "path": "/dueAt", "value": "2020-01-01T00:00:00Z" }]);
    assert_keys(&patch(&skd, &path, past).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json(), &["DueAt"]);
    assert_eq!(get(&skd, &path).await, before);
}

#[tokio::test]
async fn patches_are_checked_as_updates_are() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    let path = created(&skd, with_attachments("Sjekket")).await;
    let fine = json!([{ "op": "replace", "path": "/progress", "value": 1 }]);
    let broken = json!([{ "op": "replace", "path": "/nothing", "value": 1 }]);
    let other = Uuid::new_v4().to_string();
    patch(&skd, &format!("{PATH}/{}", Uuid::now_v7()), broken.clone()).await.expect(StatusCode::NOT_FOUND);
    patch(&nav, &path, broken.clone()).await.expect(StatusCode::NOT_FOUND);
    send(&skd, Method::PATCH, &path, Some(&other), &broken).await.expect(StatusCode::BAD_REQUEST);
    send(&skd, Method::PATCH, &path, Some(&other), &fine).await.expect(StatusCode::PRECONDITION_FAILED);
    for (media_type, status) in [
        ("application/json-patch+json", StatusCode::NO_CONTENT),
        ("Application/JSON; charset=utf-8", StatusCode::NO_CONTENT),
        ("application/merge-patch+json", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer =
            skd.send(Method::PATCH, &path, &[("content-type", media_type)], Body::from(fine.to_string())).await;
        assert_eq!(answer.status, status, "{media_type}");
    }
    patch(&admin, &path, json!([{ "op": "replace", "path": "/progress", "value": 2 }]))
        .await
        .expect(StatusCode::NO_CONTENT);
    let before = get(&skd, &path).await;
    app.wait(Duration::from_secs(5));
    let silent = format!("{path}?isSilentUpdate=true");
    patch(&skd, &silent, fine.clone()).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(get(&skd, &path).await["updatedAt"], before["updatedAt"]);
    admin.post(&format!("{path}/actions/freeze"), json!({})).await.expect(StatusCode::NO_CONTENT);
    patch(&skd, &path, fine.clone()).await.expect(StatusCode::FORBIDDEN);
    admin.delete(&path).await.expect(StatusCode::NO_CONTENT);
    patch(&skd, &path, fine).await.expect(StatusCode::GONE);
}

#[tokio::test]
async fn no_patch_makes_more_than_a_body_may_hold() {
    let rules = HttpRules {
        max_body_bytes: 20_000,
        request_timeout: Duration::from_secs(30),
        maintenance: None,
        ..USUAL_RULES
    };
    let app = TestApp::with_rules(rules);
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, with_attachments("Stor")).await;
    // Each doubles the list.
    let double = |n: usize| json!({ "op": "copy", "from": format!("/attachments/{n}"), "path": "/attachments/-" });
    let many: Vec<_> = (0..200).map(|n| double(n % 2)).collect();
    let problem = patch(&skd, &path, json!(many)).await.expect(StatusCode::BAD_REQUEST).json();
    assert!(problem["UpdateDialogDto"][0].as_str().is_some_and(|it| it.contains("20000 bytes")), "{problem}");
    let long = json!([{ "op": "add", "path": "/externalReference", "value": "x".repeat(19_900) }]);
    let problem = patch(&skd, &path, long).await.expect(StatusCode::BAD_REQUEST).json();
    assert!(problem["UpdateDialogDto"][0].is_string(), "{problem}");
    let longer = json!([{ "op": "add", "path": "/externalReference", "value": "x".repeat(20_000) }]);
    patch(&skd, &path, longer).await.expect(StatusCode::PAYLOAD_TOO_LARGE);
    // What is nested deeper than any dialog.
    let deep = format!(r#"[{{"op":"add","path":"/content","value":{}{}}}]"#, "[".repeat(5000), "]".repeat(5000));
    let answer = skd.send(Method::PATCH, &path, &[("content-type", "application/json")], Body::from(deep)).await;
    answer.expect(StatusCode::BAD_REQUEST);
}

use crate::app::{Actor, Answer, NAV_NUMBER, SKD_NUMBER, TestApp, dialog};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::{DialogId, ServiceOwnerLabel};
use serde_json::{Value, json};
use uuid::Uuid;

const DIALOGS: &str = "/api/v1/serviceowner/dialogs";
const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";

fn path(id: DialogId) -> String {
    format!("{DIALOGS}/{id}/context/labels")
}

fn labelled(app: &TestApp, labels: &[&str]) -> DialogId {
    let labels = labels.iter().map(|label| ServiceOwnerLabel::parse(label).expect("a label"));
    let dialog = NewDialog { service_owner_labels: labels.collect(), ..dialog("Merket") };
    let id = dialog.id;
    app.holds(dialog);
    id
}

async fn add(caller: &Actor<'_>, id: DialogId, value: Value, if_match: Option<&str>) -> Answer {
    let body = json!({ "value": value }).to_string();
    let headers: Vec<_> = [("content-type", "application/json")]
        .into_iter()
        .chain(if_match.map(|revision| ("if-match", revision)))
        .collect();
    caller.send(Method::POST, &path(id), &headers, body.into()).await
}

async fn remove(caller: &Actor<'_>, id: DialogId, label: &str, if_match: Option<&str>) -> Answer {
    let headers: Vec<_> = if_match.map(|revision| ("if-match", revision)).into_iter().collect();
    caller.send(Method::DELETE, &format!("{}/{label}", path(id)), &headers, Body::empty()).await
}

/// The revision of the service owner's context, and the labels.
async fn labels(caller: &Actor<'_>, id: DialogId) -> (String, Vec<String>) {
    let answer = caller.get(&path(id)).await.expect(StatusCode::OK);
    let labels = answer.json().as_array().expect("a list").clone();
    let labels = labels.iter().map(|label| label["value"].as_str().expect("a label").to_owned()).collect();
    (answer.header("etag").to_owned(), labels)
}

#[track_caller]
fn keys(answer: &Answer) -> Vec<String> {
    answer.json()["errors"].as_object().expect("errors").keys().cloned().collect()
}

async fn finds(caller: &Actor<'_>, label: &str) -> usize {
    let page = caller.get(&format!("{DIALOGS}?serviceOwnerLabels={label}")).await.expect(StatusCode::OK).json();
    page["items"].as_array().expect("items").len()
}

#[tokio::test]
async fn labels_come_and_go_and_are_found_at_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = labelled(&app, &["middle"]);
    let before = skd.get(&format!("{DIALOGS}/{id}")).await.json();
    let (first, _) = labels(&skd, id).await;
    let added = add(&skd, id, json!("  ARKIV/2026 æ "), None).await.expect(StatusCode::NO_CONTENT);
    assert!(added.body.is_empty());
    let (second, present) = labels(&skd, id).await;
    assert_eq!((added.header("etag"), present), (second.as_str(), vec!["arkiv/2026 æ".into(), "middle".into()]));
    assert_ne!(first, second);
    let dialog = skd.get(&format!("{DIALOGS}/{id}")).await.json();
    assert_eq!(dialog["serviceOwnerContext"]["revision"], second.as_str());
    for kept in ["revision", "updatedAt", "contentUpdatedAt", "endUserContext"] {
        assert_eq!(dialog[kept], before[kept], "{kept}");
    }
    assert_eq!(finds(&skd, "arkiv*").await, 1);

    let answer = remove(&skd, id, "none", None).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(keys(&answer), ["Label"]);
    let removed = remove(&skd, id, "Arkiv%2f2026%20%C3%86", None).await.expect(StatusCode::NO_CONTENT);
    assert_eq!((removed.header("etag").to_owned(), vec!["middle".to_owned()]), labels(&skd, id).await);
    assert_eq!(finds(&skd, "arkiv*").await, 0);
    for gone in ["arkiv%2F2026%20%C3%A6", "middl", "%20middle"] {
        let answer = remove(&skd, id, gone, None).await.expect(StatusCode::NOT_FOUND);
        assert_eq!(keys(&answer), ["Label"], "{gone}");
    }
    remove(&skd, id, "middle", None).await.expect(StatusCode::NO_CONTENT);
    assert!(labels(&skd, id).await.1.is_empty());
    let report = app.dialogs().check().expect("a check");
    assert!(report.differences.is_empty(), "{:?}", report.differences);
}

#[tokio::test]
async fn a_dialog_has_so_many_labels_and_each_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let all: Vec<String> = (0..19).map(|n| format!("label-{n}")).collect();
    let id = labelled(&app, &all.iter().map(String::as_str).collect::<Vec<_>>());
    for (value, expected) in [
        (json!("LABEL-1"), vec!["dto.serviceOwnerLabels"]),
        (json!(""), vec!["dto.serviceOwnerLabels[19].value"]),
        (json!(" ab "), vec!["dto.serviceOwnerLabels[19].value"]),
        (json!("a".repeat(256)), vec!["dto.serviceOwnerLabels[19].value"]),
        (json!(null), vec!["value"]),
    ] {
        let answer = add(&skd, id, value, None).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(keys(&answer), expected);
    }
    add(&skd, id, json!("a".repeat(255)), None).await.expect(StatusCode::NO_CONTENT);
    let answer = add(&skd, id, json!("one too many"), None).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(keys(&answer), ["dto.serviceOwnerLabels"]);
    assert_eq!(labels(&skd, id).await.1.len(), 20);
}

#[tokio::test]
async fn each_check_comes_before_the_next() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let (nav, admin) = (app.service_owner(NAV_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let id = labelled(&app, &["stored"]);
    let deleted = labelled(&app, &["stored"]);
    skd.delete(&format!("{DIALOGS}/{deleted}")).await.expect(StatusCode::NO_CONTENT);
    let other = Uuid::new_v4().to_string();
    // 404 before all else; administrators have no more dialogs than others.
    for (caller, id) in [(&nav, id), (&admin, id), (&skd, deleted), (&skd, DialogId::new())] {
        for answer in [
            caller.get(&path(id)).await,
            add(caller, id, json!(""), Some(&other)).await,
            remove(caller, id, "none", Some(&other)).await,
        ] {
            assert_eq!(keys(&answer.expect(StatusCode::NOT_FOUND)), ["DialogEntity"]);
        }
    }
    let (current, _) = labels(&skd, id).await;
    // 412 before the label is judged, but after it is looked for.
    let answer = add(&skd, id, json!(""), Some(&other)).await.expect(StatusCode::PRECONDITION_FAILED);
    assert!(answer.json().get("errors").is_none());
    add(&skd, id, json!(""), Some(&current)).await.expect(StatusCode::BAD_REQUEST);
    let answer = remove(&skd, id, "none", Some(&other)).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(keys(&answer), ["Label"]);
    remove(&skd, id, "stored", Some(&other)).await.expect(StatusCode::PRECONDITION_FAILED);
    let dialog_revision = skd.get(&format!("{DIALOGS}/{id}")).await.header("etag").to_owned();
    add(&skd, id, json!("abc"), Some(&dialog_revision)).await.expect(StatusCode::PRECONDITION_FAILED);
    add(&skd, id, json!("abc"), Some("*")).await.expect(StatusCode::BAD_REQUEST);
    let next = add(&skd, id, json!("abc"), Some(&current)).await.expect(StatusCode::NO_CONTENT);
    remove(&skd, id, "stored", Some(&current)).await.expect(StatusCode::PRECONDITION_FAILED);
    remove(&skd, id, "stored", Some(next.header("etag"))).await.expect(StatusCode::NO_CONTENT);
    // What is not JSON is refused before anything is looked for.
    let answer = add(&skd, DialogId::new(), json!(5), None).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(keys(&answer), ["value"]);
}

#[tokio::test]
async fn a_label_has_bounds_within_its_blanks() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = labelled(&app, &[]);
    let before = app.dialogs().events_after(0, 100).expect("a read").len();
    let dialog = skd.get(&format!("{DIALOGS}/{id}")).await.json();
    for (value, status) in [
        ("ab".to_owned(), StatusCode::BAD_REQUEST),
        ("   ".to_owned(), StatusCode::BAD_REQUEST),
        (" ab  ".to_owned(), StatusCode::BAD_REQUEST),
        (" ABC ".to_owned(), StatusCode::NO_CONTENT),
        ("abc".to_owned(), StatusCode::BAD_REQUEST),
        (format!(" {} ", "å".repeat(255)), StatusCode::NO_CONTENT),
        ("å".repeat(256), StatusCode::BAD_REQUEST),
        ("Zebra".to_owned(), StatusCode::NO_CONTENT),
        ("ærlig".to_owned(), StatusCode::NO_CONTENT),
        ("_first".to_owned(), StatusCode::NO_CONTENT),
    ] {
        add(&skd, id, json!(value), None).await.expect(status);
    }
    // By code point; what is new is neither told of nor an update.
    assert_eq!(
        labels(&skd, id).await.1,
        ["_first".into(), "abc".into(), "zebra".into(), "å".repeat(255), "ærlig".into()]
    );
    assert_eq!(app.dialogs().events_after(0, 100).expect("a read").len(), before);
    let after = skd.get(&format!("{DIALOGS}/{id}")).await.json();
    for kept in ["revision", "updatedAt", "contentUpdatedAt", "isContentSeen", "endUserContext"] {
        assert_eq!(after[kept], dialog[kept], "{kept}");
    }
}

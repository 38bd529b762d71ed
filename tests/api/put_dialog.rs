use crate::app::{ALICE, Actor, Answer, NAV_NUMBER, SKD_NUMBER, TestApp};
use crate::create_dialog::{body, found};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{Actor as ActorOf, DialogId, EndUserId, Org, SeenEntry};
use dialog_index::{AuthorizedScope, Found};
use serde_json::{Value, json};
use uuid::Uuid;

fn path(id: DialogId) -> String {
    format!("/api/v1/index/dialogs/{id}")
}

async fn put_if(caller: &Actor<'_>, id: DialogId, if_match: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", if_match)];
    caller.send(Method::PUT, &path(id), &headers, Body::from(body.to_string())).await
}

#[tokio::test]
async fn a_dialog_is_created_and_then_replaced() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = DialogId::new();
    let created = skd.put(&path(id), body("Første")).await.expect(StatusCode::CREATED);
    assert_eq!(created.json(), json!(id.to_string()));
    assert_eq!(created.header("location"), format!("/api/v1/serviceowner/dialogs/{id}"));
    assert_eq!(found(&app, "første").await, ["Første"]);

    let replaced = skd.put(&path(id), body("Andre")).await.expect(StatusCode::OK);
    assert_ne!(replaced.header("etag"), created.header("etag"));
    assert_eq!(found(&app, "andre").await, ["Andre"]);
    assert!(found(&app, "første").await.is_empty());

    let repeated = skd.put(&path(id), body("Andre")).await.expect(StatusCode::OK);
    assert_eq!(repeated.header("etag"), replaced.header("etag"), "nothing has changed");
}

#[tokio::test]
async fn refused_writes_hold_up_nobody() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    // Only so many are made ready at once, fewer than these.
    for _ in 0..=2 * std::thread::available_parallelism().map_or(1, usize::from) {
        skd.put(&path(DialogId::new()), json!([])).await.expect(StatusCode::BAD_REQUEST);
    }
    skd.put(&path(DialogId::new()), body("Ny")).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn the_revision_can_be_asked_for() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = DialogId::new();
    let unknown = put_if(&skd, id, "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11", &body("Ny")).await;
    let problem = unknown.expect(StatusCode::NOT_FOUND).json();
    assert!(problem["errors"]["DialogEntity"][0].as_str().is_some_and(|message| message.contains(&id.to_string())));
    let first = skd.put(&path(id), body("Første")).await.expect(StatusCode::CREATED);
    let second = put_if(&skd, id, first.header("etag"), &body("Andre")).await.expect(StatusCode::OK);
    put_if(&skd, id, first.header("etag"), &body("Tredje")).await.expect(StatusCode::PRECONDITION_FAILED);
    put_if(&skd, id, &second.header("etag").to_uppercase(), &body("Fjerde")).await.expect(StatusCode::OK);
    for unreadable in ["*", "\"0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11\"", "", "x"] {
        let problem = put_if(&skd, id, unreadable, &body("Femte")).await.expect(StatusCode::BAD_REQUEST).json();
        assert!(problem["errors"]["If-Match"].is_array(), "{problem}");
    }
    assert_eq!(found(&app, "fjerde").await.len(), 1);
}

#[tokio::test]
async fn the_id_is_that_of_the_path() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = DialogId::new();
    let named = |id: DialogId| {
        let mut body = body("Navngitt");
        body["id"] = json!(id.to_string());
        body
    };
    let problem = skd.put(&path(id), named(DialogId::new())).await.expect(StatusCode::BAD_REQUEST).json();
    assert!(problem["errors"]["dto.id"].is_array(), "{problem}");
    skd.put(&path(id), named(id)).await.expect(StatusCode::CREATED);
    for (wrong, key) in [
        ("x", "dialogId"),
        ("0199d2e65c3f7c529a5f2f6f4f0a9b11", "dialogId"),
        ("%ff", "dialogId"),
        ("0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11", "dto.id"),
    ] {
        let path = format!("/api/v1/index/dialogs/{wrong}");
        let problem = skd.put(&path, body("Navngitt")).await.expect(StatusCode::BAD_REQUEST).json();
        assert!(problem["errors"][key].is_array(), "{wrong}: {problem}");
    }
}

#[tokio::test]
async fn the_dialog_of_another_owner_is_left_alone() {
    let app = TestApp::new();
    let id = DialogId::new();
    app.service_owner(SKD_NUMBER).put(&path(id), body("Skattens")).await.expect(StatusCode::CREATED);
    let nav = app.service_owner(NAV_NUMBER);
    let mut of_nav = body("Navs");
    of_nav["serviceResource"] = json!(crate::app::BENEFITS);
    let problem = nav.put(&path(id), of_nav).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert!(problem["errors"]["Dialog"].is_array(), "{problem}");
    nav.put(&path(id), body("Navs")).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(found(&app, "skattens").await.len(), 1);
}

#[tokio::test]
async fn what_only_grows_is_kept() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = DialogId::new();
    let with_activity = |activity: DialogId| {
        let mut body = body("Voksende");
        body["activities"] = json!([{
            "id": activity.to_string(), "type": "DialogOpened", "performedBy": { "actorType": "ServiceOwner" },
        }]);
        body
    };
    skd.put(&path(id), with_activity(DialogId::new())).await.expect(StatusCode::CREATED);
    let owner = AuthorizedScope::owned_by(Org::new("skd"));
    let alice = EndUserId::person(ALICE).expect("a valid number");
    let entry = SeenEntry {
        id: Uuid::now_v7(),
        seen_at: app.now(),
        seen_by: ActorOf::Identified { id: alice.into(), name: None },
        is_via_service_owner: false,
    };
    app.dialogs().mark_seen(&owner, id, entry).expect("a write");
    skd.put(&path(id), with_activity(DialogId::new())).await.expect(StatusCode::OK);
    let Found::Visible(stored) = app.dialogs().get(&owner, id).expect("a read") else { panic!("gone") };
    assert_eq!(stored.activities.len(), 2);
    let Found::Visible(seen) = app.dialogs().seen_log(&owner, id).expect("a read") else { panic!("gone") };
    assert_eq!(seen.len(), 1);
}

//! Delete, restore, purge and freeze.

use crate::app::{ALICE, Actor, Answer, NAV_NUMBER, SKD_NUMBER, TestApp, dialog};
use crate::create_dialog::found;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::DialogId;
use uuid::Uuid;

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";

fn path(id: DialogId) -> String {
    format!("/api/v1/serviceowner/dialogs/{id}")
}

/// What is done to a dialog: `delete`, or an action.
async fn act(caller: &Actor<'_>, id: DialogId, what: &str, if_match: Option<&str>) -> Answer {
    let (method, path) = match what {
        "delete" => (Method::DELETE, path(id)),
        action => (Method::POST, format!("{}/actions/{action}", path(id))),
    };
    let headers: Vec<_> = if_match.map(|revision| ("if-match", revision)).into_iter().collect();
    caller.send(method, &path, &headers, Body::empty()).await
}

fn stored(app: &TestApp, title: &str) -> DialogId {
    let given: NewDialog = dialog(title);
    let id = given.id;
    app.holds(given);
    id
}

async fn revision(caller: &Actor<'_>, id: DialogId) -> String {
    caller.get(&path(id)).await.expect(StatusCode::OK).header("etag").to_owned()
}

#[tokio::test]
async fn a_deletion_is_taken_back() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Borte");
    let first = revision(&skd, id).await;
    let before = skd.get(&path(id)).await.json();
    let deleted = act(&skd, id, "delete", None).await.expect(StatusCode::NO_CONTENT);
    assert!(deleted.body.is_empty());
    assert_ne!(deleted.header("etag"), first);
    assert_eq!(revision(&skd, id).await, deleted.header("etag"));
    assert!(found(&app, "borte").await.is_empty());
    let answer = app.end_user(ALICE).get(&format!("/api/v1/enduser/dialogs/{id}")).await;
    assert_eq!(answer.status, StatusCode::GONE);
    act(&skd, id, "delete", None).await.expect(StatusCode::GONE);

    let restored = act(&skd, id, "restore", None).await.expect(StatusCode::NO_CONTENT);
    assert_ne!(restored.header("etag"), deleted.header("etag"));
    assert_eq!(found(&app, "borte").await, ["Borte"]);
    let after = skd.get(&path(id)).await.json();
    for kept in ["updatedAt", "contentUpdatedAt", "endUserContext", "createdAt", "deletedAt"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    let again = act(&skd, id, "restore", None).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(again.header("etag"), restored.header("etag"));
}

#[tokio::test]
async fn a_purge_leaves_nothing() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for is_deleted in [false, true] {
        let id = stored(&app, "Slettet");
        if is_deleted {
            act(&skd, id, "delete", None).await.expect(StatusCode::NO_CONTENT);
        }
        let purged = act(&skd, id, "purge", None).await.expect(StatusCode::NO_CONTENT);
        assert!(purged.headers.get("etag").is_none());
        skd.get(&path(id)).await.expect(StatusCode::NOT_FOUND);
        act(&skd, id, "purge", None).await.expect(StatusCode::NOT_FOUND);
        assert!(found(&app, "slettet").await.is_empty());
    }
    act(&skd, DialogId(Uuid::nil()), "purge", None).await.expect(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_frozen_is_changed_by_administrators_only() {
    let app = TestApp::new();
    let (skd, admin) = (app.service_owner(SKD_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let id = stored(&app, "Frossen");
    let refused = act(&skd, DialogId::new(), "freeze", None).await.expect(StatusCode::FORBIDDEN).json();
    assert!(refused["errors"]["Forbidden"].is_array(), "before it is looked for");
    act(&admin, DialogId::new(), "freeze", None).await.expect(StatusCode::NOT_FOUND);
    let frozen = act(&admin, id, "freeze", None).await.expect(StatusCode::NO_CONTENT);
    let again = act(&admin, id, "freeze", None).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(again.header("etag"), frozen.header("etag"));
    let other = Uuid::new_v4().to_string();
    act(&admin, id, "freeze", Some(&other)).await.expect(StatusCode::PRECONDITION_FAILED);

    let refused = act(&skd, id, "delete", Some(&other)).await.expect(StatusCode::FORBIDDEN).json();
    assert!(refused["errors"]["Forbidden"].is_array(), "before revisions are compared");
    act(&admin, id, "delete", None).await.expect(StatusCode::NO_CONTENT);
    act(&admin, id, "freeze", None).await.expect(StatusCode::GONE);
    act(&skd, id, "restore", None).await.expect(StatusCode::NO_CONTENT);
    act(&skd, id, "purge", None).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn only_the_revision_asked_for_is_changed() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Revisjon");
    let other = Uuid::new_v4().to_string();
    for what in ["delete", "restore", "purge"] {
        let answer = act(&skd, id, what, Some(&other)).await.expect(StatusCode::PRECONDITION_FAILED).json();
        assert!(answer.get("errors").is_none());
        act(&skd, id, what, Some("*")).await.expect(StatusCode::BAD_REQUEST);
    }
    let current = revision(&skd, id).await;
    act(&skd, id, "delete", Some(&current)).await.expect(StatusCode::NO_CONTENT);
    act(&skd, id, "restore", Some(&current)).await.expect(StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn what_belongs_to_others_is_not_there() {
    let app = TestApp::new();
    let (nav, admin) = (app.service_owner(NAV_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let id = stored(&app, "Andres");
    for what in ["delete", "restore", "purge"] {
        let problem = act(&nav, id, what, None).await.expect(StatusCode::NOT_FOUND).json();
        assert!(problem["errors"]["DialogEntity"].is_array());
    }
    for what in ["delete", "restore", "purge"] {
        act(&admin, id, what, None).await.expect(StatusCode::NO_CONTENT);
    }
}

use crate::app::{ALICE, Actor, NAV_NUMBER, SKD_NUMBER, TestApp, dialog};
use crate::create_dialog::found;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{DialogId, Org};
use dialog_index::{AuthorizedScope, Found};

fn path(id: DialogId) -> String {
    format!("/api/v1/index/dialogs/{id}")
}

fn stored(app: &TestApp, title: &str) -> DialogId {
    let given = dialog(title);
    let id = given.id;
    app.holds(given);
    id
}

async fn delete_if(caller: &Actor<'_>, id: DialogId, revision: &str) -> StatusCode {
    caller.send(Method::DELETE, &path(id), &[("if-match", revision)], Body::empty()).await.status
}

#[tokio::test]
async fn a_dialog_is_gone_at_once_and_stays_gone() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Borte");
    assert_eq!(found(&app, "borte").await, ["Borte"]);
    for _ in 0..2 {
        assert!(skd.delete(&path(id)).await.expect(StatusCode::NO_CONTENT).body.is_empty());
    }
    assert!(found(&app, "borte").await.is_empty());
    skd.get(&format!("/api/v1/serviceowner/dialogs/{id}")).await.expect(StatusCode::NOT_FOUND);
    app.end_user(ALICE).get(&format!("/api/v1/enduser/dialogs/{id}")).await.expect(StatusCode::NOT_FOUND);
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn the_dialog_of_another_owner_is_neither_removed_nor_hinted_at() {
    let app = TestApp::new();
    let id = stored(&app, "Skattens");
    let nav = app.service_owner(NAV_NUMBER);
    let of_another = nav.delete(&path(id)).await;
    let of_nobody = nav.delete(&path(DialogId::new())).await;
    assert_eq!(of_another.status, StatusCode::NO_CONTENT);
    assert_eq!((of_another.status, &of_another.body), (of_nobody.status, &of_nobody.body));
    assert_eq!(delete_if(&nav, id, &DialogId::new().to_string()).await, StatusCode::NO_CONTENT);
    let scope = AuthorizedScope::owned_by(Org::new("skd"));
    assert!(matches!(app.dialogs().get(&scope, id).expect("a read"), Found::Visible(_)));

    let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    admin.delete(&path(id)).await.expect(StatusCode::NO_CONTENT);
    assert!(matches!(app.dialogs().get(&scope, id).expect("a read"), Found::Missing));
}

#[tokio::test]
async fn the_revision_can_be_asked_for() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let given = dialog("Revidert");
    let id = given.id;
    let revision = app.holds(given).to_string();
    assert_eq!(delete_if(&skd, id, &DialogId::new().to_string()).await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(delete_if(&skd, id, "*").await, StatusCode::BAD_REQUEST);
    assert_eq!(found(&app, "revidert").await, ["Revidert"]);
    assert_eq!(delete_if(&skd, id, &revision).await, StatusCode::NO_CONTENT);
    assert!(found(&app, "revidert").await.is_empty());
}

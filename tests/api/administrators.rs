//! What administrators may do that other service owners may not, and what they may not do, either.

use crate::app::{ALICE, Actor, BENEFITS, LETTERS, NAV_NUMBER, SKD_NUMBER, TAX, TestApp, consumer};
use crate::create_dialog::body as creation;
use crate::update_dialog::{activity, assert_keys, created, get, send, transmission, update_of};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const CHANGE: &str = "digdir:dialogporten.serviceprovider.changetransmissions";
const CORRESPONDENCE: &str = "digdir:dialogporten.correspondence";
const DIALOGS: &str = "/api/v1/serviceowner/dialogs";
const PAST: &str = "2020-01-01T00:00:00Z";

fn of_service(service: &str) -> Value {
    let mut body = creation("Administrert");
    body["serviceResource"] = json!(service);
    body["transmissions"] = json!([transmission("første")]);
    body
}

/// All that an owner changes, short of removing it.
async fn change_all(caller: &Actor<'_>, path: &str) -> Vec<u16> {
    let shown = get(caller, path).await;
    let mut update = update_of(&shown);
    update["progress"] = json!(shown["progress"].as_u64().unwrap_or_default() + 1);
    let first = shown["transmissions"][0]["id"].as_str().expect("an id");
    let mut replaced = transmission("endret");
    replaced["isSilentUpdate"] = json!(true);
    let patch = json!([{ "op": "add", "path": "/externalReference", "value": first }]);
    let mut statuses = Vec::new();
    for (method, rest, body) in [
        (Method::PUT, String::new(), update),
        (Method::PATCH, String::new(), patch),
        (Method::POST, "/transmissions".to_owned(), transmission("ny")),
        (Method::PUT, format!("/transmissions/{first}"), replaced),
        (Method::POST, "/activities".to_owned(), activity("DialogOpened")),
    ] {
        let answer = send(caller, method, &format!("{path}{rest}"), None, &body).await;
        statuses.push(answer.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn they_write_of_letters_but_do_not_remove_them() {
    let app = TestApp::new();
    let admin = app.service_owner_with(NAV_NUMBER, &format!("{ADMIN} {CHANGE}"));
    let skd = app.service_owner_with(SKD_NUMBER, CHANGE);
    let writer = app.service_owner_with(SKD_NUMBER, &format!("{CORRESPONDENCE} {CHANGE}"));
    skd.post(DIALOGS, of_service(LETTERS)).await.expect(StatusCode::FORBIDDEN);
    let path = created(&admin, of_service(LETTERS)).await;
    let purge = format!("{path}/actions/purge");
    assert_eq!(change_all(&admin, &path).await, [204, 204, 201, 204, 201]);
    assert_eq!(change_all(&skd, &path).await, [403; 5]);
    assert_eq!(change_all(&writer, &path).await, [204, 204, 201, 204, 201]);
    for caller in [&admin, &skd] {
        for (method, path) in [(Method::DELETE, &path), (Method::POST, &purge)] {
            let problem = caller.send(method, path, &[], Body::empty()).await.expect(StatusCode::FORBIDDEN).json();
            assert_keys(&problem, &["Forbidden"]);
        }
        let opened = activity("CorrespondenceOpened");
        caller.post(&format!("{path}/activities"), opened).await.expect(StatusCode::FORBIDDEN);
    }
    let restore = format!("{path}/actions/restore");
    writer.delete(&path).await.expect(StatusCode::NO_CONTENT);
    skd.send(Method::POST, &restore, &[], Body::empty()).await.expect(StatusCode::NO_CONTENT);
    writer.send(Method::POST, &purge, &[], Body::empty()).await.expect(StatusCode::NO_CONTENT);
    admin.get(&path).await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn they_tell_of_the_past_but_not_of_what_has_expired() {
    let app = TestApp::new();
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let skd = app.service_owner(SKD_NUMBER);
    let attachments = json!([{ "expiresAt": PAST, "urls": [{ "url": "https://a.no", "consumerType": "Gui" }] }]);
    let path = created(&admin, of_service(TAX)).await;
    let update = update_of(&get(&skd, &path).await);
    for name in ["dueAt", "expiresAt"] {
        let mut late = of_service(TAX);
        late[name] = json!(PAST);
        skd.post(DIALOGS, late.clone()).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
        created(&admin, late).await;
        let path = created(&admin, of_service(TAX)).await;
        let mut late = update.clone();
        late[name] = json!(PAST);
        skd.put(&path, late.clone()).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
        admin.put(&path, late).await.expect(StatusCode::NO_CONTENT);
    }
    let mut expired = of_service(TAX);
    expired["attachments"] = attachments.clone();
    let problem = admin.post(DIALOGS, expired).await.expect(StatusCode::BAD_REQUEST).json();
    assert_keys(&problem, &["dto.attachments[0].expiresAt"]);
    let mut expired = update;
    expired["attachments"] = attachments.clone();
    let problem = admin.put(&path, expired).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert_keys(&problem, &["Attachments.ExpiresAt"]);
    let mut expired = transmission("utløpt");
    expired["attachments"] = attachments;
    let answer = admin.post(&format!("{path}/transmissions"), expired).await;
    assert_keys(&answer.expect(StatusCode::UNPROCESSABLE_ENTITY).json(), &["Transmissions.Attachments.ExpiresAt"]);
}

#[tokio::test]
async fn they_reach_dialogs_of_others_by_id_but_need_each_scope() {
    let app = TestApp::new();
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let nav = app.service_owner_with(NAV_NUMBER, CHANGE);
    let path = created(&admin, of_service(TAX)).await;
    assert_eq!(get(&admin, &path).await["org"], "skd", "the owner is that of the service");
    assert_eq!(change_all(&admin, &path).await, [204, 204, 201, 403, 201]);
    for rest in ["", "/activities", "/transmissions", "/seenlog"] {
        get(&admin, &format!("{path}{rest}")).await;
        nav.get(&format!("{path}{rest}")).await.expect(StatusCode::NOT_FOUND);
    }
    // Of others' services too, which owners may not name.
    let mut named = transmission("fremmed");
    named["authorizationAttribute"] = json!(BENEFITS);
    admin.post(&format!("{path}/transmissions"), named.clone()).await.expect(StatusCode::CREATED);
    let skd = app.service_owner(SKD_NUMBER);
    skd.post(&format!("{path}/transmissions"), named).await.expect(StatusCode::FORBIDDEN);
    // Lists and labels are those of their own organisation alone.
    for list in [DIALOGS.to_owned(), format!("{DIALOGS}/endusercontext?party=urn:altinn:person:identifier-no:{ALICE}")]
    {
        assert_eq!(get(&admin, &list).await["items"], json!([]), "{list}");
    }
    admin.get(&format!("{path}/context/labels")).await.expect(StatusCode::NOT_FOUND);
    let unknown = of_service("urn:altinn:resource:unknown");
    let problem = admin.post(DIALOGS, unknown.clone()).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert_keys(&problem, &["Org", "ServiceResource"]);
    let problem = skd.post(DIALOGS, unknown).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert_keys(&problem, &["ServiceResource"]);
    // A person who is named takes the place of the administrator where only one will do.
    let saved = admin.post(&format!("{path}/activities"), activity("FormSaved")).await.json();
    let moved = format!("{path}/activities/{}/actions/updateFormSavedActivityTime", saved.as_str().expect("an id"));
    let for_alice = format!("{moved}?enduserid=urn:altinn:person:identifier-no:{ALICE}");
    let problem = admin.post(&for_alice, json!(PAST)).await.expect(StatusCode::FORBIDDEN).json();
    assert_keys(&problem, &["Type"]);
    admin.post(&moved, json!(PAST)).await.expect(StatusCode::NO_CONTENT);
    assert!(skd.post(&moved, json!(PAST)).await.expect(StatusCode::FORBIDDEN).body.is_empty());
}

/// The contract's document asks for more than its service does.
#[tokio::test]
async fn labels_need_no_scope_but_that_of_service_owners() {
    let app = TestApp::new();
    let path = created(&app.service_owner(SKD_NUMBER), of_service(TAX)).await;
    let plain =
        app.claiming(json!({ "scope": "digdir:dialogporten.serviceprovider", "consumer": consumer(SKD_NUMBER) }));
    let labels = format!("{path}/context/labels");
    plain.post(&labels, json!({ "value": "sak-1" })).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(get(&plain, &labels).await, json!([{ "value": "sak-1" }]));
    plain.delete(&format!("{labels}/sak-1")).await.expect(StatusCode::NO_CONTENT);
    assert!(plain.get(DIALOGS).await.expect(StatusCode::FORBIDDEN).body.is_empty());
}

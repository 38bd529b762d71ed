use crate::app::{ALICE, Actor, BENEFITS, NAV_NUMBER, SKD_NUMBER, TAX, TestApp};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{DialogId, Org};
use dialog_index::{AuthorizedScope, Found};
use serde_json::{Value, json};
use uuid::Uuid;

const PATH: &str = "/api/v1/serviceowner/dialogs";

/// The least that can be created; more tests of the rules are where the rules are.
pub(crate) fn body(title: &str) -> Value {
    json!({
        "serviceResource": TAX,
        "party": format!("urn:altinn:person:identifier-no:{ALICE}"),
        "content": { "title": { "value": [{ "value": title, "languageCode": "nb" }] } },
    })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

/// The titles that the party of [`body`] finds.
pub(crate) async fn found(app: &TestApp, word: &str) -> Vec<String> {
    let path = format!("/api/v1/enduser/dialogs?allParties=true&search={word}");
    let page = app.end_user(ALICE).get(&path).await.expect(StatusCode::OK).json();
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["content"]["title"]["value"][0]["value"].as_str().expect("a title").to_owned()).collect()
}

#[tokio::test]
async fn what_is_created_is_found_at_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for n in 0..20 {
        let answer = skd.post(PATH, body(&format!("Melding{n}"))).await.expect(StatusCode::CREATED);
        assert_eq!(found(&app, &format!("melding{n}")).await, [format!("Melding{n}")]);
        let id = answer.json().as_str().expect("an id").to_owned();
        assert_eq!(answer.header("location"), format!("{PATH}/{id}"));
        assert_eq!(Uuid::try_parse(answer.header("etag")).expect("a UUID").to_string(), answer.header("etag"));
        let id = DialogId(Uuid::try_parse(&id).expect("a UUID"));
        let stored = app.dialogs().get(&AuthorizedScope::owned_by(Org::new("skd")), id).expect("a read");
        let Found::Visible(stored) = stored else { panic!("{stored:?}") };
        assert_eq!(stored.revision.to_string(), answer.header("etag"));
    }
}

#[tokio::test]
async fn a_key_creates_one_dialog() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let body = with(body("Nøkkelord"), "idempotentKey", json!("melding-1"));
    let first = skd.post(PATH, body.clone()).await.expect(StatusCode::CREATED).json();
    let second = skd.post(PATH, body.clone()).await.expect(StatusCode::CONFLICT).json();
    let message = second["errors"]["IdempotentKey"][0].as_str().expect("a message");
    assert!(message.contains(first.as_str().expect("an id")), "{message}");
    // Also when it is told so late that the first could not be created any more.
    let late = with(body.clone(), "dueAt", json!("2020-01-01T00:00Z"));
    assert_eq!(skd.post(PATH, late).await.expect(StatusCode::CONFLICT).json()["errors"], second["errors"]);
    // Keys are those of an owner.
    let nav = app.service_owner(NAV_NUMBER);
    nav.post(PATH, with(body.clone(), "serviceResource", json!(BENEFITS))).await.expect(StatusCode::CREATED);
    let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    admin.post(PATH, body.clone()).await.expect(StatusCode::CONFLICT);
    skd.delete(&format!("{PATH}/{}", first.as_str().expect("an id"))).await.expect(StatusCode::NO_CONTENT);
    assert_problem(&skd.post(PATH, body).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json(), 422, &["Dialog"]);
    assert_eq!(found(&app, "nøkkelord").await, ["Nøkkelord"], "that of nav");
}

#[tokio::test]
async fn an_id_creates_one_dialog() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let body = with(body("Nummerert"), "id", json!(DialogId::new().to_string()));
    skd.post(PATH, body.clone()).await.expect(StatusCode::CREATED);
    let problem = skd.post(PATH, body).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert!(problem["errors"]["Dialog"][0].as_str().is_some_and(|message| message.contains("already exists")));
    assert_eq!(found(&app, "nummerert").await.len(), 1);
}

#[tokio::test]
async fn ids_of_parts_are_given_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let urls = json!([{ "url": "https://a.no", "consumerType": "Gui" }]);
    let sender = json!({ "actorType": "ServiceOwner" });
    let content = body("x")["content"].clone();
    let attachment = json!({ "urls": urls });
    let sent = json!({ "type": "Information", "sender": sender, "content": content });
    let with_id = |part: &Value, id: &str| with(part.clone(), "id", json!(id));
    for (list, part, table) in [
        ("attachments", attachment.clone(), "Attachment"),
        ("transmissions", sent.clone(), "DialogTransmission"),
        ("activities", json!({ "type": "DialogOpened", "performedBy": sender }), "DialogActivity"),
        (
            "guiActions",
            json!({ "action": "a", "url": "https://a.no", "priority": "Primary", "title": [{ "value": "x", "languageCode": "nb" }] }),
            "DialogGuiAction",
        ),
        (
            "apiActions",
            json!({ "action": "a", "endpoints": [{ "url": "https://a.no", "httpMethod": "GET" }] }),
            "DialogApiAction",
        ),
    ] {
        let id = DialogId::new().to_string();
        let body = with(body("Del"), list, json!([with_id(&part, &id)]));
        skd.post(PATH, body.clone()).await.expect(StatusCode::CREATED);
        let problem = skd.post(PATH, body).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
        assert_problem(&problem, 422, &[table]);
    }
    // Attachments of dialogs and of transmissions are of one table.
    let id = DialogId::new().to_string();
    let attached = json!([with_id(&attachment, &id)]);
    let body = with(body("Del"), "transmissions", json!([with(sent, "attachments", attached.clone())]));
    skd.post(PATH, body.clone()).await.expect(StatusCode::CREATED);
    let problem = skd.post(PATH, body).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert_problem(&problem, 422, &["Attachment"]);
    let body = with(self::body("Del"), "attachments", attached);
    let problem = skd.post(PATH, body).await.expect(StatusCode::UNPROCESSABLE_ENTITY).json();
    assert_problem(&problem, 422, &["Attachment"]);
}

#[track_caller]
fn assert_problem(problem: &Value, status: u16, keys: &[&str]) {
    let found: Vec<_> = problem["errors"].as_object().expect("errors").keys().map(String::as_str).collect();
    assert_eq!((problem["status"].as_u64(), found.as_slice()), (Some(u64::from(status)), keys), "{problem}");
}

#[tokio::test]
async fn refusals_have_the_contracts_statuses_and_store_nothing() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for (body, status, keys) in [
        (with(body("Avvist"), "progress", json!(101)), StatusCode::BAD_REQUEST, ["dto.progress"]),
        (with(body("Avvist"), "progress", json!("x")), StatusCode::BAD_REQUEST, ["progress"]),
        (json!([]), StatusCode::BAD_REQUEST, ["SerializerErrors"]),
        (with(body("Avvist"), "serviceResource", json!(BENEFITS)), StatusCode::FORBIDDEN, ["Forbidden"]),
        (
            with(body("Avvist"), "serviceResource", json!("urn:altinn:resource:x")),
            StatusCode::UNPROCESSABLE_ENTITY,
            ["ServiceResource"],
        ),
        (with(body("Avvist"), "dueAt", json!("2020-01-01T00:00Z")), StatusCode::UNPROCESSABLE_ENTITY, ["DueAt"]),
    ] {
        let problem = skd.post(PATH, body).await.expect(status).json();
        assert_problem(&problem, status.as_u16(), &keys);
    }
    let late = with(body("Stille"), "dueAt", json!("2020-01-01T00:00Z"));
    skd.post(&format!("{PATH}?isSilentUpdate=true"), late.clone()).await.expect(StatusCode::CREATED);
    skd.post(&format!("{PATH}?issilentupdate=False"), late.clone()).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
    let problem = skd.post(&format!("{PATH}?isSilentUpdate=ja"), late).await.expect(StatusCode::BAD_REQUEST).json();
    assert_problem(&problem, 400, &["isSilentUpdate"]);
    assert!(found(&app, "avvist").await.is_empty());
    assert_eq!(found(&app, "stille").await.len(), 1);
}

#[tokio::test]
async fn administrators_write_for_every_owner() {
    let app = TestApp::new();
    let admin = app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    admin.post(PATH, with(body("Ytelse"), "serviceResource", json!(BENEFITS))).await.expect(StatusCode::CREATED);
    assert_eq!(found(&app, "ytelse").await.len(), 1);
}

async fn send(caller: &Actor<'_>, content_type: &str, body: impl Into<Body>) -> StatusCode {
    caller.send(Method::POST, PATH, &[("content-type", content_type)], body.into()).await.status
}

#[tokio::test]
async fn hostile_bodies_are_refused() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let valid = body("Gyldig").to_string();
    assert_eq!(send(&skd, "application/json; charset=utf-8", valid.clone()).await, StatusCode::CREATED);
    assert_eq!(send(&skd, "APPLICATION/JSON", valid.clone()).await, StatusCode::CREATED);
    assert_eq!(send(&skd, "text/plain", valid.clone()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send(&skd, "application/json-patch+json", valid.clone()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let json = "application/json";
    assert_eq!(send(&skd, json, "x".repeat(20_000_001)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let wide = format!("{{\"transmissions\":[{}{{}}]}}", "{},".repeat(200_000));
    for broken in [
        "",
        "null",
        "{",
        "\u{feff}",
        "\"\\ud800\"",
        "{\"party\":\"\u{0}\"}",
        "{\"party\":\"\\u0000\",\"serviceResource\":\"\\u0000\"}",
        "{\"id\":\"\"}",
        "1e999",
        "{\"progress\":1e999}",
        &deep,
        &wide,
        &valid[..valid.len() - 1],
    ] {
        let start: String = broken.chars().take(40).collect();
        assert_eq!(send(&skd, json, broken.to_owned()).await, StatusCode::BAD_REQUEST, "{start}");
    }
    assert_eq!(send(&skd, json, vec![b'{', b'"', 0xff, b'"', b'}']).await, StatusCode::BAD_REQUEST);
    assert_eq!(found(&app, "gyldig").await.len(), 2);
}

/// Some letters have a lower case of more characters, and parties are kept in lower case.
#[tokio::test]
async fn a_party_is_as_long_as_it_is_kept() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for (name, status) in [("I".repeat(200), StatusCode::CREATED), ("İ".repeat(200), StatusCode::BAD_REQUEST)] {
        let party = format!("urn:altinn:person:legacy-selfidentified:{name}");
        let answer = skd.post(PATH, with(body("Lang"), "party", json!(party))).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let page = skd.get(PATH).await.expect(StatusCode::OK).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
}

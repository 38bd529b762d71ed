use crate::app::{Actor, BOB, COMPANY, NAV_NUMBER, SYSTEM_USER, TAX, TestApp, dialog, organization};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use serde_json::{Value, json};

const REGISTER: &str = "/api/v1/admin/register";
const BOBS_GRANT: &str = "/api/v1/admin/register/grants/bob";

fn administrator(app: &TestApp) -> Actor<'_> {
    app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin")
}

/// The titles of a person's dialogs of [`TAX`].
async fn titles(app: &TestApp, person: &str) -> Vec<String> {
    let path = format!("/api/v1/enduser/dialogs?serviceResource={TAX}");
    let page = app.end_user(person).get(&path).await.expect(StatusCode::OK).json();
    let items = page["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| item["content"]["title"]["value"][0]["value"].as_str().expect("a title").to_owned())
        .collect()
}

fn bobs_grant() -> Value {
    json!({ "to": format!("urn:altinn:person:identifier-no:{BOB}"),
        "for": format!("urn:altinn:organization:identifier-no:{COMPANY}"), "roles": ["DAGL"] })
}

#[tokio::test]
async fn a_grant_counts_from_the_next_request_on() {
    let app = TestApp::new();
    app.holds(NewDialog { party: organization(COMPANY), ..dialog("The company's tax") });
    let administrator = administrator(&app);
    assert!(titles(&app, BOB).await.is_empty());
    administrator.put(BOBS_GRANT, bobs_grant()).await.expect(StatusCode::CREATED);
    assert_eq!(titles(&app, BOB).await, ["The company's tax"]);
    administrator.put(BOBS_GRANT, bobs_grant()).await.expect(StatusCode::NO_CONTENT);
    administrator.delete(BOBS_GRANT).await.expect(StatusCode::NO_CONTENT);
    assert!(titles(&app, BOB).await.is_empty());
    let problem = administrator.delete(BOBS_GRANT).await.expect(StatusCode::NOT_FOUND).json();
    assert_eq!(problem["errors"]["Grant"][0], "Entity 'Grant' with the following key(s) was not found: (bob).");
}

#[tokio::test]
async fn what_is_got_can_be_put() {
    let app = TestApp::new();
    let administrator = administrator(&app);
    administrator.put(BOBS_GRANT, bobs_grant()).await.expect(StatusCode::CREATED);
    let document = administrator.get(REGISTER).await.expect(StatusCode::OK).json();
    let has_bobs = |grant: &Value| grant["id"] == "bob" && grant["roles"] == json!(["DAGL"]);
    assert!(document["grants"].as_array().expect("grants").iter().any(has_bobs), "{document}");
    administrator.put(REGISTER, document.clone()).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(administrator.get(REGISTER).await.expect(StatusCode::OK).json(), document);
}

#[tokio::test]
async fn a_refused_document_changes_nothing_and_tells_every_mistake() {
    let app = TestApp::new();
    let administrator = administrator(&app);
    let document = administrator.get(REGISTER).await.expect(StatusCode::OK).json();
    let mut wrong = document.clone();
    wrong["serviceOwners"][0]["orgNumber"] = json!("123456789");
    wrong["serviceResources"][1]["owner"] = json!("nobody");
    wrong["grants"][0]["note"] = json!("x");
    let problem = administrator.put(REGISTER, wrong).await.expect(StatusCode::BAD_REQUEST).json();
    let mut places: Vec<_> = problem["errors"].as_object().expect("errors").keys().collect();
    places.sort();
    assert_eq!(places, ["grants[0].note", "serviceOwners[0].orgNumber", "serviceResources[1].owner"]);
    assert_eq!(administrator.get(REGISTER).await.json(), document);

    let grant = json!({ "to": format!("urn:altinn:systemuser:uuid:{SYSTEM_USER}"), "for": "nobody", "roles": ["x"] });
    let problem = administrator.put(BOBS_GRANT, grant).await.expect(StatusCode::BAD_REQUEST).json();
    assert!(problem["errors"]["for"].is_array() && problem["errors"]["roles[0]"].is_array(), "{problem}");
}

#[tokio::test]
async fn a_body_must_be_json() {
    let app = TestApp::new();
    for (content_type, body, expected) in [
        ("application/json", "{", StatusCode::BAD_REQUEST),
        ("application/json; charset=utf-8", "[]", StatusCode::BAD_REQUEST),
        ("text/plain", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        for path in [REGISTER, BOBS_GRANT] {
            let headers = [("content-type", content_type)];
            let answer = administrator(&app).send(Method::PUT, path, &headers, Body::from(body)).await;
            answer.expect(expected);
        }
    }
}

#[tokio::test]
async fn an_id_that_is_no_text_is_told_by_name() {
    let app = TestApp::new();
    let path = "/api/v1/admin/register/grants/%ff";
    for answer in [administrator(&app).put(path, bobs_grant()).await, administrator(&app).delete(path).await] {
        let problem = answer.expect(StatusCode::BAD_REQUEST).json();
        assert!(problem["errors"]["id"].is_array(), "{problem}");
    }
}

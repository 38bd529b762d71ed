use crate::app::TestApp;
use axum::http::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENTS: [&str; 3] =
    ["/swagger/v1.enduser/swagger.json", "/swagger/v1.serviceowner/swagger.json", "/swagger/v1/swagger.json"];

#[tokio::test]
async fn the_page_shows_the_documents() {
    let app = TestApp::new();
    let page = app.anonymous().get("/swagger/").await.expect(StatusCode::OK);
    assert!(page.text().contains("swagger-ui"), "{}", page.text());
    let settings = app.anonymous().get("/swagger/swagger-initializer.js").await.expect(StatusCode::OK).text();
    for document in DOCUMENTS {
        assert!(settings.contains(document), "{settings}");
    }
}

#[tokio::test]
async fn each_document_is_whole() {
    let app = TestApp::new();
    for path in DOCUMENTS {
        let document = app.anonymous().get(path).await.expect(StatusCode::OK).json();
        let mut ids = BTreeSet::new();
        for (route, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let id = operation["operationId"].as_str().expect("an operation id");
                assert!(ids.insert(id), "{path}: {id} names two operations");
                let is_open = route.starts_with("/api/v1/metadata/");
                assert_eq!(operation.get("security").is_none(), is_open, "{path}: {method} {route}");
                assert!(operation["responses"].get("503").is_some(), "{path}: {method} {route}");
            }
        }
        for name in references(&document) {
            assert!(document.pointer(name.trim_start_matches('#')).is_some(), "{path}: {name} is missing");
        }
    }
}

#[tokio::test]
async fn answers_name_the_members_of_enums() {
    let app = TestApp::new();
    let document = app.anonymous().get(DOCUMENTS[0]).await.expect(StatusCode::OK).json();
    for (schema, property, members) in [
        ("DialogListItem", "status", 6),
        ("DialogListItem", "systemLabel", 5),
        ("Activity", "type", 17),
        ("Actor", "actorType", 2),
        ("DialogTransmission", "type", 8),
        ("DialogGuiAction", "httpMethod", 9),
        ("DialogGuiAction", "priority", 3),
        ("DialogAttachmentUrl", "consumerType", 2),
    ] {
        let property = &document["components"]["schemas"][schema]["properties"][property];
        let targets = references(property);
        let [target] = targets.as_slice() else { panic!("{schema}: {property}") };
        let names = document.pointer(&format!("{}/enum", target.trim_start_matches('#')));
        assert_eq!(names.and_then(Value::as_array).map(Vec::len), Some(members), "{schema}: {property}");
    }
}

#[tokio::test]
async fn languages_can_be_asked_for() {
    let app = TestApp::new();
    let document = app.anonymous().get(DOCUMENTS[0]).await.expect(StatusCode::OK).json();
    for path in ["/api/v1/enduser/dialogs", "/api/v1/enduser/dialogs/{dialogId}"] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        assert!(parameters.iter().any(|it| it["name"] == "Accept-Language" && it["in"] == "header"), "{path}");
    }
}

#[tokio::test]
async fn what_is_refused_for_its_body_and_what_a_page_leaves_out_are_said() {
    let app = TestApp::new();
    let document = app.anonymous().get("/swagger/v1.serviceowner/swagger.json").await.expect(StatusCode::OK).json();
    let items = document["paths"].as_object().expect("paths").values();
    let operations = items.flat_map(|item| item.as_object().expect("operations").values());
    let mut with_bodies = 0;
    for operation in operations.filter(|it| it["requestBody"]["content"]["application/json"].is_object()) {
        with_bodies += 1;
        for status in ["413", "415"] {
            assert!(operation["responses"][status].is_object(), "{status} of {}", operation["operationId"]);
        }
    }
    assert!(with_bodies > 10, "{with_bodies}");
    let limits = &document["paths"]["/api/v1/metadata/limits"]["get"]["responses"];
    assert!(limits["406"].is_object(), "{limits}");

    let schemas = &document["components"]["schemas"];
    let counts = &schemas["DialogPage_ServiceOwnerDialogListItem"]["allOf"][0];
    assert_eq!(counts["$ref"], "#/components/schemas/DialogCounts");
    let required = schemas["DialogCounts"]["required"].as_array().map_or(0, Vec::len);
    assert_eq!(required, 0, "a page need not have counts: {}", schemas["DialogCounts"]);
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(references).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| match member.as_str() {
                Some(target) if name == "$ref" => vec![target.to_owned()],
                _ => references(member),
            })
            .collect(),
        _ => Vec::new(),
    }
}

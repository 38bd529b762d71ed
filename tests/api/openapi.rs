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

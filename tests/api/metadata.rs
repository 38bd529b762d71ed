use crate::app::TestApp;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn limits_are_those_in_force() {
    let app = TestApp::new();
    let answer = app.anonymous().get("/api/v1/metadata/limits").await.expect(StatusCode::OK);
    assert_eq!(
        answer.json(),
        json!({
            "endUserSearch": {
                "maxPartyFilterValues": 100,
                "maxServiceResourceFilterValues": 20,
                "maxOrgFilterValues": 20,
                "maxExtendedStatusFilterValues": 20,
            },
            "serviceOwnerSearch": {
                "maxPartyFilterValues": 20,
                "maxServiceResourceFilterValues": 20,
                "maxExtendedStatusFilterValues": 20,
            },
        })
    );
}

#[tokio::test]
async fn keys_of_dialog_tokens_are_published() {
    let app = TestApp::new();
    let server = app.anonymous().get("/api/v1/.well-known/oauth-authorization-server").await.expect(StatusCode::OK);
    let issuer = "https://dialogs.test/api/v1";
    assert_eq!(server.json(), json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/.well-known/jwks.json") }));
    let keys = app.anonymous().get("/api/v1/.well-known/jwks.json").await.expect(StatusCode::OK);
    assert_eq!(keys.header("cache-control"), "public,max-age=86400");
    assert_eq!(keys.header("vary"), "Accept-Encoding");
    let keys = keys.json();
    let keys = keys["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 2);
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["use"], &key["crv"], &key["alg"]),
            (&json!("OKP"), &json!("sig"), &json!("Ed25519"), &json!("EdDSA"))
        );
        assert!(key.get("d").is_none(), "a private key is published");
    }
    assert_ne!(keys[0]["kid"], keys[1]["kid"]);
}

#[tokio::test]
async fn who_does_not_take_json_is_told() {
    let app = TestApp::new();
    for path in
        ["/api/v1/metadata/limits", "/api/v1/.well-known/jwks.json", "/api/v1/.well-known/oauth-authorization-server"]
    {
        let html = [("accept", "text/html")];
        let answer = app.anonymous().send(Method::GET, path, &html, Body::empty()).await;
        let problem = answer.expect(StatusCode::NOT_ACCEPTABLE).json();
        assert_eq!(problem["errors"], json!({ "Accept": ["The request must accept application/json responses."] }));
        assert_eq!(problem["detail"], "The Accept header must allow JSON responses.");
    }
}

#[tokio::test]
async fn health_is_told_in_plain_words() {
    let app = TestApp::new();
    for path in ["/health", "/health/startup", "/health/liveness", "/health/readiness", "/health/deep"] {
        assert_eq!(app.anonymous().get(path).await.expect(StatusCode::OK).text(), "Healthy");
    }
}

use crate::app::{BENEFITS, SKD_NUMBER, TAX, TestApp, dialog, resource};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::Org;
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
    for document in [&server, &keys] {
        assert_eq!(document.header("cache-control"), "public,max-age=86400");
        assert_eq!(document.header("vary"), "Accept-Encoding");
    }
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

const SERVICES: &str = "/api/v1/metadata/serviceresources";

#[tokio::test]
async fn services_that_dialogs_are_about_are_told_to_anyone() {
    let app = TestApp::new();
    let empty = app.anonymous().get(SERVICES).await.expect(StatusCode::OK);
    assert_eq!(empty.json(), json!({ "items": [] }));
    app.holds(dialog("Skatt"));
    app.holds(NewDialog { service_resource: resource(&TAX.replace("skd-s", "SKD-S")), ..dialog("Skatt") });
    app.holds(NewDialog { service_resource: resource("urn:altinn:resource:unknown"), ..dialog("Ukjent") });
    app.holds(NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..dialog("Ytelser") });
    let answer = app.anonymous().get(SERVICES).await.expect(StatusCode::OK);
    assert!(answer.headers.get("content-encoding").is_none());
    let priv_role =
        json!({ "urn": "urn:altinn:rolecode:priv", "name": [{ "value": "Privatperson", "languageCode": "nb" }] });
    let registry = "https://platform.altinn.no/resourceregistry/api/v1/resource";
    let tax = json!({
        "serviceResource": {
            "id": "skd-skattemelding",
            "resourceType": "genericaccessresource",
            "status": "Completed",
            "isDelegable": true,
            "minimumAuthenticationLevel": 3,
            "name": [{ "value": "Skattemelding", "languageCode": "nb" }],
            "links": { "metadata": format!("{registry}/skd-skattemelding") },
        },
        "roles": [
            { "urn": "urn:altinn:rolecode:dagl", "name": [{ "value": "Daglig leder", "languageCode": "nb" }] },
            priv_role,
        ],
        "accessPackages": [],
        "serviceOwner": {
            "orgNumber": SKD_NUMBER,
            "code": "skd",
            "name": [
                { "value": "The Norwegian Tax Administration", "languageCode": "en" },
                { "value": "Skatteetaten", "languageCode": "nb" },
            ],
        },
    });
    let services = answer.json();
    let services = services["items"].as_array().expect("services");
    assert_eq!(services.len(), 2, "{services:?}");
    assert_eq!(services[0], tax);
    assert_eq!(services[1]["serviceResource"]["id"], "nav-ytelser");
    let packages = "https://platform.altinn.no/accessmanagement/api/v1/meta/info/accesspackages/package/urn";
    assert_eq!(
        services[1]["accessPackages"],
        json!([{
            "urn": "urn:altinn:accesspackage:helse",
            "name": [{ "value": "Helse", "languageCode": "nb" }],
            "links": { "metadata": format!("{packages}/urn%3Aaltinn%3Aaccesspackage%3Ahelse") },
        }])
    );

    // In one language where one is asked for, of which others have no say.
    let english = [("accept-language", "en"), ("accept", "text/html")];
    let answer = app.anonymous().send(Method::GET, SERVICES, &english, Body::empty()).await.expect(StatusCode::OK);
    let owner = &answer.json()["items"][0]["serviceOwner"];
    assert_eq!(owner["name"], json!([{ "value": "The Norwegian Tax Administration", "languageCode": "en" }]));
}

#[tokio::test]
async fn services_are_compressed_for_those_who_take_it() {
    let app = TestApp::new();
    app.holds(dialog("Skatt"));
    let plain = app.anonymous().get(SERVICES).await.expect(StatusCode::OK).body;
    let ask = async |path: &str, languages: &str| {
        let headers = [("accept-encoding", "gzip"), ("accept-language", languages)];
        app.anonymous().send(Method::GET, path, &headers, Body::empty()).await
    };
    let packed = ask(SERVICES, "").await.expect(StatusCode::OK);
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
    assert!(packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() < plain.len());
    // Problems and other operations are not.
    let problem = ask(SERVICES, ";").await.expect(StatusCode::BAD_REQUEST);
    assert!(problem.headers.get("content-encoding").is_none());
    assert!(problem.json()["errors"]["Accept-Language"].is_array());
    let limits = ask("/api/v1/metadata/limits", "").await.expect(StatusCode::OK);
    assert!(limits.headers.get("content-encoding").is_none());
}

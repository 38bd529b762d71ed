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

#[tokio::test]
async fn some_range_that_is_accepted_must_be_json() {
    let app = TestApp::new();
    for (accept, status) in [
        ("application/json", StatusCode::OK),
        ("*/*", StatusCode::OK),
        ("application/*", StatusCode::OK),
        ("application/*+json", StatusCode::OK),
        ("text/html, application/json;q=0.001", StatusCode::OK),
        ("nonsense", StatusCode::OK),
        ("", StatusCode::OK),
        ("application/json;q=0", StatusCode::NOT_ACCEPTABLE),
        ("*/*;q=0.0", StatusCode::NOT_ACCEPTABLE),
        ("text/*", StatusCode::NOT_ACCEPTABLE),
        ("application/xml", StatusCode::NOT_ACCEPTABLE),
    ] {
        let headers = [("accept", accept)];
        let answer = app.anonymous().send(Method::GET, "/api/v1/metadata/limits", &headers, Body::empty()).await;
        assert_eq!(answer.status, status, "{accept}");
    }
}

/// By the Norwegian name, else the English, else the first one; and those of one name by id.
#[tokio::test]
async fn services_roles_and_packages_are_in_the_order_of_their_names() {
    let app = TestApp::new();
    let admin = app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    let mut register = admin.get("/api/v1/admin/register").await.expect(StatusCode::OK).json();
    let names = [
        ("x-d", json!({ "nb": "beta", "en": "Zulu" })),
        ("x-c", json!({ "en": "Alfa", "fr": "Zulu" })),
        ("x-b", json!({ "nb": "Beta" })),
        ("x-a", json!({ "fr": "Charlie", "se": "Alfa" })),
    ];
    for (id, name) in &names {
        let roles = [
            "urn:altinn:rolecode:y",
            "urn:altinn:rolecode:x",
            "urn:altinn:accesspackage:y",
            "urn:altinn:accesspackage:x",
        ];
        register["serviceResources"].as_array_mut().expect("services").push(json!({
            "id": format!("urn:altinn:resource:{id}"), "owner": "skd", "type": "AltinnApp", "name": name,
            "rules": [{ "subjects": roles, "actions": ["read"] }],
        }));
    }
    for (urn, name) in
        [("rolecode:y", "En"), ("rolecode:x", "To"), ("accesspackage:y", "Lik"), ("accesspackage:x", "Lik")]
    {
        let subject = json!({ "urn": format!("urn:altinn:{urn}"), "name": { "nb": name } });
        register["subjects"].as_array_mut().expect("subjects").push(subject);
    }
    admin.put("/api/v1/admin/register", register).await.expect(StatusCode::NO_CONTENT);
    for (id, _) in &names {
        app.holds(NewDialog { service_resource: resource(&format!("urn:altinn:resource:{id}")), ..dialog("x") });
    }
    let services = app.anonymous().get(SERVICES).await.expect(StatusCode::OK).json();
    let services = services["items"].as_array().expect("services");
    let ids: Vec<_> = services.iter().map(|it| it["serviceResource"]["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["x-c", "x-b", "x-d", "x-a"]);
    let urns = |list: &str| {
        let urn = |it: &serde_json::Value| it["urn"].as_str().expect("a URN").rsplit(':').next().map(str::to_owned);
        services[0][list].as_array().expect("a list").iter().filter_map(urn).collect::<Vec<_>>()
    };
    assert_eq!(urns("roles"), ["y", "x"]);
    assert_eq!(urns("accessPackages"), ["x", "y"]);
}

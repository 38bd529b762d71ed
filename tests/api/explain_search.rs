use crate::app::{ALICE, Actor, SKD_NUMBER, TestApp, dialog};
use axum::http::StatusCode;
use serde_json::{Value, json};

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const END_USER: &str = "/api/v1/enduser/dialogs?allParties=true";
const SERVICE_OWNER: &str = "/api/v1/serviceowner/dialogs?";

async fn page(caller: &Actor<'_>, path: &str) -> Value {
    caller.get(path).await.expect(StatusCode::OK).json()
}

/// Alice, with more in her token than end users have.
fn alice_as_administrator(app: &TestApp) -> Actor<'_> {
    let scope = format!("digdir:dialogporten {ADMIN}");
    app.claiming(json!({ "scope": scope, "pid": ALICE, "acr": "idporten-loa-high" }))
}

#[tokio::test]
async fn administrators_are_told_how_a_page_was_found() {
    let app = TestApp::new();
    app.holds(dialog("One"));
    app.holds(dialog("Two"));
    let owner = app.service_owner_with(SKD_NUMBER, ADMIN);
    let of_alice = format!("{SERVICE_OWNER}allParties=true&endUserId=urn:altinn:person:identifier-no:{ALICE}");
    for (caller, path) in [
        (&owner, SERVICE_OWNER.to_owned()),
        (&owner, of_alice),
        (&alice_as_administrator(&app), END_USER.to_owned()),
        (&alice_as_administrator(&app), format!("{END_USER}&totalCount=true&facet=status")),
    ] {
        let plain = page(caller, &path).await;
        assert_eq!(plain.get("explanation"), None, "{path}");
        let mut explained = page(caller, &format!("{path}&explain=true")).await;
        let explanation = explained.as_object_mut().and_then(|it| it.remove("explanation")).expect("an explanation");
        assert_eq!(explained, plain, "{path}: the page itself is the same");
        assert_eq!((&explanation["matched"], &explanation["tail"]), (&json!(2), &json!(2)), "{path}");
        let estimates = explanation["estimates"].as_array().expect("estimates");
        assert_eq!(estimates[0]["driver"], explanation["driver"], "{path}: the cheapest way is gone");
        assert!(estimates.iter().all(|estimate| estimate["ns"].is_number()), "{estimates:?}");
        for time in ["planningNs", "waitingNs", "searchingNs"] {
            assert!(explanation[time].is_u64(), "{path}: {time} in {explanation}");
        }
    }
}

#[tokio::test]
async fn nobody_else_is_told() {
    let app = TestApp::new();
    app.holds(dialog("One"));
    let owner = app.service_owner(SKD_NUMBER);
    let alice = app.end_user(ALICE);
    for (caller, path) in [(&owner, SERVICE_OWNER), (&alice, END_USER)] {
        let plain = page(caller, path).await;
        for asking in ["explain=true", "Explain=TRUE", "explain=true&explain=true", "explain=maybe"] {
            assert_eq!(page(caller, &format!("{path}&{asking}")).await, plain, "{asking}");
        }
    }
}

#[tokio::test]
async fn administrators_who_do_not_ask_are_not_told() {
    let app = TestApp::new();
    let owner = app.service_owner_with(SKD_NUMBER, ADMIN);
    for asking in ["explain=false", "explain=", "explain=maybe", "explain=true&explain=false"] {
        assert_eq!(page(&owner, &format!("{SERVICE_OWNER}{asking}")).await.get("explanation"), None, "{asking}");
    }
}

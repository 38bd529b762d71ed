//! The same search whether its parameters stand in the query or in a body.

use crate::app::{ALICE, Actor, BOB, COMPANY, SKD_NUMBER, TestApp, dialog, organization, person};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use serde_json::{Value, json};

const END_USER: &str = "/api/v1/enduser/dialogs";
const SERVICE_OWNER: &str = "/api/v1/serviceowner/dialogs";

fn holding() -> TestApp {
    let app = TestApp::new();
    for n in 0..5 {
        app.holds(dialog(&format!("Skattemelding {n}")));
    }
    app.holds(NewDialog { party: person(BOB), ..dialog("Bobs") });
    app.holds(NewDialog { party: organization(COMPANY), ..dialog("Selskapets") });
    app
}

fn urn(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

async fn by_body(caller: &Actor<'_>, list: &str, body: Value, status: StatusCode) -> Value {
    caller.post(&format!("{list}/search"), body).await.expect(status).json()
}

#[tokio::test]
async fn both_find_the_same() {
    let app = holding();
    let alice = app.end_user(ALICE);
    let skd = app.service_owner(SKD_NUMBER);
    let user = urn(ALICE);
    let cases = [
        (&alice, END_USER, format!("party={user}"), json!({ "party": user })),
        (&alice, END_USER, "allParties=true&limit=2".to_owned(), json!({ "allParties": true, "limit": 2 })),
        (
            &alice,
            END_USER,
            format!("party={user}&party={}&search=skattemelding&totalCount=true&facet=status", urn(BOB)),
            json!({ "Party": [user, urn(BOB)], "search": "skattemelding", "totalCount": true, "facet": ["status"],
                "orderBy": null, "unknown": 1 }),
        ),
        (
            &alice,
            END_USER,
            format!("party={user}&status=7&status=inprogress"),
            json!({ "party": [user], "status": [7, "inprogress"] }),
        ),
        (&skd, SERVICE_OWNER, "limit=3&orderBy=createdAt".to_owned(), json!({ "limit": "3", "orderBy": "createdAt" })),
        (
            &skd,
            SERVICE_OWNER,
            format!("endUserId={user}&allParties=true"),
            json!({ "endUserId": user, "allParties": true }),
        ),
    ];
    for (caller, list, query, body) in cases {
        let expected = caller.get(&format!("{list}?{query}")).await.expect(StatusCode::OK).json();
        assert_ne!(expected["items"], json!([]), "{query}");
        assert_eq!(by_body(caller, list, body, StatusCode::OK).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_through_both() {
    let app = holding();
    let alice = app.end_user(ALICE);
    let first = alice.get(&format!("{END_USER}?allParties=true&limit=2")).await.expect(StatusCode::OK).json();
    let token = &first["continuationToken"];
    let body = json!({ "allParties": true, "limit": 2, "continuationToken": token });
    let second = by_body(&alice, END_USER, body, StatusCode::OK).await;
    let query = format!("{END_USER}?allParties=true&limit=2&continuationToken={}", token.as_str().expect("a token"));
    assert_eq!(second, alice.get(&query).await.expect(StatusCode::OK).json());
    assert_ne!(second["items"], first["items"]);
}

#[tokio::test]
async fn both_refuse_the_same() {
    let app = holding();
    let alice = app.end_user(ALICE);
    let skd = app.service_owner(SKD_NUMBER);
    let many: Vec<String> = vec![urn(ALICE); 101];
    let all = || "party=".to_owned() + &many.join("&party=");
    for (caller, list, query, body) in [
        (&alice, END_USER, String::new(), json!({})),
        (&alice, END_USER, "party=x&limit=0".to_owned(), json!({ "party": "x", "limit": 0 })),
        (&alice, END_USER, all(), json!({ "party": many })),
        (&alice, END_USER, "allParties=true&search=ab".to_owned(), json!({ "allParties": true, "search": "ab" })),
        (&skd, SERVICE_OWNER, "status=New&limit=x".to_owned(), json!({ "status": "New", "limit": "x" })),
        (&skd, SERVICE_OWNER, "endUserId=x".to_owned(), json!({ "endUserId": "x" })),
        (
            &skd,
            SERVICE_OWNER,
            format!("endUserId={ALICE}&allParties=true"),
            json!({ "endUserId": ALICE, "allParties": true }),
        ),
    ] {
        let expected = caller.get(&format!("{list}?{query}")).await.expect(StatusCode::BAD_REQUEST).json();
        let problem = by_body(caller, list, body, StatusCode::BAD_REQUEST).await;
        assert_eq!(problem["errors"], expected["errors"], "{query}");
    }
}

#[tokio::test]
async fn what_only_a_body_can_get_wrong() {
    let app = holding();
    let alice = app.end_user(ALICE);
    for (body, key) in [
        (json!([]), ""),
        (json!("party"), ""),
        (json!({ "allParties": true, "party": [[urn(ALICE)]] }), "Party"),
        (json!({ "allParties": true, "search": { "text": "skatt" } }), "Search"),
        (json!({ "allParties": true, "org": [null] }), "Org"),
        (json!({ "allParties": true, "search": "a\u{0}bc" }), "Search"),
        (json!({ "allParties": [true, false] }), "allParties"),
    ] {
        let problem = by_body(&alice, END_USER, body.clone(), StatusCode::BAD_REQUEST).await;
        assert!(problem["errors"].get(key).is_some(), "{body}: {problem}");
    }
    let skd = app.service_owner(SKD_NUMBER);
    let of_bob = format!("{SERVICE_OWNER}/search?endUserId={}", urn(BOB));
    let body = |user: Value| json!({ "endUserId": user, "allParties": true });
    for user in [json!(urn(ALICE)), json!(7), json!([urn(ALICE)])] {
        skd.post(&of_bob, body(user)).await.expect(StatusCode::BAD_REQUEST);
    }
    let same = skd.post(&of_bob, body(json!(urn(BOB)))).await.expect(StatusCode::OK).json();
    let by_query = skd.post(&of_bob, json!({ "allParties": true })).await.expect(StatusCode::OK).json();
    assert_eq!(same, by_query);
    assert_eq!(same["items"].as_array().map(Vec::len), Some(1));
}

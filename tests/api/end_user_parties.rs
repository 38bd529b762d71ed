//! Whom end users represent, and the services that they may see dialogs of.

use crate::app::{
    ALICE, Actor, BENEFITS, BOB, COMPANY, NAV_NUMBER, SECRET, SIGNING, SKD_NUMBER, SUBMISSION, SYSTEM_USER, TAX,
    TestApp, dialog, organization, person, resource,
};
use crate::get_dialog::hours_from;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{Org, Party};
use dialog_index::{LoadedDialog, NewDialog};
use serde_json::{Value, json};

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const PARTIES: &str = "/api/v1/enduser/parties";
const SERVICES: &str = "/api/v1/enduser/serviceresources";

pub(crate) fn person_urn(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

pub(crate) fn organization_urn(number: &str) -> String {
    format!("urn:altinn:organization:identifier-no:{number}")
}

/// The n-th valid organisation number from some number on.
pub(crate) fn organization_number(n: usize) -> String {
    let valid = |digits: &usize| {
        let weights = [3, 2, 7, 6, 5, 4, 3, 2];
        let text = digits.to_string();
        let sum: usize = text.bytes().map(|it| usize::from(it - b'0')).zip(weights).map(|(a, b)| a * b).sum();
        match (11 - sum % 11) % 11 {
            10 => None,
            check => Some(format!("{digits}{check}")),
        }
    };
    (31_440_000..).filter_map(|digits| valid(&digits)).nth(n).expect("there are enough")
}

/// Changes the register.
pub(crate) async fn register(app: &TestApp, change: impl FnOnce(&mut Value)) {
    let admin = app.service_owner_with(SKD_NUMBER, ADMIN);
    let mut document = admin.get("/api/v1/admin/register").await.expect(StatusCode::OK).json();
    change(&mut document);
    let answer = admin.put("/api/v1/admin/register", document).await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

pub(crate) fn push(document: &mut Value, list: &str, entry: Value) {
    document[list].as_array_mut().expect("a list").push(entry);
}

pub(crate) fn company(number: &str, name: &str, more: Value) -> Value {
    let mut party = json!({
        "urn": organization_urn(number),
        "name": name,
        "uuid": format!("0199d2e6-0000-7000-8000-000{number}"),
        "partyId": number.parse::<u32>().expect("a number"),
    });
    for (member, value) in more.as_object().expect("members") {
        party[member] = value.clone();
    }
    party
}

async fn parties(caller: &Actor<'_>) -> Vec<Value> {
    let answer = caller.get(PARTIES).await.expect(StatusCode::OK).json();
    answer["authorizedParties"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_person_comes_first_and_then_whom_it_represents() {
    let app = TestApp::new();
    let parties = parties(&app.end_user(ALICE)).await;
    let false_flags = |of: &Value| {
        ["hasKeyRole", "isMainAdministrator", "isAccessManager", "hasOnlyAccessToSubParties", "isDeleted"]
            .iter()
            .all(|flag| of[flag] == false)
    };
    assert!(parties.iter().all(false_flags), "{parties:?}");
    let mut alice = json!({
        "party": person_urn(ALICE),
        "partyUuid": "0199d2e6-0000-7000-8000-000000000001",
        "partyId": 50001,
        "name": "Eksempel Alice",
        "dateOfBirth": "1990-02-14",
        "partyType": "Person",
        "isCurrentEndUser": true,
    });
    let mut company = json!({
        "party": organization_urn(COMPANY),
        "partyUuid": "0199d2e6-0000-7000-8000-000000000004",
        "partyId": 50004,
        "name": "Eksempel Bedrift AS",
        "partyType": "Organization",
        "isCurrentEndUser": false,
    });
    for expected in [&mut alice, &mut company] {
        for flag in ["hasKeyRole", "isMainAdministrator", "isAccessManager", "hasOnlyAccessToSubParties", "isDeleted"] {
            expected[flag] = json!(false);
        }
    }
    assert_eq!(parties, [alice, company]);
}

#[tokio::test]
async fn sub_units_are_within_their_main_units() {
    let app = TestApp::new();
    let [main, first, second, other, gone] = [0, 1, 2, 3, 4].map(organization_number);
    register(&app, |document| {
        push(document, "parties", company(&main, "Konsern AS", json!({})));
        push(document, "parties", company(&first, "konsern avd. Ål", json!({ "parent": organization_urn(&main) })));
        push(document, "parties", company(&second, "Konsern avd. Bø", json!({ "parent": organization_urn(&main) })));
        push(document, "parties", company(&other, "Annet konsern AS", json!({})));
        push(
            document,
            "parties",
            company(&gone, "Borte AS", json!({ "parent": organization_urn(&other), "deleted": true })),
        );
        for (id, of) in [("one", &first), ("two", &second), ("three", &gone), ("four", &gone)] {
            let grant = json!({ "id": id, "to": person_urn(BOB), "for": organization_urn(of), "roles": ["DAGL"] });
            push(document, "grants", grant);
        }
        let grant = json!({ "id": "five", "to": person_urn(BOB), "for": organization_urn(&other),
            "instances": [{ "resource": TAX, "ref": "urn:altinn:dialog-id:0199d2e6-0000-7000-8000-0000000000ff" }] });
        push(document, "grants", grant);
    })
    .await;
    let parties = parties(&app.end_user(BOB)).await;
    let shown = |party: &Value| {
        let subs = party["subParties"].as_array().map(|subs| {
            subs.iter().map(|sub| format!("{}{}", sub["name"], if sub["isDeleted"] == true { " deleted" } else { "" }))
        });
        let subs = subs.map(|subs| subs.collect::<Vec<_>>().join(", ")).unwrap_or_default();
        format!("{} {} [{subs}]", party["name"], party["hasOnlyAccessToSubParties"]).replace('"', "")
    };
    assert_eq!(
        parties.iter().map(shown).collect::<Vec<_>>(),
        [
            "Eksempel Bob false []",
            "Annet konsern AS false [Borte AS deleted]",
            "Konsern AS true [Konsern avd. Bø, konsern avd. Ål]",
        ]
    );
    assert!(parties[2]["subParties"][0].get("subParties").is_none());
    assert!(parties[0].get("subParties").is_none());
}

#[tokio::test]
async fn users_are_parties_of_their_own_but_systems_are_not() {
    let app = TestApp::new();
    let of_system = parties(&app.system_user(SYSTEM_USER, COMPANY)).await;
    let urns: Vec<_> = of_system.iter().map(|party| party["party"].clone()).collect();
    assert_eq!(urns, [organization_urn(COMPANY)]);
    assert_eq!(of_system[0]["isCurrentEndUser"], false);
    let powerless = app.system_user("0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b12", COMPANY);
    assert_eq!(powerless.get(PARTIES).await.expect(StatusCode::OK).json(), json!({ "authorizedParties": [] }));

    // The register does not know her.
    let eva = app.email_user("Eva@example.no", 0);
    let of_eva = parties(&eva).await;
    assert_eq!(of_eva.len(), 1);
    assert_eq!(of_eva[0]["party"], "urn:altinn:person:idporten-email:eva@example.no");
    assert_eq!((&of_eva[0]["name"], &of_eva[0]["partyType"]), (&json!("eva@example.no"), &json!("SelfIdentified")));
    assert_eq!(of_eva[0]["isCurrentEndUser"], true);
    assert_eq!(parties(&eva).await, of_eva);
}

#[tokio::test]
async fn parties_are_for_those_who_take_json() {
    let app = TestApp::new();
    let ask = async |caller: Actor<'_>, accept: &str| {
        caller.send(Method::GET, PARTIES, &[("accept", accept)], Body::empty()).await
    };
    let problem = ask(app.end_user(ALICE), "text/html").await.expect(StatusCode::NOT_ACCEPTABLE).json();
    assert_eq!(problem["errors"], json!({ "Accept": ["The request must accept application/json responses."] }));
    ask(app.end_user(ALICE), "text/html, */*;q=0.1").await.expect(StatusCode::OK);
    assert_eq!(ask(app.anonymous(), "text/html").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(app.service_owner(SKD_NUMBER), "text/html").await.status, StatusCode::FORBIDDEN);
}

/// The ids of services, and whether they are said to be all.
async fn services(caller: &Actor<'_>, query: &str) -> (Vec<String>, Option<bool>) {
    let answer = caller.get(&format!("{SERVICES}{query}")).await.expect(StatusCode::OK).json();
    let ids = answer["items"].as_array().expect("a list").iter();
    let ids = ids.map(|it| it["serviceResource"]["id"].as_str().expect("an id").to_owned()).collect();
    (ids, answer.get("isFullCatalogueFallback").map(|it| it == true))
}

fn id(urn: &str) -> String {
    urn.replace("urn:altinn:resource:", "")
}

#[tokio::test]
async fn services_are_those_that_a_visible_dialog_is_about() {
    let app = TestApp::new();
    let (alice, bob) = (app.end_user(ALICE), app.end_user(BOB));
    assert_eq!(alice.get(SERVICES).await.expect(StatusCode::OK).json(), json!({ "items": [] }));
    let now = app.now();
    let of = |urn: &str| NewDialog { service_resource: resource(urn), ..dialog("En") };
    app.holds(of(TAX));
    app.holds(of(SUBMISSION));
    app.holds(NewDialog { visible_from: Some(hours_from(now, 1)), ..of(SIGNING) });
    app.holds(NewDialog { expires_at: Some(hours_from(now, -1)), ..of(SIGNING) });
    app.holds(NewDialog { party: person(BOB), ..of(SECRET) });
    app.holds(NewDialog { party: organization(COMPANY), ..of(SECRET) });
    app.holds(NewDialog { party: organization(COMPANY), ..of(SIGNING) });
    app.holds(NewDialog { org: Org::new("nav"), party: person(BOB), ..of(BENEFITS) });
    let deleted = NewDialog { org: Org::new("nav"), ..of(BENEFITS) };
    let path = format!("/api/v1/serviceowner/dialogs/{}", deleted.id);
    app.holds(deleted);
    app.service_owner(NAV_NUMBER).delete(&path).await.expect(StatusCode::NO_CONTENT);

    // By name. The company has rights to signing, and none to the secret.
    let ([innsending, signering, skatt], none) = ([SUBMISSION, SIGNING, TAX].map(id), Vec::<String>::new());
    assert_eq!(services(&alice, "").await, (vec![innsending.clone(), signering.clone(), skatt.clone()], None));
    let low = app.end_user_at_level(ALICE, "idporten-loa-low");
    assert_eq!(services(&low, "").await.0.len(), 3);
    let own = format!("?party={}", person_urn(ALICE));
    let of_company = format!("?party={}", organization_urn(COMPANY));
    let of_bob = format!("?party={}", person_urn(BOB));
    assert_eq!(services(&alice, &own).await, (vec![innsending, skatt], None));
    assert_eq!(services(&alice, &of_company).await, (vec![signering], None));
    assert_eq!(services(&alice, &of_bob).await, (none.clone(), None));
    assert_eq!(services(&alice, &format!("{own}&{}&{}", &of_company[1..], &of_bob[1..])).await.0.len(), 3);
    assert_eq!(services(&bob, "").await, (vec![id(SECRET), id(BENEFITS)], None));
    // The system may see taxes alone, of which the company has no dialog.
    assert_eq!(services(&app.system_user(SYSTEM_USER, COMPANY), "").await, (none, None));
    app.holds(NewDialog { party: organization(COMPANY), ..of(TAX) });
    assert_eq!(services(&app.system_user(SYSTEM_USER, COMPANY), "").await.0, [id(TAX)]);
    let eva = Party::parse("urn:altinn:person:idporten-email:eva@example.no").expect("a party");
    app.holds(NewDialog { party: eva, ..of(TAX) });
    assert_eq!(services(&app.email_user("eva@example.no", 0), "").await.0, [id(TAX)]);

    // As anyone is told of them, and in the languages asked for.
    let all = app.anonymous().get("/api/v1/metadata/serviceresources").await.json();
    let mine = alice.get(SERVICES).await.json();
    for item in mine["items"].as_array().expect("a list") {
        assert!(all["items"].as_array().expect("a list").contains(item), "{item}");
    }
    let english = alice.send(Method::GET, SERVICES, &[("accept-language", "en")], Body::empty()).await.json();
    assert_eq!(english["items"][0]["serviceOwner"]["name"][0]["value"], "The Norwegian Tax Administration");
    assert_eq!(english["items"][0]["serviceOwner"]["name"].as_array().map(Vec::len), Some(1));
    let bad = alice.send(Method::GET, SERVICES, &[("accept-language", "invalid;;;")], Body::empty()).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn parties_that_cannot_be_read_are_refused() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let refused = async |query: &str| {
        let problem = alice.get(&format!("{SERVICES}?{query}")).await.expect(StatusCode::BAD_REQUEST).json();
        problem["errors"].as_object().expect("errors").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(refused("party=").await, ["Party[0]"]);
    assert_eq!(refused(&format!("party={}&party=%20", person_urn(ALICE))).await, ["Party[1]"]);
    assert_eq!(refused("party=tull&party=urn:altinn:person:identifier-no:14829012334").await, ["Party[0]", "Party[1]"]);
    let many = |count: usize| vec![format!("party={}", person_urn(ALICE)); count].join("&");
    alice.get(&format!("{SERVICES}?{}", many(100))).await.expect(StatusCode::OK);
    assert_eq!(refused(&many(101)).await, ["Party.Count"]);
}

#[tokio::test]
async fn whoever_represents_very_many_is_told_of_all_services() {
    let app = TestApp::new();
    let numbers: Vec<_> = (0..1000).map(|n| organization_number(n + 10)).collect();
    let main = numbers[0].clone();
    register(&app, |document| {
        for number in &numbers {
            let parent = if *number == numbers[999] { json!({ "parent": organization_urn(&main) }) } else { json!({}) };
            push(document, "parties", company(number, "En av mange AS", parent));
        }
        // Bob is a party too.
        for (n, number) in numbers[..999].iter().enumerate() {
            let (id, party) = (format!("many-{n}"), organization_urn(number));
            push(document, "grants", json!({ "id": id, "to": person_urn(BOB), "for": party, "roles": ["DAGL"] }));
        }
    })
    .await;
    app.holds(NewDialog { service_resource: resource(SECRET), ..dialog("Alices") });
    app.holds(NewDialog { party: person(BOB), ..dialog("Bobs") });
    let bob = app.end_user(BOB);
    assert_eq!(services(&bob, "").await, (vec![id(TAX)], None));

    let admin = app.service_owner_with(SKD_NUMBER, ADMIN);
    let grant = json!({ "to": person_urn(BOB), "for": organization_urn(&numbers[999]), "roles": ["DAGL"] });
    admin.put("/api/v1/admin/register/grants/one-more", grant).await.expect(StatusCode::CREATED);
    assert_eq!(services(&bob, "").await, (vec![id(SECRET), id(TAX)], Some(true)));
    assert_eq!(services(&bob, &format!("?party={}", person_urn(BOB))).await, (vec![id(TAX)], None));
}

#[tokio::test]
async fn more_services_than_one_count_names_are_all_told() {
    let app = TestApp::new();
    let name = |n: usize| format!("urn:altinn:resource:mange-{n}");
    register(&app, |document| {
        for n in 0..1001 {
            let rules = json!([{ "subjects": ["urn:altinn:rolecode:priv"], "actions": ["read"] }]);
            let service =
                json!({ "id": name(n), "owner": "skd", "type": "AltinnApp", "name": { "nb": "En" }, "rules": rules });
            push(document, "serviceResources", service);
        }
    })
    .await;
    let loaded = (0..1001).map(|n| {
        let (dialog, label_log) =
            NewDialog { service_resource: resource(&name(n)), ..dialog("En av mange") }.complete(app.now());
        LoadedDialog { dialog, seen_log: Vec::new(), label_log }
    });
    app.dialogs().load(loaded).expect("a load");
    app.dialogs().flush().expect("a flush");
    assert_eq!(services(&app.end_user(ALICE), "").await.0.len(), 1001);
    assert_eq!(services(&app.end_user(BOB), "").await.0.len(), 0);
}

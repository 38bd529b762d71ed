//! Rights from Altinn's services: what holds while they are slow, wrong or gone.

use crate::app::{ALICE, BOB, COMPANY, SYSTEM_USER, TAX, TestApp, dialog, organization, person, resource};
use crate::fake_altinn::{FakeAltinn, Mode, Service, quick_pace};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use dialog_index::domain::{DialogId, EndUserId};
use dialogdex::auth::altinn::{Altinn, Pace};
use dialogdex::auth::caller::AltinnClaims;
use dialogdex::auth::register::{Question, Subject};
use dialogdex::auth::{Authority, User};
use dialogdex::error_chain::ErrorChain;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LIST: &str = "/api/v1/enduser/dialogs?allParties=true";

fn document() -> Value {
    serde_json::from_slice(include_bytes!("register.json")).expect("JSON")
}

/// A service that asks the fake, which holds "Alice's tax" and knows the catalogue already.
async fn asking(fake: &FakeAltinn, pace: Pace) -> (TestApp, DialogId) {
    let app = TestApp::asking(Box::new(Altinn::start(&fake.settings(), pace).expect("it can be asked")));
    let tax = dialog("Alice's tax");
    let id = tax.id;
    app.holds(tax);
    (app, id)
}

async fn knowing() -> (FakeAltinn, TestApp, DialogId) {
    let fake = FakeAltinn::knowing(&document()).await;
    let (app, id) = asking(&fake, quick_pace()).await;
    until(StatusCode::OK, &app, "/api/v1/metadata/serviceresources").await;
    (fake, app, id)
}

/// Asks as Alice until the answer is this one.
async fn until(status: StatusCode, app: &TestApp, path: &str) {
    let begin = Instant::now();
    loop {
        let answer = app.end_user(ALICE).get(path).await;
        if answer.status == status {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{path}: {} {}", answer.status, answer.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn shown(app: &TestApp, who: &str) -> usize {
    let answer = app.end_user(who).get(LIST).await.expect(StatusCode::OK);
    answer.json()["items"].as_array().expect("items").len()
}

#[tokio::test]
async fn dialogs_are_found_and_shown() {
    let (fake, app, id) = knowing().await;
    assert_eq!(shown(&app, ALICE).await, 1);
    assert_eq!(shown(&app, BOB).await, 0);
    let path = format!("/api/v1/enduser/dialogs/{id}");
    let shown = app.end_user(ALICE).get(&path).await.expect(StatusCode::OK).json();
    assert!(shown["seenSinceLastContentUpdate"][0]["seenBy"]["actorName"].is_string(), "{shown}");
    app.end_user(BOB).get(&path).await.expect(StatusCode::FORBIDDEN);
    app.end_user_at_level(ALICE, "idporten-loa-low").get(&path).await.expect(StatusCode::FORBIDDEN);
    let asked = fake.calls(Service::Parties);
    assert_eq!(asked[0], json!({ "type": "urn:altinn:person:identifier-no", "value": ALICE }));
}

#[tokio::test]
async fn a_decision_is_asked_for_as_one_request() {
    let (fake, app, id) = knowing().await;
    app.end_user(ALICE).get(&format!("/api/v1/enduser/dialogs/{id}")).await.expect(StatusCode::OK);
    let asked = fake.calls(Service::Decisions);
    let attribute = |id: &str, value: &str| json!({ "AttributeId": id, "Value": value });
    assert_eq!(
        asked,
        [json!({ "Request": {
            "AccessSubject": [{ "Id": "s1", "Attribute": [attribute("urn:altinn:person:identifier-no", ALICE)] }],
            "Action": [{
                "Id": "a1",
                "Attribute": [attribute("urn:oasis:names:tc:xacml:1.0:action:action-id", "read")],
            }],
            "Resource": [{ "Id": "r1", "Attribute": [
                attribute("urn:altinn:resource", "skd-skattemelding"),
                attribute("urn:altinn:person:identifier-no", ALICE),
                attribute("urn:altinn:resource:instance-id", &format!("urn:altinn:dialog-id:{id}")),
                attribute("urn:altinn:subresource", "main"),
            ] }],
            "MultiRequests": { "RequestReference": [{ "ReferenceId": ["s1", "r1", "a1"] }] },
        } })]
    );
}

#[tokio::test]
async fn parties_are_asked_for_by_those_of_the_search() {
    let (fake, app, _) = knowing().await;
    let path = format!("/api/v1/enduser/dialogs?party=urn:altinn:organization:identifier-no:{COMPANY}");
    app.end_user(ALICE).get(&path).await.expect(StatusCode::OK);
    app.system_user(SYSTEM_USER, COMPANY).get(&path).await.expect(StatusCode::OK);
    let filter = json!([{ "type": "urn:altinn:organization:identifier-no", "value": COMPANY }]);
    let asked = fake.calls(Service::Parties);
    assert_eq!(asked[0]["partyFilter"], filter);
    assert_eq!(asked[1]["type"], "urn:altinn:systemuser:uuid");
    assert_eq!(asked[1]["partyFilter"], Value::Null);
}

/// Who represents very many is not asked about all of them for one dialog.
#[tokio::test]
async fn for_one_dialog_its_party_is_asked_for() {
    let (fake, app, _) = knowing().await;
    let companys = NewDialog { party: organization(COMPANY), ..dialog("The company's tax") };
    let id = companys.id;
    app.holds(companys);
    let path = format!("/api/v1/enduser/dialogs/{id}");
    app.end_user(ALICE).get(&path).await.expect(StatusCode::OK);
    app.end_user(ALICE).get(&format!("{path}/activities")).await.expect(StatusCode::OK);
    app.end_user(BOB).get(&path).await.expect(StatusCode::FORBIDDEN);
    let label = json!({ "addLabels": ["Archive"] });
    app.end_user(ALICE).put(&format!("{path}/context/systemlabels"), label).await.expect(StatusCode::NO_CONTENT);
    let missing = format!("/api/v1/enduser/dialogs/{}", DialogId::new());
    app.end_user(ALICE).get(&missing).await.expect(StatusCode::NOT_FOUND);
    let filter = json!([{ "type": "urn:altinn:organization:identifier-no", "value": COMPANY }]);
    let asked = fake.calls(Service::Parties);
    assert!(!asked.is_empty() && asked.iter().all(|asked| asked["partyFilter"] == filter), "{asked:?}");
}

#[tokio::test]
async fn at_the_start_nothing_is_waited_for() {
    let fake = FakeAltinn::knowing(&document()).await;
    fake.go_away().await;
    let (app, _) = asking(&fake, quick_pace()).await;
    let begin = Instant::now();
    let answer = app.end_user(ALICE).get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    assert_eq!(answer.json()["status"], 502);
    app.service_owner("974761076").get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::BAD_GATEWAY);
    app.anonymous().get("/health/liveness").await.expect(StatusCode::OK);
    fake.come_back().await;
    until(StatusCode::OK, &app, LIST).await;
    assert_eq!(shown(&app, ALICE).await, 1);
}

#[tokio::test]
async fn what_was_said_serves_within_its_limits_while_altinn_is_gone() {
    let (fake, app, id) = knowing().await;
    let path = format!("/api/v1/enduser/dialogs/{id}");
    assert_eq!(shown(&app, ALICE).await, 1);
    app.end_user(ALICE).get(&path).await.expect(StatusCode::OK);
    let last_asked = Instant::now();
    fake.go_away().await;
    // Fresh for 0.4 seconds, usable for 2.5.
    for wait in [0, 600, 600] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let begin = Instant::now();
        assert_eq!(shown(&app, ALICE).await, 1);
        app.end_user(ALICE).get(&path).await.expect(StatusCode::OK);
        assert!(begin.elapsed() < Duration::from_millis(1000), "{:?}", begin.elapsed());
        // Who was never here is told that it cannot be known.
        app.end_user(BOB).get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    }
    tokio::time::sleep(Duration::from_millis(2600).saturating_sub(last_asked.elapsed())).await;
    app.end_user(ALICE).get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    app.end_user(ALICE).get(&path).await.expect(StatusCode::BAD_GATEWAY);
    fake.come_back().await;
    until(StatusCode::OK, &app, &path).await;
    assert_eq!(shown(&app, ALICE).await, 1);
    assert_eq!(shown(&app, BOB).await, 0);
}

#[tokio::test]
async fn a_right_that_is_taken_away_ends_when_it_is_no_longer_fresh() {
    let (fake, app, _) = knowing().await;
    app.holds(NewDialog { party: organization(COMPANY), ..dialog("The company's tax") });
    assert_eq!(shown(&app, ALICE).await, 2);
    let mut without = document();
    without["grants"]
        .as_array_mut()
        .expect("grants")
        .retain(|grant| !grant["to"].as_str().is_some_and(|to| to.ends_with(ALICE)));
    fake.know(&without);
    let begin = Instant::now();
    while shown(&app, ALICE).await == 2 {
        assert!(begin.elapsed() < Duration::from_secs(3));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shown(&app, ALICE).await, 1);
}

#[tokio::test]
async fn a_slow_altinn_is_not_waited_for_longer_than_its_limits() {
    let (fake, app, id) = knowing().await;
    let path = format!("/api/v1/enduser/dialogs/{id}");
    assert_eq!(shown(&app, ALICE).await, 1);
    for service in [Service::Parties, Service::Decisions] {
        fake.set(service, Mode::Slow(Duration::from_secs(60)));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    // With an old answer it is waited for 0.2 seconds, without one for a second.
    let begin = Instant::now();
    assert_eq!(shown(&app, ALICE).await, 1);
    assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
    let begin = Instant::now();
    app.end_user(BOB).get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    assert!(begin.elapsed() < Duration::from_millis(2000), "{:?}", begin.elapsed());
    let begin = Instant::now();
    app.end_user(ALICE).get(&path).await.expect(StatusCode::BAD_GATEWAY);
    assert!(begin.elapsed() < Duration::from_millis(2500), "{:?}", begin.elapsed());
    // Others are not held up meanwhile.
    app.service_owner("974761076").get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::OK);
    for service in [Service::Parties, Service::Decisions] {
        fake.set(service, Mode::Right);
    }
    until(StatusCode::OK, &app, &path).await;
    until(StatusCode::OK, &app, LIST).await;
}

#[tokio::test]
async fn a_late_answer_is_used_when_it_has_come() {
    let (fake, app, _) = knowing().await;
    assert_eq!(shown(&app, ALICE).await, 1);
    fake.know(&{
        let mut without = document();
        without["serviceResources"].as_array_mut().expect("services")[0]["rules"] = json!([]);
        without
    });
    fake.set(Service::Parties, Mode::Slow(Duration::from_millis(500)));
    let begin = Instant::now();
    while shown(&app, ALICE).await == 1 {
        assert!(begin.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_wrong_answer_opens_nothing() {
    let (fake, app, id) = knowing().await;
    let path = format!("/api/v1/enduser/dialogs/{id}");
    for (status, text) in [
        (StatusCode::OK, "[".to_owned()),
        (StatusCode::OK, "{}".to_owned()),
        (StatusCode::OK, "[]".to_owned()),
        (StatusCode::OK, format!(r#"[{{"type":"Robot","personId":"{BOB}"}}]"#)),
        (StatusCode::OK, "null".to_owned()),
        (StatusCode::NO_CONTENT, String::new()),
        (StatusCode::FOUND, String::new()),
        (StatusCode::FORBIDDEN, "[]".to_owned()),
        (StatusCode::INTERNAL_SERVER_ERROR, "[]".to_owned()),
    ] {
        fake.set(Service::Parties, Mode::Saying(status, text));
        app.end_user(BOB).get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    }
    fake.set(Service::Parties, Mode::Right);
    app.end_user(BOB).get(LIST).await.expect(StatusCode::OK);
    for text in ["[", "{}", r#"{"response":null}"#, r#"{"response":[{}]}"#, r#"{"response":[{"decision":1}]}"#] {
        fake.set(Service::Decisions, Mode::Saying(StatusCode::OK, text.to_owned()));
        app.end_user(ALICE).get(&path).await.expect(StatusCode::BAD_GATEWAY);
    }
}

#[tokio::test]
async fn only_a_plain_yes_permits() {
    let fake = FakeAltinn::knowing(&document()).await;
    let altinn = Altinn::start(&fake.settings(), quick_pace()).expect("it can be asked");
    let user =
        |n: u64| User { id: user_id(ALICE), level: 4, altinn: AltinnClaims { user_id: Some(n), party_id: None } };
    let (party, service) = (person(ALICE), resource(TAX));
    let dialog = Subject { id: DialogId::new(), party: &party, resource: &service, labels: &[] };
    let question = |action: &str| Question { action: action.to_owned(), attribute: "main".to_owned() };
    let questions = ["a", "b", "c"].map(question).into();
    let answers = [
        (r#"{"Response":[{"Decision":"Permit"},{"Decision":"Deny"},{"Decision":"Permit"}]}"#, vec!["a", "c"]),
        (r#"{"response":[{"decision":"Indeterminate"},{"decision":"Permit"}]}"#, vec!["b"]),
        (r#"{"response":[{"decision":"permit"},{"decision":"PERMIT"},{"decision":" Permit"}]}"#, vec![]),
        (r#"{"response":[]}"#, vec![]),
    ];
    for (n, (text, permitted)) in answers.into_iter().enumerate() {
        fake.set(Service::Decisions, Mode::Saying(StatusCode::OK, text.to_owned()));
        let decided = altinn.decide(&user(n as u64), dialog, &questions).await.expect("decisions");
        assert_eq!(decided, permitted.into_iter().map(question).collect(), "{text}");
    }
}

#[tokio::test]
async fn those_who_ask_together_are_told_the_same_answer() {
    let (fake, app, _) = knowing().await;
    fake.set(Service::Parties, Mode::Slow(Duration::from_millis(150)));
    let begin = fake.calls(Service::Parties).len();
    let alice = app.end_user(ALICE);
    let (one, other, third) = tokio::join!(alice.get(LIST), alice.get(LIST), alice.get(LIST));
    for answer in [one, other, third] {
        answer.expect(StatusCode::OK);
    }
    assert_eq!(fake.calls(Service::Parties).len(), begin + 1);
}

#[tokio::test]
async fn calls_are_tried_again_and_with_a_new_token() {
    let (fake, app, _) = knowing().await;
    assert_eq!(shown(&app, ALICE).await, 1);
    assert_eq!(fake.calls(Service::Exchange).len(), 1);
    fake.withdraw_tokens();
    assert_eq!(shown(&app, BOB).await, 0);
    assert_eq!(fake.calls(Service::Exchange).len(), 2);
    fake.set(Service::Parties, Mode::Saying(StatusCode::SERVICE_UNAVAILABLE, String::new()));
    let begin = fake.calls(Service::Parties).len();
    app.end_user("05867523660").get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    assert_eq!(fake.calls(Service::Parties).len(), begin + 4);
    fake.set(Service::Parties, Mode::Saying(StatusCode::FORBIDDEN, String::new()));
    app.end_user("05867523660").get(LIST).await.expect(StatusCode::BAD_GATEWAY);
    assert_eq!(fake.calls(Service::Parties).len(), begin + 5);
}

#[tokio::test]
async fn without_policies_there_is_no_catalogue() {
    let fake = FakeAltinn::knowing(&document()).await;
    fake.set(Service::Policies, Mode::Saying(StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    let (app, id) = asking(&fake, quick_pace()).await;
    let path = format!("/api/v1/enduser/dialogs/{id}");
    until(StatusCode::BAD_GATEWAY, &app, LIST).await;
    fake.set(Service::Policies, Mode::Right);
    until(StatusCode::OK, &app, &path).await;
    let substantial = app.end_user_at_level(ALICE, "idporten-loa-substantial");
    substantial.get(&path).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn names_are_asked_for_before_a_body_is_judged() {
    let (fake, app, id) = knowing().await;
    let path = format!("/api/v1/serviceowner/dialogs/{id}/activities");
    let activity = |actor: &str| {
        json!({
            "type": "DialogOpened",
            "performedBy": {
                "actorType": "PartyRepresentative",
                "actorId": format!("urn:altinn:person:identifier-no:{actor}"),
            },
        })
    };
    let owner = app.service_owner("974761076");
    owner.post(&path, activity(BOB)).await.expect(StatusCode::CREATED);
    let asked = fake.calls(Service::Names);
    assert_eq!(asked, [json!({ "data": [format!("urn:altinn:person:identifier-no:{BOB}")] })]);
    // One without a name is no actor, and is asked for again.
    owner.post(&path, activity("24916296424")).await.expect(StatusCode::UNPROCESSABLE_ENTITY);
    fake.go_away().await;
    owner.post(&path, activity(BOB)).await.expect(StatusCode::CREATED);
    owner.post(&path, activity("24916296424")).await.expect(StatusCode::BAD_GATEWAY);
    // What names nobody needs no names.
    let plain = json!({ "type": "Information", "performedBy": { "actorType": "ServiceOwner" }, "description": [{ "value": "x", "languageCode": "nb" }] });
    owner.post(&path, plain).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn the_register_cannot_be_changed_where_it_is_not_asked() {
    let (_fake, app, _) = knowing().await;
    let admin = app.service_owner_with("974761076", "digdir:dialogporten.serviceprovider.admin");
    admin.get("/api/v1/admin/register").await.expect(StatusCode::NOT_FOUND);
    admin.put("/api/v1/admin/register", document()).await.expect(StatusCode::NOT_FOUND);
    admin.delete("/api/v1/admin/register/grants/x").await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn secrets_and_people_are_not_told() {
    let fake = FakeAltinn::knowing(&document()).await;
    let altinn = Altinn::start(&fake.settings(), quick_pace()).expect("it can be asked");
    let user = User { id: user_id(BOB), level: 4, altinn: AltinnClaims::default() };
    let mut told = String::new();
    let begin = Instant::now();
    while altinn.rights_of(&user, &[]).await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let other = User { level: 3, id: user_id(ALICE), ..user.clone() };
    for (status, text) in [
        (StatusCode::OK, format!(r#"[{{"type":"{BOB}"}}]"#)),
        (StatusCode::OK, format!(r#""{BOB}""#)),
        (StatusCode::INTERNAL_SERVER_ERROR, BOB.to_owned()),
    ] {
        fake.set(Service::Parties, Mode::Saying(status, text));
        let error = altinn.rights_of(&other, &[]).await.expect_err("a wrong answer");
        told += &format!("{error:?} {}", ErrorChain(&error));
    }
    fake.go_away().await;
    let error = altinn.rights_of(&other, &[]).await.expect_err("no answer");
    told += &format!("{error:?} {}", ErrorChain(&error));
    told += &format!("{altinn:?} {:?} {user:?}", fake.settings());
    for secret in fake.secrets().iter().map(String::as_str).chain([ALICE, BOB]) {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
}

fn user_id(number: &str) -> EndUserId {
    EndUserId::person(number).expect("a person")
}

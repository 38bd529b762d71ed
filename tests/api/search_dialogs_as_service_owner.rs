use crate::app::{
    ALICE, Actor, BENEFITS, BOB, COMPANY, NAV_NUMBER, SKD_NUMBER, TAX, TestApp, dialog, organization, person, resource,
    text,
};
use axum::http::StatusCode;
use dialog_index::domain::{Actor as ActorOf, EndUserId, Org, SeenEntry, ServiceOwnerLabel, Timestamp};
use dialog_index::{AuthorizedScope, Loaded, LoadedDialog, NewDialog};
use serde_json::{Value, json};
use uuid::Uuid;

const PATH: &str = "/api/v1/serviceowner/dialogs";
const HOUR: i64 = 3_600_000_000;

async fn page(caller: &Actor<'_>, query: &str) -> Value {
    caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::OK).json()
}

async fn assert_shows(caller: &Actor<'_>, query: &str, expected: &[&str]) {
    let page = page(caller, query).await;
    let items = page["items"].as_array().expect("items");
    let title = |item: &Value| item["content"]["title"]["value"][0]["value"].as_str().expect("a title").to_owned();
    let mut titles: Vec<_> = items.iter().map(title).collect();
    titles.sort_unstable();
    assert_eq!(titles, expected, "{query}");
}

async fn assert_refused(caller: &Actor<'_>, query: &str, key: &str) {
    let problem = caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::BAD_REQUEST).json();
    let found: Vec<_> = problem["errors"].as_object().expect("errors").keys().collect();
    assert_eq!(found, [key], "{query}");
}

fn party(number: &str) -> String {
    format!("party=urn:altinn:person:identifier-no:{number}")
}

fn for_user(number: &str) -> String {
    format!("endUserId=urn:altinn:person:identifier-no:{number}")
}

fn hours_from_now(app: &TestApp, hours: i64) -> Timestamp {
    Timestamp::from_micros(app.now().as_micros() + hours * HOUR)
}

fn labels(labels: &[&str]) -> Vec<ServiceOwnerLabel> {
    labels.iter().map(|label| ServiceOwnerLabel::parse(label).expect("a label")).collect()
}

#[tokio::test]
async fn owners_see_their_own_whatever_its_time() {
    let app = TestApp::new();
    app.holds(dialog("Alice"));
    app.holds(NewDialog { party: person(BOB), ..dialog("Bob") });
    app.holds(NewDialog { visible_from: Some(hours_from_now(&app, 2)), ..dialog("Future") });
    app.holds(NewDialog { expires_at: Some(hours_from_now(&app, -1)), ..dialog("Past") });
    app.holds(NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..dialog("Benefits") });
    let skd = app.service_owner(SKD_NUMBER);
    assert_shows(&skd, "", &["Alice", "Bob", "Future", "Past"]).await;
    assert_shows(&skd, "org=nav", &["Alice", "Bob", "Future", "Past"]).await;
    assert_shows(&skd, &party(BOB), &["Bob"]).await;
    assert_shows(&skd, &format!("serviceResource={BENEFITS}"), &[]).await;
    assert_shows(&skd, "deleted=Only", &[]).await;
    assert_shows(&app.service_owner(NAV_NUMBER), "", &["Benefits"]).await;
    let admin = app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    assert_shows(&admin, "", &["Alice", "Bob", "Future", "Past"]).await;
}

#[tokio::test]
async fn deleted_dialogs_are_shown_when_asked_for() {
    let app = TestApp::new();
    app.holds(dialog("Live"));
    let (mut deleted, label_log) = dialog("Deleted").complete(app.now());
    deleted.deleted_at = Some(app.now());
    let stored = app.dialogs().load(vec![LoadedDialog { dialog: deleted, seen_log: Vec::new(), label_log }]);
    assert!(matches!(stored.expect("a store").as_slice(), [Ok(Loaded::Stored)]));
    app.dialogs().flush().expect("an index");
    let skd = app.service_owner(SKD_NUMBER);
    for user in [String::new(), format!("&allParties=true&{}", for_user(ALICE))] {
        assert_shows(&skd, &user, &["Live"]).await;
        assert_shows(&skd, &format!("deleted=exclude{user}"), &["Live"]).await;
        assert_shows(&skd, &format!("deleted=Include{user}"), &["Deleted", "Live"]).await;
        assert_shows(&skd, &format!("deleted=only{user}"), &["Deleted"]).await;
    }
    assert!(page(&skd, "deleted=Only").await["items"][0].get("deletedAt").is_some());
    let alice =
        app.end_user(ALICE).get("/api/v1/enduser/dialogs?allParties=true&deleted=Include&totalCount=true").await;
    assert_eq!(alice.expect(StatusCode::OK).json()["totalCount"], 1);
}

#[tokio::test]
async fn visible_from_is_compared_as_documented() {
    let app = TestApp::new();
    app.holds(dialog("Always"));
    app.holds(NewDialog { visible_from: Some(hours_from_now(&app, 2)), ..dialog("Soon") });
    app.holds(NewDialog { visible_from: Some(hours_from_now(&app, 4)), ..dialog("Later") });
    let skd = app.service_owner(SKD_NUMBER);
    let at = hours_from_now(&app, 3);
    for user in [String::new(), format!("&allParties=true&{}", for_user(ALICE))] {
        assert_shows(&skd, &format!("visibleAfter={at}{user}"), &["Later"]).await;
        assert_shows(&skd, &format!("visibleBefore={at}{user}"), &["Soon"]).await;
    }
}

#[tokio::test]
async fn with_a_user_the_owner_sees_what_both_may_see() {
    let app = TestApp::new();
    app.holds(dialog("Alice"));
    app.holds(NewDialog { party: organization(COMPANY), ..dialog("Company") });
    app.holds(NewDialog { party: person(BOB), ..dialog("Bob") });
    app.holds(NewDialog { visible_from: Some(hours_from_now(&app, 2)), ..dialog("Future") });
    app.holds(NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..dialog("Benefits") });
    let skd = app.service_owner(SKD_NUMBER);
    let alice = for_user(ALICE);
    assert_shows(&skd, &format!("{alice}&allParties=true"), &["Alice", "Company", "Future"]).await;
    assert_shows(&skd, &format!("{alice}&{}", party(ALICE)), &["Alice", "Future"]).await;
    assert_shows(&skd, &format!("{alice}&{}", party(BOB)), &[]).await;
    assert_shows(&skd, &format!("{alice}&serviceResource={TAX}"), &["Alice", "Company", "Future"]).await;
    assert_shows(&skd, &format!("{alice}&{}&search=future", party(ALICE)), &["Future"]).await;
    assert_shows(&app.service_owner(NAV_NUMBER), &format!("{alice}&{}", party(ALICE)), &["Benefits"]).await;
    assert_refused(&skd, &alice, "").await;
    assert_refused(&skd, "endUserId=urn:altinn:person:identifier-no:1&allParties=true", "EndUserId").await;
    assert_refused(&skd, &format!("endUserId={ALICE}&allParties=true"), "endUserId").await;
    assert_refused(&skd, &format!("endUserId=urn:altinn:other:{ALICE}&allParties=true"), "endUserId").await;
}

/// Without a user, the text is looked for in all that the owner owns, and in nothing else.
#[tokio::test]
async fn an_owner_finds_words_in_all_its_dialogs() {
    let app = TestApp::new();
    app.holds(dialog("Alice's letter"));
    app.holds(NewDialog { party: person(BOB), ..dialog("Bob's letter") });
    app.holds(NewDialog { party: organization(COMPANY), ..dialog("Company's invoice") });
    app.holds(NewDialog { visible_from: Some(hours_from_now(&app, 2)), ..dialog("Future letter") });
    let titled = NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..dialog("Nav's letter") };
    app.holds(titled);
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    assert_shows(&skd, "search=letter", &["Alice's letter", "Bob's letter", "Future letter"]).await;
    assert_shows(&skd, &format!("search=letter&{}", party(BOB)), &["Bob's letter"]).await;
    assert_shows(&skd, "search=nav", &[]).await;
    assert_shows(&nav, "search=letter", &["Nav's letter"]).await;
    let counted = page(&skd, "search=letter&totalCount=true&facet=party&facet=org").await;
    assert_eq!(counted["totalCount"], 3);
    assert_eq!(counted["facets"]["org"]["values"], json!([{ "value": "skd", "count": 3 }]));
    assert_eq!(counted["facets"]["party"]["values"].as_array().map(Vec::len), Some(2));
    assert_refused(&skd, "search=ab", "search").await;
}

#[tokio::test]
async fn owners_are_told_more_than_users() {
    let app = TestApp::new();
    let mut tax = dialog("Tax of Alice");
    let content = tax.content.as_mut().expect("content");
    content.non_sensitive_title = Some(text("Tax"));
    tax.service_owner_labels = labels(&["case-1", "team-a"]);
    let visible_from = hours_from_now(&app, 1);
    tax.visible_from = Some(visible_from);
    let id = tax.id;
    let revision = app.holds(tax);
    let person = format!("urn:altinn:person:identifier-no:{ALICE}");
    let entry = SeenEntry {
        id: Uuid::now_v7(),
        seen_at: hours_from_now(&app, 2),
        seen_by: ActorOf::Identified { id: EndUserId::parse(&person).expect("a person").into(), name: None },
        is_via_service_owner: true,
    };
    app.dialogs().mark_seen(&AuthorizedScope::owned_by(Org::new("skd")), id, entry).expect("a seen dialog");

    let skd = app.service_owner(SKD_NUMBER);
    for (query, is_user) in [(String::new(), false), (format!("allParties=true&{}", for_user(ALICE)), true)] {
        let page = page(&skd, &query).await;
        let item = &page["items"][0];
        assert_eq!(item["revision"], revision.to_string());
        assert_eq!(item["visibleFrom"], visible_from.to_string());
        assert_eq!(
            item["serviceOwnerContext"]["serviceOwnerLabels"],
            json!([{ "value": "case-1" }, { "value": "team-a" }])
        );
        assert!(item.get("expiresAt").is_none() && item.get("deletedAt").is_none(), "{item}");
        // The service asks for a level, and lists of owners are read at none.
        assert_eq!(item["content"]["title"]["value"][0]["value"], "Tax");
        let seen = &item["seenSinceLastContentUpdate"][0];
        assert_eq!(seen["seenBy"]["actorId"], person);
        assert_eq!((&seen["isCurrentEndUser"], &seen["isViaServiceOwner"]), (&json!(is_user), &json!(true)));
    }
}

#[tokio::test]
async fn labels_are_found_whole_or_by_their_beginning() {
    let app = TestApp::new();
    app.holds(NewDialog { service_owner_labels: labels(&["case-1", "team_a"]), ..dialog("One") });
    app.holds(NewDialog { service_owner_labels: labels(&["case-2"]), ..dialog("Two") });
    let skd = app.service_owner(SKD_NUMBER);
    for (query, expected) in [
        ("serviceOwnerLabels=CASE-1", &["One"][..]),
        ("serviceOwnerLabels=case-*", &["One", "Two"]),
        ("serviceOwnerLabels=case-*&serviceOwnerLabels=team_a", &["One"]),
        ("serviceOwnerLabels=case", &[]),
        ("serviceOwnerLabels=c_se-*", &[]),
        ("serviceOwnerLabels=%25ase*", &[]),
    ] {
        assert_shows(&skd, query, expected).await;
    }
    assert_refused(&skd, "serviceOwnerLabels=ca*-1", "serviceOwnerLabels[0]").await;
    let counted = page(&skd, "facet=serviceOwnerLabel&facetLimit=2").await;
    assert_eq!(
        counted["facets"]["serviceOwnerLabel"],
        json!({ "values": [{ "value": "case-1", "count": 1 }, { "value": "case-2", "count": 1 }], "otherCount": 1 })
    );
}

#[tokio::test]
async fn lists_have_limits_that_depend_on_whose_they_are() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let many = |parameter: &str, count| vec![parameter; count].join("&");
    let alice = for_user(ALICE);
    for (parameter, limit, limit_for_user) in
        [(party(ALICE).as_str(), 20, 100), ("serviceResource=a", 20, 20), ("extendedStatus=a", 20, 20)]
    {
        let key = format!("{}.Count", parameter.split_once('=').expect("a parameter").0);
        page(&skd, &many(parameter, limit)).await;
        assert_refused(&skd, &many(parameter, limit + 1), &key).await;
        page(&skd, &format!("allParties=true&{alice}&{}", many(parameter, limit_for_user))).await;
        let too_many = format!("allParties=true&{alice}&{}", many(parameter, limit_for_user + 1));
        assert_refused(&skd, &too_many, &key).await;
    }
}

#[tokio::test]
async fn hostile_queries_are_refused() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let long = "a".repeat(60_000);
    for query in [
        "party=%00",
        "serviceOwnerLabels=%ff",
        "deleted=maybe",
        "deleted=Only&deleted=Include",
        "endUserId=",
        "endUserId=%ff",
        &format!("endUserId={long}"),
        &format!("serviceOwnerLabels={long}"),
        &format!("{}&{}", for_user(ALICE), for_user(BOB)),
        &"serviceOwnerLabels=*&".repeat(2_500),
        "visibleAfter=2026-01-02&visibleBefore=2026-01-01",
    ] {
        let answer = skd.get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query:.100}: {}", answer.text());
    }
}

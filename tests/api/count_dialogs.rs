use crate::app::{ALICE, Actor, BENEFITS, BOB, COMPANY, SECRET, TAX, TestApp, dialog, organization, person, resource};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use dialog_index::domain::{DialogStatus, Org, ServiceOwnerLabel, SystemLabel, Timestamp};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/enduser/dialogs/facets";

async fn counts(caller: &Actor<'_>, query: &str) -> Value {
    caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::OK).json()
}

/// Four dialogs that Alice may see and two that she may not.
fn holding_dialogs() -> TestApp {
    let app = TestApp::new();
    let year = |year: i64| Some(Timestamp::from_micros((year - 1970) * 31_556_952_000_000 + 86_400_000_000 * 30));
    let label = |label| ServiceOwnerLabel::parse(label).expect("a label");
    app.holds(NewDialog {
        status: DialogStatus::Completed,
        extended_status: Some("Paid".to_owned()),
        process: Some("urn:process:1".to_owned()),
        created_at: year(2024),
        updated_at: year(2024),
        service_owner_labels: vec![label("hidden-from-users")],
        ..dialog("Paid tax")
    });
    app.holds(NewDialog { status: DialogStatus::Draft, system_label: SystemLabel::Bin, ..dialog("Draft") });
    app.holds(NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..dialog("Benefits") });
    app.holds(NewDialog { party: organization(COMPANY), status: DialogStatus::Draft, ..dialog("Company's tax") });
    app.holds(NewDialog { party: person(BOB), ..dialog("Bob's tax") });
    app.holds(NewDialog { party: organization(COMPANY), service_resource: resource(SECRET), ..dialog("Secret") });
    app
}

fn facet(values: &[(&str, u64)], other_count: u64) -> Value {
    let values: Vec<_> = values.iter().map(|(value, count)| json!({ "value": value, "count": count })).collect();
    json!({ "values": values, "otherCount": other_count })
}

#[tokio::test]
async fn facets_count_what_the_caller_may_see() {
    let app = holding_dialogs();
    let alice = format!("urn:altinn:person:identifier-no:{ALICE}");
    let company = format!("urn:altinn:organization:identifier-no:{COMPANY}");
    for (field, expected) in [
        ("status", facet(&[("Draft", 2), ("Completed", 1), ("NotApplicable", 1)], 0)),
        ("systemLabel", facet(&[("Default", 3), ("Bin", 1)], 0)),
        ("org", facet(&[("skd", 3), ("nav", 1)], 0)),
        ("serviceResource", facet(&[(TAX, 3), (BENEFITS, 1)], 0)),
        ("party", facet(&[(&alice, 3), (&company, 1)], 0)),
        ("extendedStatus", facet(&[("Paid", 1)], 0)),
        ("process", facet(&[("urn:process:1", 1)], 0)),
    ] {
        let counts = counts(&app.end_user(ALICE), &format!("allParties=true&facet={field}")).await;
        assert_eq!(counts, json!({ "totalCount": 4, "facets": { field: expected } }));
    }
}

#[tokio::test]
async fn years_and_seen_are_values_too() {
    let app = holding_dialogs();
    let query =
        "allParties=true&facet=contentUpdatedYear&contentUpdatedBefore=2025-01-01T00:00:00Z&facet=isContentSeen";
    let counts = counts(&app.end_user(ALICE), query).await;
    assert_eq!(counts["totalCount"], 1);
    // Dialogs from before December 2025 count as seen.
    assert_eq!(counts["facets"]["isContentSeen"], facet(&[("true", 1)], 0));
    let years = counts["facets"]["contentUpdatedYear"]["values"].as_array().expect("values");
    assert!(years.contains(&json!({ "value": "2024", "count": 1 })), "{years:?}");
}

#[tokio::test]
async fn a_facet_ignores_its_own_filter_and_obeys_the_others() {
    let app = holding_dialogs();
    let alice = app.end_user(ALICE);
    let query = "allParties=true&facet=status&facet=org&status=Draft&org=skd&facetLimit=1";
    assert_eq!(
        counts(&alice, query).await,
        json!({
            "totalCount": 2,
            "facets": { "status": facet(&[("Draft", 2)], 1), "org": facet(&[("skd", 2)], 0) },
        })
    );
    let query = format!("party=urn:altinn:person:identifier-no:{BOB}&facet=party&facet=org");
    let counts = counts(&alice, &query).await;
    assert_eq!((&counts["totalCount"], &counts["facets"]["org"]), (&json!(0), &facet(&[], 0)));
    let parties = counts["facets"]["party"].to_string();
    assert!(!parties.contains(BOB) && parties.contains(ALICE), "{parties}");
}

#[tokio::test]
async fn without_facets_the_total_is_told() {
    let app = holding_dialogs();
    assert_eq!(
        counts(&app.end_user(ALICE), "allParties=true&search=tax").await,
        json!({ "totalCount": 2, "facets": {} })
    );
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let app = TestApp::new();
    for (query, key) in [
        ("", ""),
        ("allParties=true&facet=serviceOwnerLabel", "facet"),
        ("allParties=true&facet=title", "facet"),
        ("allParties=true&facet=status&facetLimit=0", "FacetLimit"),
        ("allParties=true&createdAfter=today", "createdAfter"),
    ] {
        let problem = app.end_user(ALICE).get(&format!("{PATH}?{query}")).await.expect(StatusCode::BAD_REQUEST).json();
        let keys: Vec<_> = problem["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(keys, [key], "{query}");
    }
}

//! What operators are told in numbers.

use crate::app::{ALICE, SKD_NUMBER, TAX, TestApp, USUAL_RULES, dialog};
use crate::commands::{Running, settings};
use crate::fake_issuer::FakeIssuer;
use axum::http::StatusCode;
use dialogdex::app::{HttpRules, Maintenance};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const METRICS: &str = "/metrics";

/// The value of a series as it is written, e.g. `dialogdex_tail_rows` or `x_total{operation="y"}`.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().expect("a number"))
}

async fn told(app: &TestApp) -> String {
    let answer = app.anonymous().get(METRICS).await.expect(StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    answer.text()
}

/// What requests of every kind leave behind.
async fn used() -> (TestApp, String) {
    let app = TestApp::new();
    app.holds(dialog("Skattemelding"));
    let search = format!("/api/v1/enduser/dialogs?serviceResource={TAX}");
    for _ in 0..2 {
        app.end_user(ALICE).get(&search).await.expect(StatusCode::OK);
    }
    app.end_user(ALICE).get("/api/v1/enduser/dialogs/facets?allParties=true").await.expect(StatusCode::OK);
    app.service_owner(SKD_NUMBER).get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::OK);
    app.end_user(ALICE).get("/api/v1/enduser/dialogs").await.expect(StatusCode::BAD_REQUEST);
    app.anonymous().get(&search).await.expect(StatusCode::UNAUTHORIZED);
    app.anonymous().get(&format!("/nowhere/{ALICE}")).await.expect(StatusCode::NOT_FOUND);
    app.anonymous().delete("/health").await;
    app.service_owner(SKD_NUMBER).post("/api/v1/serviceowner/dialogs", json!({})).await;
    let text = told(&app).await;
    (app, text)
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_status() {
    let (_app, text) = used().await;
    let requests = |operation: &str, status: &str| {
        let series = format!("dialogdex_http_requests_total{{operation=\"{operation}\",status=\"{status}\"}}");
        value(&text, &series)
    };
    assert_eq!(requests("SearchDialogs", "200"), Some(2.0), "{text}");
    assert_eq!(requests("SearchDialogs", "400"), Some(1.0));
    assert_eq!(requests("SearchDialogs", "401"), Some(1.0));
    assert_eq!(requests("ServiceOwnerSearchDialogs", "200"), Some(1.0));
    assert_eq!(requests("CreateDialog", "400"), Some(1.0));
    assert_eq!(requests("none", "404"), Some(1.0));
    assert_eq!(requests("none", "405"), Some(1.0));
    assert_eq!(value(&text, "dialogdex_http_request_duration_seconds_count{operation=\"SearchDialogs\"}"), Some(4.0));
    let last = "dialogdex_http_request_duration_seconds_bucket{le=\"+Inf\",operation=\"SearchDialogs\"}";
    assert_eq!(value(&text, last), Some(4.0), "{text}");
}

#[tokio::test]
async fn searches_writes_and_caches_are_counted() {
    let (app, text) = used().await;
    let searches = |text: &str| -> f64 {
        let count =
            |driver: &str| value(text, &format!("dialogdex_search_duration_seconds_count{{driver=\"{driver}\"}}"));
        ["scan", "parties", "filter", "text"].iter().map(|driver| count(driver).expect("each way")).sum()
    };
    assert_eq!(searches(&text), 4.0, "{text}");
    assert_eq!(value(&text, "dialogdex_search_waiting_seconds_count"), Some(4.0));
    // The register was stored and a dialog.
    assert_eq!(value(&text, "dialogdex_write_operations_total"), Some(2.0));
    assert!(value(&text, "dialogdex_write_seconds_total").expect("a time") > 0.0);
    assert_eq!(value(&text, "dialogdex_writes_under_way"), Some(0.0));
    assert_eq!(value(&text, "dialogdex_writing_stopped"), Some(0.0));
    let cache = |cache: &str, outcome: &str| {
        let series = format!("dialogdex_cache_requests_total{{cache=\"{cache}\",outcome=\"{outcome}\"}}");
        value(&text, &series).expect("the cache")
    };
    assert_eq!((cache("items", "hit"), cache("items", "miss")), (2.0, 1.0));
    assert_eq!((cache("rights", "hit"), cache("rights", "miss")), (2.0, 1.0));
    assert!(cache("tokens", "miss") >= 1.0);
    let in_tail = value(&text, "dialogdex_tail_rows").expect("the tail");
    let in_segments = value(&text, "dialogdex_index_documents").expect("the index");
    assert_eq!(in_tail + in_segments, 1.0);
    app.dialogs().flush().expect("committed");
    let text = told(&app).await;
    assert_eq!(value(&text, "dialogdex_tail_rows"), Some(0.0));
    assert_eq!(value(&text, "dialogdex_index_documents"), Some(1.0));
    assert_eq!(value(&text, "dialogdex_index_waiting_bytes"), Some(0.0));
}

#[tokio::test]
async fn names_and_labels_are_of_the_program_alone() {
    let (_app, text) = used().await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains(ALICE) && !text.contains("urn:") && !text.contains('/'), "{text}");
    let mut kinds = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a name and a kind");
        assert!(name.starts_with("dialogdex_"), "{name}");
        assert!(kinds.insert(name, kind).is_none(), "{name} is there twice");
    }
    let labels: BTreeSet<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split(['{', ',']).skip(1).filter_map(|label| Some(label.split_once("=\"")?.0)))
        .collect();
    assert_eq!(labels, BTreeSet::from(["cache", "driver", "le", "operation", "outcome", "status", "version", "work"]));
}

#[tokio::test]
async fn every_metric_of_the_dashboard_exists() {
    let (_app, text) = used().await;
    let known = known_names(&text);
    let dashboard: Value = serde_json::from_str(include_str!("../../docs/grafana-dashboard.json")).expect("JSON");
    let mut used = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let targets = panel["targets"].as_array();
        assert!(targets.is_some() || panel["type"] == "row", "{panel}");
        for target in targets.into_iter().flatten() {
            let names = metric_names(target["expr"].as_str().expect("a query"));
            assert!(!names.is_empty(), "{target}");
            used.extend(names);
        }
    }
    used.extend(metric_names(&dashboard["templating"].to_string()));
    assert_eq!(used.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(used.len() > 15, "{used:?}");
    // All that is told is shown somewhere.
    let shown = |name: &str| used.iter().any(|used| used.starts_with(name));
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    assert_eq!(kinds.filter(|name| !shown(name)).collect::<Vec<_>>(), [""; 0]);
    assert!(!known.contains("dialogdex_tail_row") && !known.contains("dialogdex_http_requests"));
}

/// The names that series of these metrics have.
fn known_names(text: &str) -> BTreeSet<String> {
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let names = kinds.flat_map(|(name, kind)| {
        let ends: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            "info" => &["_info"],
            _ => &[""],
        };
        ends.iter().map(move |end| format!("{name}{end}"))
    });
    names.collect()
}

fn metric_names(query: &str) -> BTreeSet<String> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("dialogdex_")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_closed_service_still_tells() {
    let closed = TestApp::with_rules(HttpRules { maintenance: Some(Maintenance { retry_at: None }), ..USUAL_RULES });
    closed.anonymous().get("/health").await.expect(StatusCode::SERVICE_UNAVAILABLE);
    let text = told(&closed).await;
    assert_eq!(value(&text, "dialogdex_http_requests_total{operation=\"GetHealth\",status=\"503\"}"), Some(1.0));
}

#[tokio::test]
async fn metrics_may_have_an_address_of_their_own() {
    let elsewhere = TestApp::with_rules(HttpRules { tells_metrics: false, ..USUAL_RULES });
    elsewhere.anonymous().get(METRICS).await.expect(StatusCode::NOT_FOUND);

    let issuer = FakeIssuer::publishing(json!({ "keys": [] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let text = std::fs::read_to_string(&settings).expect("the settings") + &format!("[metrics]\nlisten = \"{free}\"\n");
    std::fs::write(&settings, text).expect("a file");
    let service = Running::start(&["serve", "--config", &settings]);
    let get = |url: String| async move { reqwest::get(url).await.expect("an answer") };
    assert_eq!(get(format!("http://{}{METRICS}", service.address)).await.status(), 404);
    assert_eq!(get(format!("http://{free}/health")).await.status(), 404);
    let told = get(format!("http://{free}{METRICS}")).await;
    assert_eq!(told.status(), 200);
    let told = told.text().await.expect("a text");
    let upstream = "dialogdex_upstream_calls_total{upstream=\"issuer fake\",outcome=\"answered\"}";
    assert!(value(&told, upstream).is_some(), "{told}");
    assert_eq!(value(&told, "dialogdex_http_requests_total{operation=\"none\",status=\"404\"}"), Some(1.0));
}

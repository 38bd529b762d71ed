//! What every answer has in common when something is wrong.

use crate::app::{TestApp, USUAL_RULES};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::Timestamp;
use dialogdex::app::{HttpRules, Maintenance};
use serde_json::json;
use std::time::Duration;

fn rules() -> HttpRules {
    HttpRules { max_body_bytes: 1000, request_timeout: Duration::from_secs(30), maintenance: None, ..USUAL_RULES }
}

#[tokio::test]
async fn an_unknown_route_is_a_problem() {
    let app = TestApp::new();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = [("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = app.anonymous().send(Method::GET, "/api/v1/nothing?party=secret", &headers, Body::empty()).await;
    assert_eq!(answer.header("content-type"), "application/problem+json; charset=utf-8");
    let mut problem = answer.expect(StatusCode::NOT_FOUND).json();
    let trace_id = problem["traceId"].take();
    let trace_id = trace_id.as_str().expect("a trace id");
    assert!(trace_id.starts_with(&format!("00-{trace}-")) && trace_id.ends_with("-00"), "{trace_id}");
    assert_eq!(
        problem,
        json!({
            "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.4",
            "title": "Resource not found.",
            "status": 404,
            "instance": "/api/v1/nothing",
            "traceId": null,
        })
    );
}

#[tokio::test]
async fn members_of_a_problem_are_in_order() {
    let app = TestApp::new();
    let body = app.anonymous().get("/api/v1/nothing").await.text();
    let order: Vec<_> = ["\"type\"", "\"title\"", "\"status\"", "\"instance\"", "\"traceId\""]
        .iter()
        .map(|member| body.find(member).expect("the member"))
        .collect();
    assert!(order.is_sorted(), "{body}");
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
    let app = TestApp::new();
    let answer = app.anonymous().delete("/api/v1/metadata/limits").await.expect(StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "GET,HEAD");
    assert_eq!(answer.json()["title"], "Method not allowed.");
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused() {
    let app = TestApp::with_rules(rules());
    let length = [("content-length", "1001")];
    let answer = app.anonymous().send(Method::POST, "/api/v1/anything", &length, Body::empty()).await;
    let problem = answer.expect(StatusCode::PAYLOAD_TOO_LARGE).json();
    assert_eq!(problem["title"], "Payload too large. The maximum allowed size is 1000 bytes.");
    assert_eq!(problem["type"], "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.11");
}

#[tokio::test]
async fn maintenance_closes_every_path() {
    let reopening = Timestamp::from_micros(1_785_000_000_000_000);
    for (retry_at, retry_after) in [(None, None), (Some(reopening), Some("Sat, 25 Jul 2026 17:20:00 GMT"))] {
        let app = TestApp::with_rules(HttpRules { maintenance: Some(Maintenance { retry_at }), ..rules() });
        for path in ["/api/v1/enduser/dialogs", "/api/v1/metadata/limits", "/health", "/nothing", "/swagger/"] {
            let answer = app.anonymous().get(path).await.expect(StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.text(), "Service Unavailable");
            assert_eq!(answer.header("content-type"), "text/plain");
            let given = answer.headers.get("retry-after").map(|value| value.to_str().expect("a text"));
            assert_eq!(given, retry_after, "{path}");
        }
    }
}

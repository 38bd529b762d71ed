//! What is refused before any work is done for it, and who may call from elsewhere.

use crate::app::{ALICE, Answer, BOB, NAV_NUMBER, SKD_NUMBER, TestApp, USUAL_RULES, dialog};
use crate::fake_altinn::{FakeAltinn, Mode, Service, quick_pace};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use dialogdex::app::{App, HttpRules, Origins, Rate};
use dialogdex::auth::altinn::Altinn;
use hyper::body::Frame;
use serde_json::{Value, json};
use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

const LIMITS: &str = "/api/v1/metadata/limits";
const BULK: &str = "/api/v1/index/dialogs/bulk";

fn delete_path() -> String {
    format!("/api/v1/index/dialogs/{}", Uuid::now_v7())
}

#[track_caller]
fn assert_problem(answer: Answer, status: StatusCode, title: &str) -> Value {
    let problem = answer.expect(status).json();
    assert_eq!((&problem["title"], &problem["status"]), (&json!(title), &json!(status.as_u16())), "{problem}");
    assert!(problem["traceId"].is_string(), "{problem}");
    problem
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let rules = HttpRules { max_url_bytes: 1_100, max_header_bytes: 1_500, max_query_parameters: 3, ..USUAL_RULES };
    let app = TestApp::with_rules(rules);
    let path_of = |bytes: usize| format!("{LIMITS}?x={}", "y".repeat(bytes - LIMITS.len() - 3));
    app.anonymous().get(&path_of(1_100)).await.expect(StatusCode::OK);
    let title = "URL too long. The maximum allowed length of path and query is 1100 bytes.";
    assert_problem(app.anonymous().get(&path_of(1_101)).await, StatusCode::URI_TOO_LONG, title);

    let with_header = async |bytes: usize| {
        let value = "y".repeat(bytes - "x-long".len() - 4);
        app.anonymous().send(Method::GET, LIMITS, &[("x-long", &value)], Body::empty()).await
    };
    with_header(1_500).await.expect(StatusCode::OK);
    let title = "Headers too large. The maximum allowed size is 1500 bytes.";
    assert_problem(with_header(1_501).await, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, title);

    app.anonymous().get(&format!("{LIMITS}?a=1&b=2&&c")).await.expect(StatusCode::OK);
    let refused =
        app.anonymous().get(&format!("{LIMITS}?a=1&a=2&a=3&a=4")).await.expect(StatusCode::BAD_REQUEST).json();
    assert_eq!(refused["errors"]["query"][0], "There can be at most 3 parameters in a query.");
}

/// The body of a stream that ends when the other end is dropped.
struct Endless(mpsc::Receiver<()>);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|_| None)
    }
}

#[track_caller]
fn assert_shed(answer: Answer) {
    assert_eq!(answer.header("retry-after"), "1");
    let problem = assert_problem(answer, StatusCode::SERVICE_UNAVAILABLE, "Service unavailable.");
    assert!(problem["detail"].as_str().expect("a detail").contains("too many requests at once"), "{problem}");
}

#[tokio::test]
async fn writes_take_no_room_from_reads() {
    let app = TestApp::with_rules(HttpRules { max_writes: 1, max_reads: 1, ..USUAL_RULES });
    let skd = app.service_owner(SKD_NUMBER);
    let (end, ends) = mpsc::channel(1);
    let request = Request::post(BULK)
        .header("authorization", format!("Bearer {}", app.owner_token(SKD_NUMBER)))
        .header("content-type", "application/x-ndjson");
    let request = request.body(Body::new(Endless(ends))).expect("a request");
    // The stream has begun and is one, whatever becomes of it.
    let stream = app.answer_to(request).await;
    assert_eq!(stream.status(), StatusCode::OK);
    assert_shed(skd.delete(&delete_path()).await);
    assert_shed(skd.put(&delete_path(), json!({})).await);
    skd.get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::OK);
    app.anonymous().get("/health").await.expect(StatusCode::OK);
    let metrics = app.anonymous().get("/metrics").await.expect(StatusCode::OK).text();
    assert!(metrics.contains("dialogdex_requests_under_way{work=\"write\"} 1\n"), "{metrics}");
    assert!(metrics.contains("dialogdex_requests_shed_total{work=\"write\"} 2\n"), "{metrics}");
    drop(end);
    assert_eq!(axum::body::to_bytes(stream.into_body(), 1_000).await.expect("an end"), "");
    skd.delete(&delete_path()).await.expect(StatusCode::NO_CONTENT);
    // One that is given up leaves its place, too.
    let (_end, ends) = mpsc::channel(1);
    let request = Request::post(BULK)
        .header("authorization", format!("Bearer {}", app.owner_token(SKD_NUMBER)))
        .header("content-type", "application/x-ndjson");
    drop(app.answer_to(request.body(Body::new(Endless(ends))).expect("a request")).await);
    skd.delete(&delete_path()).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn reads_take_no_room_from_writes() {
    let document = serde_json::from_slice(include_bytes!("register.json")).expect("JSON");
    let fake = FakeAltinn::knowing(&document).await;
    let altinn = Altinn::start(&fake.settings(), quick_pace()).expect("it can be asked");
    let app = TestApp::asking_with_rules(Box::new(altinn), HttpRules { max_reads: 1, ..USUAL_RULES });
    while app.anonymous().get("/api/v1/metadata/serviceresources").await.status != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.holds(dialog("Langsomt"));
    fake.set(Service::Parties, Mode::Slow(Duration::from_millis(600)));
    let alice = app.end_user(ALICE);
    let slow = alice.get("/api/v1/enduser/dialogs?allParties=true");
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_shed(app.anonymous().get(LIMITS).await);
        app.service_owner(SKD_NUMBER).delete(&delete_path()).await.expect(StatusCode::NO_CONTENT);
        app.anonymous().get("/health/deep").await.expect(StatusCode::OK);
    };
    let (slow, ()) = tokio::join!(slow, meanwhile);
    assert_eq!(slow.expect(StatusCode::OK).json()["items"].as_array().map(Vec::len), Some(1));
    app.anonymous().get(LIMITS).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn work_that_nobody_waits_for_keeps_its_place() {
    let test = TestApp::with_rules(HttpRules { max_reads: 1, ..USUAL_RULES });
    let app = test.app().clone();
    let (go_on, waiting) = std::sync::mpsc::channel::<()>();
    let place = Arc::new(app.reads().enter().expect("room"));
    let working = app.clone();
    let work = App::in_place(place, async move { working.blocking(move |_| waiting.recv()).await });
    let waited = tokio::time::timeout(Duration::from_millis(50), work).await;
    assert!(waited.is_err(), "the work is done");
    assert_shed(test.anonymous().get(LIMITS).await);
    drop(go_on);
    while test.anonymous().get(LIMITS).await.status != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn rated(address_header: Option<&'static str>) -> HttpRules {
    let of = |number| NonZero::new(number).expect("not zero");
    let address_header = address_header.map(|name| name.parse().expect("a name"));
    HttpRules { rate: Some(Rate { per_second: of(1), burst: of(3), address_header }), ..USUAL_RULES }
}

#[tokio::test]
async fn each_caller_has_a_rate() {
    let app = TestApp::with_rules(rated(None));
    let path = "/api/v1/enduser/dialogs?allParties=true";
    let alice = app.end_user(ALICE);
    for _ in 0..3 {
        alice.get(path).await.expect(StatusCode::OK);
    }
    let refused = alice.get(path).await;
    assert_eq!(refused.header("retry-after"), "1");
    assert_problem(refused, StatusCode::TOO_MANY_REQUESTS, "Too many requests.");
    // Another token of hers counts for her, whatever she does with it.
    let other = app.end_user_at_level(ALICE, "idporten-loa-substantial");
    other.get(LIMITS).await.expect(StatusCode::TOO_MANY_REQUESTS);
    // Others are not held up by her, and those who are made up do not count for her.
    for _ in 0..3 {
        app.end_user(BOB).get(path).await.expect(StatusCode::OK);
        app.service_owner(SKD_NUMBER).get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::OK);
        app.bearing("made.up.token").get(path).await.expect(StatusCode::UNAUTHORIZED);
    }
    app.service_owner(SKD_NUMBER).delete(&delete_path()).await.expect(StatusCode::TOO_MANY_REQUESTS);
    app.service_owner(NAV_NUMBER).delete(&delete_path()).await.expect(StatusCode::NO_CONTENT);
    // Whoever shows no valid token is known by the address.
    app.anonymous().get(LIMITS).await.expect(StatusCode::TOO_MANY_REQUESTS);
    for path in ["/health", "/health/deep", "/metrics"] {
        app.anonymous().get(path).await.expect(StatusCode::OK);
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    alice.get(path).await.expect(StatusCode::OK);
    alice.get(path).await.expect(StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_address_is_what_the_proxy_tells_if_it_is_believed() {
    let from = async |app: &TestApp, told: &str| {
        app.anonymous().send(Method::GET, LIMITS, &[("x-forwarded-for", told)], Body::empty()).await.status
    };
    let believing = TestApp::with_rules(rated(Some("x-forwarded-for")));
    for n in 0..3 {
        // What the caller has made up comes first.
        assert_eq!(from(&believing, &format!("10.0.0.{n}, 192.0.2.1")).await, StatusCode::OK);
    }
    assert_eq!(from(&believing, "10.0.0.9, 192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(&believing, "192.0.2.2").await, StatusCode::OK);
    let doubting = TestApp::with_rules(rated(None));
    for n in 0..3 {
        assert_eq!(from(&doubting, &format!("192.0.2.{n}")).await, StatusCode::OK);
    }
    assert_eq!(from(&doubting, "192.0.2.9").await, StatusCode::TOO_MANY_REQUESTS);

    // Over a socket it is that of the connection.
    let address = TestApp::serve(&doubting).await;
    for _ in 0..3 {
        let answer = reqwest::get(format!("http://{address}{LIMITS}")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(reqwest::get(format!("http://{address}{LIMITS}")).await.expect("an answer").status(), 429);
}

#[tokio::test]
async fn pages_of_listed_origins_may_call() {
    let here = "https://af.altinn.no";
    let ask = async |app: &TestApp, origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "authorization,if-match"),
        ];
        app.anonymous().send(Method::OPTIONS, &delete_path(), &headers, Body::empty()).await
    };
    let get = async |app: &TestApp, origin: &str, path: &str| {
        app.anonymous().send(Method::GET, path, &[("origin", origin)], Body::empty()).await
    };
    let listed = Origins::These(vec![HeaderValue::from_static(here)]);
    let listed = TestApp::with_rules(HttpRules { allowed_origins: listed, ..USUAL_RULES });
    let allowed = ask(&listed, here).await.expect(StatusCode::OK);
    assert_eq!(allowed.header("access-control-allow-origin"), here);
    assert_eq!(allowed.header("access-control-allow-methods"), "PUT");
    assert_eq!(allowed.header("access-control-allow-headers"), "authorization,if-match");
    assert!(!allowed.headers.contains_key("access-control-allow-credentials"));
    let answer = get(&listed, here, LIMITS).await.expect(StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), here);
    assert!(answer.header("access-control-expose-headers").contains("etag"));
    // Refusals can be read, too.
    let refused = get(&listed, here, "/api/v1/enduser/dialogs").await.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(refused.header("access-control-allow-origin"), here);
    for origin in ["https://elsewhere.example", "https://af.altinn.no.example", "null"] {
        assert!(!ask(&listed, origin).await.headers.contains_key("access-control-allow-origin"), "{origin}");
        assert!(!get(&listed, origin, LIMITS).await.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let any = TestApp::with_rules(HttpRules { allowed_origins: Origins::Any, ..USUAL_RULES });
    assert_eq!(ask(&any, "https://elsewhere.example").await.header("access-control-allow-origin"), "*");
    let none = TestApp::new();
    assert_eq!(ask(&none, here).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(!get(&none, here, LIMITS).await.headers.contains_key("access-control-allow-origin"));
}

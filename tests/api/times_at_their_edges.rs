//! Times that must lie ahead or behind, to the microsecond, while the clock of the service stands still.

use crate::app::{ALICE, Actor, SKD_NUMBER, TestApp};
use crate::create_dialog::body as creation;
use crate::update_dialog::{PATH, activity, created, get, send, texts, transmission, update_of};
use axum::http::{Method, StatusCode};
use dialog_index::domain::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const CHANGE: &str = "digdir:dialogporten.serviceprovider.changetransmissions";
const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
/// How far other clocks may be ahead of ours, in microseconds.
const SKEW: i64 = 15_000_000;

/// A time in a body, the first microsecond from now on one side of its edge, and what is told of the other side.
struct Edge {
    pointer: &'static str,
    /// The last offset from now that is refused, and the first that is not.
    refused: i64,
    accepted: i64,
    status: u16,
    key: &'static str,
}

const fn ahead(pointer: &'static str, status: u16, key: &'static str) -> Edge {
    Edge { pointer, refused: 0, accepted: 1, status, key }
}

const fn not_behind(pointer: &'static str, key: &'static str) -> Edge {
    Edge { pointer, refused: -1, accepted: 0, status: 400, key }
}

const fn behind(pointer: &'static str, key: &'static str) -> Edge {
    Edge { pointer, refused: SKEW + 1, accepted: SKEW, status: 400, key }
}

fn attachment() -> Value {
    json!({ "urls": [{ "url": "https://a.no", "consumerType": "Gui" }] })
}

fn with_times(mut transmission: Value) -> Value {
    transmission["attachments"] = json!([attachment()]);
    transmission["navigationalActions"] = json!([{ "title": texts("Videre"), "url": "https://a.no" }]);
    transmission
}

fn full() -> Value {
    let mut body = creation("Grenser");
    body["attachments"] = json!([attachment()]);
    body["transmissions"] = json!([with_times(transmission("ny"))]);
    body["activities"] = json!([activity("DialogOpened")]);
    body
}

/// Sends the body with the time on either side of each edge: first refused, then accepted.
async fn check(app: &TestApp, caller: &Actor<'_>, request: (Method, &str), body: &Value, edges: &[Edge]) {
    let now = app.now();
    for edge in edges {
        let at = |offset: i64| {
            let mut body = body.clone();
            let (parent, name) = edge.pointer.rsplit_once('/').expect("a pointer");
            body.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"))[name] =
                json!(Timestamp::from_micros(now.as_micros() + offset).to_string());
            body
        };
        let (method, path) = &request;
        let answer = send(caller, method.clone(), path, None, &at(edge.refused)).await;
        assert_eq!(answer.status.as_u16(), edge.status, "{} {}: {}", path, edge.pointer, answer.text());
        let problem = answer.json();
        let keys: Vec<_> = problem["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(keys, [edge.key], "{path} {}", edge.pointer);
        let answer = send(caller, method.clone(), path, None, &at(edge.accepted)).await;
        assert!(answer.status.is_success(), "{path} {}: {}", edge.pointer, answer.text());
    }
    assert_eq!(app.now(), now, "time went on");
}

#[tokio::test]
async fn of_a_creation() {
    let app = TestApp::new();
    app.stop_time();
    let skd = app.service_owner(SKD_NUMBER);
    let edges = [
        ahead("/dueAt", 422, "DueAt"),
        ahead("/expiresAt", 422, "ExpiresAt"),
        ahead("/visibleFrom", 422, "VisibleFrom"),
        behind("/createdAt", "dto.createdAt"),
        not_behind("/attachments/0/expiresAt", "dto.attachments[0].expiresAt"),
        not_behind("/transmissions/0/attachments/0/expiresAt", "dto.transmissions[0].attachments[0].expiresAt"),
        not_behind(
            "/transmissions/0/navigationalActions/0/expiresAt",
            "dto.transmissions[0].navigationalActions[0].expiresAt",
        ),
        behind("/transmissions/0/createdAt", "dto.transmissions[0].createdAt"),
        behind("/activities/0/createdAt", "dto.activities[0].createdAt"),
    ];
    check(&app, &skd, (Method::POST, PATH), &full(), &edges).await;
    // Not before it was made, and not ahead.
    let mut old = full();
    old["createdAt"] = json!(app.now().to_string());
    let before = Edge { refused: -1, accepted: 0, ..behind("/updatedAt", "dto.updatedAt") };
    check(&app, &skd, (Method::POST, PATH), &old, &[before, behind("/updatedAt", "dto.updatedAt")]).await;
}

#[tokio::test]
async fn times_of_a_creation_are_in_order() {
    let app = TestApp::new();
    let now = app.stop_time();
    let skd = app.service_owner(SKD_NUMBER);
    let hour = 3_600_000_000;
    let in_an_hour = json!(Timestamp::from_micros(now.as_micros() + hour).to_string());
    let edge = |pointer, key| Edge { pointer, refused: hour - 1, accepted: hour, status: 400, key };
    for (given, later, key) in [
        ("dueAt", "/expiresAt", "dto.expiresAt"),
        ("visibleFrom", "/expiresAt", "dto.expiresAt"),
        ("visibleFrom", "/dueAt", "dto.dueAt"),
    ] {
        let mut body = full();
        body[given] = in_an_hour.clone();
        check(&app, &skd, (Method::POST, PATH), &body, &[edge(later, key)]).await;
        // What is stored counts as what is given.
        let path = created(&skd, body).await;
        let shown = get(&skd, &path).await;
        check(&app, &skd, (Method::PUT, &path), &update_of(&shown), &[edge(later, key)]).await;
    }
}

#[tokio::test]
async fn of_an_update() {
    let app = TestApp::new();
    app.stop_time();
    let skd = app.service_owner(SKD_NUMBER);
    let path = created(&skd, full()).await;
    let mut update = update_of(&get(&skd, &path).await);
    let added = update["attachments"].as_array_mut().expect("a list");
    added.push(attachment());
    update["transmissions"] = json!([with_times(transmission("til"))]);
    update["activities"] = json!([activity("FormSaved")]);
    let edges = [
        ahead("/dueAt", 422, "DueAt"),
        ahead("/expiresAt", 422, "ExpiresAt"),
        ahead("/attachments/0/expiresAt", 422, "Attachments.ExpiresAt"),
        ahead("/attachments/1/expiresAt", 422, "Attachments.ExpiresAt"),
        ahead("/transmissions/0/attachments/0/expiresAt", 422, "Transmissions.Attachments.ExpiresAt"),
        not_behind(
            "/transmissions/0/navigationalActions/0/expiresAt",
            "dto.transmissions[0].navigationalActions[0].expiresAt",
        ),
        behind("/transmissions/0/createdAt", "dto.transmissions[0].createdAt"),
        behind("/activities/0/createdAt", "dto.activities[0].createdAt"),
    ];
    for edge in edges {
        // Of a dialog of its own, in which the time is new.
        let path = created(&skd, full()).await;
        let mut update = update.clone();
        update["attachments"][0] = get(&skd, &path).await["attachments"][0].take();
        check(&app, &skd, (Method::PUT, &path), &update, &[edge]).await;
    }
}

#[tokio::test]
async fn of_parts() {
    let app = TestApp::new();
    app.stop_time();
    let skd = app.service_owner_with(SKD_NUMBER, CHANGE);
    let path = created(&skd, full()).await;
    let new = with_times(transmission("ny"));
    let edges = [
        ahead("/attachments/0/expiresAt", 422, "Transmissions.Attachments.ExpiresAt"),
        not_behind("/navigationalActions/0/expiresAt", "transmissions[0].navigationalActions[0].expiresAt"),
        behind("/createdAt", "transmissions[0].createdAt"),
    ];
    check(&app, &skd, (Method::POST, &format!("{path}/transmissions")), &new, &edges).await;
    let edges = [behind("/createdAt", "activity.createdAt")];
    check(&app, &skd, (Method::POST, &format!("{path}/activities")), &activity("FormSaved"), &edges).await;

    // In place of another a transmission may be of any time, and its attachments may have expired.
    let first = get(&skd, &path).await["transmissions"][0]["id"].as_str().expect("an id").to_owned();
    let at = format!("{path}/transmissions/{first}");
    let mut replaced = new;
    replaced["isSilentUpdate"] = json!(true);
    replaced["createdAt"] = json!("2090-01-01T00:00:00Z");
    replaced["attachments"][0]["expiresAt"] = json!("2020-01-01T00:00:00Z");
    let edges = [not_behind("/navigationalActions/0/expiresAt", "dto.navigationalActions[0].expiresAt")];
    check(&app, &skd, (Method::PUT, &at), &replaced, &edges).await;
}

#[tokio::test]
async fn of_the_time_when_a_form_was_saved() {
    let app = TestApp::new();
    let now = app.stop_time();
    let admin = app.service_owner_with(SKD_NUMBER, ADMIN);
    let path = created(&admin, full()).await;
    let saved = admin.post(&format!("{path}/activities"), activity("FormSaved")).await.json();
    let at = format!("{path}/activities/{}/actions/updateFormSavedActivityTime", saved.as_str().expect("an id"));
    for (offset, status) in [(SKEW + 1, StatusCode::BAD_REQUEST), (SKEW, StatusCode::NO_CONTENT)] {
        let time = Timestamp::from_micros(now.as_micros() + offset).to_string();
        admin.post(&at, json!(time)).await.expect(status);
    }
}

/// Ids tell whole milliseconds, the clock tells more.
#[tokio::test]
async fn of_an_id() {
    let app = TestApp::new();
    let within_a_millisecond = app.stop_time().as_micros() % 1_000;
    app.wait(Duration::from_micros(u64::try_from(1_500 - within_a_millisecond).expect("a time ahead")));
    let skd = app.service_owner(SKD_NUMBER);
    let last = (app.now().as_micros() + SKEW - 500) / 1_000;
    for (millisecond, status) in [(last, StatusCode::CREATED), (last + 1, StatusCode::BAD_REQUEST)] {
        let time = u128::try_from(millisecond).expect("a time after 1970") << 80;
        let mut body = creation("Kjent");
        body["id"] = json!(Uuid::from_u128(time | 7 << 76 | 2 << 62 | 1));
        skd.post(PATH, body).await.expect(status);
    }
}

fn written(now: Timestamp, offset: i64) -> Value {
    json!(Timestamp::from_micros(now.as_micros() + offset).to_string())
}

#[tokio::test]
async fn a_change_makes_no_dialog_older() {
    let app = TestApp::new();
    let now = app.stop_time();
    let skd = app.service_owner(SKD_NUMBER);
    let mut given = full();
    (given["createdAt"], given["updatedAt"]) = (written(now, SKEW), written(now, SKEW));
    let path = created(&skd, given).await;
    let set = async |name: &str, value: Value| {
        let mut update = update_of(&get(&skd, &path).await);
        update[name] = value;
        skd.put(&path, update).await.expect(StatusCode::NO_CONTENT);
        let dialog = get(&skd, &path).await;
        (dialog["updatedAt"].clone(), dialog["contentUpdatedAt"].clone())
    };
    let ahead = written(now, SKEW);
    assert_eq!(set("progress", json!(1)).await, (ahead.clone(), ahead.clone()));
    assert_eq!(set("extendedStatus", json!("x")).await, (ahead.clone(), ahead.clone()));
    app.wait(Duration::from_micros(15_000_001));
    let later = written(now, SKEW + 1);
    assert_eq!(set("progress", json!(2)).await, (later.clone(), ahead));
    assert_eq!(set("extendedStatus", json!("y")).await, (later.clone(), later));
}

#[tokio::test]
async fn a_dialog_is_of_the_time_from_which_it_is_visible_until_then() {
    let app = TestApp::new();
    let now = app.stop_time();
    let skd = app.service_owner(SKD_NUMBER);
    // From this very moment it is visible: what is given stands.
    let mut given = full();
    (given["createdAt"], given["updatedAt"]) = (written(now, -2), written(now, -1));
    for (offset, query, times) in
        [(0, "?isSilentUpdate=true", [-2, -1]), (1, "?isSilentUpdate=true", [1, 1]), (1, "", [1, 1])]
    {
        given["visibleFrom"] = written(now, offset);
        let path = created_at(&skd, query, &given).await;
        let dialog = get(&skd, &path).await;
        let shown = [&dialog["createdAt"], &dialog["updatedAt"]];
        assert_eq!(shown, [&written(now, times[0]), &written(now, times[1])], "{offset} {query}");
    }
    let path = created_at(&skd, "", &given).await;
    let silently = format!("{path}?isSilentUpdate=true");
    let look = format!("{path}?endUserId=urn:altinn:person:identifier-no:{ALICE}");
    let set = async |extended_status: &str| {
        skd.get(&look).await.expect(StatusCode::OK);
        let mut update = update_of(&get(&skd, &path).await);
        update["extendedStatus"] = json!(extended_status);
        skd.put(&silently, update).await.expect(StatusCode::NO_CONTENT);
        get(&skd, &path).await
    };
    let hidden = set("skjult").await;
    assert_eq!((&hidden["updatedAt"], &hidden["isContentSeen"]), (&written(now, 1), &json!(false)));
    app.wait(Duration::from_micros(1));
    let visible = set("synlig").await;
    assert_eq!((&visible["updatedAt"], &visible["isContentSeen"]), (&written(now, 1), &json!(true)));
}

async fn created_at(caller: &Actor<'_>, query: &str, body: &Value) -> String {
    let answer = caller.post(&format!("{PATH}{query}"), body.clone()).await.expect(StatusCode::CREATED);
    answer.header("location").to_owned()
}

//! Events, as a sink is sent them and as administrators read them.

use crate::app::{ALICE, Actor, NAV_NUMBER, PUBLIC_URL, SKD_NUMBER, TAX, TestApp, dialog};
use crate::create_dialog::body;
use crate::fake_sink::{Address, FakeSink, Reply};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{Activity, ActivityId, ActivityType, DialogId, Localizations, Org, Timestamp};
use dialog_index::{AuthorizedScope, Found, NewDialog, Occasion, WriteError};
use dialogdex::events::{Delivery, Pace, Sink, SinkSettings, remove_old};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const FEED: &str = "/api/v1/admin/events";
const DIALOGS: &str = "/api/v1/serviceowner/dialogs";

/// Fast, so that tests are, but for the timeout: an answer that comes late on a busy machine would be an event sent twice.
const PACE: Pace = Pace {
    timeout: Duration::from_secs(20),
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(40),
};

fn administrator(app: &TestApp) -> Actor<'_> {
    app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin")
}

fn deliver(app: &TestApp, url: &str) -> Delivery {
    deliver_at(app, url, PACE)
}

/// To a sink that does not answer in time.
fn deliver_impatiently(app: &TestApp, url: &str) -> Delivery {
    deliver_at(app, url, Pace { timeout: Duration::from_millis(300), ..PACE })
}

fn deliver_at(app: &TestApp, url: &str, pace: Pace) -> Delivery {
    let token = Some("hemmelig".parse().expect("a token"));
    let settings = SinkSettings { url: url.parse().expect("a URL"), token };
    Delivery::start(app.dialogs().clone(), Sink::new(settings, pace).expect("a sink"), PUBLIC_URL.to_owned())
}

/// Freezes and so on: `rounds` changes of each dialog, interleaved.
fn change(app: &TestApp, ids: &[DialogId], rounds: usize) {
    for _ in 0..rounds {
        for id in ids {
            let found = app.dialogs().change(&skd(), *id, app.now().into(), |it| {
                if it.stored().deleted_at.is_some() {
                    it.restore()
                } else {
                    it.delete()
                }
                Ok::<_, WriteError>(())
            });
            assert!(matches!(found, Ok(Found::Visible(_))), "{found:?}");
        }
    }
}

fn skd() -> AuthorizedScope {
    AuthorizedScope::owned_by(Org::new("skd"))
}

fn stored(app: &TestApp, count: usize) -> Vec<DialogId> {
    let store = |n| {
        let dialog: NewDialog = dialog(&format!("Dialog {n}"));
        let id = dialog.id;
        app.holds(dialog);
        id
    };
    (0..count).map(store).collect()
}

fn ids<'a>(events: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    events.into_iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
}

fn of_dialog(events: &[Value], dialog: &str) -> Vec<String> {
    ids(events.iter().filter(|event| event["resourceinstance"] == dialog))
}

/// All that the feed has.
async fn feed(app: &TestApp) -> Vec<Value> {
    let (mut events, mut next) = (Vec::new(), 0);
    loop {
        let page = administrator(app).get(&format!("{FEED}?after={next}&limit=7")).await.expect(StatusCode::OK).json();
        let items = page["items"].as_array().expect("items");
        if items.is_empty() {
            assert_eq!(page["next"], next);
            return events;
        }
        events.extend(items.iter().cloned());
        next = page["next"].as_u64().expect("a number");
    }
}

/// Waits until the sink has taken all that the feed tells of, and holds the orders of each dialog against each other.
async fn assert_all_taken(app: &TestApp, sink: &FakeSink) {
    let told = feed(app).await;
    sink.until(|sink| sink.taken().len() >= told.len()).await;
    let taken = sink.taken();
    assert_eq!(taken.len(), told.len());
    for event in &told {
        let dialog = event["resourceinstance"].as_str().expect("an id");
        assert_eq!(of_dialog(&taken, dialog), of_dialog(&told, dialog), "of {dialog}");
        assert!(taken.contains(event), "{event}");
    }
}

async fn until_noted(app: &TestApp, sequence: u64) {
    let begun = Instant::now();
    while app.dialogs().delivered_events().expect("it reads") < sequence {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not noted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_over_http_is_sent_and_can_be_read() {
    let app = TestApp::new();
    let sink = FakeSink::answering(|_, _| Reply::Status(202));
    let delivery = deliver(&app, &sink.url());
    let owner = app.service_owner(SKD_NUMBER);
    let mut given = body("Melding");
    given["process"] = json!("urn:altinn:process:1");
    given["activities"] = json!([{ "type": "DialogCreated", "performedBy": { "actorType": "ServiceOwner" } }]);
    let id = owner.post(DIALOGS, given).await.expect(StatusCode::CREATED).json();
    let id = id.as_str().expect("an id");
    let path = format!("{DIALOGS}/{id}");
    let user = format!("urn:altinn:person:identifier-no:{ALICE}");
    owner.get(&format!("{path}?endUserId={user}")).await.expect(StatusCode::OK);
    app.end_user(ALICE).get(&format!("/api/v1/enduser/dialogs/{id}")).await.expect(StatusCode::OK);
    owner.delete(&path).await.expect(StatusCode::NO_CONTENT);
    owner.send(Method::POST, &format!("{path}/actions/restore"), &[], Body::empty()).await;
    owner.send(Method::POST, &format!("{path}/actions/purge"), &[], Body::empty()).await;
    assert_all_taken(&app, &sink).await;

    let told = feed(&app).await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    let expected = ["created", "activity.created", "updated", "seen", "deleted", "restored", "deleted"];
    assert_eq!(kinds, expected.map(|kind| format!("dialogporten.dialog.{kind}.v1")));
    assert_eq!((&told[0]["subject"], &told[0]["resource"]), (&json!(user), &json!(TAX)));
    assert_eq!(told[0]["source"], format!("{PUBLIC_URL}/api/v1/enduser/dialogs/{id}"));
    assert_eq!(told[1]["data"]["process"], "urn:altinn:process:1");
    let received = &sink.received()[0];
    assert_eq!(received.headers["content-type"], "application/cloudevents+json");
    assert_eq!(received.headers["authorization"], "Bearer hemmelig");
    delivery.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_life_is_not_told_of() {
    let app = TestApp::new();
    let sink = FakeSink::answering(|_, _| Reply::Status(200));
    let delivery = deliver(&app, &sink.url());
    let owner = app.service_owner(SKD_NUMBER);
    let created = owner.post(&format!("{DIALOGS}?isSilentUpdate=true"), body("Stille")).await;
    let id = created.expect(StatusCode::CREATED).json();
    let id = id.as_str().expect("an id");
    let mut replaced = body("Stille");
    replaced["progress"] = json!(50);
    owner.put(&format!("/api/v1/index/dialogs/{id}?isSilentUpdate=true"), replaced).await.expect(StatusCode::OK);
    owner.delete(&format!("{DIALOGS}/{id}?isSilentUpdate=true")).await.expect(StatusCode::NO_CONTENT);
    assert!(feed(&app).await.is_empty());
    // What comes after it is sent, so it would have been, too.
    stored(&app, 1);
    assert_all_taken(&app, &sink).await;
    assert_eq!(sink.received().len(), 1);
    delivery.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unwell_sink_gets_all_in_the_end() {
    let app = TestApp::new();
    let dialogs = stored(&app, 12);
    // Every kind of failure, over and over; one in three events is taken.
    let sink = FakeSink::answering(|_, n| match n % 9 {
        0 => Reply::Status(500),
        1 => Reply::Status(429),
        2 => Reply::Status(302),
        3 if n < 30 => Reply::After(Duration::from_secs(2)),
        4 => Reply::Dies,
        5 => Reply::Status(400),
        _ => Reply::Status(204),
    });
    let delivery = deliver_impatiently(&app, &sink.url());
    change(&app, &dialogs, 4);
    assert_all_taken(&app, &sink).await;
    assert!(sink.received().len() > 60);
    delivery.stop().await;
    let last = feed(&app).await.len() as u64;
    assert_eq!(app.dialogs().delivered_events().expect("it reads"), last);
    let report = app.dialogs().check().expect("a check");
    assert!(report.differences.is_empty(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_holds_up_its_own_dialog_alone() {
    let app = TestApp::new();
    let dialogs = stored(&app, 5);
    let refused = dialogs[1].to_string();
    let is_mended = Arc::new(AtomicBool::new(false));
    let (of_sink, hidden) = (Arc::clone(&is_mended), refused.clone());
    let sink = FakeSink::answering(move |event, _| {
        let is_refused = event["resourceinstance"] == hidden && !of_sink.load(Ordering::SeqCst);
        Reply::Status(if is_refused { 422 } else { 200 })
    });
    let delivery = deliver(&app, &sink.url());
    change(&app, &dialogs, 3);
    let others = feed(&app).await.len() - 4;
    sink.until(|sink| sink.taken().len() == others).await;
    assert!(of_dialog(&sink.taken(), &refused).is_empty());
    let tried = ids(sink.received().iter().map(|it| &it.event).filter(|event| event["resourceinstance"] == refused));
    assert!(tried.iter().all(|id| *id == tried[0]), "its later events wait");
    // Delivery has come as far as the event before the refused one.
    until_noted(&app, 1).await;
    assert_eq!(app.dialogs().delivered_events().expect("it reads"), 1);
    let later = Timestamp::from_micros(app.now().as_micros() + 1);
    remove_old(app.dialogs(), later, true).await.expect("a removal");
    assert_eq!(feed(&app).await.len(), others + 3, "what is not delivered is kept");
    is_mended.store(true, Ordering::SeqCst);
    sink.until(|sink| sink.taken().len() == others + 4).await;
    until_noted(&app, 20).await;
    remove_old(app.dialogs(), later, true).await.expect("a removal");
    assert!(feed(&app).await.is_empty());
    delivery.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_loses_nothing_and_repeats_little() {
    let app = TestApp::new();
    let dialogs = stored(&app, 6);
    change(&app, &dialogs, 10);
    let told = feed(&app).await;
    {
        // Takes some, and then nothing any more.
        let sink = FakeSink::answering(|_, n| Reply::Status(if n < 25 { 200 } else { 503 }));
        let delivery = deliver(&app, &sink.url());
        sink.until(|sink| sink.received().len() > 25).await;
        delivery.stop().await;
        let noted = app.dialogs().delivered_events().expect("it reads");
        let taken = ids(&sink.taken());
        assert!(ids(&told[..noted as usize]).iter().all(|id| taken.contains(id)), "more is noted than was taken");
        assert!(noted > 0 && noted <= 25, "{noted}");
    }
    let noted = app.dialogs().delivered_events().expect("it reads") as usize;
    // The sink is not there when delivery begins anew.
    let address = Address::new();
    let delivery = deliver(&app, &address.url());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let sink = FakeSink::at(address, |_, _| Reply::Status(200));
    sink.until(|sink| sink.taken().len() == told.len() - noted).await;
    for id in &dialogs {
        let id = id.to_string();
        assert_eq!(of_dialog(&sink.taken(), &id), of_dialog(&told[noted..], &id));
    }
    until_noted(&app, told.len() as u64).await;
    delivery.stop().await;
    let received = sink.received().len();
    let delivery = deliver(&app, &sink.url());
    stored(&app, 1);
    sink.until(|sink| sink.received().len() > received).await;
    delivery.stop().await;
    assert_eq!(sink.received().len(), received + 1, "what was delivered is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_do_not_wait_for_a_sink_and_an_end_does_not_wait_for_long() {
    let app = TestApp::new();
    let sink = FakeSink::answering(|_, _| Reply::After(Duration::from_secs(3600)));
    let delivery = deliver_impatiently(&app, &sink.url());
    let dialogs = stored(&app, 40);
    sink.until(|sink| !sink.received().is_empty()).await;
    let begun = Instant::now();
    change(&app, &dialogs, 5);
    delivery.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(app.dialogs().delivered_events().expect("it reads"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_down_is_not_flooded() {
    let app = TestApp::new();
    stored(&app, 100);
    let sink = FakeSink::answering(|_, _| Reply::Status(503));
    let begun = Instant::now();
    let delivery = deliver(&app, &sink.url());
    tokio::time::sleep(Duration::from_millis(400)).await;
    delivery.stop().await;
    // As many as are under way at once, then one after each pause, whose least are 2.5, 5, 10 and then 20 ms.
    let most = 16 + 3 + begun.elapsed().as_millis() / 20;
    let received = sink.received().len();
    assert!(received > 1 && received as u128 <= most, "{received} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_many_events_are_sent_whole() {
    let app = TestApp::new();
    let sink = FakeSink::answering(|_, _| Reply::Status(200));
    let activity = || Activity {
        id: ActivityId::new(),
        created_at: app.now(),
        activity_type: ActivityType::Information,
        extended_type: None,
        transmission_id: None,
        performed_by: dialog_index::domain::Actor::ServiceOwner,
        description: Localizations::default(),
    };
    for n in 0..3 {
        let activities = (0..300).map(|_| activity()).collect();
        app.holds(NewDialog { activities, ..dialog(&format!("Dialog {n}")) });
    }
    let delivery = deliver(&app, &sink.url());
    assert_all_taken(&app, &sink).await;
    assert_eq!(sink.received().len(), 3 * 301);
    delivery.stop().await;
    assert_eq!(app.dialogs().delivered_events().expect("it reads"), 3);
}

#[tokio::test]
async fn without_a_sink_events_are_kept_for_their_time() {
    let app = TestApp::new();
    stored(&app, 3);
    let now = app.now();
    remove_old(app.dialogs(), Timestamp::from_micros(now.as_micros() - 60_000_000), false).await.expect("a removal");
    assert_eq!(feed(&app).await.len(), 3);
    remove_old(app.dialogs(), Timestamp::from_micros(now.as_micros() + 1), false).await.expect("a removal");
    assert!(feed(&app).await.is_empty());
}

#[tokio::test]
async fn the_feed_is_read_on_where_it_ended() {
    let app = TestApp::new();
    let ids = stored(&app, 3);
    let get = async |query: &str| administrator(&app).get(&format!("{FEED}{query}")).await;
    let page = get("").await.expect(StatusCode::OK).json();
    assert_eq!((page["items"].as_array().map(Vec::len), &page["next"]), (Some(3), &json!(3)));
    assert_eq!(page["items"][1]["resourceinstance"], ids[1].to_string());
    let page = get("?after=1&limit=1").await.expect(StatusCode::OK).json();
    assert_eq!((page["items"].as_array().map(Vec::len), &page["next"]), (Some(1), &json!(2)));
    assert_eq!(page["items"][0]["resourceinstance"], ids[1].to_string());
    let page = get("?AFTER=3&limit=").await.expect(StatusCode::OK).json();
    assert_eq!(page, json!({ "items": [], "next": 3 }));
    get("?limit=1000").await.expect(StatusCode::OK);
    for (query, key) in [
        ("?limit=0", "limit"),
        ("?limit=1001", "limit"),
        ("?limit=x", "limit"),
        ("?limit=1&limit=2", "limit"),
        ("?after=-1", "after"),
        ("?after=1&after=1", "after"),
    ] {
        let problem = get(query).await.expect(StatusCode::BAD_REQUEST).json();
        assert!(problem["errors"][key].is_array(), "{query}: {problem}");
    }
    let silent = Occasion { at: app.now(), is_silent: true };
    app.dialogs().create(dialog("Stille"), silent).expect("a stored dialog");
    assert_eq!(get("?after=3").await.json(), json!({ "items": [], "next": 3 }));
}

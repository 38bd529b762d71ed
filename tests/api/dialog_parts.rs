//! Transmissions, activities and the seen log as operations of their own.

use crate::app::{ALICE, Actor, BENEFITS, NAV_NUMBER, SKD_NUMBER, TestApp, dialog};
use crate::create_dialog::found;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::{self, DialogId, SystemLabel, Timestamp, Transmission, TransmissionId, TransmissionType};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const CORRESPONDENCE: &str = "digdir:dialogporten.correspondence";
const CHANGE: &str = "digdir:dialogporten.serviceprovider.changetransmissions";

fn path(id: DialogId, rest: &str) -> String {
    format!("/api/v1/serviceowner/dialogs/{id}{rest}")
}

fn stored(app: &TestApp, title: &str) -> DialogId {
    let given: NewDialog = dialog(title);
    let id = given.id;
    app.holds(given);
    id
}

fn transmission(title: &str) -> Value {
    json!({
        "type": "Information",
        "sender": { "actorType": "ServiceOwner" },
        "content": { "title": { "value": [{ "value": title, "languageCode": "nb" }] } },
    })
}

fn activity(of: &str) -> Value {
    json!({ "type": of, "performedBy": { "actorType": "ServiceOwner" } })
}

fn submission() -> Transmission {
    Transmission {
        id: TransmissionId(Uuid::now_v7()),
        idempotent_key: None,
        created_at: Timestamp::from_micros(1_780_000_000_000_000),
        transmission_type: TransmissionType::Submission,
        extended_type: None,
        external_reference: None,
        authorization_attribute: None,
        related_transmission_id: None,
        sender: domain::Actor::ServiceOwner,
        content: None,
        attachments: Vec::new(),
        navigational_actions: Vec::new(),
    }
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let parent = body.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    parent[name] = value;
    body
}

fn related_to(title: &str, id: &Value) -> Value {
    with(transmission(title), "relatedTransmissionId", id.clone())
}

fn new_id() -> Value {
    json!(Uuid::now_v7().to_string())
}

async fn shown(caller: &Actor<'_>, id: DialogId) -> Value {
    caller.get(&path(id, "")).await.expect(StatusCode::OK).json()
}

async fn revision(caller: &Actor<'_>, id: DialogId) -> String {
    caller.get(&path(id, "")).await.expect(StatusCode::OK).header("etag").to_owned()
}

/// The id of a part that is added to a list of a dialog.
async fn add(caller: &Actor<'_>, id: DialogId, list: &str, body: Value) -> Value {
    caller.post(&path(id, list), body).await.expect(StatusCode::CREATED).json()
}

/// The keys of the errors that a request is refused with.
async fn refused(
    caller: &Actor<'_>,
    method: Method,
    path: &str,
    body: &Value,
    revision: Option<&str>,
) -> (u16, String) {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(revision.map(|revision| ("if-match", revision)));
    let answer = caller.send(method, path, &headers, body.to_string().into()).await;
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text());
    let problem = answer.json();
    let keys = problem["errors"].as_object().map(|errors| errors.keys().cloned().collect::<Vec<_>>().join(" "));
    (answer.status.as_u16(), keys.unwrap_or_default())
}

#[track_caller]
fn assert_refused(found: (u16, String), status: u16, keys: &str) {
    assert_eq!((found.0, found.1.as_str()), (status, keys));
}

#[tokio::test]
async fn a_transmission_is_added_and_found_at_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let given = NewDialog { system_label: SystemLabel::Bin, ..dialog("Skatt") };
    let id = given.id;
    let first = app.holds(given).to_string();
    let before = shown(&skd, id).await;
    app.wait(Duration::from_secs(1));
    let answer = skd.post(&path(id, "/transmissions"), transmission("Purring")).await.expect(StatusCode::CREATED);
    let added = answer.json();
    assert_eq!(answer.header("location"), path(id, &format!("/transmissions/{}", added.as_str().expect("an id"))));
    assert_ne!(answer.header("etag"), first);
    assert_eq!(revision(&skd, id).await, answer.header("etag"));
    assert_eq!(found(&app, "purring").await, ["Skatt"]);
    let after = shown(&skd, id).await;
    assert_ne!(after["updatedAt"], before["updatedAt"]);
    assert_eq!(after["contentUpdatedAt"], after["updatedAt"]);
    assert_eq!(after["hasUnopenedContent"], true);
    assert_eq!(after["fromServiceOwnerTransmissionsCount"], 1);
    assert_eq!(after["systemLabel"], "Default");
    assert_eq!(after["transmissions"][0]["id"], added);

    let silent = with(with(transmission("Svar"), "type", json!("Submission")), "isSilentUpdate", json!(true));
    app.wait(Duration::from_secs(1));
    add(&skd, id, "/transmissions", silent).await;
    add(&skd, id, "/transmissions?isSilentUpdate=true", transmission("Stille")).await;
    let silently = shown(&skd, id).await;
    assert_eq!(silently["updatedAt"], after["updatedAt"]);
    assert_eq!(silently["fromPartyTransmissionsCount"], 1);
    assert_ne!(silently["revision"], after["revision"]);
    let labels = silently["endUserContext"]["systemLabels"].as_array().expect("labels");
    assert!(labels.contains(&json!("Sent")), "{labels:?}");
    assert_eq!(found(&app, "stille").await, ["Skatt"]);
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn fields_of_a_transmission_are_judged() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Felt");
    let at = path(id, "/transmissions");
    let own = new_id();
    let link = |url: &str| json!([{ "urls": [{ "url": url, "consumerType": "Gui" }] }]);
    let ahead = |seconds: i64| json!(Timestamp::from_micros(app.now().as_micros() + seconds * 1_000_000).to_string());
    let action = |expires_at: Value| json!([{ "title": [{ "value": "Åpne", "languageCode": "nb" }], "url": "https://skd.no", "expiresAt": expires_at }]);
    for (member, value, key) in [
        ("id", json!(Uuid::new_v4().to_string()), "transmissions[0].id"),
        ("type", json!(9), "transmissions[0].type"),
        ("sender", json!({ "actorType": "PartyRepresentative" }), "transmissions[0].sender"),
        ("idempotentKey", json!("ab"), "transmissions[0].idempotentKey"),
        ("idempotentKey", json!("x".repeat(37)), "transmissions[0].idempotentKey"),
        ("createdAt", ahead(20), "transmissions[0].createdAt"),
        ("externalReference", json!("x".repeat(256)), "transmissions[0].externalReference"),
        ("content", Value::Null, "transmissions[0].content"),
        ("attachments", link("a b"), "transmissions[0].attachments[0].urls[0].url"),
        ("attachments", link(&"x".repeat(1024)), "transmissions[0].attachments[0].urls[0].url"),
        ("attachments", json!([{ "urls": [] }]), "transmissions[0].attachments[0].urls"),
        ("navigationalActions", action(ahead(-10)), "transmissions[0].navigationalActions[0].expiresAt"),
    ] {
        let body = with(transmission("Avvist"), member, value);
        assert_refused(refused(&skd, Method::POST, &at, &body, None).await, 400, key);
    }
    let body = with(related_to("Avvist", &own), "id", own.clone());
    assert_refused(refused(&skd, Method::POST, &at, &body, None).await, 400, "transmissions[0].relatedTransmissionId");
    assert_refused(refused(&skd, Method::POST, &at, &json!({ "sender": null }), None).await, 400, "sender");
    for (member, value) in [
        ("id", own),
        ("idempotentKey", json!("abc")),
        ("idempotentKey", json!("x".repeat(36))),
        ("createdAt", ahead(10)),
        ("attachments", link("http://skd.no/a")),
        ("attachments", link("urn:altinn:file:1")),
        ("attachments", link(&"x".repeat(1023))),
        ("navigationalActions", action(ahead(60))),
    ] {
        add(&skd, id, "/transmissions", with(transmission("Godtatt"), member, value)).await;
    }
    assert!(found(&app, "avvist").await.is_empty());
}

#[tokio::test]
async fn transmissions_form_trees() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let id = stored(&app, "Tre");
    let at = path(id, "/transmissions");
    assert_refused(
        refused(&skd, Method::POST, &at, &related_to("Ukjent", &new_id()), None).await,
        422,
        "Transmissions",
    );
    let root = add(&skd, id, "/transmissions", transmission("Rot")).await;
    let mut last = root.clone();
    for n in 2..=100 {
        last = add(&skd, id, "/transmissions", related_to(&format!("Nivå {n}"), &last)).await;
    }
    assert_refused(refused(&skd, Method::POST, &at, &related_to("For dyp", &last), None).await, 422, "Transmissions");
    for n in 2..=100 {
        add(&skd, id, "/transmissions", related_to(&format!("Barn {n}"), &root)).await;
    }
    assert_refused(refused(&skd, Method::POST, &at, &related_to("For bred", &root), None).await, 422, "Transmissions");
    let other = stored(&app, "Et annet tre");
    let stranger = related_to("Fremmed", &root);
    assert_refused(
        refused(&skd, Method::POST, &path(other, "/transmissions"), &stranger, None).await,
        422,
        "Transmissions",
    );
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn transmissions_of_each_side_are_counted_to_an_end() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for (stored, of, other, side) in [
        (TransmissionType::Submission, "Correction", "Information", "FromParty"),
        (TransmissionType::Decision, "Information", "Submission", "FromServiceOwner"),
    ] {
        let counter = format!("{side}TransmissionsCount");
        let one = || Transmission { transmission_type: stored, ..submission() };
        let given = NewDialog { transmissions: (1..32_767).map(|_| one()).collect(), ..dialog("Full") };
        let id = given.id;
        app.holds(given);
        let sent = with(transmission("Sendt"), "type", json!(of));
        let (whole, at) = (path(id, ""), path(id, "/transmissions"));
        let update = |added: Value| {
            let content = json!({ "title": { "value": [{ "value": "Full", "languageCode": "nb" }] } });
            // What is stored has no content, which only dialogs for APIs may lack.
            json!({ "status": "InProgress", "isApiOnly": true, "content": content, "transmissions": added })
        };
        let two = update(json!([sent, sent]));
        assert_refused(refused(&skd, Method::PUT, &whole, &two, None).await, 422, &counter);
        add(&skd, id, "/transmissions", sent.clone()).await;
        assert_refused(refused(&skd, Method::POST, &at, &sent, None).await, 422, &counter);
        assert_refused(refused(&skd, Method::PUT, &whole, &update(json!([sent])), None).await, 422, &counter);
        let expired = json!([{ "urls": [{ "url": "a", "consumerType": "Api" }], "expiresAt": "2020-01-01T00:00Z" }]);
        assert_refused(
            refused(&skd, Method::POST, &at, &with(sent, "attachments", expired), None).await,
            422,
            &format!("{counter} Transmissions.Attachments.ExpiresAt"),
        );
        // The other side has a counter of its own.
        add(&skd, id, "/transmissions", with(transmission("Svar"), "type", json!(other))).await;
        let shown = shown(&skd, id).await;
        let counts = [side, if side == "FromParty" { "FromServiceOwner" } else { "FromParty" }]
            .map(|side| &shown[format!("f{}TransmissionsCount", &side[1..])]);
        assert_eq!(counts, [32_767, 1]);
    }
}

#[tokio::test]
async fn checks_of_a_transmission_come_in_the_contracts_order() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let id = stored(&app, "Orden");
    let at = path(id, "/transmissions");
    let other = Uuid::new_v4().to_string();
    let keyed = with(transmission("Nøkkel"), "idempotentKey", json!("en-to-tre"));
    add(&skd, id, "/transmissions", keyed.clone()).await;

    let expired = json!([{ "urls": [{ "url": "a", "consumerType": "Api" }], "expiresAt": "2020-01-01T00:00Z" }]);
    let late = with(transmission("Utløpt"), "attachments", expired.clone());
    let unknown = with(keyed.clone(), "relatedTransmissionId", new_id());
    let foreign =
        with(with(late.clone(), "authorizationAttribute", json!(BENEFITS)), "relatedTransmissionId", new_id());
    assert_refused(
        refused(&nav, Method::POST, &at, &json!({}), None).await,
        400,
        "transmissions[0].content transmissions[0].sender transmissions[0].type",
    );
    assert_refused(refused(&nav, Method::POST, &at, &keyed, None).await, 404, "DialogEntity");
    assert_refused(refused(&skd, Method::POST, &at, &unknown, Some(&other)).await, 412, "");
    assert_refused(refused(&skd, Method::POST, &at, &unknown, None).await, 409, "IdempotentKey");
    assert_refused(refused(&skd, Method::POST, &at, &foreign, None).await, 403, "Forbidden");
    assert_refused(
        refused(&admin, Method::POST, &at, &foreign, None).await,
        422,
        "Transmissions Transmissions.Attachments.ExpiresAt",
    );
    assert_refused(refused(&skd, Method::POST, &at, &late, None).await, 422, "Transmissions.Attachments.ExpiresAt");
    let used = add(&skd, id, "/transmissions", transmission("Brukt")).await;
    let again = with(transmission("Brukt"), "id", used.clone());
    assert_refused(refused(&skd, Method::POST, &at, &again, None).await, 422, "DialogTransmission");
    let other_dialog = stored(&app, "En annen");
    assert_refused(
        refused(&skd, Method::POST, &path(other_dialog, "/transmissions"), &again, None).await,
        422,
        "DialogTransmission",
    );
    add(&skd, other_dialog, "/transmissions", keyed.clone()).await;
    let unknown =
        json!({ "actorType": "PartyRepresentative", "actorId": "urn:altinn:organization:identifier-no:910000004" });
    let nameless = with(late, "sender", unknown);
    assert_refused(
        refused(&skd, Method::POST, &at, &nameless, None).await,
        422,
        "ActorId Transmissions.Attachments.ExpiresAt",
    );

    let freeze = path(id, "/actions/freeze");
    admin.send(Method::POST, &freeze, &[], Body::empty()).await.expect(StatusCode::NO_CONTENT);
    assert_refused(refused(&skd, Method::POST, &at, &keyed, Some(&other)).await, 403, "Forbidden");
    add(&admin, id, "/transmissions", transmission("Tint")).await;
    admin.delete(&path(id, "")).await.expect(StatusCode::NO_CONTENT);
    assert_refused(refused(&skd, Method::POST, &at, &keyed, Some(&other)).await, 410, "DialogEntity");
    assert_refused(refused(&admin, Method::POST, &at, &transmission("x"), None).await, 410, "DialogEntity");
}

#[tokio::test]
async fn a_transmission_is_replaced_silently() {
    let app = TestApp::new();
    let skd = app.service_owner_with(SKD_NUMBER, CHANGE);
    let id = stored(&app, "Bytte");
    let link = |id: &Value, url: &str| json!({ "id": id, "url": url, "consumerType": "Gui" });
    let attached = |id: &Value, urls: Value| json!({ "id": id, "urls": urls, "expiresAt": "2020-01-01T00:00Z" });
    let attachment = new_id();
    let first = json!([{ "id": attachment, "urls": [{ "url": "https://skd.no/1", "consumerType": "Gui" }] }]);
    let given = with(with(transmission("Gammel"), "attachments", first), "createdAt", json!("2026-01-01T00:00Z"));
    let added = add(&skd, id, "/transmissions", given).await;
    let at = path(id, &format!("/transmissions/{}", added.as_str().expect("an id")));
    let before = skd.get(&at).await.expect(StatusCode::OK).json();
    let url_id = before["attachments"][0]["urls"][0]["id"].clone();
    let dialog_before = shown(&skd, id).await;

    let (new_attachment, new_url) = (new_id(), new_id());
    let attachments = json!([
        attached(&new_attachment, json!([{ "url": "https://skd.no/3", "consumerType": "Gui" }])),
        attached(&attachment, json!([link(&new_url, "https://skd.no/2"), link(&url_id, "https://skd.no/1b")])),
    ]);
    let update = with(with(transmission("Nyskrevet"), "attachments", attachments), "isSilentUpdate", json!(true));
    let update = with(with(update, "type", json!("Submission")), "id", new_id());
    let answer = skd.put(&at, update.clone()).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(revision(&skd, id).await, answer.header("etag"));
    let after = skd.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!((&after["id"], &after["createdAt"]), (&before["id"], &before["createdAt"]));
    assert_eq!(after["content"]["title"]["value"][0]["value"], "Nyskrevet");
    let ids: Vec<_> = after["attachments"].as_array().expect("attachments").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&attachment, &new_attachment], "what was there comes first");
    let urls = after["attachments"][0]["urls"].as_array().expect("addresses");
    assert_eq!((&urls[0]["id"], &urls[1]["id"]), (&url_id, &new_url));
    assert_eq!(urls[0]["url"], "https://skd.no/1b");
    let dialog_after = shown(&skd, id).await;
    for kept in ["updatedAt", "contentUpdatedAt", "endUserContext", "hasUnopenedContent", "fromPartyTransmissionsCount"]
    {
        assert_eq!(dialog_after[kept], dialog_before[kept], "{kept}");
    }
    assert_ne!(dialog_after["revision"], dialog_before["revision"]);
    assert_eq!(found(&app, "nyskrevet").await, ["Bytte"]);
    assert!(found(&app, "gammel").await.is_empty());
    let future = with(update, "createdAt", json!("2090-01-01T00:00Z"));
    skd.put(&at, future).await.expect(StatusCode::NO_CONTENT);
    let after = skd.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(after["createdAt"], "2090-01-01T00:00:00.0000000Z");
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn checks_of_a_replacement_come_in_the_contracts_order() {
    let app = TestApp::new();
    let skd = app.service_owner_with(SKD_NUMBER, CHANGE);
    let nav = app.service_owner_with(NAV_NUMBER, CHANGE);
    let admin = app.service_owner_with(NAV_NUMBER, &format!("{ADMIN} {CHANGE}"));
    let id = stored(&app, "Orden");
    let first = add(&skd, id, "/transmissions", with(transmission("A"), "idempotentKey", json!("nøkkel-a"))).await;
    let second = add(&skd, id, "/transmissions", related_to("B", &first)).await;
    let at = path(id, &format!("/transmissions/{}", first.as_str().expect("an id")));
    let at_second = path(id, &format!("/transmissions/{}", second.as_str().expect("an id")));
    let nowhere = path(id, &format!("/transmissions/{}", Uuid::now_v7()));
    let silent = |body: Value| with(body, "isSilentUpdate", json!(true));
    let other = Uuid::new_v4().to_string();
    let put = Method::PUT;

    assert_refused(refused(&nav, put.clone(), &at, &transmission("x"), None).await, 400, "isSilentUpdate");
    let insecure = json!([{ "urls": [{ "url": "http://skd.no", "consumerType": "Gui" }] }]);
    let insecure = silent(with(transmission("x"), "attachments", insecure));
    assert_refused(refused(&skd, put.clone(), &at, &insecure, None).await, 400, "dto.attachments[0].urls[0].url");
    let nil = path(DialogId(Uuid::nil()), &format!("/transmissions/{}", Uuid::nil()));
    assert_refused(
        refused(&skd, put.clone(), &nil, &silent(transmission("x")), None).await,
        400,
        "dialogId transmissionId",
    );
    assert_refused(refused(&nav, put.clone(), &at, &silent(transmission("x")), None).await, 404, "DialogEntity");
    let foreign = silent(with(transmission("x"), "authorizationAttribute", json!(BENEFITS)));
    assert_refused(refused(&skd, put.clone(), &nowhere, &foreign, None).await, 403, "Forbidden");
    assert_refused(
        refused(&skd, put.clone(), &nowhere, &silent(transmission("x")), Some(&other)).await,
        404,
        "DialogTransmission",
    );
    let clash = silent(with(related_to("x", &second), "idempotentKey", json!("nøkkel-a")));
    assert_refused(refused(&skd, put.clone(), &at_second, &clash, Some(&other)).await, 409, "IdempotentKey");
    for parent in [&first, &second, &new_id()] {
        let wrong = silent(related_to("x", parent));
        assert_refused(refused(&skd, put.clone(), &at, &wrong, Some(&other)).await, 422, "Transmissions");
    }
    let right = silent(with(transmission("C"), "idempotentKey", json!("nøkkel-a")));
    assert_refused(refused(&skd, put.clone(), &at, &right, Some(&other)).await, 412, "");
    skd.put(&at, right.clone()).await.expect(StatusCode::NO_CONTENT);
    admin.send(Method::POST, &path(id, "/actions/freeze"), &[], Body::empty()).await.expect(StatusCode::NO_CONTENT);
    assert_refused(refused(&skd, put.clone(), &nowhere, &right, None).await, 403, "Forbidden");
    admin.put(&at, right.clone()).await.expect(StatusCode::NO_CONTENT);
    admin.delete(&path(id, "")).await.expect(StatusCode::NO_CONTENT);
    assert_refused(refused(&skd, put.clone(), &nowhere, &right, None).await, 410, "DialogEntity");
    assert_refused(refused(&skd, put, &nowhere, &foreign, None).await, 403, "Forbidden");
}

#[tokio::test]
async fn an_activity_is_added() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let given = NewDialog { system_label: SystemLabel::Archive, ..dialog("Hendelse") };
    let id = given.id;
    app.holds(given);
    let before = shown(&skd, id).await;
    app.wait(Duration::from_secs(1));
    let text = json!([{ "value": "Saksbehandlingen", "languageCode": "nb" }]);
    let body = with(activity("Information"), "description", text.clone());
    let answer = skd.post(&path(id, "/activities"), body).await.expect(StatusCode::CREATED);
    let added = answer.json();
    assert_eq!(answer.header("location"), path(id, &format!("/activities/{}", added.as_str().expect("an id"))));
    assert_eq!(revision(&skd, id).await, answer.header("etag"));
    assert_eq!(found(&app, "saksbehandlingen").await, ["Hendelse"]);
    let after = shown(&skd, id).await;
    assert_ne!(after["updatedAt"], before["updatedAt"]);
    assert_eq!(after["contentUpdatedAt"], before["contentUpdatedAt"]);
    assert_eq!(after["systemLabel"], "Default");

    let sent = add(&skd, id, "/transmissions", transmission("Vedtak")).await;
    assert_eq!(shown(&skd, id).await["hasUnopenedContent"], true);
    let opened = with(activity("TransmissionOpened"), "transmissionId", sent);
    let updated = shown(&skd, id).await["updatedAt"].clone();
    app.wait(Duration::from_secs(1));
    add(&skd, id, "/activities", with(opened.clone(), "isSilentUpdate", json!(true))).await;
    let after = shown(&skd, id).await;
    assert_eq!((&after["hasUnopenedContent"], &after["updatedAt"]), (&json!(false), &updated));
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn checks_of_an_activity_come_in_the_contracts_order() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let id = stored(&app, "Orden");
    let at = path(id, "/activities");
    let other = Uuid::new_v4().to_string();
    let post = Method::POST;
    let text = json!([{ "value": "x", "languageCode": "nb" }]);
    let opened = with(activity("TransmissionOpened"), "transmissionId", new_id());
    for (body, key) in [
        (with(activity("DialogOpened"), "performedBy", json!({})), "activity.performedBy.actorType"),
        (with(activity("DialogOpened"), "createdAt", json!("2090-01-01T00:00Z")), "activity.createdAt"),
        (with(activity("DialogOpened"), "description", text.clone()), "activity.description"),
        (activity("Information"), "activity.description"),
        (activity("TransmissionOpened"), "activity.transmissionId"),
        (with(opened.clone(), "type", json!("DialogOpened")), "activity.transmissionId"),
        (
            with(activity("Information"), "description", json!([{ "value": "x".repeat(256), "languageCode": "nb" }])),
            "activity.description[0].value",
        ),
    ] {
        assert_refused(refused(&nav, post.clone(), &at, &body, None).await, 400, key);
    }
    let nil = path(DialogId(Uuid::nil()), "/activities");
    assert_refused(refused(&skd, post.clone(), &nil, &activity("DialogOpened"), None).await, 400, "dialogId");
    assert_refused(refused(&nav, post.clone(), &at, &activity("DialogOpened"), None).await, 404, "DialogEntity");
    let letter = activity("CorrespondenceConfirmed");
    assert_refused(refused(&skd, post.clone(), &at, &letter, Some(&other)).await, 403, "Forbidden");
    let writer = app.service_owner_with(SKD_NUMBER, CORRESPONDENCE);
    add(&writer, id, "/activities", letter.clone()).await;
    assert_refused(refused(&admin, post.clone(), &at, &letter, None).await, 403, "Forbidden");
    assert_refused(refused(&skd, post.clone(), &at, &opened, Some(&other)).await, 422, "Activity.TransmissionId");
    assert_refused(refused(&skd, post.clone(), &at, &activity("DialogOpened"), Some(&other)).await, 412, "");
    let added = add(&skd, id, "/activities", activity("DialogOpened")).await;
    let again = with(activity("DialogOpened"), "id", added);
    assert_refused(refused(&skd, post.clone(), &at, &again, Some(&other)).await, 412, "");
    assert_refused(refused(&skd, post.clone(), &at, &again, None).await, 422, "DialogActivity");

    admin.send(post.clone(), &path(id, "/actions/freeze"), &[], Body::empty()).await.expect(StatusCode::NO_CONTENT);
    assert_refused(refused(&skd, post.clone(), &at, &letter, None).await, 403, "Forbidden");
    admin.delete(&path(id, "")).await.expect(StatusCode::NO_CONTENT);
    assert_refused(refused(&skd, post, &at, &letter, None).await, 410, "DialogEntity");
    add(&admin, id, "/activities", activity("DialogDeleted")).await;
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn administrators_move_when_a_form_was_saved() {
    let app = TestApp::new();
    let (skd, admin) = (app.service_owner(SKD_NUMBER), app.service_owner_with(NAV_NUMBER, ADMIN));
    let id = stored(&app, "Skjema");
    let saved = add(&skd, id, "/activities", activity("FormSaved")).await;
    let opened = add(&skd, id, "/activities", activity("DialogOpened")).await;
    let at = |activity: &Value| {
        path(id, &format!("/activities/{}/actions/updateFormSavedActivityTime", activity.as_str().expect("an id")))
    };
    let post = Method::POST;
    let before = shown(&skd, id).await;
    let early = json!("2026-01-01T00:00:00Z");
    let answer = admin.post(&at(&saved), early.clone()).await.expect(StatusCode::NO_CONTENT);
    let after = shown(&skd, id).await;
    assert_eq!(after["revision"], answer.header("etag"));
    assert_ne!(after["revision"], before["revision"]);
    assert_eq!(after["updatedAt"], before["updatedAt"]);
    assert_eq!(after["activities"][0]["createdAt"], "2026-01-01T00:00:00.0000000Z");
    app.wait(Duration::from_secs(60));
    let late = json!(app.now().to_string());
    admin.post(&at(&saved), late.clone()).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(shown(&skd, id).await["updatedAt"], late);

    let other = Uuid::new_v4().to_string();
    let ahead = json!("2090-01-01T00:00:00Z");
    assert_refused(refused(&admin, post.clone(), &at(&new_id()), &ahead, None).await, 400, "newCreatedAt");
    assert_refused(refused(&admin, post.clone(), &at(&new_id()), &early, None).await, 404, "DialogActivity");
    assert_refused(refused(&admin, post.clone(), &at(&opened), &early, Some(&other)).await, 422, "Type");
    assert_refused(refused(&admin, post.clone(), &at(&saved), &early, Some(&other)).await, 412, "");
    assert_refused(
        refused(&admin, post.clone(), &at(&json!(Uuid::nil().to_string())), &early, None).await,
        400,
        "activityId",
    );
    assert_refused(refused(&admin, post.clone(), &at(&json!("x")), &early, None).await, 404, "");
    assert_refused(refused(&admin, post.clone(), &at(&saved), &json!(1), None).await, 400, "SerializerErrors");
    let nowhere = at(&saved).replace(&id.to_string(), &DialogId::new().to_string());
    assert_refused(refused(&admin, post, &nowhere, &early, None).await, 404, "DialogActivity");
    admin.delete(&path(id, "")).await.expect(StatusCode::NO_CONTENT);
    admin.post(&at(&saved), early).await.expect(StatusCode::NO_CONTENT);
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn parts_are_shown_on_their_own() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let id = stored(&app, "Deler");
    let dated = |body: Value, day: u8| with(body, "createdAt", json!(format!("2026-01-0{day}T00:00Z")));
    let second = add(&skd, id, "/transmissions", dated(transmission("To"), 2)).await;
    let first = add(&skd, id, "/transmissions", dated(transmission("En"), 1)).await;
    let text = json!([{ "value": "x", "languageCode": "nb" }]);
    let later = add(&skd, id, "/activities", dated(activity("DialogOpened"), 2)).await;
    let information = with(activity("Information"), "description", text.clone());
    let earlier = add(&skd, id, "/activities", dated(information, 1)).await;
    app.end_user(ALICE).get(&format!("/api/v1/enduser/dialogs/{id}")).await.expect(StatusCode::OK);

    let get = async |rest: &str| skd.get(&path(id, rest)).await.expect(StatusCode::OK);
    let one = |list: &str, id: &Value| format!("/{list}/{}", id.as_str().expect("an id"));
    let answer = get("/transmissions").await;
    assert!(answer.headers.get("etag").is_none());
    let transmissions = answer.json();
    let ids: Vec<_> = transmissions.as_array().expect("a list").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&second, &first], "newest first");
    let of_a_transmission = ["attachments", "content", "createdAt", "id", "navigationalActions", "sender", "type"];
    assert_eq!(members(&transmissions[0]), of_a_transmission);
    assert_eq!(get(&one("transmissions", &first)).await.json(), transmissions[1]);

    let activities = get("/activities").await.json();
    let ids: Vec<_> = activities.as_array().expect("a list").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&earlier, &later], "oldest first");
    assert_eq!(members(&activities[0]), ["createdAt", "id", "type"]);
    let whole = get(&one("activities", &earlier)).await.json();
    assert_eq!(members(&whole), ["createdAt", "description", "id", "performedBy", "type"]);
    assert!(get(&one("activities", &later)).await.json().get("description").is_none());

    let seen = get("/seenlog").await.json();
    assert_eq!(seen.as_array().map(Vec::len), Some(1));
    assert_eq!(members(&seen[0]), ["id", "isViaServiceOwner", "seenAt", "seenBy"]);
    let alice = format!("urn:altinn:person:identifier-no:{ALICE}");
    assert_eq!(seen[0]["seenBy"]["actorId"], alice.as_str(), "unmasked");
    assert_eq!(get(&one("seenlog", &seen[0]["id"])).await.json(), seen[0]);

    let lists =
        [("activities", "DialogActivity"), ("transmissions", "DialogTransmission"), ("seenlog", "DialogSeenLog")];
    let read = async |caller: &Actor<'_>, rest: &str| {
        let answer = caller.get(&path(id, rest)).await;
        let problem = answer.json();
        let keys = members(&problem["errors"]).join(" ");
        (answer.status.as_u16(), keys)
    };
    for (list, entity) in lists {
        let missing = one(list, &new_id());
        assert_refused(read(&skd, &missing).await, 404, entity);
        for rest in [format!("/{list}"), missing] {
            assert_refused(read(&nav, &rest).await, 404, "DialogEntity");
        }
        assert_refused(
            read(&skd, &format!("/{list}/x")).await,
            400,
            match list {
                "activities" => "activityId",
                "transmissions" => "transmissionId",
                _ => "seenLogId",
            },
        );
    }
    app.service_owner_with(NAV_NUMBER, ADMIN).get(&path(id, "/seenlog")).await.expect(StatusCode::OK);
    skd.delete(&path(id, "")).await.expect(StatusCode::NO_CONTENT);
    for (list, _) in lists {
        for rest in [format!("/{list}"), one(list, &new_id())] {
            assert_refused(read(&skd, &rest).await, 410, "DialogEntity");
        }
    }
}

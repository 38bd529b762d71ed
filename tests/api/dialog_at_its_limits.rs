//! All limits of a dialog at once: it is accepted as it is, and not with any more.

use crate::app::{Actor, Answer, SKD_NUMBER, TestApp};
use crate::create_dialog::{body as creation, found};
use crate::update_dialog::{PATH, assert_keys, get, texts, update_of};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const MAX_BODY_BYTES: usize = 20_000_000;
const MAX_FROM_PARTY: usize = 32_767;

fn long(length: usize) -> String {
    "x".repeat(length)
}

/// With the longest texts.
fn sent(id: &str, answered: Option<&str>) -> Value {
    json!({
        "id": id,
        "relatedTransmissionId": answered,
        "type": "Information",
        "externalReference": long(255),
        "extendedType": long(1023),
        "sender": { "actorType": "PartyRepresentative", "actorName": long(255) },
        "content": { "title": { "value": texts(&long(255)) }, "summary": { "value": texts(&long(255)) } },
    })
}

fn submission(reference: usize) -> Value {
    json!({
        "type": 7,
        "externalReference": long(reference),
        "sender": { "actorType": 2 },
        "content": { "title": { "value": texts("x") } },
    })
}

/// The body of a creation at all limits, and the last of its chain and the root of its star.
fn at_all_limits() -> (String, String, String) {
    let ids: Vec<_> = (0..201).map(|_| Uuid::now_v7().to_string()).collect();
    let (chain, star) = ids.split_at(100);
    let mut transmissions: Vec<_> =
        (0..100).map(|n| sent(&chain[n], n.checked_sub(1).map(|parent| chain[parent].as_str()))).collect();
    transmissions.extend((0..101).map(|n| sent(&star[n], (n > 0).then_some(star[0].as_str()))));
    let without = submission(0).to_string().len() + ",".len();
    let mut body = creation("Full");
    body["content"]["summary"] = json!({ "value": texts(&long(255)) });
    body["content"]["additionalInfo"] = json!({ "value": texts(&long(1023)) });
    body["extendedStatus"] = json!(long(255));
    body["process"] = json!(long(1023));
    body["idempotentKey"] = json!(long(36));
    body["transmissions"] = json!(transmissions);
    // The texts of the others are as long as there is room for.
    let room = MAX_BODY_BYTES - body.to_string().len() - MAX_FROM_PARTY * without;
    let submissions = vec![submission((room / MAX_FROM_PARTY).min(255)); MAX_FROM_PARTY];
    body["transmissions"].as_array_mut().expect("a list").extend(submissions);
    body["attachments"] = json!([]);
    let attachment = json!({ "name": long(255), "urls": [{ "url": format!("https://a.no/{}", long(1010)), "consumerType": "Gui" }] });
    let more = (MAX_BODY_BYTES - body.to_string().len()) / (attachment.to_string().len() + ",".len());
    body["attachments"] = json!(vec![attachment; more]);
    let body = body.to_string();
    // What is left is too little for another.
    let rest = " ".repeat(MAX_BODY_BYTES - body.len());
    (body + &rest, chain[99].clone(), star[0].clone())
}

async fn create(caller: &Actor<'_>, body: String) -> Answer {
    caller.send(Method::POST, PATH, &[("content-type", "application/json")], Body::from(body)).await
}

#[tokio::test]
async fn it_is_accepted_up_to_each_limit_and_not_beyond() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let (body, last, root) = at_all_limits();
    assert_eq!(body.len(), MAX_BODY_BYTES);
    create(&skd, format!("{body} ")).await.expect(StatusCode::PAYLOAD_TOO_LARGE);
    let path = create(&skd, body).await.expect(StatusCode::CREATED).header("location").to_owned();
    assert_eq!(found(&app, "full").await, ["Full"]);

    let added = format!("{path}/transmissions");
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let new = || Uuid::now_v7().to_string();
    let mut longer = sent(&new(), None);
    longer["externalReference"] = json!(long(256));
    let fields = ["transmissions[0].externalReference"];
    for (body, status, keys) in [
        (submission(0), unprocessable, ["FromPartyTransmissionsCount"]),
        (sent(&new(), Some(&last)), unprocessable, ["Transmissions"]),
        (sent(&new(), Some(&root)), unprocessable, ["Transmissions"]),
        (longer, StatusCode::BAD_REQUEST, fields),
    ] {
        assert_keys(&skd.post(&added, body).await.expect(status).json(), &keys);
    }
    // What is no more of any of it fits, in the same ways.
    skd.post(&added, sent(&new(), None)).await.expect(StatusCode::CREATED);
    let shown = get(&skd, &path).await;
    assert_eq!(shown["fromPartyTransmissionsCount"], MAX_FROM_PARTY);
    assert_eq!(shown["fromServiceOwnerTransmissionsCount"], 202);
    let mut update = update_of(&shown);
    update["attachments"] = json!([]);
    for (transmission, keys) in [
        (submission(0), ["FromPartyTransmissionsCount"]),
        (sent(&new(), Some(&last)), ["Transmissions"]),
        (sent(&new(), Some(&root)), ["Transmissions"]),
    ] {
        update["transmissions"] = json!([transmission]);
        assert_keys(&skd.put(&path, update.clone()).await.expect(unprocessable).json(), &keys);
    }
    // One too many is told of before a key that another has.
    for (both, status, keys) in [
        ([submission(0), submission(0)], unprocessable, ["FromPartyTransmissionsCount"]),
        ([sent(&new(), None), sent(&new(), None)], StatusCode::CONFLICT, ["IdempotentKey"]),
    ] {
        update["transmissions"] = json!(both);
        for at in 0..2 {
            update["transmissions"][at]["idempotentKey"] = json!("nøkkel");
        }
        assert_keys(&skd.put(&path, update.clone()).await.expect(status).json(), &keys);
    }
    update["transmissions"] = json!([sent(&new(), None)]);
    skd.put(&path, update).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

//! Every status that the contract documents for an operation, answered as it says.

use super::schema::Schemas;
use super::{NEVER_ANSWERED, Operation, contract, covered};
use crate::app::{ALICE, Actor, Answer, BENEFITS, SKD_NUMBER, TestApp, consumer};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::DialogId;
use dialogdex::app::{HttpRules, Maintenance};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const DIALOGS: &str = "/api/v1/serviceowner/dialogs";

/// A request and the status that it leads to.
struct Case {
    id: &'static str,
    path: String,
    if_match: Option<String>,
    body: Option<Value>,
    status: u16,
}

/// Collects which statuses have been seen, and what was wrong with them.
struct Walk<'a> {
    contract: &'a Value,
    seen: BTreeSet<(String, String)>,
    mistakes: Vec<String>,
}

#[tokio::test]
async fn every_status_of_the_openapi_contract_is_answered_as_it_says() {
    let contract = contract();
    let operations = covered(&contract);
    let mut walk = Walk { contract: &contract, seen: BTreeSet::new(), mistakes: Vec::new() };
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let admin = app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    for case in cases(&skd).await {
        let caller = if case.id == "FreezeDialog" { &admin } else { &skd };
        let operation = operations.iter().find(|it| it.id == case.id).expect("an operation that is covered");
        let answer = send(caller, operation.method, &case.path, case.if_match.as_deref(), case.body).await;
        assert_eq!(answer.status.as_u16(), case.status, "{} {}: {}", case.id, case.path, answer.text());
        walk.hold(operation, &answer);
    }

    let rules = HttpRules {
        max_body_bytes: 20_000_000,
        request_timeout: Duration::from_secs(30),
        maintenance: Some(Maintenance { retry_at: Some(app.now()) }),
    };
    let closed = TestApp::with_rules(rules);
    let powerless = app.claiming(json!({ "scope": "digdir:dialogporten", "consumer": consumer(SKD_NUMBER) }));
    for operation in &operations {
        let path = operation.path.replace("{dialogId}", &DialogId::new().to_string());
        let body = || Some(json!({}));
        let refused = send(&closed.service_owner(SKD_NUMBER), operation.method, &path, None, body()).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        walk.hold(operation, &refused);
        if operation.described["responses"].get("401").is_some() {
            let refused = send(&app.anonymous(), operation.method, &path, None, body()).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
            walk.hold(operation, &refused);
            let refused = send(&powerless, operation.method, &path, None, body()).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN);
            walk.hold(operation, &refused);
        }
    }
    assert_eq!(walk.mistakes, Vec::<String>::new());

    let documented: BTreeSet<_> = operations
        .iter()
        .flat_map(|it| {
            let statuses = it.described["responses"].as_object().expect("responses").keys();
            statuses.map(|status| (it.id.to_owned(), status.clone()))
        })
        .filter(|(id, status)| !NEVER_ANSWERED.iter().any(|(of, never, _)| of == id && never == status))
        .collect();
    let unseen: Vec<_> = documented.difference(&walk.seen).collect();
    assert!(unseen.is_empty(), "documented and never seen: {unseen:?}");
    for (id, status, _) in NEVER_ANSWERED {
        assert!(!walk.seen.contains(&((*id).to_owned(), (*status).to_owned())), "{id} does answer {status}");
    }
}

impl Walk<'_> {
    /// Statuses that the contract's document leaves out are problems all the same.
    fn hold(&mut self, operation: &Operation<'_>, answer: &Answer) {
        let status = answer.status.as_u16().to_string();
        let described = &operation.described["responses"][&status];
        let place = format!("{} {status}", operation.id);
        self.seen.insert((operation.id.to_owned(), status));
        let content_type = answer.headers.get("content-type").map_or("", |it| it.to_str().expect("a type of text"));
        let media_type = content_type.split(';').next().unwrap_or_default();
        for (name, _) in described["headers"].as_object().into_iter().flatten() {
            if !answer.headers.contains_key(name.to_lowercase()) {
                self.mistakes.push(format!("{place}: the header {name} is missing"));
            }
        }
        match described["content"].as_object() {
            Some(content) => match content.get(media_type) {
                None => self.mistakes.push(format!("{place}: {media_type} is not in the contract")),
                Some(_) if media_type == "text/plain" => {}
                Some(described) => {
                    Schemas(self.contract).mistakes(&described["schema"], &answer.json(), &place, &mut self.mistakes);
                }
            },
            // A refusal that the document says nothing more about.
            None if !answer.body.is_empty() => {
                let problem = &self.contract["components"]["schemas"]["ProblemDetails"];
                Schemas(self.contract).mistakes(problem, &answer.json(), &place, &mut self.mistakes);
                assert_eq!(answer.json()["status"], answer.status.as_u16());
            }
            None => {}
        }
    }
}

async fn send(caller: &Actor<'_>, method: &str, path: &str, if_match: Option<&str>, body: Option<Value>) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(if_match.map(|revision| ("if-match", revision)));
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let body = body.map_or_else(Body::empty, |body| body.to_string().into());
    caller.send(method, path, &headers, body).await
}

fn texts(text: &str) -> Value {
    json!([{ "value": text, "languageCode": "nb" }])
}

/// A dialog with something of everything.
fn full() -> Value {
    let transmission = DialogId::new().to_string();
    let person = format!("urn:altinn:person:identifier-no:{ALICE}");
    json!({
        "serviceResource": crate::app::TAX,
        "party": person,
        "progress": 10,
        "extendedStatus": "ext",
        "externalReference": "ref",
        "dueAt": "2100-01-01T00:00:00Z",
        "expiresAt": "2101-01-01T00:00:00Z",
        "process": "urn:process:1",
        "precedingProcess": "urn:process:0",
        "status": "InProgress",
        "searchTags": [{ "value": "skatt" }],
        "serviceOwnerContext": { "serviceOwnerLabels": [{ "value": "merke" }] },
        "content": {
            "title": { "value": texts("Skattemelding"), "mediaType": "text/plain" },
            "summary": { "value": texts("Kort"), "mediaType": "text/plain" },
            "senderName": { "value": texts("Skatteetaten") },
            "additionalInfo": { "value": texts("Mer"), "mediaType": "text/plain" },
            "extendedStatus": { "value": texts("Venter") },
        },
        "attachments": [{
            "displayName": texts("Vedlegg"),
            "urls": [{ "url": "https://skatt.example.no/a", "consumerType": "Gui", "mediaType": "application/pdf" }],
        }],
        "guiActions": [{ "action": "open", "url": "https://skatt.example.no", "priority": "Primary", "title": texts("Åpne") }],
        "apiActions": [{ "action": "open", "endpoints": [{ "url": "https://skatt.example.no", "httpMethod": "GET" }] }],
        "transmissions": [{
            "id": transmission,
            "type": "Information",
            "sender": { "actorType": "ServiceOwner" },
            "content": { "title": { "value": texts("Melding") }, "summary": { "value": texts("Om") } },
            "attachments": [{ "urls": [{ "url": "https://skatt.example.no/a", "consumerType": "Api" }] }],
            "navigationalActions": [{ "title": texts("Les"), "url": "https://skatt.example.no" }],
        }],
        "activities": [{
            "type": "TransmissionOpened",
            "transmissionId": transmission,
            "performedBy": { "actorType": "PartyRepresentative", "actorId": person },
        }],
    })
}

/// What is done to one dialog after the other. Each has one chance to be found by searches.
async fn cases(skd: &Actor<'_>) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |id, path: String, if_match: Option<String>, body: Option<Value>, status| {
        cases.push(Case { id, path, if_match, body, status });
    };
    let wrong = || Some(DialogId::new().to_string());
    let unknown = DialogId::new();

    case("GetLimits", "/api/v1/metadata/limits".to_owned(), None, None, 200);

    let with = |name: &str, value: Value| {
        let mut body = full();
        body[name] = value;
        Some(body)
    };
    let first = create(skd).await;
    case("CreateDialog", DIALOGS.to_owned(), None, with("idempotentKey", json!("one")), 201);
    case("CreateDialog", DIALOGS.to_owned(), None, with("idempotentKey", json!("one")), 409);
    case("CreateDialog", DIALOGS.to_owned(), None, with("progress", json!(101)), 400);
    case("CreateDialog", DIALOGS.to_owned(), None, with("serviceResource", json!(BENEFITS)), 403);
    case("CreateDialog", DIALOGS.to_owned(), None, with("id", json!(first)), 422);

    case("SearchDialogs", DIALOGS.to_owned(), None, None, 200);
    case("SearchDialogs", format!("{DIALOGS}?limit=0"), None, None, 400);

    case("GetDialog", format!("{DIALOGS}/{first}"), None, None, 200);
    let alice = format!("endUserId=urn:altinn:person:identifier-no:{ALICE}");
    case("GetDialog", format!("{DIALOGS}/{first}?{alice}"), None, None, 200);
    // Has been seen now.
    case("GetDialog", format!("{DIALOGS}/{first}"), None, None, 200);
    case("SearchDialogs", format!("{DIALOGS}?{alice}&allParties=true"), None, None, 200);
    case("GetDialog", format!("{DIALOGS}/{unknown}"), None, None, 404);

    let path = format!("{DIALOGS}/{first}");
    case("DeleteDialog", format!("{DIALOGS}/x"), None, None, 400);
    case("DeleteDialog", format!("{DIALOGS}/{unknown}"), None, None, 404);
    case("DeleteDialog", path.clone(), wrong(), None, 412);
    case("DeleteDialog", path.clone(), None, None, 204);
    case("DeleteDialog", path.clone(), None, None, 410);

    let freeze = |id: &str| format!("{DIALOGS}/{id}/actions/freeze");
    case("FreezeDialog", freeze("x"), None, None, 400);
    case("FreezeDialog", freeze(&unknown.to_string()), None, None, 404);
    case("FreezeDialog", freeze(&first), None, None, 410);

    let restore = |id: &str| format!("{DIALOGS}/{id}/actions/restore");
    case("RestoreDialog", restore(&unknown.to_string()), None, None, 404);
    case("RestoreDialog", restore(&first), wrong(), None, 412);
    case("RestoreDialog", restore(&first), None, None, 204);

    case("FreezeDialog", freeze(&first), wrong(), None, 412);
    case("FreezeDialog", freeze(&first), None, None, 204);

    let purge = |id: &str| format!("{DIALOGS}/{id}/actions/purge");
    case("PurgeDialog", purge(&unknown.to_string()), None, None, 404);
    case("PurgeDialog", purge(&first), wrong(), None, 412);
    case("PurgeDialog", purge(&first), None, None, 204);
    cases
}

async fn create(skd: &Actor<'_>) -> String {
    let created = skd.post(DIALOGS, full()).await.expect(StatusCode::CREATED);
    created.json().as_str().expect("an id").to_owned()
}

//! Every status that the contract documents for an operation, answered as it says, and every property that it knows,
//! sent and answered.

mod bodies;
mod end_users;
mod service_owners;

use super::schema::{Schemas, places_of};
use super::{Contract, Exceptions, Operation, operations};
use crate::app::{
    ALICE, Actor, Answer, BOB, COMPANY, NAV_NUMBER, SKD_NUMBER, SYSTEM_USER, TestApp, USUAL_RULES, consumer,
};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use bodies::new_id;
use dialogdex::app::{HttpRules, Maintenance};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const OWNED_DIALOGS: &str = "/api/v1/serviceowner/dialogs";

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Caller {
    Owner,
    /// Of another service.
    OtherOwner,
    TransmissionChanger,
    Administrator,
    NotificationSystem,
    /// The end user whose dialogs they are.
    Person,
    OtherPerson,
    SystemUser,
    Anyone,
}

/// A request and the status that it leads to.
struct Case {
    caller: Caller,
    id: &'static str,
    path: String,
    if_match: Option<String>,
    body: Option<Value>,
    status: u16,
}

impl Case {
    /// Without a body.
    fn of(caller: Caller, id: &'static str, path: impl Into<String>, status: u16) -> Self {
        Self { caller, id, path: path.into(), if_match: None, body: None, status }
    }

    fn by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    fn sending(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Asks for a revision that nothing has.
    fn at_another_revision(self) -> Self {
        Self { if_match: Some(new_id()), ..self }
    }
}

/// Collects what has been seen of the contract, and what was wrong with it.
struct Walk<'a> {
    contract: &'a Value,
    exceptions: &'a Exceptions,
    /// Operations with their statuses.
    statuses: BTreeSet<(String, String)>,
    /// Operations with the places of their successful requests and answers that held something.
    places: BTreeSet<(String, String)>,
    /// The places of problems that held something.
    told: BTreeSet<String>,
    mistakes: Vec<String>,
}

#[tokio::test]
async fn all_that_the_contract_of_end_users_documents_is_sent_and_answered() {
    let app = TestApp::new();
    walk(&super::end_users::contract(), &app, end_users::cases(&app).await).await;
}

#[tokio::test]
async fn all_that_the_contract_of_service_owners_documents_is_sent_and_answered() {
    let app = TestApp::new();
    walk(&super::service_owners::contract(), &app, service_owners::cases(&app).await).await;
}

/// What is done to one dialog after the other, and is refused everywhere.
async fn walk(contract: &Contract, app: &TestApp, cases: Vec<Case>) {
    let operations = operations(&contract.document);
    let mut walk = Walk {
        contract: &contract.document,
        exceptions: &contract.exceptions,
        statuses: BTreeSet::new(),
        places: BTreeSet::new(),
        told: BTreeSet::new(),
        mistakes: Vec::new(),
    };
    for case in cases {
        let operation = operations.iter().find(|it| it.id == case.id).expect("an operation of the contract");
        let answer = send(&actor(app, case.caller), operation.method, &case).await;
        let Case { id, path, status, .. } = &case;
        assert_eq!(answer.status.as_u16(), *status, "{id} {path}: {}", answer.text());
        if answer.status.is_success() {
            walk.hold_request(operation, case.body.as_ref());
        }
        walk.hold(operation, &answer);
    }
    refuse_all(app, &operations, &mut walk).await;
    assert_eq!(walk.mistakes, Vec::<String>::new());
    walk.assert_all_statuses_seen(&operations);
    walk.assert_all_places_filled(&operations);
    walk.assert_all_of_problems_told();
}

/// What is answered before an operation begins.
async fn refuse_all(app: &TestApp, operations: &[Operation<'_>], walk: &mut Walk<'_>) {
    let rules = HttpRules {
        max_body_bytes: 20_000_000,
        request_timeout: Duration::from_secs(30),
        maintenance: Some(Maintenance { retry_at: Some(app.now()) }),
        ..USUAL_RULES
    };
    let closed = TestApp::with_rules(rules);
    let powerless = || app.claiming(json!({ "scope": "openid", "pid": ALICE, "consumer": consumer(SKD_NUMBER) }));
    for operation in operations {
        let path = operation.path.split('/').map(|part| if part.starts_with('{') { new_id() } else { part.to_owned() });
        let request = Case::of(Caller::Anyone, "", path.collect::<Vec<_>>().join("/"), 0).sending(json!({}));
        let mut refusals = vec![(closed.anonymous(), StatusCode::SERVICE_UNAVAILABLE)];
        if operation.described["responses"].get("401").is_some() {
            refusals.push((app.anonymous(), StatusCode::UNAUTHORIZED));
            refusals.push((powerless(), StatusCode::FORBIDDEN));
        }
        for (caller, status) in refusals {
            let refused = send(&caller, operation.method, &request).await;
            assert_eq!(refused.status, status);
            walk.hold(operation, &refused);
        }
    }
}

impl Walk<'_> {
    fn hold_request(&mut self, operation: &Operation<'_>, body: Option<&Value>) {
        let place = format!("{} body", operation.id);
        match (operation.body(), body) {
            (Some(schema), Some(body)) => {
                Schemas(self.contract).mistakes(schema, body, &place, &mut self.mistakes);
                self.fill(operation, "body", body);
            }
            (None, None) => {}
            (schema, _) => {
                self.mistakes.push(format!("{place}: is sent or not, and should it be: {}", schema.is_some()))
            }
        }
    }

    /// Statuses that the contract's document leaves out are problems all the same.
    fn hold(&mut self, operation: &Operation<'_>, answer: &Answer) {
        let status = answer.status.as_u16().to_string();
        let described = &operation.described["responses"][&status];
        let place = format!("{} {status}", operation.id);
        let content_type = answer.headers.get("content-type").map_or("", |it| it.to_str().expect("a type of text"));
        let media_type = content_type.split(';').next().unwrap_or_default();
        for (name, _) in described["headers"].as_object().into_iter().flatten() {
            if !answer.headers.contains_key(name.to_lowercase()) {
                self.mistakes.push(format!("{place}: the header {name} is missing"));
            }
        }
        match described["content"].as_object() {
            Some(content) => {
                match content.get(media_type).or_else(|| self.problem_by_its_name(operation, answer, content)) {
                    None => self.mistakes.push(format!("{place}: {media_type} is not in the contract")),
                    Some(_) if media_type == "text/plain" => {}
                    Some(described) => {
                        let body = answer.json();
                        Schemas(self.contract).mistakes(&described["schema"], &body, &place, &mut self.mistakes);
                        if answer.status.is_success() {
                            self.fill(operation, &status, &body);
                        } else {
                            self.told.extend(places_of(&body));
                        }
                    }
                }
            }
            // A refusal that the document says nothing more about.
            None if !answer.body.is_empty() => {
                Schemas(self.contract).mistakes(problem_of(self.contract), &answer.json(), &place, &mut self.mistakes);
                assert_eq!(answer.json()["status"], answer.status.as_u16());
            }
            None => {}
        }
        self.statuses.insert((operation.id.to_owned(), status));
    }

    fn fill(&mut self, operation: &Operation<'_>, part: &str, value: &Value) {
        let places = places_of(value).into_iter().map(|place| (operation.id.to_owned(), format!("{part} {place}")));
        self.places.extend(places);
    }

    fn assert_all_statuses_seen(&self, operations: &[Operation<'_>]) {
        let documented = operations.iter().flat_map(|operation| {
            let statuses = operation.described["responses"].as_object().expect("responses").keys();
            statuses.map(|status| (operation.id.to_owned(), status.clone()))
        });
        let never: BTreeSet<_> = self
            .exceptions
            .never_answered
            .iter()
            .map(|(id, status, _)| ((*id).to_owned(), (*status).to_owned()))
            .collect();
        let unseen: BTreeSet<_> = documented.filter(|it| !self.statuses.contains(it)).collect();
        assert_eq!(unseen, never, "statuses that are never answered, and those that are said to be so");
    }

    fn assert_all_places_filled(&self, operations: &[Operation<'_>]) {
        let mut needless: BTreeSet<_> = self.exceptions.never_filled.iter().collect();
        for operation in operations {
            let unsent = operation.body().map(|schema| self.unfilled(operation, "body", schema));
            assert_eq!(unsent.unwrap_or_default(), Vec::<String>::new(), "{}: never sent", operation.id);
            for (status, schema) in operation.answers() {
                let mut unfilled = self.unfilled(operation, status, schema);
                unfilled.retain(|place| {
                    let is_row = |(of, part, _): &&(&str, &str, &str)| {
                        (*of == "*" || *of == operation.id) && place.contains(part)
                    };
                    let rows: Vec<_> = self.exceptions.never_filled.iter().filter(is_row).collect();
                    rows.iter().for_each(|row| _ = needless.remove(row));
                    rows.is_empty()
                });
                assert_eq!(unfilled, Vec::<String>::new(), "{} {status}: never answered", operation.id);
            }
        }
        assert_eq!(needless, BTreeSet::new(), "said to be never answered, and all of it is");
    }

    /// What successful requests or answers of a schema could have held and never did.
    fn unfilled(&self, operation: &Operation<'_>, part: &str, schema: &Value) -> Vec<String> {
        let known = Schemas(self.contract).places(schema).into_iter();
        known.filter(|place| !self.places.contains(&(operation.id.to_owned(), format!("{part} {place}")))).collect()
    }

    fn assert_all_of_problems_told(&self) {
        let known = problem_of(self.contract)["properties"]
            .as_object()
            .expect("properties")
            .keys()
            .map(|name| format!(".{name}"));
        let untold: BTreeSet<_> = known.filter(|place| !self.told.contains(place)).collect();
        assert_eq!(untold, self.exceptions.never_told.iter().map(|(place, _)| (*place).to_owned()).collect());
    }

    /// Problems keep their own media type where the contract's document calls them plain JSON.
    fn problem_by_its_name<'b>(
        &self,
        operation: &Operation<'_>,
        answer: &Answer,
        content: &'b Map<String, Value>,
    ) -> Option<&'b Value> {
        let is_problem = answer.header("content-type").starts_with("application/problem+json");
        let is_listed = self.exceptions.problems_by_their_name.iter().any(|(id, _)| *id == operation.id);
        if is_problem && is_listed { content.get("application/json") } else { None }
    }
}

fn problem_of(contract: &Value) -> &Value {
    &contract["components"]["schemas"]["ProblemDetails"]
}

fn actor(app: &TestApp, caller: Caller) -> Actor<'_> {
    match caller {
        Caller::Owner => app.service_owner(SKD_NUMBER),
        Caller::OtherOwner => app.service_owner(NAV_NUMBER),
        Caller::TransmissionChanger => {
            app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.serviceprovider.changetransmissions")
        }
        Caller::Administrator => app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.serviceprovider.admin"),
        Caller::NotificationSystem => {
            let scope = "altinn:system/notifications.condition.check";
            app.claiming(json!({ "scope": scope, "consumer": consumer(SKD_NUMBER) }))
        }
        Caller::Person => app.end_user(ALICE),
        Caller::OtherPerson => app.end_user(BOB),
        Caller::SystemUser => app.system_user(SYSTEM_USER, COMPANY),
        Caller::Anyone => app.anonymous(),
    }
}

async fn send(caller: &Actor<'_>, method: &str, request: &Case) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(request.if_match.as_deref().map(|revision| ("if-match", revision)));
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let body = request.body.as_ref().map_or_else(Body::empty, |body| body.to_string().into());
    caller.send(method, &request.path, &headers, body).await
}

/// The id of a dialog that is made of a body.
async fn created(skd: &Actor<'_>, body: Value) -> String {
    let created = skd.post(OWNED_DIALOGS, body).await.expect(StatusCode::CREATED);
    created.json().as_str().expect("an id").to_owned()
}

/// The id of a dialog that was deleted.
async fn deleted(skd: &Actor<'_>) -> String {
    let id = created(skd, bodies::dialog()).await;
    skd.delete(&format!("{OWNED_DIALOGS}/{id}")).await.expect(StatusCode::NO_CONTENT);
    id
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

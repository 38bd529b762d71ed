//! Of two faults in one request the one is told that the contract looks for first. Each operation that changes a
//! dialog has its checks in their order here; every two of them meet in a request.

use crate::app::{
    ALICE, Answer, BENEFITS, CAROL, LETTERS, NAV_NUMBER, SKD_NUMBER, TAX, TestApp, USUAL_RULES, consumer,
};
use crate::update_dialog::{activity, texts, transmission};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialogdex::app::HttpRules;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use uuid::Uuid;

const OWNER: &str = "digdir:dialogporten.serviceprovider";
const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const CHANGE: &str = "digdir:dialogporten.serviceprovider.changetransmissions";
const CORRESPONDENCE: &str = "digdir:dialogporten.correspondence";
const DIALOGS: &str = "/api/v1/serviceowner/dialogs";
const MAX_BODY_BYTES: usize = 20_000;
/// A person that the register does not know.
const STRANGER: &str = "urn:altinn:person:identifier-no:17838411088";
const PAST: &str = "2020-01-01T00:00:00Z";
/// The key of the first transmission of each stored dialog.
const KEY: &str = "nøkkel-en";

/// What has become of the dialog that a request is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct State {
    is_letter: bool,
    is_frozen: bool,
    is_deleted: bool,
}

/// Its path, query and body name parts of the dialog in braces.
struct Request {
    method: Method,
    path: String,
    /// What else the path is to name in these places.
    named: BTreeMap<&'static str, String>,
    query: BTreeMap<&'static str, String>,
    has_token: bool,
    organization: &'static str,
    scopes: Vec<&'static str>,
    media_type: &'static str,
    if_match: Option<&'static str>,
    /// For patches the members that are put into place.
    body: Value,
    /// In place of the body.
    text: Option<String>,
    dialog: State,
}

#[derive(Clone, Copy)]
struct Fault {
    status: u16,
    /// Part of the answer's body; empty if that is.
    says: &'static str,
    commit: fn(&mut Request),
}

const fn fault(status: u16, says: &'static str, commit: fn(&mut Request)) -> Fault {
    Fault { status, says, commit }
}

// Who calls.
const NO_TOKEN: Fault = fault(401, "", |it| it.has_token = false);
/// The last scope is the one that the operation asks for.
const NO_SCOPE: Fault = fault(403, "", |it| _ = it.scopes.pop());
const BAD_END_USER: Fault = fault(400, "\"EndUserId\"", |it| drop(it.query.insert("enduserid", "1".to_owned())));
const FOR_A_PERSON: Fault = fault(403, "\"Type\"", |it| drop(it.query.insert("enduserid", person(ALICE))));
const NO_ADMINISTRATOR: Fault = fault(403, "cannot freeze", |it| it.scopes.retain(|scope| *scope != ADMIN));

// What cannot be read.
const BAD_ID: Fault = fault(400, "\"dialogId\"", |it| drop(it.named.insert("{dialog}", "x".to_owned())));
const BAD_IF_MATCH: Fault = fault(400, "\"If-Match\"", |it| it.if_match = Some("*"));
const BAD_SILENCE: Fault =
    fault(400, "\"isSilentUpdate\"", |it| drop(it.query.insert("isSilentUpdate", "ja".to_owned())));
const NO_JSON: Fault = fault(415, "Unsupported", |it| it.media_type = "text/plain");
const TOO_LARGE: Fault = fault(413, "Payload too large", |it| it.text = Some("x".repeat(MAX_BODY_BYTES + 1)));
const BROKEN_JSON: Fault = fault(400, "SerializerErrors", |it| it.text = Some("{".to_owned()));

// Whose the dialog is, and what has become of it.
const NIL_ID: Fault = fault(400, "\"dialogId\"", |it| drop(it.named.insert("{dialog}", Uuid::nil().to_string())));
const UNKNOWN: Fault =
    fault(404, "\"DialogEntity\"", |it| drop(it.named.insert("{dialog}", Uuid::now_v7().to_string())));
const FOREIGN: Fault = fault(404, "\"DialogEntity\"", |it| it.organization = NAV_NUMBER);
const DELETED: Fault = fault(410, "\"DialogEntity\"", |it| it.dialog.is_deleted = true);
const DELETED_AND_SO_UNKNOWN: Fault = Fault { status: 404, ..DELETED };
const FROZEN: Fault = fault(403, "frozen dialog", |it| it.dialog.is_frozen = true);
const LETTER: Fault = fault(403, "correspondenceservice", |it| it.dialog.is_letter = true);
const OTHER_REVISION: Fault =
    fault(412, "Precondition failed.", |it| it.if_match = Some("0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11"));

// What the body says of a dialog.
const INVALID: Fault = fault(400, "\"dto.progress\"", |it| it.body["progress"] = json!(101));
const UNKNOWN_SERVICE: Fault =
    fault(422, "\"ServiceResource\"", |it| it.body["serviceResource"] = json!("urn:altinn:resource:x"));
const FOREIGN_SERVICE: Fault = fault(403, "unowned resources", |it| {
    it.body["apiActions"] = json!([{ "action": "open", "authorizationAttribute": BENEFITS,
        "endpoints": [{ "url": "https://a.no", "httpMethod": "GET" }] }]);
});
const SERVICE_OF_LETTERS: Fault = fault(403, "correspondenceservice", |it| it.body["serviceResource"] = json!(LETTERS));
const KEY_IN_USE: Fault = fault(409, "already exists with DialogId", |it| it.body["idempotentKey"] = json!("{key}"));
const LATE: Fault = fault(422, "\"DueAt\"", |it| it.body["dueAt"] = json!(PAST));
const ACTIVITY_OF_LETTERS: Fault =
    fault(403, "activities of the types", |it| push(&mut it.body["activities"], activity("CorrespondenceOpened")));
const CIRCLE: Fault = fault(422, "cyclic reference", |it| {
    for (own, other) in [(1, 2), (2, 1)] {
        let id = |n: u8| json!(format!("0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b0{n}"));
        push(
            &mut it.body["transmissions"],
            with(with(transmission("x"), "id", id(own)), "relatedTransmissionId", id(other)),
        );
    }
});
const REPEATED_KEY: Fault = fault(409, "cannot share an idempotent key", |it| {
    for _ in 0..2 {
        push(&mut it.body["transmissions"], with(transmission("x"), "idempotentKey", json!("to-ganger")));
    }
});
const UNKNOWN_ACTOR: Fault = fault(422, "\"ActorId\"", |it| {
    push(&mut it.body["activities"], with(activity("DialogOpened"), "performedBy", stranger()));
});
const ID_IN_USE: Fault = fault(422, "\"Dialog\"", |it| it.body["id"] = json!("{dialog}"));
const ATTACHMENT_IN_USE: Fault = fault(422, "\"Attachment\"", |it| {
    it.body["attachments"] = attachments(json!({ "id": "{other}" }));
});
const BROKEN_PATCH: Fault = fault(400, "\"UpdateDialogDto\"", |it| it.body["nothing"] = json!(1));
const ACTIVITY_AGAIN: Fault = fault(422, "\"DialogActivity\"", |it| {
    push(&mut it.body["activities"], with(activity("DialogOpened"), "id", json!("{opened}")));
});
const TRANSMISSION_AGAIN: Fault = fault(422, "\"DialogTransmission\"", |it| {
    push(&mut it.body["transmissions"], with(transmission("x"), "id", json!("{first}")));
});
const ADDED_KEY_IN_USE: Fault = fault(409, "\"IdempotentKey\"", |it| {
    push(&mut it.body["transmissions"], with(transmission("x"), "idempotentKey", json!(KEY)));
});
const UNKNOWN_PARENT: Fault = fault(422, "\"Transmissions\"", |it| {
    push(&mut it.body["transmissions"], with(transmission("x"), "relatedTransmissionId", json!(Uuid::now_v7())));
});
const SPEAKS_OF_NOTHING: Fault = fault(422, "\"Activities\"", |it| {
    let opened = with(activity("TransmissionOpened"), "transmissionId", json!(Uuid::now_v7()));
    push(&mut it.body["activities"], opened);
});
const EXPIRED: Fault = fault(422, "\"Attachments.ExpiresAt\"", |it| {
    it.body["attachments"] = attachments(json!({ "expiresAt": PAST }));
});

// What the body says of a transmission.
const NO_SENDER: Fault = fault(400, ".sender\"", |it| drop(it.body.as_object_mut().map(|body| body.remove("sender"))));
const NOT_SILENT: Fault = fault(400, "\"isSilentUpdate\"", |it| it.body["isSilentUpdate"] = json!(false));
const NO_TRANSMISSION: Fault =
    fault(404, "\"DialogTransmission\"", |it| drop(it.named.insert("{second}", Uuid::now_v7().to_string())));
const ITS_KEY_IN_USE: Fault = fault(409, "\"IdempotentKey\"", |it| it.body["idempotentKey"] = json!(KEY));
const ITS_FOREIGN_SERVICE: Fault =
    fault(403, "unowned resources", |it| it.body["authorizationAttribute"] = json!(BENEFITS));
const ITS_UNKNOWN_PARENT: Fault =
    fault(422, "\"Transmissions\"", |it| it.body["relatedTransmissionId"] = json!(Uuid::now_v7()));
const ITS_EXPIRED: Fault = fault(422, "\"Transmissions.Attachments.ExpiresAt\"", |it| {
    it.body["attachments"] = attachments(json!({ "expiresAt": PAST }));
});
const ITS_UNKNOWN_SENDER: Fault = fault(422, "\"ActorId\"", |it| it.body["sender"] = stranger());
const ITS_ID_IN_USE: Fault = fault(422, "\"DialogTransmission\"", |it| it.body["id"] = json!("{first}"));

// What the body says of an activity.
const NO_PERFORMER: Fault =
    fault(400, "\"activity.performedBy\"", |it| drop(it.body.as_object_mut().map(|body| body.remove("performedBy"))));
const OF_LETTERS: Fault = fault(403, "activities of the types", |it| {
    it.body["type"] = json!("CorrespondenceOpened");
    it.body["transmissionId"] = Value::Null;
});
const OF_NO_TRANSMISSION: Fault = fault(422, "\"Activity.TransmissionId\"", |it| {
    it.body["type"] = json!("TransmissionOpened");
    it.body["transmissionId"] = json!(Uuid::now_v7());
});
const UNKNOWN_PERFORMER: Fault = fault(422, "\"ActorId\"", |it| it.body["performedBy"] = stranger());
const ACTIVITY_ID_IN_USE: Fault = fault(422, "\"DialogActivity\"", |it| it.body["id"] = json!("{opened}"));
const AHEAD: Fault = fault(400, "\"newCreatedAt\"", |it| it.body = json!("2090-01-01T00:00:00Z"));
const NO_ACTIVITY: Fault =
    fault(404, "\"DialogActivity\"", |it| drop(it.named.insert("{saved}", Uuid::now_v7().to_string())));
const NOT_SAVED: Fault = fault(422, "\"Type\"", |it| drop(it.named.insert("{saved}", "{opened}".to_owned())));

// What is said of labels.
const SHORT_LABEL: Fault = fault(400, "\"dto.serviceOwnerLabels[1].value\"", |it| it.body["value"] = json!("ab"));
const NO_LABEL: Fault = fault(404, "\"Label\"", |it| it.path = it.path.replace("finnes", "mangler"));
const NOBODY: Fault = fault(400, "\"endUserId\"", |it| {
    it.query.remove("enduserid");
    it.body["performedBy"] = Value::Null;
});
const LABEL_OF_THE_SERVICE: Fault = fault(400, "\"addLabels[0]\"", |it| it.body["addLabels"] = json!(["Sent"]));
const SAYS_WHO: Fault = fault(403, "performedBy", |it| {
    it.query.remove("enduserid");
    it.body["performedBy"] = json!({ "actorType": "PartyRepresentative", "actorId": person(ALICE) });
});
const MAY_NOT_SEE: Fault =
    fault(403, "not authorized to access", |it| drop(it.query.insert("enduserid", person(CAROL))));

const NO_DIALOGS: Fault = fault(400, "\"dto.dialogs\"", |it| it.body["dialogs"] = json!([]));
const LABEL_OF_THE_SERVICE_IN_BULK: Fault =
    fault(400, "\"dto.addLabels[0]\"", |it| it.body["addLabels"] = json!(["Sent"]));
const ONE_IS_UNKNOWN: Fault = fault(404, "\"DialogEntity\"", |it| {
    push(&mut it.body["dialogs"], json!({ "dialogId": Uuid::now_v7() }));
});
const MAY_NOT_SEE_ONE: Fault = Fault { status: 404, says: "\"DialogEntity\"", ..MAY_NOT_SEE };
const ONE_OF_ANOTHER_REVISION: Fault = fault(412, "Precondition failed.", |it| {
    it.body["dialogs"][0]["endUserContextRevision"] = json!("0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11");
});

fn person(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

fn stranger() -> Value {
    json!({ "actorType": "PartyRepresentative", "actorId": STRANGER })
}

fn attachments(member: Value) -> Value {
    let mut attachment = json!({ "urls": [{ "url": "https://a.no", "consumerType": "Gui" }] });
    for (name, value) in member.as_object().expect("an object") {
        attachment[name] = value.clone();
    }
    json!([attachment])
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn push(list: &mut Value, value: Value) {
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().expect("a list").push(value);
}

/// The checks that an operation begins with, and those that follow. In `read` no order is told.
fn begins(read: &[Fault], rest: &[&[Fault]]) -> Vec<Vec<Fault>> {
    let mut order = vec![vec![NO_TOKEN], vec![NO_SCOPE], vec![BAD_END_USER], read.to_vec()];
    order.extend(rest.iter().map(|step| step.to_vec()));
    order
}

impl Request {
    /// One that a service owner may make; nothing is wrong with it.
    fn new(method: Method, path: &str, body: Value) -> Self {
        Self {
            method,
            path: format!("{DIALOGS}{path}"),
            named: BTreeMap::new(),
            query: BTreeMap::new(),
            has_token: true,
            organization: SKD_NUMBER,
            scopes: vec![OWNER],
            media_type: "application/json",
            if_match: None,
            body,
            text: None,
            dialog: State::default(),
        }
    }

    fn with_scopes(self, scopes: &[&'static str]) -> Self {
        Self { scopes: scopes.to_vec(), ..self }
    }
}

/// A stored dialog and the names of its parts.
struct Stored {
    parts: Vec<(&'static str, String)>,
}

impl Stored {
    async fn new(app: &TestApp, state: State) -> Self {
        let id = |_| Uuid::now_v7().to_string();
        let [first, second, saved, opened, other, key] = [(); 6].map(id);
        let owner = app.service_owner_with(SKD_NUMBER, &format!("{CORRESPONDENCE} {ADMIN}"));
        let body = json!({
            "serviceResource": if state.is_letter { LETTERS } else { TAX },
            "party": person(ALICE),
            "idempotentKey": key,
            "content": { "title": { "value": texts("Rekkefølge") } },
            "serviceOwnerContext": { "serviceOwnerLabels": [{ "value": "finnes" }] },
            "transmissions": [
                with(with(transmission("første"), "id", json!(first)), "idempotentKey", json!(KEY)),
                with(transmission("andre"), "id", json!(second)),
            ],
            "activities": [
                with(activity("FormSaved"), "id", json!(saved)),
                with(activity("DialogOpened"), "id", json!(opened)),
            ],
        });
        let path = owner.post(DIALOGS, body).await.expect(StatusCode::CREATED).header("location").to_owned();
        let dialog = path.rsplit('/').next().expect("an id").to_owned();
        let another = json!({
            "serviceResource": TAX, "party": person(ALICE), "content": { "title": { "value": texts("En annen") } },
            "attachments": attachments(json!({ "id": other })),
        });
        owner.post(DIALOGS, another).await.expect(StatusCode::CREATED);
        if state.is_frozen {
            owner.post(&format!("{path}/actions/freeze"), json!({})).await.expect(StatusCode::NO_CONTENT);
        }
        if state.is_deleted {
            owner.delete(&path).await.expect(StatusCode::NO_CONTENT);
        }
        let names = ["{dialog}", "{first}", "{second}", "{saved}", "{opened}", "{other}", "{key}"];
        Self { parts: names.into_iter().zip([dialog, first, second, saved, opened, other, key]).collect() }
    }

    fn fill(&self, text: &str) -> String {
        self.parts.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    async fn send(&self, app: &TestApp, request: Request) -> Answer {
        let query = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let path = request.named.iter().fold(request.path, |path, (name, value)| path.replace(name, value));
        let path = self.fill(&format!("{path}?{query}"));
        let body = match (request.text, &request.method) {
            (Some(text), _) => text,
            (None, &Method::PATCH) => {
                let members = request.body.as_object().expect("members").iter();
                let add = |(name, value)| json!({ "op": "add", "path": format!("/{name}"), "value": value });
                members.map(add).collect::<Value>().to_string()
            }
            (None, _) => request.body.to_string(),
        };
        let body = Body::from(self.fill(&body));
        let caller = match request.has_token {
            true => {
                app.claiming(json!({ "scope": request.scopes.join(" "), "consumer": consumer(request.organization) }))
            }
            false => app.anonymous(),
        };
        let mut headers = vec![("content-type", request.media_type)];
        headers.extend(request.if_match.map(|revision| ("if-match", revision)));
        caller.send(request.method, &path, &headers, body).await
    }
}

/// Makes every request with one or two of the faults, which must leave the dialogs alone, and one without any.
async fn check(request: impl Fn() -> Request, orders: &[Vec<Vec<Fault>>]) {
    let app = TestApp::with_rules(HttpRules {
        max_body_bytes: MAX_BODY_BYTES,
        request_timeout: Duration::from_secs(30),
        ..USUAL_RULES
    });
    let mut dialogs: HashMap<State, Stored> = HashMap::new();
    for n in 0..8 {
        let state = State { is_letter: n & 1 > 0, is_frozen: n & 2 > 0, is_deleted: n & 4 > 0 };
        dialogs.insert(state, Stored::new(&app, state).await);
    }
    let events = async || app.dialogs().events_after(0, 10_000).expect("a read").len();
    let before = events().await;
    let mut wrong = Vec::new();
    for order in orders {
        for (step, faults) in order.iter().enumerate() {
            for fault in faults {
                let later = order[step + 1..].iter().flatten().map(Some);
                for later in later.chain([None]) {
                    let mut faulty = request();
                    // What the former says stands where both say something of the same.
                    later.into_iter().chain([fault]).for_each(|it| (it.commit)(&mut faulty));
                    let what = format!("{} {} before {}", fault.status, fault.says, later.map_or("", |it| it.says));
                    let answer = dialogs[&faulty.dialog].send(&app, faulty).await;
                    let text = answer.text();
                    let is_told = text.contains(fault.says) && (text.is_empty() == fault.says.is_empty());
                    if answer.status.as_u16() != fault.status || !is_told {
                        wrong.push(format!("{what}: {text}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(events().await, before, "a refused request has changed something");
    let fine = dialogs[&State::default()].send(&app, request()).await;
    assert!(fine.status.is_success(), "{}", fine.text());
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

const OF_UPDATES: &[Fault] = &[BAD_ID, BAD_IF_MATCH, BAD_SILENCE, NO_JSON, TOO_LARGE, BROKEN_JSON];

/// The ends of the judgement of an update: what is collected, what ends it, and the services of others, which outweigh
/// what is collected though not what ends it.
const ENDS_OF_UPDATES: [&[&[Fault]]; 3] = [
    &[&[LATE, ACTIVITY_AGAIN], &[ACTIVITY_OF_LETTERS], &[TRANSMISSION_AGAIN, UNKNOWN_PARENT], &[ADDED_KEY_IN_USE]],
    &[
        &[ACTIVITY_OF_LETTERS],
        &[ADDED_KEY_IN_USE],
        &[FOREIGN_SERVICE, LETTER],
        &[SPEAKS_OF_NOTHING, EXPIRED, UNKNOWN_ACTOR],
    ],
    &[
        &[FOREIGN_SERVICE, LETTER],
        &[LATE, ACTIVITY_AGAIN, TRANSMISSION_AGAIN, UNKNOWN_PARENT, SPEAKS_OF_NOTHING, EXPIRED, UNKNOWN_ACTOR],
        &[ATTACHMENT_IN_USE],
    ],
];

fn orders_of_updates(begin: &[&[Fault]]) -> Vec<Vec<Vec<Fault>>> {
    let begin = [begin, &[&[DELETED], &[FROZEN], &[OTHER_REVISION]]].concat();
    ENDS_OF_UPDATES.iter().map(|end| begins(OF_UPDATES, &[&begin, *end].concat())).collect()
}

fn update() -> Value {
    json!({ "status": "InProgress", "content": { "title": { "value": texts("Rekkefølge") } } })
}

#[tokio::test]
async fn of_a_creation() {
    let rest: &[&[Fault]] = &[
        &[INVALID],
        &[UNKNOWN_SERVICE],
        &[FOREIGN_SERVICE, SERVICE_OF_LETTERS],
        &[KEY_IN_USE],
        &[LATE],
        &[ACTIVITY_OF_LETTERS],
        &[CIRCLE],
        &[REPEATED_KEY],
        &[UNKNOWN_ACTOR],
        &[ID_IN_USE],
    ];
    let body = || with(with(update(), "serviceResource", json!(TAX)), "party", json!(person(ALICE)));
    let order = begins(&[BAD_SILENCE, NO_JSON, TOO_LARGE, BROKEN_JSON], rest);
    check(|| Request::new(Method::POST, "", body()), &[order]).await;
}

#[tokio::test]
async fn of_an_update() {
    let orders = orders_of_updates(&[&[FOREIGN, UNKNOWN], &[INVALID]]);
    check(|| Request::new(Method::PUT, "/{dialog}", update()), &orders).await;
}

#[tokio::test]
async fn of_a_patch() {
    let orders = orders_of_updates(&[&[FOREIGN, UNKNOWN], &[BROKEN_PATCH], &[INVALID]]);
    check(|| Request::new(Method::PATCH, "/{dialog}", json!({ "externalReference": "x" })), &orders).await;
}

#[tokio::test]
async fn of_a_deletion_a_restoration_a_purge_and_a_freeze() {
    let read = &[BAD_ID, BAD_IF_MATCH, BAD_SILENCE];
    let rest: &[&[Fault]] = &[&[FOREIGN, UNKNOWN], &[DELETED], &[FROZEN], &[LETTER], &[OTHER_REVISION]];
    check(|| Request::new(Method::DELETE, "/{dialog}", json!({})), &[begins(read, rest)]).await;

    let act = |action: &str| Request::new(Method::POST, &format!("/{{dialog}}/actions/{action}"), json!({}));
    let order = begins(read, &[&[FOREIGN, UNKNOWN], &[OTHER_REVISION]]);
    check(|| act("restore"), &[order]).await;
    let order = begins(read, &[&[NIL_ID], &[FOREIGN, UNKNOWN], &[LETTER], &[OTHER_REVISION]]);
    check(|| act("purge"), &[order]).await;
    let order = begins(&[BAD_ID, BAD_IF_MATCH], &[&[NO_ADMINISTRATOR], &[UNKNOWN], &[DELETED], &[OTHER_REVISION]]);
    check(|| act("freeze").with_scopes(&[ADMIN, OWNER]), &[order]).await;
}

#[tokio::test]
async fn of_a_new_transmission() {
    let rest: &[&[Fault]] = &[
        &[NO_SENDER],
        &[FOREIGN, UNKNOWN],
        &[DELETED],
        &[FROZEN],
        &[OTHER_REVISION],
        &[ITS_KEY_IN_USE],
        &[ITS_FOREIGN_SERVICE, LETTER],
        &[ITS_UNKNOWN_PARENT, ITS_EXPIRED, ITS_UNKNOWN_SENDER],
        &[ITS_ID_IN_USE],
    ];
    let order = begins(OF_UPDATES, rest);
    check(|| Request::new(Method::POST, "/{dialog}/transmissions", transmission("ny")), &[order]).await;
}

#[tokio::test]
async fn of_a_replaced_transmission() {
    let rest: &[&[Fault]] = &[
        &[NO_SENDER, NOT_SILENT],
        &[FOREIGN, UNKNOWN],
        &[ITS_FOREIGN_SERVICE, LETTER],
        &[DELETED],
        &[FROZEN],
        &[NO_TRANSMISSION],
        &[ITS_KEY_IN_USE],
        &[ITS_UNKNOWN_PARENT, ITS_UNKNOWN_SENDER],
        &[OTHER_REVISION],
        &[ATTACHMENT_IN_USE],
    ];
    let order = begins(&[BAD_ID, BAD_IF_MATCH, NO_JSON, TOO_LARGE, BROKEN_JSON], rest);
    let body = || with(transmission("ny"), "isSilentUpdate", json!(true));
    let path = "/{dialog}/transmissions/{second}";
    check(|| Request::new(Method::PUT, path, body()).with_scopes(&[OWNER, CHANGE]), &[order]).await;
}

#[tokio::test]
async fn of_a_new_activity() {
    let rest: &[&[Fault]] = &[
        &[NO_PERFORMER],
        &[FOREIGN, UNKNOWN],
        &[DELETED],
        &[FROZEN],
        &[OF_LETTERS],
        &[LETTER],
        &[OF_NO_TRANSMISSION, UNKNOWN_PERFORMER],
        &[OTHER_REVISION],
        &[ACTIVITY_ID_IN_USE],
    ];
    let order = begins(OF_UPDATES, rest);
    check(|| Request::new(Method::POST, "/{dialog}/activities", activity("DialogOpened")), &[order]).await;
}

#[tokio::test]
async fn of_the_time_when_a_form_was_saved() {
    let mut order = begins(
        &[BAD_IF_MATCH, NO_JSON, TOO_LARGE, BROKEN_JSON],
        &[&[AHEAD], &[NO_ACTIVITY], &[NOT_SAVED], &[OTHER_REVISION]],
    );
    order.insert(3, vec![FOR_A_PERSON]);
    let path = "/{dialog}/activities/{saved}/actions/updateFormSavedActivityTime";
    check(|| Request::new(Method::POST, path, json!(PAST)).with_scopes(&[OWNER, ADMIN]), &[order]).await;
}

#[tokio::test]
async fn of_labels() {
    let read = &[BAD_ID, BAD_IF_MATCH, NO_JSON, TOO_LARGE, BROKEN_JSON];
    let missing = &[FOREIGN, UNKNOWN, DELETED_AND_SO_UNKNOWN];
    let labels = "/{dialog}/context/labels";
    let order = begins(read, &[missing, &[OTHER_REVISION], &[SHORT_LABEL]]);
    check(|| Request::new(Method::POST, labels, json!({ "value": "nytt" })), &[order]).await;
    let order = begins(&[BAD_ID, BAD_IF_MATCH], &[missing, &[NO_LABEL], &[OTHER_REVISION]]);
    check(|| Request::new(Method::DELETE, &format!("{labels}/finnes"), json!({})), &[order]).await;

    let order =
        begins(read, &[&[NOBODY, LABEL_OF_THE_SERVICE], missing, &[SAYS_WHO], &[MAY_NOT_SEE], &[OTHER_REVISION]]);
    let set = || {
        let mut request =
            Request::new(Method::PUT, "/{dialog}/endusercontext/systemlabels", json!({ "addLabels": ["Bin"] }));
        request.query.insert("enduserid", person(ALICE));
        request
    };
    check(set, &[order]).await;
}

#[tokio::test]
async fn of_labels_of_several_dialogs() {
    let rest: &[&[Fault]] = &[
        &[NO_DIALOGS, NOBODY, LABEL_OF_THE_SERVICE_IN_BULK],
        &[SAYS_WHO],
        &[FOREIGN, ONE_IS_UNKNOWN, DELETED_AND_SO_UNKNOWN, MAY_NOT_SEE_ONE],
        &[ONE_OF_ANOTHER_REVISION],
    ];
    let order = begins(&[NO_JSON, TOO_LARGE, BROKEN_JSON], rest);
    let set = || {
        let body = json!({ "dialogs": [{ "dialogId": "{dialog}" }], "addLabels": ["Bin"] });
        let mut request = Request::new(Method::POST, "/endusercontext/systemlabels/actions/bulkset", body);
        request.query.insert("enduserid", person(ALICE));
        // Revisions stand in the body, and the header has no say.
        request.if_match = Some("*");
        request
    };
    check(set, &[order]).await;
}

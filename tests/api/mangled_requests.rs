//! Requests that are right but for one thing. Whatever comes of one, it is no error of ours, it is a status that our
//! document lists, and a refusal says what it is.

use crate::app::{ALICE, Actor, Answer, COMPANY, SKD_NUMBER, TestApp, consumer};
use crate::update_dialog::{activity, created, full, get, texts, transmission, update_of};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode};
use dialog_index::domain::DialogId;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const SCOPES: &str =
    "digdir:dialogporten.serviceprovider.changetransmissions digdir:dialogporten.serviceprovider.admin";
const DIALOGS: &str = "/api/v1/serviceowner/dialogs";
/// How often each body is mangled.
const ROUNDS: usize = 150;
const JSON: &str = "application/json";

/// Chooses what to mangle, always the same for the same seed.
struct Mangler(ChaCha8Rng);

impl Mangler {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.0.random_range(0..of.len())]
    }

    /// What does not belong in most places.
    fn value(&mut self) -> Value {
        let text = self.text();
        self.one_of(&[
            Value::Null,
            json!(true),
            json!(0),
            json!(-1),
            json!(0.5),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e308),
            json!([]),
            json!({}),
            json!([null]),
            json!([[]]),
            json!([{}]),
            json!({ "": null }),
            json!({ "value": null, "languageCode": null }),
            json!(text),
            json!(text),
            json!(text),
            json!([text]),
            json!({ "value": text }),
        ])
        .clone()
    }

    fn text(&mut self) -> String {
        let long = self.one_of(&[256, 1024, 5000, 100_000]);
        let of = self.one_of(&["x", "æ", "İ", "\u{1f600}", " ", "\u{0}", "<b>", "&#0;", "a\u{301}"]);
        let long = of.repeat(*long);
        let texts = [
            "",
            " ",
            "\u{0}",
            "\u{1}\u{1b}\r\n\t",
            "\u{feff}",
            "\u{202e}\u{ffff}\u{10ffff}",
            "null",
            "-1",
            "NaN",
            "1e999",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "ffffffff-ffff-7fff-bfff-ffffffffffff",
            "0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11",
            "{0199D2E6-5C3F-7C52-9A5F-2F6F4F0A9B11}",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999999Z",
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "-262143-01-01T00:00:00Z",
            "+262142-12-31T23:59:60Z",
            "2030-02-30T00:00:00Z",
            "2030-01-01T00:00:60Z",
            "2030-01-01",
            "https://",
            "https://[::1",
            "https://a.no:99999/%zz",
            "javascript:alert(1)",
            "//a.no",
            "urn:",
            "urn:altinn:",
            "urn:altinn:resource:",
            "urn:altinn:resource:skd-skattemelding",
            "urn:altinn:person:identifier-no:",
            "urn:altinn:person:identifier-no:00000000000",
            "urn:altinn:organization:identifier-no:974761076",
            "urn:altinn:systemuser:uuid:0",
            "nb-NO-x-\u{e6}",
            "text/html",
            "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown",
            "ServiceOwner",
            "PartyRepresentative",
            "servicE\u{0131}",
            "0",
            "99",
            long.as_str(),
        ];
        (*self.one_of(&texts)).to_owned()
    }

    /// The body with one change, somewhere.
    fn mangled(&mut self, body: &Value) -> Value {
        let mut body = body.clone();
        let mut places = Vec::new();
        collect_places(&body, &mut String::new(), &mut places);
        let place = self.one_of(&places).clone();
        let with = self.value();
        let kind = self.0.random_range(0..10);
        let target = body.pointer_mut(&place).expect("a place of the body");
        match (kind, target) {
            (0 | 1, Value::Array(list)) if !list.is_empty() => {
                let times = *self.one_of(&[2, 20, 300]);
                *list = list.iter().cycle().take(list.len() * times).cloned().collect();
            }
            (2, Value::Array(list)) => list.push(with),
            (0 | 1, Value::Object(members)) => {
                let names: Vec<_> = members.keys().cloned().collect();
                let name = if names.is_empty() { "x" } else { self.one_of(&names).as_str() };
                members.remove(name);
            }
            (2, Value::Object(members)) => {
                let name = self.text();
                members.insert(name, with);
            }
            (3, Value::Object(members)) => {
                // Members whose names differ in case alone are one member given twice.
                let twice: Map<_, _> =
                    members.iter().map(|(name, value)| (name.to_uppercase(), value.clone())).collect();
                members.extend(twice);
            }
            (_, target) => *target = with,
        }
        body
    }

    /// A text with one byte changed, or without its end.
    fn broken(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        let at = self.0.random_range(0..bytes.len());
        match self.0.random_range(0..4) {
            0 => bytes.truncate(at),
            1 => bytes[at] = self.0.random_range(0..=255),
            2 => bytes.insert(at, *self.one_of(b"\"{}[]\\,:\0\xff0e-")),
            _ => {
                let end = bytes.len().min(at + self.0.random_range(0..40));
                bytes.drain(at..end);
            }
        }
        bytes
    }

    /// An operation of a patch, mostly with a value that has been at its path, or somewhere else, or is nearly so.
    fn operation(&mut self, shown: &Value, places: &[String]) -> Value {
        let [path, from] = [self.one_of(places), self.one_of(places)];
        let at = |place: &str| shown.pointer(place).cloned().expect("a place of the dialog");
        let value = match self.0.random_range(0..4) {
            0 => at(path),
            1 => self.mangled(&at(path)),
            2 => at(from),
            _ => self.value(),
        };
        let mut ended = |place: &str| {
            let ends = ["", "", "/-", "/0", "/1", "/", "//", "/~2", "/~", "/-1", "/99999999999999999999", "/x"];
            let is_plain = self.0.random_range(0..4) > 0;
            format!("{place}{}", if is_plain { "" } else { self.one_of(&ends) })
        };
        let (path, from) = (ended(path), ended(from));
        let op = *self.one_of(&["add", "add", "replace", "replace", "remove", "move", "copy", "test", "jump", ""]);
        let whole = json!({ "op": op, "path": path, "from": from, "value": value });
        if self.0.random_range(0..8) == 0 { self.mangled(&whole) } else { whole }
    }
}

/// Every place of a value as a JSON pointer; names of the contract need no escapes.
fn collect_places(value: &Value, place: &mut String, found: &mut Vec<String>) {
    found.push(place.clone());
    let members = value.as_object().into_iter().flatten().map(|(name, member)| (name.clone(), member));
    let elements = value.as_array().into_iter().flatten().enumerate().map(|(n, element)| (n.to_string(), element));
    for (name, member) in members.chain(elements) {
        let end = place.len();
        place.push('/');
        place.push_str(&name);
        collect_places(member, place, found);
        place.truncate(end);
    }
}

/// The statuses that our document lists, by method and path.
struct Documented(BTreeMap<(String, String), Vec<u16>>);

impl Documented {
    async fn by(app: &TestApp) -> Self {
        let document = get(&app.anonymous(), "/swagger/v1/swagger.json").await;
        let mut listed = BTreeMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let statuses = operation["responses"].as_object().expect("responses").keys();
                let statuses = statuses.map(|status| status.parse().expect("a status")).collect();
                listed.insert((method.to_uppercase(), path.clone()), statuses);
            }
        }
        Self(listed)
    }

    /// `path` is the operation's, as the document has it.
    #[track_caller]
    fn check(&self, method: &Method, path: &str, answer: &Answer, sent: &str) {
        let status = answer.status;
        let sent: String = sent.chars().take(2000).collect();
        let what = || format!("{status} to {method} {path} of {sent}: {}", answer.text());
        assert!(!status.is_server_error(), "{}", what());
        let listed = &self.0[&(method.to_string(), path.to_owned())];
        assert!(listed.contains(&status.as_u16()), "not in the document: {}", what());
        if status.is_success() || answer.body.is_empty() {
            return;
        }
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", what()));
        // What cannot be patched is told without the rest of a problem.
        let is_unusable_patch = method == Method::PATCH && problem["UpdateDialogDto"].is_array();
        let is_problem = problem["title"].as_str().is_some_and(|title| !title.is_empty())
            && problem["status"] == json!(status.as_u16());
        assert!(is_problem || is_unusable_patch, "no problem: {}", what());
    }
}

/// All that a dialog can have.
fn whole_dialog(title: &str) -> Value {
    let text = |text: &str| json!({ "value": texts(text), "mediaType": "text/plain" });
    let mut body = full(title);
    body["extendedStatus"] = json!("behandles");
    body["externalReference"] = json!("sak-1");
    body["visibleFrom"] = json!("2090-01-01T00:00:00Z");
    body["dueAt"] = json!("2091-01-01T00:00:00Z");
    body["expiresAt"] = json!("2092-01-01T00:00:00Z");
    body["process"] = json!("urn:sak:1");
    body["precedingProcess"] = json!("urn:sak:0");
    body["status"] = json!("InProgress");
    body["isApiOnly"] = json!(false);
    body["serviceOwnerContext"] = json!({ "serviceOwnerLabels": [{ "value": "merke" }] });
    for name in
        ["nonSensitiveTitle", "summary", "nonSensitiveSummary", "senderName", "additionalInfo", "extendedStatus"]
    {
        body["content"][name] = text("Innhold");
    }
    body["attachments"][0]["displayName"] = texts("Vedlegg");
    body["transmissions"] = json!([whole_transmission()]);
    body["activities"] = json!([activity("FormSaved"), {
        "type": "Information",
        "performedBy": { "actorType": "PartyRepresentative", "actorName": "Kari" },
        "description": texts("Ringt"),
        "createdAt": "2020-01-01T00:00:00Z",
    }]);
    body
}

fn whole_transmission() -> Value {
    let mut transmission = transmission("Melding");
    transmission["createdAt"] = json!("2020-01-01T00:00:00Z");
    transmission["idempotentKey"] = Value::Null;
    transmission["authorizationAttribute"] = json!("urn:altinn:subresource:vedlegg");
    transmission["extendedType"] = json!("urn:type");
    transmission["content"]["summary"] = json!({ "value": texts("Sammendrag"), "mediaType": "text/plain" });
    transmission["attachments"] =
        json!([{ "displayName": texts("Vedlegg"), "urls": [{ "url": "https://a.no/1", "consumerType": "Gui" }] }]);
    transmission["navigationalActions"] = json!([{ "title": texts("Gå"), "url": "https://a.no/2" }]);
    transmission
}

/// An operation with a body, and one that is right for it.
struct Valid {
    method: Method,
    /// As the document has it.
    path: &'static str,
    body: Value,
}

fn valid_bodies(dialog: DialogId, shown: &Value) -> Vec<Valid> {
    let of = |method: Method, path: &'static str, body: Value| Valid { method, path, body };
    let labels = json!({ "addLabels": ["Bin"], "removeLabels": ["Archive"], "performedBy": {
        "actorType": "PartyRepresentative", "actorId": format!("urn:altinn:person:identifier-no:{ALICE}"),
    } });
    let mut bulk_labels = labels.clone();
    bulk_labels["dialogs"] = json!([{ "dialogId": dialog.to_string(), "revision": null }]);
    let mut silent = whole_transmission();
    silent["isSilentUpdate"] = json!(true);
    vec![
        of(Method::POST, "/api/v1/serviceowner/dialogs", whole_dialog("Skapt")),
        of(Method::PUT, "/api/v1/serviceowner/dialogs/{dialogId}", update_of(shown)),
        of(Method::PUT, "/api/v1/index/dialogs/{dialogId}", whole_dialog("Speilet")),
        of(Method::POST, "/api/v1/serviceowner/dialogs/{dialogId}/transmissions", whole_transmission()),
        of(Method::PUT, "/api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}", silent),
        of(Method::POST, "/api/v1/serviceowner/dialogs/{dialogId}/activities", activity("FormSaved")),
        of(
            Method::POST,
            "/api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}/actions/updateFormSavedActivityTime",
            json!("2020-01-01T00:00:00Z"),
        ),
        of(Method::POST, "/api/v1/serviceowner/dialogs/{dialogId}/context/labels", json!({ "value": "nytt" })),
        of(Method::PUT, "/api/v1/serviceowner/dialogs/{dialogId}/endusercontext/systemlabels", labels),
        of(Method::POST, "/api/v1/serviceowner/dialogs/endusercontext/systemlabels/actions/bulkset", bulk_labels),
        of(
            Method::PUT,
            "/api/v1/admin/register/grants/{id}",
            json!({
                "to": format!("urn:altinn:person:identifier-no:{ALICE}"),
                "for": format!("urn:altinn:organization:identifier-no:{COMPANY}"),
                "roles": ["DAGL"],
            }),
        ),
    ]
}

fn url(path: &str, dialog: DialogId, shown: &Value) -> String {
    let id = |list: &str, kind: &str| {
        let entry = shown[list].as_array().into_iter().flatten().find(|entry| entry["type"] == kind);
        entry.map_or("0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11", |entry| entry["id"].as_str().expect("an id")).to_owned()
    };
    path.replace("{dialogId}", &dialog.to_string())
        .replace("{transmissionId}", &id("transmissions", "Information"))
        .replace("{activityId}", &id("activities", "FormSaved"))
        .replace("{id}", "et-eget")
}

async fn stored(skd: &Actor<'_>) -> (DialogId, Value) {
    let path = created(skd, whole_dialog("Lagret")).await;
    let shown = get(skd, &path).await;
    (path.rsplit('/').next().expect("an id").parse().map(DialogId).expect("a UUID"), shown)
}

/// What was accepted is whole: lists and dialogs are shown, and the index agrees with the store.
async fn assert_sound(app: &TestApp, skd: &Actor<'_>) {
    let mut next = format!("{DIALOGS}?limit=100&deleted=Include");
    loop {
        let page = get(skd, &next).await;
        for item in page["items"].as_array().expect("items") {
            get(skd, &format!("{DIALOGS}/{}", item["id"].as_str().expect("an id"))).await;
        }
        if page["hasNextPage"] != true {
            break;
        }
        let token = page["continuationToken"].as_str().expect("a token");
        next = format!("{DIALOGS}?limit=100&deleted=Include&continuationToken={token}");
    }
    assert_eq!(app.dialogs().check().expect("a check").differences, []);
}

#[tokio::test]
async fn bodies() {
    let app = TestApp::new();
    let documented = Documented::by(&app).await;
    let skd = app.service_owner_with(SKD_NUMBER, SCOPES);
    let (dialog, shown) = stored(&skd).await;
    let mut mangler = Mangler::new(1);
    let mut accepted = 0;
    for Valid { method, path, body } in valid_bodies(dialog, &shown) {
        let target = url(path, dialog, &shown);
        let whole = skd.send(method.clone(), &target, &[("content-type", JSON)], body.to_string().into()).await;
        assert!(whole.status.is_success(), "{method} {path}: {} {}", whole.status, whole.text());
        for round in 0..ROUNDS {
            let mangled = mangler.mangled(&body);
            let sent =
                if round % 5 == 0 { mangler.broken(&body.to_string()) } else { mangled.to_string().into_bytes() };
            let text = String::from_utf8_lossy(&sent).into_owned();
            let answer = skd.send(method.clone(), &target, &[("content-type", JSON)], Body::from(sent)).await;
            documented.check(&method, path, &answer, &text);
            accepted += usize::from(answer.status.is_success());
        }
    }
    // Not everything is refused for one reason, and not everything is taken.
    assert!((ROUNDS / 2..ROUNDS * 5).contains(&accepted), "{accepted}");
    assert_sound(&app, &skd).await;
}

#[tokio::test]
async fn registers() {
    let path = "/api/v1/admin/register";
    let mut app = TestApp::new();
    let documented = Documented::by(&app).await;
    let register = get(&app.service_owner_with(SKD_NUMBER, SCOPES), path).await;
    let mut mangler = Mangler::new(5);
    let mut accepted = 0;
    for _ in 0..ROUNDS {
        let sent = mangler.mangled(&register).to_string();
        let skd = app.service_owner_with(SKD_NUMBER, SCOPES);
        let answer = skd.send(Method::PUT, path, &[("content-type", JSON)], sent.clone().into()).await;
        documented.check(&Method::PUT, path, &answer, &sent);
        if answer.status.is_success() {
            accepted += 1;
            // The caller may not be in it any more.
            app = TestApp::new();
        }
    }
    assert!((1..ROUNDS).contains(&accepted), "{accepted}");
}

#[tokio::test]
async fn patches() {
    let app = TestApp::new();
    let documented = Documented::by(&app).await;
    let skd = app.service_owner_with(SKD_NUMBER, SCOPES);
    let path = "/api/v1/serviceowner/dialogs/{dialogId}";
    let (mut dialog, mut shown) = stored(&skd).await;
    let mut mangler = Mangler::new(2);
    let mut accepted = 0;
    for _ in 0..ROUNDS * 4 {
        let mut places = Vec::new();
        collect_places(&shown, &mut String::new(), &mut places);
        let count = mangler.0.random_range(1..3);
        let operations: Vec<_> = (0..count).map(|_| mangler.operation(&shown, &places)).collect();
        let sent = json!(operations).to_string();
        let headers = [("content-type", *mangler.one_of(&[JSON, "application/json-patch+json"]))];
        let answer = skd.send(Method::PATCH, &url(path, dialog, &shown), &headers, sent.clone().into()).await;
        documented.check(&Method::PATCH, path, &answer, &sent);
        if answer.status.is_success() {
            accepted += 1;
            // What was taken away cannot be mangled.
            (dialog, shown) = stored(&skd).await;
        }
    }
    assert!((20..ROUNDS * 2).contains(&accepted), "{accepted}");
    assert_sound(&app, &skd).await;
}

#[tokio::test]
async fn streams() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let mut mangler = Mangler::new(3);
    let mut lines = Vec::new();
    let mut wanted = 0;
    for round in 0..ROUNDS * 2 {
        let id = DialogId::new().to_string();
        let mut dialog = whole_dialog("Strømmet");
        dialog["id"] = json!(id);
        let line = if round % 5 == 0 { json!({ "delete": id }) } else { json!({ "upsert": dialog }) };
        let mut line = match round % 4 {
            0 => mangler.broken(&line.to_string()),
            1 => line.to_string().into_bytes(),
            _ => mangler.mangled(&line).to_string().into_bytes(),
        };
        line.retain(|byte| *byte != b'\n');
        wanted += usize::from(!line.iter().all(u8::is_ascii_whitespace));
        lines.extend(line);
        lines.push(b'\n');
    }
    let path = "/api/v1/index/dialogs/bulk";
    let answer = skd.send(Method::POST, path, &[("content-type", "application/x-ndjson")], lines.into()).await;
    let answers: Vec<Value> =
        answer.expect(StatusCode::OK).text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), wanted);
    let mut accepted = 0;
    for answer in &answers {
        let status = answer["status"].as_u64().expect("a status");
        assert!(matches!(status, 200..=204 | 400..=422), "{answer}");
        let is_told = answer["problem"]["title"].is_string() && answer["problem"]["status"] == status;
        assert!(status < 400 || is_told, "{answer}");
        accepted += usize::from(status < 400);
    }
    assert!((wanted / 4..wanted).contains(&accepted), "{accepted}");
    assert_sound(&app, &skd).await;
}

/// What is in the line of a request and in its headers.
#[tokio::test]
async fn parameters() {
    let app = TestApp::new();
    let documented = Documented::by(&app).await;
    let document = get(&app.anonymous(), "/swagger/v1/swagger.json").await;
    let skd = app.service_owner_with(SKD_NUMBER, SCOPES);
    let person = app.end_user(ALICE);
    let system = app.claiming(json!({
        "scope": "altinn:system/notifications.condition.check", "consumer": consumer(SKD_NUMBER),
    }));
    let (dialog, shown) = stored(&skd).await;
    let mut mangler = Mangler::new(4);
    for (path, item) in document["paths"].as_object().expect("paths") {
        let caller = match path {
            path if path.contains("/enduser/") => &person,
            path if path.ends_with("should-send-notification") => &system,
            _ => &skd,
        };
        for (method, operation) in item.as_object().expect("operations") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            for _ in 0..parameters.len().min(8) * ROUNDS / 10 {
                let (mut target, mut query, mut headers) = (path.clone(), String::new(), vec![("content-type", JSON)]);
                let texts: Vec<_> = (0..3).map(|_| mangler.text()).collect();
                for text in &texts {
                    // A longer one is for the server to refuse.
                    let short: String = text.chars().take(2000).collect();
                    let parameter = mangler.one_of(parameters);
                    let name = parameter["name"].as_str().expect("a name");
                    match parameter["in"].as_str() {
                        Some("path") => {
                            target = target.replace(&format!("{{{name}}}"), &escaped(&short));
                        }
                        Some("query") => query += &format!("&{name}={}", escaped(&short)),
                        _ if HeaderValue::from_str(text).is_ok() => headers.push((name, text)),
                        _ => {}
                    }
                }
                let target = format!("{}?{query}", url(&target, dialog, &shown).replace("{label}", "merke"));
                let answer = caller.send(method.clone(), &target, &headers, Body::from("{}")).await;
                // An empty part of a path names another operation, or none.
                if !(target.contains("//") || target.contains("/?")) {
                    documented.check(&method, path, &answer, &format!("{target} {headers:?}"));
                } else {
                    assert!(!answer.status.is_server_error(), "{target}: {}", answer.text());
                }
            }
        }
    }
    assert_sound(&app, &skd).await;
}

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

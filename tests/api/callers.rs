//! Every operation meets every kind of caller. An operation that is not in the table fails the test.

use crate::app::{ALICE, Actor, Answer, COMPANY, SKD_NUMBER, SYSTEM_USER, TestApp, consumer, signing_key};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who may call an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Anyone,
    EndUser,
    ServiceOwner,
    /// With the search scope as well.
    Searcher,
    /// With the scope to change transmissions as well.
    Changer,
    /// With the admin scope as well.
    Administrator,
    /// With the scope of the notification system, which is no service owner's.
    NotificationSystem,
}

use Audience::{Administrator, Anyone, Changer, EndUser, NotificationSystem, Searcher, ServiceOwner};

pub(crate) const OPERATIONS: &[(&str, &str, Audience)] = &[
    ("DELETE", "/api/v1/admin/register/grants/{id}", Administrator),
    ("DELETE", "/api/v1/serviceowner/dialogs/{dialogId}", ServiceOwner),
    ("GET", "/api/v1/admin/events", Administrator),
    ("DELETE", "/api/v1/serviceowner/dialogs/{dialogId}/context/labels/{label}", ServiceOwner),
    ("GET", "/api/v1/admin/register", Administrator),
    ("PUT", "/api/v1/admin/register", Administrator),
    ("PUT", "/api/v1/admin/register/grants/{id}", Administrator),
    ("GET", "/api/v1/enduser/dialoglookup", EndUser),
    ("GET", "/api/v1/enduser/dialogs", EndUser),
    ("POST", "/api/v1/enduser/dialogs/search", EndUser),
    ("GET", "/api/v1/enduser/dialogs/facets", EndUser),
    ("POST", "/api/v1/enduser/dialogs/context/systemlabels/actions/bulkset", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/activities", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/activities/{activityId}", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/context/labellog", EndUser),
    ("PUT", "/api/v1/enduser/dialogs/{dialogId}/context/systemlabels", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/seenlog", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/seenlog/{seenLogId}", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/transmissions", EndUser),
    ("GET", "/api/v1/enduser/dialogs/{dialogId}/transmissions/{transmissionId}", EndUser),
    ("GET", "/api/v1/enduser/parties", EndUser),
    ("GET", "/api/v1/enduser/serviceresources", EndUser),
    ("POST", "/api/v1/index/dialogs/bulk", ServiceOwner),
    ("DELETE", "/api/v1/index/dialogs/{dialogId}", ServiceOwner),
    ("PUT", "/api/v1/index/dialogs/{dialogId}", ServiceOwner),
    ("GET", "/api/v1/metadata/limits", Anyone),
    ("GET", "/api/v1/metadata/serviceresources", Anyone),
    ("GET", "/api/v1/serviceowner/dialoglookup", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs", Searcher),
    ("POST", "/api/v1/serviceowner/dialogs", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/search", Searcher),
    ("GET", "/api/v1/serviceowner/dialogs/endusercontext", Searcher),
    ("POST", "/api/v1/serviceowner/dialogs/endusercontext/systemlabels/actions/bulkset", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}", ServiceOwner),
    ("PATCH", "/api/v1/serviceowner/dialogs/{dialogId}", ServiceOwner),
    ("PUT", "/api/v1/serviceowner/dialogs/{dialogId}", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/{dialogId}/actions/freeze", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/{dialogId}/actions/purge", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/{dialogId}/actions/restore", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/activities", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/{dialogId}/activities", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}", ServiceOwner),
    (
        "POST",
        "/api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}/actions/updateFormSavedActivityTime",
        Administrator,
    ),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/seenlog", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/seenlog/{seenLogId}", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/transmissions", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/{dialogId}/transmissions", ServiceOwner),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}", ServiceOwner),
    ("PUT", "/api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}", Changer),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/actions/should-send-notification", NotificationSystem),
    ("GET", "/api/v1/serviceowner/dialogs/{dialogId}/context/labels", ServiceOwner),
    ("POST", "/api/v1/serviceowner/dialogs/{dialogId}/context/labels", ServiceOwner),
    ("PUT", "/api/v1/serviceowner/dialogs/{dialogId}/endusercontext/systemlabels", ServiceOwner),
];

#[tokio::test]
async fn the_table_holds_every_operation() {
    let app = TestApp::new();
    let document = app.anonymous().get("/swagger/v1/swagger.json").await.expect(StatusCode::OK).json();
    let described: BTreeSet<_> = operations(&document).collect();
    let listed = OPERATIONS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(described, listed);
}

#[tokio::test]
async fn the_readme_names_every_operation() {
    let rows = readme_operations(include_str!("../../README.md"));
    let (described, others): (BTreeSet<_>, BTreeSet<_>) =
        rows.into_iter().partition(|(_, path, _)| path.starts_with("/api/v1/") && !path.contains("/.well-known/"));
    let audience = |audience: &Audience| match audience {
        Anyone => "anyone",
        EndUser => "end user",
        ServiceOwner => "service owner",
        Searcher => "service owner with the search scope",
        Changer => "service owner with the scope to change transmissions",
        Administrator => "administrator",
        NotificationSystem => "notification system",
    };
    let listed = OPERATIONS.iter().map(|(method, path, who)| [*method, *path, audience(who)].map(str::to_owned));
    assert_eq!(described, listed.map(<(String, String, String)>::from).collect());

    // What the OpenAPI document leaves out.
    let app = TestApp::new();
    assert_eq!(others.len(), 9, "{others:?}");
    for (method, path, who) in others {
        assert_eq!((method.as_str(), who.as_str()), ("GET", "anyone"), "{path}");
        app.anonymous().get(&path).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let app = TestApp::new();
    let person = json!({ "scope": "digdir:dialogporten", "pid": ALICE, "acr": "idporten-loa-high" });
    let with = |name: &str, value: Value| {
        let mut claims = person.clone();
        claims[name] = value;
        claims
    };
    let seconds = app.now().as_micros() / 1_000_000;
    let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let valid = app.token(person.clone());
    let payload = valid.split('.').nth(1).expect("a payload");
    let invalid = [
        ("garbage", "garbage".to_owned()),
        ("empty", String::new()),
        ("two dots", "..".to_owned()),
        ("not ASCII", "ikke.æ.gyldig".to_owned()),
        ("expired", app.token(with("exp", json!(seconds - 3)))),
        ("without expiry", app.token(with("exp", Value::Null))),
        ("expiry as text", app.token(with("exp", json!((seconds + 600).to_string())))),
        ("not yet valid", app.token(with("nbf", json!(seconds + 60)))),
        ("another issuer", app.token(with("iss", json!("https://elsewhere.test/")))),
        ("no issuer", app.token(with("iss", Value::Null))),
        ("another key", signing_key().sign(&app.claims(person.clone()))),
        ("no signature", format!("{header}.{payload}.")),
        ("changed", valid.replacen(payload, &BASE64_URL_SAFE_NO_PAD.encode(r#"{"iss":"https://issuer.test/"}"#), 1)),
        ("long", "x".repeat(40_000)),
    ];
    for (method, path, _) in OPERATIONS.iter().filter(|(_, _, audience)| *audience != Anyone) {
        let answer = call(&app.anonymous(), method, path).await;
        assert_refused(&answer, StatusCode::UNAUTHORIZED, &format!("{method} {path} without a token"));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        let answer = call(&app.authorized_by("Basic a2FyaTpub3Jk"), method, path).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        for (kind, token) in &invalid {
            let answer = call(&app.bearing(token), method, path).await;
            assert_refused(&answer, StatusCode::UNAUTHORIZED, &format!("{method} {path} with a token: {kind}"));
            assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_token""#);
        }
    }
}

#[tokio::test]
async fn each_operation_is_for_its_audience() {
    let app = TestApp::new();
    let owner = "digdir:dialogporten.serviceprovider";
    let search = "digdir:dialogporten.serviceprovider.search";
    let admin = "digdir:dialogporten.serviceprovider.admin";
    let change = "digdir:dialogporten.serviceprovider.changetransmissions";
    let owning = |scope: &str| app.claiming(json!({ "scope": scope, "consumer": consumer(SKD_NUMBER) }));
    let callers: Vec<(&str, Actor<'_>, &[Audience])> = vec![
        ("a person", app.end_user(ALICE), &[EndUser]),
        ("a system user", app.system_user(SYSTEM_USER, COMPANY), &[EndUser]),
        ("an owner", owning(owner), &[ServiceOwner]),
        ("an owner who searches", owning(&format!("{owner} {search}")), &[ServiceOwner, Searcher]),
        ("an owner who changes", owning(&format!("{owner} {change}")), &[ServiceOwner, Changer]),
        ("an administrator", owning(&format!("{owner} {admin}")), &[ServiceOwner, Administrator]),
        ("an owner without organisation", app.claiming(json!({ "scope": format!("{owner} {search} {admin}") })), &[]),
        ("the notification system", owning("altinn:system/notifications.condition.check"), &[NotificationSystem]),
        ("someone without scope", app.claiming(json!({ "pid": ALICE, "acr": "idporten-loa-high" })), &[]),
        ("someone without identity", app.claiming(json!({ "scope": "digdir:dialogporten" })), &[]),
        ("an owner with an end-user scope too", owning(&format!("digdir:dialogporten {owner}")), &[ServiceOwner]),
    ];
    for (method, path, audience) in OPERATIONS {
        for (kind, caller, admitted) in &callers {
            let answer = call(caller, method, path).await;
            if *audience == Anyone || admitted.contains(audience) {
                let refused = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::INTERNAL_SERVER_ERROR);
                let by_policy = answer.status == StatusCode::FORBIDDEN && answer.body.is_empty();
                assert!(!refused && !by_policy, "{method} {path} refuses {kind}: {}", answer.status);
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} for {kind}: {}", answer.text());
            }
        }
    }
}

async fn call(caller: &Actor<'_>, method: &str, path: &str) -> Answer {
    let path =
        path.split('/').map(|part| if part.starts_with('{') { "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11" } else { part });
    let path = path.collect::<Vec<_>>().join("/");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    caller.send(method, &path, &[("content-type", "application/json")], Body::from("{}")).await
}

#[track_caller]
fn assert_refused(answer: &Answer, status: StatusCode, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert!(answer.body.is_empty(), "{what}: {}", answer.text());
}

fn operations(document: &Value) -> impl Iterator<Item = (String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, item)| {
        item.as_object().expect("operations").keys().map(|method| (method.to_uppercase(), path.clone()))
    })
}

/// Method, path and audience of each row of the table of operations. A path without a method has that of the one
/// before, a method without a path the next path, and an ellipsis is all but the end of the path before.
fn readme_operations(readme: &str) -> BTreeSet<(String, String, String)> {
    let rows = readme.lines().skip_while(|line| *line != "| operation | for | what |").skip(2);
    let mut operations = BTreeSet::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let mut columns = row.split('|').skip(1).map(str::trim);
        let (names, audience) = (columns.next().expect("operations"), columns.next().expect("an audience"));
        let (mut methods, mut path) = (Vec::new(), String::new());
        for name in names.split('`').skip(1).step_by(2) {
            let (method, rest) =
                name.split_once(' ').unwrap_or(if name.contains('/') { ("", name) } else { (name, "") });
            if !path.is_empty() && !method.is_empty() {
                methods.clear();
            }
            methods.extend((!method.is_empty()).then_some(method));
            path = match rest.strip_prefix('…') {
                Some(end) => path[..path.rfind('/').expect("a path before")].to_owned() + end,
                None => rest.to_owned(),
            };
            let named = methods.iter().filter(|_| !path.is_empty());
            operations.extend(named.map(|method| ((*method).to_owned(), path.clone(), audience.to_owned())));
        }
    }
    operations
}

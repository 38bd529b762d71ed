//! What is sent to an operation: what succeeds for whoever may do it.

use super::{LABEL, Subject};
use crate::app::{ALICE, COMPANY};
use crate::create_dialog::body;
use crate::update_dialog::{activity, transmission};
use serde_json::{Value, json};

const REGISTER: &str = include_str!("../register.json");

/// The path with its query, the media type, and the body.
pub(super) fn request(method: &str, operation: &str, subject: &Subject) -> (String, &'static str, String) {
    let part = |part: &str| {
        let filled = match part {
            "{dialogId}" => subject.id.to_string(),
            "{activityId}" => subject.activity.clone(),
            "{transmissionId}" => subject.transmission.clone(),
            "{seenLogId}" => subject.seen.clone(),
            "{label}" => LABEL.to_owned(),
            "{id}" => "matrise".to_owned(),
            as_it_is => as_it_is.to_owned(),
        };
        assert!(!filled.starts_with('{'), "{filled} is not known here");
        filled
    };
    let path = operation.split('/').map(part).collect::<Vec<_>>().join("/") + &query(method, operation, subject);
    if operation.ends_with("/dialogs/bulk") {
        return (path, "application/x-ndjson", json!({ "delete": subject.id }).to_string());
    }
    let body = sent(method, operation, subject);
    (path, "application/json", if body.is_null() { String::new() } else { body.to_string() })
}

fn query(method: &str, operation: &str, subject: &Subject) -> String {
    let Subject { id, party, .. } = subject;
    match (method, operation.trim_start_matches("/api/v1")) {
        (_, path) if path.ends_with("/dialoglookup") => format!("?instanceRef=urn:altinn:dialog-id:{id}"),
        ("GET", "/enduser/dialogs" | "/serviceowner/dialogs/endusercontext") => format!("?party={party}"),
        (_, "/enduser/dialogs/facets") => format!("?party={party}&facet=status"),
        (_, path) if path.contains("/endusercontext/systemlabels") => format!("?enduserId={}", alice()),
        (_, path) if path.ends_with("/should-send-notification") => {
            "?conditionType=Exists&activityType=FormSaved".to_owned()
        }
        // All that has happened in a test.
        (_, "/admin/events") => "?limit=1000".to_owned(),
        _ => String::new(),
    }
}

fn sent(method: &str, operation: &str, subject: &Subject) -> Value {
    let labels = json!({ "addLabels": ["Bin"] });
    match (method, operation.trim_start_matches("/api/v1")) {
        ("GET" | "DELETE", _) => Value::Null,
        (_, "/enduser/dialogs/search") => json!({ "party": [subject.party] }),
        (_, path) if path.ends_with("/search") => json!({}),
        (_, path) if path.ends_with("/bulkset") => with(labels, "dialogs", json!([{ "dialogId": subject.id }])),
        (_, path) if path.ends_with("/systemlabels") => labels,
        ("POST", "/serviceowner/dialogs") => body("Ny"),
        (_, "/index/dialogs/{dialogId}") => with(body("Ny"), "expiresAt", json!(expiry(subject))),
        ("PUT", "/serviceowner/dialogs/{dialogId}") => {
            with(with(body("Ny"), "status", json!("InProgress")), "expiresAt", json!(expiry(subject)))
        }
        ("PATCH", _) => json!([{ "op": "replace", "path": "/progress", "value": 20 }]),
        ("POST", path) if path.ends_with("/activities") => activity("DialogOpened"),
        ("POST", path) if path.ends_with("/transmissions") => transmission("Ny"),
        ("PUT", path) if path.ends_with("/{transmissionId}") => with(transmission("Ny"), "isSilentUpdate", json!(true)),
        ("POST", path) if path.ends_with("/updateFormSavedActivityTime") => json!("2026-01-01T00:00:00Z"),
        ("POST", path) if path.ends_with("/labels") => json!({ "value": "nytt" }),
        ("PUT", path) if path.ends_with("/grants/{id}") => {
            json!({ "to": alice(), "for": format!("urn:altinn:organization:identifier-no:{COMPANY}"), "roles": ["DAGL"] })
        }
        ("PUT", "/admin/register") => serde_json::from_str(REGISTER).expect("JSON"),
        _ => Value::Null,
    }
}

fn expiry(subject: &Subject) -> Option<String> {
    subject.expires_at.map(|at| at.to_string())
}

fn alice() -> String {
    format!("urn:altinn:person:identifier-no:{ALICE}")
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

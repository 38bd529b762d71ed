//! Every operation meets every kind of caller and a dialog in every state. What comes of it stands in tables, which have
//! a row for each operation; an operation without one fails the test.
//!
//! Under a row's operation stand the outcomes, in the order of the table's columns. [`outcome`] and [`REFUSALS`] say
//! what they mean.

mod end_users;
mod requests;
mod service_owners;

use crate::app::{Actor, Answer, TestApp, dialog, text};
use crate::callers::OPERATIONS;
use axum::body::Body;
use axum::http::Method;
use dialog_index::NewDialog;
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor as ActorOf, DialogContent, DialogId, Localizations, Party,
    ServiceOwnerLabel, SystemLabel, Timestamp, TransmissionId,
};
use requests::request;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What only those may read whose level is high enough, and what anyone who finds the dialog may.
const TITLE: &str = "Fortrolig tittel";
const OPEN_TITLE: &str = "Åpen tittel";
const LABEL: &str = "merke";

/// Refusals that have a body: the name in the tables, the status, the key of the problem and a part of its message.
const REFUSALS: &[(&str, u16, &str, &str)] = &[
    ("type", 403, "Type", "Valid user types for this endpoint are: "),
    ("403", 403, "Forbidden", "Forbidden"),
    ("level", 403, "Forbidden", "Altinn authentication level too low."),
    ("barred", 403, "Forbidden", "The following dialog ids are unauthorized and/or missing: ("),
    ("unowned", 403, "Forbidden", "unowned resources"),
    ("other", 403, "Forbidden", "The dialog belongs to another service owner."),
    ("frozen", 403, "Forbidden", "User cannot modify a frozen dialog."),
    ("weak", 403, "Forbidden", "User cannot freeze dialogs."),
    ("404", 404, "DialogEntity", "Entity 'DialogEntity' with the following key(s) was not found: ("),
    ("later", 404, "DialogEntity", "is not visible until"),
    ("past", 404, "DialogEntity", "expired at"),
    ("noref", 404, "InstanceRef", "was not found"),
    ("nopart", 404, "DialogActivity", "was not found"),
    ("nopart", 404, "DialogTransmission", "was not found"),
    ("nopart", 404, "DialogSeenLog", "was not found"),
    ("nopart", 404, "Label", "was not found"),
    ("late", 422, "ExpiresAt", "must be in the future"),
    ("410", 410, "DialogEntity", "Entity 'DialogEntity' with the following key(s) is removed: ("),
];

/// What a status is called in problems.
const PROBLEMS: &[(u16, &str, &str)] = &[
    (403, "rfc7231#section-6.5.3", "Forbidden."),
    (404, "rfc7231#section-6.5.4", "Resource not found."),
    (410, "rfc7231#section-6.5.9", "Resource no longer available."),
    (422, "rfc4918#section-11.2", "Unprocessable request."),
];

/// A dialog, and what requests have to name of it.
struct Subject {
    id: DialogId,
    party: String,
    /// Of any time, also when it was not visible yet or no longer.
    expires_at: Option<Timestamp>,
    transmission: String,
    activity: String,
    seen: String,
    /// What an answer holds that tells of it.
    marks: Vec<String>,
}

/// Names of the columns, and the rows: method, path, and the outcomes in the order of the columns.
struct Table {
    columns: Vec<&'static str>,
    rows: Vec<(&'static str, &'static str, Vec<&'static str>)>,
}

impl Table {
    fn parse(table: &'static str) -> Self {
        let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
        let columns: Vec<_> = lines.next().expect("columns").split_whitespace().collect();
        let mut rows = Vec::new();
        while let Some(operation) = lines.next() {
            let (method, path) = operation.split_once(' ').expect("a method and a path");
            let outcomes: Vec<_> = lines.next().expect("outcomes").split_whitespace().collect();
            assert_eq!(outcomes.len(), columns.len(), "{operation}");
            rows.push((method, path, outcomes));
        }
        Self { columns, rows }
    }
}

#[test]
fn the_tables_hold_every_operation_once() {
    let tables = [Table::parse(end_users::TABLE), Table::parse(service_owners::TABLE)];
    let mut rows: Vec<_> =
        tables.iter().flat_map(|table| &table.rows).map(|(method, path, _)| (*method, *path)).collect();
    let mut operations: Vec<_> = OPERATIONS.iter().map(|(method, path, _)| (*method, *path)).collect();
    rows.sort_unstable();
    operations.sort_unstable();
    assert_eq!(rows, operations);
}

/// A dialog with a part of each kind, to be changed before it is stored. It has been archived.
fn whole_dialog(app: &TestApp, dialog: NewDialog) -> NewDialog {
    let content = DialogContent { non_sensitive_title: Some(text(OPEN_TITLE)), ..DialogContent::titled(text(TITLE)) };
    NewDialog {
        content: Some(content),
        system_label: SystemLabel::Archive,
        service_owner_labels: vec![ServiceOwnerLabel::parse(LABEL).expect("a label")],
        activities: vec![Activity {
            id: ActivityId::new(),
            created_at: app.now(),
            activity_type: ActivityType::FormSaved,
            extended_type: None,
            transmission_id: None,
            performed_by: ActorOf::ServiceOwner,
            description: Localizations::default(),
        }],
        ..dialog
    }
}

impl Subject {
    /// What is asked for where there is nothing.
    fn unknown(party: &Party) -> Self {
        let id = DialogId::new();
        Self {
            id,
            party: party.as_str().to_owned(),
            expires_at: None,
            transmission: TransmissionId::new().to_string(),
            activity: ActivityId::new().to_string(),
            seen: Uuid::now_v7().to_string(),
            marks: vec![id.to_string()],
        }
    }

    fn stored(app: &TestApp, dialog: NewDialog) -> Self {
        let mut subject = Self {
            id: dialog.id,
            expires_at: dialog.expires_at,
            transmission: dialog.transmissions[0].id.to_string(),
            activity: dialog.activities[0].id.to_string(),
            ..Self::unknown(&dialog.party)
        };
        let service = dialog.service_resource.to_string();
        subject.marks = vec![
            subject.id.to_string(),
            subject.transmission.clone(),
            subject.activity.clone(),
            format!(r#""id":"{}""#, service.trim_start_matches("urn:altinn:resource:")),
            "systemlabel:Archive".to_owned(),
            LABEL.to_owned(),
            r#""sendNotification":true"#.to_owned(),
        ];
        app.holds(dialog);
        subject
    }

    /// By an entry that its seen log has now.
    fn seen_by(self, entry: &Value) -> Self {
        let seen = entry["id"].as_str().expect("an id").to_owned();
        Self { marks: [self.marks, vec![seen.clone()]].concat(), seen, ..self }
    }

    /// The same dialog, asked about parts that it does not have.
    fn without_parts(self) -> Self {
        let Self { transmission, activity, seen, .. } = Self::unknown(&dialog("").party);
        Self { transmission, activity, seen, ..self }
    }

    fn is_told_of(&self, body: &str) -> bool {
        let is_counted = body.contains(r#""totalCount":"#) && !body.contains(r#""totalCount":0"#);
        is_counted || self.marks.iter().any(|mark| body.contains(mark))
    }
}

/// Sends what the operation asks for of this dialog.
async fn ask(caller: &Actor<'_>, method: &str, path: &str, subject: &Subject) -> String {
    let (path, content_type, body) = request(method, path, subject);
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let answer = caller.send(method, &path, &[("content-type", content_type)], Body::from(body)).await;
    outcome(&answer, subject)
}

/// The name in the tables of what came of a request. Beside [`REFUSALS`] these are
///
/// - `401`, `bad`: there is no token, or it is not valid
/// - `policy`: the token is not enough, and no more is said
/// - `done`, `made`: without a body, or with the id of what was created
/// - `shown`, `open`: the dialog is told of, with what it tells openly in place of the title
/// - `masked`, `old`: the same, but that links are hidden, or have expired
/// - `silent`: the dialog is not told of
fn outcome(answer: &Answer, subject: &Subject) -> String {
    let body = answer.text();
    let holds = |part: &str| body.contains(part);
    let name = match answer.status.as_u16() {
        401 if body.is_empty() && answer.header("www-authenticate") == "Bearer" => "401",
        401 if body.is_empty() && answer.header("www-authenticate") == r#"Bearer error="invalid_token""# => "bad",
        403 if body.is_empty() => "policy",
        201 => "made",
        204 if body.is_empty() => "done",
        200 if holds("urn:dialogporten:unauthorized") => "masked",
        200 if holds("urn:dialogporten:expired") => "old",
        200 if holds(OPEN_TITLE) && !holds(TITLE) => "open",
        200 if subject.is_told_of(&body) => "shown",
        200 => "silent",
        status => return refusal(answer, status).map_or_else(|| format!("{status} {body}"), str::to_owned),
    };
    name.to_owned()
}

fn refusal(answer: &Answer, status: u16) -> Option<&'static str> {
    let problem: Value = serde_json::from_slice(&answer.body).ok()?;
    let (_, kind, title) = PROBLEMS.iter().find(|(of, _, _)| *of == status)?;
    let is_called_so = problem["type"] == format!("https://datatracker.ietf.org/doc/html/{kind}")
        && problem["title"] == *title
        && problem["status"] == status;
    let mut said = problem["errors"].as_object().filter(|_| is_called_so)?.iter();
    let (key, messages) = said.next().filter(|_| said.len() == 0)?;
    let message = messages[0].as_str()?;
    let is_meant = |(_, of, for_key, part): &&(&str, u16, &str, &str)| {
        *of == status && for_key == key && message.contains(part) && (*part != "Forbidden" || message == *part)
    };
    let (name, ..) = REFUSALS.iter().find(is_meant)?;
    // Who is too early is told when to come again.
    (*name != "later" || answer.headers.contains_key("expires")).then_some(name)
}

/// Holds the outcomes of a column against the table.
#[derive(Default)]
struct Differences(BTreeMap<String, String>);

impl Differences {
    fn hold(&mut self, cell: String, expected: &str, found: String) {
        if expected != found {
            self.0.insert(cell, format!("{found}, not {expected}"));
        }
    }

    #[track_caller]
    fn assert_none(&self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

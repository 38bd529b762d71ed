//! The fixtures obey the rules of the service and show all of it.

use dialog_index::domain::{EndUserId, Timestamp};
use dialog_index::query::{Filter, Order, PageSize, Position, SearchQuery};
use dialog_index::{AuthorizedScope, Dialogs, OpenOptions};
use dialogdex::auth::register::Register;
use dialogdex::corpus::import::{self, Event};
use serde_json::Value;
use std::collections::BTreeSet;

const REGISTER: &str = include_str!("../fixtures/register.json");
const DIALOGS: &str = include_str!("../fixtures/dialogs.ndjson");

fn lines() -> impl Iterator<Item = Value> {
    DIALOGS.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

/// Every value of a member with this name, at any depth.
fn values_of(name: &str) -> BTreeSet<String> {
    fn collect(value: &Value, name: &str, values: &mut BTreeSet<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| collect(value, name, values)),
            Value::Object(members) => {
                for (member, value) in members {
                    match value {
                        Value::String(text) if member == name => drop(values.insert(text.clone())),
                        other => collect(other, name, values),
                    }
                }
            }
            _ => {}
        }
    }
    let mut values = BTreeSet::new();
    lines().for_each(|line| collect(&line, name, &mut values));
    values
}

#[track_caller]
fn assert_all_occur(member: &str, expected: &[&str]) {
    let found = values_of(member);
    let missing: Vec<_> = expected.iter().filter(|value| !found.contains(**value)).collect();
    assert!(missing.is_empty(), "no {member} is {missing:?}");
}

#[test]
fn every_dialog_can_be_imported() {
    let folder = tempfile::tempdir().expect("a folder");
    let dialogs = Dialogs::open(folder.path(), &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
        .expect("a data folder");
    let register = Register::from_document(REGISTER.as_bytes()).expect("a valid register");
    let mut bad = Vec::new();
    let done = import::import(DIALOGS.as_bytes(), &dialogs, &register, Timestamp::now(), |event| {
        if let Event::BadLine { number, reason } = event {
            bad.push((number, reason));
        }
    });
    assert!(bad.is_empty(), "{bad:#?}");
    let stored = done.expect("an import").stored;
    assert!(stored >= 290, "about three hundred, not {stored}");

    // Everybody sees some of them, and nobody all.
    let everything = SearchQuery {
        filter: Filter::default(),
        order: Order::default(),
        position: Position::First,
        limit: PageSize::new(1000).expect("a valid size"),
        counts: None,
    };
    let seen = |user: EndUserId| {
        let scope = AuthorizedScope::of_end_user(register.rights_of(&user, 4));
        dialogs.search(&scope, &everything).expect("a page").items.len() as u64
    };
    let kari = seen(EndUserId::person("17838411088").expect("a valid number"));
    let ingrid = seen(EndUserId::person("25869131809").expect("a valid number"));
    assert!(20 < kari && kari < stored && 20 < ingrid && ingrid < stored, "{kari} and {ingrid} of {stored}");
}

#[test]
fn what_dialogs_can_be_occurs() {
    assert_all_occur("status", &["InProgress", "Draft", "RequiresAttention", "Completed", "NotApplicable", "Awaiting"]);
    assert_all_occur(
        "type",
        &[
            // Of transmissions.
            "Information",
            "Acceptance",
            "Rejection",
            "Request",
            "Alert",
            "Decision",
            "Submission",
            "Correction",
            // Of activities.
            "DialogCreated",
            "DialogClosed",
            "TransmissionOpened",
            "PaymentMade",
            "SignatureProvided",
            "DialogOpened",
            "DialogDeleted",
            "DialogRestored",
            "SentToSigning",
            "SentToFormFill",
            "SentToSendIn",
            "SentToPayment",
            "FormSubmitted",
            "FormSaved",
            "CorrespondenceOpened",
            "CorrespondenceConfirmed",
        ],
    );
    assert_all_occur("priority", &["Primary", "Secondary", "Tertiary"]);
    assert_all_occur("consumerType", &["Gui", "Api"]);
    assert_all_occur("languageCode", &["nb", "nn", "en", "se"]);
    assert_all_occur("httpMethod", &["GET", "POST", "PUT", "DELETE"]);
    let labels: BTreeSet<_> = lines()
        .flat_map(|line| line["systemLabels"].as_array().cloned().unwrap_or_default())
        .map(|label| label.as_str().expect("a label").to_owned())
        .collect();
    assert_eq!(labels, ["Archive", "Bin", "MarkedAsUnopened"].map(str::to_owned).into());
    let with = |member: &str| lines().filter(|line| line.get(member).is_some()).count();
    for member in ["visibleFrom", "expiresAt", "deletedAt", "isApiOnly", "dueAt", "progress", "searchTags"] {
        assert!(with(member) >= 3, "few dialogs have {member}");
    }
    assert!(lines().filter(|line| line["content"].get("nonSensitiveTitle").is_some()).count() >= 10);
}

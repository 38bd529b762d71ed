//! The contract's document, held against our own document and against what is really answered.

mod schema;
mod walk;

use crate::app::TestApp;
use axum::http::StatusCode;
use schema::{Schemas, differences};
use serde_json::Value;
use std::collections::BTreeSet;

/// Operations of the contract that are not covered yet: an empty list is the goal. Whoever adds one takes its line away
/// and gives it its cases in `walk`.
pub(super) const NOT_COVERED_YET: &[&str] = &[
    "BulkSetDialogSystemLabels",
    "CheckNotificationCondition",
    "CreateDialogActivity",
    "CreateDialogTransmission",
    "CreateServiceOwnerLabel",
    "DeleteServiceOwnerLabel",
    "GetDialogActivity",
    "GetDialogLookup",
    "GetDialogSeenLog",
    "GetDialogTransmission",
    "GetServiceOwnerLabels",
    "GetServiceResourceMetadata",
    "PatchDialog",
    "SearchDialogActivities",
    "SearchDialogEndUserContexts",
    "SearchDialogSeenLogs",
    "SearchDialogTransmissions",
    "SetDialogSystemLabels",
    "UpdateDialog",
    "UpdateDialogTransmission",
];

/// Statuses of the contract that are never answered, and why.
pub(super) const NEVER_ANSWERED: &[(&str, &str, &str)] = &[
    ("DeleteDialog", "409", "a change is judged in its transaction, so no other comes between"),
    ("FreezeDialog", "409", "a change is judged in its transaction, so no other comes between"),
    ("PurgeDialog", "409", "a change is judged in its transaction, so no other comes between"),
    ("RestoreDialog", "409", "a change is judged in its transaction, so no other comes between"),
];

/// Where our document differs from the contract's, by operation and place, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("CreateDialog", "body .content.additionalInfo.isAuthorized: missing", "it is ignored in what is sent"),
    ("SearchDialogs", "200 .items[].content.nonSensitiveSummary: missing", "the reference never fills it in lists"),
    ("SearchDialogs", "200 .items[].content.nonSensitiveTitle: missing", "the reference never fills it in lists"),
];

pub(super) fn contract() -> Value {
    serde_json::from_str(include_str!("../contract/openapi.serviceowner.json")).expect("JSON")
}

/// An operation of a document.
pub(super) struct Operation<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) described: &'a Value,
}

pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().expect("paths").iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().expect("operations").iter().map(move |(method, described)| Operation {
            id: described["operationId"].as_str().expect("an operation id"),
            method,
            path,
            described,
        })
    });
    all.collect()
}

/// Those that are to be held against the contract.
pub(super) fn covered(contract: &Value) -> Vec<Operation<'_>> {
    operations(contract).into_iter().filter(|operation| !NOT_COVERED_YET.contains(&operation.id)).collect()
}

#[test]
fn the_list_of_what_is_not_covered_names_operations() {
    let contract = contract();
    let known: BTreeSet<_> = operations(&contract).iter().map(|operation| operation.id).collect();
    for id in NOT_COVERED_YET.iter().chain(NEVER_ANSWERED.iter().map(|(id, _, _)| id)) {
        assert!(known.contains(id), "{id} is no operation of the contract");
    }
}

#[tokio::test]
async fn our_openapi_document_has_all_that_the_contract_has() {
    let app = TestApp::new();
    let ours = app.anonymous().get("/swagger/v1.serviceowner/swagger.json").await.expect(StatusCode::OK).json();
    let contract = contract();
    let mut found = BTreeSet::new();
    for operation in covered(&contract) {
        let Operation { id, method, path, described } = operation;
        let our = &ours["paths"][path][method];
        let mut differs = |what: String| found.insert((id.to_owned(), what));
        if our["operationId"] != id {
            differs("operation".to_owned());
            continue;
        }
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            let is_same = |our: &Value| {
                let names = [parameter, our].map(|it| it["name"].as_str().expect("a name").to_lowercase());
                names[0] == names[1] && parameter["in"] == our["in"]
            };
            if !our["parameters"].as_array().into_iter().flatten().any(is_same) {
                differs(format!("parameter {}", parameter["name"]));
            }
        }
        for (status, answer) in described["responses"].as_object().expect("responses") {
            if NEVER_ANSWERED.iter().any(|(of, never, _)| (*of, *never) == (id, status.as_str())) {
                continue;
            }
            let our_answer = &our["responses"][status];
            if our_answer.is_null() {
                differs(format!("status {status}"));
            } else if status.starts_with('2')
                && let Some(theirs) = answer.pointer("/content/application~1json/schema")
            {
                let our_schema = &our_answer["content"]["application/json"]["schema"];
                for place in differences(Schemas(&contract), theirs, Schemas(&ours), our_schema) {
                    differs(format!("{status} {place}"));
                }
            }
        }
        if let Some(theirs) = described.pointer("/requestBody/content/application~1json/schema") {
            let our_schema = &our["requestBody"]["content"]["application/json"]["schema"];
            for place in differences(Schemas(&contract), theirs, Schemas(&ours), our_schema) {
                differs(format!("body {place}"));
            }
        }
    }
    let listed = DIFFERENCES.iter().map(|(id, what, _)| ((*id).to_owned(), (*what).to_owned())).collect();
    assert_eq!(found, listed);
}

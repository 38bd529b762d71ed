//! The contract's document, held against our own document and against what is really answered.

mod schema;
mod walk;

use crate::app::TestApp;
use axum::http::StatusCode;
use schema::{Schemas, differences};
use serde_json::Value;
use std::collections::BTreeSet;

/// Statuses of the contract that are never answered, and why.
const NEVER_ANSWERED: &[(&str, &str, &str)] = &[
    ("BulkSetDialogSystemLabels", "409", IN_ITS_TRANSACTION),
    ("CreateDialogActivity", "409", IN_ITS_TRANSACTION),
    ("CreateServiceOwnerLabel", "409", IN_ITS_TRANSACTION),
    ("DeleteDialog", "409", IN_ITS_TRANSACTION),
    ("DeleteServiceOwnerLabel", "409", IN_ITS_TRANSACTION),
    ("FreezeDialog", "409", IN_ITS_TRANSACTION),
    ("PurgeDialog", "409", IN_ITS_TRANSACTION),
    ("RestoreDialog", "409", IN_ITS_TRANSACTION),
    ("SetDialogSystemLabels", "409", IN_ITS_TRANSACTION),
    ("SetDialogSystemLabels", "410", "a deleted dialog is not found, as in the reference"),
];
const IN_ITS_TRANSACTION: &str = "a change is judged in its transaction, so no other comes between";

/// Properties of the contract that no answer fills, by operation (`*` is any) and a part of their place, and why.
const NEVER_FILLED: &[(&str, &str, &str)] = &[
    ("*", ".additionalInfo.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".contentReference.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".extendedStatus.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".nonSensitiveSummary.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".nonSensitiveTitle.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".senderName.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".summary.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("*", ".title.isAuthorized", ONLY_OF_THE_MAIN_REFERENCE),
    ("GetServiceResourceMetadata", ".roles[].links", NO_ID_OF_ROLES),
    ("SearchDialogs", ".content.nonSensitiveSummary", NOT_IN_LISTS),
    ("SearchDialogs", ".content.nonSensitiveTitle", NOT_IN_LISTS),
];
const ONLY_OF_THE_MAIN_REFERENCE: &str = "of contents, only a dialog's main reference says who may follow it";
const NO_ID_OF_ROLES: &str = "the link would need the UUID of the role, which the register does not know";
const NOT_IN_LISTS: &str = "the reference never fills it in lists";

/// Operations whose problems the contract's document calls plain JSON, and why ours keep their media type.
const PROBLEMS_BY_THEIR_NAME: &[(&str, &str)] = &[("PatchDialog", "the reference answers problem details as well")];

/// Where our document differs from the contract's, by operation and place, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("CreateDialog", "body .content.additionalInfo.isAuthorized: missing", ONLY_ANSWERED),
    ("CreateDialogTransmission", "body .content.contentReference.isAuthorized: missing", ONLY_ANSWERED),
    ("GetServiceResourceMetadata", "200 .items[].roles[].links: missing", NO_ID_OF_ROLES),
    ("SearchDialogs", "200 .items[].content.nonSensitiveSummary: missing", NOT_IN_LISTS),
    ("SearchDialogs", "200 .items[].content.nonSensitiveTitle: missing", NOT_IN_LISTS),
    ("UpdateDialog", "body .content.additionalInfo.isAuthorized: missing", ONLY_ANSWERED),
    ("UpdateDialogTransmission", "body .content.contentReference.isAuthorized: missing", ONLY_ANSWERED),
];
const ONLY_ANSWERED: &str = "it is ignored in what is sent";

fn contract() -> Value {
    serde_json::from_str(include_str!("../contract/openapi.serviceowner.json")).expect("JSON")
}

/// An operation of a document.
struct Operation<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    described: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
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

impl<'a> Operation<'a> {
    /// The schema of what is sent, if anything is.
    fn body(&self) -> Option<&'a Value> {
        self.described.pointer("/requestBody/content/application~1json/schema")
    }

    /// The schemas of successful answers, with their statuses.
    fn answers(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let all = self.described["responses"].as_object().expect("responses").iter();
        let successful = all.filter(|(status, _)| status.starts_with('2'));
        successful.filter_map(|(status, answer)| Some((status, answer.pointer("/content/application~1json/schema")?)))
    }
}

#[test]
fn the_lists_of_exceptions_name_operations() {
    let contract = contract();
    let known: BTreeSet<_> = operations(&contract).iter().map(|operation| operation.id).collect();
    let rows = [NEVER_ANSWERED, NEVER_FILLED, DIFFERENCES].concat();
    let excepted = rows.iter().map(|(id, _, _)| *id).chain(PROBLEMS_BY_THEIR_NAME.iter().map(|(id, _)| *id));
    for id in excepted.filter(|id| *id != "*") {
        assert!(known.contains(id), "{id} is no operation of the contract");
    }
}

#[tokio::test]
async fn our_openapi_document_has_all_that_the_contract_has() {
    let app = TestApp::new();
    let ours = app.anonymous().get("/swagger/v1.serviceowner/swagger.json").await.expect(StatusCode::OK).json();
    let contract = contract();
    let mut found = BTreeSet::new();
    for operation in operations(&contract) {
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
        for status in described["responses"].as_object().expect("responses").keys() {
            let is_never_answered = NEVER_ANSWERED.iter().any(|(of, never, _)| (*of, *never) == (id, status.as_str()));
            if our["responses"][status].is_null() != is_never_answered {
                differs(format!("status {status}"));
            }
        }
        for (status, theirs) in operation.answers() {
            let our_schema = &our["responses"][status]["content"]["application/json"]["schema"];
            for place in differences(Schemas(&contract), theirs, Schemas(&ours), our_schema) {
                differs(format!("{status} {place}"));
            }
        }
        if let Some(theirs) = operation.body() {
            let our_schema = &our["requestBody"]["content"]["application/json"]["schema"];
            for place in differences(Schemas(&contract), theirs, Schemas(&ours), our_schema) {
                differs(format!("body {place}"));
            }
        }
    }
    let listed = DIFFERENCES.iter().map(|(id, what, _)| ((*id).to_owned(), (*what).to_owned())).collect();
    assert_eq!(found, listed);
}

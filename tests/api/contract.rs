//! The contract's documents, held against our own documents and against what is really answered.

mod end_users;
mod schema;
mod service_owners;
mod walk;

use crate::app::TestApp;
use axum::http::StatusCode;
use schema::{Schemas, differences};
use serde_json::Value;
use std::collections::BTreeSet;

/// The contract's document for an audience, and where we differ from it.
struct Contract {
    document: Value,
    /// Where our own document of that audience is.
    ours: &'static str,
    exceptions: Exceptions,
}

/// Each row has the reason last.
struct Exceptions {
    /// Operations with statuses that are never answered.
    never_answered: &'static [(&'static str, &'static str, &'static str)],
    /// Properties that no answer fills, by operation (`*` is any) and a part of their place.
    never_filled: &'static [(&'static str, &'static str, &'static str)],
    /// Properties of problems that are never sent.
    never_told: &'static [(&'static str, &'static str)],
    /// Operations whose problems the document calls plain JSON, while ours keep their media type.
    problems_by_their_name: &'static [(&'static str, &'static str)],
    /// Where our document lacks something or has it otherwise, by operation and place.
    differences: &'static [(&'static str, &'static str, &'static str)],
    /// Schemas that nothing in the document refers to.
    never_referred_to: &'static [(&'static str, &'static str)],
}

fn contracts() -> [Contract; 2] {
    [end_users::contract(), service_owners::contract()]
}

const IN_ITS_TRANSACTION: &str = "a change is judged in its transaction, so no other comes between";
const ONLY_OF_THE_MAIN_REFERENCE: &str = "of contents, only a dialog's main reference says who may follow it";
const NO_ID_OF_ROLES: &str = "the link would need the UUID of the role, which the register does not know";
const NEVER_IN_PROBLEMS: &str = "the reference never sends it";
const PARAMETERS: &str = "it gathers the parameters of an operation, which are compared one by one";

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

    fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        self.described["parameters"].as_array().into_iter().flatten()
    }
}

#[test]
fn the_lists_of_exceptions_name_operations() {
    for Contract { document, exceptions, .. } in contracts() {
        let known: BTreeSet<_> = operations(&document).iter().map(|operation| operation.id).collect();
        let rows = [exceptions.never_answered, exceptions.never_filled, exceptions.differences].concat();
        let excepted = rows.iter().map(|(id, _, _)| *id);
        for id in excepted.chain(exceptions.problems_by_their_name.iter().map(|(id, _)| *id)).filter(|id| *id != "*") {
            assert!(known.contains(id), "{id} is no operation of the contract");
        }
    }
}

/// What an operation refers to is compared with it, and filled by those who send and answer it.
#[test]
fn every_schema_belongs_to_an_operation() {
    for Contract { document, exceptions, .. } in contracts() {
        let all = document["components"]["schemas"].as_object().expect("schemas").keys().map(String::as_str);
        let referred_to = Schemas(&document).referred_to(&document["paths"]);
        let unused: BTreeSet<_> = all.filter(|name| !referred_to.contains(*name)).collect();
        assert_eq!(unused, exceptions.never_referred_to.iter().map(|(name, _)| *name).collect());
    }
}

#[tokio::test]
async fn our_openapi_documents_have_all_that_the_contract_has() {
    let app = TestApp::new();
    for Contract { document: contract, ours, exceptions } in contracts() {
        let ours = app.anonymous().get(ours).await.expect(StatusCode::OK).json();
        let mut found = BTreeSet::new();
        for operation in operations(&contract) {
            let Operation { id, method, path, described } = operation;
            let our = &ours["paths"][path][method];
            let mut differs = |what: String| found.insert((id.to_owned(), what));
            if our["operationId"] != id {
                differs("operation".to_owned());
                continue;
            }
            for parameter in operation.parameters() {
                let is_same = |our: &&Value| {
                    let names = [parameter, our].map(|it| it["name"].as_str().expect("a name").to_lowercase());
                    names[0] == names[1] && parameter["in"] == our["in"]
                };
                let Some(our) = our["parameters"].as_array().into_iter().flatten().find(is_same) else {
                    differs(format!("parameter {}", parameter["name"]));
                    continue;
                };
                // A header is a text whatever it is read as.
                if parameter["in"] != "header" {
                    let schemas = (&parameter["schema"], &our["schema"]);
                    for place in differences(Schemas(&contract), schemas.0, Schemas(&ours), schemas.1) {
                        differs(format!("parameter {}{place}", parameter["name"]));
                    }
                }
            }
            for status in described["responses"].as_object().expect("responses").keys() {
                let is_never_answered =
                    exceptions.never_answered.iter().any(|(of, never, _)| (*of, *never) == (id, status.as_str()));
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
        let listed = exceptions.differences.iter().map(|(id, what, _)| ((*id).to_owned(), (*what).to_owned()));
        assert_eq!(found, listed.collect());
    }
}

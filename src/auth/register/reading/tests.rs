use super::*;
use crate::auth::register::tests::document;
use serde_json::{Value, json};

/// What is said of the document after a value is put in a place; `null` takes a member away.
#[track_caller]
fn check(pointer: &str, value: Value, expected: &[&str]) {
    let mut document = document();
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place in the document");
    match parent {
        Value::Array(entries) => entries.push(value),
        Value::Object(members) if value.is_null() => drop(members.remove(member)),
        other => other[member] = value,
    }
    check_document(&document.to_string(), expected);
}

#[track_caller]
fn check_document(document: &str, expected: &[&str]) {
    let mistakes = read_document(document.as_bytes()).err().unwrap_or_default();
    let mistakes: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn a_document_is_one_object_of_five_lists() {
    check_document(&document().to_string(), &[]);
    check_document("[]", &["register must be a JSON object"]);
    check_document("{\n\"grants\": [}", &["register is not valid JSON: see line 2, column 12"]);
    check_document("{} x", &["register is not valid JSON: see line 1, column 4"]);
    check_document(
        r#"{ "serviceOwners": [], "serviceResources": {}, "subjects": null, "parties": [], "grants": [], "more": 1,
             "parties": [] }"#,
        &["parties is given twice", "serviceResources must be a list", "subjects is required", "more is not known"],
    );
}

#[test]
fn members_are_held_against_their_shape() {
    check("/serviceOwners/-", json!(1), &["serviceOwners[1] must be an object"]);
    check("/parties/0/name", json!(" "), &["parties[0].name must not be empty"]);
    check("/serviceOwners/0/name", json!({}), &["serviceOwners[0].name must have a text in some language"]);
    check(
        "/serviceOwners/0/name",
        json!({ "no": "x" }),
        &["serviceOwners[0].name.no is not a valid language code: use 'nb' or 'nn' instead of 'no'"],
    );
    check("/serviceOwners/0/homepage", json!("x"), &["serviceOwners[0].homepage is not known"]);
    check(
        "/serviceResources/0/type",
        json!("Consent"),
        &["serviceResources[0].type must be one of \
           GenericAccessResource, AltinnApp, MigratedApp, CorrespondenceService"],
    );
    check("/serviceResources/0/delegable", json!("yes"), &["serviceResources[0].delegable must be true or false"]);
    check(
        "/serviceResources/0/minimumAuthenticationLevel",
        json!(5),
        &["serviceResources[0].minimumAuthenticationLevel must be from 0 to 4"],
    );
    check(
        "/serviceResources/0/rules/0/actions",
        json!([]),
        &["serviceResources[0].rules[0].actions must not be empty"],
    );
    check(
        "/serviceResources/0/rules/0/actions",
        json!(["read", "", "read"]),
        &[
            "serviceResources[0].rules[0].actions[1] must not be empty",
            "serviceResources[0].rules[0].actions[2] is given twice",
        ],
    );
    check(
        "/serviceResources/0/rules/0/attribute",
        json!(1),
        &["serviceResources[0].rules[0].attribute must be a text"],
    );
    check("/parties/0/uuid", json!("x"), &["parties[0].uuid must be a UUID"]);
    check("/parties/0/partyId", json!(0), &["parties[0].partyId must be from 1 to 2147483647"]);
    check("/parties/0/dateOfBirth", json!("1980-02-30"), &["parties[0].dateOfBirth must be a date such as 1980-01-31"]);
    check("/parties/0/name", Value::Null, &["parties[0].name is required"]);
    check("/grants/0/id", json!("a b"), &["grants[0].id must be 1 to 128 visible ASCII characters without a slash"]);
}

#[test]
fn numbers_need_right_check_digits() {
    check(
        "/serviceOwners/0/orgNumber",
        json!("974761077"),
        &["serviceOwners[0].orgNumber holds an organisation number with wrong length or check digit"],
    );
    check(
        "/parties/1/urn",
        json!("urn:altinn:person:identifier-no:14829012415"),
        &["parties[1].urn holds a national identity number with wrong length or check digits"],
    );
    check(
        "/grants/1/to",
        json!("urn:altinn:person:identifier-no:14829012415"),
        &["grants[1].to holds a national identity number with wrong length or check digits"],
    );
    check(
        "/grants/3/instances/0/ref",
        json!("urn:altinn:dialog-id:1"),
        &["grants[3].instances[0].ref must be urn:altinn:dialog-id:{uuid}, urn:altinn:correspondence-id:{uuid} or \
         urn:altinn:instance-id:{party id}/{uuid}"],
    );
}

#[test]
fn references_must_lead_somewhere() {
    let nobody = "urn:altinn:person:identifier-no:05867523660";
    let nowhere = "urn:altinn:resource:nowhere";
    check("/serviceResources/1/owner", json!("nav"), &["serviceResources[1].owner is not the code of a service owner"]);
    check(
        "/serviceResources/1/rules/0/subjects",
        json!(["urn:altinn:rolecode:x"]),
        &["serviceResources[1].rules[0].subjects[0] urn:altinn:rolecode:x is not among the subjects"],
    );
    check("/grants/0/to", json!(nobody), &["grants[0].to is not among the parties"]);
    check("/grants/0/for", json!(nobody), &["grants[0].for is not among the parties"]);
    check(
        "/grants/0/roles",
        json!(["DAGL", "BEST"]),
        &["grants[0].roles[1] urn:altinn:rolecode:best is not among the subjects"],
    );
    check(
        "/grants/1/accessPackages",
        json!(["skatt"]),
        &["grants[1].accessPackages[0] urn:altinn:accesspackage:skatt is not among the subjects"],
    );
    check(
        "/grants/2/resources",
        json!([nowhere]),
        &["grants[2].resources[0] urn:altinn:resource:nowhere is not among the service resources"],
    );
    check(
        "/grants/3/instances/1/resource",
        json!(nowhere),
        &["grants[3].instances[1].resource is not among the service resources"],
    );
    check(
        "/parties/3/parent",
        json!("urn:altinn:organization:identifier-no:974761076"),
        &["parties[3].parent is not among the parties"],
    );
    check(
        "/parties/3/parent",
        json!("urn:altinn:organization:identifier-no:313300005"),
        &["parties[3].parent must be a main unit, which has no parent itself"],
    );
    check(
        "/parties/0/parent",
        json!("urn:altinn:organization:identifier-no:313300005"),
        &["parties[0].parent is for organisations only"],
    );
}

#[test]
fn names_are_given_once() {
    let owner = json!({ "code": "skd", "orgNumber": "974761076", "name": { "nb": "Skatt" } });
    check(
        "/serviceOwners/-",
        owner,
        &[
            "serviceOwners[1].code is the same as that of serviceOwners[0]",
            "serviceOwners[1].orgNumber is the same as that of serviceOwners[0]",
        ],
    );
    let resource = document()["serviceResources"][1].clone();
    check("/serviceResources/-", resource, &["serviceResources[3].id is the same as that of serviceResources[1]"]);
    let subject = json!({ "urn": "URN:altinn:ROLECODE:DAGL", "name": { "nb": "x" } });
    check("/subjects/-", subject, &["subjects[3].urn is the same as that of subjects[0]"]);
    let party = document()["parties"][0].clone();
    check(
        "/parties/-",
        party,
        &[
            "parties[4].urn is the same as that of parties[0]",
            "parties[4].uuid is the same as that of parties[0]",
            "parties[4].partyId is the same as that of parties[0]",
        ],
    );
    let mut grant = document()["grants"][0].clone();
    grant["roles"] = json!(["dagl"]);
    check("/grants/-", grant, &["grants[4] is a grant that is there already: ids, or grants without one, must differ"]);
}

#[test]
fn a_mistake_in_an_entry_is_none_of_those_that_refer_to_it() {
    check(
        "/serviceOwners/0/orgNumber",
        json!("1"),
        &["serviceOwners[0].orgNumber holds an organisation number with wrong length or check digit"],
    );
    check("/serviceResources/0/name", Value::Null, &["serviceResources[0].name is required"]);
    check("/parties/3/partyId", json!("x"), &["parties[3].partyId must be a whole number from 0 to 4294967295"]);
}

#[test]
fn the_list_of_mistakes_is_bounded() {
    let entries = vec![json!(1); 20_000];
    let document = json!({
        "serviceOwners": entries, "serviceResources": [], "subjects": [], "parties": [], "grants": [],
    });
    let mistakes = read_document(document.to_string().as_bytes()).err().expect("mistakes");
    assert_eq!(mistakes.len(), 10_001);
    assert_eq!(mistakes[10_000].message, "has 10000 more mistakes, which are not listed");
}

use super::*;
use dialog_index::domain::ActorId;
use serde_json::{Value, json};

const ALICE: &str = "urn:altinn:person:identifier-no:14829012333";
const BOB: &str = "urn:altinn:person:identifier-no:14829012414";
const EVE: &str = "urn:altinn:person:idporten-email:eve@example.com";
const STRANGER: &str = "urn:altinn:person:identifier-no:05867523660";
const SYSTEM_USER: &str = "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
const COMPANY: &str = "urn:altinn:organization:identifier-no:313300005";
const DIALOG: &str = "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b12";
const LETTER: &str = "urn:altinn:correspondence-id:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b13";

/// skd has `Tax` for people and leaders, `secret` at level 4 and `audit`, whose level is unknown, for accountants.
pub(super) fn document() -> Value {
    json!({
        "serviceOwners": [{ "code": "SKD", "orgNumber": "974761076", "name": { "nb": "Skatteetaten" } }],
        "serviceResources": [
            resource("Tax", Some(3), json!([
                { "subjects": [role("PRIV"), role("dagl")], "actions": ["read", "write"] },
                { "subjects": [role("dagl")], "actions": ["sign"], "attribute": "urn:altinn:subresource:form" },
            ])),
            resource("secret", Some(4), json!([{ "subjects": [role("priv")], "actions": ["read"] }])),
            resource("audit", None, json!([
                { "subjects": [role("regna"), "urn:altinn:accesspackage:regnskap"], "actions": ["approve"] },
            ])),
        ],
        "subjects": [
            { "urn": role("dagl"), "name": { "nb": "Daglig leder" } },
            { "urn": role("regna"), "name": { "nb": "Regnskapsfører" } },
            { "urn": "urn:altinn:accesspackage:regnskap", "name": { "nb": "Regnskap" } },
        ],
        "parties": [
            party(ALICE, "Eksempel Hansen Alice", 1),
            party(BOB, "Eksempel Bob", 2),
            party(EVE, "eve", 3),
            party(COMPANY, "Eksempel AS", 4),
        ],
        "grants": [
            { "to": ALICE, "for": COMPANY, "roles": ["DAGL"] },
            { "id": "packages", "to": ALICE, "for": COMPANY, "accessPackages": ["regnskap"] },
            { "id": "system", "to": SYSTEM_USER, "for": COMPANY, "resources": ["urn:altinn:resource:tax"] },
            { "id": "single", "to": EVE, "for": COMPANY, "instances": [
                { "resource": "urn:altinn:resource:Tax", "ref": format!("urn:altinn:dialog-id:{DIALOG}") },
                { "resource": "urn:altinn:resource:audit", "ref": LETTER },
            ] },
        ],
    })
}

fn role(code: &str) -> String {
    format!("urn:altinn:rolecode:{code}")
}

fn resource(name: &str, level: Option<u8>, rules: Value) -> Value {
    json!({
        "id": format!("urn:altinn:resource:{name}"),
        "owner": "skd",
        "type": "GenericAccessResource",
        "name": { "nb": name },
        "minimumAuthenticationLevel": level,
        "rules": rules,
    })
}

fn party(urn: &str, name: &str, number: u32) -> Value {
    let uuid = format!("0199d2e6-0000-7000-8000-{number:012}");
    json!({ "urn": urn, "name": name, "uuid": uuid, "partyId": 50_000 + number })
}

pub(super) fn register(document: &Value) -> Register {
    Register::from_document(document.to_string().as_bytes()).expect("a valid register")
}

pub(super) fn user(urn: &str) -> EndUserId {
    EndUserId::parse(urn).expect("a valid user")
}

fn services(register: &Register, urn: &str) -> Vec<String> {
    let rights = register.rights_of(&user(urn), 4);
    let mut services: Vec<_> = rights
        .parties
        .iter()
        .flat_map(|(party, services)| {
            services.iter().map(move |service| format!("{} {}", party.identifier(), service.identifier()))
        })
        .collect();
    services.sort();
    services
}

#[test]
fn lists_follow_the_subjects_that_a_user_holds() {
    let register = register(&document());
    let expected = ["14829012333 secret", "14829012333 tax", "313300005 audit", "313300005 tax"];
    assert_eq!(services(&register, ALICE), expected);
    assert_eq!(services(&register, BOB), ["14829012414 secret", "14829012414 tax"]);
    assert_eq!(services(&register, STRANGER), ["05867523660 secret", "05867523660 tax"]);
    assert_eq!(services(&register, SYSTEM_USER), ["313300005 tax"]);
    assert_eq!(services(&register, EVE), ["eve@example.com secret", "eve@example.com tax"]);
    assert_eq!(register.rights_of(&user(ALICE), 4).parties.len(), 2);
}

#[test]
fn equal_sets_are_one() {
    let register = register(&document());
    let (bob, stranger) = (register.rights_of(&user(BOB), 4), register.rights_of(&user(STRANGER), 4));
    assert!(Arc::ptr_eq(&bob.parties[0].1, &stranger.parties[0].1));
}

#[test]
fn single_dialogs_are_delegated_by_id_or_label() {
    let rights = register(&document()).rights_of(&user(EVE), 0);
    let delegated: Vec<_> = rights
        .delegations
        .iter()
        .map(|delegation| {
            assert_eq!(delegation.party.as_str(), COMPANY);
            let dialog = match &delegation.dialog {
                dialog_index::DelegatedDialog::Id(id) => id.to_string(),
                dialog_index::DelegatedDialog::Label(label) => label.as_str().to_owned(),
            };
            (delegation.resource.identifier().to_owned(), dialog)
        })
        .collect();
    assert_eq!(delegated, [("tax".to_owned(), DIALOG.to_owned()), ("audit".to_owned(), LETTER.to_owned())]);
}

#[track_caller]
fn check_readable(register: &Register, level: u8, expected: &[&str]) {
    let rights = register.rights_of(&user(ALICE), level);
    let mut readable: Vec<_> = rights.readable.iter().map(ServiceResource::identifier).collect();
    readable.sort_unstable();
    assert_eq!(readable, expected, "level {level}");
}

#[test]
fn a_level_reads_the_services_that_ask_for_no_more() {
    let register = register(&document());
    check_readable(&register, 0, &[]);
    check_readable(&register, 2, &[]);
    check_readable(&register, 3, &["audit", "tax"]);
    check_readable(&register, 4, &["audit", "secret", "tax"]);
    check_readable(&register, u8::MAX, &["audit", "secret", "tax"]);
}

/// Asks about a dialog of the company's; questions are `action` or `action,attribute`.
#[track_caller]
fn check_decision(who: &str, resource: &str, asked: &[&str], permitted: &[&str]) {
    let register = register(&document());
    let (party, resource) = (
        Party::parse(COMPANY).expect("a party"),
        ServiceResource::parse(&format!("urn:altinn:resource:{resource}")).expect("a resource"),
    );
    let labels = [ServiceOwnerLabel::parse(LETTER).expect("a label")];
    let id = DialogId(uuid::Uuid::try_parse(DIALOG).expect("an id"));
    let dialog = Subject { id, party: &party, resource: &resource, labels: &labels };
    let question = |text: &&str| {
        let (action, attribute) = text.split_once(',').unwrap_or((text, "main"));
        Question { action: action.to_owned(), attribute: attribute.to_owned() }
    };
    let questions = asked.iter().map(question).collect();
    let expected: BTreeSet<_> = permitted.iter().map(question).collect();
    assert_eq!(register.decide(&user(who), dialog, &questions), expected, "{who} {resource}");
}

#[test]
fn decisions_need_a_rule_and_a_right() {
    let asked = ["read", "sign", "sign,form", "sign,urn:altinn:subresource:form", "delete"];
    check_decision(ALICE, "tax", &asked, &["read", "sign,form", "sign,urn:altinn:subresource:form"]);
    check_decision(SYSTEM_USER, "TAX", &asked, &["read", "sign,form", "sign,urn:altinn:subresource:form"]);
    check_decision(EVE, "tax", &["read", "sign,form"], &["read", "sign,form"]);
    check_decision(EVE, "audit", &["approve", "read"], &["approve"]);
    check_decision(EVE, "secret", &["read"], &[]);
    check_decision(BOB, "tax", &asked, &[]);
    check_decision(ALICE, "unknown", &asked, &[]);
}

#[test]
fn an_attribute_can_ask_for_another_service() {
    let other = "approve,urn:altinn:resource:audit";
    check_decision(ALICE, "tax", &[other, "read,urn:altinn:resource:audit"], &[other]);
    // The delegation of one dialog does not reach the other service.
    check_decision(EVE, "tax", &[other], &[]);
}

#[test]
fn names_are_as_the_contract_shows_them() {
    let register = register(&document());
    let name = |urn: &str| register.facts().actor_name(&ActorId::parse(urn).expect("an actor"));
    assert_eq!(name(ALICE).as_deref(), Some("Alice Eksempel Hansen"));
    assert_eq!(name(COMPANY).as_deref(), Some("Eksempel AS"));
    assert_eq!(name(EVE).as_deref(), Some("eve@example.com"));
    assert_eq!(name(SYSTEM_USER).as_deref(), Some("Systembruker"));
    assert_eq!(name(STRANGER), None);
}

#[test]
fn services_and_owners_are_found_without_case() {
    let register = register(&document());
    let named = |name: &str| register.facts().resource(&ServiceResource::parse(name).expect("a resource"));
    let tax = named("urn:altinn:resource:TAX").expect("a service");
    assert_eq!((tax.resource.identifier(), tax.owner.as_str(), tax.owner_number.as_str()), ("Tax", "skd", "974761076"));
    assert_eq!((tax.minimum_authentication_level, tax.is_delegable), (Some(3), true));
    assert_eq!(named("urn:altinn:resource:audit").expect("a service").minimum_authentication_level, None);
    assert!(named("urn:altinn:resource:none").is_none());
    assert_eq!(register.facts().owner_by_number("974761076"), Some(Org::new("skd")));
    assert_eq!(register.facts().owner_by_number("889640782"), None);
}

fn opened(folder: &std::path::Path) -> (Dialogs, Register) {
    let dialogs = Dialogs::open(folder, &dialog_index::OpenOptions { cache_bytes: 1 << 20, items_cache_bytes: 0 })
        .expect("a data folder");
    let register = Register::open(&dialogs).expect("a register");
    (dialogs, register)
}

fn parsed(register: &Register) -> Value {
    serde_json::from_slice(&register.to_document()).expect("a JSON document")
}

/// The document with its lists in an order of their own, since the store has another one.
fn sorted(mut document: Value) -> Value {
    for section in document.as_object_mut().expect("an object").values_mut() {
        section.as_array_mut().expect("a list").sort_by_key(Value::to_string);
    }
    document
}

#[test]
fn changes_count_at_once_and_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let grant = json!({ "to": BOB, "for": COMPANY, "roles": ["dagl"] }).to_string();
    let written = {
        let (dialogs, register) = opened(folder.path());
        assert!(services(&register, ALICE).is_empty());
        register.replace(&dialogs, document().to_string().as_bytes()).expect("a valid document");
        assert_eq!(services(&register, BOB).len(), 2);
        let set = || register.set_grant(&dialogs, "bob", grant.as_bytes()).expect("a valid grant");
        assert_eq!((set(), set()), (GrantSet::Created, GrantSet::Replaced));
        assert_eq!(services(&register, BOB).len(), 3);
        assert!(register.remove_grant(&dialogs, "packages").expect("a change"));
        assert!(!register.remove_grant(&dialogs, "packages").expect("a change"));
        assert_eq!(services(&register, ALICE).len(), 3);
        parsed(&register)
    };
    let (dialogs, register) = opened(folder.path());
    assert_eq!(sorted(parsed(&register)), sorted(written.clone()));
    assert_eq!(services(&register, BOB).len(), 3);
    assert!(register.remove_grant(&dialogs, "bob").expect("a change"));
    assert_eq!(services(&register, BOB).len(), 2);
    register.replace(&dialogs, written.to_string().as_bytes()).expect("its own document");
    assert_eq!(sorted(parsed(&register)), sorted(written));
}

#[test]
fn a_grant_can_move_to_another_user() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dialogs, register) = opened(folder.path());
    register.replace(&dialogs, document().to_string().as_bytes()).expect("a valid document");
    let grant = json!({ "id": "system", "to": BOB, "for": COMPANY, "resources": ["urn:altinn:resource:tax"] });
    register.set_grant(&dialogs, "system", grant.to_string().as_bytes()).expect("a valid grant");
    assert!(services(&register, SYSTEM_USER).is_empty());
    assert_eq!(services(&register, BOB).len(), 3);
}

#[test]
fn what_is_refused_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dialogs, register) = opened(folder.path());
    register.replace(&dialogs, document().to_string().as_bytes()).expect("a valid document");
    let before = parsed(&register);
    let refused = [
        register.replace(&dialogs, b"{}}"),
        register.set_grant(&dialogs, "packages", br#"{ "to": "nobody" }"#).map(drop),
        register.set_grant(&dialogs, "a/b", json!({ "to": BOB, "for": COMPANY }).to_string().as_bytes()).map(drop),
    ];
    assert!(refused.iter().all(Result::is_err));
    assert_eq!(parsed(&register), before);
    drop((dialogs, register));
    assert_eq!(sorted(parsed(&opened(folder.path()).1)), sorted(before));
}

#[test]
fn a_file_is_loaded_when_it_has_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, mut second) = (document().to_string(), document());
    {
        let (dialogs, register) = opened(folder.path());
        assert!(register.load_file(&dialogs, first.as_bytes()).expect("a valid document"));
        assert!(register.remove_grant(&dialogs, "packages").expect("a change"));
    }
    let (dialogs, register) = opened(folder.path());
    assert!(!register.load_file(&dialogs, first.as_bytes()).expect("a valid document"));
    assert_eq!(parsed(&register)["grants"].as_array().map(Vec::len), Some(3));
    second["grants"] = json!([]);
    assert!(register.load_file(&dialogs, second.to_string().as_bytes()).expect("a valid document"));
    assert_eq!(parsed(&register)["grants"], json!([]));
}

#[test]
fn people_do_not_appear_in_debug_output() {
    let shown = format!("{:?}", register(&document()));
    assert!(!shown.contains("Alice") && !shown.contains("14829012333"), "{shown}");
}

/// A vendor's system user with very many clients, each with one of three sets of rights.
fn large_document(clients: u32) -> Value {
    let mut document = document();
    let organizations = organization_numbers().take(clients as usize);
    let urns: Vec<_> = organizations.map(|number| format!("urn:altinn:organization:identifier-no:{number}")).collect();
    let rights = [
        json!({ "roles": ["DAGL"] }),
        json!({ "accessPackages": ["regnskap"] }),
        json!({ "resources": ["urn:altinn:resource:secret"], "roles": ["regna"] }),
    ];
    for (n, urn) in (1000..).zip(&urns) {
        let mut grant = rights[n as usize % rights.len()].clone();
        grant["to"] = SYSTEM_USER.into();
        grant["for"] = urn.as_str().into();
        document["parties"].as_array_mut().expect("a list").push(party(urn, "Klient AS", n));
        document["grants"].as_array_mut().expect("a list").push(grant);
    }
    document
}

/// Numbers with valid check digits that no organisation has.
fn organization_numbers() -> impl Iterator<Item = String> {
    (31_400_000..).filter_map(|number: u32| {
        let number = number.to_string();
        let weighted =
            number.bytes().zip([3, 2, 7, 6, 5, 4, 3, 2]).map(|(digit, weight)| u32::from(digit - b'0') * weight);
        match 11 - weighted.sum::<u32>() % 11 {
            10 => None,
            check => Some(format!("{number}{}", check % 11)),
        }
    })
}

#[test]
fn a_user_may_have_very_many_parties() {
    const CLIENTS: u32 = 100_000;
    let register = register(&large_document(CLIENTS));
    let (vendor, client) = (user(SYSTEM_USER), CLIENTS as usize + 1);
    let rights = register.rights_of(&vendor, 3);
    assert_eq!(rights.parties.len(), client);
    let sets: std::collections::HashSet<_> = rights.parties.iter().map(|(_, set)| Arc::as_ptr(set)).collect();
    // Three kinds of clients, and the company that the small register grants it.
    assert_eq!(sets.len(), 4);
    assert!(Arc::ptr_eq(&rights, &register.rights_of(&vendor, 3)));
    assert_eq!(services(&register, BOB).len(), 2);
}

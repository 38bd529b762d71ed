//! A world to look for leaks in: services, parties, rights, and dialogs in which every text has a word of its own.

use super::dialogs::DialogMaker;
use super::words::{NewWords, Words, words_in};
use crate::app::{NAV_NUMBER, SKD_NUMBER, TestApp};
use dialog_index::domain::{Dialog, Org, Timestamp};
use dialog_index::{AuthorizedScope, Found, LoadedDialog, NewDialog, ServiceKind};
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The time in all worlds: 2026-07-25T17:20:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

pub(crate) const PERSONS: [&str; 3] = [
    "urn:altinn:person:identifier-no:14829012333",
    "urn:altinn:person:identifier-no:14829012414",
    "urn:altinn:person:identifier-no:05867523660",
];
pub(crate) const SYSTEM_USER: &str = "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
pub(crate) const EMAIL_USER: &str = "urn:altinn:person:idporten-email:eve@example.com";
/// No register knows this person.
pub(crate) const STRANGER: &str = "urn:altinn:person:identifier-no:03886595947";
/// The last is a sub-unit of the first.
pub(crate) const COMPANIES: [&str; 3] = [
    "urn:altinn:organization:identifier-no:313300005",
    "urn:altinn:organization:identifier-no:313300013",
    "urn:altinn:organization:identifier-no:313300021",
];
/// By code and number.
pub(crate) const OWNERS: [(&str, &str); 2] = [("skd", SKD_NUMBER), ("nav", NAV_NUMBER)];
const ROLES: [&str; 2] = ["dagl", "regna"];
const PACKAGES: [&str; 2] = ["skatt", "helse"];
pub(crate) const ACTIONS: [&str; 4] = ["read", "write", "sign", "transmissionread"];
pub(crate) const PART: &str = "part";
/// A service that the register has forgotten.
pub(crate) const FORGOTTEN: &str = "urn:altinn:resource:skd-forgotten";

pub(crate) struct Service {
    pub(crate) urn: String,
    pub(crate) org: &'static str,
    pub(crate) level: Option<u8>,
    pub(crate) rules: Vec<Rule>,
}

pub(crate) struct Rule {
    pub(crate) subjects: Vec<String>,
    pub(crate) actions: Vec<&'static str>,
    /// Without one it is about the dialog itself.
    pub(crate) attribute: Option<&'static str>,
}

pub(crate) struct Grant {
    pub(crate) to: String,
    pub(crate) party: String,
    /// Roles and access packages, by their URNs.
    pub(crate) subjects: Vec<String>,
    pub(crate) services: Vec<String>,
    /// Single dialogs, by service and reference.
    pub(crate) instances: Vec<(String, String)>,
}

pub(crate) struct World {
    pub(crate) services: Vec<Service>,
    pub(crate) grants: Vec<Grant>,
    /// As they are stored now.
    pub(crate) dialogs: Vec<LoadedDialog>,
    /// Words that were in dialogs and are in none any more.
    pub(crate) former: Words,
    /// The name of each company.
    pub(crate) company_names: Vec<String>,
    ways: Vec<Way>,
}

/// How a dialog comes into the service.
enum Way {
    /// Into the segments of the index.
    Loaded,
    /// By a write just before it is searched for, as the tail of the index has it.
    Written,
    /// The same in place of this one, which the segments still have.
    Replacing(Box<LoadedDialog>),
}

impl World {
    pub(crate) fn random(seed: u64, size: usize) -> Self {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut words = NewWords::default();
        let services: Vec<_> = (0..7).map(|n| Service::random(n, random)).collect();
        let company_names: Vec<_> = COMPANIES.iter().map(|_| words.next()).collect();
        let mut maker = DialogMaker::new(words);
        let mut former = Words::new();
        let (mut dialogs, mut ways) = (Vec::new(), Vec::new());
        for _ in 0..size {
            let mut dialog = maker.dialog(&services, random);
            ways.push(match random.random_range(0..10) {
                0..6 => Way::Loaded,
                6..8 => Way::Written,
                _ => {
                    let before = maker.without_lists(&dialog, random);
                    former.extend(words_in(&format!("{:?}", before.dialog)));
                    Way::Replacing(Box::new(before))
                }
            });
            if !matches!(ways.last(), Some(Way::Loaded)) {
                // A creation would move its times.
                dialog.dialog.visible_from = dialog.dialog.visible_from.filter(|from| *from <= NOW);
                dialog.seen_log.clear();
            }
            dialogs.push(dialog);
        }
        let grants = (0..random.random_range(10..24)).map(|_| Grant::random(&services, &dialogs, random)).collect();
        Self { services, grants, dialogs, former, company_names, ways }
    }

    pub(crate) fn register(&self) -> Value {
        let services: Vec<_> = self.services.iter().map(Service::document).collect();
        let subject = |urn: String| json!({ "urn": urn, "name": { "nb": "navn" } });
        let subjects: Vec<_> = subjects().into_iter().map(subject).collect();
        let grants: Vec<_> = self.grants.iter().enumerate().map(|(n, grant)| grant.document(n)).collect();
        let everybody = PERSONS.iter().chain(&COMPANIES).chain([&EMAIL_USER, &SYSTEM_USER]);
        let mut parties: Vec<_> = everybody.zip(1..).map(|(urn, n)| party(urn, n)).collect();
        for (party, name) in parties[PERSONS.len()..].iter_mut().zip(&self.company_names) {
            party["name"] = json!(name);
        }
        parties[PERSONS.len() + 2]["parent"] = json!(COMPANIES[0]);
        json!({
            "serviceOwners": OWNERS.map(|(code, number)| json!({ "code": code, "orgNumber": number, "name": { "nb": code } })),
            "serviceResources": services,
            "subjects": subjects,
            "parties": parties,
            "grants": grants,
        })
    }

    /// A service that knows this world. What is written last is in the tail of its index.
    pub(crate) async fn served(&mut self) -> TestApp {
        let app = TestApp::knowing(self.register().to_string().as_bytes(), NOW);
        let loaded = self.dialogs.iter().zip(&self.ways).filter_map(|(dialog, way)| match way {
            Way::Loaded => Some(dialog.clone()),
            Way::Replacing(before) => Some((**before).clone()),
            Way::Written => None,
        });
        load(&app, loaded.collect());
        for n in 0..self.dialogs.len() {
            let dialog = &self.dialogs[n].dialog;
            if !matches!(self.ways[n], Way::Loaded) {
                app.dialogs().upsert(as_new(dialog), None, NOW).expect("a stored dialog");
                if dialog.deleted_at.is_some() {
                    let owner = app.service_owner(number_of(dialog.org.as_str()));
                    let answer = owner.delete(&format!("/api/v1/serviceowner/dialogs/{}", dialog.id)).await;
                    assert!(answer.status.is_success(), "{}", answer.text());
                }
            }
            self.look_again(&app, n);
        }
        let stored: Words = self.dialogs.iter().flat_map(|it| words_in(&format!("{it:?}"))).collect();
        self.former.retain(|word| !stored.contains(word));
        app
    }

    /// A dialog as it is stored after a change.
    pub(crate) fn look_again(&mut self, app: &TestApp, n: usize) {
        let stored = &mut self.dialogs[n];
        let (id, scope) = (stored.dialog.id, AuthorizedScope::owned_by(stored.dialog.org.clone()));
        *stored = LoadedDialog {
            dialog: visible(app.dialogs().get(&scope, id)),
            seen_log: visible(app.dialogs().seen_log(&scope, id)),
            label_log: visible(app.dialogs().label_log(&scope, id)),
        };
    }

    pub(crate) fn service(&self, urn: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.urn == urn)
    }
}

pub(crate) fn load(app: &TestApp, dialogs: Vec<LoadedDialog>) {
    for loaded in app.dialogs().load(dialogs).expect("a store") {
        loaded.expect("a stored dialog");
    }
    app.dialogs().flush().expect("an index");
}

pub(crate) fn number_of(org: &str) -> &'static str {
    OWNERS.iter().find(|(code, _)| *code == org).expect("an owner").1
}

fn visible<T: std::fmt::Debug>(found: Result<Found<T>, dialog_index::ReadError>) -> T {
    match found.expect("a store") {
        Found::Visible(found) => found,
        other => panic!("its owner sees it: {other:?}"),
    }
}

fn as_new(dialog: &Dialog) -> NewDialog {
    let dialog = dialog.clone();
    NewDialog {
        id: dialog.id,
        org: dialog.org,
        service_resource: dialog.service_resource,
        service_kind: ServiceKind::Ordinary,
        party: dialog.party,
        idempotent_key: dialog.idempotent_key,
        progress: dialog.progress,
        extended_status: dialog.extended_status,
        external_reference: dialog.external_reference,
        visible_from: dialog.visible_from,
        due_at: dialog.due_at,
        expires_at: dialog.expires_at,
        process: dialog.process,
        preceding_process: dialog.preceding_process,
        status: dialog.status,
        is_api_only: dialog.is_api_only,
        created_at: Some(dialog.created_at),
        updated_at: Some(dialog.updated_at),
        system_label: dialog.end_user_context.system_labels.place(),
        service_owner_labels: dialog.service_owner_context.labels,
        content: dialog.content,
        search_tags: dialog.search_tags,
        attachments: dialog.attachments,
        gui_actions: dialog.gui_actions,
        api_actions: dialog.api_actions,
        transmissions: dialog.transmissions,
        activities: dialog.activities,
    }
}

fn subjects() -> Vec<String> {
    let roles = ["priv"].iter().chain(&ROLES).map(|code| format!("urn:altinn:rolecode:{code}"));
    roles.chain(PACKAGES.map(|code| format!("urn:altinn:accesspackage:{code}"))).collect()
}

fn some<T: Clone>(all: &[T], chance: f64, random: &mut ChaCha8Rng) -> Vec<T> {
    all.iter().filter(|_| random.random_bool(chance)).cloned().collect()
}

impl Service {
    fn random(n: usize, random: &mut ChaCha8Rng) -> Self {
        let (org, _) = OWNERS[n % OWNERS.len()];
        Self {
            urn: format!("urn:altinn:resource:{org}-{n}"),
            org,
            level: [None, Some(0), Some(2), Some(3), Some(4)].choose(random).copied().flatten(),
            rules: (0..random.random_range(1..4)).map(|_| Rule::random(random)).collect(),
        }
    }

    fn document(&self) -> Value {
        let rules: Vec<_> = self.rules.iter().map(Rule::document).collect();
        let id = &self.urn;
        let mut service = json!({
            "id": id, "owner": self.org, "type": "GenericAccessResource", "name": { "nb": id }, "rules": rules,
        });
        if let Some(level) = self.level {
            service["minimumAuthenticationLevel"] = json!(level);
        }
        service
    }
}

impl Rule {
    fn random(random: &mut ChaCha8Rng) -> Self {
        let mut subjects = some(&subjects(), 0.4, random);
        if subjects.is_empty() {
            subjects.push("urn:altinn:rolecode:priv".to_owned());
        }
        let mut actions = some(&ACTIONS, 0.5, random);
        if actions.is_empty() {
            actions.push("read");
        }
        Self { subjects, actions, attribute: random.random_bool(0.3).then_some(PART) }
    }

    fn document(&self) -> Value {
        let mut rule = json!({ "subjects": self.subjects, "actions": self.actions });
        if let Some(attribute) = self.attribute {
            rule["attribute"] = json!(attribute);
        }
        rule
    }
}

impl Grant {
    fn random(services: &[Service], dialogs: &[LoadedDialog], random: &mut ChaCha8Rng) -> Self {
        let users: Vec<_> = PERSONS.iter().chain([&SYSTEM_USER, &EMAIL_USER]).collect();
        let parties: Vec<_> = PERSONS.iter().chain(&COMPANIES).collect();
        let mut party = (**parties.choose(random).expect("a party")).to_owned();
        let mut instances = Vec::new();
        let dialog = &dialogs.choose(random).expect("a dialog").dialog;
        let is_known = dialog.service_resource.as_str() != FORGOTTEN && dialog.party.as_str() != STRANGER;
        if is_known && random.random_bool(0.5) {
            party = dialog.party.as_str().to_owned();
            let mut labels = dialog.service_owner_context.labels.iter().filter_map(|label| reference(label.as_str()));
            let reference = labels.next().unwrap_or_else(|| format!("urn:altinn:dialog-id:{}", dialog.id));
            instances.push((dialog.service_resource.as_str().to_owned(), reference));
        }
        let urns: Vec<_> = services.iter().map(|service| service.urn.clone()).collect();
        Self {
            to: (**users.choose(random).expect("a user")).to_owned(),
            party,
            subjects: some(&subjects()[1..], 0.4, random),
            services: some(&urns, 0.1, random),
            instances,
        }
    }

    fn document(&self, n: usize) -> Value {
        let of = |kind: &str| -> Vec<_> {
            self.subjects.iter().filter_map(|urn| urn.strip_prefix(kind)).map(str::to_owned).collect()
        };
        let instance = |(service, reference): &(String, String)| json!({ "resource": service, "ref": reference });
        json!({
            "id": format!("grant-{n}"),
            "to": self.to,
            "for": self.party,
            "roles": of("urn:altinn:rolecode:").iter().map(|code| code.to_uppercase()).collect::<Vec<_>>(),
            "accessPackages": of("urn:altinn:accesspackage:"),
            "resources": self.services,
            "instances": self.instances.iter().map(instance).collect::<Vec<_>>(),
        })
    }
}

/// How a label of the service owner names its dialog, if it does.
pub(crate) fn reference(label: &str) -> Option<String> {
    if label.starts_with("urn:altinn:correspondence-id:") {
        return Some(label.to_owned());
    }
    Some(format!("urn:altinn:instance-id:{}", label.strip_prefix("urn:altinn:integration:storage:")?))
}

fn party(urn: &str, n: u128) -> Value {
    json!({ "urn": urn, "name": format!("Etternavn {n}"), "uuid": Uuid::from_u128(n), "partyId": 50_000 + n as u64 })
}

/// Whose dialogs there are.
pub(crate) fn parties() -> BTreeSet<&'static str> {
    PERSONS.into_iter().chain(COMPANIES).chain([EMAIL_USER, STRANGER]).collect()
}

pub(crate) fn org(service: &str, services: &[Service]) -> Org {
    Org::new(services.iter().find(|it| it.urn == service).map_or("skd", |it| it.org))
}

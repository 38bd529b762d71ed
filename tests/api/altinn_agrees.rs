//! For the same facts, Altinn's services and the register give the same rights: over random worlds.

use crate::fake_altinn::{FakeAltinn, quick_pace};
use dialog_index::Rights;
use dialog_index::domain::{ActorId, DialogId, EndUserId, Party, ServiceOwnerLabel, ServiceResource};
use dialogdex::auth::altinn::Altinn;
use dialogdex::auth::caller::AltinnClaims;
use dialogdex::auth::register::{AuthorizedParty, Question, Register, Subject, instance_reference};
use dialogdex::auth::{Authority, Facts, User};
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const WORLDS: u64 = 40;
const SYSTEM_USERS: [&str; 2] = [
    "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11",
    "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b12",
];
const EMAIL_USER: &str = "urn:altinn:person:idporten-email:eve@example.com";
const SUBJECTS: [&str; 5] = [
    "urn:altinn:rolecode:priv",
    "urn:altinn:rolecode:dagl",
    "urn:altinn:rolecode:regna",
    "urn:altinn:accesspackage:skatt",
    "urn:altinn:accesspackage:helse",
];
const SERVICES: [&str; 6] = ["res-0", "Res-1", "res-2", "app_skd_form-1", "app_nav_a_b", "se_1_2"];
const ACTIONS: [&str; 4] = ["read", "write", "sign", "transmissionread"];
const ATTRIBUTES: [&str; 5] = ["main", "part", "form", "urn:altinn:subresource:form", "urn:altinn:task:Task_1"];

struct World {
    document: Value,
    dialogs: Vec<Dialog>,
    /// One more than the document knows.
    persons: Vec<String>,
    organizations: Vec<String>,
}

struct Dialog {
    id: DialogId,
    party: Party,
    resource: ServiceResource,
    labels: Vec<ServiceOwnerLabel>,
}

#[tokio::test(flavor = "multi_thread")]
async fn altinn_gives_the_rights_that_the_register_gives() {
    let (mut permitted, mut reasons) = (0, 0);
    for seed in 0..WORLDS {
        let world = World::random(seed);
        let text = world.document.to_string();
        let register =
            Register::from_document(text.as_bytes()).unwrap_or_else(|error| panic!("{seed}: {error}\n{text}"));
        let register = Arc::new(register);
        let fake = FakeAltinn::knowing(&world.document).await;
        let altinn = Altinn::start(&fake.settings(), quick_pace()).expect("it can be asked");
        let theirs = facts_of(&altinn).await;
        world.compare_facts(seed, &Register::facts(&register), theirs, &altinn).await;
        for user in world.users(&fake) {
            world.compare_rights(seed, &register, &altinn, &user).await;
            permitted += world.compare_decisions(seed, &register, &altinn, &user).await;
            world.compare_parties(seed, &register, &altinn, &user).await;
            reasons += world.compare_evidence(seed, &register, &altinn, &user).await;
        }
    }
    assert!(permitted > 1000, "only {permitted} questions were permitted");
    assert!(reasons > 500, "only {reasons} reasons were found");
}

/// As soon as there are any.
async fn facts_of(altinn: &Altinn) -> Facts {
    let begin = Instant::now();
    loop {
        match altinn.facts() {
            Ok(facts) => return facts,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(10), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl World {
    async fn compare_rights(&self, seed: u64, register: &Arc<Register>, altinn: &Altinn, user: &User) {
        for level in [0, 3, 4] {
            let user = User { level, ..user.clone() };
            let ours = Authority::rights_of(register, &user, &[]).await.expect("rights");
            let theirs = altinn.rights_of(&user, &[]).await.expect("rights");
            assert_eq!(
                shown(&theirs, None),
                shown(&ours, None),
                "world {seed}, {}: {}",
                user.id.as_str(),
                self.document
            );
            for party in self.organizations.iter().map(|urn| party(urn)) {
                let theirs = altinn.rights_of(&user, std::slice::from_ref(&party)).await.expect("rights");
                let wanted = Some(&party);
                assert_eq!(shown(&theirs, wanted), shown(&ours, wanted), "world {seed}: {}", self.document);
            }
        }
    }

    /// Returns how many questions were permitted.
    async fn compare_decisions(&self, seed: u64, register: &Arc<Register>, altinn: &Altinn, user: &User) -> usize {
        let services = SERVICES.iter().chain(&["unknown"]).map(|id| format!("{}{id}", ServiceResource::PREFIX));
        let attributes: Vec<_> = services.chain(ATTRIBUTES.map(str::to_owned)).collect();
        let question =
            |action: &str, attribute: &String| Question { action: action.to_owned(), attribute: attribute.clone() };
        let questions: BTreeSet<_> =
            ACTIONS.iter().flat_map(|action| attributes.iter().map(|it| question(action, it))).collect();
        let mut permitted = 0;
        for dialog in &self.dialogs {
            let subject =
                Subject { id: dialog.id, party: &dialog.party, resource: &dialog.resource, labels: &dialog.labels };
            let ours = Authority::decide(register, user, subject, &questions).await.expect("decisions");
            let theirs = altinn.decide(user, subject, &questions).await.expect("decisions");
            assert_eq!(
                theirs,
                ours,
                "world {seed}, {} about {} of {}: {}",
                user.id.as_str(),
                dialog.resource,
                dialog.party.as_str(),
                self.document
            );
            permitted += ours.len();
        }
        permitted
    }

    /// Each lists them in its own order, and names in its own way who is unknown.
    async fn compare_parties(&self, seed: u64, register: &Arc<Register>, altinn: &Altinn, user: &User) {
        let ours = Authority::parties_of(register, user).await.expect("parties");
        let theirs = Authority::parties_of(altinn, user).await.expect("parties");
        assert_eq!(
            self.shown_parties(&theirs),
            self.shown_parties(&ours),
            "world {seed}, {}: {}",
            user.id.as_str(),
            self.document
        );
    }

    fn shown_parties(&self, parties: &[AuthorizedParty]) -> BTreeSet<String> {
        let is_known = |party: &Party| {
            let mut known = self.document["parties"].as_array().expect("parties").iter();
            known.any(|it| it["urn"] == party.as_str())
        };
        let shown = |it: &AuthorizedParty| {
            let described = is_known(&it.party).then(|| format!("{} {} {}", it.uuid, it.id, it.name));
            let flags = [it.is_deleted, it.is_current_end_user, it.has_only_access_to_sub_parties];
            let subs = self.shown_parties(&it.sub_parties);
            format!("{} {described:?} {:?} {flags:?} {subs:?}", it.party.as_str(), it.date_of_birth)
        };
        parties.iter().map(shown).collect()
    }

    /// Returns how many reasons there were.
    async fn compare_evidence(&self, seed: u64, register: &Arc<Register>, altinn: &Altinn, user: &User) -> usize {
        let mut reasons = 0;
        for dialog in &self.dialogs {
            let subject =
                Subject { id: dialog.id, party: &dialog.party, resource: &dialog.resource, labels: &dialog.labels };
            for reference in [dialog.reference(), instance_reference::of_dialog(dialog.id)] {
                let ours = Authority::evidence_of(register, user, subject, &reference).await.expect("evidence");
                let theirs = Authority::evidence_of(altinn, user, subject, &reference).await.expect("evidence");
                assert_eq!(theirs, ours, "world {seed}, {reference} for {}: {}", user.id.as_str(), self.document);
                reasons += ours.len();
            }
        }
        reasons
    }

    async fn compare_facts(&self, seed: u64, ours: &Facts, theirs: Facts, altinn: &Altinn) {
        let ids = SERVICES.iter().chain(&["unknown", "mask", "nobodys"]);
        for id in ids.map(|id| resource(id)) {
            // Altinn's policies of services of Altinn 2 are not looked at.
            if id.identifier().starts_with("se_") {
                continue;
            }
            let (one, other) = (ours.resource(&id), theirs.resource(&id));
            let lower = |it: Option<dialogdex::auth::register::RegisteredResource>| {
                it.map(|it| format!("{it:?}").to_lowercase())
            };
            assert_eq!(lower(other), lower(one), "world {seed}: {}", self.document);
            let describe = |facts: &Facts| {
                facts.services().describe(&id).map(|it| {
                    let named = |subjects: &[dialogdex::auth::register::SubjectDescription<'_>]| -> BTreeSet<String> {
                        subjects.iter().map(|subject| format!("{subject:?}")).collect()
                    };
                    let facts = format!("{:?} {:?} {}", it.name, it.owner, it.minimum_authentication_level);
                    (facts, named(&it.roles), named(&it.access_packages))
                })
            };
            assert_eq!(describe(&theirs), describe(ours), "world {seed}, {id}: {}", self.document);
        }
        for number in ["974761076", "889640782", "313300005"] {
            assert_eq!(theirs.owner_by_number(number), ours.owner_by_number(number), "world {seed}");
        }
        let actors = self.persons.iter().chain(&self.organizations).map(String::as_str);
        let actors: BTreeSet<ActorId> =
            actors.chain(SYSTEM_USERS).chain([EMAIL_USER]).map(|urn| ActorId::parse(urn).expect("an actor")).collect();
        let theirs = theirs.with_names(altinn.names(&actors).await.expect("names"));
        for actor in &actors {
            assert_eq!(theirs.actor_name(actor), ours.actor_name(actor), "world {seed}: {}", actor.as_str());
        }
    }

    fn users(&self, fake: &FakeAltinn) -> Vec<User> {
        let of_token = |urn: &str| AltinnClaims { user_id: fake.user_id(urn), party_id: fake.party_id(urn) };
        let user = |urn: &str, altinn| User { id: EndUserId::parse(urn).expect("a user"), level: 4, altinn };
        let persons = self.persons.iter().map(|urn| user(urn, AltinnClaims::default()));
        let system_users = SYSTEM_USERS.map(|urn| user(urn, AltinnClaims::default()));
        let by_number = user(&self.persons[0], AltinnClaims { party_id: None, ..of_token(&self.persons[0]) });
        persons.chain(system_users).chain([by_number, user(EMAIL_USER, of_token(EMAIL_USER))]).collect()
    }

    fn random(seed: u64) -> Self {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let persons = urns("urn:altinn:person:identifier-no:148290", 4);
        let organizations = urns("urn:altinn:organization:identifier-no:3133", 4);
        let everybody: Vec<&String> = persons[..3].iter().chain(&organizations).collect();
        let dialogs: Vec<Dialog> = (0..8).map(|n| Dialog::random(n, &everybody, random)).collect();
        let resources = SERVICES.map(|id| {
            let rules: Vec<_> = (0..random.random_range(0..4)).map(|_| rule(random)).collect();
            let level = [None, Some(0), Some(3), Some(4)].choose(random).copied().flatten();
            let kinds = ["GenericAccessResource", "AltinnApp", "MigratedApp", "CorrespondenceService"];
            json!({
                "id": format!("{}{id}", ServiceResource::PREFIX),
                "owner": if random.random_bool(0.5) { "skd" } else { "nav" },
                "type": kinds.choose(random),
                "name": { "nb": id, "en": format!("{id} in English") },
                "delegable": random.random_bool(0.5),
                "minimumAuthenticationLevel": level.filter(|_| !id.starts_with("se_")),
                "rules": rules,
            })
        });
        let subjects: Vec<_> = SUBJECTS
            .iter()
            .filter(|urn| !urn.ends_with("priv") || random.random_bool(0.5))
            .map(|urn| json!({ "urn": urn, "name": { "nb": format!("{urn} nb"), "nn": "nynorsk" } }))
            .collect();
        let mut parties: Vec<_> = everybody.iter().zip(1..).map(|(urn, n)| listed(urn, n)).collect();
        parties.push(listed(EMAIL_USER, 90));
        parties.push(listed(SYSTEM_USERS[0], 91));
        // The last organisation is a sub-unit of the first.
        parties[6]["parent"] = json!(organizations[0]);
        let grants: Vec<_> =
            (0..random.random_range(3..14)).map(|n| grant(n, &persons[..3], &everybody, &dialogs, random)).collect();
        let document = json!({
            "serviceOwners": [
                { "code": "skd", "orgNumber": "974761076", "name": { "nb": "Skatteetaten", "en": "Tax" } },
                { "code": "nav", "orgNumber": "889640782", "name": { "nb": "Nav" } },
            ],
            "serviceResources": resources,
            "subjects": subjects,
            "parties": parties,
            "grants": grants,
        });
        Self { document, dialogs, persons, organizations }
    }
}

impl Dialog {
    fn random(n: u128, everybody: &[&String], random: &mut ChaCha8Rng) -> Self {
        let storage = format!("urn:altinn:integration:storage:50001/{}", id(1000 + n));
        let letter = format!("urn:altinn:correspondence-id:{}", id(2000 + n));
        let labels = [storage, letter, "something else".to_owned()];
        let labels: Vec<_> = labels.iter().filter(|_| random.random_bool(0.3)).collect();
        Self {
            id: DialogId(id(n)),
            party: party(everybody.choose(random).expect("a party")),
            resource: resource(SERVICES.choose(random).expect("a service")),
            labels: labels.into_iter().map(|label| ServiceOwnerLabel::parse(label).expect("a label")).collect(),
        }
    }

    /// How Altinn names it: by one of its labels where it has such a label, and then not by its id.
    fn reference(&self) -> String {
        instance_reference::preferred(&self.labels).unwrap_or_else(|| instance_reference::of_dialog(self.id))
    }
}

/// Its parties and services, its delegations, and what may be read; of one party if it is wanted.
fn shown(rights: &Rights, wanted: Option<&Party>) -> [BTreeSet<String>; 3] {
    let is_wanted = |party: &Party| wanted.is_none_or(|wanted| wanted == party);
    let parties = rights.parties.iter().filter(|(party, _)| is_wanted(party));
    let services = parties.flat_map(|(party, services)| services.iter().map(|it| format!("{} {it}", party.as_str())));
    let delegations = rights.delegations.iter().filter(|it| is_wanted(&it.party));
    let delegations = delegations.map(|it| format!("{} {} {:?}", it.party.as_str(), it.resource, it.dialog));
    let readable = rights.readable.iter().map(ToString::to_string);
    [services.collect(), delegations.collect(), readable.collect()]
}

fn rule(random: &mut ChaCha8Rng) -> Value {
    let subjects: BTreeSet<_> = (0..random.random_range(1..3)).filter_map(|_| SUBJECTS.choose(random)).collect();
    let actions: BTreeSet<_> = (0..random.random_range(1..4)).filter_map(|_| ACTIONS.choose(random)).collect();
    let attribute = ATTRIBUTES[1..].choose(random).filter(|_| random.random_bool(0.4));
    let mut rule = json!({ "subjects": subjects, "actions": actions });
    // Everybody's role need not be among the subjects, the others must.
    if let Some(attribute) = attribute {
        rule["attribute"] = json!(attribute);
    }
    rule
}

fn grant(n: usize, persons: &[String], everybody: &[&String], dialogs: &[Dialog], random: &mut ChaCha8Rng) -> Value {
    let users = persons.iter().map(String::as_str).chain(SYSTEM_USERS).chain([EMAIL_USER]);
    let some = |all: &[&str], random: &mut ChaCha8Rng| -> Vec<String> {
        all.iter().filter(|_| random.random_bool(0.3)).map(|it| (*it).to_owned()).collect()
    };
    let mut party = everybody.choose(random).expect("a party").as_str();
    let mut instances = Vec::new();
    if random.random_bool(0.4) {
        let dialog = dialogs.choose(random).expect("a dialog");
        party = dialog.party.as_str();
        instances.push(json!({ "resource": dialog.resource, "ref": dialog.reference() }));
    }
    json!({
        "id": format!("grant-{n}"),
        "to": users.choose(random),
        "for": party,
        "roles": some(&["DAGL", "regna"], random),
        "accessPackages": some(&["skatt", "helse"], random),
        "resources": some(&["urn:altinn:resource:res-0", "urn:altinn:resource:app_skd_form-1"], random),
        "instances": instances,
    })
}

fn listed(urn: &str, n: u128) -> Value {
    json!({ "urn": urn, "name": format!("Etternavn Fornavn {n}"), "uuid": id(n), "partyId": 50_000 + n as u64 })
}

/// The first of those with right check digits.
fn urns(prefix: &str, count: usize) -> Vec<String> {
    let candidates = (0..100_000).map(|n| format!("{prefix}{n:05}"));
    candidates.filter(|urn| Party::parse(urn).is_ok()).take(count).collect()
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0199_d2e6_0000_7000_8000_0000_0000_0000 + n)
}

fn party(urn: &str) -> Party {
    Party::parse(urn).expect("a party")
}

fn resource(id: &str) -> ServiceResource {
    ServiceResource::parse(&format!("{}{id}", ServiceResource::PREFIX)).expect("a service")
}

//! The register of rights of a corpus: who may see what, from one person to a vendor with 100,000 clients.

use super::population::{OWNERS, Party, Population, WHALE};
use dialog_index::domain::EndUserId;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

/// One user for each class of users: URNs.
#[derive(Clone, Debug)]
pub struct Users {
    /// A person with dialogs of their own and of nobody else.
    pub one_party: EndUserId,
    /// Runs the organisation with the most dialogs.
    pub whale: EndUserId,
    pub accountant_100: EndUserId,
    pub accountant_2000: EndUserId,
    pub vendor_10000: EndUserId,
    /// Has as many parties as the one above, and rights to nothing but the rarest services.
    pub vendor_10000_of_rare: EndUserId,
    pub vendor_100000: EndUserId,
}

// The persons who stand for a class; all behind them are ordinary.
const ONE_PARTY: usize = 0;
const WHALE_LEADER: usize = 1;
const ACCOUNTANTS: [(usize, usize); 2] = [(2, 100), (3, 2_000)];
const ORDINARY: usize = 4;
const VENDORS: [(&str, usize); 2] = [("vendor-10000", 10_000), ("vendor-100000", 100_000)];
const VENDOR_OF_RARE: (&str, usize) = ("vendor-10000-of-rare", 10_000);
/// How many of the rarest services it may see: few enough that in a corpus of a million it sees less than a page.
const RARE_SERVICES: usize = 3;

impl Users {
    pub(super) fn of(population: &Population) -> Self {
        let person = |n: usize| user(&population.persons[n].urn);
        Self {
            one_party: person(ONE_PARTY),
            whale: person(WHALE_LEADER),
            accountant_100: person(ACCOUNTANTS[0].0),
            accountant_2000: person(ACCOUNTANTS[1].0),
            vendor_10000: user(&vendor(VENDORS[0].0)),
            vendor_10000_of_rare: user(&vendor(VENDOR_OF_RARE.0)),
            vendor_100000: user(&vendor(VENDORS[1].0)),
        }
    }
}

/// The register as a document.
pub(super) fn document(population: &Population, seed: u64) -> Value {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(2);
    json!({
        "serviceOwners": population.owners.iter().map(|owner| json!({
            "code": owner.code, "orgNumber": owner.number, "name": { "nb": owner.name },
        })).collect::<Vec<_>>(),
        "serviceResources": services(population),
        "subjects": [
            { "urn": "urn:altinn:rolecode:priv", "name": { "nb": "Privatperson" } },
            { "urn": "urn:altinn:rolecode:dagl", "name": { "nb": "Daglig leder" } },
            { "urn": "urn:altinn:rolecode:regna", "name": { "nb": "Regnskapsfører" } },
        ],
        "parties": parties(population),
        "grants": grants(population, &mut rng),
    })
}

fn services(population: &Population) -> Vec<Value> {
    let rule =
        |role: &str| json!({ "subjects": [format!("urn:altinn:rolecode:{role}")], "actions": ["read", "write"] });
    let service = |service: &super::population::Service| {
        let mut rules = vec![rule("priv"), rule("dagl")];
        if service.is_for_accountants {
            rules.push(rule("regna"));
        }
        let mut document = json!({
            "id": service.urn,
            "owner": OWNERS[service.owner],
            "type": "GenericAccessResource",
            "name": { "nb": service.name },
            "rules": rules,
        });
        if let Some(level) = service.minimum_authentication_level {
            document["minimumAuthenticationLevel"] = level.into();
        }
        document
    };
    population.services.iter().map(service).collect()
}

fn parties(population: &Population) -> Vec<Value> {
    let party = |(n, party): (usize, &Party)| {
        json!({
            "urn": party.urn,
            "name": party.name,
            "uuid": Uuid::new_v5(&Uuid::NAMESPACE_URL, party.urn.as_bytes()),
            "partyId": 50_000_000 + n,
        })
    };
    population.persons.iter().chain(&population.organizations).enumerate().map(party).collect()
}

fn grants(population: &Population, rng: &mut ChaCha8Rng) -> Vec<Value> {
    let mut grants = grants_of_rare(population);
    let mut grant = |to: &str, organization: usize, role: &str| {
        let organization = &population.organizations[organization].urn;
        grants.push(json!({ "to": to, "for": organization, "roles": [role] }));
    };
    grant(&population.persons[WHALE_LEADER].urn, WHALE, "DAGL");
    for (accountant, clients) in ACCOUNTANTS {
        for client in spread(clients, population) {
            grant(&population.persons[accountant].urn, client, "REGNA");
        }
    }
    for (name, clients) in VENDORS {
        for client in spread(clients, population) {
            grant(&vendor(name), client, "DAGL");
        }
    }
    for person in &population.persons[ORDINARY..] {
        // Half of the people have none but themselves, the others run one to four organisations.
        let organizations = if rng.random_bool(0.5) { 0 } else { rng.random_range(1..=4) };
        let mut own: Vec<usize> = vec![];
        while own.len() < organizations {
            let organization = rng.random_range(1..population.organizations.len());
            if !own.contains(&organization) {
                grant(&person.urn, organization, "DAGL");
                own.push(organization);
            }
        }
    }
    grants
}

fn grants_of_rare(population: &Population) -> Vec<Value> {
    let (name, clients) = VENDOR_OF_RARE;
    let services: Vec<&str> = population.services.iter().rev().take(RARE_SERVICES).map(|it| it.urn.as_str()).collect();
    let grant = |client: usize| {
        let organization = &population.organizations[client].urn;
        json!({ "to": vendor(name), "for": organization, "resources": services })
    };
    spread(clients, population).map(grant).collect()
}

/// Organisations from the busiest to the quietest, without the whale.
fn spread(clients: usize, population: &Population) -> impl Iterator<Item = usize> {
    let stride = (population.organizations.len() - 1) / clients;
    (0..clients).map(move |n| 1 + n * stride)
}

fn vendor(name: &str) -> String {
    format!("urn:altinn:systemuser:uuid:{}", Uuid::new_v5(&Uuid::NAMESPACE_DNS, name.as_bytes()))
}

fn user(urn: &str) -> EndUserId {
    EndUserId::parse(urn).expect("the population has valid numbers only")
}

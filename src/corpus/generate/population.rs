//! Who and what there is in a corpus: parties, service owners, services, and how often each is met.

use super::frequencies::Frequencies;
use super::numbers;
use super::words::Words;
use dialog_index::domain::LanguageCode;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::iter::repeat_with;

#[derive(Debug)]
pub(super) struct Population {
    pub(super) persons: Vec<Party>,
    pub(super) organizations: Vec<Party>,
    pub(super) owners: Vec<Owner>,
    pub(super) services: Vec<Service>,
    person_frequencies: Frequencies,
    organization_frequencies: Frequencies,
    service_frequencies: Frequencies,
}

#[derive(Debug)]
pub(super) struct Party {
    pub(super) urn: String,
    pub(super) name: String,
}

#[derive(Debug)]
pub(super) struct Owner {
    pub(super) code: &'static str,
    pub(super) number: String,
    pub(super) name: String,
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) urn: String,
    pub(super) owner: usize,
    pub(super) name: String,
    pub(super) minimum_authentication_level: Option<u8>,
    /// Whether those who keep the books of an organisation may see it, beside those who run the organisation.
    pub(super) is_for_accountants: bool,
}

/// The organisation with the most dialogs.
pub(super) const WHALE: usize = 0;

const SERVICES: usize = 1_000;
/// Enough for the user with the most parties, in a corpus of any size.
const MIN_ORGANIZATIONS: u64 = 110_000;
const MIN_PERSONS: u64 = 1_000;

impl Population {
    /// Of a corpus with this many dialogs.
    pub(super) fn new(dialogs: u64, words: &Words, rng: &mut ChaCha8Rng) -> Self {
        let persons: Vec<Party> = numbers::persons()
            .take(MIN_PERSONS.max(dialogs * 6 / 10 / 20) as usize)
            .map(|it| person(&it, rng))
            .collect();
        let organizations: Vec<Party> = numbers::organizations()
            .take(MIN_ORGANIZATIONS.max(dialogs / 25) as usize)
            .map(|number| organization(&number, words, rng))
            .collect();
        // Owners have numbers of their own, behind those of the parties.
        let owners = OWNERS
            .into_iter()
            .zip(numbers::organizations().skip(organizations.len()))
            .map(|(code, number)| Owner { code, number, name: words.text(LanguageCode::NB, 2..=3, 60, rng) })
            .collect();
        Self {
            person_frequencies: Frequencies::weighted(repeat_with(|| rng.random_range(5..=50)).take(persons.len())),
            organization_frequencies: Frequencies::zipf(organizations.len(), 1.0),
            service_frequencies: Frequencies::zipf(SERVICES, 0.9),
            services: (0..SERVICES).map(|n| service(n, words, rng)).collect(),
            persons,
            organizations,
            owners,
        }
    }

    /// The party of a dialog: persons get 60 %, each 5 to 50; organisations the rest, by Zipf's law.
    pub(super) fn draw_party(&self, rng: &mut ChaCha8Rng) -> &Party {
        // In a large corpus Zipf's law alone would leave the whale below 3.5 % of all dialogs.
        const WHALE_SHARE: f64 = 0.02;
        if rng.random_bool(0.6) {
            &self.persons[self.person_frequencies.draw(rng)]
        } else if rng.random_bool(WHALE_SHARE / 0.4) {
            &self.organizations[WHALE]
        } else {
            &self.organizations[self.organization_frequencies.draw(rng)]
        }
    }

    pub(super) fn draw_service(&self, rng: &mut ChaCha8Rng) -> &Service {
        &self.services[self.service_frequencies.draw(rng)]
    }
}

fn person(number: &str, rng: &mut ChaCha8Rng) -> Party {
    let mut draw = |names: &[&'static str]| names[rng.random_range(0..names.len())];
    Party {
        urn: format!("urn:altinn:person:identifier-no:{number}"),
        name: format!("{} {}", draw(&FIRST_NAMES), draw(&LAST_NAMES)),
    }
}

fn organization(number: &str, words: &Words, rng: &mut ChaCha8Rng) -> Party {
    const FORMS: [&str; 4] = ["AS", "ANS", "ASA", "ENK"];
    let keyword = words.keyword(LanguageCode::NB, rng).to_uppercase();
    Party {
        urn: format!("urn:altinn:organization:identifier-no:{number}"),
        name: format!(
            "{keyword} {} {}",
            LAST_NAMES[rng.random_range(0..LAST_NAMES.len())],
            FORMS[rng.random_range(0..4)]
        ),
    }
}

fn service(n: usize, words: &Words, rng: &mut ChaCha8Rng) -> Service {
    // Every owner has services, common and rare ones.
    let owner = n % OWNERS.len();
    Service {
        urn: format!("urn:altinn:resource:{}-{n}", OWNERS[owner]),
        owner,
        name: words.text(LanguageCode::NB, 1..=4, 100, rng),
        minimum_authentication_level: match rng.random_range(0..10) {
            0 => Some(4),
            1 => None,
            _ => Some(3),
        },
        is_for_accountants: rng.random_bool(0.6),
    }
}

/// Sixty service owners. The codes are like those of Norwegian agencies; the numbers behind them are invented.
pub(super) const OWNERS: [&str; 60] = [
    "skd", "nav", "brg", "ssb", "udir", "krr", "digdir", "hdir", "fhi", "politi", "udi", "imdi", "lk", "nve", "kv",
    "mt", "at", "md", "fd", "ld", "toll", "svv", "sd", "jbd", "luft", "dsb", "nkom", "dt", "ft", "kt", "fint", "ps",
    "ra", "nb", "stf", "kd", "hb", "bufdir", "helfo", "npe", "pr", "da", "kdi", "fm", "dmp", "sr", "mtil", "lt",
    "skog", "vd", "oslo", "bergen", "trd", "stv", "trs", "krs", "drm", "bodo", "alta", "hamar",
];

const FIRST_NAMES: [&str; 48] = [
    "Anne", "Kari", "Ingrid", "Liv", "Nora", "Emma", "Ida", "Sofie", "Hanne", "Marit", "Astrid", "Solveig", "Berit",
    "Randi", "Silje", "Maria", "Eva", "Turid", "Inger", "Ragnhild", "Áile", "Elle", "Biret", "Sunniva", "Ola", "Per",
    "Lars", "Knut", "Jan", "Bjørn", "Odd", "Arne", "Kjell", "Svein", "Thomas", "Henrik", "Magnus", "Jonas", "Emil",
    "Filip", "Sander", "Torstein", "Øyvind", "Håkon", "Nils", "Mikkel", "Ánte", "Isak",
];

const LAST_NAMES: [&str; 48] = [
    "Hansen",
    "Johansen",
    "Olsen",
    "Larsen",
    "Andersen",
    "Pedersen",
    "Nilsen",
    "Kristiansen",
    "Jensen",
    "Karlsen",
    "Berg",
    "Haugen",
    "Hagen",
    "Eriksen",
    "Bakken",
    "Dahl",
    "Lund",
    "Moen",
    "Strand",
    "Solberg",
    "Lie",
    "Myhre",
    "Ruud",
    "Aas",
    "Sæther",
    "Nygård",
    "Fossum",
    "Vik",
    "Tangen",
    "Brekke",
    "Foss",
    "Bø",
    "Ødegård",
    "Sunde",
    "Lien",
    "Holm",
    "Rønning",
    "Eide",
    "Myklebust",
    "Ness",
    "Gundersen",
    "Utsi",
    "Sara",
    "Gaup",
    "Eira",
    "Hætta",
    "Somby",
    "Valkeapää",
];

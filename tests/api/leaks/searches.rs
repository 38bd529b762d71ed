//! Random searches, and what a plain look at all dialogs says that they find.

use super::model::Reader;
use super::words::Words;
use super::world::{OWNERS, World, parties};
use dialog_index::LoadedDialog;
use dialog_index::domain::{Dialog, Timestamp};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde_json::{Value, json};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    filters: Vec<(&'static str, String)>,
    pub(crate) text: Option<Text>,
    language: Option<&'static str>,
    order: Option<(Key, bool)>,
    pub(crate) limit: usize,
    pub(crate) facets: Vec<&'static str>,
}

/// What is searched for, of words that each stand in one place.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Word(String),
    /// All letters of a word but the last.
    Beginning(String),
    Either(String, String),
    Both(String, String),
    Without(String, String),
    /// One right before the other, which nothing here foresees: at most what holds both is found.
    Phrase(String, String),
}

#[derive(Clone, Copy, Debug)]
enum Key {
    ContentUpdated,
    Updated,
    Created,
    Due,
}

const KEYS: [(Key, &str); 4] = [
    (Key::ContentUpdated, "contentUpdatedAt"),
    (Key::Updated, "updatedAt"),
    (Key::Created, "createdAt"),
    (Key::Due, "dueAt"),
];
const FACETS: [&str; 9] = [
    "status",
    "systemLabel",
    "org",
    "serviceResource",
    "party",
    "extendedStatus",
    "isContentSeen",
    "process",
    "contentUpdatedYear",
];
/// How many values of a facet are named.
const FACET_LIMIT: usize = 20;

impl Text {
    /// Of words that stand anywhere in the world, seen or not.
    fn random(words: &[String], random: &mut ChaCha8Rng) -> Self {
        let mut word = || words.choose(random).expect("a word").clone();
        let (one, other) = (word(), word());
        match random.random_range(0..12) {
            0 => Self::Beginning(one),
            1 => Self::Either(one, other),
            2 => Self::Both(one, other),
            3 | 4 => Self::Without(one, other),
            5 => Self::Phrase(one, other),
            _ => Self::Word(one),
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Beginning(word) => format!("{}*", &word[..word.len() - 1]),
            Self::Either(one, other) => format!("{one} {other}"),
            Self::Both(one, other) => format!("{one} AND {other}"),
            Self::Without(one, other) => format!("{one} -{other}"),
            Self::Phrase(one, other) => format!("\"{one} {other}\""),
        }
    }

    fn matches(&self, words: &Words) -> bool {
        match self {
            Self::Word(word) => words.contains(word),
            Self::Beginning(_) => false,
            Self::Either(one, other) => words.contains(one) || words.contains(other),
            Self::Both(one, other) | Self::Phrase(one, other) => words.contains(one) && words.contains(other),
            Self::Without(one, other) => words.contains(one) && !words.contains(other),
        }
    }
}

impl Search {
    pub(crate) fn random(world: &World, words: &[String], reader: Reader<'_>, random: &mut ChaCha8Rng) -> Self {
        let mut search = Self { limit: random.random_range(1..40), ..Self::default() };
        let some = &world.dialogs.choose(random).expect("a dialog").dialog;
        let is_owner = !matches!(reader, Reader::User(_));
        if random.random_bool(0.3) {
            for party in parties().into_iter().sample(random, 3) {
                search.filters.push(("party", party.to_owned()));
            }
        }
        if random.random_bool(0.2) {
            search.filters.push(("serviceResource", some.service_resource.as_str().to_owned()));
        }
        if !is_owner && random.random_bool(0.1) {
            search.filters.push(("org", OWNERS.choose(random).expect("an owner").0.to_owned()));
        }
        if random.random_bool(0.1) {
            search.filters.push(("status", some.status.name().to_owned()));
        }
        for (name, value) in [
            ("extendedStatus", &some.extended_status),
            ("externalReference", &some.external_reference),
            ("process", &some.process),
        ] {
            if let Some(value) = value.as_ref().filter(|_| random.random_bool(0.1)) {
                search.filters.push((name, value.clone()));
            }
        }
        if random.random_bool(0.1) {
            let label = ["Default", "Bin", "Archive", "MarkedAsUnopened", "Sent"].choose(random).expect("a label");
            search.filters.push(("systemLabel", (*label).to_owned()));
        }
        if random.random_bool(0.1) {
            search.filters.push(("isContentSeen", random.random_bool(0.5).to_string()));
        }
        if let Some(label) = some.service_owner_context.labels.first().filter(|_| is_owner && random.random_bool(0.2)) {
            search.filters.push(("serviceOwnerLabels", label.as_str().to_owned()));
        }
        if is_owner {
            let deleted = ["Exclude", "Include", "Only"].choose(random).expect("a choice");
            search.filters.push(("deleted", (*deleted).to_owned()));
        }
        if !matches!(reader, Reader::Owner(_)) {
            search.filters.push(("allParties", "true".to_owned()));
        }
        search.text = random.random_bool(0.7).then(|| Text::random(words, random));
        search.language = [None, None, Some("nb"), Some("en"), Some("se")].choose(random).copied().flatten();
        search.order =
            random.random_bool(0.5).then(|| (KEYS.choose(random).expect("a key").0, random.random_bool(0.5)));
        search.facets = FACETS.into_iter().filter(|_| random.random_bool(0.3)).collect();
        search
    }

    /// For the words alone, over all that the reader sees.
    pub(crate) fn of_word(word: &str, reader: Reader<'_>) -> Self {
        let filters = match reader {
            Reader::Owner(_) => vec![("deleted", "Include".to_owned())],
            Reader::User(_) => vec![("allParties", "true".to_owned())],
            Reader::OwnerFor(..) => vec![("allParties", "true".to_owned()), ("deleted", "Include".to_owned())],
        };
        let facets = vec!["party", "process", "extendedStatus"];
        Self { filters, text: Some(Text::Word(word.to_owned())), limit: 10, facets, ..Self::default() }
    }

    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut all = self.filters.clone();
        all.extend(self.text.as_ref().map(|text| ("search", text.written())));
        all.extend(self.language.map(|language| ("searchLanguageCode", language.to_owned())));
        all.extend(self.order.map(|(key, is_ascending)| {
            let name = KEYS[key as usize].1;
            ("orderBy", if is_ascending { format!("{name}_asc") } else { name.to_owned() })
        }));
        all.push(("limit", self.limit.to_string()));
        all.push(("totalCount", "true".to_owned()));
        all.extend(self.facets.iter().map(|facet| ("facet", (*facet).to_owned())));
        all
    }

    /// The dialogs that are found, in order.
    pub(crate) fn finds<'a>(&self, world: &'a World, reader: Reader<'_>) -> Vec<&'a LoadedDialog> {
        self.passing(world, reader, "")
    }

    /// Whether the order and number of hits are foreseen, and not only what they are at most.
    pub(crate) fn is_foreseen(&self) -> bool {
        !matches!(self.text, Some(Text::Phrase(..)))
    }

    /// With all filters but those of one parameter.
    fn passing<'a>(&self, world: &'a World, reader: Reader<'_>, without: &str) -> Vec<&'a LoadedDialog> {
        let passes = |stored: &&LoadedDialog| {
            let dialog = &stored.dialog;
            world.is_listed(reader, dialog)
                && self.passes(dialog, without)
                && self.text.as_ref().is_none_or(|text| text.matches(&world.searchable(reader, dialog)))
        };
        let mut found: Vec<_> = world.dialogs.iter().filter(passes).collect();
        found.sort_by(|one, other| self.compare(&one.dialog, &other.dialog));
        found
    }

    fn passes(&self, dialog: &Dialog, without: &str) -> bool {
        let labels = dialog.end_user_context.system_labels;
        let names = ["party", "serviceResource", "org", "status", "extendedStatus"];
        let is_any = |name: &str| {
            let mut wanted = self.filters.iter().filter(|(filter, _)| *filter == name).peekable();
            wanted.peek().is_none() || wanted.any(|(_, value)| values(dialog, name).contains(value))
        };
        names.into_iter().filter(|name| *name != without).all(is_any)
            && self.filters.iter().filter(|(name, _)| *name != without).all(|(name, value)| match *name {
                "externalReference" => dialog.external_reference.as_ref() == Some(value),
                "process" => dialog.process.as_ref() == Some(value),
                "systemLabel" => labels.iter().any(|label| label.name() == value),
                "isContentSeen" => values(dialog, name) == [value.as_str()],
                "serviceOwnerLabels" => dialog.service_owner_context.labels.iter().any(|it| it.as_str() == value),
                "deleted" => match value.as_str() {
                    "Include" => true,
                    "Only" => dialog.deleted_at.is_some(),
                    _ => dialog.deleted_at.is_none(),
                },
                _ => true,
            })
    }

    fn compare(&self, one: &Dialog, other: &Dialog) -> Ordering {
        let (key, is_ascending) = self.order.unwrap_or((Key::ContentUpdated, false));
        // Those without a due date come last ascending, and first descending.
        let value = |dialog: &Dialog| -> (bool, Option<Timestamp>) {
            let time = match key {
                Key::ContentUpdated => Some(dialog.content_updated_at),
                Key::Updated => Some(dialog.updated_at),
                Key::Created => Some(dialog.created_at),
                Key::Due => dialog.due_at,
            };
            (time.is_none(), time)
        };
        let order = value(one).cmp(&value(other));
        let order = if is_ascending { order } else { order.reverse() };
        order.then(Reverse(one.id).cmp(&Reverse(other.id)))
    }

    /// As an answer tells them.
    pub(crate) fn counts(&self, world: &World, reader: Reader<'_>) -> Value {
        let facets = self.facets.iter().map(|facet| {
            let mut counted: BTreeMap<String, u64> = BTreeMap::new();
            for stored in self.passing(world, reader, facet) {
                for value in values(&stored.dialog, facet) {
                    *counted.entry(value).or_default() += 1;
                }
            }
            let mut counted: Vec<_> = counted.into_iter().collect();
            counted.sort_by_key(|(_, count)| Reverse(*count));
            let others = counted.split_off(counted.len().min(FACET_LIMIT));
            let named: Vec<_> =
                counted.iter().map(|(value, count)| json!({ "value": value, "count": count })).collect();
            let other_count: u64 = others.iter().map(|(_, count)| count).sum();
            ((*facet).to_owned(), json!({ "values": named, "otherCount": other_count }))
        });
        Value::Object(facets.collect())
    }
}

/// What a dialog counts for in a facet.
fn values(dialog: &Dialog, facet: &str) -> Vec<String> {
    let labels = dialog.end_user_context.system_labels;
    match facet {
        "status" => vec![dialog.status.name().to_owned()],
        "systemLabel" => labels.iter().map(|label| label.name().to_owned()).collect(),
        "org" => vec![dialog.org.as_str().to_owned()],
        "serviceResource" => vec![dialog.service_resource.as_str().to_owned()],
        "party" => vec![dialog.party.as_str().to_owned()],
        "extendedStatus" => dialog.extended_status.iter().cloned().collect(),
        "isContentSeen" => {
            let is_unopened = labels.iter().any(|label| label.name() == "MarkedAsUnopened");
            vec![(dialog.seen_since_content_update && !is_unopened).to_string()]
        }
        "process" => dialog.process.iter().cloned().collect(),
        "contentUpdatedYear" => vec![dialog.content_updated_at.to_utc().format("%Y").to_string()],
        _ => Vec::new(),
    }
}

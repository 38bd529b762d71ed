//! Seeded random dialogs, rights and searches over a small world, so that values meet and bounds are hit exactly.

use crate::scan::{Phrase, SearchCase, Text, Who};
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor, ContentValue, Dialog, DialogContent, DialogId, DialogStatus,
    EndUserContext, LanguageCode, Localization, Localizations, MediaType, Org, Party, Revision, ServiceOwnerContext,
    ServiceOwnerLabel, ServiceResource, SystemLabel, SystemLabels, Timestamp, Transmission, TransmissionContent,
    TransmissionId, TransmissionType,
};
use dialog_index::query::{
    DeletedFilter, Direction, FacetField, Filter, LabelPattern, Order, SortKey, TextQuery, TextSearch, TimeRange,
};
use dialog_index::{DelegatedDialog, Delegation, NewDialog, Rights, ServiceKind};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const FACETS: [FacetField; 10] = [
    FacetField::Status,
    FacetField::SystemLabel,
    FacetField::Org,
    FacetField::ServiceResource,
    FacetField::Party,
    FacetField::ExtendedStatus,
    FacetField::IsContentSeen,
    FacetField::ServiceOwnerLabel,
    FacetField::Process,
    FacetField::ContentUpdatedYear,
];

/// Words without vowels, which no stemmer shortens and no language stops at.
pub(crate) const TEXTS: [&str; 7] = ["brkt", "vlmn", "drglp", "kpft", "zwvn", "hjklm", "2024"];
/// What dialogs carry, then what none carries.
const EXTENDED_STATUSES: [&str; 4] = ["received", "Received", "paid", "never"];
const PROCESSES: [&str; 4] = ["urn:process:1", "urn:process:2", "urn:Process:1", "urn:process:9"];
const REFERENCES: [&str; 4] = ["ref-1", "REF-1", "ref 2", "ref-9"];
const LABELS: [&str; 6] = ["abc", "abcd", "abx", "xyz", "a%_", "never"];
const SIX_MONTHS: i64 = 182 * 24 * 3600 * 1_000_000;
/// 2023-12-31T23:59:59.999999Z.
const EPOCH: i64 = 1_704_067_199_999_999;

/// SplitMix64: the same numbers from the same seed, everywhere.
pub(crate) struct Random(u64);

/// The values that dialogs and searches draw from. The last of each kind is carried by no dialog.
pub(crate) struct World {
    parties: Vec<Party>,
    resources: Vec<ServiceResource>,
    orgs: Vec<Org>,
    ids: Vec<DialogId>,
    /// Rights that are asked with again and again, while dialogs come and change.
    users: Vec<Arc<Rights>>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    /// One value or, rarely, several; most often none.
    fn few<T: Clone>(&mut self, times: u64, from: &[T]) -> Vec<T> {
        if self.one_in(times) { (0..1 + self.below(3)).map(|_| self.pick(from)).collect() } else { Vec::new() }
    }

    fn maybe<T>(&mut self, times: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(times) { Some(make(self)) } else { None }
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.below(u64::MAX) << self.below(2), self.below(u64::MAX))
    }
}

impl World {
    pub(crate) fn new(random: &mut Random) -> Self {
        let organizations = (910_000_000..)
            .filter_map(|number: u32| Party::parse(&format!("urn:altinn:organization:identifier-no:{number}")).ok());
        let users = ["ola", "kari"].map(|name| {
            Party::parse(&format!("urn:altinn:person:legacy-selfidentified:{name}")).expect("a valid party")
        });
        let resource = |name: &str| ServiceResource::parse(&format!("urn:altinn:resource:{name}")).expect("a name");
        let mut world = Self {
            parties: users.into_iter().chain(organizations).take(12).collect(),
            resources: ["tax", "Building", "app_skd_a2-1", "mail", "unused"].map(resource).to_vec(),
            orgs: ["skd", "ttd", "brg", "none"].map(Org::new).to_vec(),
            ids: (0..30).map(|_| DialogId(random.uuid())).collect(),
            users: Vec::new(),
        };
        world.users = (0..10).map(|_| Arc::new(world.rights(random))).collect();
        world
    }

    pub(crate) fn time(&self, random: &mut Random) -> Timestamp {
        Timestamp::from_micros(EPOCH + random.below(8) as i64 * SIX_MONTHS + random.below(3) as i64)
    }

    pub(crate) fn dialog(&self, random: &mut Random) -> Dialog {
        let title = self.text(random);
        self.dialog_of(random, title)
    }

    /// Without any other text.
    pub(crate) fn dialog_titled(&self, random: &mut Random, title: &str) -> Dialog {
        let mut dialog = self.dialog(random);
        dialog.id = DialogId(random.uuid());
        dialog.is_api_only = false;
        dialog.deleted_at = None;
        dialog.search_tags.clear();
        dialog.transmissions.clear();
        dialog.activities.clear();
        let text = Localization { language_code: LanguageCode::NB, value: title.to_owned() };
        let title = ContentValue { media_type: MediaType::PlainText, value: Localizations::new(vec![text]) };
        dialog.content = Some(DialogContent::titled(title));
        dialog
    }

    fn dialog_of(&self, random: &mut Random, title: ContentValue) -> Dialog {
        let carried =
            |values: &[&str]| values[..values.len() - 1].iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let content = random.maybe(1, |_| DialogContent::titled(title)).map(|mut content| {
            content.non_sensitive_title = random.maybe(2, |it| self.text(it));
            content.summary = random.maybe(2, |it| self.text(it));
            content.non_sensitive_summary = random.maybe(3, |it| self.text(it));
            content.sender_name = random.maybe(4, |it| self.text(it));
            content.extended_status = random.maybe(6, |it| self.text(it));
            content.additional_info = random.maybe(6, |it| {
                let media_type = if it.one_in(2) { MediaType::Markdown } else { MediaType::PlainText };
                ContentValue { media_type, ..self.text(it) }
            });
            content
        });
        let is_api_only = random.one_in(5);
        let mut search_tags: Vec<String> = random.few(4, &TEXTS).into_iter().map(str::to_owned).collect();
        search_tags.sort();
        search_tags.dedup();
        let mut labels: Vec<ServiceOwnerLabel> = random
            .few(2, &carried(&LABELS))
            .iter()
            .map(|label| ServiceOwnerLabel::parse(label).expect("valid"))
            .collect();
        labels.sort();
        labels.dedup();
        let mut system_labels = SystemLabels::default();
        for label in random.few(2, &SystemLabel::ALL) {
            system_labels = system_labels.with(label);
        }
        let content_updated_at = self.time(random);
        Dialog {
            id: if random.one_in(3) { random.pick(&self.ids) } else { DialogId(random.uuid()) },
            revision: Revision::new(),
            org: random.pick(&self.orgs[..3]),
            service_resource: random.pick(&self.resources[..4]),
            party: random.pick(&self.parties[..11]),
            idempotent_key: None,
            progress: None,
            extended_status: random.maybe(2, |it| it.pick(&carried(&EXTENDED_STATUSES))),
            external_reference: random.maybe(2, |it| it.pick(&carried(&REFERENCES))),
            visible_from: random.maybe(3, |it| self.time(it)),
            due_at: random.maybe(2, |it| self.time(it)),
            expires_at: random.maybe(3, |it| self.time(it)),
            process: random.maybe(2, |it| it.pick(&carried(&PROCESSES))),
            preceding_process: None,
            status: random.pick(&DialogStatus::ALL),
            is_api_only,
            created_at: self.time(random),
            updated_at: self.time(random).max(content_updated_at),
            content_updated_at,
            deleted_at: random.maybe(6, |it| self.time(it)),
            frozen: false,
            seen_since_content_update: random.one_in(2),
            has_unopened_content: false,
            from_service_owner_transmissions_count: 0,
            from_party_transmissions_count: 0,
            content: content.filter(|_| !is_api_only),
            search_tags,
            attachments: Vec::new(),
            gui_actions: Vec::new(),
            api_actions: Vec::new(),
            service_owner_context: ServiceOwnerContext { revision: Revision::new(), labels },
            end_user_context: EndUserContext { revision: Revision::new(), system_labels },
            transmissions: (0..random.below(3)).map(|_| self.transmission(random)).collect(),
            activities: (0..random.below(3)).map(|_| self.activity(random)).collect(),
        }
    }

    /// The same dialog as a service owner would give it.
    pub(crate) fn new_dialog(&self, random: &mut Random, dialog: Dialog) -> NewDialog {
        NewDialog {
            id: dialog.id,
            org: dialog.org,
            service_resource: dialog.service_resource,
            service_kind: if random.one_in(3) { ServiceKind::Correspondence } else { ServiceKind::Ordinary },
            party: dialog.party,
            idempotent_key: None,
            progress: None,
            extended_status: dialog.extended_status,
            external_reference: dialog.external_reference,
            visible_from: dialog.visible_from,
            due_at: dialog.due_at,
            expires_at: dialog.expires_at,
            process: dialog.process,
            preceding_process: None,
            status: dialog.status,
            is_api_only: dialog.is_api_only,
            created_at: random.maybe(2, |_| dialog.created_at),
            updated_at: random.maybe(2, |_| dialog.updated_at.max(dialog.created_at)),
            system_label: dialog.end_user_context.system_labels.place(),
            service_owner_labels: dialog.service_owner_context.labels,
            content: dialog.content,
            search_tags: dialog.search_tags,
            attachments: Vec::new(),
            gui_actions: Vec::new(),
            api_actions: Vec::new(),
            transmissions: dialog.transmissions,
            activities: dialog.activities,
        }
    }

    fn transmission(&self, random: &mut Random) -> Transmission {
        Transmission {
            id: TransmissionId(random.uuid()),
            idempotent_key: None,
            created_at: self.time(random),
            transmission_type: TransmissionType::Information,
            extended_type: None,
            external_reference: None,
            authorization_attribute: None,
            related_transmission_id: None,
            sender: Actor::ServiceOwner,
            content: Some(TransmissionContent {
                title: self.text(random),
                summary: random.maybe(2, |it| self.text(it)),
                content_reference: None,
            }),
            attachments: Vec::new(),
            navigational_actions: Vec::new(),
        }
    }

    fn activity(&self, random: &mut Random) -> Activity {
        Activity {
            id: ActivityId(random.uuid()),
            created_at: self.time(random),
            activity_type: ActivityType::Information,
            extended_type: None,
            transmission_id: None,
            performed_by: Actor::ServiceOwner,
            description: self.text(random).value,
        }
    }

    /// One to three words in each of up to three languages.
    fn text(&self, random: &mut Random) -> ContentValue {
        let languages = [LanguageCode::NB, LanguageCode::NN, LanguageCode::EN, LanguageCode::SE];
        let texts = (0..1 + random.below(3)).map(|_| {
            let words: Vec<String> = (0..1 + random.below(3))
                .map(|_| {
                    let word = random.pick(&TEXTS);
                    if random.one_in(4) { word.to_uppercase() } else { word.to_owned() }
                })
                .collect();
            Localization { language_code: random.pick(&languages), value: words.join(" ") }
        });
        ContentValue { media_type: MediaType::PlainText, value: Localizations::new(texts.collect()) }
    }

    pub(crate) fn search(&self, random: &mut Random) -> SearchCase {
        let who = match random.below(4) {
            0 => Who::Owner(random.pick(&self.orgs)),
            1 => Who::EndUserWithin(self.user(random), random.pick(&self.orgs)),
            _ => Who::EndUser(self.user(random)),
        };
        let text = random.maybe(3, Text::random);
        let search = text.as_ref().map(|text| TextSearch {
            query: TextQuery::parse(&text.as_search(random)),
            language: random.maybe(2, |it| it.pick(&[LanguageCode::NB, LanguageCode::EN, LanguageCode::SE])),
        });
        let label = |label: &str| ServiceOwnerLabel::parse(label).expect("a valid label");
        let patterns: Vec<LabelPattern> = LABELS
            .iter()
            .map(|it| LabelPattern::Exact(label(it)))
            .chain(["abc", "ab", "a", "", "x", "a%", "a_", "n"].map(|prefix| LabelPattern::Prefix(prefix.to_owned())))
            .collect();
        let owned = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let filter = Filter {
            parties: random.few(5, &self.parties),
            service_resources: random
                .few(6, &self.resources)
                .iter()
                .map(|it| if random.one_in(3) { it.to_lower() } else { it.clone() })
                .collect(),
            orgs: random.few(10, &self.orgs),
            statuses: random.few(6, &DialogStatus::ALL),
            extended_statuses: random.few(10, &owned(&EXTENDED_STATUSES)),
            external_reference: random.maybe(12, |it| it.pick(&owned(&REFERENCES))),
            process: random.maybe(12, |it| it.pick(&owned(&PROCESSES))),
            created: self.range(random, 12),
            updated: self.range(random, 12),
            content_updated: self.range(random, 8),
            due: self.range(random, 12),
            visible_from: self.range(random, 20),
            visible_at: random.maybe(2, |it| self.time(it)),
            deleted: random.pick(&[
                DeletedFilter::Exclude,
                DeletedFilter::Exclude,
                DeletedFilter::Include,
                DeletedFilter::Only,
            ]),
            system_labels: random.few(10, &SystemLabel::ALL),
            any_system_label: random.few(4, &SystemLabel::ALL),
            is_content_seen: random.maybe(8, |it| it.one_in(2)),
            exclude_api_only: random.one_in(5),
            service_owner_labels: random.few(8, &patterns),
            text: search,
        };
        SearchCase { who, filter, text, order: self.order(random) }
    }

    fn range(&self, random: &mut Random, times: u64) -> TimeRange {
        if !random.one_in(times) {
            return TimeRange::default();
        }
        TimeRange { after: random.maybe(2, |it| self.time(it)), before: random.maybe(2, |it| self.time(it)) }
    }

    fn user(&self, random: &mut Random) -> Arc<Rights> {
        if random.one_in(2) { random.pick(&self.users) } else { Arc::new(self.rights(random)) }
    }

    fn rights(&self, random: &mut Random) -> Rights {
        let set = |random: &mut Random| -> Arc<HashSet<ServiceResource>> {
            Arc::new((0..random.below(5)).map(|_| random.pick(&self.resources).to_lower()).collect())
        };
        let sets = [set(random), set(random), set(random)];
        let few_or_most = if random.one_in(3) { 5 } else { 2 };
        let mut parties = Vec::new();
        for party in &self.parties {
            if random.below(few_or_most) < 2 && !random.one_in(4) {
                parties.push((party.clone(), random.pick(&sets)));
            }
        }
        let delegations = (0..random.below(20)).map(|_| Delegation {
            party: random.pick(&self.parties),
            resource: random.pick(&self.resources).to_lower(),
            dialog: if random.one_in(2) {
                DelegatedDialog::Id(random.pick(&self.ids))
            } else {
                DelegatedDialog::Label(ServiceOwnerLabel::parse(random.pick(&LABELS)).expect("a valid label"))
            },
        });
        let delegations = delegations.collect();
        Rights { parties, delegations, readable: set(random) }
    }

    fn order(&self, random: &mut Random) -> Order {
        let directions = [Direction::Ascending, Direction::Descending];
        let mut left = vec![SortKey::ContentUpdatedAt, SortKey::UpdatedAt, SortKey::CreatedAt, SortKey::DueAt];
        let mut keys = Vec::new();
        for _ in 0..random.below(5) {
            let key = left.swap_remove(random.below(left.len() as u64) as usize);
            keys.push((key, random.pick(&directions)));
        }
        Order::new(keys, random.pick(&directions)).expect("no key twice")
    }
}

impl Text {
    fn random(random: &mut Random) -> Self {
        let phrase = |random: &mut Random| Phrase {
            excluded: random.one_in(5),
            words: (0..if random.one_in(3) { 2 } else { 1 }).map(|_| random.pick(&TEXTS)).collect(),
        };
        Self((0..1 + random.below(3)).map(|_| (0..1 + random.below(2)).map(|_| phrase(random)).collect()).collect())
    }

    /// A space means OR, but AND as soon as anything is excluded; both may be spelt out.
    fn as_search(&self, random: &mut Random) -> String {
        let excludes = self.0.iter().flatten().any(|phrase| phrase.excluded);
        let phrase = |phrase: &Phrase| {
            let sign = if phrase.excluded { "-" } else { "" };
            match phrase.words.as_slice() {
                [word] => format!("{sign}{word}"),
                words => format!("{sign}\"{}\"", words.join(" ")),
            }
        };
        let and = if excludes && random.one_in(2) { " " } else { " AND " };
        let or = if !excludes && random.one_in(2) { " " } else { " OR " };
        let groups: Vec<String> =
            self.0.iter().map(|group| group.iter().map(phrase).collect::<Vec<_>>().join(and)).collect();
        groups.join(or)
    }
}

//! Dialogs of random worlds: whatever may hold a text holds a word of its own.

use super::words::NewWords;
use super::world::{ACTIONS, FORGOTTEN, NOW, PART, Service, org, parties};
use dialog_index::LoadedDialog;
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor, ActorId, ApiAction, ApiEndpoint, Attachment, AttachmentUrl,
    ConsumerType, ContentValue, Dialog, DialogContent, DialogId, DialogStatus, EndUserContext, GuiAction,
    GuiActionPriority, HttpVerb, LabelAction, LabelAssignment, LanguageCode, Localization, Localizations, MediaType,
    NavigationalAction, Party, Revision, SeenEntry, ServiceOwnerContext, ServiceOwnerLabel, ServiceResource,
    SystemLabel, SystemLabels, Timestamp, Transmission, TransmissionContent, TransmissionId, TransmissionType,
};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use uuid::Uuid;

const HOUR: i64 = 3_600_000_000;
/// Actors who never call, so that what they are called stays where it was put.
pub(crate) const ACTING_PERSONS: [&str; 2] =
    ["urn:altinn:person:identifier-no:17838411088", "urn:altinn:person:identifier-no:02917922155"];
const ACTORS: [&str; 3] = [ACTING_PERSONS[0], ACTING_PERSONS[1], "urn:altinn:organization:identifier-no:974761076"];

pub(crate) struct DialogMaker {
    words: NewWords,
    ids: u128,
}

/// So many hours from now.
pub(crate) fn hours(hours: i64) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() + hours * HOUR)
}

fn pick<T: Clone>(all: &[T], random: &mut ChaCha8Rng) -> T {
    all.choose(random).expect("something to choose").clone()
}

impl DialogMaker {
    pub(crate) fn new(words: NewWords) -> Self {
        Self { words, ids: 0 }
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(0x0199_d2e6_0000_7000_8000_0000_0000_0000 + self.ids)
    }

    /// Sometimes.
    fn word(&mut self, chance: f64, random: &mut ChaCha8Rng) -> Option<String> {
        random.random_bool(chance).then(|| self.words.next())
    }

    fn url(&mut self) -> String {
        format!("https://links.test/{}?token={}", self.words.next(), self.words.next())
    }

    /// One or two words in each of one or two languages.
    fn text(&mut self, random: &mut ChaCha8Rng) -> Localizations {
        let codes =
            if random.random_bool(0.3) { &[LanguageCode::NB, LanguageCode::EN][..] } else { &[LanguageCode::NB] };
        let texts = codes.iter().map(|language_code| {
            let mut value = self.words.next();
            if random.random_bool(0.3) {
                value = format!("{value} {}", self.words.next());
            }
            Localization { language_code: *language_code, value }
        });
        Localizations::new(texts.collect())
    }

    fn plain(&mut self, random: &mut ChaCha8Rng) -> ContentValue {
        ContentValue { media_type: MediaType::PlainText, value: self.text(random) }
    }

    fn maybe(&mut self, chance: f64, random: &mut ChaCha8Rng) -> Option<ContentValue> {
        random.random_bool(chance).then(|| self.plain(random))
    }

    fn link(&mut self, random: &mut ChaCha8Rng) -> Option<ContentValue> {
        let link = Localization { language_code: LanguageCode::NB, value: self.url() };
        let link = ContentValue { media_type: MediaType::MarkdownEmbed, value: Localizations::new(vec![link]) };
        random.random_bool(0.6).then_some(link)
    }

    fn actor(&mut self, random: &mut ChaCha8Rng) -> Actor {
        match random.random_range(0..4) {
            0 => Actor::ServiceOwner,
            1 => Actor::Named { name: self.words.next() },
            _ => {
                let id = ActorId::parse(pick(&ACTORS, random)).expect("an actor");
                Actor::Identified { id, name: Some(self.words.next()) }
            }
        }
    }

    fn attachment(&mut self, random: &mut ChaCha8Rng) -> Attachment {
        let url = AttachmentUrl {
            id: self.id(),
            url: self.url(),
            media_type: Some("application/pdf".to_owned()),
            consumer_type: pick(&[ConsumerType::Gui, ConsumerType::Api], random),
        };
        Attachment {
            id: self.id(),
            display_name: self.text(random),
            name: self.word(0.5, random),
            expires_at: expiry(random),
            urls: vec![url],
        }
    }

    fn content(&mut self, random: &mut ChaCha8Rng) -> DialogContent {
        let mut additional_info = self.maybe(0.5, random);
        if let Some(info) = additional_info.as_mut().filter(|_| random.random_bool(0.5)) {
            info.media_type = MediaType::Markdown;
        }
        DialogContent {
            title: self.plain(random),
            non_sensitive_title: self.maybe(0.5, random),
            summary: self.maybe(0.6, random),
            non_sensitive_summary: self.maybe(0.4, random),
            sender_name: self.maybe(0.4, random),
            additional_info,
            extended_status: self.maybe(0.4, random),
            main_content_reference: self.link(random),
        }
    }

    fn transmission(&mut self, services: &[Service], random: &mut ChaCha8Rng) -> Transmission {
        let content = TransmissionContent {
            title: self.plain(random),
            summary: self.maybe(0.5, random),
            content_reference: self.link(random),
        };
        let action = NavigationalAction { title: self.text(random), url: self.url(), expires_at: expiry(random) };
        Transmission {
            id: TransmissionId(self.id()),
            idempotent_key: self.word(0.5, random),
            created_at: hours(-random.random_range(1..4)),
            transmission_type: pick(&[TransmissionType::Information, TransmissionType::Submission], random),
            extended_type: self.word(0.3, random),
            external_reference: self.word(0.3, random),
            authorization_attribute: attribute(services, random),
            related_transmission_id: None,
            sender: self.actor(random),
            content: random.random_bool(0.9).then_some(content),
            attachments: (0..random.random_range(0..2)).map(|_| self.attachment(random)).collect(),
            navigational_actions: vec![action],
        }
    }

    fn activity(&mut self, random: &mut ChaCha8Rng) -> Activity {
        Activity {
            id: ActivityId(self.id()),
            created_at: hours(-random.random_range(1..4)),
            activity_type: ActivityType::Information,
            extended_type: self.word(0.3, random),
            transmission_id: None,
            performed_by: self.actor(random),
            description: self.text(random),
        }
    }

    fn gui_action(&mut self, services: &[Service], random: &mut ChaCha8Rng) -> GuiAction {
        GuiAction {
            id: self.id(),
            action: pick(&ACTIONS, random).to_owned(),
            url: self.url(),
            authorization_attribute: attribute(services, random),
            is_delete_dialog_action: false,
            http_method: HttpVerb::Get,
            priority: GuiActionPriority::Tertiary,
            title: self.text(random),
            prompt: self.text(random),
        }
    }

    fn api_action(&mut self, services: &[Service], random: &mut ChaCha8Rng) -> ApiAction {
        let endpoint = ApiEndpoint {
            id: self.id(),
            version: self.word(0.3, random),
            url: self.url(),
            http_method: HttpVerb::Post,
            documentation_url: Some(self.url()),
            request_schema: Some(self.url()),
            response_schema: None,
            deprecated: false,
            sunset_at: None,
        };
        ApiAction {
            id: self.id(),
            action: pick(&ACTIONS, random).to_owned(),
            name: self.word(0.5, random),
            authorization_attribute: attribute(services, random),
            endpoints: vec![endpoint],
        }
    }

    fn seen(&mut self, random: &mut ChaCha8Rng) -> SeenEntry {
        let id = ActorId::parse(pick(&ACTORS, random)).expect("an actor");
        SeenEntry {
            id: self.id(),
            seen_at: hours(-random.random_range(1..8)),
            seen_by: Actor::Identified { id, name: Some(self.words.next()) },
            is_via_service_owner: random.random_bool(0.3),
        }
    }

    fn label(&mut self, random: &mut ChaCha8Rng) -> LabelAssignment {
        LabelAssignment {
            created_at: hours(-random.random_range(1..8)),
            label: SystemLabel::Archive,
            action: pick(&[LabelAction::Set, LabelAction::Remove], random),
            performed_by: self.actor(random),
        }
    }

    /// Labels of the service owner, sometimes one by which a dialog is looked up, which others may carry too.
    fn owner_labels(&mut self, random: &mut ChaCha8Rng) -> Vec<ServiceOwnerLabel> {
        let mut labels: Vec<_> = (0..random.random_range(0..3)).map(|_| self.words.next()).collect();
        let named = Uuid::from_u128(0x5000 + random.random_range(0..12));
        match random.random_range(0..5) {
            0 => labels.push(format!("urn:altinn:integration:storage:50001/{named}")),
            1 => labels.push(format!("urn:altinn:correspondence-id:{named}")),
            _ => {}
        }
        labels.sort();
        labels.into_iter().map(|label| ServiceOwnerLabel::parse(&label).expect("a label")).collect()
    }

    pub(crate) fn dialog(&mut self, services: &[Service], random: &mut ChaCha8Rng) -> LoadedDialog {
        let mut urns: Vec<_> = services.iter().map(|service| service.urn.as_str()).collect();
        urns.push(FORGOTTEN);
        let service = pick(&urns, random);
        let party = Party::parse(pick(&parties().into_iter().collect::<Vec<_>>(), random)).expect("a party");
        let transmissions: Vec<_> =
            (0..random.random_range(0..4)).map(|_| self.transmission(services, random)).collect();
        let from_party = transmissions.iter().filter(|it| it.transmission_type.is_from_party()).count() as u16;
        let years = random.random_range(0..3) * 24 * 365;
        let created_at = hours(-years - random.random_range(20..23));
        let updated_at = hours(-random.random_range(1..6));
        let labels = [SystemLabel::Default, SystemLabel::Default, SystemLabel::Bin, SystemLabel::Archive];
        let mut system_labels = SystemLabels::default().with(pick(&labels, random));
        if random.random_bool(0.2) {
            system_labels = system_labels.with(SystemLabel::MarkedAsUnopened);
        }
        let has_content = random.random_bool(0.9);
        let dialog = Dialog {
            id: DialogId(self.id()),
            revision: Revision(self.id()),
            org: org(service, services),
            service_resource: ServiceResource::parse(service).expect("a service"),
            party,
            idempotent_key: self.word(0.5, random),
            progress: Some(random.random_range(0..100)),
            extended_status: self.word(0.5, random),
            external_reference: self.word(0.5, random),
            visible_from: [None, None, Some(hours(-30)), Some(NOW), Some(hours(1))].choose(random).copied().flatten(),
            due_at: [None, Some(hours(1)), Some(hours(2))].choose(random).copied().flatten(),
            expires_at: [None, None, Some(hours(30)), Some(NOW), Some(hours(-1))].choose(random).copied().flatten(),
            process: self.word(0.4, random).map(|word| format!("urn:process:{word}")),
            preceding_process: self.word(0.4, random).map(|word| format!("urn:process:{word}")),
            status: pick(&DialogStatus::ALL, random),
            is_api_only: !has_content,
            created_at,
            updated_at,
            content_updated_at: pick(&[updated_at, hours(-7)], random),
            deleted_at: random.random_bool(0.1).then(|| hours(-1)),
            frozen: false,
            seen_since_content_update: random.random_bool(0.5),
            has_unopened_content: random.random_bool(0.5),
            from_service_owner_transmissions_count: transmissions.len() as u16 - from_party,
            from_party_transmissions_count: from_party,
            content: has_content.then(|| self.content(random)),
            search_tags: (0..random.random_range(0..3)).map(|_| self.words.next()).collect(),
            attachments: (0..random.random_range(0..3)).map(|_| self.attachment(random)).collect(),
            gui_actions: (0..random.random_range(0..3)).map(|_| self.gui_action(services, random)).collect(),
            api_actions: (0..random.random_range(0..2)).map(|_| self.api_action(services, random)).collect(),
            service_owner_context: ServiceOwnerContext {
                revision: Revision(self.id()),
                labels: self.owner_labels(random),
            },
            end_user_context: EndUserContext { revision: Revision(self.id()), system_labels },
            transmissions,
            activities: (0..random.random_range(0..4)).map(|_| self.activity(random)).collect(),
        };
        LoadedDialog {
            dialog,
            seen_log: (0..random.random_range(0..3)).map(|_| self.seen(random)).collect(),
            label_log: (0..random.random_range(0..2)).map(|_| self.label(random)).collect(),
        }
    }

    /// An earlier state of a dialog, without what is never taken out of a dialog again.
    pub(crate) fn without_lists(&mut self, dialog: &LoadedDialog, random: &mut ChaCha8Rng) -> LoadedDialog {
        let mut before = self.dialog(&[], random);
        let of = &dialog.dialog;
        before.dialog.id = of.id;
        before.dialog.org = of.org.clone();
        before.dialog.party = of.party.clone();
        before.dialog.service_resource = of.service_resource.clone();
        before.dialog.deleted_at = None;
        before.dialog.created_at = of.created_at;
        before.dialog.transmissions.clear();
        before.dialog.activities.clear();
        before.dialog.from_party_transmissions_count = 0;
        before.dialog.from_service_owner_transmissions_count = 0;
        LoadedDialog { dialog: before.dialog, seen_log: Vec::new(), label_log: Vec::new() }
    }
}

fn expiry(random: &mut ChaCha8Rng) -> Option<Timestamp> {
    [None, None, Some(hours(1)), Some(NOW), Some(hours(-1))].choose(random).copied().flatten()
}

/// None, a part of the dialog's service, or another service.
fn attribute(services: &[Service], random: &mut ChaCha8Rng) -> Option<String> {
    match random.random_range(0..4) {
        0 | 1 => None,
        2 => Some(PART.to_owned()),
        _ => services.choose(random).map(|service| service.urn.clone()),
    }
}

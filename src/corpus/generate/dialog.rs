//! One generated dialog: a line of the corpus.

use super::calendar::{self, Calendar};
use super::population::{Party, Population, Service};
use super::words::Words;
use dialog_index::domain::{LanguageCode, Timestamp};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::ops::RangeInclusive;
use uuid::Builder;

/// What all dialogs of a corpus are drawn from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) population: Population,
    pub(super) words: Words,
    pub(super) calendar: Calendar,
}

/// How much hangs on a dialog.
#[derive(Clone, Copy)]
enum Size {
    Ordinary,
    /// Ten times the text of an ordinary one.
    Large,
    Huge,
}

/// The contract's limit for titles and summaries, in characters.
const MAX_TEXT: usize = 255;

impl Source {
    /// The dialog at a share (0 to 1) of all traffic.
    pub(super) fn dialog(&self, share: f64, rng: &mut ChaCha8Rng) -> Value {
        let party = self.population.draw_party(rng);
        let service = self.population.draw_service(rng);
        let created_at = self.calendar.at(share, rng);
        let updated_at = if rng.random_bool(0.5) { self.calendar.after(created_at, 120, rng) } else { created_at };
        let size = match rng.random_range(0..1_000_000) {
            0 => Size::Huge,
            1..10_000 => Size::Large,
            _ => Size::Ordinary,
        };
        let mut draft = Draft {
            source: self,
            service,
            party,
            language: draw_language(rng),
            size,
            created_at,
            updated_at,
            rng,
            members: Map::new(),
        };
        draft.identify();
        draft.set_state();
        draft.set_times();
        draft.write_content();
        draft.add_history();
        Value::Object(draft.members)
    }
}

struct Draft<'a> {
    source: &'a Source,
    service: &'a Service,
    party: &'a Party,
    language: LanguageCode,
    size: Size,
    created_at: Timestamp,
    updated_at: Timestamp,
    rng: &'a mut ChaCha8Rng,
    members: Map<String, Value>,
}

impl Draft<'_> {
    fn identify(&mut self) {
        let id = self.new_id(self.created_at);
        self.set("id", id);
        self.set("serviceResource", self.service.urn.as_str());
        self.set("party", self.party.urn.as_str());
        if self.chance(0.5) {
            let reference = format!("{}-{:06}", self.year(), self.rng.random_range(0..1_000_000));
            self.set("externalReference", reference);
        }
        if self.chance(0.15) {
            let process =
                format!("urn:process:{}:{}", self.source.population.owners[self.service.owner].code, self.year());
            self.set("process", process);
        }
    }

    fn set_state(&mut self) {
        const STATUSES: [(&str, f64); 6] = [
            ("Completed", 0.35),
            ("InProgress", 0.25),
            ("RequiresAttention", 0.15),
            ("NotApplicable", 0.12),
            ("Awaiting", 0.08),
            ("Draft", 0.05),
        ];
        const EXTENDED_STATUSES: [&str; 8] =
            ["mottatt", "under-behandling", "mangler", "signering", "betalt", "avslag", "innvilget", "arkivert"];
        const LABELS: [&str; 6] = ["saksbehandling", "masseutsendelse", "prioritert", "papirpost", "klage", "pilot"];

        let status = self.pick(&STATUSES);
        self.set("status", status);
        if self.chance(0.2) {
            let extended = EXTENDED_STATUSES[self.rng.random_range(0..EXTENDED_STATUSES.len())];
            self.set("extendedStatus", extended);
        }
        if self.chance(0.1) {
            let progress = self.rng.random_range(0..=100);
            self.set("progress", progress);
        }
        let mut labels = vec![];
        match self.rng.random_range(0..100) {
            0..8 => labels.push("Archive"),
            8..10 => labels.push("Bin"),
            _ => {}
        }
        if self.chance(0.01) {
            labels.push("MarkedAsUnopened");
        }
        if !labels.is_empty() {
            self.set("systemLabels", labels);
        }
        if self.chance(0.2) {
            let first = self.rng.random_range(0..LABELS.len());
            let mut labels = vec![json!({ "value": LABELS[first] })];
            if self.chance(0.2) {
                labels.push(json!({ "value": LABELS[(first + 1) % LABELS.len()] }));
            }
            self.set("serviceOwnerContext", json!({ "serviceOwnerLabels": labels }));
        }
        if self.chance(0.02) {
            self.set("isApiOnly", true);
        }
        let seen = self.chance(0.7);
        self.set("isContentSeen", seen);
    }

    fn set_times(&mut self) {
        const DAY: i64 = 86_400_000_000;
        self.set("createdAt", self.created_at.to_string());
        self.set("updatedAt", self.updated_at.to_string());
        match self.rng.random_range(0..100) {
            // Far enough ahead to stay hidden whenever the corpus is used.
            0 => {
                let ahead = self.rng.random_range(60 * 365..70 * 365) * DAY;
                let visible_from = Timestamp::from_micros(Timestamp::from(calendar::end()).as_micros() + ahead);
                return self.set("visibleFrom", visible_from.to_string());
            }
            1..4 => {
                let end = Timestamp::from(calendar::end()).as_micros();
                let expires = (self.updated_at.as_micros() + 10 * DAY).min(end);
                return self.set("expiresAt", Timestamp::from_micros(expires).to_string());
            }
            4 => {
                let deleted_at = self.source.calendar.after(self.updated_at, 100, self.rng);
                self.set("deletedAt", deleted_at.to_string());
            }
            _ => {}
        }
        if self.chance(0.3) {
            let due = self.created_at.as_micros() + self.rng.random_range(7..90) * DAY;
            self.set("dueAt", Timestamp::from_micros(due).to_string());
        }
    }

    fn write_content(&mut self) {
        let title = self.text(3..=12, MAX_TEXT);
        let summary = self.text(10..=40, MAX_TEXT);
        let mut content = json!({ "title": { "value": title }, "summary": { "value": summary } });
        if self.service.minimum_authentication_level == Some(4) && self.chance(0.5) {
            content["nonSensitiveTitle"] = json!({ "value": self.text(2..=4, MAX_TEXT) });
        }
        if self.chance(0.2) {
            content["senderName"] = json!({ "value": self.text(2..=3, MAX_TEXT) });
        }
        if self.chance(0.3) {
            content["additionalInfo"] = json!({ "value": self.text(10..=60, 1023) });
        }
        self.set("content", content);

        let tags: Vec<Value> = match self.rng.random_range(0..10) {
            0..6 => vec![],
            n => (6..=n)
                .map(|_| self.source.words.keyword(self.language, self.rng))
                .filter(|it| it.chars().count() > 2)
                .collect(),
        }
        .into_iter()
        .map(|tag: &str| json!({ "value": tag }))
        .fold(vec![], |mut tags, tag| {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
            tags
        });
        self.set("searchTags", tags);

        let attachments: Vec<Value> =
            (0..self.rng.random_range(0..=2)).map(|n| self.attachment("vedlegg", n)).collect();
        self.set("attachments", attachments);
        if self.chance(0.6) {
            let (title, url) = (self.text(1..=3, MAX_TEXT), self.url("apne", 0));
            let action = json!({ "action": "read", "url": url, "priority": "Primary", "title": title });
            self.set("guiActions", vec![action]);
        }
    }

    fn add_history(&mut self) {
        let (transmissions, activities) = match self.size {
            Size::Ordinary => (self.rng.random_range(0..=5), self.rng.random_range(1..=6)),
            Size::Large => (self.rng.random_range(20..=40), self.rng.random_range(10..=40)),
            Size::Huge => (3_000, 3_000),
        };
        let transmissions: Vec<Value> = (0..transmissions).map(|n| self.transmission(n)).collect();
        let activities: Vec<Value> = (0..activities).map(|n| self.activity(n)).collect();
        self.set("transmissions", transmissions);
        self.set("activities", activities);
    }

    fn transmission(&mut self, n: usize) -> Value {
        const TYPES: [(&str, f64); 8] = [
            ("Information", 0.4),
            ("Acceptance", 0.05),
            ("Rejection", 0.05),
            ("Request", 0.1),
            ("Alert", 0.05),
            ("Decision", 0.15),
            ("Submission", 0.15),
            ("Correction", 0.05),
        ];
        let created_at = self.time_of_part();
        let kind = self.pick(&TYPES);
        let sender = match kind {
            "Submission" | "Correction" => json!({ "actorType": "PartyRepresentative", "actorName": self.party.name }),
            _ => json!({ "actorType": "ServiceOwner" }),
        };
        let mut content = json!({ "title": { "value": self.text(2..=8, MAX_TEXT) } });
        if self.chance(0.8) {
            content["summary"] = json!({ "value": self.text(5..=25, MAX_TEXT) });
        }
        let attachments: Vec<Value> = if self.chance(0.4) { vec![self.attachment("brev", n)] } else { vec![] };
        json!({
            "id": self.new_id(created_at),
            "createdAt": created_at.to_string(),
            "type": kind,
            "sender": sender,
            "content": content,
            "attachments": attachments,
        })
    }

    fn activity(&mut self, n: usize) -> Value {
        const TYPES: [(&str, f64); 8] = [
            ("Information", 0.4),
            ("FormSaved", 0.1),
            ("FormSubmitted", 0.15),
            ("SentToSigning", 0.1),
            ("SignatureProvided", 0.1),
            ("PaymentMade", 0.05),
            ("SentToFormFill", 0.05),
            ("DialogClosed", 0.05),
        ];
        let created_at = self.time_of_part();
        let kind = if n == 0 { "DialogCreated" } else { self.pick(&TYPES) };
        let performed_by = if matches!(kind, "FormSaved" | "FormSubmitted" | "SignatureProvided" | "PaymentMade") {
            json!({ "actorType": "PartyRepresentative", "actorName": self.party.name })
        } else {
            json!({ "actorType": "ServiceOwner" })
        };
        let mut activity = json!({
            "id": self.new_id(created_at),
            "createdAt": created_at.to_string(),
            "type": kind,
            "performedBy": performed_by,
        });
        if kind == "Information" {
            activity["description"] = self.text(3..=10, MAX_TEXT);
        }
        activity
    }

    fn attachment(&mut self, kind: &str, n: usize) -> Value {
        json!({
            "displayName": self.text(1..=4, MAX_TEXT),
            "name": format!("{kind}-{n}.pdf"),
            "urls": [{ "url": self.url(kind, n), "mediaType": "application/pdf", "consumerType": "Gui" }],
        })
    }

    /// A time between creation and last update.
    fn time_of_part(&mut self) -> Timestamp {
        Timestamp::from_micros(self.rng.random_range(self.created_at.as_micros()..=self.updated_at.as_micros()))
    }

    fn new_id(&mut self, at: Timestamp) -> String {
        let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &self.rng.random()).into_uuid().to_string()
    }

    fn url(&mut self, kind: &str, n: usize) -> String {
        let code = self.source.population.owners[self.service.owner].code;
        format!("https://{code}.example.no/{kind}/{:08x}/{n}", self.rng.random::<u32>())
    }

    fn text(&mut self, words: RangeInclusive<usize>, max_chars: usize) -> Value {
        let text = self.source.words.text(self.language, words, max_chars, self.rng);
        json!([{ "languageCode": self.language.as_str(), "value": text }])
    }

    fn year(&self) -> String {
        self.created_at.to_utc().format("%Y").to_string()
    }

    fn pick<'v>(&mut self, shares: &[(&'v str, f64)]) -> &'v str {
        let mut point: f64 = self.rng.random();
        for (value, share) in shares {
            if point < *share {
                return value;
            }
            point -= share;
        }
        shares[0].0
    }

    fn chance(&mut self, share: f64) -> bool {
        self.rng.random_bool(share)
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }
}

fn draw_language(rng: &mut ChaCha8Rng) -> LanguageCode {
    match rng.random_range(0..100) {
        0..75 => LanguageCode::NB,
        75..85 => LanguageCode::NN,
        85..99 => LanguageCode::EN,
        _ => LanguageCode::SE,
    }
}

//! A dialog of the corpus as the peers are given it: columns, and its searchable text in the order of the contract.

use chrono::DateTime;
use dialog_index::domain::Timestamp;
use serde_json::Value;

const CONTENT: [&str; 5] = ["senderName", "summary", "additionalInfo", "nonSensitiveTitle", "nonSensitiveSummary"];

pub(crate) struct Row<'a> {
    dialog: &'a Value,
}

/// The text of a dialog, which is in one language in this corpus.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) language: String,
    pub(crate) title: String,
    pub(crate) content: String,
    /// In no language.
    pub(crate) tags: String,
    /// Of transmissions, attachments and activities.
    pub(crate) history: String,
}

impl<'a> Row<'a> {
    pub(crate) fn of(dialog: &'a Value) -> Self {
        Self { dialog }
    }

    /// Empty if the dialog has no such member.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.dialog[name].as_str().unwrap_or_default()
    }

    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        let text = self.dialog[name].as_str()?;
        Some(DateTime::parse_from_rfc3339(text).expect("a time of the corpus").to_utc().into())
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.dialog.get("deletedAt").is_some()
    }

    /// The code of the owner, which names of services begin with.
    pub(crate) fn org(&self) -> &'a str {
        let service = self.text("serviceResource");
        let name = service.rsplit(':').next().unwrap_or_default();
        name.split('-').next().unwrap_or_default()
    }

    pub(crate) fn labels(&self) -> Vec<&'a str> {
        members(&self.dialog["systemLabels"]).filter_map(Value::as_str).collect()
    }

    pub(crate) fn texts(&self) -> Texts {
        let content = &self.dialog["content"];
        let mut texts = Texts { language: language_of(&content["title"]).to_owned(), ..Texts::default() };
        add(&mut texts.title, &content["title"]["value"]);
        for name in CONTENT {
            add(&mut texts.content, &content[name]["value"]);
        }
        for tag in members(&self.dialog["searchTags"]) {
            add_word(&mut texts.tags, tag["value"].as_str().unwrap_or_default());
        }
        for transmission in members(&self.dialog["transmissions"]) {
            add(&mut texts.history, &transmission["content"]["title"]["value"]);
            add(&mut texts.history, &transmission["content"]["summary"]["value"]);
        }
        let of_transmissions = members(&self.dialog["transmissions"]).flat_map(|it| members(&it["attachments"]));
        for attachment in members(&self.dialog["attachments"]).chain(of_transmissions) {
            add(&mut texts.history, &attachment["displayName"]);
        }
        for activity in members(&self.dialog["activities"]) {
            add(&mut texts.history, &activity["description"]);
        }
        texts
    }
}

fn language_of(content: &Value) -> &str {
    content["value"][0]["languageCode"].as_str().unwrap_or_default()
}

fn add(text: &mut String, localizations: &Value) {
    for localization in members(localizations) {
        add_word(text, localization["value"].as_str().unwrap_or_default());
    }
}

fn add_word(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

fn members(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

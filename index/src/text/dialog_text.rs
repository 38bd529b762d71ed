use super::analyzer::Analyzer;
use super::places::Places;
use super::tokens::{Token, Tokens};
use crate::domain::{ContentValue, Dialog, LanguageCode, Localizations, MediaType};
use std::cmp::Reverse;
use std::ops::Range;
use uuid::Uuid;

/// Of transmission texts, dialog attachments, transmission attachments and activities, this many of each kind are
/// searchable, the newest by id.
const MAX_PARTS: usize = 1000;
/// Most dialogs have fewer, stems included: no more than a guess that saves growing.
const USUAL_WORDS: usize = 200;

/// The words of one dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DialogText {
    /// All that is searchable.
    pub(crate) whole: Tokens,
    /// Where in it that stands which everybody who sees the dialog in a list may read, whatever their authentication
    /// level: what lists show to those below it. Search tags are not among it, since no list shows them.
    pub(crate) open: Places,
}

/// A text that there may be very many of.
struct Part<'a> {
    id: Uuid,
    /// Where it stands among its kind, ascending.
    order: i64,
    text: &'a Localizations,
}

/// Adds texts with the analyzer of their language. Finding an analyzer costs more than using it for a short text,
/// so the last one is kept.
struct Writer {
    tokens: Tokens,
    last: Option<(LanguageCode, Analyzer)>,
}

impl DialogText {
    pub(crate) fn of(dialog: &Dialog) -> Self {
        let mut whole = Writer { tokens: Tokens::with_capacity(USUAL_WORDS), last: None };
        let mut open = Places::default();
        if let Some(content) = &dialog.content {
            let title = whole.add_content(Some(&content.title));
            let sender_name = whole.add_content(content.sender_name.as_ref());
            let summary = whole.add_content(content.summary.as_ref());
            whole.add_content(content.additional_info.as_ref());
            let extended_status = whole.add_content(content.extended_status.as_ref());
            let non_sensitive_title = whole.add_content(content.non_sensitive_title.as_ref());
            let non_sensitive_summary = whole.add_content(content.non_sensitive_summary.as_ref());
            let open_title = if content.non_sensitive_title.is_some() { non_sensitive_title } else { title };
            let open_summary = if content.non_sensitive_summary.is_some() { non_sensitive_summary } else { summary };
            for run in [open_title, sender_name, open_summary, extended_status] {
                open.add(run);
            }
        }
        for tag in &dialog.search_tags {
            whole.tokens.add(tag, &Analyzer::PLAIN);
        }
        whole.add_parts(transmission_texts(dialog), None);
        whole.add_parts(attachments(dialog.attachments.iter()), None);
        let sent = dialog.transmissions.iter().flat_map(|transmission| &transmission.attachments);
        whole.add_parts(attachments(sent), None);
        let latest = dialog.latest_activity().map(|activity| activity.id.0);
        open.add(whole.add_parts(activity_texts(dialog), latest));
        Self { whole: whole.tokens, open }
    }

    /// The words that are open.
    pub(crate) fn open_words(&self) -> Tokens {
        let mut open = Tokens::default();
        // As `Places::position_of` counts them.
        for (of_whole, position) in self.open.runs().iter().cloned().flatten().zip(1..) {
            for token in self.whole.at(of_whole) {
                open.push(Token { position, ..token });
            }
        }
        open
    }
}

/// In the order of creation, by whole seconds and then by id; a title before its summary.
fn transmission_texts(dialog: &Dialog) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut transmissions: Vec<_> = dialog.transmissions.iter().collect();
    let are_very_many = transmissions.len() > MAX_PARTS;
    if are_very_many {
        // Of very many, those are not even looked into that are too old.
        transmissions.sort_by_key(|transmission| Reverse(transmission.id));
    }
    for transmission in transmissions {
        if are_very_many && parts.len() >= MAX_PARTS {
            break;
        }
        let Some(content) = &transmission.content else { continue };
        let values = [Some(&content.title), content.summary.as_ref()];
        parts.extend(values.into_iter().flatten().filter(|value| is_plain(value)).map(|value| Part {
            id: transmission.id.0,
            order: transmission.created_at.as_micros().div_euclid(1_000_000),
            text: &value.value,
        }));
    }
    parts
}

/// In the order in which they were added.
fn attachments<'a>(attachments: impl Iterator<Item = &'a crate::domain::Attachment>) -> Vec<Part<'a>> {
    attachments
        .zip(0..)
        .map(|(attachment, order)| Part { id: attachment.id, order, text: &attachment.display_name })
        .collect()
}

/// In the order of creation.
fn activity_texts(dialog: &Dialog) -> Vec<Part<'_>> {
    dialog
        .activities
        .iter()
        .filter(|activity| !activity.description.is_empty())
        .map(|activity| Part { id: activity.id.0, order: activity.created_at.as_micros(), text: &activity.description })
        .collect()
}

fn is_plain(content: &ContentValue) -> bool {
    content.media_type == MediaType::PlainText
}

impl Writer {
    /// Returns where it stands.
    fn add_content(&mut self, content: Option<&ContentValue>) -> Range<u32> {
        let start = self.tokens.end();
        if let Some(content) = content.filter(|content| is_plain(content)) {
            self.add(&content.value);
        }
        start..self.tokens.end()
    }

    /// Returns where the marked one stands.
    fn add_parts(&mut self, mut parts: Vec<Part<'_>>, marked: Option<Uuid>) -> Range<u32> {
        if parts.len() > MAX_PARTS {
            parts.sort_by_key(|part| Reverse(part.id));
            parts.truncate(MAX_PARTS);
        }
        parts.sort_by_key(|part| (part.order, part.id));
        let mut found = 0..0;
        for part in parts {
            let start = self.tokens.end();
            self.add(part.text);
            if Some(part.id) == marked {
                found = start..self.tokens.end();
            }
        }
        found
    }

    fn add(&mut self, texts: &Localizations) {
        for text in texts {
            let analyzer = match self.last {
                Some((language, analyzer)) if language == text.language_code => analyzer,
                _ => Analyzer::of(text.language_code),
            };
            self.last = Some((text.language_code, analyzer));
            self.tokens.add(&text.value, &analyzer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Activity, ActivityId, ActivityType, Actor, Attachment, DialogContent, DialogId, DialogStatus, EndUserContext,
        Localization, Org, Party, Revision, ServiceOwnerContext, ServiceResource, SystemLabels, Timestamp,
        Transmission, TransmissionContent, TransmissionId, TransmissionType,
    };

    fn check(tokens: &Tokens, expected: &str) {
        let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
        assert_eq!(words.join(" "), expected);
    }

    fn texts(texts: &[(&str, &str)]) -> Localizations {
        let text = |(language, value): &(&str, &str)| Localization {
            language_code: LanguageCode::parse(language).expect("a known language"),
            value: (*value).to_owned(),
        };
        Localizations::new(texts.iter().map(text).collect())
    }

    /// In a language without stems, so that every word is there once.
    fn content(text: &str) -> ContentValue {
        ContentValue { media_type: MediaType::PlainText, value: texts(&[("se", text)]) }
    }

    fn dialog(content: Option<DialogContent>) -> Dialog {
        let at = Timestamp::from_micros(0);
        Dialog {
            id: DialogId::new(),
            revision: Revision::new(),
            org: Org::new("skd"),
            service_resource: ServiceResource::parse("urn:altinn:resource:x").expect("a valid service"),
            party: Party::parse("urn:altinn:organization:identifier-no:974761076").expect("a valid party"),
            idempotent_key: Some("hidden".to_owned()),
            progress: None,
            extended_status: Some("hidden".to_owned()),
            external_reference: Some("hidden".to_owned()),
            visible_from: None,
            due_at: None,
            expires_at: None,
            process: Some("hidden:x".to_owned()),
            preceding_process: None,
            status: DialogStatus::InProgress,
            is_api_only: content.is_none(),
            created_at: at,
            updated_at: at,
            content_updated_at: at,
            deleted_at: None,
            frozen: false,
            seen_since_content_update: false,
            has_unopened_content: false,
            from_service_owner_transmissions_count: 0,
            from_party_transmissions_count: 0,
            content,
            search_tags: Vec::new(),
            attachments: Vec::new(),
            gui_actions: Vec::new(),
            api_actions: Vec::new(),
            service_owner_context: ServiceOwnerContext { revision: Revision::new(), labels: Vec::new() },
            end_user_context: EndUserContext { revision: Revision::new(), system_labels: SystemLabels::default() },
            transmissions: Vec::new(),
            activities: Vec::new(),
        }
    }

    fn titled(title: &str) -> DialogContent {
        DialogContent::titled(content(title))
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn attachment(number: u128, name: &str) -> Attachment {
        Attachment {
            id: id(number),
            display_name: texts(&[("se", name)]),
            name: Some("hidden.pdf".to_owned()),
            expires_at: Some(Timestamp::from_micros(0)),
            urls: Vec::new(),
        }
    }

    fn transmission(number: u128, created_at_ms: i64, title: &str, summary: Option<&str>) -> Transmission {
        Transmission {
            id: TransmissionId(id(number)),
            idempotent_key: None,
            created_at: Timestamp::from_micros(created_at_ms * 1000),
            transmission_type: TransmissionType::Information,
            extended_type: None,
            external_reference: Some("hidden".to_owned()),
            authorization_attribute: None,
            related_transmission_id: None,
            sender: Actor::Named { name: "hidden".to_owned() },
            content: Some(TransmissionContent {
                title: content(title),
                summary: summary.map(content),
                content_reference: Some(content("hidden")),
            }),
            attachments: Vec::new(),
            navigational_actions: Vec::new(),
        }
    }

    fn activity(number: u128, created_at_ms: i64, description: &str) -> Activity {
        let description = if description.is_empty() { &[][..] } else { &[("se", description)] };
        Activity {
            id: ActivityId(id(number)),
            created_at: Timestamp::from_micros(created_at_ms * 1000),
            activity_type: ActivityType::Information,
            extended_type: None,
            transmission_id: None,
            performed_by: Actor::Named { name: "hidden".to_owned() },
            description: texts(description),
        }
    }

    #[test]
    fn parts_stand_in_the_contracts_order() {
        let mut dialog = dialog(Some(DialogContent {
            non_sensitive_title: Some(content("safetitle")),
            summary: Some(content("summary")),
            non_sensitive_summary: Some(content("safesummary")),
            sender_name: Some(content("sender")),
            additional_info: Some(content("info")),
            extended_status: Some(content("status")),
            main_content_reference: Some(content("hidden")),
            ..titled("title")
        }));
        dialog.search_tags = vec!["tag".to_owned(), "two words".to_owned()];
        dialog.attachments = vec![attachment(9, "attached"), attachment(8, "after")];
        dialog.transmissions = vec![
            transmission(2, 2_100, "second", Some("summed")),
            transmission(3, 2_000, "third", None),
            transmission(1, 1_900, "first", None),
        ];
        dialog.transmissions[0].attachments = vec![attachment(7, "sent")];
        dialog.activities = vec![activity(2, 5, "later"), activity(1, 4, "earlier"), activity(3, 6, "")];
        let text = DialogText::of(&dialog);
        check(
            &text.whole,
            "title sender summary info status safetitle safesummary tag two words first second summed third attached \
             after sent earlier later",
        );
        assert!(text.whole.iter().zip(1..).all(|(token, position)| token.position == position));
        check(&text.open_words(), "safetitle sender safesummary status");
    }

    #[test]
    fn open_text_is_what_every_list_shows() {
        let mut dialog = dialog(Some(DialogContent { summary: Some(content("summary")), ..titled("title") }));
        dialog.search_tags = vec!["tag".to_owned()];
        dialog.transmissions = vec![transmission(1, 1, "sent", None)];
        dialog.activities = vec![activity(1, 1, "old"), activity(2, 2, "latest")];
        check(&DialogText::of(&dialog).open_words(), "title summary latest");

        let content = dialog.content.as_mut().expect("content was given");
        content.non_sensitive_summary = Some(super::tests::content("safesummary"));
        check(&DialogText::of(&dialog).open_words(), "title safesummary latest");
    }

    #[test]
    fn only_plain_texts_are_searchable() {
        let markdown = |text| ContentValue { media_type: MediaType::Markdown, ..content(text) };
        let text = DialogText::of(&dialog(Some(DialogContent {
            additional_info: Some(markdown("hidden")),
            main_content_reference: Some(content("hidden")),
            ..titled("title")
        })));
        check(&text.whole, "title");
        check(&DialogText::of(&dialog(None)).whole, "");
    }

    #[test]
    fn every_language_is_read_by_its_own_rules() {
        let mut dialog = dialog(Some(titled("")));
        let content = dialog.content.as_mut().expect("content was given");
        content.title.value = texts(&[("nb", "Vedtaket om skatt"), ("en", "Letters of skatt"), ("pl", "Listy og")]);
        dialog.search_tags = vec!["vedtaket og".to_owned()];
        let text = DialogText::of(&dialog);
        check(&text.whole, "letters letter skatt vedtaket vedtak skatt listy og vedtaket og");
        check(&text.open_words(), "letters letter skatt vedtaket vedtak skatt listy og");
    }

    #[test]
    fn those_without_texts_take_no_room() {
        let mut dialog = dialog(Some(titled("title")));
        let count = 3 * MAX_PARTS as u128;
        dialog.transmissions =
            (0..count).rev().map(|n| transmission(n, 0, &format!("t{n}"), Some(&format!("s{n}")))).collect();
        dialog.transmissions.iter_mut().step_by(2).for_each(|it| it.content = None);
        let whole = DialogText::of(&dialog).whole;
        let words: std::collections::HashSet<&str> = whole.iter().map(|token| token.text).collect();
        // Every other one is empty, and each of the others has two texts.
        for found in ["title", "t2998", "s2998", "t2000", "s2000"] {
            assert!(words.contains(found), "{found}");
        }
        for missed in ["t2999", "t1998", "s1998", "t0"] {
            assert!(!words.contains(missed), "{missed}");
        }
        assert_eq!(whole.iter().count(), 1 + MAX_PARTS);
    }

    #[test]
    fn of_very_many_parts_the_newest_are_searchable() {
        let mut dialog = dialog(Some(titled("title")));
        let count = MAX_PARTS as u128;
        // The newest by id are not the ones added last.
        dialog.transmissions =
            (0..count).rev().map(|n| transmission(n, 0, &format!("t{n}"), Some(&format!("s{n}")))).collect();
        dialog.attachments = (0..=count).rev().map(|n| attachment(n, &format!("a{n}"))).collect();
        dialog.activities = (0..=count).rev().map(|n| activity(n, 0, &format!("d{n}"))).collect();
        let whole = DialogText::of(&dialog).whole;
        let words: std::collections::HashSet<&str> = whole.iter().map(|token| token.text).collect();
        for found in ["title", "t999", "s999", "t500", "s500", "a1", "d1", "a1000", "d1000"] {
            assert!(words.contains(found), "{found}");
        }
        for missed in ["t499", "s499", "t0", "a0", "d0"] {
            assert!(!words.contains(missed), "{missed}");
        }
        assert_eq!(whole.iter().count(), 1 + 3 * MAX_PARTS);
    }
}

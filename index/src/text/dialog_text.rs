use super::analyzer::Analyzer;
use super::tokens::Tokens;
use crate::domain::{ContentValue, Dialog, LanguageCode, Localizations, MediaType};
use std::cmp::Reverse;
use uuid::Uuid;

/// Of transmission texts, dialog attachments, transmission attachments and activities, this many of each kind are
/// searchable, the newest by id.
const MAX_PARTS: usize = 1000;

/// The words of one dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DialogText {
    /// All that is searchable.
    pub(crate) whole: Tokens,
    /// What everybody who sees the dialog in a list may read, whatever their authentication level: what lists show
    /// to those below it. Search tags are not among it, since no list shows them.
    pub(crate) open: Tokens,
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
        Self { whole: whole(dialog), open: open(dialog) }
    }
}

fn whole(dialog: &Dialog) -> Tokens {
    let mut writer = Writer { tokens: Tokens::default(), last: None };
    if let Some(content) = &dialog.content {
        writer.add_content(Some(&content.title));
        writer.add_content(content.sender_name.as_ref());
        writer.add_content(content.summary.as_ref());
        writer.add_content(content.additional_info.as_ref());
        writer.add_content(content.extended_status.as_ref());
        writer.add_content(content.non_sensitive_title.as_ref());
        writer.add_content(content.non_sensitive_summary.as_ref());
    }
    for tag in &dialog.search_tags {
        writer.tokens.add(tag, &Analyzer::PLAIN);
    }
    writer.add_parts(transmission_texts(dialog));
    writer.add_parts(attachments(dialog.attachments.iter()));
    writer.add_parts(attachments(dialog.transmissions.iter().flat_map(|transmission| &transmission.attachments)));
    writer.add_parts(activity_texts(dialog));
    writer.tokens
}

fn open(dialog: &Dialog) -> Tokens {
    let mut writer = Writer { tokens: Tokens::default(), last: None };
    if let Some(content) = &dialog.content {
        writer.add_content(Some(content.non_sensitive_title.as_ref().unwrap_or(&content.title)));
        writer.add_content(content.sender_name.as_ref());
        writer.add_content(content.non_sensitive_summary.as_ref().or(content.summary.as_ref()));
        writer.add_content(content.extended_status.as_ref());
    }
    if let Some(activity) = dialog.latest_activity() {
        writer.add(&activity.description);
    }
    writer.tokens
}

/// In the order of creation, by whole seconds and then by id; a title before its summary.
fn transmission_texts(dialog: &Dialog) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for transmission in &dialog.transmissions {
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
    fn add_content(&mut self, content: Option<&ContentValue>) {
        if let Some(content) = content.filter(|content| is_plain(content)) {
            self.add(&content.value);
        }
    }

    fn add_parts(&mut self, mut parts: Vec<Part<'_>>) {
        if parts.len() > MAX_PARTS {
            parts.sort_by_key(|part| Reverse(part.id));
            parts.truncate(MAX_PARTS);
        }
        parts.sort_by_key(|part| (part.order, part.id));
        for part in parts {
            self.add(part.text);
        }
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

//! Rules of the texts that a dialog and its transmissions show.

use super::body::{ContentValue, CreateDialogContent, CreateDialogTransmissionContent};
use super::html::is_allowed_html;
use super::rules::{Field, Rules};
use super::texts::{MAX_LENGTH, MAX_URI_LENGTH, Texts, is_https_url};
use dialog_index::domain::{self, DialogContent, MediaType, TransmissionContent};

/// In place of [`MAX_LENGTH`] for those who write correspondence.
const MAX_CORRESPONDENCE_LENGTH: usize = 512;
const MAX_EXTENDED_STATUS_LENGTH: usize = 25;

/// What a content value can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Plain text.
    Short,
    /// Plain text of one or two words.
    Tiny,
    /// Plain text, markdown, or legacy HTML.
    Long,
    /// The address of a text that is fetched when it is shown.
    Reference,
}

impl Rules<'_> {
    /// The key of a message does not tell which of the values it is about, so the message does.
    pub(super) fn dialog_content(
        &mut self,
        field: &Field<'_>,
        content: Option<CreateDialogContent>,
        is_api_only: bool,
    ) -> Option<DialogContent> {
        let Some(content) = content else {
            if !is_api_only {
                self.refuse(field, "must not be empty unless the dialog is for APIs only");
            }
            return None;
        };
        let title = self.required_content(field, content.title);
        let mut read = |name, value, kind| self.content_value(&field.called(name), value, kind);
        let non_sensitive_title = read("NonSensitiveTitle", content.non_sensitive_title, Kind::Short);
        let summary = read("Summary", content.summary, Kind::Short);
        let non_sensitive_summary = read("NonSensitiveSummary", content.non_sensitive_summary, Kind::Short);
        let sender_name = read("SenderName", content.sender_name, Kind::Short);
        let additional_info = read("AdditionalInfo", content.additional_info, Kind::Long);
        let extended_status = read("ExtendedStatus", content.extended_status, Kind::Tiny);
        let main_content_reference = read("MainContentReference", content.main_content_reference, Kind::Reference);
        Some(DialogContent {
            title: title?,
            non_sensitive_title,
            summary,
            non_sensitive_summary,
            sender_name,
            additional_info,
            extended_status,
            main_content_reference,
        })
    }

    pub(super) fn transmission_content(
        &mut self,
        field: &Field<'_>,
        content: Option<CreateDialogTransmissionContent>,
        is_api_only: bool,
    ) -> Option<TransmissionContent> {
        let Some(content) = content else {
            if !is_api_only {
                self.refuse(field, "must not be empty unless the dialog is for APIs only");
            }
            return None;
        };
        let title = self.required_content(field, content.title);
        let summary = self.content_value(&field.called("Summary"), content.summary, Kind::Short);
        let content_reference =
            self.content_value(&field.called("ContentReference"), content.content_reference, Kind::Reference);
        Some(TransmissionContent { title: title?, summary, content_reference })
    }

    fn required_content(&mut self, field: &Field<'_>, title: Option<ContentValue>) -> Option<domain::ContentValue> {
        let field = field.called("Title");
        if title.is_none() {
            self.refuse(&field, "must not be empty");
        }
        self.content_value(&field, title, Kind::Short)
    }

    fn content_value(
        &mut self,
        field: &Field<'_>,
        value: Option<ContentValue>,
        kind: Kind,
    ) -> Option<domain::ContentValue> {
        let ContentValue { value, media_type } = value?;
        let media_type = media_type.parse().ok().filter(|media_type| self.allows(kind, *media_type));
        if media_type.is_none() {
            let allowed: Vec<_> =
                MEDIA_TYPES.into_iter().filter(|it| self.allows(kind, *it)).map(MediaType::as_str).collect();
            let reason = format_args!("must have one of these media types: {}", allowed.join(", ")).to_string();
            self.refuse(&field.member("mediaType"), reason);
        }
        let max = match kind {
            Kind::Short if self.author.writes_correspondence => MAX_CORRESPONDENCE_LENGTH,
            Kind::Short => MAX_LENGTH,
            Kind::Tiny => MAX_EXTENDED_STATUS_LENGTH,
            Kind::Long | Kind::Reference => MAX_URI_LENGTH,
        };
        let list = field.member("value");
        if let (Some(media_type), Some(texts)) = (media_type, &value) {
            for (index, text) in texts.iter().enumerate() {
                let element = list.element(index);
                match media_type {
                    MediaType::Html if !is_allowed_html(&text.value) => self.refuse(
                        &element.member("value"),
                        "must be plain text or hold only simple HTML without attributes, and links to https",
                    ),
                    MediaType::MarkdownEmbed | MediaType::HtmlEmbed if !is_https_url(&text.value) => {
                        self.refuse(&element.member("value"), "must be an absolute https URL");
                    }
                    _ => {}
                }
            }
        }
        let value = self.localizations(&list, value, max, Texts::Required);
        Some(domain::ContentValue { media_type: media_type?, value })
    }

    fn allows(&self, kind: Kind, media_type: MediaType) -> bool {
        match (kind, media_type) {
            (Kind::Short | Kind::Tiny | Kind::Long, MediaType::PlainText) => true,
            (Kind::Long, MediaType::Markdown) | (Kind::Reference, MediaType::MarkdownEmbed) => true,
            (Kind::Long, MediaType::Html) | (Kind::Reference, MediaType::HtmlEmbed) => self.author.writes_legacy_html,
            _ => false,
        }
    }
}

const MEDIA_TYPES: [MediaType; 5] =
    [MediaType::PlainText, MediaType::Markdown, MediaType::Html, MediaType::MarkdownEmbed, MediaType::HtmlEmbed];

use super::body::{CreateDialogAttachment, CreateDialogAttachmentUrl};
use super::rules::{Field, Rules, Subject};
use super::texts::{MAX_LENGTH, Texts};
use dialog_index::domain::{Attachment, AttachmentUrl};
use uuid::Uuid;

/// Whose attachments, and how these are given: the rules differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttachedTo {
    Dialog,
    /// Given with the dialog: without ids of its addresses, as in all new transmissions.
    Transmission,
    /// Added to a stored dialog: any URI is an address, and when attachments expire is judged later.
    AddedTransmission,
    /// In place of a stored one: it may have expired, and addresses keep their ids.
    ReplacedTransmission,
}

impl AttachedTo {
    /// Whether addresses may be given ids.
    fn has_ids_of_urls(self) -> bool {
        matches!(self, Self::Dialog | Self::ReplacedTransmission)
    }
}

impl Rules<'_> {
    pub(super) fn attachments(
        &mut self,
        list: &Field<'_>,
        attachments: Option<Vec<CreateDialogAttachment>>,
        to: AttachedTo,
    ) -> Vec<Attachment> {
        let attachments = attachments.unwrap_or_default();
        self.unique_ids(list, attachments.iter().map(|it| &it.id));
        attachments.into_iter().enumerate().map(|(index, it)| self.attachment(&list.element(index), it, to)).collect()
    }

    fn attachment(&mut self, field: &Field<'_>, given: CreateDialogAttachment, to: AttachedTo) -> Attachment {
        let urls_field = field.member("urls");
        let urls = given.urls.unwrap_or_default();
        if urls.is_empty() {
            self.refuse(&urls_field, "must not be empty");
        }
        if to.has_ids_of_urls() {
            self.unique_ids(&urls_field, urls.iter().map(|url| &url.id));
        }
        let read_urls = |(index, url)| self.attachment_url(&urls_field.element(index), url, to);
        let urls = urls.into_iter().enumerate().filter_map(read_urls).collect();
        Attachment {
            id: self.id(&field.member("id"), given.id),
            display_name: self.localizations(
                &field.member("displayName"),
                given.display_name,
                MAX_LENGTH,
                Texts::Optional,
            ),
            name: self.optional_text(&field.member("name"), given.name),
            expires_at: match (self.subject, to) {
                (Subject::NewDialog, AttachedTo::Dialog | AttachedTo::Transmission) => {
                    self.not_past(&field.member("expiresAt"), given.expires_at)
                }
                // Those that are stored may have expired.
                _ => given.expires_at.map(|it| it.0),
            },
            urls,
        }
    }

    fn attachment_url(
        &mut self,
        field: &Field<'_>,
        given: CreateDialogAttachmentUrl,
        to: AttachedTo,
    ) -> Option<AttachmentUrl> {
        let id = if to.has_ids_of_urls() { self.id(&field.member("id"), given.id) } else { Uuid::now_v7() };
        let url_field = field.member("url");
        let url = if to == AttachedTo::AddedTransmission {
            self.uri(&url_field, &given.url);
            given.url
        } else {
            self.https_url(&url_field, given.url)
        };
        let media_type = self.optional_text(&field.member("mediaType"), given.media_type);
        let consumer_type = self.member(&field.member("consumerType"), given.consumer_type)?;
        Some(AttachmentUrl { id, url, media_type, consumer_type })
    }
}

use super::attachments::AttachedTo;
use super::body::{CreateDialogTransmission, CreateDialogTransmissionNavigationalAction};
use super::rules::{Field, Rules, Subject};
use super::texts::{MAX_LENGTH, Texts};
use crate::api::json::Guid;
use dialog_index::domain::{NavigationalAction, Transmission, TransmissionId};
use std::collections::HashSet;
use uuid::Uuid;

/// The bounds of an idempotent key, in characters.
const MIN_KEY_LENGTH: usize = 3;
const MAX_KEY_LENGTH: usize = 36;

impl Rules<'_> {
    pub(super) fn transmissions(
        &mut self,
        list: &Field<'_>,
        transmissions: Option<Vec<CreateDialogTransmission>>,
        is_api_only: bool,
    ) -> Vec<Transmission> {
        let transmissions = transmissions.unwrap_or_default();
        self.unique_ids(list, transmissions.iter().map(|it| &it.id));
        let ids: HashSet<Uuid> = transmissions.iter().filter_map(|it| Some(it.id?.0)).collect();
        let mut read = Vec::with_capacity(transmissions.len());
        for (index, given) in transmissions.into_iter().enumerate() {
            let field = list.element(index);
            let is_whole = self.subject == Subject::NewDialog;
            let is_of_others = |related: &Guid| is_whole && given.id != Some(*related) && !ids.contains(&related.0);
            if let Some(Guid(related)) = given.related_transmission_id.filter(is_of_others) {
                self.refuse(
                    &field,
                    format_args!("must be related to a transmission of the same request, but {related} is none"),
                );
            }
            self.related_to_another(&field, &given);
            read.extend(self.transmission(&field, given, is_api_only, AttachedTo::Transmission));
        }
        read
    }

    pub(super) fn related_to_another(&mut self, field: &Field<'_>, given: &CreateDialogTransmission) {
        if given.related_transmission_id.is_some_and(|related| given.id == Some(related)) {
            self.refuse(&field.member("relatedTransmissionId"), "must not be the transmission's own id");
        }
    }

    /// `to` is what the attachments in it are attached to.
    pub(super) fn transmission(
        &mut self,
        field: &Field<'_>,
        given: CreateDialogTransmission,
        is_api_only: bool,
        to: AttachedTo,
    ) -> Option<Transmission> {
        let id = TransmissionId(self.id(&field.member("id"), given.id));
        let idempotent_key = self.idempotent_key(&field.member("idempotentKey"), given.idempotent_key);
        let created_at = self.past(&field.member("createdAt"), given.created_at).unwrap_or(self.now);
        let transmission_type = self.member(&field.member("type"), given.transmission_type);
        let extended_type = self.optional_uri(&field.member("extendedType"), given.extended_type);
        let external_reference = self.optional_text(&field.member("externalReference"), given.external_reference);
        let authorization_attribute =
            self.authorization_attribute(&field.member("authorizationAttribute"), given.authorization_attribute);
        let sender = self.actor(&field.member("sender"), given.sender);
        let content = self.transmission_content(&field.member("content"), given.content, is_api_only);
        let attachments = self.attachments(&field.member("attachments"), given.attachments, to);
        let actions_field = field.member("navigationalActions");
        let read = |(index, it)| self.navigational_action(&actions_field.element(index), it);
        let navigational_actions =
            given.navigational_actions.unwrap_or_default().into_iter().enumerate().map(read).collect();
        Some(Transmission {
            id,
            idempotent_key,
            created_at,
            transmission_type: transmission_type?,
            extended_type,
            external_reference,
            authorization_attribute,
            related_transmission_id: given.related_transmission_id.map(|Guid(id)| TransmissionId(id)),
            sender: sender?,
            content,
            attachments,
            navigational_actions,
        })
    }

    pub(super) fn idempotent_key(&mut self, field: &Field<'_>, key: Option<String>) -> Option<String> {
        if let Some(key) = &key {
            self.at_least(field, key, MIN_KEY_LENGTH);
            self.at_most(field, key, MAX_KEY_LENGTH);
        }
        key
    }

    fn navigational_action(
        &mut self,
        field: &Field<'_>,
        given: CreateDialogTransmissionNavigationalAction,
    ) -> NavigationalAction {
        NavigationalAction {
            title: self.localizations(&field.member("title"), given.title, MAX_LENGTH, Texts::Required),
            url: self.https_url(&field.member("url"), given.url),
            expires_at: self.not_past(&field.member("expiresAt"), given.expires_at),
        }
    }
}

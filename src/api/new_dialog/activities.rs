use super::body::CreateDialogActivity;
use super::rules::{Field, Rules, Subject};
use super::texts::{MAX_LENGTH, Texts};
use crate::api::json::Guid;
use dialog_index::domain::{Activity, ActivityId, ActivityType, TransmissionId};
use std::collections::HashSet;

/// In place of [`MAX_LENGTH`] for those who write correspondence.
const MAX_CORRESPONDENCE_LENGTH: usize = 4095;

impl Rules<'_> {
    /// Activities may speak of transmissions of the same request.
    pub(super) fn activities(
        &mut self,
        list: &Field<'_>,
        activities: Option<Vec<CreateDialogActivity>>,
        transmissions: &HashSet<TransmissionId>,
    ) -> Vec<Activity> {
        let activities = activities.unwrap_or_default();
        self.unique_ids(list, activities.iter().map(|it| &it.id));
        let mut read = Vec::with_capacity(activities.len());
        for (index, given) in activities.into_iter().enumerate() {
            let field = list.element(index);
            let is_unknown = |id: &Guid| !transmissions.contains(&TransmissionId(id.0));
            let is_whole = self.subject == Subject::NewDialog;
            if let Some(Guid(id)) = given.transmission_id.filter(|id| is_whole && is_unknown(id)) {
                let reason = format_args!("must speak of a transmission of the same request, but {id} is none");
                self.refuse(&field, reason);
            }
            read.extend(self.activity(&field, given));
        }
        read
    }

    pub(super) fn activity(&mut self, field: &Field<'_>, given: CreateDialogActivity) -> Option<Activity> {
        let id = ActivityId(self.id(&field.member("id"), given.id));
        let created_at = self.past(&field.member("createdAt"), given.created_at).unwrap_or(self.now);
        let activity_type = self.member(&field.member("type"), given.activity_type);
        let extended_type = self.optional_uri(&field.member("extendedType"), given.extended_type);
        let transmission_id = given.transmission_id.filter(|id| !id.0.is_nil());
        let performed_by = self.actor(&field.member("performedBy"), given.performed_by);
        let description_field = field.member("description");
        let is_described = given.description.as_ref().is_some_and(|texts| !texts.is_empty());
        let max = if self.author.writes_correspondence { MAX_CORRESPONDENCE_LENGTH } else { MAX_LENGTH };
        let description = self.localizations(&description_field, given.description, max, Texts::Optional);
        let activity_type = activity_type?;
        match (activity_type == ActivityType::TransmissionOpened, transmission_id) {
            (true, None) => {
                self.refuse(&field.member("transmissionId"), "must be given when the type is TransmissionOpened");
            }
            (false, Some(_)) => {
                self.refuse(&field.member("transmissionId"), "must not be given unless the type is TransmissionOpened");
            }
            _ => {}
        }
        match (activity_type == ActivityType::Information, is_described) {
            (true, false) => self.refuse(&description_field, "must be given when the type is Information"),
            (false, true) => self.refuse(&description_field, "must not be given unless the type is Information"),
            _ => {}
        }
        Some(Activity {
            id,
            created_at,
            activity_type,
            extended_type,
            transmission_id: transmission_id.map(|Guid(id)| TransmissionId(id)),
            performed_by: performed_by?,
            description,
        })
    }
}

use crate::domain::{
    Activity, ActivityType, Actor, ApiAction, Attachment, Dialog, DialogContent, DialogId, DialogStatus,
    EndUserContext, GuiAction, LabelAction, LabelAssignment, Org, Party, Revision, ServiceOwnerContext,
    ServiceOwnerLabel, ServiceResource, SystemLabel, SystemLabels, Timestamp, Transmission, TransmissionId,
};
use std::collections::HashSet;

/// A dialog as its service owner gives it. Everything in it has been validated; [`NewDialog::complete`] adds what
/// the contract derives.
#[derive(Clone, Debug)]
pub struct NewDialog {
    pub id: DialogId,
    pub org: Org,
    pub service_resource: ServiceResource,
    pub service_kind: ServiceKind,
    pub party: Party,
    pub idempotent_key: Option<String>,
    pub progress: Option<u8>,
    pub extended_status: Option<String>,
    pub external_reference: Option<String>,
    pub visible_from: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub process: Option<String>,
    pub preceding_process: Option<String>,
    pub status: DialogStatus,
    pub is_api_only: bool,
    /// `None` is the time of the write.
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// Default, Bin or Archive.
    pub system_label: SystemLabel,
    pub service_owner_labels: Vec<ServiceOwnerLabel>,
    pub content: Option<DialogContent>,
    pub search_tags: Vec<String>,
    pub attachments: Vec<Attachment>,
    pub gui_actions: Vec<GuiAction>,
    pub api_actions: Vec<ApiAction>,
    pub transmissions: Vec<Transmission>,
    pub activities: Vec<Activity>,
}

/// Services whose dialogs follow rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    Ordinary,
    /// Unopened until an activity says that the correspondence was opened.
    Correspondence,
}

/// Dialogs created before this time count as seen, for nobody kept a record of it then: 2025-12-01T00:00Z.
const SEEN_IS_KNOWN_SINCE: Timestamp = Timestamp::from_micros(1_764_547_200_000_000);

/// The most transmissions a dialog can have from each side.
pub(super) const MAX_TRANSMISSIONS_PER_SIDE: u16 = u16::MAX / 2;

impl NewDialog {
    /// One that says nothing but whose it is, with the contract's defaults. It needs content unless it is for APIs only.
    pub fn bare(id: DialogId, org: Org, service_resource: ServiceResource, party: Party) -> Self {
        Self {
            id,
            org,
            service_resource,
            service_kind: ServiceKind::Ordinary,
            party,
            idempotent_key: None,
            progress: None,
            extended_status: None,
            external_reference: None,
            visible_from: None,
            due_at: None,
            expires_at: None,
            process: None,
            preceding_process: None,
            status: DialogStatus::NotApplicable,
            is_api_only: false,
            created_at: None,
            updated_at: None,
            system_label: SystemLabel::Default,
            service_owner_labels: Vec::new(),
            content: None,
            search_tags: Vec::new(),
            attachments: Vec::new(),
            gui_actions: Vec::new(),
            api_actions: Vec::new(),
            transmissions: Vec::new(),
            activities: Vec::new(),
        }
    }

    /// The dialog as it is stored, with the label log of its creation: timestamps moved by a future
    /// `visible_from`, counters, labels, seen and unopened flags.
    ///
    /// The counters stop at their largest value; a dialog beyond [`MAX_TRANSMISSIONS_PER_SIDE`] is refused before.
    pub fn complete(self, at: Timestamp) -> (Dialog, Vec<LabelAssignment>) {
        let future = self.visible_from.filter(|visible_from| *visible_from > at);
        let created_at = future.or(self.created_at).unwrap_or(at);
        let updated_at = future.or(self.updated_at).unwrap_or(at);
        let (from_party, from_service_owner) = count_sides(&self.transmissions);
        let mut system_labels = SystemLabels::default().with(self.system_label);
        if from_party > 0 {
            system_labels = system_labels.with(SystemLabel::Sent);
        }
        let mut transmissions = self.transmissions;
        if let Some(visible_from) = future {
            transmissions.iter_mut().for_each(|transmission| transmission.created_at = visible_from);
        }
        let dialog = Dialog {
            id: self.id,
            revision: Revision::new(),
            seen_since_content_update: created_at < SEEN_IS_KNOWN_SINCE
                || is_from_altinn_2(&self.service_resource, &self.org),
            has_unopened_content: has_unopened_content(self.service_kind, &transmissions, &self.activities),
            org: self.org,
            service_resource: self.service_resource,
            party: self.party,
            idempotent_key: self.idempotent_key,
            progress: self.progress,
            extended_status: self.extended_status,
            external_reference: self.external_reference,
            visible_from: self.visible_from,
            due_at: self.due_at,
            expires_at: self.expires_at,
            process: self.process,
            preceding_process: self.preceding_process,
            status: self.status,
            is_api_only: self.is_api_only,
            created_at,
            updated_at,
            content_updated_at: updated_at,
            deleted_at: None,
            frozen: false,
            from_service_owner_transmissions_count: clamped(from_service_owner),
            from_party_transmissions_count: clamped(from_party),
            content: self.content,
            search_tags: self.search_tags,
            attachments: self.attachments,
            gui_actions: self.gui_actions,
            api_actions: self.api_actions,
            service_owner_context: ServiceOwnerContext {
                revision: Revision::new(),
                labels: ordered(self.service_owner_labels),
            },
            end_user_context: EndUserContext { revision: Revision::new(), system_labels },
            transmissions,
            activities: self.activities,
        };
        let label_log = system_labels
            .iter()
            .filter(|label| *label != SystemLabel::Default)
            .map(|label| set_by_service_owner(label, at))
            .collect();
        (dialog, label_log)
    }
}

/// How many transmissions the party and the service owner have sent.
pub(super) fn count_sides(transmissions: &[Transmission]) -> (usize, usize) {
    let from_party = transmissions.iter().filter(|it| it.transmission_type.is_from_party()).count();
    (from_party, transmissions.len() - from_party)
}

/// Whether the service owner has sent something that no activity says was opened.
pub(super) fn has_unopened_content<'a>(
    kind: ServiceKind,
    transmissions: impl IntoIterator<Item = &'a Transmission>,
    activities: impl IntoIterator<Item = &'a Activity> + Clone,
) -> bool {
    let opened: HashSet<TransmissionId> = activities
        .clone()
        .into_iter()
        .filter(|activity| activity.activity_type == ActivityType::TransmissionOpened)
        .filter_map(|activity| activity.transmission_id)
        .collect();
    let mut activities = activities.into_iter();
    let mut is_correspondence_opened =
        || activities.any(|activity| activity.activity_type == ActivityType::CorrespondenceOpened);
    transmissions.into_iter().any(|it| !it.transmission_type.is_from_party() && !opened.contains(&it.id))
        || kind == ServiceKind::Correspondence && !is_correspondence_opened()
}

pub(super) fn ordered(mut labels: Vec<ServiceOwnerLabel>) -> Vec<ServiceOwnerLabel> {
    labels.sort();
    labels.dedup();
    labels
}

pub(super) fn set_by_service_owner(label: SystemLabel, at: Timestamp) -> LabelAssignment {
    LabelAssignment { created_at: at, label, action: LabelAction::Set, performed_by: Actor::ServiceOwner }
}

pub(super) fn clamped(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Apps moved from the platform before this one are named `app_{org}_a2…`; what they brought along is seen.
fn is_from_altinn_2(resource: &ServiceResource, org: &Org) -> bool {
    resource.to_lower().identifier().starts_with(&format!("app_{org}_a2"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::fixture::{activity, new_dialog, transmission};
    use crate::domain::TransmissionType;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
    const BEFORE: Timestamp = Timestamp::from_micros(1_784_000_000_000_000);
    const LATER: Timestamp = Timestamp::from_micros(1_786_000_000_000_000);

    fn completed(change: impl FnOnce(&mut NewDialog)) -> Dialog {
        let mut dialog = new_dialog(1);
        change(&mut dialog);
        dialog.complete(NOW).0
    }

    #[track_caller]
    fn check_times(change: impl FnOnce(&mut NewDialog), expected: [Timestamp; 4]) {
        let dialog = completed(|dialog| {
            dialog.transmissions = vec![transmission(2, TransmissionType::Information)];
            dialog.transmissions[0].created_at = BEFORE;
            change(dialog);
        });
        let times =
            [dialog.created_at, dialog.updated_at, dialog.content_updated_at, dialog.transmissions[0].created_at];
        assert_eq!(times, expected);
    }

    #[test]
    fn times_are_given_or_now_and_moved_by_a_future_visible_from() {
        check_times(|_| {}, [NOW, NOW, NOW, BEFORE]);
        check_times(|dialog| dialog.created_at = Some(BEFORE), [BEFORE, NOW, NOW, BEFORE]);
        check_times(|dialog| dialog.visible_from = Some(BEFORE), [NOW, NOW, NOW, BEFORE]);
        check_times(
            |dialog| {
                dialog.created_at = Some(BEFORE);
                dialog.updated_at = Some(BEFORE);
                dialog.visible_from = Some(LATER);
            },
            [LATER; 4],
        );
    }

    #[test]
    fn old_and_moved_dialogs_are_born_seen() {
        let seen = |change: fn(&mut NewDialog)| completed(change).seen_since_content_update;
        let resource = |name: &str| ServiceResource::parse(name).expect("a valid resource");
        assert!(!seen(|_| {}));
        assert!(seen(|dialog| dialog.created_at = Some(Timestamp::from_micros(SEEN_IS_KNOWN_SINCE.as_micros() - 1))));
        assert!(!seen(|dialog| dialog.created_at = Some(SEEN_IS_KNOWN_SINCE)));
        let named = |name: &str| completed(|dialog| dialog.service_resource = resource(name)).seen_since_content_update;
        assert!(named("urn:altinn:resource:App_SKD_A2-3707-4"));
        assert!(!named("urn:altinn:resource:app_nav_a2-3707-4"));
    }

    #[test]
    fn labels_and_counters_follow_from_the_transmissions() {
        let mut given = new_dialog(1);
        given.system_label = SystemLabel::Archive;
        given.transmissions = vec![
            transmission(2, TransmissionType::Submission),
            transmission(3, TransmissionType::Information),
            transmission(4, TransmissionType::Correction),
        ];
        let (dialog, log) = given.complete(NOW);
        assert_eq!((dialog.from_party_transmissions_count, dialog.from_service_owner_transmissions_count), (2, 1));
        let labels: Vec<SystemLabel> = dialog.end_user_context.system_labels.iter().collect();
        assert_eq!(labels, [SystemLabel::Archive, SystemLabel::Sent]);
        assert_eq!(log.iter().map(|entry| entry.label).collect::<Vec<_>>(), labels);
        assert!(log.iter().all(|entry| entry.performed_by == Actor::ServiceOwner && entry.created_at == NOW));
        assert!(new_dialog(1).complete(NOW).1.is_empty(), "Default is never logged");
    }

    #[test]
    fn unopened_until_an_activity_says_otherwise() {
        let sent = transmission(2, TransmissionType::Information);
        let opened = activity(3, ActivityType::TransmissionOpened, Some(sent.id));
        let read = activity(4, ActivityType::CorrespondenceOpened, None);
        let party = transmission(5, TransmissionType::Submission);
        use ServiceKind::{Correspondence, Ordinary};
        assert!(!has_unopened_content(Ordinary, &[], &[]));
        assert!(!has_unopened_content(Ordinary, std::slice::from_ref(&party), &[]));
        assert!(has_unopened_content(Ordinary, std::slice::from_ref(&sent), &[]));
        assert!(!has_unopened_content(Ordinary, std::slice::from_ref(&sent), std::slice::from_ref(&opened)));
        assert!(has_unopened_content(Correspondence, std::slice::from_ref(&sent), std::slice::from_ref(&opened)));
        assert!(!has_unopened_content(Correspondence, &[sent, party], &[opened, read]));
    }
}

//! Small dialogs for tests.

use super::{NewDialog, ServiceKind};
use crate::domain::{
    Activity, ActivityId, ActivityType, Actor, ContentValue, DialogContent, DialogId, DialogStatus, LanguageCode,
    Localization, Localizations, MediaType, Org, Party, ServiceResource, SystemLabel, Timestamp, Transmission,
    TransmissionContent, TransmissionId, TransmissionType,
};
use uuid::Uuid;

pub(crate) const ALICE: &str = "urn:altinn:person:identifier-no:03886595947";
pub(crate) const ACME: &str = "urn:altinn:organization:identifier-no:974761076";

pub(crate) fn text(value: &str) -> ContentValue {
    let value = Localizations::new(vec![Localization { language_code: LanguageCode::NB, value: value.to_owned() }]);
    ContentValue { media_type: MediaType::PlainText, value }
}

/// A dialog of Alice's with `skd`, with this id.
pub(crate) fn new_dialog(id: u128) -> NewDialog {
    NewDialog {
        id: DialogId(Uuid::from_u128(id)),
        org: Org::new("skd"),
        service_resource: ServiceResource::parse("urn:altinn:resource:skd-skattemelding").expect("a valid resource"),
        service_kind: ServiceKind::Ordinary,
        party: Party::parse(ALICE).expect("a valid party"),
        idempotent_key: None,
        progress: None,
        extended_status: None,
        external_reference: None,
        visible_from: None,
        due_at: None,
        expires_at: None,
        process: None,
        preceding_process: None,
        status: DialogStatus::InProgress,
        is_api_only: false,
        created_at: None,
        updated_at: None,
        system_label: SystemLabel::Default,
        service_owner_labels: Vec::new(),
        content: Some(DialogContent {
            title: text("Skattemelding for 2025"),
            non_sensitive_title: None,
            summary: Some(text("Sjekk at opplysningene stemmer")),
            non_sensitive_summary: None,
            sender_name: None,
            additional_info: None,
            extended_status: None,
            main_content_reference: None,
        }),
        search_tags: Vec::new(),
        attachments: Vec::new(),
        gui_actions: Vec::new(),
        api_actions: Vec::new(),
        transmissions: Vec::new(),
        activities: Vec::new(),
    }
}

pub(crate) fn transmission(id: u128, transmission_type: TransmissionType) -> Transmission {
    Transmission {
        id: TransmissionId(Uuid::from_u128(id)),
        idempotent_key: None,
        created_at: Timestamp::from_micros(1_780_000_000_000_000),
        transmission_type,
        extended_type: None,
        external_reference: None,
        authorization_attribute: None,
        related_transmission_id: None,
        sender: Actor::ServiceOwner,
        content: Some(TransmissionContent { title: text("Vedtak"), summary: None, content_reference: None }),
        attachments: Vec::new(),
        navigational_actions: Vec::new(),
    }
}

pub(crate) fn activity(id: u128, activity_type: ActivityType, transmission: Option<TransmissionId>) -> Activity {
    Activity {
        id: ActivityId(Uuid::from_u128(id)),
        created_at: Timestamp::from_micros(1_780_000_000_000_000),
        activity_type,
        extended_type: None,
        transmission_id: transmission,
        performed_by: Actor::ServiceOwner,
        description: Localizations::default(),
    }
}

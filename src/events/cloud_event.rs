use dialog_index::domain::{ActivityType, Event, EventKind};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event as it is told. Names are in lower case, but for those within `data`; what is not known is left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloudEvent {
    specversion: &'static str,
    /// The same however often the event is sent.
    id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    #[schema(format = DateTime)]
    time: String,
    resource: String,
    resourceinstance: Uuid,
    subject: String,
    source: String,
    #[serde(skip_serializing_if = "EventData::is_empty")]
    data: EventData,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventData {
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preceding_process: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_activity_type: Option<String>,
}

impl CloudEvent {
    /// `public_url` is what the outside knows the service by, without a slash at its end.
    pub fn of(event: &Event, public_url: &str) -> Self {
        let mut source = format!("{public_url}/api/v1/enduser/dialogs/{}", event.dialog);
        let mut data = EventData {
            process: event.process.clone(),
            preceding_process: event.preceding_process.clone(),
            ..EventData::default()
        };
        match &event.kind {
            EventKind::TransmissionCreated { id, is_from_party } => {
                source += &format!("/transmissions/{id}");
                data.sender_type = Some(if *is_from_party { "PartyRepresentative" } else { "ServiceOwner" });
            }
            EventKind::ActivityCreated { id, extended_type, .. } => {
                source += &format!("/activities/{id}");
                data.activity_id = Some(id.0);
                data.extended_activity_type.clone_from(extended_type);
            }
            EventKind::Created
            | EventKind::Updated
            | EventKind::Deleted
            | EventKind::Restored
            | EventKind::Seen { .. } => {}
        }
        Self {
            specversion: "1.0",
            id: event.id,
            kind: format!("dialogporten.dialog.{}.v1", name(&event.kind)),
            time: event.at.to_string(),
            resource: event.service_resource.as_str().to_owned(),
            resourceinstance: event.dialog.0,
            subject: event.party.as_str().to_owned(),
            source,
            data,
        }
    }
}

impl EventData {
    fn is_empty(&self) -> bool {
        let Self { process, preceding_process, sender_type, activity_id, extended_activity_type } = self;
        process.is_none()
            && preceding_process.is_none()
            && sender_type.is_none()
            && activity_id.is_none()
            && extended_activity_type.is_none()
    }
}

/// What stands in the type between `dialogporten.dialog.` and the version.
fn name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created",
        EventKind::Updated => "updated",
        EventKind::Deleted => "deleted",
        EventKind::Restored => "restored",
        EventKind::Seen { .. } => "seen",
        EventKind::TransmissionCreated { .. } => "transmission.created",
        EventKind::ActivityCreated { activity_type, .. } => match activity_type {
            ActivityType::DialogCreated => "activity.created",
            ActivityType::DialogClosed => "activity.closed",
            ActivityType::Information => "activity.information",
            ActivityType::TransmissionOpened => "activity.transmission-opened",
            ActivityType::PaymentMade => "activity.payment-made",
            ActivityType::SignatureProvided => "activity.signature-provided",
            ActivityType::DialogOpened => "activity.dialog-opened",
            ActivityType::DialogDeleted => "activity.dialog-deleted",
            ActivityType::DialogRestored => "activity.dialog-restored",
            ActivityType::SentToSigning => "activity.sent-to-signing",
            ActivityType::SentToFormFill => "activity.sent-to-form-fill",
            ActivityType::SentToSendIn => "activity.sent-to-send-in",
            ActivityType::SentToPayment => "activity.sent-to-payment",
            ActivityType::FormSubmitted => "activity.form-submitted",
            ActivityType::FormSaved => "activity.form-saved",
            ActivityType::CorrespondenceOpened => "activity.correspondence-opened",
            ActivityType::CorrespondenceConfirmed => "activity.correspondence-confirmed",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialog_index::domain::{ActivityId, DialogId, Party, ServiceResource, Timestamp, TransmissionId};
    use serde_json::{Value, json};

    const ID: Uuid = Uuid::from_u128(1);
    const PART: Uuid = Uuid::from_u128(2);

    fn event(kind: EventKind) -> Event {
        Event {
            id: Uuid::from_u128(3),
            sequence: 7,
            at: Timestamp::from_micros(1_785_000_000_000_000),
            dialog: DialogId(ID),
            service_resource: ServiceResource::parse("urn:altinn:resource:skd-skatt").expect("a valid resource"),
            party: Party::parse("urn:altinn:organization:identifier-no:313300005").expect("a valid party"),
            process: None,
            preceding_process: None,
            kind,
        }
    }

    fn told(event: &Event) -> Value {
        serde_json::to_value(CloudEvent::of(event, "https://dialogs.test")).expect("JSON")
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let expected = json!({
            "specversion": "1.0",
            "id": "00000000-0000-0000-0000-000000000003",
            "type": "dialogporten.dialog.created.v1",
            "time": "2026-07-25T17:20:00.0000000Z",
            "resource": "urn:altinn:resource:skd-skatt",
            "resourceinstance": ID,
            "subject": "urn:altinn:organization:identifier-no:313300005",
            "source": format!("https://dialogs.test/api/v1/enduser/dialogs/{ID}"),
        });
        assert_eq!(told(&event(EventKind::Created)), expected);
    }

    #[test]
    fn activities_are_told_by_their_type() {
        use ActivityType::*;
        for (activity_type, name) in [
            (DialogCreated, "created"),
            (DialogClosed, "closed"),
            (Information, "information"),
            (TransmissionOpened, "transmission-opened"),
            (PaymentMade, "payment-made"),
            (SignatureProvided, "signature-provided"),
            (DialogOpened, "dialog-opened"),
            (DialogDeleted, "dialog-deleted"),
            (DialogRestored, "dialog-restored"),
            (SentToSigning, "sent-to-signing"),
            (SentToFormFill, "sent-to-form-fill"),
            (SentToSendIn, "sent-to-send-in"),
            (SentToPayment, "sent-to-payment"),
            (FormSubmitted, "form-submitted"),
            (FormSaved, "form-saved"),
            (CorrespondenceOpened, "correspondence-opened"),
            (CorrespondenceConfirmed, "correspondence-confirmed"),
        ] {
            let kind = EventKind::ActivityCreated { id: ActivityId(PART), activity_type, extended_type: None };
            let told = told(&event(kind));
            assert_eq!(told["type"], format!("dialogporten.dialog.activity.{name}.v1"));
            assert_eq!(told["data"], json!({ "activityId": PART }));
        }
    }

    #[test]
    fn parts_are_named_by_source_and_data() {
        let sent = |is_from_party| EventKind::TransmissionCreated { id: TransmissionId(PART), is_from_party };
        let told_of = told(&event(sent(true)));
        assert_eq!(told_of["type"], "dialogporten.dialog.transmission.created.v1");
        assert_eq!(told_of["source"], format!("https://dialogs.test/api/v1/enduser/dialogs/{ID}/transmissions/{PART}"));
        assert_eq!(told_of["data"], json!({ "senderType": "PartyRepresentative" }));
        assert_eq!(told(&event(sent(false)))["data"], json!({ "senderType": "ServiceOwner" }));
        let kind = EventKind::ActivityCreated {
            id: ActivityId(PART),
            activity_type: ActivityType::SentToFormFill,
            extended_type: Some("urn:x".to_owned()),
        };
        let with_process =
            Event { process: Some("urn:p:1".to_owned()), preceding_process: Some("urn:p:0".to_owned()), ..event(kind) };
        let told_of = told(&with_process);
        assert_eq!(told_of["type"], "dialogporten.dialog.activity.sent-to-form-fill.v1");
        assert_eq!(told_of["source"], format!("https://dialogs.test/api/v1/enduser/dialogs/{ID}/activities/{PART}"));
        assert_eq!(
            told_of["data"],
            json!({ "process": "urn:p:1", "precedingProcess": "urn:p:0", "activityId": PART, "extendedActivityType": "urn:x" })
        );
    }
}

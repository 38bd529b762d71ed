use crate::app::{Actor, SKD_NUMBER, TestApp, consumer, dialog};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor as By, DialogId, Localizations, Transmission, TransmissionContent,
    TransmissionId, TransmissionType,
};
use serde_json::json;
use uuid::Uuid;

const SCOPE: &str = "altinn:system/notifications.condition.check";

fn path(id: DialogId, query: &str) -> String {
    format!("/api/v1/serviceowner/dialogs/{id}/actions/should-send-notification?{query}")
}

async fn sends(caller: &Actor<'_>, id: DialogId, query: &str) -> bool {
    let answer = caller.get(&path(id, query)).await.expect(StatusCode::OK).json();
    let sends = answer["sendNotification"].as_bool().expect("an answer");
    assert_eq!(answer, json!({ "sendNotification": sends }));
    sends
}

/// Two transmissions, of which the first was opened.
fn held(app: &TestApp) -> (DialogId, [Uuid; 2]) {
    let transmissions = [Uuid::now_v7(), Uuid::now_v7()];
    let transmission = |id| Transmission {
        id: TransmissionId(id),
        created_at: app.now(),
        transmission_type: TransmissionType::Information,
        idempotent_key: None,
        authorization_attribute: None,
        extended_type: None,
        external_reference: None,
        related_transmission_id: None,
        sender: By::ServiceOwner,
        content: Some(TransmissionContent { title: crate::app::text("Del"), summary: None, content_reference: None }),
        attachments: Vec::new(),
        navigational_actions: Vec::new(),
    };
    let opened = Activity {
        id: ActivityId(Uuid::now_v7()),
        created_at: app.now(),
        activity_type: ActivityType::TransmissionOpened,
        extended_type: None,
        transmission_id: Some(TransmissionId(transmissions[0])),
        performed_by: By::ServiceOwner,
        description: Localizations::default(),
    };
    let dialog = NewDialog {
        transmissions: transmissions.map(transmission).to_vec(),
        activities: vec![opened],
        ..dialog("Varslet")
    };
    let id = dialog.id;
    app.holds(dialog);
    (id, transmissions)
}

#[tokio::test]
async fn an_activity_decides_whether_to_send() {
    let app = TestApp::new();
    let system = app.claiming(json!({ "scope": SCOPE, "consumer": consumer(SKD_NUMBER) }));
    let (id, [opened, unopened]) = held(&app);
    for deleted in [false, true] {
        if deleted {
            let path = format!("/api/v1/serviceowner/dialogs/{id}");
            app.service_owner(SKD_NUMBER).delete(&path).await.expect(StatusCode::NO_CONTENT);
        }
        let of = |id: Uuid| format!("activityType=TransmissionOpened&transmissionId={id}");
        assert!(sends(&system, id, &format!("conditionType=Exists&{}", of(opened))).await);
        assert!(!sends(&system, id, &format!("conditionType=NotExists&{}", of(opened))).await);
        assert!(!sends(&system, id, &format!("conditionType=2&{}", of(unopened))).await);
        assert!(sends(&system, id, &format!("ConditionType=notexists&{}", of(unopened))).await);
        assert!(sends(&system, id, "conditionType=NotExists&activityType=DialogOpened").await);
        assert!(!sends(&system, id, "conditionType=Exists&activityType=7&transmissionId=").await);
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_before_the_dialog_is_looked_for() {
    let app = TestApp::new();
    let system = app.claiming(json!({ "scope": SCOPE, "consumer": consumer(SKD_NUMBER) }));
    let unknown = DialogId::new();
    let (whole, id) = ("conditionType=Exists&activityType=DialogOpened", Uuid::now_v7());
    let opened = "conditionType=Exists&activityType=TransmissionOpened";
    for (dialog, query, expected) in [
        (unknown, String::new(), vec!["activityType", "conditionType"]),
        (unknown, "conditionType=Maybe&activityType=0".to_owned(), vec!["activityType", "conditionType"]),
        (unknown, "conditionType=Exists&activityType=".to_owned(), vec!["activityType"]),
        (unknown, format!("{opened}&transmissionId={}", Uuid::nil()), vec!["transmissionId"]),
        (unknown, opened.to_owned(), vec!["transmissionId"]),
        (unknown, format!("{opened}&transmissionId=x"), vec!["transmissionId"]),
        (unknown, format!("{whole}&transmissionId={id}"), vec!["transmissionId"]),
        (unknown, format!("{whole}&transmissionId={}", Uuid::nil()), vec!["transmissionId"]),
        (unknown, format!("{whole}&conditionType=Exists"), vec!["conditionType"]),
        (DialogId(Uuid::nil()), whole.to_owned(), vec!["dialogId"]),
    ] {
        let answer = system.get(&path(dialog, &query)).await.expect(StatusCode::BAD_REQUEST).json();
        let keys: Vec<_> = answer["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(keys, expected, "{query}");
    }
    let answer = system.get(&path(unknown, whole)).await.expect(StatusCode::NOT_FOUND).json();
    assert!(answer["errors"]["DialogEntity"].is_array());
    // An organisation must be named, as everywhere.
    let nobody = app.claiming(json!({ "scope": SCOPE }));
    assert!(nobody.get(&path(unknown, whole)).await.expect(StatusCode::FORBIDDEN).body.is_empty());
}

#[tokio::test]
async fn each_kind_of_activity_can_be_looked_for() {
    let app = TestApp::new();
    let system = app.claiming(json!({ "scope": SCOPE, "consumer": consumer(SKD_NUMBER) }));
    let kinds = [
        "DialogCreated",
        "DialogClosed",
        "Information",
        "TransmissionOpened",
        "PaymentMade",
        "SignatureProvided",
        "DialogOpened",
        "DialogDeleted",
        "DialogRestored",
        "SentToSigning",
        "SentToFormFill",
        "SentToSendIn",
        "SentToPayment",
        "FormSubmitted",
        "FormSaved",
        "CorrespondenceOpened",
        "CorrespondenceConfirmed",
    ];
    let owner = app.service_owner_with(SKD_NUMBER, "digdir:dialogporten.correspondence");
    for (kind, number) in kinds.iter().zip(1..) {
        let (id, [opened, _]) = held(&app);
        let of = if *kind == "TransmissionOpened" { format!("&transmissionId={opened}") } else { String::new() };
        let is_there = *kind == "TransmissionOpened";
        for activity in [(*kind).to_owned(), kind.to_uppercase(), number.to_string()] {
            for (condition, expected) in
                [("Exists", is_there), ("NotExists", !is_there), ("2", is_there), ("1", !is_there)]
            {
                let query = format!("conditionType={condition}&activityType={activity}{of}");
                assert_eq!(sends(&system, id, &query).await, expected, "{query}");
            }
        }
        if !is_there {
            let mut body = json!({ "type": kind, "performedBy": { "actorType": "ServiceOwner" } });
            if *kind == "Information" {
                body["description"] = json!([{ "value": "Nytt", "languageCode": "nb" }]);
            }
            let activities = format!("/api/v1/serviceowner/dialogs/{id}/activities");
            owner.post(&activities, body).await.expect(StatusCode::CREATED);
            assert!(sends(&system, id, &format!("conditionType=Exists&activityType={kind}")).await, "{kind}");
        }
    }
    for (condition, activity) in [("0", "1"), ("3", "1"), ("1", "0"), ("1", "18"), ("-1", "1"), ("1", "Opened")] {
        let query = format!("conditionType={condition}&activityType={activity}");
        system.get(&path(DialogId::new(), &query)).await.expect(StatusCode::BAD_REQUEST);
    }
}

/// The notification system's scope is enough, and that of service owners is not.
#[tokio::test]
async fn only_the_notification_system_may_ask() {
    let app = TestApp::new();
    let (id, _) = held(&app);
    let query = "conditionType=Exists&activityType=DialogOpened";
    let skd = app.service_owner(SKD_NUMBER);
    assert!(skd.get(&path(id, query)).await.expect(StatusCode::FORBIDDEN).body.is_empty());
    let both = app.service_owner_with(SKD_NUMBER, SCOPE);
    assert!(!sends(&both, id, query).await);
    // No organisation of the register, for it owns nothing here.
    let system = app.claiming(json!({ "scope": SCOPE, "consumer": consumer("313300005") }));
    assert!(!sends(&system, id, query).await);
}

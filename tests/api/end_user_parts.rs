//! Lists of a dialog and single parts of them, as end users read them.

use crate::app::{
    ALICE, Actor, Answer, BOB, COMPANY, SECRET, SIGNING, SKD_NUMBER, SUBMISSION, SYSTEM_USER, TestApp, dialog,
    organization, person, resource,
};
use crate::get_dialog::{dialog_with_parts, hours_from, localized, transmission};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor as ActorOf, ActorId, DialogId, Localizations, Party, Timestamp,
    TransmissionId,
};
use serde_json::{Value, json};
use uuid::Uuid;

const UNKNOWN: &str = "0199d2e6-0000-7000-8000-0000000000ff";
const EMAIL: &str = "urn:altinn:person:idporten-email:eva@example.no";

/// A dialog with an activity, a transmission and an entry of its seen log, and the paths of all its lists and parts.
struct Stored {
    id: DialogId,
    lists: [String; 3],
    parts: [String; 3],
    label_log: String,
}

impl Stored {
    /// The dialog has been seen by the caller, who must be let in by `get dialog`.
    async fn new(app: &TestApp, mut dialog: NewDialog, seen_by: &Actor<'_>) -> Self {
        let id = dialog.id;
        dialog.transmissions = vec![transmission(None, None)];
        dialog.activities = vec![activity(ActivityType::Information, app.now())];
        let parts = [dialog.activities[0].id.0, dialog.transmissions[0].id.0];
        app.holds(dialog);
        let seen = seen_by.get(&path(id, "")).await.expect(StatusCode::OK).json();
        let entry = seen["seenSinceLastUpdate"][0]["id"].as_str().expect("an id").to_owned();
        Self {
            id,
            lists: ["activities", "transmissions", "seenlog"].map(|list| path(id, &format!("/{list}"))),
            parts: [
                path(id, &format!("/activities/{}", parts[0])),
                path(id, &format!("/transmissions/{}", parts[1])),
                path(id, &format!("/seenlog/{entry}")),
            ],
            label_log: path(id, "/context/labellog"),
        }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.lists.iter().chain(&self.parts).chain([&self.label_log])
    }

    /// The dialog, and no such part of it.
    fn unknown_parts(&self) -> [String; 3] {
        unknown_parts(self.id)
    }
}

fn path(id: DialogId, rest: &str) -> String {
    format!("/api/v1/enduser/dialogs/{id}{rest}")
}

fn unknown_parts(id: DialogId) -> [String; 3] {
    ["activities", "transmissions", "seenlog"].map(|list| path(id, &format!("/{list}/{UNKNOWN}")))
}

fn activity(activity_type: ActivityType, created_at: Timestamp) -> Activity {
    Activity {
        id: ActivityId::new(),
        created_at,
        activity_type,
        extended_type: None,
        transmission_id: None,
        performed_by: by(&format!("urn:altinn:person:identifier-no:{BOB}"), "Eksempel Bob"),
        description: localized("Ny opplysning", "New information"),
    }
}

fn by(id: &str, name: &str) -> ActorOf {
    ActorOf::Identified { id: ActorId::parse(id).expect("an id"), name: Some(name.to_owned()) }
}

async fn get(caller: &Actor<'_>, path: &str) -> (u16, String) {
    outcome(&caller.get(path).await)
}

/// The status, and what stands in the errors.
fn outcome(answer: &Answer) -> (u16, String) {
    let keys = || {
        let problem = answer.json();
        let errors = problem["errors"].as_object().map(|errors| {
            errors.iter().map(|(key, messages)| match key.as_str() {
                "Forbidden" => messages[0].as_str().expect("a message").to_owned(),
                key => key.to_owned(),
            })
        });
        errors.map_or_else(String::new, |errors| errors.collect::<Vec<_>>().join(" "))
    };
    (answer.status.as_u16(), if answer.status.is_success() { String::new() } else { keys() })
}

fn missing() -> (u16, String) {
    (404, "DialogEntity".to_owned())
}

fn too_low() -> (u16, String) {
    (403, "Altinn authentication level too low.".to_owned())
}

const LOW: &str = "idporten-loa-low";
const SUBSTANTIAL: &str = "idporten-loa-substantial";

#[tokio::test]
async fn parts_are_for_those_who_may_read_the_dialog() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let stored = Stored::new(&app, dialog("Alices"), &alice).await;
    for path in stored.all() {
        assert_eq!(get(&alice, path).await, (200, String::new()), "{path}");
        for stranger in [app.end_user(BOB), app.system_user(SYSTEM_USER, COMPANY), app.email_user("eva@example.no", 4)]
        {
            assert_eq!(get(&stranger, path).await, missing(), "{path}");
        }
        let unknown = path.replace(&stored.id.to_string(), UNKNOWN);
        assert_eq!(get(&alice, &unknown).await, missing(), "{unknown}");
        let malformed = path.replace(&stored.id.to_string(), "tull");
        assert_eq!(get(&alice, &malformed).await, (400, "dialogId".to_owned()));
    }
    for path in unknown_parts(stored.id) {
        assert_eq!(get(&alice, &path.replace(UNKNOWN, "tull")).await.0, 400, "{path}");
    }

    // Who may do something else alone is shown the dialog, and none of its lists.
    let write_only = NewDialog { service_resource: resource(SUBMISSION), ..dialog("Innsending") };
    let stored = Stored::new(&app, write_only, &alice).await;
    for path in stored.all() {
        assert_eq!(get(&alice, path).await, missing(), "{path}");
    }

    let of_company = NewDialog { party: organization(COMPANY), ..dialog("Firmaets") };
    let system_user = app.system_user(SYSTEM_USER, COMPANY);
    let stored = Stored::new(&app, of_company, &system_user).await;
    for path in stored.all() {
        assert_eq!(get(&system_user, path).await, (200, String::new()), "{path}");
        assert_eq!(get(&app.system_user(UNKNOWN, COMPANY), path).await, missing(), "{path}");
    }

    let of_email = NewDialog { party: Party::parse(EMAIL).expect("a party"), ..dialog("Evas") };
    let stored = Stored::new(&app, of_email, &app.email_user("eva@example.no", 3)).await;
    for path in stored.all() {
        assert_eq!(get(&app.email_user("eva@example.no", 3), path).await, (200, String::new()), "{path}");
        assert_eq!(get(&app.email_user("eva@example.no", 0), path).await, too_low(), "{path}");
        assert_eq!(get(&app.email_user("ole@example.no", 3), path).await, missing(), "{path}");
    }
}

#[tokio::test]
async fn a_level_that_is_not_known_is_three() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    // The services ask for 3, for something unknown, and for 4.
    for (service, low, substantial) in [
        (crate::app::TAX, too_low(), (200, String::new())),
        (SIGNING, too_low(), (200, String::new())),
        (SECRET, too_low(), too_low()),
    ] {
        let stored =
            Stored::new(&app, NewDialog { service_resource: resource(service), ..dialog("Nivå") }, &alice).await;
        for path in stored.all() {
            assert_eq!(get(&app.end_user_at_level(ALICE, LOW), path).await, low, "{path} of {service}");
            assert_eq!(get(&app.end_user_at_level(ALICE, SUBSTANTIAL), path).await, substantial, "{path} of {service}");
            assert_eq!(get(&alice, path).await.0, 200, "{path} of {service}");
        }
    }
}

#[tokio::test]
async fn checks_come_in_the_order_of_the_contract() {
    let app = TestApp::new();
    let (alice, low) = (app.end_user(ALICE), app.end_user_at_level(ALICE, LOW));
    let stored = Stored::new(&app, dialog("Rekkefølge"), &alice).await;
    let entities = ["DialogActivity", "DialogTransmission", "DialogSeenLog"];
    for (path, entity) in stored.unknown_parts().iter().zip(entities) {
        assert_eq!(get(&alice, path).await, (404, entity.to_owned()));
        // Of the seen log, the entry is looked for before the level.
        let expected = if entity == "DialogSeenLog" { (404, entity.to_owned()) } else { too_low() };
        assert_eq!(get(&low, path).await, expected, "{path}");
    }

    app.service_owner(SKD_NUMBER)
        .delete(&format!("/api/v1/serviceowner/dialogs/{}", stored.id))
        .await
        .expect(StatusCode::NO_CONTENT);
    let gone = (410, "DialogEntity".to_owned());
    for path in stored.lists.iter().chain(&stored.parts).chain(&stored.unknown_parts()) {
        assert_eq!(get(&alice, path).await, gone, "{path}");
        assert_eq!(get(&low, path).await, gone, "{path}");
        assert_eq!(get(&app.end_user(BOB), path).await, missing(), "{path}");
    }
    // The label log does not know deleted dialogs at all.
    for caller in [&alice, &low, &app.end_user(BOB)] {
        assert_eq!(get(caller, &stored.label_log).await, missing());
    }
}

#[tokio::test]
async fn future_and_expired_dialogs_have_their_parts_and_are_not_seen() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let now = app.now();
    let times = [(Some(hours_from(now, 1)), None), (None, Some(hours_from(now, -1)))];
    for (visible_from, expires_at) in times {
        let mut given = dialog_with_parts(now);
        (given.visible_from, given.expires_at, given.idempotent_key) = (visible_from, expires_at, None);
        let (id, one) = (given.id, given.transmissions[0].id.0);
        let did = given.activities[0].id.0;
        app.holds(given);
        assert_eq!(get(&alice, &path(id, "")).await, missing());
        let parts = [format!("/activities/{did}"), format!("/transmissions/{one}")];
        let lists = ["/activities", "/transmissions", "/seenlog", "/context/labellog"].map(str::to_owned);
        for part in lists.into_iter().chain(parts) {
            assert_eq!(get(&alice, &path(id, &part)).await.0, 200, "{part}");
        }
        assert_eq!(alice.get(&path(id, "/seenlog")).await.json(), json!([]));
    }
}

#[tokio::test]
async fn activities_are_listed_by_time_without_who_did_it() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let now = app.now();
    let mut given = dialog("Historie");
    let mut bare = activity(ActivityType::DialogOpened, hours_from(now, -3));
    (bare.description, bare.performed_by) = (Localizations::default(), ActorOf::ServiceOwner);
    let [newest, mut b, mut a] = [-1, -2, -2].map(|hours| activity(ActivityType::Information, hours_from(now, hours)));
    (a.id, b.id) = (ActivityId(Uuid::from_u128(1)), ActivityId(Uuid::from_u128(2)));
    given.activities = vec![newest.clone(), b.clone(), a.clone(), bare.clone()];
    let id = given.id;
    app.holds(given);

    let list = alice.get(&path(id, "/activities")).await.expect(StatusCode::OK).json();
    let ids: Vec<_> = list.as_array().expect("a list").iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, [bare.id, a.id, b.id, newest.id].map(|id| json!(id.0)));
    let members = |it: &Value| it.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&list[0]), ["createdAt", "description", "id", "type"]);
    assert_eq!(list[0]["description"], json!([]));
    assert_eq!(list[1]["description"].as_array().map(Vec::len), Some(2));

    let one = alice.get(&path(id, &format!("/activities/{}", bare.id.0))).await.expect(StatusCode::OK).json();
    assert_eq!(members(&one), ["createdAt", "description", "id", "performedBy", "type"]);
    assert_eq!((&one["description"], &one["performedBy"]), (&json!([]), &json!({ "actorType": "ServiceOwner" })));
    let one = alice.get(&path(id, &format!("/activities/{}", a.id.0))).await.expect(StatusCode::OK).json();
    assert_masked(&one["performedBy"], "Eksempel Bob");

    let all = path(id, "/activities");
    let single = path(id, &format!("/activities/{}", a.id.0));
    for (url, shown) in [(&all, "/1/description"), (&single, "/description")] {
        for (languages, expected) in [("en", "New information"), ("sv", "Ny opplysning"), ("fr", "New information")] {
            let answer = alice.send(Method::GET, url, &[("accept-language", languages)], Body::empty()).await;
            let texts = answer.expect(StatusCode::OK).json().pointer(shown).expect("a description").clone();
            assert_eq!((texts.as_array().map(Vec::len), &texts[0]["value"]), (Some(1), &json!(expected)));
        }
        let answer = alice.send(Method::GET, url, &[("accept-language", "invalid;;;")], Body::empty()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

/// A person's number is not told, the name is.
#[track_caller]
fn assert_masked(actor: &Value, name: &str) {
    assert_eq!((&actor["actorType"], &actor["actorName"]), (&json!("PartyRepresentative"), &json!(name)));
    let id = actor["actorId"].as_str().expect("an id");
    let digits = id.strip_prefix("urn:altinn:person:identifier-ephemeral:").unwrap_or_else(|| panic!("{id}"));
    assert!(digits.len() == 10 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
}

#[tokio::test]
async fn transmissions_are_masked_as_in_the_dialog() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let mut given = dialog_with_parts(app.now());
    for (index, transmission) in given.transmissions.iter_mut().enumerate() {
        // The last one is the oldest; two are of one time.
        let hours = -i64::try_from(index.max(1)).expect("few");
        transmission.created_at = hours_from(app.now(), hours);
    }
    let first = given.transmissions[0].created_at;
    given.transmissions[1].created_at = first;
    (given.transmissions[0].id, given.transmissions[1].id) =
        (TransmissionId(Uuid::from_u128(2)), TransmissionId(Uuid::from_u128(1)));
    given.activities.clear();
    given.transmissions[0].sender = by(&format!("urn:altinn:person:identifier-no:{BOB}"), "Eksempel Bob");
    given.transmissions[1].sender =
        by(&format!("urn:altinn:organization:identifier-no:{COMPANY}"), "Eksempel Bedrift AS");
    let id = given.id;
    let ids: Vec<_> = given.transmissions.iter().map(|it| it.id.0).collect();
    app.holds(given);

    let list = alice.get(&path(id, "/transmissions")).await.expect(StatusCode::OK).json();
    let list = list.as_array().expect("a list");
    let order: Vec<_> = list.iter().map(|it| it["id"].clone()).collect();
    assert_eq!(order, [5, 4, 3, 2, 1, 0].map(|index: usize| json!(ids[index])));
    assert_masked(&list[5]["sender"], "Eksempel Bob");
    assert_eq!(list[4]["sender"]["actorId"], format!("urn:altinn:organization:identifier-no:{COMPANY}"));

    let dialog = alice.get(&path(id, "")).await.expect(StatusCode::OK).json();
    for it in list {
        let mut shown = dialog["transmissions"].as_array().expect("a list").iter();
        let mut shown = shown.find(|other| other["id"] == it["id"]).expect("the same").clone();
        shown.as_object_mut().expect("an object").remove("isOpened").expect("told in the dialog");
        assert_eq!(*it, shown);
        let one = path(id, &format!("/transmissions/{}", it["id"].as_str().expect("an id")));
        assert_eq!(alice.get(&one).await.expect(StatusCode::OK).json(), *it);
        let english = alice.send(Method::GET, &one, &[("accept-language", "en")], Body::empty()).await.json();
        let titles = &english["navigationalActions"][0]["title"];
        assert_eq!((titles.as_array().map(Vec::len), &titles[0]["value"]), (Some(1), &json!("Read")));
    }
    let authorized = list.iter().filter(|it| it["isAuthorized"] == true).count();
    assert_eq!((authorized, list.len()), (4, 6));
}

#[tokio::test]
async fn the_seen_log_tells_everyone_at_every_time() {
    let app = TestApp::new();
    let (alice, system_user) = (app.end_user(ALICE), app.system_user(SYSTEM_USER, COMPANY));
    let given = NewDialog { party: organization(COMPANY), ..dialog("Sett") };
    let id = given.id;
    app.holds(given);
    let skd = app.service_owner(SKD_NUMBER);
    alice.get(&path(id, "")).await.expect(StatusCode::OK);
    app.wait(std::time::Duration::from_secs(1));
    system_user.get(&path(id, "")).await.expect(StatusCode::OK);
    app.wait(std::time::Duration::from_secs(1));
    // What was seen before an update is seen all the same.
    let body = json!([{ "op": "replace", "path": "/progress", "value": 5 }]);
    let patch = format!("/api/v1/serviceowner/dialogs/{id}");
    let headers = [("content-type", "application/json-patch+json")];
    skd.send(Method::PATCH, &patch, &headers, body.to_string().into()).await.expect(StatusCode::NO_CONTENT);
    app.wait(std::time::Duration::from_secs(1));
    skd.get(&format!("{patch}?endUserId=urn:altinn:person:identifier-no:{ALICE}")).await.expect(StatusCode::OK);

    let list = alice.get(&path(id, "/seenlog")).await.expect(StatusCode::OK).json();
    let flags = |it: &Value| (it["isCurrentEndUser"] == true, it["isViaServiceOwner"] == true);
    let entries = list.as_array().expect("a list");
    assert_eq!(entries.iter().map(flags).collect::<Vec<_>>(), [(true, false), (false, false), (true, true)]);
    assert_masked(&entries[0]["seenBy"], "Eksempel Alice");
    assert_eq!(entries[0]["seenBy"]["actorId"], entries[2]["seenBy"]["actorId"]);
    assert_eq!(entries[1]["seenBy"]["actorId"], format!("urn:altinn:systemuser:uuid:{SYSTEM_USER}"));
    let times: Vec<_> = entries.iter().map(|it| it["seenAt"].as_str().expect("a time")).collect();
    assert!(times.is_sorted(), "{times:?}");
    for entry in entries {
        let one = path(id, &format!("/seenlog/{}", entry["id"].as_str().expect("an id")));
        assert_eq!(alice.get(&one).await.expect(StatusCode::OK).json(), *entry);
        let to_other = system_user.get(&one).await.expect(StatusCode::OK).json();
        let is_its_own = entry["id"] == entries[1]["id"];
        assert_eq!((&to_other["id"], &to_other["isCurrentEndUser"]), (&entry["id"], &json!(is_its_own)));
    }
}

#[tokio::test]
async fn parts_of_another_dialog_are_unknown() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let own = Stored::new(&app, dialog("Den ene"), &alice).await;
    let of_bob = NewDialog { party: person(BOB), ..dialog("Bobs") };
    let other = Stored::new(&app, of_bob, &app.end_user(BOB)).await;
    for (path, entity) in other.parts.iter().zip(["DialogActivity", "DialogTransmission", "DialogSeenLog"]) {
        let path = path.replace(&other.id.to_string(), &own.id.to_string());
        assert_eq!(get(&alice, &path).await, (404, entity.to_owned()), "{path}");
    }
}

use crate::app::{
    ALICE, Actor, BOB, CAROL, COMPANY, SECRET, SIGNING, SUBMISSION, SYSTEM_USER, TestApp, dialog, organization, person,
    resource, text,
};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor as ActorOf, ApiAction, ApiEndpoint, Attachment, AttachmentUrl,
    ConsumerType, ContentValue, DialogContent, DialogId, EventKind, GuiAction, GuiActionPriority, HttpVerb,
    LanguageCode, Localization, Localizations, MediaType, NavigationalAction, Org, Party, SystemLabel, Timestamp,
    Transmission, TransmissionContent, TransmissionId, TransmissionType,
};
use dialog_index::{AuthorizedScope, Found, LoadedDialog, NewDialog};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const UNAUTHORIZED: &str = "urn:dialogporten:unauthorized";
const EXPIRED: &str = "urn:dialogporten:expired";
const LINK: &str = "https://skatt.example.no/1";
const HOUR: i64 = 3_600_000_000;

fn path(id: DialogId) -> String {
    format!("/api/v1/enduser/dialogs/{id}")
}

async fn shown(caller: &Actor<'_>, id: DialogId) -> Value {
    caller.get(&path(id)).await.expect(StatusCode::OK).json()
}

#[track_caller]
fn assert_problem(problem: &Value, key: &str, message: &str) {
    let said = problem["errors"][key][0].as_str().unwrap_or_else(|| panic!("no {key} in {problem}"));
    assert!(said.contains(message), "{said}");
}

/// So many hours from a time.
pub(crate) fn hours_from(at: Timestamp, hours: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros() + hours * HOUR)
}

/// A text of two languages.
pub(crate) fn localized(nb: &str, en: &str) -> Localizations {
    let texts = [(LanguageCode::NB, nb), (LanguageCode::EN, en)];
    let texts = texts.map(|(language_code, value)| Localization { language_code, value: value.to_owned() });
    Localizations::new(texts.into())
}

fn link() -> ContentValue {
    ContentValue { media_type: MediaType::MarkdownEmbed, ..text(LINK) }
}

pub(crate) fn attachment(expires_at: Option<Timestamp>) -> Attachment {
    Attachment {
        id: Uuid::now_v7(),
        display_name: Localizations::default(),
        name: Some("kvittering.pdf".to_owned()),
        expires_at,
        urls: vec![AttachmentUrl {
            id: Uuid::now_v7(),
            url: LINK.to_owned(),
            media_type: Some("application/pdf".to_owned()),
            consumer_type: ConsumerType::Gui,
        }],
    }
}

fn gui_action(action: &str, attribute: Option<&str>) -> GuiAction {
    GuiAction {
        id: Uuid::now_v7(),
        action: action.to_owned(),
        url: LINK.to_owned(),
        authorization_attribute: attribute.map(str::to_owned),
        is_delete_dialog_action: false,
        http_method: HttpVerb::Get,
        priority: GuiActionPriority::Tertiary,
        title: localized("Åpne", "Open"),
        prompt: Localizations::default(),
    }
}

fn api_action(action: &str, attribute: Option<&str>) -> ApiAction {
    ApiAction {
        id: Uuid::now_v7(),
        action: action.to_owned(),
        name: None,
        authorization_attribute: attribute.map(str::to_owned),
        endpoints: vec![ApiEndpoint {
            id: Uuid::now_v7(),
            version: None,
            url: LINK.to_owned(),
            http_method: HttpVerb::Post,
            documentation_url: Some("https://skatt.example.no/docs".to_owned()),
            request_schema: None,
            response_schema: None,
            deprecated: false,
            sunset_at: None,
        }],
    }
}

pub(crate) fn transmission(attribute: Option<&str>, expires_at: Option<Timestamp>) -> Transmission {
    Transmission {
        id: TransmissionId::new(),
        idempotent_key: Some("melding".to_owned()),
        created_at: Timestamp::now(),
        transmission_type: TransmissionType::Information,
        extended_type: None,
        external_reference: None,
        authorization_attribute: attribute.map(str::to_owned),
        related_transmission_id: None,
        sender: ActorOf::ServiceOwner,
        content: Some(TransmissionContent { title: text("Melding"), summary: None, content_reference: Some(link()) }),
        attachments: vec![attachment(expires_at)],
        navigational_actions: vec![NavigationalAction {
            title: localized("Les", "Read"),
            url: LINK.to_owned(),
            expires_at,
        }],
    }
}

/// A dialog of the service with rules for parts, and with every kind of part.
pub(crate) fn dialog_with_parts(now: Timestamp) -> NewDialog {
    let mut whole = dialog("Hele");
    let title = text("Hele");
    whole.service_resource = resource(SIGNING);
    whole.content = Some(DialogContent {
        title,
        non_sensitive_title: Some(text("Åpen")),
        summary: Some(text("Sammendrag")),
        non_sensitive_summary: Some(text("Åpent sammendrag")),
        sender_name: Some(text("Skatt")),
        additional_info: Some(ContentValue { media_type: MediaType::Markdown, ..text("# Mer") }),
        extended_status: Some(text("Venter")),
        main_content_reference: Some(link()),
    });
    whole.search_tags = vec!["signering".to_owned()];
    whole.idempotent_key = Some("signering-1".to_owned());
    whole.attachments = vec![attachment(None), attachment(Some(hours_from(now, -1)))];
    whole.gui_actions = vec![
        gui_action("read", None),
        gui_action("pay", None),
        gui_action("sign", Some("part1")),
        gui_action("sign", Some("part2")),
        gui_action("sign", None),
    ];
    whole.api_actions = vec![api_action("write", None), api_action("pay", None)];
    whole.transmissions = vec![
        transmission(None, None),
        transmission(None, Some(hours_from(now, -1))),
        transmission(Some("mine"), None),
        transmission(Some("theirs"), Some(hours_from(now, -1))),
        transmission(Some(SECRET), None),
        transmission(Some("urn:altinn:resource:nav-ukjent"), None),
    ];
    let opened = |transmission: &Transmission| Activity {
        id: ActivityId::new(),
        created_at: now,
        activity_type: ActivityType::TransmissionOpened,
        extended_type: None,
        transmission_id: Some(transmission.id),
        performed_by: ActorOf::Identified { id: person(ALICE).into(), name: Some("Eksempel Alice".to_owned()) },
        description: Localizations::default(),
    };
    whole.activities = vec![opened(&whole.transmissions[0])];
    whole
}

#[tokio::test]
async fn links_are_hidden_from_those_who_may_not_follow_them() {
    let app = TestApp::new();
    let whole = dialog_with_parts(app.now());
    let id = whole.id;
    app.holds(whole);
    let shown = shown(&app.end_user(ALICE), id).await;

    let gui = shown["guiActions"].as_array().expect("a list").iter();
    let gui: Vec<_> = gui.map(|it| (it["isAuthorized"] == true, it["url"].as_str().expect("a URL"))).collect();
    // The last has no attribute: being permitted with its name on any part is enough.
    assert_eq!(gui, [(true, LINK), (false, UNAUTHORIZED), (true, LINK), (false, UNAUTHORIZED), (true, LINK)]);

    let api = shown["apiActions"].as_array().expect("a list").iter();
    let api: Vec<_> = api.map(|it| (it["isAuthorized"] == true, &it["endpoints"][0]["url"])).collect();
    assert_eq!(api, [(true, &json!(LINK)), (false, &json!(UNAUTHORIZED))]);
    assert_eq!(shown["apiActions"][1]["endpoints"][0]["documentationUrl"], "https://skatt.example.no/docs");

    let transmissions = shown["transmissions"].as_array().expect("a list").iter();
    let transmissions: Vec<_> = transmissions
        .map(|it| {
            assert_eq!(it["content"]["title"]["value"][0]["value"], "Melding");
            assert!(it["content"]["contentReference"].get("isAuthorized").is_none());
            let links = [
                &it["content"]["contentReference"]["value"][0]["value"],
                &it["attachments"][0]["urls"][0]["url"],
                &it["navigationalActions"][0]["url"],
            ];
            (it["isAuthorized"] == true, links.map(|link| link.as_str().expect("a link")))
        })
        .collect();
    let expected = [
        (true, [LINK; 3]),
        (true, [LINK, EXPIRED, EXPIRED]),
        (true, [LINK; 3]),
        (false, [UNAUTHORIZED; 3]),
        (true, [LINK; 3]),
        (false, [UNAUTHORIZED; 3]),
    ];
    assert_eq!(transmissions, expected);

    let attachments = shown["attachments"].as_array().expect("a list").iter();
    let attachments: Vec<_> = attachments.map(|it| it["urls"][0]["url"].as_str().expect("a URL")).collect();
    assert_eq!(attachments, [LINK, EXPIRED]);
    assert_eq!(shown["content"]["mainContentReference"]["isAuthorized"], true);
    assert_eq!(shown["content"]["mainContentReference"]["value"][0]["value"], LINK);
    let opened: Vec<_> = shown["transmissions"].as_array().expect("a list").iter().map(|it| &it["isOpened"]).collect();
    assert_eq!(opened, [true, false, false, false, false, false]);
}

#[tokio::test]
async fn who_may_do_something_but_not_read_sees_no_content() {
    let app = TestApp::new();
    let mut submission = dialog_with_parts(app.now());
    submission.service_resource = resource(SUBMISSION);
    submission.gui_actions = vec![gui_action("write", None)];
    let id = submission.id;
    app.holds(submission);
    let shown = shown(&app.end_user(ALICE), id).await;
    assert_eq!(shown["content"]["mainContentReference"]["isAuthorized"], false);
    assert_eq!(shown["content"]["mainContentReference"]["value"][0]["value"], UNAUTHORIZED);
    assert_eq!(shown["guiActions"][0]["url"], LINK);
}

/// The claims of a dialog token.
fn claims(shown: &Value) -> Value {
    let token = shown["dialogToken"].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn who_may_only_list_a_dialog_sees_no_more_than_its_texts() {
    let app = TestApp::new();
    let mut listed = dialog_with_parts(app.now());
    listed.service_resource = resource(SUBMISSION);
    listed.gui_actions = vec![gui_action("sign", None)];
    listed.api_actions = vec![api_action("pay", None)];
    listed.transmissions = vec![transmission(None, None), transmission(Some("mine"), None)];
    listed.activities.clear();
    let id = listed.id;
    app.holds(listed);
    let shown = shown(&app.end_user_at_level(ALICE, "idporten-loa-low"), id).await;
    assert_eq!(shown["content"]["mainContentReference"]["isAuthorized"], false);
    assert_eq!(shown["content"]["title"]["value"][0]["value"], "Hele");
    let urls = ["/guiActions/0/url", "/apiActions/0/endpoints/0/url", "/content/mainContentReference/value/0/value"];
    let of_transmissions = [0, 1].map(|n| format!("/transmissions/{n}/attachments/0/urls/0/url"));
    for url in urls.into_iter().map(str::to_owned).chain(of_transmissions) {
        assert_eq!(shown.pointer(&url), Some(&json!(UNAUTHORIZED)), "{url}");
    }
    // Attachments of the dialog have no rights of their own.
    assert_eq!(shown["attachments"][0]["urls"][0]["url"], LINK);
    assert_eq!(claims(&shown)["a"], "");
}

#[tokio::test]
async fn what_has_no_content_is_shown_without() {
    let app = TestApp::new();
    let mut bare = NewDialog { content: None, is_api_only: true, ..dialog("") };
    let without = |attribute| Transmission { content: None, ..transmission(attribute, None) };
    bare.service_resource = resource(SIGNING);
    bare.transmissions = vec![without(Some("theirs")), without(None)];
    let id = bare.id;
    app.holds(bare);
    let shown = shown(&app.end_user(ALICE), id).await;
    assert!(shown.get("content").is_none() && shown["isApiOnly"] == true);
    let transmissions = shown["transmissions"].as_array().expect("a list");
    let authorized: Vec<_> = transmissions.iter().map(|it| it["isAuthorized"] == true).collect();
    assert_eq!(authorized, [false, true]);
    assert!(transmissions.iter().all(|it| it.get("content").is_none()));
    let list = app.end_user(ALICE).get(&format!("{}/transmissions", path(id))).await.expect(StatusCode::OK).json();
    assert!(list.as_array().expect("a list").iter().all(|it| it.get("content").is_none()));
}

#[tokio::test]
async fn users_known_by_an_email_address_see_their_own() {
    let app = TestApp::new();
    let eva = Party::parse("urn:altinn:person:idporten-email:eva@example.no").expect("a party");
    let hers = NewDialog { party: eva, ..dialog("Evas") };
    let id = hers.id;
    app.holds(hers);
    let seen = shown(&app.email_user("Eva@example.no", 3), id).await;
    assert_eq!(claims(&seen)["c"], "urn:altinn:person:idporten-email:eva@example.no");
    let entry = &seen["seenSinceLastUpdate"][0];
    assert_eq!(entry["isCurrentEndUser"], true);
    // Addresses are not masked, as in the contract.
    assert_eq!(entry["seenBy"]["actorId"], "urn:altinn:person:idporten-email:eva@example.no");
    assert_eq!(entry["seenBy"]["actorName"], "eva@example.no");
    let low = app.email_user("eva@example.no", 2).get(&path(id)).await.expect(StatusCode::FORBIDDEN).json();
    assert_problem(&low, "Forbidden", "Altinn authentication level too low.");
    app.email_user("ole@example.no", 4).get(&path(id)).await.expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_first_look_is_told_and_moves_no_time() {
    let app = TestApp::new();
    let new = NewDialog { party: organization(COMPANY), ..dialog("Sett") };
    let id = new.id;
    app.holds(new);
    let alice = app.end_user(ALICE);
    let events = || {
        let events = app.dialogs().events_after(0, 100).expect("a read");
        let kind = |kind: &EventKind| match kind {
            EventKind::Seen { .. } => "seen".to_owned(),
            kind => format!("{kind:?}").to_lowercase(),
        };
        events.iter().map(|event| kind(&event.kind)).collect::<Vec<_>>()
    };
    assert_eq!(events(), ["created"]);
    let listed = async || alice.get("/api/v1/enduser/dialogs?allParties=true").await.json()["items"][0].clone();
    let before = listed().await;
    assert_eq!(before["isContentSeen"], false);
    app.wait(Duration::from_secs(1));
    for _ in 0..2 {
        shown(&alice, id).await;
    }
    assert_eq!(events(), ["created", "updated", "seen"]);
    let after = listed().await;
    assert_eq!(after["isContentSeen"], true);
    for kept in ["updatedAt", "contentUpdatedAt", "endUserContext"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    // Another's first look is told as well.
    shown(&app.system_user(SYSTEM_USER, COMPANY), id).await;
    assert_eq!(events()[3..], ["updated", "seen"]);
}

/// The names of the members, as the contract orders them.
const MEMBERS: &[&str] = &[
    "id",
    "revision",
    "org",
    "serviceResource",
    "serviceResourceType",
    "party",
    "progress",
    "process",
    "precedingProcess",
    "extendedStatus",
    "externalReference",
    "dueAt",
    "expiresAt",
    "createdAt",
    "updatedAt",
    "contentUpdatedAt",
    "status",
    "systemLabel",
    "isApiOnly",
    "hasUnopenedContent",
    "content",
    "dialogToken",
    "fromServiceOwnerTransmissionsCount",
    "fromPartyTransmissionsCount",
    "attachments",
    "transmissions",
    "guiActions",
    "apiActions",
    "activities",
    "seenSinceLastUpdate",
    "seenSinceLastContentUpdate",
    "isContentSeen",
    "endUserContext",
];

/// The names of an object's members as they were written.
fn members(json: &str) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Names;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        names.push(name);
                    }
                    Ok(Names(names))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Names>(json).expect("an object").0
}

#[tokio::test]
async fn a_dialog_is_written_as_the_contract_has_it() {
    let app = TestApp::new();
    let now = app.now();
    let mut whole = dialog_with_parts(now);
    whole.progress = Some(40);
    whole.process = Some("urn:process:2".to_owned());
    whole.preceding_process = Some("urn:process:1".to_owned());
    whole.extended_status = Some("paid".to_owned());
    whole.external_reference = Some("ref".to_owned());
    whole.due_at = Some(hours_from(now, 1));
    whole.expires_at = Some(hours_from(now, 2));
    let id = whole.id;
    let revision = app.holds(whole);
    let answer = app.end_user(ALICE).get(&path(id)).await.expect(StatusCode::OK);
    assert_eq!(answer.header("etag"), revision.to_string());
    assert_eq!(members(&answer.text()), MEMBERS);
    let shown = answer.json();
    let content: Vec<_> = shown["content"].as_object().expect("an object").keys().collect();
    let expected = ["additionalInfo", "extendedStatus", "mainContentReference", "senderName", "summary", "title"];
    assert_eq!(content, expected, "the non-sensitive texts are for lists");
    assert!(shown["activities"][0].get("description").is_none(), "there is none");
    assert!(shown["guiActions"][0].get("prompt").is_none() && shown["attachments"][0].get("displayName").is_none());
    assert!(shown["transmissions"][0].get("idempotentKey").is_none(), "it is the service owner's");
    assert_eq!(shown["serviceResourceType"], "altinnapp");
    let actor = &shown["activities"][0]["performedBy"];
    assert_eq!(actor["actorName"], "Eksempel Alice");
    let masked = actor["actorId"].as_str().expect("an id");
    assert!(masked.starts_with("urn:altinn:person:identifier-ephemeral:"), "{masked}");
    assert!(!answer.text().replace(&format!("identifier-no:{ALICE}\",\"progress"), "").contains(ALICE));
    assert_eq!(shown["dialogToken"].as_str().expect("a token").split('.').count(), 3);
}

#[tokio::test]
async fn the_order_of_the_checks() {
    let app = TestApp::new();
    let now = app.now();
    let alice = app.end_user(ALICE);
    let unknown = DialogId::new();
    let problem = alice.get(&path(unknown)).await.expect(StatusCode::NOT_FOUND).json();
    assert_problem(&problem, "DialogEntity", &format!("was not found: ({unknown})"));

    // Each has all the reasons from its own on.
    let mut reasons = dialog("Grunner");
    reasons.service_resource = resource(SECRET);
    reasons.visible_from = Some(hours_from(now, 5));
    let low = app.end_user_at_level(ALICE, "idporten-loa-substantial");
    let load = |deleted: bool, change: &dyn Fn(&mut NewDialog)| {
        let mut new = NewDialog { id: DialogId::new(), ..reasons.clone() };
        change(&mut new);
        let (mut dialog, label_log) = new.complete(now);
        dialog.deleted_at = deleted.then_some(now);
        let id = dialog.id;
        app.dialogs().load(vec![LoadedDialog { dialog, seen_log: Vec::new(), label_log }]).expect("the store works");
        id
    };
    let foreign = load(true, &|new| new.party = person(BOB));
    assert_problem(&low.get(&path(foreign)).await.expect(StatusCode::FORBIDDEN).json(), "Forbidden", "Forbidden");
    let deleted = load(true, &|_| {});
    assert_problem(&low.get(&path(deleted)).await.expect(StatusCode::GONE).json(), "DialogEntity", "is removed");
    let later = load(false, &|_| {});
    let problem = low.get(&path(later)).await.expect(StatusCode::FORBIDDEN).json();
    assert_problem(&problem, "Forbidden", "Altinn authentication level too low.");
    let answer = alice.get(&path(later)).await.expect(StatusCode::NOT_FOUND);
    assert_problem(&answer.json(), "DialogEntity", "is not visible until");
    let visible_from = hours_from(now, 5).to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    assert_eq!(answer.header("expires"), visible_from);
    app.wait(Duration::from_secs(5 * 3600 + 1));
    shown(&app.end_user(ALICE), later).await;
    let expired = load(false, &|new| new.expires_at = Some(hours_from(now, 1)));
    let problem = app.end_user(ALICE).get(&path(expired)).await.expect(StatusCode::NOT_FOUND).json();
    assert_problem(&problem, "DialogEntity", "expired at");
}

#[tokio::test]
async fn rights_are_those_of_the_party_and_the_service() {
    let app = TestApp::new();
    let mine = dialog("Min");
    let company = NewDialog { id: DialogId::new(), party: organization(COMPANY), ..dialog("Firmaets") };
    let (mine_id, company_id) = (mine.id, company.id);
    app.holds(mine);
    app.holds(company);
    for (caller, id, status) in [
        (app.end_user(ALICE), mine_id, StatusCode::OK),
        (app.end_user(ALICE), company_id, StatusCode::OK),
        (app.end_user(BOB), mine_id, StatusCode::FORBIDDEN),
        (app.end_user(CAROL), company_id, StatusCode::FORBIDDEN),
        (app.system_user(SYSTEM_USER, COMPANY), company_id, StatusCode::OK),
        (app.system_user(SYSTEM_USER, COMPANY), mine_id, StatusCode::FORBIDDEN),
    ] {
        caller.get(&path(id)).await.expect(status);
    }
}

#[tokio::test]
async fn who_looks_is_remembered_once_an_update() {
    let app = TestApp::new();
    let new = NewDialog { party: organization(COMPANY), ..dialog("Sett") };
    let id = new.id;
    let (mut stored, label_log) = new.complete(app.now());
    stored.end_user_context.system_labels = stored.end_user_context.system_labels.with(SystemLabel::MarkedAsUnopened);
    let revision = stored.revision;
    app.dialogs().load(vec![LoadedDialog { dialog: stored, seen_log: Vec::new(), label_log }]).expect("a load");
    let alice = app.end_user(ALICE);
    for _ in 0..2 {
        let shown = shown(&alice, id).await;
        assert_eq!(shown["isContentSeen"], true);
        assert_eq!(shown["endUserContext"]["systemLabels"], json!(["Default"]));
        assert_eq!(shown["revision"], revision.to_string());
        for list in ["seenSinceLastUpdate", "seenSinceLastContentUpdate"] {
            let entries = shown[list].as_array().expect("a list");
            assert_eq!(entries.len(), 1, "{shown}");
            assert_eq!(entries[0]["isCurrentEndUser"], true);
            assert_eq!(entries[0]["seenBy"]["actorName"], "Eksempel Alice");
        }
    }
    let of_system = shown(&app.system_user(SYSTEM_USER, COMPANY), id).await;
    let entries = of_system["seenSinceLastUpdate"].as_array().expect("a list");
    let current: Vec<_> = entries.iter().map(|entry| entry["isCurrentEndUser"] == true).collect();
    assert_eq!(current, [false, true]);
    let page = alice.get("/api/v1/enduser/dialogs?allParties=true").await.json();
    assert_eq!(page["items"][0]["isContentSeen"], true);
    assert_eq!(page["items"][0]["endUserContext"]["systemLabels"], json!(["Default"]));
    let owner = AuthorizedScope::owned_by(Org::new("skd"));
    let Found::Visible(log) = app.dialogs().label_log(&owner, id).expect("a read") else { panic!("it is there") };
    assert_eq!(log.iter().map(|entry| entry.label).collect::<Vec<_>>(), [SystemLabel::MarkedAsUnopened]);
}

#[tokio::test]
async fn texts_are_in_the_language_of_the_reader() {
    let app = TestApp::new();
    let new = dialog_with_parts(app.now());
    let id = new.id;
    app.holds(new);
    let alice = app.end_user(ALICE);
    let title = async |languages: &str| {
        let headers = [("accept-language", languages)];
        alice.send(Method::GET, &path(id), &headers, Body::empty()).await
    };
    for (languages, expected) in [("en", "Open"), ("nb-NO,en;q=0.5", "Åpne")] {
        let shown = title(languages).await.expect(StatusCode::OK).json();
        let texts = shown["guiActions"][0]["title"].as_array().expect("a list").clone();
        assert_eq!((texts.len(), texts[0]["value"].as_str()), (1, Some(expected)), "{languages}");
    }
    assert_eq!(shown(&alice, id).await["guiActions"][0]["title"].as_array().map(Vec::len), Some(2));
    let problem = title("invalid;;;").await.expect(StatusCode::BAD_REQUEST).json();
    assert!(problem["errors"]["Accept-Language"].is_array());
}

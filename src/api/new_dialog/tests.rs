//! Every rule on both sides of its edge: a valid body, one change, and what it leads to.

mod parts;
mod update;

use super::{Author, CreateDialog, Refused};
use crate::api::json::read_tree;
use crate::api::problem::Errors;
use crate::auth::Facts;
use crate::auth::register::Register;
use dialog_index::NewDialog;
use dialog_index::domain::{Actor, DialogStatus, MediaType, SystemLabel, Timestamp};
use serde_json::{Value, json};
use std::sync::LazyLock;
use uuid::Uuid;

const SKD: &str = "974761076";
const TAX: &str = "urn:altinn:resource:skd-skattemelding";
const LETTERS: &str = "urn:altinn:resource:skd-brev";
const BENEFITS: &str = "urn:altinn:resource:nav-ytelser";
const ALICE: &str = "urn:altinn:person:identifier-no:14829012333";
/// A person that the register does not know.
const STRANGER: &str = "urn:altinn:person:identifier-no:05867523660";

/// 2026-07-25T17:20:00Z.
const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let document = json!({
        "serviceOwners": [
            { "code": "skd", "orgNumber": SKD, "name": { "nb": "Skatteetaten" } },
            { "code": "nav", "orgNumber": "889640782", "name": { "nb": "Nav" } },
        ],
        "serviceResources": [
            { "id": TAX, "owner": "skd", "type": "GenericAccessResource", "name": { "nb": "Skattemelding" }, "rules": [] },
            { "id": LETTERS, "owner": "skd", "type": "CorrespondenceService", "name": { "nb": "Brev" }, "rules": [] },
            { "id": BENEFITS, "owner": "nav", "type": "AltinnApp", "name": { "nb": "Ytelser" }, "rules": [] },
        ],
        "subjects": [],
        "parties": [{
            "urn": ALICE, "name": "Fjell Alice", "uuid": "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b12", "partyId": 50001,
        }],
        "grants": [],
    });
    Register::from_document(document.to_string().as_bytes()).expect("a valid register").facts()
});

fn skd() -> Author {
    Author {
        organization_number: SKD.to_owned(),
        is_admin: false,
        writes_correspondence: false,
        writes_legacy_html: false,
        is_silent: false,
        tells_history: false,
    }
}

fn admin() -> Author {
    Author { is_admin: true, organization_number: "889640782".to_owned(), ..skd() }
}

fn silent() -> Author {
    Author { is_silent: true, ..skd() }
}

fn letter_writer() -> Author {
    Author { writes_correspondence: true, ..skd() }
}

fn html_writer() -> Author {
    Author { writes_legacy_html: true, ..skd() }
}

/// A UUID of version 7 so many milliseconds from now.
fn id(n: u16, millis: i64) -> String {
    let at = u128::try_from(NOW.as_micros() / 1000 + millis).expect("a time after 1970");
    Uuid::from_u128(at << 80 | 0x7000_8000_0000_0000_0000 | u128::from(n)).to_string()
}

/// So many seconds from now.
fn at(seconds: i64) -> Value {
    json!(Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000).to_string())
}

fn texts(text: &str) -> Value {
    json!([{ "value": text, "languageCode": "nb" }])
}

fn body() -> Value {
    json!({
        "serviceResource": TAX,
        "party": ALICE,
        "content": { "title": { "value": texts("Skattemelding") } },
        "attachments": [{ "urls": [{ "url": "https://skatt.example.no/a", "consumerType": "Gui" }] }],
        "guiActions": [{ "action": "open", "url": "https://skatt.example.no", "priority": "Primary", "title": texts("Åpne") }],
        "apiActions": [{ "action": "open", "endpoints": [{ "url": "https://skatt.example.no", "httpMethod": "GET" }] }],
        "transmissions": [{
            "id": id(1, 0),
            "type": "Information",
            "sender": { "actorType": "ServiceOwner" },
            "content": { "title": { "value": texts("Melding") } },
            "attachments": [{ "urls": [{ "url": "https://skatt.example.no/a", "consumerType": "Api" }] }],
            "navigationalActions": [{ "title": texts("Les"), "url": "https://skatt.example.no" }],
        }],
        "activities": [{
            "type": "TransmissionOpened",
            "transmissionId": id(1, 0),
            "performedBy": { "actorType": "PartyRepresentative", "actorId": ALICE },
        }],
    })
}

fn judged(author: &Author, body: &Value) -> Result<NewDialog, Refused> {
    let body = body.to_string();
    let given: Result<CreateDialog, _> = read_tree(body.as_bytes()).and_then(|tree| tree.read());
    given.map_err(|error| Refused::Invalid(Errors::from(error)))?.judge(author, &FACTS, NOW)
}

/// Sets a value by its path, e.g. `/content/title`; `null` takes it away.
fn with(mut body: Value, path: &str, value: Value) -> Value {
    let (parent, name) = path.rsplit_once('/').expect("a path");
    let parent = body.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match parent {
        Value::Array(list) => {
            let index: usize = name.parse().expect("an index");
            list.resize(list.len().max(index + 1), Value::Null);
            list[index] = value;
        }
        parent if value.is_null() => {
            parent.as_object_mut().expect("an object").remove(name);
        }
        parent => parent[name] = value,
    }
    body
}

#[track_caller]
fn accepts_by(author: &Author, path: &str, value: Value) -> NewDialog {
    let body = with(body(), path, value);
    judged(author, &body).unwrap_or_else(|refused| panic!("{path} is refused: {refused}\n{body}"))
}

#[track_caller]
fn accepts(path: &str, value: Value) -> NewDialog {
    accepts_by(&skd(), path, value)
}

/// The status and the keys of the refusal.
#[track_caller]
fn refuses_body(author: &Author, body: &Value, expected: (u16, &[&str])) {
    let refused = match judged(author, body) {
        Ok(_) => panic!("accepted: {body}"),
        Err(refused) => refused,
    };
    let status = refused.status().as_u16();
    let errors = serde_json::to_value(refused.clone().into_errors()).expect("errors are JSON");
    let keys: Vec<_> = errors.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!((status, keys.as_slice()), expected, "{refused}");
}

#[track_caller]
fn refuses_by(author: &Author, path: &str, value: Value, key: &str) {
    refuses_body(author, &with(body(), path, value), (400, &[key]));
}

#[track_caller]
fn refuses(path: &str, value: Value, key: &str) {
    refuses_by(&skd(), path, value, key);
}

#[test]
fn a_valid_body_becomes_a_dialog() {
    let dialog = judged(&skd(), &body()).expect("a valid body");
    assert_eq!(dialog.org.as_str(), "skd");
    assert_eq!((dialog.status, dialog.system_label), (DialogStatus::NotApplicable, SystemLabel::Default));
    assert_eq!(dialog.transmissions[0].created_at, NOW);
    let Actor::Identified { name, .. } = &dialog.activities[0].performed_by else { panic!("an actor with an id") };
    assert_eq!(name.as_deref(), Some("Alice Fjell"));
}

#[test]
fn what_a_dialog_cannot_do_without() {
    refuses("/serviceResource", Value::Null, "dto.serviceResource");
    refuses("/party", Value::Null, "dto.party");
    refuses("/content", Value::Null, "dto.content");
    refuses("/content/title", Value::Null, "dto.content");
    refuses("/content/title/value", json!([]), "dto.content.value");
    refuses_body(&skd(), &json!({}), (400, &["dto.content", "dto.party", "dto.serviceResource"]));
}

#[test]
fn ids_are_of_version_7_and_not_of_the_future() {
    for (path, key) in [
        ("/id", "dto.id"),
        ("/attachments/0/id", "dto.attachments[0].id"),
        ("/attachments/0/urls/0/id", "dto.attachments[0].urls[0].id"),
        ("/guiActions/0/id", "dto.guiActions[0].id"),
        ("/apiActions/0/id", "dto.apiActions[0].id"),
        ("/activities/0/id", "dto.activities[0].id"),
        ("/transmissions/0/id", "dto.transmissions[0].id"),
        ("/transmissions/0/attachments/0/id", "dto.transmissions[0].attachments[0].id"),
    ] {
        // That of a transmission is named by an activity, too.
        let with_id = |millis| {
            let body = with(body(), path, json!(id(2, millis)));
            if path == "/transmissions/0/id" { with(body, "/activities", json!([])) } else { body }
        };
        judged(&skd(), &with_id(14_999)).map(drop).expect("an id of less than 15 s ahead");
        refuses_body(&skd(), &with_id(15_000), (400, &[key]));
        if path == "/transmissions/0/id" {
            continue;
        }
        refuses(path, json!("0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11"), key);
        refuses(path, json!("00000000-0000-0000-0000-000000000000"), key);
    }
    accepts("/apiActions/0/endpoints/0/id", json!("0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11"));
    // An address of a transmission's attachment has no id of its own to give.
    accepts("/transmissions/0/attachments/0/urls/0/id", json!("0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11"));
    refuses("/id", json!("no id"), "id");
    // Its first groups in the order of little-endian machines, and of another variant.
    refuses("/id", json!("e6d29901-3f5c-527c-9a5f-2f6f4f0a9b11"), "dto.id");
    refuses("/id", json!("0199d2e6-5c3f-7c52-ca5f-2f6f4f0a9b11"), "dto.id");
    let version_4_ahead = json!("f199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11");
    let refused = judged(&skd(), &with(body(), "/id", version_4_ahead)).expect_err("two rules are broken");
    let errors = serde_json::to_value(refused.into_errors()).expect("errors are JSON");
    assert_eq!(errors["dto.id"].as_array().map(Vec::len), Some(2), "{errors}");
}

#[test]
fn lists_have_unique_ids() {
    for list in ["attachments", "guiActions", "apiActions", "activities", "transmissions"] {
        let mut body = with(body(), &format!("/{list}/0/id"), json!(id(1, 0)));
        if list == "guiActions" {
            body = with(body, "/guiActions/0/priority", json!("Tertiary"));
        }
        let twice = body[list][0].clone();
        body[list].as_array_mut().expect("a list").push(twice);
        refuses_body(&skd(), &body, (400, &[&format!("dto.{list}")]));
        body[list][1]["id"] = Value::Null;
        judged(&skd(), &body).expect("ids that are left out cannot clash");
    }
    let pair = |value: Value, first: u16, second: u16| {
        json!([with(value.clone(), "/id", json!(id(first, 0))), with(value, "/id", json!(id(second, 0)))])
    };
    let url = || json!({ "url": "https://a.no", "consumerType": "Gui" });
    let attachment = || json!({ "urls": [url()] });
    for (path, value, key) in [
        ("/attachments/0/urls", url(), "dto.attachments[0].urls"),
        ("/transmissions/0/attachments", attachment(), "dto.transmissions[0].attachments"),
    ] {
        accepts(path, pair(value.clone(), 7, 8));
        refuses(path, pair(value, 7, 7), key);
    }
    // Not looked at in creations.
    accepts("/apiActions/0/endpoints", pair(json!({ "url": "https://a.no", "httpMethod": "GET" }), 7, 7));
    accepts("/transmissions/0/attachments/0/urls", pair(url(), 7, 7));
}

/// A body with every member that a text can be put into.
fn everything() -> Value {
    [
        ("/process", json!("urn:process:1")),
        ("/attachments/0/displayName", texts("x")),
        ("/guiActions/0/prompt", texts("x")),
        ("/transmissions/0/sender", json!({ "actorType": "PartyRepresentative", "actorName": "Ola" })),
        ("/transmissions/0/attachments/0/displayName", texts("x")),
    ]
    .into_iter()
    .fold(body(), |body, (path, value)| with(body, path, value))
}

#[test]
fn content_has_bounds() {
    let embed = "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown";
    for (path, max, max_of_letters) in [
        ("/content/title", 255, 512),
        ("/content/nonSensitiveTitle", 255, 512),
        ("/content/summary", 255, 512),
        ("/content/nonSensitiveSummary", 255, 512),
        ("/content/senderName", 255, 512),
        ("/content/additionalInfo", 1023, 1023),
        ("/content/extendedStatus", 25, 25),
        ("/content/mainContentReference", 1023, 1023),
        ("/transmissions/0/content/title", 255, 512),
        ("/transmissions/0/content/summary", 255, 512),
        ("/transmissions/0/content/contentReference", 1023, 1023),
    ] {
        let is_reference = path.ends_with("Reference");
        let key = if path.starts_with("/content") { "dto.content" } else { "dto.transmissions[0].content" };
        let value = |length: usize| match is_reference {
            true => {
                json!({ "value": texts(&format!("https://a.no/{}", "x".repeat(length - 13))), "mediaType": embed })
            }
            false => json!({ "value": texts(&"x".repeat(length)) }),
        };
        for (author, max) in [(skd(), max), (letter_writer(), max_of_letters), (html_writer(), max)] {
            accepts_by(&author, path, value(max));
            refuses_by(&author, path, value(max + 1), &format!("{key}.value[0].value"));
        }
        refuses(path, with(value(20), "/value", json!([])), &format!("{key}.value"));
        refuses(path, with(value(20), "/mediaType", json!("text/css")), &format!("{key}.mediaType"));
        // Only some are more than plain text.
        let markdown = judged(&skd(), &with(body(), path, with(value(20), "/mediaType", json!("text/markdown"))));
        assert_eq!(markdown.is_ok(), path == "/content/additionalInfo", "{path}");
        if is_reference {
            refuses(path, json!({ "value": texts("https://a.no") }), &format!("{key}.mediaType"));
            refuses(path, json!({ "value": texts("a.no"), "mediaType": embed }), &format!("{key}.value[0].value"));
        }
    }
    refuses_body(
        &skd(),
        &with(body(), "/content/title", json!({ "value": texts("x"), "mediaType": null })),
        (400, &["content.title.mediaType"]),
    );
}

#[test]
fn texts_have_bounds() {
    let long = |length: usize| json!("æ".repeat(length));
    for (path, key) in [
        ("/extendedStatus", "dto.extendedStatus"),
        ("/externalReference", "dto.externalReference"),
        ("/attachments/0/name", "dto.attachments[0].name"),
        ("/attachments/0/displayName/0/value", "dto.attachments[0].displayName[0].value"),
        ("/attachments/0/urls/0/mediaType", "dto.attachments[0].urls[0].mediaType"),
        ("/guiActions/0/action", "dto.guiActions[0].action"),
        ("/guiActions/0/title/0/value", "dto.guiActions[0].title[0].value"),
        ("/guiActions/0/prompt/0/value", "dto.guiActions[0].prompt[0].value"),
        ("/apiActions/0/action", "dto.apiActions[0].action"),
        ("/apiActions/0/name", "dto.apiActions[0].name"),
        ("/apiActions/0/endpoints/0/version", "dto.apiActions[0].endpoints[0].version"),
        ("/transmissions/0/externalReference", "dto.transmissions[0].externalReference"),
        ("/transmissions/0/sender/actorName", "dto.transmissions[0].sender.actorName"),
        ("/transmissions/0/attachments/0/name", "dto.transmissions[0].attachments[0].name"),
        (
            "/transmissions/0/attachments/0/displayName/0/value",
            "dto.transmissions[0].attachments[0].displayName[0].value",
        ),
        ("/transmissions/0/attachments/0/urls/0/mediaType", "dto.transmissions[0].attachments[0].urls[0].mediaType"),
        (
            "/transmissions/0/navigationalActions/0/title/0/value",
            "dto.transmissions[0].navigationalActions[0].title[0].value",
        ),
    ] {
        let body = |length| with(everything(), path, long(length));
        judged(&skd(), &body(255)).map(drop).unwrap_or_else(|refused| panic!("{path}: {refused}"));
        refuses_body(&skd(), &body(256), (400, &[key]));
    }
    let url = |length: usize| json!(format!("https://a.no/{}", "x".repeat(length - 13)));
    for (path, key) in [
        ("/process", "dto.process"),
        ("/precedingProcess", "dto.precedingProcess"),
        ("/guiActions/0/url", "dto.guiActions[0].url"),
        ("/apiActions/0/endpoints/0/url", "dto.apiActions[0].endpoints[0].url"),
        ("/apiActions/0/endpoints/0/documentationUrl", "dto.apiActions[0].endpoints[0].documentationUrl"),
        ("/apiActions/0/endpoints/0/requestSchema", "dto.apiActions[0].endpoints[0].requestSchema"),
        ("/apiActions/0/endpoints/0/responseSchema", "dto.apiActions[0].endpoints[0].responseSchema"),
        ("/activities/0/extendedType", "dto.activities[0].extendedType"),
        ("/attachments/0/urls/0/url", "dto.attachments[0].urls[0].url"),
        ("/transmissions/0/extendedType", "dto.transmissions[0].extendedType"),
        ("/transmissions/0/attachments/0/urls/0/url", "dto.transmissions[0].attachments[0].urls[0].url"),
        ("/transmissions/0/navigationalActions/0/url", "dto.transmissions[0].navigationalActions[0].url"),
    ] {
        let body = |value| with(everything(), path, value);
        judged(&skd(), &body(url(1023))).map(drop).unwrap_or_else(|refused| panic!("{path}: {refused}"));
        refuses_body(&skd(), &body(url(1024)), (400, &[key]));
        refuses_body(&skd(), &body(json!("%zz")), (400, &[key]));
        // Addresses that people follow are secure, the others any URI.
        let insecure = judged(&skd(), &body(json!("http://a.no")));
        assert_eq!(insecure.is_err(), key.to_lowercase().ends_with(".url"), "{path}");
    }
    let named = |length: usize| json!(format!("urn:altinn:{}:{}", "x".repeat(100), "y".repeat(length - 112)));
    for list in ["guiActions", "apiActions", "transmissions"] {
        let path = format!("/{list}/0/authorizationAttribute");
        accepts(&path, named(255));
        refuses(&path, named(256), &format!("dto.{list}[0].authorizationAttribute"));
        refuses(&path, json!(""), &format!("dto.{list}[0].authorizationAttribute"));
    }
    // Well-formed, but none of the register.
    let service = |length: usize| json!(format!("urn:altinn:resource:{}", "x".repeat(length - 20)));
    refuses_body(&skd(), &with(body(), "/serviceResource", service(255)), (422, &["ServiceResource"]));
    refuses("/serviceResource", service(256), "dto.serviceResource");
    let party = |length: usize| json!(format!("urn:altinn:person:legacy-selfidentified:{}", "x".repeat(length - 40)));
    accepts("/party", party(255));
    refuses("/party", party(256), "dto.party");
    for (path, key) in [
        ("/idempotentKey", "dto.idempotentKey"),
        ("/transmissions/0/idempotentKey", "dto.transmissions[0].idempotentKey"),
    ] {
        accepts(path, long(3));
        accepts(path, long(36));
        refuses(path, long(2), key);
        refuses(path, long(37), key);
    }
    accepts("/extendedStatus", json!("😀".repeat(127)));
    refuses("/extendedStatus", json!("😀".repeat(128)), "dto.extendedStatus");
    refuses("/guiActions/0/action", json!(" "), "dto.guiActions[0].action");
    refuses("/guiActions/0/url", json!("http://a.no"), "dto.guiActions[0].url");
}

#[test]
fn languages() {
    let title = |codes: &[&str]| {
        json!(codes.iter().map(|code| json!({ "value": "x", "languageCode": code })).collect::<Vec<_>>())
    };
    accepts("/content/title/value", title(&["nb_NO", "nn", " EN-gb"]));
    refuses("/content/title/value", title(&["no"]), "dto.content.value[0].languageCode");
    refuses("/content/title/value", title(&["en_US", "en-GB"]), "dto.content.value");
    refuses("/content/title/value", json!([{ "value": "x" }]), "content.title.value[0]");
    refuses("/content/title/value/0/value", json!("  "), "dto.content.value[0].value");
}

#[test]
fn media_types() {
    let value = |media_type: &str, text: &str| json!({ "value": texts(text), "mediaType": media_type });
    let embed = "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown";
    let old_embed = "application/vnd.dialogporten.frontchannelembed+json;type=markdown";
    let html_embed = "application/vnd.dialogporten.frontchannelembed-url;type=text/html";
    accepts("/content/additionalInfo", value("text/markdown", "# x"));
    refuses("/content/summary", value("text/markdown", "# x"), "dto.content.mediaType");
    refuses("/content/summary", value("tExt/plain", "x"), "dto.content.mediaType");
    refuses("/content/additionalInfo", value("text/html", "<p>x</p>"), "dto.content.mediaType");
    accepts_by(&html_writer(), "/content/additionalInfo", value("text/html", "<p>x</p>"));
    refuses_by(&html_writer(), "/content/additionalInfo", value("text/html", "<img>"), "dto.content.value[0].value");
    let dialog = accepts("/content/mainContentReference", value(old_embed, "https://a.no"));
    let reference = dialog.content.and_then(|content| content.main_content_reference).expect("a reference");
    assert_eq!(reference.media_type, MediaType::MarkdownEmbed);
    accepts("/transmissions/0/content/contentReference", value(embed, "https://a.no"));
    refuses("/content/mainContentReference", value(embed, "http://a.no"), "dto.content.value[0].value");
    refuses("/content/mainContentReference", value(html_embed, "https://a.no"), "dto.content.mediaType");
    accepts_by(&html_writer(), "/content/mainContentReference", value(html_embed, "https://a.no"));
    let old_html_embed = "application/vnd.dialogporten.frontchannelembed+json;type=html";
    for path in ["/content/mainContentReference", "/transmissions/0/content/contentReference"] {
        let key = if path.starts_with("/content") { "dto.content" } else { "dto.transmissions[0].content" };
        accepts(path, value(old_embed, "https://a.no"));
        accepts_by(&html_writer(), path, value(old_html_embed, "https://a.no"));
        refuses(path, value(old_html_embed, "https://a.no"), &format!("{key}.mediaType"));
    }
    accepts("/content/extendedStatus", value("text/plain", &"x".repeat(25)));
    refuses("/content/extendedStatus", value("text/plain", &"x".repeat(26)), "dto.content.value[0].value");
}

#[test]
fn enums_have_members() {
    // A representative of the party needs a name or an id as well, which the other actor does not.
    for (path, members, key) in [
        ("/status", 1..=8, "dto.status"),
        ("/systemLabel", 1..=3, "dto.systemLabel"),
        ("/guiActions/0/priority", 1..=3, "dto.guiActions[0].priority"),
        ("/guiActions/0/httpMethod", 1..=2, "dto.guiActions[0].httpMethod"),
        ("/attachments/0/urls/0/consumerType", 1..=2, "dto.attachments[0].urls[0].consumerType"),
        ("/apiActions/0/endpoints/0/httpMethod", 1..=9, "dto.apiActions[0].endpoints[0].httpMethod"),
        ("/transmissions/0/type", 1..=8, "dto.transmissions[0].type"),
        ("/transmissions/0/sender/actorType", 2..=2, "dto.transmissions[0].sender.actorType"),
    ] {
        refuses(path, json!(members.end() + 1), key);
        for member in members {
            accepts(path, json!(member));
        }
        refuses(path, json!(0), key);
        refuses(path, json!("Nothing"), &key["dto.".len()..]);
    }
    for path in [
        "/guiActions/0/priority",
        "/attachments/0/urls/0/consumerType",
        "/apiActions/0/endpoints/0/httpMethod",
        "/transmissions/0/type",
        "/transmissions/0/sender/actorType",
        "/activities/0/type",
    ] {
        let key = format!("dto{}", path.replace("/0", "[0]").replace('/', "."));
        refuses(path, Value::Null, &key);
    }
    let of_type = |number: u8| with(body(), "/activities/0/type", json!(number));
    refuses_body(&skd(), &of_type(18), (400, &["dto.activities[0].type"]));
    judged(&skd(), &of_type(4)).map(drop).expect("TransmissionOpened");
    // Verbs by name: those of people's actions are few.
    for (verb, is_fine) in [("GET", true), ("post", true), ("DELETE", true), ("PATCH", false), ("TRACE", false)] {
        assert_eq!(judged(&skd(), &with(body(), "/guiActions/0/httpMethod", json!(verb))).is_ok(), is_fine, "{verb}");
    }
    let mut null = body();
    null["guiActions"][0]["httpMethod"] = Value::Null;
    refuses_body(&skd(), &null, (400, &["dto.guiActions[0].httpMethod"]));
    let status = |name| accepts("/status", json!(name)).status;
    assert_eq!((status("new"), status("Sent")), (DialogStatus::NotApplicable, DialogStatus::Awaiting));
    accepts("/systemLabel", json!("Archive"));
    refuses("/systemLabel", json!("MarkedAsUnopened"), "dto.systemLabel");
    refuses("/systemLabel", json!("Sent"), "dto.systemLabel");
}

#[test]
fn numbers_and_counts() {
    accepts("/progress", json!(0));
    accepts("/progress", json!("100"));
    refuses("/progress", json!(-1), "dto.progress");
    refuses("/progress", json!(101), "dto.progress");
    let labels = |count: usize| json!({ "serviceOwnerLabels": (0..count).map(|n| json!({ "value": format!("label{n}") })).collect::<Vec<_>>() });
    accepts("/serviceOwnerContext", labels(20));
    refuses("/serviceOwnerContext", labels(21), "dto.serviceOwnerContext.serviceOwnerLabels");
    let pair = |first: &str, second: &str| json!([{ "value": first }, { "value": second }]);
    accepts("/serviceOwnerContext", json!({ "serviceOwnerLabels": pair("abc", "abd") }));
    let list = "dto.serviceOwnerContext.serviceOwnerLabels";
    refuses("/serviceOwnerContext", json!({ "serviceOwnerLabels": pair("abc", "ABC") }), list);
    refuses("/serviceOwnerContext", json!({ "serviceOwnerLabels": pair("abc", "ab") }), &format!("{list}[1].value"));
    assert_eq!(accepts("/searchTags", pair(" Skatt ", "melding")).search_tags, ["skatt", "melding"]);
    refuses("/searchTags", pair("skatt", "SKATT"), "dto.searchTags");
    for (length, is_fine) in [(2, false), (3, true), (63, true), (64, false)] {
        // What is around it does not count.
        let tags = json!([{ "value": format!(" {} ", "x".repeat(length)) }]);
        assert_eq!(judged(&skd(), &with(body(), "/searchTags", tags)).is_ok(), is_fine, "{length}");
        let label = json!({ "serviceOwnerLabels": [{ "value": "x".repeat(length) }] });
        assert_eq!(judged(&skd(), &with(body(), "/serviceOwnerContext", label)).is_ok(), length > 2, "{length}");
    }
    accepts("/serviceOwnerContext", json!({ "serviceOwnerLabels": [{ "value": "x".repeat(255) }] }));
    let label = json!({ "serviceOwnerLabels": [{ "value": "x".repeat(256) }] });
    refuses("/serviceOwnerContext", label, &format!("{list}[0].value"));
    refuses("/searchTags", json!([{}]), "dto.searchTags[0].value");
    let action =
        |priority: &str| json!({ "action": "a", "url": "https://a.no", "priority": priority, "title": texts("x") });
    let actions = |tertiary: usize| {
        json!(
            std::iter::once("Primary")
                .chain(std::iter::once("Secondary"))
                .chain(std::iter::repeat_n("Tertiary", tertiary))
                .map(action)
                .collect::<Vec<_>>()
        )
    };
    accepts("/guiActions", actions(5));
    refuses("/guiActions", actions(6), "dto.guiActions");
    refuses("/guiActions/1", action("Primary"), "dto.guiActions");
    refuses("/guiActions", json!([action("Secondary"), action("Secondary")]), "dto.guiActions");
}

#[test]
fn actions_and_attachments() {
    refuses("/attachments/0/urls", json!([]), "dto.attachments[0].urls");
    refuses("/apiActions/0/endpoints", json!([]), "dto.apiActions[0].endpoints");
    refuses("/guiActions/0/httpMethod", json!("PUT"), "dto.guiActions[0].httpMethod");
    refuses("/guiActions/0/title", json!([]), "dto.guiActions[0].title");
    accepts("/guiActions/0/prompt", json!([]));
    accepts("/attachments/0/displayName", json!([]));
    refuses("/apiActions/0/action", json!(" "), "dto.apiActions[0].action");
    refuses("/transmissions/0/attachments/0/urls", json!([]), "dto.transmissions[0].attachments[0].urls");
    let title = "/transmissions/0/navigationalActions/0/title";
    refuses(title, json!([]), "dto.transmissions[0].navigationalActions[0].title");
    refuses("/guiActions/0/authorizationAttribute", json!(""), "dto.guiActions[0].authorizationAttribute");
    accepts("/guiActions/0/authorizationAttribute", json!("element1"));
    refuses("/apiActions/0/endpoints/0/sunsetAt", at(-5), "dto.apiActions[0].endpoints[0].deprecated");
    accepts(
        "/apiActions/0/endpoints/0",
        json!({ "url": "https://a.no", "httpMethod": "GET", "deprecated": true, "sunsetAt": at(-5) }),
    );
    accepts("/attachments/0/expiresAt", at(0));
    refuses("/attachments/0/expiresAt", at(-1), "dto.attachments[0].expiresAt");
    accepts_by(&Author { tells_history: true, ..skd() }, "/attachments/0/expiresAt", at(-1));
}

#[test]
fn times_have_an_order() {
    let times = |pairs: &[(&str, i64)]| {
        pairs.iter().fold(body(), |body, (name, seconds)| with(body, &format!("/{name}"), at(*seconds)))
    };
    let fine = |author: &Author, pairs: &[(&str, i64)]| judged(author, &times(pairs)).map(drop).expect("valid times");
    let refused =
        |author: &Author, pairs: &[(&str, i64)], key: &str| refuses_body(author, &times(pairs), (400, &[key]));
    fine(&skd(), &[("createdAt", 15), ("updatedAt", 15)]);
    refused(&skd(), &[("createdAt", 16)], "dto.createdAt");
    refused(&skd(), &[("createdAt", 15), ("updatedAt", 16)], "dto.updatedAt");
    fine(&skd(), &[("createdAt", -5), ("updatedAt", -5)]);
    for (path, key) in [
        ("/transmissions/0/createdAt", "dto.transmissions[0].createdAt"),
        ("/activities/0/createdAt", "dto.activities[0].createdAt"),
    ] {
        accepts(path, at(15));
        refuses(path, at(16), key);
    }
    let mut null = body();
    null["transmissions"][0]["createdAt"] = Value::Null;
    refuses_body(&skd(), &null, (400, &["transmissions[0].createdAt"]));
    for (path, key) in [
        ("/transmissions/0/attachments/0/expiresAt", "dto.transmissions[0].attachments[0].expiresAt"),
        ("/transmissions/0/navigationalActions/0/expiresAt", "dto.transmissions[0].navigationalActions[0].expiresAt"),
    ] {
        accepts(path, at(0));
        for author in [skd(), silent(), admin()] {
            refuses_by(&author, path, at(-1), key);
        }
    }
    refused(&skd(), &[("updatedAt", -5)], "dto.createdAt");
    refused(&skd(), &[("createdAt", -5), ("updatedAt", -6)], "dto.updatedAt");
    fine(&skd(), &[("dueAt", 10), ("expiresAt", 10), ("visibleFrom", 10)]);
    for author in [skd(), silent(), admin()] {
        refused(&author, &[("dueAt", 10), ("expiresAt", 9)], "dto.expiresAt");
        refused(&author, &[("visibleFrom", 10), ("expiresAt", 9)], "dto.expiresAt");
    }
    refused(&skd(), &[("visibleFrom", 10), ("dueAt", 9)], "dto.dueAt");
    refused(&silent(), &[("visibleFrom", 10), ("dueAt", 9)], "dto.dueAt");
    fine(&admin(), &[("visibleFrom", 10), ("dueAt", 9)]);
    for (name, key) in [("dueAt", "DueAt"), ("expiresAt", "ExpiresAt"), ("visibleFrom", "VisibleFrom")] {
        fine(&skd(), &[(name, 1)]);
        refuses_body(&skd(), &times(&[(name, 0)]), (422, &[key]));
        fine(&silent(), &[(name, -10)]);
        fine(&admin(), &[(name, -10)]);
    }
    refuses("/dueAt", json!("2026-08-01T00:00:00"), "dueAt");
}

#[test]
fn processes() {
    accepts("/process", json!("urn:process:1"));
    refuses("/precedingProcess", json!("urn:process:1"), "dto.process");
    refuses("/process", json!("%zz"), "dto.process");
}

#[test]
fn actors_are_owners_or_representatives() {
    for (path, key) in [
        ("/transmissions/0/sender", "dto.transmissions[0].sender"),
        ("/activities/0/performedBy", "dto.activities[0].performedBy"),
    ] {
        check_actor(path, key);
    }
}

fn check_actor(path: &str, key: &str) {
    accepts(path, json!({ "actorType": "ServiceOwner" }));
    refuses(path, json!({ "actorType": "ServiceOwner", "actorId": ALICE }), key);
    accepts(path, json!({ "actorType": "PartyRepresentative", "actorName": "Ola" }));
    accepts(path, json!({ "actorType": "PartyRepresentative", "actorId": ALICE }));
    refuses(path, Value::Null, key);
    refuses(path, json!({ "actorType": "PartyRepresentative" }), key);
    refuses(path, json!({ "actorType": "PartyRepresentative", "actorName": "Ola", "actorId": ALICE }), key);
    refuses(path, json!({ "actorType": "ServiceOwner", "actorName": "Ola" }), key);
    refuses(path, json!({ "actorType": "PartyRepresentative", "actorId": "urn:x:1" }), &format!("{key}.actorId"));
    let stranger = json!({ "actorType": "PartyRepresentative", "actorId": STRANGER });
    refuses_body(&skd(), &with(body(), path, stranger), (422, &["ActorId"]));
}

#[test]
fn activities_speak_of_what_is_there() {
    let path = "/activities/0";
    let activity = |change: Value| {
        let mut activity = json!({ "type": "DialogOpened", "performedBy": { "actorType": "ServiceOwner" } });
        for (name, value) in change.as_object().expect("an object") {
            activity[name] = value.clone();
        }
        activity
    };
    accepts(path, activity(json!({})));
    accepts(path, activity(json!({ "type": "Information", "description": texts("x") })));
    refuses(path, activity(json!({ "type": "Information" })), "dto.activities[0].description");
    refuses(path, activity(json!({ "description": texts("x") })), "dto.activities[0].description");
    refuses(path, activity(json!({ "transmissionId": id(1, 0) })), "dto.activities[0].transmissionId");
    refuses(path, activity(json!({ "type": "TransmissionOpened" })), "dto.activities[0].transmissionId");
    refuses(path, activity(json!({ "type": "TransmissionOpened", "transmissionId": id(9, 0) })), "dto.activities[0]");
    let described =
        |length: usize| activity(json!({ "type": "Information", "description": texts(&"x".repeat(length)) }));
    accepts(path, described(255));
    refuses(path, described(256), "dto.activities[0].description[0].value");
    accepts(path, activity(json!({ "description": [] })));
    refuses(path, activity(json!({ "type": "Information", "description": [] })), "dto.activities[0].description");
    accepts(path, activity(json!({ "type": "TransmissionOpened", "transmissionId": id(1, 0) })));
    accepts_by(&letter_writer(), path, described(4095));
    refuses_by(&letter_writer(), path, described(4096), "dto.activities[0].description[0].value");
    let opened = with(body(), path, activity(json!({ "type": "CorrespondenceOpened" })));
    refuses_body(&skd(), &opened, (403, &["Forbidden"]));
    judged(&letter_writer(), &opened).expect("the scope is there");
}

/// Transmissions, each with the number of the one that it answers.
fn tree(parents: &[Option<u16>]) -> Value {
    let transmissions = parents.iter().enumerate().map(|(n, parent)| {
        let number = u16::try_from(n).expect("few transmissions");
        let mut transmission = body()["transmissions"][0].take();
        transmission["id"] = json!(id(number, 0));
        transmission["relatedTransmissionId"] = json!(parent.map(|parent| id(parent, 0)));
        transmission
    });
    let transmissions: Vec<_> = transmissions.collect();
    with(with(body(), "/activities", json!([])), "/transmissions", json!(transmissions))
}

#[test]
fn transmissions_form_trees() {
    let chain = |length: u16| tree(&(0..length).map(|n| n.checked_sub(1)).collect::<Vec<_>>());
    let star = |children: usize| {
        tree(&std::iter::once(None).chain(std::iter::repeat_n(Some(0), children)).collect::<Vec<_>>())
    };
    for fine in [chain(100), star(100), tree(&[Some(1), None])] {
        judged(&skd(), &fine).map(drop).expect("a tree");
    }
    for broken in [chain(101), star(101), tree(&[Some(1), Some(0)]), tree(&[Some(1), Some(2), Some(0), None])] {
        refuses_body(&skd(), &broken, (422, &["Transmissions"]));
    }
    refuses_body(&skd(), &tree(&[Some(0)]), (400, &["dto.transmissions[0].relatedTransmissionId"]));
    refuses_body(&skd(), &tree(&[Some(7)]), (400, &["dto.transmissions[0]"]));
    let mut keys = tree(&[None, None]);
    for n in [0, 1] {
        keys["transmissions"][n]["idempotentKey"] = json!("samme");
    }
    refuses_body(&skd(), &keys, (409, &["IdempotentKey"]));
}

#[test]
fn dialogs_for_apis_need_no_content() {
    let bare = |body: Value| {
        let body = with(with(body, "/isApiOnly", json!(true)), "/content", Value::Null);
        with(body, "/transmissions/0/content", Value::Null)
    };
    assert!(judged(&skd(), &bare(body())).expect("an API-only dialog").content.is_none());
    let incomplete = with(bare(body()), "/content", json!({ "summary": { "value": texts("x") } }));
    refuses_body(&skd(), &incomplete, (400, &["dto.content"]));
    refuses("/transmissions/0/content", Value::Null, "dto.transmissions[0].content");
    let incomplete = with(bare(body()), "/transmissions/0/content", json!({ "summary": { "value": texts("x") } }));
    refuses_body(&skd(), &incomplete, (400, &["dto.transmissions[0].content"]));
    judged(&skd(), &with(body(), "/isApiOnly", json!(true))).map(drop).expect("content that is complete");
}

#[test]
fn services_belong_to_their_owners() {
    let on = |resource: &str| with(body(), "/serviceResource", json!(resource));
    refuses("/serviceResource", json!("urn:altinn:resource:"), "dto.serviceResource");
    refuses("/serviceResource", json!("urn:altinn:app:skd"), "dto.serviceResource");
    refuses_body(&skd(), &on("urn:altinn:resource:unknown"), (422, &["ServiceResource"]));
    refuses_body(&admin(), &on("urn:altinn:resource:unknown"), (422, &["Org", "ServiceResource"]));
    refuses_body(&skd(), &on(BENEFITS), (403, &["Forbidden"]));
    assert_eq!(judged(&admin(), &on(TAX)).expect("administrators write for everyone").org.as_str(), "skd");
    refuses_body(&skd(), &on(LETTERS), (403, &["Forbidden"]));
    judged(&letter_writer(), &on(LETTERS)).map(drop).expect("the scope is there");
    for path in ["/guiActions/0", "/apiActions/0", "/transmissions/0"] {
        let naming = |resource: &str| with(body(), &format!("{path}/authorizationAttribute"), json!(resource));
        judged(&skd(), &naming(&TAX.to_uppercase().replace("URN:ALTINN:RESOURCE", "urn:altinn:resource")))
            .map(drop)
            .expect("its own");
        refuses_body(&skd(), &naming(BENEFITS), (403, &["Forbidden"]));
    }
}

#[test]
fn what_ends_the_judgement_is_outweighed_by_what_was_found_before() {
    let late = with(body(), "/dueAt", at(-1));
    let foreign = with(late.clone(), "/serviceResource", json!(BENEFITS));
    refuses_body(&skd(), &foreign, (403, &["Forbidden"]));
    let unknown = with(late.clone(), "/serviceResource", json!("urn:altinn:resource:unknown"));
    refuses_body(&skd(), &unknown, (422, &["ServiceResource"]));
    let opened = json!({ "type": "CorrespondenceOpened", "performedBy": { "actorType": "ServiceOwner" } });
    refuses_body(&skd(), &with(late, "/activities/1", opened), (422, &["DueAt"]));
    refuses_body(&skd(), &with(foreign, "/progress", json!(101)), (400, &["dto.progress"]));
}

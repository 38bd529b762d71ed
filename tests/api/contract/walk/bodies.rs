//! What is sent: bodies with every property that the contract knows.

use crate::app::{ALICE, TAX};
use dialog_index::domain::DialogId;
use serde_json::{Value, json};

/// What only a creation can say.
const OF_CREATIONS: &[&str] = &[
    "createdAt",
    "id",
    "idempotentKey",
    "party",
    "serviceOwnerContext",
    "serviceResource",
    "systemLabel",
    "updatedAt",
    "visibleFrom",
];
const URL: &str = "https://skatt.example.no/a";
const EMBED: &str = "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown";
const AHEAD: &str = "2100-01-01T00:00:00Z";

pub(super) fn new_id() -> String {
    DialogId::new().to_string()
}

pub(super) fn alice() -> String {
    format!("urn:altinn:person:identifier-no:{ALICE}")
}

pub(super) fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

/// A dialog of Alice's that can be seen, its newest activity with a description.
pub(super) fn dialog() -> Value {
    let (first, second) = (new_id(), new_id());
    let related = with(with(transmission(Some(&first)), "id", json!(second)), "sender", named());
    json!({
        "id": new_id(),
        "idempotentKey": new_id(),
        "serviceResource": TAX,
        "party": alice(),
        "progress": 10,
        "extendedStatus": "ext",
        "externalReference": "ref",
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-02T00:00:00Z",
        "dueAt": "2100-01-02T00:00:00Z",
        "expiresAt": "2101-01-01T00:00:00Z",
        "process": "urn:process:1",
        "precedingProcess": "urn:process:0",
        "isApiOnly": false,
        "status": "InProgress",
        "systemLabel": "Default",
        "searchTags": [{ "value": "skatt" }],
        "serviceOwnerContext": { "serviceOwnerLabels": [{ "value": "merke" }] },
        "content": {
            "title": content("Skattemelding"),
            "nonSensitiveTitle": content("Melding"),
            "summary": content("Kort"),
            "nonSensitiveSummary": content("Om"),
            "senderName": content("Skatteetaten"),
            "additionalInfo": content("Mer"),
            "extendedStatus": content("Venter"),
            "mainContentReference": reference(),
        },
        "attachments": [attachment(url_with_id())],
        "guiActions": [{
            "id": new_id(),
            "action": "open",
            "url": URL,
            "authorizationAttribute": "part",
            "isDeleteDialogAction": true,
            "httpMethod": "POST",
            "priority": "Primary",
            "title": texts("Åpne"),
            "prompt": texts("Sikker?"),
        }],
        "apiActions": [{
            "id": new_id(),
            "action": "open",
            "name": "Åpne",
            "authorizationAttribute": "part",
            "endpoints": [{
                "id": new_id(),
                "version": "1",
                "url": URL,
                "httpMethod": "GET",
                "documentationUrl": URL,
                "requestSchema": URL,
                "responseSchema": URL,
                "deprecated": true,
                "sunsetAt": AHEAD,
            }],
        }],
        "transmissions": [without(with(transmission(None), "id", json!(first)), "relatedTransmissionId"), related],
        "activities": [opening(&first), with(information(), "performedBy", named())],
    })
}

/// The same, but to be seen later, its newest activity that of a transmission.
pub(super) fn later_dialog() -> Value {
    let mut body = with(dialog(), "visibleFrom", json!(AHEAD));
    body["activities"][0]["createdAt"] = json!("2026-02-01T00:00:00Z");
    body
}

/// A whole update. Its parts are new.
pub(super) fn update() -> Value {
    OF_CREATIONS.iter().fold(dialog(), |body, name| without(body, name))
}

/// A transmission of the party's own sending.
pub(super) fn transmission(related_to: Option<&str>) -> Value {
    json!({
        "id": new_id(),
        "idempotentKey": new_id(),
        "createdAt": "2026-01-01T00:00:00Z",
        "authorizationAttribute": "part",
        "extendedType": "urn:type:1",
        "externalReference": "ref",
        "relatedTransmissionId": related_to,
        "type": "Information",
        "sender": known(),
        "content": { "title": content("Melding"), "summary": content("Om"), "contentReference": reference() },
        "attachments": [attachment(url())],
        "navigationalActions": [{ "title": texts("Les"), "url": URL, "expiresAt": AHEAD }],
    })
}

/// What takes the place of a transmission.
pub(super) fn transmission_update(related_to: &str) -> Value {
    let body = without(with(transmission(Some(related_to)), "isSilentUpdate", json!(true)), "id");
    with(body, "attachments", json!([attachment(url_with_id())]))
}

/// An activity that tells that a transmission was opened.
pub(super) fn opening(transmission: &str) -> Value {
    json!({
        "id": new_id(),
        "createdAt": "2026-01-01T00:00:00Z",
        "extendedType": "urn:type:1",
        "type": "TransmissionOpened",
        "transmissionId": transmission,
        "performedBy": known(),
    })
}

pub(super) fn information() -> Value {
    json!({
        "id": new_id(),
        "createdAt": "2026-01-02T00:00:00Z",
        "extendedType": "urn:type:1",
        "type": "Information",
        "performedBy": known(),
        "description": texts("Noe skjedde"),
    })
}

/// Somebody of whom the register tells the name.
pub(super) fn known() -> Value {
    json!({ "actorType": "PartyRepresentative", "actorId": alice() })
}

/// Somebody of whom no more than a name is known.
pub(super) fn named() -> Value {
    json!({ "actorType": "PartyRepresentative", "actorName": "Alice" })
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().expect("an object").remove(name);
    body
}

fn texts(text: &str) -> Value {
    json!([{ "value": text, "languageCode": "nb" }])
}

fn content(text: &str) -> Value {
    json!({ "value": texts(text), "mediaType": "text/plain", "isAuthorized": true })
}

fn reference() -> Value {
    json!({ "value": texts(URL), "mediaType": EMBED, "isAuthorized": true })
}

fn attachment(url: Value) -> Value {
    json!({ "id": new_id(), "displayName": texts("Vedlegg"), "name": "a.pdf", "expiresAt": AHEAD, "urls": [url] })
}

fn url() -> Value {
    json!({ "url": URL, "consumerType": "Gui", "mediaType": "application/pdf" })
}

fn url_with_id() -> Value {
    with(url(), "id", json!(new_id()))
}

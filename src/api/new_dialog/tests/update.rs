//! Where the rules of an update differ from those of a creation.

use super::*;
use crate::api::new_dialog::UpdateDialog;
use dialog_index::domain::Dialog;

fn stored(change: impl FnOnce(&mut NewDialog)) -> Dialog {
    let mut given = judged(&skd(), &body()).expect("a valid body");
    change(&mut given);
    given.complete(NOW).0
}

fn update() -> Value {
    with(with(with(body(), "/status", json!("InProgress")), "/transmissions", json!([])), "/activities", json!([]))
}

/// The keys of the refusal; none where there is no refusal.
#[track_caller]
fn check(author: &Author, stored: &Dialog, update: &Value, expected: &[&str]) {
    let json = update.to_string();
    let given: UpdateDialog = read_tree(json.as_bytes()).and_then(|tree| tree.read()).expect("a readable body");
    let judged = given.judge(stored, &stored.transmissions, author.clone(), &FACTS, NOW);
    let errors = judged.err().map_or_else(Errors::default, Refused::into_errors);
    let errors = serde_json::to_value(errors).expect("errors are JSON");
    let keys: Vec<_> = errors.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, expected, "{errors}");
}

#[track_caller]
fn check_with(path: &str, value: Value, expected: &[&str]) {
    check(&skd(), &stored(|_| {}), &with(update(), path, value), expected);
}

#[test]
fn a_status_is_asked_for() {
    check_with("/progress", json!(5), &[]);
    check_with("/status", Value::Null, &["dto.status"]);
    check_with("/progress", json!(101), &["dto.progress"]);
    check_with("/serviceResource", json!("ignored"), &[]);
}

#[test]
fn ids_of_actions_are_of_any_version() {
    let old = "0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b11";
    check_with("/guiActions/0/id", json!(old), &[]);
    check_with("/apiActions/0/id", json!(old), &[]);
    check_with("/attachments/0/id", json!(old), &["dto.attachments[0].id"]);
    check_with("/attachments/0/urls/0/id", json!(old), &["dto.attachments[0].urls[0].id"]);
    let endpoint = |id: &str| json!({ "id": id, "url": "https://a.no", "httpMethod": "GET" });
    let other = "0199d2e6-5c3f-4c52-9a5f-2f6f4f0a9b12";
    check_with("/apiActions/0/endpoints", json!([endpoint(old), endpoint(other)]), &[]);
    check_with("/apiActions/0/endpoints", json!([endpoint(old), endpoint(old)]), &["dto.apiActions[0].endpoints"]);
}

#[test]
fn what_speaks_of_stored_parts_is_held_against_them_later() {
    let transmission = |name: &str, value: Value| with(body()["transmissions"][0].clone(), name, value);
    check_with("/transmissions/0", transmission("/relatedTransmissionId", json!(id(9, 0))), &[]);
    check_with(
        "/transmissions/0",
        transmission("/relatedTransmissionId", json!(id(1, 0))),
        &["dto.transmissions[0].relatedTransmissionId"],
    );
    check_with("/transmissions/0", transmission("/attachments/0/expiresAt", at(-1)), &[]);
    check_with(
        "/transmissions/0",
        transmission("/navigationalActions/0/expiresAt", at(-1)),
        &["dto.transmissions[0].navigationalActions[0].expiresAt"],
    );
    check_with("/attachments/0/expiresAt", at(-1), &[]);
    check_with("/activities/0", with(body()["activities"][0].clone(), "/transmissionId", json!(id(9, 0))), &[]);
    let nothing = with(body()["activities"][0].clone(), "/transmissionId", Value::Null);
    check_with("/activities/0", nothing, &["dto.activities[0].transmissionId"]);
}

#[test]
fn times_are_not_before_the_dialog_is_visible() {
    let seconds = |seconds: i64| Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000);
    let later = stored(|dialog| dialog.visible_from = Some(seconds(10)));
    for (name, is_for_administrators) in [("dueAt", false), ("expiresAt", true)] {
        let key = format!("dto.{name}");
        let given = |seconds: i64| with(update(), &format!("/{name}"), at(seconds));
        check(&skd(), &later, &given(10), &[]);
        check(&skd(), &later, &given(9), &[&key]);
        check(&silent(), &later, &given(9), &[&key]);
        let keys = [key.as_str()];
        check(&admin(), &later, &given(9), if is_for_administrators { &keys } else { &[] });
    }
    let both = with(with(update(), "/dueAt", at(10)), "/expiresAt", at(9));
    check(&skd(), &stored(|_| {}), &both, &["dto.expiresAt"]);
}

#[test]
fn dialogs_for_people_have_content() {
    let bare = stored(|dialog| dialog.transmissions[0].content = None);
    check(&skd(), &bare, &update(), &["dto.transmissions"]);
    check(&skd(), &bare, &with(update(), "/isApiOnly", json!(true)), &[]);
    check_with("/content", Value::Null, &["dto.content"]);
}

/// What creations are asked, too.
#[test]
fn added_parts_and_those_that_stay_obey_the_rules_of_new_ones() {
    let transmission = |name: &str, value: Value| with(body()["transmissions"][0].clone(), name, value);
    let activity = |name: &str, value: Value| with(body()["activities"][0].clone(), name, value);
    for (path, fine, refused, key) in [
        ("/attachments/0/id", json!(id(2, 14_999)), json!(id(2, 15_000)), "dto.attachments[0].id"),
        ("/attachments/0/urls/0/id", json!(id(2, 14_999)), json!(id(2, 15_000)), "dto.attachments[0].urls[0].id"),
        ("/attachments/0/urls/0/url", json!("https://a.no"), json!("http://a.no"), "dto.attachments[0].urls[0].url"),
        ("/extendedStatus", json!("x".repeat(255)), json!("x".repeat(256)), "dto.extendedStatus"),
        ("/externalReference", json!("x".repeat(255)), json!("x".repeat(256)), "dto.externalReference"),
        ("/process", json!("x".repeat(1023)), json!("x".repeat(1024)), "dto.process"),
        ("/process", json!("urn:x"), json!("%zz"), "dto.process"),
        ("/searchTags", json!([{ "value": "abc" }]), json!([{ "value": "ab" }]), "dto.searchTags[0].value"),
        ("/status", json!(8), json!(9), "dto.status"),
        ("/progress", json!(100), json!(-1), "dto.progress"),
    ] {
        check_with(path, fine, &[]);
        check_with(path, refused, &[key]);
    }
    check_with("/precedingProcess", json!("urn:x"), &["dto.process"]);
    for (name, fine, refused, key) in [
        ("/id", json!(id(2, 14_999)), json!(id(2, 15_000)), "id"),
        ("/createdAt", at(15), at(16), "createdAt"),
        ("/idempotentKey", json!("abc"), json!("ab"), "idempotentKey"),
        ("/attachments/0/id", json!(id(2, 14_999)), json!(id(2, 15_000)), "attachments[0].id"),
        ("/attachments/0/urls/0/url", json!("https://a.no"), json!("urn:x"), "attachments[0].urls[0].url"),
        ("/type", json!(8), json!(9), "type"),
    ] {
        check_with("/transmissions/0", transmission(name, fine), &[]);
        check_with("/transmissions/0", transmission(name, refused), &[&format!("dto.transmissions[0].{key}")]);
    }
    for (name, fine, refused, key) in
        [("/id", json!(id(2, 14_999)), json!(id(2, 15_000)), "id"), ("/createdAt", at(15), at(16), "createdAt")]
    {
        check_with("/activities/0", activity(name, fine), &[]);
        check_with("/activities/0", activity(name, refused), &[&format!("dto.activities[0].{key}")]);
    }
    for list in ["attachments", "transmissions", "activities", "guiActions"] {
        let mut part = with(body()[list][0].clone(), "/id", json!(id(5, 0)));
        if list == "guiActions" {
            part = with(part, "/priority", json!("Tertiary"));
        }
        let other = with(part.clone(), "/id", json!(id(6, 0)));
        check_with(&format!("/{list}"), json!([part, other]), &[]);
        check_with(&format!("/{list}"), json!([part, part]), &[&format!("dto.{list}")]);
    }
}

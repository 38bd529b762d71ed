//! Transmissions and activities that are given on their own.

use super::*;
use crate::api::json::Time;
use crate::api::new_dialog::{
    CreateDialogActivity, CreateDialogTransmission, UpdateTransmissionRequest, judge_activity_time,
};
use dialog_index::domain::{ActivityId, DialogId, TransmissionId};
use serde::de::DeserializeOwned;

const DIALOG: DialogId = DialogId(Uuid::from_u128(1));

fn read<T: DeserializeOwned>(body: &Value) -> T {
    read_tree(body.to_string().as_bytes()).and_then(|tree| tree.read()).expect("a readable body")
}

/// The keys of the refusal; none where there is no refusal.
#[track_caller]
fn check<T>(judged: Result<T, Refused>, expected: &[String], what: &str) {
    let errors = judged.err().map_or_else(Errors::default, Refused::into_errors);
    let errors = serde_json::to_value(errors).expect("errors are JSON");
    let keys: Vec<_> = errors.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, expected, "{what}: {errors}");
}

#[test]
fn transmissions_obey_their_rules() {
    // Whether one that is added and one that takes another's place may have it.
    for (path, value, is_fine_as_new, is_fine_in_place) in [
        ("/id", json!(id(2, 14_999)), true, true),
        ("/id", json!(id(2, 15_000)), false, true),
        ("/createdAt", at(15), true, true),
        ("/createdAt", at(16), false, true),
        ("/idempotentKey", json!("abc"), true, true),
        ("/idempotentKey", json!("ab"), false, false),
        ("/idempotentKey", json!("x".repeat(36)), true, true),
        ("/idempotentKey", json!("x".repeat(37)), false, false),
        ("/type", json!(8), true, true),
        ("/type", json!(9), false, false),
        ("/attachments/0/id", json!(id(2, 14_999)), true, true),
        ("/attachments/0/id", json!(id(2, 15_000)), false, false),
        ("/attachments/0/urls/0/id", json!(id(2, 14_999)), true, true),
        ("/attachments/0/urls/0/id", json!(id(2, 15_000)), true, false),
        ("/attachments/0/urls/0/url", json!("urn:x"), true, false),
        ("/attachments/0/urls/0/url", json!("https://a.no"), true, true),
        ("/attachments/0/urls/0/url", json!(format!("https://a.no/{}", "x".repeat(1010))), true, true),
        ("/attachments/0/urls/0/url", json!(format!("https://a.no/{}", "x".repeat(1011))), false, false),
        ("/attachments/0/expiresAt", at(-1), true, true),
        ("/navigationalActions/0/expiresAt", at(0), true, true),
        ("/navigationalActions/0/expiresAt", at(-1), false, false),
        ("/content", Value::Null, false, false),
        ("/isSilentUpdate", json!(false), true, false),
    ] {
        let body = with(with(body()["transmissions"][0].clone(), "/isSilentUpdate", json!(true)), path, value.clone());
        let place = path.replace("/0", "[0]").replace('/', ".");
        let keys = |is_fine: bool, root: &str| if is_fine { vec![] } else { vec![format!("{root}{place}")] };
        let given: CreateDialogTransmission = read(&body);
        check(given.judge(skd(), &FACTS, NOW), &keys(is_fine_as_new, "transmissions[0]"), &format!("{path} {value}"));
        let given: UpdateTransmissionRequest = read(&body);
        let judged = given.judge(DIALOG, TransmissionId(Uuid::from_u128(2)), skd(), &FACTS, NOW);
        let keys = match path {
            "/isSilentUpdate" => vec!["isSilentUpdate".to_owned()],
            _ => keys(is_fine_in_place, "dto"),
        };
        check(judged, &keys, &format!("{path} {value} in place"));
    }
}

#[test]
fn activities_obey_their_rules() {
    let letters = letter_writer();
    for (author, path, value, is_fine) in [
        (skd(), "/id", json!(id(2, 14_999)), true),
        (skd(), "/id", json!(id(2, 15_000)), false),
        (skd(), "/createdAt", at(15), true),
        (skd(), "/createdAt", at(16), false),
        (skd(), "/type", json!(3), true),
        (skd(), "/type", json!(18), false),
        (skd(), "/description/0/value", json!("x".repeat(255)), true),
        (skd(), "/description/0/value", json!("x".repeat(256)), false),
        (letters.clone(), "/description/0/value", json!("x".repeat(4095)), true),
        (letters, "/description/0/value", json!("x".repeat(4096)), false),
        (skd(), "/extendedType", json!("x".repeat(1023)), true),
        (skd(), "/extendedType", json!("x".repeat(1024)), false),
    ] {
        let owner = json!({ "actorType": "ServiceOwner" });
        let body = json!({ "type": "Information", "performedBy": owner, "description": texts("x") });
        let given: CreateDialogActivity = read(&with(body, path, value.clone()));
        let key = format!("activity{}", path.replace("/0", "[0]").replace('/', "."));
        let keys = if is_fine { vec![] } else { vec![key] };
        check(given.judge(DIALOG, author, &FACTS, NOW), &keys, &format!("{path} {value}"));
    }
}

#[test]
fn a_form_was_saved_in_the_past() {
    for (seconds, keys) in [(15, vec![]), (16, vec!["newCreatedAt".to_owned()])] {
        let time = Time(Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000));
        check(judge_activity_time(time, DIALOG, ActivityId(Uuid::from_u128(2)), NOW), &keys, "a time");
    }
}

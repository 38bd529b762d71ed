//! In which order parts of one dialog are listed, also those of one moment.

use crate::app::{ALICE, Actor, NAV_NUMBER, SKD_NUMBER, TestApp};
use crate::create_dialog::body as creation;
use crate::update_dialog::{activity, created, get, transmission};
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const EARLY: &str = "2026-01-01T00:00:00Z";
const LATE: &str = "2026-01-01T00:00:00.000001Z";

/// Parts of two moments, a microsecond apart: their ids are in the order that `expected` tells.
fn parts(of: &dyn Fn() -> Value, ids: &[String; 4]) -> Value {
    let at = |n: usize, time: &str| {
        let mut part = of();
        part["id"] = json!(ids[n]);
        part["createdAt"] = json!(time);
        part
    };
    // Neither the order of the body nor that of the ids alone is that of the list.
    json!([at(3, EARLY), at(0, LATE), at(2, LATE), at(1, EARLY)])
}

fn ids_of(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn parts_are_listed_by_time_and_then_by_id() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let mut ids = [(); 4].map(|()| Uuid::now_v7().to_string());
    ids.sort_unstable();
    let mut other = [(); 4].map(|()| Uuid::now_v7().to_string());
    other.sort_unstable();
    let mut given = creation("Rekkefølge");
    given["transmissions"] = parts(&|| transmission("del"), &ids);
    given["activities"] = parts(&|| activity("DialogOpened"), &other);
    let path = created(&skd, given).await;
    let ascending = |ids: &[String; 4]| [1, 3, 0, 2].map(|n: usize| ids[n].clone());
    let shown = get(&skd, &path).await;
    assert_eq!(ids_of(&shown["transmissions"]), ascending(&ids));
    assert_eq!(ids_of(&shown["activities"]), ascending(&other));
    let mut descending = ascending(&ids);
    descending.reverse();
    let list = async |list: &str| skd.get(&format!("{path}/{list}")).await.expect(StatusCode::OK);
    let transmissions = list("transmissions").await;
    assert!(transmissions.headers.get("etag").is_none());
    assert_eq!(ids_of(&transmissions.json()), descending, "newest first");
    assert_eq!(ids_of(&list("activities").await.json()), ascending(&other));
    // Of one moment the greatest id is the latest.
    let page = skd.get("/api/v1/serviceowner/dialogs").await.expect(StatusCode::OK).json();
    assert_eq!(page["items"][0]["latestActivity"]["id"], other[2].as_str());
}

#[tokio::test]
async fn what_is_expired_or_not_allowed_is_shown_to_the_owner() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let mut sent = transmission("Vedlegg");
    let expires_at = (app.now().to_utc() + std::time::Duration::from_secs(60)).to_rfc3339();
    let url = json!([{ "url": "https://a.no/fil", "consumerType": "Gui" }]);
    sent["attachments"] = json!([{ "urls": url, "expiresAt": expires_at }]);
    sent["authorizationAttribute"] = json!("hemmelig");
    let mut given = creation("Utløpt");
    given["attachments"] = sent["attachments"].clone();
    given["transmissions"] = json!([sent]);
    let path = created(&skd, given).await;
    app.wait(std::time::Duration::from_secs(120));
    let shown = get(&skd, &path).await;
    let id = shown["transmissions"][0]["id"].as_str().expect("an id");
    let alone = get(&skd, &format!("{path}/transmissions/{id}")).await;
    let alice = format!("{path}?endUserId=urn:altinn:person:identifier-no:{}", ALICE);
    let for_alice = get(&skd, &alice).await;
    for attachments in [
        &shown["attachments"],
        &shown["transmissions"][0]["attachments"],
        &alone["attachments"],
        &for_alice["attachments"],
        &for_alice["transmissions"][0]["attachments"],
    ] {
        assert_eq!(attachments[0]["urls"][0]["url"], "https://a.no/fil");
    }
    assert_eq!(for_alice["transmissions"][0]["isAuthorized"], false);
    assert_eq!(for_alice["transmissions"][0]["content"]["title"]["value"][0]["value"], "Vedlegg");
    assert!(alone.get("isAuthorized").is_none() && alone.get("isOpened").is_none());
    assert!(shown["transmissions"][0].get("isAuthorized").is_none());
    assert_eq!(shown["transmissions"][0]["isOpened"], false);
}

/// Whose the dialog is comes first, then whether it is deleted, then whether it has the part.
#[tokio::test]
async fn of_what_is_missing_the_dialog_is_told_first() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    let mut given = creation("Deler");
    given["transmissions"] = json!([transmission("del")]);
    given["activities"] = json!([activity("DialogOpened")]);
    let path = created(&skd, given).await;
    skd.get(&format!("{path}?endUserId=urn:altinn:person:identifier-no:{ALICE}")).await.expect(StatusCode::OK);
    let mut parts = Vec::new();
    for (list, entity) in
        [("activities", "DialogActivity"), ("transmissions", "DialogTransmission"), ("seenlog", "DialogSeenLog")]
    {
        let list = format!("{path}/{list}");
        let part = get(&skd, &list).await[0]["id"].as_str().expect("a part").to_owned();
        parts.push((list.clone(), None));
        parts.push((format!("{list}/{part}"), None));
        parts.push((format!("{list}/{}", Uuid::now_v7()), Some(entity)));
    }
    let check = async |caller: &Actor<'_>, path: &str, expected: (u16, &str)| {
        let answer = caller.get(path).await;
        let keys = || answer.json()["errors"].as_object().and_then(|errors| errors.keys().next().cloned());
        let key = if answer.status.is_success() { None } else { keys() };
        assert_eq!((answer.status.as_u16(), key.unwrap_or_default().as_str()), expected, "{path}");
    };
    for is_deleted in [false, true] {
        if is_deleted {
            skd.delete(&path).await.expect(StatusCode::NO_CONTENT);
        }
        for (part, missing) in &parts {
            check(&nav, part, (404, "DialogEntity")).await;
            for caller in [&skd, &admin] {
                let expected = match (is_deleted, missing) {
                    (true, _) => (410, "DialogEntity"),
                    (false, Some(entity)) => (404, *entity),
                    (false, None) => (200, ""),
                };
                check(caller, part, expected).await;
            }
        }
    }
}

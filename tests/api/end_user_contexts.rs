use crate::app::{ALICE, Actor, BENEFITS, BOB, NAV_NUMBER, SKD_NUMBER, TestApp, consumer, dialog, person, resource};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use dialog_index::domain::{DialogId, Org, SystemLabel, Timestamp};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/serviceowner/dialogs/endusercontext";
const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const SECOND: i64 = 1_000_000;

fn party(number: &str) -> String {
    format!("party=urn:altinn:person:identifier-no:{number}")
}

/// Dialogs of Alice's, the last one newest: in the bin, archived, neither, and binned and deleted.
fn four(app: &TestApp) -> [DialogId; 4] {
    let labels = [SystemLabel::Bin, SystemLabel::Archive, SystemLabel::Default, SystemLabel::Bin];
    let mut ids = [DialogId::new(); 4];
    for (n, label) in labels.into_iter().enumerate() {
        let at = Timestamp::from_micros(app.now().as_micros() - (10 - n as i64) * SECOND);
        let held = NewDialog { system_label: label, created_at: Some(at), updated_at: Some(at), ..dialog("Merket") };
        ids[n] = held.id;
        app.holds(held);
    }
    ids
}

async fn page(caller: &Actor<'_>, query: &str) -> Value {
    caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::OK).json()
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["dialogId"].as_str().expect("an id").to_owned()).collect()
}

async fn assert_shows(caller: &Actor<'_>, query: &str, expected: &[DialogId]) {
    let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(ids(&page(caller, query).await), expected, "{query}");
}

#[tokio::test]
async fn labels_are_alternatives_and_deleted_dialogs_are_shown() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let [bin, archive, plain, deleted] = four(&app);
    let dialogs = "/api/v1/serviceowner/dialogs";
    skd.delete(&format!("{dialogs}/{deleted}")).await.expect(StatusCode::NO_CONTENT);
    let bobs = NewDialog { party: person(BOB), system_label: SystemLabel::Bin, ..dialog("Bobs") };
    let bobs_id = bobs.id;
    app.holds(bobs);
    app.holds(NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..dialog("Nav") });
    let alice = party(ALICE);
    assert_shows(&skd, &alice, &[deleted, plain, archive, bin]).await;
    assert_shows(&skd, &format!("{alice}&label=bin"), &[deleted, bin]).await;
    assert_shows(&skd, &format!("{alice}&label=Bin&label=3"), &[deleted, archive, bin]).await;
    assert_shows(&skd, &format!(r#"{alice}&label=["Archive","Sent"]"#).replace('"', "%22"), &[archive]).await;
    assert_shows(&skd, &format!("{alice}&label=Sent"), &[]).await;
    assert_shows(&skd, &format!("{}&{alice}&label=Bin", party(BOB)), &[bobs_id, deleted, bin]).await;
    // An administrator of another owner sees that owner's alone.
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    assert_eq!(ids(&page(&admin, &format!("{}&{alice}", party(BOB))).await).len(), 1);

    // All labels are shown, by their numbers.
    let set =
        format!("{dialogs}/{archive}/endusercontext/systemlabels?enduserId=urn:altinn:person:identifier-no:{ALICE}");
    let answer = skd.put(&set, json!({ "addLabels": ["MarkedAsUnopened"] })).await.expect(StatusCode::NO_CONTENT);
    let found = page(&skd, &format!("{alice}&label=MarkedAsUnopened")).await;
    assert_eq!(
        found,
        json!({
            "items": [{
                "dialogId": archive.to_string(),
                "endUserContextRevision": answer.header("etag"),
                "systemLabels": ["Archive", "MarkedAsUnopened"],
            }],
            "hasNextPage": false,
            "orderBy": "contentupdatedat_desc,id_desc",
        })
    );
}

#[tokio::test]
async fn pages_are_full_and_the_last_has_no_token() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let [bin, _, _, newest] = four(&app);
    let query = format!("{}&label=Bin&limit=1&orderBy=createdAt_asc", party(ALICE));
    let first = page(&skd, &query).await;
    assert_eq!((ids(&first), &first["hasNextPage"]), (vec![newest.to_string()], &json!(true)));
    let token = first["continuationToken"].as_str().expect("a token");
    assert!(token.starts_with("contentupdatedat_"), "{token}");
    let second = page(&skd, &format!("{query}&continuationToken={token}")).await;
    assert_eq!((ids(&second), &second["hasNextPage"]), (vec![bin.to_string()], &json!(false)));
    assert!(second.get("continuationToken").is_none());
}

#[tokio::test]
async fn content_is_at_least_so_new() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let ids = four(&app);
    let dialog = skd.get(&format!("/api/v1/serviceowner/dialogs/{}", ids[2])).await.json();
    let time = dialog["contentUpdatedAt"].as_str().expect("a time");
    assert_shows(&skd, &format!("{}&contentUpdatedAfter={time}", party(ALICE)), &[ids[3], ids[2]]).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let many = vec![party(ALICE); 21].join("&");
    for (query, expected) in [
        (String::new(), vec!["party"]),
        ("label=Trash&limit=0".to_owned(), vec!["label", "limit", "party"]),
        ("party=".to_owned(), vec!["party[0]"]),
        ("party=urn:altinn:person:identifier-no:1".to_owned(), vec!["party[0]"]),
        (many, vec!["party.Count"]),
        (format!("{}&limit=1001", party(ALICE)), vec!["limit"]),
        (format!("{}&contentUpdatedAfter=today", party(ALICE)), vec!["contentUpdatedAfter"]),
        (format!("{}&continuationToken=x", party(ALICE)), vec!["continuationToken"]),
    ] {
        let answer = skd.get(&format!("{PATH}?{query}")).await.expect(StatusCode::BAD_REQUEST).json();
        let keys: Vec<_> = answer["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(keys, expected, "{query}");
    }
    page(&skd, &vec![party(ALICE); 20].join("&")).await;
}

#[tokio::test]
async fn what_is_asked_has_bounds() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let alice = party(ALICE);
    for (accepted, refused, key) in [
        ("limit=1", "limit=0", "limit"),
        ("limit=1000", "limit=1001", "limit"),
        ("label=1", "label=0", "label"),
        ("label=5", "label=6", "label"),
        ("label=markedasunopened", "label=Unopened", "label"),
        ("contentUpdatedAfter=2026-01-01", "contentUpdatedAfter=2026-01-32", "contentUpdatedAfter"),
    ] {
        page(&skd, &format!("{alice}&{accepted}")).await;
        let answer = skd.get(&format!("{PATH}?{alice}&{refused}")).await.expect(StatusCode::BAD_REQUEST).json();
        let keys: Vec<_> = answer["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(keys, [key], "{refused}");
    }
    // Whoever may write but not search is refused by the policy.
    let writer =
        app.claiming(json!({ "scope": "digdir:dialogporten.serviceprovider", "consumer": consumer(SKD_NUMBER) }));
    assert!(writer.get(&format!("{PATH}?{alice}")).await.expect(StatusCode::FORBIDDEN).body.is_empty());
}

#[tokio::test]
async fn content_is_compared_to_the_microsecond_whatever_has_become_of_the_dialog() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let at = |offset: i64| Timestamp::from_micros(app.now().as_micros() - SECOND + offset);
    let (from, hour) = (at(0), 3_600 * SECOND);
    let held = |offset: i64| {
        let time = Timestamp::from_micros(from.as_micros() + offset);
        NewDialog { created_at: Some(time), updated_at: Some(time), ..dialog("Merket") }
    };
    let [before, then, expired] = [held(-1), held(0), NewDialog { expires_at: Some(from), ..held(1) }];
    let future = NewDialog { visible_from: Some(at(hour)), ..dialog("Merket") };
    let ids = [&before, &then, &expired, &future].map(|it| it.id);
    for dialog in [before, then, expired, future] {
        app.holds(dialog);
    }
    skd.delete(&format!("/api/v1/serviceowner/dialogs/{}", ids[1])).await.expect(StatusCode::NO_CONTENT);
    let after = |offset: i64| {
        format!("{}&contentUpdatedAfter={}", party(ALICE), Timestamp::from_micros(from.as_micros() + offset))
    };
    assert_shows(&skd, &after(-1), &[ids[3], ids[2], ids[1], ids[0]]).await;
    assert_shows(&skd, &after(0), &[ids[3], ids[2], ids[1]]).await;
    assert_shows(&skd, &after(1), &[ids[3], ids[2]]).await;
    assert_shows(&skd, &after(2), &[ids[3]]).await;
}

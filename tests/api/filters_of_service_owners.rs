//! What service owners ask of their lists, on both sides of every edge, for themselves and for a person alike.

use crate::app::{
    ALICE, Actor, BENEFITS, SIGNING, SKD_NUMBER, SUBMISSION, TAX, TestApp, dialog, person, resource, text,
};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use dialog_index::domain::{
    DialogContent, DialogId, DialogStatus, Org, Party, ServiceOwnerLabel, SystemLabel, Timestamp,
};
use serde_json::{Value, json};
use uuid::Uuid;

const PATH: &str = "/api/v1/serviceowner/dialogs";
/// 2026-01-01.
const NEW_YEAR: i64 = 1_767_225_600_000_000;

/// What an owner asks for itself, and for a person who may see it all.
fn audiences() -> [String; 2] {
    [String::new(), format!("allParties=true&endUserId=urn:altinn:person:identifier-no:{ALICE}&")]
}

async fn page(caller: &Actor<'_>, query: &str) -> Value {
    caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::OK).json()
}

fn titles(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["content"]["title"]["value"][0]["value"].as_str().expect("a title")).collect()
}

async fn assert_shows(caller: &Actor<'_>, query: &str, expected: &[&str]) {
    for audience in audiences() {
        let page = page(caller, &format!("{audience}{query}")).await;
        let mut titles = titles(&page);
        titles.sort_unstable();
        assert_eq!(titles, expected, "{audience}{query}");
    }
}

async fn assert_refused(caller: &Actor<'_>, query: &str, key: &str) {
    for audience in audiences() {
        let problem = caller.get(&format!("{PATH}?{audience}{query}")).await.expect(StatusCode::BAD_REQUEST).json();
        let found: Vec<_> = problem["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(found, [key], "{audience}{query}");
    }
}

#[tokio::test]
async fn times_are_compared_with_both_ends_to_the_microsecond() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let at = |offset: i64| Timestamp::from_micros(NEW_YEAR + offset);
    let timed = |title: &str, offset: i64| NewDialog {
        created_at: Some(at(offset)),
        updated_at: Some(at(offset)),
        due_at: Some(at(offset)),
        visible_from: Some(at(offset)),
        external_reference: Some("timed".to_owned()),
        ..dialog(title)
    };
    app.holds(timed("First", 0));
    app.holds(timed("Second", 1));
    // Without times of its own, these two are never before or after any.
    app.holds(dialog("Untimed"));
    for (name, among) in [
        ("created", "externalReference=timed&"),
        ("updated", "externalReference=timed&"),
        ("contentUpdated", "externalReference=timed&"),
        ("due", ""),
        ("visible", ""),
    ] {
        for (after, before, expected) in [
            (Some(0), None, &["First", "Second"][..]),
            (Some(1), None, &["Second"]),
            (Some(2), None, &[]),
            (None, Some(-1), &[]),
            (None, Some(0), &["First"]),
            (None, Some(1), &["First", "Second"]),
            (Some(0), Some(0), &["First"]),
            (Some(1), Some(1), &["Second"]),
        ] {
            let end = |end: Option<i64>, which: &str| {
                end.map(|offset| format!("{name}{which}={}&", at(offset))).unwrap_or_default()
            };
            assert_shows(&skd, &format!("{among}{}{}", end(after, "After"), end(before, "Before")), expected).await;
        }
        let crossed = format!("{name}After={}&{name}Before={}", at(1), at(0));
        assert_refused(&skd, &crossed, &format!("{name}After")).await;
    }
}

#[tokio::test]
async fn texts_are_compared_exactly_but_for_services_and_labels() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let label = |label: &str| ServiceOwnerLabel::parse(label).expect("a label");
    app.holds(NewDialog {
        external_reference: Some("Ref".to_owned()),
        process: Some("urn:Process".to_owned()),
        extended_status: Some("Paid".to_owned()),
        service_owner_labels: vec![label("case-1"), label("team")],
        status: DialogStatus::Completed,
        system_label: SystemLabel::Archive,
        ..dialog("One")
    });
    let mixed = TAX.replace("skd-s", "SKD-S");
    app.holds(NewDialog { service_resource: resource(&mixed), ..dialog("Mixed") });
    app.holds(NewDialog { service_resource: resource(SIGNING), is_api_only: true, ..dialog("Signing") });
    app.holds(NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..dialog("Nav") });
    for (query, expected) in [
        (format!("serviceResource={TAX}"), &["Mixed", "One"][..]),
        (format!("serviceResource={mixed}"), &["Mixed", "One"]),
        (format!("serviceResource={TAX}&serviceResource={SIGNING}"), &["Mixed", "One", "Signing"]),
        (format!("serviceResource={TAX}x"), &[]),
        (format!("serviceResource={}", &TAX[..TAX.len() - 1]), &[]),
        (format!("serviceResource={BENEFITS}"), &[]),
        ("externalReference=Ref".to_owned(), &["One"]),
        ("externalReference=ref".to_owned(), &[]),
        ("externalReference=Re".to_owned(), &[]),
        ("process=urn:Process".to_owned(), &["One"]),
        ("process=urn:process".to_owned(), &[]),
        ("extendedStatus=x&extendedStatus=Paid".to_owned(), &["One"]),
        ("extendedStatus=paid".to_owned(), &[]),
        ("status=Completed".to_owned(), &["One"]),
        ("status=6&status=NotApplicable".to_owned(), &["Mixed", "One", "Signing"]),
        ("status=Draft".to_owned(), &[]),
        ("systemLabel=Archive".to_owned(), &["One"]),
        ("systemLabel=Archive&systemLabel=Default".to_owned(), &[]),
        ("systemLabel=Default".to_owned(), &["Mixed", "Signing"]),
        ("excludeApiOnly=true".to_owned(), &["Mixed", "One"]),
        ("excludeApiOnly=false".to_owned(), &["Mixed", "One", "Signing"]),
        ("isContentSeen=false".to_owned(), &["Mixed", "One", "Signing"]),
        ("isContentSeen=true".to_owned(), &[]),
        ("serviceOwnerLabels=TEAM&serviceOwnerLabels=case-*".to_owned(), &["One"]),
        ("serviceOwnerLabels=tea".to_owned(), &[]),
        ("serviceOwnerLabels=tea*".to_owned(), &["One"]),
        ("serviceOwnerLabels=team*".to_owned(), &["One"]),
        ("serviceOwnerLabels=teams*".to_owned(), &[]),
        ("serviceOwnerLabels=%20%20%20".to_owned(), &["Mixed", "One", "Signing"]),
    ] {
        assert_shows(&skd, &query, expected).await;
    }
    // Parties are kept in lower case.
    let ola = |name: &str| format!("urn:altinn:person:legacy-selfidentified:{name}");
    app.holds(NewDialog { party: Party::parse(&ola("Ola")).expect("a party"), ..dialog("Ola") });
    assert_eq!(titles(&page(&skd, &format!("party={}", ola("OLA"))).await), ["Ola"]);
    // End users need not know how a service is written, either.
    for service in [TAX, &mixed] {
        let path = format!("/api/v1/enduser/dialogs?serviceResource={service}");
        let page = app.end_user(ALICE).get(&path).await.expect(StatusCode::OK).json();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(2), "{service}");
    }
}

#[tokio::test]
async fn what_is_asked_has_bounds() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    app.holds(dialog("Innenfor"));
    let long = |name: &str, letters: usize| format!("{name}={}", "a".repeat(letters));
    for (accepted, refused, key) in [
        ("limit=1".to_owned(), "limit=0".to_owned(), "limit"),
        ("limit=1000".to_owned(), "limit=1001".to_owned(), "limit"),
        ("search=abc".to_owned(), "search=ab".to_owned(), "search"),
        // Blanks count.
        ("search=a%20b".to_owned(), "search=a%20".to_owned(), "search"),
        (long("process", 1023), long("process", 1024), "process"),
        ("process=a%25a0".to_owned(), "process=a%25x0".to_owned(), "process"),
        ("searchLanguageCode=nb_NO".to_owned(), "searchLanguageCode=no".to_owned(), "searchLanguageCode"),
        ("searchLanguageCode=%20EN-gb%20".to_owned(), "searchLanguageCode=sme".to_owned(), "searchLanguageCode"),
        (long("serviceOwnerLabels", 3), long("serviceOwnerLabels", 2), "serviceOwnerLabels[0]"),
        (long("serviceOwnerLabels", 255), long("serviceOwnerLabels", 256), "serviceOwnerLabels[0]"),
        // The asterisk is one of them.
        ("serviceOwnerLabels=ab*".to_owned(), "serviceOwnerLabels=a*".to_owned(), "serviceOwnerLabels[0]"),
        (
            format!("{}*", long("serviceOwnerLabels", 254)),
            format!("{}*", long("serviceOwnerLabels", 255)),
            "serviceOwnerLabels[0]",
        ),
        ("serviceOwnerLabels=abc*".to_owned(), "serviceOwnerLabels=ab*c".to_owned(), "serviceOwnerLabels[0]"),
        ("status=8".to_owned(), "status=7&status=9".to_owned(), "status"),
        ("status=2".to_owned(), "status=1".to_owned(), "status"),
        ("status=Awaiting".to_owned(), "status=Sent".to_owned(), "status"),
        ("systemLabel=5".to_owned(), "systemLabel=6".to_owned(), "systemLabel"),
        ("systemLabel=1".to_owned(), "systemLabel=0".to_owned(), "systemLabel"),
        ("deleted=ONLY".to_owned(), "deleted=all".to_owned(), "deleted"),
        ("isContentSeen=TRUE".to_owned(), "isContentSeen=ja".to_owned(), "isContentSeen"),
        ("createdAfter=2026-01-01".to_owned(), "createdAfter=2026-02-30".to_owned(), "createdAfter"),
    ] {
        for audience in audiences() {
            page(&skd, &format!("{audience}{accepted}")).await;
        }
        assert_refused(&skd, &refused, key).await;
    }
}

#[tokio::test]
async fn a_full_page_is_as_long_as_was_asked() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for n in 0..101 {
        app.holds(dialog(&n.to_string()));
    }
    for (query, count, has_next) in
        [("", 100, true), ("limit=100", 100, true), ("limit=101", 101, false), ("limit=1000", 101, false)]
    {
        for audience in audiences() {
            let page = page(&skd, &format!("{audience}{query}")).await;
            assert_eq!((titles(&page).len(), &page["hasNextPage"]), (count, &json!(has_next)), "{audience}{query}");
        }
    }
}

/// Three that differ in one time each; two of them in their ids alone.
fn three(app: &TestApp) -> [DialogId; 3] {
    let ids = [0x01 << 120, 0x7f << 120, 0x80 << 120].map(|bits| DialogId(Uuid::from_u128(bits)));
    let at = |hours: i64| Timestamp::from_micros(NEW_YEAR + hours * 3_600_000_000);
    let times = [(1, 3, Some(1)), (2, 3, None), (2, 3, None)];
    for (id, (created, updated, due)) in ids.into_iter().zip(times) {
        let times = NewDialog { created_at: Some(at(created)), updated_at: Some(at(updated)), ..dialog("x") };
        app.holds(NewDialog { id, due_at: due.map(at), ..times });
    }
    ids
}

#[tokio::test]
async fn pages_follow_the_order_that_is_told() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let [a, b, c] = three(&app);
    for (given, told, expected) in [
        ("", "contentupdatedat_desc,id_desc", [c, b, a]),
        ("id", "contentupdatedat_desc,id_desc", [c, b, a]),
        ("id_asc", "contentupdatedat_desc,id_asc", [a, b, c]),
        ("CREATEDAT_ASC", "createdat_asc,id_desc", [a, c, b]),
        ("createdAt", "createdat_desc,id_desc", [c, b, a]),
        (" id_Asc , createdAt_desc ,", "createdat_desc,id_asc", [b, c, a]),
        ("dueAt_asc", "dueat_asc,id_desc", [a, c, b]),
        ("dueAt_1,id_1", "dueat_asc,id_asc", [a, b, c]),
        ("dueAt_2", "dueat_desc,id_desc", [c, b, a]),
        ("updatedAt,dueAt_asc,createdAt", "updatedat_desc,dueat_asc,createdat_desc,id_desc", [a, c, b]),
    ] {
        let order = given.replace(' ', "%20");
        for audience in audiences() {
            let mut token = String::new();
            for (n, id) in expected.into_iter().enumerate() {
                let page = page(&skd, &format!("{audience}orderBy={order}&limit=1{token}")).await;
                assert_eq!(page["items"][0]["id"], id.to_string(), "{given}, {n}");
                assert_eq!((&page["orderBy"], &page["hasNextPage"]), (&json!(told), &json!(n < 2)), "{given}");
                token = format!("&continuationToken={}", page["continuationToken"].as_str().expect("a token"));
            }
            // The last page has a token too, and what comes after it gives it back.
            let beyond = page(&skd, &format!("{audience}orderBy={order}&limit=1{token}")).await;
            assert_eq!((titles(&beyond).len(), &beyond["hasNextPage"]), (0, &json!(false)));
            assert_eq!(format!("&continuationToken={}", beyond["continuationToken"].as_str().expect("one")), token);
        }
    }
    for order in
        ["title", "id,ID", "createdAt,createdat_asc", "createdAt_", "createdAt_0", "createdAt_3", "createdAt_asc_"]
    {
        assert_refused(&skd, &format!("orderBy={order}"), "orderBy").await;
    }
}

#[tokio::test]
async fn a_token_holds_the_keys_of_the_order() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let [a, b, c] = three(&app);
    let time = Timestamp::from_micros(NEW_YEAR + 2 * 3_600_000_000);
    let shows = async |query: String, expected: &[DialogId]| {
        let page = page(&skd, &query).await;
        let ids: Vec<_> = page["items"].as_array().expect("items").iter().map(|it| it["id"].clone()).collect();
        assert_eq!(ids, expected.iter().map(|id| json!(id.to_string())).collect::<Vec<_>>(), "{query}");
    };
    let token = format!("createdat_{time},id_{c}");
    shows(format!("orderBy=createdAt&continuationToken={token}"), &[b, a]).await;
    // The direction is not part of it; more keys and another order of them do no harm.
    shows(format!("orderBy=createdAt_asc&continuationToken={token}"), &[b]).await;
    shows(format!("orderBy=createdAt_asc,id_asc&continuationToken={token}"), &[]).await;
    shows(format!("orderBy=createdAt&continuationToken=ID_{b},dueat_,CreatedAt_{time}"), &[a]).await;
    let refused = async |order: &str, token: &str, key: &str, message: &str| {
        let path = format!("{PATH}?orderBy={order}&{token}");
        let problem = skd.get(&path).await.expect(StatusCode::BAD_REQUEST).json();
        assert!(problem["errors"][key][0].as_str().is_some_and(|it| it.contains(message)), "{token}: {problem}");
    };
    let key = "continuationToken";
    refused("dueAt", &format!("{key}={token}"), key, "[dueat]").await;
    refused("dueAt,updatedAt", &format!("{key}={token}"), key, "[dueat, updatedat]").await;
    refused("createdAt", &format!("{key}=createdat_{time}"), key, "[id]").await;
    for malformed in [
        format!("createdat_{time},createdat_{time},id_{c}"),
        format!("title_x,{token}"),
        "createdat_,id_x".to_owned(),
        format!("createdat_yesterday,id_{c}"),
        format!("createdat_{time},id_{c}_"),
    ] {
        refused("createdAt", &format!("ContinuationToken={malformed}"), "ContinuationToken", "not valid").await;
    }
}

#[tokio::test]
async fn items_hold_what_lists_have_and_no_more() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let content = |title: &str| DialogContent {
        non_sensitive_title: Some(text("Åpen")),
        non_sensitive_summary: Some(text("Åpent sammendrag")),
        summary: Some(text("Sammendrag")),
        sender_name: Some(text("Avsender")),
        extended_status: Some(text("Status")),
        additional_info: Some(text("Mer")),
        ..DialogContent::titled(text(title))
    };
    // Level 3, level 0, and one that is not known.
    for (service, title, summary) in
        [(TAX, "Åpen", "Åpent sammendrag"), (SUBMISSION, "Følsom", "Sammendrag"), (SIGNING, "Følsom", "Sammendrag")]
    {
        app.holds(NewDialog {
            service_resource: resource(service),
            content: Some(content("Følsom")),
            idempotent_key: Some(service.rsplit(':').next().expect("a name").to_owned()),
            expires_at: Some(Timestamp::from_micros(NEW_YEAR)),
            search_tags: vec!["skatt".to_owned()],
            ..dialog("")
        });
        let answer = skd.get(&format!("{PATH}?serviceResource={service}")).await.expect(StatusCode::OK);
        let page = answer.json();
        let item = &page["items"][0];
        let members: Vec<_> = item["content"].as_object().expect("content").keys().collect();
        assert_eq!(members, ["extendedStatus", "senderName", "summary", "title"]);
        assert_eq!(item["content"]["title"]["value"][0]["value"], title, "{service}");
        assert_eq!(item["content"]["summary"]["value"][0]["value"], summary, "{service}");
        for absent in ["expiresAt", "idempotentKey", "searchTags", "attachments", "guiActions", "apiActions"] {
            assert!(item.get(absent).is_none(), "{absent}");
        }
        for absent in ["transmissions", "activities", "latestActivity", "visibleFrom", "deletedAt"] {
            assert!(item.get(absent).is_none(), "{absent}");
        }
        assert_eq!(item["guiAttachmentCount"], 0);
        // The content comes last.
        let written = answer.text();
        let last = written.rfind("\"content\":").expect("content");
        for member in ["\"endUserContext\":", "\"serviceOwnerContext\":", "\"seenSinceLastContentUpdate\":"] {
            assert!(written.find(member).expect("a member") < last, "{member}");
        }
    }
    let bare = NewDialog { content: None, is_api_only: true, party: person(ALICE), ..dialog("") };
    let id = bare.id;
    app.holds(NewDialog { external_reference: Some("bare".to_owned()), ..bare });
    let page = page(&skd, "externalReference=bare").await;
    assert_eq!(page["items"][0]["id"], id.to_string());
    assert!(page["items"][0].get("content").is_none());
}

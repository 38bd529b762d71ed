use crate::app::{
    ALICE, Actor, BENEFITS, BOB, CAROL, COMPANY, SECRET, SIGNING, TAX, TestApp, dialog, organization, person, resource,
    text,
};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{
    Activity, ActivityId, ActivityType, Actor as ActorOf, AttachmentUrl, ConsumerType, DialogContent, DialogId,
    DialogStatus, EndUserId, LanguageCode, Localization, Localizations, Org, SeenEntry, SystemLabel, Timestamp,
};
use dialog_index::{AuthorizedScope, NewDialog};
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::time::Duration;
use uuid::Uuid;

const PATH: &str = "/api/v1/enduser/dialogs";
const HOUR: i64 = 3_600_000_000;

/// The page that a query gets.
async fn page(caller: &Actor<'_>, query: &str) -> Value {
    caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::OK).json()
}

fn titles(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["content"]["title"]["value"][0]["value"].as_str().expect("a title")).collect()
}

async fn assert_shows(caller: &Actor<'_>, query: &str, expected: &[&str]) {
    let page = page(caller, query).await;
    let mut titles = titles(&page);
    titles.sort_unstable();
    assert_eq!(titles, expected, "{query}");
}

async fn assert_refused(caller: &Actor<'_>, query: &str, keys: &[&str]) {
    let problem = caller.get(&format!("{PATH}?{query}")).await.expect(StatusCode::BAD_REQUEST).json();
    let found: Vec<_> = problem["errors"].as_object().expect("errors").keys().collect();
    assert_eq!(found, keys, "{query}");
}

fn party(number: &str) -> String {
    format!("party=urn:altinn:person:identifier-no:{number}")
}

fn urn(organization_number: &str) -> String {
    format!("party=urn:altinn:organization:identifier-no:{organization_number}")
}

#[tokio::test]
async fn everyone_sees_their_own_and_those_they_act_for() {
    let app = TestApp::new();
    app.holds(dialog("Alice"));
    app.holds(NewDialog { party: person(BOB), ..dialog("Bob") });
    app.holds(NewDialog { party: organization(COMPANY), ..dialog("Company") });
    app.holds(NewDialog {
        party: organization(COMPANY),
        service_resource: resource(SECRET),
        ..dialog("Not its manager's")
    });
    let alice = app.end_user(ALICE);
    assert_shows(&alice, "allParties=true", &["Alice", "Company"]).await;
    assert_shows(&alice, &party(ALICE), &["Alice"]).await;
    assert_shows(&alice, &format!("{}&{}", party(ALICE), urn(COMPANY)), &["Alice", "Company"]).await;
    assert_shows(&alice, &format!("serviceResource={TAX}"), &["Alice", "Company"]).await;
    assert_shows(&alice, &format!("allParties=true&serviceResource={}", TAX.to_uppercase()), &["Alice", "Company"])
        .await;
    assert_shows(&alice, "allParties=true&serviceResource=skd-skattemelding", &[]).await;
    assert_shows(&app.end_user(BOB), "allParties=true", &["Bob"]).await;
    assert_shows(&app.system_user(crate::app::SYSTEM_USER, COMPANY), "allParties=true", &["Company"]).await;
}

#[tokio::test]
async fn what_is_hidden_is_not_hinted_at() {
    let app = TestApp::new();
    app.holds(NewDialog { party: person(BOB), ..dialog("Bob's tax") });
    app.holds(NewDialog { party: organization(COMPANY), service_resource: resource(SECRET), ..dialog("Secret") });
    let alice = app.end_user(ALICE);
    let counts = "totalCount=true&facet=status&facet=org&facet=serviceResource&facet=contentUpdatedYear";
    let unknown = page(&alice, &format!("{}&{counts}", party(CAROL))).await;
    assert_eq!(unknown["totalCount"], 0);
    for query in
        [party(BOB), format!("{}&serviceResource={SECRET}", urn(COMPANY)), format!("{}&search=tax", party(BOB))]
    {
        let hidden = page(&alice, &format!("{query}&{counts}")).await;
        let with_rights_to_services = |page: &Value| {
            let mut page = page.clone();
            page["facets"]["serviceResource"].take();
            page
        };
        assert_eq!(with_rights_to_services(&hidden), with_rights_to_services(&unknown), "{query}");
    }
}

#[tokio::test]
async fn an_answer_has_the_members_of_the_contract() {
    let app = TestApp::new();
    let id = app_holds_at(&app, "Tax", 0);
    let alice = app.end_user(ALICE);
    let page = page(&alice, &party(ALICE)).await;
    let members: Vec<_> = page.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["continuationToken", "hasNextPage", "items", "orderBy"]);
    assert_eq!(page["hasNextPage"], false);
    assert_eq!(page["orderBy"], "contentupdatedat_desc,id_desc");
    let time = "2026-01-01T00:00:00.0000000Z";
    assert_eq!(page["continuationToken"], format!("contentupdatedat_{time},id_{id}"));
    let mut item = page["items"][0].clone();
    let revision = item["endUserContext"]["revision"].take();
    assert!(Uuid::try_parse(revision.as_str().expect("a revision")).is_ok());
    assert_eq!(
        item,
        json!({
            "id": id.to_string(),
            "org": "skd",
            "serviceResource": TAX,
            "serviceResourceType": "genericaccessresource",
            "party": format!("urn:altinn:person:identifier-no:{ALICE}"),
            "guiAttachmentCount": 0,
            "createdAt": time,
            "updatedAt": time,
            "contentUpdatedAt": time,
            "status": "NotApplicable",
            "systemLabel": "Default",
            "hasUnopenedContent": false,
            "fromServiceOwnerTransmissionsCount": 0,
            "fromPartyTransmissionsCount": 0,
            "isApiOnly": false,
            "isContentSeen": false,
            "seenSinceLastUpdate": [],
            "seenSinceLastContentUpdate": [],
            "endUserContext": { "revision": null, "systemLabels": ["Default"] },
            "content": { "title": { "value": [{ "value": "Tax", "languageCode": "nb" }], "mediaType": "text/plain" } },
        })
    );
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000 + hour * HOUR)
}

/// A dialog with Alice whose times are all the same, hours after the year began.
fn app_holds_at(app: &TestApp, title: &str, hour: i64) -> DialogId {
    let new = NewDialog { created_at: Some(at(hour)), updated_at: Some(at(hour)), ..dialog(title) };
    let id = new.id;
    app.holds(new);
    id
}

#[tokio::test]
async fn pages_follow_each_other_in_every_order() {
    let app = TestApp::new();
    // Ties in every key, and dialogs without a due date.
    for number in 0..12 {
        app.holds(NewDialog {
            created_at: Some(at(number % 5)),
            updated_at: Some(at(5 + number % 3)),
            due_at: (number % 4 != 0).then(|| at(20 + number % 2)),
            ..dialog(&number.to_string())
        });
    }
    let alice = app.end_user(ALICE);
    for order in [
        "",
        "contentUpdatedAt_asc",
        "createdAt",
        "createdAt_asc,id_asc",
        "updatedAt,dueAt_asc",
        "updatedAt_asc,dueAt,createdAt_asc",
        "dueAt",
        "dueAt_asc",
        "dueAt,id_asc",
        "id",
        "id_asc",
    ] {
        let all = page(&alice, &format!("allParties=true&orderBy={order}")).await;
        let all_items = all["items"].as_array().expect("items");
        assert_eq!(all_items.len(), 12, "{order}");
        let echoed = all["orderBy"].as_str().expect("an order");
        for pair in all_items.windows(2) {
            assert_eq!(compare(echoed, &pair[0], &pair[1]), Ordering::Less, "{echoed}: {pair:#?}");
        }
        for limit in [1, 5, 12] {
            let mut found = Vec::new();
            let mut token = String::new();
            loop {
                let query = format!("allParties=true&orderBy={order}&limit={limit}&continuationToken={token}");
                let page = page(&alice, &query).await;
                let items = page["items"].as_array().expect("items");
                found.extend(items.iter().cloned());
                assert_eq!(page["hasNextPage"], found.len() < 12, "{query}");
                let next = page["continuationToken"].as_str().expect("a token");
                if items.is_empty() {
                    assert_eq!(next, token, "an empty page gives the token back");
                    break;
                }
                token = next.to_owned();
            }
            assert_eq!(&found, all_items, "{order} by {limit}");
        }
    }
}

/// Compares two items by the order that an answer tells.
fn compare(order: &str, a: &Value, b: &Value) -> Ordering {
    for part in order.split(',') {
        let (key, direction) = part.split_once('_').expect("a key and a direction");
        let member = match key {
            "contentupdatedat" => "contentUpdatedAt",
            "updatedat" => "updatedAt",
            "createdat" => "createdAt",
            "dueat" => "dueAt",
            "id" => "id",
            other => panic!("{other} is no key"),
        };
        // As texts, times and ids have the order of what they mean. No due date comes after all others.
        let value = |item: &Value| item[member].as_str().map_or((true, String::new()), |text| (false, text.to_owned()));
        let ordering = value(a).cmp(&value(b));
        let ordering = if direction == "asc" { ordering } else { ordering.reverse() };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}

#[tokio::test]
async fn an_empty_page_gives_nothing_to_continue_with() {
    let app = TestApp::new();
    let page = page(&app.end_user(ALICE), "allParties=true").await;
    assert_eq!(page, json!({ "items": [], "hasNextPage": false, "orderBy": "contentupdatedat_desc,id_desc" }));
}

#[tokio::test]
async fn a_token_of_another_order_is_refused() {
    let app = TestApp::new();
    app_holds_at(&app, "Tax", 0);
    let alice = app.end_user(ALICE);
    let first = page(&alice, "allParties=true&orderBy=createdAt").await;
    let token = first["continuationToken"].as_str().expect("a token");
    assert_refused(&alice, &format!("allParties=true&continuationToken={token}"), &["ContinuationToken"]).await;
    assert_refused(&alice, "allParties=true&continuationToken=nonsense", &["continuationToken"]).await;
}

#[tokio::test]
async fn every_filter_reaches_the_search() {
    let app = TestApp::new();
    app.holds(NewDialog {
        created_at: Some(at(1)),
        updated_at: Some(at(2)),
        due_at: Some(at(3)),
        status: DialogStatus::Completed,
        extended_status: Some("Paid".to_owned()),
        external_reference: Some("ref-1".to_owned()),
        process: Some("urn:process:1".to_owned()),
        system_label: SystemLabel::Archive,
        is_api_only: true,
        ..dialog("One")
    });
    let other = NewDialog { created_at: Some(at(4)), updated_at: Some(at(5)), due_at: Some(at(6)), ..dialog("Two") };
    app.holds(NewDialog { service_resource: resource(BENEFITS), org: Org::new("nav"), ..other });
    let alice = app.end_user(ALICE);
    for one in [
        "status=completed&status=Draft",
        "extendedStatus=Paid",
        "externalReference=ref-1",
        "process=urn:process:1",
        "systemLabel=Archive",
        "org=skd",
        &format!("serviceResource={TAX}"),
        "createdBefore=2026-01-01T01:00:00Z",
        "updatedBefore=2026-01-01T02:00:00Z",
        "contentUpdatedBefore=2026-01-01T02:00:00Z",
        "dueBefore=2026-01-01T04:00:00%2B01:00",
        "search=one",
        "isContentSeen=false&limit=1&orderBy=createdAt_asc",
    ] {
        assert_shows(&alice, &format!("{}&{one}", party(ALICE)), &["One"]).await;
    }
    for two in [
        "systemLabel=Default",
        "excludeApiOnly=true",
        "createdAfter=2026-01-01T04:00:00Z",
        "updatedAfter=2026-01-01T05:00:00Z",
        "contentUpdatedAfter=2026-01-01T05:00:00Z",
        "dueAfter=2026-01-01T06:00:00Z",
        "search=two&searchLanguageCode=nb",
    ] {
        assert_shows(&alice, &format!("{}&{two}", party(ALICE)), &["Two"]).await;
    }
    for none in
        ["systemLabel=Bin&systemLabel=Archive", "extendedStatus=paid", "externalReference=", "isContentSeen=true"]
    {
        assert_shows(&alice, &format!("{}&{none}", party(ALICE)), &[]).await;
    }
}

#[tokio::test]
async fn dialogs_are_listed_while_they_are_visible() {
    let app = TestApp::new();
    let hours = |hours: i64| Timestamp::from_micros(app.now().as_micros() + hours * HOUR);
    app.holds(NewDialog { visible_from: Some(hours(1)), expires_at: Some(hours(3)), ..dialog("Later") });
    let visible = async || {
        assert_shows(&app.end_user(ALICE), "allParties=true&totalCount=true", &["Later"]).await;
    };
    let hidden = async || {
        assert_shows(&app.end_user(ALICE), "allParties=true", &[]).await;
        assert_eq!(page(&app.end_user(ALICE), "allParties=true&totalCount=true").await["totalCount"], 0);
    };
    hidden().await;
    app.wait(Duration::from_secs(2 * 3600));
    visible().await;
    app.wait(Duration::from_secs(2 * 3600));
    hidden().await;
}

#[tokio::test]
async fn texts_follow_the_level() {
    let app = TestApp::new();
    let mut secret = NewDialog { service_resource: resource(SECRET), ..dialog("Protected address") };
    let content = secret.content.as_mut().expect("content");
    content.non_sensitive_title = Some(text("A message"));
    content.summary = Some(text("Moved to Bergen"));
    app.holds(secret);
    let all = |search| format!("allParties=true&totalCount=true&search={search}");
    let (high, low) = (app.end_user(ALICE), app.end_user_at_level(ALICE, "idporten-loa-substantial"));
    for (caller, title, found, missed) in [
        (&high, "Protected address", vec!["protected", "message", "bergen"], "skatt"),
        (&low, "A message", vec!["message"], "protected"),
    ] {
        let page_of_all = page(caller, "allParties=true").await;
        assert_eq!(titles(&page_of_all), [title]);
        for search in found {
            assert_eq!(page(caller, &all(search)).await["totalCount"], 1, "{search}");
        }
        assert_eq!(page(caller, &all(missed)).await["totalCount"], 0, "{missed}");
    }
}

#[tokio::test]
async fn sensitive_texts_are_replaced_below_the_level_where_there_are_others() {
    let app = TestApp::new();
    let low = app.end_user_at_level(ALICE, "idporten-loa-low");
    let substantial = app.end_user_at_level(ALICE, "idporten-loa-substantial");
    // A level that is not known is 0 in lists.
    for (service, has_open, shown_to_low) in [
        (TAX, true, ["Åpen", "Åpent sammendrag"]),
        (TAX, false, ["Tittel", "Sammendrag"]),
        (SIGNING, true, ["Tittel", "Sammendrag"]),
    ] {
        let mut given = NewDialog { service_resource: resource(service), ..dialog("Tittel") };
        let content = given.content.as_mut().expect("content");
        content.summary = Some(text("Sammendrag"));
        if has_open {
            content.non_sensitive_title = Some(text("Åpen"));
            content.non_sensitive_summary = Some(text("Åpent sammendrag"));
        }
        let id = given.id;
        app.holds(given);
        for (caller, expected) in [(&low, shown_to_low), (&substantial, ["Tittel", "Sammendrag"])] {
            let page = page(caller, "allParties=true").await;
            let mut items = page["items"].as_array().expect("items").iter();
            let item = items.find(|item| item["id"] == json!(id)).expect("it is listed whatever the level");
            let texts = ["title", "summary"].map(|name| item["content"][name]["value"][0]["value"].clone());
            assert_eq!(texts, expected.map(|text| json!(text)), "{service}");
            assert!(item["content"].get("nonSensitiveTitle").is_none());
        }
    }
}

#[tokio::test]
async fn items_tell_attachments_to_look_at_and_the_latest_activity() {
    let app = TestApp::new();
    let mut given = dialog("Med vedlegg");
    let now = app.now();
    let with = |consumers: &[ConsumerType]| {
        let mut attachment = crate::get_dialog::attachment(None);
        let url = attachment.urls[0].clone();
        attachment.urls = consumers
            .iter()
            .map(|it| AttachmentUrl { id: Uuid::now_v7(), consumer_type: *it, ..url.clone() })
            .collect();
        attachment
    };
    let (gui, api) = (ConsumerType::Gui, ConsumerType::Api);
    given.attachments = vec![with(&[gui, gui]), with(&[api]), with(&[api, gui])];
    let activity = |id: u128, hours: i64| Activity {
        id: ActivityId(Uuid::from_u128(id)),
        created_at: Timestamp::from_micros(now.as_micros() + hours * HOUR),
        activity_type: ActivityType::Information,
        extended_type: None,
        transmission_id: None,
        performed_by: ActorOf::ServiceOwner,
        description: crate::get_dialog::localized("Nytt", "New"),
    };
    given.activities = vec![activity(4, -1), activity(9, -2), activity(5, -1), activity(3, -1)];
    app.holds(given);
    let page = page(&app.end_user(ALICE), "allParties=true").await;
    let item = &page["items"][0];
    assert_eq!(item["guiAttachmentCount"], 2);
    // The newest, and of those of one time the last by id.
    let latest = &item["latestActivity"];
    assert_eq!(latest["id"], json!(Uuid::from_u128(5)));
    assert_eq!(latest["performedBy"], json!({ "actorType": "ServiceOwner" }));
    assert_eq!(latest["description"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn texts_follow_the_language() {
    let app = TestApp::new();
    let localization = |code: &str, value: &str| Localization {
        language_code: LanguageCode::parse(code).expect("a code"),
        value: value.to_owned(),
    };
    let mut tax = dialog("");
    let content = tax.content.as_mut().expect("content");
    content.title.value = Localizations::new(vec![localization("nb", "Skatt"), localization("en", "Tax")]);
    app.holds(tax);
    let path = format!("{PATH}?allParties=true");
    let alice = app.end_user(ALICE);
    let shown = async |language: &str| {
        let headers: &[_] = &[("accept-language", language)];
        let answer = alice.send(Method::GET, &path, headers, Body::empty()).await.expect(StatusCode::OK).json();
        answer["items"][0]["content"]["title"]["value"].clone()
    };
    let (norwegian, english) =
        (json!({ "value": "Skatt", "languageCode": "nb" }), json!({ "value": "Tax", "languageCode": "en" }));
    assert_eq!(shown("nb-NO,en;q=0.5").await, json!([norwegian]));
    assert_eq!(shown("sv").await, json!([norwegian]));
    assert_eq!(shown("fr").await, json!([english]));
    assert_eq!(shown("").await, json!([english, norwegian]));
    let refused = alice.send(Method::GET, &path, &[("accept-language", "invalid;;;")], Body::empty()).await;
    assert!(refused.expect(StatusCode::BAD_REQUEST).json()["errors"].get("Accept-Language").is_some());
}

#[tokio::test]
async fn who_has_seen_a_dialog_is_told_without_numbers() {
    let app = TestApp::new();
    let id = app_holds_at(&app, "Tax", 0);
    let user = EndUserId::person(ALICE).expect("a number");
    let entry = SeenEntry {
        id: Uuid::now_v7(),
        seen_at: app.now(),
        seen_by: ActorOf::Identified { id: user.into(), name: Some("Eksempel Alice".to_owned()) },
        is_via_service_owner: false,
    };
    let scope = AuthorizedScope::owned_by(Org::new("skd"));
    app.dialogs().mark_seen(&scope, id, entry).expect("a seen dialog");

    let page = page(&app.end_user(ALICE), "allParties=true&isContentSeen=true").await;
    let item = &page["items"][0];
    assert_eq!(item["isContentSeen"], true);
    assert_eq!(item["seenSinceLastUpdate"], item["seenSinceLastContentUpdate"]);
    let seen = &item["seenSinceLastUpdate"][0];
    assert_eq!(seen["isCurrentEndUser"], true);
    assert_eq!(seen["seenBy"]["actorName"], "Eksempel Alice");
    let actor = seen["seenBy"]["actorId"].as_str().expect("an id");
    assert!(actor.starts_with("urn:altinn:person:identifier-ephemeral:"), "{actor}");
}

#[tokio::test]
async fn counts_are_told_when_asked_for() {
    let app = TestApp::new();
    for (title, status) in [("1", DialogStatus::Draft), ("2", DialogStatus::Completed), ("3", DialogStatus::Completed)]
    {
        app.holds(NewDialog { status, ..dialog(title) });
    }
    let alice = app.end_user(ALICE);
    let counted = page(&alice, "allParties=true&limit=1&totalCount=true").await;
    assert_eq!((&counted["totalCount"], counted.get("facets")), (&json!(3), None));
    let counted = page(&alice, "allParties=true&limit=1&facet=status&facet=org&status=Draft&facetLimit=1").await;
    assert_eq!(counted["totalCount"], 1);
    assert_eq!(
        counted["facets"],
        json!({
            "status": { "values": [{ "value": "Completed", "count": 2 }], "otherCount": 1 },
            "org": { "values": [{ "value": "skd", "count": 1 }], "otherCount": 0 },
        })
    );
}

#[tokio::test]
async fn lists_have_published_limits() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let many = |parameter: &str, count| vec![parameter; count].join("&");
    for (parameter, limit, key) in [
        (party(ALICE).as_str(), 100, "Party.Count"),
        ("serviceResource=urn:altinn:resource:a", 20, "ServiceResource.Count"),
        ("org=skd", 20, "Org.Count"),
        ("extendedStatus=a", 20, "ExtendedStatus.Count"),
    ] {
        page(&alice, &format!("allParties=true&{}", many(parameter, limit))).await;
        assert_refused(&alice, &format!("allParties=true&{}", many(parameter, limit + 1)), &[key]).await;
    }
    page(&alice, "allParties=true&limit=1000").await;
    assert_refused(&alice, "allParties=true&limit=1001", &["Limit"]).await;
}

#[tokio::test]
async fn hostile_queries_are_refused_or_find_nothing() {
    let app = TestApp::new();
    app.holds(dialog("Tax"));
    let alice = app.end_user(ALICE);
    let long = "a".repeat(60_000);
    for refused in [
        "",
        "party",
        "party=",
        "party=%00",
        "party=%ff%fe",
        "%ff=%ff",
        &format!("party={long}"),
        &"party=x&".repeat(8_000),
        "allParties=true&search=ab%00",
        "allParties=true&limit=99999999999999999999",
        "allParties=true&limit=1e3",
        "allParties=true&orderBy=contentUpdatedAt;DROP",
        &format!("allParties=true&continuationToken={long}"),
        "allParties=true&createdAfter=99999-01-01T00:00:00Z",
        "allParties=true&createdAfter=2026-01-01T00:00:00",
        &format!("allParties=true&process={long}"),
        &format!("allParties=true&{}", "status=x&".repeat(6_000)),
    ] {
        let answer = alice.get(&format!("{PATH}?{refused}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{:.100}: {}", refused, answer.text());
        assert!(answer.body.len() < 50_000, "{:.100}", refused);
    }
    for empty in [
        format!("allParties=true&externalReference={long}"),
        format!("allParties=true&serviceResource={long}"),
        format!("allParties=true&search={long}"),
        "allParties=true&search=%22%22%22%28%29%2A%3A%5E~".to_owned(),
        format!("allParties=true&search={}", "%22a%22+OR+-b+AND+".repeat(2_000)),
        format!("allParties=true&search={}", "-".repeat(50_000)),
        "allParties=true&extendedStatus=%F0%9F%92%A9%E2%80%AE".to_owned(),
    ] {
        assert_eq!(page(&alice, &empty).await["items"], json!([]), "{empty:.100}");
    }
    let unknown: String = (0..6_000).map(|number| format!("&x{number}=1")).collect();
    assert_shows(&alice, &format!("allParties=true{unknown}"), &["Tax"]).await;
    assert_shows(
        &alice,
        "allParties=true&createdBefore=9999-12-31T23:59:59Z&createdAfter=0001-01-01T00:00:00Z",
        &["Tax"],
    )
    .await;
}

/// Where the register says no level, it takes level 3 to open a dialog.
#[tokio::test]
async fn what_only_opening_shows_is_not_found_below_the_level_that_is_taken_for_an_unknown_one() {
    let app = TestApp::new();
    let content = DialogContent { additional_info: Some(text("innvendig")), ..DialogContent::titled(text("utvendig")) };
    let dialog = NewDialog { service_resource: resource(SIGNING), content: Some(content), ..dialog("") };
    let id = dialog.id;
    app.holds(dialog);
    for (acr, opens) in [("idporten-loa-low", false), ("idporten-loa-substantial", true)] {
        let alice = app.end_user_at_level(ALICE, acr);
        let found = async |word: &str| {
            let found = page(&alice, &format!("allParties=true&search={word}&totalCount=true&facet=party")).await;
            let count = found["facets"]["party"]["values"].as_array().expect("values").len();
            (titles(&found).len(), found["totalCount"].clone(), count)
        };
        assert_eq!(found("utvendig").await, (1, json!(1), 1), "{acr}");
        let inside = usize::from(opens);
        assert_eq!(found("innvendig").await, (inside, json!(inside), inside), "{acr}");
        let status = if opens { StatusCode::OK } else { StatusCode::FORBIDDEN };
        alice.get(&format!("{PATH}/{id}")).await.expect(status);
    }
}

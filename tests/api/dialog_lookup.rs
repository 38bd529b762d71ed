use crate::app::{ALICE, Actor, BENEFITS, NAV_NUMBER, SKD_NUMBER, SUBMISSION, TAX, TestApp, dialog, resource, text};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::{
    ContentValue, DialogContent, DialogId, LanguageCode, Localization, Localizations, Org, ServiceOwnerLabel,
};
use serde_json::{Value, json};

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const ID: &str = "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
const OTHER: &str = "0299d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";

fn path(reference: &str) -> String {
    format!("/api/v1/serviceowner/dialoglookup?instanceRef={reference}")
}

fn labelled(title: &str, labels: &[&str]) -> NewDialog {
    let labels = labels.iter().map(|label| ServiceOwnerLabel::parse(label).expect("a label"));
    NewDialog { service_owner_labels: labels.collect(), ..dialog(title) }
}

fn of_nav(dialog: NewDialog) -> NewDialog {
    NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..dialog }
}

fn held(app: &TestApp, dialog: NewDialog) -> DialogId {
    let id = dialog.id;
    app.holds(dialog);
    id
}

async fn look_up(caller: &Actor<'_>, reference: &str) -> Value {
    caller.get(&path(reference)).await.expect(StatusCode::OK).json()
}

async fn refused(caller: &Actor<'_>, reference: &str, status: StatusCode) -> String {
    let problem = caller.get(&path(reference)).await.expect(status).json();
    problem["errors"].as_object().expect("errors").keys().next().expect("a key").clone()
}

#[tokio::test]
async fn a_dialog_is_found_by_id_and_by_label() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let storage = format!("urn:altinn:integration:storage:50001/{ID}");
    let instance = format!("urn:altinn:instance-id:50001/{ID}");
    let id = held(&app, labelled("Instans", &[&storage, "other"]));
    let plain = held(&app, dialog("Vanlig"));
    let expected = json!({
        "dialogId": id.to_string(),
        "instanceRef": instance,
        "party": format!("urn:altinn:person:identifier-no:{ALICE}"),
        "serviceResource": {
            "id": "skd-skattemelding",
            "isDelegable": true,
            "minimumAuthenticationLevel": 3,
            "name": [{ "value": "Skattemelding", "languageCode": "nb" }],
        },
        "serviceOwner": {
            "orgNumber": SKD_NUMBER,
            "code": "skd",
            "name": [
                { "value": "The Norwegian Tax Administration", "languageCode": "en" },
                { "value": "Skatteetaten", "languageCode": "nb" },
            ],
        },
        "title": [{ "value": "Instans", "languageCode": "nb" }],
    });
    for reference in [
        format!("%20{}%20", instance.to_uppercase().replace("URN:ALTINN:INSTANCE-ID", "URN:Altinn:Instance-Id")),
        format!("urn:altinn:dialog-id:{id}"),
    ] {
        assert_eq!(look_up(&skd, &reference).await, expected, "{reference}");
    }
    let reference = format!("urn:altinn:dialog-id:{plain}");
    assert_eq!(look_up(&skd, &reference).await["instanceRef"], reference.as_str());
    let letter = format!("urn:altinn:correspondence-id:{OTHER}");
    let id = held(&app, labelled("Brev", &[&letter]));
    let found = look_up(&skd, &letter).await;
    assert_eq!((&found["dialogId"], &found["instanceRef"]), (&json!(id.to_string()), &json!(letter)));
    // Deleted ones are found, and so is what has been labelled since.
    skd.delete(&format!("/api/v1/serviceowner/dialogs/{id}")).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(look_up(&skd, &letter).await["dialogId"], id.to_string());
    let labels = format!("/api/v1/serviceowner/dialogs/{plain}/context/labels");
    let added = format!("urn:altinn:correspondence-id:{ID}");
    skd.post(&labels, json!({ "value": added })).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(look_up(&skd, &added).await["dialogId"], plain.to_string());
    skd.delete(&format!("{labels}/{added}")).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(refused(&skd, &added, StatusCode::NOT_FOUND).await, "InstanceRef");
}

#[tokio::test]
async fn others_dialogs_are_forbidden_but_to_administrators() {
    let app = TestApp::new();
    let (skd, nav) = (app.service_owner(SKD_NUMBER), app.service_owner(NAV_NUMBER));
    let admin = app.service_owner_with(NAV_NUMBER, ADMIN);
    let letter = format!("urn:altinn:correspondence-id:{ID}");
    let id = held(&app, labelled("Brev", &[&letter]));
    let by_id = format!("urn:altinn:dialog-id:{id}");
    for reference in [&letter, &by_id] {
        assert_eq!(refused(&nav, reference, StatusCode::FORBIDDEN).await, "Forbidden");
        assert_eq!(look_up(&admin, reference).await["dialogId"], id.to_string());
        assert_eq!(look_up(&skd, reference).await["dialogId"], id.to_string());
    }
    for caller in [&skd, &nav, &admin] {
        for missing in [format!("urn:altinn:dialog-id:{OTHER}"), format!("urn:altinn:correspondence-id:{OTHER}")] {
            assert_eq!(refused(caller, &missing, StatusCode::NOT_FOUND).await, "InstanceRef");
        }
    }
    // Another owner's dialog of the same label is no business of either, and in the way of administrators alone.
    let other = held(&app, of_nav(labelled("Navs", &[&letter])));
    assert_eq!(look_up(&skd, &letter).await["dialogId"], id.to_string());
    assert_eq!(look_up(&nav, &letter).await["dialogId"], other.to_string());
    assert_eq!(refused(&admin, &letter, StatusCode::CONFLICT).await, "InstanceRef");
    held(&app, labelled("Også", &[&letter]));
    assert_eq!(refused(&skd, &letter, StatusCode::CONFLICT).await, "InstanceRef");
    // Once purged it is in nobody's way.
    nav.post(&format!("/api/v1/serviceowner/dialogs/{other}/actions/purge"), json!({}))
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(refused(&nav, &letter, StatusCode::FORBIDDEN).await, "Forbidden");
}

#[tokio::test]
async fn texts_are_shown_in_the_languages_asked_for() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let localized = |texts: &[(&str, &str)]| {
        let texts = texts.iter().map(|(code, value)| Localization {
            language_code: LanguageCode::parse(code).expect("a code"),
            value: (*value).to_owned(),
        });
        ContentValue { value: Localizations::new(texts.collect()), ..text("") }
    };
    let mut with_texts = dialog("");
    with_texts.content = Some(DialogContent {
        title: localized(&[("nb", "Hemmelig"), ("en", "Secret")]),
        non_sensitive_title: Some(localized(&[("nb", "Åpen")])),
        ..with_texts.content.take().expect("content")
    });
    let id = held(&app, with_texts);
    let reference = path(&format!("urn:altinn:dialog-id:{id}"));
    let ask = async |languages: &str| {
        let headers = [("accept-language", languages)];
        skd.send(Method::GET, &reference, &headers, Body::empty()).await
    };
    let found = ask("en").await.expect(StatusCode::OK).json();
    assert_eq!(found["title"], json!([{ "value": "Secret", "languageCode": "en" }]));
    assert_eq!(found["nonSensitiveTitle"], json!([{ "value": "Åpen", "languageCode": "nb" }]));
    assert_eq!(found["serviceOwner"]["name"].as_array().map(Vec::len), Some(1));
    let problem = ask("invalid;;;").await.expect(StatusCode::BAD_REQUEST).json();
    assert!(problem["errors"]["Accept-Language"].is_array());

    // What the register does not know.
    let unknown = NewDialog { service_resource: resource("urn:altinn:resource:Forlatt"), ..dialog("Forlatt") };
    let id = held(&app, unknown);
    let found = look_up(&skd, &format!("urn:altinn:dialog-id:{id}")).await;
    let name = json!([{ "value": "Forlatt", "languageCode": "nb" }]);
    let service = json!({ "id": "Forlatt", "isDelegable": false, "minimumAuthenticationLevel": 3, "name": name });
    assert_eq!(found["serviceResource"], service);
    for (service, level) in [(TAX, 3), (SUBMISSION, 0)] {
        let id = held(&app, NewDialog { service_resource: resource(service), ..dialog("Nivå") });
        let found = look_up(&skd, &format!("urn:altinn:dialog-id:{id}")).await;
        assert_eq!(found["serviceResource"]["minimumAuthenticationLevel"], level);
    }
}

#[tokio::test]
async fn what_is_no_reference_is_refused() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for reference in [
        "",
        "abc",
        ID,
        "urn:altinn:dialog-id:abc",
        &format!("urn:altinn:instance-id:0/{ID}"),
        "urn:altinn:instance-id:1/x",
    ] {
        assert_eq!(refused(&skd, reference, StatusCode::BAD_REQUEST).await, "InstanceRef", "{reference}");
    }
    let answer = skd.get("/api/v1/serviceowner/dialoglookup").await.expect(StatusCode::BAD_REQUEST).json();
    assert!(answer["errors"]["InstanceRef"].is_array());
}

#[tokio::test]
async fn a_party_id_is_a_positive_number_of_32_bits() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for (party_id, status) in [
        ("0", StatusCode::BAD_REQUEST),
        ("-1", StatusCode::BAD_REQUEST),
        ("1", StatusCode::NOT_FOUND),
        ("2147483647", StatusCode::NOT_FOUND),
        ("2147483648", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        ("1/1", StatusCode::BAD_REQUEST),
    ] {
        let reference = format!("urn:altinn:instance-id:{party_id}/{ID}");
        assert_eq!(refused(&skd, &reference, status).await, "InstanceRef", "{party_id}");
    }
    let id = held(&app, labelled("Størst", &[&format!("urn:altinn:integration:storage:2147483647/{ID}")]));
    let reference = format!("urn:altinn:instance-id:2147483647/{ID}");
    assert_eq!(look_up(&skd, &reference).await["dialogId"], id.to_string());
}

#[tokio::test]
async fn of_several_references_an_app_instance_is_told_and_then_the_greatest() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let storage = |party: u32, id: &str| format!("urn:altinn:integration:storage:{party}/{id}");
    let instance = |party: u32, id: &str| format!("urn:altinn:instance-id:{party}/{id}");
    let letter = |id: &str| format!("urn:altinn:correspondence-id:{id}");
    for (labels, expected) in [
        (vec![letter(ID), letter(OTHER)], Some(letter(OTHER))),
        (vec![letter(OTHER), storage(1, ID)], Some(instance(1, ID))),
        // In the order of code points, not of numbers.
        (vec![storage(9, ID), storage(10, OTHER)], Some(instance(9, ID))),
        (vec![storage(9, ID), storage(9, OTHER)], Some(instance(9, OTHER))),
        (vec!["urn:altinn:correspondence-id:x".to_owned(), "urn:altinn:integration:storage:0/x".to_owned()], None),
    ] {
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        let id = held(&app, labelled("Flere", &labels));
        let own = format!("urn:altinn:dialog-id:{id}");
        let told = look_up(&skd, &own).await["instanceRef"].clone();
        assert_eq!(told, expected.unwrap_or(own), "{labels:?}");
    }
}

#[tokio::test]
async fn titles_are_told_whatever_the_level() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let plain = held(&app, dialog("Følsom"));
    let found = look_up(&skd, &format!("urn:altinn:dialog-id:{plain}")).await;
    assert_eq!(found["title"][0]["value"], "Følsom");
    assert!(found.get("nonSensitiveTitle").is_none());
}

//! Dialogs that end users look up, and why they may see them.

use crate::app::{
    ALICE, Actor, BENEFITS, BOB, CAROL, COMPANY, NAV_NUMBER, SECRET, SIGNING, SKD_NUMBER, SYSTEM_USER, TAX, TestApp,
    dialog, organization, person, resource, text,
};
use crate::get_dialog::hours_from;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use dialog_index::NewDialog;
use dialog_index::domain::{DialogContent, DialogId, Org, Party, ServiceOwnerLabel};
use serde_json::{Value, json};

const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
const ID: &str = "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";

fn labelled(title: &str, labels: &[&str]) -> NewDialog {
    let labels = labels.iter().map(|label| ServiceOwnerLabel::parse(label).expect("a label"));
    NewDialog { service_owner_labels: labels.collect(), ..dialog(title) }
}

fn held(app: &TestApp, dialog: NewDialog) -> DialogId {
    let id = dialog.id;
    app.holds(dialog);
    id
}

fn by_id(id: impl std::fmt::Display) -> String {
    format!("urn:altinn:dialog-id:{id}")
}

fn path(reference: &str) -> String {
    format!("/api/v1/enduser/dialoglookup?instanceRef={reference}")
}

async fn look_up(caller: &Actor<'_>, reference: &str) -> Value {
    caller.get(&path(reference)).await.expect(StatusCode::OK).json()
}

/// The status and the key of the error.
async fn refused(caller: &Actor<'_>, reference: &str) -> (u16, String) {
    let answer = caller.get(&path(reference)).await;
    let problem = answer.json();
    let key = problem["errors"].as_object().expect("errors").keys().next().expect("a key").clone();
    (answer.status.as_u16(), key)
}

async fn delete(app: &TestApp, id: DialogId) {
    let path = format!("/api/v1/serviceowner/dialogs/{id}");
    app.service_owner(SKD_NUMBER).delete(&path).await.expect(StatusCode::NO_CONTENT);
}

/// Grants, beside those that there are.
async fn grant(app: &TestApp, id: &str, to: &str, party: &str, what: Value) {
    let mut grant = json!({ "to": to, "for": party });
    for (member, value) in what.as_object().expect("members") {
        grant[member] = value.clone();
    }
    let admin = app.service_owner_with(SKD_NUMBER, ADMIN);
    admin.put(&format!("/api/v1/admin/register/grants/{id}"), grant).await.expect(StatusCode::CREATED);
}

fn urn(number: &str) -> String {
    format!("urn:altinn:person:identifier-no:{number}")
}

fn missing() -> (u16, String) {
    (404, "InstanceRef".to_owned())
}

fn forbidden() -> (u16, String) {
    (403, "Forbidden".to_owned())
}

#[tokio::test]
async fn a_dialog_is_found_by_id_and_by_label() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    let storage = format!("urn:altinn:integration:storage:50001/{ID}");
    let instance = format!("urn:altinn:instance-id:50001/{ID}");
    let letter = format!("urn:altinn:correspondence-id:{ID}");
    let found = held(&app, labelled("Instans", &[&storage, "other"]));
    let sent = held(&app, labelled("Brev", &[&letter]));
    let plain = held(&app, dialog("Vanlig"));
    let expected = json!({
        "dialogId": found,
        "instanceRef": instance,
        "party": urn(ALICE),
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
        "authorizationEvidence": {
            "currentAuthenticationLevel": 4,
            "viaRole": true,
            "viaAccessPackage": false,
            "viaResourceDelegation": false,
            "viaInstanceDelegation": false,
            "evidence": [{
                "grantType": "Role",
                "subject": "urn:altinn:rolecode:priv",
                "name": [{ "value": "Privatperson", "languageCode": "nb" }],
            }],
        },
    });
    for reference in [by_id(found), by_id(found).to_uppercase(), instance.clone(), format!("%20{instance}%20")] {
        assert_eq!(look_up(&alice, &reference).await, expected, "{reference}");
    }
    let by_letter = look_up(&alice, &letter).await;
    assert_eq!((&by_letter["dialogId"], &by_letter["instanceRef"]), (&json!(sent), &json!(letter)));
    assert_eq!(look_up(&alice, &by_id(sent)).await["instanceRef"], letter);
    assert_eq!(look_up(&alice, &by_id(plain)).await["instanceRef"], by_id(plain));
    let english = alice.send(Method::GET, &path(&by_id(plain)), &[("accept-language", "en")], Body::empty()).await;
    assert_eq!(english.json()["serviceOwner"]["name"].as_array().map(Vec::len), Some(1));
    // Nothing counts as seen.
    let seen = alice.get(&format!("/api/v1/enduser/dialogs/{plain}/seenlog")).await.expect(StatusCode::OK).json();
    assert_eq!(seen, json!([]));
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_is_not_permitted() {
    let app = TestApp::new();
    let alice = app.end_user(ALICE);
    for malformed in
        ["", "tull", "urn:altinn:dialog-id:tull", &format!("urn:altinn:instance-id:0/{ID}"), "a&instanceRef=b"]
    {
        let (status, key) = refused(&alice, malformed).await;
        assert_eq!((status, key.to_lowercase()), (400, "instanceref".to_owned()), "{malformed}");
    }
    let answer = alice.get("/api/v1/enduser/dialoglookup").await.expect(StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("urn:altinn:correspondence-id:{uuid}"));
    let invalid = [("accept-language", "invalid;;;")];
    let answer = alice.send(Method::GET, &path(&by_id(ID)), &invalid, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);

    let label = |n: u8| format!("urn:altinn:correspondence-id:0199d2e6-0000-7000-8000-0000000000{n:02}");
    let bobs = |n| NewDialog { party: person(BOB), ..labelled("Bobs", &[&label(n)]) };
    let [gone, foreign, foreign_gone] = [labelled("Slettet", &[&label(1)]), bobs(2), bobs(3)].map(|it| held(&app, it));
    delete(&app, gone).await;
    delete(&app, foreign_gone).await;
    for missed in [by_id(ID), by_id(gone), by_id(foreign_gone), label(1), label(3), label(4)] {
        assert_eq!(refused(&alice, &missed).await, missing(), "{missed}");
    }
    for (caller, reference) in [(&alice, by_id(foreign)), (&alice, label(2)), (&app.end_user(CAROL), label(2))] {
        assert_eq!(refused(caller, &reference).await, forbidden(), "{reference}");
    }
    // A deleted one beside it does not count.
    let live = held(&app, labelled("Ny", &[&label(1)]));
    assert_eq!(look_up(&alice, &label(1)).await["dialogId"], json!(live));
    let message = alice.get(&path(&label(4))).await.json()["errors"]["InstanceRef"][0].clone();
    assert_eq!(message, format!("Entity 'InstanceRef' with the following key(s) was not found: ({}).", label(4)));
}

#[tokio::test]
async fn dialogs_that_the_caller_may_not_see_do_not_count() {
    let app = TestApp::new();
    let (alice, bob) = (app.end_user(ALICE), app.end_user(BOB));
    let label = format!("urn:altinn:correspondence-id:{ID}");
    let mine = held(&app, labelled("Alices", &[&label]));
    let of_nav =
        NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..labelled("Navs", &[&label]) };
    let bobs = held(&app, NewDialog { party: person(BOB), ..of_nav });
    assert_eq!(look_up(&alice, &label).await["dialogId"], json!(mine));
    assert_eq!(look_up(&bob, &label).await["dialogId"], json!(bobs));
    let second = held(&app, labelled("Alices også", &[&label]));
    assert_eq!(refused(&alice, &label).await, (409, "InstanceRef".to_owned()));
    assert_eq!(look_up(&bob, &label).await["dialogId"], json!(bobs));
    delete(&app, second).await;
    assert_eq!(look_up(&alice, &label).await["dialogId"], json!(mine));
    app.service_owner(NAV_NUMBER)
        .delete(&format!("/api/v1/serviceowner/dialogs/{bobs}"))
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(refused(&bob, &label).await, forbidden());
}

#[tokio::test]
async fn neither_time_nor_level_hides_a_dialog() {
    let app = TestApp::new();
    let titled = |open: bool, service: &str| {
        let mut content = DialogContent::titled(text("Hemmelig"));
        content.non_sensitive_title = open.then(|| text("Åpen"));
        NewDialog { content: Some(content), service_resource: resource(service), ..dialog("") }
    };
    let now = app.now();
    let future = held(&app, NewDialog { visible_from: Some(hours_from(now, 1)), ..titled(true, TAX) });
    let expired = held(&app, NewDialog { expires_at: Some(hours_from(now, -1)), ..titled(true, TAX) });
    let sensitive = held(&app, titled(false, TAX));
    // What is not known is 3.
    let signing = held(&app, titled(true, SIGNING));
    let secret = held(&app, titled(true, SECRET));
    let api_only = held(&app, NewDialog { content: None, is_api_only: true, ..dialog("") });
    let cases = [
        (future, ["Åpen", "Hemmelig", "Hemmelig"]),
        (expired, ["Åpen", "Hemmelig", "Hemmelig"]),
        (sensitive, ["Hemmelig", "Hemmelig", "Hemmelig"]),
        (signing, ["Åpen", "Hemmelig", "Hemmelig"]),
        (secret, ["Åpen", "Åpen", "Hemmelig"]),
    ];
    let levels = [("idporten-loa-low", 0), ("idporten-loa-substantial", 3), ("idporten-loa-high", 4)];
    for (id, titles) in cases {
        for ((acr, level), title) in levels.into_iter().zip(titles) {
            let found = look_up(&app.end_user_at_level(ALICE, acr), &by_id(id)).await;
            assert_eq!(found["title"][0]["value"], title, "at {level}");
            assert_eq!(found["authorizationEvidence"]["currentAuthenticationLevel"], level);
        }
    }
    assert_eq!(look_up(&app.end_user(ALICE), &by_id(api_only)).await["title"], json!([]));
}

/// The flags that are set, and kinds and subjects of the evidence.
fn evidence(found: &Value) -> (Vec<&str>, Vec<String>) {
    let told = &found["authorizationEvidence"];
    let flags = ["viaRole", "viaAccessPackage", "viaResourceDelegation", "viaInstanceDelegation"];
    let items = told["evidence"].as_array().expect("a list").iter();
    let items = items.map(|it| format!("{} {}", it["grantType"], it["subject"]).replace('"', ""));
    (flags.into_iter().filter(|flag| told[flag] == true).collect(), items.collect())
}

#[tokio::test]
async fn evidence_names_all_that_lets_the_caller_in() {
    let app = TestApp::new();
    let carol = app.end_user(CAROL);
    let company = format!("urn:altinn:organization:identifier-no:{COMPANY}");
    let storage = format!("urn:altinn:integration:storage:50004/{ID}");
    let instance = format!("urn:altinn:instance-id:50004/{ID}");
    let of = |urn: &str, labels: &[&str]| NewDialog {
        party: organization(COMPANY),
        service_resource: resource(urn),
        ..labelled("Firmaets", labels)
    };
    let benefits = held(&app, NewDialog { org: Org::new("nav"), ..of(BENEFITS, &[&storage]) });
    let plain = held(&app, of(TAX, &[]));
    assert_eq!(refused(&carol, &by_id(benefits)).await, forbidden());

    // Of other services or instances, and of the instance by the id of its dialog, which has another name.
    let others = json!({
        "resources": [TAX],
        "instances": [
            { "resource": TAX, "ref": instance },
            { "resource": BENEFITS, "ref": format!("urn:altinn:instance-id:50005/{ID}") },
            { "resource": BENEFITS, "ref": by_id(benefits) },
        ],
    });
    grant(&app, "others", &urn(CAROL), &company, others).await;
    assert_eq!(refused(&carol, &by_id(benefits)).await, forbidden());
    assert_eq!(refused(&carol, &instance).await, forbidden());
    let direct = look_up(&carol, &by_id(plain)).await;
    assert_eq!(evidence(&direct), (vec!["viaResourceDelegation"], vec![format!("ResourceDelegation {TAX}")]));
    let item = &direct["authorizationEvidence"]["evidence"][0];
    assert_eq!(item["name"], json!([{ "value": "Skattemelding", "languageCode": "nb" }]));
    assert_eq!(
        item["links"]["metadata"],
        "https://platform.altinn.no/resourceregistry/api/v1/resource/skd-skattemelding"
    );

    let delegated = json!({ "instances": [{ "resource": BENEFITS, "ref": instance.to_uppercase().replace("URN:ALTINN:INSTANCE-ID", "urn:altinn:instance-id") }] });
    grant(&app, "instance", &urn(CAROL), &company, delegated).await;
    let told = vec![format!("InstanceDelegation {instance}")];
    for reference in [&by_id(benefits), &instance] {
        assert_eq!(evidence(&look_up(&carol, reference).await), (vec!["viaInstanceDelegation"], told.clone()));
    }
    grant(
        &app,
        "package",
        &urn(CAROL),
        &company,
        json!({ "accessPackages": ["urn:altinn:accesspackage:helse"], "resources": [BENEFITS] }),
    )
    .await;
    let all = look_up(&carol, &instance).await;
    assert_eq!(
        evidence(&all),
        (
            vec!["viaAccessPackage", "viaResourceDelegation", "viaInstanceDelegation"],
            vec![
                "AccessPackage urn:altinn:accesspackage:helse".to_owned(),
                format!("ResourceDelegation {BENEFITS}"),
                format!("InstanceDelegation {instance}"),
            ],
        )
    );
    let package = &all["authorizationEvidence"]["evidence"][0];
    assert_eq!(package["name"], json!([{ "value": "Helse", "languageCode": "nb" }]));
    let link = package["links"]["metadata"].as_str().expect("a link");
    assert!(link.ends_with("/accesspackages/package/urn/urn%3Aaltinn%3Aaccesspackage%3Ahelse"), "{link}");

    let system_user = app.system_user(SYSTEM_USER, COMPANY);
    let told = look_up(&system_user, &by_id(plain)).await;
    assert_eq!(evidence(&told), (vec!["viaResourceDelegation"], vec![format!("ResourceDelegation {TAX}")]));
    assert_eq!(told["authorizationEvidence"]["currentAuthenticationLevel"], 3);
    assert_eq!(refused(&system_user, &by_id(benefits)).await, forbidden());
    let manager = look_up(&app.end_user(ALICE), &by_id(plain)).await;
    assert_eq!(evidence(&manager), (vec!["viaRole"], vec!["Role urn:altinn:rolecode:dagl".to_owned()]));
    let eva = Party::parse("urn:altinn:person:idporten-email:eva@example.no").expect("a party");
    let hers = held(&app, NewDialog { party: eva, ..dialog("Evas") });
    let told = look_up(&app.email_user("eva@example.no", 0), &by_id(hers)).await;
    assert_eq!(evidence(&told).0, ["viaRole"]);
}

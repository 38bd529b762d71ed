//! Whom end users represent, what services they reach, why they may see a dialog, and what anyone may know.

use super::bodies::{dialog, new_id, with};
use super::{Caller, Case, case, created};
use crate::app::{self, ALICE, Actor, BENEFITS, BOB, COMPANY, TestApp, organization, resource};
use crate::end_user_parties::{company, organization_number, organization_urn, person_urn, push, register};
use dialog_index::NewDialog;
use dialog_index::domain::Org;
use serde_json::json;

/// Beyond these, all services are told of.
const MANY_PARTIES: usize = 1000;

pub(super) async fn cases(app: &TestApp, skd: &Actor<'_>) -> Vec<Case> {
    represent_companies(app).await;
    // A service that access packages reach.
    app.holds(NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..app::dialog("Ytelser") });
    let id = created(skd, dialog()).await;
    let of_company = created(skd, with(dialog(), "party", json!(organization(COMPANY)))).await;
    let look_up = |reference: String, status| {
        case("GetDialogLookup", format!("/api/v1/enduser/dialoglookup?instanceRef={reference}"), status)
    };
    let by_id = |id: &str| format!("urn:altinn:dialog-id:{id}");
    let services = |status| case("SearchAuthorizedServiceResources", "/api/v1/enduser/serviceresources", status);
    vec![
        case("GetLimits", "/api/v1/metadata/limits", 200).by(Caller::Anyone),
        case("GetServiceResourceMetadata", "/api/v1/metadata/serviceresources", 200).by(Caller::Anyone),
        case("GetParties", "/api/v1/enduser/parties", 200),
        services(200),
        services(200).by(Caller::OtherPerson),
        look_up("x".to_owned(), 400),
        look_up(by_id(&new_id()), 404),
        look_up(by_id(&id), 403).by(Caller::OtherPerson),
        look_up(by_id(&id), 200),
        // To whom the service itself was given.
        look_up(by_id(&of_company), 200).by(Caller::SystemUser),
    ]
}

/// Alice has one with a sub-unit, the other person very many.
async fn represent_companies(app: &TestApp) {
    let numbers: Vec<_> = (0..=MANY_PARTIES).map(organization_number).collect();
    register(app, |document| {
        for (n, number) in numbers.iter().enumerate() {
            let parent = if n == 1 { json!({ "parent": organization_urn(&numbers[0]) }) } else { json!({}) };
            push(document, "parties", company(number, "En av mange AS", parent));
            let grant = |to: &str| json!({ "id": format!("{to}-{n}"), "to": person_urn(to), "for": organization_urn(number), "roles": ["DAGL"] });
            push(document, "grants", grant(BOB));
            if n < 2 {
                push(document, "grants", grant(ALICE));
            }
        }
    })
    .await;
}

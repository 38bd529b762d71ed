//! What anyone may know, and the look-up of a dialog by another name.

use super::bodies::{dialog, new_id, with};
use super::{Caller, Case, case, created};
use crate::app::{self, Actor, BENEFITS, TestApp, resource};
use dialog_index::NewDialog;
use dialog_index::domain::Org;
use serde_json::json;

pub(super) async fn cases(app: &TestApp, skd: &Actor<'_>) -> Vec<Case> {
    // A service that access packages reach.
    app.holds(NewDialog { org: Org::new("nav"), service_resource: resource(BENEFITS), ..app::dialog("Ytelser") });
    let instance = new_id();
    let label = format!("urn:altinn:integration:storage:50001/{instance}");
    created(skd, with(dialog(), "serviceOwnerContext", json!({ "serviceOwnerLabels": [{ "value": label }] }))).await;
    let look_up = |reference: String, status| {
        case("GetDialogLookup", format!("/api/v1/serviceowner/dialoglookup?instanceRef={reference}"), status)
    };
    let found = format!("urn:altinn:instance-id:50001/{instance}");
    vec![
        case("GetLimits", "/api/v1/metadata/limits", 200).by(Caller::Anyone),
        case("GetServiceResourceMetadata", "/api/v1/metadata/serviceresources", 200).by(Caller::Anyone),
        look_up("x".to_owned(), 400),
        look_up(format!("urn:altinn:dialog-id:{}", new_id()), 404),
        look_up(found.clone(), 403).by(Caller::OtherOwner),
        look_up(found, 200),
    ]
}

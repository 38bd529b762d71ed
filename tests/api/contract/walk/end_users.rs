//! What end users do to dialogs that a service owner has made.

mod labels;
mod parties;
mod readings;

use super::{Caller, Case, OWNED_DIALOGS, bodies, created, deleted, text};
use crate::app::{SKD_NUMBER, TestApp};

const DIALOGS: &str = "/api/v1/enduser/dialogs";

pub(super) async fn cases(app: &TestApp) -> Vec<Case> {
    let skd = app.service_owner(SKD_NUMBER);
    let mut cases = parties::cases(app, &skd).await;
    cases.extend(readings::cases(app, &skd).await);
    cases.extend(labels::cases(&skd).await);
    cases
}

/// A request of the person whose dialogs they are.
fn case(id: &'static str, path: impl Into<String>, status: u16) -> Case {
    Case::of(Caller::Person, id, path, status)
}

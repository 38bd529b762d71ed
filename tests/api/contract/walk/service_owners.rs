//! What service owners do to their dialogs, one after the other.

mod dialogs;
mod labels;
mod metadata;
mod parts;
mod search;

use super::{Caller, Case, OWNED_DIALOGS as DIALOGS, bodies, created, deleted, text};
use crate::app::{SKD_NUMBER, TestApp};

pub(super) async fn cases(app: &TestApp) -> Vec<Case> {
    let skd = app.service_owner(SKD_NUMBER);
    let mut cases = metadata::cases(app, &skd).await;
    cases.extend(search::cases(&skd).await);
    cases.extend(dialogs::cases(&skd).await);
    cases.extend(parts::cases(&skd).await);
    cases.extend(labels::cases(&skd).await);
    cases
}

/// A request of the owner's.
fn case(id: &'static str, path: impl Into<String>, status: u16) -> Case {
    Case::of(Caller::Owner, id, path, status)
}

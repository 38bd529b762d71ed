//! Searches over many dialogs.

use super::bodies::{alice, dialog, later_dialog};
use super::{Case, DIALOGS, case, created};
use crate::app::Actor;
use axum::http::StatusCode;

pub(super) async fn cases(skd: &Actor<'_>) -> Vec<Case> {
    let seen = created(skd, dialog()).await;
    created(skd, later_dialog()).await;
    let deleted = created(skd, dialog()).await;
    let alice = alice();
    skd.get(&format!("{DIALOGS}/{seen}?endUserId={alice}")).await.expect(StatusCode::OK);
    skd.delete(&format!("{DIALOGS}/{deleted}")).await.expect(StatusCode::NO_CONTENT);
    let search = |query: &str, status| case("SearchDialogs", format!("{DIALOGS}?{query}"), status);
    let contexts =
        |query: &str, status| case("SearchDialogEndUserContexts", format!("{DIALOGS}/endusercontext?{query}"), status);
    vec![
        search("limit=0", 400),
        search("", 200),
        search("deleted=Only", 200),
        search(&format!("endUserId={alice}&party={alice}"), 200),
        contexts("", 400),
        contexts(&format!("party={alice}&limit=1"), 200),
    ]
}

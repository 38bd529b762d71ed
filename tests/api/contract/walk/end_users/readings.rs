//! Dialogs, alone and in lists, and their parts.

use super::bodies::{alice, dialog, later_dialog, new_id, with};
use super::{Caller, Case, DIALOGS, case, created, deleted, text};
use crate::app::{ALICE, Actor, TestApp};
use axum::http::StatusCode;
use serde_json::Value;

pub(super) async fn cases(app: &TestApp, skd: &Actor<'_>) -> Vec<Case> {
    let sent = dialog();
    let ids = |list: &str| [0, 1].map(|index| text(&sent[list][index]["id"]));
    let (transmissions, activities) = (ids("transmissions"), ids("activities"));
    let id = created(skd, sent).await;
    // Its newest activity is that of a transmission.
    created(skd, with(later_dialog(), "visibleFrom", Value::Null)).await;
    let later = created(skd, later_dialog()).await;
    let deleted = deleted(skd).await;
    let seen = app.end_user(ALICE).get(&format!("{DIALOGS}/{id}")).await.expect(StatusCode::OK).json();
    let seen = [text(&seen["seenSinceLastUpdate"][0]["id"])];
    let get = |id: &str, status| case("GetDialog", format!("{DIALOGS}/{id}"), status);
    let search = |query: &str, status| case("SearchDialogs", format!("{DIALOGS}?{query}"), status);
    let mut cases = vec![
        search("", 400),
        search(&format!("party={}", alice()), 200),
        get("x", 400),
        get(&new_id(), 404),
        get(&id, 403).by(Caller::OtherPerson),
        get(&deleted, 410),
        get(&later, 404),
        get(&id, 200),
    ];
    for (of_all, of_one, list, parts) in [
        ("SearchDialogTransmissions", "GetDialogTransmission", "transmissions", transmissions.as_slice()),
        ("SearchDialogActivities", "GetDialogActivity", "activities", activities.as_slice()),
        ("SearchDialogSeenLogs", "GetDialogSeenLog", "seenlog", seen.as_slice()),
    ] {
        let all = |id: &str, status| case(of_all, format!("{DIALOGS}/{id}/{list}"), status);
        let one = |id: &str, part: &str, status| case(of_one, format!("{DIALOGS}/{id}/{list}/{part}"), status);
        cases.extend([all("x", 400), all(&new_id(), 404), all(&deleted, 410), all(&id, 200)]);
        cases.extend([one(&id, "x", 400), one(&id, &new_id(), 404), one(&deleted, &parts[0], 410)]);
        cases.extend(parts.iter().map(|part| one(&id, part, 200)));
    }
    cases
}

//! Looking at a dialog is remembered.

use super::performer::actor_of;
use crate::app::App;
use crate::auth::{Facts, Unavailable};
use dialog_index::domain::{ActorId, Dialog, EndUserId, SeenEntry, Timestamp};
use uuid::Uuid;

/// What is known of services, and the name of who looks.
pub(super) async fn facts(app: &App, user: Option<&EndUserId>) -> Result<Facts, Unavailable> {
    let actors = user.cloned().map(ActorId::from).into_iter().collect();
    app.facts_with_names(move || actors).await
}

/// The entry that a user's look at a dialog leaves. Its id follows from the dialog's last update and the user, so that
/// looks at the same time leave one.
///
/// A user whose name the register does not know is remembered without one.
pub(super) fn entry_of(
    dialog: &Dialog,
    user: &EndUserId,
    is_via_service_owner: bool,
    facts: &Facts,
    now: Timestamp,
) -> SeenEntry {
    let what = format!("{} {} {}", dialog.updated_at, dialog.seen_since_content_update, user.as_str());
    SeenEntry {
        id: Uuid::new_v5(&dialog.id.0, what.as_bytes()),
        seen_at: now,
        seen_by: actor_of(user, facts),
        is_via_service_owner,
    }
}

//! What the changes of a service owner's labels share.

use crate::api::caller::ServiceOwner;
use crate::api::problem::Problem;
use crate::api::wire;
use axum::response::Response;
use dialog_index::domain::{DialogId, ServiceOwnerContext, ServiceOwnerLabel, Timestamp};
use dialog_index::{AuthorizedScope, Change, Dialogs, Found, Occasion};

/// Replaces the labels of one of the caller's dialogs by those that `judge` gives. Administrators too change only their
/// own.
pub(super) fn change_labels(
    dialogs: &Dialogs,
    owner: &ServiceOwner,
    id: DialogId,
    at: Timestamp,
    judge: impl FnOnce(&ServiceOwnerContext) -> Result<Vec<ServiceOwnerLabel>, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let scope = AuthorizedScope::owned_by(owner.org.clone());
    let occasion = Occasion { at, is_silent: false };
    let judge = move |change: &mut Change<'_, '_>| {
        if change.stored().deleted_at.is_some() {
            return Err(Problem::not_found("DialogEntity", id));
        }
        let labels = judge(&change.stored().service_owner_context)?;
        change.set_service_owner_labels(labels);
        Ok(())
    };
    match dialogs.change(&scope, id, occasion, judge)? {
        Found::Visible(((), changed)) => wire::no_content(changed.service_owner_context_revision),
        Found::Missing | Found::Hidden => Err(Problem::not_found("DialogEntity", id)),
    }
}

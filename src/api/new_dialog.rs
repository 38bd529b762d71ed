//! From the body of a creation to a dialog that can be stored: every rule of the contract that needs no look at what
//! is stored already. Creations, replacements and imports share it.
//!
//! The rules of the fields (`dialog` and the files it calls) come first and are reported all at once; only a body
//! without faults is held against the register and the clock (`admission`). What is given for a stored dialog, whole
//! (`update`) or a transmission or activity on its own (`parts`), is held against that dialog, too.

mod actions;
mod activities;
mod actors;
mod admission;
mod attachments;
mod body;
mod content;
mod dialog;
mod hierarchy;
mod html;
mod merge;
mod parts;
mod rules;
mod texts;
mod transmissions;
mod update;

#[cfg(test)]
mod tests;

pub(crate) use body::{
    ActorInput, CreateDialog, CreateDialogActivity, CreateDialogTransmission, SilentUpdate, UpdateDialog,
    UpdateTransmissionRequest,
};
pub(crate) use parts::judge_activity_time;
pub(crate) use rules::Field;
pub(crate) use update::JudgedUpdate;

use super::caller::ServiceOwner;
use super::problem::{Errors, Problem};
use crate::auth::Facts;
use crate::auth::scopes;
use axum::http::StatusCode;
use dialog_index::NewDialog;
use dialog_index::domain::{DialogId, Org, Timestamp};
use rules::Rules;
use std::fmt;

/// Who gives a dialog, as far as rules depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) organization_number: String,
    /// May write for every owner, and needs not heed the order of times.
    pub(crate) is_admin: bool,
    pub(crate) writes_correspondence: bool,
    pub(crate) writes_legacy_html: bool,
    /// Due dates and the like may be behind already.
    pub(crate) is_silent: bool,
    /// Attachments may have expired already.
    pub(crate) tells_history: bool,
}

impl Author {
    pub(crate) fn of(owner: &ServiceOwner, is_silent: bool) -> Self {
        Self {
            organization_number: owner.organization_number.clone(),
            is_admin: owner.is_admin,
            writes_correspondence: owner.caller.has_scope(scopes::CORRESPONDENCE),
            writes_legacy_html: owner.caller.has_scope(scopes::SERVICE_PROVIDER_LEGACY_HTML),
            is_silent,
            tells_history: false,
        }
    }

    /// Who fills the store from a corpus: the past of all owners.
    pub(crate) fn of_corpus() -> Self {
        Self {
            organization_number: String::new(),
            is_admin: true,
            writes_correspondence: true,
            writes_legacy_html: true,
            is_silent: true,
            tells_history: true,
        }
    }
}

/// Why a dialog cannot be stored. Each kind has a status of its own, see [`Refused::status`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Fields break rules.
    Invalid(Errors),
    /// One reason each.
    Forbidden(Vec<String>),
    Conflict(Errors),
    /// The fields are right and yet the dialog is not.
    Unprocessable(Errors),
}

impl CreateDialog {
    /// The dialog of the body, if it obeys the rules.
    pub(crate) fn judge(self, author: &Author, facts: &Facts, now: Timestamp) -> Result<NewDialog, Refused> {
        self.judge_as_new(author, facts, now, |_, _| Ok(None))
    }

    /// As [`CreateDialog::judge`], and its idempotent key must not have a holder, among the dialogs of its owner.
    pub(crate) fn judge_as_new<E: From<Refused>>(
        self,
        author: &Author,
        facts: &Facts,
        now: Timestamp,
        holder: impl FnOnce(&Org, &str) -> Result<Option<DialogId>, E>,
    ) -> Result<NewDialog, E> {
        let mut rules = Rules::new(author, facts, now);
        let checked = rules.dialog(self);
        let (checked, unknown_actors) = rules.finish(checked).map_err(Refused::Invalid)?;
        admission::admit(checked, unknown_actors, author, facts, now, holder)
    }
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn into_errors(self) -> Errors {
        match self {
            Self::Invalid(errors) | Self::Conflict(errors) | Self::Unprocessable(errors) => errors,
            Self::Forbidden(reasons) => {
                let mut errors = Errors::default();
                reasons.into_iter().for_each(|reason| errors.add("Forbidden", reason));
                errors
            }
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::new(refused.status(), refused.into_errors())
    }
}

/// For people who read about a line of a corpus.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.clone().into_errors(), f)
    }
}

//! What an end user's operations on one dialog share: who may do something with it, and at which level.

use super::caller::EndUser;
use super::owned_dialog::check_not_deleted;
use super::problem::Problem;
use crate::auth::dialog_access::DialogAccess;
use crate::auth::register::{Register, RegisteredResource, UNKNOWN_LEVEL};
use dialog_index::domain::{Dialog, DialogId};
use dialog_index::{AuthorizedScope, Dialogs, Found, ReadError};

/// A dialog whose lists an end user may read. It may be deleted.
pub(crate) struct PermittedDialog {
    /// Without its lists.
    pub(crate) dialog: Dialog,
    scope: AuthorizedScope,
    level: u8,
}

impl PermittedDialog {
    /// Future and expired dialogs are among them: as in the contract, time hides a dialog but not its lists.
    pub(crate) fn find(dialogs: &Dialogs, register: &Register, user: &EndUser, id: DialogId) -> Result<Self, Problem> {
        let scope = AuthorizedScope::of_end_user(register.rights_of(&user.id, user.level));
        let Found::Visible(dialog) = dialogs.record(&scope, id)? else { return Err(not_found(id)) };
        if !DialogAccess::to_parts(register, &user.id, &dialog, &[]).has_main_access() {
            return Err(not_found(id));
        }
        let level = level_of(register.resource(&dialog.service_resource).as_ref());
        Ok(Self { dialog, scope, level })
    }

    pub(crate) fn check_level(&self, user: &EndUser) -> Result<(), Problem> {
        check_level(user, self.level)
    }

    /// Reads a list. Nothing is lost by the dialog being read a moment before.
    pub(crate) fn read<T>(
        &self,
        dialogs: &Dialogs,
        read: impl FnOnce(&Dialogs, &AuthorizedScope, DialogId) -> Result<Found<T>, ReadError>,
    ) -> Result<T, Problem> {
        match read(dialogs, &self.scope, self.dialog.id)? {
            Found::Visible(list) => Ok(list),
            Found::Missing | Found::Hidden => Err(not_found(self.dialog.id)),
        }
    }
}

/// Reads a list of a dialog that is not deleted, and the dialog without its lists. Nothing counts as seen.
pub(crate) fn read_part<T>(
    dialogs: &Dialogs,
    register: &Register,
    user: &EndUser,
    id: DialogId,
    read: impl FnOnce(&Dialogs, &AuthorizedScope, DialogId) -> Result<Found<T>, ReadError>,
) -> Result<(Dialog, T), Problem> {
    let found = PermittedDialog::find(dialogs, register, user, id)?;
    check_not_deleted(&found.dialog)?;
    found.check_level(user)?;
    let part = found.read(dialogs, read)?;
    Ok((found.dialog, part))
}

/// The level that a service asks for.
pub(crate) fn level_of(service: Option<&RegisteredResource>) -> u8 {
    service.and_then(|service| service.minimum_authentication_level).unwrap_or(UNKNOWN_LEVEL)
}

pub(crate) fn check_level(user: &EndUser, level: u8) -> Result<(), Problem> {
    if user.level < level { Err(Problem::forbidden("Altinn authentication level too low.")) } else { Ok(()) }
}

fn not_found(id: DialogId) -> Problem {
    Problem::not_found("DialogEntity", id)
}

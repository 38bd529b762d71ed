//! What a user may do with one dialog and its parts.

use super::authority::{Authority, Unavailable, User};
use super::register::{Question, Subject};
use dialog_index::domain::{Dialog, ServiceResource, Transmission};
use std::collections::BTreeSet;

const READ: &str = "read";
/// Asked of attributes within the dialog's own service: `read` there would be granted by `read` of the dialog.
const READ_TRANSMISSION: &str = "transmissionread";
/// The attribute of the dialog itself.
const MAIN: &str = "main";

/// The decisions on everything that a dialog asks about; what it did not ask is not permitted. The authentication level is not looked at.
#[derive(Clone, Debug)]
pub struct DialogAccess {
    permitted: BTreeSet<Question>,
}

impl DialogAccess {
    pub async fn decide(authority: &dyn Authority, user: &User, dialog: &Dialog) -> Result<Self, Unavailable> {
        let permitted = authority.decide(user, subject_of(dialog), &questions(dialog)).await?;
        Ok(Self { permitted })
    }

    /// As [`DialogAccess::decide`] where lists of a dialog are shown without the dialog. As in the contract, its actions
    /// are not asked about then, so that only reading lets one in.
    pub async fn to_parts(
        authority: &dyn Authority,
        user: &User,
        dialog: &Dialog,
        transmissions: &[Transmission],
    ) -> Result<Self, Unavailable> {
        let questions = reading(transmissions).collect();
        Ok(Self { permitted: authority.decide(user, subject_of(dialog), &questions).await? })
    }

    pub fn permitted(&self) -> &BTreeSet<Question> {
        &self.permitted
    }

    /// Whether anything at all may be done with the dialog itself.
    pub fn has_main_access(&self) -> bool {
        self.permitted.iter().any(|question| question.attribute == MAIN)
    }

    /// Whether the main content may be read.
    pub fn reads_main_content(&self) -> bool {
        self.permits(READ, MAIN)
    }

    /// An action without an attribute is permitted with its name on any attribute, as the contract has it.
    pub fn permits_action(&self, action: &str, attribute: Option<&str>) -> bool {
        match attribute {
            Some(attribute) => self.permits(action, attribute),
            None => self.has_main_access() && self.permitted.iter().any(|question| question.action == action),
        }
    }

    pub fn permits_transmission(&self, transmission: &Transmission) -> bool {
        match transmission.authorization_attribute.as_deref() {
            Some(attribute) => self.permits(READ_TRANSMISSION, attribute) || self.permits(READ, attribute),
            None => self.has_main_access(),
        }
    }

    fn permits(&self, action: &str, attribute: &str) -> bool {
        self.permitted.contains(&question(action, attribute))
    }
}

/// The dialog as the authority is asked about it.
pub fn subject_of(dialog: &Dialog) -> Subject<'_> {
    Subject {
        id: dialog.id,
        party: &dialog.party,
        resource: &dialog.service_resource,
        labels: &dialog.service_owner_context.labels,
    }
}

fn questions(dialog: &Dialog) -> BTreeSet<Question> {
    let gui = dialog.gui_actions.iter().map(|it| (it.action.as_str(), it.authorization_attribute.as_deref()));
    let api = dialog.api_actions.iter().map(|it| (it.action.as_str(), it.authorization_attribute.as_deref()));
    let actions = gui.chain(api).map(|(action, attribute)| question(action, attribute.unwrap_or(MAIN)));
    actions.chain(reading(&dialog.transmissions)).collect()
}

/// Whether the dialog and these of its transmissions may be read.
fn reading(transmissions: &[Transmission]) -> impl Iterator<Item = Question> {
    let transmissions = transmissions.iter().filter_map(|transmission| {
        let attribute = transmission.authorization_attribute.as_deref()?;
        let names_service = attribute.to_lowercase().starts_with(ServiceResource::PREFIX);
        Some(question(if names_service { READ } else { READ_TRANSMISSION }, attribute))
    });
    transmissions.chain([question(READ, MAIN)])
}

fn question(action: &str, attribute: &str) -> Question {
    Question { action: action.to_owned(), attribute: attribute.to_owned() }
}

//! The register of rights: who owns which services, who exists, and who may do what for whom.

use dialog_index::domain::{ActorId, DialogId, EndUserId, Org, Party, ServiceOwnerLabel, ServiceResource};
use dialog_index::{Dialogs, Rights};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The register, held in memory and kept in the store.
#[derive(Debug)]
pub struct Register {}

/// What the register says of one service.
#[derive(Clone, Debug)]
pub struct RegisteredResource {
    pub resource: ServiceResource,
    pub owner: Org,
    pub owner_number: String,
    /// As in the register, e.g. `GenericAccessResource`; the wire shows it in lower case.
    pub resource_type: String,
    /// `None` is unknown: 0 where a list chooses texts, 3 everywhere else.
    pub minimum_authentication_level: Option<u8>,
    pub is_delegable: bool,
}

/// One question to the register: may this be done? `attribute` is `main` for the dialog itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub action: String,
    pub attribute: String,
}

/// The dialog that questions are about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub id: DialogId,
    pub party: &'a Party,
    pub resource: &'a ServiceResource,
    /// Instance grants may name the dialog by one of its labels.
    pub labels: &'a [ServiceOwnerLabel],
}

/// Why a register cannot be read or changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Every mistake of the document.
    #[error("the register has {} mistakes: {}", .0.len(), .0.join("; "))]
    Invalid(Vec<String>),
    #[error(transparent)]
    Store(#[from] dialog_index::StoreError),
}

impl Register {
    /// The register that is kept beside these dialogs; an empty one if there is none.
    pub fn open(_dialogs: &Dialogs) -> Result<Self, RegisterError> {
        todo!("the register's owner")
    }

    /// Replaces the whole register by a document, JSON as the README describes it. Durable, and counting from the
    /// next request on, when it returns.
    pub fn replace(&self, _dialogs: &Dialogs, _document: &[u8]) -> Result<(), RegisterError> {
        todo!("the register's owner")
    }

    /// The list rights of a user at an authentication level. Cached until the register changes.
    pub fn rights_of(&self, _user: &EndUserId, _level: u8) -> Arc<Rights> {
        todo!("the register's owner")
    }

    /// Those of the questions that are permitted.
    pub fn decide(
        &self,
        _user: &EndUserId,
        _dialog: Subject<'_>,
        _questions: &BTreeSet<Question>,
    ) -> BTreeSet<Question> {
        todo!("the register's owner")
    }

    /// The service of that name, compared without case.
    pub fn resource(&self, _resource: &ServiceResource) -> Option<RegisteredResource> {
        todo!("the register's owner")
    }

    /// The short name of the service owner with this organisation number.
    pub fn owner_by_number(&self, _organization_number: &str) -> Option<Org> {
        todo!("the register's owner")
    }

    /// The name to show for an actor. Persons' names come surname first, as the contract has it.
    pub fn actor_name(&self, _actor: &ActorId) -> Option<String> {
        todo!("the register's owner")
    }
}

//! The register of rights: who owns which services, who exists, and who may do what for whom.

mod asked;
mod catalogue;
mod decisions;
mod descriptions;
mod document;
mod evidence;
mod grants;
pub mod instance_reference;
mod members;
mod mistakes;
mod parties;
mod reading;
mod rights;
mod rights_cache;
mod rows;
#[cfg(test)]
mod tests;

pub(super) use catalogue::Catalogue;
pub(super) use descriptions::ACCESS_PACKAGE;
pub use descriptions::{OwnerDescription, ServiceDescription, SubjectDescription, nameless};
pub use document::UNKNOWN_LEVEL;
pub(super) use document::{Names, ResourceEntry, Rule, ServiceOwnerEntry, SubjectEntry};
pub(super) use evidence::evidence;
pub use evidence::{Evidence, EvidenceGrant};
pub(super) use grants::Bundle;
pub use mistakes::Mistake;
pub use parties::AuthorizedParty;
pub(super) use reading::{ROLE, is_resource_type};

use super::facts::Facts;
use arc_swap::ArcSwap;
use dialog_index::domain::{DialogId, EndUserId, Org, Party, ServiceOwnerLabel, ServiceResource};
use dialog_index::{Dialogs, Rights, ServiceKind, StoreError};
use grants::Grants;
use rights_cache::{Origin, RightsCache};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The register, held in memory and kept in the store.
///
/// Readers see the state that was current when they asked, and never wait for a change. Changes follow one another:
/// each is stored first and then becomes current.
pub struct Register {
    current: ArcSwap<State>,
    rights: RightsCache,
    change: Mutex<()>,
}

struct State {
    catalogue: Arc<Catalogue>,
    grants: Grants,
    /// The fingerprint of the file that was loaded last.
    loaded_file: Option<Vec<u8>>,
}

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

impl RegisteredResource {
    /// The type of the services whose dialogs are letters, as registers name it.
    const CORRESPONDENCE: &str = "CorrespondenceService";

    pub fn kind(&self) -> ServiceKind {
        if self.resource_type.eq_ignore_ascii_case(Self::CORRESPONDENCE) {
            ServiceKind::Correspondence
        } else {
            ServiceKind::Ordinary
        }
    }
}

/// The services of the register as it was at one moment, for those who look up many.
#[derive(Clone)]
pub struct Services(pub(super) Arc<Catalogue>);

/// What lists have to know of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedService<'a> {
    /// In lower case.
    pub resource_type: &'a str,
    /// `None` is unknown.
    pub minimum_authentication_level: Option<u8>,
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

/// What setting a grant did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantSet {
    Created,
    Replaced,
}

/// Why a register cannot be read or changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Every mistake of the document.
    #[error("the register has {} mistakes: {}", .0.len(), listed(.0))]
    Invalid(Vec<Mistake>),
    #[error("the store holds a row that is not of a register: {0}")]
    UnknownRow(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Services {
    /// The service of that name, compared without case.
    pub fn get(&self, service: &ServiceResource) -> Option<ListedService<'_>> {
        let Self(catalogue) = self;
        let (number, entry) = catalogue.resource(service)?;
        Some(ListedService {
            resource_type: catalogue.resource_type(number),
            minimum_authentication_level: entry.minimum_authentication_level,
        })
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Register {
    /// The register that is kept beside these dialogs; an empty one if there is none.
    pub fn open(dialogs: &Dialogs) -> Result<Self, RegisterError> {
        let rows = dialogs.register_rows()?;
        if rows.is_empty() {
            return Ok(Self::of(State::empty()));
        }
        let loaded_file = rows::loaded_file(&rows);
        Ok(Self::of(State { loaded_file, ..State::of_document(&rows::document(rows)?)? }))
    }

    /// A register that is not kept anywhere.
    pub fn from_document(document: &[u8]) -> Result<Self, RegisterError> {
        State::of_document(document).map(Self::of)
    }

    /// Replaces the whole register by a document, JSON as `fixtures/README.md` describes it. Durable, and counting
    /// from the next request on, when it returns.
    pub fn replace(&self, dialogs: &Dialogs, document: &[u8]) -> Result<(), RegisterError> {
        let state = State::of_document(document)?;
        let _change = self.begin_change();
        let loaded_file = self.current.load().loaded_file.clone();
        self.store(dialogs, State { loaded_file, ..state })
    }

    /// Replaces the register by the document of a file, unless that is the one that was loaded last: what was changed
    /// since then stays. Whether it was replaced.
    pub fn load_file(&self, dialogs: &Dialogs, document: &[u8]) -> Result<bool, RegisterError> {
        let file = Some(rows::fingerprint(document));
        let _change = self.begin_change();
        if self.current.load().loaded_file == file {
            return Ok(false);
        }
        let state = State::of_document(document)?;
        self.store(dialogs, State { loaded_file: file, ..state })?;
        Ok(true)
    }

    /// Sets one grant. Durable, and counting from the next request on, when it returns.
    pub fn set_grant(&self, dialogs: &Dialogs, id: &str, grant: &[u8]) -> Result<GrantSet, RegisterError> {
        let _change = self.begin_change();
        let state = self.current.load_full();
        let (user, grant) = reading::read_grant(id, grant, &state.catalogue).map_err(RegisterError::Invalid)?;
        let (key, row) = rows::of_grant(&state.catalogue, &user, &grant);
        dialogs.set_register_row(&key, Some(row))?;
        let done = if state.grants.contains(id) { GrantSet::Replaced } else { GrantSet::Created };
        let grants = state.grants.with(user, grant);
        self.current.store(Arc::new(state.granting(grants)));
        Ok(done)
    }

    /// Takes a grant away, like [`Register::set_grant`]. Whether there was one.
    pub fn remove_grant(&self, dialogs: &Dialogs, id: &str) -> Result<bool, RegisterError> {
        let _change = self.begin_change();
        let state = self.current.load_full();
        let Some(grants) = state.grants.without(id) else { return Ok(false) };
        dialogs.set_register_row(&rows::grant_key(id), None)?;
        self.current.store(Arc::new(state.granting(grants)));
        Ok(true)
    }

    /// The whole register as a document, from which [`Register::replace`] makes the same one.
    pub fn to_document(&self) -> Vec<u8> {
        rows::whole_document(&self.current.load())
    }

    /// The list rights of a user at an authentication level. Cached until they change.
    pub fn rights_of(&self, user: &EndUserId, level: u8) -> Arc<Rights> {
        let (origin, level_step) = self.origin_of(user, level);
        if let Some(rights) = self.rights.get(user, level_step, &origin) {
            return rights;
        }
        let rights = rights::list_rights(&origin.catalogue, user, origin.grants.as_deref(), level_step);
        let rights = Arc::new(rights);
        self.rights.insert(user, level_step, origin, Arc::clone(&rights));
        rights
    }

    /// As [`Register::rights_of`], if they are cached.
    fn cached_rights_of(&self, user: &EndUserId, level: u8) -> Option<Arc<Rights>> {
        let (origin, level_step) = self.origin_of(user, level);
        self.rights.get(user, level_step, &origin)
    }

    fn origin_of(&self, user: &EndUserId, level: u8) -> (Origin, usize) {
        let state = self.current.load();
        let grants = state.grants.of_user(user).cloned();
        (Origin { catalogue: Arc::clone(&state.catalogue), grants }, state.catalogue.level_step(level))
    }

    /// Those of the questions that are permitted. The authentication level is not looked at.
    pub fn decide(&self, user: &EndUserId, dialog: Subject<'_>, questions: &BTreeSet<Question>) -> BTreeSet<Question> {
        let state = self.current.load();
        let grants = state.grants.of_user(user).map(Arc::as_ref);
        decisions::decide(&state.catalogue, user, grants, dialog, questions)
    }

    /// What it says of services and people now.
    pub fn facts(&self) -> Facts {
        Facts::of_register(Arc::clone(&self.current.load().catalogue))
    }

    fn of(state: State) -> Self {
        Self { current: ArcSwap::from_pointee(state), rights: RightsCache::default(), change: Mutex::new(()) }
    }

    /// One change at a time. The lock holds no data, so a panic under it leaves nothing half done.
    fn begin_change(&self) -> MutexGuard<'_, ()> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Only while no other change is under way.
    fn store(&self, dialogs: &Dialogs, state: State) -> Result<(), RegisterError> {
        dialogs.replace_register(rows::of(&state))?;
        self.current.store(Arc::new(state));
        self.rights.clear();
        Ok(())
    }
}

impl State {
    fn of_document(document: &[u8]) -> Result<Self, RegisterError> {
        let (catalogue, grants) = reading::read_document(document).map_err(RegisterError::Invalid)?;
        Ok(Self { catalogue: Arc::new(catalogue), grants: Grants::of(grants), loaded_file: None })
    }

    fn empty() -> Self {
        Self { catalogue: Arc::new(Catalogue::empty()), grants: Grants::of(Vec::new()), loaded_file: None }
    }

    /// The same with other grants.
    fn granting(&self, grants: Grants) -> Self {
        Self { catalogue: Arc::clone(&self.catalogue), grants, loaded_file: self.loaded_file.clone() }
    }
}

/// Only sizes: names and numbers of people are not for the log.
impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.current.load();
        f.debug_struct("Register")
            .field("service_resources", &state.catalogue.resources.len())
            .field("parties", &state.catalogue.parties.len())
            .field("grants", &state.grants.len())
            .finish()
    }
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; ")
}

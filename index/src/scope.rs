//! What one caller may see: an argument of every read.

use crate::domain::{DialogId, Org, Party, ServiceOwnerLabel, ServiceResource};
use std::collections::HashSet;
use std::sync::Arc;

/// What one caller may see. There is no value of it that means "everything": a scope is either what one service
/// owner owns, or what one end user has rights to, or both at once.
///
/// ```
/// use dialog_index::{AuthorizedScope, domain::Org};
///
/// let owned = AuthorizedScope::owned_by(Org::new("skd"));
/// # drop(owned);
/// ```
///
/// ```compile_fail
/// use dialog_index::AuthorizedScope;
///
/// let everything = AuthorizedScope::default();
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizedScope {
    owner: Option<Org>,
    rights: Option<Arc<Rights>>,
}

/// The list rights of one end user. Without content it lets nothing through.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    /// Each party of the user with the services that the user may see for it, at most one entry a party. Users
    /// with very many parties have few different sets, so equal sets are shared.
    pub parties: Vec<(Party, Arc<HashSet<ServiceResource>>)>,
    /// Single dialogs that were delegated to the user.
    pub delegations: Vec<Delegation>,
    /// Services whose whole text the user's authentication level lets them read. In dialogs of any other
    /// service only the non-sensitive texts match, count and show.
    pub readable: Arc<HashSet<ServiceResource>>,
}

/// A right to one dialog. It holds only where party and service are those of the grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delegation {
    pub party: Party,
    pub resource: ServiceResource,
    pub dialog: DelegatedDialog,
}

/// How a delegation names its dialog.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DelegatedDialog {
    Id(DialogId),
    /// The dialogs that carry this label of the service owner.
    Label(ServiceOwnerLabel),
}

impl AuthorizedScope {
    /// All dialogs of one service owner, deleted, future and expired ones included.
    pub fn owned_by(owner: Org) -> Self {
        Self { owner: Some(owner), rights: None }
    }

    /// What an end user may see. Services in `rights` are in lower case and compared without case.
    pub fn of_end_user(rights: Arc<Rights>) -> Self {
        Self { owner: None, rights: Some(rights) }
    }

    /// What an end user may see of one service owner's dialogs, for the owner itself: all their text is its own.
    pub fn of_end_user_within(rights: Arc<Rights>, owner: Org) -> Self {
        Self { owner: Some(owner), rights: Some(rights) }
    }

    pub(crate) fn owner(&self) -> Option<&Org> {
        self.owner.as_ref()
    }

    pub(crate) fn rights(&self) -> Option<&Rights> {
        self.rights.as_deref()
    }

    /// Whether texts beyond the non-sensitive ones may be read for dialogs of this service.
    pub(crate) fn reads_whole_text(&self, resource: &ServiceResource) -> bool {
        match (&self.owner, &self.rights) {
            (Some(_), _) => true,
            (None, Some(rights)) => rights.readable.contains(&resource.to_lower()),
            (None, None) => false,
        }
    }
}

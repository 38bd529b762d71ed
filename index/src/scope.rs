//! What one caller may see: an argument of every read.

use crate::domain::{Dialog, DialogId, ListItem, Org, Party, ServiceOwnerLabel, ServiceResource};
use std::collections::{HashMap, HashSet};
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
    /// service only the non-sensitive texts match and count.
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

    /// Whether this dialog may be seen.
    pub(crate) fn permits<'a>(&self, dialog: impl Into<Subject<'a>>) -> bool {
        self.permits_each([dialog]) == [true]
    }

    /// Whether each of these dialogs may be seen, in their order. The rights are gone through once for all of
    /// them, since they may name very many parties.
    pub(crate) fn permits_each<'a, S: Into<Subject<'a>>>(&self, dialogs: impl IntoIterator<Item = S>) -> Vec<bool> {
        let subjects: Vec<Subject<'a>> = dialogs.into_iter().map(Into::into).collect();
        let is_owned = |subject: &Subject<'_>| self.owner.as_ref().is_none_or(|owner| owner == subject.org);
        match &self.rights {
            None => subjects.iter().map(|subject| self.owner.is_some() && is_owned(subject)).collect(),
            Some(rights) => {
                let granted = rights.grant_each(&subjects);
                subjects.iter().zip(granted).map(|(subject, granted)| granted && is_owned(subject)).collect()
            }
        }
    }

    pub(crate) fn owner(&self) -> Option<&Org> {
        self.owner.as_ref()
    }

    pub(crate) fn rights(&self) -> Option<&Arc<Rights>> {
        self.rights.as_ref()
    }
}

/// What decides whether a dialog may be seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    id: DialogId,
    org: &'a Org,
    party: &'a Party,
    resource: &'a ServiceResource,
    labels: &'a [ServiceOwnerLabel],
}

impl<'a> From<&'a Dialog> for Subject<'a> {
    fn from(dialog: &'a Dialog) -> Self {
        Self {
            id: dialog.id,
            org: &dialog.org,
            party: &dialog.party,
            resource: &dialog.service_resource,
            labels: &dialog.service_owner_context.labels,
        }
    }
}

impl<'a> From<&'a ListItem> for Subject<'a> {
    fn from(item: &'a ListItem) -> Self {
        Self {
            id: item.id,
            org: &item.org,
            party: &item.party,
            resource: &item.service_resource,
            labels: &item.service_owner_labels,
        }
    }
}

impl Rights {
    fn grant_each(&self, subjects: &[Subject<'_>]) -> Vec<bool> {
        let wanted: HashSet<&Party> = subjects.iter().map(|subject| subject.party).collect();
        let services: HashMap<&Party, &HashSet<ServiceResource>> = self
            .parties
            .iter()
            .filter(|(party, _)| wanted.contains(party))
            .map(|(party, services)| (party, services.as_ref()))
            .collect();
        let grants = |subject: &Subject<'_>| {
            let resource = subject.resource.to_lower();
            let by_party = services.get(subject.party).is_some_and(|services| services.contains(&resource));
            by_party || self.delegations.iter().any(|delegation| delegation.grants(subject, &resource))
        };
        subjects.iter().map(grants).collect()
    }
}

impl Delegation {
    fn grants(&self, subject: &Subject<'_>, resource: &ServiceResource) -> bool {
        let is_named = match &self.dialog {
            DelegatedDialog::Id(id) => *id == subject.id,
            DelegatedDialog::Label(label) => subject.labels.contains(label),
        };
        is_named && self.party == *subject.party && self.resource.to_lower() == *resource
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ALICE: &str = "urn:altinn:person:identifier-no:03886595947";
    const ACME: &str = "urn:altinn:organization:identifier-no:974761076";

    fn party(urn: &str) -> Party {
        Party::parse(urn).expect("a valid party")
    }

    fn resource(name: &str) -> ServiceResource {
        ServiceResource::parse(&format!("urn:altinn:resource:{name}")).expect("a valid resource")
    }

    fn label(text: &str) -> ServiceOwnerLabel {
        ServiceOwnerLabel::parse(text).expect("a valid label")
    }

    /// Holds the scope against a dialog of Alice's with id 1 and label `letter`, of service `Tax` and owner `skd`.
    #[track_caller]
    fn check(scope: &AuthorizedScope, expected: bool) {
        let (org, party, resource, labels) = (Org::new("skd"), party(ALICE), resource("Tax"), [label("letter")]);
        let id = DialogId(Uuid::from_u128(1));
        let subject = Subject { id, org: &org, party: &party, resource: &resource, labels: &labels };
        assert_eq!(scope.permits(subject), expected, "{scope:?}");
    }

    fn rights(of: &str, service: &str) -> Arc<Rights> {
        let services = Arc::new(HashSet::from([resource(service)]));
        Arc::new(Rights { parties: vec![(party(of), services)], ..Rights::default() })
    }

    fn delegated(of: &str, service: &str, dialog: DelegatedDialog) -> AuthorizedScope {
        let delegations = vec![Delegation { party: party(of), resource: resource(service), dialog }];
        AuthorizedScope::of_end_user(Arc::new(Rights { delegations, ..Rights::default() }))
    }

    #[test]
    fn owners_see_their_own() {
        check(&AuthorizedScope::owned_by(Org::new("skd")), true);
        check(&AuthorizedScope::owned_by(Org::new("nav")), false);
    }

    #[test]
    fn end_users_see_what_they_have_rights_to() {
        check(&AuthorizedScope::of_end_user(Arc::default()), false);
        check(&AuthorizedScope::of_end_user(rights(ALICE, "tax")), true);
        check(&AuthorizedScope::of_end_user(rights(ALICE, "toll")), false);
        check(&AuthorizedScope::of_end_user(rights(ACME, "tax")), false);
        check(&AuthorizedScope::of_end_user_within(rights(ALICE, "tax"), Org::new("skd")), true);
        check(&AuthorizedScope::of_end_user_within(rights(ALICE, "tax"), Org::new("nav")), false);
    }

    #[test]
    fn delegations_hold_for_their_party_and_service_only() {
        let (named, other) =
            (DelegatedDialog::Id(DialogId(Uuid::from_u128(1))), DelegatedDialog::Id(DialogId(Uuid::from_u128(2))));
        check(&delegated(ALICE, "tax", named.clone()), true);
        check(&delegated(ALICE, "tax", other), false);
        check(&delegated(ALICE, "toll", named.clone()), false);
        check(&delegated(ACME, "tax", named), false);
        check(&delegated(ALICE, "tax", DelegatedDialog::Label(label("letter"))), true);
        check(&delegated(ALICE, "tax", DelegatedDialog::Label(label("parcel"))), false);
    }
}

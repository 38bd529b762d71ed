//! Why a user may see a dialog.

use super::descriptions::ACCESS_PACKAGE;
use super::rights::held;
use super::{Register, Subject, instance_reference};
use dialog_index::domain::EndUserId;

/// One reason for which a user may see a dialog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    pub grant: EvidenceGrant,
    /// What was granted: the URN of a role, an access package, a service or an instance.
    pub subject: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvidenceGrant {
    Role,
    AccessPackage,
    ResourceDelegation,
    InstanceDelegation,
}

impl Register {
    /// Why a user may see a dialog, by kind and subject; nothing if the user may not. `reference` is how the dialog is
    /// named, in lower case: delegations of it under another name do not count, as in the contract.
    pub fn evidence_of(&self, user: &EndUserId, dialog: Subject<'_>, reference: &str) -> Vec<Evidence> {
        let state = self.current.load();
        let catalogue = &state.catalogue;
        let grants = state.grants.of_user(user).map_or(&[][..], |grants| grants.for_party(dialog.party));
        let held = held(catalogue, grants, user.as_party().as_ref() == Some(dialog.party));
        let mut evidence = Vec::new();
        if let Some((number, _)) = catalogue.resource(dialog.resource) {
            let rules = catalogue.rules(number);
            let opens = |subject: &&u32| rules.iter().any(|rule| rule.subjects.binary_search(subject).is_ok());
            evidence.extend(held.subjects.iter().filter(opens).map(|subject| {
                let subject = catalogue.subject_urn(*subject).to_owned();
                let is_package = subject.starts_with(ACCESS_PACKAGE);
                Evidence { grant: if is_package { EvidenceGrant::AccessPackage } else { EvidenceGrant::Role }, subject }
            }));
            if held.resources.binary_search(&number).is_ok() {
                let subject = dialog.resource.as_str().to_owned();
                evidence.push(Evidence { grant: EvidenceGrant::ResourceDelegation, subject });
            }
        }
        let service = dialog.resource.to_lower();
        let delegated = grants.iter().flat_map(|grant| &grant.instances).any(|instance| {
            let named = instance_reference::parse(&instance.reference);
            instance.resource == service && named.is_some_and(|(named, _)| named == reference)
        });
        if delegated {
            evidence.push(Evidence { grant: EvidenceGrant::InstanceDelegation, subject: reference.to_owned() });
        }
        evidence.sort();
        evidence
    }
}

//! Why a user may see a dialog.

use super::catalogue::Catalogue;
use super::descriptions::ACCESS_PACKAGE;
use super::grants::Bundle;
use super::rights::held;
use super::{Register, Subject, instance_reference};
use dialog_index::DelegatedDialog;
use dialog_index::domain::{EndUserId, ServiceResource};

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
    /// See `Authority::evidence_of`.
    pub fn evidence_of(&self, user: &EndUserId, dialog: Subject<'_>, reference: &str) -> Vec<Evidence> {
        let state = self.current.load();
        let catalogue = &state.catalogue;
        let grants = state.grants.of_user(user).map_or(&[][..], |grants| grants.for_party(dialog.party));
        let held = held(catalogue, grants, user.as_party().as_ref() == Some(dialog.party));
        let instances = grants.iter().flat_map(|grant| &grant.instances).map(|it| (&it.resource, &it.dialog));
        evidence(catalogue, &held, instances, dialog, reference)
    }
}

/// What of all that a user holds for a dialog's party, its instances among it, lets the user see the dialog.
pub(in crate::auth) fn evidence<'a>(
    catalogue: &Catalogue,
    held: &Bundle,
    mut instances: impl Iterator<Item = (&'a ServiceResource, &'a DelegatedDialog)>,
    dialog: Subject<'_>,
    reference: &str,
) -> Vec<Evidence> {
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
    let named = instance_reference::parse(reference).map(|(_, named)| named);
    if instances.any(|(resource, dialog)| *resource == service && named.as_ref() == Some(dialog)) {
        evidence.push(Evidence { grant: EvidenceGrant::InstanceDelegation, subject: reference.to_owned() });
    }
    evidence.sort();
    evidence
}

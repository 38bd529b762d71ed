//! What a user may see in lists.

use super::catalogue::Catalogue;
use super::grants::{Bundle, Grant, UserGrants};
use dialog_index::domain::{EndUserId, ServiceResource};
use dialog_index::{Delegation, Rights};
use std::collections::{HashMap, HashSet};
use std::ptr;
use std::sync::Arc;

/// The list rights of a user. As the contract has it, a service is listed for a party when any of its rules speaks
/// of a subject that the user holds, whatever the action; and when it was granted directly. Deleted parties keep
/// their dialogs.
pub(super) fn list_rights(
    catalogue: &Catalogue,
    user: &EndUserId,
    grants: Option<&UserGrants>,
    level_step: usize,
) -> Rights {
    let own_party = user.as_party();
    let mut owes_own_party = own_party.is_some();
    let mut parties = Vec::new();
    let mut delegations = Vec::new();
    // Grants share their bundles: most parties are done without looking into one.
    let mut known: HashMap<*const Bundle, Arc<HashSet<ServiceResource>>> = HashMap::new();
    for of_party in grants.into_iter().flat_map(UserGrants::by_party) {
        let party = &of_party[0].party;
        let is_own = own_party.as_ref() == Some(party);
        owes_own_party &= !is_own;
        let services = match of_party {
            [grant] if !is_own => {
                let services = known.entry(ptr::from_ref(grant.bundle.as_ref()));
                Arc::clone(services.or_insert_with(|| catalogue.services_of(&grant.bundle)))
            }
            _ => catalogue.services_of(&held(catalogue, of_party, is_own)),
        };
        if !services.is_empty() {
            parties.push((party.clone(), services));
        }
        delegations.extend(of_party.iter().flat_map(delegations_of));
    }
    if let Some(party) = own_party.filter(|_| owes_own_party) {
        let services = catalogue.services_of(catalogue.private_person());
        if !services.is_empty() {
            parties.push((party, services));
        }
    }
    Rights { parties, delegations, readable: catalogue.readable(level_step) }
}

/// All that a user holds for one party.
pub(super) fn held(catalogue: &Catalogue, grants: &[Grant], is_own_party: bool) -> Bundle {
    let own = is_own_party.then(|| catalogue.private_person());
    Bundle::union(grants.iter().map(|grant| grant.bundle.as_ref()).chain(own))
}

fn delegations_of(grant: &Grant) -> impl Iterator<Item = Delegation> {
    grant.instances.iter().map(|instance| Delegation {
        party: grant.party.clone(),
        resource: instance.resource.clone(),
        dialog: instance.dialog.clone(),
    })
}

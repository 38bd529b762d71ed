//! From names to numbers: a scope and a filter as a selection of the index. A name that no dialog has ever had has no
//! number, and whatever asks for it finds nothing.

use crate::domain::{Party, ServiceResource, Timestamp};
use crate::query::{Filter, LabelPattern, TimeRange};
use crate::search::{Delegations, Grants, GrantsByParty, MicrosRange, NumberSet, Permitted, Requested, Selection};
use crate::store::{Dictionaries, Kind, Reading};
use crate::text::TextExpr;
use crate::{AuthorizedScope, DelegatedDialog, Delegation, Rights, StoreError};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// How many users' rights are kept resolved.
const MAX_KEPT: usize = 64;

/// Resolves scopes and filters. Rights to very many parties take long to resolve, so those of the last users are kept.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    /// The last one used is the first. Held only to look up, add and drop entries.
    kept: Mutex<VecDeque<Kept>>,
}

/// Rights as numbers, for as long as somebody holds the rights and no party or service is new.
#[derive(Clone, Debug)]
struct Kept {
    /// Keeps the address from being used again, so that it tells the rights.
    rights: Weak<Rights>,
    names: Names,
    by_party: Arc<GrantsByParty>,
    readable: Arc<NumberSet>,
}

/// How many names there are of the kinds that rights name. Names are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Names {
    parties: u32,
    resources: u32,
}

impl Resolver {
    pub(super) fn selection(
        &self,
        dictionaries: &Dictionaries,
        reading: &Reading,
        scope: &AuthorizedScope,
        filter: &Filter,
    ) -> Result<Selection, StoreError> {
        let owner = scope.owner().map(|owner| dictionaries.number_of(Kind::Org, owner.as_str()));
        let grants = |rights| self.grants(dictionaries, reading, rights);
        let permitted = match (scope.rights(), owner) {
            (None, owner) => Permitted::OwnedBy(owner.flatten()),
            (Some(rights), None) => Permitted::Granted(grants(rights)?),
            (Some(rights), Some(owner)) => Permitted::GrantedWithin(grants(rights)?, owner),
        };
        Ok(Selection { permitted, requested: requested(dictionaries, filter) })
    }

    fn grants(
        &self,
        dictionaries: &Dictionaries,
        reading: &Reading,
        rights: &Arc<Rights>,
    ) -> Result<Grants, StoreError> {
        let kept = self.resolved(dictionaries, rights);
        Ok(Grants {
            by_party: kept.by_party,
            delegations: delegations(dictionaries, reading, &rights.delegations)?,
            readable: kept.readable,
        })
    }

    fn resolved(&self, dictionaries: &Dictionaries, rights: &Arc<Rights>) -> Kept {
        // Read before anything is resolved, so that a name which comes in between makes the entry old.
        let names = Names { parties: dictionaries.len(Kind::Party), resources: dictionaries.len(Kind::Resource) };
        if let Some(known) = self.known(rights, names) {
            return known;
        }
        let resolved = Kept {
            rights: Arc::downgrade(rights),
            names,
            by_party: Arc::new(by_party(dictionaries, &rights.parties)),
            readable: Arc::new(resources(dictionaries, rights.readable.iter())),
        };
        self.keep(resolved.clone());
        resolved
    }

    fn known(&self, rights: &Arc<Rights>, names: Names) -> Option<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|entry| Weak::as_ptr(&entry.rights) == Arc::as_ptr(rights))?;
        let known = kept.remove(place).filter(|entry| entry.names == names)?;
        kept.push_front(known.clone());
        Some(known)
    }

    fn keep(&self, resolved: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|entry| entry.rights.strong_count() > 0 && !Weak::ptr_eq(&entry.rights, &resolved.rights));
        kept.truncate(MAX_KEPT - 1);
        kept.push_front(resolved);
    }
}

fn by_party(dictionaries: &Dictionaries, rights: &[(Party, Arc<HashSet<ServiceResource>>)]) -> GrantsByParty {
    let mut place_of_set: HashMap<*const HashSet<ServiceResource>, u32> = HashMap::new();
    let mut grants = GrantsByParty::default();
    for (party, services) in rights {
        let Some(number) = dictionaries.number_of(Kind::Party, party.as_str()) else {
            continue;
        };
        let place = *place_of_set.entry(Arc::as_ptr(services)).or_insert_with(|| {
            grants.resource_sets.push(resources(dictionaries, services.iter()));
            grants.resource_sets.len() as u32 - 1
        });
        grants.set_of_party.insert(number, place);
    }
    grants
}

fn delegations(
    dictionaries: &Dictionaries,
    reading: &Reading,
    delegations: &[Delegation],
) -> Result<Delegations, StoreError> {
    let mut resolved = Delegations::default();
    for Delegation { party, resource, dialog } in delegations {
        let party = dictionaries.number_of(Kind::Party, party.as_str());
        let resource = dictionaries.number_of(Kind::Resource, resource.to_lower().as_str());
        let (Some(party), Some(resource)) = (party, resource) else {
            continue;
        };
        let pairs = match dialog {
            DelegatedDialog::Id(id) => {
                reading.number_of(*id)?.map(|number| resolved.dialogs.entry(number).or_default())
            }
            DelegatedDialog::Label(label) => dictionaries
                .number_of(Kind::ServiceOwnerLabel, label.as_str())
                .map(|number| resolved.labels.entry(number).or_default()),
        };
        if let Some(pairs) = pairs {
            pairs.push((party, resource));
        }
    }
    Ok(resolved)
}

fn requested(dictionaries: &Dictionaries, filter: &Filter) -> Requested {
    let number = |kind: Kind, name: &str| dictionaries.number_of(kind, name);
    let resource = |resource: &ServiceResource| number(Kind::Resource, resource.to_lower().as_str());
    let has_label = |pattern: &LabelPattern| match pattern {
        LabelPattern::Exact(label) => number(Kind::ServiceOwnerLabel, label.as_str()).into_iter().collect(),
        LabelPattern::Prefix(prefix) => {
            dictionaries.numbers_with_prefix(Kind::ServiceOwnerLabel, prefix).into_iter().collect()
        }
    };
    // What cannot match is an alternative of nothing.
    let expr = |expr: Option<TextExpr>| expr.unwrap_or(TextExpr::Or(Vec::new()));
    Requested {
        parties: any_of(&filter.parties, |party| number(Kind::Party, party.as_str())),
        resources: any_of(&filter.service_resources, resource),
        orgs: any_of(&filter.orgs, |org| number(Kind::Org, org.as_str())),
        extended_statuses: any_of(&filter.extended_statuses, |status| number(Kind::ExtendedStatus, status)),
        processes: any_of(filter.process.as_slice(), |process| number(Kind::Process, process)),
        service_owner_labels: filter.service_owner_labels.iter().map(has_label).collect(),
        statuses: filter.statuses.clone(),
        system_labels: filter.system_labels.clone(),
        is_content_seen: filter.is_content_seen,
        exclude_api_only: filter.exclude_api_only,
        deleted: filter.deleted,
        created: micros(filter.created),
        updated: micros(filter.updated),
        content_updated: micros(filter.content_updated),
        due: micros(filter.due),
        visible_from: micros(filter.visible_from),
        visible_at: filter.visible_at.map(Timestamp::as_micros),
        external_reference: filter.external_reference.clone(),
        text: filter.text.as_ref().map(|text| expr(text.query.compile(text.language))),
    }
}

/// Nothing asked is no filter; names that nothing has are nothing to be found by.
fn any_of<T>(wanted: &[T], number: impl Fn(&T) -> Option<u32>) -> Option<NumberSet> {
    if wanted.is_empty() { None } else { Some(wanted.iter().filter_map(number).collect()) }
}

fn resources<'a>(dictionaries: &Dictionaries, services: impl Iterator<Item = &'a ServiceResource>) -> NumberSet {
    services.filter_map(|service| dictionaries.number_of(Kind::Resource, service.as_str())).collect()
}

fn micros(range: TimeRange) -> MicrosRange {
    MicrosRange { after: range.after.map(Timestamp::as_micros), before: range.before.map(Timestamp::as_micros) }
}

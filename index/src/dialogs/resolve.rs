//! From names to numbers: a scope and a filter as a selection of the index. A name that no dialog has ever had has no
//! number, and whatever asks for it finds nothing.

use super::late_reading::LateReading;
use crate::domain::{Party, ServiceResource, Timestamp};
use crate::last_used::{LastUsed, Value};
use crate::query::{Filter, LabelPattern, TimeRange};
use crate::search::{Delegations, Grants, GrantsByParty, MicrosRange, NumberSet, Permitted, Requested, Selection};
use crate::store::{Dictionaries, Kind};
use crate::text::TextExpr;
use crate::{AuthorizedScope, DelegatedDialog, Delegation, Rights, StoreError};
use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// What the rights that are kept resolved may occupy, in bytes. Those of most users are far below a kilobyte, those of
/// one with 100,000 parties a megabyte.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// Resolves scopes and filters. Rights to very many parties take long to resolve, so those of the last users are kept.
#[derive(Debug)]
pub(super) struct Resolver {
    /// By the address of what they were resolved from. Held only to look up, add and drop entries.
    kept: Mutex<LastUsed<usize, Kept>>,
}

/// Rights as numbers, for as long as somebody holds the rights and no service is new. A party is added when it gets its first
/// dialog.
#[derive(Clone, Debug)]
struct Kept {
    /// Keeps the address from being used again, so that it tells the rights.
    rights: Weak<Rights>,
    names: Names,
    by_party: Arc<GrantsByParty>,
    readable: Arc<NumberSet>,
    /// `None` while a dialog or a name is unknown: it is looked for each time.
    delegations: Option<Arc<Delegations>>,
    awaited: Arc<AwaitedParties>,
}

/// The parties of some rights that had no dialog when these were resolved.
#[derive(Debug, Default)]
struct AwaitedParties(HashTable<AwaitedParty>);

#[derive(Debug)]
struct AwaitedParty {
    /// In the rights.
    place: u32,
    /// Of the services that are granted for it, in what the rights were resolved to.
    set: u32,
}

/// Rights have to be resolved first.
#[derive(Debug)]
struct NotAtHand;

/// How many names there are of the kinds that rights name. Names are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Names {
    parties: u32,
    resources: u32,
}

impl Default for Resolver {
    fn default() -> Self {
        Self { kept: Mutex::new(LastUsed::new(MAX_KEPT_BYTES)) }
    }
}

impl Resolver {
    pub(super) fn selection(
        &self,
        dictionaries: &Dictionaries,
        reading: &LateReading<'_>,
        scope: &AuthorizedScope,
        filter: &Filter,
    ) -> Result<Selection, StoreError> {
        let permitted = permitted(dictionaries, scope, |rights| self.grants(dictionaries, reading, rights))?;
        Ok(Selection { permitted, requested: requested(dictionaries, filter) })
    }

    /// As [`Resolver::selection`], if the rights of the scope are at hand.
    pub(super) fn known_selection(
        &self,
        dictionaries: &Dictionaries,
        scope: &AuthorizedScope,
        filter: &Filter,
    ) -> Option<Selection> {
        let grants = |rights: &_| {
            let Kept { by_party, readable, delegations, .. } = self.known(dictionaries, rights)?;
            Some(Grants { by_party, readable, delegations: delegations? })
        };
        let permitted = permitted(dictionaries, scope, |rights| grants(rights).ok_or(NotAtHand)).ok()?;
        Some(Selection { permitted, requested: requested(dictionaries, filter) })
    }

    fn grants(
        &self,
        dictionaries: &Dictionaries,
        reading: &LateReading<'_>,
        rights: &Arc<Rights>,
    ) -> Result<Grants, StoreError> {
        let kept = match self.known(dictionaries, rights) {
            Some(known) => known,
            None => self.resolve(dictionaries, reading, rights)?,
        };
        let delegations = match kept.delegations {
            Some(delegations) => delegations,
            None => Arc::new(delegations(dictionaries, reading, &rights.delegations)?.0),
        };
        Ok(Grants { by_party: kept.by_party, delegations, readable: kept.readable })
    }

    fn resolve(
        &self,
        dictionaries: &Dictionaries,
        reading: &LateReading<'_>,
        rights: &Arc<Rights>,
    ) -> Result<Kept, StoreError> {
        // Read before anything is resolved, so that a name which comes in between makes the entry old.
        let names = Names::of(dictionaries);
        let (by_party, awaited) = by_party(dictionaries, &rights.parties);
        let (delegations, are_complete) = delegations(dictionaries, reading, &rights.delegations)?;
        let resolved = Kept {
            rights: Arc::downgrade(rights),
            names,
            by_party: Arc::new(by_party),
            readable: Arc::new(resources(dictionaries, rights.readable.iter())),
            delegations: are_complete.then(|| Arc::new(delegations)),
            awaited: Arc::new(awaited),
        };
        self.kept().keep(Arc::as_ptr(rights).addr(), resolved.clone());
        Ok(resolved)
    }

    fn known(&self, dictionaries: &Dictionaries, rights: &Arc<Rights>) -> Option<Kept> {
        let names = Names::of(dictionaries);
        let mut known = self.kept().get(&Arc::as_ptr(rights).addr())?.clone();
        if known.names.resources != names.resources {
            return None;
        }
        if known.names.parties != names.parties {
            let new = dictionaries.names_from(Kind::Party, known.names.parties);
            let numbers = known.names.parties..;
            let set_of = |party: &Arc<str>| known.awaited.set_of(party, rights);
            let came: Vec<(u32, u32)> =
                numbers.zip(&new).filter_map(|(number, party)| Some((number, set_of(party)?))).collect();
            if !came.is_empty() {
                known.by_party = Arc::new(known.by_party.with(&came));
            }
            known.names.parties += new.len() as u32;
            self.kept().keep(Arc::as_ptr(rights).addr(), known.clone());
        }
        Some(known)
    }

    fn kept(&self) -> MutexGuard<'_, LastUsed<usize, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Value for Kept {
    fn size(&self) -> usize {
        const OF_A_NUMBER: usize = 8;
        size_of::<Self>()
            + self.by_party.size()
            + OF_A_NUMBER * (self.readable.capacity() + 2 * self.awaited.0.capacity())
            + self.delegations.as_ref().map_or(0, |delegations| delegations.size())
    }

    fn is_stale(&self) -> bool {
        self.rights.strong_count() == 0
    }
}

impl Names {
    fn of(dictionaries: &Dictionaries) -> Self {
        Self { parties: dictionaries.len(Kind::Party), resources: dictionaries.len(Kind::Resource) }
    }
}

impl AwaitedParties {
    fn add(&mut self, awaited: AwaitedParty, rights: &[(Party, Arc<HashSet<ServiceResource>>)]) {
        let hash_of = |awaited: &AwaitedParty| hash(rights[awaited.place as usize].0.as_str());
        let (own_hash, party) = (hash_of(&awaited), &rights[awaited.place as usize].0);
        // Of a party that is given twice, the last set counts.
        match self.0.find_mut(own_hash, |known| rights[known.place as usize].0 == *party) {
            Some(known) => *known = awaited,
            None => drop(self.0.insert_unique(own_hash, awaited, hash_of)),
        }
    }

    /// Which services are granted for this party, if it is one of these. `rights` are those that it awaits it for.
    fn set_of(&self, party: &str, rights: &Rights) -> Option<u32> {
        let known = self.0.find(hash(party), |known| rights.parties[known.place as usize].0.as_str() == party);
        known.map(|known| known.set)
    }
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

fn permitted<E>(
    dictionaries: &Dictionaries,
    scope: &AuthorizedScope,
    grants: impl Fn(&Arc<Rights>) -> Result<Grants, E>,
) -> Result<Permitted, E> {
    let owner = scope.owner().map(|owner| dictionaries.number_of(Kind::Org, owner.as_str()));
    Ok(match (scope.rights(), owner) {
        (None, owner) => Permitted::OwnedBy(owner.flatten()),
        (Some(rights), None) => Permitted::Granted(grants(rights)?),
        (Some(rights), Some(owner)) => Permitted::GrantedWithin(grants(rights)?, owner),
    })
}

/// With the parties that have no number yet.
fn by_party(
    dictionaries: &Dictionaries,
    rights: &[(Party, Arc<HashSet<ServiceResource>>)],
) -> (GrantsByParty, AwaitedParties) {
    let mut place_of_set: FxHashMap<*const HashSet<ServiceResource>, u32> = FxHashMap::default();
    let mut sets = Vec::new();
    let mut set_of_party = Vec::with_capacity(rights.len());
    let mut awaited = AwaitedParties::default();
    for (place, (party, services)) in (0..).zip(rights) {
        let set = *place_of_set.entry(Arc::as_ptr(services)).or_insert_with(|| {
            sets.push(resources(dictionaries, services.iter()));
            sets.len() as u32 - 1
        });
        match dictionaries.number_of(Kind::Party, party.as_str()) {
            Some(number) => set_of_party.push((number, set)),
            None => awaited.add(AwaitedParty { place, set }, rights),
        }
    }
    (GrantsByParty::of(set_of_party, &sets), awaited)
}

/// And whether all of them are known, so that they stay as they are.
fn delegations(
    dictionaries: &Dictionaries,
    reading: &LateReading<'_>,
    delegations: &[Delegation],
) -> Result<(Delegations, bool), StoreError> {
    let (mut dialogs, mut labels): (FxHashMap<u64, Vec<_>>, FxHashMap<u32, Vec<_>>) = Default::default();
    let mut are_complete = true;
    for Delegation { party, resource, dialog } in delegations {
        let party = dictionaries.number_of(Kind::Party, party.as_str());
        let resource = dictionaries.number_of(Kind::Resource, resource.to_lower().as_str());
        let pairs = match dialog {
            DelegatedDialog::Id(id) => reading.get()?.number_of(*id)?.map(|number| dialogs.entry(number).or_default()),
            DelegatedDialog::Label(label) => dictionaries
                .number_of(Kind::ServiceOwnerLabel, label.as_str())
                .map(|number| labels.entry(number).or_default()),
        };
        match (party, resource, pairs) {
            (Some(party), Some(resource), Some(pairs)) => pairs.push((party, resource)),
            _ => are_complete = false,
        }
    }
    Ok((Delegations::of(dialogs, labels), are_complete))
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
        any_system_label: filter.any_system_label.clone(),
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

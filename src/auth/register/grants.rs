//! Who was granted what. A change copies one shard and the grants of one user; all else is shared with the state
//! before, which others may still be reading.

use dialog_index::DelegatedDialog;
use dialog_index::domain::{EndUserId, Party, ServiceResource};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Enough that the shard that a change copies holds a thousand of a million grants.
const SHARDS: usize = 1024;

#[derive(Clone)]
pub(super) struct Grants {
    hasher: RandomState,
    by_user: Vec<Arc<HashMap<EndUserId, Arc<UserGrants>>>>,
    users: Vec<Arc<HashMap<Arc<str>, EndUserId>>>,
}

/// The grants of one user, ordered by party and id.
pub(super) struct UserGrants(Box<[Grant]>);

/// What one user may do for one party.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) id: Arc<str>,
    pub(super) party: Party,
    /// Equal ones are shared among the grants of a document, of which there may be a million.
    pub(super) bundle: Arc<Bundle>,
    pub(super) instances: Box<[InstanceGrant]>,
}

/// What a grant gives, by the catalogue's numbers.
///
/// Invariant: both lists are sorted and without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::auth) struct Bundle {
    pub(super) subjects: Box<[u32]>,
    /// Services granted directly.
    pub(super) resources: Box<[u32]>,
}

/// A right to one dialog.
#[derive(Clone)]
pub(super) struct InstanceGrant {
    /// In lower case.
    pub(super) resource: ServiceResource,
    pub(super) reference: Box<str>,
    pub(super) dialog: DelegatedDialog,
}

impl Grants {
    /// Ids must differ.
    pub(super) fn of(grants: Vec<(EndUserId, Grant)>) -> Self {
        let hasher = RandomState::new();
        let mut lists: HashMap<EndUserId, Vec<Grant>> = HashMap::new();
        for (user, grant) in grants {
            lists.entry(user).or_default().push(grant);
        }
        let mut by_user = vec![HashMap::new(); SHARDS];
        let mut users = vec![HashMap::new(); SHARDS];
        for (user, list) in lists {
            for grant in &list {
                users[shard(&hasher, grant.id.as_ref())].insert(Arc::clone(&grant.id), user.clone());
            }
            by_user[shard(&hasher, &user)].insert(user, Arc::new(UserGrants::of(list)));
        }
        let share = |shards: Vec<HashMap<_, _>>| shards.into_iter().map(Arc::new).collect();
        Self { hasher, by_user: share(by_user), users: users.into_iter().map(Arc::new).collect() }
    }

    pub(super) fn of_user(&self, user: &EndUserId) -> Option<&Arc<UserGrants>> {
        self.by_user[shard(&self.hasher, user)].get(user)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.user_of(id).is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.users.iter().map(|shard| shard.len()).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&EndUserId, &Grant)> {
        let users = self.by_user.iter().flat_map(|shard| shard.iter());
        users.flat_map(|(user, grants)| grants.0.iter().map(move |grant| (user, grant)))
    }

    /// These grants with one more, in place of the one with its id.
    pub(super) fn with(&self, user: EndUserId, grant: Grant) -> Self {
        let mut grants = self.without(&grant.id).unwrap_or_else(|| self.clone());
        let ids = &mut grants.users[shard(&self.hasher, grant.id.as_ref())];
        Arc::make_mut(ids).insert(Arc::clone(&grant.id), user.clone());
        let users = Arc::make_mut(&mut grants.by_user[shard(&self.hasher, &user)]);
        let mut list = users.get(&user).map_or_else(Vec::new, |grants| grants.0.to_vec());
        list.push(grant);
        users.insert(user, Arc::new(UserGrants::of(list)));
        grants
    }

    /// These grants without one; `None` if there is none with this id.
    pub(super) fn without(&self, id: &str) -> Option<Self> {
        let user = self.user_of(id)?;
        let mut grants = self.clone();
        Arc::make_mut(&mut grants.users[shard(&self.hasher, id)]).remove(id);
        let users = Arc::make_mut(&mut grants.by_user[shard(&self.hasher, user)]);
        let rest = users
            .get(user)
            .map_or_else(Vec::new, |grants| grants.0.iter().filter(|grant| grant.id.as_ref() != id).cloned().collect());
        if rest.is_empty() {
            users.remove(user);
        } else {
            users.insert(user.clone(), Arc::new(UserGrants::of(rest)));
        }
        Some(grants)
    }

    fn user_of(&self, id: &str) -> Option<&EndUserId> {
        self.users[shard(&self.hasher, id)].get(id)
    }
}

impl UserGrants {
    fn of(mut grants: Vec<Grant>) -> Self {
        grants.sort_unstable_by(|a, b| (&a.party, &a.id).cmp(&(&b.party, &b.id)));
        Self(grants.into_boxed_slice())
    }

    /// The grants for one party.
    pub(super) fn for_party(&self, party: &Party) -> &[Grant] {
        let begin = self.0.partition_point(|grant| grant.party < *party);
        let rest = &self.0[begin..];
        &rest[..rest.partition_point(|grant| grant.party == *party)]
    }

    /// The grants of one party after the other; no part is empty.
    pub(super) fn by_party(&self) -> impl Iterator<Item = &[Grant]> {
        self.0.chunk_by(|a, b| a.party == b.party)
    }
}

impl Bundle {
    pub(in crate::auth) fn new(mut subjects: Vec<u32>, mut resources: Vec<u32>) -> Self {
        for numbers in [&mut subjects, &mut resources] {
            numbers.sort_unstable();
            numbers.dedup();
        }
        Self { subjects: subjects.into(), resources: resources.into() }
    }

    /// All that these bundles give together.
    pub(super) fn union<'a>(bundles: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let subjects = bundles.clone().flat_map(|bundle| bundle.subjects.iter().copied()).collect();
        let resources = bundles.flat_map(|bundle| bundle.resources.iter().copied()).collect();
        Self::new(subjects, resources)
    }
}

fn shard(hasher: &RandomState, key: impl std::hash::Hash) -> usize {
    // The remainder is below SHARDS.
    (hasher.hash_one(key) % SHARDS as u64) as usize
}

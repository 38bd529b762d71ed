use super::catalogue::Catalogue;
use super::grants::UserGrants;
use crate::metrics::Uses;
use dialog_index::Rights;
use dialog_index::domain::EndUserId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many parties and delegations a generation may name together, about 50 bytes each.
const MAX_GENERATION_WEIGHT: usize = 1_000_000;

/// What an entry weighs beyond its parties and delegations.
const ENTRY_WEIGHT: usize = 10;

/// The list rights of users who were here lately. An entry counts only while what it was made from is current, so
/// that a change of the register counts at once.
///
/// There are two generations: what has not been asked for since the younger one began is dropped when that is full.
#[derive(Default)]
pub(super) struct RightsCache {
    generations: Mutex<Generations>,
    pub(super) uses: Arc<Uses>,
}

/// What rights were made from.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) grants: Option<Arc<UserGrants>>,
}

type Key = (EndUserId, usize);

#[derive(Default)]
struct Generations {
    young: HashMap<Key, (Origin, Arc<Rights>)>,
    old: HashMap<Key, (Origin, Arc<Rights>)>,
    young_weight: usize,
}

impl RightsCache {
    pub(super) fn get(&self, user: &EndUserId, level_step: usize, origin: &Origin) -> Option<Arc<Rights>> {
        let key = (user.clone(), level_step);
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_from, rights)) = generations.young.get(&key) {
            return (made_from == origin).then(|| {
                self.uses.hit();
                Arc::clone(rights)
            });
        }
        let (made_from, rights) = generations.old.remove(&key)?;
        (made_from == *origin).then(|| {
            self.uses.hit();
            generations.insert(key, made_from, Arc::clone(&rights));
            rights
        })
    }

    pub(super) fn insert(&self, user: &EndUserId, level_step: usize, origin: Origin, rights: Arc<Rights>) {
        self.uses.miss();
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.insert((user.clone(), level_step), origin, rights);
    }

    /// Lets go of everything, and with it of a catalogue that is no longer current.
    pub(super) fn clear(&self) {
        *self.generations.lock().unwrap_or_else(PoisonError::into_inner) = Generations::default();
    }
}

impl Generations {
    fn insert(&mut self, key: Key, origin: Origin, rights: Arc<Rights>) {
        if self.young_weight > MAX_GENERATION_WEIGHT {
            self.old = std::mem::take(&mut self.young);
            self.young_weight = 0;
        }
        let weight = |rights: &Rights| ENTRY_WEIGHT + rights.parties.len() + rights.delegations.len();
        self.young_weight += weight(&rights);
        if let Some((_, replaced)) = self.young.insert(key, (origin, rights)) {
            self.young_weight -= weight(&replaced);
        }
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        let same_grants = match (&self.grants, &other.grants) {
            (Some(grants), Some(others)) => Arc::ptr_eq(grants, others),
            (None, None) => true,
            _ => false,
        };
        same_grants && Arc::ptr_eq(&self.catalogue, &other.catalogue)
    }
}

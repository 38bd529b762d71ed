//! Strings that many dialogs share, and their numbers. The index holds numbers only.

use super::tables::NAMES;
use super::{damaged, failed_to};
use crate::StoreError;
use redb::{Database, ReadableDatabase, ReadableTable};
use rustc_hash::FxHashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// What a name is a name of. Each kind has numbers of its own, from 0. The values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    Party = 0,
    /// In lower case, since services are compared without case.
    Resource = 1,
    Org = 2,
    ExtendedStatus = 3,
    Process = 4,
    ServiceOwnerLabel = 5,
}

/// The names that are stored, in memory. It only ever grows.
pub(crate) struct Dictionaries {
    /// Held only to look something up or to add to it.
    kinds: [RwLock<Names>; Kind::ALL.len()],
}

#[derive(Debug, Default)]
struct Names {
    numbers: FxHashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

/// Names that a transaction added: not published before it is durable.
#[derive(Debug, Default)]
pub(super) struct NewNames {
    numbers: FxHashMap<(Kind, Arc<str>), u32>,
    names: Vec<(Kind, Arc<str>)>,
    /// How many of each kind.
    added: [u32; Kind::ALL.len()],
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Party, Self::Resource, Self::Org, Self::ExtendedStatus, Self::Process, Self::ServiceOwnerLabel];
}

impl Dictionaries {
    pub(super) fn load(database: &Database) -> Result<Self, StoreError> {
        let action = "read its names";
        let table = database.begin_read().map_err(failed_to(action))?.open_table(NAMES).map_err(failed_to(action))?;
        let mut kinds: [Names; Kind::ALL.len()] = Default::default();
        for row in table.iter().map_err(failed_to(action))? {
            let (key, name) = row.map_err(failed_to(action))?;
            let (kind, number) = key.value();
            let names = kinds.get_mut(usize::from(kind)).ok_or_else(|| damaged("kind of name"))?;
            if names.push(name.value().into()) != number {
                return Err(damaged("numbering of names"));
            }
        }
        Ok(Self { kinds: kinds.map(RwLock::new) })
    }

    pub(crate) fn number_of(&self, kind: Kind, name: &str) -> Option<u32> {
        self.names(kind).numbers.get(name).copied()
    }

    pub(crate) fn name_of(&self, kind: Kind, number: u32) -> Option<Arc<str>> {
        self.names(kind).names.get(number as usize).cloned()
    }

    /// The numbers of all names that begin so. A scan over the names of that kind.
    pub(crate) fn numbers_with_prefix(&self, kind: Kind, prefix: &str) -> Vec<u32> {
        let names = self.names(kind);
        (0..).zip(&names.names).filter(|(_, name)| name.starts_with(prefix)).map(|(number, _)| number).collect()
    }

    /// Those that were added after the first so many.
    pub(crate) fn names_from(&self, kind: Kind, first: u32) -> Vec<Arc<str>> {
        self.names(kind).names.get(first as usize..).unwrap_or_default().to_vec()
    }

    pub(crate) fn len(&self, kind: Kind) -> u32 {
        self.names(kind).names.len() as u32
    }

    pub(super) fn publish(&self, new: NewNames) {
        for (kind, name) in new.names {
            self.kinds[kind as usize].write().unwrap_or_else(PoisonError::into_inner).push(name);
        }
    }

    fn names(&self, kind: Kind) -> RwLockReadGuard<'_, Names> {
        self.kinds[kind as usize].read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn push(&mut self, name: Arc<str>) -> u32 {
        let number = self.names.len() as u32;
        self.numbers.insert(name.clone(), number);
        self.names.push(name);
        number
    }
}

impl NewNames {
    /// The number of a name, and whether this transaction has just given it.
    pub(super) fn number_of(&mut self, published: &Dictionaries, kind: Kind, name: &str) -> (u32, bool) {
        if let Some(number) = published.number_of(kind, name) {
            return (number, false);
        }
        let key: (Kind, Arc<str>) = (kind, name.into());
        if let Some(number) = self.numbers.get(&key) {
            return (*number, false);
        }
        let added = &mut self.added[kind as usize];
        let number = published.len(kind) + *added;
        *added += 1;
        self.numbers.insert(key.clone(), number);
        self.names.push(key);
        (number, true)
    }
}

impl std::fmt::Debug for Dictionaries {
    /// Names of parties hold national identity numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(Kind::ALL.map(|kind| (kind, self.len(kind)))).finish()
    }
}

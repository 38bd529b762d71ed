//! The services and who exists: what changes only as a whole, with the numbers that grants use.

use super::document::{PartyEntry, ResourceEntry, ServiceOwnerEntry, SubjectEntry};
use super::grants::Bundle;
use dialog_index::domain::{EndUserId, Org, Party, ServiceResource};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Everyone holds it for themselves.
pub(super) const PRIVATE_PERSON: &str = "urn:altinn:rolecode:priv";

/// The attribute of a rule that names none.
pub(super) const MAIN: &str = "main";

/// How many services the kept sets may name together; beyond that they are made anew.
const MAX_KEPT_SERVICES: usize = 1_000_000;

pub(in crate::auth) struct Catalogue {
    pub(super) owners: Vec<ServiceOwnerEntry>,
    pub(super) resources: Vec<ResourceEntry>,
    /// By the numbers of the services, in lower case.
    resource_types: Vec<String>,
    pub(super) subjects: Vec<SubjectEntry>,
    pub(super) parties: Vec<PartyEntry>,
    pub(super) declared: Declared,
    private_person: Bundle,
    owner_by_number: HashMap<String, Org>,
    rules: Vec<Vec<CompiledRule>>,
    /// The services that have a rule for a subject, by the subject's number.
    services_of_subject: Vec<Vec<u32>>,
    /// The services that each level may read, by ascending level, from 0 on.
    readable: Vec<(u8, Arc<HashSet<ServiceResource>>)>,
    kept_sets: Mutex<KeptSets>,
}

/// The positions of what a document declares, in its lists.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) owners: HashMap<Org, usize>,
    /// By name in lower case.
    pub(super) resources: FxHashMap<ServiceResource, u32>,
    /// [`PRIVATE_PERSON`] is always among them.
    pub(super) subjects: HashMap<String, u32>,
    pub(super) parties: HashMap<Party, usize>,
    pub(super) system_users: HashMap<EndUserId, usize>,
    /// Parties that name a main unit.
    pub(super) sub_units: HashSet<Party>,
}

pub(super) struct CompiledRule {
    /// Sorted.
    pub(super) subjects: Vec<u32>,
    pub(super) actions: Vec<String>,
    /// As [`short_attribute`] has it.
    pub(super) attribute: String,
}

#[derive(Default)]
struct KeptSets {
    by_bundle: HashMap<Bundle, Arc<HashSet<ServiceResource>>>,
    services: usize,
}

impl Catalogue {
    /// All references of the entries must be among what is declared.
    pub(super) fn new(
        owners: Vec<ServiceOwnerEntry>,
        resources: Vec<ResourceEntry>,
        subjects: Vec<SubjectEntry>,
        parties: Vec<PartyEntry>,
        declared: Declared,
    ) -> Self {
        let rules: Vec<_> = resources.iter().map(|resource| compile(resource, &declared)).collect();
        // The subject that everyone holds may be missing in the list, and has then the number after the last.
        let mut services_of_subject = vec![Vec::new(); subjects.len() + 1];
        for (rules, resource) in rules.iter().zip(0..) {
            let subjects: BTreeSet<u32> = rules.iter().flat_map(|rule| rule.subjects.iter().copied()).collect();
            for subject in subjects {
                services_of_subject[subject as usize].push(resource);
            }
        }
        Self {
            private_person: Bundle::new(declared.subjects.get(PRIVATE_PERSON).copied().into_iter().collect(), vec![]),
            owner_by_number: owners.iter().map(|owner| (owner.org_number.clone(), owner.code.clone())).collect(),
            readable: readable_by_level(&resources),
            resource_types: resources.iter().map(|resource| resource.resource_type.to_lowercase()).collect(),
            kept_sets: Mutex::default(),
            owners,
            resources,
            subjects,
            parties,
            declared,
            rules,
            services_of_subject,
        }
    }

    /// What others tell of services: who reaches them, but not what may be done there, and nothing of parties. All
    /// names must differ, and all references be among the entries.
    pub(in crate::auth) fn of_services(
        owners: Vec<ServiceOwnerEntry>,
        resources: Vec<ResourceEntry>,
        subjects: Vec<SubjectEntry>,
    ) -> Self {
        let declared = Declared {
            owners: owners.iter().zip(0..).map(|(owner, n)| (owner.code.clone(), n)).collect(),
            resources: resources.iter().zip(0..).map(|(resource, n)| (resource.id.to_lower(), n)).collect(),
            subjects: subjects.iter().zip(0..).map(|(subject, n)| (subject.urn.clone(), n)).collect(),
            ..Declared::default()
        };
        Self::new(owners, resources, subjects, vec![], declared)
    }

    pub(super) fn empty() -> Self {
        let mut declared = Declared::default();
        declared.subjects.insert(PRIVATE_PERSON.to_owned(), 0);
        Self::new(vec![], vec![], vec![], vec![], declared)
    }

    /// What everyone may do for themselves.
    pub(super) fn private_person(&self) -> &Bundle {
        &self.private_person
    }

    /// `resource` may be in any case.
    pub(in crate::auth) fn resource(&self, resource: &ServiceResource) -> Option<(u32, &ResourceEntry)> {
        let by_name = &self.declared.resources;
        // Most are given as they are declared, and lists ask for many.
        let number = *by_name.get(resource).or_else(|| by_name.get(&resource.to_lower()))?;
        Some((number, &self.resources[number as usize]))
    }

    /// `urn` must be in lower case.
    pub(in crate::auth) fn subject(&self, urn: &str) -> Option<u32> {
        self.declared.subjects.get(urn).copied()
    }

    /// In lower case.
    pub(super) fn resource_type(&self, resource: u32) -> &str {
        &self.resource_types[resource as usize]
    }

    pub(super) fn rules(&self, resource: u32) -> &[CompiledRule] {
        &self.rules[resource as usize]
    }

    /// The owner of a registered service.
    pub(in crate::auth) fn owner(&self, code: &Org) -> Option<&ServiceOwnerEntry> {
        Some(&self.owners[*self.declared.owners.get(code)?])
    }

    pub(in crate::auth) fn owner_by_number(&self, number: &str) -> Option<&Org> {
        self.owner_by_number.get(number)
    }

    pub(in crate::auth) fn party(&self, party: &Party) -> Option<&PartyEntry> {
        Some(&self.parties[*self.declared.parties.get(party)?])
    }

    pub(in crate::auth) fn system_user(&self, user: &EndUserId) -> Option<&PartyEntry> {
        Some(&self.parties[*self.declared.system_users.get(user)?])
    }

    pub(super) fn subject_urn(&self, subject: u32) -> &str {
        self.subjects.get(subject as usize).map_or(PRIVATE_PERSON, |entry| &entry.urn)
    }

    /// The position of a level among those that services ask for. Levels of one position may read the same.
    pub(in crate::auth) fn level_step(&self, level: u8) -> usize {
        self.readable.partition_point(|(needed, _)| *needed <= level) - 1
    }

    /// The services whose whole text a level may read, in lower case.
    pub(in crate::auth) fn readable(&self, level_step: usize) -> Arc<HashSet<ServiceResource>> {
        Arc::clone(&self.readable[level_step].1)
    }

    /// The services that a bundle lets its holder list, in lower case. Equal bundles get the same set.
    pub(in crate::auth) fn services_of(&self, bundle: &Bundle) -> Arc<HashSet<ServiceResource>> {
        let mut kept = self.kept_sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(services) = kept.by_bundle.get(bundle) {
            return Arc::clone(services);
        }
        let by_subject = bundle.subjects.iter().flat_map(|subject| &self.services_of_subject[*subject as usize]);
        let services: HashSet<_> =
            by_subject.chain(&bundle.resources).map(|number| self.resources[*number as usize].id.to_lower()).collect();
        let services = Arc::new(services);
        if kept.services > MAX_KEPT_SERVICES {
            *kept = KeptSets::default();
        }
        kept.services += services.len() + 1;
        kept.by_bundle.insert(bundle.clone(), Arc::clone(&services));
        services
    }
}

/// An attribute without a namespace is in the one for parts of a service.
pub(super) fn short_attribute(attribute: &str) -> &str {
    attribute.strip_prefix("urn:altinn:subresource:").unwrap_or(attribute)
}

fn compile(resource: &ResourceEntry, declared: &Declared) -> Vec<CompiledRule> {
    let numbers = |subjects: &[String]| {
        let mut numbers: Vec<u32> = subjects.iter().filter_map(|urn| declared.subjects.get(urn).copied()).collect();
        numbers.sort_unstable();
        numbers
    };
    let compile = |rule: &super::document::Rule| CompiledRule {
        subjects: numbers(&rule.subjects),
        actions: rule.actions.clone(),
        attribute: short_attribute(rule.attribute.as_deref().unwrap_or(MAIN)).to_owned(),
    };
    resource.rules.iter().map(compile).collect()
}

/// By the level at which a dialog of the service can be opened: what nobody may open it for must not be found either.
fn readable_by_level(resources: &[ResourceEntry]) -> Vec<(u8, Arc<HashSet<ServiceResource>>)> {
    let levels: BTreeSet<u8> = resources.iter().map(ResourceEntry::needed_level).chain([0]).collect();
    let readable = |level: u8| {
        let services = resources.iter().filter(|resource| resource.needed_level() <= level);
        (level, Arc::new(services.map(|resource| resource.id.to_lower()).collect()))
    };
    levels.into_iter().map(readable).collect()
}

//! Whom a user may act for, and with which roles, packages and delegations: what lists go by.

use super::stale_cache::{Kept, StaleCache};
use super::upstream::{Failure, Upstream};
use crate::auth::facts::last_word_first;
use crate::auth::register::{
    self, ACCESS_PACKAGE, AuthorizedParty, Bundle, Catalogue, Evidence, ROLE, Subject, instance_reference,
};
use dialog_index::domain::{EndUserId, Party, PartyKind, ServiceResource};
use dialog_index::{Delegation, Rights};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{HashMap, HashSet};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

const WHAT: &str = "Altinn's list of authorized parties";
const PATH: &str = "/accessmanagement/api/v1/resourceowner/authorizedparties?includeAltinn2=true\
                    &includeAccessPackages=true&includeRoles=true&includeResources=true&includeInstances=true";

/// By the user and the parties asked for, sorted. All that can be included is.
pub(super) type PartiesCache = StaleCache<(EndUserId, Vec<Party>), AuthorizedParties>;

/// The answer about one user.
pub(super) struct AuthorizedParties {
    parties: Vec<PartyRights>,
    /// As Altinn lists them.
    represented: Vec<AuthorizedParty>,
    /// What the user is called there.
    own_name: Option<String>,
    /// The rights that were made of it last, for each level that was asked for.
    compiled: Mutex<Vec<Compiled>>,
}

struct PartyRights {
    party: Party,
    /// Equal ones are shared: users with very many parties hold few different sets.
    held: Arc<Held>,
    delegations: Vec<Delegation>,
}

/// In lower case, sorted.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
struct Held {
    /// The URNs of roles and access packages.
    subjects: Vec<String>,
    /// Services delegated directly.
    resources: Vec<ServiceResource>,
}

struct Compiled {
    catalogue: Arc<Catalogue>,
    level_step: usize,
    rights: Arc<Rights>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Query<'a> {
    #[serde(flatten)]
    user: Named<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    party_filter: Vec<Named<'a>>,
}

/// The prefix and the rest of a URN.
#[derive(Serialize)]
struct Named<'a> {
    #[serde(rename = "type")]
    prefix: &'a str,
    value: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedParty {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    party_uuid: Option<Uuid>,
    party_id: Option<u32>,
    /// A date; maybe with a time.
    date_of_birth: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    is_deleted: bool,
    #[serde(default, deserialize_with = "or_default")]
    only_hierarchy_element_with_no_access: bool,
    organization_number: Option<String>,
    person_id: Option<String>,
    email_id: Option<String>,
    #[serde(rename = "type")]
    kind: ListedKind,
    #[serde(default, deserialize_with = "or_default")]
    authorized_roles: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    authorized_access_packages: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    authorized_resources: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    authorized_instances: Vec<ListedInstance>,
    #[serde(default, deserialize_with = "or_default")]
    subunits: Vec<ListedParty>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
enum ListedKind {
    Organization,
    Person,
    SelfIdentified,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedInstance {
    #[serde(default, deserialize_with = "or_default")]
    resource_id: String,
    instance_ref: Option<String>,
}

impl Kept for AuthorizedParties {
    fn weight(&self) -> usize {
        let delegations: usize = self.parties.iter().map(|it| it.delegations.len()).sum();
        // With what is compiled, and what parties are called.
        2 * (self.parties.len() + delegations) + 4 * self.parties.len()
    }
}

impl AuthorizedParties {
    /// Altinn narrows its answer by parties for persons alone.
    pub(super) fn key(user: &EndUserId, parties: &[Party]) -> (EndUserId, Vec<Party>) {
        let is_person = user.as_party().is_some_and(|party| party.kind() == PartyKind::Person);
        let mut filter = if is_person { parties.to_vec() } else { Vec::new() };
        filter.sort_unstable();
        filter.dedup();
        (user.clone(), filter)
    }

    pub(super) async fn ask((user, filter): (EndUserId, Vec<Party>), upstream: Arc<Upstream>) -> Result<Self, Failure> {
        let query = Query {
            user: named(user.as_str()),
            party_filter: filter.iter().map(|party| named(party.as_str())).collect(),
        };
        let listed: Vec<ListedParty> = upstream.post(WHAT, PATH, &query).await?;
        // Everybody may act for themselves, so there is something wrong then.
        if listed.is_empty() && filter.is_empty() && !user.is_system_user() {
            return Err(Failure::Wrong { what: WHAT, why: "nobody at all is in it" });
        }
        let read = move || Self::read(&user, listed);
        tokio::task::spawn_blocking(read).await.map_err(|_| Failure::Died)
    }

    /// A sub-unit is a party of its own, with its own rights; deeper levels are not looked at.
    fn read(user: &EndUserId, listed: Vec<ListedParty>) -> Self {
        let own = user.as_party();
        let mut shared: HashSet<Arc<Held>> = HashSet::new();
        let mut places: HashMap<Party, usize> = HashMap::new();
        let represented = listed.iter().filter_map(|it| it.represented(own.as_ref())).collect();
        let mut read = Self { parties: Vec::new(), represented, own_name: None, compiled: Mutex::default() };
        let flat = listed.into_iter().flat_map(|mut party| {
            let subunits = std::mem::take(&mut party.subunits);
            [party].into_iter().chain(subunits)
        });
        for listed in flat {
            // A party without a number has no dialogs.
            let Some(party) = listed.party() else { continue };
            if own.as_ref() == Some(&party) {
                read.own_name = Some(listed.name.clone()).filter(|name| !name.trim().is_empty());
            }
            let mut held = Held {
                subjects: with_prefix(ROLE, &listed.authorized_roles)
                    .chain(with_prefix(ACCESS_PACKAGE, &listed.authorized_access_packages))
                    .collect(),
                resources: listed.authorized_resources.iter().filter_map(|id| service(id)).collect(),
            };
            let delegations: Vec<_> =
                listed.authorized_instances.iter().filter_map(|instance| instance.delegation(&party)).collect();
            let place = *places.entry(party.clone()).or_insert(read.parties.len());
            if let Some(known) = read.parties.get_mut(place) {
                held.subjects.extend(known.held.subjects.iter().cloned());
                held.resources.extend(known.held.resources.iter().cloned());
                known.held = share(&mut shared, held);
                known.delegations.extend(delegations);
            } else {
                read.parties.push(PartyRights { party, held: share(&mut shared, held), delegations });
            }
        }
        read
    }

    pub(super) fn own_name(&self) -> Option<&str> {
        self.own_name.as_deref()
    }

    pub(super) fn represented(&self) -> &[AuthorizedParty] {
        &self.represented
    }

    /// Why the user may see a dialog that is named so.
    pub(super) fn evidence(&self, catalogue: &Catalogue, dialog: Subject<'_>, reference: &str) -> Vec<Evidence> {
        let Some(of_party) = self.parties.iter().find(|it| it.party == *dialog.party) else { return Vec::new() };
        let instances = of_party.delegations.iter().map(|it| (&it.resource, &it.dialog));
        register::evidence(catalogue, &of_party.held.bundle(catalogue), instances, dialog, reference)
    }

    /// Whether to make rights of it is work, so that it should not be done where others wait.
    pub(super) fn is_long(&self) -> bool {
        self.parties.len() > 500
    }

    /// The list rights that this gives at a level: those that were made before, while the catalogue is the same.
    pub(super) fn rights(&self, catalogue: &Arc<Catalogue>, level: u8) -> Arc<Rights> {
        let level_step = catalogue.level_step(level);
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.retain(|it| Arc::ptr_eq(&it.catalogue, catalogue));
        if let Some(known) = compiled.iter().find(|it| it.level_step == level_step) {
            return Arc::clone(&known.rights);
        }
        let rights = Arc::new(self.compile(catalogue, level_step));
        compiled.push(Compiled { catalogue: Arc::clone(catalogue), level_step, rights: Arc::clone(&rights) });
        rights
    }

    fn compile(&self, catalogue: &Catalogue, level_step: usize) -> Rights {
        let mut known: HashMap<*const Held, Arc<HashSet<ServiceResource>>> = HashMap::new();
        let mut parties = Vec::with_capacity(self.parties.len());
        for it in &self.parties {
            let services = known.entry(ptr::from_ref(it.held.as_ref()));
            let services = Arc::clone(services.or_insert_with(|| it.held.services(catalogue)));
            if !services.is_empty() {
                parties.push((it.party.clone(), services));
            }
        }
        let delegations = self.parties.iter().flat_map(|it| it.delegations.iter().cloned()).collect();
        Rights { parties, delegations, readable: catalogue.readable(level_step) }
    }
}

impl Held {
    /// What is not in the catalogue is no service with dialogs.
    fn services(&self, catalogue: &Catalogue) -> Arc<HashSet<ServiceResource>> {
        catalogue.services_of(&self.bundle(catalogue))
    }

    fn bundle(&self, catalogue: &Catalogue) -> Bundle {
        let subjects = self.subjects.iter().filter_map(|urn| catalogue.subject(urn)).collect();
        let resources = self.resources.iter().filter_map(|it| Some(catalogue.resource(it)?.0)).collect();
        Bundle::new(subjects, resources)
    }
}

impl ListedParty {
    /// With one level of sub-units.
    fn represented(&self, own: Option<&Party>) -> Option<AuthorizedParty> {
        let sub_units = self.subunits.iter().filter_map(|it| it.alone(own)).collect();
        Some(AuthorizedParty { sub_parties: sub_units, ..self.alone(own)? })
    }

    fn alone(&self, own: Option<&Party>) -> Option<AuthorizedParty> {
        let party = self.party()?;
        let is_person = party.kind() == PartyKind::Person;
        let date_of_birth = self.date_of_birth.as_deref().and_then(|it| it.get(..10)?.parse().ok());
        Some(AuthorizedParty {
            is_current_end_user: own == Some(&party),
            party,
            uuid: self.party_uuid.unwrap_or_default(),
            id: self.party_id.unwrap_or_default(),
            name: if is_person { last_word_first(&self.name) } else { self.name.clone() },
            date_of_birth,
            is_deleted: self.is_deleted,
            has_only_access_to_sub_parties: self.only_hierarchy_element_with_no_access,
            sub_parties: Vec::new(),
        })
    }

    fn party(&self) -> Option<Party> {
        match self.kind {
            ListedKind::Organization => Party::organization(self.organization_number.as_ref()?).ok(),
            ListedKind::Person => Party::person(self.person_id.as_ref()?).ok(),
            ListedKind::SelfIdentified => match &self.email_id {
                Some(email) => Party::parse(&format!("urn:altinn:person:idporten-email:{}", email.to_lowercase())).ok(),
                None => {
                    Party::parse(&format!("urn:altinn:person:legacy-selfidentified:{}", self.name.to_lowercase())).ok()
                }
            },
        }
    }
}

impl ListedInstance {
    fn delegation(&self, party: &Party) -> Option<Delegation> {
        let (_, dialog) = instance_reference::parse(self.instance_ref.as_ref()?)?;
        Some(Delegation { party: party.clone(), resource: service(&self.resource_id)?, dialog })
    }
}

fn share(shared: &mut HashSet<Arc<Held>>, mut held: Held) -> Arc<Held> {
    held.subjects.sort_unstable();
    held.subjects.dedup();
    held.resources.sort_unstable();
    held.resources.dedup();
    if let Some(known) = shared.get(&held) {
        return Arc::clone(known);
    }
    let held = Arc::new(held);
    shared.insert(Arc::clone(&held));
    held
}

fn with_prefix<'a>(prefix: &'a str, codes: &'a [String]) -> impl Iterator<Item = String> + 'a {
    codes.iter().map(move |code| {
        let code = code.to_lowercase();
        if code.starts_with(prefix) { code } else { format!("{prefix}{code}") }
    })
}

/// In lower case; with or without its prefix.
pub(super) fn service(id: &str) -> Option<ServiceResource> {
    let id = id.to_lowercase();
    let urn = if id.starts_with(ServiceResource::PREFIX) { id } else { format!("{}{id}", ServiceResource::PREFIX) };
    ServiceResource::parse(&urn).ok()
}

fn named(urn: &str) -> Named<'_> {
    let (prefix, value) = urn.rsplit_once(':').unwrap_or_default();
    Named { prefix, value }
}

/// A null is as good as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

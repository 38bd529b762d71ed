//! From a document to the register's parts. Reading goes on after a mistake, so that every one is found.

#[cfg(test)]
mod tests;

use super::catalogue::{Catalogue, Declared, PRIVATE_PERSON};
use super::descriptions::ACCESS_PACKAGE;
use super::document::{Names, PartyEntry, ResourceEntry, Rule, ServiceOwnerEntry, SubjectEntry};
use super::grants::{Bundle, Grant, InstanceGrant};
use super::instance_reference;
use super::members::{Members, Pairs};
use super::mistakes::{Mistake, Mistakes};
use chrono::NaiveDate;
use dialog_index::domain::{ActorId, EndUserId, LanguageCode, Org, Party, PartyKind, ServiceResource};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// The highest authentication level there is.
const MAX_LEVEL: u32 = 4;
const MAX_GRANT_ID_LENGTH: usize = 128;
/// The kinds of services that can have dialogs, compared without case.
const RESOURCE_TYPES: [&str; 4] = ["GenericAccessResource", "AltinnApp", "MigratedApp", "CorrespondenceService"];
pub(in crate::auth) const ROLE: &str = "urn:altinn:rolecode:";
/// Of the ids that grants without one are given.
const GRANT_ID_NAMESPACE: Uuid = Uuid::from_u128(0x8c1b_6f0e_52d4_5c0a_9d5e_6a3f_17b2_c4d8);

pub(super) type UserGrant = (EndUserId, Grant);

/// Reads a whole document.
pub(super) fn read_document(document: &[u8]) -> Result<(Catalogue, Vec<UserGrant>), Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let read = Sections::of(document, &mut mistakes).and_then(|sections| sections.read(&mut mistakes));
    mistakes.none_or(read)
}

/// Reads one grant, whose references must be in the catalogue. A member `id` must be the one given.
pub(super) fn read_grant(id: &str, grant: &[u8], catalogue: &Catalogue) -> Result<UserGrant, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    check_grant_id(id, "id", &mut mistakes);
    let grant = whole(grant, &mut mistakes).and_then(|Pairs(pairs)| {
        let mut members = Members::of_pairs(pairs, String::new(), &mut mistakes);
        let grant = GrantReader::new(&catalogue.declared).read(&mut members, Some(id), &mut mistakes);
        members.finish(&mut mistakes);
        grant
    });
    mistakes.none_or(grant)
}

/// Whether services of this kind can have dialogs.
pub(in crate::auth) fn is_resource_type(given: &str) -> bool {
    RESOURCE_TYPES.iter().any(|known| known.eq_ignore_ascii_case(given))
}

/// Whether an id can name a grant.
pub(super) fn is_grant_id(id: &str) -> bool {
    (1..=MAX_GRANT_ID_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
}

struct Sections<'a> {
    service_owners: Vec<(String, &'a RawValue)>,
    service_resources: Vec<(String, &'a RawValue)>,
    subjects: Vec<(String, &'a RawValue)>,
    parties: Vec<(String, &'a RawValue)>,
    grants: Vec<&'a RawValue>,
}

impl<'a> Sections<'a> {
    fn of(document: &'a [u8], mistakes: &mut Mistakes) -> Option<Self> {
        let Pairs(pairs) = whole(document, mistakes)?;
        let mut members = Members::of_pairs(pairs, String::new(), mistakes);
        let sections = Self {
            service_owners: members.required_entries("serviceOwners", mistakes),
            service_resources: members.required_entries("serviceResources", mistakes),
            subjects: members.required_entries("subjects", mistakes),
            parties: members.required_entries("parties", mistakes),
            grants: members.required("grants", mistakes).unwrap_or_default(),
        };
        members.finish(mistakes);
        Some(sections)
    }

    fn read(self, mistakes: &mut Mistakes) -> Option<(Catalogue, Vec<UserGrant>)> {
        let declared = self.declared();
        let mut numbers = HashMap::new();
        let owners = read_each(&self.service_owners, mistakes, |members, n, mistakes| {
            read_owner(members, n, &declared, &mut numbers, mistakes)
        });
        let resources = read_each(&self.service_resources, mistakes, |members, n, mistakes| {
            read_resource(members, n, &declared, mistakes)
        });
        let subjects =
            read_each(&self.subjects, mistakes, |members, n, mistakes| read_subject(members, n, &declared, mistakes));
        let (mut uuids, mut party_ids) = (HashMap::new(), HashMap::new());
        let parties = read_each(&self.parties, mistakes, |members, n, mistakes| {
            read_party(members, n, &declared, &mut uuids, &mut party_ids, mistakes)
        });
        let mut reader = GrantReader::new(&declared);
        let mut grants = Vec::with_capacity(self.grants.len());
        let mut ids: HashSet<Arc<str>> = HashSet::with_capacity(self.grants.len());
        for (n, raw) in self.grants.into_iter().enumerate() {
            let place = format!("grants[{n}]");
            let Some(mut members) = Members::of(raw, place.clone(), mistakes) else { continue };
            let read = reader.read(&mut members, None, mistakes);
            members.finish(mistakes);
            let Some((user, grant)) = read else { continue };
            if !ids.insert(Arc::clone(&grant.id)) {
                mistakes.add(place, "is a grant that is there already: ids, or grants without one, must differ");
            }
            grants.push((user, grant));
        }
        // Where an entry is missing, the positions of what is declared are wrong.
        mistakes.is_empty().then(|| (Catalogue::new(owners, resources, subjects, parties, declared), grants))
    }

    /// The first entry with each name. An entry counts as declared when its name can be read, so that what else is
    /// wrong with it is no mistake of those that refer to it.
    fn declared(&self) -> Declared {
        let mut declared = Declared::default();
        for (n, code) in names(&self.service_owners, "code") {
            declared.owners.entry(Org::new(&code)).or_insert(n);
        }
        for (n, id) in names(&self.service_resources, "id") {
            if let Ok(resource) = ServiceResource::parse(&id) {
                declared.resources.entry(resource.to_lower()).or_insert(number(n));
            }
        }
        for (n, urn) in names(&self.subjects, "urn") {
            declared.subjects.entry(urn.to_lowercase()).or_insert(number(n));
        }
        declared.subjects.entry(PRIVATE_PERSON.to_owned()).or_insert(number(self.subjects.len()));
        for (n, urn) in names(&self.parties, "urn") {
            if let Ok(party) = Party::parse(&urn) {
                declared.parties.entry(party).or_insert(n);
            } else if let Ok(user) = EndUserId::parse(&urn) {
                declared.system_users.entry(user).or_insert(n);
            }
        }
        for (n, _) in names(&self.parties, "parent") {
            let urn = name(self.parties[n].1, "urn").and_then(|urn| Party::parse(&urn).ok());
            declared.sub_units.extend(urn);
        }
        declared
    }
}

/// The members of a text that is one JSON object.
fn whole<'a>(text: &'a [u8], mistakes: &mut Mistakes) -> Option<Pairs<'a>> {
    match serde_json::from_slice(text) {
        Ok(pairs) => Some(pairs),
        Err(error) if error.is_data() => {
            mistakes.add("register", "must be a JSON object");
            None
        }
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            mistakes.add("register", format!("is not valid JSON: see line {line}, column {column}"));
            None
        }
    }
}

fn read_each<'a, T>(
    section: &[(String, &'a RawValue)],
    mistakes: &mut Mistakes,
    mut read: impl FnMut(&mut Members<'a>, usize, &mut Mistakes) -> Option<T>,
) -> Vec<T> {
    let mut entries = Vec::with_capacity(section.len());
    for (n, (place, raw)) in section.iter().enumerate() {
        let Some(mut members) = Members::of(raw, place.clone(), mistakes) else { continue };
        entries.extend(read(&mut members, n, mistakes));
        members.finish(mistakes);
    }
    entries
}

fn names<'a>(section: &'a [(String, &RawValue)], member: &'a str) -> impl Iterator<Item = (usize, String)> {
    section.iter().enumerate().filter_map(move |(n, (_, entry))| Some((n, name(entry, member)?)))
}

fn name(entry: &RawValue, member: &str) -> Option<String> {
    let Pairs(pairs) = serde_json::from_str(entry.get()).ok()?;
    let (_, value) = pairs.into_iter().find(|(name, _)| name == member)?;
    serde_json::from_str(value.get()).ok()
}

fn read_owner(
    members: &mut Members<'_>,
    n: usize,
    declared: &Declared,
    numbers: &mut HashMap<String, usize>,
    mistakes: &mut Mistakes,
) -> Option<ServiceOwnerEntry> {
    let code = text(members, "code", mistakes).map(|code| Org::new(&code));
    if let Some(first) = code.as_ref().and_then(|code| declared.owners.get(code)) {
        check_first(members, "code", n, *first, "serviceOwners", mistakes);
    }
    let org_number = text(members, "orgNumber", mistakes);
    if let Some(number) = &org_number {
        match Party::organization(number) {
            Ok(_) => {
                let first = *numbers.entry(number.clone()).or_insert(n);
                check_first(members, "orgNumber", n, first, "serviceOwners", mistakes);
            }
            Err(invalid) => mistakes.add(members.place_of("orgNumber"), invalid.to_string()),
        }
    }
    let name = read_names(members, "name", mistakes);
    Some(ServiceOwnerEntry { code: code?, org_number: org_number?, name: name? })
}

fn read_resource(
    members: &mut Members<'_>,
    n: usize,
    declared: &Declared,
    mistakes: &mut Mistakes,
) -> Option<ResourceEntry> {
    let id = text(members, "id", mistakes).and_then(|id| {
        let resource = checked(ServiceResource::parse(&id), members.place_of("id"), mistakes)?;
        if let Some(first) = declared.resources.get(&resource.to_lower()) {
            check_first(members, "id", n, *first as usize, "serviceResources", mistakes);
        }
        Some(resource)
    });
    let owner = text(members, "owner", mistakes).map(|owner| Org::new(&owner));
    if owner.as_ref().is_some_and(|owner| !declared.owners.contains_key(owner)) {
        mistakes.add(members.place_of("owner"), "is not the code of a service owner");
    }
    let resource_type = text(members, "type", mistakes);
    if resource_type.as_ref().is_some_and(|given| !is_resource_type(given)) {
        mistakes.add(members.place_of("type"), format!("must be one of {}", RESOURCE_TYPES.join(", ")));
    }
    let name = read_names(members, "name", mistakes);
    let description: Option<Names> = members.optional("description", mistakes);
    check_languages(description.as_ref(), &members.place_of("description"), mistakes);
    let delegable = members.optional("delegable", mistakes).unwrap_or(true);
    let level: Option<u32> = members.optional("minimumAuthenticationLevel", mistakes);
    if level.is_some_and(|level| level > MAX_LEVEL) {
        mistakes.add(members.place_of("minimumAuthenticationLevel"), format!("must be from 0 to {MAX_LEVEL}"));
    }
    let rules = members.required_entries("rules", mistakes);
    let rules = read_rules(&rules, declared, mistakes);
    Some(ResourceEntry {
        id: id?,
        owner: owner?,
        resource_type: resource_type?,
        name: name?,
        description: description.unwrap_or_default(),
        delegable,
        minimum_authentication_level: level.and_then(|level| u8::try_from(level).ok()),
        rules,
    })
}

fn read_rules(rules: &[(String, &RawValue)], declared: &Declared, mistakes: &mut Mistakes) -> Vec<Rule> {
    read_each(rules, mistakes, |members, _, mistakes| {
        let subjects: Option<Vec<String>> = members.required("subjects", mistakes);
        let subjects = subjects.map(|subjects| lower_case(&subjects));
        let place = members.place_of("subjects");
        check_list(subjects.as_deref(), &place, mistakes, |subject| {
            (!declared.subjects.contains_key(subject)).then(|| format!("{subject} is not among the subjects"))
        });
        let actions: Option<Vec<String>> = members.required("actions", mistakes);
        check_list(actions.as_deref(), &members.place_of("actions"), mistakes, |action| {
            action.trim().is_empty().then(|| "must not be empty".to_owned())
        });
        let attribute: Option<String> = members.optional("attribute", mistakes);
        if attribute.as_ref().is_some_and(|attribute| attribute.trim().is_empty()) {
            mistakes.add(members.place_of("attribute"), "must not be empty");
        }
        Some(Rule { subjects: subjects?, actions: actions?, attribute })
    })
}

fn read_subject(
    members: &mut Members<'_>,
    n: usize,
    declared: &Declared,
    mistakes: &mut Mistakes,
) -> Option<SubjectEntry> {
    let urn = text(members, "urn", mistakes).map(|urn| urn.to_lowercase());
    if let Some(urn) = &urn {
        if ![ROLE, ACCESS_PACKAGE].iter().any(|prefix| urn.strip_prefix(prefix).is_some_and(|code| !code.is_empty())) {
            mistakes.add(members.place_of("urn"), format!("must begin with {ROLE} or {ACCESS_PACKAGE} and name one"));
        }
        if let Some(first) = declared.subjects.get(urn) {
            check_first(members, "urn", n, *first as usize, "subjects", mistakes);
        }
    }
    let name = read_names(members, "name", mistakes);
    Some(SubjectEntry { urn: urn?, name: name? })
}

fn read_party(
    members: &mut Members<'_>,
    n: usize,
    declared: &Declared,
    uuids: &mut HashMap<Uuid, usize>,
    party_ids: &mut HashMap<u32, usize>,
    mistakes: &mut Mistakes,
) -> Option<PartyEntry> {
    let urn = text(members, "urn", mistakes).and_then(|urn| {
        if let Ok(user) = EndUserId::parse(&urn)
            && user.is_system_user()
        {
            return Some((ActorId::from(user.clone()), None, declared.system_users.get(&user)));
        }
        let party = checked(Party::parse(&urn), members.place_of("urn"), mistakes)?;
        let first = declared.parties.get(&party);
        Some((ActorId::from(party.clone()), Some(party), first))
    });
    if let Some(first) = urn.as_ref().and_then(|(_, _, first)| *first) {
        check_first(members, "urn", n, *first, "parties", mistakes);
    }
    let name = text(members, "name", mistakes);
    let uuid = text(members, "uuid", mistakes).and_then(|uuid| {
        checked(Uuid::try_parse(&uuid).map_err(|_| "must be a UUID"), members.place_of("uuid"), mistakes)
    });
    if let Some(uuid) = uuid {
        let first = *uuids.entry(uuid).or_insert(n);
        check_first(members, "uuid", n, first, "parties", mistakes);
    }
    let is_system_user = urn.as_ref().is_some_and(|(_, party, _)| party.is_none());
    let party_id: Option<u32> =
        if is_system_user { members.optional("partyId", mistakes) } else { members.required("partyId", mistakes) };
    if let Some(party_id) = party_id {
        if party_id == 0 || i32::try_from(party_id).is_err() {
            mistakes.add(members.place_of("partyId"), format!("must be from 1 to {}", i32::MAX));
        }
        let first = *party_ids.entry(party_id).or_insert(n);
        check_first(members, "partyId", n, first, "parties", mistakes);
    }
    let date_of_birth: Option<String> = members.optional("dateOfBirth", mistakes);
    let date_of_birth = date_of_birth.and_then(|date| {
        let date = NaiveDate::parse_from_str(&date, "%Y-%m-%d").map_err(|_| "must be a date such as 1980-01-31");
        checked(date, members.place_of("dateOfBirth"), mistakes)
    });
    let deleted = members.optional("deleted", mistakes).unwrap_or(false);
    let parent: Option<String> = members.optional("parent", mistakes);
    let party = urn.as_ref().and_then(|(_, party, _)| party.as_ref());
    let parent = parent.and_then(|parent| read_parent(&parent, party, &members.place_of("parent"), declared, mistakes));
    Some(PartyEntry { urn: urn?.0, name: name?, uuid: uuid?, party_id, date_of_birth, deleted, parent })
}

/// There is one level of sub-units: a main unit has no parent.
fn read_parent(
    parent: &str,
    party: Option<&Party>,
    place: &str,
    declared: &Declared,
    mistakes: &mut Mistakes,
) -> Option<Party> {
    let parent = checked(Party::parse(parent), place.to_owned(), mistakes)?;
    let is_organization = |party: &Party| party.kind() == PartyKind::Organization;
    if !is_organization(&parent) || party.is_some_and(|party| !is_organization(party)) {
        mistakes.add(place, "is for organisations only");
    } else if !declared.parties.contains_key(&parent) {
        mistakes.add(place, "is not among the parties");
    } else if declared.sub_units.contains(&parent) {
        mistakes.add(place, "must be a main unit, which has no parent itself");
    }
    Some(parent)
}

/// Reads grants one after the other and shares what is equal in them.
struct GrantReader<'a> {
    declared: &'a Declared,
    bundles: HashMap<Bundle, Arc<Bundle>>,
}

impl<'a> GrantReader<'a> {
    fn new(declared: &'a Declared) -> Self {
        Self { declared, bundles: HashMap::new() }
    }

    /// `id` is the one that the grant shall have, if that is known.
    fn read(&mut self, members: &mut Members<'_>, id: Option<&str>, mistakes: &mut Mistakes) -> Option<UserGrant> {
        let given_id: Option<String> = members.optional("id", mistakes);
        if let Some(given) = &given_id {
            match id {
                Some(id) if id != given => mistakes.add(members.place_of("id"), "is not the id of the address"),
                Some(_) => {}
                None => check_grant_id(given, &members.place_of("id"), mistakes),
            }
        }
        let user = text(members, "to", mistakes).and_then(|to| self.read_user(&to, &members.place_of("to"), mistakes));
        let party = text(members, "for", mistakes).and_then(|party| {
            let party = checked(Party::parse(&party), members.place_of("for"), mistakes)?;
            let known = self.declared.parties.get_key_value(&party);
            if known.is_none() {
                mistakes.add(members.place_of("for"), "is not among the parties");
            }
            known.map(|(party, _)| party.clone())
        });
        let mut subjects = self.read_subjects(members, "roles", ROLE, mistakes);
        subjects.extend(self.read_subjects(members, "accessPackages", ACCESS_PACKAGE, mistakes));
        let resources: Option<Vec<String>> = members.optional("resources", mistakes);
        let place = members.place_of("resources");
        let resources = resources.map(|resources| lower_case(&resources)).unwrap_or_default();
        check_list_or_none(&resources, &place, mistakes, |resource| {
            self.resource(resource).is_none().then(|| format!("{resource} is not among the service resources"))
        });
        let instances = self.read_instances(members, mistakes);
        let (user, party) = (user?, party?);
        let id = match id.map(str::to_owned).or(given_id) {
            Some(id) => id,
            None => derived_id(&user, &party, [&subjects, &resources], &instances),
        };
        let subjects = subjects.iter().filter_map(|urn| self.declared.subjects.get(urn).copied()).collect();
        let resources = resources.iter().filter_map(|resource| Some(self.resource(resource)?.1)).collect();
        let bundle = self.share(Bundle::new(subjects, resources));
        Some((user, Grant { id: id.into(), party, bundle, instances: instances.into() }))
    }

    /// System users need not be declared: one without a name is shown as a system user.
    fn read_user(&self, to: &str, place: &str, mistakes: &mut Mistakes) -> Option<EndUserId> {
        let user = checked(EndUserId::parse(to), place.to_owned(), mistakes)?;
        if user.as_party().is_some_and(|party| !self.declared.parties.contains_key(&party)) {
            mistakes.add(place, "is not among the parties");
        }
        Some(user)
    }

    /// The URNs of subjects that are named by code or by their whole URN, in any case.
    fn read_subjects(
        &self,
        members: &mut Members<'_>,
        member: &str,
        prefix: &str,
        mistakes: &mut Mistakes,
    ) -> Vec<String> {
        let codes: Vec<String> = members.optional(member, mistakes).unwrap_or_default();
        let urn = |code: &String| {
            let code = code.to_lowercase();
            if code.starts_with(prefix) { code } else { format!("{prefix}{code}") }
        };
        let urns: Vec<String> = codes.iter().map(urn).collect();
        check_list_or_none(&urns, &members.place_of(member), mistakes, |urn| {
            (!self.declared.subjects.contains_key(urn)).then(|| format!("{urn} is not among the subjects"))
        });
        urns
    }

    fn read_instances(&self, members: &mut Members<'_>, mistakes: &mut Mistakes) -> Vec<InstanceGrant> {
        let entries = members.entries("instances", mistakes);
        let mut seen = HashSet::new();
        read_each(&entries, mistakes, |members, _, mistakes| {
            let resource = text(members, "resource", mistakes).and_then(|resource| {
                let known = self.resource(&resource.to_lowercase());
                if known.is_none() {
                    mistakes.add(members.place_of("resource"), "is not among the service resources");
                }
                known
            });
            let reference = text(members, "ref", mistakes).and_then(|reference| {
                let reference = instance_reference::parse(&reference).ok_or(
                    "must be urn:altinn:dialog-id:{uuid}, urn:altinn:correspondence-id:{uuid} or \
                     urn:altinn:instance-id:{party id}/{uuid}",
                );
                checked(reference, members.place_of("ref"), mistakes)
            });
            let ((resource, number), (reference, dialog)) = (resource?, reference?);
            if !seen.insert((number, reference.clone())) {
                mistakes.add(members.place_of("ref"), "is given twice");
            }
            Some(InstanceGrant { resource, reference: reference.into(), dialog })
        })
    }

    /// The declared name, which is shared, in lower case, and the number. `resource` must be in lower case.
    fn resource(&self, resource: &str) -> Option<(ServiceResource, u32)> {
        let resource = ServiceResource::parse(resource).ok()?;
        self.declared.resources.get_key_value(&resource).map(|(resource, number)| (resource.clone(), *number))
    }

    fn share(&mut self, bundle: Bundle) -> Arc<Bundle> {
        if let Some(shared) = self.bundles.get(&bundle) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(bundle.clone());
        self.bundles.insert(bundle, Arc::clone(&shared));
        shared
    }
}

/// The same for the same content, whatever its order, so that loading a document again keeps the ids.
fn derived_id(user: &EndUserId, party: &Party, names: [&Vec<String>; 2], instances: &[InstanceGrant]) -> String {
    let mut content: Vec<_> =
        instances.iter().map(|instance| format!("{} {}", instance.resource, instance.reference)).collect();
    content.extend(names.into_iter().flatten().cloned());
    content.sort_unstable();
    let content = format!("{}\n{}\n{}", user.as_str(), party.as_str(), content.join("\n"));
    Uuid::new_v5(&GRANT_ID_NAMESPACE, content.as_bytes()).to_string()
}

fn check_grant_id(id: &str, place: &str, mistakes: &mut Mistakes) {
    if !is_grant_id(id) {
        let message = format!("must be 1 to {MAX_GRANT_ID_LENGTH} visible ASCII characters without a slash");
        mistakes.add(place, message);
    }
}

/// A required text that is not blank.
fn text(members: &mut Members<'_>, member: &str, mistakes: &mut Mistakes) -> Option<String> {
    let text: String = members.required(member, mistakes)?;
    if text.trim().is_empty() {
        mistakes.add(members.place_of(member), "must not be empty");
        return None;
    }
    Some(text)
}

fn read_names(members: &mut Members<'_>, member: &str, mistakes: &mut Mistakes) -> Option<Names> {
    let names: Option<Names> = members.required(member, mistakes);
    let place = members.place_of(member);
    if names.as_ref().is_some_and(Names::is_empty) {
        mistakes.add(place.clone(), "must have a text in some language");
    }
    check_languages(names.as_ref(), &place, mistakes);
    names
}

fn check_languages(names: Option<&Names>, place: &str, mistakes: &mut Mistakes) {
    for code in names.into_iter().flat_map(Names::keys) {
        if let Err(invalid) = LanguageCode::parse(code) {
            mistakes.add(format!("{place}.{code}"), invalid.to_string());
        }
    }
}

/// A list that must have entries, all different.
fn check_list(list: Option<&[String]>, place: &str, mistakes: &mut Mistakes, mistake: impl Fn(&str) -> Option<String>) {
    if list.is_some_and(<[String]>::is_empty) {
        mistakes.add(place, "must not be empty");
    }
    check_list_or_none(list.unwrap_or_default(), place, mistakes, mistake);
}

/// A list whose entries must all be different.
fn check_list_or_none(list: &[String], place: &str, mistakes: &mut Mistakes, mistake: impl Fn(&str) -> Option<String>) {
    let mut seen = HashSet::with_capacity(list.len());
    for (n, entry) in list.iter().enumerate() {
        if !seen.insert(entry) {
            mistakes.add(format!("{place}[{n}]"), "is given twice");
        } else if let Some(message) = mistake(entry) {
            mistakes.add(format!("{place}[{n}]"), message);
        }
    }
}

fn check_first(members: &Members<'_>, member: &str, n: usize, first: usize, section: &str, mistakes: &mut Mistakes) {
    if n != first {
        mistakes.add(members.place_of(member), format!("is the same as that of {section}[{first}]"));
    }
}

fn checked<T, E: ToString>(result: Result<T, E>, place: String, mistakes: &mut Mistakes) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(invalid) => {
            mistakes.add(place, invalid.to_string());
            None
        }
    }
}

fn lower_case(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| text.to_lowercase()).collect()
}

fn number(position: usize) -> u32 {
    u32::try_from(position).expect("a document has fewer entries than bytes, and those fit in memory")
}

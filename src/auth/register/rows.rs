//! How the register lies in the store: a row for each entry of the document, as JSON.

use super::catalogue::Catalogue;
use super::document::{Document, GrantEntry, InstanceEntry};
use super::grants::Grant;
use super::{RegisterError, State};
use dialog_index::domain::EndUserId;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A key of the store and its value.
pub(super) type Row = (String, Vec<u8>);

/// Where the rows of a part of the document are: their keys go on with the name of the entry.
struct Section {
    prefix: &'static str,
    member: &'static str,
}

const OWNERS: Section = Section { prefix: "owner/", member: "serviceOwners" };
const RESOURCES: Section = Section { prefix: "resource/", member: "serviceResources" };
const SUBJECTS: Section = Section { prefix: "subject/", member: "subjects" };
const PARTIES: Section = Section { prefix: "party/", member: "parties" };
const GRANTS: Section = Section { prefix: "grant/", member: "grants" };

/// The key of the fingerprint of the file that was loaded last.
const LOADED_FILE: &str = "loaded-file";

/// All rows of a register.
pub(super) fn of(state: &State) -> Vec<Row> {
    let catalogue = &state.catalogue;
    let mut rows: Vec<Row> = state.loaded_file.iter().map(|file| (LOADED_FILE.to_owned(), file.clone())).collect();
    rows.extend(catalogue.owners.iter().map(|entry| row(&OWNERS, entry.code.as_str(), entry)));
    rows.extend(catalogue.resources.iter().map(|entry| row(&RESOURCES, entry.id.to_lower().as_str(), entry)));
    rows.extend(catalogue.subjects.iter().map(|entry| row(&SUBJECTS, &entry.urn, entry)));
    rows.extend(catalogue.parties.iter().map(|entry| row(&PARTIES, entry.urn.as_str(), entry)));
    rows.extend(state.grants.iter().map(|(user, grant)| of_grant(catalogue, user, grant)));
    rows
}

pub(super) fn of_grant(catalogue: &Catalogue, user: &EndUserId, grant: &Grant) -> Row {
    row(&GRANTS, &grant.id, &grant_entry(catalogue, user, grant))
}

pub(super) fn grant_key(id: &str) -> String {
    format!("{}{id}", GRANTS.prefix)
}

/// The document that these rows are of.
pub(super) fn document(rows: Vec<Row>) -> Result<Vec<u8>, RegisterError> {
    let mut sections = [OWNERS, RESOURCES, SUBJECTS, PARTIES, GRANTS].map(|section| (section, Vec::new()));
    for (key, value) in rows {
        if key == LOADED_FILE {
            continue;
        }
        let Some((_, entries)) = sections.iter_mut().find(|(section, _)| key.starts_with(section.prefix)) else {
            return Err(RegisterError::UnknownRow(key));
        };
        if !entries.is_empty() {
            entries.push(b',');
        }
        entries.extend(value);
    }
    let members = sections.map(|(section, entries)| {
        [format!("\"{}\":[", section.member).as_bytes(), entries.as_slice(), b"]".as_slice()].concat()
    });
    Ok([b"{".as_slice(), &members.join(b",".as_slice()), b"}".as_slice()].concat())
}

/// The whole register as a document.
pub(super) fn whole_document(state: &State) -> Vec<u8> {
    let catalogue = &state.catalogue;
    let mut grants: Vec<_> = state.grants.iter().map(|(user, grant)| grant_entry(catalogue, user, grant)).collect();
    grants.sort_unstable_by_key(|grant| grant.id);
    json(&Document {
        service_owners: &catalogue.owners,
        service_resources: &catalogue.resources,
        subjects: &catalogue.subjects,
        parties: &catalogue.parties,
        grants,
    })
}

pub(super) fn fingerprint(file: &[u8]) -> Vec<u8> {
    Sha256::digest(file).to_vec()
}

/// The fingerprint of the file that was loaded last.
pub(super) fn loaded_file(rows: &[Row]) -> Option<Vec<u8>> {
    rows.iter().find(|(key, _)| key == LOADED_FILE).map(|(_, file)| file.clone())
}

fn grant_entry<'a>(catalogue: &'a Catalogue, user: &'a EndUserId, grant: &'a Grant) -> GrantEntry<'a> {
    let subjects = || grant.bundle.subjects.iter().map(|subject| catalogue.subject_urn(*subject));
    let code = |urn: &str| urn.strip_prefix(super::reading::ROLE).map(str::to_uppercase);
    GrantEntry {
        id: &grant.id,
        to: user.as_str(),
        party: grant.party.as_str(),
        roles: subjects().filter_map(code).collect(),
        access_packages: subjects().filter(|urn| code(urn).is_none()).collect(),
        resources: grant.bundle.resources.iter().map(|n| catalogue.resources[*n as usize].id.as_str()).collect(),
        instances: grant
            .instances
            .iter()
            .map(|instance| InstanceEntry { resource: instance.resource.as_str(), reference: &instance.reference })
            .collect(),
    }
}

fn row(section: &Section, name: &str, entry: &impl Serialize) -> Row {
    (format!("{}{name}", section.prefix), json(entry))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("the entries have texts for keys and write to memory")
}

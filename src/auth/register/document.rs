//! The parts of a register document, with values that have been checked. They are written as the document has them.

use dialog_index::domain::{ActorId, Org, ServiceResource};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the contract takes a level for that is not known.
pub const UNKNOWN_LEVEL: u8 = 3;

/// A name in some languages, by language code.
pub(in crate::auth) type Names = BTreeMap<String, String>;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::auth) struct ServiceOwnerEntry {
    pub(in crate::auth) code: Org,
    pub(in crate::auth) org_number: String,
    pub(in crate::auth) name: Names,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::auth) struct ResourceEntry {
    pub(in crate::auth) id: ServiceResource,
    pub(in crate::auth) owner: Org,
    #[serde(rename = "type")]
    pub(in crate::auth) resource_type: String,
    pub(in crate::auth) name: Names,
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub(in crate::auth) description: Names,
    pub(in crate::auth) delegable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::auth) minimum_authentication_level: Option<u8>,
    pub(in crate::auth) rules: Vec<Rule>,
}

impl ResourceEntry {
    /// The level at which dialogs of the service can be opened.
    pub(in crate::auth) fn needed_level(&self) -> u8 {
        self.minimum_authentication_level.unwrap_or(UNKNOWN_LEVEL)
    }
}

/// Who may do what. Subjects are in lower case.
#[derive(Clone, Debug, Serialize)]
pub(in crate::auth) struct Rule {
    pub(in crate::auth) subjects: Vec<String>,
    pub(in crate::auth) actions: Vec<String>,
    /// `None` is the main resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::auth) attribute: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::auth) struct SubjectEntry {
    /// In lower case.
    pub(in crate::auth) urn: String,
    pub(in crate::auth) name: Names,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::auth) struct PartyEntry {
    pub(in crate::auth) urn: ActorId,
    pub(in crate::auth) name: String,
    pub(in crate::auth) uuid: Uuid,
    /// System users may lack one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::auth) party_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::auth) date_of_birth: Option<chrono::NaiveDate>,
    #[serde(skip_serializing_if = "is_false")]
    pub(in crate::auth) deleted: bool,
    /// The main unit of a sub-unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::auth) parent: Option<dialog_index::domain::Party>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantEntry<'a> {
    pub(super) id: &'a str,
    pub(super) to: &'a str,
    #[serde(rename = "for")]
    pub(super) party: &'a str,
    /// Codes in upper case, e.g. `DAGL`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) access_packages: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) resources: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) instances: Vec<InstanceEntry<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct InstanceEntry<'a> {
    pub(super) resource: &'a str,
    #[serde(rename = "ref")]
    pub(super) reference: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    pub(super) service_owners: &'a [ServiceOwnerEntry],
    pub(super) service_resources: &'a [ResourceEntry],
    pub(super) subjects: &'a [SubjectEntry],
    pub(super) parties: &'a [PartyEntry],
    pub(super) grants: Vec<GrantEntry<'a>>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

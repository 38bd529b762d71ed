//! Which services there are, and whose they are.

use super::authorized_parties::service;
use super::described::given;
use super::upstream::{Failure, Upstream};
use crate::auth::register::{Names, is_resource_type};
use dialog_index::domain::{Org, Party, ServiceResource};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};

const WHAT: &str = "the resource registry";
const PATH: &str = "/resourceregistry/api/v1/resource/resourcelist?includeMigratedApps=true";

/// One service that can have dialogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListedService {
    /// As it is listed.
    pub(super) identifier: String,
    pub(super) id: ServiceResource,
    pub(super) resource_type: String,
    pub(super) owner: Org,
    pub(super) owner_number: String,
    pub(super) delegable: bool,
    pub(super) name: Names,
    pub(super) description: Names,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    identifier: String,
    resource_type: Option<String>,
    delegable: Option<bool>,
    has_competent_authority: Option<Authority>,
    title: Option<BTreeMap<String, Option<String>>>,
    description: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authority {
    organization: Option<String>,
    org_code: Option<String>,
}

/// The first of each name, in their order.
pub(super) async fn fetch(upstream: &Upstream) -> Result<Vec<ListedService>, Failure> {
    let listed: Vec<Listed> = upstream.get(WHAT, PATH, None).await?;
    let mut seen = HashSet::new();
    let services = listed.into_iter().filter_map(read).filter(|it| seen.insert(it.id.to_lower())).collect();
    Ok(services)
}

/// `None` for what can have no dialogs.
fn read(listed: Listed) -> Option<ListedService> {
    let authority = listed.has_competent_authority?;
    let resource_type = listed.resource_type.filter(|it| is_resource_type(it))?;
    let owner_number = authority.organization.filter(|number| Party::organization(number).is_ok())?;
    let owner = authority.org_code.filter(|code| !code.trim().is_empty())?;
    let id = service(&listed.identifier)?;
    Some(ListedService {
        identifier: listed.identifier,
        id,
        resource_type,
        owner: Org::new(&owner),
        owner_number,
        delegable: listed.delegable.unwrap_or(false),
        name: given(listed.title),
        description: given(listed.description),
    })
}

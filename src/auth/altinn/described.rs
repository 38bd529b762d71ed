//! What service owners, roles and access packages are called.

use super::upstream::{Failure, Upstream};
use crate::auth::register::{Names, ROLE};
use dialog_index::domain::{Org, Party};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

const LANGUAGES: [&str; 3] = ["nb", "en", "nn"];

/// Of what has no name, the id is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) owners: BTreeMap<Org, DescribedOwner>,
    /// By URN in lower case.
    pub(super) subjects: HashMap<String, Names>,
}

/// A service owner, with services or without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DescribedOwner {
    /// The organisation number, if it is one.
    pub(super) number: Option<String>,
    pub(super) name: Names,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Owners {
    Within { orgs: HashMap<String, Owner> },
    Plain(HashMap<String, Owner>),
}

#[derive(Deserialize)]
struct Owner {
    orgnr: Option<String>,
    name: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Role {
    name: Option<String>,
    urn: Option<String>,
    legacy_urn: Option<String>,
    legacy_role_code: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    areas: Option<Vec<Area>>,
}

#[derive(Deserialize)]
struct Area {
    packages: Option<Vec<Package>>,
}

#[derive(Deserialize)]
struct Package {
    name: Option<String>,
    urn: Option<String>,
}

pub(super) async fn fetch(upstream: &Upstream) -> Result<Described, Failure> {
    let mut described = Described::default();
    let owners: Owners = upstream.get_from_cdn("the file of service owners", "/orgs/altinn-orgs.json").await?;
    let (Owners::Within { orgs: owners } | Owners::Plain(owners)) = owners;
    for (code, owner) in owners {
        let number = owner.orgnr.filter(|number| Party::organization(number).is_ok());
        described.owners.insert(Org::new(&code), DescribedOwner { number, name: given(owner.name) });
    }
    for language in LANGUAGES {
        let roles: Vec<Role> =
            upstream.get("the list of roles", "/accessmanagement/api/v1/meta/info/roles", Some(language)).await?;
        for role in roles {
            let code = role.legacy_role_code.filter(|code| !code.is_empty()).map(|code| format!("{ROLE}{code}"));
            for urn in [role.urn, role.legacy_urn, code].into_iter().flatten() {
                described.call(&urn, language, role.name.as_deref());
            }
        }
        let path = "/accessmanagement/api/v1/meta/info/accesspackages/export";
        let groups: Vec<Group> = upstream.get("the list of access packages", path, Some(language)).await?;
        let areas = groups.into_iter().filter_map(|group| group.areas).flatten();
        for package in areas.filter_map(|area| area.packages).flatten() {
            if let Some(urn) = &package.urn {
                described.call(urn, language, package.name.as_deref());
            }
        }
    }
    Ok(described)
}

impl Described {
    /// The first name in a language counts.
    fn call(&mut self, urn: &str, language: &str, name: Option<&str>) {
        if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
            let names = self.subjects.entry(urn.to_lowercase()).or_default();
            names.entry(language.to_owned()).or_insert_with(|| name.to_owned());
        }
    }
}

/// Those texts that there are.
pub(super) fn given(texts: Option<BTreeMap<String, Option<String>>>) -> Names {
    let texts = texts.into_iter().flatten();
    texts.filter_map(|(code, text)| Some((code, text.filter(|text| !text.trim().is_empty())?))).collect()
}

//! What the register tells anyone: what services are called, whose they are, and by which roles they are reached.

use super::Services;
use super::catalogue::Catalogue;
use super::document::Names;
use dialog_index::domain::{LanguageCode, Localization, Localizations, Org, ServiceResource};
use std::collections::BTreeSet;

/// How the URNs of access packages begin. All other subjects are roles.
pub(in crate::auth) const ACCESS_PACKAGE: &str = "urn:altinn:accesspackage:";

#[derive(Clone, Debug)]
pub struct ServiceDescription<'a> {
    pub resource: &'a ServiceResource,
    /// In lower case.
    pub resource_type: &'a str,
    pub is_delegable: bool,
    pub minimum_authentication_level: u8,
    pub name: Localizations,
    pub owner: OwnerDescription<'a>,
    /// Those that have a right to the service, in no order.
    pub roles: Vec<SubjectDescription<'a>>,
    pub access_packages: Vec<SubjectDescription<'a>>,
}

#[derive(Clone, Debug)]
pub struct OwnerDescription<'a> {
    pub code: &'a Org,
    pub organization_number: &'a str,
    pub name: Localizations,
}

#[derive(Clone, Debug)]
pub struct SubjectDescription<'a> {
    pub urn: &'a str,
    pub name: Localizations,
}

impl Services {
    /// The service of that name, compared without case.
    pub fn describe(&self, service: &ServiceResource) -> Option<ServiceDescription<'_>> {
        let Self(catalogue) = self;
        let (number, entry) = catalogue.resource(service)?;
        let subjects: BTreeSet<u32> = catalogue.rules(number).iter().flat_map(|rule| &rule.subjects).copied().collect();
        let subjects = subjects.into_iter().map(|subject| describe_subject(catalogue, subject));
        let (access_packages, roles) = subjects.partition(|subject| subject.urn.starts_with(ACCESS_PACKAGE));
        Some(ServiceDescription {
            resource: &entry.id,
            resource_type: catalogue.resource_type(number),
            is_delegable: entry.delegable,
            minimum_authentication_level: entry.needed_level(),
            name: localized(&entry.name, entry.id.identifier()),
            owner: self.describe_owner(&entry.owner)?,
            roles,
            access_packages,
        })
    }

    pub fn describe_owner(&self, code: &Org) -> Option<OwnerDescription<'_>> {
        let Self(catalogue) = self;
        let entry = catalogue.owner(code)?;
        Some(OwnerDescription {
            code: &entry.code,
            organization_number: &entry.org_number,
            name: localized(&entry.name, entry.code.as_str()),
        })
    }
}

impl Services {
    /// What a role or an access package is called.
    pub fn name_of_subject(&self, urn: &str) -> Localizations {
        let Self(catalogue) = self;
        match catalogue.declared.subjects.get(urn) {
            Some(subject) => describe_subject(catalogue, *subject).name,
            None => nameless(urn),
        }
    }
}

/// What the contract shows in place of a name that is not known.
pub fn nameless(text: &str) -> Localizations {
    Localizations::new(vec![Localization { language_code: LanguageCode::NB, value: text.to_owned() }])
}

fn describe_subject(catalogue: &Catalogue, subject: u32) -> SubjectDescription<'_> {
    let urn = catalogue.subject_urn(subject);
    let name = catalogue.subjects.get(subject as usize).map_or_else(|| nameless(urn), |it| localized(&it.name, urn));
    SubjectDescription { urn, name }
}

fn localized(names: &Names, instead: &str) -> Localizations {
    let text = |(code, name): (&String, &String)| {
        let language_code = LanguageCode::parse(code).ok()?;
        Some(Localization { language_code, value: name.clone() })
    };
    let texts = Localizations::new(names.iter().filter_map(text).collect());
    if texts.is_empty() { nameless(instead) } else { texts }
}

//! A dialog that was looked up by a reference, in the contract's JSON.

use super::service::{Links, ServiceResourceOwner};
use super::{Reader, Texts, json};
use crate::api::problem::Problem;
use crate::auth::register::{
    Evidence, EvidenceGrant, OwnerDescription, ServiceDescription, Services, UNKNOWN_LEVEL, nameless,
};
use axum::response::Response;
use dialog_index::domain::{Dialog, Localizations};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceOwnerIdentifierLookup<'a> {
    #[serde(flatten)]
    shared: IdentifierLookup<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<super::text::Localization>>)]
    non_sensitive_title: Option<Texts<'a>>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndUserIdentifierLookup<'a> {
    #[serde(flatten)]
    shared: IdentifierLookup<'a>,
    authorization_evidence: IdentifierLookupAuthorizationEvidence<'a>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdentifierLookup<'a> {
    dialog_id: Uuid,
    /// As in the request; for a dialog id the dialog's app instance or correspondence, if it has one.
    instance_ref: &'a str,
    party: &'a str,
    service_resource: IdentifierLookupServiceResource<'a>,
    service_owner: ServiceResourceOwner<'a>,
    #[schema(value_type = Vec<super::text::Localization>)]
    title: Texts<'a>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdentifierLookupServiceResource<'a> {
    /// Without `urn:altinn:resource:`.
    id: &'a str,
    is_delegable: bool,
    /// 3 if it is not known.
    minimum_authentication_level: u8,
    #[schema(value_type = Vec<super::text::Localization>)]
    name: Texts<'a>,
}

/// Why the caller may see the dialog.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdentifierLookupAuthorizationEvidence<'a> {
    current_authentication_level: u8,
    via_role: bool,
    via_access_package: bool,
    via_resource_delegation: bool,
    via_instance_delegation: bool,
    evidence: Vec<IdentifierLookupAuthorizationEvidenceItem<'a>>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdentifierLookupAuthorizationEvidenceItem<'a> {
    grant_type: IdentifierLookupGrantType,
    /// The URN of the role, the access package, the service or the instance.
    subject: &'a str,
    #[schema(value_type = Vec<super::text::Localization>)]
    name: Texts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Links>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
enum IdentifierLookupGrantType {
    Role,
    AccessPackage,
    ResourceDelegation,
    InstanceDelegation,
}

/// The answer of a service owner's look-up.
pub(crate) fn lookup(
    dialog: &Dialog,
    instance_ref: &str,
    services: &Services,
    reader: &Reader<'_>,
) -> Result<Response, Problem> {
    let described = Described::of(dialog, services);
    json(&ServiceOwnerIdentifierLookup {
        shared: described.lookup(dialog, instance_ref, described.title(dialog), reader),
        non_sensitive_title: non_sensitive_title(dialog).and_then(|title| Texts::of_optional(title, reader)),
    })
}

/// The answer of an end user's look-up at this level.
pub(crate) fn lookup_of_end_user(
    dialog: &Dialog,
    instance_ref: &str,
    evidence: &[Evidence],
    level: u8,
    services: &Services,
    reader: &Reader<'_>,
) -> Result<Response, Problem> {
    let described = Described::of(dialog, services);
    let is_level_too_low = level < described.level();
    let title = non_sensitive_title(dialog).filter(|_| is_level_too_low);
    let title = title.unwrap_or_else(|| described.title(dialog));
    let names: Vec<_> = evidence.iter().map(|it| described.name_of(it, services)).collect();
    let via = |grant| evidence.iter().any(|it| it.grant == grant);
    let item = |(it, name)| described.item(it, name, reader);
    json(&EndUserIdentifierLookup {
        shared: described.lookup(dialog, instance_ref, title, reader),
        authorization_evidence: IdentifierLookupAuthorizationEvidence {
            current_authentication_level: level,
            via_role: via(EvidenceGrant::Role),
            via_access_package: via(EvidenceGrant::AccessPackage),
            via_resource_delegation: via(EvidenceGrant::ResourceDelegation),
            via_instance_delegation: via(EvidenceGrant::InstanceDelegation),
            evidence: evidence.iter().zip(&names).map(item).collect(),
        },
    })
}

/// What the register tells of a dialog's service and owner. It may have forgotten both.
struct Described<'a> {
    id: &'a str,
    code: &'a str,
    service: Option<ServiceDescription<'a>>,
    owner: Option<OwnerDescription<'a>>,
    /// Instead of names.
    nameless_service: Localizations,
    nameless_owner: Localizations,
    no_title: Localizations,
}

impl<'a> Described<'a> {
    fn of(dialog: &'a Dialog, services: &'a Services) -> Self {
        let (id, code) = (dialog.service_resource.identifier(), dialog.org.as_str());
        Self {
            id,
            code,
            service: services.describe(&dialog.service_resource),
            owner: services.describe_owner(&dialog.org),
            nameless_service: nameless(id),
            nameless_owner: nameless(code),
            no_title: Localizations::default(),
        }
    }

    fn level(&self) -> u8 {
        self.service.as_ref().map_or(UNKNOWN_LEVEL, |service| service.minimum_authentication_level)
    }

    fn title<'b>(&'b self, dialog: &'b Dialog) -> &'b Localizations {
        dialog.content.as_ref().map_or(&self.no_title, |content| &content.title.value)
    }

    fn service_name(&self) -> &Localizations {
        self.service.as_ref().map_or(&self.nameless_service, |service| &service.name)
    }

    fn lookup<'b>(
        &'b self,
        dialog: &'b Dialog,
        instance_ref: &'b str,
        title: &'b Localizations,
        reader: &Reader<'b>,
    ) -> IdentifierLookup<'b> {
        IdentifierLookup {
            dialog_id: dialog.id.0,
            instance_ref,
            party: dialog.party.as_str(),
            service_resource: IdentifierLookupServiceResource {
                id: self.service.as_ref().map_or(self.id, |service| service.resource.identifier()),
                is_delegable: self.service.as_ref().is_some_and(|service| service.is_delegable),
                minimum_authentication_level: self.level(),
                name: Texts::of(self.service_name(), reader),
            },
            service_owner: match &self.owner {
                Some(owner) => ServiceResourceOwner::of(owner, reader),
                None => ServiceResourceOwner {
                    org_number: "",
                    code: self.code,
                    name: Texts::of(&self.nameless_owner, reader),
                },
            },
            title: Texts::of(title, reader),
        }
    }

    /// Services and instances are called as the service is.
    fn name_of(&self, evidence: &Evidence, services: &Services) -> Localizations {
        match evidence.grant {
            EvidenceGrant::Role | EvidenceGrant::AccessPackage => services.name_of_subject(&evidence.subject),
            EvidenceGrant::ResourceDelegation | EvidenceGrant::InstanceDelegation => self.service_name().clone(),
        }
    }

    fn item<'b>(
        &self,
        evidence: &'b Evidence,
        name: &'b Localizations,
        reader: &Reader<'b>,
    ) -> IdentifierLookupAuthorizationEvidenceItem<'b> {
        let (grant_type, links) = match evidence.grant {
            EvidenceGrant::Role => (IdentifierLookupGrantType::Role, None),
            EvidenceGrant::AccessPackage => {
                (IdentifierLookupGrantType::AccessPackage, Some(Links::of_access_package(&evidence.subject)))
            }
            EvidenceGrant::ResourceDelegation => {
                (IdentifierLookupGrantType::ResourceDelegation, Some(Links::of_service(self.id)))
            }
            EvidenceGrant::InstanceDelegation => (IdentifierLookupGrantType::InstanceDelegation, None),
        };
        IdentifierLookupAuthorizationEvidenceItem {
            grant_type,
            subject: &evidence.subject,
            name: Texts::of(name, reader),
            links,
        }
    }
}

fn non_sensitive_title(dialog: &Dialog) -> Option<&Localizations> {
    let title = dialog.content.as_ref()?.non_sensitive_title.as_ref()?;
    Some(&title.value)
}

//! What the register tells of services, in the contract's JSON.

use super::{Reader, Texts};
use crate::auth::register;
use dialog_index::domain::{LanguageCode, Localizations};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the public descriptions are that answers link to.
const ALTINN: &str = "https://platform.altinn.no";
/// Registries have states of services; those that ours has are in use.
const IN_USE: &str = "Completed";
/// All but what may stand in a URI as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The services that a user may see dialogs of, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizedServiceResourceList<'a> {
    /// Only if it is so: the user represents too many parties, and these are all services that dialogs are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_full_catalogue_fallback: Option<bool>,
    #[serde(flatten)]
    listed: ServiceResourceMetadataList<'a>,
}

/// Services and who reaches them, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ServiceResourceMetadataList<'a> {
    items: Vec<ServiceResourceMetadata<'a>>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceResourceMetadata<'a> {
    service_resource: ServiceResource<'a>,
    /// By name.
    roles: Vec<ServiceResourceRole<'a>>,
    /// By name.
    access_packages: Vec<ServiceResourceAccessPackage<'a>>,
    service_owner: ServiceResourceOwner<'a>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceResource<'a> {
    /// Without `urn:altinn:resource:`.
    id: &'a str,
    resource_type: &'a str,
    status: &'static str,
    is_delegable: bool,
    /// 3 if it is not known.
    minimum_authentication_level: u8,
    #[schema(value_type = Vec<super::text::Localization>)]
    name: Texts<'a>,
    links: Links,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct ServiceResourceRole<'a> {
    urn: &'a str,
    #[schema(value_type = Vec<super::text::Localization>)]
    name: Texts<'a>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct ServiceResourceAccessPackage<'a> {
    urn: &'a str,
    #[schema(value_type = Vec<super::text::Localization>)]
    name: Texts<'a>,
    links: Links,
}

/// Who offers a service.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceResourceOwner<'a> {
    pub(super) org_number: &'a str,
    pub(super) code: &'a str,
    #[schema(value_type = Vec<super::text::Localization>)]
    pub(super) name: Texts<'a>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Links {
    metadata: String,
}

impl Links {
    pub(super) fn of_service(id: &str) -> Self {
        Self { metadata: format!("{ALTINN}/resourceregistry/api/v1/resource/{}", utf8_percent_encode(id, ESCAPED)) }
    }

    pub(super) fn of_access_package(urn: &str) -> Self {
        let urn = utf8_percent_encode(urn, ESCAPED);
        Self { metadata: format!("{ALTINN}/accessmanagement/api/v1/meta/info/accesspackages/package/urn/{urn}") }
    }
}

impl<'a> AuthorizedServiceResourceList<'a> {
    pub(crate) fn of(
        services: &'a [register::ServiceDescription<'a>],
        is_full_catalogue: bool,
        reader: &Reader<'a>,
    ) -> Self {
        Self {
            is_full_catalogue_fallback: is_full_catalogue.then_some(true),
            listed: ServiceResourceMetadataList::of(services, reader),
        }
    }
}

impl<'a> ServiceResourceMetadataList<'a> {
    pub(crate) fn of(services: &'a [register::ServiceDescription<'a>], reader: &Reader<'a>) -> Self {
        let mut items: Vec<_> = services.iter().map(|it| ServiceResourceMetadata::of(it, reader)).collect();
        items.sort_by_cached_key(|item| (sort_name(&item.service_resource.name), item.service_resource.id));
        Self { items }
    }
}

impl<'a> ServiceResourceMetadata<'a> {
    fn of(service: &'a register::ServiceDescription<'a>, reader: &Reader<'a>) -> Self {
        let id = service.resource.identifier();
        let name = |name: &'a Localizations| Texts::of(name, reader);
        let mut roles: Vec<_> =
            service.roles.iter().map(|it| ServiceResourceRole { urn: it.urn, name: name(&it.name) }).collect();
        roles.sort_by_cached_key(|role| (sort_name(&role.name), role.urn));
        let package = |it: &'a register::SubjectDescription<'a>| ServiceResourceAccessPackage {
            urn: it.urn,
            name: name(&it.name),
            links: Links::of_access_package(it.urn),
        };
        let mut access_packages: Vec<_> = service.access_packages.iter().map(package).collect();
        access_packages.sort_by_cached_key(|package| (sort_name(&package.name), package.urn));
        Self {
            service_resource: ServiceResource {
                id,
                resource_type: service.resource_type,
                status: IN_USE,
                is_delegable: service.is_delegable,
                minimum_authentication_level: service.minimum_authentication_level,
                name: name(&service.name),
                links: Links::of_service(id),
            },
            roles,
            access_packages,
            service_owner: ServiceResourceOwner::of(&service.owner, reader),
        }
    }
}

impl<'a> ServiceResourceOwner<'a> {
    pub(super) fn of(owner: &'a register::OwnerDescription<'a>, reader: &Reader<'a>) -> Self {
        Self { org_number: owner.organization_number, code: owner.code.as_str(), name: Texts::of(&owner.name, reader) }
    }
}

/// The contract orders by the name that is shown: that in Norwegian, else English, else the first, whatever its case.
fn sort_name(name: &Texts<'_>) -> String {
    let text = [LanguageCode::NB, LanguageCode::EN].into_iter().find_map(|language| name.in_language(language));
    text.or_else(|| name.first()).unwrap_or_default().to_lowercase()
}

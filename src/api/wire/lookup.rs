//! A dialog that was looked up by a reference, in the contract's JSON.

use super::service::ServiceResourceOwner;
use super::{Reader, Texts, json};
use crate::api::problem::Problem;
use crate::auth::register::{Services, UNKNOWN_LEVEL, nameless};
use axum::response::Response;
use dialog_index::domain::{Dialog, Localizations};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceOwnerIdentifierLookup<'a> {
    dialog_id: Uuid,
    /// As in the request; for a dialog id the dialog's app instance or correspondence, if it has one.
    instance_ref: String,
    party: &'a str,
    service_resource: IdentifierLookupServiceResource<'a>,
    service_owner: ServiceResourceOwner<'a>,
    #[schema(value_type = Vec<super::text::Localization>)]
    title: Texts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<super::text::Localization>>)]
    non_sensitive_title: Option<Texts<'a>>,
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

/// The answer of a service owner's look-up.
pub(crate) fn lookup(
    dialog: &Dialog,
    instance_ref: String,
    services: &Services,
    reader: &Reader<'_>,
) -> Result<Response, Problem> {
    let id = dialog.service_resource.identifier();
    // The register may have forgotten both.
    let (service_name, owner_name) = (nameless(id), nameless(dialog.org.as_str()));
    let (service, owner) = (services.describe(&dialog.service_resource), services.describe_owner(&dialog.org));
    let no_title = Localizations::default();
    let content = dialog.content.as_ref();
    json(&ServiceOwnerIdentifierLookup {
        dialog_id: dialog.id.0,
        instance_ref,
        party: dialog.party.as_str(),
        service_resource: match &service {
            Some(service) => IdentifierLookupServiceResource {
                id: service.resource.identifier(),
                is_delegable: service.is_delegable,
                minimum_authentication_level: service.minimum_authentication_level,
                name: Texts::of(&service.name, reader),
            },
            None => IdentifierLookupServiceResource {
                id,
                is_delegable: false,
                minimum_authentication_level: UNKNOWN_LEVEL,
                name: Texts::of(&service_name, reader),
            },
        },
        service_owner: match &owner {
            Some(owner) => ServiceResourceOwner::of(owner, reader),
            None => {
                ServiceResourceOwner { org_number: "", code: dialog.org.as_str(), name: Texts::of(&owner_name, reader) }
            }
        },
        title: Texts::of(content.map_or(&no_title, |content| &content.title.value), reader),
        non_sensitive_title: content
            .and_then(|content| content.non_sensitive_title.as_ref())
            .and_then(|title| Texts::of_optional(&title.value, reader)),
    })
}

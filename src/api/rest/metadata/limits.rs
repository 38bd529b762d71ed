use crate::api::accept::AcceptsJson;
use crate::app::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The list limits in force.
#[utoipa::path(
    get,
    path = "/api/v1/metadata/limits",
    operation_id = "GetLimits",
    tag = "Metadata",
    responses((status = 200, body = Limits), (status = 406, description = "The caller does not take JSON")),
)]
pub(super) async fn get_limits(_: AcceptsJson, State(app): State<App>) -> Json<Limits> {
    let limits = app.limits();
    Json(Limits {
        end_user_search: EndUserSearchLimits {
            max_party_filter_values: limits.end_user_parties,
            max_service_resource_filter_values: limits.end_user_service_resources,
            max_org_filter_values: limits.end_user_orgs,
            max_extended_status_filter_values: limits.end_user_extended_statuses,
        },
        service_owner_search: ServiceOwnerSearchLimits {
            max_party_filter_values: limits.service_owner_parties,
            max_service_resource_filter_values: limits.service_owner_service_resources,
            max_extended_status_filter_values: limits.service_owner_extended_statuses,
        },
    })
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Limits {
    end_user_search: EndUserSearchLimits,
    service_owner_search: ServiceOwnerSearchLimits,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EndUserSearchLimits {
    max_party_filter_values: usize,
    max_service_resource_filter_values: usize,
    max_org_filter_values: usize,
    max_extended_status_filter_values: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceOwnerSearchLimits {
    max_party_filter_values: usize,
    max_service_resource_filter_values: usize,
    max_extended_status_filter_values: usize,
}

//! One file per operation, one folder per audience. An operation names its whole path, e.g.
//! `/api/v1/enduser/dialogs/{dialogId}`, so that it can be found by searching for it.

mod admin;
mod enduser;
mod index;
mod metadata;
mod serviceowner;

pub(in crate::api) use index::BULK_PATH;

use crate::app::App;
use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// All operations and what describes them, by audience.
pub(super) struct Rest {
    pub(super) router: Router<App>,
    pub(super) end_user: OpenApi,
    /// The index and the register are for service owners too.
    pub(super) service_owner: OpenApi,
    pub(super) metadata: OpenApi,
}

pub(super) fn routes() -> Rest {
    let (end_user_router, end_user) = enduser::routes().split_for_parts();
    let (service_owner_router, service_owner) = OpenApiRouter::new()
        .merge(serviceowner::routes())
        .merge(index::routes())
        .merge(admin::routes())
        .split_for_parts();
    let (metadata_router, metadata) = metadata::routes().split_for_parts();
    let router = Router::new().merge(end_user_router).merge(service_owner_router).merge(metadata_router);
    Rest { router, end_user, service_owner, metadata }
}

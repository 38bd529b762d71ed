//! The parameters of lists as the OpenAPI documents describe them. Requests are read by [`super::SearchParams`], which
//! reports all mistakes at once.

use crate::api::wire::{DialogStatusChoice, SystemLabelChoice};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// What end users can ask of their dialogs. Different parameters are AND-ed, values of one list OR-ed unless said
/// otherwise.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "only described, never made")]
pub(crate) struct EndUserFilterParams {
    /// URNs of the owners of the dialogs.
    party: Option<Vec<String>>,
    service_resource: Option<Vec<String>>,
    /// Stands in for `party` and `serviceResource`: all parties that the caller may represent.
    all_parties: Option<bool>,
    org: Option<Vec<String>>,
    extended_status: Option<Vec<String>>,
    external_reference: Option<String>,
    status: Option<Vec<DialogStatusChoice>>,
    created_after: Option<DateTime<Utc>>,
    created_before: Option<DateTime<Utc>>,
    updated_after: Option<DateTime<Utc>>,
    updated_before: Option<DateTime<Utc>>,
    content_updated_after: Option<DateTime<Utc>>,
    content_updated_before: Option<DateTime<Utc>>,
    due_after: Option<DateTime<Utc>>,
    due_before: Option<DateTime<Utc>>,
    /// Opened since its content changed, and not marked as unopened.
    is_content_seen: Option<bool>,
    process: Option<String>,
    /// A dialog must carry all of them.
    system_label: Option<Vec<SystemLabelChoice>>,
    /// Leaves out dialogs that are for systems only.
    exclude_api_only: Option<bool>,
    /// Words to be found, at least three characters. Words in a row are alternatives; `AND`, `-` and quotes are read.
    #[param(min_length = 3)]
    search: Option<String>,
    /// The language that the search text is read in.
    search_language_code: Option<String>,
}

/// What service owners can ask of their dialogs, as [`EndUserFilterParams`].
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "only described, never made")]
pub(crate) struct ServiceOwnerFilterParams {
    service_resource: Option<Vec<String>>,
    /// URNs of the owners of the dialogs.
    party: Option<Vec<String>>,
    /// The URN of a person: only dialogs that the person may see. Asks for a `party`, a `serviceResource` or
    /// `allParties`.
    end_user_id: Option<String>,
    /// With `endUserId`: all parties that the person may represent.
    all_parties: Option<bool>,
    extended_status: Option<Vec<String>>,
    external_reference: Option<String>,
    status: Option<Vec<DialogStatusChoice>>,
    /// Deleted dialogs are left out unless asked for.
    #[param(inline)]
    deleted: Option<DeletedFilter>,
    created_after: Option<DateTime<Utc>>,
    created_before: Option<DateTime<Utc>>,
    updated_after: Option<DateTime<Utc>>,
    updated_before: Option<DateTime<Utc>>,
    content_updated_after: Option<DateTime<Utc>>,
    content_updated_before: Option<DateTime<Utc>>,
    due_after: Option<DateTime<Utc>>,
    due_before: Option<DateTime<Utc>>,
    visible_after: Option<DateTime<Utc>>,
    visible_before: Option<DateTime<Utc>>,
    /// Opened since its content changed, and not marked as unopened.
    is_content_seen: Option<bool>,
    process: Option<String>,
    /// A dialog must carry all of them.
    system_label: Option<Vec<SystemLabelChoice>>,
    /// Leaves out dialogs that are for systems only.
    exclude_api_only: Option<bool>,
    /// Words to be found, at least three characters; with or without `endUserId`.
    #[param(min_length = 3)]
    search: Option<String>,
    /// The language that the search text is read in.
    search_language_code: Option<String>,
    /// A dialog must carry all of them. A `*` at the end of a value stands for any ending.
    service_owner_labels: Option<Vec<String>>,
}

#[derive(Debug, Deserialize, ToSchema)]
enum DeletedFilter {
    Exclude,
    Include,
    Only,
}

/// Which page, in which order, and what to count besides.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "only described, never made")]
pub(crate) struct PageParams {
    /// `contentUpdatedAt`, `updatedAt`, `createdAt`, `dueAt` or `id`, each with `_asc` or `_desc`, separated by commas.
    order_by: Option<String>,
    /// From the answer before, with the same order and filters.
    continuation_token: Option<String>,
    /// Dialogs in a page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<i32>,
    /// Counts all dialogs that the filters let through.
    total_count: Option<bool>,
    /// Counts them by the values of these fields.
    facet: Option<Vec<String>>,
    /// Values of each facet.
    #[param(minimum = 1, maximum = 1000, default = 20)]
    facet_limit: Option<i32>,
    /// Only for callers with the scope `digdir:dialogporten.serviceprovider.admin`, ignored from all others: adds
    /// `explanation` to the answer. It tells the way that the search went (`driver`), what each way was thought to cost
    /// (`estimates`), how many dialogs were found (`matched`), and how long it took to choose the way, to wait for a turn
    /// and to search (`planningNs`, `waitingNs`, `searchingNs`), all in nanoseconds.
    explain: Option<bool>,
}

/// What to count.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "only described, never made")]
pub(crate) struct FacetParams {
    /// `status`, `systemLabel`, `org`, `serviceResource`, `party`, `extendedStatus`, `isContentSeen`, `process` or
    /// `contentUpdatedYear`.
    facet: Option<Vec<String>>,
    /// Values of each facet.
    #[param(minimum = 1, maximum = 1000, default = 20)]
    facet_limit: Option<i32>,
}

/// What end users can ask in a body, for lists too long for a URL.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "only described, never made")]
pub(crate) struct EndUserSearch {
    #[serde(flatten)]
    filter: EndUserFilterParams,
    #[serde(flatten)]
    page: PageParams,
}

/// What service owners can ask in a body, for lists too long for a URL.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "only described, never made")]
pub(crate) struct ServiceOwnerSearch {
    #[serde(flatten)]
    filter: ServiceOwnerFilterParams,
    #[serde(flatten)]
    page: PageParams,
}

//! What several operations write: JSON straight from borrowed domain values.

mod activity;
mod actor;
mod dialog;
mod enums;
mod label_assignment;
mod list_item;
mod lookup;
mod marks;
mod page;
mod parties;
mod prepared_item;
mod seen_entry;
mod service;
mod text;
mod time;

pub(crate) use activity::{Activity, ActivityListItem, EndUserActivityListItem};
pub(crate) use actor::{Actor, PersonIds};
pub(crate) use dialog::{Dialog, Rights, SeenSince, ServiceOwnerDialog, Transmission, View};
pub(crate) use enums::{
    ActivityTypeChoice, ActorType, ActorTypeChoice, Choice, ConsumerTypeChoice, ContractEnum, DialogStatusChoice,
    DialogStatusInput, DialogStatusInputChoice, GuiActionPriorityChoice, HttpVerbChoice, NotificationConditionType,
    NotificationConditionTypeChoice, SystemLabelChoice, TransmissionTypeChoice,
};
pub(crate) use label_assignment::LabelAssignment;
pub(crate) use list_item::{DialogListItem, ServiceOwnerDialogListItem};
pub(crate) use lookup::{EndUserIdentifierLookup, ServiceOwnerIdentifierLookup, lookup, lookup_of_end_user};
pub(crate) use marks::Marks;
pub(crate) use page::{DialogCounts, DialogPage, ListedItems};
pub(crate) use parties::Parties;
pub(crate) use prepared_item::Audience;
pub(crate) use seen_entry::SeenEntry;
pub(crate) use service::{AuthorizedServiceResourceList, ServiceResourceMetadataList};
pub(crate) use text::{ContentValue, Texts};
pub(crate) use time::{optional_time, time};

use crate::api::accept_language::AcceptedLanguages;
use crate::api::problem::Problem;
use crate::auth::person_mask::PersonMask;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialog_index::domain::{DialogId, EndUserId, Revision, Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// Who reads an answer, as far as its form depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) languages: &'a AcceptedLanguages,
    pub(crate) person_ids: PersonIds,
    /// The end user that the reader is or acts for.
    pub(crate) end_user: Option<&'a EndUserId>,
    /// If what is written is kept for other readers: where what depends on the reader is noted.
    pub(crate) marks: Option<&'a Marks>,
}

impl<'a> Reader<'a> {
    /// An end user, to whom the ids of persons are masked.
    pub(crate) fn of_end_user(languages: &'a AcceptedLanguages, mask: PersonMask, user: &'a EndUserId) -> Self {
        Self { languages, person_ids: PersonIds::Masked(mask), end_user: Some(user), marks: None }
    }
}

impl Reader<'_> {
    /// A service owner, who is shown everything as it is stored.
    pub(crate) const SERVICE_OWNER: Self =
        Self { languages: &AcceptedLanguages::ANY, person_ids: PersonIds::Shown, end_user: None, marks: None };
}

/// An answer of JSON. To be called where blocking is allowed: large answers take milliseconds.
pub(crate) fn json(answer: &impl Serialize) -> Result<Response, Problem> {
    Ok(json_bytes(serde_json::to_vec(answer).map_err(Problem::internal)?))
}

/// An answer of JSON that is already written.
pub(crate) fn json_bytes(body: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// An answer about a dialog, with its revision in a header.
pub(crate) fn with_revision(answer: &impl Serialize, revision: Revision) -> Result<Response, Problem> {
    let mut response = json(answer)?;
    response.headers_mut().insert(header::ETAG, header_of(revision.to_string())?);
    Ok(response)
}

/// The answer to a dialog that was created or replaced: its id, and its revision in a header.
pub(crate) fn written(status: StatusCode, id: DialogId, revision: Revision) -> Result<Response, Problem> {
    let mut response = with_revision(&id.0, revision)?;
    *response.status_mut() = status;
    if status == StatusCode::CREATED {
        response.headers_mut().insert(header::LOCATION, header_of(format!("/api/v1/serviceowner/dialogs/{id}"))?);
    }
    Ok(response)
}

/// The answer to a part that was added to one of the lists of a dialog: its id, and the dialog's revision in a header.
pub(crate) fn added(dialog: DialogId, list: &str, id: Uuid, revision: Revision) -> Result<Response, Problem> {
    let mut response = with_revision(&id, revision)?;
    *response.status_mut() = StatusCode::CREATED;
    let location = format!("/api/v1/serviceowner/dialogs/{dialog}/{list}/{id}");
    response.headers_mut().insert(header::LOCATION, header_of(location)?);
    Ok(response)
}

/// The answer to a change, with the revision that it led to in a header.
pub(crate) fn no_content(revision: Revision) -> Result<Response, Problem> {
    Ok((StatusCode::NO_CONTENT, [(header::ETAG, header_of(revision.to_string())?)]).into_response())
}

fn header_of(text: String) -> Result<HeaderValue, Problem> {
    HeaderValue::try_from(text).map_err(Problem::internal)
}

/// A time as headers have it.
pub(crate) fn http_date(time: Timestamp) -> String {
    time.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

//! The ids that a path names.

use super::json::Guid;
use super::problem::{Errors, Problem};
use crate::app::App;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use dialog_index::domain::{ActivityId, DialogId, TransmissionId};
use uuid::Uuid;

/// The dialog that the path names with `{dialogId}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DialogIdInPath(pub(crate) DialogId);

/// The transmission that the path names with `{transmissionId}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransmissionIdInPath(pub(crate) TransmissionId);

/// The activity that the path names with `{activityId}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActivityIdInPath(pub(crate) ActivityId);

/// The entry of a seen log that the path names with `{seenLogId}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeenLogIdInPath(pub(crate) Uuid);

/// Of a value that is repeated in a message, in characters.
const MAX_QUOTED: usize = 50;

impl FromRequestParts<App> for DialogIdInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(DialogId(id_in_path(parts, app, "dialogId").await?)))
    }
}

impl FromRequestParts<App> for TransmissionIdInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(TransmissionId(id_in_path(parts, app, "transmissionId").await?)))
    }
}

impl FromRequestParts<App> for ActivityIdInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(ActivityId(id_in_path(parts, app, "activityId").await?)))
    }
}

impl FromRequestParts<App> for SeenLogIdInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(id_in_path(parts, app, "seenLogId").await?))
    }
}

/// What stands in the path for a parameter; nothing where the path is not UTF-8 once decoded.
pub(crate) async fn text_in_path(parts: &mut Parts, app: &App, parameter: &str) -> String {
    let given = RawPathParams::from_request_parts(parts, app).await.ok();
    let text = given.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == parameter));
    text.map_or_else(String::new, |(_, value)| value.to_owned())
}

async fn id_in_path(parts: &mut Parts, app: &App, parameter: &str) -> Result<Uuid, Problem> {
    // Text that is not UTF-8 once decoded is no id either.
    let text = text_in_path(parts, app, parameter).await;
    match Guid::parse(&text) {
        Some(Guid(id)) => Ok(id),
        None => {
            let quoted: String = text.chars().take(MAX_QUOTED).collect();
            let message = format!("Value [{quoted}] is not valid for a [Guid] property.");
            Err(Problem::bad_request(Errors::one(parameter, message)))
        }
    }
}

use super::reading::{Unreadable, read_tree, unreadable_json};
use super::tree::Tree;
use crate::api::named_actors::named_actors;
use crate::api::problem::Errors;
use crate::api::problem::Problem;
use crate::app::App;
use crate::auth::{Facts, Unavailable};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use dialog_index::domain::ActorId;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

const JSON: &str = "application/json";
const JSON_PATCH: &str = "application/json-patch+json";

/// The body of a request that says it is JSON. Not yet read: long bodies take milliseconds, so
/// [`JsonBody::read`] is called where blocking is allowed.
#[derive(Clone, Debug)]
pub(crate) struct JsonBody(Bytes);

/// As [`JsonBody`] for a list of changes (RFC 6902).
#[derive(Debug)]
pub(crate) struct JsonPatchBody(Bytes);

impl JsonBody {
    /// What the body is judged by.
    pub(crate) async fn facts(&self, app: &App) -> Result<Facts, Unavailable> {
        facts_about(&self.0, app).await
    }

    pub(crate) fn named_actors(&self) -> BTreeSet<ActorId> {
        named_actors(&self.0)
    }

    pub(crate) fn tree(&self) -> Result<Tree<'_>, Unreadable> {
        read_tree(&self.0)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        self.tree()?.read()
    }

    /// Two values that each take some of the members.
    pub(crate) fn read_both<A: DeserializeOwned, B: DeserializeOwned>(&self) -> Result<(A, B), Unreadable> {
        let tree = read_tree(&self.0)?;
        Ok((tree.read()?, tree.read()?))
    }
}

impl JsonPatchBody {
    /// As [`JsonBody::facts`].
    pub(crate) async fn facts(&self, app: &App) -> Result<Facts, Unavailable> {
        facts_about(&self.0, app).await
    }

    pub(crate) fn read(&self) -> Result<json_patch::Patch, Unreadable> {
        serde_json::from_slice(&self.0).map_err(|error| unreadable_json(&self.0, &error))
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        bytes_of(request, app, &[JSON]).await.map(Self)
    }
}

impl FromRequest<App> for JsonPatchBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        bytes_of(request, app, &[JSON, JSON_PATCH]).await.map(Self)
    }
}

async fn facts_about(body: &Bytes, app: &App) -> Result<Facts, Unavailable> {
    let body = body.clone();
    app.facts_with_names(move || named_actors(&body)).await
}

async fn bytes_of(request: Request, app: &App, media_types: &[&str]) -> Result<Bytes, Problem> {
    check_media_type(request.headers(), media_types)?;
    match Bytes::from_request(request, app).await {
        Ok(bytes) => Ok(bytes),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::payload_too_large(app.http().max_body_bytes))
        }
        Err(rejection) => Err(Problem::new(rejection.status(), Errors::default())),
    }
}

/// Whether a body is said to be of one of these types.
pub(crate) fn check_media_type(headers: &HeaderMap, media_types: &[&str]) -> Result<(), Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|it| it.split(';').next()).unwrap_or_default().trim();
    if media_types.iter().any(|it| it.eq_ignore_ascii_case(media_type)) {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Errors::default()))
    }
}

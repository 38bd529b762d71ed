//! The only place where an error becomes a status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialog_index::{ReadError, WriteError};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the caller is told when a request fails. The path and the trace id are added on the way out.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    errors: Errors,
    detail: Option<&'static str>,
}

/// Messages by the name of the field they are about, in the contract's spelling, e.g. `dto.progress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Errors(BTreeMap<String, Vec<String>>);

impl Errors {
    pub fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.0.entry(key.into()).or_default().push(message.into());
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn one(key: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(key, message);
        errors
    }
}

impl Problem {
    pub fn new(status: StatusCode, errors: Errors) -> Self {
        Self { status, errors, detail: None }
    }

    pub fn bad_request(errors: Errors) -> Self {
        Self::new(StatusCode::BAD_REQUEST, errors)
    }

    pub fn forbidden(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Errors::one("Forbidden", reason))
    }

    /// `entity` is the contract's name, e.g. `DialogEntity`.
    pub fn not_found(entity: &str, key: impl std::fmt::Display) -> Self {
        let message = format!("Entity '{entity}' with the following key(s) was not found: ({key}).");
        Self::new(StatusCode::NOT_FOUND, Errors::one(entity, message))
    }

    pub fn gone(entity: &str, key: impl std::fmt::Display) -> Self {
        let message = format!("Entity '{entity}' with the following key(s) is removed: ({key}).");
        Self::new(StatusCode::GONE, Errors::one(entity, message))
    }

    pub fn conflict(errors: Errors) -> Self {
        Self::new(StatusCode::CONFLICT, errors)
    }

    pub fn precondition_failed() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, Errors::default())
    }

    pub fn unprocessable(errors: Errors) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, errors)
    }

    /// Something failed that the caller cannot mend. The error is logged here, once, with its causes.
    pub fn internal(error: impl std::error::Error) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = %error, causes = causes.join(": "), "a request failed");
        Self {
            detail: Some("Something went wrong during the request."),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, Errors::default())
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(_) | ReadError::Index(_) => Self::internal(error),
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match &error {
            WriteError::IdempotentKeyInUse { key, dialog } => {
                Self::conflict(Errors::one("IdempotentKey", format!("'{key}' already exists with DialogId '{dialog}'")))
            }
            WriteError::IdInUse { part, id } => {
                Self::unprocessable(Errors::one(table(*part), format!("Key ('Id')=({id}) already exists.")))
            }
            WriteError::RevisionMismatch => Self::precondition_failed(),
            WriteError::NotFound => Self::new(StatusCode::NOT_FOUND, Errors::default()),
            WriteError::TooManyTransmissions { from_party } => {
                let key =
                    if *from_party { "FromPartyTransmissionsCount" } else { "FromServiceOwnerTransmissionsCount" };
                Self::unprocessable(Errors::one(key, error.to_string()))
            }
            WriteError::Store(_) | WriteError::Index(_) => Self::internal(error),
        }
    }
}

/// The contract names a clash of ids by the reference's tables.
fn table(part: dialog_index::Part) -> &'static str {
    use dialog_index::Part;
    match part {
        Part::Dialog => "Dialog",
        Part::Transmission => "DialogTransmission",
        Part::Activity => "DialogActivity",
        Part::Attachment => "Attachment",
        Part::GuiAction => "DialogGuiAction",
        Part::ApiAction => "DialogApiAction",
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Errors::is_empty")]
    errors: &'a Errors,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (section, title) = describe(self.status);
        let body = Body {
            kind: format!("https://datatracker.ietf.org/doc/html/{section}"),
            title,
            status: self.status.as_u16(),
            detail: self.detail,
            errors: &self.errors,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json; charset=utf-8"));
        response
    }
}

/// The contract's `type` suffix and `title` of a status.
fn describe(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("rfc7231#section-6.5.1", "One or more validation errors occurred."),
        StatusCode::FORBIDDEN => ("rfc7231#section-6.5.3", "Forbidden."),
        StatusCode::NOT_FOUND => ("rfc7231#section-6.5.4", "Resource not found."),
        StatusCode::NOT_ACCEPTABLE => ("rfc7231#section-6.5.6", "Requested content type is not acceptable."),
        StatusCode::CONFLICT => ("rfc7231#section-6.5.8", "Conflict."),
        StatusCode::GONE => ("rfc7231#section-6.5.9", "Resource no longer available."),
        StatusCode::PRECONDITION_FAILED => ("rfc7232#section-4.2", "Precondition failed."),
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("rfc7231#section-6.5.11", "Payload too large. The maximum allowed size is 20000000 bytes.")
        }
        StatusCode::UNPROCESSABLE_ENTITY => ("rfc4918#section-11.2", "Unprocessable request."),
        StatusCode::BAD_GATEWAY => ("rfc7231#section-6.6.3", "Bad gateway."),
        _ => ("rfc7231#section-6.6.1", "An error occurred while processing the request."),
    }
}

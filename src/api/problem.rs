//! The only place where an error becomes a status.

use crate::app::App;
use crate::auth::Unavailable;
use crate::error_chain::ErrorChain;
use crate::telemetry::TraceId;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dialog_index::domain::DialogId;
use dialog_index::{Part, ReadError, WriteError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const PROBLEM_JSON: &str = "application/problem+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const RETRY_AFTER_OVERLOAD: Duration = Duration::from_secs(1);

/// What the caller is told when a request fails. The path and the trace id are added on the way out.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    errors: Errors,
    title: Option<String>,
    detail: Option<&'static str>,
    retry_after: Option<Duration>,
    media_type: &'static str,
    /// Without the rest of a problem.
    has_errors_alone: bool,
}

/// Why an operation was not begun.
#[derive(Debug)]
pub enum Refusal {
    NoToken,
    InvalidToken,
    /// The token lacks a scope or claim that the operation's policy asks for.
    Policy,
    Problem(Problem),
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

    pub fn extend(&mut self, other: Self) {
        for (key, messages) in other.0 {
            self.0.entry(key).or_default().extend(messages);
        }
    }

    pub fn one(key: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(key, message);
        errors
    }
}

/// One line, for people who read about a line of a corpus.
impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (key, messages)) in self.0.iter().enumerate() {
            write!(f, "{}{key}: {}", if n == 0 { "" } else { "; " }, messages.join(" "))?;
        }
        Ok(())
    }
}

impl Problem {
    pub fn new(status: StatusCode, errors: Errors) -> Self {
        let (title, detail, retry_after) = (None, None, None);
        Self { status, errors, title, detail, retry_after, media_type: PROBLEM_JSON, has_errors_alone: false }
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

    pub fn payload_too_large(max_bytes: usize) -> Self {
        let title = format!("Payload too large. The maximum allowed size is {max_bytes} bytes.");
        Self { title: Some(title), ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, Errors::default()) }
    }

    pub fn url_too_long(max_bytes: usize) -> Self {
        let title = format!("URL too long. The maximum allowed length of path and query is {max_bytes} bytes.");
        Self { title: Some(title), ..Self::new(StatusCode::URI_TOO_LONG, Errors::default()) }
    }

    pub fn headers_too_large(max_bytes: usize) -> Self {
        let title = format!("Headers too large. The maximum allowed size is {max_bytes} bytes.");
        Self { title: Some(title), ..Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Errors::default()) }
    }

    pub fn too_many_parameters(max: usize) -> Self {
        Self::bad_request(Errors::one("query", format!("There can be at most {max} parameters in a query.")))
    }

    /// The caller has sent too many, and is let through again after this time.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, Errors::default());
        Self { retry_after: Some(retry_after), ..problem }
    }

    /// Nothing was done.
    pub fn overloaded() -> Self {
        let detail = Some("There are too many requests at once. Nothing was done; please try again later.");
        let retry_after = Some(RETRY_AFTER_OVERLOAD);
        Self { detail, retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, Errors::default()) }
    }

    pub fn not_acceptable() -> Self {
        let message = "The request must accept application/json responses.";
        Self::new(StatusCode::NOT_ACCEPTABLE, Errors::one("Accept", message))
    }

    /// The request took too long. Whether a write took place is not known.
    pub fn timed_out() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Errors::default())
    }

    /// Something failed that the caller cannot mend. The error is logged here, once, with its causes.
    pub fn internal(error: impl std::error::Error) -> Self {
        tracing::error!(error = %ErrorChain(&error), "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Errors::default())
    }

    /// A patch cannot be applied. The contract names the body that is patched, and says nothing else.
    pub fn unusable_patch(reason: impl Into<String>) -> Self {
        let problem = Self::bad_request(Errors::one("UpdateDialogDto", reason)).as_plain_json();
        Self { has_errors_alone: true, ..problem }
    }

    /// The contract sends a few refusals as `application/json`.
    pub fn as_plain_json(self) -> Self {
        Self { media_type: JSON, ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// A defect, which has been written to standard error.
    pub(crate) fn panicked() -> Self {
        tracing::error!("a request panicked");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Errors::default())
    }

    fn body<'a>(&'a self, instance: Option<&'a str>, trace_id: Option<&'a str>) -> Body<'a> {
        let description = describe(self.status);
        Body {
            kind: format!("https://datatracker.ietf.org/doc/html/{}", description.section),
            title: self.title.as_deref().unwrap_or(description.title),
            status: self.status.as_u16(),
            detail: self.detail.or(description.detail),
            instance,
            trace_id,
            errors: &self.errors,
        }
    }

    fn render(&self, instance: Option<&str>, trace_id: Option<&str>) -> Response {
        let body = self.body(instance, trace_id);
        let mut response = match self.has_errors_alone {
            true => (self.status, axum::Json(&self.errors)).into_response(),
            false => (self.status, axum::Json(body)).into_response(),
        };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if let Some(wait) = self.retry_after {
            // In whole seconds, and not before the time has come.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Middleware: gives every problem the path and trace id of its request, and turns the refusals of the framework
/// (no such route, wrong method, unreadable path) into problems. 401 and 403 without a body are the contract's.
pub async fn complete_problems(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let trace_id = request.extensions().get::<TraceId>().map(ToString::to_string);
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if !status.is_client_error() && !status.is_server_error() => return response,
        None if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => return response,
        None if status == StatusCode::PAYLOAD_TOO_LARGE => Problem::payload_too_large(app.http().max_body_bytes),
        None => Problem::new(status, Errors::default()),
    };
    let mut completed = problem.render(Some(&path), trace_id.as_deref());
    for (name, value) in response.headers() {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH | header::RETRY_AFTER) {
            completed.headers_mut().append(name.clone(), value.clone());
        }
    }
    completed
}

/// The error is logged here, once, with its causes.
impl From<Unavailable> for Problem {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = %ErrorChain(&error), "a request failed");
        Self::new(StatusCode::BAD_GATEWAY, Errors::default())
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
                Self::conflict(Errors::one("IdempotentKey", key_in_use(key, *dialog)))
            }
            WriteError::IdempotentKeyOfDeleted { key } => {
                let message = format!("Key ('IdempotentKey')=({key}) already exists, in a deleted dialog.");
                Self::unprocessable(Errors::one(table(Part::Dialog), message))
            }
            WriteError::IdInUse { part, id } => {
                Self::unprocessable(Errors::one(table(*part), format!("Key ('Id')=({id}) already exists.")))
            }
            WriteError::RevisionMismatch => Self::precondition_failed(),
            WriteError::NotFound => Self::new(StatusCode::NOT_FOUND, Errors::default()),
            WriteError::TooManyTransmissions { from_party } => {
                Self::unprocessable(Errors::one(counter(*from_party), error.to_string()))
            }
            WriteError::Panicked | WriteError::Store(_) | WriteError::Index(_) => Self::internal(error),
        }
    }
}

/// The name of a counter of transmissions.
pub(crate) fn counter(from_party: bool) -> &'static str {
    if from_party { "FromPartyTransmissionsCount" } else { "FromServiceOwnerTransmissionsCount" }
}

/// The dialog that has an idempotent key, in the contract's words.
pub(crate) fn key_in_use(key: &str, dialog: DialogId) -> String {
    format!("'{key}' already exists with DialogId '{dialog}'")
}

/// The contract names a clash of ids by the reference's tables.
fn table(part: Part) -> &'static str {
    match part {
        Part::Dialog => "Dialog",
        Part::Transmission => "DialogTransmission",
        Part::Activity => "DialogActivity",
        Part::Attachment => "Attachment",
        Part::GuiAction => "DialogGuiAction",
        Part::ApiAction => "DialogApiAction",
    }
}

/// A defect. The message may hold anything, so only the fact is logged; the panic itself has been written to
/// standard error.
pub(super) fn of_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::panicked().into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Errors::is_empty")]
    errors: &'a Errors,
}

/// For answers that tell of several operations: without path and trace id.
impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.body(None, None).serialize(serializer)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.render(None, None);
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NoToken => challenge("Bearer"),
            Self::InvalidToken => challenge("Bearer error=\"invalid_token\""),
            Self::Policy => StatusCode::FORBIDDEN.into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        Self::Problem(error.into())
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

fn challenge(scheme: &'static str) -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, scheme)]).into_response()
}

struct Description {
    /// The end of the contract's `type`.
    section: &'static str,
    title: &'static str,
    detail: Option<&'static str>,
}

fn describe(status: StatusCode) -> Description {
    let (section, title, detail) = match status {
        StatusCode::BAD_REQUEST => ("rfc7231#section-6.5.1", "One or more validation errors occurred.", None),
        StatusCode::FORBIDDEN => ("rfc7231#section-6.5.3", "Forbidden.", None),
        StatusCode::NOT_FOUND => ("rfc7231#section-6.5.4", "Resource not found.", None),
        StatusCode::METHOD_NOT_ALLOWED => ("rfc7231#section-6.5.5", "Method not allowed.", None),
        StatusCode::NOT_ACCEPTABLE => (
            "rfc7231#section-6.5.6",
            "Requested content type is not acceptable.",
            Some("The Accept header must allow JSON responses."),
        ),
        StatusCode::CONFLICT => ("rfc7231#section-6.5.8", "Conflict.", None),
        StatusCode::GONE => ("rfc7231#section-6.5.9", "Resource no longer available.", None),
        StatusCode::PRECONDITION_FAILED => ("rfc7232#section-4.2", "Precondition failed.", None),
        StatusCode::PAYLOAD_TOO_LARGE => ("rfc7231#section-6.5.11", "Payload too large.", None),
        StatusCode::URI_TOO_LONG => ("rfc7231#section-6.5.12", "URL too long.", None),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("rfc7231#section-6.5.13", "Unsupported media type.", None),
        StatusCode::UNPROCESSABLE_ENTITY => ("rfc4918#section-11.2", "Unprocessable request.", None),
        StatusCode::TOO_MANY_REQUESTS => {
            ("rfc6585#section-4", "Too many requests.", Some("The header Retry-After says when to try again."))
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("rfc6585#section-5", "Headers too large.", None),
        StatusCode::BAD_GATEWAY => (
            "rfc7231#section-6.6.3",
            "Bad gateway.",
            Some("An upstream server is down or returned an invalid response. Please try again later."),
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "rfc7231#section-6.6.4",
            "Service unavailable.",
            Some("The request took too long. Please try again later."),
        ),
        _ => (
            "rfc7231#section-6.6.1",
            "An error occurred while processing the request.",
            Some("Something went wrong during the request."),
        ),
    };
    Description { section, title, detail }
}

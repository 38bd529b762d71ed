use super::reading::{Unreadable, read_tree};
use crate::api::problem::Errors;
use crate::api::problem::Problem;
use crate::app::App;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

/// The body of a request that says it is JSON. Not yet read: long bodies take milliseconds, so
/// [`JsonBody::read`] is called where blocking is allowed.
#[derive(Debug)]
pub(crate) struct JsonBody(Bytes);

impl JsonBody {
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        read_tree(&self.0)?.read()
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(is_json) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Errors::default()));
        }
        match Bytes::from_request(request, app).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::payload_too_large(app.http().max_body_bytes))
            }
            Err(rejection) => Err(Problem::new(rejection.status(), Errors::default())),
        }
    }
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

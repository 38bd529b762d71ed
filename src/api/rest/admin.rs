//! What administrators change in the register of rights, and what is told of dialogs.

mod events;
mod grants;
mod register;

use crate::api::problem::{Errors, Problem};
use crate::app::App;
use crate::auth::register::{Register, RegisterError};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::get_events))
        .routes(routes!(register::get_register, register::put_register))
        .routes(routes!(grants::put_grant, grants::delete_grant))
}

/// The register, where it is the built-in one that says who may do what.
fn register(app: &App) -> Result<&Register, Problem> {
    app.authority().register().ok_or_else(|| {
        let message = "Rights come from elsewhere, so there is no register to read or to change here.";
        Problem::new(StatusCode::NOT_FOUND, Errors::one("register", message))
    })
}

/// A body that says it is JSON, unread: the register tells every mistake of it and not the first alone.
struct JsonText(Bytes);

impl FromRequest<App> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Errors::default()));
        }
        match Bytes::from_request(request, app).await {
            Ok(body) => Ok(Self(body)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::payload_too_large(app.http().max_body_bytes))
            }
            Err(rejection) => Err(Problem::new(rejection.status(), Errors::default())),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Invalid(mistakes) => {
                let mut errors = Errors::default();
                for mistake in mistakes {
                    errors.add(mistake.place, mistake.message);
                }
                Self::bad_request(errors)
            }
            RegisterError::UnknownRow(_) | RegisterError::Store(_) => Self::internal(error),
        }
    }
}

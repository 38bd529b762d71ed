use super::json::Guid;
use super::problem::{Errors, Problem};
use crate::app::App;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use dialog_index::domain::DialogId;

/// The dialog that the path names with `{dialogId}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DialogIdInPath(pub(crate) DialogId);

const PARAMETER: &str = "dialogId";
/// Of a value that is repeated in a message, in characters.
const MAX_QUOTED: usize = 50;

impl FromRequestParts<App> for DialogIdInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // Text that is not UTF-8 once decoded is no id either.
        let given = RawPathParams::from_request_parts(parts, app).await.ok();
        let text = given.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == PARAMETER));
        let text = text.map_or("", |(_, value)| value);
        match Guid::parse(text) {
            Some(Guid(id)) => Ok(Self(DialogId(id))),
            None => {
                let quoted: String = text.chars().take(MAX_QUOTED).collect();
                let message = format!("Value [{quoted}] is not valid for a [Guid] property.");
                Err(Problem::bad_request(Errors::one(PARAMETER, message)))
            }
        }
    }
}

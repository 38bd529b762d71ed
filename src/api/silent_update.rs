use super::problem::{Errors, Problem};
use crate::app::App;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

/// Whether a write asks to leave times that are behind alone and to tell nobody, with the query parameter
/// `isSilentUpdate`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsSilentUpdate(pub(crate) bool);

const PARAMETER: &str = "isSilentUpdate";

impl FromRequestParts<App> for IsSilentUpdate {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let unreadable =
            || Problem::bad_request(Errors::one(PARAMETER, "The value must be true or false, given once."));
        let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_| unreadable())?;
        let mut given = parameters.iter().filter(|(name, _)| name.eq_ignore_ascii_case(PARAMETER));
        match (given.next().map(|(_, value)| value.trim().to_ascii_lowercase()).as_deref(), given.next()) {
            (None | Some("" | "false"), None) => Ok(Self(false)),
            (Some("true"), None) => Ok(Self(true)),
            _ => Err(unreadable()),
        }
    }
}

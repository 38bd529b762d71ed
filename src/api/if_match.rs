use super::json::Guid;
use super::problem::{Errors, Problem};
use crate::app::App;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use dialog_index::domain::Revision;

/// The revision that a write is based on, from the header `If-Match`. The contract's revisions stand without quotes,
/// and `*` means nothing to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch(pub(crate) Option<Revision>);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = given.next() else { return Ok(Self(None)) };
        match value.to_str().ok().and_then(|text| Guid::parse(text.trim())) {
            Some(Guid(revision)) if given.next().is_none() => Ok(Self(Some(Revision(revision)))),
            _ => {
                let message = "The header must hold one revision, a UUID without quotes, as in the header Etag.";
                Err(Problem::bad_request(Errors::one("If-Match", message)))
            }
        }
    }
}

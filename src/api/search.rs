//! Runs a search of either audience on the thread that it may be run on.

use super::explanation;
use super::problem::Problem;
use super::search_params::SearchParams;
use crate::app::App;
use axum::response::Response;
use dialog_index::{AuthorizedScope, Explanation, SearchPage};

/// The answer to a search, made by `answer` of what was found. Most lists are of dialogs that were shown before: they are
/// found and shown in less time than another thread takes to begin.
pub(crate) async fn search(
    app: &App,
    scope: AuthorizedScope,
    params: SearchParams,
    answer: impl FnOnce(&SearchPage, &SearchParams, &Explanation) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let answer =
        |page, params: &_, explanation| Ok(explanation::noted(answer(&page, params, &explanation)?, &explanation));
    if let Some((page, explanation)) = app.dialogs().search_at_once(&scope, &params.query)? {
        return answer(page, &params, explanation);
    }
    app.blocking(move |dialogs| {
        let (page, explanation) = dialogs.explain_search(&scope, &params.query, None)?;
        answer(page, &params, explanation)
    })
    .await
}

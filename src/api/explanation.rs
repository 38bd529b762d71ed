//! How a search was answered, for administrators who want to know why it was fast or slow. It is also about dialogs that
//! the search may not find, so nobody else is told.

use crate::api::problem::Problem;
use crate::api::search_params::SearchParams;
use crate::api::wire::{self, DialogPage, ListedItems};
use crate::auth::caller::Caller;
use crate::auth::scopes;
use crate::metrics::Searched;
use axum::response::Response;
use dialog_index::Explanation;
use serde::Serialize;
use std::time::Duration;

/// Times and costs are in nanoseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchExplanation {
    driver: &'static str,
    estimates: Vec<Estimate>,
    segments: usize,
    tail: usize,
    matched: u64,
    planning_ns: u64,
    waiting_ns: u64,
    searching_ns: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Estimate {
    driver: &'static str,
    ns: f64,
}

#[derive(Serialize)]
struct Explained<'a, Page> {
    #[serde(flatten)]
    page: &'a Page,
    explanation: SearchExplanation,
}

impl SearchExplanation {
    /// `None` unless the caller asked for it and has the admin scope. Others are not told that they may not ask: to
    /// them it is a parameter that does not exist.
    pub(crate) fn of(caller: &Caller, params: &SearchParams, explanation: &Explanation) -> Option<Self> {
        if !params.explain || !caller.has_scope(scopes::SERVICE_PROVIDER_ADMIN) {
            return None;
        }
        let ns = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let estimates = explanation.estimates.iter();
        Some(Self {
            driver: explanation.driver.name(),
            estimates: estimates.map(|it| Estimate { driver: it.driver.name(), ns: it.nanoseconds.round() }).collect(),
            segments: explanation.segments,
            tail: explanation.tail,
            matched: explanation.matched,
            planning_ns: ns(explanation.planning),
            waiting_ns: ns(explanation.waiting),
            searching_ns: ns(explanation.searching),
        })
    }
}

/// The answer with how it was found, for logs, metrics and traces.
pub(crate) fn noted(mut response: Response, explanation: &Explanation) -> Response {
    response.extensions_mut().insert(Searched::from(explanation));
    response
}

/// A page with these items as JSON, with how it was found if that is to be told.
pub(crate) fn page<Item: Serialize>(
    page: &DialogPage<'_, Item>,
    items: &ListedItems<'_>,
    explanation: Option<SearchExplanation>,
) -> Result<Response, Problem> {
    let page = match explanation {
        None => serde_json::to_vec(page),
        Some(explanation) => serde_json::to_vec(&Explained { page, explanation }),
    };
    let page = page.and_then(|page| items.within(&page)).map_err(Problem::internal)?;
    Ok(wire::json_bytes(page))
}

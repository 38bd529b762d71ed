use crate::api::caller::Administrator;
use crate::api::problem::{Errors, Problem};
use crate::api::wire;
use crate::app::App;
use crate::events::CloudEvent;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use std::ops::RangeInclusive;
use std::str::FromStr;
use utoipa::ToSchema;

const LIMITS: RangeInclusive<usize> = 1..=1000;
const DEFAULT_LIMIT: usize = 100;

/// What happened to dialogs, oldest first: the events that a sink is sent, as long as they are kept.
///
/// Read on with `after` as `next` of the answer before. The events of one change are not parted, so there may be more of
/// them than `limit`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/events",
    operation_id = "GetEvents",
    tag = "Admin",
    params(
        ("after" = Option<u64>, Query, description = "Where to go on; without it, the oldest event comes first"),
        ("limit" = Option<usize>, Query, description = "How many events, 1 to 1000; 100 without it"),
    ),
    responses(
        (status = 200, description = "Events, none if there are no more", body = EventPage),
        (status = 400, description = "What is wrong with the parameters"),
    ),
)]
pub(in crate::api::rest) async fn get_events(
    State(app): State<App>,
    _: Administrator,
    Section { after, limit }: Section,
) -> Result<Response, Problem> {
    app.clone()
        .blocking(move |dialogs| {
            let events = dialogs.events_after(after, limit).map_err(Problem::internal)?;
            wire::json(&EventPage {
                next: events.last().map_or(after, |event| event.sequence),
                items: events.iter().map(|event| CloudEvent::of(event, app.public_url())).collect(),
            })
        })
        .await
}

#[derive(Serialize, ToSchema)]
struct EventPage {
    items: Vec<CloudEvent>,
    /// Where to go on.
    next: u64,
}

/// Which events to tell.
pub(in crate::api::rest) struct Section {
    after: u64,
    limit: usize,
}

impl FromRequestParts<App> for Section {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Query(given) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::bad_request(Errors::one("", "The query string cannot be read.")))?;
        let mut errors = Errors::default();
        let after = number(&given, "after", 0).unwrap_or_else(|| {
            errors.add("after", "'after' must be a whole number, given once.");
            0
        });
        let limit =
            number(&given, "limit", DEFAULT_LIMIT).filter(|limit| LIMITS.contains(limit)).unwrap_or_else(|| {
                let (least, most) = (LIMITS.start(), LIMITS.end());
                errors.add("limit", format!("'limit' must be a whole number from {least} to {most}, given once."));
                0
            });
        if errors.is_empty() { Ok(Self { after, limit }) } else { Err(Problem::bad_request(errors)) }
    }
}

/// A parameter that may be left out or empty; `None` if it is no number or given twice.
fn number<T: FromStr>(given: &[(String, String)], name: &str, default: T) -> Option<T> {
    let mut values = given.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (None | Some(""), None) => Some(default),
        (Some(value), None) => value.parse().ok(),
        _ => None,
    }
}

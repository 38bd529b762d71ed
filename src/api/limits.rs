//! Middleware: what every request is held to.

use super::problem::Problem;
use super::rest::BULK_PATH;
use super::wire;
use crate::app::App;
use crate::metrics::Place;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What a header is beside its name and value: `: ` and the end of the line.
const BESIDE_HEADER: usize = 4;

/// While the service is closed, nothing else is looked at.
pub(super) async fn close_for_maintenance(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(maintenance) = app.http().maintenance else { return next.run(request).await };
    let plain = [(header::CONTENT_TYPE, "text/plain")];
    let closed = (StatusCode::SERVICE_UNAVAILABLE, plain, "Service Unavailable");
    match maintenance.retry_at {
        None => closed.into_response(),
        Some(time) => {
            let retry_after = wire::http_date(time);
            ([(header::RETRY_AFTER, retry_after)], closed).into_response()
        }
    }
}

/// Refuses what is too large, and what is too much at once, before any work is done for it. Gives up what takes too
/// long. A stream may be of any length, since it is never held whole, and takes its place until it ends.
pub(super) async fn keep_within(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_stream = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == BULK_PATH);
    if let Err(problem) = check_size(&app, &request, is_stream) {
        return problem.into_response();
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(place) = if is_read { app.reads() } else { app.writes() }.enter() else {
        return Problem::overloaded().into_response();
    };
    let place = Arc::new(place);
    let answer = App::in_place(Arc::clone(&place), next.run(request));
    match tokio::time::timeout(app.http().request_timeout, answer).await {
        Ok(response) if is_stream => response.map(|body| Body::new(InPlace { body, _place: place })),
        Ok(response) => response,
        Err(_) => Problem::timed_out().into_response(),
    }
}

/// A body that announces its length is refused before it is sent; others when they grow too long.
fn check_size(app: &App, request: &Request, is_stream: bool) -> Result<(), Problem> {
    let rules = app.http();
    let url_bytes = request.uri().path_and_query().map_or(0, |url| url.as_str().len());
    if url_bytes > rules.max_url_bytes {
        return Err(Problem::url_too_long(rules.max_url_bytes));
    }
    let headers = request.headers().iter();
    let header_bytes: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + BESIDE_HEADER).sum();
    if header_bytes > rules.max_header_bytes {
        return Err(Problem::headers_too_large(rules.max_header_bytes));
    }
    let parameters = request.uri().query().map_or(0, |query| query.split('&').filter(|it| !it.is_empty()).count());
    if parameters > rules.max_query_parameters {
        return Err(Problem::too_many_parameters(rules.max_query_parameters));
    }
    let announced: Option<u64> =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match announced {
        Some(bytes) if !is_stream && bytes > rules.max_body_bytes as u64 => {
            Err(Problem::payload_too_large(rules.max_body_bytes))
        }
        _ => Ok(()),
    }
}

/// A body whose request is under way until it ends.
struct InPlace {
    body: Body,
    _place: Arc<Place>,
}

impl HttpBody for InPlace {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

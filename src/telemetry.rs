//! What is told of requests, in the log and in numbers. A path or a query can hold a national identity number, so
//! neither is ever told: a request is known by its operation, its route and its trace id.

mod operations;

pub use operations::{Operation, Operations};

use crate::metrics::Searched;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use tracing::Instrument;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

/// What is logged, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRules {
    pub format: LogFormat,
    /// The least weight that is logged.
    pub level: LevelFilter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Begins to log to standard error, and makes panics safe to show: a message made while running can hold anything,
/// so only those written in the code are shown.
pub fn begin(rules: LogRules) {
    begin_into(rules, std::io::stderr);
}

/// As [`begin`], with the log written elsewhere.
pub fn begin_into(rules: LogRules, log: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) {
    let own = Targets::new().with_target("dialogdex", rules.level).with_target("dialog_index", rules.level);
    // Others may log what they are given, so they are heard only when something is wrong.
    let targets = own.with_default(rules.level.min(LevelFilter::WARN));
    let layer = tracing_subscriber::fmt::layer().with_writer(log).with_target(false);
    let layer = match rules.format {
        LogFormat::Text => layer.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(targets)).init();
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("a message that may hold data");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(message, place, "the program has a defect");
    }));
}

/// Names one request in logs and answers: a trace context, which goes on the caller's trace if it sent one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId {
    trace: u128,
    span: u64,
}

impl TraceId {
    fn of(headers: &HeaderMap) -> Self {
        let (_, span) = Uuid::new_v4().as_u64_pair();
        let trace = headers.get("traceparent").and_then(|value| trace_of(value.to_str().ok()?));
        Self { trace: trace.unwrap_or_else(|| Uuid::new_v4().as_u128()), span }
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-00", self.trace, self.span)
    }
}

/// Middleware: names the request, and tells how it ended.
pub async fn observe(State(operations): State<Arc<Operations>>, mut request: Request, next: Next) -> Response {
    let trace_id = TraceId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let operation = Arc::clone(operations.of(request.method(), route));
    let span = tracing::info_span!(
        "request",
        operation = &*operation.id,
        method = %request.method(),
        route = route.unwrap_or("none"),
        trace_id = %trace_id,
    );
    request.extensions_mut().insert(trace_id);
    request.extensions_mut().insert(Arc::clone(&operation));
    async move {
        let under_way = operation.requests.begin();
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let took = under_way.answered(status);
        let searched = response.extensions().get::<Searched>();
        if let Some(searched) = searched {
            operations.metrics().searched(searched);
        }
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status, milliseconds, driver = searched.map(|it| it.driver.name()), "answered");
        response
    }
    .instrument(span)
    .await
}

/// The trace of a `traceparent` header of version 00.
fn trace_of(traceparent: &str) -> Option<u128> {
    let mut parts = traceparent.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let is_hex = trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let trace = (version == "00" && is_hex).then(|| u128::from_str_radix(trace, 16).ok())??;
    (trace != 0).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(traceparent: &str, trace: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().expect("a header value"));
        let trace_id = TraceId::of(&headers).to_string();
        let parts: Vec<_> = trace_id.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{trace_id}");
        match trace {
            Some(trace) => assert_eq!(parts[1], trace),
            None => assert!(!traceparent.contains(parts[1])),
        }
    }

    #[test]
    fn a_trace_goes_on() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        check(&format!("00-{trace}-00f067aa0ba902b7-01"), Some(trace));
        check(&format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()), None);
        check("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None);
        check("00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None);
        check("nonsense", None);
    }
}

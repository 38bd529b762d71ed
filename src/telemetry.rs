//! What is told of requests, in the log and in numbers. A path or a query can hold a national identity number, so
//! neither is ever told: a request is known by its operation, its route and its trace id.

mod operations;
mod traces;

pub use operations::{Operation, Operations};
pub use traces::{NoTraces, Traces};

use crate::metrics::Searched;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use traces::Answered;
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
    /// The caller's span.
    parent: Option<u64>,
    /// Whether a span is to be sent, which a caller with a trace of its own decides.
    is_sampled: bool,
}

impl TraceId {
    fn of(headers: &HeaderMap) -> Self {
        let (_, span) = Uuid::new_v4().as_u64_pair();
        match headers.get("traceparent").and_then(|value| read_traceparent(value.to_str().ok()?)) {
            Some((trace, parent, is_sampled)) => Self { trace, span, parent: Some(parent), is_sampled },
            None => Self { trace: Uuid::new_v4().as_u128(), span, parent: None, is_sampled: true },
        }
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
    let (method, route) = (name_of(request.method()), route.unwrap_or("none"));
    let span = tracing::info_span!(
        "request",
        operation = &*operation.id,
        method,
        route,
        trace_id = %trace_id,
    );
    request.extensions_mut().insert(trace_id);
    request.extensions_mut().insert(Arc::clone(&operation));
    async {
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
        if let Some(traces) = operations.traces() {
            traces.tell(&trace_id, &Answered { operation: &operation.id, method, route, status, searched, took });
        }
        response
    }
    .instrument(span)
    .await
}

/// A method may be any word, so only those of the standards are told.
fn name_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

/// Trace, span and whether it is sampled, of a `traceparent` header of version 00.
fn read_traceparent(traceparent: &str) -> Option<(u128, u64, bool)> {
    let mut parts = traceparent.split('-');
    let mut part = |length: usize| {
        let part = parts.next().filter(|part| part.len() == length)?;
        let is_hex = part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if is_hex { u128::from_str_radix(part, 16).ok() } else { None }
    };
    let (version, trace, parent, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let is_one = version == 0 && trace != 0 && parent != 0 && parts.next().is_none();
    is_one.then(|| Some((trace, u64::try_from(parent).ok()?, flags & 1 == 1)))?
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
        check(&format!("00-{trace}-0000000000000000-01"), None);
        check(&format!("00-{trace}-00f067aa0ba902b7"), None);
        check(&format!("00-{trace}-00f067aa0ba902b7-01-x"), None);
    }

    #[test]
    fn a_caller_decides_whether_its_trace_is_sampled() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let of = |flags| {
            let mut headers = HeaderMap::new();
            let traceparent = format!("00-{trace}-00f067aa0ba902b7-{flags}");
            headers.insert("traceparent", traceparent.parse().expect("a header value"));
            TraceId::of(&headers)
        };
        assert_eq!((of("01").parent, of("01").is_sampled), (Some(0x00f0_67aa_0ba9_02b7), true));
        assert!(!of("00").is_sampled && of("03").is_sampled);
        let own = TraceId::of(&HeaderMap::new());
        assert_eq!((own.parent, own.is_sampled), (None, true));
    }
}

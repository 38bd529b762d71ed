//! One span for each request, sent to a collector in batches by a thread of its own. When there are more than it can
//! send, spans are lost and no request waits.

use super::TraceId;
use crate::error_chain::ErrorChain;
use crate::metrics::{Calls, Metrics, Searched};
use crate::outbound::{NoClient, OutboundUrl};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor};
use reqwest::Client;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

const SERVICE: &str = "dialogdex";
/// Below the address of the settings.
const PATH: &str = "/v1/traces";
/// For one batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans go.
#[derive(Debug)]
pub struct Traces {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    calls: Arc<Calls>,
}

/// Spans could never be sent there.
#[derive(Debug, thiserror::Error)]
pub enum NoTraces {
    #[error(transparent)]
    Client(#[from] NoClient),
    #[error("the sender of spans cannot be made")]
    Exporter(#[from] ExporterBuildError),
}

/// What a span says.
pub(super) struct Answered<'a> {
    pub(super) operation: &'a str,
    pub(super) method: &'static str,
    pub(super) route: &'a str,
    pub(super) status: u16,
    pub(super) searched: Option<&'a Searched>,
    pub(super) took: Duration,
}

/// Sends on the threads of the service, for the one that makes batches can only wait.
#[derive(Debug)]
struct Sender {
    client: Client,
    runtime: Handle,
    calls: Arc<Calls>,
    /// So that it is logged when that changes and not with every batch.
    is_failing: Arc<AtomicBool>,
}

impl Traces {
    /// To a collector that takes OTLP over HTTP at this address. Must be called within an async runtime.
    pub fn start(collector: &OutboundUrl) -> Result<Self, NoTraces> {
        let calls = Arc::<Calls>::default();
        let client = collector.client(TIMEOUT)?;
        let sender =
            Sender { client, runtime: Handle::current(), calls: Arc::clone(&calls), is_failing: Arc::default() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(sender)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}{PATH}", collector.as_url().as_str().trim_end_matches('/')))
            .with_timeout(TIMEOUT)
            .build()?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        processor.set_resource(&Resource::builder().with_service_name(SERVICE).build());
        let scope = InstrumentationScope::builder(SERVICE).with_version(env!("CARGO_PKG_VERSION")).build();
        Ok(Self { processor, scope, calls })
    }

    /// Tells of the batches that are sent.
    pub fn show(&self, metrics: &Metrics) {
        metrics.show_calls("collector", Arc::clone(&self.calls));
    }

    /// Sends what waits. Blocks for some seconds at most.
    pub fn stop(&self) {
        if self.processor.shutdown().is_err() {
            tracing::warn!("the last spans could not be sent");
        }
    }

    /// Waits for nothing.
    pub(super) fn tell(&self, trace_id: &TraceId, answered: &Answered<'_>) {
        if !trace_id.is_sampled {
            return;
        }
        let flags = TraceFlags::SAMPLED;
        let Answered { operation, method, route, status, searched, took } = answered;
        let end_time = SystemTime::now();
        let mut attributes = vec![
            KeyValue::new("http.request.method", *method),
            KeyValue::new("http.route", (*route).to_owned()),
            KeyValue::new("http.response.status_code", i64::from(*status)),
        ];
        attributes.extend(searched.map(|it| KeyValue::new("dialogdex.search.driver", it.driver.name())));
        let is_ours = *status >= 500;
        self.processor.on_end(SpanData {
            span_context: SpanContext::new(
                trace_id.trace.into(),
                trace_id.span.into(),
                flags,
                false,
                TraceState::default(),
            ),
            parent_span_id: trace_id.parent.map_or(SpanId::INVALID, SpanId::from),
            parent_span_is_remote: trace_id.parent.is_some(),
            span_kind: SpanKind::Server,
            name: (*operation).to_owned().into(),
            start_time: end_time.checked_sub(*took).unwrap_or(end_time),
            end_time,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if is_ours { Status::error("") } else { Status::Unset },
            instrumentation_scope: self.scope.clone(),
        });
    }
}

impl Sender {
    /// Says once that it fails and once that it does no longer.
    fn note(is_failing: &AtomicBool, error: Option<&reqwest::Error>) {
        let was_failing = is_failing.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !was_failing => {
                tracing::warn!(error = %ErrorChain(error), "spans cannot be sent, and are lost");
            }
            None if was_failing => tracing::info!("spans are sent again"),
            _ => {}
        }
    }
}

impl HttpClient for Sender {
    fn send_bytes<'life, 'answer>(
        &'life self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'answer>>
    where
        'life: 'answer,
        Self: 'answer,
    {
        let (client, calls, is_failing) = (self.client.clone(), Arc::clone(&self.calls), Arc::clone(&self.is_failing));
        let sending = self.runtime.spawn(async move {
            let request = request.try_into()?;
            let sent = calls.count(async { client.execute(request).await?.error_for_status() }).await;
            // The address may hold a secret, so it is not told.
            let sent = sent.map_err(reqwest::Error::without_url);
            Self::note(&is_failing, sent.as_ref().err());
            let mut answer = Response::new(Bytes::new());
            *answer.status_mut() = sent?.status();
            Ok::<_, HttpError>(answer)
        });
        Box::pin(async move { sending.await? })
    }
}

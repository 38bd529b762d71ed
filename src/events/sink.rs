use super::CloudEvent;
use crate::metrics::{Calls, Metrics};
use crate::outbound::{NoClient, OutboundUrl, Secret};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A longer answer costs its connection.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
const CLOUD_EVENT: HeaderValue = HeaderValue::from_static("application/cloudevents+json");

/// Where events are sent.
#[derive(Clone)]
pub struct SinkSettings {
    pub url: OutboundUrl,
    /// What the sink is shown as a bearer token.
    pub token: Option<Secret>,
}

/// How patient delivery is.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For one answer of the sink.
    pub timeout: Duration,
    /// The pause after a failure, and the longest after many.
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// Sends events to one address.
pub struct Sink {
    url: OutboundUrl,
    authorization: Option<HeaderValue>,
    client: Client,
    calls: Arc<Calls>,
    pub(super) pace: Pace,
}

/// Why an event is not delivered yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The sink does not want this one. Others may fare better.
    #[error("the sink answers {0}")]
    Refused(StatusCode),
    #[error("the sink answers {0}")]
    Unavailable(StatusCode),
    #[error("the sink cannot be reached")]
    Unreachable(#[source] reqwest::Error),
}

impl Sink {
    /// Fails when nothing could ever be sent there, which is then known at the start.
    pub fn new(settings: SinkSettings, pace: Pace) -> Result<Self, NoClient> {
        let client = settings.url.client(pace.timeout)?;
        Ok(Self {
            url: settings.url,
            authorization: settings.token.map(|token| token.bearer()),
            client,
            calls: Arc::default(),
            pace,
        })
    }

    /// Tells of the events that are sent.
    pub fn show(&self, metrics: &Metrics) {
        metrics.show_calls("sink", Arc::clone(&self.calls));
    }

    /// Sends an event. Any 2xx is taken for its delivery.
    pub(super) async fn send(&self, event: &CloudEvent) -> Result<(), Failure> {
        self.calls.count(self.post(event)).await
    }

    async fn post(&self, event: &CloudEvent) -> Result<(), Failure> {
        let mut request = self.client.post(self.url.as_url().clone()).header(CONTENT_TYPE, CLOUD_EVENT).json(event);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        // The address may hold a secret, so it is not told.
        let mut response = request.send().await.map_err(|error| Failure::Unreachable(error.without_url()))?;
        let status = response.status();
        // Read to its end, so that the connection can be used again. What is in it makes no difference.
        let mut length = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            length += chunk.len();
            if length > MAX_ANSWER_BYTES {
                break;
            }
        }
        match status {
            status if status.is_success() => Ok(()),
            status if is_about_the_event(status) => Err(Failure::Refused(status)),
            status => Err(Failure::Unavailable(status)),
        }
    }
}

/// Whether an answer says something of the event that was sent, and not of the sink, its address or the token.
fn is_about_the_event(status: StatusCode) -> bool {
    let is_about_the_sink = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
    );
    status.is_client_error() && !is_about_the_sink
}

impl fmt::Debug for SinkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkSettings").field("url", &self.url.origin()).field("token", &self.token).finish()
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").field("url", &self.url.origin()).field("pace", &self.pace).finish_non_exhaustive()
    }
}

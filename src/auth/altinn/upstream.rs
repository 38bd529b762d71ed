//! One call of one of Altinn's services: tried again where that may help, and within bounds.

use super::AltinnSettings;
use super::tokens::Tokens;
use crate::metrics::{Calls, Metrics};
use crate::outbound::{NoClient, OutboundUrl, Secret};
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const RETRIES: u32 = 3;
/// The longest a single try can take; what waits for it may give up sooner.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// The parties of an accountant with very many customers.
const MAX_ANSWER_BYTES: usize = 256 << 20;
/// Longer answers are read where that blocks nobody.
const LONG_ANSWER_BYTES: usize = 64 << 10;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");

/// Altinn's platform, and the file with the names of service owners.
#[derive(Debug)]
pub(super) struct Upstream {
    client: Client,
    cdn_client: Client,
    base: OutboundUrl,
    cdn: OutboundUrl,
    subscription_key: Secret,
    tokens: Tokens,
    retry: Duration,
    calls: Arc<Calls>,
    cdn_calls: Arc<Calls>,
}

/// What may be tried more than once.
enum Call<'a> {
    Get { client: &'a Client, calls: &'a Calls, url: Url, language: Option<&'static str> },
    Post { url: Url, body: Vec<u8> },
}

/// Why there is no answer. None of them tells anything of what was asked or answered, which may be about people.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{what} cannot be reached")]
    Unreachable {
        what: &'static str,
        #[source]
        source: reqwest::Error,
    },
    #[error("{what} answers {status}")]
    Status { what: &'static str, status: StatusCode },
    #[error("the answer of {0} is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong(&'static str),
    #[error("the answer of {what} is not what was asked for: see line {line}, column {column}")]
    Unreadable { what: &'static str, line: usize, column: usize },
    #[error("the answer of {what} is not what was asked for: {why}")]
    Wrong { what: &'static str, why: &'static str },
    #[error("no answer came within {0:?}")]
    TookTooLong(Duration),
    #[error("the task that asked has died")]
    Died,
    #[error("{0} could not be fetched yet, or so long ago that it no longer counts")]
    NotAtHand(&'static str),
}

impl Failure {
    /// Whether the same call may succeed in a moment.
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            // The token may have been withdrawn; the next try is made with another.
            Self::Status { status, .. } => {
                status.is_server_error()
                    || matches!(
                        *status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED
                    )
            }
            _ => false,
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::NOT_FOUND | StatusCode::NO_CONTENT, .. })
    }
}

impl Upstream {
    pub(super) fn new(settings: &AltinnSettings, retry: Duration) -> Result<Self, NoClient> {
        Ok(Self {
            client: settings.base_url.client(CALL_TIMEOUT)?,
            cdn_client: settings.cdn_url.client(CALL_TIMEOUT)?,
            base: settings.base_url.clone(),
            cdn: settings.cdn_url.clone(),
            subscription_key: settings.subscription_key.clone(),
            tokens: Tokens::new(settings)?,
            retry,
            calls: Arc::default(),
            cdn_calls: Arc::default(),
        })
    }

    pub(super) fn show(&self, metrics: &Metrics) {
        metrics.show_calls("altinn", Arc::clone(&self.calls));
        metrics.show_calls("altinn cdn", Arc::clone(&self.cdn_calls));
        self.tokens.show(metrics);
    }

    /// Asks with our credentials.
    pub(super) async fn post<T: DeserializeOwned + Send + 'static>(
        &self,
        what: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).expect("questions have texts for keys and write to memory");
        let call = Call::Post { url: address(&self.base, path), body };
        parse(what, self.try_often(what, &call).await?).await
    }

    /// Asks as anybody may.
    pub(super) async fn get<T: DeserializeOwned + Send + 'static>(
        &self,
        what: &'static str,
        path: &str,
        language: Option<&'static str>,
    ) -> Result<T, Failure> {
        let call = Call::Get { client: &self.client, calls: &self.calls, url: address(&self.base, path), language };
        parse(what, self.try_often(what, &call).await?).await
    }

    /// As [`Upstream::get`], tried once, for those who come again anyway.
    pub(super) async fn get_text_once(&self, what: &'static str, path: &str) -> Result<Vec<u8>, Failure> {
        self.calls.count(send(what, self.client.get(address(&self.base, path)))).await
    }

    pub(super) async fn get_from_cdn<T: DeserializeOwned + Send + 'static>(
        &self,
        what: &'static str,
        path: &str,
    ) -> Result<T, Failure> {
        let call = Call::Get {
            client: &self.cdn_client,
            calls: &self.cdn_calls,
            url: address(&self.cdn, path),
            language: None,
        };
        parse(what, self.try_often(what, &call).await?).await
    }

    async fn try_often(&self, what: &'static str, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let mut pause = self.retry;
        let mut retries = 0;
        loop {
            match self.try_once(what, call).await {
                Err(failure) if failure.is_transient() && retries < RETRIES => {
                    retries += 1;
                    pause = next_pause(self.retry, pause);
                    tokio::time::sleep(pause).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_once(&self, what: &'static str, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        match call {
            Call::Get { client, calls, url, language } => {
                let mut request = client.get(url.clone()).header(ACCEPT, JSON);
                if let Some(language) = language {
                    request = request.header(ACCEPT_LANGUAGE, HeaderValue::from_static(language));
                }
                calls.count(send(what, request)).await
            }
            Call::Post { url, body } => {
                let token = self.tokens.current().await?;
                let request = self
                    .client
                    .post(url.clone())
                    .header(AUTHORIZATION, token.bearer())
                    .header(SUBSCRIPTION_KEY, self.subscription_key.header())
                    .header(ACCEPT, JSON)
                    .header(CONTENT_TYPE, JSON)
                    .body(body.clone());
                let answer = self.calls.count(send(what, request)).await;
                if let Err(Failure::Status { status: StatusCode::UNAUTHORIZED, .. }) = &answer {
                    self.tokens.forget(&token).await;
                }
                answer
            }
        }
    }
}

/// By chance, from half of what is usual to three times the pause before: those who failed together do not come again
/// together.
fn next_pause(usual: Duration, before: Duration) -> Duration {
    let (least, most) = (usual / 2, (before * 3).min(usual * 4));
    let (random, _) = Uuid::new_v4().as_u64_pair();
    least + (most - least).mul_f64((random % 1000) as f64 / 1000.0)
}

/// `path` may have a query.
pub(super) fn address(base: &OutboundUrl, path: &str) -> Url {
    let mut url = base.as_url().clone();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    url.set_path(&format!("{}{path}", base.as_url().path().trim_end_matches('/')));
    url.set_query(query);
    url
}

/// The body of a good answer. An address may hold a number, so it is not told.
pub(super) async fn send(what: &'static str, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
    let failed = |source: reqwest::Error| Failure::Unreachable { what, source: source.without_url() };
    let mut answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    if status != StatusCode::OK {
        return Err(Failure::Status { what, status });
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Failure::TooLong(what));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(super) async fn parse<T: DeserializeOwned + Send + 'static>(
    what: &'static str,
    body: Vec<u8>,
) -> Result<T, Failure> {
    let is_long = body.len() > LONG_ANSWER_BYTES;
    let parse = move || {
        // Without what the parser says: it may hold the value.
        serde_json::from_slice(&body).map_err(|error| Failure::Unreadable {
            what,
            line: error.line(),
            column: error.column(),
        })
    };
    if is_long { tokio::task::spawn_blocking(parse).await.unwrap_or(Err(Failure::Died)) } else { parse() }
}

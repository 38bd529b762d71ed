//! What this service shows Altinn: a token of Maskinporten, exchanged for one of Altinn's.

use super::AltinnSettings;
use super::client_key::ClientKey;
use super::upstream::{Failure, address, parse, send};
use crate::metrics::{Calls, Metrics};
use crate::outbound::{NoClient, OutboundUrl, Secret};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dialog_index::domain::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

const MASKINPORTEN: &str = "Maskinporten";
const EXCHANGE: &str = "Altinn's exchange of tokens";
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long Maskinporten may take what we sign. It allows two minutes.
const GRANT_SECONDS: i64 = 100;
/// A token is not used this long before it expires, or half of a shorter life.
const MARGIN: Duration = Duration::from_secs(60);

/// Gets tokens, one for all calls, and a new one before it expires.
#[derive(Debug)]
pub(super) struct Tokens {
    client: Client,
    exchange_client: Client,
    /// As Maskinporten calls itself.
    audience: String,
    token_url: Url,
    exchange_url: Url,
    client_id: String,
    key: ClientKey,
    scopes: String,
    /// Held while one is fetched, so that there is only one at a time.
    current: Mutex<Option<Token>>,
    calls: Arc<Calls>,
    exchange_calls: Arc<Calls>,
}

#[derive(Debug)]
struct Token {
    token: Secret,
    until: Instant,
}

#[derive(Serialize)]
struct Grant<'a> {
    aud: &'a str,
    iss: &'a str,
    scope: &'a str,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Expiring {
    exp: i64,
}

impl Tokens {
    pub(super) fn new(settings: &AltinnSettings) -> Result<Self, NoClient> {
        let maskinporten: &OutboundUrl = &settings.maskinporten_url;
        Ok(Self {
            client: maskinporten.client(FETCH_TIMEOUT)?,
            exchange_client: settings.base_url.client(FETCH_TIMEOUT)?,
            audience: format!("{}/", maskinporten.as_url().as_str().trim_end_matches('/')),
            token_url: address(maskinporten, "/token"),
            exchange_url: address(&settings.base_url, "/authentication/api/v1/exchange/maskinporten"),
            client_id: settings.client_id.clone(),
            key: settings.client_key.clone(),
            scopes: settings.scopes.clone(),
            current: Mutex::new(None),
            calls: Arc::default(),
            exchange_calls: Arc::default(),
        })
    }

    pub(super) fn show(&self, metrics: &Metrics) {
        metrics.show_calls("maskinporten", Arc::clone(&self.calls));
        metrics.show_calls("altinn exchange", Arc::clone(&self.exchange_calls));
    }

    /// A token that has not expired.
    pub(super) async fn current(&self) -> Result<Secret, Failure> {
        let mut current = self.current.lock().await;
        if let Some(known) = current.as_ref().filter(|known| Instant::now() < known.until) {
            return Ok(known.token.clone());
        }
        let fetched = self.fetch().await?;
        let token = fetched.token.clone();
        *current = Some(fetched);
        Ok(token)
    }

    /// Altinn did not take it.
    pub(super) async fn forget(&self, token: &Secret) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|known| known.token.header() == token.header()) {
            *current = None;
        }
    }

    async fn fetch(&self) -> Result<Token, Failure> {
        let now = Timestamp::now().as_micros() / 1_000_000;
        let grant = Grant {
            aud: &self.audience,
            iss: &self.client_id,
            scope: &self.scopes,
            iat: now,
            exp: now + GRANT_SECONDS,
            jti: Uuid::new_v4(),
        };
        let unsigned = |_| Failure::Wrong { what: MASKINPORTEN, why: "nothing can be signed with the client's key" };
        let assertion = self.key.sign(&grant).map_err(unsigned)?;
        let request =
            self.client.post(self.token_url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(
                format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"),
            );
        let granted: Granted = parse(MASKINPORTEN, self.calls.count(send(MASKINPORTEN, request)).await?).await?;
        let read = |token: &str, what| {
            token.parse::<Secret>().map_err(|_| Failure::Wrong { what, why: "there is no token in it" })
        };
        let shown = read(&granted.access_token, MASKINPORTEN)?;
        let request = self.exchange_client.get(self.exchange_url.clone()).header(AUTHORIZATION, shown.bearer());
        let exchanged = self.exchange_calls.count(send(EXCHANGE, request)).await?;
        let exchanged = str::from_utf8(&exchanged).unwrap_or_default().trim().trim_matches('"').to_owned();
        let life = life_of(&exchanged, now).unwrap_or(Duration::from_secs(granted.expires_in));
        let until = Instant::now() + life.saturating_sub(MARGIN.min(life / 2));
        Ok(Token { token: read(&exchanged, EXCHANGE)?, until })
    }
}

/// How long a token says that it can be used.
fn life_of(token: &str, now: i64) -> Option<Duration> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let Expiring { exp } = serde_json::from_slice(&claims).ok()?;
    Some(Duration::from_secs(u64::try_from(exp - now).unwrap_or(0)))
}

//! Which tokens are believed: those that a configured issuer has signed and that hold at the time of the request.

mod key_set;
mod metadata;
mod signed_tokens;

pub use key_set::{InvalidKeySet, KeySet};
pub use metadata::MetadataError;

use super::claims::Claims;
use super::signing_key::{KeyError, SigningKey};
use crate::error_chain::ErrorChain;
use crate::metrics::{Calls, Metrics};
use crate::outbound::OutboundUrl;
use arc_swap::ArcSwapOption;
use dialog_index::domain::Timestamp;
use jsonwebtoken::{Validation, dangerous};
use metadata::MetadataClient;
use serde::Deserialize;
use serde_json::{Map, Value};
use signed_tokens::{SignedToken, SignedTokens, TokenDigest};
use std::collections::HashSet;
use std::sync::Arc;

/// A longer token is refused unread. Real ones have a few kilobytes.
const MAX_TOKEN_BYTES: usize = 32 * 1024;
/// How long after a fetch of an issuer's keys the next one may follow.
const FETCH_INTERVAL_SECONDS: i64 = 30;
/// Keys older than this are fetched anew while the old ones go on serving, so that a withdrawn key dies.
const KEY_AGE_SECONDS: i64 = 3600;

/// The issuers whose tokens are believed.
#[derive(Debug)]
pub struct Issuers {
    issuers: Vec<Arc<Issuer>>,
    rules: TokenRules,
    signed: SignedTokens,
}

/// What a token must fulfil beside its signature.
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// How far the issuer's clock may be off.
    pub clock_skew_seconds: u32,
    /// The `aud` that a token must name, if any.
    pub audience: Option<String>,
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug)]
pub enum IssuerSource {
    /// Fetched when first needed and kept fresh.
    Metadata { name: String, well_known: OutboundUrl },
    /// Known from the start; never fetched.
    Keys { issuer: String, keys: KeySet },
}

/// Why a token is not believed. The caller is told no more than that; the reason is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not a well-formed JWT")]
    Malformed,
    #[error("no configured issuer has issued the token, or its metadata could not be fetched")]
    UnknownIssuer,
    #[error("the issuer has no key for the token")]
    UnknownKey,
    #[error("the signature is wrong")]
    Signature,
    #[error("the token says no time at which it expires")]
    NoExpiry,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token is meant for another audience")]
    Audience,
}

/// This build cannot be trusted with tokens.
#[derive(Debug, thiserror::Error)]
pub enum UnprovenCryptography {
    #[error("this build refuses a right signature")]
    Refuses,
    #[error("this build accepts a wrong signature")]
    Accepts,
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[derive(Debug)]
struct Issuer {
    name: String,
    /// `None`: the keys are known from the start.
    client: Option<MetadataClient>,
    published: ArcSwapOption<Published>,
    /// When the last fetch was begun. Held while one is under way, so that there is only one at a time.
    last_fetch: tokio::sync::Mutex<Option<Timestamp>>,
    calls: Arc<Calls>,
}

/// What an issuer says of itself.
#[derive(Debug)]
struct Published {
    issuer: String,
    keys: KeySet,
    fetched_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct UnverifiedIssuer {
    iss: String,
}

impl Issuers {
    pub fn new(sources: Vec<IssuerSource>, rules: TokenRules) -> Result<Self, MetadataError> {
        let issuers = sources.into_iter().map(|source| Issuer::new(source).map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Self { issuers, rules, signed: SignedTokens::default() })
    }

    /// Tells of the fetches and of the tokens that are kept.
    pub fn show(&self, metrics: &Metrics) {
        metrics.show_cache("tokens", Arc::clone(&self.signed.uses));
        for issuer in self.issuers.iter().filter(|issuer| issuer.client.is_some()) {
            metrics.show_calls(&format!("issuer {}", issuer.name), Arc::clone(&issuer.calls));
        }
    }

    /// Signs a token with a new key and believes it: shows, before the first caller does, that this build can verify
    /// signatures, and that it refuses a wrong one.
    pub async fn prove_cryptography() -> Result<(), UnprovenCryptography> {
        let (key, other) = (SigningKey::generate()?, SigningKey::generate()?);
        let keys = KeySet::parse(&serde_json::json!({ "keys": [key.public_jwk()] }))
            .map_err(|_| UnprovenCryptography::Refuses)?;
        let sources = vec![IssuerSource::Keys { issuer: "self".to_owned(), keys }];
        let rules = TokenRules { clock_skew_seconds: 0, audience: None };
        let issuers = Self::new(sources, rules).map_err(|_| UnprovenCryptography::Refuses)?;
        let claims = serde_json::json!({ "iss": "self", "exp": 1 });
        let at = Timestamp::from_micros(0);
        if issuers.verify(&key.sign(&claims), at).await.is_err() {
            return Err(UnprovenCryptography::Refuses);
        }
        let forged = key.sign(&claims);
        let signature = other.sign(&claims).rsplit('.').next().unwrap_or_default().to_owned();
        let forged = format!("{}.{signature}", forged.rsplit_once('.').map_or("", |(signed, _)| signed));
        match issuers.verify(&forged, at).await {
            Err(TokenError::Signature) => Ok(()),
            _ => Err(UnprovenCryptography::Accepts),
        }
    }

    /// Fetches what is not known yet, so that the first callers need not wait. A failure is logged; the next token
    /// tries again.
    pub async fn prepare(&self, at: Timestamp) {
        for issuer in &self.issuers {
            issuer.fetch_unless_recent(at).await;
        }
    }

    /// The claims of a token that holds at this time. Whether it was met before makes no difference but in speed.
    pub async fn verify(&self, token: &str, at: Timestamp) -> Result<Arc<Claims>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let digest = TokenDigest::of(token);
        if let Some(signed) = self.signed.get(digest)
            && self.has_same_keys(&signed, at).await
        {
            self.rules.check(&signed.claims, at)?;
            return Ok(signed.claims);
        }
        let signed = self.verify_signature(token, at).await?;
        self.rules.check(&signed.claims, at)?;
        self.signed.insert(digest, signed.clone());
        Ok(signed.claims)
    }

    /// Whether the token's issuer still publishes what the signature was checked with. Each fetch is a new
    /// publication, so a withdrawn key counts for no longer than without what is kept.
    async fn has_same_keys(&self, signed: &SignedToken, at: Timestamp) -> bool {
        let issuer = self.issuer_named(&signed.published.issuer, at).await;
        issuer.is_some_and(|(_, published)| Arc::ptr_eq(&published, &signed.published))
    }

    async fn verify_signature(&self, token: &str, at: Timestamp) -> Result<SignedToken, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // No extension is understood here, so none that must be can be.
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let claimed: UnverifiedIssuer = dangerous::insecure_decode_claims(token).map_err(|_| TokenError::Malformed)?;
        let (issuer, mut published) = self.issuer_named(&claimed.iss, at).await.ok_or(TokenError::UnknownIssuer)?;
        if !published.keys.has(header.kid.as_deref(), header.alg) {
            issuer.fetch_unless_recent(at).await;
            published = issuer.published(&claimed.iss).ok_or(TokenError::UnknownIssuer)?;
        }
        let mut outcome = Err(TokenError::UnknownKey);
        for key in published.keys.fitting(header.kid.as_deref(), header.alg) {
            outcome = jsonwebtoken::decode::<Map<String, Value>>(token, key, &signature_only(header.alg))
                .map_err(|_| TokenError::Signature);
            if outcome.is_ok() {
                break;
            }
        }
        Ok(SignedToken { claims: Arc::new(Claims::new(outcome?.claims)), published, bytes: token.len() })
    }

    /// The issuer that calls itself so. Those that were never reached are tried first.
    async fn issuer_named(&self, name: &str, at: Timestamp) -> Option<(&Arc<Issuer>, Arc<Published>)> {
        for issuer in &self.issuers {
            if issuer.published.load().is_none() {
                issuer.fetch_unless_recent(at).await;
            }
            if let Some(published) = issuer.published(name) {
                issuer.fetch_behind_if_old(&published, at);
                return Some((issuer, published));
            }
        }
        None
    }
}

impl TokenRules {
    fn check(&self, claims: &Claims, at: Timestamp) -> Result<(), TokenError> {
        let skew = i64::from(self.clock_skew_seconds);
        let now = seconds(at);
        let expires = claims.seconds("exp").ok_or(TokenError::NoExpiry)?;
        if expires.saturating_add(skew) < now {
            return Err(TokenError::Expired);
        }
        if claims.seconds("nbf").is_some_and(|begins| begins.saturating_sub(skew) > now) {
            return Err(TokenError::NotYetValid);
        }
        match &self.audience {
            Some(audience) if !claims.texts("aud").any(|named| named == *audience) => Err(TokenError::Audience),
            _ => Ok(()),
        }
    }
}

impl Issuer {
    fn new(source: IssuerSource) -> Result<Self, MetadataError> {
        let (name, client, published) = match source {
            IssuerSource::Metadata { name, well_known } => (name, Some(MetadataClient::new(well_known)?), None),
            IssuerSource::Keys { issuer, keys } => {
                (issuer.clone(), None, Some(Arc::new(Published { issuer, keys, fetched_at: None })))
            }
        };
        let published = ArcSwapOption::new(published);
        Ok(Self { name, client, published, last_fetch: tokio::sync::Mutex::new(None), calls: Arc::default() })
    }

    fn published(&self, name: &str) -> Option<Arc<Published>> {
        self.published.load_full().filter(|published| published.issuer == name)
    }

    /// Fetches the metadata and the keys. Whoever comes while that is under way waits for it; whoever comes within
    /// [`FETCH_INTERVAL_SECONDS`] of the last fetch makes do with what it brought. A caller that goes away does not
    /// end the fetch that others wait for.
    async fn fetch_unless_recent(self: &Arc<Self>, at: Timestamp) {
        if self.client.is_some()
            && let Err(panic) = self.begin_fetch(at).await
        {
            tracing::error!(issuer = self.name, error = %panic, "the fetch of a token issuer's keys has died");
        }
    }

    fn begin_fetch(self: &Arc<Self>, at: Timestamp) -> tokio::task::JoinHandle<()> {
        let issuer = Arc::clone(self);
        tokio::spawn(async move { issuer.fetch(at).await })
    }

    async fn fetch(&self, at: Timestamp) {
        let Some(client) = &self.client else { return };
        let mut last = self.last_fetch.lock().await;
        if last.is_some_and(|last| seconds(at) - seconds(last) < FETCH_INTERVAL_SECONDS) {
            return;
        }
        *last = Some(at);
        match self.calls.count(client.fetch()).await {
            Ok(metadata) => self.published.store(Some(Arc::new(Published {
                issuer: metadata.issuer,
                keys: metadata.keys,
                fetched_at: Some(at),
            }))),
            Err(error) => tracing::warn!(
                issuer = self.name,
                error = %ErrorChain(&error),
                "the keys of a token issuer could not be fetched"
            ),
        }
    }

    /// The task logs its own failure, so nobody waits for it.
    fn fetch_behind_if_old(self: &Arc<Self>, published: &Published, at: Timestamp) {
        if published.fetched_at.is_some_and(|fetched| seconds(at) - seconds(fetched) > KEY_AGE_SECONDS) {
            drop(self.begin_fetch(at));
        }
    }
}

/// Times and audience are checked apart, with the time of the request.
fn signature_only(algorithm: jsonwebtoken::Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn seconds(time: Timestamp) -> i64 {
    time.as_micros().div_euclid(1_000_000)
}

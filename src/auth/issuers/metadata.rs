//! What an issuer publishes of itself: OIDC or OAuth metadata, and the keys that it points to.

use super::{InvalidKeySet, KeySet};
use crate::outbound::{InvalidOutboundUrl, NoClient, OutboundUrl};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// For one document, from the first byte sent to the last received.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Fetches the metadata and keys of one issuer.
#[derive(Debug)]
pub(super) struct MetadataClient {
    well_known: OutboundUrl,
}

pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) keys: KeySet,
}

#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("{url} can never be fetched")]
    Client {
        url: OutboundUrl,
        #[source]
        source: NoClient,
    },
    #[error("{url} could not be fetched")]
    Fetch {
        url: OutboundUrl,
        #[source]
        source: reqwest::Error,
    },
    #[error("{url} is longer than {MAX_DOCUMENT_BYTES} bytes")]
    TooLong { url: OutboundUrl },
    #[error("{url} is not the expected JSON")]
    Json {
        url: OutboundUrl,
        #[source]
        source: serde_json::Error,
    },
    #[error("{url} names keys at an address that is neither https nor loopback")]
    KeysUrl { url: OutboundUrl },
    #[error("{url} cannot be used")]
    Keys {
        url: OutboundUrl,
        #[source]
        source: InvalidKeySet,
    },
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl MetadataClient {
    /// Fails when nothing could ever be fetched from there, which is then known at the start.
    pub(super) fn new(well_known: OutboundUrl) -> Result<Self, MetadataError> {
        client_for(&well_known)?;
        Ok(Self { well_known })
    }

    pub(super) async fn fetch(&self) -> Result<Metadata, MetadataError> {
        let url = &self.well_known;
        let document = Document::deserialize(fetch_json(url).await?)
            .map_err(|source| MetadataError::Json { url: url.clone(), source })?;
        let keys_url: OutboundUrl =
            document.jwks_uri.parse().map_err(|InvalidOutboundUrl| MetadataError::KeysUrl { url: url.clone() })?;
        let keys = KeySet::parse(&fetch_json(&keys_url).await?)
            .map_err(|source| MetadataError::Keys { url: keys_url, source })?;
        Ok(Metadata { issuer: document.issuer, keys })
    }
}

async fn fetch_json(url: &OutboundUrl) -> Result<Value, MetadataError> {
    let failed = |source: reqwest::Error| MetadataError::Fetch { url: url.clone(), source: source.without_url() };
    // Fetches are too rare for a client to be kept, and so the certificates are those of today.
    let request = client_for(url)?.get(url.as_url().clone());
    let mut response = request.send().await.and_then(|r| r.error_for_status()).map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_DOCUMENT_BYTES {
            return Err(MetadataError::TooLong { url: url.clone() });
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|source| MetadataError::Json { url: url.clone(), source })
}

fn client_for(url: &OutboundUrl) -> Result<Client, MetadataError> {
    url.client(FETCH_TIMEOUT).map_err(|source| MetadataError::Client { url: url.clone(), source })
}

//! What an issuer publishes of itself: OIDC or OAuth metadata, and the keys that it points to.

use super::{InvalidKeySet, KeySet};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For one document, from the first byte sent to the last received.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// An address that keys may be fetched from: https, or http on the loopback interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataUrl(Url);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL, or an http URL of the loopback interface")]
pub struct InvalidMetadataUrl;

/// Fetches the metadata and keys of one issuer.
#[derive(Debug)]
pub(super) struct MetadataClient {
    well_known: MetadataUrl,
}

pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) keys: KeySet,
}

#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error(
        "no client for {0} could be made; https needs the certificates of the authorities that this machine trusts: \
         install them (the package ca-certificates) or name their file in the variable SSL_CERT_FILE"
    )]
    Client(MetadataUrl, #[source] reqwest::Error),
    #[error("{url} could not be fetched")]
    Fetch {
        url: MetadataUrl,
        #[source]
        source: reqwest::Error,
    },
    #[error("{url} is longer than {MAX_DOCUMENT_BYTES} bytes")]
    TooLong { url: MetadataUrl },
    #[error("{url} is not the expected JSON")]
    Json {
        url: MetadataUrl,
        #[source]
        source: serde_json::Error,
    },
    #[error("{url} names keys at an address that is neither https nor loopback")]
    KeysUrl { url: MetadataUrl },
    #[error("{url} cannot be used")]
    Keys {
        url: MetadataUrl,
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
    pub(super) fn new(well_known: MetadataUrl) -> Result<Self, MetadataError> {
        client_for(&well_known)?;
        Ok(Self { well_known })
    }

    pub(super) async fn fetch(&self) -> Result<Metadata, MetadataError> {
        let url = &self.well_known;
        let document = Document::deserialize(fetch_json(url).await?)
            .map_err(|source| MetadataError::Json { url: url.clone(), source })?;
        let keys_url: MetadataUrl =
            document.jwks_uri.parse().map_err(|InvalidMetadataUrl| MetadataError::KeysUrl { url: url.clone() })?;
        let keys = KeySet::parse(&fetch_json(&keys_url).await?)
            .map_err(|source| MetadataError::Keys { url: keys_url, source })?;
        Ok(Metadata { issuer: document.issuer, keys })
    }
}

async fn fetch_json(url: &MetadataUrl) -> Result<Value, MetadataError> {
    let failed = |source: reqwest::Error| MetadataError::Fetch { url: url.clone(), source: source.without_url() };
    let request = client_for(url)?.get(url.0.clone());
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

/// A client for this address alone. Fetches are too rare for one to be kept, and so the certificates are those of today.
fn client_for(url: &MetadataUrl) -> Result<Client, MetadataError> {
    // A redirect could lead from https to anywhere, so none is followed.
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(FETCH_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    let client = match url.0.scheme() {
        "http" => client.no_proxy().tls_certs_only([]),
        _ => client,
    };
    client.build().map_err(|error| MetadataError::Client(url.clone(), error))
}

impl FromStr for MetadataUrl {
    type Err = InvalidMetadataUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| InvalidMetadataUrl)?;
        let is_loopback = url.host_str().is_some_and(|host| {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        });
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback => Ok(Self(url)),
            _ => Err(InvalidMetadataUrl),
        }
    }
}

impl fmt::Display for MetadataUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, accepted: bool) {
        assert_eq!(text.parse::<MetadataUrl>().is_ok(), accepted, "{text}");
    }

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        check("https://maskinporten.no/.well-known/oauth-authorization-server/", true);
        check("http://127.0.0.1:4000/metadata", true);
        check("http://[::1]/metadata", true);
        check("http://localhost:1/metadata", true);
        check("http://maskinporten.no/", false);
        check("http://127.0.0.1.example.com/", false);
        check("http://10.0.0.1/", false);
        check("file:///etc/passwd", false);
        check("not a url", false);
    }
}

//! Addresses that the service itself calls, and clients for them.

mod secret;

pub use secret::{InvalidSecret, Secret};

use reqwest::{Client, Url};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// An address that may be called: https, or http on the loopback interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundUrl(Url);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL, or an http URL of the loopback interface")]
pub struct InvalidOutboundUrl;

/// Nothing could ever be fetched from there or sent there.
#[derive(Debug, thiserror::Error)]
#[error(
    "no client for {origin} could be made; https needs the certificates of the authorities that this machine trusts: \
     install them (the package ca-certificates) or name their file in the variable SSL_CERT_FILE"
)]
pub struct NoClient {
    origin: String,
    #[source]
    source: reqwest::Error,
}

impl OutboundUrl {
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port alone: all of an address that is told where others may read it.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// A client for this address alone. `timeout` is for one answer, from the first byte sent to the last received.
    pub fn client(&self, timeout: Duration) -> Result<Client, NoClient> {
        // A redirect could lead from https to anywhere, so none is followed.
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none());
        let client = match self.0.scheme() {
            "http" => client.no_proxy().tls_certs_only([]),
            _ => client,
        };
        client.build().map_err(|source| NoClient { origin: self.origin(), source })
    }
}

impl FromStr for OutboundUrl {
    type Err = InvalidOutboundUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| InvalidOutboundUrl)?;
        let is_loopback = url.host_str().is_some_and(|host| {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        });
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback => Ok(Self(url)),
            _ => Err(InvalidOutboundUrl),
        }
    }
}

impl fmt::Display for OutboundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, accepted: bool) {
        assert_eq!(text.parse::<OutboundUrl>().is_ok(), accepted, "{text}");
    }

    #[test]
    fn calls_go_over_https_or_to_this_machine() {
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

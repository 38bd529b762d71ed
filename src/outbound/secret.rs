//! What must not be told.

use reqwest::header::HeaderValue;
use std::fmt;
use std::str::FromStr;

/// A secret that is sent as a header. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(HeaderValue);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be of visible ASCII characters")]
pub struct InvalidSecret;

impl Secret {
    /// As `Authorization` shows a token.
    pub fn bearer(&self) -> HeaderValue {
        let text = [b"Bearer ".as_slice(), self.0.as_bytes()].concat();
        let mut header = HeaderValue::from_bytes(&text).expect("all of it is visible");
        header.set_sensitive(true);
        header
    }

    /// Sensitive, so that no client prints it.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for Secret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidSecret);
        }
        let mut header = HeaderValue::try_from(text).map_err(|_| InvalidSecret)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

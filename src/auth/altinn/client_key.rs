//! The private key that this service shows Maskinporten who it is with.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An RSA key. `Debug` shows only its id.
#[derive(Clone)]
pub struct ClientKey {
    kid: String,
    key: EncodingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientKey {
    #[error("must be a private key as a JWK, its JSON plain or in base64")]
    NotAKey,
    #[error("must be an RSA key with kid, n, e, d, p, q, dp, dq and qi")]
    NotRsa,
    #[error("holds numbers that are no RSA key")]
    Unusable,
}

#[derive(Deserialize)]
struct Jwk {
    kid: Option<String>,
    kty: String,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl ClientKey {
    /// A compact JWS of these claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, InvalidClientKey> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| InvalidClientKey::Unusable)
    }
}

impl FromStr for ClientKey {
    type Err = InvalidClientKey;

    fn from_str(text: &str) -> Result<Self, InvalidClientKey> {
        let json = match text.trim() {
            plain if plain.starts_with('{') => plain.as_bytes().to_vec(),
            encoded => BASE64_STANDARD.decode(encoded).map_err(|_| InvalidClientKey::NotAKey)?,
        };
        // What the parser says may hold a part of the key.
        let jwk: Jwk = serde_json::from_slice(&json).map_err(|_| InvalidClientKey::NotAKey)?;
        let numbers = [&jwk.n, &jwk.e, &jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi].map(|number| {
            let number = number.as_ref().ok_or(InvalidClientKey::NotRsa)?;
            BASE64_URL_SAFE_NO_PAD.decode(number.trim_end_matches('=')).map_err(|_| InvalidClientKey::NotRsa)
        });
        let (Some(kid), "RSA") = (jwk.kid, jwk.kty.as_str()) else { return Err(InvalidClientKey::NotRsa) };
        // The version of keys with two primes comes first.
        let mut content = integer(&[0]);
        for number in numbers {
            content.extend(integer(&number?));
        }
        let key = Self { kid, key: EncodingKey::from_rsa_der(&element(0x30, &content)) };
        // A key that cannot sign is found now and not when it is needed.
        key.sign(&["claims"])?;
        Ok(key)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A number as ASN.1 has it in DER: without needless zeros, but with one before a highest bit, which would be a sign.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let is_unsigned = bytes.first().is_some_and(|first| *first < 0x80);
    let content = if is_unsigned { bytes.to_vec() } else { [[0].as_slice(), bytes].concat() };
    element(0x02, &content)
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut element = vec![tag];
    match content.len() {
        short @ 0..0x80 => element.push(short as u8),
        _ => {
            element.push(0x80 | length.len() as u8);
            element.extend(length);
        }
    }
    element.extend(content);
    element
}

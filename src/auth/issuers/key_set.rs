use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// No real issuer has more keys; a token without `kid` may be tried with each.
const MAX_KEYS: usize = 64;
const MIN_RSA_BYTES: usize = 256;
const MAX_RSA_BYTES: usize = 1024;

/// The public keys of one issuer.
///
/// Invariant: a key is tried only with the algorithms of its own type, so that no token can choose another, and
/// there are no shared secrets among them.
#[derive(Clone, Debug)]
pub struct KeySet(Vec<VerifyingKey>);

/// A document that is not a JWKS. Single keys that cannot be used are passed over: issuers publish keys for other
/// purposes in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document is not a JWKS with at most {MAX_KEYS} keys")]
pub struct InvalidKeySet;

#[derive(Clone, Debug)]
struct VerifyingKey {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    key_use: Option<String>,
    crv: Option<String>,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

impl KeySet {
    /// Reads a JWKS document.
    pub fn parse(document: &Value) -> Result<Self, InvalidKeySet> {
        let document = Document::deserialize(document).map_err(|_| InvalidKeySet)?;
        if document.keys.len() > MAX_KEYS {
            return Err(InvalidKeySet);
        }
        Ok(Self(document.keys.iter().filter_map(|key| Jwk::deserialize(key).ok()?.into_key()).collect()))
    }

    pub(super) fn has(&self, kid: Option<&str>, algorithm: Algorithm) -> bool {
        self.fitting(kid, algorithm).next().is_some()
    }

    /// The keys that may have made such a signature. A token that names no key is tried with all of its algorithm.
    pub(super) fn fitting(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &DecodingKey> {
        self.0
            .iter()
            .filter(move |key| (kid.is_none() || key.kid.as_deref() == kid) && key.algorithms.contains(&algorithm))
            .map(|key| &key.key)
    }
}

impl Jwk {
    fn into_key(self) -> Option<VerifyingKey> {
        if self.key_use.as_deref().is_some_and(|key_use| key_use != "sig") {
            return None;
        }
        let (possible, key): (&[Algorithm], DecodingKey) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (modulus, exponent) = (decode(&self.n)?, decode(&self.e)?);
                if !(MIN_RSA_BYTES..=MAX_RSA_BYTES).contains(&modulus.len()) {
                    return None;
                }
                let algorithms = &[
                    Algorithm::RS256,
                    Algorithm::RS384,
                    Algorithm::RS512,
                    Algorithm::PS256,
                    Algorithm::PS384,
                    Algorithm::PS512,
                ];
                (algorithms, DecodingKey::from_rsa_raw_components(&modulus, &exponent))
            }
            ("EC", Some("P-256")) => (&[Algorithm::ES256], self.elliptic_key(32)?),
            ("EC", Some("P-384")) => (&[Algorithm::ES384], self.elliptic_key(48)?),
            ("OKP", Some("Ed25519")) if decode(&self.x)?.len() == 32 => {
                (&[Algorithm::EdDSA], DecodingKey::from_ed_components(&self.x).ok()?)
            }
            _ => return None,
        };
        let algorithms = match &self.alg {
            None => possible.to_vec(),
            Some(named) => {
                let named = named.parse().ok()?;
                possible.iter().copied().filter(|algorithm| *algorithm == named).collect()
            }
        };
        Some(VerifyingKey { kid: self.kid, algorithms, key })
    }

    fn elliptic_key(&self, coordinate_bytes: usize) -> Option<DecodingKey> {
        let fits = |text: &str| decode(text).is_some_and(|bytes| bytes.len() == coordinate_bytes);
        (fits(&self.x) && fits(&self.y)).then(|| DecodingKey::from_ec_components(&self.x, &self.y).ok())?
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

//! Ed25519 keys of our own: those of dialog tokens and of the demo's issuer.

use aws_lc_rs::encoding::AsBigEndian;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A private key that signs tokens.
#[derive(Debug)]
pub struct SigningKey {
    kid: String,
    pair: Ed25519KeyPair,
}

/// A key as settings and key files hold it; both components are 32 bytes in base64url. `Debug` shows only the id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyComponents {
    pub kid: String,
    pub private_component: String,
    pub public_component: String,
}

/// A public key as a JWKS document shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PublicJwk {
    pub kty: &'static str,
    #[serde(rename = "use")]
    pub key_use: &'static str,
    pub kid: String,
    pub crv: &'static str,
    pub x: String,
    pub alg: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the {component} component of a signing key is not base64url")]
    Encoding {
        component: &'static str,
        #[source]
        source: base64::DecodeError,
    },
    #[error("the two components of a signing key are not an Ed25519 pair")]
    NotAPair,
    #[error("a signing key could not be made")]
    Unmade,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

impl SigningKey {
    /// A new key, whose id follows from it.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Unmade)?;
        let digest = Sha256::digest(pair.public_key().as_ref());
        Ok(Self { kid: BASE64_URL_SAFE_NO_PAD.encode(&digest[..12]), pair })
    }

    pub fn from_components(components: &KeyComponents) -> Result<Self, KeyError> {
        let decode = |component, text: &str| {
            BASE64_URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .map_err(|source| KeyError::Encoding { component, source })
        };
        let private = decode("private", &components.private_component)?;
        let public = decode("public", &components.public_component)?;
        let pair = Ed25519KeyPair::from_seed_and_public_key(&private, &public).map_err(|_| KeyError::NotAPair)?;
        Ok(Self { kid: components.kid.clone(), pair })
    }

    pub fn to_components(&self) -> Result<KeyComponents, KeyError> {
        let seed = self.pair.seed().map_err(|_| KeyError::Unmade)?;
        let seed = seed.as_be_bytes().map_err(|_| KeyError::Unmade)?;
        Ok(KeyComponents {
            kid: self.kid.clone(),
            private_component: BASE64_URL_SAFE_NO_PAD.encode(seed.as_ref()),
            public_component: BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key()),
        })
    }

    /// A compact JWS of these claims.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let header = Header { alg: "EdDSA", typ: "JWT", kid: &self.kid };
        let mut token = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pair.sign(token.as_bytes());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    pub fn public_jwk(&self) -> PublicJwk {
        PublicJwk {
            kty: "OKP",
            key_use: "sig",
            kid: self.kid.clone(),
            crv: "Ed25519",
            x: BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key()),
            alg: "EdDSA",
        }
    }
}

impl fmt::Debug for KeyComponents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyComponents").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn encode(part: &impl Serialize) -> String {
    let json = serde_json::to_vec(part).expect("headers and claims are structs with text keys");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_the_key() {
        let key = SigningKey::generate().expect("a key");
        let components = key.to_components().expect("components");
        let same = SigningKey::from_components(&components).expect("the same key");
        assert_eq!(same.public_jwk(), key.public_jwk());
        assert_eq!(same.sign(&["claims"]), key.sign(&["claims"]));
        assert!(!format!("{components:?}{key:?}").contains(&components.private_component));
    }

    #[test]
    fn broken_components_are_refused() {
        let components = SigningKey::generate().and_then(|key| key.to_components()).expect("components");
        let other = SigningKey::generate().and_then(|key| key.to_components()).expect("components");
        let mixed = KeyComponents { public_component: other.public_component, ..components.clone() };
        assert!(matches!(SigningKey::from_components(&mixed), Err(KeyError::NotAPair)));
        let short = KeyComponents { private_component: "AAAA".to_owned(), ..components.clone() };
        assert!(matches!(SigningKey::from_components(&short), Err(KeyError::NotAPair)));
        let text = KeyComponents { private_component: "not base64!".to_owned(), ..components };
        assert!(matches!(SigningKey::from_components(&text), Err(KeyError::Encoding { component: "private", .. })));
    }
}

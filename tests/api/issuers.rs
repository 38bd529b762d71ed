//! Whose tokens are believed, with issuers that publish their keys on the loopback interface.

use crate::fake_issuer::{FakeIssuer, ISSUER};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use dialog_index::domain::Timestamp;
use dialogdex::auth::Issuers;
use dialogdex::auth::issuers::{IssuerSource, KeySet, TokenError, TokenRules};
use dialogdex::auth::signing_key::SigningKey;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const NOW: i64 = 1_785_000_000;
const RULES: TokenRules = TokenRules { clock_skew_seconds: 2, audience: None };

fn issuers_of(issuer: &FakeIssuer, path: &str) -> Issuers {
    let well_known = format!("{}{path}", issuer.url).parse().expect("a loopback address");
    let source = IssuerSource::Metadata { name: "fake".to_owned(), well_known };
    Issuers::new(vec![source], RULES).expect("issuers")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "exp": NOW + 600, "sub": "x" })
}

fn key() -> SigningKey {
    SigningKey::generate().expect("a key")
}

fn holding(keys: &Value) -> Issuers {
    let keys = KeySet::parse(keys).expect("a key set");
    Issuers::new(vec![IssuerSource::Keys { issuer: ISSUER.to_owned(), keys }], RULES).expect("issuers")
}

async fn outcome(issuers: &Issuers, token: &str, seconds: i64) -> Result<(), TokenError> {
    issuers.verify(token, at(seconds)).await.map(|_| ())
}

#[tokio::test]
async fn an_unknown_key_is_fetched_but_not_more_often_than_every_30_seconds() {
    let (old, new, foreign) = (key(), key(), key());
    let issuer = FakeIssuer::publishing(json!({ "keys": [old.public_jwk()] })).await;
    let issuers = issuers_of(&issuer, "/metadata");
    assert_eq!(outcome(&issuers, &old.sign(&claims()), NOW).await, Ok(()));
    assert_eq!(issuer.fetches.load(Ordering::Relaxed), 1);

    *issuer.keys.lock().expect("no panic") = json!({ "keys": [new.public_jwk()] });
    assert_eq!(outcome(&issuers, &new.sign(&claims()), NOW + 29).await, Err(TokenError::UnknownKey));
    assert_eq!(outcome(&issuers, &old.sign(&claims()), NOW + 29).await, Ok(()));
    assert_eq!(issuer.fetches.load(Ordering::Relaxed), 1);

    assert_eq!(outcome(&issuers, &new.sign(&claims()), NOW + 30).await, Ok(()));
    assert_eq!(outcome(&issuers, &old.sign(&claims()), NOW + 31).await, Err(TokenError::UnknownKey));
    for second in 31..60 {
        assert_eq!(outcome(&issuers, &foreign.sign(&claims()), NOW + second).await, Err(TokenError::UnknownKey));
    }
    assert_eq!(issuer.fetches.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_fetch() {
    let key = key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let issuers = Arc::new(issuers_of(&issuer, "/metadata"));
    let token = key.sign(&claims());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (issuers, token) = (Arc::clone(&issuers), token.clone());
            tokio::spawn(async move { outcome(&issuers, &token, NOW).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic"), Ok(()));
    }
    assert_eq!(issuer.fetches.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn metadata_that_cannot_be_used_makes_no_issuer() {
    let key = key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    for path in ["/missing", "/elsewhere", "/moved", "/text", "/long"] {
        let outcome = outcome(&issuers_of(&issuer, path), &key.sign(&claims()), NOW).await;
        assert_eq!(outcome, Err(TokenError::UnknownIssuer), "{path}");
    }
}

#[tokio::test]
async fn an_issuer_that_was_down_is_found_later() {
    let key = key();
    let issuer = FakeIssuer::publishing(json!("not a key set")).await;
    let issuers = issuers_of(&issuer, "/metadata");
    assert_eq!(outcome(&issuers, &key.sign(&claims()), NOW).await, Err(TokenError::UnknownIssuer));
    *issuer.keys.lock().expect("no panic") = json!({ "keys": [key.public_jwk()] });
    assert_eq!(outcome(&issuers, &key.sign(&claims()), NOW + 30).await, Ok(()));
}

#[tokio::test]
async fn the_usual_algorithms_are_understood() {
    let rsa = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    let rsa = EncodingKey::from_rsa_der(rsa_pkcs1(&rsa).as_slice());
    let elliptic = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("an EC key");
    let elliptic = EncodingKey::from_ec_der(elliptic.to_pkcs8v1().expect("a document").as_ref());
    let jwk = |key: &EncodingKey, algorithm, kid: &str| {
        let mut jwk = Jwk::from_encoding_key(key, algorithm).expect("a JWK");
        jwk.common.key_id = Some(kid.to_owned());
        jwk.common.key_algorithm = None;
        serde_json::to_value(jwk).expect("JSON")
    };
    let keys = json!({ "keys": [
        { "kty": "oct", "kid": "shared", "k": "c2VjcmV0" },
        { "kty": "unheard of" },
        jwk(&rsa, Algorithm::RS256, "rsa"),
        jwk(&elliptic, Algorithm::ES256, "elliptic"),
    ] });
    let issuers = holding(&keys);
    let token = |key: &EncodingKey, algorithm, kid: Option<&str>| {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, &claims(), key).expect("a token")
    };
    assert_eq!(outcome(&issuers, &token(&rsa, Algorithm::RS256, Some("rsa")), NOW).await, Ok(()));
    assert_eq!(outcome(&issuers, &token(&rsa, Algorithm::PS512, Some("rsa")), NOW).await, Ok(()));
    assert_eq!(outcome(&issuers, &token(&elliptic, Algorithm::ES256, Some("elliptic")), NOW).await, Ok(()));
    assert_eq!(outcome(&issuers, &token(&elliptic, Algorithm::ES256, None), NOW).await, Ok(()));

    let header = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::ES256) };
    let critical = jsonwebtoken::encode(&header, &claims(), &elliptic).expect("a token");
    assert_eq!(outcome(&issuers, &critical, NOW).await, Err(TokenError::Malformed));

    // No token can choose how a key is used.
    let shared = |secret: &[u8], kid| token(&EncodingKey::from_secret(secret), Algorithm::HS256, Some(kid));
    let modulus = keys["keys"][2]["n"].as_str().expect("a modulus").as_bytes();
    for forged in [
        shared(b"secret", "shared"),
        shared(modulus, "rsa"),
        token(&rsa, Algorithm::RS256, Some("elliptic")),
        token(&elliptic, Algorithm::ES256, Some("rsa")),
    ] {
        assert_eq!(outcome(&issuers, &forged, NOW).await, Err(TokenError::UnknownKey));
    }
}

#[tokio::test]
async fn weak_or_broken_keys_are_passed_over() {
    let short = "AQAB".repeat(40);
    for key in [
        json!({ "kty": "RSA", "n": short, "e": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AQAB" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "!" }),
    ] {
        let issuers = holding(&json!({ "keys": [key] }));
        let token = self::key().sign(&claims());
        assert_eq!(outcome(&issuers, &token, NOW).await, Err(TokenError::UnknownKey), "{key}");
    }
    assert!(KeySet::parse(&json!({ "keys": vec![json!({}); 65] })).is_err());
    assert!(KeySet::parse(&json!([])).is_err());
}

#[tokio::test]
async fn the_clock_may_be_off_by_the_skew() {
    let key = key();
    let issuers = holding(&json!({ "keys": [key.public_jwk()] }));
    for (exp, nbf, expected) in [
        (NOW - 2, None, Ok(())),
        (NOW - 3, None, Err(TokenError::Expired)),
        (i64::MIN, None, Err(TokenError::Expired)),
        (i64::MAX, Some(i64::MIN), Ok(())),
        (NOW, Some(NOW + 2), Ok(())),
        (NOW, Some(NOW + 3), Err(TokenError::NotYetValid)),
    ] {
        let mut claims = json!({ "iss": ISSUER, "exp": exp });
        if let Some(nbf) = nbf {
            claims["nbf"] = nbf.into();
        }
        assert_eq!(outcome(&issuers, &key.sign(&claims), NOW).await, expected, "{claims}");
    }
}

#[tokio::test]
async fn a_token_that_was_believed_is_held_to_all_again() {
    let (first, second) = (key(), key());
    let issuer = FakeIssuer::publishing(json!({ "keys": [first.public_jwk()] })).await;
    let issuers = issuers_of(&issuer, "/metadata");
    let mut claims = claims();
    claims["nbf"] = NOW.into();
    let token = first.sign(&claims);
    for (seconds, expected) in [
        (NOW, Ok(())),
        (NOW - 3, Err(TokenError::NotYetValid)),
        (NOW + 602, Ok(())),
        (NOW + 603, Err(TokenError::Expired)),
        (NOW, Ok(())),
    ] {
        assert_eq!(outcome(&issuers, &token, seconds).await, expected, "{seconds}");
    }
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    let forged = second.sign(&claims);
    let (_, of_another) = forged.rsplit_once('.').expect("a signature");
    assert_eq!(outcome(&issuers, &format!("{signed}.{of_another}"), NOW).await, Err(TokenError::Signature));

    // The next token makes the keys known that are published by then, the first no longer among them.
    *issuer.keys.lock().expect("no panic") = json!({ "keys": [second.public_jwk()] });
    assert_eq!(outcome(&issuers, &token, NOW + 30).await, Ok(()));
    assert_eq!(outcome(&issuers, &second.sign(&claims), NOW + 30).await, Ok(()));
    assert_eq!(outcome(&issuers, &token, NOW + 30).await, Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn an_audience_is_asked_for_where_one_is_set() {
    let key = key();
    let keys = KeySet::parse(&json!({ "keys": [key.public_jwk()] })).expect("a key set");
    let source = IssuerSource::Keys { issuer: ISSUER.to_owned(), keys };
    let rules = TokenRules { audience: Some("dialogs".to_owned()), ..RULES };
    let issuers = Issuers::new(vec![source], rules).expect("issuers");
    for (audience, expected) in [
        (json!("dialogs"), Ok(())),
        (json!(["other", "dialogs"]), Ok(())),
        (json!("other"), Err(TokenError::Audience)),
        (Value::Null, Err(TokenError::Audience)),
    ] {
        let mut claims = claims();
        claims["aud"] = audience;
        assert_eq!(outcome(&issuers, &key.sign(&claims), NOW).await, expected, "{claims}");
    }
}

/// jsonwebtoken takes RSA keys as PKCS#1: what a PKCS#8 document wraps in its last octet string.
fn rsa_pkcs1(pair: &aws_lc_rs::rsa::KeyPair) -> Vec<u8> {
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("a document");
    let document = pkcs8.as_ref();
    let begin = document.windows(4).rposition(|bytes| bytes == [0x02, 0x01, 0x00, 0x02]).expect("a version") - 4;
    document[begin..].to_vec()
}

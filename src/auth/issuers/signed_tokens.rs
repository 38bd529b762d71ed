use super::Published;
use crate::auth::claims::Claims;
use crate::metrics::Uses;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes of tokens a generation may stand for; real ones have about one kilobyte. Their claims take a few
/// times as much.
const MAX_GENERATION_BYTES: usize = 8 << 20;

/// Tokens whose signatures were found to be right lately, so that a client that asks again is answered sooner.
///
/// Nothing but the signature is settled, and that only while the keys are those that it was checked with. Tokens are
/// known by their digests, for nobody should find one that still holds in this process's memory.
///
/// There are two generations: what has not been asked for since the younger one began is dropped when that is full.
#[derive(Default)]
pub(super) struct SignedTokens {
    generations: Mutex<Generations>,
    pub(super) uses: Arc<Uses>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

/// What a right signature vouches for.
#[derive(Clone)]
pub(super) struct SignedToken {
    pub(super) claims: Arc<Claims>,
    /// Has the key of the signature.
    pub(super) published: Arc<Published>,
    pub(super) bytes: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<TokenDigest, SignedToken>,
    old: HashMap<TokenDigest, SignedToken>,
    young_bytes: usize,
}

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl SignedTokens {
    pub(super) fn get(&self, digest: TokenDigest) -> Option<SignedToken> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = generations.young.get(&digest) {
            self.uses.hit();
            return Some(token.clone());
        }
        let token = generations.old.remove(&digest)?;
        self.uses.hit();
        generations.insert(digest, token.clone());
        Some(token)
    }

    pub(super) fn insert(&self, digest: TokenDigest, token: SignedToken) {
        self.uses.miss();
        self.generations.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, token);
    }
}

impl Generations {
    fn insert(&mut self, digest: TokenDigest, token: SignedToken) {
        if self.young_bytes > MAX_GENERATION_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        let bytes = token.bytes;
        // One digest is one token, of one length.
        if self.young.insert(digest, token).is_none() {
            self.young_bytes += bytes;
        }
    }
}

impl fmt::Debug for SignedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedTokens")
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeySet;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let keys = KeySet::parse(&json!({ "keys": [] })).expect("a key set");
        let published = Arc::new(Published { issuer: "x".to_owned(), keys, fetched_at: None });
        let token = |bytes| SignedToken { claims: Arc::default(), published: Arc::clone(&published), bytes };
        let tokens = SignedTokens::default();
        let [busy, quiet] = ["busy", "quiet"].map(TokenDigest::of);
        tokens.insert(busy, token(1));
        tokens.insert(quiet, token(1));
        for n in 0..4 {
            tokens.insert(TokenDigest::of(&n.to_string()), token(MAX_GENERATION_BYTES));
            assert!(tokens.get(busy).is_some(), "after {n} others");
        }
        assert!(tokens.get(quiet).is_none());
        assert!(tokens.generations.lock().expect("no panic").young.len() <= 2);
    }
}

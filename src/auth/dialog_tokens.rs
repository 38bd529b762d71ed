//! Dialog tokens: short-lived proofs, for the service owner's own servers, of what a user may do with one dialog.

use super::caller::Caller;
use super::register::{Question, Subject};
use super::signing_key::{PublicJwk, SigningKey};
use dialog_index::domain::{EndUserId, Party, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

const LIFETIME_SECONDS: i64 = 600;

/// Signs dialog tokens and publishes the keys that verify them.
#[derive(Debug)]
pub struct DialogTokens {
    issuer: String,
    keys: DialogTokenKeys,
}

/// Only the primary signs. Both are published, so that they can be exchanged without a token becoming invalid.
#[derive(Debug)]
pub struct DialogTokenKeys {
    pub primary: SigningKey,
    pub secondary: SigningKey,
}

/// The claims of a dialog token, under the contract's names.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    jti: Uuid,
    /// Who acts.
    c: String,
    /// The system user and its organisation, where its consumer acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<String>,
    /// The authentication level.
    l: u8,
    p: &'a str,
    s: &'a str,
    i: Uuid,
    /// The permitted actions.
    a: String,
    iss: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl DialogTokens {
    /// `public_url` is the base that the outside knows this service by, without a slash at its end.
    pub fn new(public_url: &str, keys: DialogTokenKeys) -> Self {
        Self { issuer: format!("{public_url}/api/v1"), keys }
    }

    /// The token of a user for a dialog, valid for ten minutes from `at`.
    pub fn issue(
        &self,
        user: &EndUserId,
        caller: &Caller,
        level: u8,
        dialog: Subject<'_>,
        permitted: &BTreeSet<Question>,
        at: Timestamp,
    ) -> String {
        let now = at.as_micros().div_euclid(1_000_000);
        // A system user acts for its consumer, when both organisations are known.
        let organizations = match (&caller.consumer, &caller.system_user_organization) {
            (Some(consumer), Some(owner)) if user.is_system_user() => organization(consumer).zip(organization(owner)),
            _ => None,
        };
        let (c, y, o) = match organizations {
            Some((consumer, owner)) => (consumer, Some(user.as_str()), Some(owner)),
            None => (user.as_str().to_owned(), None, None),
        };
        self.keys.primary.sign(&Claims {
            jti: Uuid::new_v4(),
            c,
            y,
            o,
            l: level,
            p: dialog.party.as_str(),
            s: dialog.resource.as_str(),
            i: dialog.id.0,
            a: actions(permitted),
            iss: &self.issuer,
            iat: now,
            nbf: now,
            exp: now + LIFETIME_SECONDS,
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn public_keys(&self) -> [PublicJwk; 2] {
        [self.keys.primary.public_jwk(), self.keys.secondary.public_jwk()]
    }
}

fn organization(number: &str) -> Option<String> {
    Party::organization(number).ok().map(|party| party.as_str().to_owned())
}

/// `name` or `name,attribute`, sorted, joined by semicolons.
fn actions(permitted: &BTreeSet<Question>) -> String {
    let each = permitted.iter().map(|question| match question.attribute.as_str() {
        "main" => question.action.clone(),
        attribute => format!("{},{attribute}", question.action),
    });
    each.collect::<Vec<_>>().join(";")
}

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

#[cfg(test)]
mod tests {
    use super::super::claims;
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use dialog_index::domain::{DialogId, ServiceResource};
    use serde_json::{Value, json};

    const DIALOG: Uuid = Uuid::from_u128(0x0199_d2e6_5c3f_7c52_9a5f_2f6f_4f0a_9b11);
    const SYSTEM: &str = "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b22";
    const CONSUMER: &str = "urn:altinn:organization:identifier-no:974761076";
    const OWNER: &str = "urn:altinn:organization:identifier-no:313300005";

    fn tokens() -> DialogTokens {
        let key = || SigningKey::generate().expect("a key");
        DialogTokens::new("https://dialogs.test", DialogTokenKeys { primary: key(), secondary: key() })
    }

    /// Header and claims of a token for a caller with these claims of its own.
    fn issue(tokens: &DialogTokens, own: &Value, permitted: &[(&str, &str)]) -> (Value, Value) {
        let caller = Caller::from_claims(&claims::Claims::new(own.as_object().expect("an object").clone()));
        let party = Party::person("14829012333").expect("a party");
        let resource = ServiceResource::parse("urn:altinn:resource:skd-skattemelding").expect("a service");
        let dialog = Subject { id: DialogId(DIALOG), party: &party, resource: &resource, labels: &[] };
        let question = |(action, attribute): &(&str, &str)| Question {
            action: (*action).to_owned(),
            attribute: (*attribute).to_owned(),
        };
        let permitted = permitted.iter().map(question).collect();
        let user = caller.end_user.clone().expect("an end user");
        let token = tokens.issue(&user, &caller, 4, dialog, &permitted, Timestamp::from_micros(1_785_000_000_900_000));
        let parts: Vec<_> = token.split('.').collect();
        let part = |at: usize| {
            let json = BASE64_URL_SAFE_NO_PAD.decode(parts[at]).expect("base64url");
            serde_json::from_slice(&json).expect("JSON")
        };
        (part(0), part(1))
    }

    #[test]
    fn claims_are_those_of_the_contract() {
        let tokens = tokens();
        let permitted = [("transmissionread", "mysub"), ("sign", "urn:altinn:task:Task_1"), ("read", "main")];
        let (header, mut claims) = issue(&tokens, &json!({ "pid": "14829012414" }), &permitted);
        let kid = &tokens.public_keys()[0].kid;
        assert_eq!(header, json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid }));
        let id = claims["jti"].take();
        assert!(Uuid::try_parse(id.as_str().expect("a text")).is_ok());
        assert_eq!(
            claims,
            json!({
                "jti": null,
                "c": "urn:altinn:person:identifier-no:14829012414",
                "l": 4,
                "p": "urn:altinn:person:identifier-no:14829012333",
                "s": "urn:altinn:resource:skd-skattemelding",
                "i": DIALOG,
                "a": "read;sign,urn:altinn:task:Task_1;transmissionread,mysub",
                "iss": "https://dialogs.test/api/v1",
                "iat": 1_785_000_000,
                "nbf": 1_785_000_000,
                "exp": 1_785_000_600,
            })
        );
    }

    #[test]
    fn without_permitted_actions_the_claim_is_empty() {
        let (_, claims) = issue(&tokens(), &json!({ "pid": "14829012414" }), &[]);
        assert_eq!(claims["a"], "");
    }

    #[test]
    fn a_system_user_acts_for_its_consumer_where_both_organizations_are_known() {
        let organization = |urn: &str| {
            let number = urn.rsplit(':').next().expect("a number");
            json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") })
        };
        let system = |owner: Value| {
            let id = SYSTEM.rsplit(':').next().expect("an id");
            json!([{ "type": "urn:altinn:systemuser", "systemuser_id": [id], "systemuser_org": owner }])
        };
        let both = json!({ "authorization_details": system(organization(OWNER)), "consumer": organization(CONSUMER) });
        let (_, claims) = issue(&tokens(), &both, &[]);
        assert_eq!((&claims["c"], &claims["y"], &claims["o"]), (&json!(CONSUMER), &json!(SYSTEM), &json!(OWNER)));
        for one in [
            json!({ "authorization_details": system(organization(OWNER)) }),
            json!({ "authorization_details": system(Value::Null), "consumer": organization(CONSUMER) }),
        ] {
            let (_, claims) = issue(&tokens(), &one, &[]);
            assert_eq!(claims["c"], SYSTEM);
            assert!(claims.get("y").is_none() && claims.get("o").is_none());
        }
    }
}

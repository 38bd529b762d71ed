//! The claims of a verified token, under the names that they have in it.

use dialog_index::domain::Party;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

const ORGANIZATION_AUTHORITY: &str = "iso6523-actorid-upis";
const ORGANIZATION_SCHEME: &str = "0192";

/// Only what signed it vouches for a value: each may be missing or of any type. `Debug` shows the names alone,
/// since the values hold national identity numbers.
#[derive(Clone, Default)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// All values of a claim: a list is a claim that is repeated.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &Value> {
        match self.0.get(name) {
            None | Some(Value::Null) => [].as_slice(),
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        }
        .iter()
    }

    /// The values of a claim that are texts or numbers, as texts.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        self.values(name).filter_map(|value| match value {
            Value::String(text) => Some(Cow::from(text.as_str())),
            Value::Number(number) => Some(Cow::from(number.to_string())),
            _ => None,
        })
    }

    /// Of a repeated claim the first value counts.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.texts(name).next()
    }

    /// A time in seconds since 1970; fractions are cut off.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let number = self.0.get(name)?.as_number()?;
        // A float outside the range of i64 becomes its nearest end, which is what such a time means.
        number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))
    }

    pub fn scopes(&self) -> Vec<String> {
        self.texts("scope")
            .flat_map(|scopes| scopes.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// The organisation number of a claim such as `consumer`, if its check digit is right.
    pub fn organization(&self, name: &str) -> Option<String> {
        organization_number(&*object(self.values(name).next()?)?)
    }

    /// The system user of `authorization_details`: its entry of that type.
    pub fn system_user(&self) -> Option<SystemUserDetails> {
        self.values("authorization_details").filter_map(object).find_map(|details| {
            if details.get("type").and_then(Value::as_str) != Some("urn:altinn:systemuser") {
                return None;
            }
            let id = match details.get("systemuser_id")? {
                Value::Array(ids) => ids.first()?.as_str()?,
                id => id.as_str()?,
            };
            Some(SystemUserDetails {
                id: uuid::Uuid::try_parse(id).ok()?,
                organization_number: details
                    .get("systemuser_org")
                    .and_then(object)
                    .and_then(|org| organization_number(&org)),
            })
        })
    }
}

/// What `authorization_details` says of a system user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemUserDetails {
    pub id: uuid::Uuid,
    /// The organisation that the system user belongs to.
    pub organization_number: Option<String>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// An object, also when a token holds it as a text of JSON.
fn object(value: &Value) -> Option<Cow<'_, Map<String, Value>>> {
    match value {
        Value::Object(object) => Some(Cow::Borrowed(object)),
        Value::String(text) => serde_json::from_str(text).ok().map(Cow::Owned),
        _ => None,
    }
}

fn organization_number(value: &Map<String, Value>) -> Option<String> {
    let authority = value.get("authority")?.as_str()?;
    let (scheme, number) = value.get("ID")?.as_str()?.split_once(':')?;
    let known = authority.eq_ignore_ascii_case(ORGANIZATION_AUTHORITY) && scheme == ORGANIZATION_SCHEME;
    (known && Party::organization(number).is_ok()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        Claims::new(value.as_object().expect("an object").clone())
    }

    #[track_caller]
    fn check_organization(consumer: Value, expected: Option<&str>) {
        assert_eq!(claims(json!({ "consumer": consumer })).organization("consumer").as_deref(), expected, "{consumer}");
    }

    #[test]
    fn organizations() {
        check_organization(json!({ "authority": "iso6523-actorid-upis", "ID": "0192:974761076" }), Some("974761076"));
        check_organization(json!({ "authority": "ISO6523-actorid-upis", "ID": "0192:974761076" }), Some("974761076"));
        check_organization(json!(r#"{"authority":"iso6523-actorid-upis","ID":"0192:974761076"}"#), Some("974761076"));
        check_organization(json!({ "authority": "iso6523-actorid-upis", "ID": "0192:974761077" }), None);
        check_organization(json!({ "authority": "iso6523-actorid-upis", "ID": "0192:974761076:1" }), None);
        check_organization(json!({ "authority": "iso6523-actorid-upis", "ID": "0193:974761076" }), None);
        check_organization(json!({ "authority": "iso6523-actorid-upis", "ID": "974761076" }), None);
        check_organization(json!({ "authority": "other", "ID": "0192:974761076" }), None);
        check_organization(json!({ "ID": 3 }), None);
        check_organization(json!("974761076"), None);
        check_organization(json!([]), None);
    }

    #[test]
    fn a_repeated_claim_counts_once_and_its_scopes_all() {
        let claims = claims(json!({ "acr": ["first", "second"], "scope": ["a  b", "c"], "level": 3, "none": null }));
        assert_eq!(claims.text("acr").as_deref(), Some("first"));
        assert_eq!(claims.text("level").as_deref(), Some("3"));
        assert_eq!(claims.text("none"), None);
        assert_eq!(claims.scopes(), ["a", "b", "c"]);
    }

    #[test]
    fn system_users_come_in_a_list_or_alone() {
        let details = json!({
            "type": "urn:altinn:systemuser",
            "systemuser_id": ["0199D2E6-5C3F-7C52-9A5F-2F6F4F0A9B11"],
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:974761076" },
        });
        for value in [json!([{ "type": "other" }, details]), details.clone(), json!(details.to_string())] {
            let user = claims(json!({ "authorization_details": value })).system_user().expect("a system user");
            assert_eq!(user.id.to_string(), "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11");
            assert_eq!(user.organization_number.as_deref(), Some("974761076"));
        }
        for value in [json!(3), json!({ "type": "urn:altinn:systemuser", "systemuser_id": [] }), json!("{")] {
            assert_eq!(claims(json!({ "authorization_details": value })).system_user(), None);
        }
    }

    #[test]
    fn times_are_numbers_of_any_size() {
        for (value, expected) in
            [(json!(12), Some(12)), (json!(12.9), Some(12)), (json!(1e300), Some(i64::MAX)), (json!("12"), None)]
        {
            assert_eq!(claims(json!({ "exp": value })).seconds("exp"), expected);
        }
    }

    #[test]
    fn debug_shows_no_values() {
        assert_eq!(format!("{:?}", claims(json!({ "pid": "03886595947" }))), r#"{"pid"}"#);
    }
}

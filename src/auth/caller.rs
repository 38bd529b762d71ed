//! Who is calling, as far as a valid token says.

use super::claims::Claims;
use super::scopes;
use dialog_index::domain::EndUserId;

/// The level of a system user, which has no claim of its own.
const SYSTEM_USER_LEVEL: u8 = 3;

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user_type: UserType,
    /// The end user that the token speaks of, for persons, system users, e-mail users and service owners acting
    /// for a person.
    pub end_user: Option<EndUserId>,
    /// The organisation number of a valid `consumer` claim.
    pub consumer: Option<String>,
    /// The organisation number that a system user belongs to.
    pub system_user_organization: Option<String>,
    /// The claim `urn:altinn:org`: the service owner's short name, if the token has one.
    pub org: Option<String>,
    pub scopes: Vec<String>,
    pub altinn: AltinnClaims,
    /// The authentication level that the claims say.
    pub level: Result<u8, UnknownLevel>,
}

/// The numbers that Altinn knows the end user of the token by. Nobody has any who is named by somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AltinnClaims {
    /// The claim `urn:altinn:userid`.
    pub user_id: Option<u64>,
    /// The claim `urn:altinn:partyid`.
    pub party_id: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserType {
    Unknown,
    Person,
    SystemUser,
    ServiceOwner,
    ServiceOwnerOnBehalfOfPerson,
    IdportenEmailIdentifiedUser,
}

/// The token has no claim that says a level, or one that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token does not say a known authentication level")]
pub struct UnknownLevel;

impl Caller {
    pub fn from_claims(claims: &Claims) -> Self {
        let scopes = claims.scopes();
        let consumer = claims.organization("consumer");
        let system_user = claims.system_user();
        let (user_type, end_user) = if let Some(person) = person(claims) {
            (person_type(&scopes), Some(person))
        } else if let Some(system_user) = &system_user {
            (UserType::SystemUser, Some(EndUserId::system_user(system_user.id)))
        } else if holds(&scopes, scopes::SERVICE_PROVIDER) && consumer.is_some() {
            (UserType::ServiceOwner, None)
        } else if let Some(user) = email_user(claims) {
            (UserType::IdportenEmailIdentifiedUser, Some(user))
        } else {
            (UserType::Unknown, None)
        };
        Self {
            user_type,
            end_user,
            consumer,
            system_user_organization: system_user.and_then(|user| user.organization_number),
            org: claims.text("urn:altinn:org").filter(|org| !org.trim().is_empty()).map(|org| org.into_owned()),
            scopes,
            altinn: AltinnClaims {
                user_id: claims.text("urn:altinn:userid").and_then(|id| id.trim().parse().ok()),
                party_id: claims.text("urn:altinn:partyid").and_then(|id| id.trim().parse().ok()),
            },
            level: level(claims, user_type),
        }
    }

    /// The caller with this person in place of the one of the token.
    pub fn acting_for(mut self, person: EndUserId) -> Self {
        self.user_type = person_type(&self.scopes);
        self.end_user = Some(person);
        self.altinn = AltinnClaims::default();
        self
    }

    pub fn has_scope(&self, scope: &str) -> bool {
        holds(&self.scopes, scope)
    }
}

impl UserType {
    /// The contract's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Person => "Person",
            Self::SystemUser => "SystemUser",
            Self::ServiceOwner => "ServiceOwner",
            Self::ServiceOwnerOnBehalfOfPerson => "ServiceOwnerOnBehalfOfPerson",
            Self::IdportenEmailIdentifiedUser => "IdportenEmailIdentifiedUser",
        }
    }
}

fn holds(scopes: &[String], scope: &str) -> bool {
    scopes.iter().any(|held| held == scope)
}

fn person_type(scopes: &[String]) -> UserType {
    if holds(scopes, scopes::SERVICE_PROVIDER) { UserType::ServiceOwnerOnBehalfOfPerson } else { UserType::Person }
}

/// A `pid` with wrong check digits is as good as none.
fn person(claims: &Claims) -> Option<EndUserId> {
    EndUserId::person(&claims.text("pid")?).ok()
}

fn email_user(claims: &Claims) -> Option<EndUserId> {
    let mut methods = claims.texts("amr");
    let is_self_registered = methods.next().is_some_and(|method| method == "Selfregistered-email");
    if !is_self_registered || methods.next().is_some() {
        return None;
    }
    EndUserId::email(&claims.text("email")?.to_lowercase()).ok()
}

fn level(claims: &Claims, user_type: UserType) -> Result<u8, UnknownLevel> {
    let stated = claims.text("urn:altinn:authlevel").and_then(|level| level.trim().parse::<i32>().ok());
    if let Some(level) = stated.filter(|level| *level >= 0) {
        return Ok(u8::try_from(level).unwrap_or(u8::MAX));
    }
    match claims.text("acr").as_deref() {
        Some("selfregistered-email" | "idporten-loa-low") => Ok(0),
        Some("idporten-loa-substantial") => Ok(3),
        Some("idporten-loa-high") => Ok(4),
        Some(_) => Err(UnknownLevel),
        None if user_type == UserType::SystemUser => Ok(SYSTEM_USER_LEVEL),
        None => Err(UnknownLevel),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const PERSON: &str = "03886595947";

    fn caller(claims: &Value) -> Caller {
        Caller::from_claims(&Claims::new(claims.as_object().expect("an object").clone()))
    }

    #[track_caller]
    fn check_type(claims: Value, expected: UserType, end_user: Option<&str>) {
        let caller = caller(&claims);
        assert_eq!(caller.user_type, expected, "{claims}");
        assert_eq!(caller.end_user.as_ref().map(EndUserId::as_str), end_user, "{claims}");
    }

    #[test]
    fn first_matching_user_type_wins() {
        let consumer = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:974761076" });
        let system =
            json!([{ "type": "urn:altinn:systemuser", "systemuser_id": ["0199D2E6-5c3f-7c52-9a5f-2f6f4f0a9b11"] }]);
        let provider = "digdir:dialogporten digdir:dialogporten.serviceprovider";
        let person = Some("urn:altinn:person:identifier-no:03886595947");
        let system_user = Some("urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11");
        check_type(json!({ "pid": PERSON }), UserType::Person, person);
        check_type(json!({ "pid": PERSON, "scope": provider }), UserType::ServiceOwnerOnBehalfOfPerson, person);
        check_type(json!({ "pid": "03886595946" }), UserType::Unknown, None);
        check_type(json!({ "authorization_details": system }), UserType::SystemUser, system_user);
        check_type(
            json!({ "authorization_details": system, "scope": provider, "consumer": consumer }),
            UserType::SystemUser,
            system_user,
        );
        check_type(json!({ "scope": provider, "consumer": consumer }), UserType::ServiceOwner, None);
        check_type(json!({ "scope": provider }), UserType::Unknown, None);
        check_type(json!({ "consumer": consumer }), UserType::Unknown, None);
        check_type(
            json!({ "email": "Kari@Example.no", "amr": ["Selfregistered-email"] }),
            UserType::IdportenEmailIdentifiedUser,
            Some("urn:altinn:person:idporten-email:kari@example.no"),
        );
        check_type(
            json!({ "email": "kari@example.no", "amr": ["Selfregistered-email", "x"] }),
            UserType::Unknown,
            None,
        );
        check_type(json!({ "email": "kari@example.no" }), UserType::Unknown, None);
    }

    #[track_caller]
    fn check_level(claims: Value, expected: Result<u8, UnknownLevel>) {
        assert_eq!(caller(&claims).level, expected, "{claims}");
    }

    #[test]
    fn authentication_levels() {
        check_level(json!({ "urn:altinn:authlevel": "3", "acr": "idporten-loa-high" }), Ok(3));
        check_level(json!({ "urn:altinn:authlevel": 0 }), Ok(0));
        check_level(json!({ "urn:altinn:authlevel": 4000 }), Ok(u8::MAX));
        check_level(json!({ "urn:altinn:authlevel": "-1", "acr": "idporten-loa-high" }), Ok(4));
        check_level(json!({ "urn:altinn:authlevel": "x", "acr": "idporten-loa-substantial" }), Ok(3));
        check_level(json!({ "acr": "idporten-loa-low" }), Ok(0));
        check_level(json!({ "acr": "selfregistered-email" }), Ok(0));
        check_level(json!({ "acr": ["idporten-loa-high", "idporten-loa-low"] }), Ok(4));
        check_level(json!({ "acr": "Level4" }), Err(UnknownLevel));
        check_level(json!({}), Err(UnknownLevel));
        let system =
            json!({ "type": "urn:altinn:systemuser", "systemuser_id": ["0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11"] });
        check_level(json!({ "authorization_details": system }), Ok(3));
        check_level(json!({ "authorization_details": system, "acr": "odd" }), Err(UnknownLevel));
    }
}

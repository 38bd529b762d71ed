//! Who is calling, as far as a valid token says.

use dialog_index::domain::EndUserId;

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user_type: UserType,
    /// The end user that the token speaks of, for persons, system users, e-mail users and service owners acting
    /// for a person.
    pub end_user: Option<EndUserId>,
    /// The organisation number of a valid `consumer` claim.
    pub consumer: Option<String>,
    /// The claim `urn:altinn:org`: the service owner's short name, if the token has one.
    pub org: Option<String>,
    pub scopes: Vec<String>,
    /// The claims that say the authentication level; [`Caller::level`] reads them.
    pub level: Result<u8, UnknownLevel>,
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
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

//! Extractors: who is calling, checked against the policy of the operation.

use crate::auth::Caller;
use dialog_index::domain::{EndUserId, Org};

/// A person, system user or e-mail user with an end-user scope.
#[derive(Clone, Debug)]
pub struct EndUser {
    pub id: EndUserId,
    pub level: u8,
    pub caller: Caller,
}

/// A service owner with the service-provider scope; on behalf of a person where the request says so.
#[derive(Clone, Debug)]
pub struct ServiceOwner {
    pub org: Org,
    pub organization_number: String,
    /// The person of the query parameter `enduserid` (any case), already checked.
    pub on_behalf_of: Option<EndUserId>,
    pub is_admin: bool,
    pub caller: Caller,
}

/// A [`ServiceOwner`] with the search scope as well.
#[derive(Clone, Debug)]
pub struct SearchingServiceOwner(pub ServiceOwner);

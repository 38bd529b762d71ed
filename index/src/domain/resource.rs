use super::parsed::stored_as_text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The reference to a service in the resource registry: `urn:altinn:resource:` and an identifier.
///
/// Invariant: starts with the prefix in lower case and has an identifier. Kept as given, since the contract
/// matches stored values exactly; comparisons for ownership and rights use [`ServiceResource::to_lower`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceResource(Arc<str>);

/// The short name of a service owner, in lower case, e.g. `skd`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Org(Arc<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must start with '{}' and name a service, in at most {} characters",
    ServiceResource::PREFIX,
    ServiceResource::MAX_LENGTH
)]
pub struct InvalidServiceResource;

impl ServiceResource {
    pub const PREFIX: &str = "urn:altinn:resource:";
    pub const MAX_LENGTH: usize = 255;

    pub fn parse(text: &str) -> Result<Self, InvalidServiceResource> {
        let named = text.strip_prefix(Self::PREFIX).is_some_and(|identifier| !identifier.trim().is_empty());
        if named && text.chars().count() <= Self::MAX_LENGTH {
            Ok(Self(text.into()))
        } else {
            Err(InvalidServiceResource)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the prefix.
    pub fn identifier(&self) -> &str {
        &self.0[Self::PREFIX.len()..]
    }

    pub fn to_lower(&self) -> Self {
        let is_so = self.0.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        if !is_so && self.0.chars().any(char::is_uppercase) { Self(self.0.to_lowercase().into()) } else { self.clone() }
    }
}

stored_as_text!(ServiceResource);

impl fmt::Display for ServiceResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Org {
    pub fn new(code: &str) -> Self {
        Self(code.to_lowercase().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

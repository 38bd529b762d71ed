use super::parsed::stored_as_text;
use super::party::{EndUserId, InvalidParty, Party};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Who did something: the service owner itself, or somebody on behalf of the party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    ServiceOwner,
    /// Identified; the name is the one the register gave when the actor was written.
    Identified {
        id: ActorId,
        name: Option<String>,
    },
    /// Known by name only.
    Named {
        name: String,
    },
}

/// The URN of an acting person, organisation or system user, in lower case.
///
/// Invariant: a [`Party`] or an [`EndUserId`]. Privacy as there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(Arc<str>);

impl ActorId {
    pub fn parse(text: &str) -> Result<Self, InvalidParty> {
        match EndUserId::parse(text) {
            Ok(user) => Ok(user.into()),
            Err(_) => Party::parse(text).map(Self::from),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Party> for ActorId {
    fn from(party: Party) -> Self {
        Self(party.into())
    }
}

impl From<EndUserId> for ActorId {
    fn from(user: EndUserId) -> Self {
        Self(user.into())
    }
}

stored_as_text!(ActorId);

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.0.rfind(':').map_or("", |colon| &self.0[..=colon]);
        write!(f, "{prefix}…")
    }
}

//! Whom this service believes about rights: the built-in register, or somebody elsewhere who may be slow or gone.

use super::caller::AltinnClaims;
use super::facts::{Facts, Names};
use super::register::{AuthorizedParty, Evidence, Question, Register, Subject};
use crate::metrics::Metrics;
use dialog_index::Rights;
use dialog_index::domain::{ActorId, EndUserId, Party};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// Says who may do what. Handlers ask before they go where it may be blocked, and not from there.
pub trait Authority: fmt::Debug + Send + Sync {
    /// The list rights of a user; of `parties` if any are named, and maybe of others, too.
    fn rights_of<'a>(&'a self, user: &'a User, parties: &'a [Party]) -> Answer<'a, Arc<Rights>>;

    /// Whether [`Authority::rights_of`] costs less where parties are named.
    fn narrows_by_party(&self) -> bool;

    /// Those of the questions that are permitted. The authentication level is not looked at.
    fn decide<'a>(
        &'a self,
        user: &'a User,
        dialog: Subject<'a>,
        questions: &'a BTreeSet<Question>,
    ) -> Answer<'a, BTreeSet<Question>>;

    /// The parties that a user may represent, sub-units within their main units. What is held for them is not told.
    fn parties_of<'a>(&'a self, user: &'a User) -> Answer<'a, Vec<AuthorizedParty>>;

    /// Why a user may see a dialog, by kind and subject; nothing if the user may not. `reference` is how the dialog is
    /// named, in lower case: delegations of it under another name do not count, as in the contract.
    fn evidence_of<'a>(&'a self, user: &'a User, dialog: Subject<'a>, reference: &'a str) -> Answer<'a, Vec<Evidence>>;

    /// What is known of services, and of names as far as they need not be asked for.
    fn facts(&self) -> Result<Facts, Unavailable>;

    /// The names of actors, for those whose [`Facts`] have none.
    fn names<'a>(&'a self, actors: &'a BTreeSet<ActorId>) -> Answer<'a, Names>;

    /// The built-in register, if it is the authority.
    fn register(&self) -> Option<&Register>;

    /// Tells of whom it asks and what it keeps.
    fn show(&self, metrics: &Metrics);
}

/// What an [`Authority`] says, at once or after a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// Whose rights are asked for.
#[derive(Clone, Debug)]
pub struct User {
    pub id: EndUserId,
    pub level: u8,
    /// Of the user's own token.
    pub altinn: AltinnClaims,
}

/// The authority cannot be asked now, and what it said before is too old or was never asked for.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the source of rights cannot be asked")]
pub struct Unavailable(#[source] Arc<dyn Error + Send + Sync>);

impl Unavailable {
    pub fn because(reason: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(reason))
    }
}

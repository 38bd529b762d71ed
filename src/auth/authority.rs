//! Whom this service believes about rights: the built-in register, or somebody elsewhere who may be slow or gone.

use super::caller::AltinnClaims;
use super::facts::{Facts, Names};
use super::register::{Question, Register, Subject};
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

    /// Those of the questions that are permitted. The authentication level is not looked at.
    fn decide<'a>(
        &'a self,
        user: &'a User,
        dialog: Subject<'a>,
        questions: &'a BTreeSet<Question>,
    ) -> Answer<'a, BTreeSet<Question>>;

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

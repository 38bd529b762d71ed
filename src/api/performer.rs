//! Who does what is logged of a dialog: an end user, or, through a service owner, the person that the request speaks of or
//! whoever an administrator says it was.

use super::caller::ServiceOwner;
use super::json::JsonBody;
use super::new_dialog::{ActorInput, Author, Field};
use super::problem::{Errors, Problem};
use crate::app::App;
use crate::auth::{Facts, Unavailable};
use dialog_index::domain::{Actor, ActorId, EndUserId, Timestamp};
use dialog_index::{AuthorizedScope, Rights};
use std::sync::Arc;

/// A user as the logs of a dialog name it: without a name if none is known.
pub(crate) fn actor_of(user: &EndUserId, facts: &Facts) -> Actor {
    let id = user.clone().into();
    let name = facts.actor_name(&id);
    Actor::Identified { id, name }
}

#[derive(Clone, Debug)]
pub(crate) enum Performer {
    Person(Actor),
    /// By the member `performedBy` of the body.
    Named(Actor),
}

/// What the authority has to be asked before a body is judged.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// With the names of all who may be the performer.
    pub(crate) facts: Facts,
    /// Those of the person of the request, where they limit what is labelled.
    pub(crate) rights: Option<Arc<Rights>>,
}

impl Known {
    pub(crate) async fn of(app: &App, owner: &ServiceOwner, body: &JsonBody) -> Result<Self, Unavailable> {
        let (person, body) = (owner.on_behalf_of.clone().map(ActorId::from), body.clone());
        let facts = app.facts_with_names(move || body.named_actors().into_iter().chain(person).collect()).await?;
        let rights = match owner.user().filter(|_| !owner.is_admin) {
            Some(user) => Some(app.authority().rights_of(&user, &[]).await?),
            None => None,
        };
        Ok(Self { facts, rights })
    }
}

impl Performer {
    /// `field` is where the body names one. `None` if something is wrong, which is then among the errors.
    pub(crate) fn judge(
        owner: &ServiceOwner,
        named: Option<ActorInput>,
        field: &Field<'_>,
        facts: &Facts,
        now: Timestamp,
        errors: &mut Errors,
    ) -> Result<Option<Self>, Problem> {
        let mut refuse = |message: &str| {
            errors.add("endUserId", message);
            None
        };
        Ok(match (owner.user_by_urn()?, named) {
            (None, None) => refuse("Either 'enduserId' or 'performedBy' must be given."),
            (Some(_), Some(_)) => refuse("Only one of 'enduserId' and 'performedBy' can be given."),
            (Some(id), None) => Some(Self::Person(actor_of(id, facts))),
            (None, Some(named)) => match named.judge(field, &Author::of(owner, false), facts, now) {
                Ok(actor) => Some(Self::Named(actor)),
                Err(wrong) => {
                    errors.extend(wrong);
                    None
                }
            },
        })
    }

    pub(crate) fn actor(&self) -> &Actor {
        match self {
            Self::Person(actor) | Self::Named(actor) => actor,
        }
    }

    pub(crate) fn check_may_be_named(&self, owner: &ServiceOwner) -> Result<(), Problem> {
        if matches!(self, Self::Named(_)) && !owner.is_admin {
            return Err(Problem::forbidden("Only administrators can say with 'performedBy' who sets labels."));
        }
        Ok(())
    }

    /// A person is taken as it is; whom an administrator names, the register must know.
    pub(crate) fn check_is_known(&self, field: &Field<'_>) -> Result<(), Problem> {
        if matches!(self, Self::Named(Actor::Identified { name: None, .. })) {
            let message = format!("The register has no name for the actor of '{}'.", field.key());
            return Err(Problem::unprocessable(Errors::one("ActorId", message)));
        }
        Ok(())
    }

    /// What the person may see of the owner's dialogs, which limits what is labelled unless an administrator does it.
    /// `rights` are the person's; without them, the person sees nothing.
    pub(crate) fn scope(&self, owner: &ServiceOwner, rights: Option<Arc<Rights>>) -> Option<AuthorizedScope> {
        match self {
            Self::Person(_) if !owner.is_admin => {
                Some(AuthorizedScope::of_end_user_within(rights.unwrap_or_default(), owner.org.clone()))
            }
            _ => None,
        }
    }
}

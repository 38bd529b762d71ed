//! Who does what is logged of a dialog: an end user, or, through a service owner, the person that the request speaks of or
//! whoever an administrator says it was.

use super::caller::ServiceOwner;
use super::new_dialog::{ActorInput, Author, Field};
use super::problem::{Errors, Problem};
use crate::auth::register::Register;
use dialog_index::AuthorizedScope;
use dialog_index::domain::{Actor, EndUserId, Timestamp};

/// Rights to lists do not depend on the level.
const LEVEL: u8 = 0;

/// A user as the logs of a dialog name it: without a name if the register knows none.
pub(crate) fn actor_of(user: &EndUserId, register: &Register) -> Actor {
    let id = user.clone().into();
    let name = register.actor_name(&id);
    Actor::Identified { id, name }
}

#[derive(Clone, Debug)]
pub(crate) enum Performer {
    Person {
        id: EndUserId,
        actor: Actor,
    },
    /// By the member `performedBy` of the body.
    Named(Actor),
}

impl Performer {
    /// `field` is where the body names one. `None` if something is wrong, which is then among the errors.
    pub(crate) fn judge(
        owner: &ServiceOwner,
        named: Option<ActorInput>,
        field: &Field<'_>,
        register: &Register,
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
            (Some(id), None) => Some(Self::Person { id: id.clone(), actor: actor_of(id, register) }),
            (None, Some(named)) => match named.judge(field, &Author::of(owner, false), register, now) {
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
            Self::Person { actor, .. } | Self::Named(actor) => actor,
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
    pub(crate) fn scope(&self, owner: &ServiceOwner, register: &Register) -> Option<AuthorizedScope> {
        match self {
            Self::Person { id, .. } if !owner.is_admin => {
                Some(AuthorizedScope::of_end_user_within(register.rights_of(id, LEVEL), owner.org.clone()))
            }
            _ => None,
        }
    }
}

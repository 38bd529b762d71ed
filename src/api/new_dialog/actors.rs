use super::Author;
use super::body::ActorInput;
use super::rules::{Field, Rules};
use crate::api::problem::Errors;
use crate::api::wire::ActorType;
use crate::auth::Facts;
use dialog_index::domain::{Actor, ActorId, Party, Timestamp};

impl ActorInput {
    /// The actor that a body names in this field. One that the register has no name for is given without a name.
    pub(crate) fn judge(
        self,
        field: &Field<'_>,
        author: &Author,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Actor, Errors> {
        let mut rules = Rules::new(author, facts, now);
        let actor = rules.actor(field, Some(self));
        rules.finish(actor).map(|(actor, _)| actor)
    }
}

impl Rules<'_> {
    /// An actor, with the name that the register gives for an id.
    pub(super) fn actor(&mut self, field: &Field<'_>, given: Option<ActorInput>) -> Option<Actor> {
        let Some(ActorInput { actor_type, actor_name, actor_id }) = given else {
            self.refuse(field, "must not be empty");
            return None;
        };
        match (self.member(&field.member("actorType"), actor_type)?, actor_id, actor_name) {
            (ActorType::ServiceOwner, None, None) => Some(Actor::ServiceOwner),
            (ActorType::ServiceOwner, ..) => {
                self.refuse(field, "must have neither 'actorId' nor 'actorName' when it is the service owner");
                None
            }
            (ActorType::PartyRepresentative, None, Some(name)) => {
                let name = self.required_text(&field.member("actorName"), name);
                Some(Actor::Named { name })
            }
            (ActorType::PartyRepresentative, Some(id), None) => self.identified(field, &id),
            (ActorType::PartyRepresentative, ..) => {
                self.refuse(field, "must have exactly one of 'actorId' and 'actorName'");
                None
            }
        }
    }

    fn identified(&mut self, field: &Field<'_>, id: &str) -> Option<Actor> {
        let id = match Party::parse(id) {
            Ok(party) => ActorId::from(party),
            Err(invalid) => {
                self.refuse(&field.member("actorId"), invalid);
                return None;
            }
        };
        let name = self.facts.actor_name(&id);
        if name.is_none() {
            self.unknown_actors.push(field.key());
        }
        Some(Actor::Identified { id, name })
    }
}

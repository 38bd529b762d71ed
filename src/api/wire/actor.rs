use super::Reader;
use crate::auth::person_mask::PersonMask;
use dialog_index::domain;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

const SERVICE_OWNER: &str = "ServiceOwner";
const PARTY_REPRESENTATIVE: &str = "PartyRepresentative";

/// Who did something.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Actor<'a> {
    #[schema(value_type = super::ActorTypeChoice)]
    actor_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Cow<'a, str>>,
}

/// Whether the ids of persons are shown to a reader. Ids of others always are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PersonIds {
    Shown,
    Masked(PersonMask),
}

impl<'a> Actor<'a> {
    pub(crate) fn of(actor: &'a domain::Actor, reader: &Reader<'_>) -> Self {
        match actor {
            domain::Actor::ServiceOwner => Self { actor_type: SERVICE_OWNER, actor_name: None, actor_id: None },
            domain::Actor::Named { name } => {
                Self { actor_type: PARTY_REPRESENTATIVE, actor_name: Some(name), actor_id: None }
            }
            domain::Actor::Identified { id, name } => {
                let masked = match reader.person_ids {
                    PersonIds::Masked(mask) => mask.masked(id),
                    PersonIds::Shown => None,
                };
                let actor_id = masked.map_or(Cow::Borrowed(id.as_str()), Cow::Owned);
                Self { actor_type: PARTY_REPRESENTATIVE, actor_name: name.as_deref(), actor_id: Some(actor_id) }
            }
        }
    }
}

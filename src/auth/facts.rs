//! What is known of services and people, as it was at one moment: what bodies are judged by and pages are made with.

use super::register::{Catalogue, RegisteredResource, Services};
use dialog_index::domain::{ActorId, EndUserId, Org, Party, PartyKind, ServiceResource};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// What a system user without a name is shown as.
pub(super) const SYSTEM_USER_NAME: &str = "Systembruker";

/// Cheap to clone. It asks nobody, so it can be used anywhere.
#[derive(Clone, Debug)]
pub struct Facts {
    services: Services,
    /// `None`: whoever has a name is in the catalogue.
    names: Option<Names>,
}

/// Names of actors that were asked for.
#[derive(Clone, Default)]
pub struct Names(Arc<HashMap<ActorId, String>>);

/// Only how many: names are not for the log.
impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Names").field(&self.0.len()).finish()
    }
}

impl FromIterator<(ActorId, String)> for Names {
    fn from_iter<T: IntoIterator<Item = (ActorId, String)>>(names: T) -> Self {
        Self(Arc::new(names.into_iter().collect()))
    }
}

impl Facts {
    pub(super) fn of_register(catalogue: Arc<Catalogue>) -> Self {
        Self { services: Services(catalogue), names: None }
    }

    /// Of those whose names must be asked for.
    pub(super) fn without_names(catalogue: Arc<Catalogue>) -> Self {
        Self { services: Services(catalogue), names: Some(Names::default()) }
    }

    /// Whether names need not be asked for.
    pub fn has_all_names(&self) -> bool {
        self.names.is_none()
    }

    /// The same with these names.
    pub fn with_names(self, names: Names) -> Self {
        Self { names: Some(names), ..self }
    }

    /// All services.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The service of that name, compared without case.
    pub fn resource(&self, resource: &ServiceResource) -> Option<RegisteredResource> {
        let Services(catalogue) = &self.services;
        let (_, entry) = catalogue.resource(resource)?;
        Some(RegisteredResource {
            resource: entry.id.clone(),
            owner: entry.owner.clone(),
            owner_number: catalogue.owner(&entry.owner)?.org_number.clone(),
            resource_type: entry.resource_type.clone(),
            minimum_authentication_level: entry.minimum_authentication_level,
            is_delegable: entry.delegable,
        })
    }

    /// The short name of the service owner with this organisation number.
    pub fn owner_by_number(&self, organization_number: &str) -> Option<Org> {
        self.services.0.owner_by_number(organization_number).cloned()
    }

    /// The name to show for an actor.
    pub fn actor_name(&self, actor: &ActorId) -> Option<String> {
        let Services(catalogue) = &self.services;
        let known = |name: Option<&String>| match &self.names {
            None => name.cloned(),
            Some(Names(names)) => names.get(actor).cloned(),
        };
        let Ok(party) = Party::parse(actor.as_str()) else {
            let user = EndUserId::parse(actor.as_str()).ok()?;
            let name = known(catalogue.system_user(&user).map(|entry| &entry.name));
            return Some(name.unwrap_or_else(|| SYSTEM_USER_NAME.to_owned()));
        };
        let name = || known(catalogue.party(&party).map(|entry| &entry.name));
        match party.kind() {
            PartyKind::Email | PartyKind::SelfIdentified => Some(party.identifier().to_owned()),
            PartyKind::Person => Some(last_word_first(&name()?)),
            PartyKind::Organization => name(),
        }
    }
}

/// Registers have the surname first; the contract shows it last.
pub(super) fn last_word_first(name: &str) -> String {
    match name.trim().rsplit_once(char::is_whitespace) {
        Some((others, last)) => format!("{last} {}", others.trim_end()),
        None => name.trim().to_owned(),
    }
}

//! The levels of login that services ask for, as their policies have it.

use super::policy::minimum_level;
use super::resource_list::ListedService;
use super::upstream::{Failure, Upstream};
use dialog_index::domain::ServiceResource;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

const WHAT: &str = "the policies of the resource registry";
/// How many policies are fetched at once.
const AT_ONCE: usize = 15;
/// Services that were services of Altinn 2, whose policies are not looked at.
const OF_ALTINN_2: &str = "se_";
/// Where a policy cannot be had, its service asks for the highest level until it can: a lower one could show what is
/// not for everybody.
const STRICTEST: u8 = 4;
/// After as many failures in a row, nothing more is asked for.
const MAX_FAILURES: usize = 20;

/// By service, in lower case. Not there: a policy that has not been read, and services that have none to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Levels(HashMap<ServiceResource, Option<u8>>);

impl Levels {
    /// `None` is unknown.
    pub(super) fn of(&self, service: &ListedService) -> Option<u8> {
        if service.identifier.starts_with(OF_ALTINN_2) {
            return None;
        }
        self.0.get(&service.id).copied().unwrap_or(Some(STRICTEST))
    }

    /// Whether each of the services has been read.
    pub(super) fn cover(&self, services: &[ListedService]) -> bool {
        services.iter().all(|it| it.identifier.starts_with(OF_ALTINN_2) || self.0.contains_key(&it.id))
    }

    /// The levels of these services as they are now. Those that cannot be had stay as they were; if that is the rule,
    /// nobody is there to answer.
    pub(super) async fn updated(&self, services: &[ListedService], upstream: &Arc<Upstream>) -> Result<Self, Failure> {
        let with_policy = || services.iter().filter(|it| !it.identifier.starts_with(OF_ALTINN_2));
        let (mut waiting, count) = (with_policy(), with_policy().count());
        let mut asked = JoinSet::new();
        let mut levels = HashMap::new();
        let mut failures = 0;
        loop {
            for service in waiting.by_ref().take(AT_ONCE - asked.len()) {
                let (upstream, id) = (Arc::clone(upstream), service.id.clone());
                let name = utf8_percent_encode(&service.identifier, NON_ALPHANUMERIC).to_string();
                asked.spawn(async move { (id, fetch(&upstream, &name).await) });
            }
            let Some(answered) = asked.join_next().await else { return Ok(Self(levels)) };
            let (id, level) = answered.map_err(|_| Failure::Died)?;
            match level {
                Ok(level) => {
                    failures = 0;
                    levels.insert(id, level);
                }
                Err(failure) => {
                    failures += 1;
                    if failures > MAX_FAILURES || failures == count {
                        return Err(failure);
                    }
                    if let Some(level) = self.0.get(&id) {
                        levels.insert(id, *level);
                    }
                }
            }
        }
    }
}

async fn fetch(upstream: &Upstream, name: &str) -> Result<Option<u8>, Failure> {
    match upstream.get_text_once(WHAT, &format!("/resourceregistry/api/v1/resource/{name}/policy")).await {
        Ok(policy) => Ok(minimum_level(&policy)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::altinn::authorized_parties::service;
    use dialog_index::domain::Org;

    fn listed(identifier: &str) -> ListedService {
        ListedService {
            identifier: identifier.to_owned(),
            id: service(identifier).expect("a service"),
            resource_type: "AltinnApp".to_owned(),
            owner: Org::new("skd"),
            owner_number: "974761076".to_owned(),
            delegable: true,
            name: Default::default(),
            description: Default::default(),
        }
    }

    #[test]
    fn what_has_not_been_read_asks_for_the_highest_level() {
        let services = [listed("unread"), listed("low"), listed("silent"), listed("se_1_2")];
        let known = [("low", Some(0)), ("silent", None)];
        let levels = Levels(known.map(|(name, level)| (listed(name).id, level)).into());
        assert_eq!(services.each_ref().map(|it| levels.of(it)), [Some(STRICTEST), Some(0), None, None]);
        assert!(!levels.cover(&services));
        assert!(levels.cover(&services[1..]));
    }
}

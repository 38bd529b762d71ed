//! The services that an end user may see dialogs of.

use super::caller::EndUser;
use super::problem::Problem;
use crate::app::App;
use dialog_index::domain::{Party, ServiceResource, Timestamp};
use dialog_index::query::{CountRequest, DeletedFilter, FacetField, Filter};
use dialog_index::{AuthorizedScope, Dialogs, Rights};
use std::collections::HashSet;
use std::sync::Arc;

/// Whoever represents more parties than these, and names none, is told of all services.
const MAX_PARTIES: usize = 1000;

/// Services in lower case, each once and in no order.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizedServices {
    pub(crate) services: Vec<ServiceResource>,
    /// They are all services that dialogs are about.
    pub(crate) is_full_catalogue: bool,
}

impl AuthorizedServices {
    /// Of these parties, or of all if there are none: those that the user has rights to and that a dialog is about which
    /// is visible now. Single dialogs that were delegated do not count, as in the contract.
    pub(crate) async fn of(app: &App, user: &EndUser, parties: Vec<Party>, now: Timestamp) -> Result<Self, Problem> {
        if parties.is_empty() && represents_too_many(app, user).await? {
            return Ok(Self { services: app.blocking(Dialogs::services).await, is_full_catalogue: true });
        }
        let rights = app.authority().rights_of(&user.user(), &parties).await?;
        app.blocking(move |dialogs| Self::found(dialogs, &rights, &parties, now)).await
    }

    fn found(dialogs: &Dialogs, rights: &Rights, parties: &[Party], now: Timestamp) -> Result<Self, Problem> {
        let wanted: HashSet<_> = parties.iter().collect();
        let named = rights.parties.iter().filter(|(party, _)| wanted.is_empty() || wanted.contains(party));
        let mut remaining = Rights {
            parties: named.cloned().collect(),
            delegations: Vec::new(),
            readable: Arc::clone(&rights.readable),
        };
        let filter = Filter { visible_at: Some(now), deleted: DeletedFilter::Exclude, ..Filter::default() };
        let request = CountRequest { facets: vec![FacetField::ServiceResource], limit: CountRequest::MAX_LIMIT };
        let mut services = HashSet::new();
        // One round, unless there are more services than one count names.
        while !remaining.parties.is_empty() {
            let scope = AuthorizedScope::of_end_user(Arc::new(remaining.clone()));
            let counts = dialogs.count(&scope, &filter, &request)?;
            let Some(facet) = counts.facets.first() else { break };
            services.extend(facet.values.iter().filter_map(|(name, _)| ServiceResource::parse(name).ok()));
            if facet.other_count == 0 {
                break;
            }
            remaining.parties = without(&remaining, &services);
        }
        Ok(Self { services: services.into_iter().collect(), is_full_catalogue: false })
    }
}

/// Sub-units count as well.
async fn represents_too_many(app: &App, user: &EndUser) -> Result<bool, Problem> {
    let parties = app.authority().parties_of(&user.user()).await?;
    Ok(parties.iter().map(|party| 1 + party.sub_parties.len()).sum::<usize>() > MAX_PARTIES)
}

/// What is left of rights when these services are taken out.
fn without(rights: &Rights, found: &HashSet<ServiceResource>) -> Vec<(Party, Arc<HashSet<ServiceResource>>)> {
    let rest = rights.parties.iter().map(|(party, services)| {
        (party.clone(), Arc::new(services.difference(found).cloned().collect::<HashSet<_>>()))
    });
    rest.filter(|(_, services)| !services.is_empty()).collect()
}

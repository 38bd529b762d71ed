//! Rights as Altinn's services have them, which may be slow or gone: what they said serves within its limits.
//!
//! Lists go by the parties that a user may act for (`authorized_parties`) and the catalogue of services
//! (`catalogue_feed`); a single dialog goes by Altinn's decisions (`decisions`). The user's own token is never shown
//! to anybody.

mod authorized_parties;
mod catalogue_feed;
mod client_key;
mod decisions;
mod described;
mod levels;
mod names;
mod pace;
mod policy;
mod resource_list;
mod stale_cache;
mod subject_map;
mod tokens;
mod upstream;

pub use client_key::{ClientKey, InvalidClientKey};
pub use pace::{FeedLimits, Limits, Pace};

use super::authority::{Answer, Authority, Unavailable, User};
use super::facts::{Facts, Names};
use super::register::{AuthorizedParty, Evidence, Question, Register, Subject};
use crate::blocking;
use crate::metrics::Metrics;
use crate::outbound::{NoClient, OutboundUrl, Secret};
use authorized_parties::{AuthorizedParties, PartiesCache};
use catalogue_feed::CatalogueFeed;
use decisions::{DecisionCache, Envelope};
use dialog_index::Rights;
use dialog_index::domain::{ActorId, Party};
use names::{Name, NameCache, names_of};
use stale_cache::StaleCache;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use upstream::Upstream;

/// How much a generation of each cache may weigh; a weight of one is about 50 bytes.
const MAX_PARTIES_WEIGHT: usize = 2_000_000;
const MAX_DECISIONS_WEIGHT: usize = 1_000_000;
const MAX_NAMES_WEIGHT: usize = 1_000_000;

/// Where Altinn's services are, and who this service is to them.
#[derive(Clone, Debug)]
pub struct AltinnSettings {
    /// Of the platform, e.g. `https://platform.altinn.no`.
    pub base_url: OutboundUrl,
    /// Of the files that are public.
    pub cdn_url: OutboundUrl,
    pub maskinporten_url: OutboundUrl,
    pub client_id: String,
    pub client_key: ClientKey,
    /// What the token is asked to be good for, parted by blanks.
    pub scopes: String,
    pub subscription_key: Secret,
}

/// Altinn as an authority.
pub struct Altinn {
    upstream: Arc<Upstream>,
    feed: CatalogueFeed,
    parties: PartiesCache,
    decisions: DecisionCache,
    names: Arc<NameCache>,
    pace: Pace,
}

impl Altinn {
    /// Begins to fetch the catalogue, and waits for nothing. Fails when Altinn could never be asked. Must be called
    /// within an async runtime.
    pub fn start(settings: &AltinnSettings, pace: Pace) -> Result<Self, NoClient> {
        let upstream = Arc::new(Upstream::new(settings, pace.retry)?);
        Ok(Self {
            feed: CatalogueFeed::start(Arc::clone(&upstream), pace),
            parties: StaleCache::new(pace.authorized_parties, pace.after_failure, MAX_PARTIES_WEIGHT),
            decisions: StaleCache::new(pace.decisions, pace.after_failure, MAX_DECISIONS_WEIGHT),
            names: Arc::new(StaleCache::new(pace.names, pace.after_failure, MAX_NAMES_WEIGHT)),
            upstream,
            pace,
        })
    }

    async fn parties_of(&self, user: &User, parties: &[Party]) -> Result<Arc<AuthorizedParties>, Unavailable> {
        let key = AuthorizedParties::key(&user.id, parties);
        let (upstream, names) = (Arc::clone(&self.upstream), Arc::clone(&self.names));
        let query = key.clone();
        let ask = async move {
            let own = ActorId::from(query.0.clone());
            let answer = AuthorizedParties::ask(query, upstream).await?;
            // It says in passing what the user is called.
            if let Some(name) = answer.own_name() {
                names.put(own, Name::of(name));
            }
            Ok(answer)
        };
        self.parties.get(key, || ask).await
    }
}

impl Authority for Altinn {
    fn rights_of<'a>(&'a self, user: &'a User, parties: &'a [Party]) -> Answer<'a, Arc<Rights>> {
        Box::pin(async move {
            // Without it nothing can be made of what Altinn says, so Altinn need not be asked.
            self.feed.services_and_subjects()?;
            let authorized = self.parties_of(user, parties).await?;
            let catalogue = self.feed.services_and_subjects()?;
            let level = user.level;
            if !authorized.is_long() {
                return Ok(authorized.rights(&catalogue, level));
            }
            Ok(blocking::run(move || authorized.rights(&catalogue, level)).await)
        })
    }

    fn narrows_by_party(&self) -> bool {
        true
    }

    fn decide<'a>(
        &'a self,
        user: &'a User,
        dialog: Subject<'a>,
        questions: &'a BTreeSet<Question>,
    ) -> Answer<'a, BTreeSet<Question>> {
        Box::pin(async move {
            let Some((request, questions)) = Envelope::of(user, dialog, questions) else { return Ok(BTreeSet::new()) };
            let upstream = Arc::clone(&self.upstream);
            let permitted = self.decisions.get(request.key(), || request.ask(questions, upstream)).await?;
            Ok(permitted.0.clone())
        })
    }

    /// In Altinn's order.
    fn parties_of<'a>(&'a self, user: &'a User) -> Answer<'a, Vec<AuthorizedParty>> {
        Box::pin(async move { Ok(self.parties_of(user, &[]).await?.represented().to_vec()) })
    }

    fn evidence_of<'a>(&'a self, user: &'a User, dialog: Subject<'a>, reference: &'a str) -> Answer<'a, Vec<Evidence>> {
        Box::pin(async move {
            let authorized = self.parties_of(user, &[]).await?;
            Ok(authorized.evidence(&*self.feed.services_and_subjects()?, dialog, reference))
        })
    }

    fn facts(&self) -> Result<Facts, Unavailable> {
        Ok(Facts::without_names(self.feed.services()?))
    }

    fn names<'a>(&'a self, actors: &'a BTreeSet<ActorId>) -> Answer<'a, Names> {
        Box::pin(names_of(&self.names, &self.upstream, self.pace.retry, actors))
    }

    fn register(&self) -> Option<&Register> {
        None
    }

    fn show(&self, metrics: &Metrics) {
        self.upstream.show(metrics);
        metrics.show_cache("parties", self.parties.uses());
        metrics.show_cache("decisions", self.decisions.uses());
        metrics.show_cache("names", self.names.uses());
    }
}

impl fmt::Debug for Altinn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Altinn").field("upstream", &self.upstream).field("pace", &self.pace).finish_non_exhaustive()
    }
}

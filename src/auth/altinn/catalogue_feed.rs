//! The catalogue of services, kept up to date by itself. Nobody waits for it: until it is there for the first time, and
//! when it has become too old, there is none.

use super::described::{self, Described};
use super::levels::Levels;
use super::pace::{FeedLimits, Pace};
use super::resource_list::{self, ListedService};
use super::subject_map::SubjectMap;
use super::upstream::{Failure, Upstream};
use crate::auth::authority::Unavailable;
use crate::auth::register::{Catalogue, ResourceEntry, Rule, ServiceOwnerEntry, SubjectEntry};
use crate::error_chain::ErrorChain;
use arc_swap::ArcSwapOption;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

/// Ends with this.
pub(super) struct CatalogueFeed {
    published: Arc<ArcSwapOption<Published>>,
    task: AbortHandle,
}

struct Published {
    catalogue: Arc<Catalogue>,
    /// When services or levels become too old, and when subjects do.
    services_until: Option<Instant>,
    subjects_until: Option<Instant>,
}

/// Something that is fetched from time to time.
struct Part<T> {
    what: &'static str,
    limits: FeedLimits,
    value: T,
    fetched_at: Option<Instant>,
    due: Instant,
}

struct Parts {
    resources: Part<Vec<ListedService>>,
    subjects: Part<SubjectMap>,
    levels: Part<Levels>,
    described: Part<Described>,
}

impl CatalogueFeed {
    pub(super) fn start(upstream: Arc<Upstream>, pace: Pace) -> Self {
        let published = Arc::new(ArcSwapOption::empty());
        let task = tokio::spawn(keep_up_to_date(upstream, pace, Arc::clone(&published))).abort_handle();
        Self { published, task }
    }

    /// For what is told of services.
    pub(super) fn services(&self) -> Result<Arc<Catalogue>, Unavailable> {
        self.at_hand("the list of services", |published| published.services_until)
    }

    /// For rights as well.
    pub(super) fn services_and_subjects(&self) -> Result<Arc<Catalogue>, Unavailable> {
        self.services()?;
        self.at_hand("the map of roles to services", |published| published.subjects_until)
    }

    fn at_hand(
        &self,
        what: &'static str,
        until: impl Fn(&Published) -> Option<Instant>,
    ) -> Result<Arc<Catalogue>, Unavailable> {
        let published = self.published.load();
        let usable = published.as_ref().filter(|it| until(it).is_none_or(|until| Instant::now() < until));
        usable
            .map(|published| Arc::clone(&published.catalogue))
            .ok_or_else(|| Unavailable::because(Failure::NotAtHand(what)))
    }
}

impl Drop for CatalogueFeed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_up_to_date(upstream: Arc<Upstream>, pace: Pace, published: Arc<ArcSwapOption<Published>>) {
    let mut parts = Parts {
        resources: Part::new("the list of services", pace.resources),
        subjects: Part::new("the map of roles to services", pace.subjects),
        levels: Part::new("the levels of services", pace.levels),
        described: Part::new("the names of owners, roles and access packages", pace.described),
    };
    loop {
        let has_changed = parts.update(&upstream, &pace).await;
        parts.publish(has_changed, &published);
        sleep_until(parts.next_due()).await;
    }
}

impl Parts {
    /// Fetches what is due. Returns whether the catalogue is another.
    async fn update(&mut self, upstream: &Arc<Upstream>, pace: &Pace) -> bool {
        let Self { resources, subjects, levels, described } = self;
        let mut has_changed = false;
        if resources.is_due() {
            let fetched = resources.fetch(resource_list::fetch(upstream)).await;
            has_changed |= resources.take(fetched, pace, PartialEq::eq);
            if resources.fetched_at.is_some() && !levels.value.cover(&resources.value) {
                levels.due = levels.due.min(Instant::now());
            }
        }
        if subjects.is_due() {
            let fetched = subjects.fetch(subjects.value.updated(upstream)).await;
            has_changed |= subjects.take(fetched, pace, SubjectMap::says_the_same);
        }
        if resources.fetched_at.is_some() && levels.is_due() {
            let fetched = levels.fetch(levels.value.updated(&resources.value, upstream)).await;
            has_changed |= levels.take(fetched, pace, PartialEq::eq);
            if !levels.value.cover(&resources.value) {
                levels.due = levels.due.min(Instant::now() + pace.after_failure);
            }
        }
        if described.is_due() {
            let fetched = described.fetch(described::fetch(upstream)).await;
            has_changed |= described.take(fetched, pace, PartialEq::eq);
        }
        has_changed
    }

    /// A catalogue that is the same stays the same one, and with it all that was made of it.
    fn publish(&self, has_changed: bool, published: &ArcSwapOption<Published>) {
        let Self { resources, subjects, levels, described: _ } = self;
        if resources.fetched_at.is_none() || subjects.fetched_at.is_none() || levels.fetched_at.is_none() {
            return;
        }
        let known = published.load().as_ref().filter(|_| !has_changed).map(|it| Arc::clone(&it.catalogue));
        published.store(Some(Arc::new(Published {
            catalogue: known.unwrap_or_else(|| Arc::new(self.catalogue())),
            services_until: earlier(resources.until(), levels.until()),
            subjects_until: subjects.until(),
        })));
    }

    fn catalogue(&self) -> Catalogue {
        let named = &self.described.value.owners;
        let mut owners: BTreeMap<_, ServiceOwnerEntry> = BTreeMap::new();
        let mut subjects = BTreeSet::new();
        let mut entries = Vec::with_capacity(self.resources.value.len());
        for service in &self.resources.value {
            owners.entry(service.owner.clone()).or_insert_with(|| ServiceOwnerEntry {
                code: service.owner.clone(),
                org_number: service.owner_number.clone(),
                name: named.get(&service.owner).map(|owner| owner.name.clone()).unwrap_or_default(),
            });
            let of_service: Vec<String> = self.subjects.value.subjects_of(&service.id).map(str::to_owned).collect();
            subjects.extend(of_service.iter().cloned());
            entries.push(ResourceEntry {
                id: service.id.clone(),
                owner: service.owner.clone(),
                resource_type: service.resource_type.clone(),
                name: service.name.clone(),
                description: service.description.clone(),
                delegable: service.delegable,
                minimum_authentication_level: self.levels.value.of(service),
                rules: vec![Rule { subjects: of_service, actions: Vec::new(), attribute: None }],
            });
        }
        for (code, owner) in named {
            if let Some(number) = &owner.number {
                let entry =
                    || ServiceOwnerEntry { code: code.clone(), org_number: number.clone(), name: owner.name.clone() };
                owners.entry(code.clone()).or_insert_with(entry);
            }
        }
        let described = &self.described.value.subjects;
        let subjects = subjects
            .into_iter()
            .map(|urn| SubjectEntry { name: described.get(&urn).cloned().unwrap_or_default(), urn });
        Catalogue::of_services(owners.into_values().collect(), entries, subjects.collect())
    }

    fn next_due(&self) -> Instant {
        let Self { resources, subjects, levels, described } = self;
        let due = resources.due.min(subjects.due).min(described.due);
        // Levels are of services, which come first.
        if resources.fetched_at.is_some() { due.min(levels.due) } else { due }
    }
}

impl<T: Default> Part<T> {
    fn new(what: &'static str, limits: FeedLimits) -> Self {
        Self { what, limits, value: T::default(), fetched_at: None, due: Instant::now() }
    }
}

impl<T> Part<T> {
    fn is_due(&self) -> bool {
        self.due <= Instant::now()
    }

    async fn fetch(&self, fetched: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.limits.hard, fetched).await.unwrap_or(Err(Failure::TookTooLong(self.limits.hard)))
    }

    /// Returns whether it says something else now. After a failure the old one stays, and is asked for again soon.
    fn take(&mut self, fetched: Result<T, Failure>, pace: &Pace, says_the_same: impl Fn(&T, &T) -> bool) -> bool {
        let now = Instant::now();
        match fetched {
            Ok(value) => {
                let has_changed = self.fetched_at.is_none() || !says_the_same(&self.value, &value);
                self.value = value;
                self.fetched_at = Some(now);
                self.due = now + self.limits.every;
                has_changed
            }
            Err(failure) => {
                tracing::warn!(what = self.what, error = %ErrorChain(&failure), "what Altinn says could not be fetched");
                self.due = now + pace.after_failure.min(self.limits.every);
                false
            }
        }
    }

    /// When it becomes too old; `None` if never.
    fn until(&self) -> Option<Instant> {
        self.fetched_at?.checked_add(self.limits.usable)
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

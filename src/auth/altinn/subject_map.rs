//! Which roles and access packages give something on which service.

use super::authorized_parties::service;
use super::upstream::{Failure, Upstream};
use chrono::{DateTime, TimeDelta, Utc};
use dialog_index::domain::ServiceResource;
use reqwest::Url;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

const WHAT: &str = "the subjects of the resource registry";
const PATH: &str = "/resourceregistry/api/v1/resource/updated";
const BATCH: usize = 1000;
/// More would be a list that never ends.
const MAX_BATCHES: usize = 20_000;

/// What all changes up to a time come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SubjectMap {
    /// The URNs of subjects, by service; all in lower case.
    by_service: HashMap<ServiceResource, BTreeSet<String>>,
    newest: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Batch {
    links: Option<Links>,
    data: Vec<Change>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    subject_urn: String,
    resource_urn: String,
    updated_at: DateTime<Utc>,
    #[serde(default)]
    deleted: bool,
}

impl SubjectMap {
    pub(super) fn subjects_of(&self, service: &ServiceResource) -> impl Iterator<Item = &str> {
        self.by_service.get(&service.to_lower()).into_iter().flatten().map(String::as_str)
    }

    /// The map with all that has changed since: whole, or not at all.
    pub(super) async fn updated(&self, upstream: &Upstream) -> Result<Self, Failure> {
        let since = self.newest.map_or(DateTime::UNIX_EPOCH, |newest| newest - TimeDelta::microseconds(1));
        let since = since.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let mut changes: HashMap<(ServiceResource, String), Change> = HashMap::new();
        let mut next = Some(format!("{PATH}?since={since}&limit={BATCH}"));
        for _ in 0..MAX_BATCHES {
            let Some(path) = next.take() else { return Ok(self.with(changes)) };
            let batch: Batch = upstream.get(WHAT, &path, None).await?;
            if !batch.data.is_empty() {
                next = batch.links.and_then(|links| links.next).map(|link| path_of(&link)).transpose()?;
            }
            for change in batch.data {
                let Some(service) = service(&change.resource_urn) else { continue };
                let pair = (service, change.subject_urn.to_lowercase());
                if changes.get(&pair).is_none_or(|known| known.updated_at <= change.updated_at) {
                    changes.insert(pair, change);
                }
            }
        }
        Err(Failure::Wrong { what: WHAT, why: "it does not end" })
    }

    fn with(&self, changes: HashMap<(ServiceResource, String), Change>) -> Self {
        let mut map = self.clone();
        for ((service, subject), change) in changes {
            map.newest = map.newest.max(Some(change.updated_at));
            let subjects = map.by_service.entry(service).or_default();
            if change.deleted {
                subjects.remove(&subject);
            } else {
                subjects.insert(subject);
            }
        }
        map.by_service.retain(|_, subjects| !subjects.is_empty());
        map
    }

    /// Whether both say the same of every service.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.by_service == other.by_service
    }
}

/// The link may name a host that is known only there.
fn path_of(link: &str) -> Result<String, Failure> {
    let base = Url::parse("http://localhost/").expect("it is a URL");
    let url = base.join(link).map_err(|_| Failure::Wrong { what: WHAT, why: "the next address cannot be read" })?;
    Ok(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}

//! The handle that all handlers share.

use crate::auth::dialog_tokens::DialogTokens;
use crate::auth::person_mask::PersonMask;
use crate::auth::{Authority, Facts, Issuers, Unavailable};
use crate::blocking::{self, ThreadOfEachCore};
use crate::metrics::{Metrics, Place, Room};
use crate::telemetry::Traces;
use dialog_index::domain::{ActorId, Timestamp};
use dialog_index::{Dialogs, StoreError, WriteError};
use reqwest::header::{HeaderName, HeaderValue};
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Cheap to clone. The library is synchronous: [`App::blocking`] and [`App::write`] are the places where handlers leave
/// the async threads. Only what the library does at once is done on them.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

/// Behind one pointer, for each layer of the router clones the handle for each request.
#[derive(Debug)]
struct Inner {
    parts: Parts,
    person_mask: PersonMask,
    /// On which writes are made ready.
    write_threads: ThreadOfEachCore,
    metrics: Metrics,
    reads: Arc<Room>,
    writes: Arc<Room>,
}

tokio::task_local! {
    /// The place that the request takes. Its work on other threads goes on when its client is gone, and takes the place
    /// for as long.
    static PLACE: Arc<Place>;
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    pub dialogs: Dialogs,
    pub authority: Box<dyn Authority>,
    pub issuers: Issuers,
    pub dialog_tokens: DialogTokens,
    /// What the outside knows the service by, without a slash at its end.
    pub public_url: String,
    pub limits: Limits,
    pub http: HttpRules,
    pub clock: Clock,
    /// Where spans of requests go, if anywhere.
    pub traces: Option<Arc<Traces>>,
}

/// List limits that are published and enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub end_user_parties: usize,
    pub end_user_service_resources: usize,
    pub end_user_orgs: usize,
    pub end_user_extended_statuses: usize,
    pub service_owner_parties: usize,
    pub service_owner_service_resources: usize,
    pub service_owner_extended_statuses: usize,
}

/// What holds for every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRules {
    /// A longer body is refused.
    pub max_body_bytes: usize,
    /// A request that takes longer is given up.
    pub request_timeout: Duration,
    pub maintenance: Option<Maintenance>,
    /// Whether `/metrics` is beside the operations.
    pub tells_metrics: bool,
    /// A longer path with its query is refused.
    pub max_url_bytes: usize,
    /// More bytes of headers are refused.
    pub max_header_bytes: usize,
    pub max_query_parameters: usize,
    /// More reads at once are refused, and more writes.
    pub max_reads: usize,
    pub max_writes: usize,
    pub rate: Option<Rate>,
    /// Of pages that may call from a browser.
    pub allowed_origins: Origins,
}

/// How many requests one caller may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_second: NonZeroU32,
    /// At once, after a while without any.
    pub burst: NonZeroU32,
    /// Where a proxy tells the caller's address.
    pub address_header: Option<HeaderName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    None,
    Any,
    These(Vec<HeaderValue>),
}

/// The service is closed, until the time given if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub retry_at: Option<Timestamp>,
}

/// Hands over what came of a write.
pub type Tell<T> = Box<dyn FnOnce(Result<T, WriteError>) + Send>;

/// Tells the time of a request.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn wall() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl App {
    pub fn new(parts: Parts) -> Self {
        let write_threads = ThreadOfEachCore::start("make-ready");
        let metrics = Metrics::default();
        parts.issuers.show(&metrics);
        parts.authority.show(&metrics);
        if let Some(traces) = &parts.traces {
            traces.show(&metrics);
        }
        let reads = Arc::new(Room::new(parts.http.max_reads));
        let writes = Arc::new(Room::new(parts.http.max_writes));
        metrics.show_room("read", Arc::clone(&reads));
        metrics.show_room("write", Arc::clone(&writes));
        Self(Arc::new(Inner { parts, person_mask: PersonMask::new(), write_threads, metrics, reads, writes }))
    }

    pub fn dialogs(&self) -> &Dialogs {
        &self.0.parts.dialogs
    }

    pub fn authority(&self) -> &dyn Authority {
        self.0.parts.authority.as_ref()
    }

    /// What is known of services now, and of names as far as they need not be asked for.
    pub fn facts(&self) -> Result<Facts, Unavailable> {
        self.authority().facts()
    }

    /// What is known of services, and the names of these actors.
    pub async fn facts_with_names(
        &self,
        actors: impl FnOnce() -> BTreeSet<ActorId> + Send + 'static,
    ) -> Result<Facts, Unavailable> {
        let facts = self.facts()?;
        if facts.has_all_names() {
            return Ok(facts);
        }
        // They may have to be looked for in a long body.
        let actors = self.blocking(move |_| actors()).await;
        let names = self.authority().names(&actors).await?;
        Ok(facts.with_names(names))
    }

    pub fn issuers(&self) -> &Issuers {
        &self.0.parts.issuers
    }

    pub fn dialog_tokens(&self) -> &DialogTokens {
        &self.0.parts.dialog_tokens
    }

    pub fn public_url(&self) -> &str {
        &self.0.parts.public_url
    }

    pub fn limits(&self) -> &Limits {
        &self.0.parts.limits
    }

    pub fn http(&self) -> &HttpRules {
        &self.0.parts.http
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub fn traces(&self) -> Option<Arc<Traces>> {
        self.0.parts.traces.clone()
    }

    pub fn person_mask(&self) -> PersonMask {
        self.0.person_mask
    }

    /// The time of a request.
    pub fn now(&self) -> Timestamp {
        (self.0.parts.clock.0)()
    }

    /// For requests that change nothing.
    pub fn reads(&self) -> &Arc<Room> {
        &self.0.reads
    }

    /// For all others. Neither kind takes room from the other.
    pub fn writes(&self) -> &Arc<Room> {
        &self.0.writes
    }

    /// Does the work of a request that takes this place.
    pub async fn in_place<T>(place: Arc<Place>, work: impl Future<Output = T>) -> T {
        PLACE.scope(place, work).await
    }

    /// Begins a write on one of few threads. What comes of the write is waited for without one.
    pub async fn write<T: Send + 'static, E: Send + 'static>(
        &self,
        begin: impl FnOnce(&Dialogs, Tell<T>) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<T, WriteError>, E> {
        let (sender, told) = oneshot::channel();
        // Whoever no longer waits for the answer does not need it.
        let tell = Box::new(move |result| drop(sender.send(result)));
        self.begin_writes(move |dialogs| begin(dialogs, tell)).await?;
        Ok(told.await.unwrap_or(Err(StoreError::Stopped.into())))
    }

    /// Begins writes when their turn has come. It comes after that of others which were asked for before.
    pub async fn begin_writes<T: Send + 'static>(&self, begin: impl FnOnce(&Dialogs) -> T + Send + 'static) -> T {
        self.0.write_threads.run(self.in_own_place(begin)).await
    }

    /// Runs library work on a thread that may block.
    pub async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Dialogs) -> T + Send + 'static) -> T {
        blocking::run(self.in_own_place(work)).await
    }

    /// Work that keeps the place of its request until it is done.
    fn in_own_place<T, W: FnOnce(&Dialogs) -> T + Send + 'static>(
        &self,
        work: W,
    ) -> impl FnOnce() -> T + Send + 'static + use<T, W> {
        let (app, place) = (self.clone(), PLACE.try_with(Arc::clone).ok());
        move || {
            let done = work(app.dialogs());
            drop(place);
            done
        }
    }
}

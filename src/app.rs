//! The handle that all handlers share.

use crate::auth::Issuers;
use crate::auth::dialog_tokens::DialogTokens;
use crate::auth::person_mask::PersonMask;
use crate::auth::register::Register;
use dialog_index::{Dialogs, domain::Timestamp};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Cheap to clone. The library is synchronous: [`App::blocking`] is the one place where handlers leave the async
/// threads.
#[derive(Clone, Debug)]
pub struct App {
    parts: Arc<Parts>,
    person_mask: PersonMask,
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    pub dialogs: Dialogs,
    pub register: Register,
    pub issuers: Issuers,
    pub dialog_tokens: DialogTokens,
    /// What the outside knows the service by, without a slash at its end.
    pub public_url: String,
    pub limits: Limits,
    pub http: HttpRules,
    pub clock: Clock,
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
}

/// The service is closed, until the time given if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub retry_at: Option<Timestamp>,
}

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
        Self { parts: Arc::new(parts), person_mask: PersonMask::new() }
    }

    pub fn dialogs(&self) -> &Dialogs {
        &self.parts.dialogs
    }

    pub fn register(&self) -> &Register {
        &self.parts.register
    }

    pub fn issuers(&self) -> &Issuers {
        &self.parts.issuers
    }

    pub fn dialog_tokens(&self) -> &DialogTokens {
        &self.parts.dialog_tokens
    }

    pub fn public_url(&self) -> &str {
        &self.parts.public_url
    }

    pub fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    pub fn http(&self) -> &HttpRules {
        &self.parts.http
    }

    pub fn person_mask(&self) -> PersonMask {
        self.person_mask
    }

    /// The time of a request.
    pub fn now(&self) -> Timestamp {
        (self.parts.clock.0)()
    }

    /// Runs library work on a thread that may block.
    pub async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Dialogs) -> T + Send + 'static) -> T {
        let app = self.clone();
        match tokio::task::spawn_blocking(move || work(app.dialogs())).await {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

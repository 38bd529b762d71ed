//! The handle that all handlers share.

use crate::auth::register::Register;
use dialog_index::{Dialogs, domain::Timestamp};
use std::sync::Arc;

/// Cheap to clone. The library is synchronous: [`App::blocking`] is the one place where handlers leave the async
/// threads.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dialogs: Dialogs,
    register: Register,
    limits: Limits,
}

/// List limits that are published and enforced.
#[derive(Clone, Debug)]
pub struct Limits {
    pub end_user_parties: usize,
    pub end_user_service_resources: usize,
    pub end_user_orgs: usize,
    pub end_user_extended_statuses: usize,
    pub service_owner_parties: usize,
    pub service_owner_service_resources: usize,
    pub service_owner_extended_statuses: usize,
}

impl App {
    pub fn new(dialogs: Dialogs, register: Register, limits: Limits) -> Self {
        Self(Arc::new(Inner { dialogs, register, limits }))
    }

    pub fn dialogs(&self) -> &Dialogs {
        &self.0.dialogs
    }

    pub fn register(&self) -> &Register {
        &self.0.register
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The time of a request.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
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

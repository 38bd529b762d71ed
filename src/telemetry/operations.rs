use super::Traces;
use crate::metrics::{Metrics, Requests};
use axum::http::Method;
use std::collections::HashMap;
use std::sync::Arc;

/// What logs, metrics and traces call a request for which there is no operation.
const NONE: &str = "none";

/// The operations by method and route.
#[derive(Debug)]
pub struct Operations {
    by_route: HashMap<Box<str>, Vec<(Method, Arc<Operation>)>>,
    none: Arc<Operation>,
    metrics: Metrics,
    traces: Option<Arc<Traces>>,
}

/// What is told of the requests of one operation.
#[derive(Debug)]
pub struct Operation {
    /// As the OpenAPI documents call it.
    pub id: Box<str>,
    pub(super) requests: Arc<Requests>,
}

impl Operations {
    /// None yet, to be told of there.
    pub fn told_to(metrics: &Metrics, traces: Option<Arc<Traces>>) -> Self {
        let none = Arc::new(Operation::new(NONE, metrics));
        Self { by_route: HashMap::new(), none, metrics: metrics.clone(), traces }
    }

    /// `route` is as the router has it. Several routes may be one operation.
    pub fn add(&mut self, method: Method, route: &str, id: &str) {
        let operation = Arc::new(Operation::new(id, &self.metrics));
        self.by_route.entry(route.into()).or_default().push((method, operation));
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn traces(&self) -> Option<&Traces> {
        self.traces.as_deref()
    }

    /// `HEAD` is answered by what answers `GET`.
    pub(super) fn of(&self, method: &Method, route: Option<&str>) -> &Arc<Operation> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let operations = route.and_then(|route| self.by_route.get(route));
        let found = operations.and_then(|all| all.iter().find(|(answered, _)| answered == method));
        found.map_or(&self.none, |(_, operation)| operation)
    }
}

impl Operation {
    fn new(id: &str, metrics: &Metrics) -> Self {
        Self { id: id.into(), requests: metrics.requests(id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_called_by_its_operation() {
        let mut operations = Operations::told_to(&Metrics::default(), None);
        operations.add(Method::GET, "/dialogs/{dialogId}", "GetDialog");
        operations.add(Method::PUT, "/dialogs/{dialogId}", "PutDialog");
        let id = |method: Method, route| operations.of(&method, route).id.to_string();
        assert_eq!(id(Method::GET, Some("/dialogs/{dialogId}")), "GetDialog");
        assert_eq!(id(Method::HEAD, Some("/dialogs/{dialogId}")), "GetDialog");
        assert_eq!(id(Method::PUT, Some("/dialogs/{dialogId}")), "PutDialog");
        assert_eq!(id(Method::POST, Some("/dialogs/{dialogId}")), NONE);
        assert_eq!(id(Method::GET, Some("/elsewhere")), NONE);
        assert_eq!(id(Method::GET, None), NONE);
    }
}

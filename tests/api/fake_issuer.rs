//! An issuer of tokens that publishes its keys on the loopback interface.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

pub(crate) const ISSUER: &str = "https://issuer.test/";

/// An issuer whose documents can be changed and whose fetches are counted.
pub(crate) struct FakeIssuer {
    pub(crate) url: String,
    pub(crate) keys: Arc<Mutex<Value>>,
    pub(crate) fetches: Arc<AtomicUsize>,
}

impl FakeIssuer {
    pub(crate) async fn publishing(keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let keys = Arc::new(Mutex::new(keys));
        let fetches = Arc::new(AtomicUsize::new(0));
        let (shown, counted) = (Arc::clone(&keys), Arc::clone(&fetches));
        let metadata = json!({ "issuer": ISSUER, "jwks_uri": format!("{url}/keys") });
        let router = Router::new()
            .route("/metadata", get(async move || Json(metadata)))
            .route("/elsewhere", get(async || Json(json!({ "issuer": ISSUER, "jwks_uri": "http://10.0.0.1/keys" }))))
            .route("/moved", get(async || axum::response::Redirect::permanent("/metadata")))
            .route("/text", get(async || "not JSON"))
            .route("/long", get(async || format!("\"{}\"", "x".repeat(2 << 20))))
            .route(
                "/keys",
                get(async move || {
                    counted.fetch_add(1, Ordering::Relaxed);
                    Json(shown.lock().expect("no panic").clone())
                }),
            );
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, keys, fetches }
    }
}

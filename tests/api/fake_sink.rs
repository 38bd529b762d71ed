//! A receiver of events on the loopback interface, which answers as a test wants it to.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// What the sink does with an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Status(u16),
    /// 200, but late.
    After(Duration),
    /// The connection is closed without an answer.
    Dies,
}

/// An event that came, and whether it was taken.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) event: Value,
    pub(crate) is_taken: bool,
}

/// An address where connections are refused, and that no other sink gets.
pub(crate) struct Address {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Address {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let address = socket.local_addr().expect("an address");
        Self { socket, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/inbox", self.address)
    }
}

pub(crate) struct FakeSink {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl FakeSink {
    pub(crate) fn answering(decide: impl Fn(&Value, usize) -> Reply + Clone + Send + Sync + 'static) -> Self {
        Self::at(Address::new(), decide)
    }

    /// `decide` is told the event, and how many events came before it.
    pub(crate) fn at(
        address: Address,
        decide: impl Fn(&Value, usize) -> Reply + Clone + Send + Sync + 'static,
    ) -> Self {
        let url = address.url();
        let listener = address.socket.listen(1024).expect("it listens");
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let of_handler = Arc::clone(&received);
        let take = async move |headers: HeaderMap, body: Bytes| {
            let event: Value = serde_json::from_slice(&body).expect("an event is JSON");
            let reply = {
                let mut received = of_handler.lock().expect("no panic");
                let reply = decide(&event, received.len());
                let is_taken = matches!(reply, Reply::Status(status) if (200..300).contains(&status));
                received.push(Received { headers, event, is_taken });
                reply
            };
            match reply {
                Reply::Status(status) => StatusCode::from_u16(status).expect("a status"),
                Reply::After(time) => {
                    tokio::time::sleep(time).await;
                    StatusCode::OK
                }
                Reply::Dies => panic!("this sink dies on purpose"),
            }
        };
        let server =
            tokio::spawn(async move { axum::serve(listener, Router::new().route("/inbox", post(take))).await });
        Self { url, received, server }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// The events that were taken, each once, in the order in which they were first.
    pub(crate) fn taken(&self) -> Vec<Value> {
        let mut taken: Vec<Value> = Vec::new();
        for it in self.received().into_iter().filter(|it| it.is_taken) {
            if taken.iter().all(|known| known["id"] != it.event["id"]) {
                taken.push(it.event);
            }
        }
        taken
    }

    /// Waits until something holds of the sink, which it does soon.
    #[track_caller]
    pub(crate) fn until(&self, holds: impl Fn(&Self) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let begun = Instant::now();
            while !holds(self) {
                assert!(begun.elapsed() < Duration::from_secs(20), "{caller}: {:?}", self.received());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

impl Drop for FakeSink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

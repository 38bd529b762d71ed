//! Serves connections until it is told to stop.

mod lingering;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use lingering::LingeringStream;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(10);
/// Further connections wait in the kernel.
const MAX_CONNECTIONS: usize = 10_000;
/// A connection that has not sent the whole head of its next request by then is closed, idle ones too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait after an accept that failed for want of something, most likely of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop` is done, then ends what is under way.
pub async fn serve_until(stop: impl Future<Output = ()>, listener: TcpListener, router: Router) {
    let mut stop = pin!(stop);
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Asked first, for a service that is to stop takes up nothing new.
            biased;
            () = stop.as_mut() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve_connection(stream, peer, router.clone(), stopped.clone()));
                }
                Err(error) if is_of_the_peer(error.kind()) => {}
                Err(error) => {
                    tracing::error!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop((listener, stopping));
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_ended).await.is_err() {
        tracing::warn!("requests under way have been given up after {} seconds", GRACE.as_secs());
    }
}

/// Answers the requests of one connection. When the service stops, the one under way is the last.
async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, mut stopped: watch::Receiver<()>) {
    // Answers are small and awaited: none is held back to fill a packet.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection has no TCP_NODELAY");
    }
    let service = TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    }));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(LingeringStream::new(stream)), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // The sender is only ever dropped, so an error is the news.
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection has ended early");
    }
}

/// The connection, not the listener, is what failed.
fn is_of_the_peer(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

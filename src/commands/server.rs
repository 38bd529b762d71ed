//! A server that runs until it is told to stop.

use anyhow::Context;
use axum::Router;
use axum::serve::ListenerExt;
use dialog_index::Dialogs;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(10);

pub(super) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("the address {address} cannot be listened on"))
}

/// Serves until SIGTERM or SIGINT, then ends what is under way and makes everything stored searchable.
pub(super) async fn run_until_stopped(listener: TcpListener, router: Router, dialogs: Dialogs) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    let (stop, stopped) = oneshot::channel::<()>();
    // Answers are small and awaited: none is held back to fill a packet.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection has no TCP_NODELAY");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // Both ends of the channel mean the same: an end of the other side is a stop too.
        let _ = stopped.await;
    });
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        ended = &mut server => {
            ended?.context("the server has failed")?;
            anyhow::bail!("the server has ended by itself");
        }
        _ = terminated.recv() => tracing::info!("stopping on SIGTERM"),
        _ = interrupted.recv() => tracing::info!("stopping on SIGINT"),
    }
    drop(stop);
    match tokio::time::timeout(GRACE, &mut server).await {
        Ok(ended) => ended?.context("the server has failed")?,
        Err(_) => tracing::warn!("requests under way have been given up after {} seconds", GRACE.as_secs()),
    }
    tokio::task::spawn_blocking(move || dialogs.flush()).await?.context("the index could not be committed")?;
    tracing::info!("stopped");
    Ok(())
}

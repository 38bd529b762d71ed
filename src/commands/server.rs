//! A server that runs until the process is told to stop.

use anyhow::Context;
use axum::Router;
use dialog_index::Dialogs;
use dialogdex::server;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT. From when this is made, they no longer end the process, and none is missed.
pub(super) struct StopSignals {
    terminated: Signal,
    interrupted: Signal,
}

impl StopSignals {
    pub(super) fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminated: signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?,
            interrupted: signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?,
        })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminated.recv() => "SIGTERM",
            _ = self.interrupted.recv() => "SIGINT",
        }
    }
}

pub(super) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("the address {address} cannot be listened on"))
}

/// Serves until SIGTERM or SIGINT, then ends what is under way and makes everything stored searchable. A signal that
/// came during the start counts.
pub(super) async fn run_until_stopped(
    mut signals: StopSignals,
    listener: TcpListener,
    router: Router,
    dialogs: Dialogs,
) -> anyhow::Result<()> {
    let stop = async move {
        let name = signals.next().await;
        tracing::info!("stopping on {name}");
    };
    server::serve_until(stop, listener, router).await;
    tokio::task::spawn_blocking(move || dialogs.flush()).await?.context("the index could not be committed")?;
    tracing::info!("stopped");
    Ok(())
}

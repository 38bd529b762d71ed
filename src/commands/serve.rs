use super::Outcome;
use super::data::{self, ConfigOption};
use super::server::{self, StopSignals};
use anyhow::Context;
use dialogdex::app::{App, Clock, Parts};
use dialogdex::auth::altinn::{self, Altinn};
use dialogdex::auth::dialog_tokens::DialogTokens;
use dialogdex::auth::{Authority, Issuers};
use dialogdex::config::{self, AuthorizationSource, Config};
use dialogdex::events::{self, Delivery, Pace, Sink};
use dialogdex::telemetry::{self, Traces};
use std::io::Write;
use std::sync::Arc;

/// Run the service.
///
/// It stops cleanly on SIGTERM and SIGINT: requests under way have ten seconds to end, then events on their way to the
/// sink five, and a start is ended when the data is open.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// Print every setting with its default and meaning, as a settings file, and do nothing else.
    #[arg(long)]
    print_config: bool,
}

pub(super) fn run(options: Options) -> anyhow::Result<Outcome> {
    if options.print_config {
        std::io::stdout().write_all(config::to_toml().as_bytes())?;
        return Ok(Outcome::Done);
    }
    let config = options.config.load()?;
    telemetry::begin(config.log);
    tokio::runtime::Runtime::new()?.block_on(serve(config))?;
    Ok(Outcome::Done)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let signals = StopSignals::listen()?;
    Issuers::prove_cryptography().await?;
    let listener = server::bind(config.listen).await?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(server::bind(address).await?),
        None => None,
    };
    let address = listener.local_addr()?;
    let (config, dialogs, register, keys) = tokio::task::spawn_blocking(move || {
        let dialogs = data::open_dialogs(&config)?;
        let register = data::open_register(&config, &dialogs)?;
        let keys = data::dialog_token_keys(&config)?;
        anyhow::Ok((config, dialogs, register, keys))
    })
    .await??;
    if config.issuers.is_empty() {
        tracing::warn!("auth.issuers is empty: no token will be believed");
    }
    let public_url = config.public_url.unwrap_or_else(|| format!("http://{address}"));
    let authority: Box<dyn Authority> = match &config.authorization {
        AuthorizationSource::Register => Box::new(Arc::new(register)),
        AuthorizationSource::Altinn(settings) => {
            Box::new(Altinn::start(settings, altinn::Pace::default()).context("Altinn cannot be asked for rights")?)
        }
    };
    let collector = config.otlp_endpoint.as_ref();
    let traces = collector.map(Traces::start).transpose().context("telemetry.otlp_endpoint cannot be used")?;
    let traces = traces.map(Arc::new);
    let app = App::new(Parts {
        dialogs: dialogs.clone(),
        authority,
        issuers: Issuers::new(config.issuers, config.token_rules)?,
        dialog_tokens: DialogTokens::new(&public_url, keys),
        public_url: public_url.clone(),
        limits: config.limits,
        http: config.http,
        clock: Clock::wall(),
        traces: traces.clone(),
    });
    let has_sink = config.sink.is_some();
    let sink =
        config.sink.map(|sink| Sink::new(sink, Pace::default()).context("events.sink cannot be used")).transpose()?;
    if let Some(sink) = &sink {
        sink.show(app.metrics());
    }
    let delivery = sink.map(|sink| Delivery::start(dialogs.clone(), sink, public_url.clone()));
    let clean_up = tokio::spawn(events::clean_up_regularly(dialogs.clone(), config.keep_events, has_sink));
    let known = app.clone();
    tokio::spawn(async move { known.issuers().prepare(known.now()).await });
    let metrics = metrics_listener.map(|listener| {
        let router = dialogdex::metrics_router(app.clone());
        tokio::spawn(dialogdex::server::serve_until(std::future::pending(), listener, router))
    });
    tracing::info!(%address, public_url, "listening");
    let ended = server::run_until_stopped(signals, listener, dialogdex::router(app), dialogs).await;
    clean_up.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    if let Some(delivery) = delivery {
        delivery.stop().await;
    }
    if let Some(traces) = traces {
        tokio::task::spawn_blocking(move || traces.stop()).await?;
    }
    ended
}

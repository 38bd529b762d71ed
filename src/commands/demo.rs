use super::Outcome;
use super::data::{self, say};
use super::server::{self, StopSignals};
use super::token::{self, Bearer};
use anyhow::{Context, bail};
use axum::routing::get;
use axum::{Json, Router};
use dialog_index::Dialogs;
use dialog_index::domain::Timestamp;
use dialogdex::app::{App, Clock, Parts};
use dialogdex::auth::Issuers;
use dialogdex::auth::dialog_tokens::DialogTokens;
use dialogdex::auth::issuers::{IssuerSource, KeySet};
use dialogdex::auth::register::Register;
use dialogdex::auth::signing_key::SigningKey;
use dialogdex::config::Config;
use dialogdex::corpus::import::{self, Event};
use dialogdex::telemetry;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

const REGISTER: &[u8] = include_bytes!("../../fixtures/register.json");
const DIALOGS: &[u8] = include_bytes!("../../fixtures/dialogs.ndjson");

/// Kari Solbakken, who searches, and the tax administration, which writes; both of the fixtures.
const PERSON: &str = "17838411088";
const OWNER: &str = "974761076";
const SERVICE: &str = "urn:altinn:resource:skd-skattemelding";
/// The dialog that the second request writes: always the same, so that it can be repeated.
const DIALOG: &str = "01930e3c-8a00-7c52-9a5f-2f6f4f0a9b11";
const TOKEN_HOURS: u32 = 12;

/// Try the service: with people, services and dialogs to look at, and nothing to set up.
///
/// Needs no other program, no network and no file. It prints where to look and three requests to copy. What is
/// changed is found again at the next start; delete the data folder to begin anew.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the demo keeps its data.
    #[arg(long, value_name = "DIR", default_value = token::DEMO_FOLDER)]
    data: PathBuf,
    /// The address to listen on; port 0 is any.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7214")]
    listen: SocketAddr,
}

pub(super) fn run(options: Options) -> anyhow::Result<Outcome> {
    let mut config = Config::load(None, [])?;
    config.data_dir = options.data;
    config.listen = options.listen;
    config.log.level = tracing::level_filters::LevelFilter::WARN;
    telemetry::begin(config.log);
    tokio::runtime::Runtime::new()?.block_on(serve(config))?;
    Ok(Outcome::Done)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let signals = StopSignals::listen()?;
    Issuers::prove_cryptography().await?;
    let listener = server::bind(config.listen).await?;
    let url = format!("http://{}", reachable(listener.local_addr()?));
    let (config, dialogs, register, keys, issuer) = tokio::task::spawn_blocking(move || {
        let dialogs = data::open_dialogs(&config)?;
        let register = Register::open(&dialogs).context("the register of rights cannot be read")?;
        load_fixtures(&dialogs, &register)?;
        let keys = data::dialog_token_keys(&config)?;
        let issuer = data::demo_issuer_key(&config.data_dir)?;
        anyhow::Ok((config, dialogs, register, keys, issuer))
    })
    .await??;
    let source = IssuerSource::Keys {
        issuer: token::ISSUER.to_owned(),
        keys: KeySet::parse(&json!({ "keys": [issuer.public_jwk()] }))?,
    };
    let app = App::new(Parts {
        dialogs: dialogs.clone(),
        authority: Box::new(Arc::new(register)),
        issuers: Issuers::new(vec![source], config.token_rules)?,
        dialog_tokens: DialogTokens::new(&url, keys),
        public_url: url.clone(),
        limits: config.limits,
        http: config.http,
        clock: Clock::wall(),
        traces: None,
    });
    say(&guide(&url, &config.data_dir.display().to_string(), &issuer, Timestamp::now()))?;
    let router = dialogdex::router(app).merge(issuer_documents(&url, &issuer));
    server::run_until_stopped(signals, listener, router, dialogs).await
}

/// The register comes last: where there is one, everything has been loaded.
fn load_fixtures(dialogs: &Dialogs, register: &Register) -> anyhow::Result<()> {
    if !dialogs.register_rows()?.is_empty() {
        return Ok(());
    }
    let of_fixtures = Register::from_document(REGISTER).context("the register of the fixtures cannot be used")?;
    let mut first_bad = None;
    import::import(DIALOGS, dialogs, &of_fixtures, Timestamp::now(), |event| {
        if let Event::BadLine { number, reason } = event {
            first_bad.get_or_insert((number, reason));
        }
    })?;
    if let Some((number, reason)) = first_bad {
        bail!("line {number} of the fixtures is no dialog: {reason}");
    }
    Ok(register.replace(dialogs, REGISTER)?)
}

/// What the demo's issuer publishes, for other services that are to believe its tokens.
fn issuer_documents(url: &str, issuer: &SigningKey) -> Router {
    let metadata = json!({ "issuer": token::ISSUER, "jwks_uri": format!("{url}/demo/jwks.json") });
    let keys = json!({ "keys": [issuer.public_jwk()] });
    Router::new()
        .route("/demo/.well-known/openid-configuration", get(async move || Json(metadata)))
        .route("/demo/jwks.json", get(async move || Json(keys)))
}

/// What to do first, with requests that work as they are.
fn guide(url: &str, folder: &str, issuer: &SigningKey, at: Timestamp) -> String {
    let sign = |bearer| issuer.sign(&token::claims(&bearer, &[], TOKEN_HOURS, at));
    let person = sign(Bearer::Person { number: PERSON.to_owned(), level: 4 });
    let owner = sign(Bearer::ServiceOwner { number: OWNER.to_owned() });
    let party = format!("urn:altinn:person:identifier-no:{PERSON}");
    let dialog = json!({
        "serviceResource": SERVICE,
        "party": party,
        "status": "RequiresAttention",
        "content": {
            "title": { "value": [{ "languageCode": "nb", "value": "Spørsmål om utleie av hyttebåten din" }] },
            "summary": { "value": [{ "languageCode": "nb", "value": "Vi trenger flere opplysninger om leieinntektene." }] },
        },
    });
    format!(
        "dialogdex runs at {url}, with its data in {folder}\n\
         \n\
         Every operation, to read and to try:  {url}/swagger/\n\
         Tokens for other people and services: dialogdex token --help\n\
         \n\
         1. Kari Solbakken looks through her dialogs, counted by status and by service:\n\
         \n\
         curl -s -H 'Authorization: Bearer {person}' '{url}/api/v1/enduser/dialogs?party={party}&facet=status&facet=serviceResource&limit=3'\n\
         \n\
         2. Skatteetaten writes a dialog to her, or writes it anew:\n\
         \n\
         curl -s -i -X PUT -H 'Authorization: Bearer {owner}' -H 'Content-Type: application/json' --data '{dialog}' '{url}/api/v1/index/dialogs/{DIALOG}'\n\
         \n\
         3. Kari finds it:\n\
         \n\
         curl -s -H 'Authorization: Bearer {person}' '{url}/api/v1/enduser/dialogs?party={party}&search=hytteb%C3%A5t'\n\
         \n\
         The tokens are valid for {TOKEN_HOURS} hours. Stop with Ctrl-C; a new start finds what was written."
    )
}

/// Where to call a service that listens on this address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}

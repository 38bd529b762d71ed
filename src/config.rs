//! Every setting, read once by the process.

mod settings;
mod values;

pub use settings::{SETTINGS, Setting, SettingKind, to_toml};

use crate::app::{HttpRules, Limits};
use crate::auth::altinn::AltinnSettings;
use crate::auth::issuers::{IssuerSource, TokenRules};
use crate::auth::signing_key::KeyComponents;
use crate::events::SinkSettings;
use crate::outbound::OutboundUrl;
use crate::telemetry::{LogFormat, LogRules};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use values::Values;

const MAX_BODY_BYTES: i64 = 1 << 30;
/// What the server reads at all.
const MAX_URL_BYTES: i64 = 65_534;
const MAX_HEADER_BYTES: i64 = 256 << 10;
const MAX_QUERY_PARAMETERS: i64 = 65_534;
const MAX_UNDER_WAY: i64 = 1_000_000;
const MAX_TIMEOUT_SECONDS: i64 = 3600;
const MAX_CACHE_MB: i64 = 1 << 20;
const MAX_CLOCK_SKEW_SECONDS: i64 = 600;
const MAX_KEEP_DAYS: i64 = 36_500;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The highest limit of a list that can be set.
const MAX_LIMIT: i64 = 100_000;

/// What the settings say; [`SETTINGS`] has their names, defaults and meanings.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// Where metrics are told, if not where the service listens.
    pub metrics_listen: Option<SocketAddr>,
    /// Without a slash at its end; `None` is the address that the process listens on.
    pub public_url: Option<String>,
    pub http: HttpRules,
    pub data_dir: PathBuf,
    pub cache_bytes: usize,
    pub items_cache_bytes: usize,
    pub issuers: Vec<IssuerSource>,
    pub token_rules: TokenRules,
    pub authorization: AuthorizationSource,
    /// A document that replaces the register at the start.
    pub register: Option<PathBuf>,
    pub dialog_token_keys: DialogTokenKeySettings,
    /// Where events are sent, if anywhere.
    pub sink: Option<SinkSettings>,
    pub keep_events: Duration,
    pub limits: Limits,
    pub log: LogRules,
    /// Where spans of requests are sent, if anywhere.
    pub otlp_endpoint: Option<OutboundUrl>,
}

/// Who says who may do what.
#[derive(Clone, Debug)]
pub enum AuthorizationSource {
    /// The built-in register.
    Register,
    Altinn(Box<AltinnSettings>),
}

/// Keys that are absent are made and kept in the data folder.
#[derive(Clone, Debug, Default)]
pub struct DialogTokenKeySettings {
    pub primary: Option<KeyComponents>,
    pub secondary: Option<KeyComponents>,
}

/// Why the settings cannot be used. Each names the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the settings file {} cannot be read", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the settings file {} is not TOML: line {line}: {reason}", .path.display())]
    Syntax { path: PathBuf, line: usize, reason: String },
    #[error("{0} is not a setting")]
    UnknownKey(String),
    #[error("{key} must be {expected}")]
    WrongType { key: String, expected: &'static str },
    #[error("{key} cannot be used: {reason}")]
    Impossible { key: String, reason: String },
}

impl Config {
    /// The settings of a file, each overridden by its environment variable.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut values = Values::default();
        if let Some(path) = file {
            let text =
                std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
            let table = text.parse().map_err(|error: toml::de::Error| {
                // What the parser would say by itself is a drawing of several lines.
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
                let reason = error.message().replace('\n', ", ");
                ConfigError::Syntax { path: path.to_owned(), line: before.matches('\n').count() + 1, reason }
            })?;
            values.read_table(&table)?;
        }
        values.read_environment(environment)?;
        Self::from_values(&values)
    }

    fn from_values(values: &Values) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: values.parsed("server.listen", "an address with a port")?,
            metrics_listen: values.address("metrics.listen")?,
            public_url: values.public_url("server.public_url")?,
            http: HttpRules {
                max_body_bytes: values.bytes("server.max_body_bytes", 1..=MAX_BODY_BYTES)?,
                request_timeout: Duration::from_secs(
                    values.integer("server.request_timeout_seconds", 1..=MAX_TIMEOUT_SECONDS)?.unsigned_abs(),
                ),
                maintenance: values.maintenance("server.maintenance")?,
                max_url_bytes: values.bytes("server.max_url_bytes", 1024..=MAX_URL_BYTES)?,
                max_header_bytes: values.bytes("server.max_header_bytes", 1024..=MAX_HEADER_BYTES)?,
                max_query_parameters: values.bytes("server.max_query_parameters", 1..=MAX_QUERY_PARAMETERS)?,
                max_reads: values.bytes("limits.under_way.reads", 1..=MAX_UNDER_WAY)?,
                max_writes: values.bytes("limits.under_way.writes", 1..=MAX_UNDER_WAY)?,
                rate: values.rate("limits.rate")?,
                allowed_origins: values.origins("server.cors_allowed_origins")?,
                tells_metrics: values.address("metrics.listen")?.is_none(),
            },
            data_dir: values.parsed("data.dir", "a folder")?,
            cache_bytes: values.bytes("data.cache_mb", 1..=MAX_CACHE_MB)? << 20,
            items_cache_bytes: values.bytes("data.items_cache_mb", 0..=MAX_CACHE_MB)? << 20,
            issuers: values.issuers("auth.issuers")?,
            token_rules: TokenRules {
                clock_skew_seconds: u32::try_from(
                    values.integer("auth.clock_skew_seconds", 0..=MAX_CLOCK_SKEW_SECONDS)?,
                )
                .expect("the range is within u32"),
                audience: values.text("auth.audience")?.map(str::to_owned),
            },
            authorization: match values.text("authorization.source")? {
                Some("register") => AuthorizationSource::Register,
                Some("altinn") => AuthorizationSource::Altinn(Box::new(values.altinn("authorization.altinn")?)),
                _ => return Err(values.wrong("authorization.source", "'register' or 'altinn'")),
            },
            register: values.text("authorization.register")?.map(PathBuf::from),
            dialog_token_keys: DialogTokenKeySettings {
                primary: values.key("dialog_tokens.primary")?,
                secondary: values.key("dialog_tokens.secondary")?,
            },
            sink: values.sink("events.sink", "events.token")?,
            keep_events: {
                let days = values.integer("events.keep_days", 1..=MAX_KEEP_DAYS)?;
                DAY * u32::try_from(days).expect("the range is within u32")
            },
            limits: {
                let limit = |key| values.bytes(key, 1..=MAX_LIMIT);
                Limits {
                    end_user_parties: limit("limits.end_user.parties")?,
                    end_user_service_resources: limit("limits.end_user.service_resources")?,
                    end_user_orgs: limit("limits.end_user.orgs")?,
                    end_user_extended_statuses: limit("limits.end_user.extended_statuses")?,
                    service_owner_parties: limit("limits.service_owner.parties")?,
                    service_owner_service_resources: limit("limits.service_owner.service_resources")?,
                    service_owner_extended_statuses: limit("limits.service_owner.extended_statuses")?,
                }
            },
            log: LogRules {
                format: match values.text("log.format")? {
                    Some("text") => LogFormat::Text,
                    Some("json") => LogFormat::Json,
                    _ => return Err(values.wrong("log.format", "'text' or 'json'")),
                },
                level: values.parsed("log.level", "'error', 'warn', 'info', 'debug', 'trace' or 'off'")?,
            },
            otlp_endpoint: values.outbound("telemetry.otlp_endpoint")?,
        })
    }
}

#[cfg(test)]
mod tests;

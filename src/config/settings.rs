//! The names, defaults and meanings of all settings: the one place that says them.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The path in the file, with dots.
    pub key: &'static str,
    pub kind: SettingKind,
    /// As TOML; `None` where leaving it out has a meaning of its own.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
}

/// What a setting holds, which is also how its environment variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    Text,
    Integer,
    /// `"off"`, `"on"`, a boolean, or a table with `retry_at`.
    Maintenance,
    /// A list of `{ name, well_known }`; in an environment variable as TOML.
    Issuers,
    /// `{ kid, private_component, public_component }`.
    Key,
    /// A list of texts; in an environment variable as TOML.
    Texts,
}

use SettingKind::{Integer, Issuers, Key, Maintenance, Text, Texts};

pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "server.listen",
        kind: Text,
        default: Some("\"127.0.0.1:7214\""),
        meaning: "The address to listen on; port 0 is any, and the real one is logged.",
    },
    Setting {
        key: "server.public_url",
        kind: Text,
        default: None,
        meaning: "The address that the outside knows this service by: base of `iss` in dialog tokens and of links. Without it, http:// and the address listened on.",
    },
    Setting {
        key: "server.max_body_bytes",
        kind: Integer,
        default: Some("20000000"),
        meaning: "A longer request body is refused with 413.",
    },
    Setting {
        key: "server.max_url_bytes",
        kind: Integer,
        default: Some("32768"),
        meaning: "A longer path with its query is refused with 414.",
    },
    Setting {
        key: "server.max_header_bytes",
        kind: Integer,
        default: Some("65536"),
        meaning: "More bytes of headers, the token among them, are refused with 431.",
    },
    Setting {
        key: "server.max_query_parameters",
        kind: Integer,
        default: Some("1000"),
        meaning: "More parameters in a query are refused with 400.",
    },
    Setting {
        key: "server.request_timeout_seconds",
        kind: Integer,
        default: Some("30"),
        meaning: "A request that takes longer is given up with 503. A bulk stream ends when nothing comes for as long.",
    },
    Setting {
        key: "server.cors_allowed_origins",
        kind: Texts,
        default: None,
        meaning: "Origins of pages that may call from a browser, such as [\"https://af.altinn.no\"]; [\"*\"] is any. Without it, none may.",
    },
    Setting {
        key: "server.maintenance",
        kind: Maintenance,
        default: Some("\"off\""),
        meaning: "\"on\" answers everything with 503; { retry_at = \"2026-12-01T06:00:00Z\" } also says when to come back.",
    },
    Setting {
        key: "data.dir",
        kind: Text,
        default: Some("\"data\""),
        meaning: "The folder of store, index, keys and lock.",
    },
    Setting {
        key: "data.cache_mb",
        kind: Integer,
        default: Some("1024"),
        meaning: "Memory for the store's cache, in megabytes.",
    },
    Setting {
        key: "data.items_cache_mb",
        kind: Integer,
        default: Some("256"),
        meaning: "Memory for dialogs as lists show them, ready to be shown again, in megabytes; 0 keeps none.",
    },
    Setting {
        key: "auth.issuers",
        kind: Issuers,
        default: None,
        meaning: "Whose tokens are believed: a list of { name = \"…\", well_known = \"https://…\" } with the address of OIDC or OAuth metadata, https or (on this machine only) http.",
    },
    Setting {
        key: "auth.clock_skew_seconds",
        kind: Integer,
        default: Some("2"),
        meaning: "How far the clock of an issuer may be off.",
    },
    Setting {
        key: "auth.audience",
        kind: Text,
        default: None,
        meaning: "If set, tokens must name it as their audience.",
    },
    Setting {
        key: "authorization.source",
        kind: Text,
        default: Some("\"register\""),
        meaning: "Where rights come from: `register` is the built-in one, `altinn` asks Altinn's services.",
    },
    Setting {
        key: "authorization.register",
        kind: Text,
        default: None,
        meaning: "A JSON file that replaces the register at a start when it is not the one that was loaded last, so that a restart undoes no change made since. Otherwise, and without it, the register is as it was left.",
    },
    Setting {
        key: "authorization.altinn.base_url",
        kind: Text,
        default: Some("\"https://platform.altinn.no\""),
        meaning: "Altinn's platform: an https URL, or on this machine http. This and the following are for the source `altinn`.",
    },
    Setting {
        key: "authorization.altinn.cdn_url",
        kind: Text,
        default: Some("\"https://altinncdn.no\""),
        meaning: "Where Altinn publishes the names of service owners.",
    },
    Setting {
        key: "authorization.altinn.maskinporten_url",
        kind: Text,
        default: Some("\"https://maskinporten.no\""),
        meaning: "Maskinporten, whose token is exchanged for one of Altinn's.",
    },
    Setting {
        key: "authorization.altinn.client_id",
        kind: Text,
        default: None,
        meaning: "Who this service is to Maskinporten.",
    },
    Setting {
        key: "authorization.altinn.client_key",
        kind: Text,
        default: None,
        meaning: "The private key of that client: an RSA key as a JWK, its JSON plain or in base64.",
    },
    Setting {
        key: "authorization.altinn.scopes",
        kind: Text,
        default: Some(
            "\"altinn:authorization/authorize.admin altinn:accessmanagement/authorizedparties.admin altinn:register/partylookup.admin\"",
        ),
        meaning: "What the token is asked to be good for, parted by blanks.",
    },
    Setting {
        key: "authorization.altinn.subscription_key",
        kind: Text,
        default: None,
        meaning: "The key that Altinn's gateway asks for.",
    },
    Setting {
        key: "dialog_tokens.primary",
        kind: Key,
        default: None,
        meaning: "The key that signs dialog tokens: { kid, private_component, public_component }, Ed25519 in base64url. Without it, one is made and kept in the data folder.",
    },
    Setting {
        key: "dialog_tokens.secondary",
        kind: Key,
        default: None,
        meaning: "A key that is published but does not sign: the next or the former one.",
    },
    Setting {
        key: "events.sink",
        kind: Text,
        default: None,
        meaning: "Where events are sent as cloud events, by POST: an https URL, or on this machine http. Without it, none are. The first time, it is sent all events that are kept.",
    },
    Setting {
        key: "events.token",
        kind: Text,
        default: None,
        meaning: "What the sink is shown as a bearer token, if anything.",
    },
    Setting {
        key: "events.keep_days",
        kind: Integer,
        default: Some("30"),
        meaning: "How long events are kept, in days; where there is a sink, at least until it has them.",
    },
    Setting {
        key: "limits.end_user.parties",
        kind: Integer,
        default: Some("100"),
        meaning: "How many parties an end user's search may name; published, like the other limits.",
    },
    Setting {
        key: "limits.end_user.service_resources",
        kind: Integer,
        default: Some("20"),
        meaning: "How many services an end user's search may name.",
    },
    Setting {
        key: "limits.end_user.orgs",
        kind: Integer,
        default: Some("20"),
        meaning: "How many service owners an end user's search may name.",
    },
    Setting {
        key: "limits.end_user.extended_statuses",
        kind: Integer,
        default: Some("20"),
        meaning: "How many extended statuses an end user's search may name.",
    },
    Setting {
        key: "limits.service_owner.parties",
        kind: Integer,
        default: Some("20"),
        meaning: "How many parties a service owner's search may name.",
    },
    Setting {
        key: "limits.service_owner.service_resources",
        kind: Integer,
        default: Some("20"),
        meaning: "How many services a service owner's search may name.",
    },
    Setting {
        key: "limits.service_owner.extended_statuses",
        kind: Integer,
        default: Some("20"),
        meaning: "How many extended statuses a service owner's search may name.",
    },
    Setting {
        key: "limits.rate.per_second",
        kind: Integer,
        default: Some("0"),
        meaning: "How many requests a caller may send each second, on average: a user or organisation by its token, others by their address. More are refused with 429. 0 is any number.",
    },
    Setting {
        key: "limits.rate.burst",
        kind: Integer,
        default: Some("100"),
        meaning: "How many of them may come at once after a while without any.",
    },
    Setting {
        key: "limits.rate.address_header",
        kind: Text,
        default: None,
        meaning: "The header in which a proxy tells the caller's address, such as x-forwarded-for; its last address counts. Only for where all requests come through the proxy. Without it, the address of the connection.",
    },
    Setting {
        key: "limits.under_way.reads",
        kind: Integer,
        default: Some("1024"),
        meaning: "How many requests that change nothing may be under way at once. More are refused at once with 503 and Retry-After.",
    },
    Setting {
        key: "limits.under_way.writes",
        kind: Integer,
        default: Some("512"),
        meaning: "The same for all other requests; a bulk stream is one until it ends.",
    },
    Setting {
        key: "log.format",
        kind: Text,
        default: Some("\"text\""),
        meaning: "`text` for people, `json` for machines.",
    },
    Setting {
        key: "log.level",
        kind: Text,
        default: Some("\"info\""),
        meaning: "The least weight that is logged: `error`, `warn`, `info`, `debug`, `trace` or `off`.",
    },
    Setting {
        key: "metrics.listen",
        kind: Text,
        default: None,
        meaning: "An address for `/metrics` alone, such as 127.0.0.1:9214; port 0 is any. Without it, they are beside the operations.",
    },
    Setting {
        key: "telemetry.otlp_endpoint",
        kind: Text,
        default: None,
        meaning: "A collector that takes OTLP over HTTP, such as http://127.0.0.1:4318: an https URL, or on this machine http. Spans of requests are sent below it to /v1/traces. Without it, none are made.",
    },
];

/// All settings with their defaults and meanings, as a file that means the same as none.
pub fn to_toml() -> String {
    let mut text = String::from(
        "# Every setting with its default. An environment variable overrides each: DIALOGDEX_ and the path in upper\n\
         # case, with two underscores between levels, e.g. DIALOGDEX_SERVER__LISTEN.\n",
    );
    let mut open = "";
    for setting in SETTINGS {
        let (section, name) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        if section != open {
            text += &format!("\n[{section}]\n");
            open = section;
        }
        text += &format!("# {}\n", setting.meaning);
        text += &match setting.default {
            Some(default) => format!("{name} = {default}\n"),
            None => format!("# {name} =\n"),
        };
    }
    text
}

pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

use super::*;
use crate::app::{Maintenance, Origins};
use crate::auth::signing_key::SigningKey;
use dialog_index::domain::Timestamp;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dialogdex.toml");
    std::fs::write(&path, file).expect("a file");
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&path), environment).map_err(|error| error.to_string())
}

#[test]
fn every_setting_has_its_name() {
    let keys: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
    assert_eq!(
        keys,
        [
            "server.listen",
            "server.public_url",
            "server.max_body_bytes",
            "server.max_url_bytes",
            "server.max_header_bytes",
            "server.max_query_parameters",
            "server.request_timeout_seconds",
            "server.cors_allowed_origins",
            "server.maintenance",
            "data.dir",
            "data.cache_mb",
            "data.items_cache_mb",
            "auth.issuers",
            "auth.clock_skew_seconds",
            "auth.audience",
            "authorization.source",
            "authorization.register",
            "authorization.altinn.base_url",
            "authorization.altinn.cdn_url",
            "authorization.altinn.maskinporten_url",
            "authorization.altinn.client_id",
            "authorization.altinn.client_key",
            "authorization.altinn.scopes",
            "authorization.altinn.subscription_key",
            "dialog_tokens.primary",
            "dialog_tokens.secondary",
            "events.sink",
            "events.token",
            "events.keep_days",
            "limits.end_user.parties",
            "limits.end_user.service_resources",
            "limits.end_user.orgs",
            "limits.end_user.extended_statuses",
            "limits.service_owner.parties",
            "limits.service_owner.service_resources",
            "limits.service_owner.extended_statuses",
            "limits.rate.per_second",
            "limits.rate.burst",
            "limits.rate.address_header",
            "limits.under_way.reads",
            "limits.under_way.writes",
            "log.format",
            "log.level",
            "metrics.listen",
            "telemetry.otlp_endpoint",
        ]
    );
}

#[test]
fn what_is_printed_means_the_same_as_no_file() {
    let printed = to_toml();
    for setting in SETTINGS {
        let name = setting.key.rsplit('.').next().expect("a name");
        assert!(printed.contains(&format!("# {}\n", setting.meaning)), "{}", setting.key);
        assert!(printed.contains(&format!("\n{name} = ")) || printed.contains(&format!("\n# {name} =\n")), "{name}");
    }
    let printed = load(&printed, &[]).expect("settings");
    let none = Config::load(None, []).expect("settings");
    assert_eq!(format!("{printed:?}"), format!("{none:?}"));
    assert_eq!(none.listen.to_string(), "127.0.0.1:7214");
    assert_eq!(none.http.max_body_bytes, 20_000_000);
    assert_eq!(none.cache_bytes, 1 << 30);
    assert_eq!(none.items_cache_bytes, 256 << 20);
    assert_eq!(none.limits.end_user_parties, 100);
    assert_eq!((none.http.rate, none.http.allowed_origins), (None, Origins::None));
}

#[test]
fn an_environment_variable_overrides_the_file() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\nmaintenance = \"on\"\n[limits.end_user]\nparties = 7\n";
    let config = load(
        file,
        &[
            ("DIALOGDEX_SERVER__LISTEN", "127.0.0.1:2"),
            ("DIALOGDEX_LIMITS__END_USER__ORGS", "9"),
            ("DIALOGDEX_SERVER__MAINTENANCE__RETRY_AT", "2026-07-25T19:20:00+02:00"),
            ("DIALOGDEX_AUTH__ISSUERS", "[{ name = \"test\", well_known = \"http://127.0.0.1:9/metadata\" }]"),
            ("PATH", "/bin"),
        ],
    )
    .expect("settings");
    assert_eq!(config.listen.to_string(), "127.0.0.1:2");
    assert_eq!((config.limits.end_user_parties, config.limits.end_user_orgs), (7, 9));
    assert_eq!(config.issuers.len(), 1);
    let retry_at = Some(Timestamp::from_micros(1_785_000_000_000_000));
    assert_eq!(config.http.maintenance, Some(Maintenance { retry_at }));
}

#[test]
fn maintenance_is_a_word_a_switch_or_a_table() {
    for (value, expected) in [
        ("\"off\"", None),
        ("false", None),
        ("\"on\"", Some(None)),
        ("true", Some(None)),
        ("{}", Some(None)),
        ("{ retry_at = 2026-07-25T17:20:00Z }", Some(Some(Timestamp::from_micros(1_785_000_000_000_000)))),
    ] {
        let config = load(&format!("[server]\nmaintenance = {value}\n"), &[]).expect("settings");
        assert_eq!(config.http.maintenance, expected.map(|retry_at| Maintenance { retry_at }), "{value}");
    }
}

#[test]
fn rates_and_origins_are_read() {
    let file = "[limits.rate]\nper_second = 5\naddress_header = \"X-Forwarded-For\"\n";
    let origins = ("DIALOGDEX_SERVER__CORS_ALLOWED_ORIGINS", "[\"https://af.altinn.no\", \"http://localhost:3000\"]");
    let config = load(file, &[origins]).expect("settings");
    let rate = config.http.rate.expect("a rate");
    assert_eq!((rate.per_second.get(), rate.burst.get()), (5, 100));
    assert_eq!(rate.address_header.expect("a header"), "x-forwarded-for");
    assert!(matches!(&config.http.allowed_origins, Origins::These(origins) if origins.len() == 2));
    let any = load("[server]\ncors_allowed_origins = [\"*\"]\n", &[]).expect("settings");
    assert_eq!(any.http.allowed_origins, Origins::Any);
}

#[test]
fn keys_of_dialog_tokens_are_checked() {
    let key = SigningKey::generate().and_then(|key| key.to_components()).expect("a key");
    let environment = [
        ("DIALOGDEX_DIALOG_TOKENS__PRIMARY__KID", key.kid.as_str()),
        ("DIALOGDEX_DIALOG_TOKENS__PRIMARY__PRIVATE_COMPONENT", key.private_component.as_str()),
        ("DIALOGDEX_DIALOG_TOKENS__PRIMARY__PUBLIC_COMPONENT", key.public_component.as_str()),
    ];
    let config = load("", &environment).expect("settings");
    assert_eq!(config.dialog_token_keys.primary.as_ref(), Some(&key));
    assert!(!format!("{config:?}").contains(&key.private_component), "a private key is shown");
    let error = load("", &environment[..2]).expect_err("a part is missing");
    assert_eq!(error, "dialog_tokens.primary.public_component must be a text");
}

#[test]
fn a_sink_and_its_token_are_not_shown() {
    let environment = [
        ("DIALOGDEX_EVENTS__SINK", "https://events.example/inbox?key=hemmelig"),
        ("DIALOGDEX_EVENTS__TOKEN", "meget-hemmelig"),
        ("DIALOGDEX_EVENTS__KEEP_DAYS", "7"),
    ];
    let config = load("", &environment).expect("settings");
    let sink = config.sink.as_ref().expect("a sink");
    assert_eq!(sink.url.to_string(), environment[0].1);
    assert_eq!(config.keep_events, std::time::Duration::from_secs(7 * 24 * 3600));
    let shown = format!("{config:?}");
    assert!(shown.contains("https://events.example") && !shown.contains("hemmelig"), "{shown}");
    let token = "æ-hemmelig";
    let error = load("", &[environment[0], ("DIALOGDEX_EVENTS__TOKEN", token)]).expect_err("a refusal");
    assert_eq!(error, "events.token cannot be used: must be of visible ASCII characters");
    assert!(Config::load(None, []).expect("settings").sink.is_none());
}

#[test]
fn altinn_is_read_and_its_secrets_are_not_shown() {
    let key = include_str!("../../tests/api/altinn_client_key.json");
    let file = "[authorization]\nsource = \"altinn\"\n[authorization.altinn]\nclient_id = \"me\"\n";
    let subscription_key = ("DIALOGDEX_AUTHORIZATION__ALTINN__SUBSCRIPTION_KEY", "meget-hemmelig");
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, key);
    for given in [key, &encoded] {
        let config = load(file, &[("DIALOGDEX_AUTHORIZATION__ALTINN__CLIENT_KEY", given), subscription_key]);
        let config = config.expect("settings");
        let AuthorizationSource::Altinn(altinn) = &config.authorization else { panic!("{config:?}") };
        assert_eq!(altinn.base_url.to_string(), "https://platform.altinn.no/");
        assert_eq!(altinn.client_id, "me");
        let jwk: serde_json::Value = serde_json::from_str(key).expect("JSON");
        let shown = format!("{config:?}");
        for secret in ["d", "p", "q", "dp", "dq", "qi"].map(|name| jwk[name].as_str().expect("a number")) {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(!shown.contains("hemmelig"), "{shown}");
    }
    let broken = key.replace("\"p\": \"", "\"p\": \"AAAA9");
    let error = load(file, &[("DIALOGDEX_AUTHORIZATION__ALTINN__CLIENT_KEY", broken.as_str()), subscription_key]);
    let error = error.expect_err("a refusal");
    assert_eq!(error, "authorization.altinn.client_key cannot be used: holds numbers that are no RSA key");
}

#[track_caller]
fn check_refused(file: &str, environment: &[(&str, &str)], message: &str) {
    let error = load(file, environment).expect_err("a refusal");
    assert!(error.starts_with(message), "{error}");
}

#[test]
fn what_is_wrong_stops_the_start_by_name() {
    check_refused("[server]\nlisen = \"x\"\n", &[], "server.lisen is not a setting");
    check_refused("colour = 1\n", &[], "colour is not a setting");
    check_refused("server = 1\n", &[], "server must be a table");
    check_refused("[server.listen]\nport = 1\n", &[], "server.listen must be a text");
    check_refused("[server]\nlisten = 7214\n", &[], "server.listen must be a text");
    check_refused("[server]\nlisten = \"localhost\"\n", &[], "server.listen must be an address with a port");
    check_refused("[server]\npublic_url = \"dialogs\"\n", &[], "server.public_url must be an http");
    check_refused("[server]\nmax_body_bytes = 0\n", &[], "server.max_body_bytes cannot be used: 0 is not between 1");
    check_refused("[server]\nmax_body_bytes = \"1\"\n", &[], "server.max_body_bytes must be a whole number");
    check_refused("[server]\nmaintenance = \"maybe\"\n", &[], "server.maintenance must be");
    check_refused("[server.maintenance]\nretry = 1\n", &[], "server.maintenance.retry is not a setting");
    check_refused("[server.maintenance]\nretry_at = \"soon\"\n", &[], "server.maintenance.retry_at must be a time");
    check_refused("[data]\ndir = \"\"\n", &[], "data.dir must be a folder");
    check_refused("[auth]\nissuers = \"x\"\n", &[], "auth.issuers must be a list");
    check_refused("[[auth.issuers]]\nname = \"x\"\n", &[], "auth.issuers[0].well_known must be a text");
    check_refused(
        "[[auth.issuers]]\nname = \"x\"\nwell_known = \"http://example.com\"\n",
        &[],
        "auth.issuers[0].well_known cannot be used: must be an https URL",
    );
    let altinn = |settings: &str| format!("[authorization]\nsource = \"altinn\"\n[authorization.altinn]\n{settings}");
    check_refused(&altinn(""), &[], "authorization.altinn.client_id cannot be used: it must be set");
    check_refused(
        &altinn("client_id = \"x\"\nclient_key = \"not-a-key\"\n"),
        &[],
        "authorization.altinn.client_key cannot be used: must be a private key as a JWK",
    );
    check_refused(
        &altinn("client_id = \"x\"\nclient_key = '{\"kty\":\"RSA\",\"kid\":\"x\",\"n\":\"secret\"}'\n"),
        &[],
        "authorization.altinn.client_key cannot be used: must be an RSA key with",
    );
    check_refused(
        &altinn("base_url = \"http://example.com\"\n"),
        &[],
        "authorization.altinn.base_url cannot be used: must be an https URL",
    );
    check_refused("[authorization]\nsource = \"none\"\n", &[], "authorization.source must be");
    check_refused("[events]\nsink = \"http://10.0.0.1/\"\n", &[], "events.sink cannot be used: must be an https URL");
    check_refused("[events]\nsink = \"https://me@example.com/\"\n", &[], "events.sink cannot be used: a name or");
    check_refused("[events]\nsink = true\n", &[], "events.sink must be a text");
    check_refused("[events]\ntoken = \"x\"\n", &[], "events.token cannot be used: there is no events.sink");
    check_refused("[events]\nkeep_days = 0\n", &[], "events.keep_days cannot be used: 0 is not between 1");
    check_refused("[limits.end_user]\nparties = 100001\n", &[], "limits.end_user.parties cannot be used");
    check_refused(
        "[server]\nmax_url_bytes = 70000\n",
        &[],
        "server.max_url_bytes cannot be used: 70000 is not between",
    );
    check_refused(
        "[server]\ncors_allowed_origins = \"*\"\n",
        &[],
        "server.cors_allowed_origins must be a list of texts",
    );
    for origin in ["https://example.no/", "example.no", "null", "*\", \"https://example.no"] {
        let file = format!("[server]\ncors_allowed_origins = [\"{origin}\"]\n");
        check_refused(&file, &[], "server.cors_allowed_origins cannot be used: '");
    }
    check_refused("[limits.rate]\nburst = 0\n", &[], "limits.rate.burst cannot be used: 0 is not between 1");
    check_refused("[limits.rate]\naddress_header = \"a b\"\n", &[], "limits.rate.address_header cannot be used");
    check_refused("[limits.under_way]\nreads = 0\n", &[], "limits.under_way.reads cannot be used: 0 is not between 1");
    check_refused("[metrics]\nlisten = \"9214\"\n", &[], "metrics.listen must be an address with a port");
    check_refused(
        "[telemetry]\notlp_endpoint = \"http://10.0.0.1:4318\"\n",
        &[],
        "telemetry.otlp_endpoint cannot be used: must be an https URL",
    );
    check_refused("[log]\nlevel = \"loud\"\n", &[], "log.level must be");
    check_refused("", &[("DIALOGDEX_SERVER__LISEN", "x")], "DIALOGDEX_SERVER__LISEN is not a setting");
    check_refused("", &[("DIALOGDEX_DATA__CACHE_MB", "much")], "DIALOGDEX_DATA__CACHE_MB must be a whole number");
    check_refused("", &[("DIALOGDEX_AUTH__ISSUERS", "{")], "DIALOGDEX_AUTH__ISSUERS must be a list");
    check_refused("[", &[], "the settings file");
}

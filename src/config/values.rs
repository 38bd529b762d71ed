//! The values given, by key, and their reading into types. Whatever is wrong names its key.

use super::ConfigError;
use super::settings::{SETTINGS, Setting, SettingKind, setting};
use crate::app::{Maintenance, Origins, Rate};
use crate::auth::altinn::AltinnSettings;
use crate::auth::issuers::IssuerSource;
use crate::auth::signing_key::{KeyComponents, SigningKey};
use crate::events::SinkSettings;
use crate::outbound::{InvalidOutboundUrl, OutboundUrl};
use chrono::{DateTime, Utc};
use dialog_index::domain::Timestamp;
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::FromStr;
use toml::{Table, Value};

const MAX_RATE: i64 = 1_000_000;
const PREFIX: &str = "DIALOGDEX_";

/// What was given, over the defaults.
#[derive(Debug)]
pub(super) struct Values(BTreeMap<&'static str, Value>);

impl Default for Values {
    fn default() -> Self {
        let defaults = SETTINGS.iter().filter_map(|setting| {
            let value = parse_toml(setting.default?).expect("defaults are TOML");
            Some((setting.key, value))
        });
        Self(defaults.collect())
    }
}

impl Values {
    pub(super) fn read_table(&mut self, table: &Table) -> Result<(), ConfigError> {
        self.read_section("", table)
    }

    fn read_section(&mut self, section: &str, table: &Table) -> Result<(), ConfigError> {
        for (name, value) in table {
            let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
            if let Some(setting) = setting(&key) {
                self.0.insert(setting.key, value.clone());
                continue;
            }
            let has_children = SETTINGS.iter().any(|setting| is_below(setting.key, &key));
            match value {
                Value::Table(table) if has_children => self.read_section(&key, table)?,
                _ if has_children => return Err(ConfigError::WrongType { key, expected: "a table" }),
                _ => return Err(ConfigError::UnknownKey(key)),
            }
        }
        Ok(())
    }

    pub(super) fn read_environment(
        &mut self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let mut given: Vec<_> = environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        // A whole table comes before its members.
        given.sort();
        for (name, text) in given {
            let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            if let Some(setting) = setting(&key) {
                let value = from_environment(setting, &text)
                    .ok_or_else(|| ConfigError::WrongType { key: name, expected: expected(setting.kind) })?;
                self.0.insert(setting.key, value);
            } else if let Some((setting, member)) = member_of_table(&key) {
                let value = self.0.entry(setting.key).or_insert_with(|| Value::Table(Table::new()));
                if !value.is_table() {
                    *value = Value::Table(Table::new());
                }
                if let Value::Table(table) = value {
                    table.insert(member.to_owned(), Value::String(text));
                }
            } else {
                return Err(ConfigError::UnknownKey(name));
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, ConfigError> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "a text")),
        }
    }

    /// A setting that has a default.
    pub(super) fn parsed<T: FromStr>(&self, key: &str, expected: &'static str) -> Result<T, ConfigError> {
        let text = self.text(key)?.unwrap_or_default();
        if text.is_empty() {
            return Err(self.wrong(key, expected));
        }
        text.parse().map_err(|_| self.wrong(key, expected))
    }

    pub(super) fn address(&self, key: &str) -> Result<Option<SocketAddr>, ConfigError> {
        let address = self.text(key)?.map(str::parse).transpose();
        address.map_err(|_| self.wrong(key, "an address with a port"))
    }

    pub(super) fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Result<i64, ConfigError> {
        let number = self.0.get(key).and_then(Value::as_integer).ok_or_else(|| self.wrong(key, "a whole number"))?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(self.impossible(key, format!("{number} is not between {} and {}", range.start(), range.end())))
    }

    /// A number of bytes or other things in memory.
    pub(super) fn bytes(&self, key: &str, range: RangeInclusive<i64>) -> Result<usize, ConfigError> {
        let number = self.integer(key, range)?;
        usize::try_from(number).map_err(|error| self.impossible(key, error.to_string()))
    }

    pub(super) fn public_url(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let url = Url::parse(text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
        });
        match url {
            Some(_) => Ok(Some(text.trim_end_matches('/').to_owned())),
            None => Err(self.wrong(key, "an http or https URL without query")),
        }
    }

    pub(super) fn outbound(&self, key: &str) -> Result<Option<OutboundUrl>, ConfigError> {
        self.text(key)?.map(|text| self.read(key, text)).transpose()
    }

    pub(super) fn maintenance(&self, key: &str) -> Result<Option<Maintenance>, ConfigError> {
        match self.0.get(key) {
            None | Some(Value::Boolean(false)) => Ok(None),
            Some(Value::Boolean(true)) => Ok(Some(Maintenance { retry_at: None })),
            Some(Value::String(word)) if word == "off" => Ok(None),
            Some(Value::String(word)) if word == "on" => Ok(Some(Maintenance { retry_at: None })),
            Some(Value::Table(table)) => {
                self.only_members(key, table, &["retry_at"])?;
                let retry_at =
                    table.get("retry_at").map(|time| self.time(&format!("{key}.retry_at"), time)).transpose()?;
                Ok(Some(Maintenance { retry_at }))
            }
            Some(_) => Err(self.wrong(key, expected(SettingKind::Maintenance))),
        }
    }

    /// `*` alone is any.
    pub(super) fn origins(&self, key: &str) -> Result<Origins, ConfigError> {
        let Some(value) = self.0.get(key) else { return Ok(Origins::None) };
        let wrong = || self.wrong(key, expected(SettingKind::Texts));
        let list = value.as_array().ok_or_else(wrong)?.iter();
        let list = list.map(Value::as_str).collect::<Option<Vec<&str>>>().ok_or_else(wrong)?;
        if list == ["*"] {
            return Ok(Origins::Any);
        }
        let origins = list.iter().map(|text| {
            let url = Url::parse(text).ok().filter(|url| url.origin().ascii_serialization() == **text);
            let origin = url.and_then(|_| HeaderValue::from_str(text).ok());
            let reason = || format!("'{text}' is not an origin such as https://example.no, nor '*' alone");
            origin.ok_or_else(|| self.impossible(key, reason()))
        });
        let origins = origins.collect::<Result<Vec<_>, _>>()?;
        Ok(if origins.is_empty() { Origins::None } else { Origins::These(origins) })
    }

    /// The settings below `section`; none where the first of them is 0.
    pub(super) fn rate(&self, section: &str) -> Result<Option<Rate>, ConfigError> {
        let number = |name: &str, least| {
            let number = self.integer(&format!("{section}.{name}"), least..=MAX_RATE)?;
            Ok(NonZeroU32::new(u32::try_from(number).expect("the range is within u32")))
        };
        let header_key = format!("{section}.address_header");
        let header = self.text(&header_key)?.map(|name| self.read(&header_key, name)).transpose()?;
        let (per_second, burst) = (number("per_second", 0)?, number("burst", 1)?);
        let rate = per_second.zip(burst);
        Ok(rate.map(|(per_second, burst)| Rate { per_second, burst, address_header: header }))
    }

    pub(super) fn issuers(&self, key: &str) -> Result<Vec<IssuerSource>, ConfigError> {
        let Some(value) = self.0.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| self.wrong(key, expected(SettingKind::Issuers)))?;
        let issuers = list.iter().enumerate().map(|(at, issuer)| {
            let key = format!("{key}[{at}]");
            let table = issuer.as_table().ok_or_else(|| self.wrong(&key, "a table with name and well_known"))?;
            self.only_members(&key, table, &["name", "well_known"])?;
            let name = self.member(&key, table, "name")?.to_owned();
            let well_known = self.member(&key, table, "well_known")?.parse().map_err(|error: InvalidOutboundUrl| {
                self.impossible(&format!("{key}.well_known"), error.to_string())
            })?;
            Ok(IssuerSource::Metadata { name, well_known })
        });
        issuers.collect()
    }

    /// The settings below `section` for asking Altinn.
    pub(super) fn altinn(&self, section: &str) -> Result<AltinnSettings, ConfigError> {
        let key = |name: &str| format!("{section}.{name}");
        let text = |name: &str| {
            let missing = || self.impossible(&key(name), "it must be set for rights from Altinn".to_owned());
            self.text(&key(name))?.filter(|text| !text.trim().is_empty()).ok_or_else(missing)
        };
        Ok(AltinnSettings {
            base_url: self.read(&key("base_url"), text("base_url")?)?,
            cdn_url: self.read(&key("cdn_url"), text("cdn_url")?)?,
            maskinporten_url: self.read(&key("maskinporten_url"), text("maskinporten_url")?)?,
            client_id: text("client_id")?.to_owned(),
            client_key: self.read(&key("client_key"), text("client_key")?)?,
            scopes: text("scopes")?.to_owned(),
            subscription_key: self.read(&key("subscription_key"), text("subscription_key")?)?,
        })
    }

    fn read<T: FromStr>(&self, key: &str, text: &str) -> Result<T, ConfigError>
    where
        T::Err: ToString,
    {
        text.parse().map_err(|error: T::Err| self.impossible(key, error.to_string()))
    }

    /// Where events are sent, by the keys of the address and of the token.
    pub(super) fn sink(&self, url_key: &str, token_key: &str) -> Result<Option<SinkSettings>, ConfigError> {
        let token = self.text(token_key)?.map(|token| self.read(token_key, token)).transpose()?;
        let Some(url) = self.text(url_key)? else {
            return match token {
                None => Ok(None),
                Some(_) => Err(self.impossible(token_key, format!("there is no {url_key} to show it to"))),
            };
        };
        let url: OutboundUrl =
            url.parse().map_err(|error: InvalidOutboundUrl| self.impossible(url_key, error.to_string()))?;
        if !url.as_url().username().is_empty() || url.as_url().password().is_some() {
            return Err(self.impossible(url_key, format!("a name or password is not sent; {token_key} is")));
        }
        Ok(Some(SinkSettings { url, token }))
    }

    pub(super) fn key(&self, key: &str) -> Result<Option<KeyComponents>, ConfigError> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let table = value.as_table().ok_or_else(|| self.wrong(key, expected(SettingKind::Key)))?;
        self.only_members(key, table, &["kid", "private_component", "public_component"])?;
        let member = |name| self.member(key, table, name).map(str::to_owned);
        let components = KeyComponents {
            kid: member("kid")?,
            private_component: member("private_component")?,
            public_component: member("public_component")?,
        };
        match SigningKey::from_components(&components) {
            Ok(_) => Ok(Some(components)),
            Err(error) => Err(self.impossible(key, error.to_string())),
        }
    }

    pub(super) fn wrong(&self, key: &str, expected: &'static str) -> ConfigError {
        ConfigError::WrongType { key: key.to_owned(), expected }
    }

    fn impossible(&self, key: &str, reason: String) -> ConfigError {
        ConfigError::Impossible { key: key.to_owned(), reason }
    }

    fn time(&self, key: &str, value: &Value) -> Result<Timestamp, ConfigError> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Datetime(time) => time.to_string(),
            _ => String::new(),
        };
        let time = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| self.wrong(key, "a time with its offset, such as 2026-12-01T06:00:00Z"))?;
        Ok(Timestamp::from(time.with_timezone(&Utc)))
    }

    fn only_members(&self, key: &str, table: &Table, known: &[&str]) -> Result<(), ConfigError> {
        match table.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ConfigError::UnknownKey(format!("{key}.{unknown}"))),
            None => Ok(()),
        }
    }

    fn member<'a>(&self, key: &str, table: &'a Table, name: &str) -> Result<&'a str, ConfigError> {
        let text = table.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| self.wrong(&format!("{key}.{name}"), "a text"))
    }
}

fn is_below(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

/// A member of a setting that is a table, e.g. `server.maintenance.retry_at`.
fn member_of_table(key: &str) -> Option<(&'static Setting, &str)> {
    let (table, member) = key.rsplit_once('.')?;
    let setting = setting(table)?;
    matches!(setting.kind, SettingKind::Maintenance | SettingKind::Key).then_some((setting, member))
}

/// `None` where the text cannot be read as this kind.
fn from_environment(setting: &Setting, text: &str) -> Option<Value> {
    match setting.kind {
        SettingKind::Text => Some(Value::String(text.to_owned())),
        SettingKind::Integer => text.trim().parse().ok().map(Value::Integer),
        SettingKind::Maintenance if !text.trim_start().starts_with('{') => match text.parse() {
            Ok(switch) => Some(Value::Boolean(switch)),
            Err(_) => Some(Value::String(text.to_owned())),
        },
        SettingKind::Maintenance | SettingKind::Issuers | SettingKind::Key | SettingKind::Texts => parse_toml(text),
    }
}

fn parse_toml(value: &str) -> Option<Value> {
    format!("value = {value}").parse::<Table>().ok()?.remove("value")
}

fn expected(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Text => "a text",
        SettingKind::Integer => "a whole number",
        SettingKind::Maintenance => "\"off\", \"on\" or a table with retry_at",
        SettingKind::Texts => "a list of texts",
        SettingKind::Issuers => "a list of tables with name and well_known",
        SettingKind::Key => "a table with kid, private_component and public_component",
    }
}

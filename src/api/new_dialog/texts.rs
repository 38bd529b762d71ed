//! Rules of texts: lengths, languages, URIs.

use super::body::Localization;
use super::rules::{Field, Rules};
use crate::api::uri::is_well_formed_uri;
use dialog_index::domain::{self, LanguageCode, Localizations};

/// The longest text without a rule of its own.
pub(super) const MAX_LENGTH: usize = 255;
/// The longest URI, and the longest content value that is not short.
pub(super) const MAX_URI_LENGTH: usize = 1023;

/// Whether a list of localizations may be empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    Required,
    Optional,
}

impl Rules<'_> {
    /// The contract counts characters as UTF-16 does.
    pub(super) fn at_most(&mut self, field: &Field<'_>, text: &str, max: usize) {
        // Bytes are never fewer than UTF-16 units.
        if text.len() > max {
            let length = utf16_length(text);
            if length > max {
                self.refuse(field, format_args!("must be at most {max} characters, but has {length}"));
            }
        }
    }

    pub(super) fn at_least(&mut self, field: &Field<'_>, text: &str, min: usize) {
        let length = utf16_length(text);
        if length < min {
            self.refuse(field, format_args!("must be at least {min} characters, but has {length}"));
        }
    }

    pub(super) fn optional_text(&mut self, field: &Field<'_>, text: Option<String>) -> Option<String> {
        if let Some(text) = &text {
            self.at_most(field, text, MAX_LENGTH);
        }
        text
    }

    pub(super) fn required_text(&mut self, field: &Field<'_>, text: String) -> String {
        if text.trim().is_empty() {
            self.refuse(field, "must not be empty");
        }
        self.at_most(field, &text, MAX_LENGTH);
        text
    }

    pub(super) fn optional_uri(&mut self, field: &Field<'_>, uri: Option<String>) -> Option<String> {
        if let Some(uri) = &uri {
            self.uri(field, uri);
        }
        uri
    }

    pub(super) fn uri(&mut self, field: &Field<'_>, uri: &str) {
        if !is_well_formed_uri(uri) {
            self.refuse(field, "must be a well-formed URI");
        }
        self.at_most(field, uri, MAX_URI_LENGTH);
    }

    pub(super) fn https_url(&mut self, field: &Field<'_>, url: String) -> String {
        if !is_https_url(&url) {
            self.refuse(field, "must be an absolute https URL");
        }
        self.at_most(field, &url, MAX_URI_LENGTH);
        url
    }

    pub(super) fn authorization_attribute(&mut self, field: &Field<'_>, attribute: Option<String>) -> Option<String> {
        if let Some(attribute) = &attribute {
            if !is_authorization_attribute(attribute) {
                self.refuse(
                    field,
                    "must be a name or 'urn:altinn:<type>:<name>', where type and name begin with a letter and go on \
                     with letters, digits, '_' and '-'",
                );
            }
            self.at_most(field, attribute, MAX_LENGTH);
        }
        attribute
    }

    pub(super) fn localizations(
        &mut self,
        field: &Field<'_>,
        texts: Option<Vec<Localization>>,
        max: usize,
        need: Texts,
    ) -> Localizations {
        let texts = texts.unwrap_or_default();
        if texts.is_empty() && need == Texts::Required {
            self.refuse(field, "must not be empty");
        }
        let mut read: Vec<domain::Localization> = Vec::with_capacity(texts.len());
        for (index, Localization { value, language_code }) in texts.into_iter().enumerate() {
            let element = field.element(index);
            let value_field = element.member("value");
            if value.trim().is_empty() {
                self.refuse(&value_field, "must not be empty");
            }
            self.at_most(&value_field, &value, max);
            match LanguageCode::parse(&language_code) {
                Ok(language_code) => read.push(domain::Localization { language_code, value }),
                Err(invalid) => self.refuse(&element.member("languageCode"), invalid),
            }
        }
        self.unique(field, read.iter().map(|text| text.language_code));
        Localizations::new(read)
    }
}

pub(super) fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// An absolute URL with the scheme https and a host.
pub(super) fn is_https_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("https") || !is_well_formed_uri(url) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let address = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match address.rfind(':') {
        Some(colon) if !address.ends_with(']') => (&address[..colon], &address[colon + 1..]),
        _ => (address, ""),
    };
    is_host(host) && (port.is_empty() || port.parse::<u16>().is_ok())
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    host.strip_suffix('.').unwrap_or(host).split('.').all(is_part)
}

fn is_authorization_attribute(text: &str) -> bool {
    const PREFIX: &str = "urn:altinn:";
    match text.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => {
            text[PREFIX.len()..].split_once(':').is_some_and(|(kind, name)| is_name(kind) && is_name(name))
        }
        _ => is_name(text),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_urls() {
        for fine in [
            "https://a",
            "HTTPS://skatt.no/a?b=c#d",
            "https://bruker@skatt.no:8443/",
            "https://[::1]:443/x",
            "https://blåbær.no",
            "https://a.no.",
        ] {
            assert!(is_https_url(fine), "{fine}");
        }
        for broken in [
            "",
            "https:",
            "https://",
            "https:///a",
            "http://a.no",
            "//a.no",
            "a.no",
            "https://a b",
            "https://a:x",
            "https://a:70000",
            "https://.a",
            "https://a..b",
            "https://[::g]",
            "https://a/%zz",
            "ftp://a.no",
            "https//a.no",
            "https://?a",
            "https://:443",
            "javascript:alert(1)//https://a.no",
        ] {
            assert!(!is_https_url(broken), "{broken}");
        }
    }

    #[test]
    fn authorization_attributes() {
        for fine in ["a", "element-1_b", "urn:altinn:resource:app_skd_x", "URN:Altinn:task:Sign", "urn"] {
            assert!(is_authorization_attribute(fine), "{fine}");
        }
        for broken in [
            "",
            " ",
            "1a",
            "a b",
            "æ",
            "urn:altinn:",
            "urn:altinn:a",
            "urn:altinn:a:",
            "urn:altinn::a",
            "a:b",
            "urn:altinn:a:b:c",
        ] {
            assert!(!is_authorization_attribute(broken), "{broken}");
        }
    }

    #[test]
    fn lengths_are_those_of_utf_16() {
        assert_eq!(utf16_length("aæ😀"), 4);
    }
}

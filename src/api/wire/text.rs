use super::Reader;
use dialog_index::domain::{self, Localizations};
use serde::ser::{Serialize, Serializer};
use utoipa::ToSchema;

/// The localizations of one text that a reader is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a>(&'a [domain::Localization]);

/// One text in one language.
#[derive(serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Localization<'a> {
    value: &'a str,
    language_code: &'a str,
}

/// A text with its media type.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContentValue<'a> {
    #[schema(value_type = Vec<Localization>)]
    value: Texts<'a>,
    media_type: &'static str,
    /// Only of references, in answers that tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_authorized: Option<bool>,
}

impl<'a> Texts<'a> {
    pub(crate) fn of(text: &'a Localizations, reader: &Reader<'_>) -> Self {
        Self(reader.languages.select(text))
    }
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0.iter().map(|text| Localization { value: &text.value, language_code: text.language_code.as_str() }),
        )
    }
}

impl<'a> ContentValue<'a> {
    pub(crate) fn of(content: &'a domain::ContentValue, reader: &Reader<'_>) -> Self {
        Self { value: Texts::of(&content.value, reader), media_type: content.media_type.as_str(), is_authorized: None }
    }
}

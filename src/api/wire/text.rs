use super::Reader;
use super::marks::{Marked, Marks};
use dialog_index::domain::{self, Localizations};
use serde::ser::{Serialize, Serializer};
use utoipa::ToSchema;

/// The localizations of one text that a reader is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    texts: &'a [domain::Localization],
    /// Stands in place of every one of them.
    instead: Option<&'static str>,
    marks: Option<&'a Marks>,
}

/// One text in one language.
#[derive(serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Localization<'a> {
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
    pub(crate) fn of(text: &'a Localizations, reader: &Reader<'a>) -> Self {
        Self { texts: reader.languages.select(text), instead: None, marks: reader.marks }
    }

    /// As [`Texts::of`] for a text that the contract leaves out where there is none.
    pub(crate) fn of_optional(text: &'a Localizations, reader: &Reader<'a>) -> Option<Self> {
        Some(Self::of(text, reader)).filter(|shown| !shown.texts.is_empty())
    }

    /// The text in this language, if it is shown.
    pub(super) fn in_language(&self, language: domain::LanguageCode) -> Option<&'a str> {
        self.texts.iter().find(|text| text.language_code == language).map(|text| text.value.as_str())
    }

    pub(super) fn first(&self) -> Option<&'a str> {
        self.texts.first().map(|text| text.value.as_str())
    }
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // There is nothing to choose from one text.
        let marks = self.marks.filter(|_| self.texts.len() > 1);
        let texts = self.texts.iter().map(|text| {
            let value = self.instead.unwrap_or(&text.value);
            let what = Marked::Text(text.language_code);
            Choosable { marks, what, text: Localization { value, language_code: text.language_code.as_str() } }
        });
        match marks {
            Some(marks) => marks.mark(Marked::Texts, || serializer.collect_seq(texts)),
            None => serializer.collect_seq(texts),
        }
    }
}

/// One of several texts.
struct Choosable<'a> {
    marks: Option<&'a Marks>,
    what: Marked,
    text: Localization<'a>,
}

impl Serialize for Choosable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.marks {
            Some(marks) => marks.mark(self.what.clone(), || self.text.serialize(serializer)),
            None => self.text.serialize(serializer),
        }
    }
}

impl<'a> ContentValue<'a> {
    pub(crate) fn of(content: &'a domain::ContentValue, reader: &Reader<'a>) -> Self {
        Self { value: Texts::of(&content.value, reader), media_type: content.media_type.as_str(), is_authorized: None }
    }

    /// The same with this in place of every text, if there is one.
    pub(crate) fn showing_instead(mut self, instead: Option<&'static str>) -> Self {
        self.value.instead = instead;
        self
    }

    pub(crate) fn telling_authorization(self, is_authorized: Option<bool>) -> Self {
        Self { is_authorized, ..self }
    }
}

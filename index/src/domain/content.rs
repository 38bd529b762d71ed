use super::localization::Localizations;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text with its media type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentValue {
    pub media_type: MediaType,
    pub value: Localizations,
}

/// The media types that the contract knows. Old names of the embeds are read and written as the new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaType {
    PlainText,
    Markdown,
    /// Only with the scope for legacy HTML.
    Html,
    /// A URL whose markdown the portal fetches and shows.
    MarkdownEmbed,
    /// As [`MediaType::MarkdownEmbed`] for HTML; only with the scope for legacy HTML.
    HtmlEmbed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a media type of this service")]
pub struct UnknownMediaType;

/// The texts of a dialog. A dialog that is not API-only has at least a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogContent {
    pub title: ContentValue,
    pub non_sensitive_title: Option<ContentValue>,
    pub summary: Option<ContentValue>,
    pub non_sensitive_summary: Option<ContentValue>,
    pub sender_name: Option<ContentValue>,
    pub additional_info: Option<ContentValue>,
    pub extended_status: Option<ContentValue>,
    pub main_content_reference: Option<ContentValue>,
}

impl DialogContent {
    pub fn titled(title: ContentValue) -> Self {
        Self {
            title,
            non_sensitive_title: None,
            summary: None,
            non_sensitive_summary: None,
            sender_name: None,
            additional_info: None,
            extended_status: None,
            main_content_reference: None,
        }
    }
}

/// The texts of a transmission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransmissionContent {
    pub title: ContentValue,
    pub summary: Option<ContentValue>,
    pub content_reference: Option<ContentValue>,
}

impl MediaType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlainText => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::MarkdownEmbed => "application/vnd.dialogporten.frontchannelembed-url;type=text/markdown",
            Self::HtmlEmbed => "application/vnd.dialogporten.frontchannelembed-url;type=text/html",
        }
    }
}

impl FromStr for MediaType {
    type Err = UnknownMediaType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "application/vnd.dialogporten.frontchannelembed+json;type=markdown" => return Ok(Self::MarkdownEmbed),
            "application/vnd.dialogporten.frontchannelembed+json;type=html" => return Ok(Self::HtmlEmbed),
            _ => {}
        }
        [Self::PlainText, Self::Markdown, Self::Html, Self::MarkdownEmbed, Self::HtmlEmbed]
            .into_iter()
            .find(|media_type| media_type.as_str() == text)
            .ok_or(UnknownMediaType)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

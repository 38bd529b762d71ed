use serde::{Deserialize, Serialize};
use std::fmt;

/// A label of the end user's side, shared by all who have access to the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SystemLabel {
    Default = 1,
    Bin = 2,
    Archive = 3,
    MarkedAsUnopened = 4,
    Sent = 5,
}

/// The labels of one dialog as bits, bit = 1 << (id - 1).
///
/// Invariant: exactly one of Default, Bin and Archive is set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SystemLabels(u8);

/// A label that the service owner put on a dialog: 3 to 255 characters, trimmed, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceOwnerLabel(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be between {} and {} characters", ServiceOwnerLabel::MIN_LENGTH, ServiceOwnerLabel::MAX_LENGTH)]
pub struct InvalidServiceOwnerLabel;

impl SystemLabel {
    pub const ALL: [Self; 5] = [Self::Default, Self::Bin, Self::Archive, Self::MarkedAsUnopened, Self::Sent];

    pub fn bit(self) -> u8 {
        1 << (self as u8 - 1)
    }

    /// Default, Bin and Archive say where a dialog is shown; a dialog has one of them.
    pub fn is_place(self) -> bool {
        matches!(self, Self::Default | Self::Bin | Self::Archive)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "Default",
            Self::Bin => "Bin",
            Self::Archive => "Archive",
            Self::MarkedAsUnopened => "MarkedAsUnopened",
            Self::Sent => "Sent",
        }
    }
}

impl SystemLabels {
    const PLACES: u8 = 0b111;

    pub fn contains(self, label: SystemLabel) -> bool {
        self.0 & label.bit() != 0
    }

    /// The labels with one more; a place takes the place of the other two.
    #[must_use]
    pub fn with(self, label: SystemLabel) -> Self {
        let kept = if label.is_place() { self.0 & !Self::PLACES } else { self.0 };
        Self(kept | label.bit())
    }

    /// The labels without one; what is in no other place is in Default.
    #[must_use]
    pub fn without(self, label: SystemLabel) -> Self {
        let rest = self.0 & !label.bit();
        Self(if rest & Self::PLACES == 0 { rest | SystemLabel::Default.bit() } else { rest })
    }

    pub fn iter(self) -> impl Iterator<Item = SystemLabel> {
        SystemLabel::ALL.into_iter().filter(move |label| self.contains(*label))
    }

    /// Default, Bin or Archive.
    pub fn place(self) -> SystemLabel {
        self.iter().find(|label| label.is_place()).unwrap_or(SystemLabel::Default)
    }

    pub fn bits(self) -> u8 {
        self.0
    }
}

impl Default for SystemLabels {
    fn default() -> Self {
        Self(SystemLabel::Default.bit())
    }
}

impl fmt::Debug for SystemLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl ServiceOwnerLabel {
    pub const MIN_LENGTH: usize = 3;
    pub const MAX_LENGTH: usize = 255;
    /// The most labels that one dialog can have.
    pub const MAX_PER_DIALOG: usize = 20;

    pub fn parse(text: &str) -> Result<Self, InvalidServiceOwnerLabel> {
        let label = text.trim().to_lowercase();
        let length = label.chars().count();
        if (Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&length) {
            Ok(Self(label))
        } else {
            Err(InvalidServiceOwnerLabel)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServiceOwnerLabel {
    type Error = InvalidServiceOwnerLabel;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ServiceOwnerLabel> for String {
    fn from(label: ServiceOwnerLabel) -> Self {
        label.0
    }
}

#[cfg(test)]
mod tests {
    use super::SystemLabel::*;
    use super::*;

    #[test]
    fn one_place_at_a_time() {
        let labels = SystemLabels::default().with(MarkedAsUnopened).with(Bin);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [Bin, MarkedAsUnopened]);
        assert_eq!(labels.with(Archive).place(), Archive);
        assert_eq!(labels.without(Bin).place(), Default);
        assert_eq!(labels.without(Default).place(), Bin);
        assert_eq!(SystemLabels::default().without(Default), SystemLabels::default());
    }

    #[test]
    fn service_owner_labels_are_trimmed_and_lower_case() {
        assert_eq!(ServiceOwnerLabel::parse("  Abc ").expect("valid").as_str(), "abc");
        assert!(ServiceOwnerLabel::parse(" ab ").is_err());
        assert!(ServiceOwnerLabel::parse(&"æ".repeat(255)).is_ok());
        assert!(ServiceOwnerLabel::parse(&"æ".repeat(256)).is_err());
    }
}

//! Small dialogs for tests.

use super::{Dialogs, Found, NewDialog, OpenOptions};
use crate::domain::{
    Activity, ActivityId, ActivityType, Actor, Attachment, ContentValue, Dialog, DialogContent, DialogId, DialogStatus,
    LanguageCode, Localization, Localizations, MediaType, Org, Party, ServiceResource, Timestamp, Transmission,
    TransmissionContent, TransmissionId, TransmissionType,
};
use crate::{AuthorizedScope, OpenError};
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const ALICE: &str = "urn:altinn:person:identifier-no:03886595947";

pub(crate) fn text(value: &str) -> ContentValue {
    let value = Localizations::new(vec![Localization { language_code: LanguageCode::NB, value: value.to_owned() }]);
    ContentValue { media_type: MediaType::PlainText, value }
}

/// A dialog of Alice's with `skd`, with this id.
pub(crate) fn new_dialog(id: u128) -> NewDialog {
    NewDialog {
        status: DialogStatus::InProgress,
        content: Some(DialogContent {
            summary: Some(text("Sjekk at opplysningene stemmer")),
            ..DialogContent::titled(text("Skattemelding for 2025"))
        }),
        ..NewDialog::bare(
            DialogId(Uuid::from_u128(id)),
            Org::new("skd"),
            ServiceResource::parse("urn:altinn:resource:skd-skattemelding").expect("a valid resource"),
            Party::parse(ALICE).expect("a valid party"),
        )
    }
}

pub(crate) fn transmission(id: u128, transmission_type: TransmissionType) -> Transmission {
    Transmission {
        id: TransmissionId(Uuid::from_u128(id)),
        idempotent_key: None,
        created_at: Timestamp::from_micros(1_780_000_000_000_000),
        transmission_type,
        extended_type: None,
        external_reference: None,
        authorization_attribute: None,
        related_transmission_id: None,
        sender: Actor::ServiceOwner,
        content: Some(TransmissionContent { title: text("Vedtak"), summary: None, content_reference: None }),
        attachments: Vec::new(),
        navigational_actions: Vec::new(),
    }
}

pub(crate) fn attachment(id: u128) -> Attachment {
    Attachment {
        id: Uuid::from_u128(id),
        display_name: Localizations::default(),
        name: None,
        expires_at: None,
        urls: Vec::new(),
    }
}

pub(crate) fn activity(id: u128, activity_type: ActivityType, transmission: Option<TransmissionId>) -> Activity {
    Activity {
        id: ActivityId(Uuid::from_u128(id)),
        created_at: Timestamp::from_micros(1_780_000_000_000_000),
        activity_type,
        extended_type: None,
        transmission_id: transmission,
        performed_by: Actor::ServiceOwner,
        description: Localizations::default(),
    }
}

/// Dialogs in a folder of their own.
pub(crate) struct TestDialogs {
    pub(crate) dialogs: Dialogs,
    pub(crate) folder: TempDir,
}

impl TestDialogs {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { dialogs: open(folder.path()).expect("a new data folder opens"), folder }
    }

    /// Closes the folder, lets `meanwhile` have it, and opens it again.
    pub(crate) fn reopened(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self { dialogs, folder } = self;
        drop(dialogs);
        meanwhile(folder.path());
        Self { dialogs: open(folder.path()).expect("a data folder opens again"), folder }
    }

    #[track_caller]
    pub(crate) fn get(&self, id: u128) -> Dialog {
        match self.dialogs.get(&owner(), DialogId(Uuid::from_u128(id))).expect("the store reads") {
            Found::Visible(dialog) => dialog,
            other => panic!("the dialog should be there: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn assert_consistent(&self, dialogs: u64) {
        let report = self.dialogs.check().expect("the check runs");
        assert_eq!((report.dialogs, report.differences), (dialogs, Vec::new()));
    }
}

pub(crate) fn open(folder: &Path) -> Result<Dialogs, OpenError> {
    Dialogs::open(folder, &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
}

/// The scope of `skd`.
pub(crate) fn owner() -> AuthorizedScope {
    AuthorizedScope::owned_by(Org::new("skd"))
}

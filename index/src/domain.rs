//! The dialog and its parts: values that cannot be wrong once they exist. No I/O, no clock.
//!
//! The `serde` derives of this module are the store's encoding (postcard: fields by position, variants by
//! index), never the wire format of an API. A field or variant is therefore only ever added together with a
//! new record version in `store::codec`.

mod actor;
mod content;
mod dialog;
mod event;
mod history;
mod label;
mod list_item;
mod localization;
mod parsed;
mod party;
mod resource;
mod time;

pub use actor::{Actor, ActorId};
pub use content::{ContentValue, DialogContent, MediaType, TransmissionContent, UnknownMediaType};
pub use dialog::{
    Activity, ActivityId, ActivityType, ApiAction, ApiEndpoint, Attachment, AttachmentUrl, ConsumerType, Dialog,
    DialogId, DialogStatus, EndUserContext, GuiAction, GuiActionPriority, HttpVerb, NavigationalAction, Revision,
    ServiceOwnerContext, Transmission, TransmissionId, TransmissionType,
};
pub use event::{Event, EventKind};
pub use history::{LabelAction, LabelAssignment, SeenEntry};
pub use label::{InvalidServiceOwnerLabel, ServiceOwnerLabel, SystemLabel, SystemLabels};
pub use list_item::{ListItem, ListItemContent, newest_per_actor};
pub use localization::{InvalidLanguageCode, LanguageCode, Localization, Localizations};
pub use party::{EndUserId, InvalidParty, Party, PartyKind};
pub use resource::{InvalidServiceResource, Org, ServiceResource};
pub use time::Timestamp;

use super::dialog::{ActivityId, ActivityType, DialogId, TransmissionId};
use super::party::Party;
use super::resource::ServiceResource;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that happened to a dialog, as it is told to others. It can still be told when the dialog is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The same however often the event is told.
    pub id: Uuid,
    /// That of the change which the event is part of. Events of one change come one after another.
    pub sequence: u64,
    pub at: Timestamp,
    pub dialog: DialogId,
    pub service_resource: ServiceResource,
    pub party: Party,
    pub process: Option<String>,
    pub preceding_process: Option<String>,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    Created,
    Updated,
    /// Also what was purged without having been deleted.
    Deleted,
    Restored,
    /// There is a new entry in the seen log.
    Seen {
        entry: Uuid,
    },
    TransmissionCreated {
        id: TransmissionId,
        is_from_party: bool,
    },
    ActivityCreated {
        id: ActivityId,
        activity_type: ActivityType,
        extended_type: Option<String>,
    },
}

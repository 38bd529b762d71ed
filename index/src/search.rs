//! The tantivy index: postings and columns over numbers. Knows nothing of the store; everything it is given has
//! been resolved to numbers, and everything it gives back is numbers.

use crate::domain::{DialogStatus, SystemLabels};
use crate::text::DialogText;
use uuid::Uuid;

/// One dialog as the index holds it.
#[derive(Clone, Debug)]
pub(crate) struct IndexRow {
    /// The store's number of the dialog: kept when it is updated.
    pub(crate) number: u64,
    pub(crate) id: Uuid,
    /// Numbers of the store's dictionaries.
    pub(crate) party: u32,
    pub(crate) resource: u32,
    pub(crate) org: u32,
    pub(crate) extended_status: Option<u32>,
    pub(crate) process: Option<u32>,
    pub(crate) service_owner_labels: Vec<u32>,
    pub(crate) external_reference: Option<String>,
    pub(crate) status: DialogStatus,
    pub(crate) system_labels: SystemLabels,
    pub(crate) is_content_seen: bool,
    pub(crate) is_api_only: bool,
    pub(crate) is_deleted: bool,
    /// Microseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) content_updated_at: i64,
    pub(crate) due_at: Option<i64>,
    pub(crate) visible_from: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) text: DialogText,
}

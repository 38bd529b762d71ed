//! One dialog as the index holds it.

use super::fingerprint::Fingerprint;
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

impl IndexRow {
    /// What it occupies, in bytes and roughly.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.text.whole.size() + size_of_val(self.text.open.runs())
    }

    /// A hash of the whole row that is the same in every process: two rows that differ anywhere have, but for an
    /// accident of 32 bits, different ones. Kept beside the row, so that a stale row can be told from a current one.
    pub(crate) fn fingerprint(&self) -> u32 {
        // Destructured, so that a new field cannot be forgotten.
        let Self {
            number,
            id,
            party,
            resource,
            org,
            extended_status,
            process,
            service_owner_labels,
            external_reference,
            status,
            system_labels,
            is_content_seen,
            is_api_only,
            is_deleted,
            created_at,
            updated_at,
            content_updated_at,
            due_at,
            visible_from,
            expires_at,
            text,
        } = self;
        let mut print = Fingerprint::new();
        print.number(*number);
        print.bytes(id.as_bytes());
        for value in [*party, *resource, *org] {
            print.number(u64::from(value));
        }
        for value in [*extended_status, *process] {
            print.optional(value.map(u64::from));
        }
        print.number(service_owner_labels.len() as u64);
        for label in service_owner_labels {
            print.number(u64::from(*label));
        }
        print.optional(external_reference.as_ref().map(|text| text.len() as u64));
        print.bytes(external_reference.as_deref().unwrap_or_default().as_bytes());
        print.number(*status as u64);
        print.number(u64::from(system_labels.bits()));
        for flag in [*is_content_seen, *is_api_only, *is_deleted] {
            print.number(u64::from(flag));
        }
        for time in [*created_at, *updated_at, *content_updated_at] {
            print.number(time.cast_unsigned());
        }
        for time in [*due_at, *visible_from, *expires_at] {
            print.optional(time.map(i64::cast_unsigned));
        }
        let (whole, words) = text.whole.parts();
        print.number(whole.len() as u64);
        print.bytes(whole.as_bytes());
        print.number(words.len() as u64);
        for (end, position) in words {
            print.number(u64::from(*position) << 32 | u64::from(*end));
        }
        print.number(text.open.runs().len() as u64);
        for run in text.open.runs() {
            print.number(u64::from(run.start) << 32 | u64::from(run.end));
        }
        print.finish()
    }
}

//! How a stored dialog becomes a row of the index.

use crate::StoreError;
use crate::domain::Dialog;
use crate::search::IndexRow;
use crate::store::Kind;
use crate::text::DialogText;

/// `number_of` gives names their numbers.
pub(super) fn index_row(
    number: u64,
    dialog: &Dialog,
    text: DialogText,
    mut number_of: impl FnMut(Kind, &str) -> Result<u32, StoreError>,
) -> Result<IndexRow, StoreError> {
    let mut optional = |kind, name: &Option<String>| name.as_ref().map(|name| number_of(kind, name)).transpose();
    let extended_status = optional(Kind::ExtendedStatus, &dialog.extended_status)?;
    let process = optional(Kind::Process, &dialog.process)?;
    let labels = dialog.service_owner_context.labels.iter();
    let service_owner_labels =
        labels.map(|label| number_of(Kind::ServiceOwnerLabel, label.as_str())).collect::<Result<_, _>>()?;
    Ok(IndexRow {
        number,
        id: dialog.id.0,
        party: number_of(Kind::Party, dialog.party.as_str())?,
        resource: number_of(Kind::Resource, dialog.service_resource.to_lower().as_str())?,
        org: number_of(Kind::Org, dialog.org.as_str())?,
        extended_status,
        process,
        service_owner_labels,
        external_reference: dialog.external_reference.clone(),
        status: dialog.status,
        system_labels: dialog.end_user_context.system_labels,
        is_content_seen: dialog.is_content_seen(),
        is_api_only: dialog.is_api_only,
        is_deleted: dialog.deleted_at.is_some(),
        created_at: dialog.created_at.as_micros(),
        updated_at: dialog.updated_at.as_micros(),
        content_updated_at: dialog.content_updated_at.as_micros(),
        due_at: dialog.due_at.map(|time| time.as_micros()),
        visible_from: dialog.visible_from.map(|time| time.as_micros()),
        expires_at: dialog.expires_at.map(|time| time.as_micros()),
        text,
    })
}

//! Exact counts of all hits, in one pass.

use super::candidates::Plan;
use super::selection::{Filters, Selection, Verdict};
use super::snapshot::{Columns, Snapshot};
use crate::IndexError;
use crate::domain::{SystemLabel, Timestamp};
use crate::query::FacetField;
use chrono::Datelike;
use rustc_hash::FxHashMap;
use tantivy::{DocId, TERMINATED};

/// The number of all hits, and what their fields hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SelectionCounts {
    pub(crate) total: u64,
    /// In the order asked for.
    pub(crate) facets: Vec<FacetCounts>,
}

/// How many of the dialogs that pass all filters but the field's own have each value of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FacetCounts {
    pub(crate) field: FacetField,
    /// By the number of the value in its dictionary; for statuses and system labels by the place in their `ALL`; for
    /// flags by 0 and 1; for years by the year.
    pub(crate) by_number: FxHashMap<i64, u64>,
}

pub(super) fn count(
    snapshot: &Snapshot,
    selection: &Selection,
    fields: &[FacetField],
) -> Result<SelectionCounts, IndexError> {
    let plan = Plan::of(selection, snapshot, fields)?;
    let filters = Filters::of(&selection.requested);
    let mut total = 0;
    let mut facets: Vec<FacetCounts> =
        fields.iter().map(|field| FacetCounts { field: *field, by_number: FxHashMap::default() }).collect();
    for segment in &snapshot.segments {
        let columns = segment.columns.as_ref();
        let mut candidates = plan.candidates(segment)?;
        let mut doc = candidates.at_or_after(0);
        while doc != TERMINATED {
            if segment.is_alive(doc) {
                match selection.judge(&filters, columns, doc) {
                    Verdict::Passes => {
                        total += 1;
                        facets.iter_mut().for_each(|facet| facet.add(columns, doc));
                    }
                    Verdict::PassesBut(field) => {
                        let own = |facet: &&mut FacetCounts| facet.field == field;
                        facets.iter_mut().filter(own).for_each(|facet| facet.add(columns, doc));
                    }
                    Verdict::Fails => {}
                }
            }
            doc = candidates.at_or_after(doc + 1);
        }
    }
    Ok(SelectionCounts { total, facets })
}

impl FacetCounts {
    fn add(&mut self, columns: &Columns, doc: DocId) {
        let mut add = |value: i64| *self.by_number.entry(value).or_default() += 1;
        let packed = columns.packed(doc);
        match self.field {
            FacetField::Status => add(i64::from(packed.status())),
            FacetField::SystemLabel => {
                for (place, label) in SystemLabel::ALL.into_iter().enumerate() {
                    if packed.system_labels() & label.bit() != 0 {
                        add(place as i64);
                    }
                }
            }
            FacetField::IsContentSeen => add(i64::from(packed.is_content_seen())),
            FacetField::ServiceResource => add(i64::from(columns.resource[doc as usize])),
            FacetField::Party => add(i64::from(columns.party[doc as usize])),
            FacetField::Org => add(columns.org.get_val(doc).cast_signed()),
            FacetField::ExtendedStatus => {
                columns.extended_status.values_for_doc(doc).map(u64::cast_signed).for_each(add)
            }
            FacetField::Process => columns.process.values_for_doc(doc).map(u64::cast_signed).for_each(add),
            FacetField::ServiceOwnerLabel => {
                columns.service_owner_label.values_for_doc(doc).map(u64::cast_signed).for_each(add);
            }
            FacetField::ContentUpdatedYear => add(year_of(columns.content_updated_at[doc as usize])),
        }
    }
}

/// In UTC.
fn year_of(micros: i64) -> i64 {
    i64::from(Timestamp::from_micros(micros).to_utc().year())
}

//! What a search lets through, in numbers only: who may see it and what was asked. The two are compiled apart and
//! joined in [`Selection::admits`] and [`Selection::judge`] alone.

use super::schema::{Packed, status_place};
use super::snapshot::Columns;
use crate::domain::{DialogStatus, SystemLabel};
use crate::query::{DeletedFilter, FacetField, SortKey};
use crate::text::TextExpr;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use tantivy::DocId;

/// A dialog is a hit when it is permitted and requested.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) permitted: Permitted,
    pub(crate) requested: Requested,
}

/// A set of numbers of one dictionary.
pub(crate) type NumberSet = FxHashSet<u32>;

/// A service owner's number; `None` is one that has no dialog.
pub(crate) type Owner = Option<u32>;

/// What a scope permits. As in the scope, there is no value of it that means "everything".
#[derive(Clone, Debug)]
pub(crate) enum Permitted {
    OwnedBy(Owner),
    Granted(Grants),
    /// What is granted to an end user of one service owner's dialogs, read with the owner's eyes.
    GrantedWithin(Grants, Owner),
}

/// The list rights of one end user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants {
    pub(crate) by_party: Arc<GrantsByParty>,
    pub(crate) delegations: Delegations,
    /// Services whose whole text the user may read.
    pub(crate) readable: Arc<NumberSet>,
}

/// Each party of a user with the services that the user may see for it.
#[derive(Debug, Default)]
pub(crate) struct GrantsByParty {
    /// Place in `resource_sets`.
    pub(crate) set_of_party: FxHashMap<u32, u32>,
    pub(crate) resource_sets: Vec<NumberSet>,
}

/// Single dialogs, each by its number or by a label it carries, with the (party, resource) pairs for which the
/// delegation holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delegations {
    pub(crate) dialogs: FxHashMap<u64, Vec<(u32, u32)>>,
    pub(crate) labels: FxHashMap<u32, Vec<(u32, u32)>>,
}

/// What a filter asks for. A set of values is `None` when the filter does not ask for that field, and empty when
/// nothing can match what it asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requested {
    pub(crate) parties: Option<NumberSet>,
    pub(crate) resources: Option<NumberSet>,
    pub(crate) orgs: Option<NumberSet>,
    pub(crate) extended_statuses: Option<NumberSet>,
    pub(crate) processes: Option<NumberSet>,
    /// The dialog must have a label of each.
    pub(crate) service_owner_labels: Vec<NumberSet>,
    pub(crate) statuses: Vec<DialogStatus>,
    /// The dialog must have all.
    pub(crate) system_labels: Vec<SystemLabel>,
    pub(crate) is_content_seen: Option<bool>,
    pub(crate) exclude_api_only: bool,
    pub(crate) deleted: DeletedFilter,
    pub(crate) created: MicrosRange,
    pub(crate) updated: MicrosRange,
    pub(crate) content_updated: MicrosRange,
    pub(crate) due: MicrosRange,
    pub(crate) visible_from: MicrosRange,
    pub(crate) visible_at: Option<i64>,
    pub(crate) external_reference: Option<String>,
    pub(crate) text: Option<TextExpr>,
}

/// Microseconds since 1970, both ends inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MicrosRange {
    pub(crate) after: Option<i64>,
    pub(crate) before: Option<i64>,
}

impl Selection {
    /// Whether one document is a hit, but for its text and its external reference, which no column holds: those
    /// are in `candidates`.
    pub(super) fn admits(&self, filters: &Filters<'_>, columns: &Columns, doc: DocId) -> bool {
        self.permitted.permits(columns, doc) && filters.pass(columns, doc)
    }
    /// As [`Selection::admits`], telling also which documents miss by one field only. What is not permitted is not
    /// told about.
    pub(super) fn judge(&self, filters: &Filters<'_>, columns: &Columns, doc: DocId) -> Verdict {
        if self.permitted.permits(columns, doc) { filters.judge(columns, doc) } else { Verdict::Fails }
    }
}

impl Permitted {
    fn permits(&self, columns: &Columns, doc: DocId) -> bool {
        let is_owned = |owner: &Owner| owner.is_some_and(|owner| columns.org.get_val(doc) == u64::from(owner));
        match self {
            Self::OwnedBy(owner) => is_owned(owner),
            Self::Granted(grants) => grants.permit(columns, doc),
            Self::GrantedWithin(grants, owner) => is_owned(owner) && grants.permit(columns, doc),
        }
    }

    /// The services whose whole text may be searched; `None` is all of them. Of the others the open text is.
    pub(super) fn readable(&self) -> Option<&NumberSet> {
        match self {
            Self::OwnedBy(_) | Self::GrantedWithin(..) => None,
            Self::Granted(grants) => Some(&grants.readable),
        }
    }
}

impl Grants {
    fn permit(&self, columns: &Columns, doc: DocId) -> bool {
        let (party, resource) = (columns.party[doc as usize], columns.resource[doc as usize]);
        self.by_party.grant(party, resource) || self.delegations.permit(columns, doc, (party, resource))
    }
}

impl GrantsByParty {
    fn grant(&self, party: u32, resource: u32) -> bool {
        let set = self.set_of_party.get(&party).and_then(|place| self.resource_sets.get(*place as usize));
        set.is_some_and(|resources| resources.contains(&resource))
    }
}

impl Delegations {
    fn permit(&self, columns: &Columns, doc: DocId, pair: (u32, u32)) -> bool {
        let by_number = || self.dialogs.get(&columns.number(doc)).is_some_and(|pairs| pairs.contains(&pair));
        let by_label = |label: u64| self.labels.get(&(label as u32)).is_some_and(|pairs| pairs.contains(&pair));
        !self.dialogs.is_empty() && by_number()
            || !self.labels.is_empty() && columns.service_owner_label.values_for_doc(doc).any(by_label)
    }
}

/// The fields that can be counted, each with the filter that its own facet ignores.
const FACET_FIELDS: [FacetField; 10] = [
    FacetField::Status,
    FacetField::SystemLabel,
    FacetField::IsContentSeen,
    FacetField::ServiceResource,
    FacetField::Party,
    FacetField::ContentUpdatedYear,
    FacetField::Org,
    FacetField::ExtendedStatus,
    FacetField::Process,
    FacetField::ServiceOwnerLabel,
];

/// A request, ready to be held against documents.
#[derive(Debug)]
pub(super) struct Filters<'a> {
    requested: &'a Requested,
    /// The fields of which something is asked, cheapest first.
    fields: Vec<FacetField>,
}

/// What the filters say of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passes,
    /// It would pass if nothing were asked of this field.
    PassesBut(FacetField),
    Fails,
}

impl<'a> Filters<'a> {
    pub(super) fn of(requested: &'a Requested) -> Self {
        let is_asked = |field: &FacetField| match field {
            FacetField::Status => !requested.statuses.is_empty(),
            FacetField::SystemLabel => !requested.system_labels.is_empty(),
            FacetField::IsContentSeen => requested.is_content_seen.is_some(),
            FacetField::ServiceResource => requested.resources.is_some(),
            FacetField::Party => requested.parties.is_some(),
            FacetField::ContentUpdatedYear => requested.content_updated != MicrosRange::default(),
            FacetField::Org => requested.orgs.is_some(),
            FacetField::ExtendedStatus => requested.extended_statuses.is_some(),
            FacetField::Process => requested.processes.is_some(),
            FacetField::ServiceOwnerLabel => !requested.service_owner_labels.is_empty(),
        };
        Self { requested, fields: FACET_FIELDS.into_iter().filter(is_asked).collect() }
    }

    fn pass(&self, columns: &Columns, doc: DocId) -> bool {
        self.pass_all_but_fields(columns, doc) && self.fields.iter().all(|field| self.pass_field(*field, columns, doc))
    }

    fn judge(&self, columns: &Columns, doc: DocId) -> Verdict {
        if !self.pass_all_but_fields(columns, doc) {
            return Verdict::Fails;
        }
        let mut failed = self.fields.iter().filter(|field| !self.pass_field(**field, columns, doc));
        match (failed.next(), failed.next()) {
            (None, _) => Verdict::Passes,
            (Some(field), None) => Verdict::PassesBut(*field),
            (Some(_), Some(_)) => Verdict::Fails,
        }
    }

    fn pass_field(&self, field: FacetField, columns: &Columns, doc: DocId) -> bool {
        let requested = self.requested;
        let packed = columns.packed(doc);
        match field {
            FacetField::Status => requested.statuses.iter().any(|status| status_place(*status) == packed.status()),
            FacetField::SystemLabel => {
                requested.system_labels.iter().all(|label| packed.system_labels() & label.bit() != 0)
            }
            FacetField::IsContentSeen => requested.is_content_seen.is_none_or(|seen| packed.is_content_seen() == seen),
            FacetField::ServiceResource => is_any_of(&requested.resources, Some(columns.resource[doc as usize])),
            FacetField::Party => is_any_of(&requested.parties, Some(columns.party[doc as usize])),
            FacetField::ContentUpdatedYear => {
                requested.content_updated.contains(Some(columns.content_updated_at[doc as usize]))
            }
            FacetField::Org => is_any_of(&requested.orgs, Some(columns.org.get_val(doc) as u32)),
            FacetField::ExtendedStatus => {
                is_any_of(&requested.extended_statuses, columns.extended_status.first(doc).map(|value| value as u32))
            }
            FacetField::Process => {
                is_any_of(&requested.processes, columns.process.first(doc).map(|value| value as u32))
            }
            FacetField::ServiceOwnerLabel => requested.service_owner_labels.iter().all(|wanted| {
                columns.service_owner_label.values_for_doc(doc).any(|label| wanted.contains(&(label as u32)))
            }),
        }
    }

    /// The filters that belong to no field that can be counted.
    fn pass_all_but_fields(&self, columns: &Columns, doc: DocId) -> bool {
        let requested = self.requested;
        let packed = columns.packed(doc);
        let is_deleted = packed.has(Packed::DELETED);
        let is_wanted = match requested.deleted {
            DeletedFilter::Exclude => !is_deleted,
            DeletedFilter::Include => true,
            DeletedFilter::Only => is_deleted,
        };
        is_wanted
            && !(requested.exclude_api_only && packed.has(Packed::API_ONLY))
            && requested.visible_at.is_none_or(|at| is_visible(columns, packed, doc, at))
            && requested.created.is_passed_by(|| columns.time(SortKey::CreatedAt, doc))
            && requested.updated.is_passed_by(|| columns.time(SortKey::UpdatedAt, doc))
            && requested.due.is_passed_by(|| columns.time(SortKey::DueAt, doc))
            && requested.visible_from.is_passed_by(|| columns.visible_from.first(doc))
    }
}

/// Visible from its own `visibleFrom` on, and no longer from `expiresAt` on.
fn is_visible(columns: &Columns, packed: Packed, doc: DocId, at: i64) -> bool {
    let has_begun =
        !packed.has(Packed::HAS_VISIBLE_FROM) || columns.visible_from.first(doc).is_some_and(|from| from <= at);
    let has_expired =
        packed.has(Packed::HAS_EXPIRES_AT) && columns.expires_at.first(doc).is_none_or(|expires| expires <= at);
    has_begun && !has_expired
}

fn is_any_of(wanted: &Option<NumberSet>, value: Option<u32>) -> bool {
    wanted.as_ref().is_none_or(|wanted| value.is_some_and(|value| wanted.contains(&value)))
}

impl MicrosRange {
    fn is_passed_by(&self, time: impl FnOnce() -> Option<i64>) -> bool {
        *self == Self::default() || self.contains(time())
    }

    /// No time is in no range but the open one.
    fn contains(&self, time: Option<i64>) -> bool {
        match time {
            None => *self == Self::default(),
            Some(time) => {
                self.after.is_none_or(|after| time >= after) && self.before.is_none_or(|before| time <= before)
            }
        }
    }
}

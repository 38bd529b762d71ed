//! What was asked, ready to be held against dialogs: most of it is answered by one word of bits.

use super::schema::{Packed, status_place};
use super::selection::{MicrosRange, NumberSet, Requested};
use super::values::Values;
use crate::domain::SystemLabel;
use crate::query::{DeletedFilter, FacetField, SortKey};

/// The fields that can be counted, each with the filter that its own facet ignores; cheapest first.
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

/// All but text and external reference, which no column holds: those are for `walk`.
#[derive(Debug)]
pub(super) struct Filters<'a> {
    requested: &'a Requested,
    /// What must hold whatever is counted.
    always: Bits,
    /// What must hold for a hit.
    of_hit: Bits,
    has_ranges: bool,
    /// The fields of which something is asked.
    fields: Vec<FacetField>,
    /// Those of them that bits do not answer.
    fields_of_columns: Vec<FacetField>,
}

/// Packed values with these bits, of these statuses, and with one of these labels, if there are any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits {
    mask: u16,
    wanted: u16,
    statuses: u8,
    any_label: u16,
}

/// What the filters say of one dialog.
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
            FacetField::SystemLabel => !requested.system_labels.is_empty() || !requested.any_system_label.is_empty(),
            FacetField::IsContentSeen => requested.is_content_seen.is_some(),
            FacetField::ServiceResource => requested.resources.is_some(),
            FacetField::Party => requested.parties.is_some(),
            FacetField::ContentUpdatedYear => requested.content_updated != MicrosRange::default(),
            FacetField::Org => requested.orgs.is_some(),
            FacetField::ExtendedStatus => requested.extended_statuses.is_some(),
            FacetField::Process => requested.processes.is_some(),
            FacetField::ServiceOwnerLabel => !requested.service_owner_labels.is_empty(),
        };
        let fields: Vec<FacetField> = FACET_FIELDS.into_iter().filter(is_asked).collect();
        let by_bits = [FacetField::Status, FacetField::SystemLabel, FacetField::IsContentSeen];
        let always = Bits::always(requested);
        Self {
            requested,
            always,
            of_hit: always.and(requested),
            has_ranges: [requested.created, requested.updated, requested.due, requested.visible_from]
                .iter()
                .any(|range| *range != MicrosRange::default()),
            fields_of_columns: fields.iter().copied().filter(|field| !by_bits.contains(field)).collect(),
            fields,
        }
    }

    /// What the packed values tell of a dialog: whoever is not admitted does not [pass](Self::pass) or, with what single
    /// fields ignore, [fails](Self::judge).
    pub(super) fn bits(&self, are_single_fields_ignored: bool) -> Bits {
        if are_single_fields_ignored { self.always } else { self.of_hit }
    }

    #[inline]
    pub(super) fn pass(&self, dialog: impl Values) -> bool {
        self.of_hit.admit(dialog.packed())
            && self.is_visible_in_range(dialog)
            && self.fields_of_columns.iter().all(|field| self.pass_field(*field, dialog))
    }

    pub(super) fn judge(&self, dialog: impl Values) -> Verdict {
        if !self.always.admit(dialog.packed()) || !self.is_visible_in_range(dialog) {
            return Verdict::Fails;
        }
        let mut failed = self.fields.iter().filter(|field| !self.pass_field(**field, dialog));
        match (failed.next(), failed.next()) {
            (None, _) => Verdict::Passes,
            (Some(field), None) => Verdict::PassesBut(*field),
            (Some(_), Some(_)) => Verdict::Fails,
        }
    }

    fn pass_field(&self, field: FacetField, dialog: impl Values) -> bool {
        let requested = self.requested;
        match field {
            FacetField::Status => self.of_hit.statuses & dialog.packed().status_bit() != 0,
            FacetField::SystemLabel => {
                let has = |label: &SystemLabel| dialog.packed().system_labels() & label.bit() != 0;
                let (all, any) = (&requested.system_labels, &requested.any_system_label);
                all.iter().all(has) && (any.is_empty() || any.iter().any(has))
            }
            FacetField::IsContentSeen => {
                requested.is_content_seen.is_none_or(|seen| dialog.packed().is_content_seen() == seen)
            }
            FacetField::ServiceResource => is_any_of(&requested.resources, Some(dialog.resource())),
            FacetField::Party => is_any_of(&requested.parties, Some(dialog.party())),
            FacetField::ContentUpdatedYear => {
                requested.content_updated.contains(dialog.time(SortKey::ContentUpdatedAt))
            }
            FacetField::Org => is_any_of(&requested.orgs, Some(dialog.org())),
            FacetField::ExtendedStatus => is_any_of(&requested.extended_statuses, dialog.extended_status()),
            FacetField::Process => is_any_of(&requested.processes, dialog.process()),
            FacetField::ServiceOwnerLabel => requested
                .service_owner_labels
                .iter()
                .all(|wanted| dialog.service_owner_labels().any(|label| wanted.contains(&label))),
        }
    }

    #[inline]
    fn is_visible_in_range(&self, dialog: impl Values) -> bool {
        self.requested.visible_at.is_none_or(|at| is_visible(dialog, at))
            && (!self.has_ranges || self.is_in_range(dialog))
    }

    fn is_in_range(&self, dialog: impl Values) -> bool {
        let requested = self.requested;
        requested.created.is_passed_by(|| dialog.time(SortKey::CreatedAt))
            && requested.updated.is_passed_by(|| dialog.time(SortKey::UpdatedAt))
            && requested.due.is_passed_by(|| dialog.time(SortKey::DueAt))
            && requested.visible_from.is_passed_by(|| dialog.visible_from())
    }
}

/// Every dialog has one of the labels that are places.
const ANY_LABEL: u16 = u16::MAX;

impl Bits {
    fn always(requested: &Requested) -> Self {
        let mut bits = Self { mask: 0, wanted: 0, statuses: u8::MAX, any_label: ANY_LABEL };
        match requested.deleted {
            DeletedFilter::Exclude => bits.mask |= Packed::DELETED,
            DeletedFilter::Include => {}
            DeletedFilter::Only => bits.want(Packed::DELETED),
        }
        if requested.exclude_api_only {
            bits.mask |= Packed::API_ONLY;
        }
        bits
    }

    /// With what is asked of single fields.
    fn and(mut self, requested: &Requested) -> Self {
        if !requested.statuses.is_empty() {
            self.statuses = requested.statuses.iter().fold(0, |bits, status| bits | 1 << status_place(*status));
        }
        for label in &requested.system_labels {
            self.want(Packed::of_system_label(*label));
        }
        if !requested.any_system_label.is_empty() {
            let labels = requested.any_system_label.iter();
            self.any_label = labels.fold(0, |bits, label| bits | Packed::of_system_label(*label));
        }
        match requested.is_content_seen {
            Some(true) => self.want(Packed::CONTENT_SEEN),
            Some(false) => self.mask |= Packed::CONTENT_SEEN,
            None => {}
        }
        self
    }

    fn want(&mut self, bit: u16) {
        self.mask |= bit;
        self.wanted |= bit;
    }

    #[inline]
    pub(super) fn admit(self, packed: Packed) -> bool {
        let has_label = packed.0 & self.any_label != 0;
        (packed.0 & self.mask == self.wanted) & (packed.status_bit() & self.statuses != 0) & has_label
    }
}

/// Visible from its own `visibleFrom` on, and no longer from `expiresAt` on.
#[inline]
fn is_visible(dialog: impl Values, at: i64) -> bool {
    let packed = dialog.packed();
    let has_begun = !packed.has(Packed::HAS_VISIBLE_FROM) || dialog.visible_from().is_some_and(|from| from <= at);
    let has_expired = packed.has(Packed::HAS_EXPIRES_AT) && dialog.expires_at().is_none_or(|expires| expires <= at);
    has_begun && !has_expired
}

fn is_any_of(wanted: &Option<NumberSet>, value: Option<u32>) -> bool {
    wanted.as_ref().is_none_or(|wanted| value.is_some_and(|value| wanted.contains(&value)))
}

//! What a search lets through, in numbers only: who may see it and what was asked. The two are compiled apart and
//! joined in [`Selection::admits`] and [`Selection::judge`] alone.

use super::filters::{Filters, Verdict};
use super::grants_by_party::{GrantsByParty, LastParty, Services};
use super::snapshot::Row;
use super::values::{Subject, Values};
use crate::domain::{DialogStatus, SystemLabel};
use crate::query::DeletedFilter;
use crate::text::TextExpr;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

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
    pub(crate) delegations: Arc<Delegations>,
    /// Services whose whole text the user may read.
    pub(crate) readable: Arc<NumberSet>,
}

/// The services that are granted for one party and those of its delegated dialogs. `None` is all.
#[derive(Clone, Copy)]
pub(super) struct ServicesOfParty<'a>(Option<(Services<'a>, Services<'a>)>);

impl ServicesOfParty<'_> {
    /// Whoever has none of them is not permitted.
    #[inline]
    pub(super) fn may_permit(self, resource: u32) -> bool {
        self.0.is_none_or(|(granted, delegated)| granted.has(resource) | delegated.has(resource))
    }
}

/// Single dialogs, each by its number or by a label it carries, with the (party, resource) pairs for which the
/// delegation holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delegations {
    dialogs: FxHashMap<u64, Vec<(u32, u32)>>,
    labels: FxHashMap<u32, Vec<(u32, u32)>>,
    /// All the pairs: most dialogs are of none of them.
    pairs: GrantsByParty,
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
    /// The dialog must have one of them, if there are any.
    pub(crate) any_system_label: Vec<SystemLabel>,
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
    /// Whether a dialog is a hit, but for its text and its external reference, which no column holds.
    pub(super) fn admits(&self, filters: &Filters<'_>, dialog: impl Values) -> bool {
        self.permitted.permits(dialog) && filters.pass(dialog)
    }

    /// As [`Selection::admits`], telling also which dialogs miss by one field only. What is not permitted is not
    /// told about. `last` is kept from one dialog to the next.
    pub(super) fn judge<'a>(&'a self, filters: &Filters<'_>, last: &mut LastParty<'a>, dialog: impl Values) -> Verdict {
        if self.permitted.permits_next(last, dialog) { filters.judge(dialog) } else { Verdict::Fails }
    }
}

impl Permitted {
    pub(crate) fn permits(&self, dialog: impl Subject) -> bool {
        self.permits_by(dialog, |grants| grants.by_party.grant(dialog.party(), dialog.resource()))
    }

    #[inline]
    fn permits_next<'a>(&'a self, last: &mut LastParty<'a>, dialog: impl Subject) -> bool {
        self.permits_by(dialog, |grants| grants.by_party.grant_next(last, dialog.party(), dialog.resource()))
    }

    /// `is_granted` looks into the grants by party.
    #[inline]
    fn permits_by<'a>(&'a self, dialog: impl Subject, is_granted: impl FnOnce(&'a Grants) -> bool) -> bool {
        let is_owned = |owner: &Owner| owner.is_some_and(|owner| dialog.org() == owner);
        match self {
            Self::OwnedBy(owner) => is_owned(owner),
            Self::Granted(grants) => is_granted(grants) || grants.delegations.permit(dialog),
            Self::GrantedWithin(grants, owner) => {
                is_owned(owner) && (is_granted(grants) || grants.delegations.permit(dialog))
            }
        }
    }

    /// By party or owner alone. Whoever it refuses is not permitted.
    #[inline]
    pub(super) fn may_permit(&self, Row { party, org, .. }: Row) -> bool {
        match self {
            Self::OwnedBy(owner) | Self::GrantedWithin(_, owner) => owner.is_some_and(|owner| org == owner),
            Self::Granted(grants) => grants.by_party.has_party(party) | grants.delegations.pairs.has_party(party),
        }
    }

    /// By party and service, without a decision in between. Whoever it refuses is not permitted.
    #[inline]
    pub(super) fn may_permit_service(&self, Row { party, resource, .. }: Row) -> bool {
        self.grants().is_none_or(|grants| {
            grants.by_party.grant(party, resource) | grants.delegations.pairs.grant(party, resource)
        })
    }

    /// As [`Permitted::may_permit_service`], for many dialogs of one party.
    #[inline]
    pub(super) fn services_of(&self, party: u32) -> ServicesOfParty<'_> {
        ServicesOfParty(
            self.grants()
                .map(|grants| (grants.by_party.services_of(party), grants.delegations.pairs.services_of(party))),
        )
    }

    pub(super) fn grants(&self) -> Option<&Grants> {
        match self {
            Self::OwnedBy(_) => None,
            Self::Granted(grants) | Self::GrantedWithin(grants, _) => Some(grants),
        }
    }

    pub(super) fn owner(&self) -> Option<Owner> {
        match self {
            Self::OwnedBy(owner) | Self::GrantedWithin(_, owner) => Some(*owner),
            Self::Granted(_) => None,
        }
    }

    /// The services whose whole text may be searched; `None` is all that may be seen at all. Of the others the open
    /// text is.
    pub(super) fn readable(&self) -> Option<&NumberSet> {
        match self {
            Self::OwnedBy(_) | Self::GrantedWithin(..) => None,
            Self::Granted(grants) => Some(grants.readable.as_ref()).filter(|readable| !grants.are_all_in(readable)),
        }
    }
}

impl Grants {
    /// Whether these are all services of which anything may be seen.
    fn are_all_in(&self, services: &NumberSet) -> bool {
        let mut granted = self.by_party.services().iter().chain(self.delegations.pairs.services());
        granted.all(|service| services.contains(service))
    }
}

impl Delegations {
    pub(crate) fn of(dialogs: FxHashMap<u64, Vec<(u32, u32)>>, labels: FxHashMap<u32, Vec<(u32, u32)>>) -> Self {
        let mut resources: FxHashMap<u32, NumberSet> = FxHashMap::default();
        for (party, resource) in dialogs.values().chain(labels.values()).flatten() {
            resources.entry(*party).or_default().insert(*resource);
        }
        let (parties, sets): (Vec<u32>, Vec<NumberSet>) = resources.into_iter().unzip();
        Self { dialogs, labels, pairs: GrantsByParty::of(parties.into_iter().zip(0..).collect(), &sets) }
    }

    /// The dialogs that are named by their numbers.
    pub(super) fn dialogs(&self) -> impl ExactSizeIterator<Item = u64> {
        self.dialogs.keys().copied()
    }

    /// The labels by which dialogs are named.
    pub(super) fn labels(&self) -> impl Iterator<Item = u32> {
        self.labels.keys().copied()
    }

    /// What it occupies, in bytes and roughly.
    pub(crate) fn size(&self) -> usize {
        const OF_ENTRY: usize = 64;
        OF_ENTRY * (self.dialogs.len() + self.labels.len()) + self.pairs.size()
    }

    #[inline]
    fn permit(&self, dialog: impl Subject) -> bool {
        let pair = (dialog.party(), dialog.resource());
        self.pairs.grant(pair.0, pair.1)
            && (self.dialogs.get(&dialog.number()).is_some_and(|pairs| pairs.contains(&pair))
                || dialog
                    .service_owner_labels()
                    .any(|label| self.labels.get(&label).is_some_and(|pairs| pairs.contains(&pair))))
    }

    /// The pairs of a dialog with this number and these labels, read from the lists alone.
    #[cfg(test)]
    pub(super) fn pairs_of(&self, number: u64, labels: &[u32]) -> Vec<(u32, u32)> {
        let by_label = labels.iter().filter_map(|label| self.labels.get(label)).flatten();
        self.dialogs.get(&number).into_iter().flatten().chain(by_label).copied().collect()
    }
}

impl MicrosRange {
    pub(super) fn is_passed_by(&self, time: impl FnOnce() -> Option<i64>) -> bool {
        *self == Self::default() || self.contains(time())
    }

    /// No time is in no range but the open one.
    pub(super) fn contains(&self, time: Option<i64>) -> bool {
        match time {
            None => *self == Self::default(),
            Some(time) => {
                self.after.is_none_or(|after| time >= after) && self.before.is_none_or(|before| time <= before)
            }
        }
    }
}

//! Exact counts of all hits.

use super::filters::Verdict;
use super::grants_by_party::{GrantsByParty, LastParty};
use super::schema::Packed;
use super::selection::Permitted;
use super::values::{Document, Values};
use crate::domain::{SystemLabel, Timestamp};
use crate::query::{FacetField, SortKey};
use chrono::Datelike;
use rustc_hash::FxHashMap;

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
    pub(crate) by_number: ByNumber,
}

/// How often each number was met, ascending by number. None is there without having been met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByNumber(Vec<(i64, u64)>);

/// Counts hits by their fields.
pub(super) struct Counters<'a> {
    fields: &'a [FacetField],
    facets: Vec<Facet<'a>>,
    /// Hits by all that their packed values have of facets, which are not counted by these facets yet.
    by_packed: Vec<u32>,
}

/// The counters, while one segment is gone through.
pub(super) struct CountsOfSegment<'s, 'a> {
    /// Hits that are not counted yet: field by field, many of them are counted faster than one by one.
    waiting: Vec<Document<'s>>,
    counters: &'s mut Counters<'a>,
}

/// The counters of one facet.
struct Facet<'a> {
    field: FacetField,
    tally: Tally<'a>,
}

/// How often each value was met. Small numbers have a place of their own, which is many times faster.
struct Tally<'a> {
    /// What gives parties their places, where the scope names them: their numbers are large, but these are few.
    parties: Option<&'a GrantsByParty>,
    last_party: LastParty<'a>,
    by_place: Vec<u32>,
    /// Numbers that have no place.
    others: FxHashMap<i64, u64>,
}

/// Beyond it, counters would outgrow the processor's cache, and most of them stay 0.
const SMALL: usize = 1 << 14;
/// What was read of so many documents is still in the processor's nearest cache when they are counted.
const WAITING: usize = 256;

impl<'a> Counters<'a> {
    pub(super) fn of(permitted: &'a Permitted, fields: &'a [FacetField]) -> Self {
        let parties = permitted.grants().map(|grants| grants.by_party.as_ref());
        let facet = |field: &FacetField| {
            let parties = parties.filter(|_| *field == FacetField::Party);
            Facet { field: *field, tally: Tally::of(parties) }
        };
        Self::with_facets(fields, fields.iter().map(facet).collect())
    }

    fn with_facets(fields: &'a [FacetField], facets: Vec<Facet<'a>>) -> Self {
        let is_any_packed = facets.iter().any(Facet::is_packed);
        Self { fields, facets, by_packed: if is_any_packed { vec![0; Packed::FACETS] } else { Vec::new() } }
    }

    /// For a part of the hits, whose counts are [added](Self::add) at the end.
    pub(super) fn for_a_part(&self) -> Self {
        let facet = |facet: &Facet<'a>| Facet { field: facet.field, tally: Tally::of(facet.tally.parties) };
        Self::with_facets(self.fields, self.facets.iter().map(facet).collect())
    }

    /// The counts of other hits by the same fields.
    pub(super) fn add(&mut self, others: Self) {
        for (facet, other) in self.facets.iter_mut().zip(others.facets) {
            facet.tally.add(other.tally);
        }
        self.by_packed.iter_mut().zip(others.by_packed).for_each(|(count, more)| *count += more);
    }

    pub(super) fn fields(&self) -> &'a [FacetField] {
        self.fields
    }

    pub(super) fn in_segment<'s>(&'s mut self) -> CountsOfSegment<'s, 'a> {
        CountsOfSegment { waiting: Vec::with_capacity(WAITING), counters: self }
    }

    pub(super) fn count(&mut self, verdict: Verdict, dialog: impl Values) {
        for facet in &mut self.facets {
            if verdict == Verdict::Passes || verdict == Verdict::PassesBut(facet.field) {
                facet.count(std::iter::once(dialog));
            }
        }
    }

    pub(super) fn into_facets(mut self) -> Vec<FacetCounts> {
        for (packed, count) in (0..).map(Packed).zip(self.by_packed).filter(|(_, count)| *count > 0) {
            for facet in &mut self.facets {
                facet.count_packed(packed, count);
            }
        }
        self.facets.into_iter().map(Facet::into_counts).collect()
    }
}

impl<'s> CountsOfSegment<'s, '_> {
    #[inline]
    pub(super) fn count(&mut self, verdict: Verdict, dialog: Document<'s>) {
        if verdict == Verdict::Passes {
            self.waiting.push(dialog);
            if self.waiting.len() == WAITING {
                self.count_waiting();
            }
        } else {
            self.counters.count(verdict, &dialog);
        }
    }

    pub(super) fn finish(mut self) {
        self.count_waiting();
    }

    fn count_waiting(&mut self) {
        let Counters { facets, by_packed, .. } = &mut *self.counters;
        if !by_packed.is_empty() {
            self.waiting.iter().for_each(|dialog| by_packed[dialog.packed().of_facets()] += 1);
        }
        for facet in facets.iter_mut().filter(|facet| !facet.is_packed()) {
            facet.count(self.waiting.iter());
        }
        self.waiting.clear();
    }
}

impl Facet<'_> {
    /// Whether the packed values of a dialog are all that it counts.
    fn is_packed(&self) -> bool {
        matches!(self.field, FacetField::Status | FacetField::SystemLabel | FacetField::IsContentSeen)
    }

    /// Counts so many hits with these packed values, if they are all that it counts.
    fn count_packed(&mut self, packed: Packed, more: u32) {
        let number = match self.field {
            FacetField::Status => packed.status(),
            // All labels of a dialog are one number, taken apart at the end.
            FacetField::SystemLabel => packed.system_labels().into(),
            FacetField::IsContentSeen => packed.is_content_seen().into(),
            _ => return,
        };
        self.tally.count_more(number.into(), more);
    }

    fn count<V: Values>(&mut self, dialogs: impl Iterator<Item = V>) {
        let Self { field, tally } = self;
        match field {
            FacetField::Status | FacetField::SystemLabel | FacetField::IsContentSeen => {
                dialogs.for_each(|it| self.count_packed(it.packed(), 1));
            }
            FacetField::ServiceResource => dialogs.for_each(|it| tally.count(i64::from(it.resource()))),
            FacetField::Party => dialogs.for_each(|it| tally.count_party(it.party())),
            FacetField::Org => dialogs.for_each(|it| tally.count(i64::from(it.org()))),
            FacetField::ExtendedStatus => {
                dialogs.filter_map(V::extended_status).for_each(|it| tally.count(i64::from(it)));
            }
            FacetField::Process => dialogs.filter_map(V::process).for_each(|it| tally.count(i64::from(it))),
            FacetField::ServiceOwnerLabel => {
                dialogs.for_each(|it| it.service_owner_labels().for_each(|label| tally.count(i64::from(label))));
            }
            FacetField::ContentUpdatedYear => {
                let times = dialogs.filter_map(|it| it.time(SortKey::ContentUpdatedAt));
                times.for_each(|time| tally.count(year_of(time)));
            }
        }
    }

    fn into_counts(self) -> FacetCounts {
        let by_number = self.tally.into_numbers();
        let by_number = if self.field == FacetField::SystemLabel { by_label(&by_number) } else { by_number };
        FacetCounts { field: self.field, by_number }
    }
}

impl<'a> Tally<'a> {
    fn of(parties: Option<&'a GrantsByParty>) -> Self {
        let by_place = parties.map_or_else(Vec::new, |parties| vec![0; parties.parties().len()]);
        Self { parties, last_party: LastParty::default(), by_place, others: FxHashMap::default() }
    }

    fn add(&mut self, other: Self) {
        if self.by_place.len() < other.by_place.len() {
            self.by_place.resize(other.by_place.len(), 0);
        }
        self.by_place.iter_mut().zip(other.by_place).for_each(|(count, more)| *count += more);
        other.others.into_iter().for_each(|(number, more)| *self.others.entry(number).or_default() += more);
    }

    #[inline]
    fn count(&mut self, number: i64) {
        self.count_more(number, 1);
    }

    #[inline]
    fn count_more(&mut self, number: i64, more: u32) {
        match usize::try_from(number) {
            Ok(place) if place < SMALL => {
                if place >= self.by_place.len() {
                    self.by_place.resize((place + 1).next_power_of_two(), 0);
                }
                self.by_place[place] += more;
            }
            _ => *self.others.entry(number).or_default() += u64::from(more),
        }
    }

    #[inline]
    fn count_party(&mut self, party: u32) {
        let Some(parties) = self.parties else { return self.count(i64::from(party)) };
        match parties.place_of_next(&mut self.last_party, party) {
            Some(place) => self.by_place[place] += 1,
            // Of a delegated dialog.
            None => *self.others.entry(i64::from(party)).or_default() += 1,
        }
    }

    fn into_numbers(self) -> ByNumber {
        let number = |place: usize| self.parties.map_or(place as i64, |parties| i64::from(parties.parties()[place]));
        let met = self.by_place.iter().enumerate().filter(|(_, count)| **count > 0);
        let mut counts: Vec<(i64, u64)> = met.map(|(place, count)| (number(place), u64::from(*count))).collect();
        if !self.others.is_empty() {
            counts.extend(self.others);
            counts.sort_unstable_by_key(|(number, _)| *number);
        }
        ByNumber(counts)
    }
}

impl ByNumber {
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (i64, u64)> {
        self.0.iter().copied()
    }
}

impl IntoIterator for ByNumber {
    type Item = (i64, u64);
    type IntoIter = std::vec::IntoIter<(i64, u64)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
impl PartialEq<FxHashMap<i64, u64>> for ByNumber {
    fn eq(&self, other: &FxHashMap<i64, u64>) -> bool {
        self.0.len() == other.len() && self.0.iter().all(|(number, count)| other.get(number) == Some(count))
    }
}

/// From counts of sets of labels to counts of labels, by their place in [`SystemLabel::ALL`].
fn by_label(by_set: &ByNumber) -> ByNumber {
    let count = |label: SystemLabel| {
        let with_label = by_set.iter().filter(|(set, _)| *set & i64::from(label.bit()) != 0);
        with_label.map(|(_, count)| count).sum::<u64>()
    };
    let counts = (0..).zip(SystemLabel::ALL).map(|(place, label)| (place, count(label)));
    ByNumber(counts.filter(|(_, count)| *count > 0).collect())
}

/// In UTC.
fn year_of(micros: i64) -> i64 {
    i64::from(Timestamp::from_micros(micros).to_utc().year())
}

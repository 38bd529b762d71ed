//! The services that one user may see for each party, laid out so that a document is judged by a few loads.

use super::ranked_set::{RankedSet, bit_of, word_of};
use super::selection::NumberSet;
use std::mem::size_of_val;

/// A bit for each party, and behind it the set of the services that it is granted for.
#[derive(Clone, Debug, Default)]
pub(crate) struct GrantsByParty {
    /// Ascending.
    parties: Vec<u32>,
    /// Which of the sets each party has.
    set_of_party: Vec<u32>,
    places: RankedSet,
    /// A row of bits for each set, over the numbers of services.
    sets: Vec<u64>,
    words_of_set: usize,
    /// All that any set has, ascending.
    services: Vec<u32>,
}

/// What was found of the party that was asked for last, so that the next dialog of the same party is judged, or counted, by
/// one load. It serves a single [`GrantsByParty`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastParty<'a> {
    party: Option<u32>,
    place: Option<usize>,
    services: Services<'a>,
}

/// Services as bits by their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Services<'a>(&'a [u64]);

impl Services<'_> {
    #[inline]
    pub(super) fn has(self, resource: u32) -> bool {
        self.0.get(word_of(resource)).is_some_and(|services| services & bit_of(resource) != 0)
    }
}

impl GrantsByParty {
    /// Each party with the place of its set. Of a party that is given twice, the last set counts.
    pub(crate) fn of(mut set_of_party: Vec<(u32, u32)>, sets: &[NumberSet]) -> Self {
        // A stable sort from the end, so that the last one given comes first and the others are dropped.
        set_of_party.reverse();
        set_of_party.sort_by_key(|(party, _)| *party);
        set_of_party.dedup_by_key(|(party, _)| *party);
        let words_of_set = sets.iter().flatten().max().map_or(0, |last| word_of(*last) + 1);
        let mut rows = vec![0; words_of_set * sets.len()];
        for (place, set) in sets.iter().enumerate() {
            for resource in set {
                rows[place * words_of_set + word_of(*resource)] |= bit_of(*resource);
            }
        }
        let mut services: Vec<u32> = sets.iter().flatten().copied().collect();
        services.sort_unstable();
        services.dedup();
        let (parties, set_of_party): (Vec<u32>, Vec<u32>) = set_of_party.into_iter().unzip();
        Self { places: RankedSet::of(&parties), parties, set_of_party, sets: rows, words_of_set, services }
    }

    /// With further parties, each with the place of its set. Those that it has stay as they are.
    pub(crate) fn with(&self, further: &[(u32, u32)]) -> Self {
        let mut set_of_party: Vec<(u32, u32)> =
            self.parties.iter().copied().zip(self.set_of_party.iter().copied()).collect();
        set_of_party.extend(further.iter().filter(|(party, _)| !self.has_party(*party)));
        set_of_party.sort_unstable_by_key(|(party, _)| *party);
        let (parties, set_of_party): (Vec<u32>, Vec<u32>) = set_of_party.into_iter().unzip();
        Self { places: RankedSet::of(&parties), parties, set_of_party, ..self.clone() }
    }

    /// Whether a dialog of this party and service may be seen.
    #[inline]
    pub(super) fn grant(&self, party: u32, resource: u32) -> bool {
        // Whether it is one of the parties is as good as random for the processor, so nothing hangs on it before the end.
        let (is_there, place) = self.places.find(party);
        let set = self.set_of_party.get(place).copied().unwrap_or_default() as usize;
        let word = word_of(resource);
        let services = self.sets.get(set * self.words_of_set + word).copied().unwrap_or_default();
        is_there & (word < self.words_of_set) & (services & bit_of(resource) != 0)
    }

    /// As [`GrantsByParty::grant`], where dialogs of one party come after each other.
    #[inline]
    pub(super) fn grant_next<'a>(&'a self, last: &mut LastParty<'a>, party: u32, resource: u32) -> bool {
        self.find_next(last, party).services.has(resource)
    }

    /// As [`GrantsByParty::place_of`], where dialogs of one party come after each other.
    #[inline]
    pub(super) fn place_of_next<'a>(&'a self, last: &mut LastParty<'a>, party: u32) -> Option<usize> {
        self.find_next(last, party).place
    }

    #[inline]
    fn find_next<'a>(&'a self, last: &mut LastParty<'a>, party: u32) -> LastParty<'a> {
        if last.party != Some(party) {
            let place = self.place_of(party);
            let services = place.map(|place| self.services_at(place)).unwrap_or_default();
            *last = LastParty { party: Some(party), place, services };
        }
        *last
    }

    /// The services that may be seen for a party.
    pub(super) fn services_of(&self, party: u32) -> Services<'_> {
        self.place_of(party).map(|place| self.services_at(place)).unwrap_or_default()
    }

    /// Of the party at this place.
    fn services_at(&self, place: usize) -> Services<'_> {
        Services(&self.sets[self.set_of_party[place] as usize * self.words_of_set..][..self.words_of_set])
    }

    /// Whether any service may be seen for a party.
    #[inline]
    pub(super) fn has_party(&self, party: u32) -> bool {
        self.places.contains(party)
    }

    /// Where a party is among the parties.
    #[inline]
    fn place_of(&self, party: u32) -> Option<usize> {
        self.places.place_of(party)
    }

    /// Ascending.
    pub(super) fn parties(&self) -> &[u32] {
        &self.parties
    }

    /// The services that may be seen for any party, ascending.
    pub(super) fn services(&self) -> &[u32] {
        &self.services
    }

    /// What it occupies, in bytes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(self)
            + size_of_val(&*self.parties)
            + size_of_val(&*self.set_of_party)
            + self.places.size()
            + size_of_val(&*self.sets)
            + size_of_val(&*self.services)
    }

    /// Each party with its services, read from the rows alone.
    #[cfg(test)]
    pub(super) fn pairs(&self) -> impl Iterator<Item = (u32, NumberSet)> {
        self.parties.iter().zip(0..).map(|(party, place)| {
            let services = self.services_at(place);
            let numbers = 0..self.words_of_set as u32 * 64;
            (*party, numbers.filter(|number| services.has(*number)).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_granted_for_its_services_only() {
        let set = |numbers: &[u32]| numbers.iter().copied().collect::<NumberSet>();
        let sets = [set(&[0, 64]), set(&[]), set(&[200])];
        let pairs = [(700, 0), (64, 2), (127, 1), (128, 0), (700, 2), (4_000_000_000, 0)];
        let grants = GrantsByParty::of(pairs.to_vec(), &sets);
        assert_eq!(grants.parties(), [64, 127, 128, 700, 4_000_000_000]);
        let (mut granted, mut last) = (Vec::new(), LastParty::default());
        for party in [0, 1, 63, 64, 65, 127, 128, 129, 191, 192, 699, 700, 701, 4_000_000_000, u32::MAX] {
            for resource in [0, 1, 63, 64, 199, 200, 201, 255, 256, u32::MAX] {
                assert!(grants.has_party(party) || !grants.grant(party, resource));
                assert_eq!(grants.grant_next(&mut last, party, resource), grants.grant(party, resource));
                assert_eq!(grants.services_of(party).has(resource), grants.grant(party, resource));
                assert_eq!(grants.place_of_next(&mut last, party), grants.place_of(party));
                if grants.grant(party, resource) {
                    granted.push((party, resource));
                }
            }
        }
        let expected = [(64, 200), (128, 0), (128, 64), (700, 200), (4_000_000_000, 0), (4_000_000_000, 64)];
        assert_eq!(granted, expected);
        let further = grants.with(&[(4_000_000_001, 2), (65, 0), (700, 0)]);
        assert_eq!(further.parties(), [64, 65, 127, 128, 700, 4_000_000_000, 4_000_000_001]);
        let is_granted = |party: u32| further.grant(party, 200) && !further.grant(party, 64);
        assert!(
            is_granted(64) && is_granted(700) && is_granted(4_000_000_001),
            "those that were there stay as they are"
        );
        assert!(further.grant(65, 64) && !further.grant(65, 200) && !further.grant(127, 64));
        let none = GrantsByParty::of(Vec::new(), &sets);
        assert!(!none.grant(0, 0) && !none.has_party(0) && none.parties().is_empty());
    }
}

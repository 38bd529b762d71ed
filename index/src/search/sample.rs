//! What a search will find is not known beforehand: here it is estimated by a sample of the documents.

use super::authorized::Known;
use super::by_party::OfParty;
use super::snapshot::{Row, Segment};
use std::cmp::Reverse;
use tantivy::DocId;

/// How many documents are judged to estimate the share of hits.
const SAMPLE: u32 = 256;
/// How many are of documents that are known to be let through, or to be of parties.
const SAMPLE_OF_KNOWN: usize = 64;
/// So few documents are read sooner than a sample is taken.
const FEW_DOCUMENTS: f64 = 1_000.0;
/// The documents of so many parties are counted in one segment, or of fewer in more; of more parties those that are let
/// through are estimated once.
pub(super) const COUNTED_PARTIES: usize = 128;

/// The share of documents that pass, by documents that lie evenly over all segments.
pub(super) fn share(segments: &[&Segment], documents: u64, passes: impl Fn(&Segment, DocId) -> bool) -> f64 {
    let sample = u64::from(SAMPLE).min(documents) as usize;
    let lists = segments.iter().map(|segment| (*segment, segment.documents() as usize));
    let passing = passing(lists, documents as usize, sample, |segment, place| passes(segment, place as DocId));
    passing as f64 / sample.max(1) as f64
}

/// The share of the documents that rights by party let through, `authorized` in all, that pass. Where few are looked at,
/// they may as well all pass; of a share that the sample does not show, only that it is small is known.
pub(super) fn share_of_authorized<'a>(
    segments: impl Iterator<Item = (&'a Segment, &'a Known)>,
    authorized: f64,
    passes: impl Fn(&Segment, DocId) -> bool,
) -> f64 {
    if authorized <= FEW_DOCUMENTS {
        return 1.0;
    }
    let (mut sampled, mut passing) = (0, 0);
    for (segment, known) in segments {
        let size = (SAMPLE_OF_KNOWN as f64 * f64::from(known.count()) / authorized).ceil();
        for doc in known.sample(size as usize) {
            sampled += 1;
            passing += u32::from(passes(segment, doc));
        }
    }
    if sampled == 0 { 0.0 } else { f64::from(passing).max(0.5) / f64::from(sampled) }
}

/// The documents of some parties: in all segments if the parties are few, else in the largest ones, which are taken to be
/// as the others.
pub(super) struct ListsOfParties<'a> {
    lists: Vec<(&'a Segment, OfParty<'a>)>,
    /// How many there are in these lists.
    listed: usize,
    /// How many there are in all segments.
    pub(super) documents: f64,
}

impl<'a> ListsOfParties<'a> {
    pub(super) fn of(segments: &[&'a Segment], parties: &[u32]) -> Self {
        let mut largest = segments.to_vec();
        let documents = |segments: &[&Segment]| segments.iter().map(|it| f64::from(it.documents())).sum::<f64>();
        let all = documents(&largest);
        if largest.len() * parties.len() > COUNTED_PARTIES {
            largest.sort_unstable_by_key(|segment| Reverse(segment.documents()));
            largest.truncate((COUNTED_PARTIES / parties.len()).max(1));
        }
        let of = documents(&largest);
        let lists = largest.into_iter().flat_map(|segment| {
            let lists = segment.columns.by_party.lists(parties);
            lists.map(move |list| (segment, list))
        });
        let lists: Vec<_> = lists.collect();
        let listed = lists.iter().map(|(_, list)| list.documents.len()).sum();
        Self { lists, listed, documents: listed as f64 * all / of.max(1.0) }
    }

    /// The share of them that pass, by a sample. Where few are looked at, they may as well all pass; of a share that the
    /// sample does not show, only that it is small is known.
    pub(super) fn share(&self, passes: impl Fn(&Segment, DocId, Row) -> bool) -> f64 {
        if self.documents <= FEW_DOCUMENTS {
            return 1.0;
        }
        let sample = SAMPLE_OF_KNOWN.min(self.listed);
        let lists = self.lists.iter().map(|list| (list, list.1.documents.len()));
        let passing = passing(lists, self.listed, sample, |(segment, list), place| {
            passes(segment, list.documents[place], list.rows[place])
        });
        (passing as f64).max(0.5) / sample.max(1) as f64
    }
}

/// How many places pass of so many that lie evenly over lists of these lengths, which are `all` together.
fn passing<L: Copy>(
    mut lists: impl Iterator<Item = (L, usize)>,
    all: usize,
    sample: usize,
    passes: impl Fn(L, usize) -> bool,
) -> usize {
    let (mut passing, mut before, mut list) = (0, 0, lists.next());
    for n in 0..sample {
        let place = (n * 2 + 1) * all / (sample * 2);
        while let Some((of_place, length)) = list {
            if place - before < length {
                passing += usize::from(passes(of_place, place - before));
                break;
            }
            before += length;
            list = lists.next();
        }
    }
    passing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_lies_evenly_over_all_lists() {
        let taken = |lengths: &[usize], sample: usize| {
            let taken = std::cell::RefCell::new(Vec::new());
            let lists = lengths.iter().copied().enumerate();
            let all = lengths.iter().sum();
            let passing = passing(lists, all, sample, |list, place| {
                taken.borrow_mut().push((list, place));
                list == 0
            });
            assert_eq!(passing, taken.borrow().iter().filter(|(list, _)| *list == 0).count());
            taken.into_inner()
        };
        assert_eq!(taken(&[4, 0, 8], 3), [(0, 2), (2, 2), (2, 6)]);
        assert_eq!(taken(&[2, 1], 3), [(0, 0), (0, 1), (1, 0)]);
        assert_eq!(taken(&[0, 0, 1], 1), [(2, 0)]);
        assert_eq!(taken(&[], 0), []);
    }
}

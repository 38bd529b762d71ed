//! The documents that a user's rights by party let through, kept for users with many parties: some of them, by which it is
//! estimated what a search will find, and as bits all of them, as to be held against every document is most of the work
//! of a full pass.
//!
//! The bits say only which documents need not be looked at. Those that are left are judged by scope and filter as on any
//! other way, so bits that were wrong could hide a dialog and never show one. They cannot become wrong: they are made of
//! columns and rights that never change, and are found by these two alone. When a user's rights change, the user has
//! other rights, and the bits of the old ones are never found again.

use super::grants_by_party::GrantsByParty;
use super::snapshot::{Columns, Row, Segment};
use crate::last_used::{LastUsed, Value};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tantivy::index::SegmentId;
use tantivy::{DocId, DocSet, TERMINATED};

/// What the bits that are kept may occupy. Those of one user in a million dialogs take 125 kilobytes.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// So many documents of a segment are held against rights for a sample of those that they let through,
const LOOKED_AT: u32 = 2_048;
/// and so many of these are kept.
const SAMPLED: usize = 64;

/// What is known of the last users.
#[derive(Debug)]
pub(super) struct AuthorizedDocuments {
    /// By the address of the rights and the segment that they are of. Held only to look up, add and drop entries.
    kept: Mutex<LastUsed<(usize, SegmentId), Kept>>,
}

#[derive(Debug)]
struct Kept {
    /// Keeps the address from being used again, so that it tells the rights.
    grants: Weak<GrantsByParty>,
    known: Known,
}

/// What is known of the documents of a segment that are let through.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Some(Arc<Sample>),
    All(Arc<Bits>),
}

/// Some documents, far apart.
#[derive(Debug)]
pub(super) struct Sample {
    documents: Vec<DocId>,
    /// How many there may be in all; exact in a segment that is looked through.
    count: u32,
    /// What searches took longer than if all had been known, in nanoseconds.
    lost: AtomicU64,
}

/// A bit for each document of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
    count: u32,
}

/// The documents of some bits and some others.
pub(super) struct SetBits<'a> {
    words: &'a [u64],
    /// Ascending; those that come before the next bit.
    others: &'a [DocId],
    /// The word that is gone through, and what is left of it.
    place: usize,
    word: u64,
    doc: DocId,
}

impl Default for AuthorizedDocuments {
    fn default() -> Self {
        Self { kept: Mutex::new(LastUsed::new(MAX_KEPT_BYTES)) }
    }
}

impl AuthorizedDocuments {
    /// Of rights and a segment that were never asked for together, a sample is taken.
    pub(super) fn known(&self, grants: &Arc<GrantsByParty>, segment: &Segment) -> Known {
        self.get(grants, segment).unwrap_or_else(|| {
            let sample = Known::Some(Arc::new(Sample::of(grants, &segment.columns)));
            self.keep(grants, segment, sample.clone());
            sample
        })
    }

    /// Known, or made and kept.
    pub(super) fn all(&self, grants: &Arc<GrantsByParty>, segment: &Segment) -> Arc<Bits> {
        if let Some(Known::All(known)) = self.get(grants, segment) {
            return known;
        }
        let bits = Arc::new(Bits::of(grants, &segment.columns));
        self.keep(grants, segment, Known::All(bits.clone()));
        bits
    }

    fn get(&self, grants: &Arc<GrantsByParty>, segment: &Segment) -> Option<Known> {
        self.kept().get(&key(grants, segment.reader.segment_id())).map(|kept| kept.known.clone())
    }

    fn keep(&self, grants: &Arc<GrantsByParty>, segment: &Segment, known: Known) {
        let kept = Kept { grants: Arc::downgrade(grants), known };
        self.kept().keep(key(grants, segment.reader.segment_id()), kept);
    }

    fn kept(&self) -> MutexGuard<'_, LastUsed<(usize, SegmentId), Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(grants: &Arc<GrantsByParty>, segment: SegmentId) -> (usize, SegmentId) {
    (Arc::as_ptr(grants).addr(), segment)
}

impl Value for Kept {
    fn size(&self) -> usize {
        const OF_ENTRY: usize = 64;
        let of_known = match &self.known {
            Known::Some(sample) => size_of::<Sample>() + size_of_val(&*sample.documents),
            Known::All(bits) => size_of::<Bits>() + size_of_val(&*bits.words),
        };
        size_of::<Self>() + OF_ENTRY + of_known
    }

    fn is_stale(&self) -> bool {
        self.grants.strong_count() == 0
    }
}

impl Known {
    /// How many documents there are, or may be.
    pub(super) fn count(&self) -> u32 {
        match self {
            Self::Some(sample) => sample.count,
            Self::All(bits) => bits.count,
        }
    }

    /// So many of the documents, or fewer if not as many are known, far apart.
    pub(super) fn sample(&self, size: usize) -> Vec<DocId> {
        match self {
            Self::Some(sample) => thinned(&sample.documents, size),
            Self::All(bits) => bits.sample(size).collect(),
        }
    }

    pub(super) fn all(&self) -> Option<&Arc<Bits>> {
        if let Self::All(bits) = self { Some(bits) } else { None }
    }

    /// Where all are not known.
    pub(super) fn some(&self) -> Option<&Sample> {
        if let Self::Some(sample) = self { Some(sample) } else { None }
    }
}

impl Sample {
    fn of(grants: &GrantsByParty, columns: &Columns) -> Self {
        let rows = columns.rows();
        let apart = (rows.len() as u32).div_ceil(LOOKED_AT).max(1);
        let looked_at = rows.iter().enumerate().step_by(apart as usize);
        let found = looked_at.filter(|(_, row)| grants.grant(row.party, row.resource));
        let found: Vec<DocId> = found.map(|(doc, _)| doc as DocId).collect();
        // Of what so few show nothing, there may still be some.
        let unseen = if found.is_empty() { apart / 2 } else { 0 };
        let count = found.len() as u32 * apart + unseen;
        Self { documents: thinned(&found, SAMPLED), count, lost: AtomicU64::new(0) }
    }

    pub(super) fn lost(&self) -> f64 {
        self.lost.load(Ordering::Relaxed) as f64
    }

    pub(super) fn lose(&self, nanoseconds: f64) {
        self.lost.fetch_add(nanoseconds as u64, Ordering::Relaxed);
    }
}

fn thinned(documents: &[DocId], size: usize) -> Vec<DocId> {
    documents.iter().copied().step_by(documents.len().div_ceil(size.max(1)).max(1)).collect()
}

impl Bits {
    fn of(grants: &GrantsByParty, columns: &Columns) -> Self {
        let granted = |row: &Row| u64::from(grants.grant(row.party, row.resource));
        let word = |rows: &[Row]| (0..).zip(rows).fold(0, |word, (at, row)| word | granted(row) << at);
        let words: Vec<u64> = columns.rows().chunks(64).map(word).collect();
        let count = words.iter().map(|word| word.count_ones()).sum();
        Self { words, count }
    }

    /// So many of the documents, or fewer if there are not as many, far apart.
    fn sample(&self, size: usize) -> impl Iterator<Item = DocId> {
        let apart = self.words.len().div_ceil(size.max(1)).max(1);
        let first = |words: (usize, &[u64])| {
            let (place, word) = (words.0..).zip(words.1).find(|(_, word)| **word != 0)?;
            Some(place as u32 * 64 + word.trailing_zeros())
        };
        (0..self.words.len()).step_by(apart).zip(self.words.chunks(apart)).filter_map(first)
    }

    /// Together with others, which must ascend.
    pub(super) fn with<'a>(&'a self, others: &'a [DocId]) -> SetBits<'a> {
        let word = self.words.first().copied().unwrap_or(0);
        let mut documents = SetBits { words: &self.words, others, place: 0, word, doc: 0 };
        documents.settle();
        documents
    }
}

impl SetBits<'_> {
    /// Goes to the first document that is left.
    fn settle(&mut self) -> DocId {
        while self.word == 0 && self.place < self.words.len() {
            self.place += 1;
            self.word = self.words.get(self.place).copied().unwrap_or(0);
        }
        let of_bits = if self.word == 0 { TERMINATED } else { self.place as u32 * 64 + self.word.trailing_zeros() };
        self.doc = self.others.first().map_or(of_bits, |other| of_bits.min(*other));
        self.doc
    }
}

impl DocSet for SetBits<'_> {
    #[inline]
    fn advance(&mut self) -> DocId {
        if self.doc == TERMINATED {
            return TERMINATED;
        }
        if self.others.first() == Some(&self.doc) {
            self.others = &self.others[1..];
        }
        if self.word != 0 && self.place as u32 * 64 + self.word.trailing_zeros() == self.doc {
            self.word &= self.word - 1;
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target > self.doc {
            let place = target as usize / 64;
            if place > self.place {
                self.place = place.min(self.words.len());
                self.word = self.words.get(place).copied().unwrap_or(0);
            }
            if place == self.place {
                self.word &= u64::MAX << (target % 64);
            }
            self.others = &self.others[self.others.partition_point(|other| *other < target)..];
            self.settle();
        }
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.words[self.place.min(self.words.len())..].iter().map(|word| word.count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn bits(documents: &BTreeSet<DocId>, all: u32) -> Bits {
        let mut words = vec![0; all.div_ceil(64) as usize];
        documents.iter().for_each(|doc| words[*doc as usize / 64] |= 1 << (doc % 64));
        Bits { words, count: documents.len() as u32 }
    }

    #[test]
    fn bits_are_gone_through_with_others_between_them() {
        for (documents, others) in [
            (vec![], vec![]),
            (vec![], vec![3, 299]),
            (vec![0, 1, 63, 64, 128, 299], vec![]),
            (vec![5, 200], vec![0, 5, 6, 199, 201, 298]),
            ((0..300).collect(), vec![7, 8]),
        ] {
            let set: BTreeSet<DocId> = documents.iter().copied().collect();
            let expected: Vec<DocId> = set.union(&others.iter().copied().collect()).copied().collect();
            let bits = bits(&set, 300);
            let mut found = Vec::new();
            let mut through = bits.with(&others);
            while through.doc() != TERMINATED {
                found.push(through.doc());
                through.advance();
            }
            assert_eq!(found, expected);
            assert_eq!(through.advance(), TERMINATED);
            for first in 0..310 {
                for then in [first, first + 1, first + 64, first + 130, TERMINATED] {
                    let next =
                        |target: DocId| expected.iter().copied().find(|doc| *doc >= target).unwrap_or(TERMINATED);
                    let mut through = bits.with(&others);
                    assert_eq!(through.seek(first.max(through.doc())), next(first), "{first}");
                    assert_eq!(through.seek(then.max(through.doc())), next(then), "{first}, {then}");
                    let after = if through.doc() == TERMINATED { TERMINATED } else { next(through.doc() + 1) };
                    assert_eq!(through.advance(), after, "{first}, {then}");
                }
            }
        }
    }

    #[test]
    fn no_more_bits_are_kept_than_there_is_room_for() {
        let documents = AuthorizedDocuments::default();
        let all: Vec<Arc<GrantsByParty>> = (0..8).map(|_| Arc::default()).collect();
        let large = || Arc::new(Bits { words: vec![0; MAX_KEPT_BYTES / 8 / 5], count: 0 });
        let segment = SegmentId::generate_random();
        let is_known = |grants: &Arc<GrantsByParty>, segment| documents.kept().get(&key(grants, segment)).is_some();
        for grants in &all {
            documents
                .kept()
                .keep(key(grants, segment), Kept { grants: Arc::downgrade(grants), known: Known::All(large()) });
            assert!(is_known(grants, segment), "the last one is kept");
        }
        assert!(!is_known(&all[0], segment), "the first one is dropped");
        assert!(!is_known(&all[7], SegmentId::generate_random()), "bits are of one segment");
    }
}

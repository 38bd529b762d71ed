//! A batch of rows, inverted: its terms in order, and for each of them where it stands. Packed, for many runs wait in
//! memory until their segment is written.

use super::batch::RowPosition;
use std::cmp::Ordering;

const KEY_BYTES: usize = 16;
/// The last byte of the key of a longer term.
const LONGER: u8 = u8::MAX;
/// What most occurrences take: no more than a guess that saves growing.
const USUAL_OCCURRENCE_BYTES: usize = 3;

#[derive(Debug)]
pub(super) struct Run {
    terms: Vec<RunTerm>,
    /// All terms, one after another.
    bytes: Box<[u8]>,
    /// Of each term: for each of its rows the distance from the last one, the number of its positions, and each
    /// of those as the distance from the last one.
    postings: Box<[u8]>,
}

#[derive(Debug)]
struct RunTerm {
    key: TermKey,
    bytes_end: u32,
    postings_end: u32,
}

#[derive(Debug)]
pub(super) struct RunBuilder {
    terms: Vec<RunTerm>,
    bytes: Vec<u8>,
    postings: Vec<u8>,
}

/// What tells most terms apart without looking at them: their first bytes, and then the length of the short ones.
/// Unequal keys are ordered as their terms are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TermKey(u64, u64);

/// Reads the rows of one term.
#[derive(Debug)]
pub(super) struct RunPostings<'a> {
    rest: &'a [u8],
    row: u32,
}

impl TermKey {
    pub(super) fn of(term: &[u8]) -> Self {
        let mut bytes = [0; KEY_BYTES];
        let length = term.len().min(KEY_BYTES - 1);
        bytes[..length].copy_from_slice(&term[..length]);
        bytes[KEY_BYTES - 1] = if term.len() < KEY_BYTES { length as u8 } else { LONGER };
        let key = u128::from_be_bytes(bytes);
        Self((key >> 64) as u64, key as u64)
    }

    /// The order of two terms. They are only compared as a whole if they are long and begin alike.
    pub(super) fn cmp(&self, other: &Self, terms: impl FnOnce() -> Ordering) -> Ordering {
        let by_keys = Ord::cmp(self, other);
        if by_keys.is_eq() && self.1 as u8 == LONGER { terms() } else { by_keys }
    }
}

impl Run {
    /// The keys of its terms, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = TermKey> {
        self.terms.iter().map(|term| term.key)
    }

    /// A term by its place among the others.
    pub(super) fn term(&self, place: u32) -> &[u8] {
        let start = self.before(place).map_or(0, |before| before.bytes_end);
        &self.bytes[start as usize..self.terms[place as usize].bytes_end as usize]
    }

    pub(super) fn postings(&self, place: u32) -> RunPostings<'_> {
        let start = self.before(place).map_or(0, |before| before.postings_end);
        RunPostings { rest: &self.postings[start as usize..self.terms[place as usize].postings_end as usize], row: 0 }
    }

    /// What it occupies, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.terms) + self.bytes.len() + self.postings.len()
    }

    fn before(&self, place: u32) -> Option<&RunTerm> {
        place.checked_sub(1).map(|before| &self.terms[before as usize])
    }
}

impl RunBuilder {
    pub(super) fn with_capacity(terms: usize, bytes: usize, occurrences: usize) -> Self {
        Self {
            terms: Vec::with_capacity(terms),
            bytes: Vec::with_capacity(bytes),
            postings: Vec::with_capacity(occurrences * USUAL_OCCURRENCE_BYTES),
        }
    }

    /// Terms come in order, and so does where they stand.
    pub(super) fn push(&mut self, key: TermKey, term: &[u8], positions: &[RowPosition]) {
        self.bytes.extend_from_slice(term);
        let mut last_row = 0;
        for in_row in positions.chunk_by(|one, next| one.row == next.row) {
            push_number(&mut self.postings, in_row[0].row - last_row);
            last_row = in_row[0].row;
            push_number(&mut self.postings, in_row.len() as u32);
            let mut last_position = 0;
            for RowPosition { position, .. } in in_row {
                push_number(&mut self.postings, position - last_position);
                last_position = *position;
            }
        }
        let (bytes_end, postings_end) = (self.bytes.len() as u32, self.postings.len() as u32);
        self.terms.push(RunTerm { key, bytes_end, postings_end });
    }

    pub(super) fn finish(self) -> Run {
        Run { terms: self.terms, bytes: self.bytes.into(), postings: self.postings.into() }
    }
}

impl RunPostings<'_> {
    /// The next row. The distances of its positions are put behind those that are there; how many is told with it.
    pub(super) fn next(&mut self, distances: &mut Vec<u32>) -> Option<(u32, u32)> {
        self.row += take_number(&mut self.rest)?;
        let count = take_number(&mut self.rest)?;
        distances.extend((0..count).map_while(|_| take_number(&mut self.rest)));
        Some((self.row, count))
    }
}

/// Seven bits a byte, the lowest first; all bytes but the last have the highest bit set.
fn push_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_all_lengths_come_back() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 0xfff_ffff, 0x1000_0000, u32::MAX];
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| push_number(&mut bytes, *number));
        let mut rest = &*bytes;
        assert_eq!(std::iter::from_fn(|| take_number(&mut rest)).collect::<Vec<_>>(), numbers);
    }

    proptest! {
        #[test]
        fn keys_order_terms_as_their_bytes_do(terms in vec(vec(0..3u8, 0..20), 2)) {
            let [one, other] = [&terms[0], &terms[1]];
            let by_keys = TermKey::of(one).cmp(&TermKey::of(other), || one.cmp(other));
            prop_assert_eq!(by_keys, one.cmp(other));
        }
    }
}

//! A set of numbers that tells the place of each, so that what belongs to them can lie in a list: two loads, however many
//! numbers there are.

use std::mem::size_of_val;

#[derive(Clone, Debug, Default)]
pub(super) struct RankedSet {
    /// The word of the first number; `words` begins with it.
    first_word: usize,
    words: Vec<Word>,
}

/// 64 numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    bits: u64,
    /// How many numbers lie before this word.
    before: u32,
}

impl RankedSet {
    /// Of ascending numbers.
    pub(super) fn of(numbers: &[u32]) -> Self {
        let first_word = numbers.first().map_or(0, |number| word_of(*number));
        let end = numbers.last().map_or(0, |number| word_of(*number) + 1);
        let mut words = vec![Word::default(); end - first_word];
        for number in numbers {
            words[word_of(*number) - first_word].bits |= bit_of(*number);
        }
        let mut before = 0;
        for word in &mut words {
            word.before = before;
            before += word.bits.count_ones();
        }
        Self { first_word, words }
    }

    #[inline]
    pub(super) fn contains(&self, number: u32) -> bool {
        self.word(number).bits & bit_of(number) != 0
    }

    /// How many lie before it, if it is one of them.
    #[inline]
    pub(super) fn place_of(&self, number: u32) -> Option<usize> {
        let (is_there, before) = self.find(number);
        is_there.then_some(before)
    }

    /// Whether it is one of them, and how many lie before it.
    #[inline]
    pub(super) fn find(&self, number: u32) -> (bool, usize) {
        let (word, bit) = (self.word(number), bit_of(number));
        (word.bits & bit != 0, (word.before + (word.bits & (bit - 1)).count_ones()) as usize)
    }

    /// What it occupies, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of_val(self) + size_of_val(&*self.words)
    }

    #[inline]
    fn word(&self, number: u32) -> Word {
        // What lies before the first word wraps around and is far behind the last.
        self.words.get(word_of(number).wrapping_sub(self.first_word)).copied().unwrap_or_default()
    }
}

/// The word of 64 numbers that this one is in.
#[inline]
pub(super) fn word_of(number: u32) -> usize {
    (number >> 6) as usize
}

/// Its bit in that word.
#[inline]
pub(super) fn bit_of(number: u32) -> u64 {
    1 << (number & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_place() {
        for numbers in [&[][..], &[0], &[63, 64], &[64, 127, 128, 700, 4_000_000_000], &[u32::MAX]] {
            let set = RankedSet::of(numbers);
            for number in [0, 1, 63, 64, 65, 127, 128, 191, 192, 699, 700, 701, 4_000_000_000, u32::MAX - 1, u32::MAX] {
                let expected = numbers.iter().position(|it| *it == number);
                assert_eq!(set.place_of(number), expected, "{number} in {numbers:?}");
            }
        }
    }
}

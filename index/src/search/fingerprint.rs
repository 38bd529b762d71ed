//! A hash that is the same in every process and version: the standard library's hashers may change with theirs.

/// The fractional part of the golden ratio in 64 bits, which is odd.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const WORD_BYTES: usize = size_of::<u64>();

/// Takes a word at a time. For a given word a step is one to one, and each bit reaches those above it by the product
/// and those below it by the shift.
#[derive(Debug)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) fn new() -> Self {
        Self(MULTIPLIER)
    }

    pub(super) fn number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(MULTIPLIER);
        self.0 ^= self.0 >> 32;
    }

    /// The caller also gives the length, or it is always the same: zeros at the end count for nothing.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; WORD_BYTES];
            word[..rest.len()].copy_from_slice(rest);
            self.number(u64::from_le_bytes(word));
        }
    }

    /// Tells nothing from zero.
    pub(super) fn optional(&mut self, number: Option<u64>) {
        self.number(u64::from(number.is_some()));
        self.number(number.unwrap_or_default());
    }

    pub(super) fn finish(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn of(bytes: &[u8]) -> u32 {
        let mut print = Fingerprint::new();
        print.number(bytes.len() as u64);
        print.bytes(bytes);
        print.finish()
    }

    #[test]
    fn is_stored_and_must_stay_as_it_is() {
        assert_eq!(of(b"skattemelding"), 0xb970_1bb1);
    }

    #[test]
    fn texts_that_differ_in_one_bit_or_in_length_have_different_ones() {
        let text = b"The decision is ready, \0 and so on";
        let mut seen = HashSet::from([of(text)]);
        for bit in 0..text.len() * 8 {
            let mut other = *text;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(of(&other)), "bit {bit}");
        }
        for length in 0..text.len() {
            assert!(seen.insert(of(&text[..length])), "length {length}");
        }
        assert!(seen.insert(of(&[&text[..], &[0]].concat())));
    }
}

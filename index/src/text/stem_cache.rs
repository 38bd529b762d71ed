//! Stems of the words met last: texts repeat their words, and to look a stem up takes a fraction of making it.

use frostem::Algorithm;
use rustc_hash::FxBuildHasher;
use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::BuildHasher;

const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 13;
/// Longer words are rare and stemmed each time. So many make a slot half a cache line.
const MAX_WORD_BYTES: usize = 30;

/// With zeros behind it, which no word of letters holds.
type Word = [u8; MAX_WORD_BYTES];

thread_local! {
    /// A word puts out the one that was in its slot before.
    static CACHE: RefCell<Vec<Slot>> = RefCell::new(vec![Slot::EMPTY; SLOTS]);
}

#[derive(Clone, Copy)]
#[repr(align(32))]
struct Slot {
    algorithm: Option<Algorithm>,
    word: Word,
    /// So many bytes of the word, as most stems are, or [`STOP_WORD`]. Other stems are not kept.
    stem: u8,
}

/// Not the length of any stem.
const STOP_WORD: u8 = 0;

/// What `make` says of the word: its stem, or `None` for a stop word.
pub(super) fn stem<'a>(
    algorithm: Algorithm,
    word: &'a str,
    make: impl FnOnce() -> Option<Cow<'a, str>>,
) -> Option<Cow<'a, str>> {
    if word.len() > MAX_WORD_BYTES {
        return make();
    }
    let mut padded = [0; MAX_WORD_BYTES];
    padded[..word.len()].copy_from_slice(word.as_bytes());
    CACHE.with_borrow_mut(|cache| {
        let slot = &mut cache[(FxBuildHasher.hash_one(padded) >> (u64::BITS - SLOT_BITS)) as usize];
        if slot.algorithm == Some(algorithm) && slot.word == padded {
            return match slot.stem {
                STOP_WORD => None,
                len => Some(Cow::Borrowed(&word[..usize::from(len)])),
            };
        }
        let made = make();
        let stem = match made.as_deref() {
            None => STOP_WORD,
            Some(stem) if !stem.is_empty() && word.starts_with(stem) => stem.len() as u8,
            Some(_) => return made,
        };
        *slot = Slot { algorithm: Some(algorithm), word: padded, stem };
        made
    })
}

impl Slot {
    const EMPTY: Self = Self { algorithm: None, word: [0; MAX_WORD_BYTES], stem: STOP_WORD };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_was_told_of_the_same_word_and_language() {
        let say = |algorithm, word, stem: Option<&'static str>| {
            super::stem(algorithm, word, || stem.map(Cow::Borrowed)).map(Cow::into_owned)
        };
        assert_eq!(say(Algorithm::English, "letters", Some("letter")).as_deref(), Some("letter"));
        assert_eq!(say(Algorithm::English, "letters", None).as_deref(), Some("letter"), "it was kept");
        assert_eq!(say(Algorithm::Danish, "letters", None), None, "it is another language");
        assert_eq!(say(Algorithm::Danish, "letters", Some("x")), None, "stop words are kept too");
        assert_eq!(say(Algorithm::English, "bought", Some("buy")).as_deref(), Some("buy"));
        let long = "a".repeat(MAX_WORD_BYTES + 1);
        for stem in [Some("a"), None] {
            assert_eq!(super::stem(Algorithm::English, &long, || stem.map(Cow::Borrowed)).as_deref(), stem);
        }
    }
}

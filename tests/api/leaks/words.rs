//! Words that occur nowhere but where a world puts them. They have no vowels, so that no stemmer changes them.

use crate::app::Answer;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::BTreeSet;

pub(crate) type Words = BTreeSet<String>;

const BEGINNING: &str = "zq";
/// None of the letters of the beginning is among them, so that a word is found wherever it stands.
const LETTERS: &[u8; 16] = b"bcfghjkmnprvwxlt";
/// Letters after the beginning.
const LENGTH: usize = 6;

/// Never gives the same word twice.
#[derive(Default)]
pub(crate) struct NewWords {
    given: u32,
}

impl NewWords {
    /// None of those that others give who have given fewer.
    pub(crate) fn after(given: u32) -> Self {
        Self { given }
    }

    pub(crate) fn given(&self) -> u32 {
        self.given
    }

    pub(crate) fn next(&mut self) -> String {
        self.given += 1;
        // Spread out, so that neighbours differ in their first letters too.
        let number = self.given.wrapping_mul(0x9e_3779) & 0xff_ffff;
        let letter = |place: usize| char::from(LETTERS[(number >> (4 * place)) as usize & 15]);
        BEGINNING.chars().chain((0..LENGTH).map(letter)).collect()
    }
}

pub(crate) fn words_in(text: &str) -> Words {
    let text = text.to_ascii_lowercase();
    let is_word = |rest: &str| {
        let letters = rest.as_bytes().get(..LENGTH)?;
        letters.iter().all(|letter| LETTERS.contains(letter)).then(|| format!("{BEGINNING}{}", &rest[..LENGTH]))
    };
    text.match_indices(BEGINNING).filter_map(|(at, found)| is_word(&text[at + found.len()..])).collect()
}

/// All words of an answer: of its headers, its body and of what the tokens in it claim. Tokens are not looked at as they
/// are written, where any letters may follow each other.
pub(crate) fn words_of(answer: &Answer) -> Words {
    let mut words = Words::new();
    for (name, value) in &answer.headers {
        words.extend(words_in(name.as_str()));
        words.extend(words_in(&String::from_utf8_lossy(value.as_bytes())));
    }
    for piece in answer.text().split('"') {
        if piece.starts_with("eyJ") {
            let claims = piece.split('.').filter_map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
            claims.for_each(|part| words.extend(words_in(&String::from_utf8_lossy(&part))));
        } else {
            words.extend(words_in(piece));
        }
    }
    words
}

#[test]
fn words_are_found_wherever_they_stand() {
    let mut words = NewWords::default();
    let (one, other) = (words.next(), words.next());
    assert_ne!(one, other);
    let text = format!("zq zqzq{one} https://{}.test/{other}?x", one.to_uppercase());
    assert_eq!(words_in(&text), Words::from([one, other]));
}

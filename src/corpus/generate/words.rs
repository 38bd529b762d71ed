//! Texts with the statistics of language: real words, drawn by Zipf's law.

use super::frequencies::Frequencies;
use dialog_index::domain::LanguageCode;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, seq::SliceRandom};
use std::ops::RangeInclusive;

/// The words of one language, the most frequent first.
#[derive(Debug)]
struct Vocabulary {
    words: Vec<&'static str>,
    ranks: Frequencies,
}

/// The words of all languages of a corpus.
#[derive(Debug)]
pub(super) struct Words {
    bokmaal: Vocabulary,
    nynorsk: Vocabulary,
    english: Vocabulary,
    northern_sami: Vocabulary,
}

impl Words {
    pub(super) fn new(rng: &mut ChaCha8Rng) -> Self {
        let common = || lines(include_str!("../../../fixtures/vocabulary/common_norwegian.txt"));
        let mut norwegian = || {
            let mut rest: Vec<&str> = lines(include_str!("../../../fixtures/vocabulary/norwegian.txt")).collect();
            rest.shuffle(rng);
            Vocabulary::new(common().chain(rest).collect())
        };
        Self {
            bokmaal: norwegian(),
            nynorsk: norwegian(),
            english: Vocabulary::new(lines(include_str!("../../../fixtures/vocabulary/english.txt")).collect()),
            northern_sami: Vocabulary::new(
                lines(include_str!("../../../fixtures/vocabulary/northern_sami.txt")).collect(),
            ),
        }
    }

    /// A text of a number of words in the range, cut at a word so that it has at most `max_chars` characters.
    pub(super) fn text(
        &self,
        language: LanguageCode,
        words: RangeInclusive<usize>,
        max_chars: usize,
        rng: &mut ChaCha8Rng,
    ) -> String {
        let vocabulary = self.of(language);
        let mut text = String::new();
        let mut chars = 0;
        for _ in 0..rng.random_range(words) {
            let word = vocabulary.draw(rng);
            chars += word.chars().count() + 1;
            if chars > max_chars {
                break;
            }
            if text.is_empty() {
                text.extend(word.chars().take(1).flat_map(char::to_uppercase));
                text.extend(word.chars().skip(1));
            } else {
                text.push(' ');
                text.push_str(word);
            }
        }
        text
    }

    /// One word that is no function word.
    pub(super) fn keyword(&self, language: LanguageCode, rng: &mut ChaCha8Rng) -> &'static str {
        const FUNCTION_WORDS: usize = 37;
        let words = &self.of(language).words;
        words[rng.random_range(FUNCTION_WORDS.min(words.len() / 2)..words.len())]
    }

    fn of(&self, language: LanguageCode) -> &Vocabulary {
        match language {
            LanguageCode::NN => &self.nynorsk,
            LanguageCode::EN => &self.english,
            LanguageCode::SE => &self.northern_sami,
            _ => &self.bokmaal,
        }
    }
}

impl Vocabulary {
    fn new(words: Vec<&'static str>) -> Self {
        let ranks = Frequencies::zipf(words.len(), 1.0);
        Self { words, ranks }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> &'static str {
        self.words[self.ranks.draw(rng)]
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty())
}

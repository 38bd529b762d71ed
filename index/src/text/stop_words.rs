//! Words too common to be searched for, by language. Origin and licences: `stop_words/NOTICE.md`.

use frostem::Algorithm;
use std::sync::LazyLock;

/// The stop words of a language, in byte order; none for languages without a list.
pub(super) fn stop_words(language: Algorithm) -> &'static [&'static str] {
    LISTS.iter().find(|(listed, _)| *listed == language).map_or(&[], |(_, words)| words)
}

static LISTS: LazyLock<Vec<(Algorithm, Vec<&'static str>)>> = LazyLock::new(|| {
    [
        (Algorithm::Danish, include_str!("stop_words/danish.txt")),
        (Algorithm::DutchPorter, include_str!("stop_words/dutch.txt")),
        (Algorithm::English, include_str!("stop_words/english.txt")),
        (Algorithm::Finnish, include_str!("stop_words/finnish.txt")),
        (Algorithm::French, include_str!("stop_words/french.txt")),
        (Algorithm::German, include_str!("stop_words/german.txt")),
        (Algorithm::Hungarian, include_str!("stop_words/hungarian.txt")),
        (Algorithm::Italian, include_str!("stop_words/italian.txt")),
        (Algorithm::Nepali, include_str!("stop_words/nepali.txt")),
        (Algorithm::Norwegian, include_str!("stop_words/norwegian.txt")),
        (Algorithm::Portuguese, include_str!("stop_words/portuguese.txt")),
        (Algorithm::Russian, include_str!("stop_words/russian.txt")),
        (Algorithm::Spanish, include_str!("stop_words/spanish.txt")),
        (Algorithm::Swedish, include_str!("stop_words/swedish.txt")),
        (Algorithm::Turkish, include_str!("stop_words/turkish.txt")),
    ]
    .into_iter()
    .map(|(language, list)| {
        let mut words: Vec<&str> = list.lines().filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        (language, words)
    })
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_single_words_in_lower_case() {
        for (language, words) in LISTS.iter() {
            assert!(words.len() > 50, "{language:?}");
            for word in words {
                assert_eq!(word.trim().to_lowercase(), **word, "{language:?}");
            }
        }
    }
}

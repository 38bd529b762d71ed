//! From the words of a text to words of the index: the rules of one language.
//!
//! The stemmers are Snowball's. Which version of them is pinned in `Cargo.toml`; another version makes other stems
//! and needs another [`super::ANALYZER_VERSION`].

use super::stem_cache;
use super::stop_words::stop_words;
use super::tokenizer::WordKind;
use crate::domain::LanguageCode;
use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;

/// How the words of one text are read.
#[derive(Clone, Copy)]
pub(super) struct Analyzer {
    /// Absent in the plain analyzer.
    rules: Option<Rules>,
}

#[derive(Clone, Copy)]
struct Rules {
    /// For words of ASCII letters only. Another language than the text's where that has another script.
    ascii: Dictionary,
    letters: Dictionary,
}

#[derive(Clone, Copy)]
struct Dictionary {
    stemmer: Stemmer,
    /// In byte order.
    stop_words: &'static [&'static str],
}

impl Analyzer {
    /// Knows neither stems nor stop words.
    pub(super) const PLAIN: Self = Self { rules: None };

    /// Plain for a language without a stemmer.
    pub(super) fn of(language: LanguageCode) -> Self {
        let Some(algorithm) = algorithm(language.as_str()) else { return Self::PLAIN };
        let ascii = match algorithm {
            Algorithm::Hindi | Algorithm::Russian => Algorithm::English,
            own => own,
        };
        Self { rules: Some(Rules { ascii: Dictionary::of(ascii), letters: Dictionary::of(algorithm) }) }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.rules.is_none()
    }

    /// The stem of a word in lower case, or the word if it has none; `None` for a stop word.
    pub(super) fn stem<'a>(&self, word: &'a str, kind: WordKind) -> Option<Cow<'a, str>> {
        let Some(rules) = &self.rules else { return Some(Cow::Borrowed(word)) };
        let dictionary = match kind {
            WordKind::Other => return Some(Cow::Borrowed(word)),
            WordKind::AsciiLetters => &rules.ascii,
            WordKind::Letters => &rules.letters,
        };
        stem_cache::stem(dictionary.stemmer.algorithm(), word, || dictionary.stem(word))
    }
}

impl Dictionary {
    fn of(algorithm: Algorithm) -> Self {
        Self { stemmer: Stemmer::new(algorithm), stop_words: stop_words(algorithm) }
    }

    fn stem<'a>(&self, word: &'a str) -> Option<Cow<'a, str>> {
        if self.stop_words.binary_search(&word).is_ok() {
            return None;
        }
        let stem = self.stemmer.stem(word);
        Some(if stem.is_empty() { Cow::Borrowed(word) } else { stem })
    }
}

fn algorithm(language: &str) -> Option<Algorithm> {
    Some(match language {
        "nb" | "nn" => Algorithm::Norwegian,
        "ar" => Algorithm::Arabic,
        "ca" => Algorithm::Catalan,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "eu" => Algorithm::Basque,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "ga" => Algorithm::Irish,
        "hi" => Algorithm::Hindi,
        "hu" => Algorithm::Hungarian,
        "hy" => Algorithm::Armenian,
        "id" => Algorithm::Indonesian,
        "it" => Algorithm::Italian,
        "lt" => Algorithm::Lithuanian,
        "ne" => Algorithm::Nepali,
        // What the contract calls Dutch is Snowball's older algorithm.
        "nl" => Algorithm::DutchPorter,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sr" => Algorithm::Serbian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        "yi" => Algorithm::Yiddish,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tokenizer::words;
    use super::*;
    use proptest::prelude::*;

    fn check(language: &str, word: &str, expected: Option<&str>) {
        let language = LanguageCode::parse(language).expect("a known language");
        let word = word.to_lowercase();
        let kind = words(&word).next().expect("a word").kind;
        assert_eq!(Analyzer::of(language).stem(&word, kind).as_deref(), expected, "{language} {word}");
    }

    /// As PostgreSQL 15 stems them.
    #[test]
    fn norwegian_stems_are_golden() {
        for (stem, words) in [
            ("skattemelding", "skattemelding skattemeldingen skattemeldinger"),
            ("arbeidsflat", "arbeidsflate arbeidsflatene"),
            ("arbeid", "arbeids"),
            ("klar", "klar"),
            ("faktur", "faktura"),
            ("faktura", "fakturaen fakturaer fakturaene"),
            ("betalt", "betalt betalte"),
            ("betal", "betale betaler"),
            ("betaling", "betaling betalingen"),
            ("levering", "levering leveringen leveringer"),
            ("vedtak", "vedtak vedtaket vedtakene"),
            ("søknad", "søknad søknaden søknader søknadene"),
            ("klag", "klage klager klagen"),
            ("klagefrist", "klagefrist"),
            ("byggetillat", "byggetillatelse"),
            ("næringsdriv", "næringsdrivende"),
            ("opplysning", "opplysninger opplysningene"),
            ("kommun", "kommune kommunen kommuner kommunene"),
            ("virksom", "virksomheten virksomheter"),
            ("avgift", "avgift avgifter avgiften"),
            ("behandling", "behandling behandlingen"),
            ("behandl", "behandlet"),
            ("årsregnskap", "årsregnskap årsregnskapet"),
            ("endr", "endre endret"),
            ("mott", "mottas"),
            ("sykmeld", "sykmeldt"),
            ("bøk", "bøker"),
            ("barn", "barn barnet barna"),
            ("økonomisk", "økonomisk økonomiske"),
            ("vikt", "viktig viktige"),
            ("personnumm", "personnummer"),
            ("foreldrepeng", "foreldrepenger"),
            ("kvittering", "kvittering kvitteringer"),
        ] {
            for word in words.split(' ') {
                check("nb", word, Some(stem));
                check("nn", word, Some(stem));
            }
        }
    }

    #[test]
    fn stop_words_have_no_stem() {
        for (language, word) in
            [("nb", "og"), ("nn", "ikkje"), ("en", "The"), ("de", "für"), ("ru", "и"), ("ru", "the")]
        {
            check(language, word, None);
        }
        check("nb", "the", Some("the"));
        check("se", "og", Some("og"));
    }

    #[test]
    fn every_language_has_its_own_rules() {
        check("en", "letters", Some("letter"));
        check("se", "letters", Some("letters"));
        check("pl", "letters", Some("letters"));
        check("ru", "letters", Some("letter"));
        check("ru", "письма", Some("письм"));
        check("nb", "mva2024ene", Some("mva2024ene"));
        for code in "nb nn ar hy eu ca da nl en fi fr de el hi hu id ga it lt ne pt ro ru sr es sv ta tr yi".split(' ')
        {
            let language = LanguageCode::parse(code).expect("a known language");
            assert!(!Analyzer::of(language).is_plain(), "{code}");
        }
        assert_eq!(LanguageCode::all().filter(|code| !Analyzer::of(*code).is_plain()).count(), 29);
    }

    proptest! {
        #[test]
        fn no_word_is_too_odd_for_a_stemmer(word in "\\PC{1,24}") {
            let word = word.to_lowercase();
            for language in LanguageCode::all() {
                let analyzer = Analyzer::of(language);
                for kind in [WordKind::AsciiLetters, WordKind::Letters] {
                    prop_assert!(analyzer.stem(&word, kind).is_none_or(|stem| !stem.is_empty()));
                }
            }
        }
    }
}

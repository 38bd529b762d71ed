//! The second step from a search string to a query: from what it asks for to words of the index.
//!
//! Each reading stems the words and drops its stop words; what is left of the string is judged for each reading
//! alone, and the query is the union of the readings that can be answered. A reading cannot be answered if it
//! consists of negations or has nothing but negations on one side of an OR; that would be a scan of everything.
//!
//! A negation is not split into readings: it excludes what its word or phrase would find as a search of its own, in
//! any reading. Else the plain reading would give back what the Norwegian one excludes, and the other way round.

use super::TextExpr;
use super::analyzer::Analyzer;
use super::search_string::{Group, Operand, TextQuery};
use crate::domain::LanguageCode;
use std::collections::HashSet;

/// The reading cannot be answered from an index.
struct Unanswerable;

impl TextQuery {
    /// The query in words of the index: the union of its readings. `None` when nothing can match: no words are
    /// left, or it could only be answered by a scan.
    pub(crate) fn compile(&self, language: Option<LanguageCode>) -> Option<TextExpr> {
        let readings = readings(language);
        let found = readings.iter().filter_map(|reading| self.read(reading, &readings).ok()).flatten();
        one_or(found.collect(), TextExpr::Or)
    }

    fn read(&self, reading: &Analyzer, all: &[Analyzer]) -> Result<Vec<TextExpr>, Unanswerable> {
        self.groups.iter().filter_map(|group| read_group(group, reading, all).transpose()).collect()
    }
}

/// The analyzers that a search string is read with.
fn readings(language: Option<LanguageCode>) -> Vec<Analyzer> {
    let languages = match language {
        Some(language) => vec![language],
        None => vec![LanguageCode::NB, LanguageCode::EN],
    };
    let of_languages = languages.into_iter().map(Analyzer::of).filter(|analyzer| !analyzer.is_plain());
    std::iter::once(Analyzer::PLAIN).chain(of_languages).collect()
}

/// `None` if the reading leaves nothing of the group.
fn read_group(group: &Group, reading: &Analyzer, all: &[Analyzer]) -> Result<Option<TextExpr>, Unanswerable> {
    let (negated, wanted): (Vec<&Operand>, Vec<&Operand>) = group.iter().partition(|operand| operand.negated);
    let mut members: Vec<TextExpr> = wanted.iter().filter_map(|operand| read_operand(operand, reading)).collect();
    if members.is_empty() {
        let excludes = negated.iter().any(|operand| read_operand(operand, reading).is_some());
        return if excludes { Err(Unanswerable) } else { Ok(None) };
    }
    let excluded = negated.iter().flat_map(|operand| all.iter().filter_map(|reading| read_operand(operand, reading)));
    members.extend(excluded.map(|operand| TextExpr::Not(Box::new(operand))));
    Ok(one_or(members, TextExpr::And))
}

/// `None` if all words are stop words.
fn read_operand(operand: &Operand, reading: &Analyzer) -> Option<TextExpr> {
    let mut words = operand.words.iter().filter_map(|word| {
        let stem = reading.stem(&word.text, word.kind)?;
        Some((word.position, stem.into_owned()))
    });
    let (start, first) = words.next()?;
    let rest: Vec<(u32, String)> = words.map(|(position, word)| (position - start, word)).collect();
    if rest.is_empty() {
        return Some(TextExpr::Word(first));
    }
    Some(TextExpr::Phrase(std::iter::once((0, first)).chain(rest).collect()))
}

/// What is left of the members when each is taken once.
fn one_or(members: Vec<TextExpr>, joined: fn(Vec<TextExpr>) -> TextExpr) -> Option<TextExpr> {
    let mut seen = HashSet::new();
    let mut distinct: Vec<TextExpr> = members.into_iter().filter(|member| seen.insert(member.clone())).collect();
    if distinct.len() > 1 { Some(joined(distinct)) } else { distinct.pop() }
}

#[cfg(test)]
mod tests {
    use super::super::matching::matches;
    use super::super::tokenizer::WordKind;
    use super::super::tokens::Tokens;
    use super::*;
    use proptest::prelude::*;

    const NB: Option<LanguageCode> = Some(LanguageCode::NB);
    const EN: Option<LanguageCode> = Some(LanguageCode::EN);

    fn finds(query: &str, language: Option<LanguageCode>, texts: &[(LanguageCode, &str)]) -> bool {
        let mut words = Tokens::default();
        for (language, text) in texts {
            words.add(text, &Analyzer::of(*language));
        }
        TextQuery::parse(query).compile(language).is_some_and(|query| matches(&query, &words))
    }

    /// A Norwegian text is found by the first queries and not by the others, in whichever language these are.
    fn check(text: &str, found: &[&str], missed: &[&str]) {
        for language in [None, NB] {
            for query in found {
                assert!(finds(query, language, &[(LanguageCode::NB, text)]), "{query} finds {text} ({language:?})");
            }
            for query in missed {
                assert!(!finds(query, language, &[(LanguageCode::NB, text)]), "{query} misses {text} ({language:?})");
            }
        }
    }

    #[test]
    fn terms_are_joined_as_the_contract_says() {
        check("skatt", &["skatt mva", "a AND b skatt", "a b OR skatt", "skatt AND skatt"], &["skatt AND mva", "mva"]);
        check("skatt mva", &["skatt AND mva", "mva"], &[]);
        check("y z", &["x AND y z"], &["x AND y", "x AND y AND z"]);
        check("skatt mva", &["(skatt mva) & x", "skatt*", "skatt:*", "\"skatt"], &["ska*", "skat:*", "kat"]);
    }

    #[test]
    fn phrases_match_adjacent_words_in_order() {
        check("klage på sen levering nå", &["\"sen levering\""], &["\"levering sen\"", "\"klage levering\""]);
        check("sen god levering", &[], &["\"sen levering\""]);
        check("sen av levering", &["\"sen for levering\"", "\"for sen av levering på\""], &["\"sen levering\""]);
        check("sen på den levering", &["\"sen til en levering\""], &["\"sen for levering\""]);
        check("e-posten din", &["e-post", "\"e-post\"", "epost e-posten", "posten"], &["epost"]);
        check("foo-bar", &["foo-bar", "foo", "bar"], &["bar-foo"]);
        check("foo bar", &[], &["foo-bar"]);
        check("sak 2024-123", &["2024-123", "2024", "\"sak 2024-123\""], &["2024/123", "123", "2024123"]);
        check("sak AB-1234/2024", &["AB-1234/2024", "ab", "AB-1234"], &["1234", "AB-2024"]);
        check("skatteetaten.no post@x.no", &["skatteetaten.no", "post@x.no"], &["skatteetaten", "post", "x.no"]);
        check("O'Hara a_b", &["O'Hara", "hara", "a_b"], &["b_hara"]);
    }

    #[test]
    fn negations_exclude() {
        check("faktura", &["faktura -betalt", "faktura -\"sen levering\"", "faktura - betalt"], &[]);
        check("faktura betalt", &["faktura --betalt"], &["faktura -betalt", "faktura - betalt"]);
        check("faktura sen levering", &["faktura -\"levering sen\""], &["faktura -\"sen levering\""]);
        check("faktura levering sen", &["faktura -\"sen levering\""], &[]);
    }

    #[test]
    fn a_negation_excludes_in_every_reading() {
        // What any reading of the word finds is excluded, however the text or the word is inflected.
        check("faktura betalinger", &["faktura betaling"], &["faktura -betaling", "faktura -betalinger"]);
        check("faktura betaling", &[], &["faktura -betalinger"]);
        for language in [None, NB, EN] {
            for texts in [
                [(LanguageCode::NB, "faktura"), (LanguageCode::EN, "payments")],
                [(LanguageCode::NB, "faktura"), (LanguageCode::SE, "payments")],
                [(LanguageCode::NB, "faktura"), (LanguageCode::NB, "payments")],
            ] {
                assert!(!finds("faktura -payments", language, &texts), "{language:?} {texts:?}");
            }
        }
        // A stop word of one language is a word of another.
        assert!(finds("faktura -for", NB, &[(LanguageCode::NB, "faktura for deg")]));
        assert!(!finds("faktura -for", NB, &[(LanguageCode::NB, "faktura"), (LanguageCode::SE, "for")]));
    }

    #[test]
    fn what_only_a_scan_could_answer_has_no_hits() {
        for query in ["-betalt", "- betalt", "-a -b", "faktura OR -betalt", "-betalt OR faktura", "- \"a b\""] {
            for language in [None, NB, EN] {
                assert_eq!(TextQuery::parse(query).compile(language), None, "{query}");
            }
        }
        for query in ["", "   ", "***", "AND", "()", "\"\"", "-", "- -"] {
            assert_eq!(TextQuery::parse(query).compile(None), None, "{query}");
        }
        check("og ikke", &[], &["og ikke", "\"og ikke\"", "faktura OR -betalt", "-betalt"]);
        // In the Norwegian reading nothing is left of the negated stop word.
        check("faktura", &["faktura OR -og"], &[]);
    }

    #[test]
    fn inflections_are_found_in_the_language_of_the_text() {
        let text = "Skattemeldingen for 2024 er klar. Arbeidsflatene";
        let always = ["skattemeldingen", "skattemelding", "Arbeidsflatene", "klar", "2024"];
        check(text, &always, &["arbeids", "skatt", "arbeidsfl"]);
        check(text, &["arbeidsflate", "skattemeldinger"], &[]);
        for query in always {
            assert!(finds(query, EN, &[(LanguageCode::NB, text)]), "{query}");
        }
        assert!(!finds("arbeidsflate", EN, &[(LanguageCode::NB, text)]));
        assert!(finds("invoice", None, &[(LanguageCode::EN, "Invoices")]));
        assert!(finds("invoicing", None, &[(LanguageCode::EN, "Invoices")]));
        assert!(finds("listy", None, &[(LanguageCode::parse("pl").expect("a known language"), "Listy")]));
        check("Café på Ærlighet", &["café", "ærlighet"], &["cafe", "aerlighet"]);
    }

    #[test]
    fn a_reading_is_of_the_whole_string() {
        let query = TextQuery::parse("vedtaket AND letters").compile(None);
        let and = |a: &str, b: &str| TextExpr::And(vec![TextExpr::Word(a.to_owned()), TextExpr::Word(b.to_owned())]);
        assert_eq!(
            query,
            Some(TextExpr::Or(vec![and("vedtaket", "letters"), and("vedtak", "lett"), and("vedtaket", "letter")]))
        );
        assert_eq!(TextQuery::parse("2024").compile(None), Some(TextExpr::Word("2024".to_owned())));
    }

    fn check_form(query: &TextExpr, may_be_negated: bool) {
        match query {
            TextExpr::Word(word) => assert!(!word.is_empty()),
            TextExpr::Phrase(words) => {
                assert!(words.len() > 1 && words[0].0 == 0);
                assert!(words.windows(2).all(|pair| pair[0].0 < pair[1].0));
            }
            TextExpr::And(members) => {
                assert!(members.len() > 1);
                assert!(members.iter().any(|member| !matches!(member, TextExpr::Not(_))));
                members.iter().for_each(|member| check_form(member, true));
            }
            TextExpr::Or(members) => {
                assert!(members.len() > 1);
                members.iter().for_each(|member| check_form(member, false));
            }
            TextExpr::Not(member) => {
                assert!(may_be_negated);
                assert!(matches!(**member, TextExpr::Word(_) | TextExpr::Phrase(_)));
            }
        }
    }

    fn source() -> impl Strategy<Value = String> {
        let word = prop_oneof!["[a-d]{1,2}", "og|for|the|or|and|AND|OR|betalinger|2024-12|e-post|x.no", ".{0,6}"];
        let punctuation = prop_oneof![Just("-"), Just("\""), Just(" "), Just("("), Just(":"), Just("&"), Just("  ")];
        prop::collection::vec(prop_oneof![2 => word, 3 => punctuation.prop_map(str::to_owned)], 0..24)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn queries_are_well_formed(source in source()) {
            for language in [None, NB, Some(LanguageCode::SE)] {
                if let Some(query) = TextQuery::parse(&source).compile(language) {
                    check_form(&query, false);
                }
            }
        }

        #[test]
        fn no_string_is_refused(source in ".*") {
            TextQuery::parse(&source).compile(None);
        }

        #[test]
        fn a_word_finds_each_text_that_holds_it(word in "[a-zæøå]{2,12}", before in "[a-zæøå ]{0,20}", code in "nb|en|de|pl") {
            prop_assume!(!["or", "and"].contains(&word.as_str()));
            let language = LanguageCode::parse(&code).expect("a known language");
            let is_stop_word = Analyzer::of(language).stem(&word, WordKind::Letters).is_none();
            let text = format!("{before} {word}");
            prop_assert_eq!(finds(&word, None, &[(language, &text)]), !is_stop_word);
            // A negation is the complement of what it negates.
            prop_assert_eq!(finds(&format!("xyzzy -{word}"), None, &[(language, &text), (language, "xyzzy")]), is_stop_word);
        }
    }
}

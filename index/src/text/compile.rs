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

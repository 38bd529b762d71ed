//! The plain evaluation of a query on the words of one dialog: what the index must agree with.

use super::{TextExpr, Tokens};
use std::collections::HashMap;

/// Positions by word, ascending.
type Positions<'a> = HashMap<&'a str, Vec<u32>>;

/// Whether a query finds a dialog with these words.
pub(crate) fn matches(query: &TextExpr, words: &Tokens) -> bool {
    let mut positions = Positions::new();
    for word in words.iter() {
        positions.entry(word.text).or_default().push(word.position);
    }
    holds(query, &positions)
}

fn holds(query: &TextExpr, positions: &Positions<'_>) -> bool {
    match query {
        TextExpr::Word(word) => positions.contains_key(word.as_str()),
        TextExpr::Phrase(words) => holds_phrase(words, positions),
        TextExpr::And(members) => members.iter().all(|member| holds(member, positions)),
        TextExpr::Or(members) => members.iter().any(|member| holds(member, positions)),
        TextExpr::Not(member) => !holds(member, positions),
    }
}

fn holds_phrase(words: &[(u32, String)], positions: &Positions<'_>) -> bool {
    let at = |word: &str| positions.get(word).map_or(&[][..], Vec::as_slice);
    let Some(((_, first), rest)) = words.split_first() else { return false };
    at(first)
        .iter()
        .any(|start| rest.iter().all(|(distance, word)| at(word).binary_search(&(start + distance)).is_ok()))
}

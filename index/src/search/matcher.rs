//! Whether the words of one dialog match a text, without an index.

use crate::text::{TextExpr, Tokens};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;
use tantivy::tokenizer::MAX_TOKEN_LEN;

/// Which words a text can have: a bit for each of them, where another may have set it too. Most texts lack most words,
/// and are passed over without a look at them.
#[derive(Clone, Debug)]
pub(super) struct Words([u64; WORDS]);

const WORDS: usize = 16;

/// A text to look for, with the hashes of its words.
pub(super) struct Matcher<'a>(Expr<'a>);

enum Expr<'a> {
    Word(Word<'a>),
    Phrase(Vec<(u32, Word<'a>)>),
    And(Vec<Expr<'a>>),
    Or(Vec<Expr<'a>>),
    Not(Box<Expr<'a>>),
}

struct Word<'a> {
    text: &'a str,
    hash: u64,
}

impl Words {
    pub(super) fn of(tokens: &Tokens) -> Self {
        let mut bits = [0; WORDS];
        for token in tokens.iter() {
            let (place, bit) = bit_of(hash(token.text));
            bits[place] |= bit;
        }
        Self(bits)
    }

    fn may_have(&self, word: &Word<'_>) -> bool {
        let (place, bit) = bit_of(word.hash);
        self.0[place] & bit != 0
    }
}

impl<'a> Matcher<'a> {
    pub(super) fn of(expr: &'a TextExpr) -> Self {
        Self(Expr::of(expr))
    }

    /// `words` are those of the tokens.
    pub(super) fn matches(&self, words: &Words, tokens: &Tokens) -> bool {
        self.0.matches(words, tokens)
    }
}

impl<'a> Expr<'a> {
    fn of(expr: &'a TextExpr) -> Self {
        let all = |members: &'a [TextExpr]| members.iter().map(Self::of).collect();
        match expr {
            TextExpr::Word(word) => Self::Word(Word::of(word)),
            TextExpr::Phrase(words) => Self::Phrase(words.iter().map(|(at, word)| (*at, Word::of(word))).collect()),
            TextExpr::And(members) => Self::And(all(members)),
            TextExpr::Or(members) => Self::Or(all(members)),
            TextExpr::Not(negated) => Self::Not(Box::new(Self::of(negated))),
        }
    }

    fn matches(&self, words: &Words, tokens: &Tokens) -> bool {
        match self {
            Self::Word(word) => word.may_be_in(words) && tokens.iter().any(|token| token.text == word.text),
            Self::Phrase(phrase) => phrase.iter().all(|(_, word)| word.may_be_in(words)) && has_phrase(phrase, tokens),
            Self::And(members) => members.iter().all(|member| member.matches(words, tokens)),
            Self::Or(members) => members.iter().any(|member| member.matches(words, tokens)),
            Self::Not(negated) => !negated.matches(words, tokens),
        }
    }
}

impl<'a> Word<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, hash: hash(text) }
    }

    /// What is too long for the engine is not in the index, and is not found here either.
    fn may_be_in(&self, words: &Words) -> bool {
        self.text.len() <= MAX_TOKEN_LEN && words.may_have(self)
    }
}

fn has_phrase(phrase: &[(u32, Word<'_>)], tokens: &Tokens) -> bool {
    let Some(((_, first), rest)) = phrase.split_first() else { return false };
    let starts = tokens.iter().filter(|token| token.text == first.text);
    starts.map(|token| token.position).any(|start| {
        rest.iter().all(|(distance, word)| {
            start.checked_add(*distance).is_some_and(|at| tokens.at(at).any(|token| token.text == word.text))
        })
    })
}

fn hash(word: &str) -> u64 {
    FxBuildHasher.hash_one(word)
}

fn bit_of(hash: u64) -> (usize, u64) {
    // The upper bits of this hash are the best mixed.
    let hash = hash >> 40;
    ((hash >> 6) as usize % WORDS, 1 << (hash & 63))
}

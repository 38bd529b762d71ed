//! How finished words reach tantivy: each text is handed over as one string of words with their positions, and read
//! back by a tokenizer that only splits it. tantivy's own way for this, pre-tokenized text, copies every word twice.

use crate::text::Tokens;
use tantivy::tokenizer::{MAX_TOKEN_LEN, Token as EngineToken, TokenStream, Tokenizer};

/// The name of the tokenizer in the schema.
pub(super) const TOKENIZER: &str = "positioned";

/// Bits of a number in one character. Characters of ASCII are bytes, and so easily read.
const DIGIT_BITS: u32 = 6;
/// Marks the digits that another one follows.
const MORE: u8 = 1 << DIGIT_BITS;

/// What most words take beside their letters: no more than a guess that saves growing.
const USUAL_DIGITS: usize = 4;

/// Writes words as position, length and word, one after another. Words that are longer than the engine can hold are
/// left out: they cannot be found, and a query for one finds nothing.
pub(super) fn encode(tokens: &Tokens) -> String {
    let (text, words) = tokens.parts();
    let mut encoded = String::with_capacity(text.len() + words.len() * USUAL_DIGITS);
    for token in tokens.iter().filter(|token| token.text.len() <= MAX_TOKEN_LEN) {
        push_number(&mut encoded, token.position as usize);
        push_number(&mut encoded, token.text.len());
        encoded.push_str(token.text);
    }
    encoded
}

fn push_number(encoded: &mut String, mut number: usize) {
    loop {
        let digit = (number as u8) & (MORE - 1);
        number >>= DIGIT_BITS;
        let is_last = number == 0;
        encoded.push(char::from(if is_last { digit } else { digit | MORE }));
        if is_last {
            return;
        }
    }
}

/// The number that a text begins with, and what follows it.
fn take_number(text: &str) -> Option<(usize, &str)> {
    let mut number = 0;
    for (at, byte) in text.bytes().enumerate() {
        number |= usize::from(byte & (MORE - 1)) << (DIGIT_BITS * at as u32);
        if byte & MORE == 0 {
            return Some((number, &text[at + 1..]));
        }
    }
    None
}

/// Reads what [`encode`] wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct PositionedWords {
    token: EngineToken,
}

/// The words of one text.
#[derive(Debug)]
pub(super) struct PositionedWordStream<'a> {
    rest: &'a str,
    token: &'a mut EngineToken,
}

impl Tokenizer for PositionedWords {
    type TokenStream<'a> = PositionedWordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        self.token.reset();
        PositionedWordStream { rest: text, token: &mut self.token }
    }
}

impl PositionedWordStream<'_> {
    fn next_word(&mut self) -> Option<()> {
        let (position, rest) = take_number(self.rest)?;
        let (length, rest) = take_number(rest)?;
        let (word, rest) = rest.split_at_checked(length)?;
        self.token.position = position;
        self.token.text.clear();
        self.token.text.push_str(word);
        self.rest = rest;
        Some(())
    }
}

impl TokenStream for PositionedWordStream<'_> {
    fn advance(&mut self) -> bool {
        self.next_word().is_some()
    }

    fn token(&self) -> &EngineToken {
        self.token
    }

    fn token_mut(&mut self) -> &mut EngineToken {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Token;

    #[track_caller]
    fn check(words: &[(u32, &str)], expected: &[(u32, &str)]) {
        let mut tokens = Tokens::default();
        for &(position, text) in words {
            tokens.push(Token { text, position });
        }
        let mut read = Vec::new();
        let encoded = encode(&tokens);
        PositionedWords::default()
            .token_stream(&encoded)
            .process(&mut |token| read.push((token.position as u32, token.text.clone())));
        let expected: Vec<(u32, String)> = expected.iter().map(|(at, text)| (*at, (*text).to_owned())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn words_come_back_with_their_positions() {
        check(&[], &[]);
        let words = [(0, "søknad"), (0, "søk"), (7, "2 3 x"), (63, ""), (64, "a"), (4096, "b"), (u32::MAX, "c")];
        check(&words, &words);
    }

    #[test]
    fn words_too_long_for_the_engine_are_left_out() {
        let (longest, longer) = ("a".repeat(MAX_TOKEN_LEN), "a".repeat(MAX_TOKEN_LEN + 1));
        check(&[(0, &longer), (1, &longest), (2, "b")], &[(1, &longest), (2, "b")]);
    }
}

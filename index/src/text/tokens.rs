use super::analyzer::Analyzer;
use super::characters::push_lowercase;
use super::tokenizer::words;

/// Most words have fewer: no more than a guess that saves growing.
const MOST_WORD_BYTES: usize = 64;

/// A word of the index and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Counted from 1.
    pub(crate) position: u32,
}

/// Words in one buffer, in order of their positions; a word and its stem share one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    text: String,
    /// Where each word ends in `text`, and its position.
    words: Vec<(u32, u32)>,
}

impl Tokens {
    /// With room for so many words of usual lengths.
    pub(super) fn with_capacity(words: usize) -> Self {
        const USUAL_WORD_BYTES: usize = 8;
        Self { text: String::with_capacity(words * USUAL_WORD_BYTES), words: Vec::with_capacity(words) }
    }

    /// In order of their positions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Token<'_>> {
        let mut start = 0;
        self.words.iter().map(move |&(end, position)| {
            let text = &self.text[start..end as usize];
            start = end as usize;
            Token { text, position }
        })
    }

    /// The words at a position.
    pub(crate) fn at(&self, position: u32) -> impl Iterator<Item = Token<'_>> {
        let first = self.words.partition_point(|(_, at)| *at < position);
        let mut start = first.checked_sub(1).map_or(0, |before| self.words[before].0 as usize);
        self.words[first..].iter().take_while(move |(_, at)| *at == position).map(move |&(end, position)| {
            let text = &self.text[start..end as usize];
            start = end as usize;
            Token { text, position }
        })
    }

    /// All words in one text, and for each of them where it ends there, with its position.
    pub(crate) fn parts(&self) -> (&str, &[(u32, u32)]) {
        (&self.text, &self.words)
    }

    /// What they occupy, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + size_of_val(&*self.words)
    }

    /// Adds the words of a text behind those that are there, so that a phrase may run on from one text to the
    /// next. Stop words at the end of a text leave no gap before the next one.
    pub(super) fn add(&mut self, text: &str, analyzer: &Analyzer) {
        let mut lower = String::with_capacity(MOST_WORD_BYTES);
        for (word, position) in words(text).zip(self.end()..) {
            lower.clear();
            push_lowercase(word.text, &mut lower);
            let Some(stem) = analyzer.stem(&lower, word.kind) else { continue };
            self.push(Token { text: &lower, position });
            if *stem != *lower {
                self.push(Token { text: &stem, position });
            }
        }
    }

    /// The position behind all words.
    pub(super) fn end(&self) -> u32 {
        self.words.last().map_or(0, |(_, position)| *position) + 1
    }

    /// Behind those that are there, and at the position of the last of them or later.
    pub(crate) fn push(&mut self, token: Token<'_>) {
        self.text.push_str(token.text);
        let end = u32::try_from(self.text.len()).expect("the texts of a dialog are bounded far below 4 GiB");
        self.words.push((end, token.position));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LanguageCode;

    fn check(text: &str, analyzer: Analyzer, expected: &str) {
        let mut tokens = Tokens::default();
        tokens.add(text, &analyzer);
        let found: Vec<String> = tokens.iter().map(|token| format!("{}:{}", token.text, token.position)).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }

    #[test]
    fn a_stem_stands_where_its_word_stands() {
        let norwegian = Analyzer::of(LanguageCode::NB);
        check("Skattemeldingen er klar.", norwegian, "skattemeldingen:1 skattemelding:1 klar:3");
        check("Skattemeldingen er klar.", Analyzer::PLAIN, "skattemeldingen:1 er:2 klar:3");
        check("E-posten", norwegian, "e-posten:1 e-post:1 e:2 posten:3 post:3");
        check("ÆRLIG Café", norwegian, "ærlig:1 ærl:1 café:2");
        check("sak 2024-123", norwegian, "sak:1 2024:2 -123:3");
        check("og i å", norwegian, "");
    }

    #[test]
    fn texts_follow_each_other() {
        let mut tokens = Tokens::default();
        tokens.add("klage på", &Analyzer::of(LanguageCode::NB));
        tokens.add("vedtak", &Analyzer::PLAIN);
        assert_eq!(tokens.iter().map(|token| token.position).collect::<Vec<_>>(), [1, 1, 2]);
    }
}

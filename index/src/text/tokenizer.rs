//! From a text to its words, by the rules of the contract's search: those of PostgreSQL's default parser.
//!
//! A word is a run of letters, a word with digits in it, a number with sign, decimals or exponent, a version, a
//! host, an e-mail address, a URL or a file path. Of a compound with hyphens the whole is a word, and then each of
//! its parts; of a URL the whole, the host and the path. Tags, entities, the `https://` of a URL and punctuation
//! are no words. The kinds are tried in a fixed order and the first that fits wins, not the longest.
//!
//! Differences, all of them in strings that are no prose:
//! - a path may begin with at most 32 steps of `./`, `../` or `~/`; longer runs are punctuation;
//! - the words of a tag that is never closed are found even if the text ends with a backslash and one character
//!   inside a quoted attribute value;
//! - letters are those of the Unicode version of Rust's standard library, which may be newer.
//!
//! The work is linear in the length of the text: what was looked for in vain over a long stretch is not looked for
//! again from within that stretch. Nothing recurses.

mod host;
mod markup;
mod path;

use super::characters::{Chars, Class};
use host::{Host, InHost, host_name_end, scan_host};
use markup::{Markup, entity_end};
use path::{InPath, begins_file, file_end, path_end};

/// Longer words are not searchable, as in the contract, and take no position.
pub(super) const MAX_WORD_BYTES: usize = 2046;

/// A word of a text as it is written there. Each stands one position after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) kind: WordKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    /// ASCII letters, and hyphens in a compound.
    AsciiLetters,
    /// Letters of which one at least is not ASCII, and hyphens in a compound.
    Letters,
    /// No word of a language: it has no stem and is no stop word.
    Other,
}

/// The words of a text, in order.
pub(super) struct Words<'a> {
    chars: Chars<'a>,
    at: usize,
    next: Next,
    markup: Markup,
    /// No host begins before this offset.
    hostless_until: usize,
}

/// What stands at the current offset.
#[derive(Clone, Copy)]
enum Next {
    Anything,
    /// The first or a later part of the compound that was found before.
    Part,
    /// The host of the URL that was found before.
    UrlHost {
        path: usize,
        end: usize,
    },
    UrlPath {
        end: usize,
    },
}

/// The kind of what was found at the current offset, `None` for what is not searched for, and its end.
type Found = (Option<WordKind>, usize);

pub(super) fn words(text: &str) -> Words<'_> {
    Words { chars: Chars(text), at: 0, next: Next::Anything, markup: Markup::default(), hostless_until: 0 }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        while self.at < self.chars.0.len() {
            let start = self.at;
            let (kind, end) = match self.next {
                Next::Anything => self.anything(start),
                Next::Part => self.part(start),
                Next::UrlHost { path, end } => {
                    self.next = Next::UrlPath { end };
                    self.take(Some(WordKind::Other), path)
                }
                Next::UrlPath { end } => {
                    self.next = Next::Anything;
                    self.take(Some(WordKind::Other), end)
                }
            };
            if let Some(kind) = kind
                && end - start <= MAX_WORD_BYTES
            {
                return Some(Word { text: &self.chars.0[start..end], kind });
            }
        }
        None
    }
}

impl Words<'_> {
    fn take(&mut self, kind: Option<WordKind>, end: usize) -> Found {
        self.at = end;
        (kind, end)
    }

    fn take_other(&mut self, end: usize) -> Found {
        self.take(Some(WordKind::Other), end)
    }

    fn take_host(&mut self, host: Host) -> Found {
        match host {
            Host::Alone { end } | Host::Email { end } => self.take_other(end),
            Host::Url { path, end } => {
                self.next = Next::UrlHost { path, end };
                (Some(WordKind::Other), end)
            }
        }
    }

    fn anything(&mut self, start: usize) -> Found {
        let (class, len) = self.chars.class_and_len(start);
        let next = start + len;
        if class == Class::Sign(b'<')
            && let Some(end) = self.markup.tag_end(self.chars, start)
        {
            return self.take(None, end);
        }
        if self.markup.in_script {
            return self.blank(next);
        }
        match class {
            Class::Letter => self.ascii_word(start),
            Class::Alpha => self.letters(next),
            Class::Digit => self.number(start),
            Class::Sign(b'-' | b'+') if self.chars.class(next) == Class::Digit => self.signed_number(next),
            Class::Sign(b'&') => match entity_end(self.chars, next) {
                Some(end) => self.take(None, end),
                None => self.blank(next),
            },
            Class::Sign(sign) => match InPath::after_first(sign).and_then(|state| path_end(self.chars, next, state)) {
                Some(end) => self.take_other(end),
                None => self.blank(next),
            },
            _ => self.blank(next),
        }
    }

    /// What is no word, up to where one may begin.
    fn blank(&mut self, mut at: usize) -> Found {
        loop {
            let (class, len) = self.chars.class_and_len(at);
            let ends = match class {
                Class::End | Class::Sign(b'<') => true,
                _ if self.markup.in_script => false,
                Class::Sign(b'-' | b'+' | b'&' | b'/') => true,
                _ => class.is_alphanumeric(),
            };
            if ends {
                return self.take(None, at);
            }
            at += len;
        }
    }

    fn ascii_word(&mut self, start: usize) -> Found {
        let end = self.chars.end_of_bytes(start, |byte| byte.is_ascii_alphabetic());
        let (class, len) = self.chars.class_and_len(end);
        let next = end + len;
        match class {
            Class::Sign(b'.') => {
                if let Some(host) = self.host(end, InHost::Dot) {
                    return self.take_host(host);
                }
                if begins_file(self.chars, next) {
                    return self.take_other(file_end(self.chars, next));
                }
            }
            Class::Sign(b'-') => {
                if let Some(host) = self.host(end, InHost::Hyphen) {
                    return self.take_host(host);
                }
                if let Some(found) = self.compound(end, WordKind::AsciiLetters) {
                    return found;
                }
            }
            Class::Sign(b'_') => {
                if let Some(host) = self.host(end, InHost::Hyphen) {
                    return self.take_host(host);
                }
            }
            Class::Sign(b'@') => {
                if let Some(end) = host_name_end(self.chars, next) {
                    return self.take_other(end);
                }
            }
            Class::Sign(b':') if self.chars.is_sign(next, b'/') && self.chars.is_sign(next + 1, b'/') => {
                return self.take(None, next + 2);
            }
            Class::Sign(b'/') => {
                if let Some(end) = path_end(self.chars, next, InPath::Slash) {
                    return self.take_other(end);
                }
            }
            Class::Digit => {
                return match self.host(end, InHost::Label) {
                    Some(host) => self.take_host(host),
                    None => self.word_with_digits(end),
                };
            }
            Class::Alpha | Class::Mark => return self.letters(end),
            _ => {}
        }
        self.take(Some(WordKind::AsciiLetters), end)
    }

    /// A word with letters outside ASCII.
    fn letters(&mut self, at: usize) -> Found {
        let end = self.chars.end_of(at, |class| class.is_letter() || class == Class::Mark);
        match self.chars.class(end) {
            Class::Digit => self.word_with_digits(end),
            Class::Sign(b'-') => match self.compound(end, WordKind::Letters) {
                Some(found) => found,
                None => self.take(Some(WordKind::Letters), end),
            },
            _ => self.take(Some(WordKind::Letters), end),
        }
    }

    fn word_with_digits(&mut self, at: usize) -> Found {
        let end = self.chars.end_of(at, |class| class.is_alphanumeric() || class == Class::Mark);
        let next = end + 1;
        match self.chars.class(end) {
            Class::Sign(b'@') => {
                if let Some(end) = host_name_end(self.chars, next) {
                    return self.take_other(end);
                }
            }
            Class::Sign(b'/') => {
                if let Some(end) = path_end(self.chars, next, InPath::Slash) {
                    return self.take_other(end);
                }
            }
            Class::Sign(b'.') if begins_file(self.chars, next) => return self.take_other(file_end(self.chars, next)),
            Class::Sign(b'-') => {
                if let Some(found) = self.compound(end, WordKind::Other) {
                    return found;
                }
            }
            _ => {}
        }
        self.take_other(end)
    }

    /// A number without sign, or what begins with one.
    fn number(&mut self, start: usize) -> Found {
        let end = self.chars.end_of_digits(start);
        let (class, len) = self.chars.class_and_len(end);
        let next = end + len;
        match class {
            Class::Sign(b'.') => {
                if let Some(host) = self.host(end, InHost::Dot) {
                    return self.take_host(host);
                }
                if self.chars.class(next) == Class::Digit {
                    let mut end = self.chars.end_of_digits(next);
                    if let Some(end) = exponent_end(self.chars, end) {
                        return self.take_other(end);
                    }
                    while self.chars.is_sign(end, b'.') && self.chars.class(end + 1) == Class::Digit {
                        end = self.chars.end_of_digits(end + 1);
                    }
                    return self.take_other(end);
                }
            }
            Class::Sign(b'-' | b'_') => {
                if let Some(host) = self.host(end, InHost::Hyphen) {
                    return self.take_host(host);
                }
            }
            Class::Sign(b'@') => {
                if let Some(end) = host_name_end(self.chars, next) {
                    return self.take_other(end);
                }
            }
            Class::Letter => {
                if let Some(end) = exponent_end(self.chars, end) {
                    return self.take_other(end);
                }
                return match self.host(end, InHost::Label) {
                    Some(host) => self.take_host(host),
                    None => self.word_with_digits(end),
                };
            }
            Class::Alpha | Class::Mark => return self.word_with_digits(end),
            Class::Sign(b'/') => {
                if let Some(end) = path_end(self.chars, next, InPath::Slash) {
                    return self.take_other(end);
                }
            }
            _ => {}
        }
        self.take_other(end)
    }

    /// A number whose sign stands before `digits`. A version has no sign.
    fn signed_number(&mut self, digits: usize) -> Found {
        let mut end = self.chars.end_of_digits(digits);
        if self.chars.is_sign(end, b'.') && self.chars.class(end + 1) == Class::Digit {
            end = self.chars.end_of_digits(end + 1);
            if self.chars.is_sign(end, b'.') && self.chars.class(end + 1) == Class::Digit {
                return self.take(None, digits);
            }
        }
        let end = exponent_end(self.chars, end).unwrap_or(end);
        self.take_other(end)
    }

    /// A compound whose first part ends at `hyphen`; its parts come next. A last part of digits alone does not
    /// belong to it.
    fn compound(&mut self, hyphen: usize, mut kind: WordKind) -> Option<Found> {
        let mut end = hyphen;
        while self.chars.is_sign(end, b'-') {
            let (class, len) = self.chars.class_and_len(end + 1);
            let mut at = end + 1 + len;
            match class {
                Class::Letter => {}
                Class::Alpha => kind = kind.with_letters(),
                Class::Digit => {
                    at = self.chars.end_of_digits(at);
                    let (after, len) = self.chars.class_and_len(at);
                    if !after.is_letter() && after != Class::Mark {
                        break;
                    }
                    at += len;
                    kind = WordKind::Other;
                }
                _ => break,
            }
            (kind, end) = self.compound_part_end(at, kind);
        }
        (end > hyphen).then(|| {
            self.next = Next::Part;
            (Some(kind), end)
        })
    }

    fn compound_part_end(&self, mut at: usize, mut kind: WordKind) -> (WordKind, usize) {
        loop {
            let (class, len) = self.chars.class_and_len(at);
            match class {
                Class::Letter => {}
                Class::Alpha | Class::Mark => kind = kind.with_letters(),
                Class::Digit => kind = WordKind::Other,
                _ => return (kind, at),
            }
            at += len;
        }
    }

    fn part(&mut self, start: usize) -> Found {
        let (class, len) = self.chars.class_and_len(start);
        match class {
            Class::Sign(b'-') => {
                let after = self.chars.class(start + len);
                if after.is_alphanumeric() || after == Class::Mark {
                    return self.take(None, start + len);
                }
            }
            Class::Letter | Class::Alpha => {
                let (kind, end) = self.compound_part_end(start, WordKind::AsciiLetters);
                return self.take(Some(kind), end);
            }
            Class::Digit => {
                let at = self.chars.end_of_digits(start);
                let after = self.chars.class(at);
                if after.is_letter() || after == Class::Mark {
                    let (_, end) = self.compound_part_end(at, WordKind::Other);
                    return self.take_other(end);
                }
            }
            _ => {}
        }
        self.next = Next::Anything;
        self.anything(start)
    }

    /// What begins with a host, if the text up to `at` begins one and the character there goes on with it in the
    /// given way.
    fn host(&mut self, at: usize, state: InHost) -> Option<Host> {
        if at < self.hostless_until {
            return None;
        }
        let (host, scanned_to) = scan_host(self.chars, at + 1, state, true);
        if host.is_none() {
            self.hostless_until = scanned_to;
        }
        host
    }
}

impl WordKind {
    fn with_letters(self) -> Self {
        if self == Self::AsciiLetters { Self::Letters } else { self }
    }
}

/// Where the exponent ends that begins here.
fn exponent_end(text: Chars<'_>, at: usize) -> Option<usize> {
    if !text.is_sign(at, b'e') && !text.is_sign(at, b'E') {
        return None;
    }
    let signed = text.is_sign(at + 1, b'+') || text.is_sign(at + 1, b'-');
    let digits = at + 1 + usize::from(signed);
    (text.class(digits) == Class::Digit).then(|| text.end_of_digits(digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<String> {
        words(text)
            .map(|word| match word.kind {
                WordKind::AsciiLetters => format!("a:{}", word.text),
                WordKind::Letters => format!("l:{}", word.text),
                WordKind::Other => format!("o:{}", word.text),
            })
            .collect()
    }

    /// Reads `\\` and `\u{..}`.
    fn unescape(text: &str) -> String {
        let mut parts = text.split('\\');
        let mut plain = parts.next().unwrap_or_default().to_owned();
        while let Some(part) = parts.next() {
            if let Some((code, rest)) = part.strip_prefix("u{").and_then(|part| part.split_once('}')) {
                let code = u32::from_str_radix(code, 16).expect("a hexadecimal number");
                plain.push(char::from_u32(code).expect("a character"));
                plain.push_str(rest);
            } else {
                plain.push('\\');
                plain.push_str(parts.next().unwrap_or_default());
            }
        }
        plain
    }

    #[test]
    fn words_are_those_of_the_reference_parser() {
        let mut checked = 0;
        for line in include_str!("tokenizer/words.txt").lines().filter(|line| !line.starts_with("# ")) {
            let mut fields = line.split('\t').map(unescape);
            let text = fields.next().expect("every line begins with a text");
            assert_eq!(split(&text), fields.collect::<Vec<_>>(), "{text:?}");
            checked += 1;
        }
        assert!(checked > 500);
    }

    #[test]
    fn very_long_words_are_left_out() {
        let (longest, longer) = ("a".repeat(MAX_WORD_BYTES), "a".repeat(MAX_WORD_BYTES + 1));
        assert_eq!(split(&format!("x {longest} y")), ["a:x".to_owned(), format!("a:{longest}"), "a:y".to_owned()]);
        assert_eq!(split(&format!("x {longer} y")), ["a:x", "a:y"]);
    }

    /// Each of these would take hours if looking ahead in vain were repeated at every word.
    #[test]
    fn hostile_texts_take_linear_time() {
        for (unit, expected) in [
            ("a_", 100_000),
            ("1a@", 66_666),
            ("a@b_", 100_000),
            ("a-", 100_000),
            ("<!--", 0),
            ("<a '", 50_000),
            ("<a \"'", 40_000),
            ("&a", 100_000),
            ("/~", 0),
            ("/.", 0),
            ("1e1-", 50_000),
            ("å-", 66_666),
        ] {
            let found = words(&unit.repeat(200_000 / unit.len())).count();
            assert!(found.abs_diff(expected) < 3, "{unit}: {found}");
        }
    }

    proptest! {
        #[test]
        fn words_are_parts_of_the_text_in_order(text in ".{0,80}") {
            let mut from = 0;
            for word in words(&text) {
                prop_assert!(!word.text.is_empty());
                let found = text[from..].find(word.text);
                // The parts of a compound begin where the compound began.
                prop_assert!(found.is_some());
                if word.kind == WordKind::AsciiLetters && !word.text.contains('-') {
                    from += found.unwrap_or_default();
                }
            }
        }

        #[test]
        fn dense_punctuation_never_panics(text in r#"[a-c1-3._@/:<>&;#!?'"\\=~+ \-éÅ\u{301}]{0,60}"#) {
            prop_assert!(words(&text).all(|word| text.contains(word.text)));
        }
    }
}

//! From a text to its words, by the rules of the contract's search: those of PostgreSQL's default parser.
//!
//! A word is a run of letters, a word with digits in it, a number with sign, decimals or exponent, a version, a
//! host, an e-mail address, a URL or a file path. Of a compound with hyphens the whole is a word, and then each of
//! its parts; of a URL the whole, the host and the path. Tags, entities, the `https://` of a URL and punctuation
//! are no words. The kinds are tried in a fixed order and the first that fits wins, not the longest.
//!
//! Differences, all of them in strings that are no prose:
//! - a path may begin with at most [`MAX_PATH_STEPS`] steps of `./`, `../` or `~/`; longer runs are punctuation;
//! - the words of a tag that is never closed are found even if the text ends with a backslash and one character
//!   inside a quoted attribute value;
//! - letters are those of the Unicode version of Rust's standard library, which may be newer.
//!
//! The work is linear in the length of the text: what was looked for in vain over a long stretch is not looked for
//! again from within that stretch. Nothing recurses.

use super::characters::{Class, class_at, is_breaking_space};

/// Longer words are not searchable, as in the contract, and take no position.
pub(super) const MAX_WORD_BYTES: usize = 2046;
/// Steps of `./`, `../` or `~/` that a path may begin with.
const MAX_PATH_STEPS: usize = 32;

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
    text: &'a str,
    at: usize,
    next: Next,
    /// Between `<script>` or `<style>` and its end tag: all but tags is skipped.
    in_script: bool,
    /// No host begins before this offset.
    hostless_until: usize,
    /// No comment ends after the current offset.
    no_comment_end: bool,
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

/// What begins with a host.
enum Host {
    /// `skatt.no` or `skatt.no:443`.
    Alone {
        end: usize,
    },
    Url {
        path: usize,
        end: usize,
    },
    Email {
        end: usize,
    },
}

/// Where in a host the scan stands.
#[derive(Clone, Copy)]
enum InHost {
    /// After `-` or `_`: a letter or digit must follow.
    Hyphen,
    /// After `.`: a letter or digit must follow.
    Dot,
    /// In a label that cannot be the last.
    Label,
    /// After the first letter of what may be the last label.
    LastLabelStart,
    /// In what may be the last label, after two letters or more.
    LastLabel,
}

/// How a path begins, and where in that the scan stands.
#[derive(Clone, Copy)]
enum InPath {
    Slash,
    Tilde,
    /// After a dot that follows a slash.
    Dot,
    /// After a dot that nothing precedes.
    FirstDot,
    DotDot,
}

enum PathSteps {
    /// A name goes on here.
    Name(usize),
    /// The path consists of steps and ends here.
    Complete(usize),
    None,
}

pub(super) fn words(text: &str) -> Words<'_> {
    Words { text, at: 0, next: Next::Anything, in_script: false, hostless_until: 0, no_comment_end: false }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        while self.at < self.text.len() {
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
                return Some(Word { text: &self.text[start..end], kind });
            }
        }
        None
    }
}

impl Words<'_> {
    fn class(&self, at: usize) -> Class {
        class_at(self.text, at).0
    }

    fn is_sign(&self, at: usize, sign: u8) -> bool {
        self.text.as_bytes().get(at) == Some(&sign)
    }

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
        let (class, len) = class_at(self.text, start);
        let next = start + len;
        if class == Class::Sign(b'<')
            && let Some(end) = self.tag(start)
        {
            return self.take(None, end);
        }
        if self.in_script {
            return self.blank(next);
        }
        match class {
            Class::Letter => self.ascii_word(start),
            Class::Alpha => self.letters(next),
            Class::Digit => self.number(start),
            Class::Sign(b'-' | b'+') if self.class(next) == Class::Digit => self.signed_number(next),
            Class::Sign(b'&') => match self.entity_end(next) {
                Some(end) => self.take(None, end),
                None => self.blank(next),
            },
            Class::Sign(sign) => match InPath::after_first(sign).and_then(|state| self.path_end(next, state)) {
                Some(end) => self.take_other(end),
                None => self.blank(next),
            },
            _ => self.blank(next),
        }
    }

    /// What is no word, up to where one may begin.
    fn blank(&mut self, mut at: usize) -> Found {
        loop {
            let (class, len) = class_at(self.text, at);
            let ends = match class {
                Class::End | Class::Sign(b'<') => true,
                _ if self.in_script => false,
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
        let end = self.end_of(start, |class| class == Class::Letter);
        let (class, len) = class_at(self.text, end);
        let next = end + len;
        match class {
            Class::Sign(b'.') => {
                if let Some(host) = self.host(end, InHost::Dot) {
                    return self.take_host(host);
                }
                if self.begins_file(next) {
                    return self.file(next);
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
                if let Some(end) = self.host_name_end(next) {
                    return self.take_other(end);
                }
            }
            Class::Sign(b':') if self.is_sign(next, b'/') && self.is_sign(next + 1, b'/') => {
                return self.take(None, next + 2);
            }
            Class::Sign(b'/') => {
                if let Some(end) = self.path_end(next, InPath::Slash) {
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
        let end = self.end_of(at, |class| class.is_letter() || class == Class::Mark);
        match self.class(end) {
            Class::Digit => self.word_with_digits(end),
            Class::Sign(b'-') => match self.compound(end, WordKind::Letters) {
                Some(found) => found,
                None => self.take(Some(WordKind::Letters), end),
            },
            _ => self.take(Some(WordKind::Letters), end),
        }
    }

    fn word_with_digits(&mut self, at: usize) -> Found {
        let end = self.end_of(at, |class| class.is_alphanumeric() || class == Class::Mark);
        let next = end + 1;
        match self.class(end) {
            Class::Sign(b'@') => {
                if let Some(end) = self.host_name_end(next) {
                    return self.take_other(end);
                }
            }
            Class::Sign(b'/') => {
                if let Some(end) = self.path_end(next, InPath::Slash) {
                    return self.take_other(end);
                }
            }
            Class::Sign(b'.') if self.begins_file(next) => return self.file(next),
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
        let end = self.skip_digits(start);
        let (class, len) = class_at(self.text, end);
        let next = end + len;
        match class {
            Class::Sign(b'.') => {
                if let Some(host) = self.host(end, InHost::Dot) {
                    return self.take_host(host);
                }
                if self.class(next) == Class::Digit {
                    let mut end = self.skip_digits(next);
                    if let Some(end) = self.exponent_end(end) {
                        return self.take_other(end);
                    }
                    while self.is_sign(end, b'.') && self.class(end + 1) == Class::Digit {
                        end = self.skip_digits(end + 1);
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
                if let Some(end) = self.host_name_end(next) {
                    return self.take_other(end);
                }
            }
            Class::Letter => {
                if let Some(end) = self.exponent_end(end) {
                    return self.take_other(end);
                }
                return match self.host(end, InHost::Label) {
                    Some(host) => self.take_host(host),
                    None => self.word_with_digits(end),
                };
            }
            Class::Alpha | Class::Mark => return self.word_with_digits(end),
            Class::Sign(b'/') => {
                if let Some(end) = self.path_end(next, InPath::Slash) {
                    return self.take_other(end);
                }
            }
            _ => {}
        }
        self.take_other(end)
    }

    /// A number whose sign stands before `digits`. A version has no sign.
    fn signed_number(&mut self, digits: usize) -> Found {
        let mut end = self.skip_digits(digits);
        if self.is_sign(end, b'.') && self.class(end + 1) == Class::Digit {
            end = self.skip_digits(end + 1);
            if self.is_sign(end, b'.') && self.class(end + 1) == Class::Digit {
                return self.take(None, digits);
            }
        }
        let end = self.exponent_end(end).unwrap_or(end);
        self.take_other(end)
    }

    fn exponent_end(&self, at: usize) -> Option<usize> {
        if !self.is_sign(at, b'e') && !self.is_sign(at, b'E') {
            return None;
        }
        let signed = self.is_sign(at + 1, b'+') || self.is_sign(at + 1, b'-');
        let digits = at + 1 + usize::from(signed);
        (self.class(digits) == Class::Digit).then(|| self.skip_digits(digits))
    }

    /// A compound whose first part ends at `hyphen`; its parts come next. A last part of digits alone does not
    /// belong to it.
    fn compound(&mut self, hyphen: usize, mut kind: WordKind) -> Option<Found> {
        let mut end = hyphen;
        while self.is_sign(end, b'-') {
            let (class, len) = class_at(self.text, end + 1);
            let mut at = end + 1 + len;
            match class {
                Class::Letter => {}
                Class::Alpha => kind = kind.with_letters(),
                Class::Digit => {
                    at = self.skip_digits(at);
                    let (after, len) = class_at(self.text, at);
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
            let (class, len) = class_at(self.text, at);
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
        let (class, len) = class_at(self.text, start);
        match class {
            Class::Sign(b'-') => {
                let after = self.class(start + len);
                if after.is_alphanumeric() || after == Class::Mark {
                    return self.take(None, start + len);
                }
            }
            Class::Letter | Class::Alpha => {
                let (kind, end) = self.compound_part_end(start, WordKind::AsciiLetters);
                return self.take(Some(kind), end);
            }
            Class::Digit => {
                let at = self.skip_digits(start);
                let after = self.class(at);
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
        let (host, scanned_to) = self.scan_host(at + 1, state, true);
        if host.is_none() {
            self.hostless_until = scanned_to;
        }
        host
    }

    /// Where the host ends that begins here and follows the `@` of an address.
    fn host_name_end(&self, start: usize) -> Option<usize> {
        let (at, state) = match self.class(start) {
            Class::Letter => {
                let at = self.end_of(start, |class| class == Class::Letter);
                match self.class(at) {
                    Class::Digit => (at, InHost::Label),
                    class => (at, InHost::after_separator(class)?),
                }
            }
            Class::Digit => {
                let at = self.skip_digits(start);
                match self.class(at) {
                    Class::Letter if self.exponent_end(at).is_none() => (at, InHost::Label),
                    class => (at, InHost::after_separator(class)?),
                }
            }
            _ => return None,
        };
        match self.scan_host(at + 1, state, false).0? {
            Host::Alone { end } => Some(end),
            Host::Url { .. } | Host::Email { .. } => None,
        }
    }

    /// The longest host from here on and what it is part of, and where the scan stopped. Only when asked to does
    /// the scan look for an address or a URL.
    fn scan_host(&self, mut at: usize, mut state: InHost, with_context: bool) -> (Option<Host>, usize) {
        let mut complete = None;
        loop {
            let class = self.class(at);
            state = match (state, class) {
                (InHost::Dot, Class::Letter) => InHost::LastLabelStart,
                (InHost::Hyphen | InHost::Label, Class::Letter) | (_, Class::Digit) => InHost::Label,
                (InHost::LastLabelStart | InHost::LastLabel, Class::Letter) => InHost::LastLabel,
                (InHost::Hyphen | InHost::Dot, _) => break,
                (_, Class::Sign(b'@')) if with_context && let Some(end) = self.host_name_end(at + 1) => {
                    return (Some(Host::Email { end }), at);
                }
                (InHost::LastLabel, _) => match InHost::after_separator(class) {
                    Some(state) => {
                        complete = Some(Host::Alone { end: at });
                        state
                    }
                    None => return (Some(self.host_or_url(self.port_end(at), with_context)), at),
                },
                _ => match InHost::after_separator(class) {
                    Some(state) => state,
                    None => break,
                },
            };
            at += 1;
        }
        (complete, at)
    }

    fn port_end(&self, at: usize) -> usize {
        if self.is_sign(at, b':') && self.class(at + 1) == Class::Digit { self.skip_digits(at + 1) } else { at }
    }

    fn host_or_url(&self, end: usize, with_context: bool) -> Host {
        if !with_context || !self.is_sign(end, b'/') {
            return Host::Alone { end };
        }
        let path_end = end + 1 + self.text.as_bytes()[end + 1..].iter().take_while(|byte| is_url_byte(**byte)).count();
        if path_end > end + 1 { Host::Url { path: end, end: path_end } } else { Host::Alone { end } }
    }

    /// A file name goes on here after a dot.
    fn begins_file(&self, at: usize) -> bool {
        matches!(self.class(at), Class::Letter | Class::Digit | Class::Sign(b'_'))
    }

    fn file(&mut self, at: usize) -> Found {
        let end = self.file_end(at);
        self.take_other(end)
    }

    /// Where the path ends that goes on with a name here.
    fn file_end(&self, mut at: usize) -> usize {
        loop {
            match self.class(at) {
                Class::Letter | Class::Digit | Class::Sign(b'_' | b'-') => at += 1,
                Class::Sign(b'.') if self.begins_file(at + 1) => at += 2,
                Class::Sign(b'/') => match self.path_steps(at + 1, InPath::Slash) {
                    PathSteps::Name(name) => at = name,
                    PathSteps::Complete(end) => return end,
                    PathSteps::None => return at,
                },
                _ => return at,
            }
        }
    }

    /// Where the path ends of which the first character was read before `at`.
    fn path_end(&self, at: usize, state: InPath) -> Option<usize> {
        match self.path_steps(at, state) {
            PathSteps::Name(name) => Some(self.file_end(name)),
            PathSteps::Complete(end) => Some(end),
            PathSteps::None => None,
        }
    }

    fn path_steps(&self, mut at: usize, mut state: InPath) -> PathSteps {
        let mut complete = PathSteps::None;
        for _ in 0..3 * MAX_PATH_STEPS {
            let (class, len) = class_at(self.text, at);
            let named = matches!(class, Class::Letter | Class::Digit | Class::Sign(b'_'));
            state = match (state, class) {
                (InPath::Slash | InPath::Dot | InPath::Tilde, _) if named => return PathSteps::Name(at),
                (InPath::Slash, Class::Sign(b'.')) => InPath::Dot,
                (InPath::Slash, Class::Sign(b'~')) => InPath::Tilde,
                (InPath::Dot | InPath::FirstDot, Class::Sign(b'.')) => InPath::DotDot,
                (InPath::Dot | InPath::FirstDot | InPath::Tilde, Class::Sign(b'/')) => InPath::Slash,
                (InPath::DotDot, Class::Sign(b'/')) => {
                    complete = PathSteps::Complete(at);
                    InPath::Slash
                }
                (InPath::DotDot, Class::End) => return PathSteps::Complete(at),
                (InPath::DotDot, _) if self.text[at..].starts_with(is_breaking_space) => {
                    return PathSteps::Complete(at);
                }
                _ => return complete,
            };
            at += len;
        }
        complete
    }

    /// Where the tag, comment or declaration ends that begins here.
    fn tag(&mut self, start: usize) -> Option<usize> {
        let at = start + 1;
        match class_at(self.text, at).0 {
            Class::Sign(b'/') if self.class(at + 1) == Class::Letter => self.named_tag(start, at + 2),
            Class::Letter | Class::Sign(b':' | b'_') => self.named_tag(start, at + 1),
            Class::Sign(b'?') if self.is_sign(at + 1, b'x') => self.tag_end(at + 2),
            Class::Sign(b'!') if self.is_sign(at + 1, b'd') || self.is_sign(at + 1, b'D') => self.tag_end(at + 2),
            Class::Sign(b'!') if self.text[at + 1..].starts_with("--") && !self.no_comment_end => {
                let end = self.text[at + 3..].find("-->").map(|found| at + 3 + found + 3);
                self.no_comment_end = end.is_none();
                end
            }
            _ => None,
        }
    }

    fn named_tag(&mut self, start: usize, mut at: usize) -> Option<usize> {
        loop {
            let (class, len) = class_at(self.text, at);
            match class {
                Class::Letter | Class::Alpha | Class::Digit | Class::Sign(b':' | b'_' | b'.' | b'-') => at += len,
                Class::Sign(b'/') => return self.is_sign(at + 1, b'>').then_some(at + 2),
                Class::Sign(b'>') => {
                    self.note_script(start, at);
                    return Some(at + 1);
                }
                _ if self.text[at..].starts_with(is_breaking_space) => {
                    self.note_script(start, at);
                    return self.tag_end(at + len);
                }
                _ => return None,
            }
        }
    }

    fn note_script(&mut self, start: usize, end: usize) {
        let name = &self.text[start..end];
        if ["<script", "<style"].iter().any(|begin| name.eq_ignore_ascii_case(begin)) {
            self.in_script = true;
        } else if ["</script", "</style"].iter().any(|end| name.eq_ignore_ascii_case(end)) {
            self.in_script = false;
        }
    }

    /// Where the tag ends whose attributes begin here.
    fn tag_end(&self, mut at: usize) -> Option<usize> {
        loop {
            let (class, len) = class_at(self.text, at);
            match class {
                Class::Sign(b'>') => return Some(at + 1),
                Class::Sign(quote @ (b'\'' | b'"')) => at = self.quote_end(at + 1, quote)?,
                Class::Letter | Class::Digit => at += 1,
                Class::Sign(sign) if b"=-_#/:.&?%~".contains(&sign) => at += 1,
                _ if self.text[at..].starts_with(is_breaking_space) => at += len,
                _ => return None,
            }
        }
    }

    /// Where the quoted value ends that begins here; a backslash takes the next character's meaning.
    fn quote_end(&self, mut at: usize, quote: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(at)? {
                b'\\' => at += 2,
                byte if byte == quote => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    /// Where the entity ends of which `&` was read.
    fn entity_end(&self, start: usize) -> Option<usize> {
        let end = if self.is_sign(start, b'#') {
            let hexadecimal = self.is_sign(start + 1, b'x') || self.is_sign(start + 1, b'X');
            let first = start + 1 + usize::from(hexadecimal);
            let digits = self.text.as_bytes().get(first..)?;
            let is_digit = if hexadecimal { u8::is_ascii_hexdigit } else { u8::is_ascii_digit };
            let count = digits.iter().take_while(|byte| is_digit(byte)).count();
            (count > 0).then_some(first + count)?
        } else if matches!(self.class(start), Class::Letter | Class::Sign(b':' | b'_')) {
            self.end_of(start, |class| {
                class.is_alphanumeric() || matches!(class, Class::Sign(b':' | b'_' | b'.' | b'-'))
            })
        } else {
            return None;
        };
        self.is_sign(end, b';').then_some(end + 1)
    }

    fn skip_digits(&self, at: usize) -> usize {
        self.end_of(at, |class| class == Class::Digit)
    }

    fn end_of(&self, mut at: usize, belongs: impl Fn(Class) -> bool) -> usize {
        loop {
            let (class, len) = class_at(self.text, at);
            if !belongs(class) {
                return at;
            }
            at += len;
        }
    }
}

impl WordKind {
    fn with_letters(self) -> Self {
        if self == Self::AsciiLetters { Self::Letters } else { self }
    }
}

impl InPath {
    fn after_first(sign: u8) -> Option<Self> {
        match sign {
            b'/' => Some(Self::Slash),
            b'~' => Some(Self::Tilde),
            b'.' => Some(Self::FirstDot),
            _ => None,
        }
    }
}

impl InHost {
    fn after_separator(separator: Class) -> Option<Self> {
        match separator {
            Class::Sign(b'.') => Some(Self::Dot),
            Class::Sign(b'-' | b'_') => Some(Self::Hyphen),
            _ => None,
        }
    }
}

/// What URLs are written with: visible ASCII but for the characters that RFC 3986 excludes.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
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

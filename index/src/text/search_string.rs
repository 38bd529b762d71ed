//! The first step from a search string to a query: which words and phrases it asks for and how they are joined.

use super::characters::push_lowercase;
use super::tokenizer::{WordKind, words};

/// Words of a search string that are read; what follows them is ignored, so that the cost of a query is bounded
/// whatever the length of the string. What a person types is far below it.
const MAX_WORDS: usize = 1000;

/// A search string, read by the rules of the query language; nothing is stemmed yet.
///
/// The string is split at blanks into terms; `"sen levering"` is one. Terms without an operator between them are
/// joined by OR, or by AND as soon as one of them begins with `-`, which negates it. `AND` and `OR` in any case are
/// operators between terms; AND binds tighter. There are no parentheses, no prefixes and no wildcards: other
/// punctuation is ignored, and a `"` that nothing closes too. A string of nothing but operators asks for the word
/// `or` if that is among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextQuery {
    /// Any of them must hold.
    pub(super) groups: Vec<Group>,
}

/// What must hold together: the negated operands must not.
pub(super) type Group = Vec<Operand>;

/// The words of one quoted text or of one run of characters: a phrase where they are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    pub(super) negated: bool,
    /// At least one.
    pub(super) words: Vec<QueryWord>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueryWord {
    /// In lower case.
    pub(super) text: String,
    pub(super) kind: WordKind,
    /// Counted from the first word of the operand.
    pub(super) position: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
}

/// Adds operands to groups until [`MAX_WORDS`] are read.
struct Reader {
    groups: Vec<Group>,
    words_left: usize,
    /// The next operand is negated.
    negated: bool,
}

impl TextQuery {
    pub fn parse(source: &str) -> Self {
        let mut reader = Reader { groups: vec![Group::new()], words_left: MAX_WORDS, negated: false };
        if terms(source).all(|term| operator(term).is_some()) {
            if terms(source).any(|term| operator(term) == Some(Operator::Or)) {
                reader.read_operand("or");
            }
        } else {
            reader.read_terms(source);
        }
        reader.groups.retain(|group| !group.is_empty());
        Self { groups: reader.groups }
    }
}

impl Reader {
    fn read_terms(&mut self, source: &str) {
        let default = if terms(source).any(|term| term.starts_with('-')) { Operator::And } else { Operator::Or };
        let mut join = None;
        for term in terms(source) {
            if let Some(operator) = operator(term) {
                join = Some(operator);
            } else if !term.chars().all(is_ignored) {
                if join.take().unwrap_or(default) == Operator::Or {
                    self.negated = false;
                    self.groups.push(Group::new());
                }
                self.read_term(term);
            }
            if self.words_left == 0 {
                return;
            }
        }
    }

    /// A term holds several operands where quotes, colons or ignored characters divide it; all must hold.
    fn read_term(&mut self, mut rest: &str) {
        while let Some(first) = rest.chars().next() {
            let after = &rest[first.len_utf8()..];
            rest = match first {
                '-' => {
                    self.negated = !self.negated;
                    after
                }
                '"' => match after.split_once('"') {
                    Some((quoted, after)) => {
                        self.read_operand(quoted);
                        after
                    }
                    None => after,
                },
                _ if is_ignored(first) => after,
                _ => {
                    let end = after.find(|c| c == '"' || c == ':' || is_ignored(c)).unwrap_or(after.len());
                    self.read_operand(&rest[..first.len_utf8() + end]);
                    &after[end..]
                }
            };
        }
    }

    fn read_operand(&mut self, text: &str) {
        let negated = std::mem::take(&mut self.negated);
        let words: Vec<QueryWord> = words(text)
            .zip(0..)
            .take(self.words_left)
            .map(|(word, position)| {
                let mut text = String::with_capacity(word.text.len());
                push_lowercase(word.text, &mut text);
                QueryWord { text, kind: word.kind, position }
            })
            .collect();
        self.words_left -= words.len();
        if let Some(group) = self.groups.last_mut()
            && !words.is_empty()
        {
            group.push(Operand { negated, words });
        }
    }
}

fn operator(term: &str) -> Option<Operator> {
    if term.eq_ignore_ascii_case("and") {
        Some(Operator::And)
    } else if term.eq_ignore_ascii_case("or") {
        Some(Operator::Or)
    } else {
        None
    }
}

/// Signs that other query languages have operators for.
fn is_ignored(c: char) -> bool {
    matches!(c, '!' | '&' | '|' | '(' | ')')
}

/// A quoted text, or else a run of characters without blanks outside quotes.
fn terms(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = source;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let end = if rest.is_empty() { return None } else { quoted_end(rest).unwrap_or_else(|| run_end(rest)) };
        let (term, after) = rest.split_at(end);
        rest = after;
        Some(term)
    })
}

/// Where the quoted text ends that begins the text, if it has something inside.
fn quoted_end(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('"')?.find('"')?;
    (inside > 0).then_some(inside + 2)
}

fn run_end(text: &str) -> usize {
    let mut at = 0;
    loop {
        let Some(end) = text[at..].find(|c: char| c == '"' || c.is_whitespace()).map(|found| at + found) else {
            return text.len();
        };
        if !text[end..].starts_with('"') {
            return end;
        }
        at = end + 1 + text[end + 1..].find('"').map_or(0, |inside| inside + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups are shown with `|` between them, operands with `&`, the words of a phrase with a blank.
    fn check(source: &str, expected: &str) {
        let show_operand = |operand: &Operand| {
            let words: Vec<&str> = operand.words.iter().map(|word| word.text.as_str()).collect();
            format!("{}{}", if operand.negated { "-" } else { "" }, words.join(" "))
        };
        let show_group = |group: &Group| group.iter().map(show_operand).collect::<Vec<_>>().join(" & ");
        let groups: Vec<String> = TextQuery::parse(source).groups.iter().map(show_group).collect();
        assert_eq!(groups.join(" | "), expected, "{source}");
    }

    #[test]
    fn terms_are_joined_by_or_unless_one_is_negated() {
        check("skatt mva", "skatt | mva");
        check("  Skatt\t\nMVA ", "skatt | mva");
        check("faktura -betalt", "faktura & -betalt");
        check("a b -c d", "a & b & -c & d");
        check("faktura -\"sen levering\"", "faktura & -sen levering");
        check("-betalt", "-betalt");
        check("- betalt", "-betalt");
        check("faktura - betalt", "faktura & -betalt");
        check("--betalt", "betalt");
        check("faktura -", "faktura");
        check("faktura --- betalt", "faktura & -betalt");
        check("", "");
        check("  ", "");
    }

    #[test]
    fn operators_join_the_terms_beside_them() {
        check("skatt AND mva", "skatt & mva");
        check("a AND b c", "a & b | c");
        check("a b OR c", "a | b | c");
        check("a and b Or c AND d", "a & b | c & d");
        check("AND a OR", "a");
        check("OR OR a AND OR b", "a | b");
        check("a OR AND b", "a & b");
        check("faktura OR -betalt", "faktura | -betalt");
        check("a -b OR c", "a & -b | c");
        check("- OR b", "b");
        check("a \"and\" b", "a | and | b");
    }

    #[test]
    fn strings_of_operators_ask_for_the_word_or() {
        check("OR", "or");
        check("or OR", "or");
        check("AND or", "or");
        check("AND", "");
        check("and AND And", "");
    }

    #[test]
    fn quotes_make_phrases() {
        check("\"sen for levering\"", "sen for levering");
        check("\"sen levering\" faktura", "sen levering | faktura");
        check("\"a b\"c", "a b | c");
        check("a\"b c\"d", "a & b c & d");
        check("\"sen levering", "sen | levering");
        check("sen\" levering", "sen | levering");
        check("\"\" a", "a");
        check("\" \" a", "a");
        check("\"(a & b) -c\"", "a b c");
        check("\"a\nb\"", "a b");
    }

    #[test]
    fn runs_of_characters_are_split_as_texts_are() {
        check("foo-bar", "foo-bar foo bar");
        check("2024-123", "2024 -123");
        check("AB-1234/2024", "ab -1234 /2024");
        check("skatteetaten.no post@x.no", "skatteetaten.no | post@x.no");
        check("O'Hara a_b", "o hara | a b");
        check("x.no/y", "x.no/y x.no /y");
    }

    #[test]
    fn other_punctuation_is_ignored() {
        check("skatt*", "skatt");
        check("skatt:*", "skatt");
        check("(skatt mva) & x", "skatt | mva | x");
        check("(skatt mva) & -x", "skatt & mva & -x");
        check("a:b", "a & b");
        check("a&b|c", "a & b & c");
        check("!a", "a");
        check("??? a ...", "a");
        check("*", "");
    }

    #[test]
    fn very_long_strings_are_cut() {
        let words = |query: &TextQuery| query.groups.iter().flatten().map(|operand| operand.words.len()).sum::<usize>();
        assert_eq!(words(&TextQuery::parse(&"skatt ".repeat(100_000))), MAX_WORDS);
        assert_eq!(words(&TextQuery::parse(&format!("\"{}\"", "skatt ".repeat(100_000)))), MAX_WORDS);
        assert_eq!(words(&TextQuery::parse(&"- \" ( ".repeat(100_000))), 0);
        assert_eq!(words(&TextQuery::parse(&"-".repeat(1_000_000))), 0);
        assert_eq!(words(&TextQuery::parse(&"a\"".repeat(500_001))), MAX_WORDS);
    }
}

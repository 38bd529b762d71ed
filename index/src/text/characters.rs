//! What a character is to the tokenizer.

/// The class of a character, or the end of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    End,
    /// A to Z in either case.
    Letter,
    /// 0 to 9.
    Digit,
    /// A letter outside ASCII. Digits of other scripts count as letters.
    Alpha,
    /// Combines with the character before it: part of a word, but never its first character.
    Mark,
    /// Any other ASCII character.
    Sign(u8),
    Other,
}

impl Class {
    pub(super) fn is_letter(self) -> bool {
        matches!(self, Self::Letter | Self::Alpha)
    }

    pub(super) fn is_alphanumeric(self) -> bool {
        matches!(self, Self::Letter | Self::Alpha | Self::Digit)
    }
}

/// A text that is looked at by byte offsets, which must lie between characters. What is beyond its end is
/// [`Class::End`].
#[derive(Clone, Copy)]
pub(super) struct Chars<'a>(pub(super) &'a str);

impl<'a> Chars<'a> {
    /// The class of the character at an offset, and its length in bytes (0 at the end).
    #[inline]
    pub(super) fn class_and_len(self, at: usize) -> (Class, usize) {
        match self.0.as_bytes().get(at) {
            None => (Class::End, 0),
            Some(b'a'..=b'z' | b'A'..=b'Z') => (Class::Letter, 1),
            Some(b'0'..=b'9') => (Class::Digit, 1),
            Some(&byte) if byte.is_ascii() => (Class::Sign(byte), 1),
            // Letters of the western languages, which are most of those outside ASCII: À to ÿ but for × and ÷.
            Some(0xc3) if !matches!(self.0.as_bytes()[at + 1], 0x97 | 0xb7) => (Class::Alpha, 2),
            Some(_) => self.class_and_len_outside_ascii(at),
        }
    }

    #[cold]
    fn class_and_len_outside_ascii(self, at: usize) -> (Class, usize) {
        self.0[at..].chars().next().map_or((Class::End, 0), |c| (class_outside_ascii(c), c.len_utf8()))
    }

    pub(super) fn class(self, at: usize) -> Class {
        self.class_and_len(at).0
    }

    pub(super) fn is_sign(self, at: usize, sign: u8) -> bool {
        self.0.as_bytes().get(at) == Some(&sign)
    }

    /// White space that separates words; the no-break spaces do not.
    pub(super) fn is_breaking_space(self, at: usize) -> bool {
        let breaking = |c: char| c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
        self.0.get(at..).is_some_and(|rest| rest.starts_with(breaking))
    }

    pub(super) fn end_of_digits(self, at: usize) -> usize {
        self.end_of(at, |class| class == Class::Digit)
    }

    /// Where the run of such characters ends that begins here.
    pub(super) fn end_of(self, mut at: usize, belongs: impl Fn(Class) -> bool) -> usize {
        loop {
            let (class, len) = self.class_and_len(at);
            if !belongs(class) {
                return at;
            }
            at += len;
        }
    }

    /// Where the bytes of the text from here on are no longer of a kind.
    pub(super) fn end_of_bytes(self, at: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let rest = self.0.as_bytes().get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| belongs(**byte)).count()
    }
}

/// One character for one, so that a word keeps its length: İ becomes i, Σ always σ.
pub(super) fn push_lowercase(text: &str, into: &mut String) {
    if text.is_ascii() {
        let start = into.len();
        into.push_str(text);
        into[start..].make_ascii_lowercase();
    } else if text.bytes().all(is_of_lowercase) {
        into.push_str(text);
    } else {
        for c in text.chars() {
            into.push(if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) });
        }
    }
}

/// Whether a text of such bytes only is in lower case: those of ASCII, and of ß to ÿ.
fn is_of_lowercase(byte: u8) -> bool {
    matches!(byte, 0xc3 | 0x9f..=0xbf) || byte.is_ascii() && !byte.is_ascii_uppercase()
}

fn class_outside_ascii(c: char) -> Class {
    if c.is_alphabetic() || is_digit_outside_ascii(c) {
        Class::Alpha
    } else if is_mark(c) {
        Class::Mark
    } else {
        Class::Other
    }
}

fn is_digit_outside_ascii(c: char) -> bool {
    let c = u32::from(c);
    let next = ZEROS.partition_point(|&zero| zero <= c);
    next > 0 && c < ZEROS[next - 1] + 10
}

fn is_mark(c: char) -> bool {
    let next = MARKS.partition_point(|&(first, _)| first <= c);
    next > 0 && c <= MARKS[next - 1].1
}

/// The zeros of all decimal digits outside ASCII (Unicode 14, general category Nd); nine digits follow each.
#[rustfmt::skip]
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0,
    0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// Marks without width of their own (Unicode 14, general categories Mn and Me); letters in between are no matter,
/// since letters are looked for first.
#[rustfmt::skip]
const MARKS: [(char, char); 137] = [
    ('\u{300}', '\u{362}'), ('\u{483}', '\u{489}'), ('\u{591}', '\u{5af}'), ('\u{658}', '\u{658}'),
    ('\u{6df}', '\u{6e0}'), ('\u{6ea}', '\u{6ec}'), ('\u{740}', '\u{74a}'), ('\u{7eb}', '\u{7f3}'),
    ('\u{7fd}', '\u{7fd}'), ('\u{818}', '\u{82d}'), ('\u{859}', '\u{85b}'), ('\u{898}', '\u{8e1}'),
    ('\u{8ea}', '\u{954}'), ('\u{9bc}', '\u{9bc}'), ('\u{9cd}', '\u{9cd}'), ('\u{9fe}', '\u{a00}'),
    ('\u{a3c}', '\u{a3c}'), ('\u{a43}', '\u{a50}'), ('\u{abc}', '\u{ac6}'), ('\u{acd}', '\u{acd}'),
    ('\u{afd}', '\u{b00}'), ('\u{b3c}', '\u{b3c}'), ('\u{b4d}', '\u{b55}'), ('\u{bcd}', '\u{bcd}'),
    ('\u{c3c}', '\u{c3c}'), ('\u{c49}', '\u{c54}'), ('\u{cbc}', '\u{cbc}'), ('\u{ccd}', '\u{ccd}'),
    ('\u{d3b}', '\u{d3c}'), ('\u{d4d}', '\u{d4d}'), ('\u{dca}', '\u{dca}'), ('\u{dd5}', '\u{dd5}'),
    ('\u{e47}', '\u{e4e}'), ('\u{eba}', '\u{eba}'), ('\u{ec8}', '\u{ecc}'), ('\u{f18}', '\u{f19}'),
    ('\u{f35}', '\u{f35}'), ('\u{f37}', '\u{f37}'), ('\u{f39}', '\u{f39}'), ('\u{f3e}', '\u{f3f}'),
    ('\u{f84}', '\u{f84}'), ('\u{f86}', '\u{f98}'), ('\u{fc6}', '\u{fc6}'), ('\u{1037}', '\u{103a}'),
    ('\u{135d}', '\u{135f}'), ('\u{1714}', '\u{1714}'), ('\u{17b4}', '\u{17d3}'), ('\u{17dd}', '\u{17dd}'),
    ('\u{180b}', '\u{180d}'), ('\u{180f}', '\u{180f}'), ('\u{1939}', '\u{193b}'), ('\u{1a5f}', '\u{1a7f}'),
    ('\u{1ab0}', '\u{1b44}'), ('\u{1b6b}', '\u{1b73}'), ('\u{1baa}', '\u{1bab}'), ('\u{1be6}', '\u{1be6}'),
    ('\u{1c37}', '\u{1c37}'), ('\u{1cd0}', '\u{1cd2}'), ('\u{1cd4}', '\u{1ce0}'), ('\u{1ce2}', '\u{1cf4}'),
    ('\u{1cf8}', '\u{1cf9}'), ('\u{1dc0}', '\u{1dff}'), ('\u{20d0}', '\u{20f0}'), ('\u{2cef}', '\u{2cf1}'),
    ('\u{2d7f}', '\u{2d7f}'), ('\u{302a}', '\u{302d}'), ('\u{3099}', '\u{309a}'), ('\u{a66f}', '\u{a672}'),
    ('\u{a67c}', '\u{a67d}'), ('\u{a6f0}', '\u{a6f1}'), ('\u{a806}', '\u{a806}'), ('\u{a82c}', '\u{a82c}'),
    ('\u{a8c4}', '\u{a8c4}'), ('\u{a8e0}', '\u{a8f1}'), ('\u{a92b}', '\u{a92d}'), ('\u{a953}', '\u{a953}'),
    ('\u{a9b3}', '\u{a9b3}'), ('\u{aabf}', '\u{aac1}'), ('\u{aaf6}', '\u{aaf6}'), ('\u{abed}', '\u{abed}'),
    ('\u{fe00}', '\u{fe0f}'), ('\u{fe20}', '\u{fe2f}'), ('\u{101fd}', '\u{101fd}'), ('\u{102e0}', '\u{102e0}'),
    ('\u{10a04}', '\u{10a0b}'), ('\u{10a38}', '\u{10a3f}'), ('\u{10ae5}', '\u{10ae6}'),
    ('\u{10f46}', '\u{10f50}'), ('\u{10f82}', '\u{10f85}'), ('\u{11046}', '\u{11046}'),
    ('\u{11070}', '\u{11070}'), ('\u{1107f}', '\u{110ba}'), ('\u{11133}', '\u{11134}'),
    ('\u{11173}', '\u{11173}'), ('\u{111c9}', '\u{111cc}'), ('\u{11236}', '\u{11236}'),
    ('\u{112e9}', '\u{112ea}'), ('\u{1133b}', '\u{1133c}'), ('\u{11366}', '\u{11374}'),
    ('\u{11442}', '\u{11446}'), ('\u{1145e}', '\u{1145e}'), ('\u{114c2}', '\u{114c3}'),
    ('\u{115bf}', '\u{115c0}'), ('\u{1163f}', '\u{1163f}'), ('\u{116b7}', '\u{116b7}'),
    ('\u{1172b}', '\u{1172b}'), ('\u{11839}', '\u{1183a}'), ('\u{1193e}', '\u{11943}'),
    ('\u{119d8}', '\u{119e0}'), ('\u{11a33}', '\u{11a34}'), ('\u{11a47}', '\u{11a47}'),
    ('\u{11a98}', '\u{11a99}'), ('\u{11c37}', '\u{11c3f}'), ('\u{11d37}', '\u{11d45}'),
    ('\u{11d97}', '\u{11d97}'), ('\u{16af0}', '\u{16af4}'), ('\u{16b30}', '\u{16b36}'),
    ('\u{16fe4}', '\u{16fe4}'), ('\u{1bc9d}', '\u{1bc9d}'), ('\u{1cf00}', '\u{1cf46}'),
    ('\u{1d167}', '\u{1d169}'), ('\u{1d17b}', '\u{1d182}'), ('\u{1d185}', '\u{1d18b}'),
    ('\u{1d1aa}', '\u{1d1ad}'), ('\u{1d242}', '\u{1d244}'), ('\u{1da00}', '\u{1da36}'),
    ('\u{1da3b}', '\u{1da6c}'), ('\u{1da75}', '\u{1da75}'), ('\u{1da84}', '\u{1da84}'),
    ('\u{1da9b}', '\u{1daaf}'), ('\u{1e007}', '\u{1e025}'), ('\u{1e130}', '\u{1e136}'),
    ('\u{1e2ae}', '\u{1e2ae}'), ('\u{1e2ec}', '\u{1e2ef}'), ('\u{1e8d0}', '\u{1e8d6}'),
    ('\u{1e944}', '\u{1e94a}'), ('\u{e0100}', '\u{e01ef}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_for_western_letters_is_right() {
        for c in '\u{80}'..='\u{17f}' {
            let text = c.to_string();
            assert_eq!(Chars(&text).class_and_len(0), (class_outside_ascii(c), c.len_utf8()), "{c:?}");
        }
    }

    #[test]
    fn tables_are_ordered() {
        assert!(ZEROS.windows(2).all(|pair| pair[0] + 10 <= pair[1]));
        assert!(MARKS.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn characters_have_the_classes_of_the_contract() {
        for (text, expected) in [
            ("", Class::End),
            ("a", Class::Letter),
            ("7", Class::Digit),
            ("-", Class::Sign(b'-')),
            ("\u{7f}", Class::Sign(0x7f)),
            ("å", Class::Alpha),
            ("ß", Class::Alpha),
            ("ª", Class::Alpha),
            ("\u{663}", Class::Alpha),
            ("\u{1d7ff}", Class::Alpha),
            ("²", Class::Other),
            ("§", Class::Other),
            ("\u{301}", Class::Mark),
            ("\u{94d}", Class::Mark),
            ("\u{200d}", Class::Other),
            ("😀", Class::Other),
            ("\u{fe0f}", Class::Mark),
        ] {
            assert_eq!(Chars(text).class(0), expected, "{text:?}");
        }
    }
}

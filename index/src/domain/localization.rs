use serde::{Deserialize, Serialize};
use std::fmt;

/// The two-letter code of a language, in lower case.
///
/// Invariant: a code of [`LanguageCode::ALL`], the contract's list. `no` is not in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "[u8; 2]", into = "[u8; 2]")]
pub struct LanguageCode([u8; 2]);

/// One text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Localization {
    pub language_code: LanguageCode,
    pub value: String,
}

/// A text in any number of languages, at most one of each, ordered by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Localizations(Vec<Localization>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLanguageCode {
    #[error("is not a valid language code: use the two letters of ISO 639-1")]
    Unknown,
    #[error("is not a valid language code: use 'nb' or 'nn' instead of 'no'")]
    No,
}

const CODES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz \
ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv \
ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn \
nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th \
ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";
/// From one code to the next.
const STRIDE: usize = 3;
const LETTERS: usize = 26;

/// For each first letter a bit for each second one: every text that is read from the store asks for its code.
const KNOWN: [u32; LETTERS] = {
    let codes = CODES.as_bytes();
    let mut known = [0; LETTERS];
    let mut at = 0;
    while at < codes.len() {
        known[(codes[at] - b'a') as usize] |= 1 << (codes[at + 1] - b'a');
        at += STRIDE;
    }
    known
};

impl LanguageCode {
    pub const NB: Self = Self(*b"nb");
    pub const NN: Self = Self(*b"nn");
    pub const EN: Self = Self(*b"en");
    pub const SE: Self = Self(*b"se");

    /// Reads a code as the contract does: trimmed, lower-cased, `_` as `-`, cut at the first `-`.
    pub fn parse(text: &str) -> Result<Self, InvalidLanguageCode> {
        let code = text.trim().split(['-', '_']).next().unwrap_or_default();
        let mut code = <[u8; 2]>::try_from(code.as_bytes()).map_err(|_| InvalidLanguageCode::Unknown)?;
        code.make_ascii_lowercase();
        if code == *b"no" { Err(InvalidLanguageCode::No) } else { code.try_into() }
    }

    pub fn all() -> impl Iterator<Item = Self> {
        CODES.as_bytes().chunks(STRIDE).map(|code| Self([code[0], code[1]]))
    }

    pub fn as_str(&self) -> &str {
        // Both bytes are ASCII letters, by the invariant.
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl TryFrom<[u8; 2]> for LanguageCode {
    type Error = InvalidLanguageCode;

    fn try_from(code: [u8; 2]) -> Result<Self, Self::Error> {
        let [first, second] = code.map(|letter| usize::from(letter.wrapping_sub(b'a')));
        let is_known = first < LETTERS && second < LETTERS && KNOWN[first] & 1 << second != 0;
        if is_known { Ok(Self(code)) } else { Err(InvalidLanguageCode::Unknown) }
    }
}

impl From<LanguageCode> for [u8; 2] {
    fn from(code: LanguageCode) -> Self {
        code.0
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Localizations {
    /// Orders the texts by language. Of two texts in one language the first is kept; callers that must refuse
    /// such input do so before.
    pub fn new(mut texts: Vec<Localization>) -> Self {
        texts.sort_by_key(|text| text.language_code);
        texts.dedup_by_key(|text| text.language_code);
        Self(texts)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Localization> {
        self.0.iter()
    }

    pub fn get(&self, language: LanguageCode) -> Option<&str> {
        self.0.iter().find(|text| text.language_code == language).map(|text| text.value.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Localizations {
    type Item = &'a Localization;
    type IntoIter = std::slice::Iter<'a, Localization>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_normalised() {
        for (text, expected) in [
            ("nb", Ok("nb")),
            (" nb_NO ", Ok("nb")),
            ("EN-gb", Ok("en")),
            ("nb-anything", Ok("nb")),
            ("no", Err(InvalidLanguageCode::No)),
            ("no-NO", Err(InvalidLanguageCode::No)),
            ("sme", Err(InvalidLanguageCode::Unknown)),
            ("xx", Err(InvalidLanguageCode::Unknown)),
            ("", Err(InvalidLanguageCode::Unknown)),
            ("åå", Err(InvalidLanguageCode::Unknown)),
            ("b ", Err(InvalidLanguageCode::Unknown)),
        ] {
            let code = LanguageCode::parse(text);
            assert_eq!(code.as_ref().map(LanguageCode::as_str).map_err(|e| *e), expected, "{text}");
        }
    }

    #[test]
    fn every_listed_code_is_known() {
        assert_eq!(LanguageCode::all().count(), 183);
        assert!(LanguageCode::all().all(|code| LanguageCode::parse(code.as_str()) == Ok(code)));
    }
}

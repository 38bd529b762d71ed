use super::parsed::stored_as_text;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

const ORGANIZATION: &str = "urn:altinn:organization:identifier-no:";
const PERSON: &str = "urn:altinn:person:identifier-no:";
const SELF_IDENTIFIED: &str = "urn:altinn:person:legacy-selfidentified:";
const EMAIL: &str = "urn:altinn:person:idporten-email:";
const SYSTEM_USER: &str = "urn:altinn:systemuser:uuid:";

/// The owner of a dialog: a person or an organisation, as a URN in lower case.
///
/// Invariant: one of the four forms of a dialog party, check digits right, at most [`Party::MAX_LENGTH`]
/// characters. It can hold a national identity number, so `Debug` shows the kind and not the number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party(Arc<str>);

/// Who a party is. The kind is safe to log, the number is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartyKind {
    Organization,
    Person,
    SelfIdentified,
    Email,
}

/// An end user who can hold rights: a person, an e-mail user or a system user, as a URN in lower case.
///
/// Invariant and privacy as for [`Party`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndUserId(Arc<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParty {
    #[error(
        "must be a URN that starts with {ORGANIZATION}, {PERSON}, {SELF_IDENTIFIED} or {EMAIL} and holds a valid identifier"
    )]
    UnknownForm,
    #[error("holds an organisation number with wrong length or check digit")]
    OrganizationNumber,
    #[error("holds a national identity number with wrong length or check digits")]
    PersonNumber,
    #[error("holds an e-mail address or user name that is not well formed")]
    Name,
    #[error("must be at most {} characters", Party::MAX_LENGTH)]
    TooLong,
}

impl Party {
    pub const MAX_LENGTH: usize = 255;

    /// Reads a party URN. The prefix is matched exactly, as the contract does; the whole is kept in lower case.
    pub fn parse(text: &str) -> Result<Self, InvalidParty> {
        // Some letters have a lower case of more characters, and what is kept must be readable again.
        let kept = in_lower_case(text);
        if kept.chars().count() > Self::MAX_LENGTH {
            return Err(InvalidParty::TooLong);
        }
        let (prefix, rest) = split_at_last_colon(text);
        match prefix {
            ORGANIZATION if is_organization_number(rest) => Ok(()),
            ORGANIZATION => Err(InvalidParty::OrganizationNumber),
            PERSON if is_person_number(rest) => Ok(()),
            PERSON => Err(InvalidParty::PersonNumber),
            SELF_IDENTIFIED if is_user_name(rest) => Ok(()),
            EMAIL if is_email(rest) => Ok(()),
            SELF_IDENTIFIED | EMAIL => Err(InvalidParty::Name),
            _ => Err(InvalidParty::UnknownForm),
        }?;
        Ok(Self(kept.into()))
    }

    pub fn kind(&self) -> PartyKind {
        match split_at_last_colon(&self.0).0 {
            ORGANIZATION => PartyKind::Organization,
            PERSON => PartyKind::Person,
            EMAIL => PartyKind::Email,
            _ => PartyKind::SelfIdentified,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the prefix: the number, address or user name.
    pub fn identifier(&self) -> &str {
        split_at_last_colon(&self.0).1
    }

    pub fn person(number: &str) -> Result<Self, InvalidParty> {
        Self::parse(&format!("{PERSON}{number}"))
    }

    pub fn organization(number: &str) -> Result<Self, InvalidParty> {
        Self::parse(&format!("{ORGANIZATION}{number}"))
    }
}

impl EndUserId {
    pub fn parse(text: &str) -> Result<Self, InvalidParty> {
        let (prefix, rest) = split_at_last_colon(text);
        // Written in one form, for ids are compared as texts.
        if prefix == SYSTEM_USER
            && let Ok(id) = uuid::Uuid::try_parse(rest)
        {
            return Ok(Self::system_user(id));
        }
        match Party::parse(text)? {
            party if party.kind() == PartyKind::Organization => Err(InvalidParty::UnknownForm),
            party => Ok(Self(party.0)),
        }
    }

    pub fn person(number: &str) -> Result<Self, InvalidParty> {
        Self::parse(&format!("{PERSON}{number}"))
    }

    pub fn system_user(id: uuid::Uuid) -> Self {
        Self(format!("{SYSTEM_USER}{id}").into())
    }

    pub fn email(address: &str) -> Result<Self, InvalidParty> {
        Self::parse(&format!("{EMAIL}{address}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_system_user(&self) -> bool {
        self.0.starts_with(SYSTEM_USER)
    }

    /// The user as a party of dialogs; a system user is none.
    pub fn as_party(&self) -> Option<Party> {
        (!self.is_system_user()).then(|| Party(self.0.clone()))
    }
}

/// Most texts are so already.
fn in_lower_case(text: &str) -> Cow<'_, str> {
    let is_so = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_so { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

fn split_at_last_colon(text: &str) -> (&str, &str) {
    text.split_at(text.rfind(':').map_or(0, |colon| colon + 1))
}

/// Nine digits, the last of them a check digit modulo 11.
pub(crate) fn is_organization_number(text: &str) -> bool {
    digits::<9>(text).is_some_and(|d| check_digit(&d, &[3, 2, 7, 6, 5, 4, 3, 2]) == Some(d[8]))
}

/// Eleven digits with two check digits modulo 11. The date is not looked at: d-numbers and synthetic numbers
/// have months and days of their own.
pub(crate) fn is_person_number(text: &str) -> bool {
    digits::<11>(text).is_some_and(|d| {
        check_digit(&d, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) == Some(d[9])
            && check_digit(&d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == Some(d[10])
    })
}

fn digits<const N: usize>(text: &str) -> Option<[u32; N]> {
    let mut digits = [0; N];
    if text.len() != N {
        return None;
    }
    for (digit, byte) in digits.iter_mut().zip(text.bytes()) {
        *digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
    }
    Some(digits)
}

fn check_digit(digits: &[u32], weights: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        digit => Some(digit),
    }
}

fn is_user_name(text: &str) -> bool {
    percent_decoded(text).is_some_and(|name| !name.trim().is_empty())
}

fn is_email(text: &str) -> bool {
    percent_decoded(text).is_some_and(|address| {
        let Some((user, host)) = address.split_once('@') else { return false };
        let dotted = host.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && !top.is_empty());
        !user.is_empty() && dotted && !host.contains('@') && !address.contains(char::is_whitespace)
    })
}

/// The decoded rest of a well-formed URN; `None` where the text holds a broken escape or a character that a URI
/// cannot hold.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
                bytes.push(high * 16 + low);
            }
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=0x1f | 0x7f => return None,
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

macro_rules! urn_traits {
    ($name:ident) => {
        stored_as_text!($name);

        impl From<$name> for Arc<str> {
            fn from(urn: $name) -> Self {
                urn.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}…", split_at_last_colon(&self.0).0)
            }
        }
    };
}

urn_traits!(Party);
urn_traits!(EndUserId);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<PartyKind, InvalidParty>) {
        assert_eq!(Party::parse(text).map(|party| party.kind()), expected, "{text}");
    }

    #[test]
    fn forms_and_check_digits() {
        check("urn:altinn:organization:identifier-no:974761076", Ok(PartyKind::Organization));
        check("urn:altinn:organization:identifier-no:974761077", Err(InvalidParty::OrganizationNumber));
        check("urn:altinn:organization:identifier-no:97476107", Err(InvalidParty::OrganizationNumber));
        check("urn:altinn:organization:identifier-no:", Err(InvalidParty::OrganizationNumber));
        check("urn:altinn:person:identifier-no:03886595947", Ok(PartyKind::Person));
        check("urn:altinn:person:identifier-no:03886595946", Err(InvalidParty::PersonNumber));
        check("urn:altinn:person:identifier-no:0388659594x", Err(InvalidParty::PersonNumber));
        check("urn:altinn:person:legacy-selfidentified:Ola%20N", Ok(PartyKind::SelfIdentified));
        check("urn:altinn:person:legacy-selfidentified:%20", Err(InvalidParty::Name));
        check("urn:altinn:person:legacy-selfidentified:%2", Err(InvalidParty::Name));
        check("urn:altinn:person:idporten-email:a@b.no", Ok(PartyKind::Email));
        check("urn:altinn:person:idporten-email:a@b", Err(InvalidParty::Name));
        check("urn:altinn:person:idporten-email:a@b@c.no", Err(InvalidParty::Name));
        check("urn:altinn:person:idporten-email:a%20x@b.no", Err(InvalidParty::Name));
        check("urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11", Err(InvalidParty::UnknownForm));
        check("URN:altinn:person:identifier-no:03886595947", Err(InvalidParty::UnknownForm));
        check("", Err(InvalidParty::UnknownForm));
        check(&format!("urn:altinn:person:legacy-selfidentified:{}", "a".repeat(300)), Err(InvalidParty::TooLong));
    }

    /// Of all endings of so many digits one is right, or none.
    #[track_caller]
    fn check_ending(is_number: fn(&str) -> bool, begin: &str, digits: usize, expected: Option<&str>) {
        let endings = (0..10_usize.pow(digits as u32)).map(|ending| format!("{ending:0digits$}"));
        let right: Vec<_> = endings.filter(|ending| is_number(&format!("{begin}{ending}"))).collect();
        assert_eq!(right, expected.as_slice(), "{begin}");
    }

    #[test]
    fn what_is_eleven_is_nought_and_what_is_ten_is_no_digit() {
        check_ending(is_organization_number, "31330000", 1, Some("5"));
        check_ending(is_organization_number, "31330008", 1, Some("0"));
        check_ending(is_organization_number, "31330003", 1, None);
        // Both digits, the first alone, the second alone; and without a first or a second one.
        check_ending(is_person_number, "140290100", 2, Some("14"));
        check_ending(is_person_number, "140290204", 2, Some("00"));
        check_ending(is_person_number, "140290119", 2, Some("08"));
        check_ending(is_person_number, "140290107", 2, Some("90"));
        check_ending(is_person_number, "140290101", 2, None);
        check_ending(is_person_number, "140290106", 2, None);
    }

    #[test]
    fn days_and_months_are_not_looked_at() {
        // A d-number, the two kinds of synthetic numbers, a synthetic d-number, and a day that there is not.
        for (begin, ending) in
            [("540290101", "99"), ("144290101", "88"), ("148290102", "41"), ("544290101", "71"), ("999999999", "28")]
        {
            check_ending(is_person_number, begin, 2, Some(ending));
        }
    }

    #[test]
    fn is_kept_in_lower_case() {
        let party = Party::parse("urn:altinn:person:legacy-selfidentified:Kari").expect("a valid party");
        assert_eq!(party.as_str(), "urn:altinn:person:legacy-selfidentified:kari");
    }

    #[test]
    fn what_is_kept_can_be_read_again() {
        for letter in ["a", "K", "Å", "İ", "ẞ", "Σ"] {
            for length in 1..=Party::MAX_LENGTH {
                if let Ok(party) = Party::parse(&format!("{SELF_IDENTIFIED}{}", letter.repeat(length))) {
                    assert_eq!(Party::parse(party.as_str()), Ok(party), "{length} times {letter}");
                }
            }
        }
        let long = format!("{SELF_IDENTIFIED}{}", "İ".repeat(120));
        assert_eq!(Party::parse(&long), Err(InvalidParty::TooLong));
    }

    #[test]
    fn ids_of_system_users_are_kept_in_one_form() {
        let expected = "urn:altinn:systemuser:uuid:0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
        for id in ["0199D2E6-5C3F-7C52-9A5F-2F6F4F0A9B11", "0199d2e65c3f7c529a5f2f6f4f0a9b11"] {
            let user = EndUserId::parse(&format!("{SYSTEM_USER}{id}")).expect("a valid system user");
            assert_eq!(user.as_str(), expected);
        }
    }

    #[test]
    fn debug_never_shows_the_number() {
        let person = Party::person("03886595947").expect("a valid number");
        let user = EndUserId::person("03886595947").expect("a valid number");
        assert!(!format!("{person:?}{user:?}").contains("03886595947"));
    }

    #[test]
    fn end_users_are_people_and_systems() {
        assert!(EndUserId::parse("urn:altinn:organization:identifier-no:974761076").is_err());
        let system = EndUserId::parse("urn:altinn:systemuser:uuid:0199D2E6-5c3f-7c52-9a5f-2f6f4f0a9b11")
            .expect("a valid system user");
        assert!(system.is_system_user() && system.as_party().is_none());
    }
}

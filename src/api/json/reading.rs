//! A deserializer over a [`Tree`] that knows the contract's leniency and remembers where it failed.

use super::Tree;
use crate::api::problem::{Errors, Problem};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// The key of messages about a body that is not JSON at all.
const NO_PATH: &str = "SerializerErrors";

/// Why JSON does not have the shape that was asked for.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// Innermost first.
    path: Vec<Step>,
    message: String,
}

#[derive(Debug)]
enum Step {
    /// The contract's spelling of a member that it knows.
    Member(&'static str),
    Element(usize),
}

/// What some programs write before UTF-8. The contract's reader skips it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads JSON without asking for a shape.
pub(crate) fn read_tree(json: &[u8]) -> Result<Tree<'_>, Unreadable> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    // A text that is known to be UTF-8 is read faster; the reader of bytes says where one is not.
    let read = str::from_utf8(json).map_or_else(|_| serde_json::from_slice(json), serde_json::from_str);
    read.map_err(|error| unreadable_json(json, &error))
}

/// Why bytes could not be read as JSON, or not as what was asked for. What was given is not told again.
pub(super) fn unreadable_json(json: &[u8], error: &serde_json::Error) -> Unreadable {
    Unreadable::custom(match error.classify() {
        _ if json.trim_ascii().is_empty() => "The body is empty; JSON is expected.".to_owned(),
        serde_json::error::Category::Eof => "The JSON ends too early.".to_owned(),
        _ => format!("The JSON is not valid at line {}, column {}.", error.line(), error.column()),
    })
}

impl Tree<'_> {
    /// The tree as a value. A tree can be read as several values that each take some of its members.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        T::deserialize(self)
    }
}

impl Unreadable {
    fn at(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    /// The path as the contract writes it, e.g. `content.title.value[0].languageCode`.
    fn key(&self) -> String {
        let mut key = String::new();
        for step in self.path.iter().rev() {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Member(name) if key.is_empty() => write!(key, "{name}"),
                Step::Member(name) => write!(key, ".{name}"),
                Step::Element(index) => write!(key, "[{index}]"),
            };
        }
        if key.is_empty() { NO_PATH.to_owned() } else { key }
    }
}

impl Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key(), self.message)
    }
}

impl std::error::Error for Unreadable {}

impl From<Unreadable> for Errors {
    fn from(error: Unreadable) -> Self {
        Self::one(error.key(), error.message)
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        Self::bad_request(error.into())
    }
}

/// Messages never repeat what was given, which may be long or private.
impl serde::de::Error for Unreadable {
    fn custom<T: Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let given = match unexpected {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) => "a string",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "a list",
            Unexpected::Map => "an object",
            _ => "something else",
        };
        Self::custom(format_args!("The value must be {expected}, not {given}."))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(format_args!("The value must be {expected}."))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("The member '{field}' is missing."))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::custom(format_args!("The member '{field}' is given more than once.")).at(Step::Member(field))
    }
}

impl<'de> Deserializer<'de> for &'de Tree<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Integer(value) => visitor.visit_i64(*value),
            Tree::Float(value) => visitor.visit_f64(*value),
            Tree::Text(text) => visitor.visit_borrowed_str(text),
            Tree::List(list) => visitor.visit_seq(Elements { rest: list.iter(), index: 0 }),
            Tree::Object(_) => Err(Unreadable::invalid_type(Unexpected::Map, &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// Numbers may be written as texts.
    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let number = match self {
            Tree::Integer(number) => i32::try_from(*number).ok(),
            Tree::Text(text) => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => visitor.visit_i32(number),
            None => Err(Unreadable::custom("The value must be a whole number of at most 32 bits.")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::List(_) => self.deserialize_any(visitor),
            other => Err(Unreadable::custom(format_args!("The value must be a list, not {}.", other.kind()))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Object(members) => visitor.visit_map(Members { rest: members.iter(), fields, current: None }),
            other => Err(Unreadable::custom(format_args!("The value must be an object, not {}.", other.kind()))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map enum identifier ignored_any
    }
}

struct Elements<'t, 'a> {
    rest: std::slice::Iter<'t, Tree<'a>>,
    index: usize,
}

impl<'t> SeqAccess<'t> for Elements<'t, '_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        let Some(element) = self.rest.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(element).map(Some).map_err(|error| error.at(Step::Element(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The members of an object that a value takes, under the value's own spelling.
struct Members<'t, 'a> {
    rest: std::slice::Iter<'t, (Cow<'a, str>, Tree<'a>)>,
    fields: &'static [&'static str],
    current: Option<(&'static str, &'t Tree<'a>)>,
}

impl<'t> MapAccess<'t> for Members<'t, '_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        for (name, value) in self.rest.by_ref() {
            let known = self.fields.iter().find(|field| *field == name);
            let known = known.or_else(|| self.fields.iter().find(|field| field.eq_ignore_ascii_case(name)));
            if let Some(field) = known {
                self.current = Some((field, value));
                let name: StrDeserializer<'_, Unreadable> = (*field).into_deserializer();
                return seed.deserialize(name).map(Some).map_err(|error| error.at(Step::Member(field)));
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        let Some((field, value)) = self.current.take() else {
            return Err(Unreadable::custom("a value was asked for before its name"));
        };
        seed.deserialize(value).map_err(|error| error.at(Step::Member(field)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Sample {
        whole_number: Option<i32>,
        text: String,
        children: Option<Vec<Sample>>,
        #[serde(deserialize_with = "super::super::not_null")]
        child: Option<Box<Sample>>,
    }

    #[track_caller]
    fn check(json: &[u8], expected: Result<&str, (&str, &str)>) {
        let read = read_tree(json).and_then(|tree| tree.read::<Sample>());
        match (&read, expected) {
            (Ok(sample), Ok(expected)) => assert_eq!(format!("{sample:?}"), expected),
            (Err(error), Err((key, message))) => {
                assert_eq!((error.key().as_str(), error.message.as_str()), (key, message));
            }
            _ => panic!("{read:?} instead of {expected:?}"),
        }
    }

    const NOTHING: &str = "Sample { whole_number: None, text: \"\", children: None, child: None }";

    #[test]
    fn members_are_found_in_any_case_and_others_ignored() {
        check(b"{}", Ok(NOTHING));
        check(b"\xef\xbb\xbf{}", Ok(NOTHING));
        check(br#"{"other":{"a":[1,2,{"b":null}]}, "":1}"#, Ok(NOTHING));
        let expected = NOTHING.replace("None, text: \"\"", "Some(7), text: \"\u{e6}\"");
        for json in [r#"{"wholeNumber":7,"text":"æ"}"#, r#"{"WHOLENUMBER":"7","Text":"\u00e6"}"#] {
            check(json.as_bytes(), Ok(&expected));
        }
    }

    #[test]
    fn mistakes_are_told_with_their_path() {
        let whole = Err(("wholeNumber", "The value must be a whole number of at most 32 bits."));
        check(br#"{"text":5}"#, Err(("text", "The value must be a string, not a number.")));
        check(br#"{"text":null}"#, Err(("text", "The value must be a string, not null.")));
        check(br#"{"child":null}"#, Err(("child", "The value must be an object, not null.")));
        check(br#"{"wholeNumber":"x"}"#, whole);
        check(br#"{"wholeNumber":1.5}"#, whole);
        check(br#"{"wholeNumber":3000000000}"#, whole);
        check(br#"{"children":{}}"#, Err(("children", "The value must be a list, not an object.")));
        let children = Err(("children[1].child.text", "The value must be a string, not a list."));
        check(br#"{"children":[{},{"child":{"text":[]}}]}"#, children);
        check(br#"{"children":[null]}"#, Err(("children[0]", "The value must be an object, not null.")));
        check(br#"{"text":"a","Text":"b"}"#, Err(("text", "The member 'text' is given more than once.")));
    }

    #[test]
    fn what_is_not_json_or_no_object_has_no_path() {
        check(b"", Err((NO_PATH, "The body is empty; JSON is expected.")));
        check(b" \n", Err((NO_PATH, "The body is empty; JSON is expected.")));
        check(b"{", Err((NO_PATH, "The JSON ends too early.")));
        check(b"{\"text\":\"\xff\"}", Err((NO_PATH, "The JSON is not valid at line 1, column 10.")));
        check(b"{} {}", Err((NO_PATH, "The JSON is not valid at line 1, column 4.")));
        check(b"null", Err((NO_PATH, "The value must be an object, not null.")));
        check(b"[]", Err((NO_PATH, "The value must be an object, not a list.")));
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        check(&deep, Err((NO_PATH, "The JSON is not valid at line 1, column 128.")));
    }
}

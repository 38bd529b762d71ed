use super::faults::Faults;
use crate::api::json::Tree;
use percent_encoding::percent_decode;
use std::borrow::Cow;
use std::collections::HashMap;

/// Where the parameters of a search stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given<'a> {
    /// What follows the `?`.
    Query(&'a str),
    /// A JSON object, for lists too long for a URL.
    Body(&'a Tree<'a>),
}

/// The parameters of a request. Names are compared without case, as the contract does, and those that nobody asks for are
/// ignored.
#[derive(Debug, Default)]
pub(in crate::api) struct Parameters {
    /// By name in lower case.
    parameters: HashMap<String, Parameter>,
}

/// One parameter, given once or more.
#[derive(Clone, Debug)]
pub(in crate::api) struct Parameter {
    /// As the client wrote it the first time: faults of form are reported under this name.
    pub(in crate::api) name: String,
    /// Never empty.
    pub(in crate::api) values: Vec<String>,
}

impl Parameters {
    pub(in crate::api) fn of(given: Given<'_>, faults: &mut Faults) -> Self {
        match given {
            Given::Query(query) => Self::parse(query, faults),
            Given::Body(body) => Self::of_object(body, faults),
        }
    }

    /// Each member is a parameter, a list of values one that is repeated. Null is none.
    fn of_object(body: &Tree<'_>, faults: &mut Faults) -> Self {
        let mut parameters = Self::default();
        let Tree::Object(members) = body else {
            faults.refused_request("The body must be a JSON object with the parameters of the search.");
            return parameters;
        };
        for (name, value) in members {
            let values = match value {
                Tree::Null => continue,
                Tree::List(values) => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            for value in values {
                match text_of(value) {
                    None => faults.refused(name, "must be a text, a number, a boolean, or a list of these"),
                    Some(text) if text.contains('\0') => faults.refused(name, "must not hold a NUL character"),
                    Some(text) => parameters.add(name, text),
                }
            }
        }
        parameters
    }

    /// Text that is not UTF-8 once decoded, and text with a NUL, is refused. A `%` that begins no escape stands for
    /// itself.
    pub(in crate::api) fn parse(query: &str, faults: &mut Faults) -> Self {
        let mut parameters = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decoded(name), decoded(value)) {
                (Some(name), Some(value)) => parameters.add(&name, value),
                (Some(name), None) => faults.undecodable(&name),
                (None, _) => faults.undecodable(""),
            }
        }
        parameters
    }

    fn add(&mut self, name: &str, value: String) {
        let parameter = self.parameters.entry(name.to_lowercase());
        parameter.or_insert_with(|| Parameter { name: name.to_owned(), values: Vec::new() }).values.push(value);
    }

    /// A list parameter: repeated, or one JSON array. Empty values are values, an empty array is no parameter.
    pub(in crate::api) fn list(&self, name: &str) -> Option<Cow<'_, Parameter>> {
        let parameter = self.parameters.get(&name.to_lowercase())?;
        let from_json = match parameter.values.as_slice() {
            [value] if value.starts_with('[') => json_array(value),
            _ => None,
        };
        match from_json {
            Some(values) if values.is_empty() => None,
            Some(values) => Some(Cow::Owned(Parameter { name: parameter.name.clone(), values })),
            None => Some(Cow::Borrowed(parameter)),
        }
    }

    /// The name as written and the value of a parameter that can be given once.
    pub(in crate::api) fn one(&self, name: &str, faults: &mut Faults) -> Option<(&str, &str)> {
        let parameter = self.parameters.get(&name.to_lowercase())?;
        match parameter.values.as_slice() {
            [value] => Some((&parameter.name, value)),
            _ => {
                faults.repeated(&parameter.name);
                None
            }
        }
    }

    /// As [`Parameters::one`] for parameters that are no texts: an empty value is none.
    pub(in crate::api) fn one_unless_empty(&self, name: &str, faults: &mut Faults) -> Option<(&str, &str)> {
        self.one(name, faults).filter(|(_, value)| !value.is_empty())
    }
}

fn text_of(value: &Tree<'_>) -> Option<String> {
    match value {
        Tree::Text(text) => Some(text.to_string()),
        Tree::Integer(number) => Some(number.to_string()),
        Tree::Float(number) => Some(number.to_string()),
        Tree::Bool(value) => Some(value.to_string()),
        Tree::Null | Tree::List(_) | Tree::Object(_) => None,
    }
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let text = percent_decode(spaced.as_bytes()).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

/// Strings and numbers; anything else in the array makes the text an ordinary value.
fn json_array(text: &str) -> Option<Vec<String>> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Item {
        Text(String),
        Number(i64),
    }
    let items: Vec<Item> = serde_json::from_str(text).ok()?;
    let text = |item| match item {
        Item::Text(text) => text,
        Item::Number(number) => number.to_string(),
    };
    Some(items.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::super::faults::KeyStyle;
    use super::*;
    use crate::api::json::read_tree;

    #[track_caller]
    fn check(query: &str, name: &str, expected: &[&str]) {
        let mut faults = Faults::new(KeyStyle::ServiceOwner);
        let parsed = Parameters::parse(query, &mut faults);
        let values = parsed.list(name).map(|parameter| parameter.values.clone()).unwrap_or_default();
        assert_eq!(values, expected, "{query}");
        assert!(faults.into_result(()).is_ok(), "{query}");
    }

    #[test]
    fn names_ignore_case_and_values_are_decoded() {
        check("org=a&Org=b&other=c", "org", &["a", "b"]);
        check("ORG=%C3%A6+b", "org", &["æ b"]);
        check("org=100%&o=1", "org", &["100%"]);
        check("org=a=b", "org", &["a=b"]);
        check("org=&org", "org", &["", ""]);
        check("&&", "org", &[]);
        check(r#"org=["a","b",3]"#, "org", &["a", "b", "3"]);
        check("org=[a]", "org", &["[a]"]);
        check(r#"org=[{"a":1}]"#, "org", &[r#"[{"a":1}]"#]);
    }

    #[test]
    fn members_of_an_object_are_parameters() {
        let read = |json: &str| {
            let mut faults = Faults::new(KeyStyle::ServiceOwner);
            let tree = read_tree(json.as_bytes()).expect("JSON");
            let parameters = Parameters::of(Given::Body(&tree), &mut faults);
            (parameters, faults.into_result(()))
        };
        let (parameters, faults) =
            read(r#"{ "Org": ["a", 1], "org": "b", "limit": 7, "x": true, "search": null, "facet": [], "f": 0.5 }"#);
        assert!(faults.is_ok());
        let values = |name| parameters.list(name).map(|it| it.values.clone()).unwrap_or_default();
        assert_eq!(values("ORG"), ["a", "1", "b"]);
        assert_eq!([values("limit"), values("x"), values("f")], [["7"], ["true"], ["0.5"]]);
        assert_eq!([values("search"), values("facet")], [[""; 0]; 2]);
        for json in
            [r#"{ "org": {} }"#, r#"{ "org": [["a"]] }"#, r#"{ "org": [null] }"#, r#"{ "org": "\u0000" }"#, "[]", "1"]
        {
            assert!(read(json).1.is_err(), "{json}");
        }
    }

    #[test]
    fn broken_text_is_a_fault() {
        for query in ["org=%ff", "org=a%00b", "%ff=a", "org=%c3%28", "unknown=%ff"] {
            let mut faults = Faults::new(KeyStyle::EndUser);
            Parameters::parse(query, &mut faults);
            assert!(faults.into_result(()).is_err(), "{query}");
        }
    }

    #[test]
    fn what_can_be_given_once_is_not_given_twice() {
        let mut faults = Faults::new(KeyStyle::EndUser);
        let query = Parameters::parse("limit=1&LIMIT=2&search=", &mut faults);
        assert_eq!(query.one("search", &mut faults), Some(("search", "")));
        assert_eq!(query.one_unless_empty("search", &mut faults), None);
        assert_eq!(query.one("limit", &mut faults), None);
        assert!(faults.into_result(()).is_err());
    }
}

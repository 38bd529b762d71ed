//! As much of JSON schema as the contract's document (OpenAPI 3.0) and ours (3.1) use.

use chrono::DateTime;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashSet};
use std::ptr;
use uuid::Uuid;

/// A document with what its references point to.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) &'a Value);

impl<'a> Schemas<'a> {
    /// The schema itself, without references and choices that leave no choice. A second choice of null is none.
    fn resolve(self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str() {
            let target = self.0.pointer(name.trim_start_matches('#'));
            return self.resolve(target.unwrap_or_else(|| panic!("{name} is missing")));
        }
        let choices = ["oneOf", "anyOf", "allOf"].iter().find_map(|name| schema[name].as_array());
        let mut real = choices.into_iter().flatten().filter(|choice| choice["type"] != "null");
        match (real.next(), real.next()) {
            (Some(only), None) => self.resolve(only),
            _ => schema,
        }
    }

    /// The parts of a schema that is put together of several.
    fn parts(self, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let parts = schema["allOf"].as_array().into_iter().flatten();
        parts.map(move |part| self.resolve(part)).chain([schema])
    }

    fn types(self, schema: &'a Value) -> BTreeSet<&'a str> {
        let of_part = |part: &'a Value| match &part["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
            one => one.as_str().into_iter().collect(),
        };
        self.parts(schema).flat_map(of_part).collect()
    }

    fn property(self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        self.parts(schema).find_map(|part| part["properties"].get(name))
    }

    /// The names of the schemas that something refers to, and of those that they refer to.
    pub(super) fn referred_to(self, value: &'a Value) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        self.add_referred_to(value, &mut found);
        found
    }

    fn add_referred_to(self, value: &'a Value, found: &mut BTreeSet<&'a str>) {
        for (member, value) in value.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(target) if member == "$ref" => {
                    let name = target.rsplit('/').next().expect("a name");
                    if found.insert(name) {
                        self.add_referred_to(&self.0["components"]["schemas"][name], found);
                    }
                }
                _ => self.add_referred_to(value, found),
            }
        }
        value.as_array().into_iter().flatten().for_each(|element| self.add_referred_to(element, found));
    }

    /// The places of all properties that a value of the schema can have. Schemas that hold themselves are not followed.
    pub(super) fn places(self, schema: &'a Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.add_places(schema, "", &mut Vec::new(), &mut found);
        found
    }

    fn add_places(self, schema: &'a Value, place: &str, within: &mut Vec<*const Value>, found: &mut BTreeSet<String>) {
        let schema = self.resolve(schema);
        if within.contains(&ptr::from_ref(schema)) {
            return;
        }
        within.push(schema);
        if !schema["items"].is_null() {
            let place = format!("{place}[]");
            found.insert(place.clone());
            self.add_places(&schema["items"], &place, within, found);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            found.insert(place.clone());
            self.add_places(property, &place, within, found);
        }
        within.pop();
    }

    /// What is wrong with a value, with the place of each mistake.
    pub(super) fn mistakes(self, schema: &'a Value, value: &Value, place: &str, found: &mut Vec<String>) {
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        let schema = self.resolve(schema);
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        if let Some(members) = schema["enum"].as_array()
            && !members.contains(value)
        {
            found.push(format!("{place}: {value} is none of the enum"));
        }
        let is_right = match schema["type"].as_str() {
            None => true,
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64(),
            Some("number") => value.is_number(),
            Some(other) => panic!("{place}: the type {other} is not known here"),
        };
        if !is_right {
            found.push(format!("{place}: {value} is not of the type {}", schema["type"]));
        }
        if let (Some(format), Some(text)) = (schema["format"].as_str(), value.as_str()) {
            let is_right = match format {
                "guid" => Uuid::try_parse(text).is_ok(),
                "date-time" => DateTime::parse_from_rfc3339(text).is_ok(),
                "uri" => text.contains(':'),
                other => panic!("{place}: the format {other} is not known here"),
            };
            if !is_right {
                found.push(format!("{place}: {value} has not the format {format}"));
            }
        }
        for (index, element) in value.as_array().into_iter().flatten().enumerate() {
            self.mistakes(&schema["items"], element, &format!("{place}[{index}]"), found);
        }
        let nothing = Map::new();
        let known = schema["properties"].as_object().unwrap_or(&nothing);
        for (name, member) in value.as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            match (known.get(name), &schema["additionalProperties"]) {
                (Some(schema), _) => self.mistakes(schema, member, &place, found),
                (None, Value::Bool(false)) => found.push(format!("{place}: the contract has no such property")),
                (None, schema @ Value::Object(_)) => self.mistakes(schema, member, &place, found),
                (None, _) => {}
            }
        }
    }
}

/// The places of a value that hold something.
pub(super) fn places_of(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    add_places_of(value, "", &mut found);
    found
}

fn add_places_of(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    if !value.is_null() && !place.is_empty() {
        found.insert(place.to_owned());
    }
    for element in value.as_array().into_iter().flatten() {
        add_places_of(element, &format!("{place}[]"), found);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        add_places_of(member, &format!("{place}.{name}"), found);
    }
}

/// The places where our schema lacks a property of the contract's, or has it otherwise.
pub(super) fn differences<'a>(
    contract: Schemas<'a>,
    theirs: &'a Value,
    ours: Schemas<'a>,
    our: &'a Value,
) -> BTreeSet<String> {
    let mut comparison = Comparison { contract, ours, found: BTreeSet::new(), seen: HashSet::new() };
    comparison.compare(theirs, our, "");
    comparison.found
}

struct Comparison<'a> {
    contract: Schemas<'a>,
    ours: Schemas<'a>,
    found: BTreeSet<String>,
    /// Pairs of schemas that have been compared, for some hold themselves.
    seen: HashSet<(*const Value, *const Value)>,
}

impl<'a> Comparison<'a> {
    fn compare(&mut self, theirs: &'a Value, our: &'a Value, place: &str) {
        let (theirs, our) = (self.contract.resolve(theirs), self.ours.resolve(our));
        if !self.seen.insert((ptr::from_ref(theirs), ptr::from_ref(our))) {
            return;
        }
        let our_types = self.ours.types(our);
        if let Some(kind) = theirs["type"].as_str()
            && !our_types.contains(&kind)
        {
            self.found.insert(format!("{place}: {kind}, not {our_types:?}"));
            return;
        }
        let members = |schema: &Value| -> BTreeSet<String> {
            schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        if !members(theirs).is_subset(&members(our)) {
            self.found.insert(format!("{place}: the members of the enum differ"));
        }
        for (name, property) in theirs["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            match self.ours.property(our, name) {
                Some(our) => self.compare(property, our, &place),
                None => {
                    self.found.insert(format!("{place}: missing"));
                }
            }
        }
        if !theirs["items"].is_null() {
            self.compare(&theirs["items"], &our["items"], &format!("{place}[]"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mistakes_are_found() {
        let document = json!({ "components": { "schemas": { "Kind": { "type": "string", "enum": ["A", "B"] } } } });
        let kind = json!({ "$ref": "#/components/schemas/Kind" });
        let object = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "kind": { "oneOf": [kind] },
                "list": { "type": "array", "nullable": true, "items": { "type": "integer" } },
                "id": { "type": "string", "format": "guid" },
            },
        });
        for (value, count) in [
            (json!({ "kind": "A", "list": null, "id": "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11" }), 0),
            (json!({ "kind": "C" }), 1),
            (json!({ "kind": null }), 2),
            (json!({ "list": [1, "2", 3.5] }), 2),
            (json!({ "id": "x", "other": 1 }), 2),
            (json!([]), 1),
        ] {
            let mut found = Vec::new();
            Schemas(&document).mistakes(&object, &value, "", &mut found);
            assert_eq!(found.len(), count, "{value}: {found:?}");
        }
    }

    #[test]
    fn places_that_hold_something_are_found() {
        let document = json!({ "components": { "schemas": { "Part": { "type": "object", "properties": {
            "id": { "type": "string" },
            "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
        } } } } });
        let schema = json!({ "type": "object", "properties": {
            "first": { "$ref": "#/components/schemas/Part" },
            "second": { "oneOf": [{ "$ref": "#/components/schemas/Part" }] },
            "list": { "type": "array", "items": { "type": "string" } },
        } });
        let known = Schemas(&document).places(&schema);
        let of_part = |name: &str| ["", ".id", ".parts", ".parts[]"].map(|end| format!(".{name}{end}"));
        let expected: BTreeSet<_> = [of_part("first"), of_part("second")]
            .concat()
            .into_iter()
            .chain([".list", ".list[]"].map(String::from))
            .collect();
        assert_eq!(known, expected);
        let held = places_of(&json!({ "first": { "id": null, "parts": [{ "id": "x" }] }, "list": [] }));
        assert_eq!(
            held,
            [".first", ".first.parts", ".first.parts[]", ".first.parts[].id", ".list"].map(String::from).into()
        );
    }

    #[test]
    fn differences_are_found() {
        let theirs = json!({ "type": "object", "properties": {
            "same": { "type": "string", "nullable": true },
            "missing": { "type": "string" },
            "other": { "type": "integer" },
            "list": { "type": "array", "items": { "type": "string", "enum": ["A"] } },
        } });
        let ours = json!({ "type": "object", "properties": {
            "same": { "type": ["string", "null"] },
            "other": { "type": "string" },
            "list": { "type": ["array", "null"], "items": { "type": "string", "enum": ["B"] } },
        } });
        let found = differences(Schemas(&theirs), &theirs, Schemas(&ours), &ours);
        let places: Vec<_> = found.iter().filter_map(|it| it.split_once(':')).map(|(place, _)| place).collect();
        assert_eq!(places, [".list[]", ".missing", ".other"]);
    }
}

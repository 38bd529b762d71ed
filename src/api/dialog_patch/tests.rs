use super::*;
use crate::api::json::Unreadable;

/// Every value of the shape on its own, in the objects and lists around it, with the path to it.
fn leaves(shape: &Value) -> Vec<(String, Vec<Value>)> {
    match shape {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, shape)| leaves(shape).into_iter().map(move |leaf| (name, leaf)))
            .map(|(name, (path, wrong))| {
                (format!("{name}.{path}"), wrong.into_iter().map(|value| json!({ name: value })).collect())
            })
            .collect(),
        Value::Array(elements) => leaves(&elements[0])
            .into_iter()
            .map(|(path, wrong)| (path, wrong.into_iter().map(|value| json!([value])).collect()))
            .collect(),
        _ => vec![(String::new(), vec![json!([[]]), json!({ "x": 1 })])],
    }
}

fn read(update: &Value) -> Result<UpdateDialog, Unreadable> {
    read_tree(update.to_string().as_bytes()).and_then(|tree| tree.read())
}

/// The reader ignores what it does not know, so what it refuses it knows.
#[test]
fn the_reader_knows_every_member_of_the_shape() {
    let leaves = leaves(&SHAPE);
    assert!(leaves.len() > 100);
    for (path, wrong) in leaves {
        for update in wrong {
            assert!(read(&update).is_err(), "{path} is not a member of an update");
        }
    }
}

#[track_caller]
fn check(operations: Value, expected: Result<Value, ()>) {
    let patch: Patch = serde_json::from_value(operations.clone()).expect("operations");
    let body = json!({ "attachments": [{ "name": "a" }, { "name": "b" }], "isApiOnly": false });
    let mut patching = Patching { body, max_bytes: 1000, copied: 0, shifted: 0 };
    let outcome = patch.0.iter().try_for_each(|operation| patching.apply(operation));
    assert_eq!(outcome.map(|()| patching.body).map_err(drop), expected, "{operations}");
}

#[test]
fn names_are_taken_in_any_case_at_every_level() {
    check(
        json!([
            { "op": "add", "path": "/ATTACHMENTS/1/URLS", "value": [{ "URL": "x", "unknown": [[[]]] }] },
            { "op": "test", "path": "/attachments/1/urls/0/Url", "value": "x" },
            { "op": "replace", "path": "/attachments/1/urls/0/MediaType", "value": "y" },
            { "op": "replace", "path": "/progress", "value": 1 },
            { "op": "remove", "path": "/isapionly" },
            { "op": "remove", "path": "/isapionly" },
        ]),
        Ok(json!({
            "attachments": [{ "name": "a" }, { "name": "b", "urls": [{ "url": "x", "mediaType": "y" }] }],
            "progress": 1,
        })),
    );
}

/// Moving what nests into itself by way of another place would make values of any depth out of short patches.
#[test]
fn nothing_nests_deeper_than_an_update_does() {
    for (from, path) in [
        ("/attachments", "/guiActions"),
        ("/attachments/0", "/attachments/0/name"),
        ("/attachments", "/content"),
        ("/attachments/0", "/content/title"),
    ] {
        for op in ["move", "copy"] {
            let content = json!({ "op": "add", "path": "/content", "value": {} });
            check(json!([content, { "op": op, "from": from, "path": path }]), Err(()));
        }
    }
    check(
        json!([{ "op": "move", "from": "/attachments/0", "path": "/attachments/-" }]),
        Ok(json!({
            "attachments": [{ "name": "b" }, { "name": "a" }], "isApiOnly": false,
        })),
    );
}

#[test]
fn copies_are_counted() {
    let copies =
        |count: usize| json!(vec![json!({ "op": "copy", "from": "/attachments/0", "path": "/attachments/-" }); count]);
    let copied = |count: usize| {
        let mut list = vec![json!({ "name": "a" }), json!({ "name": "b" })];
        list.extend(std::iter::repeat_n(json!({ "name": "a" }), count));
        json!({ "attachments": list, "isApiOnly": false })
    };
    check(copies(70), Ok(copied(70)));
    check(copies(80), Err(()));
}

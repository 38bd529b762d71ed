//! Whom a body speaks of, for their names to be asked for before it is judged.

use super::json::{Tree, read_tree};
use dialog_index::domain::{ActorId, Party};
use std::collections::BTreeSet;

/// Where bodies, and the operations of patches, name actors.
const MEMBERS: [&str; 2] = ["actorId", "value"];

/// All actors that a text of JSON may name; none of one that cannot be read.
pub(super) fn named_actors(json: &[u8]) -> BTreeSet<ActorId> {
    let mut actors = BTreeSet::new();
    if let Ok(tree) = read_tree(json) {
        add(&tree, &mut actors);
    }
    actors
}

fn add(tree: &Tree<'_>, actors: &mut BTreeSet<ActorId>) {
    match tree {
        Tree::List(elements) => elements.iter().for_each(|element| add(element, actors)),
        Tree::Object(members) => {
            for (name, value) in members {
                match value {
                    Tree::Text(text) if MEMBERS.iter().any(|member| name.eq_ignore_ascii_case(member)) => {
                        actors.extend(Party::parse(text).ok().map(ActorId::from));
                    }
                    _ => add(value, actors),
                }
            }
        }
        Tree::Null | Tree::Bool(_) | Tree::Integer(_) | Tree::Float(_) | Tree::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_are_found_in_bodies_and_in_patches() {
        const COMPANY: &str = "urn:altinn:organization:identifier-no:313300005";
        let found = |json: String| -> Vec<String> {
            named_actors(json.as_bytes()).iter().map(|actor| actor.as_str().to_owned()).collect()
        };
        assert_eq!(found(format!(r#"{{"activities":[{{"performedBy":{{"ACTORID":"{COMPANY}"}}}}]}}"#)), [COMPANY]);
        assert_eq!(found(format!(r#"[{{"op":"add","path":"/x/0/actorId","value":"{COMPANY}"}}]"#)), [COMPANY]);
        assert_eq!(found(format!(r#"[{{"op":"add","value":{{"sender":{{"actorId":"{COMPANY}"}}}}}}]"#)), [COMPANY]);
        assert_eq!(found(format!(r#"{{"party":"{COMPANY}","actorId":"nobody"}}"#)), [""; 0]);
        assert_eq!(found("{".to_owned()), [""; 0]);
    }
}

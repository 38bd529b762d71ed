//! The labels of the end user's side, as end users and service owners set them: the lists of a body and their rules.

use super::json::{Guid, not_null};
use super::problem::{Errors, Problem};
use super::wire::{Choice, SystemLabelChoice};
use dialog_index::Change;
use dialog_index::domain::{Actor, DialogId, Revision, SystemLabel};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;
use uuid::Uuid;

/// Messages about one list. A body of thousands of broken labels learns enough from the first ones.
const MAX_MESSAGES: usize = 100;
/// The contract's own words.
const SENT: &str = "Cannot manually add or remove system label Sent. It is added automatically when a transmissions of \
                    type 'Submission or 'Correction' is added to the dialog.";

/// The lists of a body, as they are given.
#[derive(Debug)]
pub(crate) struct GivenLabels {
    pub(crate) add: Option<Vec<SystemLabelChoice>>,
    pub(crate) remove: Option<Vec<SystemLabelChoice>>,
    /// An old name of `add`; what it holds comes after it.
    pub(crate) system_labels: Option<Vec<SystemLabelChoice>>,
}

/// Labels to be removed, and then others to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelChange {
    add: Vec<SystemLabel>,
    remove: Vec<SystemLabel>,
}

/// One of several dialogs to be labelled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogRevision {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Guid)]
    dialog_id: Option<Guid>,
    /// Label only this revision of its end-user context.
    end_user_context_revision: Option<Guid>,
}

/// The dialogs of one body, each once, with the revisions that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedDialogs(Vec<(DialogId, Option<Revision>)>);

impl GivenLabels {
    /// What breaks a rule is reported under its list, which stands in the body behind `prefix`.
    pub(crate) fn judge(self, prefix: &str, errors: &mut Errors) -> LabelChange {
        let add = self.add.into_iter().chain(self.system_labels).flatten();
        let remove = self.remove.into_iter().flatten();
        LabelChange {
            add: judge_list(add, &format!("{prefix}addLabels"), errors),
            remove: judge_list(remove, &format!("{prefix}removeLabels"), errors),
        }
    }
}

fn judge_list(given: impl Iterator<Item = SystemLabelChoice>, list: &str, errors: &mut Errors) -> Vec<SystemLabel> {
    let (mut labels, mut messages) = (Vec::new(), 0);
    for (index, label) in given.enumerate() {
        let mistake = match label {
            Choice::Member(SystemLabel::Sent) => SENT,
            Choice::Member(label) => {
                labels.push(label);
                continue;
            }
            Choice::Unknown(_) => "The label must be a member of SystemLabel.",
        };
        messages += 1;
        if messages <= MAX_MESSAGES {
            errors.add(format!("{list}[{index}]"), mistake);
        }
    }
    labels
}

impl LabelChange {
    pub(crate) fn apply(&self, change: &mut Change<'_, '_>, performed_by: &Actor) {
        change.assign_labels(&self.add, &self.remove, performed_by);
    }
}

impl WantedDialogs {
    /// `key` is the path to the list.
    pub(crate) fn judge(given: Option<Vec<DialogRevision>>, max: usize, key: &str, errors: &mut Errors) -> Self {
        let given = given.unwrap_or_default();
        if given.is_empty() || given.len() > max {
            errors.add(key, format!("Must supply between 1 and {max} dialogs to update."));
        }
        let (mut seen, mut repeated, mut wanted) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for DialogRevision { dialog_id, end_user_context_revision } in given.into_iter().take(max) {
            let id = DialogId(dialog_id.map_or(Uuid::nil(), |id| id.0));
            if seen.insert(id) {
                wanted.push((id, end_user_context_revision.map(|revision| Revision(revision.0))));
            } else {
                repeated.insert(id.to_string());
            }
        }
        if !repeated.is_empty() {
            let repeated: Vec<_> = repeated.into_iter().collect();
            errors.add(key, format!("Can not contain duplicate items: [{}].", repeated.join(", ")));
        }
        Self(wanted)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = DialogId> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Whether all of them are among these, live and of the revisions asked for. Only then may one be changed.
    pub(crate) fn check(&self, found: &[Change<'_, '_>]) -> Result<(), Problem> {
        let live = found.iter().map(Change::stored).filter(|dialog| dialog.deleted_at.is_none());
        let revisions: HashMap<_, _> = live.map(|dialog| (dialog.id, dialog.end_user_context.revision)).collect();
        let missing: Vec<_> = self.ids().filter(|id| !revisions.contains_key(id)).map(|id| id.to_string()).collect();
        if !missing.is_empty() {
            return Err(Problem::not_found("DialogEntity", missing.join(", ")));
        }
        let is_current =
            |(id, wanted): &(DialogId, Option<Revision>)| wanted.is_none_or(|wanted| revisions[id] == wanted);
        if self.0.iter().all(is_current) { Ok(()) } else { Err(Problem::precondition_failed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The labels to add and to remove, or the keys of what is wrong.
    #[track_caller]
    fn check(add: Value, remove: Value, old: Value, expected: Result<(&[SystemLabel], &[SystemLabel]), &[&str]>) {
        let read = |list: Value| serde_json::from_value::<Option<Vec<SystemLabelChoice>>>(list).expect("a list");
        let given = GivenLabels { add: read(add), remove: read(remove), system_labels: read(old) };
        let mut errors = Errors::default();
        let LabelChange { add, remove } = given.judge("dto.", &mut errors);
        match expected {
            Ok(expected) => {
                assert!(errors.is_empty(), "{errors}");
                assert_eq!((add.as_slice(), remove.as_slice()), expected);
            }
            Err(expected) => {
                let errors = serde_json::to_value(&errors).expect("JSON");
                let keys: Vec<_> = errors.as_object().expect("an object").keys().collect();
                assert_eq!(keys, expected);
            }
        }
    }

    #[test]
    fn lists_hold_labels_that_may_be_set() {
        use SystemLabel::*;
        check(json!(null), json!(null), json!(null), Ok((&[], &[])));
        check(
            json!(["bin", 3]),
            json!(["MarkedAsUnopened"]),
            json!(["Archive"]),
            Ok((&[Bin, Archive, Archive], &[MarkedAsUnopened])),
        );
        check(json!(["Sent"]), json!(["Bin", "Sent"]), json!(null), Err(&["dto.addLabels[0]", "dto.removeLabels[1]"]));
        check(json!(["Bin"]), json!([0]), json!([9]), Err(&["dto.addLabels[1]", "dto.removeLabels[0]"]));
    }

    #[test]
    fn dialogs_are_some_and_all_different() {
        let judge = |count: u128, repeated: bool| {
            let id = |n: u128| Some(Guid(Uuid::from_u128(if repeated { 1 } else { n })));
            let given = (0..count).map(|n| DialogRevision { dialog_id: id(n), end_user_context_revision: None });
            let mut errors = Errors::default();
            let WantedDialogs(wanted) = WantedDialogs::judge(Some(given.collect()), 3, "dto.dialogs", &mut errors);
            (wanted.len(), errors.to_string())
        };
        assert_eq!(judge(1, false), (1, String::new()));
        assert_eq!(judge(3, false), (3, String::new()));
        for count in [0, 4] {
            assert_eq!(judge(count, false).1, "dto.dialogs: Must supply between 1 and 3 dialogs to update.");
        }
        let repeated = format!("dto.dialogs: Can not contain duplicate items: [{}].", Uuid::from_u128(1));
        assert_eq!(judge(2, true).1, repeated);
    }
}

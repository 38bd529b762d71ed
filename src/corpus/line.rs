//! One line of a corpus: the body of a creation, and what has become of the dialog since.

use crate::api::json::{Time, Unreadable, read_tree};
use crate::api::new_dialog::{Author, CreateDialog, Refused};
use crate::api::wire::SystemLabelChoice;
use crate::auth::Facts;
use dialog_index::LoadedDialog;
use dialog_index::domain::{Actor, LabelAction, LabelAssignment, SystemLabel, Timestamp};
use serde::Deserialize;

/// What a creation cannot say of a dialog.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Since {
    deleted_at: Option<Time>,
    /// Beside the one of the creation's `systemLabel` and `Sent`, which follows from the transmissions.
    system_labels: Option<Vec<SystemLabelChoice>>,
    /// Whether an end user has seen the content as it is now.
    is_content_seen: Option<bool>,
}

/// Why a line is no dialog.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadLine {
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    #[error("{0}")]
    Refused(Refused),
    #[error("id: 'id' must be given, so that a repeated import knows what it has stored")]
    NoId,
    #[error("systemLabels[{0}]: must be a member of SystemLabel")]
    UnknownLabel(usize),
    #[error("deletedAt: 'deletedAt' must be in the past")]
    DeletedInFuture,
}

/// The dialog of a line. It may lie in the past and belong to anybody: whoever imports owns the data folder.
pub(super) fn read_line(line: &[u8], facts: &Facts, now: Timestamp) -> Result<LoadedDialog, BadLine> {
    let tree = read_tree(line)?;
    let given: CreateDialog = tree.read()?;
    let since: Since = tree.read()?;
    if given.id.is_none() {
        return Err(BadLine::NoId);
    }
    let dialog = given.judge(&Author::of_corpus(), facts, now).map_err(BadLine::Refused)?;
    let (mut dialog, mut label_log) = dialog.complete(now);
    if let Some(Time(deleted_at)) = since.deleted_at {
        if deleted_at > now {
            return Err(BadLine::DeletedInFuture);
        }
        dialog.deleted_at = Some(deleted_at);
    }
    if let Some(is_seen) = since.is_content_seen {
        dialog.seen_since_content_update = is_seen;
    }
    for (index, label) in since.system_labels.unwrap_or_default().into_iter().enumerate() {
        let label = label.member().ok_or(BadLine::UnknownLabel(index))?;
        if !dialog.end_user_context.system_labels.contains(label) {
            dialog.end_user_context.system_labels = dialog.end_user_context.system_labels.with(label);
            label_log.extend((label != SystemLabel::Default).then(|| set_by_owner(label, dialog.updated_at)));
        }
    }
    Ok(LoadedDialog { dialog, seen_log: Vec::new(), label_log })
}

/// Corpora do not say who set a label.
fn set_by_owner(label: SystemLabel, at: Timestamp) -> LabelAssignment {
    LabelAssignment { created_at: at, label, action: LabelAction::Set, performed_by: Actor::ServiceOwner }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::register::Register;
    use crate::corpus::generate::Generator;
    use serde_json::{Value, json};

    const NOW: &str = "2026-11-24T12:00:00Z";

    fn now() -> Timestamp {
        Timestamp::from(chrono::DateTime::parse_from_rfc3339(NOW).expect("a time").to_utc())
    }

    fn facts(generator: &Generator) -> Facts {
        Register::from_document(generator.register().to_string().as_bytes()).expect("a valid register").facts()
    }

    #[test]
    fn generated_dialogs_obey_the_rules() {
        let generator = Generator::new(2_000, 3);
        let facts = facts(&generator);
        for (n, line) in generator.dialogs().enumerate() {
            let read = read_line(line.to_string().as_bytes(), &facts, now());
            let loaded = read.unwrap_or_else(|error| panic!("line {n}: {error}\n{line}"));
            assert_eq!(json!(loaded.dialog.id.0), line["id"]);
            assert_eq!(loaded.dialog.deleted_at.map(|at| json!(at.to_string())), line.get("deletedAt").cloned());
            assert_eq!(json!(loaded.dialog.seen_since_content_update), line["isContentSeen"]);
            for label in line["systemLabels"].as_array().into_iter().flatten() {
                let names: Vec<_> =
                    loaded.dialog.end_user_context.system_labels.iter().map(SystemLabel::name).collect();
                assert!(names.iter().any(|name| label == name), "{label} is not among {names:?}");
            }
        }
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        let generator = Generator::new(1, 3);
        let facts = facts(&generator);
        let line = generator.dialogs().next().expect("a line");
        let check = |name: &str, value: Value, expected: &str| {
            let mut line = line.clone();
            line[name] = value;
            let error = read_line(line.to_string().as_bytes(), &facts, now()).expect_err("a bad line");
            assert_eq!(error.to_string(), expected);
        };
        check("id", Value::Null, "id: 'id' must be given, so that a repeated import knows what it has stored");
        check("progress", json!(101), "dto.progress: 'progress' must be between 0 and 100, but is 101.");
        check("systemLabels", json!(["Bin", 17]), "systemLabels[1]: must be a member of SystemLabel");
        check("deletedAt", json!("2026-11-24T12:00:01Z"), "deletedAt: 'deletedAt' must be in the past");
        check("content", json!([]), "content: The value must be an object, not a list.");
        check(
            "serviceResource",
            json!("urn:altinn:resource:unknown"),
            "Org: No service owner is known for the service resource 'urn:altinn:resource:unknown'.; ServiceResource: \
             The service resource 'urn:altinn:resource:unknown' is not in the register.",
        );
    }
}

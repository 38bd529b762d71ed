//! How the contract names one dialog: by its id, or by an app instance or a correspondence, which the dialog carries as a
//! label of its service owner.

use dialog_index::DelegatedDialog;
use dialog_index::domain::{DialogId, ServiceOwnerLabel};
use uuid::Uuid;

const DIALOG: &str = "urn:altinn:dialog-id:";
const CORRESPONDENCE: &str = "urn:altinn:correspondence-id:";
const APP_INSTANCE: &str = "urn:altinn:instance-id:";
const STORAGE_LABEL: &str = "urn:altinn:integration:storage:";

/// What a reference names. The text comes back trimmed and in lower case.
pub fn parse(reference: &str) -> Option<(String, DelegatedDialog)> {
    let reference = reference.trim().to_lowercase();
    let dialog = if let Some(id) = reference.strip_prefix(DIALOG) {
        DelegatedDialog::Id(DialogId(uuid(id)?))
    } else if let Some(id) = reference.strip_prefix(CORRESPONDENCE) {
        uuid(id)?;
        DelegatedDialog::Label(ServiceOwnerLabel::parse(&reference).ok()?)
    } else {
        let instance = reference.strip_prefix(APP_INSTANCE)?;
        let (party_id, id) = instance.split_once('/')?;
        let is_number = !party_id.is_empty() && party_id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || party_id.parse::<i32>().ok()? <= 0 {
            return None;
        }
        uuid(id)?;
        DelegatedDialog::Label(ServiceOwnerLabel::parse(&format!("{STORAGE_LABEL}{instance}")).ok()?)
    };
    Some((reference, dialog))
}

/// How a dialog is named by its id.
pub fn of_dialog(id: DialogId) -> String {
    format!("{DIALOG}{id}")
}

/// How a dialog with these labels is named if not by its id: by an app instance before a correspondence, and of several
/// by the last one in the order of code points.
pub fn preferred(labels: &[ServiceOwnerLabel]) -> Option<String> {
    let last = |reference: fn(&str) -> Option<String>| {
        labels.iter().filter_map(|label| reference(label.as_str())).filter(|reference| parse(reference).is_some()).max()
    };
    last(|label| Some(format!("{APP_INSTANCE}{}", label.strip_prefix(STORAGE_LABEL)?)))
        .or_else(|| last(|label| label.starts_with(CORRESPONDENCE).then(|| label.to_owned())))
}

/// With its hyphens, and without braces.
fn uuid(text: &str) -> Option<Uuid> {
    if text.len() == uuid::fmt::Hyphenated::LENGTH { Uuid::try_parse(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";

    #[track_caller]
    fn check(reference: &str, expected: Option<&str>) {
        let read = parse(reference).map(|(_, dialog)| match dialog {
            DelegatedDialog::Id(id) => id.to_string(),
            DelegatedDialog::Label(label) => label.as_str().to_owned(),
        });
        assert_eq!(read.as_deref(), expected, "{reference}");
    }

    #[track_caller]
    fn check_preferred(labels: &[&str], expected: Option<&str>) {
        let parse = |label: &&str| ServiceOwnerLabel::parse(label).expect("a label");
        assert_eq!(preferred(&labels.iter().map(parse).collect::<Vec<_>>()).as_deref(), expected, "{labels:?}");
    }

    #[test]
    fn labels_name_dialogs() {
        let (first, second) = (ID, "0299d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11");
        let storage = |party: &str, id: &str| format!("urn:altinn:integration:storage:{party}/{id}");
        let letter = |id: &str| format!("urn:altinn:correspondence-id:{id}");
        check_preferred(&[], None);
        check_preferred(&["abc", "urn:altinn:correspondence-id:abc", &storage("0", first)], None);
        check_preferred(&[&letter(first), &letter(second)], Some(&letter(second)));
        check_preferred(&[&storage("1", second), &letter(second)], Some(&format!("urn:altinn:instance-id:1/{second}")));
        check_preferred(
            &[&storage("9", first), &storage("10", second), &storage("9x", first)],
            Some(&format!("urn:altinn:instance-id:9/{first}")),
        );
    }

    #[test]
    fn dialogs_are_named_by_id_or_label() {
        check(&format!(" urn:altinn:dialog-id:{} ", ID.to_uppercase()), Some(ID));
        check(
            &format!("urn:altinn:instance-id:50001/{ID}"),
            Some(&format!("urn:altinn:integration:storage:50001/{ID}")),
        );
        check(&format!("urn:altinn:correspondence-id:{ID}"), Some(&format!("urn:altinn:correspondence-id:{ID}")));
        check(&format!("urn:altinn:instance-id:0/{ID}"), None);
        check(&format!("urn:altinn:instance-id:+1/{ID}"), None);
        check(&format!("urn:altinn:instance-id:99999999999/{ID}"), None);
        check(&format!("urn:altinn:instance-id:{ID}"), None);
        check(&format!("urn:altinn:dialog-id:{{{ID}}}"), None);
        check(&format!("urn:altinn:something-else:{ID}"), None);
        check("urn:altinn:dialog-id:", None);
    }
}

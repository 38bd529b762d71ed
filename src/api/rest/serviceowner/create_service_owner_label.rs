use super::service_owner_labels::change_labels;
use crate::api::caller::ServiceOwner;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::if_match::IfMatch;
use crate::api::json::JsonBody;
use crate::api::owned_dialog::check_revision;
use crate::api::problem::{Errors, Problem};
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use dialog_index::domain::ServiceOwnerLabel;
use serde::Deserialize;
use utoipa::ToSchema;

/// The contract judges the list that would come of it.
const LIST: &str = "dto.serviceOwnerLabels";

/// A label of the service owner's: 3 to 255 characters, kept trimmed and in lower case.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CreateServiceOwnerLabel {
    #[serde(default)]
    value: String,
}

/// Puts a label on a dialog, which can have 20.
#[utoipa::path(
    post,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/context/labels",
    operation_id = "CreateServiceOwnerLabel",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("If-Match" = Option<uuid::Uuid>, Header, description = "Label only this revision of the service owner's context"),
    ),
    request_body = CreateServiceOwnerLabel,
    responses(
        (status = 204, description = "The revision of the service owner's context is in the header Etag"),
        (status = 400, description = "The label is not valid, or the dialog has it or too many already"),
        (status = 404, description = "The service owner has no such dialog, or it is deleted"),
        (status = 412, description = "The revision is not that of If-Match"),
    ),
)]
pub(super) async fn create_service_owner_label(
    State(app): State<App>,
    owner: ServiceOwner,
    DialogIdInPath(id): DialogIdInPath,
    IfMatch(expected): IfMatch,
    body: JsonBody,
) -> Result<Response, Problem> {
    let now = app.now();
    app.blocking(move |dialogs| {
        let CreateServiceOwnerLabel { value } = body.read()?;
        change_labels(dialogs, &owner, id, now, move |context| {
            check_revision(context.revision, expected)?;
            with(&context.labels, &value).map_err(Problem::bad_request)
        })
    })
    .await
}

/// The labels of a dialog with one more, if that obeys the rules.
fn with(labels: &[ServiceOwnerLabel], value: &str) -> Result<Vec<ServiceOwnerLabel>, Errors> {
    let mut errors = Errors::default();
    let key = format!("{LIST}[{}].value", labels.len());
    if labels.len() >= ServiceOwnerLabel::MAX_PER_DIALOG {
        let max = ServiceOwnerLabel::MAX_PER_DIALOG;
        errors.add(LIST, format!("'serviceOwnerLabels' must hold at most {max}, but would hold {}.", labels.len() + 1));
    }
    if value.trim().is_empty() {
        errors.add(&key, "'value' must not be empty.");
    }
    match ServiceOwnerLabel::parse(value) {
        Ok(label) if labels.contains(&label) => {
            let label = label.as_str();
            errors.add(LIST, format!("'serviceOwnerLabels' must not hold duplicates, but holds '{label}' already."));
            Err(errors)
        }
        Ok(label) if errors.is_empty() => Ok(labels.iter().cloned().chain([label]).collect()),
        Ok(_) => Err(errors),
        Err(invalid) => {
            errors.add(key, format!("'value' {invalid}."));
            Err(errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stored: usize, value: &str, expected: Result<&str, &[&str]>) {
        let labels: Vec<_> =
            (0..stored).map(|n| ServiceOwnerLabel::parse(&format!("label{n}")).expect("a label")).collect();
        match (with(&labels, value), expected) {
            (Ok(labels), Ok(expected)) => {
                assert_eq!(labels.len(), stored + 1);
                assert_eq!(labels[stored].as_str(), expected);
            }
            (Err(errors), Err(expected)) => {
                let errors = serde_json::to_value(&errors).expect("JSON");
                assert_eq!(errors.as_object().expect("an object").keys().collect::<Vec<_>>(), expected);
            }
            (result, _) => panic!("{value}: {result:?}"),
        }
    }

    #[test]
    fn labels_obey_the_rules() {
        check(0, " ABC ", Ok("abc"));
        check(19, "abc", Ok("abc"));
        check(2, &"æ".repeat(255), Ok(&"æ".repeat(255)));
        check(20, "abc", Err(&["dto.serviceOwnerLabels"]));
        check(2, "LABEL1", Err(&["dto.serviceOwnerLabels"]));
        check(3, "ab", Err(&["dto.serviceOwnerLabels[3].value"]));
        check(3, "  ", Err(&["dto.serviceOwnerLabels[3].value"]));
        check(3, &"a".repeat(256), Err(&["dto.serviceOwnerLabels[3].value"]));
        check(20, "", Err(&["dto.serviceOwnerLabels", "dto.serviceOwnerLabels[20].value"]));
    }
}

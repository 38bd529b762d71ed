use crate::api::caller::NotificationSystem;
use crate::api::dialog_id::DialogIdInPath;
use crate::api::json::Guid;
use crate::api::problem::{Errors, Problem};
use crate::api::search_params::{Faults, KeyStyle, Parameters};
use crate::api::wire::{ActivityTypeChoice, ContractEnum, NotificationConditionType, NotificationConditionTypeChoice};
use crate::app::App;
use axum::Json;
use axum::extract::{RawQuery, State};
use dialog_index::domain::{ActivityType, TransmissionId};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a notification that waited is to be sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationCondition {
    send_notification: bool,
}

/// Tells the notification system whether a dialog, of any owner and deleted or not, has an activity.
#[utoipa::path(
    get,
    path = "/api/v1/serviceowner/dialogs/{dialogId}/actions/should-send-notification",
    operation_id = "CheckNotificationCondition",
    tag = "Serviceowner",
    params(
        ("dialogId" = uuid::Uuid, Path, description = "The id of a dialog"),
        ("conditionType" = inline(NotificationConditionTypeChoice), Query, description = "What lets the notification be sent"),
        ("activityType" = inline(ActivityTypeChoice), Query, description = "The activity that is looked for"),
        ("transmissionId" = Option<uuid::Uuid>, Query, description = "For TransmissionOpened: which one"),
    ),
    responses(
        (status = 200, description = "Whether it is to be sent", body = NotificationCondition),
        (status = 400, description = "What is wrong with the parameters, all of it"),
        (status = 404, description = "There is no such dialog"),
    ),
)]
pub(super) async fn check_notification_condition(
    State(app): State<App>,
    _: NotificationSystem,
    DialogIdInPath(id): DialogIdInPath,
    RawQuery(query): RawQuery,
) -> Result<Json<NotificationCondition>, Problem> {
    let mut faults = Faults::new(KeyStyle::ServiceOwner);
    if id.0.is_nil() {
        faults.refused("dialogId", "must not be empty");
    }
    let condition = Condition::read(&query.unwrap_or_default(), faults).map_err(Problem::bad_request)?;
    let has_activity = app
        .blocking(move |dialogs| dialogs.has_activity(id, condition.activity_type, condition.transmission))
        .await?
        .ok_or_else(|| Problem::not_found("DialogEntity", id))?;
    Ok(Json(NotificationCondition {
        send_notification: has_activity == (condition.condition_type == NotificationConditionType::Exists),
    }))
}

#[derive(Clone, Copy, Debug)]
struct Condition {
    condition_type: NotificationConditionType,
    activity_type: ActivityType,
    /// Exactly for [`ActivityType::TransmissionOpened`].
    transmission: Option<TransmissionId>,
}

impl Condition {
    fn read(query: &str, mut faults: Faults) -> Result<Self, Errors> {
        let query = Parameters::parse(query, &mut faults);
        let condition_type = member(&query, "conditionType", &mut faults);
        let activity_type = member(&query, "activityType", &mut faults);
        let transmission = guid(&query, "transmissionId", &mut faults);
        match (activity_type, transmission) {
            (Some(ActivityType::TransmissionOpened), Given::Nothing) => {
                faults.refused("transmissionId", "must be given when 'activityType' is TransmissionOpened");
            }
            (Some(ActivityType::TransmissionOpened), Given::Guid(id)) if id.0.is_nil() => {
                faults.refused("transmissionId", "must not be empty when 'activityType' is TransmissionOpened");
            }
            (Some(ActivityType::TransmissionOpened), _) | (_, Given::Nothing | Given::Unreadable) => {}
            (_, Given::Guid(_)) => {
                faults.refused("transmissionId", "must be left out unless 'activityType' is TransmissionOpened");
            }
        }
        let transmission = match transmission {
            Given::Guid(id) => Some(TransmissionId(id.0)),
            Given::Nothing | Given::Unreadable => None,
        };
        let condition = condition_type.zip(activity_type);
        let condition =
            condition.map(|(condition_type, activity_type)| Self { condition_type, activity_type, transmission });
        faults.into_result(condition).map(|condition| condition.expect("what is missing is a fault"))
    }
}

/// A member of an enum, by name in any case or by number.
fn member<T: ContractEnum>(query: &Parameters, name: &str, faults: &mut Faults) -> Option<T> {
    if query.list(name).is_none() {
        faults.refused(name, format_args!("must be a member of {}", T::NAME));
        return None;
    }
    let (written, value) = query.one(name, faults)?;
    let member = T::of_name(value).or_else(|| T::of_number(value.parse().ok()?));
    if member.is_none() {
        faults.malformed(written, value, T::NAME);
    }
    member
}

#[derive(Clone, Copy, Debug)]
enum Given {
    Nothing,
    Guid(Guid),
    /// It is a fault already.
    Unreadable,
}

fn guid(query: &Parameters, name: &str, faults: &mut Faults) -> Given {
    if query.list(name).is_none() {
        return Given::Nothing;
    }
    let Some((written, value)) = query.one(name, faults) else { return Given::Unreadable };
    match Guid::parse(value) {
        Some(id) => Given::Guid(id),
        None if value.is_empty() => Given::Nothing,
        None => {
            faults.malformed(written, value, "Guid");
            Given::Unreadable
        }
    }
}

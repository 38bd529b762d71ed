//! What service owners may do with dialogs, and administrators.

use super::{Differences, Subject, Table, ask, whole_dialog};
use crate::app::{ALICE, Actor, COMPANY, NAV_NUMBER, SKD_NUMBER, SYSTEM_USER, TestApp, consumer, dialog, person};
use crate::callers::{Audience, OPERATIONS};
use crate::get_dialog::{hours_from, transmission};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use serde_json::{Value, json};

const OWNER: &str = "digdir:dialogporten.serviceprovider";
const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";

/// The columns are
///
/// - `none`, `broken`, `scope`, `system`: the caller has no token, one that is not valid, one without the scope, or one
///   of a system user that has it
/// - `own`, `hidden`, `past`: the owner's dialog, which is visible, not visible yet, or expired
/// - `frozen`, `gone`, `nobody`, `noPart`: it is frozen or deleted; there is no such dialog, or no such part of it
/// - `foreign`, `lost`: the caller is another owner; likewise, and the dialog is deleted
/// - `aFrozen`, `admin`, `aLost`, `aNobody`: an administrator of the same owner, and of another one
///
/// Lists are read as at the lowest level. Whoever names a person with `enduserId` is taken for an owner that acts for
/// it, not for a system user. The index replaces what is deleted or frozen, and holds its times against the present.
///
/// All have the scopes that the operation asks for beyond that; `scope` has none, and only administrators that of
/// administrators.
pub(super) const TABLE: &str = "
none broken scope  system own    hidden past   frozen gone   nobody noPart foreign lost   aFrozen admin  aLost  aNobody
GET /api/v1/serviceowner/dialoglookup
401  bad    policy type   shown  shown  shown  shown  shown  noref  shown  other   other  shown   shown  shown  noref
GET /api/v1/serviceowner/dialogs
401  bad    policy type   open   open   open   open   silent silent open   silent  silent open    silent silent silent
POST /api/v1/serviceowner/dialogs/search
401  bad    policy type   open   open   open   open   silent silent open   silent  silent open    silent silent silent
GET /api/v1/serviceowner/dialogs/endusercontext
401  bad    policy type   shown  shown  shown  shown  shown  silent shown  silent  silent shown   silent silent silent
GET /api/v1/serviceowner/dialogs/{dialogId}
401  bad    policy type   shown  shown  shown  shown  shown  404    shown  404     404    shown   shown  shown  404
GET /api/v1/serviceowner/dialogs/{dialogId}/activities
401  bad    policy type   shown  shown  shown  shown  410    404    shown  404     404    shown   shown  410    404
GET /api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}
401  bad    policy type   shown  shown  shown  shown  410    404    nopart 404     404    shown   shown  410    404
GET /api/v1/serviceowner/dialogs/{dialogId}/transmissions
401  bad    policy type   shown  shown  shown  shown  410    404    shown  404     404    shown   shown  410    404
GET /api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}
401  bad    policy type   shown  shown  shown  shown  410    404    nopart 404     404    shown   shown  410    404
GET /api/v1/serviceowner/dialogs/{dialogId}/seenlog
401  bad    policy type   shown  shown  shown  shown  410    404    shown  404     404    shown   shown  410    404
GET /api/v1/serviceowner/dialogs/{dialogId}/seenlog/{seenLogId}
401  bad    policy type   shown  shown  shown  shown  410    404    nopart 404     404    shown   shown  410    404
GET /api/v1/serviceowner/dialogs/{dialogId}/actions/should-send-notification
401  bad    policy shown  shown  shown  shown  shown  shown  404    shown  shown   shown  shown   shown  shown  404
GET /api/v1/serviceowner/dialogs/{dialogId}/context/labels
401  bad    policy type   shown  shown  shown  shown  404    404    shown  404     404    shown   404    404    404
POST /api/v1/serviceowner/dialogs
401  bad    policy type   made   made   made   made   made   made   made   unowned unowned made   made   made   made
PATCH /api/v1/serviceowner/dialogs/{dialogId}
401  bad    policy type   done   done   done   frozen 410    404    done   404     404    done    done   410    404
PUT /api/v1/serviceowner/dialogs/{dialogId}
401  bad    policy type   done   done   done   frozen 410    404    done   404     404    done    done   410    404
DELETE /api/v1/serviceowner/dialogs/{dialogId}
401  bad    policy type   done   done   done   frozen 410    404    done   404     404    done    done   410    404
POST /api/v1/serviceowner/dialogs/{dialogId}/actions/freeze
401  bad    policy type   weak   weak   weak   weak   weak   weak   weak   weak    weak   done    done   410    404
POST /api/v1/serviceowner/dialogs/{dialogId}/actions/purge
401  bad    policy type   done   done   done   done   done   404    done   404     404    done    done   done   404
POST /api/v1/serviceowner/dialogs/{dialogId}/actions/restore
401  bad    policy type   done   done   done   done   done   404    done   404     404    done    done   done   404
POST /api/v1/serviceowner/dialogs/{dialogId}/activities
401  bad    policy type   made   made   made   frozen 410    404    made   404     404    made    made   made   404
POST /api/v1/serviceowner/dialogs/{dialogId}/activities/{activityId}/actions/updateFormSavedActivityTime
401  bad    policy type   policy policy policy policy policy policy policy policy  policy done    done   done   nopart
POST /api/v1/serviceowner/dialogs/{dialogId}/transmissions
401  bad    policy type   made   made   made   frozen 410    404    made   404     404    made    made   410    404
PUT /api/v1/serviceowner/dialogs/{dialogId}/transmissions/{transmissionId}
401  bad    policy done   done   done   done   frozen 410    404    nopart 404     404    done    done   410    404
POST /api/v1/serviceowner/dialogs/{dialogId}/context/labels
401  bad    policy type   done   done   done   done   404    404    done   404     404    done    404    404    404
DELETE /api/v1/serviceowner/dialogs/{dialogId}/context/labels/{label}
401  bad    policy type   done   done   done   done   404    404    done   404     404    done    404    404    404
PUT /api/v1/serviceowner/dialogs/{dialogId}/endusercontext/systemlabels
401  bad    policy done   done   done   done   done   404    404    done   404     404    done    done   404    404
POST /api/v1/serviceowner/dialogs/endusercontext/systemlabels/actions/bulkset
401  bad    policy done   done   done   done   done   404    404    done   404     404    done    done   404    404
PUT /api/v1/index/dialogs/{dialogId}
401  bad    policy type   shown  shown  late   shown  shown  made   shown  unowned unowned shown  shown  shown  made
DELETE /api/v1/index/dialogs/{dialogId}
401  bad    policy type   done   done   done   done   done   done   done   done    done   done    done   done   done
POST /api/v1/index/dialogs/bulk
401  bad    policy type   shown  shown  shown  shown  shown  shown  shown  shown   shown  shown   shown  shown  shown
GET /api/v1/admin/events
401  bad    policy type   policy policy policy policy policy policy policy policy  policy shown   shown  shown  silent
GET /api/v1/admin/register
401  bad    policy type   policy policy policy policy policy policy policy policy  policy silent  silent silent silent
PUT /api/v1/admin/register/grants/{id}
401  bad    policy type   policy policy policy policy policy policy policy policy  policy made    made   made   made
DELETE /api/v1/admin/register/grants/{id}
401  bad    policy type   policy policy policy policy policy policy policy policy  policy done    done   done   done
PUT /api/v1/admin/register
401  bad    policy type   policy policy policy policy policy policy policy policy  policy done    done   done   done
";

#[tokio::test]
async fn service_owners_are_answered_by_the_state_of_the_dialog() {
    let table = Table::parse(TABLE);
    let mut differences = Differences::default();
    for (index, column) in table.columns.iter().enumerate() {
        let app = TestApp::new();
        for (method, path, outcomes) in &table.rows {
            let (_, _, audience) =
                OPERATIONS.iter().find(|(of, at, _)| (of, at) == (method, path)).expect("an operation");
            let subject = subject(&app, column).await;
            let found = ask(&caller(&app, column, *audience), method, path, &subject).await;
            differences.hold(format!("{method} {path} {column}"), outcomes[index], found);
        }
    }
    differences.assert_none();
}

fn caller<'a>(app: &'a TestApp, column: &str, audience: Audience) -> Actor<'a> {
    let asked_for = match audience {
        Audience::NotificationSystem => "altinn:system/notifications.condition.check".to_owned(),
        Audience::Searcher => format!("{OWNER} {OWNER}.search"),
        Audience::Changer => format!("{OWNER} {OWNER}.changetransmissions"),
        _ => OWNER.to_owned(),
    };
    let owning = |number: &str, scope: &str| app.claiming(json!({ "scope": scope, "consumer": consumer(number) }));
    match column {
        "none" => app.anonymous(),
        "broken" => app.bearing("broken"),
        "scope" => owning(SKD_NUMBER, "openid"),
        "system" => app.claiming(json!({
            "scope": format!("{asked_for} {ADMIN}"),
            "consumer": consumer(SKD_NUMBER),
            "authorization_details": [{
                "type": "urn:altinn:systemuser",
                "systemuser_id": [SYSTEM_USER],
                "systemuser_org": consumer(COMPANY),
            }],
        })),
        "foreign" | "lost" => owning(NAV_NUMBER, &asked_for),
        "aFrozen" => owning(SKD_NUMBER, &format!("{asked_for} {ADMIN}")),
        "admin" | "aLost" | "aNobody" => owning(NAV_NUMBER, &format!("{asked_for} {ADMIN}")),
        _ => owning(SKD_NUMBER, &asked_for),
    }
}

/// A dialog that is in the state by now.
async fn subject(app: &TestApp, column: &str) -> Subject {
    if ["nobody", "aNobody"].contains(&column) {
        return Subject::unknown(&person(ALICE));
    }
    let later = |hours| Some(hours_from(app.now(), hours));
    let plain = NewDialog { transmissions: vec![transmission(None, None)], ..dialog("") };
    let new = match column {
        "hidden" => NewDialog { visible_from: later(1), ..plain },
        "past" => NewDialog { expires_at: later(-1), ..plain },
        _ => plain,
    };
    let subject = Subject::stored(app, whole_dialog(app, new));
    let admin = app.service_owner_with(SKD_NUMBER, ADMIN);
    let path = format!("/api/v1/serviceowner/dialogs/{}", subject.id);
    admin.get(&format!("{path}?endUserId={}", subject.party)).await.expect(StatusCode::OK);
    let seen = admin.get(&format!("{path}/seenlog")).await.expect(StatusCode::OK).json();
    let subject = subject.seen_by(&seen[0]);
    if ["gone", "lost", "aLost"].contains(&column) {
        admin.delete(&path).await.expect(StatusCode::NO_CONTENT);
    }
    if ["frozen", "aFrozen"].contains(&column) {
        admin.post(&format!("{path}/actions/freeze"), Value::Null).await.expect(StatusCode::NO_CONTENT);
    }
    if column == "noPart" { subject.without_parts() } else { subject }
}

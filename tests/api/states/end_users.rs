//! What end users may do with dialogs, and anyone.

use super::{Differences, Subject, Table, ask, whole_dialog};
use crate::app::{ALICE, Actor, BOB, SIGNING, SKD_NUMBER, SUBMISSION, TestApp, consumer, dialog, person, resource};
use crate::get_dialog::{hours_from, transmission};
use axum::http::StatusCode;
use dialog_index::NewDialog;
use serde_json::json;

/// The columns are
///
/// - `none`, `broken`, `scope`, `owner`: the caller has no token, one that is not valid, one without the scope, or one
///   of a service owner
/// - `own`, `part`, `old`: a person's own dialog; one with a part that is not permitted; one whose links have expired
/// - `right`: the caller may do something with dialogs of the service, but not read this one
/// - `low`: the person has logged in at too low a level
/// - `foreign`, `nobody`: it is somebody else's; there is no such dialog
/// - `noPart`, `lowNoPart`: it has no such part, to a person at a level that is high enough or too low
/// - `gone`, `lost`, `lowGone`: it is deleted; likewise, and somebody else's, or the level is too low
/// - `hidden`, `lowHidden`, `past`: it is not visible yet, at a level that is high enough or too low; it has expired
pub(super) const TABLE: &str = "
none broken scope  owner own    part   old    right  low    foreign nobody noPart lowNoPart gone   lost   lowGone hidden lowHidden past
GET /api/v1/enduser/dialoglookup
401  bad    policy type  shown  shown  shown  shown  open   403     noref  shown  open      noref  noref  noref   shown  open      shown
GET /api/v1/enduser/dialogs
401  bad    policy type  shown  shown  shown  shown  open   silent  silent shown  open      silent silent silent  silent silent    silent
POST /api/v1/enduser/dialogs/search
401  bad    policy type  shown  shown  shown  shown  open   silent  silent shown  open      silent silent silent  silent silent    silent
GET /api/v1/enduser/dialogs/facets
401  bad    policy type  shown  shown  shown  shown  shown  silent  silent shown  shown     silent silent silent  silent silent    silent
GET /api/v1/enduser/dialogs/{dialogId}
401  bad    policy type  shown  masked old    masked level  403     404    shown  level     410    403    410     later  level     past
GET /api/v1/enduser/dialogs/{dialogId}/activities
401  bad    policy type  shown  shown  shown  404    level  404     404    shown  level     410    404    410     shown  level     shown
GET /api/v1/enduser/dialogs/{dialogId}/activities/{activityId}
401  bad    policy type  shown  shown  shown  404    level  404     404    nopart level     410    404    410     shown  level     shown
GET /api/v1/enduser/dialogs/{dialogId}/transmissions
401  bad    policy type  shown  masked old    404    level  404     404    shown  level     410    404    410     shown  level     shown
GET /api/v1/enduser/dialogs/{dialogId}/transmissions/{transmissionId}
401  bad    policy type  shown  masked old    404    level  404     404    nopart level     410    404    410     shown  level     shown
GET /api/v1/enduser/dialogs/{dialogId}/seenlog
401  bad    policy type  shown  shown  shown  404    level  404     404    shown  level     410    404    410     shown  level     shown
GET /api/v1/enduser/dialogs/{dialogId}/seenlog/{seenLogId}
401  bad    policy type  shown  shown  shown  404    level  404     404    nopart nopart    410    404    410     shown  level     shown
GET /api/v1/enduser/dialogs/{dialogId}/context/labellog
401  bad    policy type  shown  shown  shown  404    level  404     404    shown  level     404    404    404     shown  level     shown
GET /api/v1/enduser/parties
401  bad    policy type  silent silent silent silent silent silent  silent silent silent    silent silent silent  silent silent    silent
GET /api/v1/enduser/serviceresources
401  bad    policy type  shown  shown  shown  shown  shown  silent  silent shown  shown     silent silent silent  silent silent    silent
GET /api/v1/metadata/limits
silent silent silent silent silent silent silent silent silent silent silent silent silent silent silent silent silent silent silent
GET /api/v1/metadata/serviceresources
shown shown shown  shown shown  shown  shown  shown  shown  shown   silent shown  shown     shown  shown  shown   shown  shown     shown
PUT /api/v1/enduser/dialogs/{dialogId}/context/systemlabels
401  bad    policy type  done   done   done   done   done   barred  404    done   done      404    404    404     done   done      done
POST /api/v1/enduser/dialogs/context/systemlabels/actions/bulkset
401  bad    policy type  done   done   done   done   done   404     404    done   done      404    404    404     done   done      done
";

#[tokio::test]
async fn end_users_are_answered_by_the_state_of_the_dialog() {
    let table = Table::parse(TABLE);
    let mut differences = Differences::default();
    for (index, column) in table.columns.iter().enumerate() {
        let app = TestApp::new();
        for (method, path, outcomes) in &table.rows {
            let subject = subject(&app, column).await;
            let found = ask(&caller(&app, column), method, path, &subject).await;
            differences.hold(format!("{method} {path} {column}"), outcomes[index], found);
        }
    }
    differences.assert_none();
}

fn caller<'a>(app: &'a TestApp, column: &str) -> Actor<'a> {
    match column {
        "none" => app.anonymous(),
        "broken" => app.bearing("broken"),
        "scope" => app.claiming(json!({ "scope": "openid", "pid": ALICE, "acr": "idporten-loa-high" })),
        "owner" => {
            let scope = "digdir:dialogporten digdir:dialogporten.serviceprovider";
            app.claiming(json!({ "scope": scope, "consumer": consumer(SKD_NUMBER) }))
        }
        low if low.starts_with("low") => app.end_user_at_level(ALICE, "idporten-loa-low"),
        _ => app.end_user(ALICE),
    }
}

/// A dialog that is in the state by now.
async fn subject(app: &TestApp, column: &str) -> Subject {
    if column == "nobody" {
        return Subject::unknown(&person(ALICE));
    }
    let later = |hours| Some(hours_from(app.now(), hours));
    let plain = NewDialog { transmissions: vec![transmission(None, None)], ..dialog("") };
    let new = match column {
        "part" => NewDialog {
            service_resource: resource(SIGNING),
            transmissions: vec![transmission(Some("others"), None)],
            ..plain
        },
        "old" => NewDialog { transmissions: vec![transmission(None, later(-1))], ..plain },
        "right" => NewDialog { service_resource: resource(SUBMISSION), ..plain },
        "foreign" | "lost" => NewDialog { party: person(BOB), ..plain },
        "hidden" | "lowHidden" => NewDialog { visible_from: later(1), ..plain },
        "past" => NewDialog { expires_at: later(-1), ..plain },
        _ => plain,
    };
    let mut subject = Subject::stored(app, whole_dialog(app, new));
    let skd = app.service_owner(SKD_NUMBER);
    let owned = format!("/api/v1/serviceowner/dialogs/{}", subject.id);
    // Seen by its party, through its owner: it need not be visible for that.
    skd.get(&format!("{owned}?endUserId={}", subject.party)).await;
    let seen = skd.get(&format!("{owned}/seenlog")).await.expect(StatusCode::OK).json();
    if column != "right" {
        subject = subject.seen_by(&seen[0]);
    }
    if ["gone", "lost", "lowGone"].contains(&column) {
        skd.delete(&owned).await.expect(StatusCode::NO_CONTENT);
    }
    if ["noPart", "lowNoPart"].contains(&column) { subject.without_parts() } else { subject }
}

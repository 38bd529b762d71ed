//! Whether a dialog holds what has not been opened: what was sent to its party, and letters.

use crate::app::{LETTERS, SKD_NUMBER, TestApp};
use crate::create_dialog::body as creation;
use crate::update_dialog::{activity, created, get, transmission, update_of};
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const CORRESPONDENCE: &str = "digdir:dialogporten.correspondence";
const FROM_OWNER: [&str; 6] = ["Information", "Acceptance", "Rejection", "Request", "Alert", "Decision"];
const FROM_PARTY: [&str; 2] = ["Submission", "Correction"];

fn sent(of: &str, id: &str) -> Value {
    let mut body = transmission("Sendt");
    body["type"] = json!(of);
    body["id"] = json!(id);
    body
}

fn opened(id: &str) -> Value {
    let mut body = activity("TransmissionOpened");
    body["transmissionId"] = json!(id);
    body
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

#[tokio::test]
async fn what_the_owner_sends_is_unopened_and_what_the_party_sends_is_not() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    for (types, is_unopened) in [(&FROM_OWNER[..], true), (&FROM_PARTY[..], false)] {
        for of in types {
            let mut whole = creation("Ulest");
            whole["transmissions"] = json!([sent(of, &new_id())]);
            let at_once = created(&skd, whole).await;
            let [posted, put] = [created(&skd, creation("Ulest")).await, created(&skd, creation("Ulest")).await];
            skd.post(&format!("{posted}/transmissions"), sent(of, &new_id())).await.expect(StatusCode::CREATED);
            let mut update = update_of(&get(&skd, &put).await);
            update["transmissions"] = json!([sent(of, &new_id())]);
            skd.put(&put, update).await.expect(StatusCode::NO_CONTENT);
            for path in [at_once, posted, put] {
                assert_eq!(get(&skd, &path).await["hasUnopenedContent"], is_unopened, "{of}");
            }
        }
    }
}

#[tokio::test]
async fn all_that_the_owner_sent_must_be_opened() {
    let app = TestApp::new();
    let skd = app.service_owner(SKD_NUMBER);
    let [first, second, submission, correction] = [(); 4].map(|()| new_id());
    let mut given = creation("Ulest");
    given["transmissions"] = json!([
        sent("Information", &first),
        sent("Decision", &second),
        sent("Submission", &submission),
        sent("Correction", &correction),
    ]);
    let path = created(&skd, given).await;
    let is_opened = |dialog: &Value, id: &str| {
        let transmissions = dialog["transmissions"].as_array().expect("a list");
        transmissions.iter().find(|it| it["id"] == id).expect("the transmission")["isOpened"].clone()
    };
    for (id, is_unopened, is_shown_opened) in [
        // What the party sent itself is never opened.
        (&submission, true, false),
        (&first, true, true),
        (&correction, true, false),
        (&first, true, true),
        (&second, false, true),
        (&submission, false, false),
    ] {
        skd.post(&format!("{path}/activities"), opened(id)).await.expect(StatusCode::CREATED);
        let dialog = get(&skd, &path).await;
        assert_eq!(dialog["hasUnopenedContent"], is_unopened);
        assert_eq!(is_opened(&dialog, id), is_shown_opened);
    }
    // The same by an update, which looks at all of it.
    let mut update = update_of(&get(&skd, &path).await);
    update["progress"] = json!(1);
    skd.put(&path, update).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(get(&skd, &path).await["hasUnopenedContent"], false);
    // What is sent later is unopened again, and stays so when what was opened is opened once more.
    skd.post(&format!("{path}/transmissions"), sent("Alert", &new_id())).await.expect(StatusCode::CREATED);
    skd.post(&format!("{path}/activities"), opened(&second)).await.expect(StatusCode::CREATED);
    assert_eq!(get(&skd, &path).await["hasUnopenedContent"], true);
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn a_letter_must_be_opened_as_well() {
    let app = TestApp::new();
    let skd = app.service_owner_with(SKD_NUMBER, CORRESPONDENCE);
    let letter = |transmissions: Value| {
        let mut body = creation("Brev");
        body["serviceResource"] = json!(LETTERS);
        body["transmissions"] = transmissions;
        body
    };
    let bare = created(&skd, letter(json!([]))).await;
    for (of, is_unopened) in
        [("DialogOpened", true), ("CorrespondenceConfirmed", true), ("CorrespondenceOpened", false)]
    {
        skd.post(&format!("{bare}/activities"), activity(of)).await.expect(StatusCode::CREATED);
        assert_eq!(get(&skd, &bare).await["hasUnopenedContent"], is_unopened, "{of}");
    }
    // With something in it, whichever is opened last clears it.
    for is_letter_last in [false, true] {
        let id = new_id();
        let path = created(&skd, letter(json!([sent("Information", &id)]))).await;
        let mut opening = [activity("CorrespondenceOpened"), opened(&id)];
        if is_letter_last {
            opening.reverse();
        }
        for (opened, is_unopened) in opening.into_iter().zip([true, false]) {
            skd.post(&format!("{path}/activities"), opened).await.expect(StatusCode::CREATED);
            assert_eq!(get(&skd, &path).await["hasUnopenedContent"], is_unopened);
        }
    }
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

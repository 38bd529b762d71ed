//! Trees that a transmission in place of another is part of: how deep and how wide they may be.

use crate::app::{Actor, SKD_NUMBER, TestApp};
use crate::create_dialog::body as creation;
use crate::update_dialog::{assert_keys, created, transmission};
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const CHANGE: &str = "digdir:dialogporten.serviceprovider.changetransmissions";
/// The most levels of a tree, and the most answers to one transmission.
const BOUND: usize = 100;

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

fn answer(id: &str, to: Option<&String>) -> Value {
    let mut body = transmission("ledd");
    body["id"] = json!(id);
    body["relatedTransmissionId"] = json!(to);
    body
}

/// Lets a transmission answer another from now on.
async fn relate(caller: &Actor<'_>, dialog: &str, id: &str, to: &String, status: StatusCode) {
    let mut body = answer(id, Some(to));
    body["isSilentUpdate"] = json!(true);
    let told = caller.put(&format!("{dialog}/transmissions/{id}"), body).await.expect(status);
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        assert_keys(&told.json(), &["Transmissions"]);
    }
}

#[tokio::test]
async fn a_tree_has_so_many_levels() {
    let app = TestApp::new();
    let skd = app.service_owner_with(SKD_NUMBER, CHANGE);
    let chain: Vec<_> = (0..BOUND).map(|_| new_id()).collect();
    let [loose, parent, child] = [(); 3].map(|()| new_id());
    let mut given = creation("Dyp");
    let links = chain.iter().enumerate().map(|(n, id)| answer(id, n.checked_sub(1).map(|above| &chain[above])));
    let others = [answer(&loose, None), answer(&parent, None), answer(&child, Some(&parent))];
    given["transmissions"] = links.chain(others).collect();
    let dialog = created(&skd, given).await;
    relate(&skd, &dialog, &loose, &chain[BOUND - 1], StatusCode::UNPROCESSABLE_ENTITY).await;
    relate(&skd, &dialog, &loose, &chain[BOUND - 2], StatusCode::NO_CONTENT).await;
    // What answers it comes along.
    relate(&skd, &dialog, &parent, &chain[BOUND - 2], StatusCode::UNPROCESSABLE_ENTITY).await;
    relate(&skd, &dialog, &parent, &chain[BOUND - 3], StatusCode::NO_CONTENT).await;
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn a_transmission_has_so_many_answers() {
    let app = TestApp::new();
    let skd = app.service_owner_with(SKD_NUMBER, CHANGE);
    let root = new_id();
    let answers: Vec<_> = (1..BOUND).map(|_| new_id()).collect();
    let [last, beyond] = [(); 2].map(|()| new_id());
    let mut given = creation("Bred");
    let below = answers.iter().map(|id| answer(id, Some(&root)));
    let others = [answer(&root, None), answer(&last, None), answer(&beyond, None)];
    given["transmissions"] = below.chain(others).collect();
    let dialog = created(&skd, given).await;
    relate(&skd, &dialog, &last, &root, StatusCode::NO_CONTENT).await;
    relate(&skd, &dialog, &beyond, &root, StatusCode::UNPROCESSABLE_ENTITY).await;
    // One of them goes, another takes its place.
    relate(&skd, &dialog, &last, &beyond, StatusCode::NO_CONTENT).await;
    relate(&skd, &dialog, &beyond, &root, StatusCode::NO_CONTENT).await;
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

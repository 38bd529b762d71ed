//! What a user may not see makes no difference to any answer. Of random worlds there is a second one for each user, in
//! which all that is hidden from the user is gone or says something else: dialogs, texts, words, links. Both are asked the
//! same, and must answer the same, byte for byte.
//!
//! Random by nature, and so made alike before they are compared: trace ids, the masked ids of persons (told apart still),
//! what only makes dialog tokens unique, and revisions of changes that the user makes.
//!
//! What the contract has depend on what is hidden is named in [`told_by_contract`] and in [`ask_for_hidden`].

use crate::app::{Actor, Answer, TestApp};
use crate::leaks::caller;
use crate::leaks::model::{NOTHING, Reader, User};
use crate::leaks::searches::Search;
use crate::leaks::words::{NewWords, Words, words_in};
use crate::leaks::world::{EMAIL_USER, NOW, PERSONS, STRANGER, SYSTEM_USER, World, load, reference};
use axum::body::Body;
use axum::http::{Method, header};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dialog_index::domain::{Actor as ActorOf, ActorId, Dialog, DialogId, SeenEntry};
use dialog_index::{AuthorizedScope, LoadedDialog};
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const WORLDS: u64 = 12;
const DIALOGS: usize = 30;
const SEARCHES: usize = 30;
const END_USER: &str = "/api/v1/enduser/dialogs";

#[tokio::test]
async fn what_is_hidden_makes_no_difference_to_any_answer() {
    let (mut compared, mut hidden) = (0, 0);
    for seed in 0..WORLDS {
        let random = &mut ChaCha8Rng::seed_from_u64(1_000 + seed);
        let world = World::random(seed, DIALOGS);
        let ids = [PERSONS[0], PERSONS[1], PERSONS[2], SYSTEM_USER, EMAIL_USER, STRANGER];
        let user = User {
            id: (*ids.choose(random).expect("a user")).to_owned(),
            level: *[0, 0, 2, 3, 4].choose(random).expect("a level"),
        };
        let without = without_hidden(&world, &user);
        let gone: Vec<_> = world
            .dialogs
            .iter()
            .map(|it| &it.dialog)
            .filter(|it| !without.iter().any(|kept| kept.dialog.id == it.id))
            .collect();
        hidden += gone.len();
        let touched: BTreeSet<DialogId> =
            world.dialogs.iter().map(|it| it.dialog.id).filter(|_| random.random_bool(0.3)).collect();
        let (one, other) = (serving(&world, &world.dialogs, &touched), serving(&world, &without, &touched));
        for question in questions(&world, &user, random) {
            let told = [ask(&one, &user, &question).await, ask(&other, &user, &question).await];
            if told[0] != told[1] && !told_by_contract(&question, &told) {
                panic!("world {seed}, {user:?}, {question:?}: {}\nwithout what is hidden: {}", told[0], told[1]);
            }
            compared += 1;
        }
        ask_for_hidden(&one, &other, &user, &gone).await;
    }
    assert!(compared > 500 && hidden > 100, "{compared} answers were compared, {hidden} dialogs hidden");
}

#[derive(Clone, Debug)]
struct Question {
    method: Method,
    path: String,
    body: Value,
}

/// The list for anybody names the services that there have been dialogs about, whoever may see them. And a look-up by a
/// name that hidden dialogs have as well is 403 where it finds nothing else, for the reason of [`ask_for_hidden`].
fn told_by_contract(question: &Question, told: &[String; 2]) -> bool {
    let is_look_up = question.path.starts_with("/api/v1/enduser/dialoglookup?");
    question.path == "/api/v1/metadata/serviceresources"
        || (is_look_up && told[0].starts_with("403") && told[1].starts_with("404"))
}

/// Who asks for a dialog by its id, or by a name that it has, is told whether there is one: 403, and not 404. This is all
/// that is told of it, and only where the contract says so.
async fn ask_for_hidden(one: &TestApp, other: &TestApp, user: &User, hidden: &[&Dialog]) {
    for dialog in hidden {
        let path = format!("{END_USER}/{}", dialog.id);
        let by_id = format!("/api/v1/enduser/dialoglookup?instanceRef=urn:altinn:dialog-id:{}", dialog.id);
        let labels = json!({ "addLabels": ["Bin"] });
        let deleted = if dialog.deleted_at.is_some() { 404 } else { 403 };
        for (method, path, body, told) in [
            (Method::GET, path.clone(), Value::Null, 403),
            (Method::GET, by_id, Value::Null, deleted),
            (Method::PUT, format!("{path}/context/systemlabels"), labels.clone(), deleted),
        ] {
            let question = Question { method, path, body };
            let (status, _) = sent(one, user, &question).await;
            let (missing, _) = sent(other, user, &question).await;
            assert_eq!((status, missing), (told, 404), "{question:?}");
        }
        let bulk = json!({ "dialogs": [{ "dialogId": dialog.id.0 }], "addLabels": ["Bin"] });
        let parts = ["activities", "transmissions", "seenlog", "context/labellog"].map(|part| format!("{path}/{part}"));
        let parts = parts.into_iter().map(|path| Question { method: Method::GET, path, body: Value::Null });
        let path = format!("{END_USER}/context/systemlabels/actions/bulkset");
        for question in parts.chain([Question { method: Method::POST, path, body: bulk }]) {
            assert_eq!(ask(one, user, &question).await, ask(other, user, &question).await, "{question:?}");
        }
    }
}

/// A service that holds these dialogs of the world. Those that are touched are in the tail of the index.
fn serving(world: &World, dialogs: &[LoadedDialog], touched: &BTreeSet<DialogId>) -> TestApp {
    let app = TestApp::knowing(world.register().to_string().as_bytes(), NOW);
    load(&app, dialogs.to_vec());
    let watcher = ActorId::parse("urn:altinn:person:identifier-no:17838411088").expect("an actor");
    for stored in dialogs.iter().map(|it| &it.dialog).filter(|it| touched.contains(&it.id)) {
        let entry = SeenEntry {
            id: Uuid::new_v5(&stored.id.0, b"watched"),
            seen_at: NOW,
            seen_by: ActorOf::Identified { id: watcher.clone(), name: None },
            is_via_service_owner: true,
        };
        let scope = AuthorizedScope::owned_by(stored.org.clone());
        app.dialogs().mark_seen(&scope, stored.id, entry).expect("a seen dialog");
    }
    app
}

/// All that is asked of both, in this order.
fn questions(world: &World, user: &User, random: &mut ChaCha8Rng) -> Vec<Question> {
    let reader = Reader::User(user);
    let words: Vec<_> = world.dialogs.iter().flat_map(|it| words_in(&format!("{it:?}"))).collect();
    let open: Vec<_> = world.dialogs.iter().flat_map(|it| words_of_texts(&it.dialog)).collect();
    let mut paths = Vec::new();
    for _ in 0..SEARCHES {
        let search = Search::random(world, &words, reader, random);
        let query = crate::leaks::query(&search.parameters());
        paths.push(format!("{END_USER}?{query}"));
        paths.push(format!("{END_USER}/facets?{query}"));
        // Words that follow each other where nothing stands between them.
        let at = random.random_range(0..open.len() - 1);
        paths.push(format!("{END_USER}?allParties=true&totalCount=true&search=%22{}%20{}%22", open[at], open[at + 1]));
    }
    for order in ["contentUpdatedAt", "updatedAt_asc", "createdAt", "dueAt", "dueAt_asc"] {
        paths.push(format!("{END_USER}?allParties=true&orderBy={order}&limit=3&totalCount=true"));
        paths.push(format!("{END_USER}?allParties=true&orderBy={order}"));
    }
    paths.push("/api/v1/enduser/parties".to_owned());
    paths.push("/api/v1/enduser/serviceresources".to_owned());
    paths.push("/api/v1/metadata/serviceresources".to_owned());
    paths.push("/api/v1/metadata/limits".to_owned());
    let listed = world.dialogs.iter().filter(|it| world.has_list_right(user, &it.dialog));
    for dialog in listed.map(|it| &it.dialog) {
        // What some may find and others may not.
        let words =
            dialog.search_tags.iter().cloned().chain(words_of_texts(dialog)).filter(|_| random.random_bool(0.5));
        paths.extend(words.map(|word| format!("{END_USER}?allParties=true&totalCount=true&search={word}")));
    }
    let mut labelled = Vec::new();
    for stored in world.dialogs.iter().filter(|it| world.has_list_right(user, &it.dialog)) {
        let path = format!("{END_USER}/{}", stored.dialog.id);
        paths.extend(["activities", "transmissions", "seenlog", "context/labellog"].map(|it| format!("{path}/{it}")));
        paths.extend(stored.dialog.transmissions.iter().map(|it| format!("{path}/transmissions/{}", it.id)));
        let labels = stored.dialog.service_owner_context.labels.iter().filter_map(|label| reference(label.as_str()));
        let names = labels.chain([format!("urn:altinn:dialog-id:{}", stored.dialog.id)]);
        paths.extend(names.map(|name| format!("/api/v1/enduser/dialoglookup?instanceRef={name}")));
        labelled.push(format!("{path}/context/systemlabels"));
        paths.push(path);
    }
    // After these dialogs were seen.
    paths.push(format!("{END_USER}?allParties=true&totalCount=true&facet=isContentSeen&facet=systemLabel"));
    let get = |path| Question { method: Method::GET, path, body: Value::Null };
    let put = |path| Question { method: Method::PUT, path, body: json!({ "addLabels": ["Bin", "MarkedAsUnopened"] }) };
    let last = format!("{END_USER}/facets?allParties=true&facet=systemLabel&facet=isContentSeen");
    paths.into_iter().map(get).chain(labelled.into_iter().map(put)).chain([get(last)]).collect()
}

/// The words of its content, in the order in which they are searched.
fn words_of_texts(dialog: &Dialog) -> Vec<String> {
    let Some(content) = &dialog.content else { return Vec::new() };
    let values = [Some(&content.title), content.sender_name.as_ref(), content.summary.as_ref()];
    let open = [content.extended_status.as_ref(), content.non_sensitive_title.as_ref()];
    let texts = values.into_iter().chain(open).flatten().flat_map(|it| &it.value);
    texts.flat_map(|it| it.value.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

async fn sent(app: &TestApp, user: &User, question: &Question) -> (u16, Answer) {
    let caller: Actor<'_> = caller(app, user);
    let answer = match question.method {
        Method::PUT => caller.put(&question.path, question.body.clone()).await,
        Method::POST => caller.post(&question.path, question.body.clone()).await,
        _ => caller.send(Method::GET, &question.path, &[], Body::empty()).await,
    };
    (answer.status.as_u16(), answer)
}

/// The whole answer, with what is random by nature made alike.
async fn ask(app: &TestApp, user: &User, question: &Question) -> String {
    let (status, answer) = sent(app, user, question).await;
    let mut told = format!("{status}\n");
    for (name, value) in &answer.headers {
        let is_new = name == header::ETAG && question.method == Method::PUT;
        let value = if is_new { "a new revision" } else { value.to_str().expect("a header of text") };
        told += &format!("{name}: {value}\n");
    }
    let mut persons = Vec::new();
    for (n, piece) in answer.text().split('"').enumerate() {
        let before = if n == 0 { "" } else { "\"" };
        told += before;
        if told.ends_with("\"traceId\":\"") {
            told += "a trace";
        } else if piece.starts_with("urn:altinn:person:identifier-ephemeral:") {
            let known = persons.iter().position(|it| it == piece);
            let number = known.unwrap_or(persons.len());
            if known.is_none() {
                persons.push(piece.to_owned());
            }
            told += &format!("person {number}");
        } else if piece.starts_with("eyJ") {
            told += &claims_of(piece);
        } else {
            told += piece;
        }
    }
    told
}

/// What a token claims, without what only makes it unique.
fn claims_of(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("claims");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let mut claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["jti"] = Value::Null;
    claims.to_string()
}

/// The dialogs of a world that a user has some right to, with only what the user can ever be told of each. What is hidden
/// and cannot be left out says something else, at another length.
fn without_hidden(world: &World, user: &User) -> Vec<LoadedDialog> {
    let mut words = NewWords::after(1_000_000);
    let theirs = world.dialogs.iter().filter(|it| world.has_list_right(user, &it.dialog));
    theirs.map(|stored| Reduction { world, user, words: &mut words }.of(stored)).collect()
}

struct Reduction<'a> {
    world: &'a World,
    user: &'a User,
    words: &'a mut NewWords,
}

impl Reduction<'_> {
    fn of(&mut self, stored: &LoadedDialog) -> LoadedDialog {
        let shown = self.shown(stored);
        let mut kept = stored.clone();
        if self.world.is_level_too_low(self.user, &stored.dialog) || stored.dialog.deleted_at.is_some() {
            take_out_what_only_opening_shows(&mut kept);
        }
        let dialog = &mut kept.dialog;
        let transmissions = self.said_otherwise(&std::mem::take(&mut dialog.transmissions), &shown);
        let activities = self.said_otherwise(&std::mem::take(&mut dialog.activities), &shown);
        let mut dialog = self.said_otherwise(dialog, &shown);
        (dialog.transmissions, dialog.activities) = (transmissions, activities);
        dialog.service_owner_context.labels.sort();
        LoadedDialog {
            dialog,
            seen_log: self.said_otherwise(&kept.seen_log, &shown),
            label_log: self.said_otherwise(&kept.label_log, &shown),
        }
    }

    /// All that the user may be shown of the dialog, or find it by.
    fn shown(&self, stored: &LoadedDialog) -> Words {
        let (world, user, dialog) = (self.world, self.user, &stored.dialog);
        let by_id = format!("urn:altinn:dialog-id:{}", dialog.id);
        let mut shown = world.get(user, stored).1;
        let parts = [
            world.activities(user, dialog).1,
            world.transmissions(user, dialog, &dialog.transmissions).1,
            world.seen_log(user, dialog, &stored.seen_log).1,
            world.label_log(user, stored).1,
            world.look_up(user, &by_id).1,
        ];
        shown.extend(parts.into_iter().flatten());
        for n in 0..dialog.activities.len() {
            shown.extend(world.activity(user, dialog, n).1);
        }
        let labels = dialog.service_owner_context.labels.iter().filter_map(|label| reference(label.as_str()));
        shown.extend(labels.flat_map(|name| world.look_up(user, &name).1));
        let is_listed = world.is_listed(Reader::User(user), dialog);
        shown.extend(if is_listed { world.item(Reader::User(user), stored) } else { NOTHING });
        shown.extend(if is_listed { world.searchable(Reader::User(user), dialog) } else { NOTHING });
        shown
    }

    /// The same with other words in place of those that are not shown: two, one or three for one.
    fn said_otherwise<T: Serialize + DeserializeOwned>(&mut self, value: &T, shown: &Words) -> T {
        let mut text = serde_json::to_string(value).expect("JSON");
        for word in words_in(&text).difference(shown) {
            let longer = [self.words.next(), self.words.next(), self.words.next()];
            let others = longer[..1 + (self.words.given() / 3) as usize % 3].join(" ");
            text = text.replace(word.as_str(), &others);
        }
        serde_json::from_str(&text).expect("the same form")
    }
}

/// What only those are shown who open the dialog. The counters and the latest activity, which lists show, stay.
fn take_out_what_only_opening_shows(stored: &mut LoadedDialog) {
    let dialog = &mut stored.dialog;
    if let Some(content) = &mut dialog.content {
        content.additional_info = None;
        content.main_content_reference = None;
    }
    dialog.search_tags.clear();
    dialog.gui_actions.clear();
    dialog.api_actions.clear();
    dialog.transmissions.clear();
    let latest = dialog.activities.iter().map(|it| (it.created_at, it.id)).max();
    dialog.activities.retain(|it| Some((it.created_at, it.id)) == latest);
    stored.label_log.clear();
}

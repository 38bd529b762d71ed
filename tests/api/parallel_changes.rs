//! Many changes of one dialog at once: there is an order of them, one after the other, that explains every answer, what
//! is shown afterwards and what others are told.
//!
//! The model that finds this order knows the contract alone. `DIALOGDEX_PARALLEL_CASES` sets how many seeds are tried,
//! `DIALOGDEX_PARALLEL_SEED` the first of them. A seed says what is sent; who comes first is different each time.

use crate::app::{ALICE, NAV_NUMBER, SKD_NUMBER, TestApp, consumer};
use crate::create_dialog::body as creation;
use crate::update_dialog::{PATH, texts};
use axum::http::{Method, StatusCode};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

const SCOPES: &str = "digdir:dialogporten.serviceprovider digdir:dialogporten.serviceprovider.changetransmissions";
const ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
/// Dialogs that are changed beside each other, and how often each.
const DIALOGS: usize = 24;
const ROUNDS: usize = 25;
/// Revisions of a dialog, by their places in a model.
const OF_DIALOG: usize = 0;
const OF_END_USER_CONTEXT: usize = 1;
const OF_OWNER_CONTEXT: usize = 2;

#[derive(Clone, Debug, PartialEq)]
struct Sent {
    id: Uuid,
    key: Option<String>,
    related: Option<Uuid>,
    reference: String,
    is_from_party: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Done {
    id: Uuid,
    /// The transmission that it says was opened.
    opened: Option<Uuid>,
}

#[derive(Clone, Debug, Default)]
struct Added {
    sent: Vec<Sent>,
    done: Vec<Done>,
}

#[derive(Clone, Debug)]
enum What {
    Get,
    Put { progress: u64, reference: String, added: Added },
    Patch { tested: Option<u64>, progress: u64, added: Added },
    AddTransmission(Sent),
    AddActivity(Done),
    ReplaceTransmission(Sent),
    AddLabel(String),
    RemoveLabel(String),
    Label { place: String, is_marked: bool },
    Delete,
    Restore,
    Freeze,
}

#[derive(Clone, Debug)]
struct Request {
    what: What,
    by_admin: bool,
    is_silent: bool,
    if_match: Option<Uuid>,
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    revision: Option<Uuid>,
    /// What a reading shows.
    shown: Option<Shown>,
}

/// A dialog as it is shown, in an order of its own.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    /// `None` if it is a new one that nobody has been told yet.
    revisions: [Option<Uuid>; 3],
    is_deleted: bool,
    progress: u64,
    reference: String,
    sent: Vec<Sent>,
    done: Vec<Done>,
    counts: (u64, u64),
    has_unopened_content: bool,
    labels: BTreeSet<String>,
    place: String,
    further_labels: BTreeSet<String>,
}

/// What is sent at once, with the answers, and what is shown after the last of them.
#[derive(Clone, Debug)]
struct Round {
    met: Vec<(Request, Answer)>,
    shown: Shown,
}

/// All that was done to one dialog.
#[derive(Clone, Debug)]
struct History {
    id: Uuid,
    created: Shown,
    rounds: Vec<Round>,
}

impl Request {
    /// Which of the revisions it names, and is told.
    fn context(&self) -> usize {
        match self.what {
            What::AddLabel(_) | What::RemoveLabel(_) => OF_OWNER_CONTEXT,
            What::Label { .. } => OF_END_USER_CONTEXT,
            _ => OF_DIALOG,
        }
    }

    fn added(&self) -> Added {
        match self.what.clone() {
            What::Put { added, .. } | What::Patch { added, .. } => added,
            What::AddTransmission(sent) => Added { sent: vec![sent], done: Vec::new() },
            What::AddActivity(done) => Added { sent: Vec::new(), done: vec![done] },
            _ => Added::default(),
        }
    }
}

/// A dialog as the contract has it, after some of the requests.
#[derive(Clone, Debug)]
struct Model {
    shown: Shown,
    is_frozen: bool,
    /// All revisions that there have been.
    used: Vec<Uuid>,
    /// How much of what others are told is accounted for.
    told: usize,
}

impl Model {
    fn of(created: &Shown) -> Self {
        let used = created.revisions.iter().flatten().copied().collect();
        Self { shown: created.clone(), is_frozen: false, used, told: 1 }
    }

    fn has_sent(&self, id: Uuid) -> bool {
        self.shown.sent.iter().any(|it| it.id == id)
    }

    fn has_done(&self, id: Uuid) -> bool {
        self.shown.done.iter().any(|it| it.id == id)
    }

    fn has_key(&self, sent: &Sent, except: Option<Uuid>) -> bool {
        sent.key.is_some() && self.shown.sent.iter().any(|it| Some(it.id) != except && it.key == sent.key)
    }

    /// Whether what is to be added is there already, or is related to what is not.
    fn is_at_odds_with(&self, added: &Added) -> bool {
        let is_lost = |id: Uuid| !self.has_sent_with(added, id);
        added.sent.iter().any(|it| self.has_sent(it.id) || it.related.is_some_and(is_lost))
            || added.done.iter().any(|it| self.has_done(it.id))
    }

    /// Whether an activity that is to be added speaks of what is not there.
    fn speaks_of_nothing(&self, added: &Added) -> bool {
        added.done.iter().any(|it| it.opened.is_some_and(|id| !self.has_sent_with(added, id)))
    }

    fn has_sent_with(&self, added: &Added, id: Uuid) -> bool {
        self.has_sent(id) || added.sent.iter().any(|it| it.id == id)
    }

    /// Whether what takes the place of a transmission is related to what is not there, or to itself by way of others.
    fn is_no_branch(&self, with: &Sent) -> bool {
        let mut above = with.related;
        while let Some(id) = above.filter(|id| *id != with.id) {
            let Some(parent) = self.shown.sent.iter().find(|it| it.id == id) else { return true };
            above = parent.related;
        }
        above.is_some()
    }

    /// The status of the first check that the request fails.
    fn refusal(&self, request: &Request) -> Option<u16> {
        let is_stale = request.if_match.is_some_and(|named| self.shown.revisions[request.context()] != Some(named));
        let is_frozen = self.is_frozen && !request.by_admin;
        let is_deleted = self.shown.is_deleted;
        let added = request.added();
        let has_key = added.sent.iter().any(|it| self.has_key(it, None));
        let is_at_odds = self.is_at_odds_with(&added);
        let open = [(is_deleted, 410), (is_frozen, 403)];
        let of_update = [(is_stale, 412), (is_at_odds, 422), (has_key, 409), (self.speaks_of_nothing(&added), 422)];
        let checks = match &request.what {
            What::Get => Vec::new(),
            What::Put { .. } => [&open[..], &of_update].concat(),
            What::Patch { tested, .. } => {
                let is_other = tested.is_some_and(|tested| tested != self.shown.progress);
                [&[(is_other, 400)], &open[..], &of_update].concat()
            }
            What::AddTransmission(_) => [&open[..], &[(is_stale, 412), (has_key, 409), (is_at_odds, 422)]].concat(),
            What::AddActivity(done) => vec![
                (is_deleted && !request.by_admin, 410),
                (is_frozen, 403),
                (done.opened.is_some_and(|id| !self.has_sent(id)), 422),
                (is_stale, 412),
                (is_at_odds, 422),
            ],
            What::ReplaceTransmission(with) => [
                &open[..],
                &[
                    (!self.has_sent(with.id), 404),
                    (self.has_key(with, Some(with.id)), 409),
                    (self.is_no_branch(with), 422),
                    (is_stale, 412),
                ],
            ]
            .concat(),
            What::AddLabel(label) => {
                vec![(is_deleted, 404), (is_stale, 412), (self.shown.labels.contains(label), 400)]
            }
            What::RemoveLabel(label) => {
                vec![(is_deleted, 404), (!self.shown.labels.contains(label), 404), (is_stale, 412)]
            }
            What::Label { .. } => vec![(is_deleted, 404), (is_stale, 412)],
            What::Delete => [&open[..], &[(is_stale, 412)]].concat(),
            What::Restore => vec![(is_stale, 412)],
            What::Freeze => vec![(is_deleted, 410), (is_stale, 412)],
        };
        checks.into_iter().find(|(fails, _)| *fails).map(|(_, status)| status)
    }

    /// The dialog after a request, if the answer is the contract's at this place of the order.
    fn after(&self, request: &Request, answer: &Answer, told: &[String]) -> Option<Self> {
        if let Some(status) = self.refusal(request) {
            return (answer.status == status).then(|| self.clone());
        }
        let success = match request.what {
            What::Get => 200,
            What::AddTransmission(_) | What::AddActivity(_) => 201,
            _ => 204,
        };
        if answer.status != success {
            return None;
        }
        if let Some(shown) = &answer.shown {
            return self.shown_as(shown);
        }
        let mut next = self.clone();
        let added = request.added();
        let is_changed = next.change(&request.what) || !added.sent.is_empty() || !added.done.is_empty();
        next.add(&added);
        if let What::Put { .. } | What::Patch { .. } | What::AddTransmission(_) | What::AddActivity(_) = request.what
            && !request.is_silent
            && next.shown.place != "Default"
        {
            next.shown.place = "Default".to_owned();
            next.shown.revisions[OF_END_USER_CONTEXT] = None;
        }
        next.take_revision(request.context(), answer.revision?, is_changed)?;
        let is_told = is_changed
            && !request.is_silent
            && request.context() == OF_DIALOG
            && !matches!(request.what, What::ReplaceTransmission(_));
        if is_told {
            let of_dialog = match request.what {
                What::Delete => "deleted",
                What::Restore => "restored",
                _ => "updated",
            };
            let of_sent = added.sent.iter().map(|it| format!("transmission.created {}", it.id));
            let kind = |it: &Done| if it.opened.is_some() { "transmission-opened" } else { "form-saved" };
            let of_done = added.done.iter().map(|it| format!("activity.{} {}", kind(it), it.id));
            for event in [of_dialog.to_owned()].into_iter().chain(of_sent).chain(of_done) {
                if told.get(next.told) != Some(&event) {
                    return None;
                }
                next.told += 1;
            }
        }
        Some(next)
    }

    /// Does what is no addition. Returns whether anything is another than before.
    fn change(&mut self, what: &What) -> bool {
        let before = (self.shown.clone(), self.is_frozen);
        let shown = &mut self.shown;
        match what {
            What::Put { progress, reference, .. } => {
                shown.progress = *progress;
                shown.reference.clone_from(reference);
            }
            What::Patch { progress, .. } => shown.progress = *progress,
            What::ReplaceTransmission(with) => {
                shown.sent.iter_mut().filter(|it| it.id == with.id).for_each(|it| it.clone_from(with));
                // It is a new one even if it says the same.
                return true;
            }
            What::AddLabel(label) => drop(shown.labels.insert(label.clone())),
            What::RemoveLabel(label) => drop(shown.labels.remove(label)),
            What::Label { place, is_marked } => {
                shown.place.clone_from(place);
                if *is_marked {
                    shown.further_labels.insert("MarkedAsUnopened".to_owned());
                } else {
                    shown.further_labels.remove("MarkedAsUnopened");
                }
            }
            What::Delete => shown.is_deleted = true,
            What::Restore => shown.is_deleted = false,
            What::Freeze => self.is_frozen = true,
            What::Get | What::AddTransmission(_) | What::AddActivity(_) => {}
        }
        before != (self.shown.clone(), self.is_frozen)
    }

    fn add(&mut self, added: &Added) {
        let shown = &mut self.shown;
        shown.sent.extend(added.sent.iter().cloned());
        shown.sent.sort_by_key(|it| it.id);
        shown.done.extend(added.done.iter().cloned());
        shown.done.sort_by_key(|it| it.id);
        for sent in &added.sent {
            if !sent.is_from_party {
                shown.counts.1 += 1;
                continue;
            }
            shown.counts.0 += 1;
            if shown.further_labels.insert("Sent".to_owned()) {
                shown.revisions[OF_END_USER_CONTEXT] = None;
            }
        }
        let is_opened = |sent: &Sent| shown.done.iter().any(|it| it.opened == Some(sent.id));
        shown.has_unopened_content = shown.sent.iter().any(|it| !it.is_from_party && !is_opened(it));
    }

    /// Holds a revision that was told against what is known. A new one has never been there.
    fn take_revision(&mut self, context: usize, told: Uuid, is_changed: bool) -> Option<()> {
        match self.shown.revisions[context].filter(|_| !is_changed) {
            Some(current) => (current == told).then_some(()),
            None if self.used.contains(&told) => None,
            None => {
                self.shown.revisions[context] = Some(told);
                self.used.push(told);
                Some(())
            }
        }
    }

    /// Itself, if it is what is shown.
    fn shown_as(&self, shown: &Shown) -> Option<Self> {
        let mut next = self.clone();
        for (context, revision) in shown.revisions.iter().enumerate() {
            next.take_revision(context, (*revision)?, false)?;
        }
        (next.shown == *shown).then_some(next)
    }

    /// The end of an order of the requests that explains all of it.
    fn explained(&self, left: &mut Vec<&(Request, Answer)>, shown: &Shown, told: &[String]) -> Option<Self> {
        if left.is_empty() {
            return self.shown_as(shown);
        }
        for place in 0..left.len() {
            let first = left.remove(place);
            let end = self.after(&first.0, &first.1, told).and_then(|next| next.explained(left, shown, told));
            left.insert(place, first);
            if end.is_some() {
                return end;
            }
        }
        None
    }
}

impl Sent {
    fn body(&self) -> Value {
        json!({
            "id": self.id,
            "idempotentKey": self.key,
            "relatedTransmissionId": self.related,
            "externalReference": self.reference,
            "type": if self.is_from_party { "Submission" } else { "Information" },
            "sender": { "actorType": "ServiceOwner" },
            "content": { "title": { "value": texts("Sendt") } },
        })
    }
}

impl Done {
    fn body(&self) -> Value {
        json!({
            "id": self.id,
            "type": if self.opened.is_some() { "TransmissionOpened" } else { "FormSaved" },
            "transmissionId": self.opened,
            "performedBy": { "actorType": "ServiceOwner" },
        })
    }
}

impl Request {
    fn body(&self) -> Value {
        let sent = |added: &Added| added.sent.iter().map(Sent::body).collect::<Vec<_>>();
        let done = |added: &Added| added.done.iter().map(Done::body).collect::<Vec<_>>();
        match &self.what {
            What::Put { progress, reference, added } => json!({
                "status": "NotApplicable",
                "content": creation("Samtidig")["content"],
                "progress": progress,
                "externalReference": reference,
                "transmissions": sent(added),
                "activities": done(added),
            }),
            What::Patch { tested, progress, added } => {
                let tested = tested.map(|tested| json!({ "op": "test", "path": "/progress", "value": tested }));
                let add = |list: &str, part| json!({ "op": "add", "path": format!("/{list}/-"), "value": part });
                let replaced = json!({ "op": "replace", "path": "/progress", "value": progress });
                let sent = sent(added).into_iter().map(|part| add("transmissions", part));
                let done = done(added).into_iter().map(|part| add("activities", part));
                tested.into_iter().chain([replaced]).chain(sent).chain(done).collect()
            }
            What::AddTransmission(sent) => sent.body(),
            What::AddActivity(done) => done.body(),
            What::ReplaceTransmission(with) => {
                let mut body = with.body();
                body["isSilentUpdate"] = json!(true);
                body
            }
            What::AddLabel(label) => json!({ "value": label }),
            What::Label { place, is_marked: true } => json!({ "addLabels": [place, "MarkedAsUnopened"] }),
            What::Label { place, is_marked: false } => {
                json!({ "addLabels": [place], "removeLabels": ["MarkedAsUnopened"] })
            }
            What::Get | What::RemoveLabel(_) | What::Delete | What::Restore | What::Freeze => Value::Null,
        }
    }

    fn target(&self, dialog: Uuid) -> (Method, String) {
        let (method, rest) = match &self.what {
            What::Get => (Method::GET, String::new()),
            What::Put { .. } => (Method::PUT, String::new()),
            What::Patch { .. } => (Method::PATCH, String::new()),
            What::AddTransmission(_) => (Method::POST, "/transmissions".to_owned()),
            What::AddActivity(_) => (Method::POST, "/activities".to_owned()),
            What::ReplaceTransmission(with) => (Method::PUT, format!("/transmissions/{}", with.id)),
            What::AddLabel(_) => (Method::POST, "/context/labels".to_owned()),
            What::RemoveLabel(label) => (Method::DELETE, format!("/context/labels/{label}")),
            What::Label { .. } => {
                (Method::PUT, format!("/endusercontext/systemlabels?enduserId=urn:altinn:person:identifier-no:{ALICE}"))
            }
            What::Delete => (Method::DELETE, String::new()),
            What::Restore => (Method::POST, "/actions/restore".to_owned()),
            What::Freeze => (Method::POST, "/actions/freeze".to_owned()),
        };
        let query = if self.is_silent { "?isSilentUpdate=true" } else { "" };
        (method, format!("{PATH}/{dialog}{rest}{query}"))
    }

    async fn send(self, service: Arc<Service>, dialog: Uuid) -> (Self, Answer) {
        let (method, path) = self.target(dialog);
        let if_match = self.if_match.map(|revision| revision.to_string());
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(if_match.as_deref().map(|revision| ("if-match", revision)));
        let token = if self.by_admin { &service.admin } else { &service.owner };
        let body = match self.body() {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = service.app.bearing(token).send(method, &path, &headers, body.into()).await;
        let is_reading = matches!(self.what, What::Get) && answer.status == StatusCode::OK;
        let revision = answer.headers.get("etag").map(|it| it.to_str().expect("a header of text"));
        let answer = Answer {
            status: answer.status.as_u16(),
            revision: revision.map(|it| it.parse().expect("a revision")),
            shown: is_reading.then(|| Shown::of(&answer.json())),
        };
        (self, answer)
    }
}

impl Shown {
    fn of(dialog: &Value) -> Self {
        let id = |value: &Value| value.as_str().map(|it| it.parse::<Uuid>().expect("an id"));
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut sent: Vec<_> = list(&dialog["transmissions"])
            .iter()
            .map(|it| Sent {
                id: id(&it["id"]).expect("an id"),
                key: text(&it["idempotentKey"]),
                related: id(&it["relatedTransmissionId"]),
                reference: text(&it["externalReference"]).expect("a reference"),
                is_from_party: it["type"] == "Submission",
            })
            .collect();
        sent.sort_by_key(|it| it.id);
        let mut done: Vec<_> = list(&dialog["activities"])
            .iter()
            .map(|it| Done { id: id(&it["id"]).expect("an id"), opened: id(&it["transmissionId"]) })
            .collect();
        done.sort_by_key(|it| it.id);
        let (of_end_user, of_owner) = (&dialog["endUserContext"], &dialog["serviceOwnerContext"]);
        let (places, further_labels): (Vec<String>, Vec<String>) = list(&of_end_user["systemLabels"])
            .iter()
            .filter_map(text)
            .partition(|it| ["Default", "Bin", "Archive"].contains(&it.as_str()));
        assert_eq!(places.len(), 1, "{places:?}");
        let count = |name: &str| dialog[name].as_u64().expect("a count");
        Self {
            revisions: [&dialog["revision"], &of_end_user["revision"], &of_owner["revision"]].map(id),
            is_deleted: !dialog["deletedAt"].is_null(),
            progress: dialog["progress"].as_u64().expect("a progress"),
            reference: text(&dialog["externalReference"]).expect("a reference"),
            sent,
            done,
            counts: (count("fromPartyTransmissionsCount"), count("fromServiceOwnerTransmissionsCount")),
            has_unopened_content: dialog["hasUnopenedContent"] == true,
            labels: list(&of_owner["serviceOwnerLabels"]).iter().filter_map(|it| text(&it["value"])).collect(),
            place: places[0].clone(),
            further_labels: further_labels.into_iter().collect(),
        }
    }
}

/// A service, and the tokens of an owner and of the owner as an administrator.
struct Service {
    app: TestApp,
    owner: String,
    admin: String,
}

impl Service {
    fn new() -> Self {
        let app = TestApp::new();
        let token = |scope: &str| app.token(json!({ "scope": scope, "consumer": consumer(SKD_NUMBER) }));
        let (owner, admin) = (token(SCOPES), token(&format!("{SCOPES} {ADMIN}")));
        Self { app, owner, admin }
    }

    /// What others are told, of each dialog in its order.
    async fn told(&self) -> HashMap<Uuid, Vec<String>> {
        let reader = self.app.service_owner_with(NAV_NUMBER, ADMIN);
        let (mut told, mut next) = (HashMap::<Uuid, Vec<String>>::new(), 0);
        loop {
            let page = reader.get(&format!("/api/v1/admin/events?after={next}&limit=1000")).await;
            let page = page.expect(StatusCode::OK).json();
            let events = page["items"].as_array().expect("items");
            if events.is_empty() {
                return told;
            }
            for event in events {
                let text = |name: &str| event[name].as_str().expect("a text");
                let kind = text("type").trim_start_matches("dialogporten.dialog.").trim_end_matches(".v1");
                let (dialog, source) = (text("resourceinstance"), text("source"));
                let part = source.rsplit('/').next().filter(|id| *id != dialog).map(|id| format!(" {id}"));
                let event = format!("{kind}{}", part.unwrap_or_default());
                told.entry(dialog.parse().expect("an id")).or_default().push(event);
            }
            next = page["next"].as_u64().expect("a number");
        }
    }
}

/// Chooses what is sent.
struct Chooser {
    random: ChaCha8Rng,
    /// All that were shown.
    revisions: [Vec<Uuid>; 3],
}

impl Chooser {
    fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), revisions: Default::default() }
    }

    fn one_in(&mut self, of: u32) -> bool {
        self.random.random_ratio(1, of)
    }

    fn one_of<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.random.random_range(0..of.len())].clone())
    }

    /// What is sent at once. Some of it adds the same, and only one of it can.
    fn requests(&mut self, shown: &Shown) -> Vec<Request> {
        for (all, revision) in self.revisions.iter_mut().zip(&shown.revisions) {
            all.extend(revision);
        }
        let ids = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        let count = self.random.random_range(2..=5);
        (0..count).map(|_| self.request(shown, &ids)).collect()
    }

    fn request(&mut self, shown: &Shown, ids: &[Uuid]) -> Request {
        let what = self.what(shown, ids);
        let may_be_silent =
            matches!(what, What::Put { .. } | What::Patch { .. } | What::AddTransmission(_) | What::AddActivity(_));
        let mut request = Request {
            by_admin: matches!(what, What::Freeze) || self.one_in(4),
            is_silent: may_be_silent && self.one_in(6),
            if_match: None,
            what,
        };
        let context = request.context();
        request.if_match = match self.random.random_range(0..20) {
            _ if matches!(request.what, What::Get) => None,
            0..10 => None,
            10..17 => shown.revisions[context],
            _ => {
                let old = self.revisions[context].clone();
                Some(self.one_of(&old).filter(|it| Some(*it) != shown.revisions[context]).unwrap_or_else(Uuid::now_v7))
            }
        };
        request
    }

    fn what(&mut self, shown: &Shown, ids: &[Uuid]) -> What {
        if shown.is_deleted && self.one_in(3) {
            return What::Restore;
        }
        let labels = ["arkiv", "klage", "frist"].map(str::to_owned);
        let label = self.one_of(&labels).expect("a label");
        match self.random.random_range(0..90) {
            0..17 => What::Put {
                progress: self.random.random_range(0..3),
                reference: self.one_of(&["a", "b", "c"]).expect("a reference").to_owned(),
                added: self.added(shown, ids),
            },
            17..34 => What::Patch {
                tested: self.one_in(2).then_some(shown.progress),
                progress: self.random.random_range(0..3),
                added: self.added(shown, ids),
            },
            34..46 => What::AddTransmission(self.sent(shown, ids)),
            46..58 => What::AddActivity(self.done(shown, ids)),
            58..64 => match self.one_of(&shown.sent) {
                Some(stored) => What::ReplaceTransmission(Sent { related: None, key: self.key(), ..stored }),
                None => What::ReplaceTransmission(self.sent(shown, ids)),
            },
            64..69 => What::AddLabel(label),
            69..73 => What::RemoveLabel(label),
            73..80 => What::Label {
                place: self.one_of(&["Default", "Bin", "Archive"]).expect("a place").to_owned(),
                is_marked: self.one_in(2),
            },
            80..83 => What::Delete,
            83..85 => What::Restore,
            85 => What::Freeze,
            _ => What::Get,
        }
    }

    fn added(&mut self, shown: &Shown, ids: &[Uuid]) -> Added {
        Added {
            sent: self.one_in(3).then(|| self.sent(shown, ids)).into_iter().collect(),
            done: self.one_in(3).then(|| self.done(shown, ids)).into_iter().collect(),
        }
    }

    fn sent(&mut self, shown: &Shown, ids: &[Uuid]) -> Sent {
        let id = self.part(&shown.sent, |it| it.id, ids);
        let related = self.one_in(4).then(|| self.part(&shown.sent, |it| it.id, ids)).filter(|it| *it != id);
        // The side of a transmission is that of its id, so that it stays where it is replaced.
        Sent {
            id,
            key: self.key(),
            related,
            reference: self.one_of(&["x", "y", "z"]).expect("a reference").to_owned(),
            is_from_party: id.as_u128().is_multiple_of(3),
        }
    }

    fn done(&mut self, shown: &Shown, ids: &[Uuid]) -> Done {
        let opened = self.one_in(2).then(|| self.part(&shown.sent, |it| it.id, ids));
        Done { id: self.part(&shown.done, |it| it.id, ids), opened }
    }

    /// One of the new ids, or now and then one that is known.
    fn part<T: Clone>(&mut self, known: &[T], id: impl Fn(&T) -> Uuid, ids: &[Uuid]) -> Uuid {
        let known = self.one_of(known).filter(|_| self.one_in(6)).map(|it| id(&it));
        known.unwrap_or_else(|| self.one_of(ids).expect("an id"))
    }

    fn key(&mut self) -> Option<String> {
        self.one_in(4).then(|| format!("nøkkel {}", self.random.random_range(0..20)))
    }
}

async fn lived(service: Arc<Service>, seed: u64) -> History {
    let mut body = creation("Samtidig");
    body["status"] = json!("NotApplicable");
    body["progress"] = json!(0);
    body["externalReference"] = json!("a");
    let created = service.app.bearing(&service.owner).post(PATH, body).await.expect(StatusCode::CREATED).json();
    let id: Uuid = created.as_str().expect("an id").parse().expect("an id");
    let reading = || Request { what: What::Get, by_admin: false, is_silent: false, if_match: None };
    let read = async || reading().send(Arc::clone(&service), id).await.1.shown.expect("the dialog is shown");
    let created = read().await;
    let mut history = History { id, created: created.clone(), rounds: Vec::new() };
    let mut chooser = Chooser::new(seed);
    let mut shown = created;
    for _ in 0..ROUNDS {
        let requests = chooser.requests(&shown).into_iter();
        let sending: Vec<_> = requests.map(|request| tokio::spawn(request.send(Arc::clone(&service), id))).collect();
        let mut met = Vec::new();
        for sent in sending {
            met.push(sent.await.expect("an answer"));
        }
        shown = read().await;
        history.rounds.push(Round { met, shown: shown.clone() });
    }
    history
}

/// Histories of dialogs that were changed beside each other, and what was told of each.
async fn histories(service: &Arc<Service>, seed: u64) -> (Vec<History>, HashMap<Uuid, Vec<String>>) {
    let living: Vec<_> = (0..DIALOGS as u64)
        .map(|dialog| tokio::spawn(lived(Arc::clone(service), seed * DIALOGS as u64 + dialog)))
        .collect();
    let mut histories = Vec::new();
    for history in living {
        histories.push(history.await.expect("a history"));
    }
    (histories, service.told().await)
}

impl History {
    /// Why there is no order that explains it.
    fn fault(&self, told: &[String]) -> Option<String> {
        // Without any model: of those that name the same revision and change something, one wins.
        let mut won = HashSet::new();
        for (request, answer) in self.rounds.iter().flat_map(|round| &round.met) {
            let is_change = (200..300).contains(&answer.status) && answer.revision != request.if_match;
            if let Some(named) = request.if_match.filter(|_| is_change)
                && !won.insert(named)
            {
                return Some(format!("two changes were made of the revision {named}"));
            }
        }
        if told.first().map(String::as_str) != Some("created") {
            return Some(format!("what is told begins with {:?}", told.first()));
        }
        let mut model = Model::of(&self.created);
        for (n, round) in self.rounds.iter().enumerate() {
            match model.explained(&mut round.met.iter().collect(), &round.shown, told) {
                Some(end) => model = end,
                None => {
                    let told = told.get(model.told..).unwrap_or_default();
                    let met: String = round.met.iter().map(|met| format!("  {met:?}\n")).collect();
                    return Some(format!(
                        "nothing explains round {n}:\n{met}and then {:?}\nafter {model:?}\ntold {told:?}",
                        round.shown
                    ));
                }
            }
        }
        (model.told != told.len()).then(|| format!("more is told than was done: {:?}", &told[model.told..]))
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has settings of its own")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_of_parallel_changes_explains_all_that_is_seen() {
    let first = setting("DIALOGDEX_PARALLEL_SEED", 0);
    let mut answers = BTreeMap::<u16, usize>::new();
    for seed in first..first + setting("DIALOGDEX_PARALLEL_CASES", 4) {
        let service = Arc::new(Service::new());
        let (histories, told) = histories(&service, seed).await;
        for (n, history) in histories.iter().enumerate() {
            let fault = history.fault(told.get(&history.id).map_or(&[], Vec::as_slice));
            assert!(fault.is_none(), "seed {seed}, dialog {n}: {}", fault.unwrap_or_default());
            let met = history.rounds.iter().flat_map(|round| &round.met);
            met.for_each(|(_, answer)| *answers.entry(answer.status).or_default() += 1);
        }
        assert_eq!(service.app.dialogs().check().expect("a check").differences, [], "seed {seed}");
    }
    // All of it was met, so that none is right for want of cases.
    for status in [200, 201, 204, 400, 403, 404, 409, 410, 412, 422] {
        assert!(answers.get(&status).is_some_and(|count| *count >= 10), "{status} of {answers:?}");
    }
}

/// What would be seen if a change were lost, doubled or told wrongly.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_order_explains_what_did_not_happen() {
    let service = Arc::new(Service::new());
    let (histories, told) = histories(&service, 1000).await;
    let mut lies = [0; 6];
    for history in &histories[..6] {
        let told = &told[&history.id];
        assert_eq!(history.fault(told), None);
        for (n, round) in history.rounds.iter().enumerate() {
            let mut check = |lie: usize, change: &dyn Fn(&mut Round)| {
                let mut changed = history.clone();
                change(&mut changed.rounds[n]);
                assert!(changed.fault(told).is_some(), "lie {lie} in round {n}: {:#?}", changed.rounds[n]);
                lies[lie] += 1;
            };
            for (place, (request, answer)) in round.met.iter().enumerate() {
                let What::AddTransmission(_) = request.what else { continue };
                if answer.status == 201 {
                    // What is there was refused.
                    check(0, &|round| round.met[place].1.status = 412);
                    // What is there was added by two.
                    check(1, &|round| {
                        let mut again = round.met[place].clone();
                        again.1.revision = Some(Uuid::now_v7());
                        round.met.push(again);
                    });
                } else {
                    // What is not there was added.
                    check(2, &|round| {
                        round.met[place].1 = Answer { status: 201, revision: Some(Uuid::now_v7()), shown: None };
                    });
                }
            }
            check(3, &|round| round.shown.counts.1 += 1);
            check(4, &|round| round.shown.revisions[OF_DIALOG] = Some(Uuid::now_v7()));
        }
        for n in 0..told.len() {
            let mut less = told.clone();
            less.remove(n);
            assert!(history.fault(&less).is_some(), "without event {n} of {told:?}");
            lies[5] += 1;
        }
    }
    assert!(lies.iter().all(|count| *count > 0), "{lies:?}");
}

//! Whatever leaves the service, over any route, holds no word that the caller may not see, and no search finds or counts
//! one. Random worlds, in which each text has a word of its own, are asked by all kinds of callers, and a plain model says
//! for each answer which words it may hold and, for most, which it must.
//!
//! `DIALOGDEX_LEAK_RESPONSES=100000` has it look at so many answers; without it, at a few thousand.

mod dialogs;
pub(crate) mod model;
pub(crate) mod searches;
pub(crate) mod words;
pub(crate) mod world;

use crate::app::{Actor, Answer, TestApp, consumer};
use axum::body::Body;
use axum::http::Method;
use dialogs::ACTING_PERSONS;
use model::{NOTHING, Reader, User, all_of};
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use searches::Search;
use serde_json::{Value, json};
use words::{Words, words_in, words_of};
use world::{COMPANIES, EMAIL_USER, OWNERS, PERSONS, STRANGER, SYSTEM_USER, World, number_of, reference};

const RESPONSES: usize = 6_000;
const DIALOGS: usize = 60;
/// Of each world, before the next one is made.
const RESPONSES_A_WORLD: usize = 1_000;
const END_USER: &str = "/api/v1/enduser/dialogs";
const SERVICE_OWNER: &str = "/api/v1/serviceowner/dialogs";

#[tokio::test]
async fn no_answer_holds_or_hints_at_what_its_reader_may_not_see() {
    let wanted = wanted_answers();
    let mut seen = Seen::default();
    for seed in 0.. {
        if seen.answers >= wanted {
            break;
        }
        let mut world = World::random(seed, DIALOGS);
        let app = world.served().await;
        let every_word: Words = world.dialogs.iter().flat_map(all_of).chain(world.former.iter().cloned()).collect();
        let every_word = every_word.into_iter().collect();
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut looking = Looking { app: &app, world, every_word, random, seed, seen };
        looking.search_for_each_word().await;
        let end = looking.seen.answers + RESPONSES_A_WORLD;
        while looking.seen.answers < end {
            looking.ask_something().await;
        }
        seen = looking.seen;
    }
    // It would prove little if hardly anything were shown, found or refused.
    assert!(
        seen.words > wanted && seen.hits > wanted / 5 && seen.empty > wanted / 8 && seen.refused > wanted / 8,
        "{seen:?}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a test has settings of its own")]
fn wanted_answers() -> usize {
    std::env::var("DIALOGDEX_LEAK_RESPONSES").map_or(RESPONSES, |number| number.parse().expect("a number"))
}

/// How much was looked at.
#[derive(Debug, Default)]
struct Seen {
    answers: usize,
    /// Words in answers.
    words: usize,
    /// Dialogs in lists.
    hits: usize,
    /// Searches for words that found nothing.
    empty: usize,
    refused: usize,
}

struct Looking<'a> {
    app: &'a TestApp,
    world: World,
    every_word: Vec<String>,
    random: ChaCha8Rng,
    seed: u64,
    seen: Seen,
}

/// What an answer may hold.
enum Allowed {
    Exactly(Words),
    Within(Words),
}

use Allowed::{Exactly, Within};

impl Looking<'_> {
    /// Notes an answer, and fails if it holds a word that it may not hold.
    fn look_at(&mut self, what: &str, answer: &Answer, allowed: Allowed) {
        let words = words_of(answer);
        self.seen.answers += 1;
        self.seen.words += words.len();
        self.seen.refused += usize::from(answer.status.is_client_error());
        let (may, must) = match &allowed {
            Exactly(words) => (words, words),
            Within(words) => (words, &NOTHING),
        };
        let leaked: Vec<_> = words.difference(may).map(|word| self.place_of(word)).collect();
        let missing: Vec<_> = must.difference(&words).map(|word| self.place_of(word)).collect();
        let seed = self.seed;
        assert!(leaked.is_empty(), "world {seed}: {what} shows {leaked:#?}\n{}", answer.text());
        assert!(missing.is_empty(), "world {seed}: {what} lacks {missing:#?}\n{}", answer.text());
    }

    /// A word with the dialog that it stands in, and what stands around it there.
    fn place_of(&self, word: &str) -> String {
        let holds = |stored: &&dialog_index::LoadedDialog| all_of(stored).contains(word);
        let Some(stored) = self.world.dialogs.iter().find(holds) else { return format!("{word}, of no dialog") };
        let whole = format!("{stored:?}");
        let at = whole.find(word).expect("it holds the word");
        let around = whole[..at].char_indices().rev().nth(120).map_or(0, |(start, _)| start);
        format!("{word} of {}, after {}", stored.dialog.id, &whole[around..at])
    }

    /// End users are not told the numbers of persons who did something.
    fn masks_persons(&self, what: &str, answer: &Answer) {
        let text = answer.text();
        let told = ACTING_PERSONS.iter().find(|urn| text.contains(&urn[urn.len() - 11..]));
        assert!(told.is_none(), "world {}: {what} tells who {told:?} is: {text}", self.seed);
    }

    fn status(&self, what: &str, answer: &Answer, expected: u16) {
        assert_eq!(answer.status.as_u16(), expected, "world {}: {what}: {}", self.seed, answer.text());
    }

    fn user(&mut self) -> User {
        let ids: Vec<_> = PERSONS.iter().chain([&SYSTEM_USER, &EMAIL_USER, &STRANGER]).collect();
        let id = (**ids.choose(&mut self.random).expect("a user")).to_owned();
        let level = *[0, 2, 3, 4].choose(&mut self.random).expect("a level");
        User { id, level }
    }

    /// Mostly somebody who has some right to the dialog, if there is anybody.
    fn user_near(&mut self, n: usize) -> User {
        for _ in 0..6 {
            let user = self.user();
            if self.world.has_list_right(&user, &self.world.dialogs[n].dialog) {
                return user;
            }
        }
        self.user()
    }

    async fn ask_something(&mut self) {
        match self.random.random_range(0..20) {
            0..6 => {
                let user = self.user();
                self.search(Reader::User(&user)).await;
            }
            6 | 7 => {
                let (user, (org, _)) = (self.user(), *OWNERS.choose(&mut self.random).expect("an owner"));
                let is_person = user.id.contains("identifier-no");
                self.search(if is_person { Reader::OwnerFor(org, &user) } else { Reader::Owner(org) }).await;
            }
            8..14 => self.read_a_dialog().await,
            14..17 => self.read_as_owner().await,
            17 => self.label().await,
            18 => self.read_about_rights().await,
            _ => self.ask_wrongly().await,
        }
    }

    /// Every word of the world, as somebody who may see it or not.
    async fn search_for_each_word(&mut self) {
        let mut words = self.every_word.clone();
        words.shuffle(&mut self.random);
        for word in words.iter().take(RESPONSES_A_WORLD / 3) {
            let holder = self.world.dialogs.iter().position(|it| all_of(it).contains(word));
            let user = match holder {
                Some(n) => self.user_near(n),
                None => self.user(),
            };
            let search = Search::of_word(word, Reader::User(&user));
            self.run(&search, Reader::User(&user)).await;
        }
    }

    async fn search(&mut self, reader: Reader<'_>) {
        // Mostly words of dialogs that the reader sees something of.
        let near = self.world.dialogs.iter().filter(|it| self.world.is_listed(reader, &it.dialog));
        let near: Vec<_> = near.flat_map(all_of).collect();
        let is_near = !near.is_empty() && self.random.random_bool(0.7);
        let words = if is_near { &near } else { &self.every_word };
        let search = Search::random(&self.world, words, reader, &mut self.random);
        self.run(&search, reader).await;
    }

    async fn run(&mut self, search: &Search, reader: Reader<'_>) {
        let (caller, list) = match reader {
            Reader::User(user) => (caller(self.app, user), END_USER),
            Reader::Owner(org) | Reader::OwnerFor(org, _) => (self.app.service_owner(number_of(org)), SERVICE_OWNER),
        };
        let mut parameters = search.parameters();
        if let Reader::OwnerFor(_, user) = reader {
            parameters.push(("endUserId", user.id.clone()));
        }
        let what = format!("{reader:?} searching by {parameters:?}");
        let found = search.finds(&self.world, reader);
        let (ids, words): (Vec<_>, Vec<_>) =
            found.iter().map(|it| (it.dialog.id.to_string(), self.world.item(reader, it))).unzip();
        let counts = search.counts(&self.world, reader);
        let counted = words_in(&counts.to_string());
        let is_user = matches!(reader, Reader::User(_));
        if is_user && search.is_foreseen() && self.random.random_bool(0.3) {
            let answer = caller.get(&format!("{list}/facets?{}", query(&parameters))).await;
            self.status(&what, &answer, 200);
            self.look_at(&what, &answer, Exactly(counted.clone()));
            let told = answer.json();
            assert_eq!((&told["totalCount"], &told["facets"]), (&json!(ids.len()), &counts), "{} {what}", self.seed);
        }
        let mut token = None;
        // Two pages: the second begins where the first says.
        for page in ids.chunks(search.limit).chain([&[][..]]).take(2) {
            let mut parameters = parameters.clone();
            parameters.extend(token.take().map(|token| ("continuationToken", token)));
            let answer = if self.random.random_bool(0.2) {
                caller.post(&format!("{list}/search"), body(&parameters)).await
            } else {
                caller.get(&format!("{list}?{}", query(&parameters))).await
            };
            self.status(&what, &answer, 200);
            if is_user {
                self.masks_persons(&what, &answer);
            }
            let told = answer.json();
            let items = told["items"].as_array().expect("items");
            let shown: Vec<_> = items.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect();
            self.seen.hits += shown.len();
            self.seen.empty += usize::from(shown.is_empty() && search.text.is_some());
            let of = |shown: &[String]| -> Words {
                let places = shown.iter().filter_map(|id| ids.iter().position(|it| it == id));
                places.flat_map(|n| words[n].clone()).collect()
            };
            let mut expected = of(if search.is_foreseen() { page } else { &shown });
            if !search.is_foreseen() {
                assert!(shown.iter().all(|id| ids.contains(id)), "world {}: {what} finds {shown:?}", self.seed);
                expected.extend(counted.clone());
                self.look_at(&what, &answer, Within(expected));
                return;
            }
            assert_eq!(shown, page, "world {}: {what}", self.seed);
            if !search.facets.is_empty() {
                expected.extend(counted.clone());
                assert_eq!(told["facets"], counts, "world {}: {what}", self.seed);
            }
            assert_eq!(told["totalCount"], ids.len(), "world {}: {what}", self.seed);
            self.look_at(&what, &answer, Exactly(expected));
            token = told["continuationToken"].as_str().map(str::to_owned);
            if page.len() < search.limit || token.is_none() {
                return;
            }
        }
    }

    /// An end user reads something of a dialog, of whoever it may be.
    async fn read_a_dialog(&mut self) {
        let n = self.random.random_range(0..self.world.dialogs.len());
        let user = self.user_near(n);
        let stored = self.world.dialogs[n].clone();
        let dialog = &stored.dialog;
        let world = &self.world;
        let path = format!("{END_USER}/{}", dialog.id);
        let by_id = format!("urn:altinn:dialog-id:{}", dialog.id);
        let label = dialog.service_owner_context.labels.iter().find_map(|it| reference(it.as_str()));
        let part = self.random.random_range(0..3);
        let (path, (status, words)) = match self.random.random_range(0..10) {
            0 => (format!("{path}/activities"), world.activities(&user, dialog)),
            1 if part < dialog.activities.len() => {
                (format!("{path}/activities/{}", dialog.activities[part].id), world.activity(&user, dialog, part))
            }
            2 => (format!("{path}/transmissions"), world.transmissions(&user, dialog, &dialog.transmissions)),
            3 if part < dialog.transmissions.len() => {
                let one = &dialog.transmissions[part..=part];
                (format!("{path}/transmissions/{}", one[0].id), world.transmissions(&user, dialog, one))
            }
            4 => (format!("{path}/seenlog"), world.seen_log(&user, dialog, &stored.seen_log)),
            5 if part < stored.seen_log.len() => {
                let one = &stored.seen_log[part..=part];
                (format!("{path}/seenlog/{}", one[0].id), world.seen_log(&user, dialog, one))
            }
            6 => (format!("{path}/context/labellog"), world.label_log(&user, &stored)),
            7 => (format!("/api/v1/enduser/dialoglookup?instanceRef={by_id}"), world.look_up(&user, &by_id)),
            8 if label.is_some() => {
                let label = label.unwrap_or_default();
                (format!("/api/v1/enduser/dialoglookup?instanceRef={label}"), world.look_up(&user, &label))
            }
            _ => (path, world.get(&user, &stored)),
        };
        let what = format!("{user:?} reading {path}");
        let answer = caller(self.app, &user).get(&path).await;
        self.status(&what, &answer, status);
        self.masks_persons(&what, &answer);
        self.look_at(&what, &answer, Exactly(words));
        self.world.look_again(self.app, n);
    }

    /// An owner, who may see all of its own dialogs and nothing of others.
    async fn read_as_owner(&mut self) {
        let n = self.random.random_range(0..self.world.dialogs.len());
        let stored = self.world.dialogs[n].clone();
        let dialog = &stored.dialog;
        let (org, number) = *OWNERS.choose(&mut self.random).expect("an owner");
        let mut allowed = if dialog.org.as_str() == org { all_of(&stored) } else { NOTHING };
        let path = format!("{SERVICE_OWNER}/{}", dialog.id);
        let label = dialog.service_owner_context.labels.iter().find_map(|it| reference(it.as_str()));
        let reference = label.unwrap_or_else(|| format!("urn:altinn:dialog-id:{}", dialog.id));
        let user = User { id: PERSONS[self.random.random_range(0..3)].to_owned(), level: 0 };
        let mut caller = self.app.service_owner(number);
        let path = match self.random.random_range(0..9) {
            0 => path,
            1 => {
                if !self.world.has_main_access(&user, dialog) {
                    allowed = NOTHING;
                }
                format!("{path}?endUserId={}", user.id)
            }
            2 => format!("{path}/{}", ["activities", "transmissions", "seenlog"][self.random.random_range(0..3)]),
            3 => format!("{path}/context/labels"),
            4 => {
                let of_label = |it: &&dialog_index::LoadedDialog| it.dialog.org.as_str() == org;
                allowed = self.world.dialogs.iter().filter(of_label).flat_map(all_of).collect();
                format!("/api/v1/serviceowner/dialoglookup?instanceRef={reference}")
            }
            5 => {
                allowed = NOTHING;
                format!("{SERVICE_OWNER}/endusercontext?party={}&label=Default", dialog.party.as_str())
            }
            6 => {
                let scope = "altinn:system/notifications.condition.check";
                caller = self.app.claiming(json!({ "scope": scope, "consumer": consumer(number) }));
                allowed = NOTHING;
                format!("{path}/actions/should-send-notification?conditionType=Exists&activityType=Information")
            }
            7 => {
                caller = self.app.anonymous();
                allowed = NOTHING;
                path
            }
            _ => match dialog.transmissions.first() {
                Some(transmission) => format!("{path}/transmissions/{}", transmission.id),
                None => path,
            },
        };
        let what = format!("{org} reading {path}");
        let answer = caller.get(&path).await;
        self.look_at(&what, &answer, Within(allowed));
        self.world.look_again(self.app, n);
    }

    /// An end user labels dialogs, some of which may be others'.
    async fn label(&mut self) {
        let size = self.world.dialogs.len();
        let numbers: Vec<_> = rand::seq::index::sample(&mut self.random, size, 2).into_vec();
        let user = self.user_near(numbers[0]);
        let labels = [json!(["Archive"]), json!(["Bin"]), json!(["MarkedAsUnopened"]), json!(["Default"])];
        let labels = labels.choose(&mut self.random).expect("labels").clone();
        let caller = caller(self.app, &user);
        let dialogs: Vec<_> = numbers.iter().map(|n| &self.world.dialogs[*n].dialog).collect();
        let (path, answer, status) = if self.random.random_bool(0.5) {
            let path = format!("{END_USER}/{}/context/systemlabels", dialogs[0].id);
            let answer = caller.put(&path, json!({ "addLabels": labels })).await;
            (path, answer, self.world.set_labels(&user, dialogs[0]))
        } else {
            let path = format!("{END_USER}/context/systemlabels/actions/bulkset");
            let named: Vec<_> = dialogs.iter().map(|it| json!({ "dialogId": it.id.0 })).collect();
            let answer = caller.post(&path, json!({ "dialogs": named, "addLabels": labels })).await;
            let may_all = dialogs.iter().all(|it| self.world.set_labels(&user, it) == 204);
            (path, answer, if may_all { 204 } else { 404 })
        };
        let what = format!("{user:?} at {path}");
        self.status(&what, &answer, status);
        self.look_at(&what, &answer, Exactly(NOTHING));
        numbers.into_iter().for_each(|n| self.world.look_again(self.app, n));
    }

    /// What is told of parties and services, and to anybody.
    async fn read_about_rights(&mut self) {
        let user = self.user();
        let anonymous = self.app.anonymous();
        let caller = caller(self.app, &user);
        let (path, caller, allowed) = match self.random.random_range(0..8) {
            0..2 => ("/api/v1/enduser/parties", caller, self.world.companies(&user)),
            2..4 => ("/api/v1/enduser/serviceresources", caller, NOTHING),
            4 => ("/api/v1/metadata/serviceresources", anonymous, NOTHING),
            5 => ("/metrics", anonymous, NOTHING),
            6 => ("/health/deep", anonymous, NOTHING),
            _ => (END_USER, anonymous, NOTHING),
        };
        let answer = caller.get(path).await;
        self.look_at(&format!("{user:?} reading {path}"), &answer, Exactly(allowed));
    }

    /// What is wrong in a request may be told, and nothing else.
    async fn ask_wrongly(&mut self) {
        let user = self.user();
        let dialog = &self.world.dialogs.choose(&mut self.random).expect("a dialog").dialog;
        let word = self.every_word.choose(&mut self.random).expect("a word").clone();
        let missing = uuid::Uuid::nil();
        let id = dialog.id;
        let paths = [
            format!("{END_USER}?party={word}&limit=0"),
            format!("{END_USER}?allParties=true&search={word}&orderBy={word}"),
            format!("{END_USER}?allParties=true&search={word}&continuationToken={word}"),
            format!("{END_USER}/{word}"),
            format!("{END_USER}/{id}/activities/{missing}"),
            format!("{END_USER}/{id}/transmissions/{missing}"),
            format!("{END_USER}/{id}/seenlog/{missing}"),
            format!("/api/v1/enduser/dialoglookup?instanceRef={word}"),
            format!("/api/v1/enduser/serviceresources?party={word}"),
            format!("{SERVICE_OWNER}/{id}"),
        ];
        let path = paths.choose(&mut self.random).expect("a path");
        let headers = &[("accept-language", "nb"), ("if-match", "x")];
        let answer = caller(self.app, &user).send(Method::GET, path, headers, Body::empty()).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text());
        self.look_at(&format!("{user:?} reading {path}"), &answer, Within(words_in(path)));
    }
}

pub(crate) fn caller<'a>(app: &'a TestApp, user: &User) -> Actor<'a> {
    let level = user.level.to_string();
    if user.id == SYSTEM_USER {
        let (_, id) = SYSTEM_USER.rsplit_once(':').expect("an id");
        let (_, organization) = COMPANIES[0].rsplit_once(':').expect("a number");
        return app.claiming(json!({
            "scope": "digdir:dialogporten",
            "authorization_details": [{
                "type": "urn:altinn:systemuser", "systemuser_id": [id], "systemuser_org": consumer(organization),
            }],
            "urn:altinn:authlevel": level,
        }));
    }
    let (_, id) = user.id.rsplit_once(':').expect("an id");
    if user.id == EMAIL_USER {
        return app.email_user(id, user.level);
    }
    match user.level {
        0 => app.end_user_at_level(id, "idporten-loa-low"),
        3 => app.end_user_at_level(id, "idporten-loa-substantial"),
        4 => app.end_user(id),
        _ => {
            app.claiming(json!({ "scope": "digdir:dialogporten.noconsent", "pid": id, "urn:altinn:authlevel": level }))
        }
    }
}

pub(crate) fn query(parameters: &[(&str, String)]) -> String {
    let escaped = |value: &str| value.replace('"', "%22").replace(' ', "%20");
    parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

/// The same as an object, with a list for what is given several times.
fn body(parameters: &[(&str, String)]) -> Value {
    let mut body = json!({});
    for (name, value) in parameters {
        match body.get_mut(*name) {
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.take(), value]),
            None => body[*name] = json!(value),
        }
    }
    body
}

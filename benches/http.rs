//! What the service does for clients: over sockets of the loopback interface, by clients who each wait for their answer
//! before they ask again, and who share the machine's cores with the service.
//!
//! - `one_page`: a page of the organisation with the most dialogs; `ready_made` is a handler that sends the same bytes
//!   and does nothing else, behind the same server.
//! - `mixed`: upserts, half of them of new dialogs, alone and while others search. How large the index is is told each
//!   second on standard error.
//! - `search`: searches alone, by many users.
//! - `steady`: 500 searches a second by 200 users, half of them by users with up to 10,000 parties, for as many seconds as
//!   `DIALOGDEX_BENCH_SECONDS` says, and what the process grows by meanwhile.
//! - `create`: creations alone, with bodies as large as those of production, as many as there can be and 2,000 a second.
//! - `bulk`: one request with very many lines, and what the process grows by meanwhile.
//!
//! `cargo bench --bench http -- NAME` runs those whose name contains NAME. An answer that is not good ends the run.

mod clients;
mod corpus;
mod latencies;
mod service;
mod words;

use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Request, header};
use axum::{Router, routing};
use clients::{Clients, Measured, Requests};
use corpus::{Corpus, more_dialogs};
use dialog_index::Dialogs;
use dialog_index::domain::{EndUserId, PartyKind};
use dialogdex::corpus::generate::Generator;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use service::{Server, Service};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::{Uuid, Version};
use words::Words;

const TIME: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(1);
/// The two handlers of a page take turns, so that both meet the machine at the same hours.
const ROUNDS: u32 = 3;
const READERS: usize = 8;
const WRITERS: usize = 64;
/// More than can be written in the time, alone and beside searches.
const WRITES: u64 = 100_000;
/// What import left to be merged is merged as soon as something is written. That is not the load that is measured.
const SETTLING: Duration = Duration::from_secs(40);
/// More than can be created in the time.
const CREATIONS: usize = 40_000;
const CREATION_RATE: u32 = 2_000;
/// What production clients send, more or less.
const CREATION_BYTES: usize = 12_000;
const LINES: u64 = 100_000;
const USERS: usize = 200;
const STEADY_RATE: u32 = 500;
const STEADY_CLIENTS: usize = 32;
const AUTHENTICATION_LEVEL: u8 = 4;
const DIALOGS_PATH: &str = "/api/v1/enduser/dialogs";

fn main() -> io::Result<()> {
    let corpus = Corpus::prepared();
    let folder = corpus.copy();
    let server = Server::new();
    let service = Service::start(&server, folder.path());
    let bench = Bench { corpus, server, service, clients: Runtime::new()? };

    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_asked = |name: &str| words.iter().all(|word| name.contains(word.as_str()));
    Measured::print_header()?;
    if is_asked("one_page") {
        bench.one_page()?;
    }
    if ["mixed", "create", "bulk"].into_iter().any(&is_asked) {
        let writes = bench.settle();
        if is_asked("mixed") {
            bench.mixed(&writes)?;
        }
    }
    if is_asked("search") {
        bench.search()?;
    }
    if is_asked("steady") {
        bench.steady()?;
    }
    if is_asked("create") {
        bench.create()?;
    }
    if is_asked("bulk") {
        bench.bulk()?;
    }
    Ok(())
}

struct Bench {
    corpus: Corpus,
    server: Server,
    service: Service,
    clients: Runtime,
}

impl Bench {
    fn one_page(&self) -> io::Result<()> {
        let whale = self.corpus.users().whale;
        let rights = self.service.register().rights_of(&whale, AUTHENTICATION_LEVEL);
        let mut parties = rights.parties.iter().map(|(party, _)| party);
        let party = parties.find(|party| party.kind() == PartyKind::Organization).expect("the whale");
        let request = self.search_by(&whale, &[("party", party.as_str())]);
        let page = self.clients.block_on(clients::ask(self.service.address, request.clone()));
        let items: Value = serde_json::from_slice(&page).expect("JSON");
        let count = items["items"].as_array().map_or(0, Vec::len);
        eprintln!("a page has {count} dialogs and {} bytes", page.len());
        let ready_made = self.server.serve(ready_made(page));

        let requests = Requests::repeated([request]);
        let name = |what: &str| format!("{}/one_page/{what}/clients={READERS}", self.group());
        let kinds = [(ready_made, name("ready_made")), (self.service.address, name("service"))];
        for (address, name) in &kinds {
            self.run(*address, WARM_UP, vec![clients_of(name.clone(), READERS, &requests)]);
        }
        let mut rates = [0.0; 2];
        for _ in 0..ROUNDS {
            for ((address, name), rate) in kinds.iter().zip(&mut rates) {
                let measured = self.run(*address, TIME / ROUNDS, vec![clients_of(name.clone(), READERS, &requests)]);
                for measured in measured {
                    measured.print()?;
                    *rate += measured.per_second() / f64::from(ROUNDS);
                }
            }
        }
        let [ready_made, service] = rates;
        writeln!(io::stdout(), "{:<56} {:>10.2}", name("share_of_ready_made"), service / ready_made)
    }

    /// Lets what import left be merged. Returns the upserts that are left to be sent.
    fn settle(&self) -> Requests {
        let begun = Instant::now();
        let writes = Requests::once(self.writes());
        eprintln!("writes prepared in {:.0} s", begun.elapsed().as_secs_f64());
        self.run(self.service.address, WARM_UP, vec![clients_of("settling".to_owned(), WRITERS, &writes)]);
        thread::sleep(SETTLING);
        writes
    }

    fn mixed(&self, writes: &Requests) -> io::Result<()> {
        let searches = self.searches(&self.class_users());
        let name = |what: &str, count: usize| format!("{}/mixed/{what}/clients={count}", self.group());
        let readers = || clients_of(name("search", READERS), READERS, &searches);
        let writers = |name: String| clients_of(name, WRITERS, writes);
        let alone = format!("{}/upsert/clients={WRITERS}", self.group());
        self.run(self.service.address, TIME, vec![writers(alone)]).iter().try_for_each(Measured::print)?;
        self.run(self.service.address, WARM_UP, vec![readers()]);
        let telling = self.clients.spawn(tell_gauges(self.service.dialogs().clone()));
        let writers = writers(name("upsert", WRITERS));
        let measured = self.run(self.service.address, TIME, vec![writers, readers()]);
        telling.abort();
        measured.iter().try_for_each(Measured::print)
    }

    fn search(&self) -> io::Result<()> {
        let users = self.many_users();
        let searches = self.searches(&users);
        let name = format!("{}/search/users={}/clients={READERS}", self.group(), users.len());
        self.run(self.service.address, WARM_UP, vec![clients_of(name.clone(), READERS, &searches)]);
        let measured = self.run(self.service.address, TIME, vec![clients_of(name, READERS, &searches)]);
        measured.iter().try_for_each(Measured::print)
    }

    fn steady(&self) -> io::Result<()> {
        let (users, large) = (self.many_users(), self.class_users());
        let in_turn: Vec<EndUserId> =
            users.iter().zip(large.iter().cycle()).flat_map(|(a, b)| [a, b]).cloned().collect();
        let searches = self.searches(&in_turn);
        let name = format!("{}/steady/users={}/a_second={STEADY_RATE}", self.group(), users.len());
        let clients = || Clients { rate: Some(STEADY_RATE), ..clients_of(name.clone(), STEADY_CLIENTS, &searches) };
        #[expect(clippy::disallowed_methods, reason = "a bench has no settings of its own")]
        let seconds =
            std::env::var("DIALOGDEX_BENCH_SECONDS").map_or(TIME.as_secs(), |it| it.parse().expect("a number"));
        // Until all users were there once.
        self.run(self.service.address, WARM_UP * 10, vec![clients()]);
        let before = own_memory();
        for part in 1..=4_u32 {
            let measured = self.run(self.service.address, Duration::from_secs(seconds) / 4, vec![clients()]);
            measured.iter().try_for_each(Measured::print)?;
            let grown = own_memory() as i64 - before as i64;
            eprintln!("after {part}/4 of the time the process is {} MB larger", grown >> 20);
        }
        Ok(())
    }

    fn create(&self) -> io::Result<()> {
        let token = self.service.writer_token();
        let body = |dialog: Value| Bytes::from(as_new(dialog).to_string());
        let bodies: Vec<Bytes> =
            large_dialogs(&more_dialogs(CREATIONS as u64 * 8, 1)).map(body).take(CREATIONS).collect();
        let bytes: usize = bodies.iter().map(Bytes::len).sum();
        eprintln!("{} creations prepared, {} bytes each", bodies.len(), bytes / bodies.len());
        let post = |body| request(Method::POST, "/api/v1/serviceowner/dialogs", token.clone(), body);
        let requests = Requests::once(bodies.into_iter().map(post));
        let name = format!("{}/create/clients={WRITERS}", self.group());
        self.run(self.service.address, WARM_UP, vec![clients_of(name.clone(), WRITERS, &requests)]);
        let paced = clients_of(format!("{name}/a_second={CREATION_RATE}"), WRITERS, &requests);
        for clients in [clients_of(name, WRITERS, &requests), Clients { rate: Some(CREATION_RATE), ..paced }] {
            self.run(self.service.address, TIME, vec![clients]).iter().try_for_each(Measured::print)?;
        }
        Ok(())
    }

    fn bulk(&self) -> io::Result<()> {
        let line = |dialog: Value| Bytes::from(json!({ "upsert": as_new(dialog) }).to_string() + "\n");
        let lines: Vec<Bytes> = more_dialogs(LINES, 2).dialogs().map(line).collect();
        let bytes: usize = lines.iter().map(Bytes::len).sum();
        let count = lines.len();
        eprintln!("{count} lines prepared, {} bytes each", bytes / count);
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/index/dialogs/bulk")
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, self.service.writer_token())
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .body(())
            .expect("a request");
        // What was sent is not let go, or it would hide what grows.
        let sent = lines.clone();
        let (before, most) = (own_memory(), Arc::new(AtomicU64::new(0)));
        let watching = self.clients.spawn(watch_memory(Arc::clone(&most)));
        let streamed = clients::stream(self.service.address, request, lines, r#""status":201"#);
        let (answers, elapsed) = self.clients.block_on(streamed);
        watching.abort();
        assert_eq!(answers, sent.len(), "answers to all lines");
        let grown = most.load(Ordering::Relaxed).saturating_sub(before);
        eprintln!("{} MB were sent, and the process grew by {} MB at most", bytes >> 20, grown >> 20);
        let rate = count as f64 / elapsed.as_secs_f64();
        writeln!(io::stdout(), "{:<56} {rate:>10.0}", format!("{}/bulk/lines={count}", self.group()))
    }

    fn group(&self) -> String {
        format!("http-{}", self.corpus.dialogs)
    }

    fn run(&self, address: SocketAddr, time: Duration, all: Vec<Clients>) -> Vec<Measured> {
        self.clients.block_on(clients::run(address, time, all))
    }

    /// Of each user, without a text and with words of two frequencies.
    fn searches(&self, users: &[EndUserId]) -> Requests {
        let words = Words::measure(self.service.dialogs());
        let texts = [None, Some(&words.in_30_percent), Some(&words.in_3_percent)];
        let of_user = |user| {
            texts.map(|text| match text {
                None => self.search_by(user, &[("allParties", "true")]),
                Some(text) => self.search_by(user, &[("allParties", "true"), ("search", text.as_str())]),
            })
        };
        Requests::repeated(users.iter().flat_map(of_user))
    }

    fn search_by(&self, user: &EndUserId, parameters: &[(&str, &str)]) -> Request<Bytes> {
        let encoded = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        let query: Vec<String> = parameters.iter().map(encoded).collect();
        let path = format!("{DIALOGS_PATH}?{}", query.join("&"));
        request(Method::GET, &path, self.service.user_token(user), Bytes::new())
    }

    /// Upserts of new dialogs and, in turn with them, of those that the corpus began with.
    fn writes(&self) -> impl Iterator<Item = Request<Bytes>> {
        let token = self.service.writer_token();
        let put = |dialog: Value| {
            let id = dialog["id"].as_str().expect("an id");
            let path = format!("/api/v1/index/dialogs/{id}");
            request(Method::PUT, &path, token.clone(), dialog.to_string().into())
        };
        let new: Vec<_> = more_dialogs(WRITES / 2, 0).dialogs().map(as_new).map(put).collect();
        let is_there = |dialog: &Value| dialog.get("deletedAt").is_none();
        let generator = self.corpus.generator();
        let stored = generator.dialogs().filter(is_there).take(new.len());
        let stored: Vec<_> = stored.map(as_written_now).map(put).collect();
        new.into_iter().zip(stored).flat_map(|(new, stored)| [new, stored])
    }

    /// With 1 to 10,000 parties.
    fn class_users(&self) -> Vec<EndUserId> {
        let users = self.corpus.users();
        vec![users.one_party, users.accountant_100, users.accountant_2000, users.vendor_10000]
    }

    /// Those who stand for a class, and ordinary people who have dialogs.
    fn many_users(&self) -> Vec<EndUserId> {
        let person = |dialog: Value| {
            let user = EndUserId::parse(dialog["party"].as_str()?).ok()?;
            Some(user.as_str().to_owned())
        };
        let mut known: BTreeSet<String> = self.class_users().iter().map(|user| user.as_str().to_owned()).collect();
        let generator = self.corpus.generator();
        let mut persons = generator.dialogs().filter_map(person);
        while known.len() < USERS {
            known.insert(persons.next().expect("enough persons"));
        }
        known.iter().map(|user| EndUserId::parse(user).expect("a user")).collect()
    }
}

fn clients_of(name: String, count: usize, requests: &Requests) -> Clients {
    Clients { name, count, requests: requests.clone(), rate: None }
}

fn ready_made(page: Bytes) -> Router {
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    let answer = async move || ([(header::CONTENT_TYPE, content_type)], page);
    Router::new().route(DIALOGS_PATH, routing::get(answer))
}

fn request(method: Method, path: &str, token: HeaderValue, body: Bytes) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, token)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .expect("a request")
}

/// Dialogs of a corpus with parts of the next ones, until they are as large as those that production clients send.
fn large_dialogs(generator: &Generator) -> impl Iterator<Item = Value> {
    let mut dialogs = generator.dialogs();
    std::iter::from_fn(move || {
        let mut large = dialogs.next()?;
        while large.to_string().len() < CREATION_BYTES {
            let mut next = dialogs.next()?;
            for part in ["transmissions", "activities", "attachments"] {
                let Some(Value::Array(more)) = next.get_mut(part).map(Value::take) else { continue };
                match &mut large[part] {
                    Value::Array(parts) => parts.extend(more),
                    parts => *parts = more.into(),
                }
            }
        }
        Some(large)
    })
}

async fn watch_memory(most: Arc<AtomicU64>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    loop {
        ticks.tick().await;
        most.fetch_max(own_memory(), Ordering::Relaxed);
    }
}

/// The memory of this process that no file stands behind, in bytes.
fn own_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a line of memory");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

/// A line of a corpus as a dialog that is made now. So are its ids, as those are that clients and the service make: it is
/// by their time that they lie beside each other in the store.
fn as_new(mut dialog: Value) -> Value {
    renew_ids(&mut dialog, &mut HashMap::new());
    as_written_now(dialog)
}

fn renew_ids(value: &mut Value, renewed: &mut HashMap<Uuid, Uuid>) {
    match value {
        Value::String(text) => {
            if let Ok(id) = Uuid::try_parse(text)
                && id.get_version() == Some(Version::SortRand)
            {
                *text = renewed.entry(id).or_insert_with(Uuid::now_v7).to_string();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| renew_ids(value, renewed)),
        Value::Object(members) => members.values_mut().for_each(|value| renew_ids(value, renewed)),
        _ => {}
    }
}

/// A line of a corpus as the body of a write: its times are those of the write, and it differs from what is stored.
fn as_written_now(mut dialog: Value) -> Value {
    let members = dialog.as_object_mut().expect("a dialog is an object");
    for name in ["createdAt", "updatedAt", "deletedAt", "systemLabels", "isContentSeen"] {
        members.remove(name);
    }
    members.insert("externalReference".to_owned(), Uuid::new_v4().to_string().into());
    dialog
}

async fn tell_gauges(dialogs: Dialogs) {
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        let gauges = dialogs.index_gauges();
        let seconds = begun.elapsed().as_secs();
        let megabytes = dialogs.write_gauges().waiting_bytes as f64 / 1e6;
        eprintln!(
            "{seconds:>3} s: {} rows in the tail, {megabytes:.1} MB wait for the index, {} segments",
            gauges.tail_rows, gauges.segments
        );
    }
}

use crate::app::{BENEFITS, NAV_NUMBER, SKD_NUMBER, TestApp, USUAL_RULES, consumer, dialog, signing_key};
use crate::commands::{Running, settings, token};
use crate::create_dialog::{body, found};
use crate::fake_issuer::FakeIssuer;
use axum::http::{Method, StatusCode};
use dialog_index::domain::{DialogId, Org};
use dialog_index::{AuthorizedScope, Dialogs, Found, OpenOptions};
use dialogdex::app::HttpRules;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const PATH: &str = "/api/v1/index/dialogs/bulk";
const NDJSON: &[(&str, &str)] = &[("content-type", "application/x-ndjson; charset=utf-8")];
/// Of a stream that the test breaks off.
const ENDLESS: u64 = 1 << 40;
/// Lines of a long stream.
const LONG: usize = 100_000;

fn upsert(id: DialogId, title: &str) -> String {
    let mut dialog = body(title);
    dialog["id"] = json!(id.to_string());
    json!({ "upsert": dialog }).to_string()
}

fn delete(id: DialogId) -> String {
    json!({ "delete": id.to_string() }).to_string()
}

async fn send(app: &TestApp, owner: &str, lines: &str) -> Vec<Value> {
    let answer = app.service_owner(owner).send(Method::POST, PATH, NDJSON, lines.to_owned().into()).await;
    let answer = answer.expect(StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The lines of a long stream, counted from 1. Every seventh says nothing that could be done.
fn line(n: usize, id: DialogId, title: &str) -> String {
    if is_bad(n) { "{\"upsert\":\n".to_owned() } else { upsert(id, title) + "\n" }
}

fn is_bad(n: usize) -> bool {
    n.is_multiple_of(7)
}

fn assert_answers(answer: &Value, n: usize) {
    let status = if is_bad(n) { 400 } else { 201 };
    assert_eq!((&answer["line"], &answer["status"]), (&json!(n), &json!(status)));
}

fn stores(dialogs: &Dialogs, id: DialogId) -> bool {
    let scope = AuthorizedScope::owned_by(Org::new("skd"));
    matches!(dialogs.get(&scope, id).expect("a read"), Found::Visible(_))
}

/// A connection whose lines and answers are bare: HTTP/1.0 frames neither.
struct Connection {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: SocketAddr, token: &str, body_bytes: u64) -> Self {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let head = format!(
            "POST {PATH} HTTP/1.0\r\nHost: dialogs\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/x-ndjson\r\nContent-Length: {body_bytes}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let answers = BufReader::new(stream.try_clone().expect("the connection"));
        Self { stream, answers }
    }

    fn read_head(&mut self) {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a status");
        assert!(line.contains(" 200 "), "{line}");
        while line != "\r\n" {
            line.clear();
            self.answers.read_line(&mut line).expect("a header");
        }
    }

    /// Nothing at the end, or when the connection or the answer is broken.
    fn read_answer(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        serde_json::from_str(line.strip_suffix('\n')?).ok()
    }
}

#[tokio::test]
async fn operations_take_place_in_order() {
    let app = TestApp::new();
    let [a, b, unknown] = [(); 3].map(|()| DialogId::new());
    let foreign = dialog("Skattens egen");
    let (foreign, _) = (foreign.id, app.holds(foreign));
    let lines = [
        upsert(a, "Første"),
        upsert(a, "Andre"),
        upsert(a, "Andre"),
        upsert(b, "Tredje"),
        String::new(),
        delete(a),
        delete(a),
        upsert(a, "Fjerde"),
        delete(b),
        delete(unknown),
        json!({ "DELETE": b.to_string(), "note": 1 }).to_string(),
    ];
    let answers = send(&app, SKD_NUMBER, &lines.join("\n")).await;
    let expected = [
        (1, a, 201),
        (2, a, 200),
        (3, a, 200),
        (4, b, 201),
        (6, a, 204),
        (7, a, 204),
        (8, a, 201),
        (9, b, 204),
        (10, unknown, 204),
        (11, b, 204),
    ];
    let expected = expected.map(|(line, id, status)| json!({ "line": line, "id": id.to_string(), "status": status }));
    assert_eq!(answers, expected);
    assert_eq!(found(&app, "fjerde").await, ["Fjerde"]);
    assert!(found(&app, "andre").await.is_empty() && found(&app, "tredje").await.is_empty());

    let answers = send(&app, NAV_NUMBER, &delete(foreign)).await;
    assert_eq!(answers, [json!({ "line": 1, "id": foreign.to_string(), "status": 204 })]);
    assert!(stores(app.dialogs(), foreign));
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn an_administrator_deletes_what_the_stream_has_just_written() {
    let app = TestApp::new();
    let id = DialogId::new();
    let admin = app.service_owner_with(NAV_NUMBER, "digdir:dialogporten.serviceprovider.admin");
    let lines = format!("{}\n{}\n", upsert(id, "Kort"), delete(id));
    let answer = admin.send(Method::POST, PATH, NDJSON, lines.into()).await.expect(StatusCode::OK);
    assert!(answer.text().contains("201") && answer.text().contains("204"), "{}", answer.text());
    assert!(!stores(app.dialogs(), id));
}

#[tokio::test]
async fn a_bad_line_harms_no_other() {
    let app = TestApp::new();
    let with = |name: &str, value: Value| {
        let mut dialog = body("Feil");
        dialog["id"] = json!(DialogId::new().to_string());
        dialog[name] = value;
        json!({ "upsert": dialog }).to_string()
    };
    let mut without_id = body("Feil");
    without_id["id"] = Value::Null;
    let taken = {
        let foreign = dialog("Skattens egen");
        app.dialogs()
            .create(dialog_index::NewDialog { org: Org::new("nav"), ..foreign.clone() }, app.now())
            .expect("one");
        foreign.id
    };
    let bad = [
        ("{\"upsert\":".to_owned(), 400, "SerializerErrors"),
        ("\u{0}".to_owned(), 400, "SerializerErrors"),
        ("[]".to_owned(), 400, "line"),
        ("{}".to_owned(), 400, "line"),
        (json!({ "upsert": {}, "delete": "x" }).to_string(), 400, "line"),
        (json!({ "upsert": without_id }).to_string(), 400, "dto.id"),
        (json!({ "delete": "x" }).to_string(), 400, "SerializerErrors"),
        (json!({ "delete": null }).to_string(), 400, "SerializerErrors"),
        (with("progress", json!(101)), 400, "dto.progress"),
        (with("progress", json!([])), 400, "progress"),
        (with("serviceResource", json!(BENEFITS)), 403, "Forbidden"),
        (with("serviceResource", json!("urn:altinn:resource:unknown")), 422, "ServiceResource"),
        (upsert(taken, "Feil"), 422, "Dialog"),
    ];
    let mut lines = Vec::new();
    let mut good = Vec::new();
    for (line, _, _) in &bad {
        good.push(DialogId::new());
        lines.extend([line.clone(), upsert(good[good.len() - 1], "Riktig")]);
    }
    let answers = send(&app, SKD_NUMBER, &lines.join("\n")).await;
    assert_eq!(answers.len(), lines.len());
    for (n, (line, status, key)) in bad.iter().enumerate() {
        let (refused, other) = (&answers[2 * n], &answers[2 * n + 1]);
        assert_eq!((&refused["line"], &refused["status"]), (&json!(2 * n + 1), &json!(status)), "{line}: {refused}");
        assert_eq!(refused["problem"]["status"], json!(status), "{refused}");
        assert!(refused["problem"]["errors"][key].is_array(), "{line}: {refused}");
        assert_eq!(other["status"], 201, "{other}");
        assert!(stores(app.dialogs(), good[n]));
    }
    assert!(found(&app, "feil").await.is_empty());
}

/// Most of it takes away what is not there; bad lines are among them, and dialogs here and there.
#[tokio::test]
async fn each_line_of_a_long_stream_is_answered_in_its_place() {
    let app = TestApp::new();
    let mut stored = Vec::new();
    let mut lines = String::new();
    for n in 1..=LONG {
        let id = DialogId::new();
        if n % 100 == 0 && !is_bad(n) {
            stored.push(id);
        }
        lines += &if n % 100 == 0 || is_bad(n) { line(n, id, "Lang") } else { delete(id) + "\n" };
    }
    let answers = send(&app, SKD_NUMBER, &lines).await;
    assert_eq!(answers.len(), LONG);
    for (n, answer) in (1..).zip(&answers) {
        let status = if is_bad(n) {
            400
        } else if n % 100 == 0 {
            201
        } else {
            204
        };
        assert_eq!((&answer["line"], &answer["status"]), (&json!(n), &json!(status)));
    }
    assert!(stored.iter().all(|id| stores(app.dialogs(), *id)));
    let page = app.service_owner(SKD_NUMBER).get("/api/v1/serviceowner/dialogs?limit=1&totalCount=true").await;
    assert_eq!(page.expect(StatusCode::OK).json()["totalCount"], stored.len());
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test]
async fn limits_hold_for_lines_and_not_for_the_stream() {
    let http =
        HttpRules { max_body_bytes: 1_000, request_timeout: Duration::from_secs(30), maintenance: None, ..USUAL_RULES };
    let app = TestApp::with_rules(http);
    let (before, after) = (DialogId::new(), DialogId::new());
    let lines = [upsert(before, "Før"), "x".repeat(1_001), upsert(after, "Etter"), "y".repeat(1_000)];
    let answers = send(&app, SKD_NUMBER, &lines.join("\n")).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(201), Some(413), Some(201), Some(400)], "{answers:?}");

    assert!(send(&app, SKD_NUMBER, "").await.is_empty());
    let skd = app.service_owner(SKD_NUMBER);
    for headers in [&[][..], &[("content-type", "application/json")]] {
        let answer = skd.send(Method::POST, PATH, headers, delete(before).into()).await;
        answer.expect(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    assert!(stores(app.dialogs(), before));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_stream_ends_and_a_slow_one_does_not() {
    let request_timeout = Duration::from_millis(600);
    let app = TestApp::with_rules(HttpRules {
        max_body_bytes: 20_000_000,
        request_timeout,
        maintenance: None,
        ..USUAL_RULES
    });
    let (address, token) = (app.serve().await, app.owner_token(SKD_NUMBER));
    let ended = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(address, &token, ENDLESS);
        let begun = Instant::now();
        connection.read_head();
        for n in 1..=5 {
            let line = upsert(DialogId::new(), "Sen") + "\n";
            let (first, second) = line.split_at(40);
            connection.stream.write_all(first.as_bytes()).expect("half a line");
            std::thread::sleep(request_timeout / 4);
            connection.stream.write_all(second.as_bytes()).expect("the other half");
            assert_eq!(connection.read_answer().expect("an answer")["line"], n);
        }
        assert!(begun.elapsed() > request_timeout);
        let silent = Instant::now();
        let mut rest = String::new();
        connection.answers.read_to_string(&mut rest).expect("an end");
        (rest, silent.elapsed())
    });
    let (rest, silence) = ended.await.expect("no panic");
    assert_eq!(rest, "");
    assert!(silence > request_timeout / 2, "{silence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_not_read() {
    let app = TestApp::new();
    let (address, token) = (app.serve().await, app.owner_token(SKD_NUMBER));
    let line = "x".repeat(999) + "\n";
    let checked = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(address, &token, (LONG * line.len()) as u64);
        connection.stream.set_write_timeout(Some(Duration::from_secs(2))).expect("a timeout");
        let body = line.repeat(LONG);
        let mut sent = 0;
        while sent < body.len() {
            match connection.stream.write(&body.as_bytes()[sent..body.len().min(sent + 100_000)]) {
                Ok(bytes) => sent += bytes,
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
                    break;
                }
            }
        }
        assert!(sent < body.len(), "all was taken though nothing was read");
        let mut stream = connection.stream.try_clone().expect("the connection");
        stream.set_write_timeout(None).expect("no timeout");
        let sending = std::thread::spawn(move || stream.write_all(&body.as_bytes()[sent..]));
        connection.read_head();
        for n in 1..=LONG {
            assert_eq!(connection.read_answer().expect("an answer")["line"], n);
        }
        assert!(connection.read_answer().is_none());
        sending.join().expect("no panic").expect("a server that reads on");
    });
    checked.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_leaves_what_was_answered_and_a_little_more() {
    let app = TestApp::new();
    let (address, token) = (app.serve().await, app.owner_token(SKD_NUMBER));
    let ids: Vec<_> = (0..LONG).map(|_| DialogId::new()).collect();
    let cut = DialogId::new();
    let sent = ids.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(address, &token, ENDLESS);
        let mut stream = connection.stream.try_clone().expect("the connection");
        let sending = std::thread::spawn(move || {
            for (n, id) in (1..).zip(sent) {
                if stream.write_all(line(n, id, "Avbrutt").as_bytes()).is_err() {
                    return;
                }
            }
            // A line that is not ended is none when the connection breaks.
            let _ = stream.write_all(upsert(cut, "Avbrutt").as_bytes());
        });
        connection.read_head();
        for n in 1..=300 {
            assert_answers(&connection.read_answer().expect("an answer"), n);
        }
        connection.stream.shutdown(std::net::Shutdown::Both).expect("an end");
        drop(connection);
        sending.join().expect("no panic");
        300
    });
    let answered = answered.await.expect("no panic");
    let good: Vec<_> = (1..).zip(&ids).filter(|(n, _)| !is_bad(*n)).collect();
    let answered = good.iter().filter(|(n, _)| *n <= answered).count();
    let count = || good.iter().filter(|(_, id)| stores(app.dialogs(), **id)).count();
    let mut stored = count();
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = count();
        if now == stored {
            break;
        }
        stored = now;
    }
    assert!((answered..good.len()).contains(&stored), "{stored}");
    assert!(good[..stored].iter().all(|(_, id)| stores(app.dialogs(), **id)), "what is stored is not what came first");
    assert!(!stores(app.dialogs(), cut));
    assert!(app.dialogs().check().expect("a check").differences.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_has_kept_what_it_answered() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let token =
        token(&key, json!({ "scope": "digdir:dialogporten.serviceprovider", "consumer": consumer(SKD_NUMBER) }));
    let service = Running::start(&["serve", "--config", &settings]);
    let address = service.address.parse().expect("an address");
    let ids: Vec<_> = (0..LONG).map(|_| DialogId::new()).collect();
    let sent = ids.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(address, &token, ENDLESS);
        let mut stream = connection.stream.try_clone().expect("the connection");
        let sending = std::thread::spawn(move || {
            // Until the service is gone.
            (1..).zip(sent).all(|(n, id)| stream.write_all(line(n, id, "Drept").as_bytes()).is_ok())
        });
        connection.read_head();
        let mut answered = 0;
        let mut running = Some(service);
        while let Some(answer) = connection.read_answer() {
            answered += 1;
            assert_answers(&answer, answered);
            if answered == 5_000 {
                running.take();
            }
        }
        assert!(!sending.join().expect("no panic"), "all was sent before the service was killed");
        answered
    });
    let answered = answered.await.expect("no panic");
    assert!(answered >= 5_000, "{answered}");
    let options = OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 };
    let dialogs = Dialogs::open(&folder.path().join("data"), &options).expect("the data folder");
    let mut answered = (1..=answered).zip(&ids).filter(|(n, _)| !is_bad(*n));
    assert!(answered.all(|(_, id)| stores(&dialogs, *id)));
    assert!(dialogs.check().expect("a check").differences.is_empty());
}

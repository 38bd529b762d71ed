//! The program itself, as it is started from a command line.

use crate::app::{ALICE, BOB, SKD_NUMBER, consumer, dialog, signing_key};
use crate::fake_altinn::{FakeAltinn, Mode, Service};
use crate::fake_issuer::{FakeIssuer, ISSUER};
use crate::fake_sink::{FakeSink, Reply};
use dialog_index::domain::Timestamp;
use dialog_index::{Dialogs, OpenOptions};
use dialogdex::auth::signing_key::SigningKey;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running service, which is killed if the test fails.
pub(crate) struct Running {
    process: Child,
    pub(crate) address: String,
    /// What is said from then on.
    log: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts the program and waits for the line of its log that says where it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::try_start(arguments).unwrap_or_else(|(_, said)| panic!("the service has ended: {said}"))
    }

    /// Fails with the exit code and what was said, if the program ends before it listens.
    fn try_start(arguments: &[&str]) -> Result<Self, (Option<i32>, String)> {
        Self::begin(&mut program(arguments))
    }

    fn begin(program: &mut Command) -> Result<Self, (Option<i32>, String)> {
        let process = program.stderr(Stdio::piped()).spawn().expect("a process");
        let mut running = Self { process, address: String::new(), log: None };
        let mut log = BufReader::new(running.process.stderr.take().expect("a standard error"));
        let mut said = String::new();
        loop {
            let begun = said.len();
            if log.read_line(&mut said).expect("a line") == 0 {
                return Err((running.process.wait().expect("an end").code(), said));
            }
            let entry: Value = serde_json::from_str(&said[begun..]).unwrap_or_default();
            if entry["fields"]["message"] == "listening" {
                entry["fields"]["address"].as_str().expect("an address").clone_into(&mut running.address);
                running.log = Some(std::thread::spawn(move || {
                    let mut rest = String::new();
                    log.read_to_string(&mut rest).expect("a log of text");
                    rest
                }));
                return Ok(running);
            }
        }
    }

    fn stop(self, signal: &str) -> Option<i32> {
        self.stop_and_tell(signal).0
    }

    /// The exit code and the log.
    pub(crate) fn stop_and_tell(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        let code = self.process.wait().expect("an end").code();
        let log = self.log.take().expect("a log that nobody has read").join();
        (code, log.expect("a log that was read"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended, which is what most tests are about.
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialogdex"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DIALOGDEX_") {
            command.env_remove(name);
        }
    }
    command
}

fn output(arguments: &[&str]) -> Output {
    program(arguments).output().expect("a process")
}

pub(crate) fn settings(folder: &TempDir, issuer: &FakeIssuer) -> String {
    let path = folder.path().join("dialogdex.toml");
    let register = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/register.json");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n\
         [data]\ndir = '{}'\ncache_mb = 16\n\
         [[auth.issuers]]\nname = \"fake\"\nwell_known = \"{}/metadata\"\n\
         [authorization]\nregister = '{register}'\n\
         [log]\nformat = \"json\"\n",
        folder.path().join("data").display(),
        issuer.url,
    );
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a path of text").to_owned()
}

pub(crate) fn token(key: &SigningKey, claims: Value) -> String {
    let now = Timestamp::now().as_micros() / 1_000_000;
    let mut all = json!({ "iss": ISSUER, "exp": now + 600 });
    for (name, value) in claims.as_object().expect("claims") {
        all[name] = value.clone();
    }
    key.sign(&all)
}

#[tokio::test]
async fn the_service_serves_until_it_is_told_to_stop() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    for signal in ["-TERM", "-INT"] {
        let service = Running::start(&["serve", "--config", &settings]);
        let http = reqwest::Client::new();
        let dialogs = format!("http://{}/api/v1/serviceowner/dialogs", service.address);
        let answer = http.get(&dialogs).send().await.expect("an answer");
        assert_eq!(answer.status(), 401);
        let scope = "digdir:dialogporten.serviceprovider digdir:dialogporten.serviceprovider.search";
        let owner = token(&key, json!({ "scope": scope, "consumer": consumer(SKD_NUMBER) }));
        let answer = http.get(&dialogs).bearer_auth(&owner).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let server = format!("http://{}/api/v1/.well-known/oauth-authorization-server", service.address);
        let server: Value = http.get(server).send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(server["issuer"], format!("http://{}/api/v1", service.address));

        let (code, said) = Running::try_start(&["serve", "--config", &settings]).err().expect("a refusal");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("is in use by another process") && said.contains("data"), "{said}");

        assert_eq!(service.stop(signal), Some(0));
    }
}

#[tokio::test]
async fn a_start_can_be_stopped() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let pipe = folder.path().join("register.pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for signal in ["-TERM", "-INT"] {
        let mut command = program(&["serve", "--config", &settings]);
        command.env("DIALOGDEX_AUTHORIZATION__REGISTER", &pipe);
        let process = command.stderr(Stdio::piped()).spawn().expect("a process");
        // Opens when the service reads, which is in the middle of its start; the start goes on when all is written.
        let mut register = std::fs::OpenOptions::new().write(true).open(&pipe).expect("a reader");
        assert!(Command::new("kill").args([signal, &process.id().to_string()]).status().expect("kill").success());
        register.write_all(include_bytes!("register.json")).expect("a register");
        drop(register);
        let ended = process.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(0), "{said}");
        assert!(said.contains(&format!("stopping on SIG{}", &signal[1..])) && said.contains("stopped"), "{said}");
    }
}

#[tokio::test]
async fn certificates_are_needed_for_https_alone() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let without_certificates = |issuer: Option<&str>| {
        let mut command = program(&["serve", "--config", &settings]);
        command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", folder.path());
        if let Some(url) = issuer {
            command.env("DIALOGDEX_AUTH__ISSUERS", format!("[{{ name = \"far\", well_known = \"{url}\" }}]"));
        }
        command
    };
    let service = Running::begin(&mut without_certificates(None)).expect("a service");
    assert_eq!(service.stop("-TERM"), Some(0));
    let url = "https://issuer.test/metadata";
    let (code, said) = Running::begin(&mut without_certificates(Some(url))).err().expect("a refusal");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(url) && said.contains("ca-certificates"), "{said}");
}

#[tokio::test]
async fn a_request_under_way_is_finished() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let service = Running::start(&["serve", "--config", &settings]);
    let scope = "digdir:dialogporten.serviceprovider digdir:dialogporten.serviceprovider.admin";
    let token = token(&key, json!({ "scope": scope, "consumer": consumer(SKD_NUMBER) }));
    let ended = tokio::task::spawn_blocking(move || {
        let register = include_str!("register.json");
        let mut connection = TcpStream::connect(&service.address).expect("a connection");
        let head = format!(
            "PUT /api/v1/admin/register HTTP/1.1\r\nHost: dialogs\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\
             Connection: close\r\n\r\n",
            register.len()
        );
        connection.write_all(head.as_bytes()).expect("a request");
        // The server asks for the body when the operation waits for it, so the request is under way.
        let mut answer = BufReader::new(connection.try_clone().expect("the connection"));
        let mut line = String::new();
        answer.read_line(&mut line).expect("a line");
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");

        let id = service.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        while TcpStream::connect(&service.address).is_ok() {
            std::thread::yield_now();
        }
        connection.write_all(register.as_bytes()).expect("a body");
        let mut rest = String::new();
        answer.read_to_string(&mut rest).expect("an answer");
        (rest, service.stop("-TERM"))
    });
    let (answer, code) = ended.await.expect("no panic");
    assert!(answer.trim_start().starts_with("HTTP/1.1 2"), "{answer}");
    assert_eq!(code, Some(0));
}

/// The body is sent to its end before the answer is read, as simple clients do.
#[tokio::test]
async fn who_sends_too_much_is_told() {
    let issuer = FakeIssuer::publishing(json!({ "keys": [] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let service = Running::start(&["serve", "--config", &settings(&folder, &issuer)]);
    let address = service.address.clone();
    for (length, status) in [(30_000_000, "413"), (19_000_000, "401")] {
        let head = format!(
            "POST /api/v1/serviceowner/dialogs HTTP/1.1\r\nHost: dialogs\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let address = address.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut connection = TcpStream::connect(address)?;
            connection.write_all(head.as_bytes())?;
            for _ in 0..length / 100_000 {
                connection.write_all(&[b' '; 100_000])?;
            }
            let mut answer = String::new();
            connection.read_to_string(&mut answer).map(|_| answer)
        });
        let answer = answer.await.expect("no panic").expect("a connection that is not reset");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    assert_eq!(service.stop("-TERM"), Some(0));
}

#[tokio::test]
async fn no_number_of_a_person_is_logged() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let text = std::fs::read_to_string(&settings).expect("the settings") + "level = \"trace\"\n";
    std::fs::write(&settings, text).expect("a file");
    let service = Running::start(&["serve", "--config", &settings]);
    let person = token(&key, json!({ "scope": "digdir:dialogporten", "pid": ALICE, "acr": "idporten-loa-high" }));
    let expired = token(&key, json!({ "pid": ALICE, "exp": 1 }));
    let urn = format!("urn:altinn:person:identifier-no:{ALICE}");
    for path in [
        format!("/api/v1/enduser/dialogs?party={urn}"),
        format!("/api/v1/enduser/dialogs?party={urn}&orderBy={urn}"),
        format!("/api/v1/enduser/dialogs/{urn}"),
        format!("/{urn}"),
    ] {
        for token in [&person, &expired] {
            let url = format!("http://{}{path}", service.address);
            reqwest::Client::new().get(url).bearer_auth(token).send().await.expect("an answer");
        }
    }
    let (code, log) = service.stop_and_tell("-TERM");
    assert_eq!(code, Some(0));
    assert!(log.matches("answered").count() >= 8, "{log}");
    assert!(!log.contains(ALICE), "{log}");
}

#[tokio::test]
async fn keys_of_dialog_tokens_outlive_a_restart() {
    let issuer = FakeIssuer::publishing(json!({ "keys": [] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let service = Running::start(&["serve", "--config", &settings]);
        let keys = format!("http://{}/api/v1/.well-known/jwks.json", service.address);
        seen.push(reqwest::get(keys).await.expect("an answer").text().await.expect("a text"));
        assert_eq!(service.stop("-TERM"), Some(0));
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn wrong_settings_stop_the_start_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wrong.toml");
    std::fs::write(&path, "[server]\nlisen = \"127.0.0.1:0\"\n").expect("a file");
    let path = path.to_str().expect("a path of text");
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "[data]\ndir = 'x'\n[server\n").expect("a file");
    let broken = broken.to_str().expect("a path of text");
    let is_broken = format!("dialogdex: the settings file {broken} is not TOML: line 3: ");
    let dangling = folder.path().join("dangling.toml");
    let data = folder.path().join("data");
    let text = format!(
        "[server]\nlisten = '127.0.0.1:0'\n[data]\ndir = '{}'\n[authorization]\nregister = '/nowhere.json'\n",
        data.display()
    );
    std::fs::write(&dangling, text).expect("a file");
    let dangling = dangling.to_str().expect("a path of text");
    for (arguments, code, message) in [
        (vec!["serve", "--config", path], 2, "dialogdex: server.lisen is not a setting\n"),
        (vec!["serve", "--config", "/nowhere.toml"], 2, "dialogdex: the settings file /nowhere.toml cannot be read: "),
        (vec!["serve", "--config", broken], 2, &is_broken),
        (
            vec!["serve", "--config", dangling],
            1,
            "dialogdex: authorization.register cannot be used: /nowhere.json cannot be read: ",
        ),
        (vec!["serve", "--colour"], 2, "error: unexpected argument '--colour'"),
        (vec!["token", "person", "12345678901"], 2, "error: invalid value '12345678901'"),
    ] {
        let ended = output(&arguments);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{said}");
        assert!(said.starts_with(message), "{said}");
        let is_ours = said.lines().filter(|line| line.starts_with("dialogdex: ")).count() == 1;
        assert!(!is_ours || said.lines().count() == 1, "more than a sentence: {said}");
    }
}

#[test]
fn settings_are_printed_with_their_meanings() {
    let printed = output(&["serve", "--print-config"]);
    assert_eq!(printed.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&printed.stdout), dialogdex::config::to_toml());
}

#[test]
fn each_command_explains_itself() {
    let help = output(&["--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    let names: Vec<_> = list.lines().map_while(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"serve") && names.contains(&"token"), "{help}");
    for name in names {
        let ended = output(&[name, "--help"]);
        assert_eq!(ended.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&ended.stdout).contains("Usage: dialogdex"), "{name}");
    }
}

#[test]
fn tokens_are_signed_with_the_key_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path of text");
    let system = ["token", "system-user", "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11", SKD_NUMBER, "--data", data];
    for arguments in [
        &["token", "person", ALICE, "--level", "3", "--data", data][..],
        &["token", "service-owner", SKD_NUMBER, "--scope", "digdir:dialogporten.correspondence", "--data", data],
        &system,
    ] {
        let printed = output(arguments);
        assert_eq!(printed.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&printed.stdout).trim().split('.').count(), 3);
    }
    assert!(Path::new(data).join("demo-issuer.json").exists());
}

/// From the settings to the sink, with what nobody may read in a log.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_delivered_and_secrets_are_not_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = FakeIssuer::publishing(json!({ "keys": [] })).await;
    let path = settings(&folder, &issuer);
    let data = folder.path().join("data");
    let dialogs = Dialogs::open(&data, &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
        .expect("a new data folder");
    let id = dialog("Alice's tax");
    dialogs.create(id.clone(), Timestamp::now()).expect("a stored dialog");
    drop(dialogs);
    let sink = FakeSink::answering(|_, n| match n {
        0 => Reply::Status(500),
        1 => Reply::Dies,
        2 => Reply::Status(400),
        _ => Reply::Status(200),
    });
    let text = std::fs::read_to_string(&path).expect("a text").replace("format = ", "level = \"trace\"\nformat = ")
        + &format!("[events]\nsink = \"{}?key=hemmelig\"\ntoken = \"meget-hemmelig\"\n", sink.url());
    std::fs::write(&path, text).expect("a file");
    let running = Running::start(&["serve", "--config", &path]);
    sink.until(|sink| !sink.taken().is_empty()).await;
    assert_eq!(sink.taken()[0]["source"], format!("http://{}/api/v1/enduser/dialogs/{}", running.address, id.id));
    assert_eq!(sink.received()[0].headers["authorization"], "Bearer meget-hemmelig");
    let (code, log) = running.stop_and_tell("-TERM");
    assert_eq!(code, Some(0));
    assert!(log.contains("the sink takes no events") && log.contains("an event is refused"), "{log}");
    assert!(!log.contains("hemmelig") && !log.contains(ALICE), "{log}");
    let dialogs = Dialogs::open(&data, &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
        .expect("the data folder");
    assert_eq!(dialogs.delivered_events().expect("it reads"), 1);
}

/// From the settings to Altinn's services, with what nobody may read in a log.
#[tokio::test(flavor = "multi_thread")]
async fn altinn_is_asked_for_rights_and_secrets_are_not_logged() {
    let document = serde_json::from_slice(include_bytes!("register.json")).expect("JSON");
    let altinn = FakeAltinn::knowing(&document).await;
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = settings(&folder, &issuer);
    let text = std::fs::read_to_string(&path).expect("a text").replace("format = ", "level = \"trace\"\nformat = ");
    let (before, after) = text.split_once("[authorization]\n").expect("a section");
    let (_, after) = after.split_once('\n').expect("a line");
    let source = "[authorization]\nsource = \"altinn\"\n";
    std::fs::write(&path, format!("{before}{source}{}{after}", altinn.settings_as_toml())).expect("a file");
    let service = Running::start(&["serve", "--config", &path]);
    let person = token(&key, json!({ "scope": "digdir:dialogporten", "pid": ALICE, "acr": "idporten-loa-high" }));
    let ask = async || {
        let url = format!("http://{}/api/v1/enduser/dialogs?allParties=true", service.address);
        reqwest::Client::new().get(url).bearer_auth(&person).send().await.expect("an answer").status().as_u16()
    };
    let begin = Instant::now();
    while ask().await != 200 {
        assert!(begin.elapsed() < Duration::from_secs(20), "no rights came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stranger = format!(r#"[{{"type":"{BOB}"}}]"#);
    altinn.set(Service::Parties, Mode::Saying(axum::http::StatusCode::OK, stranger));
    let other = token(&key, json!({ "scope": "digdir:dialogporten", "pid": BOB, "acr": "idporten-loa-high" }));
    let url = format!("http://{}/api/v1/enduser/dialogs?allParties=true", service.address);
    let answer = reqwest::Client::new().get(url).bearer_auth(&other).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 502);
    let (code, log) = service.stop_and_tell("-TERM");
    assert_eq!(code, Some(0));
    assert!(log.contains("Altinn's list of authorized parties is not what was asked for"), "{log}");
    for secret in altinn.secrets().iter().map(String::as_str).chain([ALICE, BOB]) {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn data_is_checked_and_the_index_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let dialogs = Dialogs::open(&data, &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
        .expect("a new data folder");
    dialogs.create(dialog("Alice's tax"), Timestamp::now()).expect("a stored dialog");
    let settings = folder.path().join("dialogdex.toml");
    std::fs::write(&settings, format!("[data]\ndir = '{}'\ncache_mb = 16\n", data.display())).expect("a file");
    let settings = settings.to_str().expect("a path of text");

    for command in ["check", "rebuild", "sizes"] {
        let refused = output(&[command, "--config", settings]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("is in use by another process"), "{said}");
    }
    drop(dialogs);
    for (command, said) in [
        ("check", "1 dialogs and 1 changes checked, 0 differences found\n"),
        ("rebuild", "the index has been made anew\n"),
        ("check", "1 dialogs and 1 changes checked, 0 differences found\n"),
    ] {
        let done = output(&[command, "--config", settings]);
        assert_eq!(String::from_utf8_lossy(&done.stdout), said, "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(done.status.code(), Some(0));
    }
    let measured = output(&["sizes", "--config", settings]);
    let said = String::from_utf8_lossy(&measured.stdout).into_owned();
    assert!(said.starts_with("1 dialogs\nstore "), "{said}");
    assert!(said.contains("\n  records ") && said.contains("\n  positions text "), "{said}");
    assert_eq!(measured.status.code(), Some(0));
}

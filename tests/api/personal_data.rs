//! What is logged, counted and traced holds nothing of a person: not who is asked about, not who asks, not for what.

use crate::app::{ALICE, BOB, LETTERS, SKD_NUMBER, TAX, consumer, signing_key};
use crate::commands::{Running, settings, token};
use crate::fake_issuer::FakeIssuer;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use uuid::Uuid;

/// A word that nothing else has, and an address of e-mail.
const WORD: &str = "hemmelighetskremmeri";
const EMAIL: &str = "kari.solbakken@example.no";

/// Takes spans and keeps them as they come.
struct FakeCollector {
    url: String,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl FakeCollector {
    async fn start() -> Self {
        let taken = Arc::<Mutex<Vec<u8>>>::default();
        let keeping = Arc::clone(&taken);
        let take = post(async move |body: Bytes| {
            keeping.lock().expect("no panic").extend_from_slice(&body);
            StatusCode::OK
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/v1/traces", take);
        tokio::spawn(dialogdex::server::serve_until(std::future::pending(), listener, router));
        Self { url, taken }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.count(bytes) > 0
    }

    fn count(&self, bytes: &[u8]) -> usize {
        self.taken.lock().expect("no panic").windows(bytes.len()).filter(|window| *window == bytes).count()
    }
}

/// One request and what it says.
struct Sent {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Sent {
    fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(method: Method, path: impl Into<String>, body: impl Into<String>) -> Self {
        let sent = Self { method, path: path.into(), headers: Vec::new(), body: body.into() };
        sent.with("content-type", "application/json")
    }
}

fn new_dialog(party: &str) -> Value {
    let text = |value: &str| json!({ "value": [{ "languageCode": "nb", "value": value }] });
    json!({
        "serviceResource": TAX,
        "party": party,
        "extendedStatus": WORD,
        "externalReference": format!("{WORD}:{ALICE}"),
        "searchTags": [{ "value": WORD }],
        "content": { "title": text(&format!("{WORD} om {ALICE}")), "summary": text(EMAIL) },
    })
}

/// The number, the word and the address in all places that a request has.
fn requests() -> Vec<Sent> {
    let urn = format!("urn:altinn:person:identifier-no:{ALICE}");
    let known = Uuid::now_v7();
    let enduser = "/api/v1/enduser/dialogs";
    let owner = "/api/v1/serviceowner/dialogs";
    let mut requests = vec![
        Sent::get(format!("{enduser}?party={urn}&search={WORD}")),
        Sent::get(format!("{enduser}?allParties=true&search=%22{WORD}+om%22+{ALICE}")),
        Sent::get(format!("{enduser}?party={urn}&orderBy={urn}")),
        Sent::get(format!("{enduser}?party={ALICE}&{ALICE}={WORD}&extendedStatus={WORD}")),
        Sent::get(format!("{enduser}?allParties=true&continuationToken={urn}")),
        Sent::get(format!("{enduser}?allParties=true&search=%ff{WORD}")),
        Sent::get(format!("{enduser}/facets?party={urn}&search={WORD}&facet={WORD}")),
        Sent::get(format!("{enduser}/{urn}")),
        Sent::get(format!("{enduser}/{known}?{WORD}")),
        Sent::get(format!("/{urn}/{EMAIL}")),
        Sent::get(format!("/swagger/{ALICE}")),
        Sent::get(format!("/health?{ALICE}")),
        Sent::get(format!("{owner}?endUserId={urn}&serviceResource={TAX}&search={WORD}")),
        Sent::get(format!("{owner}?enduserid={ALICE}&enduserid={WORD}")),
        Sent::get(format!("{owner}?party={urn}&explain=true&search={WORD}")),
        Sent::get(format!("{owner}/endusercontext?party={urn}&label={WORD}")),
        Sent::get(format!("/api/v1/serviceowner/dialoglookup?instanceRef={urn}")),
        Sent::get(format!("{owner}/{known}/transmissions/{ALICE}")),
        Sent::body(Method::POST, owner, new_dialog(&urn).to_string()),
        Sent::body(Method::POST, owner, new_dialog(&format!("{urn}{ALICE}")).to_string()),
        Sent::body(Method::POST, owner, format!("{{\"{WORD}\": {ALICE}")),
        Sent::body(Method::POST, owner, format!("{{\"party\": {ALICE}, \"title\": \"{WORD}\"}}")),
        Sent::body(Method::PUT, format!("/api/v1/index/dialogs/{known}"), new_dialog(&urn).to_string()),
        Sent::body(Method::PUT, format!("/api/v1/index/dialogs/{known}"), new_dialog(&urn).to_string())
            .with("if-match", ALICE),
        Sent::body(Method::PATCH, format!("{owner}/{known}"), format!("[{{\"op\":\"{WORD}\",\"path\":\"/{ALICE}\"}}]")),
        Sent::body(
            Method::POST,
            format!("{owner}/{known}/activities"),
            json!({
                "type": "Information",
                "performedBy": { "actorType": "PartyRepresentative", "actorId": urn },
                "description": [{ "languageCode": "nb", "value": WORD }],
            })
            .to_string(),
        ),
        Sent::body(Method::POST, format!("{owner}/{known}/context/labels"), json!({ "label": ALICE }).to_string()),
        Sent::body(Method::DELETE, format!("{owner}/{known}/context/labels/{ALICE}"), ""),
        Sent::body(
            Method::PUT,
            format!("{owner}/{known}/endusercontext/systemlabels?enduserId={urn}"),
            json!({ "addLabels": [WORD] }).to_string(),
        ),
        Sent::body(Method::POST, format!("/api/v1/index/dialogs/bulk?{ALICE}"), {
            let line = |id: &str, dialog: Value| {
                let mut dialog = dialog;
                dialog["id"] = json!(id);
                json!({ "upsert": dialog }).to_string() + "\n"
            };
            line(&Uuid::now_v7().to_string(), new_dialog(&urn)) + &line(ALICE, new_dialog(WORD)) + ALICE + "\n" + WORD
        }),
        Sent::body(
            Method::PUT,
            "/api/v1/admin/register",
            json!({ "parties": [{ "urn": urn, "name": WORD }] }).to_string(),
        ),
        Sent::body(
            Method::PUT,
            format!("/api/v1/admin/register/grants/{ALICE}"),
            json!({ "to": urn, "for": format!("urn:altinn:person:identifier-no:{BOB}"), "resources": [LETTERS] })
                .to_string(),
        ),
        Sent::body(Method::DELETE, format!("/api/v1/admin/register/grants/{ALICE}"), ""),
    ];
    let method = format!("{}{ALICE}", WORD.to_uppercase());
    requests.push(Sent { method: Method::from_bytes(method.as_bytes()).expect("a word"), ..Sent::get(enduser) });
    requests.push(
        Sent::get(format!("{enduser}?allParties=true"))
            .with("traceparent", format!("00-{ALICE}-{WORD}-01"))
            .with("tracestate", format!("x={ALICE}"))
            .with("baggage", format!("pid={ALICE},word={WORD}"))
            .with("user-agent", format!("{WORD}/{ALICE}"))
            .with("cookie", format!("pid={ALICE}"))
            .with("referer", format!("https://portal.example/{ALICE}?q={WORD}"))
            .with("x-forwarded-for", ALICE)
            .with("x-request-id", WORD)
            .with("accept-language", WORD)
            .with("accept", format!("{WORD}/{ALICE}")),
    );
    requests
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_logged_counted_or_traced() {
    let key = signing_key();
    let issuer = FakeIssuer::publishing(json!({ "keys": [key.public_jwk()] })).await;
    let collector = FakeCollector::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(&folder, &issuer);
    let further = format!("level = \"trace\"\n[telemetry]\notlp_endpoint = \"{}\"\n", collector.url);
    let text = std::fs::read_to_string(&settings).expect("the settings") + &further;
    std::fs::write(&settings, text).expect("a file");
    let service = Running::start(&["serve", "--config", &settings]);

    let provider = "digdir:dialogporten.serviceprovider";
    let everything = format!("{provider} {provider}.search {provider}.changetransmissions {provider}.admin");
    let tokens = [
        token(&key, json!({ "scope": "digdir:dialogporten", "pid": ALICE, "acr": "idporten-loa-high" })),
        token(&key, json!({ "scope": "digdir:dialogporten", "pid": ALICE, "acr": WORD })),
        token(
            &key,
            json!({ "scope": "digdir:dialogporten", "email": EMAIL, "amr": ["Selfregistered-email"],
            "acr": "selfregistered-email" }),
        ),
        token(&key, json!({ "scope": everything, "consumer": consumer(SKD_NUMBER), "sub": ALICE })),
        token(&key, json!({ "scope": everything, "pid": ALICE, "consumer": consumer(ALICE) })),
        token(&key, json!({ "pid": ALICE, "exp": 1 })),
        token(&key, json!({ "iss": format!("https://{WORD}/"), "pid": ALICE })),
        ALICE.to_owned(),
    ];
    let client = Client::new();
    let mut answers: Vec<u16> = Vec::new();
    for token in &tokens {
        for Sent { method, path, headers, body } in requests() {
            let url = format!("http://{}{path}", service.address);
            let mut request = client.request(method, url).bearer_auth(token).body(body);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = request.send().await.expect("an answer");
            answers.push(answer.status().as_u16());
            answer.bytes().await.expect("a whole answer");
        }
    }
    // Requests of all kinds were answered, good ones among them, and none by a defect.
    for status in [200, 201, 400, 401, 403, 404] {
        assert!(answers.contains(&status), "{status}: {answers:?}");
    }
    assert!(!answers.contains(&500), "{answers:?}");
    let metrics = client.get(format!("http://{}/metrics", service.address)).send().await.expect("an answer");
    let metrics = metrics.text().await.expect("a text");
    let (code, log) = service.stop_and_tell("-TERM");
    assert_eq!(code, Some(0));

    // All of them were told of, and searches by their way.
    assert_eq!(log.matches("\"answered\"").count(), answers.len() + 1, "{log}");
    assert!(log.contains("\"driver\":") && log.contains("\"searched\""), "{log}");
    for name in ["SearchDialogs", "ServiceOwnerSearchDialogs", "IndexBulk", "http.route", "dialogdex.search.driver"] {
        assert!(collector.holds(name.as_bytes()), "{name} is in no span");
    }
    assert_eq!(collector.count(b"http.response.status_code"), answers.len() + 1);
    for secret in [ALICE, WORD, EMAIL, &WORD.to_uppercase(), "Selfregistered"] {
        let found = log.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret} is logged");
        assert!(!metrics.contains(secret), "{secret} is counted: {metrics}");
        assert!(!collector.holds(secret.as_bytes()), "{secret} is in a span");
    }
}

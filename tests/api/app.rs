//! A service of its own for each test, and the people who call it.

use crate::fake_issuer::ISSUER;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use dialog_index::domain::{
    ContentValue, DialogContent, DialogId, LanguageCode, Localization, Localizations, MediaType, Org, Party, Revision,
    ServiceResource, Timestamp,
};
use dialog_index::{Dialogs, NewDialog, OpenOptions};
use dialogdex::app::{App, Clock, HttpRules, Limits, Origins, Parts};
use dialogdex::auth::dialog_tokens::{DialogTokenKeys, DialogTokens};
use dialogdex::auth::issuers::{IssuerSource, KeySet, TokenRules};
use dialogdex::auth::register::Register;
use dialogdex::auth::signing_key::SigningKey;
use dialogdex::auth::{Authority, Issuers};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// People and companies of [`REGISTER`]; their numbers are synthetic.
pub(crate) const ALICE: &str = "14829012333";
pub(crate) const BOB: &str = "14829012414";
/// A person without rights to anybody but herself.
pub(crate) const CAROL: &str = "05867523660";
/// Alice is its daily manager.
pub(crate) const COMPANY: &str = "313300005";
/// The system user of [`COMPANY`].
pub(crate) const SYSTEM_USER: &str = "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11";
pub(crate) const SKD_NUMBER: &str = "974761076";
pub(crate) const NAV_NUMBER: &str = "889640782";
/// Services of skd: one that asks for level 3, one for level 4, one with rules for parts, one that nobody may read, one
/// of letters. One of nav.
pub(crate) const TAX: &str = "urn:altinn:resource:skd-skattemelding";
pub(crate) const SECRET: &str = "urn:altinn:resource:skd-kode-6";
pub(crate) const SIGNING: &str = "urn:altinn:resource:skd-signering";
pub(crate) const SUBMISSION: &str = "urn:altinn:resource:skd-innsending";
pub(crate) const LETTERS: &str = "urn:altinn:resource:skd-brev";
pub(crate) const BENEFITS: &str = "urn:altinn:resource:nav-ytelser";

pub(crate) const PUBLIC_URL: &str = "https://dialogs.test";
const END_USER_SCOPES: &str = "digdir:dialogporten";
const SERVICE_OWNER_SCOPES: &str = "digdir:dialogporten.serviceprovider digdir:dialogporten.serviceprovider.search";
pub(crate) const USUAL_RULES: HttpRules = HttpRules {
    max_body_bytes: 20_000_000,
    request_timeout: Duration::from_secs(30),
    maintenance: None,
    tells_metrics: true,
    // As much as there can be of these, for what comes behind must stand it, too.
    max_url_bytes: 65_534,
    max_query_parameters: 65_534,
    max_header_bytes: 65_536,
    max_reads: 1_024,
    max_writes: 512,
    rate: None,
    allowed_origins: Origins::None,
};
const REGISTER: &[u8] = include_bytes!("register.json");

/// A service over a new folder, with the register of `register.json`.
pub(crate) struct TestApp {
    router: Router,
    app: App,
    issuer: SigningKey,
    microseconds_later: Arc<AtomicI64>,
    /// The time at which the clock stands still; 0 while it goes.
    standing_at: Arc<AtomicI64>,
    // Removed with everything in it when the test ends.
    _folder: TempDir,
}

/// Someone who calls, with the token that they show, if any.
pub(crate) struct Actor<'a> {
    app: &'a TestApp,
    authorization: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl TestApp {
    pub(crate) fn new() -> Self {
        Self::with_rules(USUAL_RULES)
    }

    /// A service that asks somebody else who may do what.
    pub(crate) fn asking(authority: Box<dyn Authority>) -> Self {
        Self::made_of(USUAL_RULES, Some(authority))
    }

    /// Both.
    pub(crate) fn asking_with_rules(authority: Box<dyn Authority>, http: HttpRules) -> Self {
        Self::made_of(http, Some(authority))
    }

    pub(crate) fn with_rules(http: HttpRules) -> Self {
        Self::made_of(http, None)
    }

    /// A service with a register of its own, for which it stays that time until it is told to wait.
    pub(crate) fn knowing(register: &[u8], now: Timestamp) -> Self {
        let app = Self::made_of_all(register, USUAL_RULES, None);
        app.standing_at.store(now.as_micros(), Ordering::Relaxed);
        app
    }

    fn made_of(http: HttpRules, authority: Option<Box<dyn Authority>>) -> Self {
        Self::made_of_all(REGISTER, http, authority)
    }

    fn made_of_all(register_document: &[u8], http: HttpRules, authority: Option<Box<dyn Authority>>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dialogs = Dialogs::open(folder.path(), &OpenOptions { cache_bytes: 16 << 20, items_cache_bytes: 1 << 20 })
            .expect("a new data folder");
        let register = Register::open(&dialogs).expect("a new register");
        register.replace(&dialogs, register_document).expect("a valid register");
        let issuer = signing_key();
        let keys = KeySet::parse(&json!({ "keys": [issuer.public_jwk()] })).expect("a key set");
        let rules = TokenRules { clock_skew_seconds: 2, audience: None };
        let source = IssuerSource::Keys { issuer: ISSUER.to_owned(), keys };
        let microseconds_later = Arc::new(AtomicI64::new(0));
        let later = Arc::clone(&microseconds_later);
        let standing_at = Arc::new(AtomicI64::new(0));
        let standing = Arc::clone(&standing_at);
        let app = App::new(Parts {
            dialogs,
            authority: authority.unwrap_or_else(|| Box::new(Arc::new(register))),
            issuers: Issuers::new(vec![source], rules).expect("issuers"),
            dialog_tokens: DialogTokens::new(
                PUBLIC_URL,
                DialogTokenKeys { primary: signing_key(), secondary: signing_key() },
            ),
            public_url: PUBLIC_URL.to_owned(),
            limits: Limits {
                end_user_parties: 100,
                end_user_service_resources: 20,
                end_user_orgs: 20,
                end_user_extended_statuses: 20,
                service_owner_parties: 20,
                service_owner_service_resources: 20,
                service_owner_extended_statuses: 20,
            },
            http,
            traces: None,
            clock: Clock::from_fn(move || {
                let now = match standing.load(Ordering::Relaxed) {
                    0 => Timestamp::now().as_micros(),
                    standing => standing,
                };
                Timestamp::from_micros(now + later.load(Ordering::Relaxed))
            }),
        });
        let router = dialogdex::router(app.clone());
        Self { router, app, issuer, microseconds_later, standing_at, _folder: folder }
    }

    /// Serves over a socket until the test ends.
    pub(crate) async fn serve(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(dialogdex::server::serve_until(std::future::pending(), listener, self.router.clone()));
        address
    }

    /// The answer before its body is read.
    pub(crate) async fn answer_to(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.expect("the router answers")
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn dialogs(&self) -> &Dialogs {
        self.app.dialogs()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// Lets time go on for the service, and for the tokens made from here on.
    pub(crate) fn wait(&self, time: Duration) {
        let microseconds = i64::try_from(time.as_micros()).expect("a time that fits");
        self.microseconds_later.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// Lets time stand still for the service, where it is now; [`TestApp::wait`] moves it on.
    pub(crate) fn stop_time(&self) -> Timestamp {
        self.standing_at.store(Timestamp::now().as_micros(), Ordering::Relaxed);
        self.now()
    }

    /// Stores a dialog through the library, as if an owner had created it now.
    pub(crate) fn holds(&self, dialog: NewDialog) -> Revision {
        self.dialogs().create(dialog, self.now()).expect("a stored dialog")
    }

    pub(crate) fn anonymous(&self) -> Actor<'_> {
        Actor { app: self, authorization: None }
    }

    /// A person at the highest level.
    pub(crate) fn end_user(&self, person: &str) -> Actor<'_> {
        self.end_user_at_level(person, "idporten-loa-high")
    }

    /// A person at a level, e.g. `idporten-loa-substantial` (3).
    pub(crate) fn end_user_at_level(&self, person: &str, acr: &str) -> Actor<'_> {
        self.claiming(json!({ "scope": END_USER_SCOPES, "pid": person, "acr": acr }))
    }

    /// A user who is known by an e-mail address alone, at a level.
    pub(crate) fn email_user(&self, email: &str, level: u8) -> Actor<'_> {
        self.claiming(json!({
            "scope": END_USER_SCOPES,
            "email": email,
            "amr": ["Selfregistered-email"],
            "urn:altinn:authlevel": level.to_string(),
        }))
    }

    pub(crate) fn system_user(&self, id: &str, organization: &str) -> Actor<'_> {
        self.claiming(json!({
            "scope": END_USER_SCOPES,
            "authorization_details": [{
                "type": "urn:altinn:systemuser",
                "systemuser_id": [id],
                "systemuser_org": consumer(organization),
            }],
            "consumer": consumer(organization),
        }))
    }

    /// An owner with the scopes to write and search, by its organisation number.
    pub(crate) fn service_owner(&self, number: &str) -> Actor<'_> {
        self.service_owner_with(number, "")
    }

    /// An owner with scopes beyond those to write and search.
    pub(crate) fn service_owner_with(&self, number: &str, further_scopes: &str) -> Actor<'_> {
        let scope = format!("{SERVICE_OWNER_SCOPES} {further_scopes}");
        self.claiming(json!({ "scope": scope, "consumer": consumer(number) }))
    }

    /// Someone with a valid token of these claims.
    pub(crate) fn claiming(&self, claims: Value) -> Actor<'_> {
        self.bearing(&self.token(claims))
    }

    pub(crate) fn bearing(&self, token: &str) -> Actor<'_> {
        self.authorized_by(&format!("Bearer {token}"))
    }

    pub(crate) fn authorized_by(&self, authorization: &str) -> Actor<'_> {
        Actor { app: self, authorization: Some(authorization.to_owned()) }
    }

    /// A token of [`TestApp::service_owner`].
    pub(crate) fn owner_token(&self, number: &str) -> String {
        self.token(json!({ "scope": SERVICE_OWNER_SCOPES, "consumer": consumer(number) }))
    }

    /// A token of the believed issuer; claims given replace the usual ones, null takes one away.
    pub(crate) fn token(&self, claims: Value) -> String {
        self.issuer.sign(&self.claims(claims))
    }

    pub(crate) fn claims(&self, claims: Value) -> Value {
        let now = self.now().as_micros() / 1_000_000;
        let mut all = json!({ "iss": ISSUER, "iat": now, "nbf": now, "exp": now + 600 });
        for (name, value) in claims.as_object().expect("claims are an object") {
            all[name] = value.clone();
        }
        all.as_object_mut().expect("claims are an object").retain(|_, value| !value.is_null());
        all
    }
}

impl Actor<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, JSON, body.to_string().into()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, JSON, body.to_string().into()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Body::empty()).await
    }

    /// A request with headers of its own.
    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        let answer = self.app.answer_to(request).await;
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} header")).to_str().expect("a header of text")
    }

    /// Fails with the body in the message, where a problem tells what was wrong.
    #[track_caller]
    pub(crate) fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

/// A dialog of skd's [`TAX`] service with Alice. Change what the test is about:
/// `NewDialog { party: person(BOB), ..dialog("Bob's tax") }`.
pub(crate) fn dialog(title: &str) -> NewDialog {
    NewDialog {
        content: Some(DialogContent::titled(text(title))),
        ..NewDialog::bare(DialogId::new(), Org::new("skd"), resource(TAX), person(ALICE))
    }
}

pub(crate) fn person(number: &str) -> Party {
    Party::person(number).expect("a valid number")
}

pub(crate) fn organization(number: &str) -> Party {
    Party::organization(number).expect("a valid number")
}

pub(crate) fn resource(urn: &str) -> ServiceResource {
    ServiceResource::parse(urn).expect("a valid URN")
}

/// A plain text in bokmål.
pub(crate) fn text(value: &str) -> ContentValue {
    let bokmål = Localization { language_code: LanguageCode::NB, value: value.to_owned() };
    ContentValue { media_type: MediaType::PlainText, value: Localizations::new(vec![bokmål]) }
}

pub(crate) fn consumer(number: &str) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") })
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::generate().expect("a key")
}

//! The service as it is run, on a port of the loopback interface, and the tokens that it believes.

use crate::corpus;
use axum::Router;
use axum::http::HeaderValue;
use dialog_index::Dialogs;
use dialog_index::domain::{EndUserId, ServiceResource, Timestamp};
use dialogdex::app::{App, Clock, Parts};
use dialogdex::auth::Issuers;
use dialogdex::auth::dialog_tokens::{DialogTokenKeys, DialogTokens};
use dialogdex::auth::issuers::{IssuerSource, KeySet};
use dialogdex::auth::register::Register;
use dialogdex::auth::signing_key::SigningKey;
use dialogdex::config::Config;
use dialogdex::{server, telemetry};
use serde_json::{Value, json};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const ISSUER: &str = "https://issuer.bench/";
const TOKEN_SECONDS: i64 = 24 * 3600;
const PERSON: &str = "urn:altinn:person:identifier-no:";
const SYSTEM_USER: &str = "urn:altinn:systemuser:uuid:";
/// Of the owner whose tokens write, see [`corpus::an_owner`].
const SERVICE: &str = "urn:altinn:resource:skd-0";

/// Threads of its own that serve routers as the program does. They end when it is dropped.
pub(crate) struct Server(Runtime);

/// The service over a data folder, with the settings that it has by default.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    app: App,
    issuer: SigningKey,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self(Runtime::new().expect("the threads of a server"))
    }

    pub(crate) fn serve(&self, router: Router) -> SocketAddr {
        let listener = self.0.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let address = listener.local_addr().expect("an address");
        self.0.spawn(server::serve_until(std::future::pending(), listener, router));
        address
    }
}

impl Service {
    /// Logs to a file in the data folder.
    pub(crate) fn start(server: &Server, folder: &Path) -> Self {
        let config = Config::load(None, []).expect("the defaults");
        let log = File::create(folder.join("log")).expect("a file for the log");
        telemetry::begin_into(config.log, Arc::new(log));
        let dialogs = corpus::open(folder);
        let issuer = signing_key();
        let keys = KeySet::parse(&json!({ "keys": [issuer.public_jwk()] })).expect("a key set");
        let source = IssuerSource::Keys { issuer: ISSUER.to_owned(), keys };
        let app = App::new(Parts {
            authority: Box::new(Arc::new(Register::open(&dialogs).expect("the register of the corpus"))),
            dialogs,
            issuers: Issuers::new(vec![source], config.token_rules).expect("an issuer"),
            dialog_tokens: DialogTokens::new(
                "http://localhost",
                DialogTokenKeys { primary: signing_key(), secondary: signing_key() },
            ),
            public_url: "http://localhost".to_owned(),
            limits: config.limits,
            http: config.http,
            clock: Clock::wall(),
            traces: None,
        });
        Self { address: server.serve(dialogdex::router(app.clone())), app, issuer }
    }

    pub(crate) fn dialogs(&self) -> &Dialogs {
        self.app.dialogs()
    }

    pub(crate) fn register(&self) -> &Register {
        self.app.authority().register().expect("the built-in register")
    }

    /// What `user` shows.
    pub(crate) fn user_token(&self, user: &EndUserId) -> HeaderValue {
        let claims = if let Some(number) = user.as_str().strip_prefix(PERSON) {
            json!({ "scope": "digdir:dialogporten", "pid": number, "acr": "idporten-loa-high" })
        } else {
            let id = user.as_str().strip_prefix(SYSTEM_USER).expect("a person or a system user");
            let details = json!([{ "type": "urn:altinn:systemuser", "systemuser_id": [id] }]);
            json!({ "scope": "digdir:dialogporten", "urn:altinn:authlevel": "4", "authorization_details": details })
        };
        self.token(claims)
    }

    /// What an owner shows who may write for all.
    pub(crate) fn writer_token(&self) -> HeaderValue {
        let service = ServiceResource::parse(SERVICE).expect("the name of a service");
        let owner = self.register().facts().resource(&service).expect("the service is in the register").owner_number;
        self.token(json!({
            "scope": "digdir:dialogporten.serviceprovider digdir:dialogporten.serviceprovider.admin",
            "consumer": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{owner}") },
        }))
    }

    fn token(&self, mut claims: Value) -> HeaderValue {
        let now = Timestamp::now().as_micros() / 1_000_000;
        for (name, value) in [("iss", json!(ISSUER)), ("nbf", json!(now)), ("exp", json!(now + TOKEN_SECONDS))] {
            claims[name] = value;
        }
        HeaderValue::try_from(format!("Bearer {}", self.issuer.sign(&claims))).expect("tokens are ASCII")
    }
}

fn signing_key() -> SigningKey {
    SigningKey::generate().expect("a key")
}

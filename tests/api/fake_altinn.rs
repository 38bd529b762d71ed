//! Altinn's services on the loopback interface. They answer from a register document, by rules of their own, and can be
//! slow, wrong or gone.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use dialog_index::domain::Timestamp;
use dialogdex::auth::altinn::{AltinnSettings, FeedLimits, Limits, Pace};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

const CLIENT_KEY: &str = include_str!("altinn_client_key.json");
const SUBSCRIPTION_KEY: &str = "a-subscription-key";
const CLIENT_ID: &str = "a-client";
const SCOPES: &str = "altinn:one altinn:two";
const RESOURCE: &str = "urn:altinn:resource:";
const ROLE: &str = "urn:altinn:rolecode:";
const ACCESS_PACKAGE: &str = "urn:altinn:accesspackage:";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Token,
    Exchange,
    Parties,
    Decisions,
    Names,
    Resources,
    Subjects,
    Policies,
    Roles,
    Packages,
    Owners,
}

/// How a service behaves.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    Right,
    Slow(Duration),
    /// Answers this, whatever it is asked.
    Saying(StatusCode, String),
}

pub(crate) struct FakeAltinn {
    address: SocketAddr,
    /// Where the services are behind the address, which nobody else knows.
    hidden: SocketAddr,
    world: Arc<Mutex<World>>,
    front: Mutex<Option<JoinHandle<()>>>,
}

struct World {
    document: Document,
    modes: HashMap<Service, Mode>,
    calls: HashMap<Service, Vec<Value>>,
    /// Those that are believed.
    tokens: HashSet<String>,
    tokens_made: usize,
    /// Subject, service, when, and whether it was taken away.
    changes: Vec<(String, String, DateTime<Utc>, bool)>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    service_owners: Vec<Owner>,
    service_resources: Vec<Resource>,
    subjects: Vec<Subject>,
    parties: Vec<Party>,
    grants: Vec<Grant>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    code: String,
    org_number: String,
    name: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    id: String,
    owner: String,
    #[serde(rename = "type")]
    kind: String,
    name: BTreeMap<String, String>,
    delegable: Option<bool>,
    minimum_authentication_level: Option<u8>,
    rules: Vec<Rule>,
}

#[derive(Clone, Deserialize)]
struct Rule {
    subjects: Vec<String>,
    actions: Vec<String>,
    attribute: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Subject {
    urn: String,
    name: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Party {
    urn: String,
    name: String,
    uuid: String,
    party_id: Option<u32>,
    date_of_birth: Option<String>,
    #[serde(default)]
    deleted: bool,
    parent: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grant {
    to: String,
    #[serde(rename = "for")]
    party: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    access_packages: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Clone, Deserialize)]
struct Instance {
    resource: String,
    #[serde(rename = "ref")]
    reference: String,
}

/// All that a user holds for a party, in lower case.
#[derive(Default)]
struct Held {
    subjects: BTreeSet<String>,
    resources: BTreeSet<String>,
    instances: BTreeSet<(String, String)>,
}

impl FakeAltinn {
    /// Answers from a register document.
    pub(crate) async fn knowing(document: &Value) -> Self {
        let mut world = World {
            document: Document::deserialize(document).expect("a register document"),
            modes: HashMap::new(),
            calls: HashMap::new(),
            tokens: HashSet::new(),
            tokens_made: 0,
            changes: Vec::new(),
        };
        world.note_changes();
        let world = Arc::new(Mutex::new(world));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let hidden = listener.local_addr().expect("an address");
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let front = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = front.local_addr().expect("an address");
        let front = Mutex::new(Some(tokio::spawn(forward(front, hidden))));
        Self { address, hidden, world, front }
    }

    pub(crate) fn settings(&self) -> AltinnSettings {
        let url = format!("http://{}", self.address);
        AltinnSettings {
            base_url: url.parse().expect("a loopback URL"),
            cdn_url: url.parse().expect("a loopback URL"),
            maskinporten_url: url.parse().expect("a loopback URL"),
            client_id: CLIENT_ID.to_owned(),
            client_key: CLIENT_KEY.parse().expect("a key"),
            scopes: SCOPES.to_owned(),
            subscription_key: SUBSCRIPTION_KEY.parse().expect("a key"),
        }
    }

    pub(crate) fn settings_as_toml(&self) -> String {
        let address = self.address;
        format!(
            "[authorization.altinn]\nbase_url = 'http://{address}'\ncdn_url = 'http://{address}'\n\
             maskinporten_url = 'http://{address}'\nclient_id = '{CLIENT_ID}'\nclient_key = '''{CLIENT_KEY}'''\n\
             scopes = '{SCOPES}'\nsubscription_key = '{SUBSCRIPTION_KEY}'\n"
        )
    }

    /// What must not be told anywhere.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let key: Value = serde_json::from_str(CLIENT_KEY).expect("a JWK");
        let of_key = ["d", "p", "q"].map(|name| key[name].as_str().expect("a number").to_owned());
        let tokens = self.world().tokens.iter().cloned().collect::<Vec<_>>();
        of_key.into_iter().chain(tokens).chain([SUBSCRIPTION_KEY.to_owned()]).collect()
    }

    pub(crate) fn set(&self, service: Service, mode: Mode) {
        self.world().modes.insert(service, mode);
    }

    pub(crate) fn know(&self, document: &Value) {
        let mut world = self.world();
        world.document = Document::deserialize(document).expect("a register document");
        world.note_changes();
    }

    /// What a service was asked so far.
    pub(crate) fn calls(&self, service: Service) -> Vec<Value> {
        self.world().calls.get(&service).cloned().unwrap_or_default()
    }

    /// Believes no token that was shown before.
    pub(crate) fn withdraw_tokens(&self) {
        self.world().tokens.clear();
    }

    /// Nobody listens at the address any more, and what was under way ends.
    pub(crate) async fn go_away(&self) {
        let front = self.front.lock().expect("no panic").take().expect("it is there");
        front.abort();
        // It says that it was ended.
        drop(front.await);
    }

    pub(crate) async fn come_back(&self) {
        let front = TcpListener::bind(self.address).await.expect("the port is free");
        *self.front.lock().expect("no panic") = Some(tokio::spawn(forward(front, self.hidden)));
    }

    /// The number that Altinn knows a user by.
    pub(crate) fn user_id(&self, urn: &str) -> Option<u64> {
        let world = self.world();
        let place = world.document.parties.iter().position(|party| party.urn == urn)?;
        Some(FIRST_USER_ID + place as u64)
    }

    pub(crate) fn party_id(&self, urn: &str) -> Option<u64> {
        let world = self.world();
        world.document.parties.iter().find(|party| party.urn == urn)?.party_id.map(u64::from)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no panic")
    }
}

const FIRST_USER_ID: u64 = 900_000;

/// Time limits that tests need not wait long for.
pub(crate) fn quick_pace() -> Pace {
    let limits = Limits {
        fresh: Duration::from_millis(400),
        usable: Duration::from_millis(2500),
        soft: Duration::from_millis(200),
        hard: Duration::from_millis(1000),
    };
    let feed = FeedLimits {
        every: Duration::from_millis(100),
        usable: Duration::from_secs(600),
        hard: Duration::from_millis(2000),
    };
    Pace {
        authorized_parties: limits,
        decisions: limits,
        names: limits,
        resources: feed,
        subjects: feed,
        levels: feed,
        described: feed,
        retry: Duration::from_millis(10),
        after_failure: Duration::from_millis(50),
    }
}

async fn forward(front: TcpListener, hidden: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((mut caller, _)) = front.accept().await {
        connections.spawn(async move {
            if let Ok(mut service) = TcpStream::connect(hidden).await {
                // Either side may go at any time.
                drop(tokio::io::copy_bidirectional(&mut caller, &mut service).await);
            }
        });
    }
}

impl Service {
    fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/token" => Self::Token,
            "/authentication/api/v1/exchange/maskinporten" => Self::Exchange,
            "/accessmanagement/api/v1/resourceowner/authorizedparties" => Self::Parties,
            "/authorization/api/v1/authorize" => Self::Decisions,
            "/register/api/v1/dialogporten/parties/query" => Self::Names,
            "/resourceregistry/api/v1/resource/resourcelist" => Self::Resources,
            "/resourceregistry/api/v1/resource/updated" => Self::Subjects,
            "/accessmanagement/api/v1/meta/info/roles" => Self::Roles,
            "/accessmanagement/api/v1/meta/info/accesspackages/export" => Self::Packages,
            "/orgs/altinn-orgs.json" => Self::Owners,
            _ if path.starts_with("/resourceregistry/api/v1/resource/") && path.ends_with("/policy") => Self::Policies,
            _ => return None,
        })
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Some(service) = Service::at(parts.uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let mode = {
        let mut world = world.lock().expect("no panic");
        let asked = serde_json::from_slice(&body).unwrap_or(Value::Null);
        world.calls.entry(service).or_default().push(asked);
        world.modes.get(&service).cloned().unwrap_or(Mode::Right)
    };
    match mode {
        Mode::Right => {}
        Mode::Slow(time) => tokio::time::sleep(time).await,
        Mode::Saying(status, text) => return (status, text).into_response(),
    }
    let mut world = world.lock().expect("no panic");
    world.answer(service, &parts.uri, &parts.headers, &body).unwrap_or_else(|status| status.into_response())
}

impl World {
    fn answer(
        &mut self,
        service: Service,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response, StatusCode> {
        let asked = || serde_json::from_slice::<Value>(body).map_err(|_| StatusCode::BAD_REQUEST);
        let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or("nb");
        if matches!(service, Service::Parties | Service::Decisions | Service::Names) {
            self.check_credentials(headers)?;
        }
        Ok(match service {
            Service::Token => self.grant(body)?,
            Service::Exchange => self.exchange(headers)?,
            Service::Parties => Json(self.parties(&asked()?, uri.query().unwrap_or_default())?).into_response(),
            Service::Decisions => Json(self.decisions(&asked()?)?).into_response(),
            Service::Names => Json(self.names(&asked()?)).into_response(),
            Service::Resources => Json(self.resources()).into_response(),
            Service::Subjects => Json(self.subjects(uri.query().unwrap_or_default())?).into_response(),
            Service::Policies => self.policy(uri.path()).ok_or(StatusCode::NOT_FOUND)?.into_response(),
            Service::Roles => Json(self.roles(language)).into_response(),
            Service::Packages => Json(self.packages(language)).into_response(),
            Service::Owners => Json(self.owners()).into_response(),
        })
    }

    /// As Maskinporten: what is signed by the client's key is exchanged for a token.
    fn grant(&mut self, body: &Bytes) -> Result<Response, StatusCode> {
        let body = std::str::from_utf8(body).map_err(|_| StatusCode::BAD_REQUEST)?;
        let assertion = body
            .strip_prefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")
            .ok_or(StatusCode::BAD_REQUEST)?;
        let key: Jwk = serde_json::from_str(CLIENT_KEY).expect("a JWK");
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_aud = false;
        let key = DecodingKey::from_jwk(&key).expect("a key");
        let claims =
            jsonwebtoken::decode::<Value>(assertion, &key, &validation).map_err(|_| StatusCode::UNAUTHORIZED)?.claims;
        let lives = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
        let is_right = claims["iss"] == CLIENT_ID
            && claims["scope"] == SCOPES
            && claims["aud"].as_str().is_some_and(|aud| aud.starts_with("http://127.0.0.1:") && aud.ends_with('/'))
            && lives.is_some_and(|seconds| seconds <= 120);
        if !is_right {
            return Err(StatusCode::BAD_REQUEST);
        }
        Ok(Json(json!({ "access_token": "of-maskinporten", "token_type": "Bearer", "expires_in": 119 }))
            .into_response())
    }

    fn exchange(&mut self, headers: &HeaderMap) -> Result<Response, StatusCode> {
        if headers.get(header::AUTHORIZATION).is_none_or(|shown| shown != "Bearer of-maskinporten") {
            return Err(StatusCode::UNAUTHORIZED);
        }
        self.tokens_made += 1;
        let expires = Timestamp::now().as_micros() / 1_000_000 + 1800;
        let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({ "exp": expires, "n": self.tokens_made }).to_string());
        let token = format!("e30.{claims}.c2lnbmVk");
        self.tokens.insert(token.clone());
        Ok(token.into_response())
    }

    fn check_credentials(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let shown = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        let token = shown.and_then(|it| it.strip_prefix("Bearer ")).unwrap_or_default();
        let has_key = headers.get("Ocp-Apim-Subscription-Key").is_some_and(|key| key == SUBSCRIPTION_KEY);
        if has_key && self.tokens.contains(token) { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
    }

    fn held(&self, user: &str, party: &str) -> Held {
        let mut held = Held::default();
        let is_person = user.starts_with("urn:altinn:person:");
        if user == party && is_person {
            held.subjects.insert(format!("{ROLE}priv"));
        }
        for grant in self.document.grants.iter().filter(|grant| grant.to == user && grant.party == party) {
            let urn = |prefix: &str, code: &String| {
                let code = code.to_lowercase();
                if code.starts_with(prefix) { code } else { format!("{prefix}{code}") }
            };
            held.subjects.extend(grant.roles.iter().map(|code| urn(ROLE, code)));
            held.subjects.extend(grant.access_packages.iter().map(|code| urn(ACCESS_PACKAGE, code)));
            held.resources.extend(grant.resources.iter().map(|id| id.to_lowercase()));
            let instances = grant.instances.iter();
            held.instances.extend(instances.map(|it| (it.resource.to_lowercase(), it.reference.to_lowercase())));
        }
        held
    }

    fn parties(&self, asked: &Value, query: &str) -> Result<Value, StatusCode> {
        let urn = |named: &Value| Some(format!("{}:{}", named["type"].as_str()?, named["value"].as_str()?));
        let user = urn(asked).ok_or(StatusCode::BAD_REQUEST)?;
        let filter: Option<Vec<String>> = match &asked["partyFilter"] {
            Value::Array(named) if !named.is_empty() => {
                Some(named.iter().map(urn).collect::<Option<_>>().ok_or(StatusCode::BAD_REQUEST)?)
            }
            _ => None,
        };
        for flag in ["includeAltinn2", "includeAccessPackages", "includeRoles", "includeResources", "includeInstances"]
        {
            if !query.split('&').any(|given| given == format!("{flag}=true")) {
                return Err(StatusCode::BAD_REQUEST);
            }
        }
        let is_wanted = |party: &str| filter.as_ref().is_none_or(|filter| filter.iter().any(|it| it == party));
        let granted = self.document.grants.iter().filter(|grant| grant.to == user).map(|grant| grant.party.clone());
        let own = user.starts_with("urn:altinn:person:").then(|| user.clone());
        let mut listed: Vec<Value> = Vec::new();
        for party in granted.chain(own).collect::<BTreeSet<_>>() {
            if !is_wanted(&party) {
                continue;
            }
            let known = self.document.parties.iter().find(|it| it.urn == party);
            let shown = self.party(&party, known, Some(self.held(&user, &party)));
            let Some(parent) = known.and_then(|known| known.parent.clone()) else {
                match listed.iter_mut().find(|it| it["organizationNumber"] == shown["organizationNumber"]) {
                    // It is there as the parent of another.
                    Some(placed) if shown["organizationNumber"].is_string() => {
                        let subunits = placed["subunits"].take();
                        *placed = shown;
                        placed["subunits"] = subunits;
                    }
                    _ => listed.push(shown),
                }
                continue;
            };
            let number = parent.rsplit(':').next().unwrap_or_default();
            if !listed.iter().any(|it| it["organizationNumber"] == number) {
                let entry = self.document.parties.iter().find(|it| it.urn == parent);
                listed.push(self.party(&parent, entry, None));
            }
            let placed = listed.iter_mut().find(|it| it["organizationNumber"] == number).expect("it is placed");
            placed["subunits"].as_array_mut().expect("a list").push(shown);
        }
        Ok(Value::Array(listed))
    }

    /// Without rights it is there for its sub-units alone.
    fn party(&self, urn: &str, known: Option<&Party>, held: Option<Held>) -> Value {
        let (kind, member) = match urn.rsplit_once(':').expect("a URN") {
            ("urn:altinn:organization:identifier-no", number) => ("Organization", ("organizationNumber", number)),
            ("urn:altinn:person:identifier-no", number) => ("Person", ("personId", number)),
            (_, name) => ("SelfIdentified", ("emailId", name)),
        };
        let has_rights = held.is_some();
        let held = held.unwrap_or_default();
        let codes = |prefix: &str| -> Vec<String> {
            let codes = held.subjects.iter().filter_map(|urn| urn.strip_prefix(prefix));
            codes.map(|code| if prefix == ROLE { code.to_uppercase() } else { code.to_owned() }).collect()
        };
        let instance = |(resource, reference): &(String, String)| {
            json!({
                "resourceId": resource.strip_prefix(RESOURCE),
                "instanceId": reference.rsplit([':', '/']).next(),
                "instanceRef": reference,
            })
        };
        let mut party = json!({
            "name": known.map_or("Someone", |known| known.name.as_str()),
            "partyUuid": known.map(|known| known.uuid.as_str()),
            "partyId": known.and_then(|known| known.party_id),
            "dateOfBirth": known.and_then(|known| known.date_of_birth.clone()),
            "organizationNumber": null,
            "personId": null,
            "type": kind,
            "isDeleted": known.is_some_and(|known| known.deleted),
            "onlyHierarchyElementWithNoAccess": !has_rights,
            "authorizedRoles": codes(ROLE),
            "authorizedAccessPackages": codes(ACCESS_PACKAGE),
            "authorizedResources": held.resources.iter().map(|id| id.strip_prefix(RESOURCE)).collect::<Vec<_>>(),
            "authorizedInstances": held.instances.iter().map(instance).collect::<Vec<_>>(),
            "subunits": [],
        });
        party[member.0] = json!(member.1);
        party
    }

    fn decisions(&self, asked: &Value) -> Result<Value, StatusCode> {
        let request = &asked["Request"];
        let by_id = |category: &str| -> HashMap<String, Vec<(String, String)>> {
            let entries = request[category].as_array().into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let attributes = |entry: &Value| {
                let attributes = entry["Attribute"].as_array().into_iter().flatten();
                attributes.map(|it| (text(&it["AttributeId"]), text(&it["Value"]))).collect()
            };
            entries.map(|entry| (text(&entry["Id"]), attributes(entry))).collect()
        };
        let (subjects, actions, resources) = (by_id("AccessSubject"), by_id("Action"), by_id("Resource"));
        let [(kind, value)] = subjects.get("s1").map(Vec::as_slice).unwrap_or_default() else {
            return Err(StatusCode::BAD_REQUEST);
        };
        let user = match kind.as_str() {
            "urn:altinn:userid" => {
                let number: u64 = value.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
                let place = usize::try_from(number - FIRST_USER_ID).map_err(|_| StatusCode::BAD_REQUEST)?;
                self.document.parties.get(place).ok_or(StatusCode::BAD_REQUEST)?.urn.clone()
            }
            "urn:altinn:person:identifier-no" | "urn:altinn:systemuser:uuid" => format!("{kind}:{value}"),
            _ => return Err(StatusCode::BAD_REQUEST),
        };
        let references = request["MultiRequests"]["RequestReference"].as_array().ok_or(StatusCode::BAD_REQUEST)?;
        let decide = |reference: &Value| {
            let id = |place: usize| reference["ReferenceId"][place].as_str().unwrap_or_default();
            let (_, action) = actions.get(id(2))?.first()?;
            self.is_permitted(&user, action, resources.get(id(1))?).then_some(())
        };
        let decisions = references.iter().map(|reference| match decide(reference) {
            Some(()) => json!({ "decision": "Permit", "status": { "statusCode": {} } }),
            None => json!({ "decision": "NotApplicable" }),
        });
        Ok(json!({ "response": decisions.collect::<Vec<_>>() }))
    }

    fn is_permitted(&self, user: &str, action: &str, asked: &[(String, String)]) -> bool {
        let value = |wanted: &str| asked.iter().find(|(id, _)| id == wanted).map(|(_, value)| value.clone());
        let resource = match (value("urn:altinn:app"), value("urn:altinn:org")) {
            (Some(app), Some(org)) => format!("{RESOURCE}app_{org}_{app}"),
            (Some(app), None) => format!("{RESOURCE}{app}"),
            _ => format!("{RESOURCE}{}", value("urn:altinn:resource").unwrap_or_default()),
        };
        let party = match value("urn:altinn:partyid") {
            Some(number) => self
                .document
                .parties
                .iter()
                .find(|party| party.party_id.is_some_and(|id| id.to_string() == number))
                .map(|party| party.urn.clone()),
            None => asked
                .iter()
                .find(|(id, _)| {
                    matches!(id.as_str(), "urn:altinn:organization:identifier-no" | "urn:altinn:person:identifier-no")
                })
                .map(|(id, value)| format!("{id}:{value}")),
        };
        let instance = value("urn:altinn:resource:instance-id");
        let known = [
            "urn:altinn:resource",
            "urn:altinn:app",
            "urn:altinn:org",
            "urn:altinn:partyid",
            "urn:altinn:organization:identifier-no",
            "urn:altinn:person:identifier-no",
            "urn:altinn:resource:instance-id",
        ];
        let part = asked.iter().find(|(id, _)| !known.contains(&id.as_str())).map(|(id, value)| match id.as_str() {
            "urn:altinn:subresource" => value.clone(),
            id => format!("{id}:{value}"),
        });
        let part = part.unwrap_or_else(|| "main".to_owned());
        let Some(party) = party else { return false };
        let Some(resource) = self.document.service_resources.iter().find(|it| it.id.eq_ignore_ascii_case(&resource))
        else {
            return false;
        };
        let held = self.held(user, &party);
        let id = resource.id.to_lowercase();
        let is_delegated = held.resources.contains(&id)
            || instance.is_some_and(|reference| held.instances.contains(&(id.clone(), reference.to_lowercase())));
        resource.rules.iter().any(|rule| {
            let of = rule.attribute.as_deref().unwrap_or("main");
            let of = of.strip_prefix("urn:altinn:subresource:").unwrap_or(of);
            of == part
                && rule.actions.iter().any(|it| it == action)
                && (is_delegated || rule.subjects.iter().any(|it| held.subjects.contains(&it.to_lowercase())))
        })
    }

    fn names(&self, asked: &Value) -> Value {
        let wanted = asked["data"].as_array().cloned().unwrap_or_default();
        let name = |urn: &Value| self.document.parties.iter().find(|party| party.urn == *urn).map(|it| &it.name);
        json!({ "data": wanted.iter().map(|urn| json!({ "displayName": name(urn) })).collect::<Vec<_>>() })
    }

    fn resources(&self) -> Value {
        let number = |code: &str| {
            let owner = self.document.service_owners.iter().find(|owner| owner.code.eq_ignore_ascii_case(code));
            owner.map(|owner| owner.org_number.clone())
        };
        let shown = self.document.service_resources.iter().map(|it| {
            json!({
                "identifier": it.id.strip_prefix(RESOURCE),
                "resourceType": it.kind,
                "delegable": it.delegable.unwrap_or(true),
                "status": "Active",
                "hasCompetentAuthority": { "organization": number(&it.owner), "orgCode": it.owner },
                "title": it.name,
                "description": null,
            })
        });
        let others = [
            json!({
                "identifier": "mask", "resourceType": "MaskinportenSchema", "title": {},
                "hasCompetentAuthority": { "organization": "974761076", "orgCode": "skd" },
            }),
            json!({
                "identifier": "nobodys", "resourceType": "GenericAccessResource", "title": {},
                "hasCompetentAuthority": { "organization": null, "orgCode": "skd" },
            }),
        ];
        Value::Array(shown.chain(others).collect())
    }

    /// Notes what is new in the document, and what is gone, as changes that are later than all before.
    fn note_changes(&mut self) {
        let mut then = BTreeSet::new();
        for (subject, service, _, deleted) in &self.changes {
            let pair = (subject.clone(), service.clone());
            if *deleted {
                then.remove(&pair)
            } else {
                then.insert(pair)
            };
        }
        let rules = self.document.service_resources.iter().flat_map(|it| it.rules.iter().map(move |rule| (it, rule)));
        let now: BTreeSet<_> = rules
            .flat_map(|(it, rule)| rule.subjects.iter().map(|subject| (subject.to_lowercase(), it.id.clone())))
            .collect();
        let begin: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut note = |(subject, service): &(String, String), deleted| {
            let at = begin + TimeDelta::microseconds(self.changes.len() as i64);
            self.changes.push((subject.clone(), service.clone(), at, deleted));
        };
        then.difference(&now).for_each(|pair| note(pair, true));
        now.difference(&then).for_each(|pair| note(pair, false));
    }

    /// In batches of three, whatever is asked for.
    fn subjects(&self, query: &str) -> Result<Value, StatusCode> {
        let parameter = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(given, _)| *given == name).map(|(_, value)| value.replace("%3A", ":")).next()
        };
        let since: DateTime<Utc> =
            parameter("since").and_then(|since| since.parse().ok()).ok_or(StatusCode::BAD_REQUEST)?;
        let skip: usize = parameter("skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
        let found: Vec<_> = self.changes.iter().filter(|(_, _, at, _)| *at >= since).collect();
        let data = found.iter().skip(skip).take(3).map(|(subject, service, at, deleted)| {
            json!({ "subjectUrn": subject, "resourceUrn": service, "updatedAt": at, "deleted": deleted })
        });
        let since = since.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let next = (found.len() > skip + 3).then(|| {
            format!("http://internal.example/resourceregistry/api/v1/resource/updated?since={since}&skip={}", skip + 3)
        });
        Ok(json!({ "links": { "next": next }, "data": data.collect::<Vec<_>>() }))
    }

    fn policy(&self, path: &str) -> Option<String> {
        let name = path.strip_prefix("/resourceregistry/api/v1/resource/")?.strip_suffix("/policy")?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
        let resource = self.document.service_resources.iter().find(|it| it.id == format!("{RESOURCE}{name}"))?;
        let level = resource.minimum_authentication_level.map(|level| {
            format!(
                "<xacml:ObligationExpressions><xacml:ObligationExpression ObligationId=\"o\" FulfillOn=\"Permit\">\
                 <xacml:AttributeAssignmentExpression AttributeId=\"a\" \
                 Category=\"urn:altinn:minimum-authenticationlevel\"><xacml:AttributeValue \
                 DataType=\"http://www.w3.org/2001/XMLSchema#integer\">{level}</xacml:AttributeValue>\
                 </xacml:AttributeAssignmentExpression></xacml:ObligationExpression></xacml:ObligationExpressions>"
            )
        });
        Some(format!("<xacml:Policy xmlns:xacml=\"urn:x\">{}</xacml:Policy>", level.unwrap_or_default()))
    }

    fn roles(&self, language: &str) -> Value {
        let roles = self.document.subjects.iter().filter_map(|subject| {
            let code = subject.urn.to_lowercase().strip_prefix(ROLE)?.to_uppercase();
            Some(json!({
                "id": "0199d2e6-5c3f-7c52-9a5f-2f6f4f0a9b11",
                "name": subject.name.get(language),
                "urn": format!("urn:altinn:external-role:{}", code.to_lowercase()),
                "legacyRoleCode": code,
                "legacyUrn": null,
            }))
        });
        Value::Array(roles.collect())
    }

    fn packages(&self, language: &str) -> Value {
        let packages = self.document.subjects.iter().filter(|it| it.urn.to_lowercase().starts_with(ACCESS_PACKAGE));
        let packages = packages.map(|it| json!({ "urn": it.urn, "name": it.name.get(language) }));
        json!([{ "areas": [{ "packages": packages.collect::<Vec<_>>() }] }, { "areas": null }])
    }

    fn owners(&self) -> Value {
        let owners = self.document.service_owners.iter();
        let owners = owners.map(|it| (it.code.clone(), json!({ "name": it.name, "orgnr": it.org_number })));
        json!({ "orgs": owners.collect::<serde_json::Map<_, _>>() })
    }
}

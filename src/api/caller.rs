//! Extractors: who is calling, checked against the policy of the operation.

use super::problem::{Errors, Problem, Refusal};
use crate::app::App;
use crate::auth::User;
use crate::auth::caller::{Caller, UserType};
use crate::auth::claims::Claims;
use crate::auth::scopes;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use dialog_index::domain::{EndUserId, Org};
use std::sync::Arc;

/// A person, system user or e-mail user with an end-user scope.
#[derive(Clone, Debug)]
pub struct EndUser {
    pub id: EndUserId,
    pub level: u8,
    pub caller: Caller,
}

/// A service owner with the service-provider scope; on behalf of a person where the request says so.
#[derive(Clone, Debug)]
pub struct ServiceOwner {
    pub org: Org,
    pub organization_number: String,
    /// The person of the query parameter `enduserid` (any case), already checked.
    pub on_behalf_of: Option<EndUserId>,
    names_user_by_urn: bool,
    pub is_admin: bool,
    pub caller: Caller,
}

impl EndUser {
    /// As the authority is asked about it.
    pub fn user(&self) -> User {
        User { id: self.id.clone(), level: self.level, altinn: self.caller.altinn }
    }
}

impl ServiceOwner {
    /// The person that the request speaks of, as the authority is asked about it. Rights do not depend on the level,
    /// and service owners read lists as if logged in at the lowest.
    pub fn user(&self) -> Option<User> {
        self.on_behalf_of.clone().map(|id| User { id, level: 0, altinn: self.caller.altinn })
    }

    /// With the person that the body names. The query names the same, if it names one.
    pub fn acting_for(self, urn: &str) -> Result<Self, Problem> {
        let user = NamedUser::parse(urn).ok_or_else(not_one_user)?;
        if self.on_behalf_of.as_ref().is_some_and(|named| *named != user.id) {
            return Err(not_one_user());
        }
        Ok(Self {
            caller: self.caller.acting_for(user.id.clone()),
            names_user_by_urn: user.is_by_urn,
            on_behalf_of: Some(user.id),
            ..self
        })
    }

    /// The person that the request speaks of. Operations that are about that person want a whole URN, where others
    /// look at its number alone.
    pub fn user_by_urn(&self) -> Result<Option<&EndUserId>, Problem> {
        if self.on_behalf_of.is_some() && !self.names_user_by_urn {
            return Err(no_urn_of_a_person());
        }
        Ok(self.on_behalf_of.as_ref())
    }
}

/// A [`ServiceOwner`] with the search scope as well.
#[derive(Clone, Debug)]
pub struct SearchingServiceOwner(pub ServiceOwner);

/// A [`ServiceOwner`] with the scope to change stored transmissions as well.
#[derive(Clone, Debug)]
pub struct TransmissionChanger(pub ServiceOwner);

/// A service owner with the admin scope. It need not own anything in the register, which it may be about to write.
#[derive(Clone, Debug)]
pub struct Administrator {
    pub organization_number: String,
    pub caller: Caller,
}

/// The notification system, which is no service owner: it asks about dialogs of all of them, and learns nothing else.
#[derive(Clone, Copy, Debug)]
pub struct NotificationSystem;

impl FromRequestParts<App> for EndUser {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let caller = authenticate(parts, app).await?;
        if !caller.has_scope(scopes::END_USER) && !caller.has_scope(scopes::END_USER_NO_CONSENT) {
            return Err(Refusal::Policy);
        }
        let (caller, _) = on_behalf_of(caller, parts)?;
        admit(&caller, &[UserType::Person, UserType::SystemUser, UserType::IdportenEmailIdentifiedUser])?;
        let level = caller.level.map_err(|unknown| Problem::forbidden(unknown.to_string()))?;
        let id = caller.end_user.clone().ok_or(Refusal::Policy)?;
        Ok(Self { id, level, caller })
    }
}

impl FromRequestParts<App> for ServiceOwner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        service_owner(parts, app, &[], Some(OWNERS)).await
    }
}

impl FromRequestParts<App> for SearchingServiceOwner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        service_owner(parts, app, &[scopes::SERVICE_PROVIDER_SEARCH], Some(OWNERS)).await.map(Self)
    }
}

impl FromRequestParts<App> for TransmissionChanger {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        service_owner(parts, app, &[scopes::SERVICE_PROVIDER_CHANGE_TRANSMISSIONS], None).await.map(Self)
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let caller = authenticate(parts, app).await?;
        let organization_number = service_provider(&caller, &[scopes::SERVICE_PROVIDER_ADMIN])?;
        let (caller, _) = on_behalf_of(caller, parts)?;
        admit(&caller, &[UserType::ServiceOwner])?;
        Ok(Self { organization_number, caller })
    }
}

impl FromRequestParts<App> for NotificationSystem {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let caller = authenticate(parts, app).await?;
        if !caller.has_scope(scopes::NOTIFICATION_CONDITION_CHECK) || caller.consumer.is_none() {
            return Err(Refusal::Policy);
        }
        on_behalf_of(caller, parts)?;
        Ok(Self)
    }
}

const OWNERS: &[UserType] = &[UserType::ServiceOwner, UserType::ServiceOwnerOnBehalfOfPerson];

/// Of one of these types; as in the contract, the scope to change transmissions is enough, whoever has it.
async fn service_owner(
    parts: &Parts,
    app: &App,
    further_scopes: &[&str],
    admitted: Option<&[UserType]>,
) -> Result<ServiceOwner, Refusal> {
    let caller = authenticate(parts, app).await?;
    let organization_number = service_provider(&caller, further_scopes)?;
    let (caller, user) = on_behalf_of(caller, parts)?;
    admitted.map_or(Ok(()), |types| admit(&caller, types))?;
    let org = match &caller.org {
        Some(org) => Org::new(org),
        None => app.facts()?.owner_by_number(&organization_number).ok_or_else(|| {
            Problem::forbidden(format!("The organization '{organization_number}' is not a known service owner."))
        })?,
    };
    let is_admin = caller.has_scope(scopes::SERVICE_PROVIDER_ADMIN);
    let (on_behalf_of, names_user_by_urn) = user.map_or((None, false), |user| (Some(user.id), user.is_by_urn));
    Ok(ServiceOwner { org, organization_number, on_behalf_of, names_user_by_urn, is_admin, caller })
}

/// The claims of a request's token, which holds.
#[derive(Clone, Debug)]
pub(super) struct VerifiedClaims(pub(super) Arc<Claims>);

/// The caller of the request's token.
async fn authenticate(parts: &Parts, app: &App) -> Result<Caller, Refusal> {
    match parts.extensions.get::<VerifiedClaims>() {
        Some(VerifiedClaims(claims)) => Ok(Caller::from_claims(claims)),
        None => Ok(Caller::from_claims(&verify(&parts.headers, app).await?.0)),
    }
}

pub(super) async fn verify(headers: &HeaderMap, app: &App) -> Result<VerifiedClaims, Refusal> {
    let token = bearer_token(headers).ok_or(Refusal::NoToken)?;
    match app.issuers().verify(token, app.now()).await {
        Ok(claims) => Ok(VerifiedClaims(claims)),
        Err(error) => {
            tracing::debug!(%error, "a token was refused");
            Err(Refusal::InvalidToken)
        }
    }
}

/// Another scheme than Bearer is as good as no token. What cannot be a token is left for the verifier to refuse.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?;
    let Ok(text) = value.to_str().map(str::trim) else { return Some("") };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.rsplit(' ').next().unwrap_or_default())
}

/// The organisation number of a caller that fulfils the service-provider policy and holds these scopes as well.
fn service_provider(caller: &Caller, further_scopes: &[&str]) -> Result<String, Refusal> {
    let may = caller.has_scope(scopes::SERVICE_PROVIDER) && further_scopes.iter().all(|scope| caller.has_scope(scope));
    caller.consumer.clone().filter(|_| may).ok_or(Refusal::Policy)
}

/// The person that a request names.
struct NamedUser {
    id: EndUserId,
    /// Not by a number after something else.
    is_by_urn: bool,
}

/// A service provider may name a person in the query, whatever the operation. The contract looks only at what
/// follows the last colon.
fn on_behalf_of(caller: Caller, parts: &Parts) -> Result<(Caller, Option<NamedUser>), Problem> {
    if !caller.has_scope(scopes::SERVICE_PROVIDER) {
        return Ok((caller, None));
    }
    let parameters =
        Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_or_else(|_| Vec::new(), |query| query.0);
    let mut given = parameters.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case("enduserid"));
    let Some((_, urn)) = given.next() else { return Ok((caller, None)) };
    match NamedUser::parse(&urn) {
        Some(user) if given.next().is_none() => Ok((caller.acting_for(user.id.clone()), Some(user))),
        _ => Err(not_one_user()),
    }
}

impl NamedUser {
    fn parse(urn: &str) -> Option<Self> {
        let person = EndUserId::person(urn.rsplit(':').next().unwrap_or_default()).ok()?;
        Some(Self { is_by_urn: EndUserId::parse(urn).as_ref() == Ok(&person), id: person })
    }
}

/// Where the whole URN is wanted.
pub(crate) fn no_urn_of_a_person() -> Problem {
    Problem::bad_request(Errors::one("endUserId", "'endUserId' must be the URN of a person."))
}

fn not_one_user() -> Problem {
    let errors = Errors::one("EndUserId", "The end user must be given once, as the URN of a valid person number.");
    Problem::bad_request(errors).as_plain_json()
}

fn admit(caller: &Caller, admitted: &[UserType]) -> Result<(), Problem> {
    if admitted.contains(&caller.user_type) {
        return Ok(());
    }
    let names: Vec<_> = admitted.iter().map(|user_type| user_type.as_str()).collect();
    let message = format!(
        "The user type '{}' may not use this endpoint. Valid user types for this endpoint are: {}",
        caller.user_type.as_str(),
        names.join(", ")
    );
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, Errors::one("Type", message)).as_plain_json())
}

use super::{Outcome, data};
use dialog_index::domain::{EndUserId, Party, Timestamp};
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// The `iss` of the demo's own tokens.
pub(super) const ISSUER: &str = "dialogdex-demo";
/// Where the demo keeps its data, and its key.
pub(super) const DEMO_FOLDER: &str = "dialogdex-demo";
const MAX_HOURS: u32 = 24 * 365;

/// Print a signed token of the demo's issuer.
///
/// The demo believes tokens that are signed with the key in its data folder. Show one with
/// `curl -H "Authorization: Bearer $(dialogdex token person 12345678901)" …`.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    bearer: Bearer,
    /// The data folder of the demo.
    #[arg(long, global = true, value_name = "DIR", default_value = DEMO_FOLDER)]
    data: PathBuf,
    /// How long the token is valid.
    #[arg(long, global = true, value_name = "HOURS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_HOURS)))]
    hours: u32,
    /// A scope beyond the usual ones; may be repeated.
    #[arg(long = "scope", global = true, value_name = "SCOPE")]
    scopes: Vec<String>,
}

/// Who shows a token.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Bearer {
    /// An organisation that owns services, with the scopes to write and to search.
    ServiceOwner {
        /// Its nine digits, e.g. 974761076.
        #[arg(value_name = "ORGANISATION-NUMBER", value_parser = organization_number)]
        number: String,
    },
    /// A person.
    Person {
        /// Eleven digits.
        #[arg(value_name = "PERSON-NUMBER", value_parser = person_number)]
        number: String,
        /// How well the person has proved who they are: 0, 3 or 4.
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=4))]
        level: u8,
    },
    /// A system that acts for a company.
    SystemUser {
        /// The id of the system user.
        #[arg(value_name = "UUID")]
        id: Uuid,
        /// The nine digits of the company that it belongs to.
        #[arg(value_name = "ORGANISATION-NUMBER", value_parser = organization_number)]
        number: String,
    },
}

pub(super) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let key = data::demo_issuer_key(&options.data)?;
    data::say(&key.sign(&claims(&options.bearer, &options.scopes, options.hours, Timestamp::now())))?;
    Ok(Outcome::Done)
}

/// The claims of a token that is issued at this time.
pub(super) fn claims(bearer: &Bearer, further_scopes: &[String], hours: u32, at: Timestamp) -> Value {
    let now = at.as_micros().div_euclid(1_000_000);
    let consumer = |number: &str| json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
    let (mut claims, scope) = match bearer {
        Bearer::ServiceOwner { number } => (
            json!({ "consumer": consumer(number) }),
            "digdir:dialogporten.serviceprovider digdir:dialogporten.serviceprovider.search",
        ),
        Bearer::Person { number, level } => {
            (json!({ "pid": number, "urn:altinn:authlevel": level.to_string() }), "digdir:dialogporten")
        }
        Bearer::SystemUser { id, number } => (
            json!({
                "consumer": consumer(number),
                "authorization_details": [{
                    "type": "urn:altinn:systemuser",
                    "systemuser_id": [id],
                    "systemuser_org": consumer(number),
                }],
            }),
            "digdir:dialogporten",
        ),
    };
    let scopes: Vec<_> = std::iter::once(scope).chain(further_scopes.iter().map(String::as_str)).collect();
    claims["iss"] = ISSUER.into();
    claims["scope"] = scopes.join(" ").into();
    claims["iat"] = now.into();
    claims["nbf"] = now.into();
    claims["exp"] = (now + i64::from(hours) * 3600).into();
    claims
}

fn organization_number(text: &str) -> Result<String, String> {
    Party::organization(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn person_number(text: &str) -> Result<String, String> {
    EndUserId::person(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}
